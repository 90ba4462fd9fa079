"""Keeps the index up with the content folder while a site runs.

Every worker has a watcher; one of them, whoever holds a lock file, looks at the folder, and another takes over if it
dies. The others only take up a changed taxonomy. A fault is logged and the next look tries again.
"""

import fcntl
import logging
import time
from pathlib import Path
from threading import Event, Thread
from typing import IO, Any

from caselib.content import ContentStore
from caselib.search.index.writing import IndexReport
from caselib.search.room import SearchRoom

SECONDS = 2.0
"""Between two looks: a changed file is found within this time and the time to index it …"""
SHARE, LONGEST = 10, 20.0
"""… but a look that takes long, at a large folder, is followed by a rest so many times as long, though by no longer one."""

_log = logging.getLogger(__name__)


def rest(usual: float, took: float) -> float:
    """The seconds until the next look, after one that took so many."""
    return max(usual, min(SHARE * took, LONGEST))


class Watcher:
    """Looks at ``store`` every few seconds and lets ``room`` take in what changed."""

    def __init__(self, room: SearchRoom, store: ContentStore, lock: Path, seconds: float = SECONDS) -> None:
        self._room, self._store, self._path, self._seconds = room, store, lock, seconds
        self._lock: IO[Any] | None = None
        self._stop = Event()
        self._thread = Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin to look, in a thread of its own that ends with the process."""
        self._thread.start()

    def stop(self) -> None:
        """End it and let another take over."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._lock:
            self._lock.close()
            self._lock = None

    def look(self) -> IndexReport | None:
        """One look; what was taken in, or None where there was nothing to do or another process sees to it."""
        self._room.adopt(self._store.taxonomy)
        if self._holds() and self._room.outdated(self._store):
            return self._room.sync(self._store)
        return None

    def _holds(self) -> bool:
        if self._lock is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = self._path.open("a")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                return False
            self._lock = file
        return True

    def _run(self) -> None:
        took = 0.0
        while not self._stop.wait(rest(self._seconds, took)):
            started = time.monotonic()
            try:
                report = self.look()
            except Exception:
                _log.exception("the index could not take in what changed; trying again in %s s", self._seconds)
                continue
            finally:
                took = time.monotonic() - started
            if report:
                _log.info("the index took in %d files and let %d go", report.indexed, report.removed)
