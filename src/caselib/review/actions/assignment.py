"""Assignments (分派): a proposal applied, made by hand, released, recused from; a recusal is filled by an alternate.

Nobody is written to from here: what comes back says who is to be told, and ``expert_letters`` words it. When review
starts and ends is in ``stages``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from caselib import db
from caselib.db import key_of
from caselib.errors import Conflict
from caselib.people import Account, Actor
from caselib.review import assignment as planning
from caselib.review.actions.binding import bind
from caselib.review.allocation import BEGUN, Allocation, Names, Seat, allocation
from caselib.review.calendar import today
from caselib.review.events import change, note, take
from caselib.review.expert_letters import Invitation, invitations
from caselib.review.models import Assignment, Call, Submission
from caselib.review.proposals import TIED, Proposal
from caselib.review.queries import is_final, require_unconflicted
from caselib.review.rules import (
    clean_reason,
    require_assignment_seen,
    require_editor,
)
from caselib.review.shortage import Unassignable
from caselib.review.states import ASSIGNMENT, AssignmentState, CallState, SubmissionState, move, require_season, season


class Recusal(NamedTuple):
    """What came of a recusal: who steps in, who is to be told, and for editors why nobody does."""

    replacement: Assignment | None
    invitations: list[Invitation]
    notice: str


def apply(
    *,
    session: Session,
    actor: Actor,
    call: Call,
    proposal: Proposal,
    expected: str,
    now: datetime | None = None,
) -> list[Invitation]:
    """Write a proposal, whole. It is made by rule, so that editors with conflicts of their own may apply it too.

    What was submitted is taken away for a conflict only: it is recused, as everywhere, and told of in the decision file.

    Args:
        proposal: computed again for this call, before the session began to write.
        expected: digest of the proposal that the editor was shown.

    Returns:
        Whom to tell, once review has started: experts with what is new to them.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: it is not the time to assign, or something that the proposal rests on has changed.
    """
    moment = now or db.now()
    require_editor(actor)
    session.refresh(call)
    require_season("assign", CallState(call.state))
    found = allocation(session, call, max_load=proposal.max_load)
    if proposal.digest != expected or found.digest != proposal.world or _begun_since(found, proposal):
        raise Conflict("提出方案以后，申报、专家或分派有了变化，这个方案没有执行。", "请重新提出方案，看过再执行。")
    return invitations(session, call, _written(session, actor, found, proposal, moment))


def assign_by_hand(
    *,
    session: Session,
    actor: Actor,
    submission: Submission,
    expert: Account,
    regions: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> list[Invitation]:
    """Give a submission one more expert.

    Returns:
        Whom to tell, once review has started.

    Raises:
        NotFound: the actor may not know of the submission.
        Forbidden: the actor is no editor, or has a conflict of interest.
        Conflict: it is not the time to assign, the submission is not accepted, the expert has it already, cannot be
            asked, or has a conflict of interest, with its reason.
    """
    require_unconflicted(session, actor, submission)
    call = session.get_one(Call, submission.call_id)
    session.refresh(submission)
    require_season("assign", CallState(call.state))
    found = allocation(session, call, regions=regions)
    number = str(submission.number)
    if number not in found.submissions:
        raise Conflict(f"申报 {number} 现在是“{SubmissionState(submission.state).label}”。", "受理以后才能分派。")
    name = next((name for name, account in found.experts.items() if account.id == expert.id), "")
    if name not in found.roster.expert_ids or found.roster.experts[found.roster.column[name]].max_load is not None:
        raise Conflict(f"“{expert.name}”现在不是可以分派的评审专家。", "请确认账号没有停用，并有评审专家身份。")
    if (number, name) in {seat.pair for seat in found.held}:
        raise Conflict(f"申报 {number} 已经分派给“{name}”。", "请刷新页面，核对分派表。")
    if reasons := found.against((number, name)):
        raise Conflict(f"“{name}”不能评审申报 {number}：{reasons}。", "请另选一位评审专家。")
    return invitations(session, call, [_place(session, actor, found, (number, name), now or db.now())])


def release(
    *,
    session: Session,
    actor: Actor,
    assignment: Assignment,
    expected_version: int,
    reason: str,
) -> None:
    """Take an assignment away; what was written in it is kept and never counted. Nobody steps in by itself.

    Raises:
        NotFound: the actor may not know of the submission.
        Forbidden: the actor is no editor, or has a conflict of interest.
        Conflict: it was changed meanwhile, is over, it is not the time, or the scores that it counts in could be seen.
        CaselibError: there is no reason.
    """
    submission = session.get_one(Submission, assignment.submission_id)
    require_unconflicted(session, actor, submission)
    call = session.get_one(Call, assignment.call_id)
    take(session, actor, assignment, expected_version)
    require_season("release", CallState(call.state))
    if is_final(session, assignment):
        raise Conflict(
            "评审结束过一次，得分已经可以查看，已提交的评审不能撤销。",
            "专家与这份申报有利害关系的，请登记利害关系；分歧大的，请组织合议。",
        )
    _release(session, actor, assignment, clean_reason(reason))


def recuse(
    *, session: Session, actor: Actor, assignment: Assignment, reason: str, now: datetime | None = None
) -> Recusal:
    """The expert gives an assignment back for good, because of a tie; an alternate steps in by the same rules.

    The ``notice`` names other experts: it is for editors, never for the one who recuses.

    Raises:
        NotFound: the assignment is not the actor's own, or does not stand.
        Conflict: review is not open.
        CaselibError: there is no reason.
    """
    call = session.get_one(Call, assignment.call_id)
    session.refresh(assignment)
    require_assignment_seen(actor, assignment, call)
    require_season("recuse", CallState(call.state))
    move(ASSIGNMENT, "recuse", AssignmentState(assignment.state))
    moment, said = now or db.now(), clean_reason(reason)
    bind(session, actor, assignment.expert_id, assignment.submission_id, said, moment)
    return end_by_conflict(session, actor, assignment, said, moment)


def end_by_conflict(session: Session, actor: Actor, assignment: Assignment, reason: str, now: datetime) -> Recusal:
    """End an assignment whose expert is tied to its submission, and fill the gap where the round allows it."""
    call = session.get_one(Call, assignment.call_id)
    found = allocation(session, call)
    seat = next((seat for seat in found.held if seat.assignment.id == assignment.id), None)
    name, notice = _substitute(found, seat) if seat else (None, "")
    state = move(ASSIGNMENT, "recuse", AssignmentState(assignment.state))
    change(session, actor, "recuse", assignment, state=state, reason=reason)
    if seat is None or name is None:
        return Recusal(None, [], notice)
    row = _place(session, actor, found, (seat.pair[0], name), now)
    return Recusal(row, invitations(session, call, [row]), "")


def _begun_since(found: Allocation, proposal: Proposal) -> bool:
    """Whether something that would be taken away for no conflict has been begun."""
    begun = {key_of(seat.assignment) for seat in found.active if seat.assignment.state in BEGUN}
    return any(r.assignment_id in begun and not found.against(r.pair) for r in proposal.removed)


def _substitute(found: Allocation, seat: Seat) -> tuple[str | None, str]:
    """Who steps in for a seat that is about to be empty, or what editors should know if nobody does."""
    (number, name), state = seat.pair, CallState(found.call.state)
    others = sum(other.pair[0] == number for other in found.active if other is not seat)
    if state not in season("assign"):
        return None, f"征集现在是“{state.label}”，申报 {number} 没有递补。"
    if others >= found.roster.rules.reviews or seat not in found.active:
        return None, ""
    try:
        plan = planning.replace(found.roster, found.plan, number, name)
    except Unassignable as error:
        return None, str(error)
    return plan.added[0].expert, ""


def _written(session: Session, actor: Actor, found: Allocation, proposal: Proposal, now: datetime) -> list[Assignment]:
    """The new assignments of a proposal, each right after what it replaces: so the journal tells who stepped in."""
    by_id = {seat.assignment.id: seat.assignment for seat in found.seats}
    added, rows = sorted(proposal.added), []
    for removal in proposal.removed:
        _take_away(session, actor, by_id[removal.assignment_id], removal.reason, now)
        if pair := next((pair for pair in added if pair[0] == removal.pair[0]), None):
            added.remove(pair)
            rows.append(_place(session, actor, found, pair, now))
    return rows + [_place(session, actor, found, pair, now) for pair in added]


def _take_away(session: Session, actor: Actor, assignment: Assignment, reason: str, now: datetime) -> None:
    if assignment.state != AssignmentState.SUBMITTED:
        _release(session, actor, assignment, reason)
        return
    said = reason.removeprefix(TIED)
    bind(session, actor, assignment.expert_id, assignment.submission_id, said, now)
    state = move(ASSIGNMENT, "recuse", AssignmentState(assignment.state))
    change(session, actor, "recuse", assignment, state=state, reason=said)


def _release(session: Session, actor: Actor, assignment: Assignment, reason: str) -> None:
    state = move(ASSIGNMENT, "release", AssignmentState(assignment.state))
    change(session, actor, "release", assignment, state=state, reason=reason)


def _place(session: Session, actor: Actor, found: Allocation, pair: Names, now: datetime) -> Assignment:
    """A new assignment, or one that was released taken up again; who is invited at once needs no reminder that day."""
    submission_id, expert_id = found.ids(pair)
    invited = today(now) if found.call.state == CallState.REVIEWING else None
    assignment = found.by_ids.get((submission_id, expert_id))
    if assignment is not None:
        state = move(ASSIGNMENT, "assign", AssignmentState(assignment.state))
        assignment.reminded_on = invited
        change(session, actor, "assign", assignment, state=state, reason="", judged="", submitted_at=None)
        return assignment
    assignment = Assignment(
        id=db.draw(session, Assignment),
        call_id=key_of(found.call),
        submission_id=submission_id,
        expert_id=expert_id,
        created_at=now,
        reminded_on=invited,
    )
    session.add(assignment)
    note(
        session,
        actor,
        "assign",
        assignment,
        after={"submission": submission_id, "expert": expert_id, "state": assignment.state},
    )
    return assignment
