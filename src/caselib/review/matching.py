"""The optimum behind an assignment: which experts for which submissions, as a flow with a proof.

Arrays in, arrays out; who the rows and columns are is the business of ``assignment``. In this order, each before the
next: as few reviews missing as can be, as many existing assignments kept, loads as even as can be (the least sum of
squares, which is also the largest least load), as many points of expertise, and last a tie-break from the ids.

Every rule is a cap on nested sets of a submission's reviews or on an expert's load, so the constraints are those of a
network flow and the vertices of the linear programme are whole (Ahuja, Magnanti & Orlin 1993, §11.12). The order of aims is
kept by weights: two flows differ by cycles that pass each expert at most once, so a step of one aim outweighs all that one
cycle can change in the lesser ones. A large round is solved on a part of its columns; the duals then price every other pair,
and pairs that could improve the plan are added until there is none, which proves the optimum.

A connected graph is no flow. Where the optimum falls apart, the pair between parts with the least reduced cost is required
and the flow solved again; what that costs is said. Where reviews are too few to tie all experts together, fewer experts get
them, two or more each: even loads would leave every submission an island.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csc_array, csr_array, vstack
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]

ALL_PAIRS = 60_000
"""Rounds of no more pairs are solved whole."""
CANDIDATES = 20
"""Experts a submission starts with in a larger round."""
MOST_POINTS = 2
"""The most a pair can be worth."""
REACH = 20
"""Reviews above or below the even share up to which each costs more than the one before."""
PRECISION = 1e-5
"""Reduced costs nearer to zero than this are zero; the smallest step of the tie-break is far larger."""
WHOLE = 1e-5
"""A solver's number nearer than this to a whole one is that."""
ATTEMPTS = 40
"""Solutions tried to connect the graph before saying that it cannot be."""


@dataclass(frozen=True)
class Load:
    """Columns that add up (``sign``) to the loads, with cost in steps of evenness, and bounds."""

    expert: Ints
    sign: Floats
    cost: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, capacity: Ints, total: int) -> "Load":
        """The price of uneven loads: nothing at the even share, then each review above or below dearer than the last.

        It is the sum of squares less what the share costs; the share is the level the total reaches when it is poured
        over the experts up to their capacities. Farther than ``REACH`` from it all reviews cost alike.
        """
        fullest = int(capacity.max())
        level = next((x for x in range(fullest) if np.minimum(capacity, x).sum() >= total), fullest)
        exact = int(np.minimum(capacity, level).sum() <= total)
        low, high = np.minimum(capacity, max(level - 1 + exact, 0)), np.minimum(capacity, level)
        steps = np.arange(1, REACH + 1)[:, None]
        size = np.where(steps == REACH, np.inf, 1.0)
        room = np.stack([np.clip(capacity - high - steps + 1, 0, size), np.clip(low - steps + 1, 0, size)])
        cost = np.stack([2 * (high + steps - level) - exact, 2 * (level - low + steps - 1) + exact])
        side, _, expert = np.nonzero(room)
        everyone, priced = np.arange(len(capacity)), room > 0
        return cls(
            expert=np.r_[everyone, expert],
            sign=np.r_[np.ones(len(capacity)), np.where(side == 0, 1.0, -1.0)],
            cost=np.r_[np.zeros(len(capacity)), cost[priced]],
            low=np.r_[low, np.zeros(len(expert))],
            high=np.r_[high, room[priced]],
        )


@dataclass(frozen=True)
class Table:
    """A round to match, n submissions by m experts.

    Attributes:
        demand: reviews each submission needs, shape (n,).
        inside_limit: the most of them from inside its panel, shape (n,).
        capacity: the most reviews of each expert, shape (m,).
        allowed: pairs without a conflict, shape (n, m).
        points: expertise of each pair, whole numbers of at most ``MOST_POINTS``, shape (n, m).
        tie_break: in [0, 1), decides between equals, shape (n, m).
        inside: expert and submission are of one panel, shape (n, m).
        kept: existing pairs, kept where possible, shape (n, m).
        fixed: pairs that must stay; allowed, and within demand, limit and capacity, shape (n, m).
    """

    demand: Ints
    inside_limit: Ints
    capacity: Ints
    allowed: Mask
    points: NDArray[np.int8]
    tie_break: NDArray[np.float32]
    inside: Mask
    kept: Mask
    fixed: Mask

    @cached_property
    def load(self) -> Load:
        """The price of uneven loads."""
        return Load.of(self.capacity, int(self.demand.sum()))

    @cached_property
    def weights(self) -> "Weights":
        """What the aims weigh in this round."""
        return Weights.of(self)

    @cached_property
    def gain(self) -> Floats:
        """What choosing a pair is worth, evenness apart; of the tie-break one bit, which keeps the programme easy."""
        lesser = (self.tie_break >= 0.5) / (len(self.capacity) + 2)
        return self.points + lesser + self.weights.keep * self.kept


@dataclass(frozen=True)
class Weights:
    """What one step of each aim is worth."""

    even: float
    keep: float
    missing: float

    @classmethod
    def of(cls, table: Table) -> "Weights":
        """Each large enough that one step outweighs what a cycle past all m experts changes in the lesser aims."""
        m = len(table.capacity)
        even = MOST_POINTS * (m + 2) + 2.0
        keep = even * (2 * float(table.load.cost.max()) + 2)
        return cls(even, keep, keep * (m + 3) if table.kept.any() else keep + even)


@dataclass(frozen=True)
class Matching:
    """What was found.

    Attributes:
        chosen: shape (n, m).
        missing: reviews each submission could not get, shape (n,).
        bound: no matching that keeps as much and is as even has more points.
        components: connected parts of the review graph.
    """

    chosen: Mask
    missing: Ints
    bound: int
    components: int


def match(table: Table) -> Matching:
    """The best matching, connected where it can be."""
    n, m = table.allowed.shape
    if not n or not m:
        return Matching(np.zeros((n, m), dtype=np.bool_), table.demand.copy(), 0, 0)
    columns = _first_columns(table)
    best = _optimum(table, columns)
    bound = int(table.points[best.chosen].sum())
    connected = _connect(table, columns, best)
    if parts(connected.chosen)[0] > 1:
        connected = _with_fewer_experts(table, connected)
    return Matching(connected.chosen, connected.missing, bound, parts(connected.chosen)[0])


def _first_columns(table: Table) -> Mask:
    """The pairs to begin with: all, or for each submission the likeliest, some from outside its panel, some at random."""
    n, m = table.allowed.shape
    if n * m <= ALL_PAIRS:
        return table.allowed.copy()
    columns = table.kept | table.fixed
    worth = np.where(table.allowed, table.points + table.tie_break, -1)
    _mark_best(columns, worth, CANDIDATES)
    _mark_best(columns, np.where(table.inside, -1, worth), CANDIDATES // 3)
    _mark_best(columns, np.where(table.allowed, table.tie_break, -1), CANDIDATES // 3)
    return columns & table.allowed


def _mark_best(columns: Mask, worth: NDArray[np.floating], count: int) -> None:
    best = np.argpartition(-worth, min(count, worth.shape[1] - 1), axis=1)[:, :count]
    np.put_along_axis(columns, best, True, axis=1)


@dataclass(frozen=True)
class _Solution:
    chosen: Mask
    missing: Ints
    reduced: Floats
    """What requiring a pair would cost at least, shape (n, m)."""


def _optimum(table: Table, columns: Mask) -> _Solution:
    """Solve on ``columns``, widening them until no pair outside could improve the matching."""
    while True:
        solution = _solve(table, columns)
        better = (solution.reduced < -PRECISION) & table.allowed & ~columns
        if not better.any():
            return solution
        columns |= better


def _solve(table: Table, columns: Mask) -> _Solution:
    n, m = table.allowed.shape
    rows, cols = np.nonzero(columns)
    pairs, load = len(rows), table.load
    width = pairs + n + len(load.cost)
    ones = np.ones(width)
    demand = csr_array((ones[: pairs + n], (np.r_[rows, np.arange(n)], np.arange(pairs + n))), shape=(n, width))
    taken = np.r_[np.arange(pairs), np.arange(pairs + n, width)]
    loads = csr_array((np.r_[ones[:pairs], -load.sign], (np.r_[cols, load.expert], taken)), shape=(m, width))
    inner = np.flatnonzero(table.inside[rows, cols])
    inside = csr_array((ones[: len(inner)], (rows[inner], inner)), shape=(n, width))
    low = np.r_[table.fixed[rows, cols].astype(float), np.zeros(n), load.low]
    high = np.r_[ones[:pairs], table.demand, load.high]
    answer = linprog(  # type: ignore[call-overload]  # sparse constraints: SciPy takes them, its stubs do not
        np.r_[-table.gain[rows, cols], np.full(n, table.weights.missing), table.weights.even * load.cost],
        A_eq=csc_array(vstack([demand, loads])),
        b_eq=np.r_[table.demand, np.zeros(m)],
        A_ub=csc_array(inside),
        b_ub=table.inside_limit,
        bounds=np.column_stack([low, high]),
        method="highs-ds",
    )
    if answer.x is None or np.abs(answer.x - np.round(answer.x)).max() > WHOLE:
        raise RuntimeError(f"assignment: the solver found no whole matching: {answer.message}")
    chosen = np.zeros((n, m), dtype=np.bool_)
    chosen[rows, cols] = answer.x[:pairs] > 0.5
    dual, panel_dual = answer.eqlin.marginals, answer.ineqlin.marginals
    reduced = -table.gain - dual[:n, None] - dual[n:] - np.where(table.inside, panel_dual[:, None], 0.0)
    return _Solution(chosen, np.round(answer.x[pairs : pairs + n]).astype(np.intp), reduced)


def parts(chosen: Mask) -> tuple[int, Ints, Ints]:
    """Connected parts among experts with a review, and each submission's and expert's part (-1: without a review)."""
    n, m = chosen.shape
    rows, cols = np.nonzero(chosen)
    graph = csr_array((np.ones(len(rows)), (rows, n + cols)), shape=(n + m, n + m))
    _, found = connected_components(graph, directed=False)
    label = np.where(np.r_[chosen.any(axis=1), chosen.any(axis=0)], found, -1).astype(np.intp)
    return len(np.unique(label[label >= 0])), label[:n], label[n:]


def _connect(table: Table, columns: Mask, solution: _Solution) -> _Solution:
    """Require the cheapest pairs between parts until there is one part, or no pair is left to try."""
    refused = ~table.allowed
    for _ in range(ATTEMPTS):
        count, of_submission, of_expert = parts(solution.chosen)
        edges, nodes = int(solution.chosen.sum()), int((of_submission >= 0).sum() + (of_expert >= 0).sum())
        if count <= 1 or edges < nodes - 1:
            break
        bridges = _bridges(table, solution, of_submission, of_expert, refused)
        if not len(bridges):
            break
        fixed = table.fixed.copy()
        fixed[bridges[:, 0], bridges[:, 1]] = True
        trial = replace(table, fixed=fixed)
        columns |= fixed
        found = _optimum(trial, columns)
        refused[bridges[:, 0], bridges[:, 1]] = True
        if found.missing.sum() == solution.missing.sum():
            table, solution = trial, found
    return solution


def _with_fewer_experts(table: Table, solution: _Solution) -> _Solution:
    """A solution with so few experts that each can have two reviews, if that joins more and misses no more."""
    held = (table.kept | table.fixed).any(axis=0)
    most = max(int(table.demand.sum()) // 2, int(held.sum()))
    if table.demand.min() < 2 or most >= len(table.capacity):
        return solution
    worth = np.where(table.allowed, 1 + table.points + table.tie_break, 0)
    from_outside = -(-int((table.demand - table.inside_limit).sum()) // 2)
    best = np.argsort(-np.where(table.inside, 0, worth).sum(axis=0), kind="stable")[: min(from_outside, most)]
    held_first = worth.sum(axis=0) + held * worth.size * (MOST_POINTS + 2)
    rest = [j for j in np.argsort(-held_first, kind="stable").tolist() if j not in best]
    capacity = table.capacity.copy()
    capacity[rest[most - len(best) :]] = 0
    trial = replace(table, capacity=capacity)
    columns = _first_columns(trial)
    found = _connect(trial, columns, _optimum(trial, columns))
    joined = parts(found.chosen)[0] < parts(solution.chosen)[0]
    return found if joined and found.missing.sum() <= solution.missing.sum() else solution


def _bridges(table: Table, solution: _Solution, of_submission: Ints, of_expert: Ints, refused: Mask) -> Ints:
    """For every part but the largest its cheapest pair with another, no submission or expert twice, shape (·, 2)."""
    room = (table.fixed.sum(axis=1) < table.demand)[:, None] & (table.fixed.sum(axis=0) < table.capacity)
    room &= ~table.inside | ((table.fixed & table.inside).sum(axis=1) < table.inside_limit)[:, None]
    apart = (of_submission[:, None] != of_expert) & (of_submission[:, None] >= 0) & (of_expert >= 0)
    cost = np.where(apart & room & ~refused, solution.reduced, np.inf)
    parts, sizes = np.unique(np.r_[of_submission, of_expert], return_counts=True)
    found: list[tuple[int, int]] = []
    for part in parts[np.lexsort((parts, sizes))][:-1].tolist():
        touching = np.where((of_submission == part)[:, None] | (of_expert == part), cost, np.inf)
        at = np.unravel_index(int(touching.argmin()), cost.shape)
        if part >= 0 and np.isfinite(touching[at]):
            found.append((int(at[0]), int(at[1])))
            cost[at[0], :] = cost[:, at[1]] = np.inf
    return np.array(found, dtype=np.intp).reshape(-1, 2)
