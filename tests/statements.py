"""What a database is asked, for tests that hold what a page or a read costs."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from caselib.db import Database


@contextmanager
def asked(database: Database, verb: str = "SELECT") -> Iterator[list[str]]:
    """The statements of ``verb`` (without one, all) that ``database`` is asked meanwhile."""
    statements: list[str] = []

    def note(*arguments: object) -> None:
        if str(arguments[2]).startswith(verb):
            statements.append(str(arguments[2]))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
