"""Submissions by their owners: begun, written in revisions, sent, withdrawn.

Nobody but the owner writes here, and no text that was sent is ever written again.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from caselib import db
from caselib.content import Taxonomy
from caselib.db import key_of
from caselib.errors import CaselibError, Conflict, Forbidden
from caselib.people import Actor
from caselib.review import prechecks, texts
from caselib.review.calendar import written
from caselib.review.events import change, note, take
from caselib.review.models import Call, Revision, Submission
from caselib.review.queries import newest_revision
from caselib.review.rules import clean_reason, may_submit, require_call_seen, require_owner, takes_submissions
from caselib.review.states import SUBMISSION, CallState, SubmissionState, move, require_season


def create_submission(*, session: Session, actor: Actor, call: Call, now: datetime | None = None) -> Submission:
    """An empty draft of the actor's own; its first revision holds what is known already and the headings asked for.

    Raises:
        NotFound: the actor may not know of the call.
        Forbidden: the actor is no submitter.
        Conflict: the call takes no submissions now.
    """
    require_call_seen(actor, call)
    if actor.id is None or not may_submit(actor):
        raise Forbidden("只有报送单位可以申报。", "请用报送单位的账号登录；没有账号的，请联系本站运维人员。")
    session.refresh(call)
    require_season("create", CallState(call.state))
    _require_before_deadline(call, now)
    front = {"year": call.year, "region": actor.province, "submitter": actor.employer or actor.name}
    number = db.draw(session, Submission)
    submission = Submission(id=number, call_id=key_of(call), owner_id=actor.id, **texts.columns(front))
    session.add(submission)
    session.flush()
    revision = _add_revision(session, actor, submission, front, texts.skeleton(call.rulebook.sections), autosave=True)
    note(session, actor, "create", submission, after={"state": submission.state, **_told(revision)})
    return submission


def save_revision(
    *,
    session: Session,
    actor: Actor,
    submission: Submission,
    front: Mapping[str, Any],
    body: str,
    expected_version: int,
    autosave: bool = False,
) -> Revision:
    """Keep the text as it is now; nothing is written when nothing differs, and a form sent twice is no conflict.

    An autosave gives way to whatever is saved next; any other text stays, and the next is a new revision.

    Returns:
        The revision that now holds the text.

    Raises:
        NotFound, Forbidden: the submission is not the actor's own.
        Conflict: it was changed meanwhile and has another text, or cannot be written now.
        CaselibError: the text is longer than can be kept.
    """
    front, body = texts.clean(front, body)
    newest = newest_revision(session, submission)
    same = newest is not None and (newest.front, newest.body) == (front, body)  # 98.0 is 98; their digests differ
    held(session, actor, submission, submission.version if same else expected_version, "edit")
    if newest and same and (autosave or not newest.autosave):
        return newest
    if newest and newest.autosave:
        revision = _rewrite(session, newest, front, body, autosave)
    else:
        revision = _add_revision(session, actor, submission, front, body, autosave)
    shown = texts.columns(front) if submission.number is None else {}
    for key, value in shown.items():
        setattr(submission, key, value)
    change(session, actor, "save", submission, said=_told(revision) | {"autosave": autosave})
    return revision


def send(
    *,
    session: Session,
    actor: Actor,
    submission: Submission,
    expected_version: int,
    taxonomy: Taxonomy,
    now: datetime | None = None,
    number: str = "",
) -> None:
    """Hand the newest text in; the first time it gets its number. What was returned may be sent after the deadline.

    Args:
        number: the one it gets, for a round that is made up; else it is drawn by lot.

    Raises:
        NotFound, Forbidden: the submission is not the actor's own.
        Conflict: it was changed meanwhile, or cannot be sent now, or the year has no number left.
        CaselibError: what the text lacks, everything at once.
    """
    moment = now or db.now()
    call, state = held(session, actor, submission, expected_version, "send")
    if submission.number is None:
        _require_before_deadline(call, moment)
    revision = newest_revision(session, submission)
    if revision is None:
        raise CaselibError("这份申报还没有内容。", "请先填写并保存。")
    _require_complete(revision, call, taxonomy)
    revision.sent, revision.autosave = True, False
    session.add(revision)
    values = texts.columns(revision.front) | {"state": state, "reason": "", "sent_at": moment}
    if submission.number is None:
        values["number"] = number or _draw_number(session, call)
    change(session, actor, "send", submission, **values, said=_told(revision))


def withdraw(
    *, session: Session, actor: Actor, submission: Submission, expected_version: int, reason: str = ""
) -> None:
    """Take the submission back for good; one that was sent needs a reason.

    Raises:
        NotFound, Forbidden: the submission is not the actor's own.
        Conflict: it was changed meanwhile, or cannot be withdrawn now.
        CaselibError: there is no reason.
    """
    _, state = held(session, actor, submission, expected_version, "withdraw")
    kept = clean_reason(reason) if submission.number is not None or reason.strip() else ""
    change(session, actor, "withdraw", submission, state=state, reason=kept)


def held(
    session: Session, actor: Actor, submission: Submission, expected_version: int, verb: str
) -> tuple[Call, SubmissionState]:
    """Take the submission for its owner's ``verb``; its call, and the state the verb leads to.

    Raises:
        NotFound, Forbidden: the submission is not the actor's own.
        Conflict: it was changed meanwhile, or the verb is out of season.
    """
    require_owner(actor, submission)
    call = session.get_one(Call, submission.call_id)
    take(session, actor, submission, expected_version)
    state = move(SUBMISSION, verb, SubmissionState(submission.state))
    require_season(verb, CallState(call.state))
    return call, state


def _require_before_deadline(call: Call, now: datetime | None) -> None:
    if not takes_submissions(call, now or db.now()):
        raise Conflict(f"这次征集已于{written(call.deadline)}截止。", "如有特殊情况，请联系编辑。")


def _require_complete(revision: Revision, call: Call, taxonomy: Taxonomy) -> None:
    found = prechecks.check(revision.front, revision.body, call.rulebook, taxonomy)
    errors = [finding for finding in found if finding.level == "error"]
    if errors:
        listed = "".join(f"{number}. {finding.message}" for number, finding in enumerate(errors, 1))
        raise CaselibError(f"还有 {len(errors)} 处要补正：{listed}", "请逐项补正并保存，再报送。")


_NUMBERS = 90_000
"""How many numbers of five digits there are for a year."""


def _draw_number(session: Session, call: Call) -> str:
    """The year and five digits by lot, so that it tells nobody how many were sent before; two get different ones."""
    taken = set(session.exec(select(Submission.number).where(col(Submission.number).startswith(f"{call.year}-"))))
    if len(taken) >= _NUMBERS:
        raise Conflict(f"{call.year} 年的申报编号已经用完。", "内容已经保存；请联系本站编辑。")
    while (number := f"{call.year}-{10_000 + secrets.randbelow(_NUMBERS)}") in taken:
        pass
    return number


def _add_revision(
    session: Session, actor: Actor, submission: Submission, front: Mapping[str, Any], body: str, autosave: bool
) -> Revision:
    submission.revision += 1
    revision = Revision(
        submission_id=key_of(submission),
        number=submission.revision,
        author_id=actor.id,
        front=dict(front),
        body=body,
        digest=texts.digest(front, body),
        autosave=autosave,
    )
    session.add(revision)
    session.flush()
    return revision


def _rewrite(session: Session, revision: Revision, front: dict[str, Any], body: str, autosave: bool) -> Revision:
    revision.front, revision.body = front, body
    revision.digest, revision.autosave, revision.created_at = texts.digest(front, body), autosave, db.now()
    session.add(revision)
    return revision


def _told(revision: Revision) -> dict[str, Any]:
    """What an event says of a text: which revision, and its fingerprint."""
    return {"revision": revision.number, "digest": revision.digest}
