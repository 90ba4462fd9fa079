"""Objections to cases under notice: filed by anybody, answered and closed by an editor.

Whether the same visitor files too many is counted at the door (``web.noticing``). The journal keeps that an objection was
filed and a digest of it, and neither name nor contact nor words: they must be erasable one day, and events are not.
"""

import hashlib
from contextlib import suppress
from datetime import datetime

from sqlmodel import Session, select

from caselib import db
from caselib.db import key_of
from caselib.errors import Conflict, NotFound
from caselib.people import Actor
from caselib.publishing import queries
from caselib.publishing.actions.notices import drop
from caselib.publishing.models import Notice, Objection, Selection
from caselib.publishing.rules import ANYBODY, NO_NOTICE, clean_answer, clean_objection, is_public, is_running, why_out
from caselib.publishing.selection import Infeasible
from caselib.publishing.states import OBJECTION, VERBS, ObjectionState
from caselib.review.events import change, note, take
from caselib.review.models import Call, Submission
from caselib.review.queries import reasons_against
from caselib.review.rules import require_unconflicted_editor
from caselib.review.states import move


def file_objection(
    *,
    session: Session,
    notice: Notice,
    number: str,
    name: str,
    contact: str,
    text: str,
    now: datetime | None = None,
) -> Objection:
    """Object to the case ``number`` under notice; who sends the same words twice gets the objection that is there.

    Raises:
        NotFound: the notice is not public, or the case is not in it.
        Conflict: the notice is over, an objection to the case was upheld already, or the same words were answered and closed.
        CaselibError: what is missing or too long, everything at once.
    """
    moment = now or db.now()
    submission_id = _open_to_objections(session, notice, number, moment)
    values = clean_objection(name, contact, text)
    filed = select(Objection).filter_by(notice_id=notice.id, submission_id=submission_id, **values)
    if same := session.exec(filed).first():
        if same.state == ObjectionState.CLOSED:
            raise Conflict(f"您对 {number} 的这条异议已经结案，答复在公示页面。", "有新的情况，请写明后另提。")
        return same
    objection = Objection(
        id=db.draw(session, Objection),
        notice_id=key_of(notice),
        submission_id=submission_id,
        name=values["name"],
        contact=values["contact"],
        text=values["text"],
        filed_at=moment,
    )
    session.add(objection)
    about = {"notice_id": objection.notice_id, "submission_id": submission_id}
    told = {"state": objection.state, **about, "sha256": digest(objection)}
    note(session, ANYBODY, "file", objection, after=told, call_id=notice.call_id)
    return objection


def _open_to_objections(session: Session, notice: Notice, number: str, now: datetime) -> int:
    """The submission of the case ``number``; raises what :func:`file_objection` does where nothing can be filed."""
    call = session.get_one(Call, notice.call_id)
    if not is_public(notice, now):
        raise NotFound(NO_NOTICE, "请从首页进入。")
    if not is_running(notice, now):
        raise Conflict("公示期已过，不再受理异议。", "如有重要情况，请按页脚的联系方式反映。")
    selection = session.get_one(Selection, notice.selection_id)
    if number not in selection.decision["selected"]:
        raise NotFound("公示名单里没有这个案例。", "请从公示页面选择要反映的案例。")
    submission_id = selection.submissions[number]
    if submission_id in queries.upheld(session, call):
        raise Conflict(f"对 {number} 的异议已经成立，名单将调整，不必再提出。", "对其他案例有异议的，请另选案例。")
    return submission_id


def digest(objection: Objection) -> str:
    """SHA-256 over who objected and what was said, by which ``audit`` finds a change."""
    return hashlib.sha256("\n".join((objection.name, objection.contact, objection.text)).encode()).hexdigest()


def answer(
    *,
    session: Session,
    actor: Actor,
    objection: Objection,
    expected_version: int,
    text: str,
) -> None:
    """Answer it, or answer it again; everybody can read the answer when it is closed.

    Raises:
        Forbidden: the actor is no editor, or is tied to the case.
        Conflict: it was changed meanwhile, or is closed.
        CaselibError: the answer is empty or too long.
    """
    state, _ = _held(session, actor, objection, expected_version, "answer")
    kept = clean_answer(text)
    change(session, actor, "answer", objection, state=state, answer=kept)


def close(
    *,
    session: Session,
    actor: Actor,
    objection: Objection,
    expected_version: int,
    upheld: bool,
    now: datetime | None = None,
) -> bool:
    """Decide on it. A case whose objection is upheld is out of the call for good.

    From a notice it drops out at once, and ``drop`` fills its place. Where the rules allow no pick without it the list
    stays as it is, and ``rules.obstacles`` keeps it from being published until another is announced.

    Returns:
        Whether a list under notice was adjusted.

    Raises:
        Forbidden: the actor is no editor, or is tied to the case.
        Conflict: it was changed meanwhile, or was not answered.
    """
    moment = now or db.now()
    state, submission = _held(session, actor, objection, expected_version, "close")
    call, adjusted = session.get_one(Call, submission.call_id), False
    if upheld and submission.number in queries.numbers_under_notice(session, call):
        with suppress(Infeasible):
            drop(session, actor, call, submission, why_out(objection), moment)
            call.version += 1
            session.add(call)
            adjusted = True
    change(session, actor, "close", objection, state=state, upheld=upheld, closed_at=moment)
    return adjusted


def _held(
    session: Session, actor: Actor, objection: Objection, expected_version: int, verb: str
) -> tuple[ObjectionState, Submission]:
    submission = session.get_one(Submission, objection.submission_id)
    against = reasons_against(session, actor, [submission])
    require_unconflicted_editor(actor, submission, against.get(key_of(submission), ()))
    take(session, actor, objection, expected_version)
    return move(OBJECTION, verb, ObjectionState(objection.state), VERBS), submission
