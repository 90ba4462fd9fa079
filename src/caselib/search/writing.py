"""Making and keeping the index: all of it anew, what changed, what was damaged, and what is better merged.

Everything is written aside and comes into force with one manifest. A file with errors is left out and told of; it never
stops the others. Nothing here answers questions.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import asdict
from hashlib import blake2b
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from caselib.content import ContentStore, InvalidDocument, Kind, Stamp, Taxonomy
from caselib.errors import NotFound
from caselib.search import manifest as manifests
from caselib.search import segment as segments
from caselib.search.index import Index, Slice, load
from caselib.search.manifest import Manifest, Part, new_name
from caselib.search.model import IndexReport
from caselib.search.records import Record
from caselib.search.segment import DamagedIndex
from caselib.search.tokens import Cutter

Progress = Callable[[int, int], None]
Wanted = list[tuple[Kind, str, Stamp]]

LARGEST = 25_000
"""Documents in one segment."""
WORTH_A_PROCESS = 600
MANY = 4
"""Segments more than this many are merged, the small ones first."""


def fingerprint(taxonomy: Taxonomy) -> str:
    """Changes whenever a name in the taxonomy does."""
    vocabularies = (taxonomy.industries, taxonomy.regions, taxonomy.problems, taxonomy.measures, taxonomy.effects)
    names = [[(term.key, term.name, term.parent) for term in vocabulary.values()] for vocabulary in vocabularies]
    return blake2b(repr(names).encode(), digest_size=16).hexdigest()


def names(taxonomy: Taxonomy) -> Iterator[str]:
    """The words that the taxonomy adds to the dictionary."""
    for vocabulary in (taxonomy.industries, taxonomy.regions, taxonomy.problems, taxonomy.measures, taxonomy.effects):
        for term in vocabulary.values():
            yield from (term.name, *term.terms)
    for group in taxonomy.synonyms:
        yield from group


class Writer:
    """The one who changes an index. Every method takes the lock, so any process may call any of them at any time."""

    def __init__(self, folder: Path, store: ContentStore) -> None:
        self._folder = folder
        self._store = store
        self._started = time.perf_counter()

    def rebuild(self, progress: Progress | None = None) -> IndexReport:
        """Index every file anew; the old index answers until the new one is whole."""
        with manifests.writing(self._folder):
            return self._rebuild(progress)

    def _rebuild(self, progress: Progress | None) -> IndexReport:
        wanted = [(kind, slug, stamp) for (kind, slug), stamp in sorted(self._store.scan().items())]
        if len(wanted) < WORTH_A_PROCESS:
            results = [_write_some(self._store.root, self._folder, wanted, _Steps(progress, len(wanted)).step)]
        else:
            results = self._in_two(wanted, progress)
        refused = {key: value for _, some in results for key, value in some.items()}
        parts = [part for part, _ in results if part]
        manifest = Manifest("", fingerprint(self._store.taxonomy), parts, {}, refused)
        manifests.commit(self._folder, manifest, _last(self._folder))
        return self._report(manifest, sum(part.docs for part in parts), 0)

    def _in_two(self, wanted: Wanted, progress: Progress | None) -> list["Result"]:
        """Two processes; an even number of segments, so that both are done at about the same time."""
        count = 2 * -(-len(wanted) // (2 * LARGEST))
        context = get_context("spawn")
        done = context.Value("q", 0)
        with ProcessPoolExecutor(2, context, _count_in, (done,)) as pool:
            tasks = [
                pool.submit(_write_some, self._store.root, self._folder, wanted[number::count], None)
                for number in range(count)
            ]
            while wait(tasks, timeout=0.2).not_done:
                if progress:
                    progress(done.value, len(wanted))
            return [task.result() for task in tasks]

    def sync(self) -> IndexReport:
        """Take in the files that were added, changed or removed since the last time."""
        with manifests.writing(self._folder):
            try:
                index = load(self._folder)
            except DamagedIndex:
                index = None
            if index is None or index.manifest.taxonomy != fingerprint(self._store.taxonomy):
                return self._rebuild(None)
            report = self._take_changes(index, index.manifest)
            self._tidy()
            return report

    def _take_changes(self, index: Index, manifest: Manifest) -> IndexReport:
        files = _files(self._store)
        changes = _Changes(index, files)
        if not changes:
            return self._report(manifest, 0, 0)
        cutter = Cutter(names(self._store.taxonomy))
        refused: Refused = {}
        records = []
        for record in _records(self._store, changes.to_read, refused, lambda: None):
            if changes.digest(record.key) == record.digest:
                manifest.stamps[record.key] = (record.mtime_ns, record.size)
            else:
                records.append(record)
        replaced = {*changes.removed, *refused, *(record.key for record in records)}
        part = _write(self._folder, records, cutter)
        for key in replaced:
            manifest.stamps.pop(key, None)
        manifest.refused = {
            key: value for key, value in manifest.refused.items() if key in files and key not in changes.read_keys
        } | refused
        _bury(index, manifest, replaced)
        manifest.segments += [part] if part else []
        manifests.commit(self._folder, manifest, _last(self._folder))
        return self._report(manifest, len(records), len(changes.removed))

    def _tidy(self) -> None:
        """Merge the small segments when there are many, and write those anew that are mostly dead."""
        index = load(self._folder)
        if index is None:
            return
        chosen = _to_merge(index)
        if chosen:
            self._replace(index, chosen)

    def _replace(self, index: Index, chosen: list[Slice]) -> None:
        """Write the living documents of some segments anew, from their durable copies, as one."""
        records = sorted(
            (record for part in chosen for number, record in enumerate(part.segment.records()) if part.alive[number]),
            key=lambda record: record.key,
        )
        manifest = index.manifest
        gone = {part.segment.folder.name for part in chosen}
        fresh = _write(self._folder, records, Cutter(names(self._store.taxonomy)))
        manifest.segments = [part for part in manifest.segments if part.name not in gone] + ([fresh] if fresh else [])
        manifests.commit(self._folder, manifest, _last(self._folder))

    def _report(self, manifest: Manifest, indexed: int, removed: int) -> IndexReport:
        return IndexReport(indexed, removed, manifest.problems(), time.perf_counter() - self._started)


Refused = dict[str, tuple[int, int, list[dict[str, object]]]]
Result = tuple[Part | None, Refused]


def pending(index: Index, store: ContentStore) -> int:
    """How many files were added, changed or removed since the index last looked; none is read."""
    changes = _Changes(index, _files(store))
    return len(changes.to_read) + len(changes.removed)


def _files(store: ContentStore) -> dict[str, tuple[Kind, str, Stamp]]:
    return {_key(kind, slug): (kind, slug, stamp) for (kind, slug), stamp in store.scan().items()}


class _Changes:
    """What differs between the index and the directory."""

    def __init__(self, index: Index, files: dict[str, tuple[Kind, str, Stamp]]) -> None:
        self._index = index
        known = _stamps(index) | {key: (time, size) for key, (time, size, _) in index.manifest.refused.items()}
        self.to_read = [
            (kind, slug, stamp)
            for key, (kind, slug, stamp) in sorted(files.items())
            if known.get(key) != (stamp.mtime_ns, stamp.size)
        ]
        self.read_keys = {_key(kind, slug) for kind, slug, _ in self.to_read}
        self.removed = known.keys() - files.keys()

    def __bool__(self) -> bool:
        return bool(self.to_read or self.removed)

    def digest(self, key: str) -> str | None:
        """The digest of the document as it is indexed."""
        place = self._index.locate(key)
        return place[0].segment.docs["digest"][place[1]].decode() if place else None


def _stamps(index: Index) -> dict[str, tuple[int, int]]:
    stamps: dict[str, tuple[int, int]] = {}
    for part in index.slices:
        docs = part.segment.docs[:-1]
        each = zip(
            part.segment.names, docs["mtime_ns"].tolist(), docs["size"].tolist(), part.alive.tolist(), strict=True
        )
        stamps.update((name, (time, size)) for name, time, size, alive in each if alive)
    return stamps | {key: (time, size) for key, (time, size) in index.manifest.stamps.items()}


def _bury(index: Index, manifest: Manifest, keys: set[str]) -> None:
    """Mark the documents dead, and leave out segments with nothing alive."""
    for part, opened in zip(manifest.segments, index.slices, strict=True):
        dead = (opened.segment.numbers[key] for key in keys if key in opened.segment.numbers)
        part.dead = sorted({*part.dead, *dead})
    manifest.segments = [part for part in manifest.segments if len(part.dead) < part.docs]


def _to_merge(index: Index) -> list[Slice]:
    """The smallest segments, each at most twice what is merged before it; or those more than half dead."""
    dying = [part for part in index.slices if part.docs * 2 < len(part.segment)]
    if dying or len(index.slices) <= MANY:
        return dying
    ordered = sorted(index.slices, key=lambda part: part.docs)
    chosen, total = ordered[:1], ordered[0].docs
    for part in ordered[1:]:
        if part.docs > 2 * total and len(ordered) - len(chosen) < MANY:
            break
        chosen.append(part)
        total += part.docs
    return chosen


def repair(folder: Path, cutter: Cutter) -> None:
    """Write the segments that are damaged anew from their durable copies.

    Raises:
        DamagedIndex: a durable copy is damaged too, or the manifest is: only a full rebuild helps.
        BlockingIOError: somebody is writing the index right now.
    """
    with manifests.writing(folder, wait=False):
        manifest, before = manifests.read(folder), manifests.read(folder)
        if manifest is None:
            return
        for place, part in enumerate(manifest.segments):
            try:
                segments.Segment(folder / part.name, part.files).verify()
            except DamagedIndex:
                records = segments.salvage(folder / part.name, part.files)
                living = [record for number, record in enumerate(records) if number not in set(part.dead)]
                manifest.segments[place] = _write(folder, living, cutter) or part
        manifests.commit(folder, manifest, before)


def _last(folder: Path) -> Manifest | None:
    try:
        return manifests.read(folder)
    except DamagedIndex:
        return None


def _key(kind: Kind, slug: str) -> str:
    return f"{kind.value}/{slug}"


class _Steps:
    """Counts documents done and tells of it."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        if self._progress:
            self._progress(self._done, self._total)


_counter: Any = None


def _count_in(counter: Any) -> None:
    global _counter
    _counter = counter


def _count_one() -> None:
    with _counter.get_lock():
        _counter.value += 1


def _records(store: ContentStore, wanted: Wanted, refused: Refused, step: Callable[[], None]) -> Iterator[Record]:
    taxonomy = store.taxonomy
    for kind, slug, stamp in wanted:
        try:
            yield Record.of(store.read(kind, slug), stamp, taxonomy)
        except InvalidDocument as error:
            refused[_key(kind, slug)] = (stamp.mtime_ns, stamp.size, [asdict(problem) for problem in error.problems])
        except NotFound:
            pass  # removed since the directory was listed
        step()


def _write_some(root: Path, folder: Path, wanted: Wanted, step: Callable[[], None] | None) -> Result:
    """Index some files into one segment, in whichever process this runs."""
    store = ContentStore(root)
    refused: Refused = {}
    records = sorted(_records(store, wanted, refused, step or _count_one), key=lambda record: record.key)
    return _write(folder, records, Cutter(names(store.taxonomy))), refused


def _write(folder: Path, records: list[Record], cutter: Cutter) -> Part | None:
    if not records:
        return None
    name = new_name()
    return Part(name, len(records), [], segments.write(folder / name, records, cutter))
