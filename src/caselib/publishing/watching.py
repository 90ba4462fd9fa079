"""Finishes, while a site runs, a release that some other process began and did not live to end.

A release under way is held by its lock, so nothing here meets one that is alive. What to do about one that was cut off is
decided by ``release``; this only looks, again and again.
"""

import logging
from threading import Event, Thread

from caselib.publishing.release import Publisher

SECONDS = 5.0
"""Between two looks, each of which costs a few small reads."""
LONGEST = 300.0
"""Between two looks while one cannot be finished, a full disk for instance: every try doubles the wait up to this."""

_log = logging.getLogger(__name__)


class ReleaseWatcher:
    """Looks after the releases of one site; every worker has one, and one of them does what is to be done."""

    def __init__(self, publisher: Publisher, seconds: float = SECONDS) -> None:
        self._publisher, self._seconds = publisher, seconds
        self._stop = Event()
        self._thread = Thread(target=self._run, name="releases", daemon=True)

    def start(self) -> None:
        """Begin to look, in a thread of its own that ends with the process."""
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        pause = self._seconds
        while not self._stop.wait(pause):
            for said in self._publisher.recover():
                _log.warning("%s", said)
            pause = min(2 * pause, LONGEST) if self._publisher.interrupted() else self._seconds
