"""Calls at the desk: listed, prepared, opened, closed, extended and amended; and the page of one call, where all begins."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from caselib import db
from caselib.content import Kind
from caselib.db import key_of
from caselib.errors import CaselibError, Conflict
from caselib.people import Actor, Role
from caselib.publishing.documents import batch_name
from caselib.publishing.next_steps import next_steps
from caselib.review import queries
from caselib.review.actions import calls as actions
from caselib.review.calendar import today, written
from caselib.review.models import Call
from caselib.review.progress import progress
from caselib.review.states import CALL, CallState, possible
from caselib.web.access import current_actor, requires
from caselib.web.attempts import attempt
from caselib.web.editing import blueprint, call_form
from caselib.web.requests import form_version
from caselib.web.rooms import rooms

DONE = {
    "open": "征集已经开始，征集通知已公开。",
    "close": "征集已经截止。",
    "reopen": "已重新开始征集。",
    "extend": "期限已经延长。",
}


@blueprint.get("/calls/")
@requires(Role.EDITOR)
def calls() -> str:
    """Every call, newest first."""
    with rooms.database.reading() as session:
        found = queries.list_calls(session, current_actor())
    return render_template("desk/calls.html", calls=found)


@blueprint.get("/calls/new")
@requires(Role.EDITOR)
def new_call() -> str:
    """An empty form with the usual rules."""
    with rooms.database.reading() as session:
        batch = _next_batch(session)
    return _show_form("new", call_form.fresh(today(db.now()).year, batch))


@blueprint.post("/calls/new")
@requires(Role.EDITOR)
def create_call() -> ResponseReturnValue:
    """Prepare a call."""
    values = dict.fromkeys(("year", "title", "deadline", "batch"), "") | call_form.read(request.form)
    with attempt(partial(_show_form, "new", values, None)) as session:
        typed = call_form.checked(values)
        _require_new_batch(session, typed["batch"])
        if typed["deadline"] < today(db.now()):
            raise CaselibError(f"征集截止日期（{written(typed['deadline'])}）已经过去。", "请填今天或以后的日期。")
        made = actions.create_call(session=session, actor=current_actor(), **typed)
    flash("征集已建好，还没有公开。核对无误后开始征集。")
    return _to(key_of(made))


@blueprint.get("/calls/<int:call_id>")
@requires(Role.EDITOR)
def call(call_id: int) -> str:
    """Where the call stands, and what to do next."""
    return show_call(call_id)


@blueprint.get("/calls/<int:call_id>/edit")
@requires(Role.EDITOR)
def edit_call(call_id: int) -> str:
    """The form with the call's values."""
    found = _get(call_id)
    return _show_form("edit", call_form.of_call(found), found)


@blueprint.post("/calls/<int:call_id>/edit")
@requires(Role.EDITOR)
def change_call(call_id: int) -> ResponseReturnValue:
    """Keep what was changed."""

    def change(*, session: Session, **values: Any) -> None:
        if "batch" in values:
            _require_new_batch(session, values["batch"])
        actions.change_call(session=session, **values)

    return _kept("edit", call_id, change, "设置已保存。")


@blueprint.get("/calls/<int:call_id>/amend")
@requires(Role.EDITOR)
def amend_form(call_id: int) -> str:
    """The form of the frozen rules, with a reason to give."""
    found = _get(call_id)
    return _show_form("amend", call_form.of_call(found), found)


@blueprint.post("/calls/<int:call_id>/amend")
@requires(Role.EDITOR)
def amend_rules(call_id: int) -> ResponseReturnValue:
    """Amend the frozen rules, with the reason that everybody sees."""

    def amend(**values: Any) -> None:
        kept = {key: values[key] for key in ("session", "actor", "call", "expected_version", "rules")}
        actions.amend_rules(**kept, reason=request.form.get("reason", ""))

    return _kept("amend", call_id, amend, "规则已修订，修订记录对外可见。")


@blueprint.post("/calls/<int:call_id>/<any(open, close, reopen, extend):verb>")
@requires(Role.EDITOR)
def move_call(call_id: int, verb: str) -> ResponseReturnValue:
    """Open, close or reopen the call, or move its deadlines."""
    actor = current_actor()
    with attempt(partial(show_call, call_id)) as session:
        _move(session, actor, queries.get_call(session, actor, call_id), verb)
    flash(DONE[verb])
    return _to(call_id)


def show_call(call_id: int, error: CaselibError | None = None) -> str:
    """The page of the call, with what was in the way of an action."""
    actor = current_actor()
    with rooms.database.reading() as session:
        found = queries.get_call(session, actor, call_id)
        return render_template(
            "desk/call.html",
            call=found,
            rules=found.rulebook,
            counts=queries.count_submissions(session, actor, found),
            changes=queries.amendments(session, actor, found),
            round=progress(session=session, actor=actor, call=found),
            steps=next_steps(session=session, actor=actor, call=found),
            verbs=possible(CALL, CallState(found.state)),
            typed=request.form,
            error=error,
            **call_form.OFFER,
        )


def _published_batches() -> list[int]:
    """The batches that the library has, whether a call brought them or not."""
    return [int(slug) for _, slug in rooms.store.scan(Kind.BATCH) if slug.isdecimal()]


def _next_batch(session: Session) -> int:
    taken = [found.batch for found in queries.list_calls(session, current_actor())]
    return max([*taken, *_published_batches()], default=0) + 1


def _require_new_batch(session: Session, batch: int) -> None:
    """Refuse a batch that is in the library while it can still be changed, and not when everything is ready to go out.

    Raises:
        Conflict: it is there.
    """
    if batch in _published_batches():
        raise Conflict(f"案例库里已有{batch_name(batch)}。", f"请改用{batch_name(_next_batch(session))}。")


def _move(session: Session, actor: Actor, found: Call, verb: str) -> None:
    where: dict[str, Any] = {"session": session, "actor": actor, "call": found, "expected_version": form_version()}
    reason = request.form.get("reason", "")
    deadline, review_deadline = (call_form.day(request.form.get(name, "")) for name in ("deadline", "review_deadline"))
    match verb:
        case "open":
            actions.open_call(**where)
        case "close":
            actions.close_call(**where, reason=reason)
        case "reopen":
            if deadline is None:
                raise CaselibError("没有填新的截止日期。", "请填写重新征集到哪一天。")
            actions.reopen_call(**where, deadline=deadline, reason=reason)
        case _:
            actions.extend_deadline(**where, deadline=deadline, review_deadline=review_deadline, reason=reason)


def _kept(mode: str, call_id: int, action: Any, said: str) -> ResponseReturnValue:
    """Do what the form of a call asks for, or show the form again as it was typed."""
    values, actor, found = call_form.read(request.form), current_actor(), _get(call_id)
    with attempt(partial(_show_form, mode, values, found)) as session:
        row = queries.get_call(session, actor, call_id)
        typed = call_form.checked(values)
        action(session=session, actor=actor, call=row, expected_version=form_version(), **typed)
    flash(said)
    return _to(call_id)


def _show_form(
    mode: str, values: Mapping[str, Any], found: Call | None = None, error: CaselibError | None = None
) -> str:
    """``mode`` is ``new``, ``edit`` or ``amend``."""
    return render_template(
        "desk/call_form.html", mode=mode, values=values, call=found, error=error, form=request.form, **call_form.OFFER
    )


def _get(call_id: int) -> Call:
    with rooms.database.reading() as session:
        return queries.get_call(session, current_actor(), call_id)


def _to(call_id: int) -> ResponseReturnValue:
    return redirect(url_for(".call", call_id=call_id), code=303)
