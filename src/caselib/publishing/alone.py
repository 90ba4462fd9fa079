"""One at a time: whatever changes the database and the content together, and whoever copies both."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caselib.errors import Conflict


class Busy(Conflict):
    """Somebody else is publishing, withdrawing a case or making a backup at this moment."""


@contextmanager
def publishing_alone(data: Path, *, wait: bool = False) -> Iterator[None]:
    """Be the only one on this machine who publishes into the site of this data folder, or keep everybody from it.

    Raises:
        Busy: somebody else is, and the caller does not ``wait``.
    """
    folder = data / "releases"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("正在发布、撤下案例或备份，一次只能做一件。", "请稍等片刻，刷新页面再看。") from None
        yield
