"""The public notice of a pick: announced, retracted, and adjusted when a case drops out of it.

What was announced stays wherever the quotas let it, the better ranked before the others. A case that comes in by an
adjustment has not been under notice yet, so the notice then runs its whole length again.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlmodel import Session

from caselib import db
from caselib.db import key_of
from caselib.errors import Conflict
from caselib.people import Actor
from caselib.publishing import queries
from caselib.publishing.actions.selections import keep
from caselib.publishing.drafting import Content, decided, keeping, keeping_most, without
from caselib.publishing.models import Notice, Selection
from caselib.publishing.rules import CROWDED_OUT, RETRACT_AND_AMEND, check_period, clean_notice, why_withdrawn
from caselib.publishing.selection import Infeasible
from caselib.publishing.wording import dated
from caselib.review.allocation import require_untied
from caselib.review.calendar import today
from caselib.review.events import change, note, take
from caselib.review.models import Call, Submission
from caselib.review.queries import reasons_against
from caselib.review.rules import clean_reason, require_editor, require_unconflicted_editor
from caselib.review.states import CALL, SUBMISSION, CallState, SubmissionState, move, require_season


def announce(
    *,
    session: Session,
    actor: Actor,
    call: Call,
    expected_version: int,
    starts: date,
    ends: date,
    text: str,
    now: datetime | None = None,
) -> Notice:
    """Put the recorded pick under public notice, from the beginning of ``starts`` to the end of ``ends``.

    Args:
        text: where it states its period in the usual words (``wording.period``), the days become those of the notice.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: the call was changed meanwhile, its round is not closed, no pick is recorded, something that the pick was
            made from changed after it, or a review is by an expert who is tied to its submission.
        CaselibError: the days or the text do not fit the rules.
    """
    require_editor(actor)
    take(session, actor, call, expected_version)
    state = move(CALL, "announce", CallState(call.state))
    selection = queries.newest_selection(session, call)
    if selection is None:
        raise Conflict("还没有记录遴选结果，不能公示。", "请先在遴选页试算并记录。")
    if queries.changed_since(session, call, selection):
        raise Conflict("遴选之后，评审、申报、异议或规则又有变动。", "请重新遴选并记录，再公示。")
    moment = now or db.now()
    require_untied(session, call)
    check_period(starts, ends, call.rulebook.notice_days, moment)
    kept = dated(clean_notice(text), starts, ends)
    notice = Notice(call_id=key_of(call), selection_id=key_of(selection), starts=starts, ends=ends, text=kept)
    session.add(notice)
    told = {"selection_id": notice.selection_id, "starts": starts, "ends": ends, "text": notice.text}
    note(session, actor, "announce", notice, after=told)
    change(session, actor, "announce", call, state=state)
    return notice


def retract(
    *, session: Session, actor: Actor, call: Call, expected_version: int, reason: str, now: datetime | None = None
) -> None:
    """Take the notice back, for another pick.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: the call was changed meanwhile, is not under notice, or its batch is going out.
        CaselibError: there is no reason.
    """
    require_editor(actor)
    take(session, actor, call, expected_version)
    state = move(CALL, "retract", CallState(call.state))
    queries.require_no_release(session, call)
    said = {"reason": clean_reason(reason)}
    notice = queries.standing_notice(session, call)
    change(session, actor, "retract", notice, retracted_at=now or db.now(), said=said)
    change(session, actor, "retract", call, state=state, said=said)


def withdraw_selected(
    *,
    session: Session,
    actor: Actor,
    call: Call,
    submission: Submission,
    expected_version: int,
    reason: str,
    now: datetime | None = None,
) -> Selection:
    """Take a case out of the notice because its submitter withdraws it; what takes its place is the business of ``drop``.

    Args:
        expected_version: the call's.

    Raises:
        Forbidden: the actor is no editor, or is tied to the submission.
        Conflict: the call was changed meanwhile, is not under notice, its batch is going out, or the case is not in it.
        Infeasible: the quotas collide without it.
        CaselibError: there is no reason.
    """
    moment = now or db.now()
    against = reasons_against(session, actor, [submission])
    require_unconflicted_editor(actor, submission, against.get(key_of(submission), ()))
    take(session, actor, call, expected_version)
    kept = clean_reason(reason)
    try:
        selection = drop(session, actor, call, submission, why_withdrawn(kept), moment)
    except Infeasible as error:
        message = f"没有 {submission.number}，按规则补不出：{error.message}名单没有改动。"
        raise Infeasible(message, error.quotas, error.submissions, f"{RETRACT_AND_AMEND}。") from None
    session.refresh(submission)
    state = move(SUBMISSION, "withdraw", SubmissionState(submission.state))
    change(session, actor, "withdraw", submission, state=state, reason=kept)
    call.version += 1
    session.add(call)
    return selection


def drop(session: Session, actor: Actor, call: Call, submission: Submission, reason: str, now: datetime) -> Selection:
    """Take ``submission`` out of the pick under notice, fill its place, and adjust the notice to it.

    The other cases stay, unless their own objection was upheld or no pick within the quotas has them together with those
    of a better rank that stay. Nothing comes in that an upheld objection bars. The event tells of every case that leaves,
    and why.

    Raises:
        Conflict: the call is not under notice, its batch is going out, or the case is not in the pick.
        Infeasible: the quotas collide without it.
    """
    require_season("adjust", CallState(call.state))
    queries.require_no_release(session, call)
    notice = queries.standing_notice(session, call)
    old = session.get_one(Selection, notice.selection_id)
    listed, number = old.decision["selected"], str(submission.number)
    if number not in listed:
        raise Conflict(f"{number} 不在公示名单中。", "请刷新页面再看。")
    barred = queries.upheld(session, call)
    gone = {name: barred[id_] for name, id_ in old.submissions.items() if id_ in barred} | {number: reason}
    content = _picked_again(old.decision, gone)
    selection = keep(session, actor, "adjust", call, content, old.submissions)
    out = {each: gone.get(each, CROWDED_OUT) for each in listed if each not in content["selected"]}
    newcomers = [each for each in content["selected"] if each not in listed]
    ends = notice.ends
    if newcomers:
        ends = max(ends, today(now) + timedelta(days=call.rulebook.notice_days))
    said = {"out": out, "in": newcomers}
    change(session, actor, "adjust", notice, selection_id=selection.id, ends=ends, said=said)
    return selection


def _picked_again(decision: Content, gone: Mapping[str, str]) -> Content:
    """The decision made again without those ``gone``, and with as many others as can stay, the better ranked first."""
    free = keeping(decision, ())
    for number, reason in gone.items():
        free = without(free, number, reason)
    content, _ = decided(free)
    stay = [number for number in decision["selected"] if number not in gone]
    if not set(stay) <= set(content["selected"]):
        content, _ = decided(keeping_most(free, stay))
    return content
