"""How Alembic reaches the database: the connection of :meth:`caselib.db.Database.upgrade`, or (for a developer's
``alembic revision --autogenerate``) the one that the settings name.
"""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, String

import caselib.journal
import caselib.people.models
import caselib.publishing.models
import caselib.questions
import caselib.review.models  # noqa: F401  every module with tables is imported here
from caselib.config import Settings
from caselib.db import Database, Table, UtcDateTime


def _plain(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our own types as the plain ones they store, for a revision imports nothing of ours."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(getattr(item, "impl", None), String):
        return f"sa.String({item.impl.length or ''})"
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        render_as_batch=True,
        render_item=_plain,
        compare_server_default=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if (given := context.config.attributes.get("connection")) is not None:
    _run(given)
else:
    with Database.open(Settings()).engine.begin() as own:
        _run(own)
