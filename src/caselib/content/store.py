"""The directory of published content as a store: list, read, write, check.

Lazy: a document is read when it is asked for and kept while its file stays the same. No name from outside reaches
the file system unless it is a valid slug, and nothing outside the tree is served. Nothing here knows index or web.
"""

import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from caselib.content import documents, slugs
from caselib.content.check import Checker, passed_over
from caselib.content.documents import Document
from caselib.content.files import (
    ASSET_SUFFIXES,
    LONGEST_NAME,
    FileState,
    lies_in,
    read_bounded,
    refuse_large,
    state_of,
    sync_folder,
    write_atomically,
)
from caselib.content.models import Kind
from caselib.content.report import Fault, FileFault, Unreadable
from caselib.content.taxonomy import FILES, Taxonomy
from caselib.content.withholding import Withheld
from caselib.errors import CaselibError, NotFound

CACHED_DOCUMENTS = 512


class Stamp(NamedTuple):
    """What tells one state of a file from the next without reading it."""

    file: str
    mtime_ns: int
    size: int

    @property
    def path(self) -> Path:
        """The file; made when asked for, since a scan makes thousands of stamps and opens few of them."""
        return Path(self.file)


class ContentStore:
    """The content tree under ``root``; a folder that does not exist is an empty one. Safe to share by threads."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.withheld = Withheld(self.root)
        self._folders = {kind: self.root / kind.folder for kind in Kind}
        self._taxonomy_files = [str(self.root / "taxonomy" / name) for name in FILES]
        self._documents: OrderedDict[tuple[Kind, str], tuple[FileState, Document]] = OrderedDict()
        self._taxonomy: tuple[list[FileState | None], Taxonomy] | None = None
        self._lock = threading.RLock()

    @property
    def taxonomy(self) -> Taxonomy:
        """The vocabularies, read again when one of their files changed.

        When the new files have an error the old vocabularies stay in use, with the new ``faults``.
        """
        state = [state_of(file) for file in self._taxonomy_files]
        with self._lock:
            if self._taxonomy is None or self._taxonomy[0] != state:
                fresh = Taxonomy.load(self.root / "taxonomy")
                if self._taxonomy and any(fault.level == "error" for fault in fresh.faults):
                    fresh = replace(self._taxonomy[1], faults=fresh.faults)
                self._taxonomy = (state, fresh)
                self._documents.clear()
            return self._taxonomy[1]

    def folder(self, kind: Kind) -> Path:
        """Where files of this kind live, whether it exists or not."""
        return self._folders[kind]

    def scan(self, *kinds: Kind) -> dict[tuple[Kind, str], Stamp]:
        """Every document file of the given kinds (all, if none is given), without reading any; of a batch all or none."""
        while True:
            moment = self.withheld.moment()
            found = self._scan(kinds or tuple(Kind))
            withheld = self.withheld.files()
            if self.withheld.moment() == moment:  # else a batch may have come to be seen in the middle of the look
                return {key: found[key] for key in found if _name(*key) not in withheld} if withheld else found

    def look(self, files: Iterable[str]) -> dict[tuple[Kind, str], Stamp | None]:
        """Some files (``cases/a.md``) as ``scan`` would find them; None is one that is not there. Other files are left out."""
        kinds = {kind.folder: kind for kind in Kind}
        asked = [(kinds[folder], name[:-3]) for folder, _, name in (file.rpartition("/") for file in files)
                 if folder in kinds and name.endswith(".md") and slugs.valid(name[:-3])]  # fmt: skip
        found = {key: self._stamp(*key) for key in asked}
        withheld = self.withheld.files()
        return {key: None if _name(*key) in withheld else stamp for key, stamp in found.items()}

    def _stamp(self, kind: Kind, slug: str) -> Stamp | None:
        path = self._path(kind, slug)
        try:
            status = path.stat()
        except OSError:  # not there, or gone since it was named
            return None
        seen = stat.S_ISREG(status.st_mode) and self._served(path)
        return Stamp(str(path), status.st_mtime_ns, status.st_size) if seen else None

    def _scan(self, kinds: tuple[Kind, ...]) -> dict[tuple[Kind, str], Stamp]:
        found: dict[tuple[Kind, str], Stamp] = {}
        for kind in kinds:
            for entry in self._entries(kind):
                slug, _, suffix = entry.name.rpartition(".")
                if suffix != "md" or not slugs.valid(slug) or (entry.is_symlink() and not self.inside(entry.path)):
                    continue
                try:
                    status = entry.stat()
                except OSError:
                    continue
                if stat.S_ISREG(status.st_mode):
                    found[kind, slug] = Stamp(entry.path, status.st_mtime_ns, status.st_size)
        return found

    def read(self, kind: Kind, slug: str) -> Document:
        """The document at this address.

        A cached document is served as last checked; a changed taxonomy takes effect when ``taxonomy`` is next read.

        Raises:
            NotFound: there is no such file in the tree.
            InvalidDocument: the file has errors (Unreadable: it cannot be read).
        """
        path = self._path(kind, slug)
        state = state_of(path) if self._served(path) else None
        if state is None or _name(kind, slug) in self.withheld.files():
            raise _not_found(kind)
        with self._lock:
            cached = self._documents.get((kind, slug))
            if cached and cached[0] == state:
                self._documents.move_to_end((kind, slug))
                return cached[1]
        document = self._load(kind, slug, path, self.taxonomy)
        with self._lock:
            self._documents[kind, slug] = (state, document)
            if len(self._documents) > CACHED_DOCUMENTS:
                self._documents.popitem(last=False)
        return document

    def write(self, kind: Kind, slug: str, data: bytes) -> Path:
        """Put ``data`` at this address, if it has no errors; on return it is on the disk.

        Raises:
            CaselibError: the slug is not allowed, ``data`` too large, or the folder lies outside the tree.
            InvalidDocument: ``data`` has errors; nothing was written.
        """
        fault = slugs.fault(slug)
        if fault:
            raise CaselibError(f"“{slug}”不能用作文件名：{fault}", slugs.RULE)
        refuse_large(len(data))
        path = self.folder(kind) / f"{slug}.md"
        documents.read(kind, slug, path, data, self.taxonomy).valid()
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            sync_folder(path.parent.parent)
        if not self.inside(path.parent):
            raise CaselibError(f"{path.parent} 指向内容目录之外。", "把它换成真正的文件夹，或修改 CASELIB_CONTENT。")
        write_atomically(path, data)
        return path

    def asset(self, kind: Kind, slug: str, name: str) -> Path:
        """The file ``name`` that belongs to a document: in the folder of its slug, or else beside it.

        Raises:
            NotFound: no such file, not a kind of file that is served, or outside the tree.
        """
        folder = self._path(kind, slug).parent
        plain = name == Path(name).name and not name.startswith(".") and Path(name).suffix.lower() in ASSET_SUFFIXES
        if plain and "\0" not in name and len(name.encode()) <= LONGEST_NAME:
            for path in (folder / slug / name, folder / name):
                if path.is_file() and self.inside(path):
                    return path
        raise NotFound("没有这个附件。", "检查文件名；图片放在文档旁边，或放在与文档同名的文件夹里。")

    def check(self) -> list[Fault]:
        """Every fault of every file, sorted by path and line."""
        return Checker(self).faults()

    def passed_over(self) -> list[Fault]:
        """What is wrong with the vocabularies, and with what :meth:`scan` does not find for its name, its kind or where it leads to.

        Costs no look into the files that it does find.
        """
        return [*self.taxonomy.faults, *passed_over(self)]

    def inside(self, path: Path | str) -> bool:
        """Whether ``path``, with every symbolic link followed, lies in the tree."""
        return lies_in(path, self.root)

    def _served(self, path: Path) -> bool:
        linked = os.path.islink(path) or os.path.islink(path.parent)  # noqa: PTH114 (pathlib's takes 3 times as long)
        return not linked or self.inside(path)

    def _entries(self, kind: Kind) -> Iterator[os.DirEntry[str]]:
        folder = self.folder(kind)
        if folder.is_symlink() and not self.inside(folder):
            return
        try:
            with os.scandir(folder) as entries:
                yield from entries
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return

    def _path(self, kind: Kind, slug: str) -> Path:
        if not slugs.valid(slug):
            raise _not_found(kind)
        return self.folder(kind) / f"{slug}.md"

    def _load(self, kind: Kind, slug: str, path: Path, taxonomy: Taxonomy) -> Document:
        try:
            return documents.read(kind, slug, path, read_bounded(path), taxonomy).valid()
        except FileNotFoundError:
            raise _not_found(kind) from None
        except FileFault as fault:
            raise Unreadable([fault.at(f"{kind.folder}/{path.name}")]) from None


def _name(kind: Kind, slug: str) -> str:
    """The file's path from the root of the tree."""
    return f"{kind.folder}/{slug}.md"


def _not_found(kind: Kind) -> NotFound:
    return NotFound(f"没有这个{kind.label}。", "它可能改了名或已撤下，请从列表或搜索里找。")
