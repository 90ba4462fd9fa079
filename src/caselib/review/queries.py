"""Reads of calls and submissions for submitters and editors, and who may see what.

A row that the one who asks may not know of is NotFound, and is in no list and no count. What experts see is not read here.
Functions without an actor are for the actions of this room and of publishing, never for a page.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from caselib import journal
from caselib.db import key_of
from caselib.errors import NotFound
from caselib.people import Account, Actor
from caselib.review import conflicts, rules
from caselib.review.amended import RuleChange, changed_rules
from caselib.review.calendar import is_over
from caselib.review.models import Assignment, Attachment, Call, DeclaredConflict, Revision, Submission
from caselib.review.prechecks import Other
from caselib.review.rulebook import Called
from caselib.review.states import CallState, SubmissionState

OWN = "本人报送此件"
"""Why an account that sent a submission in must not judge it."""


class Amendment(NamedTuple):
    """A change of a call that everyone must be able to see: of its dates, an end before them, or of its frozen rules."""

    at: datetime
    by: str
    action: str
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]

    def rules(self, called: Called = str) -> list[RuleChange]:
        """Which rules it changed."""
        return changed_rules(self.before["rules"], self.after["rules"], called) if "rules" in self.after else []


class Entry(NamedTuple):
    """One line of a submission's history; ``who`` is 编辑 for its owner, whoever the editor was."""

    at: datetime
    who: str
    action: str
    reason: str
    revision: int | None


def get_call(session: Session, actor: Actor | None, call_id: int) -> Call:
    """The call; one statement.

    Raises:
        NotFound: there is none, or it is in preparation and the actor is no editor.
    """
    call = session.get(Call, call_id)
    if call is None:
        raise NotFound(rules.NO_CALL, "请从征集列表进入。")
    rules.require_call_seen(actor, call)
    return call


def list_calls(session: Session, actor: Actor | None) -> Sequence[Call]:
    """The calls the actor may know of, newest first; one statement."""
    statement = select(Call).order_by(col(Call.year).desc(), col(Call.id).desc())
    if not rules.is_editor(actor):
        statement = statement.where(Call.state != CallState.DRAFT)
    return session.exec(statement).all()


def amendments(session: Session, actor: Actor | None, call: Call) -> list[Amendment]:
    """What was changed in the call with a reason, oldest first, for everyone who may see it; one statement."""
    rules.require_call_seen(actor, call)
    told = ("call.amend", "call.extend", "call.reopen", "call.close")
    statement = select(journal.Event).where(
        journal.Event.subject == f"call:{call.id}", col(journal.Event.action).in_(told)
    )
    found, deadline = [], call.deadline
    for event in session.exec(statement.order_by(col(journal.Event.seq).desc())):
        after = event.after
        if event.action == "call.close" and "early" not in after:
            # Written by a version that did not tell: what its editor gave as a reason was not meant for everybody.
            after = {**after, "reason": "", "early": not is_over(deadline, event.at)}
        if event.action != "call.close" or after["early"]:
            found.append(Amendment(event.at, event.actor, event.action, after.get("reason", ""), event.before, after))
        deadline = date.fromisoformat(event.before.get("deadline", deadline.isoformat()))
    return found[::-1]


def get_submission(session: Session, actor: Actor, submission_id: int) -> Submission:
    """The submission; one statement.

    Raises:
        NotFound: there is none that the actor may know of.
    """
    submission = session.get(Submission, submission_id)
    if submission is None:
        raise NotFound(rules.NO_SUBMISSION, "请从申报列表进入。")
    rules.require_submission_seen(actor, submission)
    return submission


def list_own(session: Session, actor: Actor) -> Sequence[Submission]:
    """The actor's own submissions, newest first; one statement."""
    statement = select(Submission).where(Submission.owner_id == actor.id).order_by(col(Submission.created_at).desc())
    return session.exec(statement).all() if rules.may_submit(actor) else []


def list_submissions(session: Session, actor: Actor, call: Call) -> Sequence[Submission]:
    """What has been sent for the call, by number; one statement.

    Raises:
        Forbidden: the actor is no editor.
    """
    rules.require_editor(actor)
    statement = select(Submission).where(*_sent(call)).order_by(func.length(Submission.number), col(Submission.number))
    return session.exec(statement).all()


def count_submissions(session: Session, actor: Actor, call: Call) -> dict[SubmissionState, int]:
    """How many of the sent submissions are in each state; one statement.

    Raises:
        Forbidden: the actor is no editor.
    """
    rules.require_editor(actor)
    statement = select(Submission.state, func.count()).where(*_sent(call)).group_by(Submission.state)
    found = dict(session.exec(statement).all())
    return {state: found.get(state, 0) for state in SubmissionState if state is not SubmissionState.DRAFT}


def submissions_in(session: Session, call: Call, *states: SubmissionState) -> Sequence[Submission]:
    """The call's submissions that are in one of ``states``, by number; one statement."""
    statement = select(Submission).where(Submission.call_id == call.id, col(Submission.state).in_(states))
    return session.exec(statement.order_by(func.length(Submission.number), col(Submission.number))).all()


def owners(session: Session, submissions: Iterable[Submission]) -> dict[int, Account]:
    """The accounts that sent the submissions, by the submission's id; two statements (the second for roles)."""
    of = {key_of(submission): submission.owner_id for submission in submissions}
    found = session.exec(select(Account).where(col(Account.id).in_(set(of.values())))).all()
    accounts = {account.id: account for account in found}
    return {submission: accounts[owner] for submission, owner in of.items()}


def newest_revision(session: Session, submission: Submission) -> Revision | None:
    """What its writer works on; None before the first save."""
    return session.exec(_revisions(submission).order_by(col(Revision.number).desc()).limit(1)).first()


def sent_revision(session: Session, submission: Submission) -> Revision | None:
    """The text that counts: the newest that was sent. A review is stale when it judged another one."""
    statement = _revisions(submission).where(col(Revision.sent)).order_by(col(Revision.number).desc())
    return session.exec(statement.limit(1)).first()


def sent_revisions(session: Session, call: Call) -> dict[int, Revision]:
    """The text that counts of every submission of the call, by the submission's id; one statement."""
    statement = select(Revision).join(Submission, col(Submission.id) == Revision.submission_id)
    rows = session.exec(statement.where(Submission.call_id == call.id, counts()))
    return {revision.submission_id: revision for revision in rows}


def sent_digests(session: Session, call: Call) -> dict[int, str]:
    """The digest of each of these texts, by the submission's id; one statement."""
    statement = select(Revision.submission_id, Revision.digest).join(
        Submission, col(Submission.id) == Revision.submission_id
    )
    return dict(session.exec(statement.where(Submission.call_id == call.id, counts())).all())


def counts() -> ColumnElement[bool]:
    """Whether a revision is the text that counts of its submission: the newest that was sent."""
    other = aliased(Revision)
    sent = select(func.max(other.number)).where(other.submission_id == Revision.submission_id, col(other.sent))
    return col(Revision.number) == sent.scalar_subquery()


def final_reviews(session: Session, submission_id: int) -> set[int]:
    """The reviews that count, and did when review was ended: their scores were open, so they stay. One statement."""
    ended = select(journal.Event.seq).where(
        journal.Event.call_id == Assignment.call_id,
        journal.Event.action == "call.end_review",
        col(journal.Event.at) >= col(Assignment.submitted_at),
    )
    statement = select(Assignment, Revision.digest).join(
        Revision, col(Revision.submission_id) == Assignment.submission_id
    )
    found = session.exec(statement.where(Assignment.submission_id == submission_id, counts(), ended.exists()))
    return {key_of(row) for row, digest in found if rules.is_counted(row, digest)}


def is_final(session: Session, assignment: Assignment) -> bool:
    """Whether the review is one of the ``final_reviews``; one statement."""
    return assignment.id in final_reviews(session, assignment.submission_id)


def shown_revision(session: Session, actor: Actor, submission: Submission) -> Revision | None:
    """What the actor may read of the submission: its owner the newest text, an editor the newest that was sent.

    Raises:
        NotFound: the actor may not know of the submission.
    """
    rules.require_submission_seen(actor, submission)
    return (newest_revision if rules.owns(actor, submission) else sent_revision)(session, submission)


def list_revisions(session: Session, actor: Actor, submission: Submission) -> Sequence[Revision]:
    """The revisions the actor may read, newest first; one statement.

    Raises:
        NotFound: the actor may not know of the submission.
    """
    rules.require_submission_seen(actor, submission)
    statement = _revisions(submission).order_by(col(Revision.number).desc())
    return session.exec(statement if rules.owns(actor, submission) else statement.where(col(Revision.sent))).all()


def comparable_texts(session: Session, actor: Actor, submission: Submission) -> list[tuple[Other, str]]:
    """Bodies of the call's other submissions that the actor may know of, for a look at likeness.

    An owner gets own ones, drafts included: that somebody else's text is like it must not be told. An editor gets
    what was sent. One statement.

    Raises:
        NotFound: the actor may not know of the submission.
    """
    rules.require_submission_seen(actor, submission)
    statement = (
        select(Submission, Revision)
        .join(Revision, col(Revision.submission_id) == Submission.id)
        .where(
            Submission.call_id == submission.call_id,
            Submission.id != submission.id,
            Submission.state != SubmissionState.WITHDRAWN,
        )
        .order_by(col(Submission.id), col(Revision.number))
    )
    if rules.owns(actor, submission):
        statement = statement.where(Submission.owner_id == actor.id)
    else:
        statement = statement.where(col(Revision.sent))
    newest = {other.id: (other, revision.body) for other, revision in session.exec(statement)}
    return [(Other(other.number or f"草稿“{other.title}”"), body) for other, body in newest.values()]


def list_attachments(session: Session, actor: Actor, submission: Submission) -> list[Attachment]:
    """The attachments the actor may see, oldest first: its owner those that are there now, an editor those it was sent with.

    One statement.

    Raises:
        NotFound: the actor may not know of the submission.
    """
    rules.require_submission_seen(actor, submission)
    return attachments_of(session, submission, sent=not rules.owns(actor, submission))


def attachments_of(session: Session, submission: Submission, *, sent: bool) -> list[Attachment]:
    """The attachments as they are now, or as they were sent; oldest first; one statement."""
    statement = select(Attachment).where(Attachment.submission_id == submission.id)
    found = session.exec(statement.order_by(col(Attachment.created_at)))
    return [each for each in found if rules.is_attached(submission, each, sent=sent)]


def get_attachment(session: Session, actor: Actor, attachment_id: int) -> Attachment:
    """The attachment; one statement, so that how long the answer takes does not tell whether there is one.

    Raises:
        NotFound: there is none that the actor may know of, or it was removed.
    """
    statement = (
        select(Attachment, Submission)
        .join(Submission, col(Submission.id) == Attachment.submission_id)
        .where(Attachment.id == attachment_id)
    )
    if found := session.exec(statement).first():
        attachment, submission = found
        as_sent = not rules.owns(actor, submission)
        if rules.may_see_submission(actor, submission) and rules.is_attached(submission, attachment, sent=as_sent):
            return attachment
    raise NotFound("没有这个附件。", "它可能已被移除，请从申报页面进入。")


_TOLD = ("create", "save", "send", "withdraw", "accept", "return", "refuse", "reinstate", "attach", "detach")


def history(session: Session, actor: Actor, submission: Submission) -> list[Entry]:
    """What happened to the submission up to its screening, oldest first; review tells nothing here. One statement.

    Raises:
        NotFound: the actor may not know of the submission.
    """
    rules.require_submission_seen(actor, submission)
    told = [f"submission.{action}" for action in _TOLD]
    statement = select(journal.Event).where(
        journal.Event.subject == f"submission:{submission.id}", col(journal.Event.action).in_(told)
    )
    unveiled = rules.is_editor(actor)
    return [
        Entry(
            event.at,
            event.actor if unveiled or event.actor_id == submission.owner_id else "编辑",
            event.action,
            event.after.get("reason", ""),
            event.after.get("revision"),
        )
        for event in session.exec(statement.order_by(col(journal.Event.seq)))
    ]


def reasons_against(
    session: Session, actor: Actor, submissions: Sequence[Submission], regions: Mapping[str, str] | None = None
) -> dict[int, list[str]]:
    """Id of each submission that the actor is tied to → why, each reason once; one statement.

    The actor may neither decide on these nor see their scores and figures (``rules.require_unconflicted_editor``).

    Args:
        regions: names of the codes of GB/T 2260, for the wording of reasons.
    """
    declared = select(DeclaredConflict).where(
        DeclaredConflict.account_id == actor.id, col(DeclaredConflict.submission_id).in_([s.id for s in submissions])
    )
    declarations = [
        conflicts.Declaration(
            str(tie.account_id), tie.declared_at, submission=str(tie.submission_id), reason=tie.reason
        )
        for tie in session.exec(declared)
    ]
    declarations += [
        conflicts.Declaration(str(actor.id), own.created_at, submission=str(own.id), reason=OWN)
        for own in submissions
        if own.owner_id == actor.id
    ]
    person = conflicts.Person(str(actor.id), actor.employer, actor.province, actor.certifier)
    found: dict[int, list[str]] = {}
    known = [for_conflicts(submission, str(submission.id)) for submission in submissions]
    for conflict in conflicts.find(known, [person], declarations, regions=regions):
        reasons = found.setdefault(int(conflict.submission), [])
        if conflict.reason not in reasons:
            reasons.append(conflict.reason)
    return found


def require_unconflicted(session: Session, actor: Actor, submission: Submission) -> None:
    """Do nothing if the actor runs calls, may know of the submission, and nothing ties the actor to it; one statement.

    Raises:
        NotFound: the actor may not know of it.
        Forbidden: the actor is no editor, or is tied to it.
    """
    rules.require_submission_seen(actor, submission)
    against = reasons_against(session, actor, [submission])
    rules.require_unconflicted_editor(actor, submission, against.get(key_of(submission), ()))


def for_conflicts(submission: Submission, name: str, panel: str = "") -> conflicts.Submission:
    """The submission as conflicts and assignment know it, under the name that the caller has for it."""
    return conflicts.Submission(
        id=name,
        region=submission.region,
        industry=tuple(submission.industry),
        submitter=submission.submitter,
        firm=submission.firm,
        certifier=submission.certifier,
        panel=panel,
    )


def _sent(call: Call) -> tuple[ColumnElement[bool], ...]:
    return col(Submission.call_id) == call.id, col(Submission.number).is_not(None)


def _revisions(submission: Submission) -> SelectOfScalar[Revision]:
    return select(Revision).where(Revision.submission_id == submission.id)
