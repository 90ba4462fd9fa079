"""Figures without the experts' harshness: the additive mixed model and its robust version.

Notation: submission *i*, expert *j*, total y_ij = s_i + e_j + noise, with harshness e_j ~ N(0, τ²) and noise of variance σ².

* ``mixed``  – submissions fixed; τ² and σ² by REML (Patterson & Thompson 1971), harshness removed by its best linear
  unbiased prediction (Henderson 1975).
* ``robust`` – s_i ~ N(μ, ω²) and noise that is Student-t with a scale of its own for each expert, so that a wild total, or
  an expert whose totals scatter, weighs less (Lange, Little & Taylor 1989). τ² and ω² are those of the mixed model: left
  to the robust fit itself, ω² is drawn to zero where merits differ little, and all submissions become equal.

Pure. Both need a round that is ``identifiable``; asking is the business of ``scoring``.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq
from scipy.sparse import csr_array

from caselib.review.rounds import Estimate, Floats, Ints, Round, divide, shares

DEGREES_OF_FREEDOM = 4.0
"""Of the Student-t noise: heavy enough that one wild total cannot decide, light enough to lose little without one."""
PRIOR_REVIEWS = 8.0
"""An expert's own noise scale counts as much as the round's after this many reviews."""
LEAST_MERIT = 0.1
"""The variance of merit is taken to be at least this part of the noise: where none shows, order still follows totals."""
TINY = 1e-6
"""Variances, in squared points of 100, are not taken to be smaller."""
STEPS, SETTLED = 1000, 1e-10
"""The robust fit ends when no figure moves by more than ``SETTLED`` points, or after so many steps."""


@dataclass(frozen=True)
class Variances:
    """What makes totals differ, in squared points of 100."""

    noise: float
    harshness: float
    merit: float


def mixed(round_: Round) -> Estimate:
    """Totals without each expert's predicted harshness."""
    fit = _Mixed(round_)
    shared = shares(round_) @ ((fit.vectors * np.sqrt(fit.left)) @ fit.vectors.T)
    return Estimate(fit.value, _calibrated_se(round_, fit.noise, fit.covariance), shared)


def variances(round_: Round) -> Variances:
    """The variances of a round, for the design of the next: noise and harshness by REML, merit by what is left over."""
    fit = _Mixed(round_)
    return Variances(fit.noise, fit.harshness, fit.merit)


def expected_se(round_: Round, noise: float, harshness: float) -> Floats:
    """The standard errors ``mixed`` gives when these are the variances; who reviews what is enough, shape (size,)."""
    roots, vectors = _basis(round_)
    return _calibrated_se(round_, noise, (vectors * _left(roots, noise, harshness)) @ vectors.T)


class _Mixed:
    """The mixed model fitted to a round."""

    def __init__(self, round_: Round) -> None:
        self.round = round_
        roots, vectors = _basis(round_)
        centred = round_.total - round_.mean[round_.submission]
        squares, freedom = float((centred**2).sum()), len(centred) - int((round_.reviews > 0).sum())
        pull = vectors.T @ np.bincount(round_.expert, centred, round_.experts)
        ratio = _variance_ratio(roots, pull**2, squares, freedom)
        shrunk = ratio / (1 + ratio * roots)
        self.noise = max(squares - float((shrunk * pull**2).sum()), 0.0) / freedom
        self.harshness = ratio * self.noise
        self.value = round_.mean - shares(round_) @ (vectors @ (shrunk * pull))
        self.vectors, self.left = vectors, _left(roots, self.noise, self.harshness)
        self.covariance = (vectors * self.left) @ vectors.T

    @property
    def merit(self) -> float:
        """The variance of the figures less what their errors put into it (moments); 0 where nothing is left."""
        seen = self.round.reviews > 0
        count = int(seen.sum())
        if count < 2:
            return 0.0
        own = _calibrated_se(self.round, self.noise, self.covariance)[seen] ** 2
        share = shares(self.round).sum(axis=0) / count
        common = self.noise * float((1 / self.round.reviews[seen]).sum()) / count**2 + share @ self.covariance @ share
        errors = (float(own.sum()) - count * float(common)) / (count - 1)
        return max(float(self.value[seen].var(ddof=1)) - errors, 0.0)


def _basis(round_: Round) -> tuple[Floats, Floats]:
    """Eigenvalues and vectors of how experts hang together through shared submissions (a graph Laplacian)."""
    reviews = np.bincount(round_.expert, minlength=round_.experts).astype(float)
    who = csr_array((np.ones(len(round_.total)), (round_.submission, round_.expert)), (round_.size, round_.experts))
    joint: Floats = (who.T @ shares(round_)).toarray()
    roots, vectors = np.linalg.eigh(np.diag(reviews) - joint)
    return np.where(roots > 1e-9, roots, 0.0), vectors


def _variance_ratio(roots: Floats, pull2: Floats, squares: float, freedom: int) -> float:
    """τ²/σ² by REML: the likelihood of totals centred within submissions has this one unknown, sought on a log scale.

    It is taken where the slope is zero. Rounding moves that place by no more than itself; it moves the place of a least
    value by its square root, and then two kinds of processor do not agree on the sixth decimal.
    """

    def left(ratio: float) -> float:
        return max(squares - float((ratio * pull2 / (1 + ratio * roots)).sum()), 1e-12)

    def loss(log_ratio: float) -> float:
        ratio = float(np.exp(log_ratio))
        return freedom * float(np.log(left(ratio))) + float(np.log1p(ratio * roots).sum())

    def slope(log_ratio: float) -> float:
        ratio = float(np.exp(log_ratio))
        grown = 1 + ratio * roots
        return float((ratio * roots / grown).sum()) - freedom * float((ratio * pull2 / grown**2).sum()) / left(ratio)

    grid = np.linspace(-12.0, 8.0, 41).tolist()
    falls = [slope(x) < -1e-9 for x in grid]
    lows = [grid[0]] * (not falls[0]) + [grid[-1]] * falls[-1]
    for k, (here, there) in enumerate(pairwise(falls)):
        if here and not there:
            lows.append(brentq(slope, grid[k], grid[k + 1], xtol=1e-14) if slope(grid[k + 1]) > 0 else grid[k + 1])
    return float(np.exp(min(lows, key=loss)))


def _left(roots: Floats, noise: float, harshness: float) -> Floats:
    """The variances of the errors in predicted harshness, along the vectors of :func:`_basis`."""
    left = np.where(roots > 0, 0.0, harshness)
    below = noise + harshness * roots
    np.divide(harshness * noise, below, out=left, where=(below > 0) & (roots > 0))
    return left


def _calibrated_se(round_: Round, noise: float, covariance: Floats) -> Floats:
    """From the noise left in a submission's mean and the errors in its experts' harshness."""
    share = shares(round_)
    spread: Floats = share.multiply(share @ covariance).sum(axis=1)
    return np.sqrt(divide(np.full(round_.size, noise), round_.reviews) + spread)


def robust(round_: Round) -> Estimate:
    """Posterior mean and deviation of a submission's merit when noise is Student-t with a scale per expert.

    The weights of the fit say more than the totals do: a Student-t total of ν degrees of freedom carries
    (ν + 1) / (ν + 3) of the information of a normal one of the same scale, and the deviation counts only that.
    """
    fit = _Robust(round_)
    for _ in range(STEPS):
        before = fit.merit
        fit.step()
        if np.abs(fit.merit - before).max() < SETTLED:
            break
    merit, seen = fit.merit, round_.reviews > 0
    fit.weight *= (DEGREES_OF_FREEDOM + 1) / (DEGREES_OF_FREEDOM + 3)
    fit.solve()
    return Estimate(np.where(seen, merit, np.nan), np.where(seen, np.sqrt(fit.merit_var), np.nan), fit.shared())


class _Robust:
    """One EM fit: ``step`` solves the weighted normal equations, then re-estimates weights, noise scales and the mean.

    Harshness that all experts share is moved into the mean at once: at the solution there is none, and EM alone would
    take hundreds of steps to find that.
    """

    def __init__(self, round_: Round) -> None:
        self.round = round_
        start = variances(round_)
        noise = max(start.noise, TINY)
        self.omega2 = max(start.merit, LEAST_MERIT * noise)
        self.tau2 = max(start.harshness, TINY)
        self.sigma2 = np.full(round_.experts, noise)
        self.weight = np.ones(len(round_.total))
        self.mu = float(round_.total.mean())
        self.merit = np.full(round_.size, self.mu)
        self.merit_var = np.zeros(round_.size)
        self.reviews = np.bincount(round_.expert, minlength=round_.experts)
        self.first, self.second = _pairs(round_)

    def step(self) -> None:
        r = self.round
        variance = self.solve()
        squared = (r.total - self.merit[r.submission] - self.harshness[r.expert]) ** 2 + variance
        nu = DEGREES_OF_FREEDOM
        self.weight = (nu + 1) / (nu + squared / self.sigma2[r.expert])
        weighted = self.weight * squared
        own, common = np.bincount(r.expert, weighted, r.experts), float(weighted.mean())
        self.sigma2 = np.maximum((own + PRIOR_REVIEWS * common) / (self.reviews + PRIOR_REVIEWS), TINY)
        self.mu = float(self.merit[r.reviews > 0].mean() + self.harshness[self.reviews > 0].mean())

    def solve(self) -> Floats:
        """Merit and harshness given weights, eliminating submissions; returns each fitted total's variance.

        Only experts who share a submission meet, so sums run over pairs of its reviews and not over all experts.
        """
        r, m, first, second = self.round, self.round.experts, self.first, self.second
        i, j = r.submission, r.expert
        precision = self.weight / self.sigma2[j]
        diagonal = np.bincount(i, precision, r.size) + 1 / self.omega2
        self.scaled = scaled = precision / diagonal[i]
        joint = np.bincount(j[first] * m + j[second], precision[first] * scaled[second], m * m).reshape(m, m)
        self.covariance = covariance = np.linalg.inv(np.diag(np.bincount(j, precision, m) + 1 / self.tau2) - joint)
        right = np.bincount(i, precision * (r.total - self.mu), r.size)
        self.harshness = covariance @ np.bincount(j, precision * (r.total - self.mu) - scaled * right[i], m)
        self.merit = self.mu + right / diagonal - np.bincount(i, scaled * self.harshness[j], r.size)
        link = np.bincount(first, scaled[second] * covariance[j[first], j[second]], len(i))
        self.merit_var = 1 / diagonal + np.bincount(i, scaled * link, r.size)
        fitted: Floats = self.merit_var[i] + np.diag(covariance)[j] - 2 * link
        return fitted

    def shared(self) -> Floats:
        """Of the errors in merit, what comes from the errors in harshness as solved last."""
        r = self.round
        weights = csr_array((self.scaled, (r.submission, r.expert)), shape=(r.size, r.experts))
        return np.asarray(weights @ np.linalg.cholesky(self.covariance))


def _pairs(round_: Round) -> tuple[Ints, Ints]:
    """All ordered pairs of reviews of the same submission, a review with itself among them."""
    reviews = np.arange(len(round_.total))
    of = csr_array((np.ones(len(reviews)), (reviews, round_.submission)), (len(reviews), round_.size))
    first, second = (of @ of.T).nonzero()
    return first.astype(np.intp), second.astype(np.intp)
