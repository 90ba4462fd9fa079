"""Attachments: added and removed through the form of the case, fetched by whoever may see the submission."""

from flask import Response, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from caselib.errors import CaselibError, NotFound
from caselib.people import Actor, Role
from caselib.review import queries
from caselib.review.actions import attachments as actions
from caselib.review.models import Submission
from caselib.web.access import current_actor, requires
from caselib.web.rooms import rooms
from caselib.web.submitting import blueprint
from caselib.web.submitting.writing import keep_form, take

SHOWN = ("application/pdf", "image/png", "image/jpeg")
"""Types that a browser may show by itself; the others are saved."""


@blueprint.post("/submit/<int:submission_id>/attachments")
@requires(Role.SUBMITTER)
def attach(submission_id: int) -> ResponseReturnValue:
    """Keep the files that were chosen, all or none."""

    def add(session: Session, actor: Actor, submission: Submission) -> str:
        files = [file for file in request.files.getlist("attachment") if file.filename]
        if not files:
            raise CaselibError("没有选择文件。", "请先选择要上传的附件。")
        for file in files:
            actions.add_attachment(
                session=session,
                actor=actor,
                submission=submission,
                expected_version=submission.version,
                name=file.filename or "",
                data=file.read(),
                uploads=rooms.settings.data / "uploads",
            )
        return f"已上传 {len(files)} 个附件。"

    keep_form(submission_id)
    take(submission_id, add)
    return _back(submission_id)


@blueprint.post("/submit/<int:submission_id>/attachments/<int:attachment_id>")
@requires(Role.SUBMITTER)
def detach(submission_id: int, attachment_id: int) -> ResponseReturnValue:
    """Take a file from the submission."""

    def remove(session: Session, actor: Actor, submission: Submission) -> str:
        actions.remove_attachment(
            session=session,
            actor=actor,
            submission=submission,
            expected_version=submission.version,
            attachment=queries.get_attachment(session, actor, attachment_id),
        )
        return "附件已移除。"

    keep_form(submission_id)
    take(submission_id, remove)
    return _back(submission_id)


@blueprint.get("/submit/<int:submission_id>/attachments/<int:attachment_id>")
@requires(Role.SUBMITTER, Role.EDITOR)
def attachment(submission_id: int, attachment_id: int) -> Response:
    """The file itself."""
    with rooms.database.reading() as session:
        found = queries.get_attachment(session, current_actor(), attachment_id)
    path = actions.stored_at(rooms.settings.data / "uploads", found)
    if found.submission_id != submission_id or not path.is_file():
        raise NotFound("没有这个附件。", "它可能已被移除，请从申报页面进入。")
    # Who has the very same file shares it on the disk: the file's own time would tell when the first of them had it.
    answer = send_file(
        path,
        mimetype=found.media_type,
        as_attachment=found.media_type not in SHOWN,
        download_name=found.name,
        etag=found.digest,
        last_modified=found.created_at,
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _back(submission_id: int) -> ResponseReturnValue:
    return redirect(url_for(".form", submission_id=submission_id, _anchor="attachments"), code=303)
