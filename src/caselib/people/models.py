"""The tables of people: accounts, their roles, what an expert is expert in, sessions that ended, and counted
attempts to sign in.

An account is never deleted (what it did stays attributed to it), only disabled.
"""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Integer, String
from sqlmodel import Field, Relationship

from caselib.db import Table, UtcDateTime, now
from caselib.people.actors import Actor, Role

_ROLES = ", ".join(f"'{role}'" for role in Role)


def _account_key() -> Column[int]:
    return Column(Integer, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)


class AccountRole(Table, table=True):
    """One role of one account."""

    __tablename__ = "account_role"
    __table_args__ = (CheckConstraint(f"role IN ({_ROLES})", name="known_role"),)

    account_id: int | None = Field(default=None, sa_column=_account_key())
    role: str = Field(sa_type=String(16), primary_key=True)


class Expert(Table, table=True):
    """What an expert knows and where the expert belongs in a review.

    ``industries`` are keys of GB/T 4754-2017 (``C``, ``C23``); ``panel`` is the name of a review panel, or empty.
    """

    __tablename__ = "expert"

    account_id: int | None = Field(default=None, sa_column=_account_key())
    panel: str = Field(default="", max_length=64)
    industries: list[str] = Field(default_factory=list, sa_type=JSON)


class Account(Table, table=True):
    """Somebody who can sign in, with the ties that recusal looks at.

    ``password_hash`` is empty until the invitation is accepted. ``session_version`` grows whenever sessions and
    links given out before must stop working: a new password, a disabled account.
    """

    __tablename__ = "account"

    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(max_length=32, unique=True)
    name: str = Field(max_length=64)
    email: str = Field(default="", max_length=254, index=True)
    employer: str = Field(default="", max_length=128)
    province: str = Field(default="", max_length=6)
    certifier: str = Field(default="", max_length=128)
    password_hash: str = Field(default="", max_length=255, repr=False)
    session_version: int = 0
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    signed_in_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    grants: list[AccountRole] = Relationship(
        sa_relationship_kwargs={"lazy": "selectin", "cascade": "all, delete-orphan"}
    )
    expert: Expert | None = Relationship(
        sa_relationship_kwargs={"lazy": "selectin", "cascade": "all, delete-orphan", "uselist": False}
    )

    @property
    def roles(self) -> frozenset[Role]:
        """The roles the account has."""
        return frozenset(Role(grant.role) for grant in self.grants)

    @property
    def actor(self) -> Actor:
        """The account as the one who acts."""
        return Actor(
            id=self.id,
            username=self.username,
            name=self.name,
            roles=self.roles,
            email=self.email,
            employer=self.employer,
            province=self.province,
            certifier=self.certifier,
        )


class EndedSession(Table, table=True):
    """A session that was signed out of: whoever kept its cookie opens nothing with it any more.

    Never deleted: cookies are renewed without checking the account, so an old copy can stay valid for ever.
    """

    __tablename__ = "ended_session"

    id: str = Field(primary_key=True, max_length=32)


class Attempts(Table, table=True):
    """How often something that is limited was tried since ``since``; ``key`` is a digest and names nobody."""

    __tablename__ = "attempts"

    key: str = Field(primary_key=True, max_length=64)
    count: int
    since: datetime = Field(sa_type=UtcDateTime, index=True)
