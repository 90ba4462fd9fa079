"""What an editor should do next in a call until its review is over, most pressing first, with the page where it is done.

It does nothing itself. What follows a review is in ``publishing.next_steps``, which the desk asks.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from sqlmodel import Session

from caselib import db
from caselib.people import Actor
from caselib.review.calendar import is_over, written
from caselib.review.models import Call
from caselib.review.progress import Progress, progress
from caselib.review.proposals import recheck
from caselib.review.queries import count_submissions
from caselib.review.states import CallState, SubmissionState

Page = Literal["edit", "call", "submissions", "assignment", "progress", "figures", "selection", "notice"]
"""A page of the call's own: ``call`` is its first, with the buttons of its stages."""


class Step(NamedTuple):
    """One thing to do, and where."""

    text: str
    page: Page


def next_steps(*, session: Session, actor: Actor, call: Call, now: datetime | None = None) -> list[Step]:
    """What is to be done; empty when the review is over. A constant number of statements.

    Raises:
        Forbidden: the actor is no editor.
    """
    moment = now or db.now()
    counts = count_submissions(session, actor, call)
    match CallState(call.state):
        case CallState.DRAFT:
            return [Step("核对征集说明、评分表和期限，然后开始征集。", "call")]
        case CallState.OPEN:
            return [*_to_screen(counts), *_open(call, moment)]
        case CallState.SCREENING:
            found = progress(session=session, actor=actor, call=call, now=moment)
            return [*_to_screen(counts), *_screening(call, found, moment)]
        case CallState.REVIEWING:
            found = progress(session=session, actor=actor, call=call, now=moment)
            tied = len({late.assignment.id for late in recheck(session=session, actor=actor, call=call)})
            return [*_conflicting(tied), *_to_screen(counts), *_reviewing(call, found, moment)]
        case CallState.CLOSED | CallState.NOTICE | CallState.PUBLISHED:
            return []


def _to_screen(counts: dict[SubmissionState, int]) -> Iterator[Step]:
    if sent := counts[SubmissionState.SENT]:
        yield Step(f"有 {sent} 份申报等待形式审查。", "submissions")
    if returned := counts[SubmissionState.RETURNED]:
        yield Step(f"有 {returned} 份申报已退回，等报送单位修改。", "submissions")


def _open(call: Call, now: datetime) -> Iterator[Step]:
    if is_over(call.deadline, now):
        yield Step(f"征集已于{written(call.deadline)}到期，请截止征集。", "call")
    else:
        yield Step(f"征集到{written(call.deadline)}为止，可以随到随审。", "submissions")


def _screening(call: Call, found: Progress, now: datetime) -> Iterator[Step]:
    if not found.submissions:
        yield Step("还没有受理的申报，不能分派。", "submissions")
    elif found.short:
        yield Step(f"有 {_lacking(found)} 份申报的评审专家没有配齐，请提出分派方案。", "assignment")
    if call.review_deadline is None or is_over(call.review_deadline, now):
        yield Step("请填写评审截止日期。", "edit")
    elif found.submissions and not found.short:
        yield Step("分派已经齐全，看过设计检查就可以开始评审。", "assignment")


def _conflicting(tied: int) -> Iterator[Step]:
    if tied:
        yield Step(f"有 {tied} 项分派出现利害关系，请重新提出分派方案，或逐份登记利害关系。", "assignment")


def _reviewing(call: Call, found: Progress, now: datetime) -> Iterator[Step]:
    if found.short:
        yield Step(f"有 {_lacking(found)} 份申报的评审专家没有配齐，请补充分派。", "assignment")
    if found.total.late:
        yield Step(f"有 {found.total.late} 份评审已经逾期，请催办，或延长评审期限。", "progress")
    elif found.total.left:
        until = f"（{written(call.review_deadline)}截止）" if call.review_deadline else ""
        yield Step(f"还有 {found.total.left} 份评审没有完成{until}。", "progress")
    if found.is_whole:
        yield Step("全部评审已经完成，可以结束评审。", "call")


def _lacking(found: Progress) -> int:
    return sum(one.short > 0 for one in found.submissions)
