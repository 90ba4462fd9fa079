"""The record of what was done: one event an action, in an append-only chain of hashes.

An event is written in the transaction of what it records, so that there is never one without the other. Nothing here
knows what an action means, and nothing ever changes or removes an event.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, String
from sqlmodel import Field, Session, col, select

from caselib.canonical import canonical_sha256
from caselib.db import Table, UtcDateTime, now

GENESIS = "0" * 64


class Event(Table, table=True):
    """Who did what to what and when, and what it changed.

    ``subject`` is a kind and a number (``submission:12``); ``call_id`` groups a call's events. ``before`` and ``after``
    hold what changed and nothing else. ``digest`` is over everything here and ``previous``.
    """

    __tablename__ = "event"

    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcDateTime)
    actor_id: int | None = Field(default=None, index=True)
    actor: str = Field(max_length=64)
    action: str = Field(max_length=64)
    subject: str = Field(max_length=64, index=True)
    call_id: int | None = Field(default=None, index=True)
    before: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    after: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    previous: str = Field(sa_type=String(64))
    digest: str = Field(sa_type=String(64), unique=True)

    def computed(self) -> str:
        """SHA-256 over the canonical JSON (sorted keys, no spaces, UTF-8) of every field but ``digest``."""
        content = self.model_dump(exclude={"digest", "at"}) | {"at": self.at.isoformat()}
        return canonical_sha256(content)


@dataclass(frozen=True)
class Break:
    """A place where the chain does not hold; ``seq`` names the event, or the first one missing."""

    seq: int
    message: str


def record(
    session: Session,
    *,
    actor_id: int | None,
    actor: str,
    action: str,
    subject: str,
    call_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> Event:
    """Append an event to the chain, in the session's transaction; there is one writer at a time (``db``)."""
    last = session.exec(select(Event).order_by(col(Event.seq).desc()).limit(1)).first()
    event = Event(
        seq=last.seq + 1 if last else 1,
        at=now(),
        actor_id=actor_id,
        actor=actor,
        action=action,
        subject=subject,
        call_id=call_id,
        before=dict(before or {}),
        after=dict(after or {}),
        previous=last.digest if last else GENESIS,
        digest="",
    )
    event.digest = event.computed()
    session.add(event)
    session.flush()
    return event


def verify(session: Session, head: str = "") -> tuple[int, list[Break]]:
    """Walk the whole chain: how many events there are, and every place where it does not hold.

    Args:
        head: digest of an event that is known to have been written (printed by an earlier run); its absence means
            that the end of the chain was cut off.
    """
    breaks: list[Break] = []
    expected, previous, seen = 1, GENESIS, not head
    count = 0
    for event in session.exec(select(Event).order_by(col(Event.seq)).execution_options(yield_per=500)):
        breaks += _breaks(event, expected, previous)
        expected, previous = event.seq + 1, event.digest
        seen = seen or event.digest == head
        count += 1
    if not seen:
        breaks.append(Break(expected, f"链尾被截断：找不到已知的事件 {head[:12]}…。"))
    return count, breaks


def _breaks(event: Event, expected: int, previous: str) -> Iterator[Break]:
    if event.seq != expected:
        gap = f"第 {expected} 条" if event.seq == expected + 1 else f"第 {expected} 至 {event.seq - 1} 条"
        yield Break(expected, f"{gap}缺失。")
    elif event.previous != previous:
        yield Break(event.seq, f"第 {event.seq} 条与前一条不相接（次序被调换，或前一条被替换）。")
    if event.digest != event.computed():
        yield Break(event.seq, f"第 {event.seq} 条（{event.action}，{event.subject}）的内容被改动。")


def events_of(session: Session, subject: str) -> list[Event]:
    """What happened to one thing, in order."""
    return list(session.exec(select(Event).where(Event.subject == subject).order_by(col(Event.seq))))


def last_digest(session: Session) -> str:
    """Digest of the newest event; :data:`GENESIS` if there is none."""
    return session.exec(select(Event.digest).order_by(col(Event.seq).desc()).limit(1)).first() or GENESIS
