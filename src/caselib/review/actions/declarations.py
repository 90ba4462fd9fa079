"""Conflicts of interest (利害关系) declared by experts and editors, of themselves or by an editor of others: they bind from then on."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, select

from caselib import db
from caselib.db import key_of
from caselib.errors import Conflict, Forbidden, NotFound
from caselib.people import Account, Actor, Role
from caselib.review.actions.assignment import Recusal, end_by_conflict
from caselib.review.actions.binding import bind, declared_conflict
from caselib.review.models import Assignment, Call, DeclaredConflict, Submission
from caselib.review.rules import NO_SUBMISSION, clean_reason, is_editor, may_see_review, require_submission_seen
from caselib.review.states import ASSIGNMENT, CallState, require_season


class Declared(NamedTuple):
    """A conflict of interest, and what came of the assignment it ended, if there was one."""

    conflict: DeclaredConflict
    recusal: Recusal | None


def declare_conflict(
    *,
    session: Session,
    actor: Actor,
    submission: Submission,
    reason: str,
    account: Account | None = None,
    now: datetime | None = None,
) -> Declared:
    """Keep that somebody is tied to a submission; a review of it that they have, or have abstained from, is recused.

    Args:
        account: whose conflict it is; the actor's own if it is not given.

    Raises:
        NotFound: the actor may not know of the submission.
        Forbidden: the actor is no editor and declares somebody else's conflict, or has no account.
        Conflict: it was declared before, the account is neither expert nor editor and has no assignment of it, or the
            round is past it.
        CaselibError: there is no reason.
    """
    moment, said = now or db.now(), clean_reason(reason)
    whose = _whose(actor, account)
    call = session.get_one(Call, submission.call_id)
    row = _assignment(session, whose, submission)
    if row is None and account is not None and account.roles.isdisjoint({Role.EXPERT, Role.EDITOR}):
        raise Conflict(f"“{account.name}”既不是评审专家，也不是编辑。", "利害关系只对他们有约束，不必登记。")
    _require_known(actor, submission, call, row if whose == actor.id else None)
    if call.state == CallState.NOTICE and is_editor(actor):
        raise Conflict("公示期间不能登记利害关系。", "请先撤回公示，登记以后重新遴选，再公示。")
    require_season("declare" if is_editor(actor) else "recuse", CallState(call.state))
    if declared_conflict(session, whose, key_of(submission)):
        raise Conflict(f"与申报 {submission.number} 的利害关系已经登记过。", "不必再登记；要更正原因，请联系运维人员。")
    conflict = bind(session, actor, whose, key_of(submission), said, moment)
    if row is None or row.state not in ASSIGNMENT["recuse"]:
        return Declared(conflict, None)
    return Declared(conflict, end_by_conflict(session, actor, row, said, moment))


def _whose(actor: Actor, account: Account | None) -> int:
    """Whose conflict is declared.

    Raises:
        Forbidden: it cannot be.
    """
    if account is None or account.id == actor.id:
        if actor.id is None:
            raise Forbidden("命令行没有自己的利害关系。", "请指明是哪个账号的。")
        return actor.id
    if not is_editor(actor):
        raise Forbidden("只有编辑可以登记别人的利害关系。", "请只登记自己的。")
    return key_of(account)


def _assignment(session: Session, account_id: int, submission: Submission) -> Assignment | None:
    statement = select(Assignment).where(Assignment.submission_id == submission.id, Assignment.expert_id == account_id)
    return session.exec(statement).first()


def _require_known(actor: Actor, submission: Submission, call: Call, own: Assignment | None) -> None:
    """An expert knows of what is assigned to them, an editor of what was sent."""
    if is_editor(actor):
        require_submission_seen(actor, submission)
    elif own is None or not may_see_review(actor, own, submission, call):
        raise NotFound(NO_SUBMISSION, "请从“我的评审”进入。")
