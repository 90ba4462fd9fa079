"""What a plan tells beforehand, against the mixed model's own standard errors."""

import math

import numpy as np
import pytest

from caselib.review.assignment import Pair, Plan
from caselib.review.design import check
from caselib.review.roster import Match
from caselib.review.scoring import Round, expected_se, mixed


def a_plan(pairs: list[tuple[int, int]], match: Match = Match.DIVISION) -> Plan:
    return Plan(tuple(Pair(f"s{i}", f"e{j}", match) for i, j in sorted(pairs)), {}, 0, 0, 1)


def test_where_everybody_reviews_everything_harshness_costs_only_its_share() -> None:
    """Noise variance 24 over 4 experts leaves 6; the mean of 4 harshnesses of variance 36 is common to all: 9."""
    found = check(a_plan([(i, j) for i in range(3) for j in range(4)]), noise=24, harshness=36)
    assert found.se == pytest.approx({"s0": math.sqrt(15), "s1": math.sqrt(15), "s2": math.sqrt(15)})
    assert found.raw_se["s0"] == math.sqrt((24 + 36) / 4)


def test_without_harshness_calibration_gains_nothing() -> None:
    found = check(a_plan([(i, (i + d) % 6) for i in range(12) for d in range(3)]), noise=27, harshness=0)
    assert found.se["s0"] == pytest.approx(3)


def test_the_expected_error_is_the_one_the_mixed_model_reports_for_its_own_variances() -> None:
    """Simulated with the fitted variances' own ratio, the closed form gives the same figures to the last digit shown."""
    rng = np.random.default_rng(2)
    pairs = [(i, int(j)) for i in range(60) for j in rng.choice(10, 3, replace=False)]
    submission, expert = (np.array(part) for part in zip(*pairs, strict=True))
    harsh, merit = rng.normal(0, 6, 10), rng.normal(70, 6, 60)
    round_ = Round(60, 10, submission, expert, merit[submission] + harsh[expert] + rng.normal(0, 5, 180))
    reported = mixed(round_).se
    x, z = np.eye(60)[submission], np.eye(10)[expert]

    def direct(noise: float, harshness: float) -> np.ndarray:
        v = noise * np.eye(180) + harshness * z @ z.T
        return np.sqrt(np.diag(np.linalg.inv(x.T @ np.linalg.inv(v) @ x)))

    assert expected_se(round_, 25, 36) == pytest.approx(direct(25, 36))
    grid = [(n, h) for n in np.linspace(18, 30, 49) for h in np.linspace(15, 80, 66)]
    assert min(float(np.abs(direct(n, h) - reported).max()) for n, h in grid[::9]) < 0.05


def test_a_graph_in_two_parts_is_not_identifiable_and_expects_the_raw_error() -> None:
    found = check(a_plan([(0, 0), (0, 1), (1, 2), (1, 3)]), noise=25, harshness=36)
    assert (found.components, found.identifiable, found.se) == (2, False, found.raw_se)


def test_loads_and_matches_are_counted() -> None:
    plan = Plan((Pair("s0", "e0", Match.DIVISION), Pair("s0", "e1", Match.LETTER), Pair("s1", "e1")), {}, 0, 0, 1)
    found = check(plan)
    assert (found.least_load, found.most_load) == (1, 2)
    assert found.matched == {Match.OTHER: 1 / 3, Match.LETTER: 1 / 3, Match.DIVISION: 1 / 3}


def test_the_submission_to_be_known_least_is_named() -> None:
    found = check(a_plan([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]))
    assert found.worst is not None
    assert found.worst[0] == "s1"
    assert found.mean_se == pytest.approx((found.se["s0"] + found.se["s1"]) / 2)


def test_an_empty_plan_has_nothing_to_tell() -> None:
    found = check(a_plan([]))
    assert (found.components, found.se, found.worst, found.least_load) == (0, {}, None, 0)
    assert math.isnan(found.mean_se)


def test_the_labels_are_for_editors() -> None:
    assert [match.label for match in Match] == ["其他行业", "同一门类", "同一大类"]
