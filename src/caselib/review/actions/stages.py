"""The review of a call: started with rules that are frozen from then on, ended, and resumed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from caselib import db
from caselib.errors import CaselibError, Conflict
from caselib.people import Actor
from caselib.review.actions.calls import take_call
from caselib.review.allocation import ACTIVE, Allocation, allocation, require_untied
from caselib.review.calendar import is_over, today, written
from caselib.review.events import change
from caselib.review.expert_letters import Invitation, invitations
from caselib.review.models import Call
from caselib.review.progress import progress
from caselib.review.queries import submissions_in
from caselib.review.rules import clean_reason
from caselib.review.shortage import names
from caselib.review.states import SubmissionState


def start_review(
    *, session: Session, actor: Actor, call: Call, expected_version: int, now: datetime | None = None
) -> list[Invitation]:
    """Freeze and fingerprint the rules, and let the experts see what they have.

    Returns:
        Whom to tell: every expert who has an assignment.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: the call was changed meanwhile, is not being screened, or its assignment is not whole.
        CaselibError: there is no review deadline, or it is over.
    """
    moment = now or db.now()
    state = take_call(session, actor, call, expected_version, "start_review")
    if call.review_deadline is None:
        raise CaselibError("还没有填评审截止日期。", "请在“修改说明和规则”里填写，再开始评审。")
    if is_over(call.review_deadline, moment):
        raise CaselibError(f"评审截止日期是{written(call.review_deadline)}，已经过去。", "请先延长评审期限。")
    found = allocation(session, call)
    _require_whole(found)
    for seat in found.held:
        seat.assignment.reminded_on = today(moment)
    rows = [seat.assignment for seat in found.held]
    said = {"submissions": len(found.submissions), "assignments": len(rows)}
    digest = call.rulebook.fingerprint()
    change(session, actor, "start_review", call, state=state, rules_digest=digest, said=said)
    return invitations(session, call, rows)


def end_review(
    *, session: Session, actor: Actor, call: Call, expected_version: int, reason: str = "", now: datetime | None = None
) -> None:
    """Take no more reviews; half-done work is kept and never counted.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: the call was changed meanwhile, is not under review, or a review is by an expert who is tied to its
            submission.
        CaselibError: reviews are missing, or submissions not accepted, and there is no reason to end without them.
    """
    state = take_call(session, actor, call, expected_version, "end_review")
    require_untied(session, call)
    found = progress(session=session, actor=actor, call=call, now=now)
    missing = found.total.left + found.short
    waiting = submissions_in(session, call, SubmissionState.SENT, SubmissionState.RETURNED)
    unaccepted = [str(submission.number) for submission in waiting]
    if not reason.strip():
        _require_nothing_left(missing, unaccepted)
    said: dict[str, Any] = {"submitted": found.total.done, "missing": missing}
    said |= {"unaccepted": unaccepted} if unaccepted else {}
    said |= {"reason": clean_reason(reason)} if reason.strip() else {}
    change(session, actor, "end_review", call, state=state, said=said)


def resume_review(*, session: Session, actor: Actor, call: Call, expected_version: int, reason: str) -> None:
    """Take reviews again.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: the call was changed meanwhile, or its review was not ended or is under public notice.
        CaselibError: there is no reason.
    """
    state = take_call(session, actor, call, expected_version, "resume_review")
    change(session, actor, "resume_review", call, state=state, said={"reason": clean_reason(reason)})


def _require_nothing_left(missing: int, unaccepted: Sequence[str]) -> None:
    """Do nothing if all reviews are done, of the texts that count, and every submission was accepted or refused."""
    left = [(f"还缺 {missing} 份评审", "催办或补充分派")] * bool(missing)
    left += [(f"申报 {names(unaccepted)} 还没有受理，结束后就不能入选", "办完形式审查")] * bool(unaccepted)
    if left:
        what, to_do = zip(*left, strict=True)
        raise CaselibError("；".join(what) + "。", f"请{'，'.join(to_do)}；确需现在结束，请写明原因。")


def _require_whole(found: Allocation) -> None:
    """Do nothing if every accepted submission has its reviewers and none of them is tied to it."""
    if not found.submissions:
        raise Conflict("还没有受理的申报，不能开始评审。", "请先完成形式审查。")
    if short := sorted(found.short):
        raise Conflict(f"{names(short)} 的评审专家没有配齐。", "请先在分派页提出方案，再点“采用这份分派”。")
    if tied := found.tied(*ACTIVE):
        raise Conflict(f"有利害关系的分派：{names(tied)}。", "请重新提出方案，改派后再开始评审。")
