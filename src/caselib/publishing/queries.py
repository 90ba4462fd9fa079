"""Reads of selections, notices, objections, releases and tombstones, and who may see what.

A notice is nobody's business but an editor's before its first day and after it was retracted. Functions without an
actor are for the actions and the public pages: what they give is public, or never leaves the room.
"""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from sqlalchemy import String, cast, literal, or_
from sqlmodel import Session, col, select

from caselib import journal
from caselib.content import Kind
from caselib.errors import Conflict, NotFound
from caselib.people import Actor
from caselib.publishing.documents import NoticeRun
from caselib.publishing.models import Notice, Objection, Release, Selection, Tombstone
from caselib.publishing.rules import BY_SUBMITTER, NO_NOTICE, has_begun, is_public, why_out
from caselib.publishing.states import ObjectionState
from caselib.review.calendar import today
from caselib.review.models import Call, Submission
from caselib.review.queries import Entry
from caselib.review.rules import is_editor, require_editor
from caselib.review.states import CallState


class Listed(NamedTuple):
    """One case of a notice, as everybody may see it."""

    number: str
    title: str
    firm: str
    region: str
    submitter: str


class Adjustment(NamedTuple):
    """A change of the notice while it ran: each that left and why, who came in, and the new last day if it moved."""

    at: datetime
    out: dict[str, str]
    into: tuple[str, ...]
    ends: date | None


class Case(NamedTuple):
    """An objection with the submission it is about."""

    objection: Objection
    submission: Submission


class Retracted(NamedTuple):
    """A notice that everybody could read until it was taken back, why, and the call's notice that everybody may read now."""

    notice: Notice
    call: Call
    reason: str
    now: Notice | None


class Announced(NamedTuple):
    """A notice with all that belongs to its page."""

    notice: Notice
    call: Call
    cases: list[Listed]
    adjustments: list[Adjustment]
    answered: list[Case]
    """Closed objections with their cases, those to earlier notices of the call among them.

    Their pages show the answer and never who objected.
    """

    @property
    def barred(self) -> frozenset[str]:
        """Numbers of the cases that an upheld objection keeps out of every pick; one may still be listed."""
        return frozenset(str(case.submission.number) for case in self.answered if case.objection.upheld)


def newest_selection(session: Session, call: Call) -> Selection | None:
    """The pick recorded last; one statement."""
    statement = select(Selection).where(Selection.call_id == call.id).order_by(col(Selection.id).desc())
    return session.exec(statement.limit(1)).first()


def list_selections(session: Session, actor: Actor, call: Call) -> Sequence[Selection]:
    """Every recorded pick, newest first; one statement.

    Raises:
        Forbidden: the actor is no editor.
    """
    require_editor(actor)
    return session.exec(select(Selection).where(Selection.call_id == call.id).order_by(col(Selection.id).desc())).all()


def changed_since(session: Session, call: Call, selection: Selection) -> bool:
    """Whether something that the pick was made from changed after it was recorded; three statements at most."""
    out = {each["submission"] for each in selection.decision["exclude"]}
    barred = upheld(session, call)
    if any(submission in barred and number not in out for number, submission in selection.submissions.items()):
        return True
    subject = f"selection:{selection.id}"
    recorded = session.exec(select(journal.Event.seq).where(journal.Event.subject == subject)).first() or 0
    kinds = ("assignment.%", "submission.%", "discussion.%", "tie.%", "call.amend")
    later = select(journal.Event.seq).where(
        journal.Event.call_id == call.id,
        journal.Event.seq > recorded,
        or_(*(col(journal.Event.action).like(kind) for kind in kinds)),
    )
    return session.exec(later.limit(1)).first() is not None


def find_notice(session: Session, call: Call) -> Notice | None:
    """The call's notice that was not retracted; one statement."""
    statement = select(Notice).where(Notice.call_id == call.id, col(Notice.retracted_at).is_(None))
    return session.exec(statement.order_by(col(Notice.id).desc()).limit(1)).first()


def standing_notice(session: Session, call: Call) -> Notice:
    """The call's notice.

    Raises:
        Conflict: it has none.
    """
    notice = find_notice(session, call)
    if notice is None:
        raise Conflict("这次征集没有公示。", "请先公示遴选结果。")
    return notice


def numbers_under_notice(session: Session, call: Call) -> tuple[str, ...]:
    """What the call's notice lists now; empty when the call is not under notice. Two statements."""
    notice = find_notice(session, call) if call.state == CallState.NOTICE else None
    return tuple(session.get_one(Selection, notice.selection_id).decision["selected"]) if notice else ()


def last_adjustment(session: Session, call: Call) -> Adjustment:
    """The newest change of the call's notice, which was adjusted; three statements.

    Raises:
        Conflict: the call has no notice.
    """
    return _adjustments(_events(session, standing_notice(session, call)))[-1]


def public_notice(session: Session, actor: Actor | None, notice_id: int, now: datetime) -> Announced:
    """The notice for everybody, from its first day on; an editor sees it before. Six statements, whatever it lists.

    Raises:
        NotFound: there is none, it has not begun, or it was retracted.
    """
    notice = session.get(Notice, notice_id)
    if notice is None or notice.retracted_at or not (is_public(notice, now) or is_editor(actor)):
        raise NotFound(NO_NOTICE, "它可能还没有开始，或者已经撤回。")
    call = session.get_one(Call, notice.call_id)
    selection = session.get_one(Selection, notice.selection_id)
    found = select(Submission).where(col(Submission.id).in_(selection.submissions.values()))
    by_number = {each.number: each for each in session.exec(found)}
    listed = [by_number[number] for number in selection.decision["selected"]]
    cases = [Listed(str(each.number), each.title, each.firm, each.region, each.submitter) for each in listed]
    closed = [case for case in _objections(session, call) if case.objection.state == ObjectionState.CLOSED]
    return Announced(notice, call, cases, _adjustments(_events(session, notice)), closed)


def retracted_notice(session: Session, notice_id: int, now: datetime) -> Retracted | None:
    """What stands where a notice was; None unless it was retracted after its first day began. Four statements at most."""
    notice = session.get(Notice, notice_id)
    if notice is None or notice.retracted_at is None or not has_begun(notice, notice.retracted_at):
        return None
    call = session.get_one(Call, notice.call_id)
    reason = journal.events_of(session, f"notice:{notice_id}")[-1].after["reason"]
    standing = find_notice(session, call)
    return Retracted(notice, call, reason, standing if standing and is_public(standing, now) else None)


def notice_runs(session: Session, call: Call) -> list[NoticeRun]:
    """How each notice of the call went that the public could read, oldest first.

    Two statements, and one more for each notice.
    """
    filed = objections_in(session, call)
    found = session.exec(select(Notice).where(Notice.call_id == call.id).order_by(col(Notice.id)))
    seen = [each for each in found if not each.retracted_at or has_begun(each, each.retracted_at)]
    return [_run(session, each, [objection for objection in filed if objection.notice_id == each.id]) for each in seen]


def get_objection(session: Session, actor: Actor, objection_id: int) -> Objection:
    """The objection, for an editor.

    Raises:
        Forbidden: the actor is no editor.
        NotFound: there is none.
    """
    require_editor(actor)
    objection = session.get(Objection, objection_id)
    if objection is None:
        raise NotFound("没有这条异议。", "请从公示页进入。")
    return objection


def list_objections(session: Session, actor: Actor, call: Call) -> list[Case]:
    """The objections to the notices of the call, oldest first; one statement.

    Raises:
        Forbidden: the actor is no editor.
    """
    require_editor(actor)
    return _objections(session, call)


def decided_objections(session: Session, actor: Actor, submission: Submission) -> list[Entry]:
    """What came of the objections to the submission, as lines of its history; one statement.

    Raises:
        Forbidden: the actor is no editor.
    """
    require_editor(actor)
    subject = literal("objection:").concat(cast(col(Objection.id), String))
    statement = (
        select(journal.Event, Objection)
        .join(Objection, col(journal.Event.subject) == subject)
        .where(Objection.submission_id == submission.id, journal.Event.action == "objection.close")
        .order_by(col(journal.Event.seq))
    )
    return [
        Entry(event.at, event.actor, event.action, f"异议{'成立' if each.upheld else '不成立'}：{each.answer}", None)
        for event, each in session.exec(statement)
    ]


def selected_submissions(session: Session, selection: Selection) -> list[Submission]:
    """The submissions of a pick, in the order of rank; one statement."""
    wanted = [selection.submissions[number] for number in selection.decision["selected"]]
    found = {each.id: each for each in session.exec(select(Submission).where(col(Submission.id).in_(wanted)))}
    return [found[number] for number in wanted]


def objections_in(session: Session, call: Call) -> list[Objection]:
    """The objections to the notices of the call, retracted ones among them, oldest first; one statement."""
    return [case.objection for case in _objections(session, call)]


def upheld(session: Session, call: Call) -> dict[int, str]:
    """The submissions that an upheld objection keeps out of every pick, by their id, and why; one statement."""
    return {each.submission_id: why_out(each) for each in objections_in(session, call) if each.upheld}


def pending_release(session: Session, call: Call) -> Release | None:
    """The call's release that was prepared and is not out; one statement."""
    found = session.exec(select(Release).where(Release.call_id == call.id, col(Release.published_at).is_(None))).first()
    return found if found and found.files else None


def require_no_release(session: Session, call: Call) -> None:
    """Do nothing unless the call's batch is going out.

    Raises:
        Conflict: it is.
    """
    if pending_release(session, call):
        raise Conflict("这一批正在发布，不能再改动。", "请等发布完成；如果中断了，请再点一次“发布”，它会接着做完。")


def find_release(session: Session, call: Call) -> Release | None:
    """The call's release, out or under way; one statement."""
    return session.exec(select(Release).where(Release.call_id == call.id)).first()


def released_cases(session: Session, batch: int) -> list[str]:
    """Slugs of the cases that a published batch brought, withdrawn ones among them; one statement."""
    release = session.exec(
        select(Release).where(Release.batch == batch, col(Release.published_at).is_not(None))
    ).first()
    paths = (PurePosixPath(path) for path in (release.files if release else ()))
    return sorted(path.stem for path in paths if path.parent.name == Kind.CASE.folder)


def list_tombstones(session: Session, actor: Actor) -> Sequence[Tombstone]:
    """Every withdrawn case, newest first; one statement.

    Raises:
        Forbidden: the actor is no editor.
    """
    require_editor(actor)
    return all_tombstones(session)


def all_tombstones(session: Session) -> Sequence[Tombstone]:
    """Every case that was ever withdrawn, newest first; one statement."""
    return session.exec(select(Tombstone).order_by(col(Tombstone.withdrawn_at).desc())).all()


def public_notices(session: Session, now: datetime) -> list[tuple[Notice, Call]]:
    """Every notice that everybody may read, newest first; one statement."""
    statement = (
        select(Notice, Call)
        .join(Call, col(Call.id) == Notice.call_id)
        .where(col(Notice.retracted_at).is_(None))
        .order_by(col(Notice.id).desc())
    )
    return [(notice, call) for notice, call in session.exec(statement) if is_public(notice, now)]


def call_of_objection(session: Session, actor: Actor, objection_id: int) -> Call:
    """The call that the objection belongs to, for an editor.

    Raises:
        Forbidden: the actor is no editor.
        NotFound: there is none.
    """
    objection = get_objection(session, actor, objection_id)
    return session.get_one(Call, session.get_one(Notice, objection.notice_id).call_id)


def find_tombstone(session: Session, slug: str) -> Tombstone | None:
    """What stands where a withdrawn case was; one statement."""
    return session.get(Tombstone, slug)


def list_events(session: Session, *, before: int = 0, limit: int = 100) -> Sequence[journal.Event]:
    """The newest events, or those before number ``before``; one statement. What they changed is for no page."""
    statement = select(journal.Event).order_by(col(journal.Event.seq).desc()).limit(limit)
    return session.exec(statement.where(journal.Event.seq < before) if before else statement).all()


def numbers_of(session: Session, actor: Actor, events: Sequence[journal.Event]) -> dict[str, str]:
    """Number of each submission that the events are about, by its subject (``submission:12``); one statement.

    Of drafts, which were never sent, there is none; and none for who is no editor.
    """
    if not is_editor(actor):
        return {}
    told = {int(event.subject.partition(":")[2]) for event in events if event.subject.startswith("submission:")}
    statement = select(Submission.id, Submission.number).where(
        col(Submission.id).in_(told), col(Submission.number).is_not(None)
    )
    return {f"submission:{id_}": str(number) for id_, number in session.exec(statement)}


def _objections(session: Session, call: Call) -> list[Case]:
    statement = (
        select(Objection, Submission)
        .join(Submission, col(Submission.id) == Objection.submission_id)
        .join(Notice, col(Notice.id) == Objection.notice_id)
        .where(Notice.call_id == call.id)
        .order_by(col(Objection.filed_at))
    )
    return [Case(objection, submission) for objection, submission in session.exec(statement)]


def _events(session: Session, notice: Notice) -> list[journal.Event]:
    return journal.events_of(session, f"notice:{notice.id}")


def _adjustments(events: Sequence[journal.Event]) -> list[Adjustment]:
    return [_adjustment(event.at, event.after) for event in events if event.action == "notice.adjust"]


def _run(session: Session, notice: Notice, filed: Sequence[Objection]) -> NoticeRun:
    events = _events(session, notice)
    planned = next((event.after["ends"] for event in events if event.action == "notice.announce"), str(notice.ends))
    return NoticeRun(
        starts=notice.starts,
        ends=today(notice.retracted_at) if notice.retracted_at else notice.ends,
        planned=date.fromisoformat(planned),
        filed=len(filed),
        upheld=sum(bool(each.upheld) for each in filed),
        withdrawn=sum(reason.startswith(BY_SUBMITTER) for each in _adjustments(events) for reason in each.out.values()),
    )


def _adjustment(at: datetime, told: dict[str, Any]) -> Adjustment:
    ends = date.fromisoformat(told["ends"]) if "ends" in told else None
    out = told["out"] if isinstance(told["out"], dict) else {told["out"]: told["reason"]}
    return Adjustment(at, out, tuple(told["in"]), ends)
