"""Where the reviews of a call stand, for its editors: by expert, by submission, in all. Counts only, no score.

What an editor is tied to is in no expert's counts: they would tell who reviews it, once the others are subtracted.
It decides nothing; what to do next is in ``next_steps``.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select

from caselib import db
from caselib.db import key_of
from caselib.people import Account, Actor
from caselib.review.calendar import is_over
from caselib.review.expert_queries import Standing, standing
from caselib.review.models import Assignment, Call, Submission
from caselib.review.queries import reasons_against, sent_digests
from caselib.review.rules import require_editor
from caselib.review.states import AssignmentState, SubmissionState


@dataclass(frozen=True)
class Counts:
    """How many reviews stand where; those that were released are in none.

    Attributes:
        unread: assigned and not begun.
        started: begun and not submitted.
        done: submitted, of the text that counts.
        stale: submitted, of a text that was amended since.
        abstained: the expert could not judge.
        recused: given back because of a tie.
        late: of unread, started and stale, those past the review deadline.
    """

    unread: int = 0
    started: int = 0
    done: int = 0
    stale: int = 0
    abstained: int = 0
    recused: int = 0
    late: int = 0

    @property
    def left(self) -> int:
        """Reviews that somebody has still to do."""
        return self.unread + self.started + self.stale

    @property
    def assigned(self) -> int:
        """Reviews that count or will."""
        return self.left + self.done

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)})


COUNT_NAMES = ("未读", "评审中", "完成", "失效", "弃权", "回避", "逾期")
"""What the counts are called, in the order of their fields."""


@dataclass(frozen=True)
class ExpertProgress:
    """One expert's part of the round."""

    account_id: int
    name: str
    email: str
    counts: Counts


@dataclass(frozen=True)
class SubmissionProgress:
    """One submission's reviews; ``short`` is how many more it needs than are assigned."""

    submission_id: int
    number: str
    title: str
    counts: Counts
    short: int


@dataclass(frozen=True)
class Progress:
    """A round: every expert who was ever assigned, by name, and every accepted submission, by number.

    Attributes:
        hidden: how many submissions the one who looks must leave alone; ``experts`` is without them, ``total`` is not.
    """

    total: Counts
    experts: tuple[ExpertProgress, ...]
    submissions: tuple[SubmissionProgress, ...]
    hidden: int = 0

    @property
    def begun(self) -> bool:
        """Whether anybody has a review or had one; those that were released are in no count."""
        return self.total != Counts()

    @property
    def short(self) -> int:
        """Reviews that nobody is assigned to."""
        return sum(one.short for one in self.submissions)

    @property
    def behind(self) -> "Progress":
        """Only the experts who have reviews left to do, and the submissions whose reviews are not all done."""
        return replace(
            self,
            experts=tuple(one for one in self.experts if one.counts.left),
            submissions=tuple(one for one in self.submissions if one.counts.left or one.short),
        )

    @property
    def is_whole(self) -> bool:
        """Whether every review that the rules ask for is done."""
        return bool(self.submissions) and not self.total.left and not self.short


_COUNTED = {
    Standing.UNREAD: "unread",
    Standing.STARTED: "started",
    Standing.SUBMITTED: "done",
    Standing.STALE: "stale",
    Standing.ABSTAINED: "abstained",
}


def progress(*, session: Session, actor: Actor, call: Call, now: datetime | None = None) -> Progress:
    """The round as it is; three statements, however large it is.

    Raises:
        Forbidden: the actor is no editor.
    """
    require_editor(actor)
    late = bool(call.review_deadline and is_over(call.review_deadline, now or db.now()))
    digests = sent_digests(session, call)
    people: dict[int, list[Counts]] = defaultdict(list)
    who: dict[int, tuple[str, str]] = {}
    texts: dict[int, list[Counts]] = defaultdict(list)
    rows = session.exec(_lines(call)).all()
    shown = {key_of(submission): submission for submission, *_ in rows}
    tied = reasons_against(session, actor, list(shown.values()))
    for submission, assignment, name, email in rows:
        key = key_of(submission)
        if assignment is not None:
            counts = count(assignment, digests.get(key, ""), late=late)
            texts[key].append(counts)
            if key not in tied:
                people[assignment.expert_id].append(counts)
                who[assignment.expert_id] = (name or "", email or "")
    experts = [ExpertProgress(one, *who[one], counts=_total(found)) for one, found in people.items()]
    submissions = [_of(submission, _total(texts[key]), call.rulebook.reviews) for key, submission in shown.items()]
    return Progress(
        total=_total(one.counts for one in submissions),
        experts=tuple(sorted(experts, key=lambda one: (one.name, one.account_id))),
        submissions=tuple(submissions),
        hidden=len(tied),
    )


def count(assignment: Assignment, digest: str, *, late: bool) -> Counts:
    """One assignment as counts; ``digest`` is of the text that counts, ``late`` whether the deadline is over."""
    if assignment.state == AssignmentState.RELEASED:
        return Counts()
    if assignment.state == AssignmentState.RECUSED:
        return Counts(recused=1)
    where = standing(assignment, digest)
    return Counts(**{_COUNTED[where]: 1}, late=int(late and where.is_open))


def _lines(call: Call) -> Select[Submission, Assignment, str, str]:
    """Accepted submissions by number, each with its assignments, or with none."""
    return (
        select(Submission, Assignment, Account.name, Account.email)
        .outerjoin(Assignment, col(Assignment.submission_id) == Submission.id)
        .outerjoin(Account, col(Account.id) == Assignment.expert_id)
        .where(Submission.call_id == call.id, Submission.state == SubmissionState.ACCEPTED)
        .order_by(func.length(Submission.number), col(Submission.number), col(Assignment.expert_id))
    )


def _of(submission: Submission, counts: Counts, wanted: int) -> SubmissionProgress:
    number, short = submission.number or "", max(wanted - counts.assigned, 0)
    return SubmissionProgress(key_of(submission), number, submission.title, counts, short)


def _total(counts: Iterable[Counts]) -> Counts:
    return sum(counts, Counts())
