"""The tables of publishing: selections with their decision files, notices, objections, releases and tombstones.

A selection is kept whole, as the file that anyone can replay. Rows are never deleted.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Text, UniqueConstraint
from sqlmodel import Field

from caselib.db import Table, UtcDateTime, now
from caselib.review.models import refers


class Selection(Table, table=True):
    """A pick that an editor recorded: the decision file (``caselib-decision/1``) with experts under pseudonyms.

    ``submissions`` maps the file's ids to submissions' numbers of this database.
    """

    __tablename__ = "selection"

    id: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(sa_column=refers("call.id"))
    decision: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    sha256: str = Field(max_length=64)
    submissions: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    recorded_by: int | None = Field(default=None, sa_column=refers("account.id", null=True))
    recorded_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class Notice(Table, table=True):
    """The public notice of a selection; it runs from the beginning of one day to the end of another (Asia/Shanghai)."""

    __tablename__ = "notice"

    id: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(sa_column=refers("call.id"))
    selection_id: int = Field(sa_column=refers("selection.id"))
    starts: date
    ends: date
    text: str = Field(default="", sa_type=Text)
    version: int = 0
    retracted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Objection(Table, table=True):
    """An objection to one case under notice: ``filed``, then ``answered``, then ``closed`` (upheld or not)."""

    __tablename__ = "objection"

    id: int | None = Field(default=None, primary_key=True)
    notice_id: int = Field(sa_column=refers("notice.id"))
    submission_id: int = Field(sa_column=refers("submission.id"))
    state: str = Field(default="filed", max_length=16)
    name: str = Field(max_length=64)
    contact: str = Field(max_length=128)
    text: str = Field(sa_type=Text)
    answer: str = Field(default="", sa_type=Text)
    upheld: bool | None = None
    version: int = 0
    filed_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Release(Table, table=True):
    """One batch going out: the files it will write, prepared before the first is written, so that it can be finished.

    ``files`` maps a path under the content root to the SHA-256 of what it will hold; it is empty after the release was
    undone, and filled again by the next try.
    """

    __tablename__ = "release"
    __table_args__ = (UniqueConstraint("batch"),)

    id: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(sa_column=refers("call.id"))
    batch: int
    files: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    prepared_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Tombstone(Table, table=True):
    """A case that was published and withdrawn: its address says so, and why.

    ``digest`` is the SHA-256 of the file that was withdrawn.
    """

    __tablename__ = "tombstone"

    slug: str = Field(primary_key=True, max_length=200)
    title: str = Field(max_length=120)
    reason: str = Field(sa_type=Text)
    digest: str = Field(default="", max_length=64)
    withdrawn_by: int | None = Field(default=None, sa_column=refers("account.id", null=True))
    withdrawn_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
