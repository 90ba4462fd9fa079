"""The design check: what a plan can tell before anybody has been invited. It looks at a plan and changes nothing."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from caselib.review.assignment import Plan
from caselib.review.calibration import expected_se
from caselib.review.roster import Match
from caselib.review.rounds import Round

NOISE, HARSHNESS = 25.0, 36.0
"""Variances assumed where no earlier round says better, in squared points of 100: an expert's totals scatter by 5
points around what the expert means, and experts differ in harshness by 6. Assumptions, not measurements."""


@dataclass(frozen=True)
class DesignCheck:
    """What to expect of a plan.

    Attributes:
        components: connected parts of the review graph.
        identifiable: whether harshness can be told from merit.
        se: expected standard error of each submission's calibrated figure, in points of 100.
        raw_se: the same of its raw mean, with harshness left in.
        least_load: fewest reviews of an expert who has any.
        most_load: most reviews of an expert.
        matched: share of pairs of each match.
    """

    components: int
    identifiable: bool
    se: dict[str, float]
    raw_se: dict[str, float]
    least_load: int
    most_load: int
    matched: dict[Match, float]

    @property
    def mean_se(self) -> float:
        """The round's expected standard error, NaN without a submission."""
        return float(np.mean(list(self.se.values()))) if self.se else float("nan")

    @property
    def worst(self) -> tuple[str, float] | None:
        """The submission to be known least well, and its expected standard error."""
        return max(self.se.items(), key=lambda item: (item[1], item[0]), default=None)


def check(plan: Plan, noise: float = NOISE, harshness: float = HARSHNESS) -> DesignCheck:
    """Look at a plan.

    Args:
        noise: variance of an expert's totals around merit and harshness, in squared points.
        harshness: variance of the experts' harshness, in squared points.
    """
    submissions = sorted({pair.submission for pair in plan.pairs})
    experts = sorted({pair.expert for pair in plan.pairs})
    row, column = ({name: k for k, name in enumerate(ids)} for ids in (submissions, experts))
    round_ = Round(
        size=len(submissions),
        experts=len(experts),
        submission=np.array([row[pair.submission] for pair in plan.pairs], dtype=np.intp),
        expert=np.array([column[pair.expert] for pair in plan.pairs], dtype=np.intp),
        total=np.zeros(len(plan.pairs)),
    )
    raw = np.sqrt((noise + harshness) / round_.reviews)
    calibrated = expected_se(round_, noise, harshness) if round_.identifiable else raw
    loads, matches = Counter(pair.expert for pair in plan.pairs), Counter(pair.match for pair in plan.pairs)
    return DesignCheck(
        components=round_.components,
        identifiable=round_.identifiable,
        se=dict(zip(submissions, calibrated.tolist(), strict=True)),
        raw_se=dict(zip(submissions, raw.tolist(), strict=True)),
        least_load=min(loads.values(), default=0),
        most_load=max(loads.values(), default=0),
        matched={match: matches[match] / max(len(plan.pairs), 1) for match in Match},
    )
