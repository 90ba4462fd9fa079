"""The tables of a review round: calls, submissions and their revisions, assignments, scores, declared conflicts and discussions.

``state`` columns repeat what the journal says, so that a list is one query; a test and ``caselib audit verify`` hold the
two together. Rows are never deleted: what is over is in a state that says so.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlmodel import Field

from caselib.db import Table, UtcDateTime, now
from caselib.review.rulebook import Rulebook
from caselib.review.states import AssignmentState, CallState, SubmissionState


def refers(to: str, *, key: bool = False, null: bool = False) -> Column[int]:
    """A column that holds the id of a row of another table."""
    return Column(Integer, ForeignKey(to), primary_key=key, nullable=null, index=not key)


class Call(Table, table=True):
    """A year's call for cases.

    ``deadline`` and ``review_deadline`` are days in Asia/Shanghai and last to their end. ``rules_digest`` is set when
    review opens; from then on ``rules`` changes only by a recorded amendment. ``version`` grows with every change, so
    that the second of two editors can be told.
    """

    __tablename__ = "call"

    id: int | None = Field(default=None, primary_key=True)
    year: int
    title: str = Field(max_length=120)
    intro: str = Field(default="", sa_type=Text)
    deadline: date
    review_deadline: date | None = None
    batch: int
    rules: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    rules_digest: str = Field(default="", max_length=64)
    state: str = Field(default=CallState.DRAFT, max_length=16)
    version: int = 0
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)

    @property
    def rulebook(self) -> Rulebook:
        """The rules, typed."""
        return Rulebook.model_validate(self.rules)


class Submission(Table, table=True):
    """One case sent in for a call; its text is in its revisions.

    ``id``, in addresses, and ``number`` (``2022-38174``), given when it is first sent, are drawn by lot: they tell their owner
    nothing of others. ``revision`` is the number of the newest revision, which its
    writer works on. The columns from ``title`` to ``submitter`` repeat the front matter of the newest sent revision (before
    the first sending, of the draft) for lists, filters and quotas, so that they never tell of an unsent change.
    """

    __tablename__ = "submission"

    id: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(sa_column=refers("call.id"))
    owner_id: int = Field(sa_column=refers("account.id"))
    number: str | None = Field(default=None, max_length=16, unique=True)
    state: str = Field(default=SubmissionState.DRAFT, max_length=16)
    reason: str = Field(default="", sa_type=Text)
    revision: int = 0
    title: str = Field(default="", max_length=120)
    region: str = Field(default="", max_length=6)
    industry: list[str] = Field(default_factory=list, sa_type=JSON)
    firm: str = Field(default="", max_length=128)
    firm_size: str = Field(default="", max_length=8)
    certifier: str = Field(default="", max_length=128)
    submitter: str = Field(default="", max_length=128)
    version: int = 0
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Revision(Table, table=True):
    """One state of a submission's text: front matter (the keys of a case) and body.

    ``digest`` is what a review keeps to know which text it judged. A revision that was ``sent`` is never written again; one
    that is an ``autosave`` gives way to whatever is saved next.
    """

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(sa_column=refers("submission.id"))
    number: int
    author_id: int | None = Field(default=None, sa_column=refers("account.id", null=True))
    front: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    body: str = Field(default="", sa_type=Text)
    digest: str = Field(max_length=64)
    sent: bool = False
    autosave: bool = False
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class Attachment(Table, table=True):
    """A file that belongs to a submission; its bytes are under ``DATA/uploads/<digest>``."""

    __tablename__ = "attachment"

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(sa_column=refers("submission.id"))
    name: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    digest: str = Field(max_length=64)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Assignment(Table, table=True):
    """One expert's review of one submission.

    ``judged`` is the digest of the revision that was scored; where it is not the current one the review is stale.
    ``reason`` is why the expert recused or abstained, or an editor released it.
    """

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("submission_id", "expert_id"),)

    id: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(sa_column=refers("call.id"))
    submission_id: int = Field(sa_column=refers("submission.id"))
    expert_id: int = Field(sa_column=refers("account.id"))
    state: str = Field(default=AssignmentState.ASSIGNED, max_length=16)
    judged: str = Field(default="", max_length=64)
    comment: str = Field(default="", sa_type=Text)
    reason: str = Field(default="", sa_type=Text)
    version: int = 0
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reminded_on: date | None = None


class CriterionScore(Table, table=True):
    """An expert's score of one criterion, with a comment; no row, or None, is missing and never zero.

    ``unable`` tells 无法评价 (the expert cannot judge this) from a score that is not there yet.
    """

    __tablename__ = "criterion_score"

    assignment_id: int = Field(sa_column=refers("assignment.id", key=True))
    criterion: str = Field(sa_type=String(64), primary_key=True)
    score: float | None = None
    unable: bool = False
    comment: str = Field(default="", sa_type=Text)


class DeclaredConflict(Table, table=True):
    """What somebody (expert or editor) declared: a conflict of interest with a submission, and why."""

    __tablename__ = "tie"
    __table_args__ = (UniqueConstraint("account_id", "submission_id"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(sa_column=refers("account.id"))
    submission_id: int = Field(sa_column=refers("submission.id"))
    reason: str = Field(sa_type=Text)
    declared_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    declared_by: int | None = Field(default=None, sa_column=refers("account.id", null=True))


class Discussion(Table, table=True):
    """A panel discussion (合议) of one submission: who took part, what came of it and why.

    ``outcome`` is ``include``, ``exclude`` or ``stand`` (the figures stand).
    """

    __tablename__ = "discussion"

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(sa_column=refers("submission.id"))
    outcome: str = Field(max_length=16)
    reason: str = Field(sa_type=Text)
    present: str = Field(default="", sa_type=Text)
    recorded_by: int | None = Field(default=None, sa_column=refers("account.id", null=True))
    recorded_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
