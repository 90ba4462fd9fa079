"""What an editor should do next in a call, from its draft to its batch: the review's steps, then those from pick to batch.

It does nothing itself.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session

from caselib import db
from caselib.people import Actor
from caselib.publishing import queries
from caselib.publishing.models import Selection
from caselib.publishing.rules import has_begun, unsettled
from caselib.review import next_steps as review
from caselib.review.allocation import allocation
from caselib.review.calendar import is_over, written
from caselib.review.models import Call
from caselib.review.next_steps import Step
from caselib.review.rules import require_editor
from caselib.review.states import AssignmentState, CallState


def next_steps(*, session: Session, actor: Actor, call: Call, now: datetime | None = None) -> list[Step]:
    """What is to be done, most pressing first; empty when the call is published. A constant number of statements.

    Raises:
        Forbidden: the actor is no editor.
    """
    require_editor(actor)
    moment = now or db.now()
    match CallState(call.state):
        case CallState.CLOSED:
            return [*_conflicting(session, call), *_picking(session, call)]
        case CallState.NOTICE:
            return _under_notice(session, call, moment)
        case _:
            return review.next_steps(session=session, actor=actor, call=call, now=moment)


def _conflicting(session: Session, call: Call) -> Iterator[Step]:
    if tied := allocation(session, call).tied(AssignmentState.SUBMITTED):
        yield Step(f"有 {len(tied)} 份申报已提交的评审里有利害关系，请登记利害关系，使专家回避。", "assignment")


def _picking(session: Session, call: Call) -> list[Step]:
    picked = queries.newest_selection(session, call)
    if picked is None:
        return [Step("查看得分，对分歧大的申报组织合议。", "figures"), Step("遴选，并记录结果。", "selection")]
    waiting = [Step(f"{said}。", "notice") for said in unsettled(queries.objections_in(session, call), [])]
    if queries.changed_since(session, call, picked):
        return [*waiting, Step("遴选以后，评审、申报、异议或规则又有变动，请重新遴选并记录。", "selection")]
    return [*waiting, Step("遴选结果已经记录，核对后开始公示。", "notice")]


def _under_notice(session: Session, call: Call, now: datetime) -> list[Step]:
    if queries.pending_release(session, call):
        return [Step("上一次发布中断了，请再点一次“发布”，它会接着做完。", "notice")]
    notice = queries.find_notice(session, call)
    if notice is None:  # not by any action; `audit verify` says so, and the call's page must not fail for it
        return []
    selected = queries.selected_submissions(session, session.get_one(Selection, notice.selection_id))
    steps = [Step(f"{said}。", "notice") for said in unsettled(queries.objections_in(session, call), selected)]
    if not has_begun(notice, now):
        steps.append(Step(f"公示从{written(notice.starts)}开始，到{written(notice.ends)}为止。", "notice"))
    elif not is_over(notice.ends, now):
        steps.append(Step(f"公示到{written(notice.ends)}为止，期满后发布。", "notice"))
    return steps or [Step("公示已经期满，可以发布。", "notice")]
