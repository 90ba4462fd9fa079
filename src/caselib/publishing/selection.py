"""Pick N under quotas: an exact optimum by mixed-integer programming (HiGHS through SciPy).

Pure: the same figures, ranking and quotas give the same pick. What a figure means is the business of ``review``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, kron

from caselib.errors import CaselibError
from caselib.publishing.decision import Submission
from caselib.review.rulebook import Called, Quota

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
TIED = 1e-6
"""Figures closer than this, in points of 100, are the same figure."""
WHOLE = 1e-7
"""A solver's number nearer than this to a whole one is that."""
SOLVED_TOGETHER = 6000
"""Candidates, over all draws, of one programme for the solver."""
LISTED = 20
"""Submissions that are named one by one; more are counted."""


class Infeasible(CaselibError):
    """No pick satisfies everything that was asked.

    Attributes:
        quotas: those that collide, none of them to spare.
        submissions: ids that collide with them by being in or out.
    """

    def __init__(
        self,
        message: str,
        quotas: Sequence[Quota] = (),
        submissions: Sequence[str] = (),
        remedy: str = "请放宽其中一项，或减少必须入选的、增加候选。",
    ) -> None:
        super().__init__(message, remedy)
        self.quotas, self.submissions = tuple(quotas), tuple(submissions)

    def described(self, called: Called) -> str:
        """The message with names for the codes of its quotas."""
        said = self.message
        for quota in self.quotas:
            said = said.replace(str(quota), quota.described(called))
        return said


@dataclass(frozen=True)
class QuotaBound:
    """One linear bound: between ``low`` and ``high`` of the ``members`` are picked."""

    quota: Quota
    value: str
    members: Mask
    low: float
    high: float


@dataclass(frozen=True)
class Mandate:
    """What to pick, from what, and what must hold of it.

    Attributes:
        size: how many to pick.
        submissions: the candidates, in the order of every array here.
        order: candidate indexes from best to worst, the plain rank that breaks ties.
        quotas: what must hold of the pick.
        fixed: index → must be in (True) or stay out (False).
    """

    size: int
    submissions: Sequence[Submission]
    order: Sequence[int]
    quotas: Sequence[Quota] = ()
    fixed: dict[int, bool] = field(default_factory=dict)

    def rows(self, quotas: Iterable[Quota] | None = None) -> list[QuotaBound]:
        """The bounds that the quotas mean for these candidates."""
        return [row for quota in (self.quotas if quotas is None else quotas) for row in self._rows_of(quota)]

    def _rows_of(self, quota: Quota) -> list[QuotaBound]:
        values = [s.values(quota.attribute) for s in self.submissions]
        wanted = [quota.value] if quota.value is not None else sorted(set().union(*values))
        return [
            QuotaBound(
                quota,
                value,
                np.array([value in own for own in values]),
                0 if quota.min is None else quota.min,
                np.inf if quota.max is None else quota.max,
            )
            for value in wanted
        ]


def pick(mandate: Mandate, figure: Floats, *, ties_by_rank: bool = True) -> list[int]:
    """Indexes of the pick with the largest sum of figures, in plain rank order.

    Args:
        ties_by_rank: among picks of the same sum take the better ranked; drawn figures, which do not tie, spare it.

    Raises:
        Infeasible: with the quotas that collide.
    """
    found = _solve(mandate, mandate.rows(), figure, ties_by_rank)
    if found is None:
        raise explain_infeasible(mandate)
    return found


def pick_each(mandate: Mandate, figures: Floats) -> Mask:
    """The pick for every row of ``figures``, shape (draws, candidates); ties, which drawn figures do not have, fall anyhow.

    Many small programmes are put to the solver as one: handing one over costs four times as long as solving it.

    Raises:
        Infeasible: with the quotas that collide.
    """
    rows, picked = mandate.rows(), np.zeros(figures.shape, dtype=np.bool_)
    hard = []
    for draw, figure in enumerate(figures):
        free = plain(_drawn(mandate, figure))
        if free is not None and satisfied(free, rows):
            picked[draw, free] = True
        else:
            hard.append(draw)
    together = max(1, SOLVED_TOGETHER // max(1, len(mandate.submissions)))
    for start in range(0, len(hard), together):
        draws = hard[start : start + together]
        picked[draws] = _solve_together(mandate, rows, figures[draws])
    return picked


def _drawn(mandate: Mandate, figure: Floats) -> Mandate:
    """The mandate with the plain rank that a draw gives."""
    return replace(mandate, order=np.argsort(-figure, kind="stable").tolist())


def _solve_together(mandate: Mandate, rows: Sequence[QuotaBound], figures: Floats) -> Mask:
    """One programme a row of ``figures``, without whole numbers; each whose answer is not whole is solved by itself."""
    count = len(figures)
    matrix, lows, highs = _bounds(mandate, rows)
    least, most = (np.tile(limit, count) for limit in _choice(mandate))
    blocks = kron(eye_array(count), csr_array(np.array(matrix)), format="csc")
    limits = LinearConstraint(blocks, np.tile(lows, count), np.tile(highs, count))
    answer = milp(-figures.ravel(), bounds=Bounds(least, most), constraints=limits)
    if answer.x is None:
        raise explain_infeasible(mandate)
    found = np.reshape(answer.x, figures.shape)
    whole = np.isclose(found, np.round(found), rtol=0, atol=WHOLE).all(axis=1)
    for draw in np.flatnonzero(~whole):
        alone = pick(_drawn(mandate, figures[draw]), figures[draw], ties_by_rank=False)
        found[draw] = np.isin(np.arange(len(mandate.submissions)), alone)
    return np.asarray(found > 0.5)


def best_sum(mandate: Mandate, figure: Floats, quotas: Iterable[Quota]) -> float:
    """The largest sum reachable under ``quotas`` alone, in the figure's own points.

    Raises:
        Infeasible: there is no such pick.
    """
    found = _solve(mandate, mandate.rows(quotas), figure)
    if found is None:
        raise Infeasible("没有满足条件的选法。")
    return float(figure[found].sum())


def _solve(
    mandate: Mandate, rows: Sequence[QuotaBound], figure: Floats, ties_by_rank: bool = False
) -> list[int] | None:
    free = plain(mandate)
    if free is not None and satisfied(free, rows):
        return free
    gain = figure - float(np.nanmin(figure)) if len(figure) else figure
    chosen = _milp(mandate, rows, gain)
    if chosen is None or not ties_by_rank:
        return chosen
    best = float(gain[chosen].sum())
    return _milp(mandate, rows, _rank_worth(mandate), floor=(gain, best - TIED)) or chosen


def _rank_worth(mandate: Mandate) -> Floats:
    """What a place is worth among equals: falling ever more slowly, so that the best ranked count most.

    The power is no round number: different picks then have different sums, and every solver finds the same.
    """
    worth = np.empty(len(mandate.order))
    worth[list(mandate.order)] = -(np.arange(1, len(mandate.order) + 1) ** 0.7)
    return worth


def plain(mandate: Mandate) -> list[int] | None:
    """The pick by plain rank, with what is fixed in or out and no quota; None if there are too few candidates."""
    musts = {i for i, inside in mandate.fixed.items() if inside}
    rest = [i for i in mandate.order if i not in mandate.fixed]
    room = mandate.size - len(musts)
    if room < 0 or room > len(rest):
        return None
    chosen = musts | set(rest[:room])
    return [i for i in mandate.order if i in chosen]


def satisfied(chosen: Sequence[int], rows: Iterable[QuotaBound]) -> bool:
    """Whether a pick keeps every bound."""
    return all(row.low <= row.members[list(chosen)].sum() <= row.high for row in rows)


def _milp(
    mandate: Mandate, rows: Sequence[QuotaBound], gain: Floats, floor: tuple[Floats, float] | None = None
) -> list[int] | None:
    matrix, lows, highs = _bounds(mandate, rows)
    if floor is not None:
        matrix, lows, highs = [*matrix, floor[0]], [*lows, floor[1]], [*highs, np.inf]
    limits = LinearConstraint(csr_array(np.array(matrix)), lows, highs)
    chosen = _optimum(-gain, Bounds(*_choice(mandate)), limits)
    if chosen is None:
        return None
    picked = set(np.flatnonzero(chosen).tolist())
    return [i for i in mandate.order if i in picked]


def _bounds(mandate: Mandate, rows: Sequence[QuotaBound]) -> tuple[list[Floats], list[float], list[float]]:
    """The size of the pick and the rows, as a matrix with its lower and upper limits."""
    matrix = [np.ones(len(mandate.submissions)), *(row.members.astype(float) for row in rows)]
    size = float(mandate.size)
    return matrix, [size, *(row.low for row in rows)], [size, *(row.high for row in rows)]


def _choice(mandate: Mandate) -> tuple[Floats, Floats]:
    """The least and the most of each candidate: 0 and 1, both the same for one that is fixed."""
    low, high = np.zeros(len(mandate.submissions)), np.ones(len(mandate.submissions))
    for i, inside in mandate.fixed.items():
        low[i] = high[i] = float(inside)
    return low, high


def _optimum(cost: Floats, bounds: Bounds, limits: LinearConstraint) -> Mask | None:
    """The programme without whole numbers first: nearly always its answer is whole, and then it is the answer."""
    for whole in (0, 1):
        integrality = np.full(len(cost), whole, dtype=np.intp)
        answer = milp(cost, integrality=integrality, bounds=bounds, constraints=limits, options={"mip_rel_gap": 0.0})
        if answer.x is None:
            return None
        found: Floats = answer.x
        if np.abs(found - np.round(found)).max(initial=0.0) < WHOLE:
            break
    return np.asarray(found > 0.5)


def feasible(mandate: Mandate, quotas: Sequence[Quota]) -> bool:
    """Whether any pick keeps these quotas."""
    return _milp(mandate, mandate.rows(quotas), np.zeros(len(mandate.submissions))) is not None


def together(mandate: Mandate, wanted: Iterable[str]) -> list[str]:
    """Each of the ids ``wanted`` that can be picked along with those taken before it."""
    index = {submission.id: i for i, submission in enumerate(mandate.submissions)}
    taken = []
    for identifier in wanted:
        tried = replace(mandate, fixed={**mandate.fixed, index[identifier]: True})
        if feasible(tried, tried.quotas):
            mandate = tried
            taken.append(identifier)
    return taken


def explain_infeasible(mandate: Mandate) -> Infeasible:
    """The error that names a smallest set of quotas, musts and exclusions that cannot hold together (deletion filter)."""
    if not feasible(mandate, ()):
        return _wrong_size(mandate)
    kept = list(mandate.quotas)
    for quota in mandate.quotas:
        without = [other for other in kept if other is not quota]
        if not feasible(mandate, without):
            kept = without
    least = replace(mandate, quotas=kept)
    for inside in (True, False):
        least = _without_innocent(least, inside)
    musts_, outs = ([i for i, v in least.fixed.items() if v is inside] for inside in (True, False))
    said = [*map(str, kept), *_named(least, "必须入选", musts_), *_named(least, "不得入选", outs)]
    ids = tuple(mandate.submissions[i].id for i in sorted(musts_ + outs))
    if len(said) == 1:
        remedy = "请放宽这一条，或修订入选篇数、增加候选。"
        return Infeasible(f"选不出 {mandate.size} 篇：单这一条名额约束就满足不了：{said[0]}。", kept, ids, remedy)
    what = "以下名额约束不能同时成立" if len(said) == len(kept) else "以下条件不能同时成立"
    return Infeasible(f"选不出 {mandate.size} 篇：{what}：" + "；".join(said) + "。", kept, ids)


def _wrong_size(mandate: Mandate) -> Infeasible:
    musts = sum(mandate.fixed.values())
    if musts > mandate.size:
        said, remedy = f"必须入选的却有 {musts} 篇", "请减少必须入选的，或修订规则里的入选篇数。"
    else:
        open_ = len(mandate.order) - (len(mandate.fixed) - musts)
        said, remedy = f"可选的只有 {open_} 篇", "请修订规则里的入选篇数，或恢复评审补充申报。"
    return Infeasible(f"要选 {mandate.size} 篇，{said}。", remedy=remedy)


def _without_innocent(mandate: Mandate, inside: bool) -> Mandate:
    """The mandate, still infeasible, without those of the musts (or exclusions) that have no part in that."""
    concerned = [i for i, value in mandate.fixed.items() if value is inside]
    free = _released(mandate, concerned)
    if not feasible(free, free.quotas):
        return free
    for i in concerned if len(concerned) <= LISTED else ():
        trial = _released(mandate, [i])
        if not feasible(trial, trial.quotas):
            mandate = trial
    return mandate


def _released(mandate: Mandate, indexes: Sequence[int]) -> Mandate:
    return replace(mandate, fixed={i: value for i, value in mandate.fixed.items() if i not in set(indexes)})


def _named(mandate: Mandate, how: str, indexes: Sequence[int]) -> list[str]:
    if not indexes:
        return []
    ids = [mandate.submissions[i].id for i in sorted(indexes)]
    return [f"{how} {'、'.join(ids)}" if len(ids) <= LISTED else f"{how}的 {len(ids)} 篇"]
