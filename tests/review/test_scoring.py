"""Totals, the five methods and their standard errors, on rounds small enough to work out by hand."""

import math

import numpy as np
import pytest

from caselib.errors import CaselibError
from caselib.review.calibration import mixed, robust
from caselib.review.rounds import Round
from caselib.review.scoring import METHODS, estimate, raw_mean, total, trimmed_mean, zscore


def a_round(reviews: list[tuple[int, int, float]], size: int, experts: int) -> Round:
    submission, expert, totals = zip(*reviews, strict=True) if reviews else ((), (), ())
    return Round(
        size,
        experts,
        np.array(submission, dtype=np.intp),
        np.array(expert, dtype=np.intp),
        np.array(totals, dtype=float),
    )


def full_round(merit: list[float], harshness: list[float]) -> Round:
    """Every expert reviews every submission, without noise."""
    pairs = [(i, j, m + h) for i, m in enumerate(merit) for j, h in enumerate(harshness)]
    return a_round(pairs, len(merit), len(harshness))


WEIGHTS, MAXIMA = {"typical": 1.0, "effect": 2.0}, {"typical": 20, "effect": 40}


def test_a_total_is_the_weighted_share_of_what_was_possible() -> None:
    assert total({"typical": 10, "effect": 30}, WEIGHTS, MAXIMA) == 100 * (10 + 60) / (20 + 80)


def test_a_missing_criterion_is_missing_and_not_zero() -> None:
    assert total({"typical": 10}, WEIGHTS, MAXIMA) == 50


def test_no_criterion_scored_gives_no_total() -> None:
    assert total({}, WEIGHTS, MAXIMA) is None


def test_a_criterion_without_weight_alone_gives_no_total() -> None:
    assert total({"typical": 10}, {"typical": 0.0}, MAXIMA) is None


def test_the_raw_mean_and_its_pooled_standard_error() -> None:
    round_ = a_round([(0, 0, 80), (0, 1, 90), (1, 0, 60), (1, 1, 70)], size=3, experts=2)
    result = raw_mean(round_)
    assert result.value[:2].tolist() == [85, 65]
    assert math.isnan(result.value[2])
    assert result.se[0] == pytest.approx(math.sqrt(100 / 2 / 2))


def test_one_review_each_leaves_no_standard_error() -> None:
    result = raw_mean(a_round([(0, 0, 80), (1, 0, 60)], size=2, experts=1))
    assert (result.value.tolist(), np.isnan(result.se).tolist()) == ([80, 60], [True, True])


def test_the_trimmed_mean_drops_one_highest_and_one_lowest_from_three_on() -> None:
    reviews = [(0, 0, 10), (0, 1, 70), (0, 2, 80), (1, 0, 60), (1, 1, 90)]
    assert trimmed_mean(a_round(reviews, 2, 3)).value.tolist() == [70, 75]


def test_a_submission_without_reviews_has_no_trimmed_mean() -> None:
    assert np.isnan(trimmed_mean(a_round([(1, 0, 50)], 3, 1)).value).tolist() == [True, False, True]


def test_the_zscore_removes_a_shift_and_a_stretch() -> None:
    gentle = [(i, 0, 70 + 5 * i) for i in range(3)]
    harsh_and_wide = [(i, 1, 40 + 20 * i) for i in range(3)]
    both = zscore(a_round(gentle + harsh_and_wide, 3, 2)).value
    assert both[1] - both[0] == pytest.approx(both[2] - both[1])
    assert both[1] == pytest.approx(67.5)


def test_the_zscore_has_the_pooled_standard_error_of_what_it_made_of_the_totals() -> None:
    """The round spreads by √87.5 round 75; of two experts who disagree each submission has one total above and one below."""
    result = zscore(a_round([(0, 0, 60), (1, 0, 80), (0, 1, 85), (1, 1, 75)], 2, 2))
    assert result.value == pytest.approx([75, 75])
    assert result.se == pytest.approx([math.sqrt(4 * 87.5 / 2 / 2)] * 2)


def test_an_expert_who_gives_everyone_the_same_is_moved_and_not_stretched() -> None:
    reviews = [(0, 0, 80), (1, 0, 80), (0, 1, 60), (1, 1, 70)]
    assert zscore(a_round(reviews, 2, 2)).value[0] < zscore(a_round(reviews, 2, 2)).value[1]


@pytest.mark.parametrize("method", [mixed, robust])
def test_calibration_puts_a_submission_that_met_harsh_experts_before_one_that_met_kind_ones(method) -> None:
    rng = np.random.default_rng(7)
    merit, harshness = rng.normal(75, 5, 40), np.array([-12.0, -10.0, 0.0, 1.0, 9.0, 11.0])
    pairs = [(i, j) for i in range(40) for j in rng.choice(6, 3, replace=False)]
    pairs = [(0, 0), (0, 1), (0, 2), (1, 3), (1, 4), (1, 5), *[p for p in pairs if p[0] > 1]]
    merit[:2] = 80, 74
    round_ = a_round([(i, j, merit[i] + harshness[j] + rng.normal(0, 0.5)) for i, j in pairs], 40, 6)
    raw, calibrated = raw_mean(round_).value, method(round_).value
    assert (raw[0] > raw[1], calibrated[0] > calibrated[1]) == (False, True)


def test_the_mixed_model_finds_merit_exactly_where_everybody_reviews_everything() -> None:
    result = mixed(full_round([60, 70, 90], [-5, 0, 5]))
    assert result.value == pytest.approx([60, 70, 90])


def test_the_mixed_model_agrees_with_solving_hendersons_equations_directly() -> None:
    rng = np.random.default_rng(3)
    reviews = [(i, j, float(rng.normal(70, 8))) for i in range(12) for j in rng.choice(5, 3, replace=False)]
    round_ = a_round(reviews, 12, 5)
    result = mixed(round_)
    x, z = np.eye(12)[round_.submission], np.eye(5)[round_.expert]

    def fit(ratio: float) -> tuple[float, np.ndarray]:
        v = np.eye(36) + ratio * z @ z.T
        vi = np.linalg.inv(v)
        information = x.T @ vi @ x
        beta = np.linalg.solve(information, x.T @ vi @ round_.total)
        residual = round_.total - x @ beta
        q = residual @ vi @ residual
        restricted = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1] + 24 * np.log(q)
        return restricted, beta

    grid = np.exp(np.linspace(-12, 8, 4001))
    best = min(grid, key=lambda ratio: fit(ratio)[0])
    assert result.value == pytest.approx(fit(best)[1], abs=0.01)


def test_a_wild_total_moves_the_robust_figure_less_than_a_tenth_as_far_as_the_mean() -> None:
    rng = np.random.default_rng(11)
    reviews = [(i, j, float(rng.normal(70 + i % 7, 1))) for i in range(30) for j in rng.choice(8, 5, replace=False)]
    wild = [(i, j, 5.0 if k == 0 else y) for k, (i, j, y) in enumerate(reviews)]
    before, after = a_round(reviews, 30, 8), a_round(wild, 30, 8)
    moved = {m: abs(estimate(before, m).value[0] - estimate(after, m).value[0]) for m in ("mean", "robust")}
    assert (moved["mean"] > 12, moved["robust"] < moved["mean"] / 10) == (True, True)


def test_a_graph_in_two_parts_is_said_and_calibration_falls_back_to_the_raw_mean() -> None:
    reviews = [(0, 0, 80), (0, 1, 82), (1, 2, 60), (1, 3, 70)]
    round_ = a_round(reviews, 2, 4)
    assert (round_.components, round_.identifiable) == (2, False)
    assert estimate(round_, "robust").value.tolist() == [81, 65]


def test_a_connected_graph_is_identifiable() -> None:
    round_ = a_round([(0, 0, 80), (0, 1, 82), (1, 1, 60), (1, 2, 70)], 2, 3)
    assert (round_.components, round_.identifiable) == (1, True)


def test_one_expert_alone_identifies_nothing() -> None:
    round_ = a_round([(0, 0, 80), (1, 0, 82)], 2, 1)
    assert (round_.components, round_.identifiable) == (1, False)


def test_a_round_without_reviews_has_no_parts_and_no_figures() -> None:
    round_ = a_round([], 2, 0)
    assert (round_.components, np.isnan(raw_mean(round_).value).tolist()) == (0, [True, True])


def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CaselibError) as error:
        estimate(full_round([1, 2], [0, 1]), "median")  # type: ignore[arg-type]
    assert error.value.remedy == "可用的方法：mean、trimmed、zscore、mixed、robust。"


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_reviews_does_not_change_a_figure(method: str) -> None:
    rng = np.random.default_rng(5)
    reviews = [(i, j, float(rng.normal(70, 6))) for i in range(9) for j in rng.choice(5, 3, replace=False)]
    shuffled = [reviews[k] for k in rng.permutation(len(reviews))]
    first, second = (METHODS[method](a_round(r, 9, 5)) for r in (reviews, shuffled))
    assert first.value == pytest.approx(second.value, abs=1e-7)
    assert first.se == pytest.approx(second.se, abs=1e-7)


@pytest.mark.parametrize("method", ["mean", "trimmed", "mixed", "robust"])
def test_standard_errors_cover_the_truth_about_as_often_as_they_claim(method: str) -> None:
    rng = np.random.default_rng(17)
    merit, harshness = rng.normal(70, 6, 300), rng.normal(0, 1, 30)
    pairs = [(i, j) for i in range(300) for j in rng.choice(30, 4, replace=False)]
    round_ = a_round([(i, j, merit[i] + harshness[j] + rng.normal(0, 4)) for i, j in pairs], 300, 30)
    result = METHODS[method](round_)
    covered = np.abs(result.value - merit) < 1.96 * result.se
    assert 0.90 < covered.mean() < 0.98
