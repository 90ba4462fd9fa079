"""The manifest: which segments are the index, and which of their documents are dead.

One small JSON file, replaced whole by a rename; whoever reads it sees one state of the index. Writers take turns by a lock
on a file, and by notes it is known who died while answering. Nothing here knows what a segment holds.
"""

import atexit
import errno
import fcntl
import json
import os
import shutil
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from caselib.content import Fault
from caselib.content.files import sync_folder, write_atomically

FORMAT = 15
"""Raised whenever what is on disk changes its meaning; an index of another format is built anew."""

SEGMENT = "s-"
"""How the name of a segment's folder begins; no other folder of the index is ever removed."""
_FILE = "manifest.json"
_NOTE = "unverified-"


Refused = dict[str, tuple[int, int, list[dict[str, Any]]]]
"""Time, size and faults of files that cannot be indexed, by their keys."""

UNREAD = -1
"""Instead of the size of a refused file that could not be read: whether it can be is to be seen by trying alone."""


SHORT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""The system is short of something: that says nothing of a file that cannot be opened for it."""


class DamagedIndex(Exception):
    """A file of the index is missing, or is not what the manifest says it is."""


@dataclass
class Entry:
    """One segment of the index: its folder, how many documents it has, which of them are dead, and its files.

    ``files`` gives size and CRC-32 by path in the folder.
    """

    name: str
    docs: int
    dead: list[int]
    files: dict[str, tuple[int, int]]


@dataclass
class Manifest:
    """One state of the index."""

    generation: str = ""
    taxonomy: str = ""
    """Fingerprint of the taxonomy whose names are in the index."""
    segments: list[Entry] = field(default_factory=list)
    stamps: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Time and size of files that were touched since they were indexed, and hold the same bytes."""
    refused: Refused = field(default_factory=dict)
    previous: list[str] = field(default_factory=list)
    """Segments that only the last manifest named: kept for readers that are opening it."""

    def faults(self) -> list[Fault]:
        """The faults of every refused file."""
        return sorted(Fault(**fault) for _, _, faults in self.refused.values() for fault in faults)


def read(folder: Path) -> Manifest | None:
    """The manifest in force; None if there is no index, or one of another format.

    Raises:
        DamagedIndex: the file is not what was written.
        OSError: the system is ``SHORT`` of something.
    """
    try:
        checksum, _, body = (folder / _FILE).read_text("utf-8").partition("\n")
        if int(checksum, 16) != zlib.crc32(body.encode()):
            raise DamagedIndex(_FILE)
        data = json.loads(body)
        if data.pop("format") != FORMAT:
            return None
        return Manifest(**{**data, "segments": [Entry(**part) for part in data["segments"]]})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        if isinstance(error, OSError) and error.errno in SHORT:
            raise
        raise DamagedIndex(_FILE) from error


def state(folder: Path) -> tuple[int, int] | None:
    """Something that changes whenever the manifest does; None if there is none. Costs one system call."""
    try:
        status = os.stat(f"{folder}/{_FILE}")  # noqa: PTH116 - asked for each page: a Path would cost several times the call
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


def commit(folder: Path, manifest: Manifest) -> None:
    """Put ``manifest`` in force; what neither it nor the one before it names goes when writing ends."""
    try:
        before = read(folder)
    except DamagedIndex:
        before = None
    manifest.generation = uuid.uuid4().hex
    named = {part.name for part in manifest.segments}
    manifest.previous = [part.name for part in before.segments if part.name not in named] if before else []
    body = json.dumps({"format": FORMAT, **asdict(manifest)}, ensure_ascii=False)
    sync_folder(folder)  # the segments have their names on the disk before one of them is named
    write_atomically(folder / _FILE, f"{zlib.crc32(body.encode()):08x}\n{body}".encode())


def tidy(folder: Path) -> None:
    """Remove the segments that the manifest in force does not name, such as those of a writer that died, and nothing else."""
    try:
        manifest = read(folder)
    except (DamagedIndex, OSError):
        return
    if manifest or not (folder / _FILE).exists():
        kept = {part.name for part in manifest.segments}.union(manifest.previous) if manifest else set()
        for path in folder.glob(f"{SEGMENT}*"):
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def writing(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Be the only writer of this index, on this machine, for a while. Readers do not notice.

    Raises:
        BlockingIOError: there is another, and ``wait`` is False.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        tidy(folder)
        try:
            yield
        finally:
            tidy(folder)


class UnverifiedNote:
    """A note beside the manifest that somebody answers from files which are not verified yet.

    A damaged list can lead a compiled loop anywhere and end the process, and the one started after it, again and again before
    any of them gets to verify it. So who finds a note that nobody holds any more verifies before the first answer.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{_NOTE}{uuid.uuid4().hex[:12]}"
        self._file: IO[bytes] | None = None
        self._process = 0

    def leave(self) -> bool:
        """Leave a note. If there is one of a process that died, take it away instead: False."""
        if self._take_dead_away():
            return False
        with suppress(OSError):  # in a folder that may only be read nobody leaves notes
            self._file, self._process = self._path.open("wb"), os.getpid()
            fcntl.flock(self._file, fcntl.LOCK_EX)
            atexit.register(self.take_away)
        return True

    def _take_dead_away(self) -> bool:
        found = False
        for path in self._path.parent.glob(f"{_NOTE}*"):
            with suppress(OSError), path.open("rb") as note:  # gone meanwhile, or held by one that is alive
                fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                found = True
        return found

    def take_away(self) -> None:
        """Take the note away: all is verified, or the process ends in order. What was forked from it leaves it alone."""
        if self._file and self._process == os.getpid():
            atexit.unregister(self.take_away)
            with suppress(OSError), self._file:
                self._path.unlink()
            self._file = None
