"""From experts' scores to one figure a submission: five methods side by side, each with a standard error.

Pure functions on arrays: no database, no request, no clock, no random numbers, so the same scores give the same
figures anywhere. What a figure decides is the business of ``publishing``.

* ``mean``    – the raw mean of a submission's totals.
* ``trimmed`` – the mean without the highest and the lowest total (去高去低) where there are three or more.
* ``zscore``  – each expert's totals standardised to the round's mean and spread, then averaged.
* ``mixed``   – harshness of the experts as a random effect, removed; see ``calibration``.
* ``robust``  – the same, with a wild total or a scattering expert weighing less; see ``calibration``.
"""

from collections.abc import Callable, Mapping
from math import fsum
from statistics import NormalDist
from typing import Literal

import numpy as np

from caselib.errors import CaselibError
from caselib.review.calibration import mixed, robust
from caselib.review.rounds import Estimate, Floats, Round, divide

Method = Literal["mean", "trimmed", "zscore", "mixed", "robust"]


def total(scores: Mapping[str, float], weights: Mapping[str, float], maxima: Mapping[str, float]) -> float | None:
    """100 × Σ weight·score ÷ Σ weight·max over the criteria that were scored; None if none was.

    A missing criterion is missing and never zero. The order in which criteria are listed does not matter to the last bit.
    """
    possible = fsum(weights[key] * maxima[key] for key in scores)
    return 100 * fsum(weights[key] * score for key, score in scores.items()) / possible if possible else None


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


def _pooled_variance(round_: Round, values: Floats, centre: Floats) -> float:
    """One noise variance for the round: a few totals are too few to judge a submission's own."""
    freedom = len(values) - int((round_.reviews > 0).sum())
    squares = float(((values - centre[round_.submission]) ** 2).sum())
    return squares / freedom if freedom > 0 else float("nan")


def _average(round_: Round, values: Floats) -> Estimate:
    mean = divide(np.bincount(round_.submission, values, round_.size), round_.reviews)
    variance = _pooled_variance(round_, values, mean)
    return Estimate(mean, np.sqrt(divide(np.full(round_.size, variance), round_.reviews)))


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
    normal = NormalDist()
    z = normal.inv_cdf(1 - share)
    inner = 1 - 2 * share - 2 * z * normal.pdf(z)
    return (inner + 2 * share * z * z) / (1 - 2 * share) ** 2 / n


def zscore(round_: Round) -> Estimate:
    """The mean of totals after each expert's are moved to the round's mean and stretched to its spread.

    An expert with fewer than two totals, or with all totals equal, is moved and not stretched.
    """
    counts = np.bincount(round_.expert, minlength=round_.experts)
    centre = divide(np.bincount(round_.expert, round_.total, round_.experts), counts)
    deviation = round_.total - centre[round_.expert]
    spread = np.sqrt(divide(np.bincount(round_.expert, deviation**2, round_.experts), counts))
    common = float(round_.total.std())
    stretch = np.divide(common, spread, out=np.ones_like(spread), where=spread > 1e-9)
    return _average(round_, float(round_.total.mean()) + deviation * stretch[round_.expert])


METHODS: dict[Method, Callable[[Round], Estimate]] = {
    "mean": raw_mean,
    "trimmed": trimmed_mean,
    "zscore": zscore,
    "mixed": mixed,
    "robust": robust,
}
CALIBRATED = ("mixed", "robust")
NAMES: dict[Method, str] = {
    "mean": "原始平均分",
    "trimmed": "去高去低",
    "zscore": "标准分",
    "mixed": "宽严校准",
    "robust": "稳健校准",
}
"""What an editor calls each method."""
