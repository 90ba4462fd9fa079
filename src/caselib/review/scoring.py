"""From experts' scores to one figure a submission: five methods side by side, each with a standard error.

Pure functions on arrays: no database, no request, no clock, no random numbers, so the same scores give the same
figures anywhere. What a figure decides is the business of ``publishing``.

Notation: submission *i*, expert *j*, total *y_ij* on a scale of 0 to 100.

* ``mean``    – the raw mean of a submission's totals.
* ``trimmed`` – the mean without the highest and the lowest total (去高去低) where there are three or more.
* ``zscore``  – each expert's totals standardised to the round's mean and spread, then averaged.
* ``mixed``   – y_ij = s_i + e_j + noise, submissions fixed, expert harshness e_j ~ N(0, τ²) random; variances by REML
  (Patterson & Thompson 1971), the harshness removed by its best linear unbiased prediction (Henderson 1975).
* ``robust``  – the same sum with s_i ~ N(μ, ω²) and noise that is Student-t with a scale of its own for each expert,
  fitted by EM (Lange, Little & Taylor 1989): a wild total, or an expert whose totals scatter, weighs less.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import norm

from caselib.errors import CaselibError

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Method = Literal["mean", "trimmed", "zscore", "mixed", "robust"]

DEGREES_OF_FREEDOM = 4.0
"""Of the Student-t noise: heavy enough that one wild total cannot decide, light enough to lose little without one."""
PRIOR_REVIEWS = 8.0
"""An expert's own noise scale counts as much as the round's after this many reviews."""


@dataclass(frozen=True)
class Round:
    """The totals of one round as parallel arrays, one entry a review.

    Attributes:
        size: number of submissions; those without a review have no figure (NaN).
        experts: number of experts.
        submission: index of the submission reviewed, shape (n,).
        expert: index of the expert, shape (n,).
        total: 0 to 100, shape (n,).
    """

    size: int
    experts: int
    submission: Ints
    expert: Ints
    total: Floats

    @cached_property
    def reviews(self) -> Ints:
        """Reviews of each submission, shape (size,)."""
        return np.bincount(self.submission, minlength=self.size)

    @cached_property
    def mean(self) -> Floats:
        """Raw mean of each submission, NaN without a review, shape (size,)."""
        return _divide(np.bincount(self.submission, self.total, self.size), self.reviews)

    @cached_property
    def components(self) -> int:
        """Connected parts of the graph in which a review joins a submission and an expert."""
        if not len(self.total):
            return 0
        nodes = self.size + self.experts
        edges = coo_array((np.ones(len(self.total)), (self.submission, self.size + self.expert)), shape=(nodes, nodes))
        _, label = connected_components(edges, directed=False)
        return len(np.unique(label[self.submission]))

    @property
    def identifiable(self) -> bool:
        """Whether harshness can be told from merit: one connected part, and experts who share submissions."""
        return self.components == 1 and self.experts > 1 and bool((self.reviews > 1).any())


@dataclass(frozen=True)
class Estimate:
    """A figure for every submission and its standard error, both on the scale of the totals, shape (size,)."""

    value: Floats
    se: Floats


def total(scores: Mapping[str, float], weights: Mapping[str, float], maxima: Mapping[str, float]) -> float | None:
    """100 × Σ weight·score ÷ Σ weight·max over the criteria that were scored; None if none was.

    A missing criterion is missing and never zero.
    """
    possible = sum(weights[key] * maxima[key] for key in scores)
    return 100 * sum(weights[key] * score for key, score in scores.items()) / possible if possible else None


def estimate(round_: Round, method: Method) -> Estimate:
    """The figures of ``method``.

    A calibrated method on a graph that cannot identify harshness falls back to the raw mean; ask
    ``round_.identifiable`` to say so.

    Raises:
        CaselibError: the method is unknown.
    """
    if method not in METHODS:
        raise CaselibError(f"没有“{method}”这种汇总方法。", f"可用的方法：{'、'.join(METHODS)}。")
    if method in CALIBRATED and not round_.identifiable:
        method = "mean"
    return METHODS[method](round_)


def _divide(above: Floats | Ints, below: Floats | Ints) -> Floats:
    """Quotients, NaN where the divisor is not positive."""
    quotient = np.full(len(above), np.nan)
    np.divide(above, below, out=quotient, where=below > 0)
    return quotient


def _pooled_variance(round_: Round, values: Floats, centre: Floats) -> float:
    """One noise variance for the round: a few totals are too few to judge a submission's own."""
    freedom = len(values) - int((round_.reviews > 0).sum())
    squares = float(((values - centre[round_.submission]) ** 2).sum())
    return squares / freedom if freedom > 0 else float("nan")


def _average(round_: Round, values: Floats) -> Estimate:
    mean = _divide(np.bincount(round_.submission, values, round_.size), round_.reviews)
    variance = _pooled_variance(round_, values, mean)
    return Estimate(mean, np.sqrt(_divide(np.full(round_.size, variance), round_.reviews)))


def raw_mean(round_: Round) -> Estimate:
    """The plain mean; standard error from the pooled variance within submissions."""
    return _average(round_, round_.total)


def trimmed_mean(round_: Round) -> Estimate:
    """The mean without one highest and one lowest total.

    Standard error: the pooled variance times the trimmed mean's asymptotic variance under normal noise
    (Huber 1981, §3.3), which at three totals, where the median is left, is 4 % below the exact figure.
    """
    order = np.lexsort((round_.total, round_.submission))
    groups = np.split(round_.total[order], np.cumsum(round_.reviews)[:-1])
    value = np.array([_trim(g).mean() if len(g) else np.nan for g in groups])
    variance = _pooled_variance(round_, round_.total, round_.mean)
    factor = {n: _trimmed_variance(n) for n in np.unique(round_.reviews).tolist()}
    return Estimate(value, np.sqrt(np.array([variance * factor[n] for n in round_.reviews.tolist()])))


def _trim(ordered: Floats) -> Floats:
    return ordered[1:-1] if len(ordered) >= 3 else ordered


def _trimmed_variance(n: int) -> float:
    """Variance of a mean of ``n`` unit normal values without the two extremes."""
    if n < 3:
        return 1 / n if n else float("nan")
    share = 1 / n
    z = float(norm.ppf(1 - share))
    inner = 1 - 2 * share - 2 * z * float(norm.pdf(z))
    return float((inner + 2 * share * z * z) / (1 - 2 * share) ** 2 / n)


def zscore(round_: Round) -> Estimate:
    """The mean of totals after each expert's are moved to the round's mean and stretched to its spread.

    An expert with fewer than two totals, or with all totals equal, is moved and not stretched.
    """
    counts = np.bincount(round_.expert, minlength=round_.experts)
    centre = _divide(np.bincount(round_.expert, round_.total, round_.experts), counts)
    deviation = round_.total - centre[round_.expert]
    spread = np.sqrt(_divide(np.bincount(round_.expert, deviation**2, round_.experts), counts))
    common = float(round_.total.std())
    stretch = np.divide(common, spread, out=np.ones_like(spread), where=spread > 1e-9)
    return _average(round_, float(round_.total.mean()) + deviation * stretch[round_.expert])


def mixed(round_: Round) -> Estimate:
    """Totals without each expert's harshness: best linear unbiased prediction, variances by REML.

    With submissions fixed, the restricted likelihood is that of the totals centred within submissions; in the
    eigenvectors of the experts' Laplacian it has one unknown, the ratio τ²/σ², found on a line.
    """
    laplacian = _expert_laplacian(round_)
    centred = round_.total - round_.mean[round_.submission]
    pull = np.bincount(round_.expert, centred, round_.experts)
    roots, vectors = np.linalg.eigh(laplacian)
    roots = np.maximum(roots, 0.0)
    projected = (vectors.T @ pull) ** 2
    squares, freedom = float(centred @ centred), len(centred) - int((round_.reviews > 0).sum())

    def loss(log_ratio: float) -> float:
        grown = 1 + np.exp(log_ratio) * roots
        left = squares - float((np.exp(log_ratio) * projected / grown).sum())
        return freedom * float(np.log(max(left, 1e-12))) + float(np.log(grown).sum())

    ratio = float(np.exp(minimize_scalar(loss, bounds=(-12.0, 8.0), method="bounded", options={"xatol": 1e-9}).x))
    shrunk = ratio / (1 + ratio * roots)
    harshness = vectors @ (shrunk * (vectors.T @ pull))
    noise = max(squares - float((shrunk * projected).sum()), 0.0) / freedom
    value = round_.mean - _shares(round_) @ harshness
    return Estimate(value, _calibrated_se(round_, noise, vectors, shrunk))


def expected_se(round_: Round, noise: float, harshness: float) -> Floats:
    """The standard errors ``mixed`` will give were these the variances, from who reviews what alone, shape (size,).

    Args:
        round_: connected; its totals are not looked at.
        noise: variance of an expert's totals around merit and harshness.
        harshness: variance of harshness between experts.
    """
    roots, vectors = np.linalg.eigh(_expert_laplacian(round_))
    ratio = harshness / noise
    return _calibrated_se(round_, noise, vectors, ratio / (1 + ratio * np.maximum(roots, 0.0)))


def _calibrated_se(round_: Round, noise: float, vectors: Floats, shrunk: Floats) -> Floats:
    """From the noise left in a submission's mean and that in its experts' predicted harshness."""
    share = _shares(round_)
    covariance = noise * (vectors * shrunk) @ vectors.T
    spread: Floats = share.multiply(share @ covariance).sum(axis=1)
    return np.sqrt(_divide(np.full(round_.size, noise), round_.reviews) + spread)


def _incidence(round_: Round, weights: Floats) -> csr_array:
    """``weights``, one a review, as a submissions × experts matrix."""
    shape = (round_.size, round_.experts)
    return csr_array((weights, (round_.submission, round_.expert)), shape=shape)


def _shares(round_: Round) -> csr_array:
    """Share of each expert in a submission's reviews, shape (size, experts)."""
    return _incidence(round_, 1 / round_.reviews[round_.submission])


def _expert_laplacian(round_: Round) -> Floats:
    """How experts hang together through shared submissions, shape (experts, experts)."""
    reviews = np.bincount(round_.expert, minlength=round_.experts)
    joint: Floats = (_incidence(round_, np.ones(len(round_.total))).T @ _shares(round_)).toarray()
    return np.diag(reviews.astype(float)) - joint


def robust(round_: Round) -> Estimate:
    """Posterior mean and deviation of a submission's merit when noise is Student-t with a scale per expert.

    The weights of the fit say more than the totals do: a Student-t total of ν degrees of freedom carries
    (ν + 1) / (ν + 3) of the information of a normal one of the same scale, and the deviation counts only that.
    """
    fit = _Robust(round_)
    for _ in range(1000):
        before = fit.merit.copy()
        fit.step()
        if np.abs(fit.merit - before).max() < 1e-10:
            break
    merit = np.where(round_.reviews > 0, fit.merit, np.nan)
    fit.weight *= (DEGREES_OF_FREEDOM + 1) / (DEGREES_OF_FREEDOM + 3)
    fit.solve()
    return Estimate(merit, np.where(round_.reviews > 0, fit.merit_sd, np.nan))


class _Robust:
    """One EM fit: ``step`` solves the weighted normal equations, then re-estimates weights and variances."""

    def __init__(self, round_: Round) -> None:
        self.round = round_
        spread = float(round_.total.var()) or 1.0
        self.omega2, self.tau2, self.sigma2 = spread / 2, spread / 4, np.full(round_.experts, spread / 2)
        self.weight = np.ones(len(round_.total))
        self.mu = float(round_.total.mean())
        self.merit = np.where(round_.reviews > 0, round_.mean, self.mu)
        self.merit_sd = np.zeros(round_.size)

    def step(self) -> None:
        variance = self.solve()
        r = self.round
        squared = (r.total - self.merit[r.submission] - self.harshness[r.expert]) ** 2 + variance
        nu = DEGREES_OF_FREEDOM
        self.weight = (nu + 1) / (nu + squared / self.sigma2[r.expert])
        self._spread(self.weight * squared)

    def _spread(self, weighted: Floats) -> None:
        """Expert scales shrunk towards the round's, merit and harshness variances by their expectations."""
        r = self.round
        reviews = np.bincount(r.expert, minlength=r.experts)
        own = np.bincount(r.expert, weighted, r.experts)
        common = float(weighted.mean())
        self.sigma2 = np.maximum((own + PRIOR_REVIEWS * common) / (reviews + PRIOR_REVIEWS), 1e-6)
        seen = r.reviews > 0
        self.omega2 = max(float(((self.merit - self.mu) ** 2 + self.merit_sd**2)[seen].mean()), 1e-6)
        self.tau2 = max(float((self.harshness**2 + self.harshness_var)[reviews > 0].mean()), 1e-6)
        self.mu = float(self.merit[seen].mean())

    def solve(self) -> Floats:
        """Merit and harshness given weights, eliminating submissions; returns each fitted total's variance."""
        r = self.round
        precision = self.weight / self.sigma2[r.expert]
        diagonal = np.bincount(r.submission, precision, r.size) + 1 / self.omega2
        cross, scaled = _incidence(r, precision), _incidence(r, precision / diagonal[r.submission])
        own = np.bincount(r.expert, precision, r.experts) + 1 / self.tau2
        system = np.diag(own) - (cross.T @ scaled).toarray()
        right = np.bincount(r.submission, precision * (r.total - self.mu), r.size)
        pull = np.bincount(r.expert, precision * (r.total - self.mu), r.experts) - scaled.T @ right
        covariance = np.linalg.inv(system)
        self.harshness = covariance @ pull
        self.harshness_var = np.diag(covariance).copy()
        self.merit = self.mu + right / diagonal - scaled @ self.harshness
        spread = scaled @ covariance
        merit_var = 1 / diagonal + scaled.multiply(spread).sum(axis=1)
        self.merit_sd = np.sqrt(merit_var)
        covariances = -spread[r.submission, r.expert]
        fitted: Floats = merit_var[r.submission] + self.harshness_var[r.expert] + 2 * covariances
        return fitted


METHODS: dict[str, Callable[[Round], Estimate]] = {
    "mean": raw_mean,
    "trimmed": trimmed_mean,
    "zscore": zscore,
    "mixed": mixed,
    "robust": robust,
}
CALIBRATED = ("mixed", "robust")
