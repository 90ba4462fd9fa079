"""Who reviews what (分派): a plan for a round, and its change after a recusal.

Exactly k experts for every submission, no conflict, at least one of them from outside its panel, loads as even as they
can be, expertise matched as far as that allows, one connected review graph. ``matching`` finds the optimum, this module
gives it words. Pure: it neither stores nor invites.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import compress

import numpy as np

from caselib.errors import CaselibError
from caselib.review.matching import Mask, Matching, match, parts
from caselib.review.roster import Match, Roster
from caselib.review.shortage import names, no_alternate, unassignable


@dataclass(frozen=True, order=True)
class Pair:
    """One assignment."""

    submission: str
    expert: str
    match: Match = Match.OTHER


@dataclass(frozen=True)
class Plan:
    """A plan.

    Attributes:
        pairs: sorted by submission and expert.
        score: points of expertise of all pairs.
        bound: no plan with as few changes and as even loads has more points, connected or not.
        components: connected parts of the review graph; 1, or a note says why not.
        added: pairs that did not exist before.
        removed: (submission, expert) pairs that did.
        notes: what the editor should know, in sentences.
    """

    pairs: tuple[Pair, ...]
    score: int
    bound: int
    components: int
    added: tuple[Pair, ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def connection_cost(self) -> int:
        """Points given up for a connected graph."""
        return max(self.bound - self.score, 0)

    @property
    def gap(self) -> float:
        """How far from the optimum the plan can be, as a share of the bound; 0 is a proven optimum."""
        return self.connection_cost / self.bound if self.bound else 0.0

    @property
    def ids(self) -> set[tuple[str, str]]:
        """The pairs as (submission, expert)."""
        return {(pair.submission, pair.expert) for pair in self.pairs}


def assign(
    roster: Roster, existing: Collection[tuple[str, str]] = (), started: Collection[tuple[str, str]] = ()
) -> Plan:
    """The best plan; where there are ``existing`` assignments, one that changes the fewest of them.

    Args:
        existing: (submission, expert) pairs in force; kept unless a conflict forbids them or there is no other way.
        started: those of them that must stay, conflicts apart.

    Raises:
        Unassignable: some submissions cannot get their experts; the error names them and what stands in the way.
    """
    begun = roster.mask(started) & roster.allowed
    before = (roster.mask(existing) & roster.allowed) | begun
    found = _match(roster, before, begun)
    if found.missing.any():
        raise unassignable(roster, found)
    return _plan(roster, found.chosen, {*existing, *started}, bound=found.bound)


def _match(roster: Roster, before: Mask, begun: Mask) -> Matching:
    """Where everything that exists can stay, filling what is open is the whole optimum, and much the quicker."""
    if before.any() and roster.keeps(before):
        filled = match(roster.table(before, before))
        if filled.components == 1 and not filled.missing.any():
            return filled
    return match(roster.table(before, begun))


def replace(roster: Roster, plan: Plan, submission: str, expert: str) -> Plan:
    """The plan with the best alternate in the place of ``expert``, everything else as it was.

    Raises:
        CaselibError: the plan has no such assignment.
        Unassignable: nobody can step in alone; ``assign`` with the existing pairs finds the fewest further changes.
    """
    if (submission, expert) not in plan.ids or submission not in roster.row:
        raise CaselibError(f"{submission} 没有分派给 {expert}。", "请刷新页面，核对分派表。")
    row, kept = roster.row[submission], roster.mask(plan.ids - {(submission, expert)})
    ranked = [j for j in _substitutes(roster, kept, row) if roster.expert_ids[j] != expert]
    if not ranked:
        raise no_alternate(roster, row, expert)
    trials = [_with(kept, row, j) for j in ranked]
    best = next((trial for trial in trials if parts(trial)[0] <= plan.components), trials[0])
    return _plan(roster, best, plan.ids, bound=int(roster.points[trials[0]].sum()))


def _with(chosen: Mask, row: int, column: int) -> Mask:
    grown = chosen.copy()
    grown[row, column] = True
    return grown


def _substitutes(roster: Roster, chosen: Mask, row: int) -> list[int]:
    """Who could be added to a submission's reviewers, best first.

    Nobody over the even share before others, then expertise, then the fewer reviews, then the id.
    """
    free, rules = roster.allowed[row] & ~chosen[row], roster.rules
    later = max(rules.reviews - int(chosen[row].sum()) - 1, 0)
    if (chosen[row] & ~roster.inside[row]).sum() + later < rules.outside:
        free &= ~roster.inside[row]
    loads = chosen.sum(axis=0)
    pool = np.flatnonzero(free & (loads < roster.capacity))
    share = -(-int(loads.sum() + 1) // len(loads))
    over = np.maximum(loads[pool] + 1 - share, 0)
    order: list[int] = pool[np.lexsort((pool, loads[pool], -roster.points[row, pool], over))].tolist()
    return order


def _plan(roster: Roster, chosen: Mask, before: Collection[tuple[str, str]], *, bound: int) -> Plan:
    pairs = tuple(
        Pair(roster.submission_ids[i], roster.expert_ids[j], Match(int(roster.points[i, j])))
        for i, j in np.argwhere(chosen).tolist()
    )
    components = parts(chosen)[0]
    return Plan(
        pairs=pairs,
        score=int(roster.points[chosen].sum()),
        bound=bound,
        components=components,
        added=tuple(pair for pair in pairs if (pair.submission, pair.expert) not in before),
        removed=tuple(sorted(set(before) - {(pair.submission, pair.expert) for pair in pairs})),
        notes=tuple(_notes(roster, chosen, components)),
    )


def _notes(roster: Roster, chosen: Mask, components: int) -> Iterable[str]:
    loads = chosen.sum(axis=0)
    if components > 1:
        yield f"评审关系分成互不相连的 {components} 块，各块之间无法校准宽严。增加每份申报的评审数可以把它们连起来。"
    idle = int((loads == 0).sum())
    if components == 1 and len(chosen) > 1 and idle:
        yield f"评审总量不够让每位专家都评两份以上，{idle} 位专家没有分派：分得太散，各位的宽严就无从比较。"
    outside = (chosen & ~roster.inside).sum(axis=1)
    closed = list(compress(roster.submission_ids, outside < roster.rules.outside))
    if closed:
        yield f"已开始的评审不能改派，{names(closed)} 的组外专家因此不足 {roster.rules.outside} 位。"
