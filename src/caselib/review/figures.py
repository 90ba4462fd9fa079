"""The figures of a round from its database: every method side by side, with standard errors, spread and disagreement.

Only submitted reviews of the text that counts are in them: half-done work, abstentions, recusals and stale reviews are
not. What a figure decides is the business of ``publishing``.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isnan
from statistics import median
from typing import NamedTuple

import numpy as np
from sqlmodel import Session, col, select

from caselib.db import key_of
from caselib.review.judgements import Judgement
from caselib.review.models import Assignment, Call, CriterionScore, Submission
from caselib.review.queries import sent_digests, submissions_in
from caselib.review.rounds import Estimate, Round
from caselib.review.rules import is_counted
from caselib.review.scoring import METHODS, Method, estimate
from caselib.review.states import AssignmentState, SubmissionState

STUDENTIZED_RANGE = {2: 2.772, 3: 3.314, 4: 3.633, 5: 3.858, 6: 4.030, 7: 4.170, 8: 4.286, 9: 4.387}
"""By number of reviews: the range of so many normal totals, in standard deviations, that 5 % exceed (Harter 1960)."""
MEDIAN_RANGE = {2: 0.954, 3: 1.588, 4: 1.978, 5: 2.257, 6: 2.471, 7: 2.645, 8: 2.791, 9: 2.916}
"""By number of reviews: the range of so many normal totals, in standard deviations, that half exceed."""
LEAST_SPREAD = 10.0
"""Totals within so many points of 100 are never called a disagreement, however close the others are."""


class Figure(NamedTuple):
    """What one method makes of a submission, and its standard error; None where there is none.

    Means lie between 0 and 100; a figure without the experts' harshness may lie a little outside, as a z-score may.
    """

    value: float | None
    se: float | None


@dataclass(frozen=True)
class Review:
    """One counted review: what its expert wrote, and its total, 0 to 100."""

    expert_id: int
    total: float
    judgement: Judgement = field(default_factory=Judgement)


@dataclass(frozen=True)
class SubmissionFigures:
    """The figures of one submission.

    Attributes:
        reviews: those that count, highest total first.
        stale: submitted reviews that judged another text and do not count.
        spread: highest less lowest total; None with fewer than two.
        disagreement: the spread is more than the round's usual noise explains; it should go to a panel discussion.
        figures: by method.
    """

    submission: Submission
    reviews: tuple[Review, ...]
    stale: int
    spread: float | None
    disagreement: bool
    figures: dict[Method, Figure]


@dataclass(frozen=True)
class Figures:
    """The figures of a round.

    Attributes:
        rows: the accepted submissions, by number.
        identifiable: whether harshness can be told from merit; where not, calibrated methods give the raw mean.
        components: connected parts of the graph of reviews.
        noise: standard deviation of totals of one submission, as their usual range tells it; None where none has two.
        limit: the spread above which two, three … reviews disagree, by their number.
    """

    rows: list[SubmissionFigures]
    identifiable: bool
    components: int
    noise: float | None
    limit: dict[int, float]


def figures(session: Session, call: Call) -> Figures:
    """The figures of the call's accepted submissions as they are now; four statements, however many there are."""
    submissions = submissions_in(session, call, SubmissionState.ACCEPTED)
    counted, stale = _reviews(session, call)
    round_ = as_round(submissions, counted)
    estimates = {method: estimate(round_, method) for method in METHODS} if len(round_.total) else {}
    noise = _noise(counted[key_of(submission)] for submission in submissions)
    limit = {count: max(LEAST_SPREAD, factor * (noise or 0)) for count, factor in STUDENTIZED_RANGE.items()}
    rows = [
        _row(submission, counted[key_of(submission)], stale[key_of(submission)], place, estimates, limit)
        for place, submission in enumerate(submissions)
    ]
    return Figures(rows, round_.identifiable, round_.components, noise, limit)


def as_round(submissions: Sequence[Submission], counted: dict[int, list[Review]]) -> Round:
    """The reviews as arrays: submissions by their place in the sequence, experts by the order of their numbers."""
    experts = sorted({review.expert_id for reviews in counted.values() for review in reviews})
    place = {expert: number for number, expert in enumerate(experts)}
    entries = [
        (number, place[review.expert_id], review.total)
        for number, submission in enumerate(submissions)
        for review in sorted(counted.get(key_of(submission), ()), key=lambda review: review.expert_id)
    ]
    first, second, totals = zip(*entries, strict=True) if entries else ((), (), ())
    return Round(
        len(submissions),
        len(experts),
        np.array(first, dtype=np.intp),
        np.array(second, dtype=np.intp),
        np.array(totals, dtype=np.float64),
    )


def _reviews(session: Session, call: Call) -> tuple[dict[int, list[Review]], dict[int, int]]:
    """Reviews that count, and how many are stale, by the submission's number; three statements."""
    digests = sent_digests(session, call)
    ours = (Assignment.call_id == call.id, Assignment.state == AssignmentState.SUBMITTED)
    scores: dict[int, list[CriterionScore]] = defaultdict(list)
    joined = select(CriterionScore).join(Assignment, col(Assignment.id) == CriterionScore.assignment_id)
    for row in session.exec(joined.where(*ours)):
        scores[row.assignment_id].append(row)
    counted: dict[int, list[Review]] = defaultdict(list)
    stale: dict[int, int] = defaultdict(int)
    rubric = call.rulebook.rubric
    for assignment in session.exec(select(Assignment).where(*ours)):
        submission = assignment.submission_id
        judgement = Judgement.of(scores[key_of(assignment)], assignment.comment)
        total = judgement.total(rubric)
        if not is_counted(assignment, digests.get(submission)):
            stale[submission] += 1
        elif total is not None:
            counted[submission].append(Review(assignment.expert_id, total, judgement))
    return counted, stale


def _row(
    submission: Submission,
    reviews: list[Review],
    stale: int,
    place: int,
    estimates: dict[Method, Estimate],
    limit: dict[int, float],
) -> SubmissionFigures:
    ordered = tuple(sorted(reviews, key=lambda review: (-review.total, review.expert_id)))
    spread = _spread(reviews)
    return SubmissionFigures(
        submission=submission,
        reviews=ordered,
        stale=stale,
        spread=spread,
        disagreement=spread is not None and spread > limit[min(len(ordered), max(limit))],
        figures={
            method: Figure(_known(found.value[place]), _known(found.se[place])) for method, found in estimates.items()
        },
    )


def _spread(reviews: Sequence[Review]) -> float | None:
    totals = [review.total for review in reviews]
    return max(totals) - min(totals) if len(totals) > 1 else None


def _noise(rows: Iterable[Sequence[Review]]) -> float | None:
    """By the median row: in a small round the one that disagrees would raise any mean until it explains itself."""
    spreads = [(spread, len(row)) for row in rows if (spread := _spread(row)) is not None]
    usual = [spread / MEDIAN_RANGE[min(count, max(MEDIAN_RANGE))] for spread, count in spreads]
    return median(usual) if usual else None


def _known(value: float) -> float | None:
    return None if isnan(value) else float(value)
