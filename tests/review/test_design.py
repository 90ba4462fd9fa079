"""What a plan tells beforehand, worked out by hand."""

import math

import pytest

from caselib.review.assignment import Pair, Plan
from caselib.review.design import check
from caselib.review.roster import Match


def a_plan(pairs: list[tuple[int, int]], match: Match = Match.DIVISION) -> Plan:
    return Plan(tuple(Pair(f"s{i}", f"e{j}", match) for i, j in sorted(pairs)), 0, 0, 1)


def test_where_everybody_reviews_everything_harshness_costs_only_its_share() -> None:
    """Noise variance 24 over 4 experts leaves 6; the mean of 4 harshnesses of variance 36 is common to all: 9."""
    found = check(a_plan([(i, j) for i in range(3) for j in range(4)]), noise=24, harshness=36)
    assert found.se == pytest.approx({"s0": math.sqrt(15), "s1": math.sqrt(15), "s2": math.sqrt(15)})
    assert found.raw_se["s0"] == math.sqrt((24 + 36) / 4)


def test_without_harshness_calibration_gains_nothing() -> None:
    found = check(a_plan([(i, (i + d) % 6) for i in range(12) for d in range(3)]), noise=27, harshness=0)
    assert found.se["s0"] == pytest.approx(3)


def test_a_graph_in_two_parts_is_not_identifiable_and_expects_the_raw_error() -> None:
    found = check(a_plan([(0, 0), (0, 1), (1, 2), (1, 3)]), noise=25, harshness=36)
    assert (found.components, found.identifiable, found.se) == (2, False, found.raw_se)


def test_loads_and_matches_are_counted() -> None:
    plan = Plan((Pair("s0", "e0", Match.DIVISION), Pair("s0", "e1", Match.LETTER), Pair("s1", "e1")), 0, 0, 1)
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
