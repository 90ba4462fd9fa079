"""Attachments of a submission: added and removed by its owner while it can be written.

The bytes lie under their digest in the uploads folder, written before the row and never removed here: the history keeps them.
"""

from hashlib import sha256
from pathlib import Path

from sqlmodel import Session

from caselib import db
from caselib.content.files import write_atomically
from caselib.db import key_of
from caselib.errors import CaselibError, Conflict, NotFound
from caselib.people import Actor
from caselib.review.actions.submissions import held
from caselib.review.events import change
from caselib.review.filetypes import clean_name, free_name, media_type
from caselib.review.models import Attachment, Submission
from caselib.review.queries import attachments_of

MOST = 10
"""Attachments of one submission, at most."""


def add_attachment(
    *,
    session: Session,
    actor: Actor,
    submission: Submission,
    expected_version: int,
    name: str,
    data: bytes,
    uploads: Path,
) -> Attachment:
    """Keep a file with the submission.

    Raises:
        NotFound, Forbidden: the submission is not the actor's own.
        Conflict: it was changed meanwhile, cannot be written now, or has this very file already.
        CaselibError: the file is of a type, size or number that is not allowed.
    """
    held(session, actor, submission, expected_version, "edit")
    kind = media_type(name, data)
    digest = sha256(data).hexdigest()
    others = attachments_of(session, submission, sent=False)
    if same := next((other for other in others if other.digest == digest), None):
        raise Conflict(f"这个文件已经上传过，名为“{same.name}”。", "不必重复上传。")
    if len(others) >= MOST:
        raise CaselibError(f"附件已有 {MOST} 个，不能再多。", "请先移除不需要的附件，或合并成一个文件。")
    attachment = Attachment(
        id=db.draw(session, Attachment),
        submission_id=key_of(submission),
        name=free_name(clean_name(name), {other.name for other in others}),
        media_type=kind,
        size=len(data),
        digest=digest,
    )
    _store(uploads, digest, data)
    session.add(attachment)
    session.flush()
    change(session, actor, "attach", submission, said=_told(attachment))
    return attachment


def remove_attachment(
    *, session: Session, actor: Actor, submission: Submission, expected_version: int, attachment: Attachment
) -> None:
    """Take a file from the submission; its row and its bytes stay for the history.

    Raises:
        NotFound, Forbidden: the submission is not the actor's own, or the attachment is not there (any more).
        Conflict: the submission was changed meanwhile, or cannot be written now.
    """
    held(session, actor, submission, expected_version, "edit")
    session.refresh(attachment)
    if attachment.submission_id != submission.id or attachment.removed_at is not None:
        raise NotFound("没有这个附件。", "它可能已被移除，请刷新页面。")
    attachment.removed_at = db.now()
    session.add(attachment)
    change(session, actor, "detach", submission, said=_told(attachment))


def stored_at(uploads: Path, attachment: Attachment) -> Path:
    """Where the attachment's bytes are."""
    return uploads / attachment.digest


def _store(uploads: Path, digest: str, data: bytes) -> None:
    uploads.mkdir(parents=True, exist_ok=True)
    path = uploads / digest
    if not path.exists():
        write_atomically(path, data)


def _told(attachment: Attachment) -> dict[str, str | int | None]:
    """What an event says of a file."""
    return {"attachment": attachment.id, "name": attachment.name, "digest": attachment.digest, "size": attachment.size}
