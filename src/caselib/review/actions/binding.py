"""A conflict of interest with a submission, written down: what declaring one and recusing have in common."""

from datetime import datetime

from sqlmodel import Session, select

from caselib.people import Actor
from caselib.review.events import note
from caselib.review.models import DeclaredConflict, Submission


def declared_conflict(session: Session, account_id: int, submission_id: int) -> DeclaredConflict | None:
    """The one that is known already; one statement."""
    return session.exec(
        select(DeclaredConflict).where(
            DeclaredConflict.account_id == account_id, DeclaredConflict.submission_id == submission_id
        )
    ).first()


def bind(
    session: Session, actor: Actor, account_id: int, submission_id: int, reason: str, now: datetime
) -> DeclaredConflict:
    """Keep that the account has one with the submission; what was declared before stays as it is."""
    if known := declared_conflict(session, account_id, submission_id):
        return known
    tie = DeclaredConflict(
        account_id=account_id,
        submission_id=submission_id,
        reason=reason,
        declared_at=now,
        declared_by=actor.id,
    )
    session.add(tie)
    call_id = session.get_one(Submission, submission_id).call_id
    said = {"account": account_id, "submission": submission_id, "reason": reason}
    note(session, actor, "declare", tie, after=said, call_id=call_id)
    return tie
