"""What publishing allows, as pure functions: a notice's days, an objection's words, and what stands in the way of a batch.

Nothing here reads the database or a clock.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from caselib.errors import CaselibError
from caselib.people import Actor
from caselib.people.rules import one_line
from caselib.publishing.models import Notice, Objection
from caselib.publishing.states import ObjectionState
from caselib.review.calendar import check_day, is_over, start_of, today, written
from caselib.review.models import Submission
from caselib.review.states import SubmissionState
from caselib.review.texts import plain_text

NO_NOTICE = "没有这份公示。"
RETRACT_AND_AMEND = "请撤回公示，修订规则（入选篇数或名额约束），再重新遴选"
NO_REPLACEMENT = f"按规则补不出：{RETRACT_AND_AMEND}"
"""What is to be done when the rules allow no pick without a case that leaves the notice."""
CROWDED_OUT = "有案例退出以后，按名额约束不能再保留"
"""Why a case leaves a notice without any fault of its own."""
BY_SUBMITTER = "报送单位撤回"
"""How the reason begins for which a case leaves a notice when its submitter takes it back."""
LONGEST_NOTICE = 10_000
LONGEST_OBJECTION = 2000
ANYBODY = Actor(id=None, username="public", name="公众", roles=frozenset())
"""Whoever files an objection: the journal keeps no name of theirs, because it can never be erased."""


def has_begun(notice: Notice, now: datetime) -> bool:
    """Whether the notice's first day is here."""
    return now >= start_of(notice.starts)


def is_public(notice: Notice, now: datetime) -> bool:
    """Whether everybody may read the notice: from its first day on, unless it was retracted."""
    return notice.retracted_at is None and has_begun(notice, now)


def is_running(notice: Notice, now: datetime) -> bool:
    """Whether objections can be filed."""
    return is_public(notice, now) and not is_over(notice.ends, now)


def usual_end(starts: date, days: int, now: datetime) -> date:
    """The last of ``days`` whole days of a notice that begins on ``starts``; today is no whole day any more."""
    return max(starts, today(now) + timedelta(days=1)) + timedelta(days=days - 1)


def check_period(starts: date, ends: date, days: int, now: datetime) -> None:
    """Do nothing if a notice may run from the beginning of ``starts`` to the end of ``ends``.

    Raises:
        CaselibError: it begins in the past, or is shorter than the call's rules say, or no calendar has one of the days.
    """
    for day in (starts, ends):
        check_day(day)
    if starts < today(now):
        raise CaselibError(f"公示开始日期（{written(starts)}）已经过去。", "请填今天或以后的日期。")
    if ends < (earliest := usual_end(starts, days, now)):
        uncounted = "，开始当天不足一天，不计入" if starts == today(now) else ""
        raise CaselibError(
            f"规则要求公示 {days} 天{uncounted}；从{written(starts)}起至少要到{written(earliest)}。",
            "请把结束日期往后放。",
        )


def clean_notice(text: str) -> str:
    """The notice as kept.

    Raises:
        CaselibError: it is empty or longer than 10,000 characters.
    """
    return _bounded(text, "公示正文", LONGEST_NOTICE)


def clean_answer(text: str) -> str:
    """The answer to an objection as kept.

    Raises:
        CaselibError: it is empty or longer than 2,000 characters.
    """
    return _bounded(text, "答复", LONGEST_OBJECTION)


def clean_objection(name: str, contact: str, text: str) -> dict[str, str]:
    """An objection as kept.

    Raises:
        CaselibError: what is missing or too long, everything at once.
    """
    values = {
        "name": one_line(name),
        "contact": one_line(contact),
        "text": plain_text(text).strip(),
    }
    bounds = {"name": ("姓名或单位名称", 64), "contact": ("联系方式", 128), "text": ("异议内容", LONGEST_OBJECTION)}
    faults = [f"没有填写{called}" for key, (called, _) in bounds.items() if not values[key]]
    faults += [f"{called}超过 {limit} 字" for key, (called, limit) in bounds.items() if len(values[key]) > limit]
    if faults:
        raise CaselibError("；".join(faults) + "。", "请补正后再提交；匿名的异议无法核实，不予受理。")
    return values


def why_out(objection: Objection) -> str:
    """Why the case of an upheld objection is out, for everybody."""
    return f"异议成立：{objection.answer}"


def why_withdrawn(reason: str) -> str:
    """Why a case that its submitter takes back is out, for everybody."""
    return f"{BY_SUBMITTER}：{reason}"


def obstacles(
    notice: Notice, objections: Collection[Objection], selected: Collection[Submission], now: datetime
) -> list[str]:
    """What stands in the way of publishing what the notice announced, for an editor; empty if nothing does.

    Args:
        objections: those to every notice of the call.
    """
    early = [] if is_over(notice.ends, now) else [f"公示到{written(notice.ends)}结束，还没有满"]
    return early + unsettled(objections, selected)


def unsettled(objections: Collection[Objection], selected: Collection[Submission]) -> list[str]:
    """What an editor has to settle before ``selected`` can be published, whatever the day; empty if nothing is left."""
    said = []
    if open_ := sum(objection.state != ObjectionState.CLOSED for objection in objections):
        said.append(f"还有 {open_} 条异议没有结案")
    barred = {objection.submission_id for objection in objections if objection.upheld}
    if listed := "、".join(str(each.number) for each in selected if each.id in barred):
        said.append(f"异议成立的 {listed} 还在名单里，{NO_REPLACEMENT}")
    if gone := "、".join(str(each.number) for each in selected if each.state != SubmissionState.ACCEPTED):
        said.append(f"入选的 {gone} 已不是“{SubmissionState.ACCEPTED.label}”")
    return said


def _bounded(text: str, called: str, limit: int) -> str:
    kept = plain_text(text).strip()
    if not kept:
        raise CaselibError(f"{called}是空的。", "请写好再保存。")
    if len(kept) > limit:
        raise CaselibError(f"{called}有 {len(kept)} 字，超过 {limit} 字。", "请写得简短一些。")
    return kept
