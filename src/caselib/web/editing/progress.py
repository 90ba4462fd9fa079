"""A round at the desk: who is how far, reminders, the figures once review has ended, and all of it as a workbook."""

from functools import partial
from typing import cast, get_args

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from caselib import db
from caselib.errors import CaselibError, NotFound
from caselib.mail import Letter
from caselib.people import Role
from caselib.publishing.drafting import pseudonyms
from caselib.publishing.queries import newest_selection
from caselib.review import exporting, figure_queries, queries, reminders
from caselib.review.actions import discussions
from caselib.review.actions.discussions import OUTCOMES, Outcome
from caselib.review.figure_queries import Order
from caselib.review.progress import progress as progress_of
from caselib.review.reminders import Due
from caselib.review.rules import scores_are_open
from caselib.review.scoring import NAMES
from caselib.review.states import CallState, season
from caselib.sheets import XLSX, write_workbook
from caselib.web.access import current_actor, requires
from caselib.web.attempts import attempt
from caselib.web.editing import blueprint
from caselib.web.editing.assigning import region_names
from caselib.web.mailing import post
from caselib.web.requests import row_number
from caselib.web.rooms import rooms


@blueprint.get("/calls/<int:call_id>/progress")
@requires(Role.EDITOR)
def progress(call_id: int) -> str:
    """Where reviews stand, by expert and by submission."""
    actor = current_actor()
    with rooms.database.reading() as session:
        call = queries.get_call(session, actor, call_id)
        found = progress_of(session=session, actor=actor, call=call)
    behind = "behind" in request.args
    return render_template(
        "desk/progress.html", call=call, round=found, shown=found.behind if behind else found, behind=behind
    )


@blueprint.get("/calls/<int:call_id>/progress/reminders")
@requires(Role.EDITOR)
def reminder_list(call_id: int) -> str:
    """Who would be written to, and what; sends nothing. To an editor who is tied it names nobody."""
    actor = current_actor()
    with rooms.database.reading() as session:
        call = queries.get_call(session, actor, call_id)
        found = progress_of(session=session, actor=actor, call=call)
        due = [] if found.hidden else reminders.due(session, call, db.now(), at_once=True)
    return render_template(
        "desk/reminders.html",
        call=call,
        due=[(one, _letter(one)) for one in due if one.account.email],
        unreachable=[one for one in due if not one.account.email],
        left=found.total.left,
        hidden=found.hidden,
        is_open=call.state == CallState.REVIEWING,
    )


@blueprint.post("/calls/<int:call_id>/progress/reminders")
@requires(Role.EDITOR)
def remind(call_id: int) -> ResponseReturnValue:
    """Write to those who were listed and still have something to do.

    An editor who is tied writes to everybody at once, and is not told to how many: a name ticked and the answer to it
    would tell who has something left, and so who reviews what the editor must leave alone.
    """
    actor, listed = current_actor(), request.form.getlist("account", row_number)
    with rooms.database.writing() as session:
        call = queries.get_call(session, actor, call_id)
        hidden = progress_of(session=session, actor=actor, call=call).hidden
        claimed = reminders.claim_all(session=session, actor=actor, call=call, accounts=None if hidden else listed)
        letters = {_letter(one): one for one in claimed}
    _send(letters)
    if hidden:
        flash("正在给没有评完、今天还没有收过信的专家发提醒信。")
    elif letters:
        flash(f"正在给 {len(letters)} 位专家发提醒信。")
    else:
        flash("没有要提醒的专家：他们已经评完，或今天已经提醒过。")
    return redirect(url_for(".progress", call_id=call_id), code=303)


@blueprint.get("/calls/<int:call_id>/figures")
@requires(Role.EDITOR)
def figures(call_id: int) -> ResponseReturnValue:
    """Every method's figures side by side, once review has ended."""
    actor = current_actor()
    by = request.args.get("by", "figure")
    order = cast(Order, by) if by in get_args(Order) else "figure"
    with rooms.database.reading() as session:
        call = queries.get_call(session, actor, call_id)
        if not scores_are_open(call):
            return render_template("desk/figures.html", call=call, sheet=None)
        sheet = figure_queries.list_figures(session=session, actor=actor, call=call, regions=region_names())
    method = call.rulebook.method
    only = "disagreement" in request.args
    return render_template(
        "desk/figures.html",
        call=call,
        sheet=sheet,
        lines=figure_queries.ordered(sheet.disagreements if only else sheet.lines, order, method),
        order=order,
        only=only,
        method=method,
        methods=NAMES,
        outcomes=OUTCOMES,
    )


@blueprint.get("/calls/<int:call_id>/figures/<int:submission_id>")
@requires(Role.EDITOR)
def discussion(call_id: int, submission_id: int) -> str:
    """One submission's reviews and figures, and the form of its panel discussion."""
    return _show_discussion(call_id, submission_id)


@blueprint.post("/calls/<int:call_id>/figures/<int:submission_id>")
@requires(Role.EDITOR)
def record_discussion(call_id: int, submission_id: int) -> ResponseReturnValue:
    """Keep what the discussion came to."""
    actor = current_actor()
    with attempt(partial(_show_discussion, call_id, submission_id)) as session:
        found = queries.get_submission(session, actor, submission_id)
        if found.call_id != call_id:
            raise NotFound("没有这份已受理的申报。", "请从得分页进入。")
        discussions.record(
            session=session,
            actor=actor,
            submission=found,
            outcome=cast(Outcome, request.form.get("outcome", "")),
            reason=request.form.get("reason", ""),
            present=request.form.get("present", ""),
        )
    flash(f"{found.number} 的合议已记录。")
    return redirect(url_for(".figures", call_id=call_id), code=303)


@blueprint.get("/calls/<int:call_id>/results.xlsx")
@requires(Role.EDITOR)
def results_file(call_id: int) -> Response:
    """Progress, scores and results, as far as they may be seen, as a workbook."""
    actor, places = current_actor(), region_names()
    with rooms.database.reading() as session:
        call = queries.get_call(session, actor, call_id)
        counts = progress_of(session=session, actor=actor, call=call)
        sheet = None
        if scores_are_open(call):
            sheet = figure_queries.list_figures(session=session, actor=actor, call=call, regions=places)
        kept = newest_selection(session, call)
        names = pseudonyms(session, call, key=rooms.settings.signing_key)
    selected = kept.decision["selected"] if kept else None
    rows = exporting.workbook(call, counts, sheet, names=names, selected=selected, places=places)
    response = Response(write_workbook(rows), mimetype=XLSX)
    response.headers.set("Content-Disposition", "attachment", filename=f"results-{call.year}-{call.batch}.xlsx")
    return response


def _letter(due: Due) -> Letter:
    return due.letter(site=rooms.settings.site.name, base_url=rooms.settings.base_url)


def _send(letters: dict[Letter, Due]) -> None:
    """Send in the background; a reminder that does not leave is given back, so that it can be sent again."""
    database = rooms.database

    def give_back(letter: Letter) -> None:
        with database.writing() as session:
            reminders.give_back(session, letters[letter])

    post(list(letters), lost=give_back)


def _show_discussion(call_id: int, submission_id: int, error: CaselibError | None = None) -> str:
    actor = current_actor()
    with rooms.database.reading() as session:
        call = queries.get_call(session, actor, call_id)
        line = figure_queries.get_figures(
            session=session, actor=actor, call=call, submission_id=submission_id, regions=region_names()
        )
        names = pseudonyms(session, call, key=rooms.settings.signing_key)
    return render_template(
        "desk/discussion.html",
        call=call,
        line=line,
        names=names,
        method=call.rulebook.method,
        methods=NAMES,
        outcomes=OUTCOMES,
        may_record=CallState(call.state) in season("discuss"),
        typed=request.form,
        error=error,
    )
