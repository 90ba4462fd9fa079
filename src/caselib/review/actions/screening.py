"""Screening: an editor accepts a submission, returns it with reasons, refuses it, or looks at a refused one again.

In bulk an editor first sees exactly what will be touched; then all of it is done, or nothing. An editor with a conflict of
interest decides on nothing it binds.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from caselib.db import key_of
from caselib.errors import CaselibError, Conflict, Forbidden, NotFound
from caselib.people import Actor
from caselib.review.events import change, take
from caselib.review.models import Call, Submission
from caselib.review.queries import get_submission, reasons_against
from caselib.review.rules import clean_reason, require_editor, require_submission_seen, require_unconflicted_editor
from caselib.review.states import SUBMISSION, CallState, SubmissionState, move, require_season

Verb = Literal["accept", "return", "refuse", "reinstate"]
_NEED_REASON: tuple[Verb, ...] = ("return", "refuse")


def decide(
    *,
    session: Session,
    actor: Actor,
    submission: Submission,
    expected_version: int,
    verb: Verb,
    reason: str = "",
) -> None:
    """Do ``verb`` to one submission.

    Raises:
        NotFound: the actor may not know of the submission.
        Forbidden: the actor is no editor, or has a conflict of interest.
        Conflict: it was changed meanwhile, or its state or its call's does not allow it.
        CaselibError: there is no reason for what needs one.
    """
    said = _said(verb, reason)
    require_submission_seen(actor, submission)
    require_editor(actor)
    take(session, actor, submission, expected_version)
    for obstacle in _obstacles(session, actor, [submission], verb).values():
        raise obstacle
    state = move(SUBMISSION, verb, SubmissionState(submission.state))
    change(session, actor, verb, submission, state=state, reason=said)


class Touched(NamedTuple):
    """One submission as the editor is shown it before a bulk action; ``obstacle`` is why it would be left out."""

    id: int
    number: str
    title: str
    state: SubmissionState
    version: int
    obstacle: str


class Preview(NamedTuple):
    """What a bulk action would do: exactly these, and not those."""

    verb: Verb
    touched: list[Touched]
    left_out: list[Touched]


def preview(*, session: Session, actor: Actor, verb: Verb, ids: Collection[int]) -> Preview:
    """Exactly what :func:`apply` would touch, by number; changes nothing. Three statements, however many there are.

    Raises:
        Forbidden: the actor is no editor.
        NotFound: one of the submissions does not exist for the actor.
    """
    require_editor(actor)
    statement = select(Submission).where(col(Submission.id).in_(ids), col(Submission.number).is_not(None))
    found = session.exec(statement.order_by(func.length(Submission.number), col(Submission.number))).all()
    if len(found) < len(set(ids)):
        raise NotFound(
            f"选中的 {len(set(ids))} 份申报里，有 {len(set(ids)) - len(found)} 份不存在。", "请刷新列表再选。"
        )
    obstacles = _obstacles(session, actor, found, verb)
    shown = [_shown(submission, obstacles.get(key_of(submission))) for submission in found]
    return Preview(verb, [one for one in shown if not one.obstacle], [one for one in shown if one.obstacle])


def require_of(session: Session, call: Call, ids: Collection[int]) -> None:
    """Do nothing if all of the submissions were sent for the call; one statement.

    Raises:
        NotFound: one was not, or does not exist.
    """
    own = select(func.count()).where(
        Submission.call_id == call.id, col(Submission.id).in_(ids), col(Submission.number).is_not(None)
    )
    if others := len(set(ids)) - session.exec(own).one():
        raise NotFound(
            f"选中的 {len(set(ids))} 份申报里，有 {others} 份不是报给这次征集的。", "请从这次征集的申报列表里再选。"
        )


def apply(
    *,
    session: Session,
    actor: Actor,
    verb: Verb,
    chosen: Mapping[int, int],
    reason: str = "",
) -> int:
    """Do ``verb`` to all of ``chosen`` (id → version, as the preview showed them) or, if one fails, to none.

    Returns:
        How many were touched.

    Raises:
        NotFound, Forbidden, Conflict: what is in the way of one of them, with its number.
        CaselibError: nothing is chosen, or there is no reason for what needs one.
    """
    if not chosen:
        raise CaselibError("没有选中申报。", "请先在列表中勾选。")
    said = _said(verb, reason)
    for submission_id, version in sorted(chosen.items()):
        submission = get_submission(session, actor, submission_id)
        try:
            decide(
                session=session,
                actor=actor,
                submission=submission,
                expected_version=version,
                verb=verb,
                reason=said,
            )
        except CaselibError as error:
            message = f"申报 {submission.number} 处理不了：{error.message}选中的 {len(chosen)} 份都没有处理。"
            raise type(error)(message, error.remedy) from None
    return len(chosen)


def _shown(submission: Submission, obstacle: CaselibError | None) -> Touched:
    return Touched(
        id=key_of(submission),
        number=submission.number or "",
        title=submission.title,
        state=SubmissionState(submission.state),
        version=submission.version,
        obstacle=obstacle.message if obstacle else "",
    )


def _said(verb: Verb, reason: str) -> str:
    """The reason as kept; empty where none is given and none is needed."""
    return clean_reason(reason) if verb in _NEED_REASON or reason.strip() else ""


def _obstacles(
    session: Session, actor: Actor, submissions: Sequence[Submission], verb: Verb
) -> dict[int, CaselibError]:
    """Why the editor cannot do ``verb`` to a submission, by its id; two statements."""
    wanted = {submission.call_id for submission in submissions}
    states = dict(session.exec(select(Call.id, Call.state).where(col(Call.id).in_(wanted))).all())
    reasons = reasons_against(session, actor, submissions)
    found: dict[int, CaselibError] = {}
    for submission in submissions:
        try:
            require_unconflicted_editor(actor, submission, reasons.get(key_of(submission), ()))
            require_season(verb, CallState(states[submission.call_id]))
            move(SUBMISSION, verb, SubmissionState(submission.state))
        except (Conflict, Forbidden) as error:
            found[key_of(submission)] = error
    return found
