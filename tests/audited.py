"""Counts which files and databases are opened, as Python itself tells it."""

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Watching(threading.local):
    """What is counted in this thread: others go about their own business."""

    done: Counter[str] | None = None


_watching = _Watching()


def _audit(event: str, _arguments: tuple[Any, ...]) -> None:
    if event in ("open", "sqlite3.connect") and _watching.done is not None:
        _watching.done[event] += 1


sys.addaudithook(_audit)


@contextmanager
def audited() -> Iterator[Counter[str]]:
    """How often this thread opens a file (``open``) or a database (``sqlite3.connect``) meanwhile."""
    _watching.done = Counter()
    try:
        yield _watching.done
    finally:
        _watching.done = None
