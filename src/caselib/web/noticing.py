"""What everybody may see of a batch before and after it: public notices, the form to object, and where a case was withdrawn.

How often one visitor may object is counted here, in the database, for all workers together; the log gets no word of it.
"""

from collections.abc import Sequence
from functools import partial

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlmodel import Session

from caselib import db
from caselib.content.rendering import render
from caselib.errors import CaselibError, NotFound
from caselib.people import throttle
from caselib.publishing import queries, rules
from caselib.publishing.actions.objections import file_objection
from caselib.publishing.models import Notice, Tombstone
from caselib.publishing.queries import Announced
from caselib.publishing.results import withdrawn_among
from caselib.publishing.wording import dated
from caselib.web.attempts import attempt
from caselib.web.rooms import from_database, rooms

PER_VISITOR = 5
"""Objections from one visitor in a quarter of an hour."""
PER_NOTICE = 60
"""Objections to one notice in a quarter of an hour, from anywhere: more is no public but a machine."""

blueprint = Blueprint("noticing", __name__)


@blueprint.get("/notices/")
def notices() -> str:
    """Every public notice, newest first."""
    now = db.now()
    with rooms.database.reading() as session:
        found = queries.public_notices(session, now)
    return render_template(
        "noticing/notices.html", found=[(each, call, rules.is_running(each, now)) for each, call in found]
    )


@blueprint.get("/notices/<int:notice_id>")
def notice(notice_id: int) -> str:
    """One notice: its cases, what was adjusted, what was objected and answered."""
    with rooms.database.reading() as session:
        found = _get(session, notice_id)
        gone = withdrawn_among(session, rooms.store, [case.number for case in found.cases], found.call)
    text = dated(found.notice.text, found.notice.starts, found.notice.ends)  # the last day may have moved since
    return render_template(
        "noticing/notice.html",
        found=found,
        running=rules.is_running(found.notice, db.now()),
        draft=not rules.is_public(found.notice, db.now()),
        gone=gone,
        text=render(text, base_url=f"/notices/{notice_id}/"),
    )


@blueprint.get("/notices/<int:notice_id>/objections")
def objection(notice_id: int) -> str:
    """The form to object to a case of the notice."""
    return _show_form(notice_id)


@blueprint.post("/notices/<int:notice_id>/objections")
def send_objection(notice_id: int) -> ResponseReturnValue:
    """Take an objection."""
    again = partial(_show_form, notice_id)
    with attempt(again) as session:
        throttle.admit(session=session, limits=_limits(notice_id))
    with attempt(again) as session:
        row = session.get(Notice, notice_id)
        if row is None:
            raise NotFound(rules.NO_NOTICE, "请从公示列表进入。")
        number, name, contact, text = (request.form.get(each, "") for each in ("number", "name", "contact", "text"))
        filed = file_objection(session=session, notice=row, number=number, name=name, contact=contact, text=text)
    flash(f"异议已收到，编号 {filed.id}。我们核实后会在本页公布答复，不公开您的姓名和联系方式。")
    return redirect(url_for(".notice", notice_id=notice_id), code=303)


def tombstone_of(slug: str) -> Tombstone | None:
    """What stands where a case was; None when none was withdrawn there, or the database cannot say."""
    return from_database(lambda session: queries.find_tombstone(session, slug), "whether a case was withdrawn", None)


def all_tombstones() -> Sequence[Tombstone]:
    """Every case that was ever withdrawn; none when the database cannot say."""
    return from_database(queries.all_tombstones, "which cases were withdrawn", [])


def _get(session: Session, notice_id: int) -> Announced:
    now = db.now()
    try:
        return queries.public_notice(session, current_user.actor, notice_id, now)
    except NotFound:
        if gone := queries.retracted_notice(session, notice_id, now):
            page = render_template("noticing/retracted.html", gone=gone)
            abort(Response(page, 410, headers={"Cache-Control": "no-cache"}))
        raise


def _show_form(notice_id: int, error: CaselibError | None = None) -> str:
    with rooms.database.reading() as session:
        found = _get(session, notice_id)
    return render_template(
        "noticing/objection.html",
        found=found,
        running=rules.is_running(found.notice, db.now()),
        typed=request.values,
        longest=rules.LONGEST_OBJECTION,
        error=error,
    )


def _limits(notice_id: int) -> dict[str, int]:
    visitor = throttle.network(request.remote_addr)
    limits = {f"objections {notice_id}": PER_NOTICE}
    return limits | ({f"objections from {visitor}": PER_VISITOR} if visitor else {})
