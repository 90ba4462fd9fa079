"""Writing a case: its form, kept before anything else is done; preview, autosave, and the body from a Word file.

Every button of the form sends the whole form, so that what was typed is kept whichever is pressed. Of two texts that were
written at the same time both are shown, and both stay.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from caselib import db
from caselib.content.rendering import Rendered, render
from caselib.errors import CaselibError, Conflict
from caselib.people import Actor, Role
from caselib.publishing.results import public_results
from caselib.review import queries, word
from caselib.review.actions import submissions
from caselib.review.calendar import ZONE
from caselib.review.differences import revision_difference
from caselib.review.models import Call, Revision, Submission
from caselib.review.prechecks import count_characters
from caselib.review.states import CallState, SubmissionState, submission_verbs
from caselib.web import case_form
from caselib.web.access import current_actor, requires
from caselib.web.attempts import attempt, or_again, with_status
from caselib.web.prechecking import all_findings
from caselib.web.requests import form_version
from caselib.web.rooms import rooms
from caselib.web.submitting import blueprint

Typed = tuple[dict[str, Any], str]
"""Front matter and body as they were typed."""
Step = Callable[[Session, Actor, Submission], str]
"""What is done beside keeping the form; it gives what to say once it is kept."""


@blueprint.get("/submit/<int:submission_id>")
@requires(Role.SUBMITTER)
def form(submission_id: int) -> str:
    """The form while it can be written, else the text as it was sent."""
    return show(submission_id)


@blueprint.post("/submit/<int:submission_id>")
@requires(Role.SUBMITTER)
def save(submission_id: int) -> ResponseReturnValue:
    """Keep the form; then stay, or go on to what is missing."""
    onward = ".send_form" if "next" in request.form else ".form"
    keep_form(submission_id)
    flash("已保存。")
    return redirect(url_for(onward, submission_id=submission_id), code=303)


@blueprint.post("/submit/<int:submission_id>/autosave")
@requires(Role.SUBMITTER)
def autosave(submission_id: int) -> ResponseReturnValue:
    """Keep the form without a page: the new version, or what is in the way."""
    actor, (front, body) = current_actor(), case_form.read(request.form)
    try:
        with rooms.database.writing() as session:
            submission = queries.get_submission(session, actor, submission_id)
            revision = submissions.save_revision(
                session=session,
                actor=actor,
                submission=submission,
                front=front,
                body=body,
                expected_version=form_version(),
                autosave=True,
            )
    except CaselibError as error:
        return with_status(jsonify(message=error.message, remedy=error.remedy), error)
    return {"version": submission.version, "at": revision.created_at.astimezone(ZONE).strftime("%H:%M")}


@blueprint.post("/submit/<int:submission_id>/preview")
@requires(Role.SUBMITTER)
def preview(submission_id: int) -> ResponseReturnValue:
    """The text as a reader will see it; for a script only what stands beside the form, and nothing kept."""
    if "text/x-fragment" in request.headers.get("Accept", ""):
        with rooms.database.reading() as session:
            beside = _beside(session, *_read(session, submission_id), *case_form.read(request.form))
        return render_template("submitting/_beside.html", **beside)
    keep_form(submission_id)
    flash("已保存。")
    with rooms.database.reading() as session:
        submission, _ = _read(session, submission_id)
        front, body = _text_of(queries.newest_revision(session, submission))
    return render_template("submitting/preview.html", submission=submission, front=front, text=_as_read(front, body))


@blueprint.post("/submit/<int:submission_id>/word")
@requires(Role.SUBMITTER)
def replace_body(submission_id: int) -> ResponseReturnValue:
    """Put the text of a Word file in the place of the body; the body that was there stays as a revision.

    The file is converted before the session that writes begins: that takes seconds, in which others write.
    """
    keep_form(submission_id)
    with or_again(partial(show, submission_id, None)):
        name, found, version = _from_word(submission_id)

    def replace(session: Session, actor: Actor, submission: Submission) -> str:
        front = case_form.read(request.form)[0]
        where: dict[str, Any] = {"session": session, "actor": actor, "submission": submission, "front": front}
        submissions.save_revision(**where, body=found.body, expected_version=version)
        return "".join([f"正文已换成“{name}”的内容，请核对标题和表格。原来的正文在“修改记录”里。", *found.remarks])

    take(submission_id, replace)
    return redirect(url_for(".form", submission_id=submission_id), code=303)


def _from_word(submission_id: int) -> tuple[str, word.Converted, int]:
    """The file's name, its text, and the version of the submission that it is for."""
    file = request.files.get("word")
    if file is None or not file.filename:
        raise CaselibError("没有选择文件。", "请先选择一个 docx 文件。")
    with rooms.database.reading() as session:
        submission, call = _read(session, submission_id)
    return file.filename, word.convert(file.filename, file.read(), call.rulebook.sections), submission.version


def keep_form(submission_id: int) -> None:
    """Keep what the form holds; the form again if that fails."""
    typed = case_form.read(request.form)
    with attempt(partial(show, submission_id, typed)) as session:
        _keep(session, submission_id, typed)


def take(submission_id: int, step: Step) -> None:
    """Take a step once the form is kept, in a transaction of its own; the form again if it fails."""
    with attempt(partial(show, submission_id, None)) as session:
        actor = current_actor()
        said = step(session, actor, queries.get_submission(session, actor, submission_id))
    flash(said)


def _keep(session: Session, submission_id: int, typed: Typed) -> None:
    """Save the typed text as a revision of its own; where two texts met, the other one is kept for good first."""
    actor = current_actor()
    submission = queries.get_submission(session, actor, submission_id)
    where: dict[str, Any] = {"session": session, "actor": actor, "submission": submission}
    version = form_version()
    if "settle" in request.form and (other := queries.newest_revision(session, submission)):
        submissions.save_revision(**where, front=other.front, body=other.body, expected_version=version)
        version = submission.version
    front, body = typed
    submissions.save_revision(**where, front=front, body=body, expected_version=version)


def show(submission_id: int, typed: Typed | None = None, error: CaselibError | None = None) -> str:
    """The submission's page: with the stored text, or with what was typed and could not be kept."""
    actor = current_actor()
    with rooms.database.reading() as session:
        submission, call = _read(session, submission_id)
        stored = queries.newest_revision(session, submission)
        front, body = typed or _text_of(stored)
        verbs = submission_verbs(SubmissionState(submission.state), CallState(call.state))
        values = {
            "submission": submission,
            "call": call,
            "error": error,
            "attachments": queries.list_attachments(session, actor, submission),
            "history": queries.history(session, actor, submission),
            "verbs": verbs,
            "result": public_results(session, rooms.store, [call], db.now()).get(submission.call_id),
            **_beside(session, submission, call, front, body),
        }
    if "edit" not in verbs and not typed:
        return render_template("submitting/text.html", **values)
    mine = Revision(submission_id=submission_id, number=0, front=front, body=body, digest="")
    return render_template(
        "submitting/form.html",
        **values,
        body=body,
        offer=case_form.offer(),
        spare=case_form.SPARE_ROWS,
        industries=case_form.INDUSTRIES,
        difference=revision_difference(stored, mine) if stored and typed and isinstance(error, Conflict) else None,
    )


def _beside(session: Session, submission: Submission, call: Call, front: dict[str, Any], body: str) -> dict[str, Any]:
    """The text as its reader will see it, what it lacks and which texts it is much like."""
    return {
        "front": front,
        "rules": call.rulebook,
        "text": _as_read(front, body),
        "findings": all_findings(session, current_actor(), submission, call, front, body),
        "length": count_characters(body),
    }


def _as_read(front: dict[str, Any], body: str) -> Rendered:
    """The body as its reader will see it."""
    return render(body, base_url="", title=str(front.get("title") or ""))


def _text_of(revision: Revision | None) -> Typed:
    """What a revision keeps; nothing where there is none yet."""
    return (revision.front, revision.body) if revision else ({}, "")


def _read(session: Session, submission_id: int) -> tuple[Submission, Call]:
    submission = queries.get_submission(session, current_actor(), submission_id)
    return submission, session.get_one(Call, submission.call_id)
