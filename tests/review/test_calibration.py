"""Calibration where it is hard: no noise, no spread, tight fields, one submission, other processors, large rounds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from caselib.review.calibration import expected_se, mixed, robust, variances
from caselib.review.rounds import Estimate, Round
from caselib.review.scoring import METHODS, estimate, total


def simulated(
    n: int = 142, m: int = 32, k: int = 3, *, seed: int = 1, merit: float = 6, harsh: float = 6, noise: float = 5
) -> tuple[np.ndarray, Round]:
    """True merits and a round of random reviews; the arguments are standard deviations."""
    rng = np.random.default_rng(seed)
    pairs = [(i, j) for i in range(n) for j in rng.choice(m, k, replace=False)]
    submission, expert = (np.array(part, dtype=np.intp) for part in zip(*pairs, strict=True))
    truth, harshness = rng.normal(75, merit, n), rng.normal(0, harsh, m)
    totals = truth[submission] + harshness[expert] + rng.normal(0, noise, len(pairs))
    return truth, Round(n, m, submission, expert, totals)


def with_totals(round_: Round, totals: np.ndarray) -> Round:
    return Round(round_.size, round_.experts, round_.submission, round_.expert, totals)


def test_the_variances_of_a_large_round_are_found() -> None:
    found = variances(simulated(2000, 200, 4, merit=4, harsh=7, noise=5)[1])
    assert (found.noise, found.harshness, found.merit) == pytest.approx((25, 49, 16), rel=0.15)


def test_the_expected_error_for_the_variances_found_is_the_error_reported() -> None:
    _, round_ = simulated()
    found = variances(round_)
    assert mixed(round_).se.tolist() == expected_se(round_, found.noise, found.harshness).tolist()


def test_the_expected_error_agrees_with_generalised_least_squares() -> None:
    _, round_ = simulated(30, 8)
    x, z = np.eye(30)[round_.submission], np.eye(8)[round_.expert]
    inverse = np.linalg.inv(25 * np.eye(90) + 36 * z @ z.T)
    assert expected_se(round_, 25, 36) == pytest.approx(np.sqrt(np.diag(np.linalg.inv(x.T @ inverse @ x))))


def test_the_robust_fit_agrees_with_the_same_steps_in_whole_matrices() -> None:
    """Student-t noise of 4 degrees, and a scale for each expert to which the round's counts as 8 reviews."""
    _, round_ = simulated(12, 4, 2)
    start, reviews = variances(round_), np.bincount(round_.expert)
    design = np.hstack([np.eye(12)[round_.submission], np.eye(4)[round_.expert]])
    prior = np.diag([1 / start.merit] * 12 + [1 / start.harshness] * 4)
    weight, scale, mu = np.ones(24), np.full(4, start.noise), round_.total.mean()
    for _ in range(1000):
        precision = weight / scale[round_.expert]
        covariance = np.linalg.inv(design.T @ (precision[:, None] * design) + prior)
        found = covariance @ (design.T @ (precision * (round_.total - mu)))
        merit, harshness = mu + found[:12], found[12:]
        squared = (round_.total - mu - design @ found) ** 2 + (design @ covariance * design).sum(axis=1)
        weight = 5 / (4 + squared / scale[round_.expert])
        own = np.bincount(round_.expert, weight * squared)
        scale = (own + 8 * (weight * squared).mean()) / (reviews + 8)
        mu = merit.mean() + harshness.mean()
    assert robust(round_).value == pytest.approx(merit, abs=1e-6)


def errors(found: Estimate) -> np.ndarray:
    """The covariance of the errors of the figures less their mean: what bears on their order."""
    away = np.eye(len(found.value)) - 1 / len(found.value)
    return np.asarray(away @ np.diag(found.own**2) @ away + found.apart @ found.apart.T)


def test_errors_that_submissions_share_agree_with_generalised_least_squares() -> None:
    _, round_ = simulated(30, 8)
    found = variances(round_)
    x, z = np.eye(30)[round_.submission], np.eye(8)[round_.expert]
    inverse = np.linalg.inv(found.noise * np.eye(90) + found.harshness * z @ z.T)
    away = np.eye(30) - 1 / 30
    assert errors(mixed(round_)) == pytest.approx(away @ np.linalg.inv(x.T @ inverse @ x) @ away, abs=1e-9)


@pytest.mark.parametrize(("method", "within"), [("mixed", 1e-6), ("robust", 0.02)])
def test_where_all_experts_review_all_their_harshness_is_no_doubt_about_the_order(method: str, within: float) -> None:
    rng = np.random.default_rng(5)
    submission, expert = np.repeat(np.arange(20), 4), np.tile(np.arange(4), 20)
    fair = Round(20, 4, submission, expert, rng.normal(75, 6, 20)[submission] + rng.normal(0, 3, 80))
    rounds = [with_totals(fair, fair.total + factor * np.array([0.0, 4, -6, 10])[expert]) for factor in (1, 4)]
    first, second = (np.sqrt(np.diag(errors(METHODS[method](round_))))[0] for round_ in rounds)
    assert second == pytest.approx(first, rel=within)


@pytest.mark.parametrize("method", METHODS)
def test_equal_totals_give_that_total_to_everybody(method: str) -> None:
    _, round_ = simulated(20, 6)
    with np.errstate(all="raise"):
        result = METHODS[method](with_totals(round_, np.full(60, 80.0)))
    assert result.value == pytest.approx(np.full(20, 80.0))
    assert np.isfinite(result.se).all()


@pytest.mark.parametrize("method", ["mixed", "robust"])
def test_totals_without_noise_give_merit_without_harshness(method: str) -> None:
    truth, round_ = simulated(40, 8, noise=0)
    result = METHODS[method](round_)
    assert result.value - result.value.mean() == pytest.approx(truth - truth.mean(), abs=0.05)


@pytest.mark.parametrize("method", METHODS)
def test_one_submission_alone_gets_a_finite_figure_between_its_totals(method: str) -> None:
    round_ = Round(1, 3, np.zeros(3, dtype=np.intp), np.arange(3), np.array([70.0, 80.0, 84.0]))
    result = estimate(round_, method)  # type: ignore[arg-type]
    assert (70 < result.value[0] < 84, bool(np.isfinite(result.se[0]))) == (True, True)


@pytest.mark.parametrize("method", ["mixed", "robust"])
def test_a_submission_without_reviews_has_no_figure_and_changes_no_other(method: str) -> None:
    _, round_ = simulated(20, 6)
    longer = Round(21, 6, round_.submission, round_.expert, round_.total)
    short, long = METHODS[method](round_), METHODS[method](longer)
    assert (np.isnan(long.value[20]), np.isnan(long.se[20])) == (True, True)
    assert long.value[:20] == pytest.approx(short.value, abs=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_a_tight_field_is_not_made_all_alike(seed: int) -> None:
    truth, round_ = simulated(merit=3, seed=seed)
    figures = robust(round_)
    assert figures.value.std() > 0.5
    assert figures.se.mean() == pytest.approx(np.sqrt(((figures.value - truth) ** 2).mean()), rel=0.4)


def test_merit_that_does_not_show_is_found_to_be_none_and_order_still_follows_totals() -> None:
    _, round_ = simulated(merit=0, harsh=0, seed=3)
    assert variances(round_).merit < 2
    assert np.corrcoef(robust(round_).value, round_.mean)[0, 1] > 0.9


def test_coarse_scores_without_any_harshness_give_finite_figures() -> None:
    _, round_ = simulated(harsh=0)
    result = robust(with_totals(round_, np.round(round_.total / 20) * 20))
    assert (np.isfinite(result.value).all(), np.isfinite(result.se).all()) == (True, True)


def test_a_chain_of_reviews_is_enough() -> None:
    """Connected with as few reviews as can be: every expert but the last shares one submission with the next."""
    submission = np.repeat(np.arange(5), 2)
    expert = np.array([0, 1, 1, 2, 2, 3, 3, 4, 4, 5])
    result = robust(Round(5, 6, submission, expert, np.array([70.0, 75, 80, 78, 60, 66, 90, 85, 71, 73])))
    assert (np.isfinite(result.value).all(), (result.se > 0).all()) == (True, True)


def test_the_order_in_which_criteria_are_listed_does_not_move_a_total_by_a_bit() -> None:
    weights, maxima = dict.fromkeys("abc", 0.1), dict.fromkeys("abc", 10.0)
    scores = {"a": 1.1, "b": 2.2, "c": 7.7}
    turned = dict(reversed(scores.items()))
    assert total(scores, weights, maxima) == total(turned, weights, maxima)


FIGURES = """
import json, sys
sys.path.insert(0, sys.argv[1])
from tests.review.test_calibration import simulated
from caselib.review.scoring import METHODS
rounds = [simulated(seed=seed)[1] for seed in range(3)] + [simulated(40, 8, harsh=0)[1]]
results = [METHODS[method](r) for r in rounds for method in METHODS]
print(json.dumps([[round(float(x), 6) for x in (*r.value, *r.se)] for r in results]))
"""


def figures(**environment: str) -> list[list[float]]:
    """All methods on a few rounds, computed by another process."""
    command = [sys.executable, "-c", FIGURES, str(Path.cwd())]
    answer = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def test_figures_are_the_same_on_another_processor_with_other_threads_and_locale() -> None:
    """OpenBLAS can be told to compute as an older processor does; the last bits then differ, the sixth decimal must not."""
    here = figures(OPENBLAS_NUM_THREADS="1", PYTHONHASHSEED="1")
    old = figures(OPENBLAS_CORETYPE="Nehalem", OPENBLAS_NUM_THREADS="2", PYTHONHASHSEED="2", LC_ALL="de_DE.UTF-8")
    assert here == old


def test_a_large_round_is_fitted() -> None:
    truth, round_ = simulated(3000, 150)
    assert np.corrcoef(robust(round_).value, truth)[0, 1] > 0.8
