"""The directory of published content as a store: list, read, write, check.

Lazy: a document is read when it is asked for and kept while its size and time stay the same. No path from outside
reaches the file system unless its slug is valid. Nothing here knows the index or the web.
"""

import os
import re
import stat
import threading
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from caselib.content.documents import Document, parse
from caselib.content.models import Kind
from caselib.content.report import InvalidDocument, Problem
from caselib.content.taxonomy import FILES, Taxonomy
from caselib.errors import NotFound

MAX_BYTES = 2 * 1024 * 1024
CACHED_DOCUMENTS = 512
_SLUG = re.compile(r"[^\W_][\w-]*")


@dataclass(frozen=True)
class Stamp:
    """What tells one state of a file from the next without reading it."""

    path: Path
    mtime_ns: int
    size: int


def valid_slug(slug: str) -> bool:
    """Letters (lower case, Chinese included), digits, hyphen and underscore; at most 200 bytes, in NFKC form."""
    return (
        _SLUG.fullmatch(slug) is not None
        and unicodedata.normalize("NFKC", slug).casefold() == slug
        and len(slug.encode()) <= 200
    )


class ContentStore:
    """The content tree under ``root``; a folder that does not exist is an empty one."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._documents: OrderedDict[tuple[Kind, str], tuple[Stamp, Document]] = OrderedDict()
        self._taxonomy: tuple[tuple[int, ...], Taxonomy] | None = None
        self._lock = threading.RLock()

    @property
    def taxonomy(self) -> Taxonomy:
        """The vocabularies; read again when one of their files changed."""
        folder = self.root / "taxonomy"
        state = tuple(_mtime(folder / f"{name}.yml") for name in FILES)
        with self._lock:
            if self._taxonomy is None or self._taxonomy[0] != state:
                self._taxonomy = (state, Taxonomy.load(folder))
                self._documents.clear()
            return self._taxonomy[1]

    def scan(self, *kinds: Kind) -> dict[tuple[Kind, str], Stamp]:
        """Every document file of the given kinds (all, if none is given), without reading any."""
        found: dict[tuple[Kind, str], Stamp] = {}
        for kind in kinds or Kind:
            try:
                entries = os.scandir(self.root / kind.folder)
            except (FileNotFoundError, NotADirectoryError, PermissionError):
                continue
            with entries:
                for entry in entries:
                    slug, _, suffix = entry.name.rpartition(".")
                    if suffix != "md" or not valid_slug(slug):
                        continue
                    status = entry.stat()
                    if stat.S_ISREG(status.st_mode):
                        found[kind, slug] = Stamp(Path(entry.path), status.st_mtime_ns, status.st_size)
        return found

    def read(self, kind: Kind, slug: str) -> Document:
        """The document at this address.

        Raises:
            NotFound: there is no such file.
            InvalidDocument: the file has errors.
        """
        if not valid_slug(slug):
            raise NotFound(f"没有这个{kind.label}。")
        path = self.root / kind.folder / f"{slug}.md"
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise NotFound(f"没有这个{kind.label}。") from None
        document, problems = parse(kind, slug, path, data, self.taxonomy)
        if document is None:
            raise InvalidDocument(problems)
        return document

    def write(self, kind: Kind, slug: str, data: bytes) -> Path:
        """Put ``data`` at this address, after checking it, so that a reader sees the old file or the new one."""
        path = self.root / kind.folder / f"{slug}.md"
        document, problems = parse(kind, slug, path, data, self.taxonomy)
        if document is None:
            raise InvalidDocument(problems)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def check(self) -> list[Problem]:
        """Every problem of every file, sorted by path and line."""
        from caselib.content.check import check_library

        return check_library(self)


def _mtime(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
