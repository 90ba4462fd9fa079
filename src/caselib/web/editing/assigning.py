"""Assignment at the desk: proposed, looked at, applied; changed by hand; and review started, ended and resumed."""

from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from caselib.errors import CaselibError, NotFound
from caselib.people import Account, Actor, Role
from caselib.review import overview, proposals, queries
from caselib.review.actions import assignment as actions
from caselib.review.actions import declarations, stages
from caselib.review.expert_letters import Invitation
from caselib.review.models import Assignment, Call, Submission
from caselib.review.proposals import Proposal
from caselib.review.states import CALL, CallState, possible, season
from caselib.web.access import current_actor, requires
from caselib.web.attempts import attempt, or_again
from caselib.web.editing import blueprint
from caselib.web.mailing import invite
from caselib.web.requests import form_version, row_number
from caselib.web.rooms import rooms

DONE = {
    "start": "评审已经开始，规则已冻结，邀请信正在发给各位专家。",
    "end": "评审已经结束，可以查看得分了。",
    "resume": "评审已经恢复，专家可以继续提交。",
}


def region_names() -> dict[str, str]:
    """Names of regions by code, for reasons that name a province."""
    return {code: term.name for code, term in rooms.store.taxonomy.regions.items()}


@blueprint.get("/calls/<int:call_id>/assignment")
@requires(Role.EDITOR)
def assignment(call_id: int) -> str:
    """Who has what, what to expect of it, and what forbids what."""
    return _show(call_id)


@blueprint.get("/calls/<int:call_id>/assignment/proposal")
@requires(Role.EDITOR)
def proposal(call_id: int) -> str:
    """The best plan as things are; changes nothing."""
    return _show_proposal(call_id)


@blueprint.post("/calls/<int:call_id>/assignment/proposal")
@requires(Role.EDITOR)
def apply_proposal(call_id: int) -> ResponseReturnValue:
    """Write the plan that the editor was shown, unless things have changed."""
    actor = current_actor()
    with or_again(partial(_show_proposal, call_id)):
        _, found = _propose(actor, call_id)
        with rooms.database.writing() as session:
            told = actions.apply(
                session=session,
                actor=actor,
                call=queries.get_call(session, actor, call_id),
                proposal=found,
                expected=request.form.get("digest", ""),
            )
    invite(told)
    flash(f"分派已采用：新增 {len(found.added)} 项，取消 {len(found.removed)} 项。")
    return redirect(url_for(".assignment", call_id=call_id), code=303)


@blueprint.post("/calls/<int:call_id>/assignment/<any(start, end, resume):verb>")
@requires(Role.EDITOR)
def move_review(call_id: int, verb: str) -> ResponseReturnValue:
    """Start review, end it, or resume it."""
    actor = current_actor()
    with attempt(partial(_show, call_id)) as session:
        told = _move(session, actor, queries.get_call(session, actor, call_id), verb)
    invite(told)
    flash(DONE[verb])
    return redirect(url_for(".call", call_id=call_id), code=303)


@blueprint.get("/calls/<int:call_id>/assignment/<int:submission_id>")
@requires(Role.EDITOR)
def reviewers(call_id: int, submission_id: int) -> str:
    """One submission's experts, and who else could be."""
    return _show_reviewers(call_id, submission_id)


@blueprint.post("/calls/<int:call_id>/assignment/<int:submission_id>/<any(assign, release, tie):verb>")
@requires(Role.EDITOR)
def change_reviewers(call_id: int, submission_id: int, verb: str) -> ResponseReturnValue:
    """Give the submission one more expert, take one away, or declare an expert's conflict of interest."""
    actor = current_actor()
    with attempt(partial(_show_reviewers, call_id, submission_id)) as session:
        found = _submission(session, actor, call_id, submission_id)
        told, said = _change(session, actor, found, verb)
    invite(told)
    for line in said:
        flash(line)
    return redirect(url_for(".reviewers", call_id=call_id, submission_id=submission_id), code=303)


def _move(session: Session, actor: Actor, call: Call, verb: str) -> list[Invitation]:
    version, reason = form_version(), request.form.get("reason", "")
    match verb:
        case "start":
            return stages.start_review(session=session, actor=actor, call=call, expected_version=version)
        case "end":
            stages.end_review(session=session, actor=actor, call=call, expected_version=version, reason=reason)
        case _:
            stages.resume_review(session=session, actor=actor, call=call, expected_version=version, reason=reason)
    return []


def _change(session: Session, actor: Actor, submission: Submission, verb: str) -> tuple[list[Invitation], list[str]]:
    """Do it; whom to tell, and what to say to the editor."""
    reason = request.form.get("reason", "")
    match verb:
        case "assign":
            expert = _account(session)
            told = actions.assign_by_hand(
                session=session, actor=actor, submission=submission, expert=expert, regions=region_names()
            )
            return told, [f"已分派给“{expert.name}”。"]
        case "release":
            row = session.get(Assignment, request.form.get("assignment", 0, row_number))
            if row is None or row.submission_id != submission.id:
                raise NotFound("没有这项分派。", "请从分派页进入。")
            version = form_version()
            actions.release(session=session, actor=actor, assignment=row, expected_version=version, reason=reason)
            return [], ["分派已撤销；专家写下的内容留存，不计入。"]
        case _:
            account = _account(session)
            given = declarations.declare_conflict(
                session=session, actor=actor, submission=submission, account=account, reason=reason
            ).recusal
            said = [
                f"已登记“{account.name}”与这份申报的利害关系。",
                *([given.notice] if given and given.notice else []),
            ]
            return (given.invitations if given else []), said


def _account(session: Session) -> Account:
    account = session.get(Account, request.form.get("account", 0, row_number))
    if account is None:
        raise CaselibError("没有选择评审专家。", "请先在列表中选择。")
    return account


def _submission(session: Session, actor: Actor, call_id: int, submission_id: int) -> Submission:
    found = queries.get_submission(session, actor, submission_id)
    if found.call_id != call_id:
        raise NotFound("没有这份已受理的申报。", "请从分派页进入。")
    return found


def _propose(actor: Actor, call_id: int) -> tuple[Call, Proposal]:
    """Computed outside of any writing: it takes seconds in a large round."""
    most = request.values.get("max_load", 0, row_number)
    with rooms.database.reading() as session:
        call = queries.get_call(session, actor, call_id)
        found = proposals.propose(
            session=session, actor=actor, call=call, max_load=most if most > 0 else None, regions=region_names()
        )
    return call, found


def _show_proposal(call_id: int, error: CaselibError | None = None) -> str:
    """The plan, with what was in the way of applying an earlier one; or why there is none."""
    actor = current_actor()
    with or_again(partial(_show, call_id)):
        call, found = _propose(actor, call_id)
    with rooms.database.reading() as session:
        changes, hidden = overview.changes(
            session=session, actor=actor, call=call, proposal=found, regions=region_names()
        )
    return render_template("desk/proposal.html", call=call, found=found, changes=changes, hidden=hidden, error=error)


def _show(call_id: int, error: CaselibError | None = None) -> str:
    actor = current_actor()
    with rooms.database.reading() as session:
        call = queries.get_call(session, actor, call_id)
        found = overview.overview(session=session, actor=actor, call=call, regions=region_names())
    state = CallState(call.state)
    return render_template(
        "desk/assignment.html",
        call=call,
        found=found,
        lines=overview.sifted(found.lines, request.args.get("words", ""), short="short" in request.args),
        may_assign=state in season("assign"),
        verbs=possible(CALL, state),
        asked=request.values,
        error=error,
    )


def _show_reviewers(call_id: int, submission_id: int, error: CaselibError | None = None) -> str:
    actor = current_actor()
    with rooms.database.reading() as session:
        call = queries.get_call(session, actor, call_id)
        found = overview.sheet(
            session=session, actor=actor, call=call, submission_id=submission_id, regions=region_names()
        )
    state = CallState(call.state)
    return render_template(
        "desk/reviewers.html",
        call=call,
        found=found,
        me=actor,
        may_assign=state in season("assign"),
        may_declare=state in season("declare"),
        typed=request.form,
        error=error,
    )
