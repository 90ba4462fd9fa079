"""Reads for an expert: own assignments and what belongs to them. Nothing of anybody else's is read while a round is open.

An assignment that is not the actor's own is NotFound in the same words as one that does not exist, found by the same
statement. What of the text may be seen is ``blinding``'s business.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from caselib.db import key_of
from caselib.errors import NotFound
from caselib.labels import Labelled
from caselib.people import Account, Actor
from caselib.review import rules
from caselib.review.blinding import order_mark
from caselib.review.judgements import Judgement
from caselib.review.models import Assignment, Attachment, Call, CriterionScore, Revision, Submission
from caselib.review.queries import attachments_of, counts, sent_revision
from caselib.review.states import AssignmentState, CallState


class Standing(Labelled):
    """Where an expert's review stands, staleness included."""

    STALE = "stale", "正文已改，请重评"
    STARTED = "started", "评审中"
    UNREAD = "unread", "未读"
    SUBMITTED = "submitted", "已提交"
    ABSTAINED = "abstained", "弃权"

    @property
    def is_open(self) -> bool:
        """Whether there is something to do."""
        return self in (Standing.STALE, Standing.STARTED, Standing.UNREAD)


_STANDINGS = {
    AssignmentState.ASSIGNED: Standing.UNREAD,
    AssignmentState.STARTED: Standing.STARTED,
    AssignmentState.SUBMITTED: Standing.SUBMITTED,
    AssignmentState.ABSTAINED: Standing.ABSTAINED,
}


def standing(assignment: Assignment, digest: str) -> Standing:
    """Where a review stands when ``digest`` is that of the text that counts now."""
    if assignment.state == AssignmentState.SUBMITTED and not rules.is_counted(assignment, digest):
        return Standing.STALE
    return _STANDINGS[AssignmentState(assignment.state)]


class Task(NamedTuple):
    """One line of an expert's list; ``sender`` are names of the account that sent the submission in, for masking."""

    assignment: Assignment
    submission: Submission
    call: Call
    sender: tuple[str, ...]
    standing: Standing
    judgement: Judgement


class Opened(NamedTuple):
    """One review, opened by its expert."""

    assignment: Assignment
    submission: Submission
    call: Call
    sender: tuple[str, ...]
    revision: Revision
    standing: Standing
    judgement: Judgement


def list_tasks(session: Session, actor: Actor, *, key: str) -> list[Task]:
    """The actor's standing assignments of all calls that have come to review, newest call first, in keyed order.

    Three statements, however many there are.
    """
    statement = (
        select(Assignment, Submission, Call, Revision.digest)
        .join(Submission, col(Submission.id) == Assignment.submission_id)
        .join(Call, col(Call.id) == Assignment.call_id)
        .join(Revision, col(Revision.submission_id) == Submission.id)
        .where(Assignment.expert_id == actor.id, counts())
    )
    rows = [row for row in session.exec(statement) if rules.may_see_review(actor, row[0], row[1], row[2])]
    senders = _senders(session, [submission for _, submission, _, _ in rows])
    scores = _scores(session, [assignment for assignment, _, _, _ in rows])
    tasks = [
        Task(
            assignment=assignment,
            submission=submission,
            call=call,
            sender=senders[submission.owner_id],
            standing=standing(assignment, digest),
            judgement=Judgement.of(scores[key_of(assignment)], assignment.comment),
        )
        for assignment, submission, call, digest in rows
    ]
    return sorted(
        tasks, key=lambda task: (-task.call.year, -key_of(task.call), order_mark(key, actor, task.submission))
    )


def open_review(session: Session, actor: Actor, assignment_id: int) -> Opened:
    """The actor's own assignment, ready to read and write; four statements.

    Raises:
        NotFound: there is none that the actor may know of.
    """
    statement = (
        select(Assignment, Submission, Call)
        .join(Submission, col(Submission.id) == Assignment.submission_id)
        .join(Call, col(Call.id) == Assignment.call_id)
        .where(Assignment.id == assignment_id, Assignment.expert_id == actor.id)
    )
    found = session.exec(statement).first()
    if found is None:
        raise NotFound(rules.NO_ASSIGNMENT, rules.TO_OWN_REVIEWS)
    assignment, submission, call = found
    rules.require_review_seen(actor, assignment, submission, call)
    revision = sent_revision(session, submission)
    if revision is None:
        raise NotFound(rules.NO_ASSIGNMENT, rules.TO_OWN_REVIEWS)
    return Opened(
        assignment=assignment,
        submission=submission,
        call=call,
        sender=_senders(session, [submission])[submission.owner_id],
        revision=revision,
        standing=standing(assignment, revision.digest),
        judgement=Judgement.of(_scores(session, [assignment])[assignment_id], assignment.comment),
    )


def next_for(session: Session, actor: Actor, call: Call, *, key: str, after: Assignment | None = None) -> int | None:
    """The number of the actor's open assignment whose submission has the fewest submitted reviews; None if none is open.

    Between equals the actor's own order decides. Four statements.

    Args:
        after: an assignment to leave out, the one that was just worked on.
    """
    waiting = [
        task
        for task in list_tasks(session, actor, key=key)
        if task.call.id == call.id and task.standing.is_open and (after is None or task.assignment.id != after.id)
    ]
    counts = (
        select(Assignment.submission_id, func.count())
        .where(
            col(Assignment.submission_id).in_([task.submission.id for task in waiting]),
            Assignment.state == AssignmentState.SUBMITTED,
            Assignment.expert_id != actor.id,
        )
        .group_by(col(Assignment.submission_id))
    )
    done = dict(session.exec(counts).all())
    least = min(waiting, key=lambda task: done.get(key_of(task.submission), 0), default=None)
    return key_of(least.assignment) if least else None


def attachments(session: Session, opened: Opened) -> list[Attachment]:
    """The attachments that the text was sent with, oldest first: none under double blind. At most one statement."""
    return [] if opened.call.rulebook.blind == "double" else attachments_of(session, opened.submission, sent=True)


def others_totals(session: Session, opened: Opened) -> list[float]:
    """Totals that the other experts gave the same text, highest first, once the round is closed; else none.

    Nor is there any for one whose own review does not count: it could still be written if review were resumed. Who gave
    which is not told. Two statements.
    """
    if opened.call.state == CallState.REVIEWING or opened.standing is not Standing.SUBMITTED:
        return []
    statement = select(Assignment).where(
        Assignment.submission_id == opened.submission.id, Assignment.id != opened.assignment.id
    )
    others = [each for each in session.exec(statement) if rules.is_counted(each, opened.revision.digest)]
    scores = _scores(session, others)
    totals = [Judgement.of(rows, "").total(opened.call.rulebook.rubric) for rows in scores.values()]
    return sorted((total for total in totals if total is not None), reverse=True)


def _scores(session: Session, assignments: Iterable[Assignment]) -> dict[int, list[CriterionScore]]:
    """Scores by the assignment's number; one statement."""
    wanted = [assignment.id for assignment in assignments]
    found: dict[int, list[CriterionScore]] = defaultdict(list)
    for row in session.exec(select(CriterionScore).where(col(CriterionScore.assignment_id).in_(wanted))):
        found[row.assignment_id].append(row)
    return found


def _senders(session: Session, submissions: Iterable[Submission]) -> dict[int, tuple[str, ...]]:
    """Name and employer of the accounts that sent these in, by the account's number; one statement."""
    owners = {submission.owner_id for submission in submissions}
    statement = select(Account.id, Account.name, Account.employer).where(col(Account.id).in_(owners))
    return {number or 0: (name, employer) for number, name, employer in session.exec(statement)}
