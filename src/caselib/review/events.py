"""How this room and publishing write history: one event an action, with what it changed, in its transaction.

``take`` a row before changing it, ``change`` it once at the end. Nothing here decides whether an action is allowed.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Protocol

from sqlmodel import Session, col, select

from caselib import journal
from caselib.db import Table
from caselib.errors import Conflict
from caselib.people import Actor, Role


class Versioned(Protocol):
    """A row with a number of its own and a ``version`` that grows with every change."""

    id: int | None
    version: int


def subject_of(row: Table) -> str:
    """What the journal calls a row: its table and its number (``submission:12``)."""
    return f"{row.__tablename__}:{getattr(row, 'id', None)}"


def note(
    session: Session,
    actor: Actor,
    action: str,
    row: Table,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    call_id: int | None = None,
) -> journal.Event:
    """Write the event ``<table>.<action>`` about ``row``; its call is found in the row unless it is given."""
    session.flush()  # a new row gets its number here
    kind = str(row.__tablename__)
    own = getattr(row, "id", None) if kind == "call" else getattr(row, "call_id", None)
    return journal.record(
        session,
        actor_id=actor.id,
        actor=actor.name,
        action=f"{kind}.{action}",
        subject=subject_of(row),
        call_id=call_id if call_id is not None else own,
        before=_plain(before or {}),
        after=_plain(after or {}),
    )


def take(session: Session, actor: Actor, row: Versioned, expected_version: int) -> None:
    """Read ``row`` as it is now in the database, to change it.

    Raises:
        Conflict: it is no longer the version that the actor looked at; it says who changed it.
    """
    session.refresh(row)
    if row.version != expected_version:
        raise Conflict(f"这一项刚被{_changer(session, actor, row)}修改过。", "请刷新页面，看过新的内容再操作。")


def change(
    session: Session,
    actor: Actor,
    action: str,
    row: Table,
    *,
    said: Mapping[str, Any] | None = None,
    beside: Mapping[str, tuple[Any, Any]] | None = None,
    **values: Any,
) -> journal.Event:
    """Set ``values`` on a taken ``row``, count its version up, and write the event with what differs.

    Args:
        said: what the event also tells (``after`` only) and the row does not hold, a reason for instance.
        beside: old and new of what belongs to the row and is kept in other tables.
    """
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for key, value in values.items():
        old = getattr(row, key)
        if old != value:
            before[key], after[key] = _difference(old, value)
            setattr(row, key, value)
    for key, (old, new) in (beside or {}).items():
        if old != new:
            before[key], after[key] = _difference(old, new)
    row.version += 1  # type: ignore[attr-defined]  # only versioned rows are changed
    session.add(row)
    return note(session, actor, action, row, before, after | dict(said or {}))


def _difference(old: Any, new: Any) -> tuple[Any, Any]:
    """Both values; of two mappings the keys in which they differ."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return old, new
    keys = [key for key in {**old, **new} if key not in old or key not in new or old[key] != new[key]]
    return {key: old[key] for key in keys if key in old}, {key: new[key] for key in keys if key in new}


def _changer(session: Session, actor: Actor, row: Versioned) -> str:
    """Who changed the row last, as far as the actor may know."""
    subject = subject_of(row)  # type: ignore[arg-type]  # a versioned row is a table's row
    newest = select(journal.Event).where(journal.Event.subject == subject).order_by(col(journal.Event.seq).desc())
    event = session.exec(newest.limit(1)).first()
    if event and event.actor_id == actor.id:
        return "您自己在别处"
    return f"“{event.actor}”" if event and actor.has(Role.EDITOR) else "别人"


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON has them: days and moments in ISO 8601, moments in UTC as the tables have them, tuples as lists."""
    return {key: _plain_value(value) for key, value in values.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return _plain(value)
    return [_plain_value(item) for item in value] if isinstance(value, list | tuple) else value
