"""Reviews by their experts: saved half done, submitted, opened again, abstained from.

Only the expert of a standing assignment writes here, and only while the round is open. Recusal ends an assignment and
is ``assignment``'s business.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlmodel import Session, col, select

from caselib import db
from caselib.db import key_of
from caselib.errors import Conflict
from caselib.mail import Letter
from caselib.people import Account, Actor, Role
from caselib.people.queries import works_as
from caselib.review import blinding, expert_letters, judgements
from caselib.review.actions.binding import declared_conflict
from caselib.review.events import change, take
from caselib.review.judgements import Judgement
from caselib.review.models import Assignment, Call, CriterionScore, Revision, Submission
from caselib.review.queries import counts, is_final, sent_revision
from caselib.review.rules import clean_reason, require_review_seen
from caselib.review.states import ASSIGNMENT, AssignmentState, CallState, SubmissionState, move, require_season


def save(
    *, session: Session, actor: Actor, assignment: Assignment, judgement: Judgement, expected_version: int
) -> None:
    """Keep half-done work; it is never counted. A form sent twice is no conflict.

    Raises:
        NotFound: the assignment is not the actor's own, or does not stand.
        Conflict: the actor is tied to the submission, it was changed meanwhile and holds other work, is submitted, or the round
            is not open.
        Misfit: a score or a comment does not fit the rubric.
    """
    if assignment.version != expected_version and _judgement(session, assignment) == judgement:
        expected_version = assignment.version
    call, _, state = _hold(session, actor, assignment, expected_version, "save")
    kept = judgements.checked(judgement, call.rulebook.rubric)
    _write(session, actor, "save", assignment, kept, state=state)


def submit(
    *,
    session: Session,
    actor: Actor,
    assignment: Assignment,
    judgement: Judgement,
    expected_version: int,
    key: str,
    seen: str,
) -> None:
    """Keep the judgement and count it; the review keeps the digest of the text it judged.

    Args:
        seen: :func:`blinding.text_mark` under ``key`` of the text that the expert read.

    Raises:
        NotFound: the assignment is not the actor's own, or does not stand.
        Conflict: the actor is tied to the submission, it or the text was changed meanwhile, the text is being amended, or the
            round is not open.
        Misfit: something is missing or does not fit.
    """
    call, submission, state = _hold(session, actor, assignment, expected_version, "submit")
    kept = judgements.checked(judgement, call.rulebook.rubric)
    judgements.require_whole(kept, call.rulebook.rubric)
    if submission.state != SubmissionState.ACCEPTED:
        raise Conflict("这份申报已退回修改，暂时不能提交评审。", "请先保存，等改好的正文通过形式审查后再提交。")
    revision = sent_revision(session, submission)
    if revision is None or seen != blinding.text_mark(key, actor, revision):
        raise Conflict("您打开之后，这份申报的正文有改动。", "请看过新的正文再提交；您填的内容都还在。")
    values = {"state": state, "judged": revision.digest, "submitted_at": db.now()}
    _write(session, actor, "submit", assignment, kept, **values)


def reopen(*, session: Session, actor: Actor, assignment: Assignment, expected_version: int) -> None:
    """Take a submitted review, or an abstention, back to work on it again; it does not count until it is submitted.

    Raises:
        NotFound: the assignment is not the actor's own, or does not stand.
        Conflict: the actor is tied to the submission, it was changed meanwhile, there is nothing to open, the round is not
            open, or was closed once and let the actor see what others gave.
    """
    _, _, state = _hold(session, actor, assignment, expected_version, "reopen")
    if is_final(session, assignment):
        raise Conflict(
            "评审结束过一次，各位专家的总分已经可以看到，已提交的评审不能再改。",
            "确有错误的，请告诉编辑，由合议处理。",
        )
    change(session, actor, "reopen", assignment, state=state, reason="", submitted_at=None)


def abstain(*, session: Session, actor: Actor, assignment: Assignment, expected_version: int, reason: str) -> None:
    """Say that one cannot judge this, and why; what was written stays and is not counted.

    Raises:
        NotFound: the assignment is not the actor's own, or does not stand.
        Conflict: the actor is tied to the submission, it was changed meanwhile, is submitted, or the round is not open.
        CaselibError: there is no reason.
    """
    _, _, state = _hold(session, actor, assignment, expected_version, "abstain")
    change(session, actor, "abstain", assignment, state=state, reason=clean_reason(reason))


def stale_letters(session: Session, submissions: Collection[Submission], *, site: str, base_url: str) -> list[Letter]:
    """A letter to each expert whose submitted review judged another text than the one sent last; one statement.

    For whoever accepts amended submissions; to be sent after the commit. It names neither firm nor title.

    Args:
        base_url: empty when the site does not know its own address.
    """
    statement = (
        select(Assignment.id, Account.name, Account.email, Call.title)
        .join(Account, col(Account.id) == Assignment.expert_id)
        .join(Call, col(Call.id) == Assignment.call_id)
        .join(Revision, col(Revision.submission_id) == Assignment.submission_id)
        .where(
            counts(),
            col(Assignment.submission_id).in_([submission.id for submission in submissions]),
            Assignment.state == AssignmentState.SUBMITTED,
            Assignment.judged != Revision.digest,
            Account.email != "",
            works_as(Role.EXPERT),
        )
    )
    return [
        expert_letters.stale(name, email, call=title, assignment_id=number or 0, site=site, base_url=base_url)
        for number, name, email, title in session.exec(statement.order_by(col(Assignment.expert_id)))
    ]


def _hold(
    session: Session, actor: Actor, assignment: Assignment, expected_version: int, verb: str
) -> tuple[Call, Submission, AssignmentState]:
    """Take the actor's own assignment for ``verb``; its call and submission, and the state the verb leads to."""
    submission = session.get_one(Submission, assignment.submission_id)
    call = session.get_one(Call, assignment.call_id)
    require_review_seen(actor, assignment, submission, call)
    require_season(verb, CallState(call.state))
    if known := declared_conflict(session, assignment.expert_id, assignment.submission_id):
        raise Conflict(f"您与这份申报有利害关系（{known.reason}），不能评审。", "请点“回避”，交回这一份。")
    take(session, actor, assignment, expected_version)
    state = move(ASSIGNMENT, verb, AssignmentState(assignment.state))
    return call, submission, state


def _write(
    session: Session, actor: Actor, verb: str, assignment: Assignment, judgement: Judgement, **values: Any
) -> None:
    rows = {row.criterion: row for row in _scores(session, assignment)}
    before = Judgement.of(rows.values(), assignment.comment)
    for key in {**rows, **judgement.scores, **judgement.comments}:
        row = rows.get(key) or CriterionScore(assignment_id=key_of(assignment), criterion=key)
        row.score = judgement.scores.get(key)
        row.unable = row.score is None and key in judgement.scores
        row.comment = judgement.comments.get(key, "")
        session.add(row)
    beside = {"scores": (before.scores, judgement.scores), "comments": (before.comments, judgement.comments)}
    change(session, actor, verb, assignment, beside=beside, comment=judgement.comment, **values)


def _judgement(session: Session, assignment: Assignment) -> Judgement:
    return Judgement.of(_scores(session, assignment), assignment.comment)


def _scores(session: Session, assignment: Assignment) -> Sequence[CriterionScore]:
    return session.exec(select(CriterionScore).where(CriterionScore.assignment_id == assignment.id)).all()
