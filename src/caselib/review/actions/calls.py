"""Calls: prepared, opened, closed, reopened; dates extended and frozen rules amended, with a reason that everyone sees.

Starting and ending review is in ``stages``; publishing is in ``publishing``.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from sqlmodel import Session, select

from caselib import db
from caselib.errors import CaselibError, Conflict
from caselib.people import Actor
from caselib.people.rules import one_line
from caselib.review.calendar import YEARS, check_day, is_over, written
from caselib.review.events import change, note, take
from caselib.review.models import Call
from caselib.review.rules import clean_reason, clean_rules, fixed_by_scores, require_editor
from caselib.review.states import CALL, CALL_VERBS, CallState, move
from caselib.review.texts import plain_text

LONGEST_INTRO = 20_000
LAST_BATCH = 9999


class CallDetails(TypedDict, total=False):
    """What a call is made of; ``rules`` are those of :class:`caselib.review.rulebook.Rulebook`."""

    year: int
    title: str
    intro: str
    deadline: date
    review_deadline: date | None
    batch: int
    rules: Mapping[str, Any]


def create_call(
    *,
    session: Session,
    actor: Actor,
    year: int,
    title: str,
    deadline: date,
    batch: int,
    rules: Mapping[str, Any],
    intro: str = "",
    review_deadline: date | None = None,
) -> Call:
    """A call in preparation, which only editors see.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: another call is for the same batch.
        CaselibError: a value breaks its rule.
    """
    require_editor(actor)
    call = Call(year=year, title=title, deadline=deadline, batch=batch)
    details = CallDetails(
        year=year,
        title=title,
        intro=intro,
        deadline=deadline,
        review_deadline=review_deadline,
        batch=batch,
        rules=rules,
    )
    values = _cleaned(session, call, details)
    for key, value in values.items():
        setattr(call, key, value)
    session.add(call)
    note(session, actor, "create", call, after={**values, "state": call.state})
    return call


def change_call(
    *, session: Session, actor: Actor, call: Call, expected_version: int, **details: Unpack[CallDetails]
) -> None:
    """Set the details that are given; nothing is written when nothing differs.

    Once the call is open its year stays (numbers carry it) and its deadline moves only by :func:`extend_deadline`.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: the call was changed meanwhile, its rules are frozen, or another call is for the same batch.
        CaselibError: a value breaks its rule.
    """
    state = take_call(session, actor, call, expected_version, "change")
    values = _cleaned(session, call, details)
    differing = {key: value for key, value in values.items() if getattr(call, key) != value}
    if state is not CallState.DRAFT and differing.keys() & {"year", "deadline"}:
        raise Conflict("征集已经开始，年份和截止日期不能直接修改。", "要推迟截止日期，请用“延长期限”并写明原因。")
    if differing:
        change(session, actor, "change", call, **differing)


def open_call(
    *, session: Session, actor: Actor, call: Call, expected_version: int, now: datetime | None = None
) -> None:
    """Let everyone see the call and submitters begin.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: the call was changed meanwhile, or is not in preparation.
        CaselibError: its deadline is over.
    """
    state = take_call(session, actor, call, expected_version, "open")
    _require_ahead(call.deadline, now)
    change(session, actor, "open", call, state=state)


def close_call(
    *, session: Session, actor: Actor, call: Call, expected_version: int, reason: str = "", now: datetime | None = None
) -> None:
    """Take no more submissions; those that were returned can still be sent again. Why it is done early everyone can read.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: the call was changed meanwhile, or is not open.
        CaselibError: the deadline is not over and no reason is given for closing early.
    """
    state = take_call(session, actor, call, expected_version, "close")
    early = not is_over(call.deadline, now or db.now())
    if early and not reason.strip():
        raise CaselibError(
            f"截止日期是{written(call.deadline)}，还没有过。", "请等到截止后再结束征集；确需提前，请写明原因。"
        )
    said: dict[str, Any] = {"reason": clean_reason(reason, public=early)} if reason.strip() else {}
    change(session, actor, "close", call, state=state, said={**said, "early": early})


def reopen_call(
    *,
    session: Session,
    actor: Actor,
    call: Call,
    expected_version: int,
    deadline: date,
    reason: str,
    now: datetime | None = None,
) -> None:
    """Take submissions again until the end of ``deadline``.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: the call was changed meanwhile, or is not being screened.
        CaselibError: the day is over or later than the review's, or there is no reason.
    """
    state = take_call(session, actor, call, expected_version, "reopen")
    _require_ahead(deadline, now)
    _check_days(deadline, call.review_deadline)
    said = {"reason": clean_reason(reason, public=True)}
    change(session, actor, "reopen", call, state=state, deadline=deadline, said=said)


def extend_deadline(
    *,
    session: Session,
    actor: Actor,
    call: Call,
    expected_version: int,
    reason: str,
    deadline: date | None = None,
    review_deadline: date | None = None,
    now: datetime | None = None,
) -> None:
    """Move the deadline for submissions, for reviews, or both to a later day.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: the call was changed meanwhile, or that deadline no longer matters.
        CaselibError: no day is given, one is over or not later than it was, or there is no reason.
    """
    state = take_call(session, actor, call, expected_version, "extend")
    if deadline and state is not CallState.OPEN:
        raise Conflict("征集已经截止，不能再延长截止日期。", "要再收申报，请用“重新征集”。")
    later = {"deadline": deadline, "review_deadline": review_deadline}
    values: dict[str, Any] = {key: day for key, day in later.items() if day is not None}
    if not values:
        raise CaselibError("没有填新的日期。", "请填写延长后的截止日期或评审截止日期。")
    for key, day in values.items():
        _require_ahead(day, now)
        if (old := getattr(call, key)) and day <= old:
            raise CaselibError(f"{written(day)}不晚于原来的{written(old)}。", "期限只能延长，请填更晚的日期。")
    _check_days(_due(call, deadline or call.deadline), review_deadline or call.review_deadline)
    change(session, actor, "extend", call, **values, said={"reason": clean_reason(reason, public=True)})


def amend_rules(
    *, session: Session, actor: Actor, call: Call, expected_version: int, rules: Mapping[str, Any], reason: str
) -> None:
    """Change the rules after they were frozen; the old ones, the new ones and the reason stay visible to everyone.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: the call was changed meanwhile, review has not started or its result is out, or what differs is
            fixed by the scores that may exist.
        CaselibError: the rules contradict themselves, nothing differs, or there is no reason.
    """
    take_call(session, actor, call, expected_version, "amend")
    rulebook = clean_rules(rules)
    if fixed := "、".join(fixed_by_scores(call.rulebook, rulebook)):
        raise Conflict(f"评审已经开始，{fixed}不能再改。", "已有的评分以它为准；其余规则可以修订。")
    values = rulebook.model_dump(mode="json")
    if values == call.rules:
        raise CaselibError("修订后的规则与现行规则相同。", "没有要修订的内容，不必保存。")
    said = {"reason": clean_reason(reason, public=True)}
    change(session, actor, "amend", call, rules=values, rules_digest=rulebook.fingerprint(), said=said)


def take_call(session: Session, actor: Actor, call: Call, expected_version: int, verb: str) -> CallState:
    """Take the call for an editor's ``verb``; the state it leads to.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: the call was changed meanwhile, or the verb is out of season.
    """
    require_editor(actor)
    take(session, actor, call, expected_version)
    return move(CALL, verb, CallState(call.state), CALL_VERBS)


def _cleaned(session: Session, call: Call, details: CallDetails) -> dict[str, Any]:
    """The details as kept; those that are not given are looked at as they are in ``call``."""
    values: dict[str, Any] = dict(details)
    if "title" in values:
        values["title"] = _clean_title(values["title"])
    if "intro" in values:
        values["intro"] = _clean_intro(values["intro"])
    if "year" in values and values["year"] not in YEARS:
        raise CaselibError("年份不对。", f"请填 {YEARS[0]} 到 {YEARS[-1]} 之间的年份。")
    if "batch" in values:
        _check_batch(session, call, values["batch"])
    if "rules" in values:
        values["rules"] = clean_rules(values["rules"]).model_dump(mode="json")
    _check_days(_due(call, values.get("deadline", call.deadline)), values.get("review_deadline", call.review_deadline))
    return values


def _clean_title(text: str) -> str:
    title = one_line(text)
    if not 1 <= len(title) <= 120:
        raise CaselibError("征集名称应为 1 至 120 个字。", "请补上或缩短名称。")
    return title


def _clean_intro(text: str) -> str:
    intro = plain_text(text).strip()
    if len(intro) > LONGEST_INTRO:
        raise CaselibError(f"征集说明有 {len(intro)} 字，超过 {LONGEST_INTRO} 字。", "请缩短，细则可以做成附件或页面。")
    return intro


def _check_batch(session: Session, call: Call, batch: int) -> None:
    if not 1 <= batch <= LAST_BATCH:
        raise CaselibError("批次不对。", f"批次从 1 开始编号，到 {LAST_BATCH} 为止。")
    other = session.exec(select(Call).where(Call.batch == batch, Call.id != call.id)).first()
    if other:
        raise Conflict(f"第 {batch} 批已用于“{other.title}”。", "请换一个批次号。")


def _due(call: Call, deadline: date) -> date | None:
    """The deadline while submissions may come in until then; a call that is closed may have been closed long before."""
    return deadline if call.state in (CallState.DRAFT, CallState.OPEN) else None


def _check_days(deadline: date | None, review_deadline: date | None) -> None:
    for day in filter(None, (deadline, review_deadline)):
        check_day(day)
    if deadline and review_deadline and review_deadline <= deadline:
        raise CaselibError(
            f"评审截止日期（{written(review_deadline)}）不晚于征集截止日期（{written(deadline)}）。",
            "请把评审截止日期往后放。",
        )


def _require_ahead(day: date, now: datetime | None) -> None:
    check_day(day)
    if is_over(day, now or db.now()):
        raise CaselibError(f"{written(day)}已经过去。", "请填今天或以后的日期。")
