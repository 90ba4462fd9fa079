"""The import itself: each file found, read, mapped and written by itself, and one answer for each.

No file hides another: whatever is wrong with one is its answer. Nothing is overwritten unless asked.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Any

from caselib.content import documents
from caselib.content.composing import compose_file
from caselib.content.encoding import CONTROLS, without_controls
from caselib.content.files import read_bounded
from caselib.content.importing.decoding import decode
from caselib.content.importing.finding import Found, find
from caselib.content.importing.headers import Header, read
from caselib.content.importing.images import copy_images
from caselib.content.importing.mapping import Draft, as_it_is, convert, defaults_for, refuse_unpublished
from caselib.content.importing.naming import numbered, own_slug, slug_for
from caselib.content.models import Kind
from caselib.content.report import InvalidDocument
from caselib.content.store import ContentStore
from caselib.errors import CaselibError, reason


class Outcome(StrEnum):
    """What became of a file."""

    CREATED = "created"
    REPLACED = "replaced"
    SAME = "same"
    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(frozen=True)
class ImportedFile:
    """The answer for one file: ``mapped``, ``kept`` and ``notes`` are ready to be read; ``why`` and ``remedy`` too."""

    path: Path
    outcome: Outcome
    slug: str = ""
    mapped: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    why: str = ""
    remedy: str = ""


def import_paths(
    store: ContentStore,
    paths: Iterable[Path],
    *,
    kind: Kind,
    defaults: dict[str, str],
    dry_run: bool = False,
    overwrite: bool = False,
) -> Iterator[ImportedFile]:
    """Bring the Markdown files under ``paths`` into the library, one answer for each as it is done.

    Args:
        store: where they go.
        paths: files and folders.
        kind: what they are.
        defaults: values for keys that a file lacks, written as in a file.
        dry_run: say what would become of each file, and write nothing.
        overwrite: replace a file of the library that has the same slug and other content.

    Raises:
        CaselibError: ``defaults`` has an unknown key or a value that cannot be read; before anything is done.
    """
    values = defaults_for(kind, defaults, store.taxonomy)
    return _Run(store, kind, values, dry_run, overwrite).over(paths)


class _Run:
    def __init__(
        self, store: ContentStore, kind: Kind, defaults: dict[str, Any], dry_run: bool, overwrite: bool
    ) -> None:
        self.store, self.kind, self.defaults = store, kind, defaults
        self.dry_run, self.overwrite = dry_run, overwrite
        self.taken: dict[str, bytes] = {}
        """What the files of this run have become, by slug."""
        self.named: set[str] = set()
        """Slugs that are names of files of this run, and so no others'."""

    def over(self, paths: Iterable[Path]) -> Iterator[ImportedFile]:
        files = list(find(paths, self.kind))
        self.named = {own_slug(found.path, self.kind) for found in files if not (found.fault or found.skipped)}
        for found in files:
            try:
                yield self._one(found)
            except InvalidDocument as error:
                first = error.faults[0]
                yield ImportedFile(found.path, Outcome.REFUSED, why=first.message, remedy=first.remedy)
            except CaselibError as error:
                yield ImportedFile(found.path, Outcome.REFUSED, why=error.message, remedy=error.remedy)
            except OSError as error:
                why = f"读写时出错（{reason(error)}）。"
                yield ImportedFile(found.path, Outcome.REFUSED, why=why, remedy="检查磁盘空间和权限，再试一次。")

    def _one(self, found: Found) -> ImportedFile:
        if found.fault:
            raise found.fault
        if found.skipped:
            return ImportedFile(found.path, Outcome.SKIPPED, why=found.skipped)
        text, notes = decode(read_bounded(found.path))
        if not text.strip():
            raise CaselibError("文件是空的。", "删去它，或补上内容。")
        header = read(text)
        refuse_unpublished(header)
        title, draft, data = self._draft(found.path, text, header)
        taken = self.named - {own_slug(found.path, self.kind)}
        slug, outcome = self._place(slug_for(found.path, title, self.kind), data, taken)
        if outcome in (Outcome.CREATED, Outcome.REPLACED):
            self._write(slug, data)
        self.taken[slug] = data
        folder = self.store.folder(self.kind) / slug
        notes += [*header.notes, *copy_images(header.body, found.path, found.base, folder, self.dry_run)]
        return _answer(found.path, outcome, slug, draft, notes)

    def _draft(self, path: Path, text: str, header: Header) -> tuple[str, Draft, bytes]:
        """The title, what is said of the front matter, and the bytes of our file: a file of ours is taken as it is."""
        document = documents.read(self.kind, "", path, text.encode(), self.store.taxonomy).document
        if document and (draft := as_it_is(header.values, self.kind, self.defaults)):
            return document.meta.title, draft, text.encode()
        if found := CONTROLS.findall(header.body):
            header.notes.append(f"去掉了正文里 {len(found)} 个看不见的控制字符")
        draft = convert(header, _stem(path), self.kind, self.store.taxonomy, self.defaults)
        return draft.values["title"], draft, _file(draft.front_matter(self.kind), header)

    def _place(self, wanted: str, data: bytes, named: set[str]) -> tuple[str, Outcome]:
        """The slug for ``data``: the wanted one, or the next free one if another file of this run has it or is ``named`` so."""
        for slug in (numbered(wanted, number) for number in count(1)):
            if slug in named or self.taken.get(slug, data) != data:
                continue
            there = self.taken.get(slug) or self._existing(slug)
            if there is None:
                return slug, Outcome.CREATED
            if there == data:
                return slug, Outcome.SAME
            if self.overwrite:
                return slug, Outcome.REPLACED
            raise CaselibError(
                f"库里已有 {self.kind.folder}/{slug}.md，内容不同。", "要替换它，加上 --overwrite；要并存，给文件改名。"
            )
        raise AssertionError("count() has no end")

    def _existing(self, slug: str) -> bytes | None:
        try:
            return read_bounded(self.store.folder(self.kind) / f"{slug}.md")
        except FileNotFoundError:
            return None

    def _write(self, slug: str, data: bytes) -> None:
        if self.dry_run:
            documents.read(self.kind, slug, Path(f"{slug}.md"), data, self.store.taxonomy).valid()
        else:
            self.store.write(self.kind, slug, data)


def _stem(path: Path) -> str:
    """The name without its suffix, and without bytes that are no text."""
    return path.stem.encode(errors="ignore").decode()


def _file(values: dict[str, Any], header: Header) -> bytes:
    """The bytes of a file of ours: our front matter after the comments of the old one, and the body as it is seen."""
    try:
        return compose_file(values, without_controls(header.body), header.comments)
    except CaselibError as error:
        raise CaselibError(f"头部的值写不成 YAML：{error.message}", "简化头部里的值，长文字移到正文。") from None


def _answer(path: Path, outcome: Outcome, slug: str, draft: Draft, notes: list[str]) -> ImportedFile:
    kept = tuple(f"{draft.renamed[key]} → {key}" if key in draft.renamed else key for key in draft.kept)
    return ImportedFile(path, outcome, slug, tuple(draft.mapped), kept, tuple(notes))
