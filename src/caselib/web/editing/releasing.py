"""From a pick to a batch at the desk: the notice, the objections to it, the button that publishes, and what was taken away."""

import re
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import unquote

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from caselib import db
from caselib.content import Document, Kind
from caselib.db import key_of
from caselib.errors import CaselibError
from caselib.people import Actor, Role
from caselib.publishing import audit as proof
from caselib.publishing import queries, rules, tombstones, wording
from caselib.publishing.actions import notices, objections
from caselib.publishing.documents import batch_name
from caselib.publishing.models import Objection, Selection
from caselib.publishing.release import Publisher
from caselib.publishing.results import withdrawn_among
from caselib.publishing.states import ObjectionState
from caselib.review.calendar import today, written
from caselib.review.models import Call, Submission
from caselib.review.queries import get_call
from caselib.review.rules import clean_reason
from caselib.review.states import CallState
from caselib.web.access import current_actor, requires
from caselib.web.attempts import attempt, or_again
from caselib.web.editing import blueprint
from caselib.web.requests import form_version, row_number
from caselib.web.rooms import rooms

EVENTS = 100


@blueprint.get("/calls/<int:call_id>/notice")
@requires(Role.EDITOR)
def notice(call_id: int) -> str:
    """The notice of the call: to announce, under way, or over; and exactly what publishing would do."""
    return _show(call_id)


@blueprint.post("/calls/<int:call_id>/notice")
@requires(Role.EDITOR)
def announce(call_id: int) -> ResponseReturnValue:
    """Put the recorded pick under notice."""

    def act(session: Session, actor: Actor, call: Call, version: int) -> str:
        notices.announce(
            session=session,
            actor=actor,
            call=call,
            expected_version=version,
            starts=_day("starts", "开始日期"),
            ends=_day("ends", "结束日期"),
            text=request.form.get("text", ""),
        )
        return "公示已安排好，从开始日期起对外可见。"

    return _done(call_id, act)


@blueprint.post("/calls/<int:call_id>/notice/retract")
@requires(Role.EDITOR)
def retract_notice(call_id: int) -> ResponseReturnValue:
    """Take the notice back."""

    def act(session: Session, actor: Actor, call: Call, version: int) -> str:
        reason = request.form.get("reason", "")
        notices.retract(session=session, actor=actor, call=call, expected_version=version, reason=reason)
        return "公示已撤回，可以重新遴选。"

    return _done(call_id, act)


@blueprint.post("/calls/<int:call_id>/notice/withdraw")
@requires(Role.EDITOR)
def withdraw_selected(call_id: int) -> ResponseReturnValue:
    """Take a case out of the notice because its submitter withdraws it."""

    def act(session: Session, actor: Actor, call: Call, version: int) -> str:
        selection = session.get_one(Selection, queries.standing_notice(session, call).selection_id)
        number = request.form.get("number", "").strip()
        if number not in selection.submissions:
            raise CaselibError("没有选择案例。", "请在名单中选择要撤回的案例。")
        notices.withdraw_selected(
            session=session,
            actor=actor,
            call=call,
            submission=session.get_one(Submission, selection.submissions[number]),
            expected_version=version,
            reason=request.form.get("reason", ""),
        )
        return "已撤回，名单已按原规则调整。"

    return _done(call_id, act)


@blueprint.post("/calls/<int:call_id>/publish")
@requires(Role.EDITOR)
def publish(call_id: int) -> ResponseReturnValue:
    """Publish the batch, all at once; or go on where it was cut off."""
    actor = current_actor()
    with or_again(partial(_show, call_id)):
        release = _publisher().publish(actor=actor, call_id=call_id, expected_version=form_version())
    flash(f"{batch_name(release.batch)}已发布，共 {len(release.files) - 1} 篇案例。")
    return redirect(url_for(".notice", call_id=call_id), code=303)


@blueprint.post("/objections/<int:objection_id>/<any(answer, close):verb>")
@requires(Role.EDITOR)
def decide_objection(objection_id: int, verb: str) -> ResponseReturnValue:
    """Answer an objection, or close it."""
    actor = current_actor()
    with rooms.database.reading() as session:
        found = queries.call_of_objection(session, actor, objection_id)
    call_id = key_of(found)

    def act(session: Session, actor: Actor, call: Call, version: int) -> str:
        objection = queries.get_objection(session, actor, objection_id)
        where: dict[str, Any] = {"session": session, "actor": actor, "objection": objection}
        if verb == "answer":
            objections.answer(**where, expected_version=version, text=request.form.get("text", ""))
            return "答复已保存。"
        if (said := request.form.get("upheld", "")) in ("yes", "no"):
            adjusted = objections.close(**where, expected_version=version, upheld=said == "yes")
            return _closed(session, call, objection, adjusted=adjusted)
        raise CaselibError("没有选择异议是否成立。", "请选择后再结案。")

    return _done(call_id, act)


@blueprint.get("/withdrawals")
@requires(Role.EDITOR)
def withdrawals() -> str:
    """Published cases that were taken away, and the form to take one away."""
    return _show_withdrawals()


@blueprint.post("/withdrawals")
@requires(Role.EDITOR)
def withdraw_case() -> ResponseReturnValue:
    """Take a published case away, once the editor has seen which one it is."""
    path, *_ = re.split("[?#]", request.form.get("slug", "").strip())
    slug = unquote(path).rstrip("/").rpartition("/")[2]
    with or_again(_show_withdrawals):
        if not slug:
            raise CaselibError("没有填写案例网址。", "请填要撤下的案例的网址，例如 /cases/2022-38174。")
        document = rooms.store.read(Kind.CASE, slug)
        clean_reason(request.form.get("reason", ""))
        if request.form.get("confirmed") != slug:
            return _show_withdrawals(going=document)
        gone = tombstones.withdraw_case(
            database=rooms.database,
            store=rooms.store,
            data=rooms.settings.data,
            search=rooms.search,
            actor=current_actor(),
            slug=slug,
            reason=request.form.get("reason", ""),
        )
    flash(f"“{gone.title}”已撤下。")
    return redirect(url_for(".withdrawals"), code=303)


@blueprint.get("/audit")
@requires(Role.EDITOR, Role.OPERATOR)
def audit() -> str:
    """Whether the history holds, and who did what; what changed is not shown, it may be an expert's score."""
    before = request.args.get("before", 0, row_number)
    with rooms.database.reading() as session:
        found = proof.verify(session)
        events = queries.list_events(session, before=before, limit=EVENTS)
        numbers = queries.numbers_of(session, current_actor(), events)
    return render_template("desk/audit.html", found=found, events=events, numbers=numbers, more=len(events) == EVENTS)


def _publisher() -> Publisher:
    return Publisher(rooms.database, rooms.store, rooms.settings.data, rooms.search)


def _day(name: str, called: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, "").strip())
    except ValueError:
        raise CaselibError(f"{called}没有填对。", "请写成 2023-03-01 的样子。") from None


def _closed(session: Session, call: Call, objection: Objection, *, adjusted: bool) -> str:
    """What became of it, and of the list."""
    if not objection.upheld:
        return "异议不成立，已结案，名单不变。"
    number = session.get_one(Submission, objection.submission_id).number
    if number in queries.numbers_under_notice(session, call):
        return f"异议成立，{rules.NO_REPLACEMENT}。"
    said = [f"异议成立，{number} 不再入选，已不在名单里"]
    if adjusted:
        last = queries.last_adjustment(session, call)
        said += [f"{each} 退出名单：{why.rstrip('。')}" for each, why in last.out.items() if each != number]
        longer = f"，公示期延长至{written(last.ends)}" if last.ends else ""
        said += [f"按原规则补入 {'、'.join(last.into)}{longer}"] if last.into else []
    return "；".join(said) + "。"


def _done(call_id: int, act: Callable[[Session, Actor, Call, int], str]) -> ResponseReturnValue:
    """Do it, and say what came of it."""
    actor = current_actor()
    with attempt(partial(_show, call_id)) as session:
        said = act(session, actor, get_call(session, actor, call_id), form_version())
    flash(said)
    return redirect(url_for(".notice", call_id=call_id), code=303)


def _show(call_id: int, error: CaselibError | None = None) -> str:
    actor, now = current_actor(), db.now()
    with rooms.database.reading() as session:
        call = get_call(session, actor, call_id)
        standing = queries.find_notice(session, call)
        picked = queries.newest_selection(session, call)
        selection = session.get_one(Selection, standing.selection_id) if standing else picked
        selected = queries.selected_submissions(session, selection) if selection else []
        cases = queries.list_objections(session, actor, call)
        outline = None
        if call.state == CallState.NOTICE:
            outline = _publisher().outline(session, actor, call, now)
        release = queries.find_release(session, call)
        gone = withdrawn_among(session, rooms.store, [str(each.number) for each in selected], call)
        stale = bool(picked) and call.state == CallState.CLOSED and queries.changed_since(session, call, picked)  # type: ignore[arg-type]
    starts = today(now)
    ends = rules.usual_end(starts, call.rulebook.notice_days, now)
    return render_template(
        "desk/notice.html",
        call=call,
        rules=call.rulebook,
        notice=standing,
        selection=selection,
        selected=selected,
        cases=cases,
        outline=outline,
        release=release,
        stale=stale,
        gone=gone,
        public=bool(standing) and rules.is_public(standing, now),  # type: ignore[arg-type]
        states={state.value: state.label for state in ObjectionState},
        usual={"starts": starts, "ends": ends, "text": wording.usual_notice(call, len(selected), starts, ends)},
        typed=request.form if error else {},
        error=error,
    )


def _show_withdrawals(error: CaselibError | None = None, going: Document | None = None) -> str:
    with rooms.database.reading() as session:
        found = queries.list_tombstones(session, current_actor())
    slug = request.values.get("slug", "")
    return render_template(
        "desk/withdrawals.html", found=found, slug=slug, kind=Kind.CASE, typed=request.form, going=going, error=error
    )
