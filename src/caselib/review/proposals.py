"""What an editor is shown before anything is assigned: a plan with its design check, and conflicts that appeared since.

Reads only; ``actions.assignment`` writes a proposal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from caselib.canonical import canonical_sha256
from caselib.db import key_of
from caselib.errors import CaselibError
from caselib.people import Actor
from caselib.review import assignment as planning
from caselib.review import design
from caselib.review.allocation import BEGUN, Allocation, Names, Seat, allocation
from caselib.review.models import Assignment, Call
from caselib.review.rules import require_editor
from caselib.review.states import AssignmentState, CallState, require_season

TIED = "有利害关系："
"""What the reason of a removal begins with that a conflict makes."""


class Removal(NamedTuple):
    """An assignment that a plan takes away, and why."""

    assignment_id: int
    pair: Names
    reason: str


@dataclass(frozen=True)
class Proposal:
    """A plan as an editor is shown it; nothing of it is written yet.

    Attributes:
        plan: submissions by number, experts by name.
        check: what to expect of it.
        added: pairs that would be new.
        removed: assignments that would be taken away.
        max_load: the limit it was made with.
        world: digest of what it was made from.
        digest: digest of ``world`` and of what would be written; an editor's form carries it.
    """

    plan: planning.Plan
    check: design.DesignCheck
    added: tuple[Names, ...]
    removed: tuple[Removal, ...]
    max_load: int | None
    world: str
    digest: str


def propose(
    *,
    session: Session,
    actor: Actor,
    call: Call,
    max_load: int | None = None,
    regions: Mapping[str, str] | None = None,
) -> Proposal:
    """The best plan for the accepted submissions as things are, changing as few assignments as can be; writes nothing.

    What is begun stays unless a conflict forbids it. A recused or abstained expert is not asked again.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: it is not the time to assign.
        CaselibError: no submission is accepted, or there is no expert.
        Unassignable: there is no plan; it says for which submissions and why.
    """
    require_editor(actor)
    require_season("assign", CallState(call.state))
    found = allocation(session, call, regions=regions, max_load=max_load)
    if not found.submissions:
        raise CaselibError("还没有受理的申报，无从分派。", "请先完成形式审查。")
    if not found.roster.experts:
        raise CaselibError("还没有可以分派的评审专家。", "请先登记评审专家。")
    plan = planning.assign(found.roster, found.pairs(AssignmentState.ASSIGNED), found.pairs(*BEGUN))
    kept = {seat.pair for seat in found.active} & plan.ids
    added = tuple(sorted(plan.ids - kept))
    removed = tuple(_removal(found, seat) for seat in found.held if seat.pair not in kept)
    digest = canonical_sha256([found.digest, added, [removal.assignment_id for removal in removed]])
    return Proposal(plan, design.check(plan), added, removed, max_load, found.digest, digest)


@dataclass(frozen=True)
class LateConflict:
    """A conflict that holds for a standing assignment: why, and since when; None where nothing tells."""

    assignment: Assignment
    submission: str
    expert: str
    reason: str
    at: datetime | None


def recheck(
    *,
    session: Session,
    actor: Actor,
    call: Call,
    regions: Mapping[str, str] | None = None,
) -> list[LateConflict]:
    """Conflicts of standing assignments that appeared after they were made, by submission and expert; writes nothing.

    What was declared carries its own time, what came with an amended text the time it was sent, the rest none.
    Until review has ended a new proposal takes these assignments away and fills the gaps.

    Raises:
        Forbidden: the actor is no editor.
    """
    require_editor(actor)
    found = allocation(session, call, regions=regions)
    return [
        LateConflict(seat.assignment, *seat.pair, reason=conflict.reason, at=conflict.at or _since(found, seat))
        for seat in sorted(found.held, key=lambda seat: seat.pair)
        for conflict in found.reasons.get(seat.pair, ())
    ]


def _since(found: Allocation, seat: Seat) -> datetime | None:
    """When a conflict that nobody declared came to be, if an amended text can have brought it."""
    sent = found.submissions[seat.pair[0]].sent_at
    return sent if sent is not None and seat.assignment.created_at < sent else None


def _removal(found: Allocation, seat: Seat) -> Removal:
    reasons, gone = found.against(seat.pair), seat not in found.active
    reason = f"{TIED}{reasons}" if reasons else "专家账号已停用或不再是评审专家" if gone else "按新的方案改派"
    return Removal(key_of(seat.assignment), seat.pair, reason)
