"""Making and keeping the index: all of it anew, what changed, what was damaged, and what is better merged.

Everything is written aside and comes into force with one manifest. A file with errors is left out and told of; it never
stops the others. Nothing here answers questions.
"""

import gc
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from itertools import count
from math import ceil
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from typing import Any

from caselib.content import ContentStore, Fault, InvalidDocument, Kind, Stamp, Unreadable
from caselib.content.files import readable
from caselib.errors import NotFound
from caselib.search.index import manifest as manifests
from caselib.search.index.building import build
from caselib.search.index.manifest import DamagedIndex, Entry, Manifest, Refused
from caselib.search.index.reading import Index, load
from caselib.search.index.records import Record
from caselib.search.index.segment import damaged, salvage
from caselib.search.index.vocabulary import cutter_for, fingerprint
from caselib.search.text.dictionary import Cutter

Progress = Callable[[int, int], None]
Files = dict[str, Stamp]
Step = Callable[[], None]
Result = tuple[Entry | None, Refused]

LARGEST, HEAVIEST = 25_000, 300_000_000
"""Documents in one segment of a rebuild, and bytes of their files: they bound the memory of building, and Whoosh stores 2 GB at most."""
WORTH_A_PROCESS = 600
GROWN = 3_000
"""A segment of so many documents is left as it is: merging it would take longer than anybody waits for a change."""
MANY = 4
"""Of the others, more than this many are merged, the small ones first."""


@dataclass(frozen=True)
class IndexReport:
    """What an index run did: documents written and removed, and every file left out with its faults."""

    indexed: int
    removed: int
    refused: list[Fault]
    seconds: float


def changed(index: Index, files: Files, keys: Iterable[str] | None = None) -> set[str]:
    """The keys (all, or some) of the files that were added, changed or removed since the index last looked.

    One that could not be read then has changed when it can be: rights and disks are mended without a trace in the file.
    """
    now = {key: (stamp.mtime_ns, stamp.size) for key, stamp in files.items()}
    unread = [key for key, (_, size, _) in index.manifest.refused.items() if size == manifests.UNREAD and key in now]
    now |= {key: index.stamps[key] for key in unread if not readable(files[key].path)}
    if keys is None:
        return {key for key, _ in now.items() ^ index.stamps.items()}
    return {key for key in keys if now.get(key) != index.stamps.get(key)}


def files_of(store: ContentStore) -> Files:
    """Every file of the library by its key ``kind/slug``; none is read."""
    folders = {kind: f"{kind.value}/" for kind in Kind}
    return {folders[kind] + slug: stamp for (kind, slug), stamp in store.scan().items()}


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

    def _rebuild(self, progress: Progress | None = None) -> IndexReport:
        progress = progress or (lambda done, total: None)
        files = sorted(files_of(self._store).items())
        if len(files) < WORTH_A_PROCESS:
            done = count(1)
            results = [_index(self._store.root, self._folder, dict(files), lambda: progress(next(done), len(files)))]
        else:
            results = self._in_two(files, progress)
        refused = {key: value for _, some in results for key, value in some.items()}
        entries = [entry for entry, _ in results if entry]
        manifest = Manifest(taxonomy=fingerprint(self._store.taxonomy), segments=entries, refused=refused)
        manifests.commit(self._folder, manifest)
        return self._report(manifest, sum(entry.docs for entry in entries), 0)

    def _in_two(self, files: list[tuple[str, Stamp]], progress: Progress) -> list[Result]:
        """Two processes; an even number of segments, so that both are done at about the same time."""
        size = sum(stamp.size for _, stamp in files)
        parts = 2 * max(ceil(len(files) / (2 * LARGEST)), ceil(size / (2 * HEAVIEST)))
        context = get_context("spawn")
        done = context.Value("q", 0)
        with ProcessPoolExecutor(2, context, _count_in, (done,)) as pool:
            tasks = [
                pool.submit(_index, self._store.root, self._folder, dict(files[number::parts]), _count_one)
                for number in range(parts)
            ]
            while wait(tasks, timeout=0.2).not_done:
                progress(done.value, len(files))
            return [task.result() for task in tasks]

    def sync(self, before: Index | None = None, only: Iterable[str] | None = None) -> IndexReport:
        """Take in the files that were added, changed or removed since the last time.

        Args:
            before: what is open already, and need not be opened again.
            only: the files that can have changed (``cases/a.md``); none means that nobody knows and all are looked at.
        """
        with manifests.writing(self._folder):
            try:
                index = load(self._folder, before)
            except DamagedIndex:
                index = None
            if index is None or index.manifest.taxonomy != fingerprint(self._store.taxonomy):
                return self._rebuild()
            files, keys = self._look(index, only)
            if len(keys) > LARGEST:
                return self._rebuild()
            report = self._take_changes(index, files, keys)
            try:
                self._merge(index.manifest)
            except DamagedIndex:
                return self._rebuild()
            return report

    def _merge(self, manifest: Manifest) -> None:
        if chosen := _to_merge(manifest.segments):
            _rewrite(self._folder, manifest, chosen, cutter_for(self._store.taxonomy))
            manifests.commit(self._folder, manifest)

    def _look(self, index: Index, only: Iterable[str] | None) -> tuple[Files, set[str]]:
        """The files that are there, all or some, and the keys of those that changed."""
        if only is None:
            return (files := files_of(self._store)), changed(index, files)
        looked = {f"{kind.value}/{slug}": stamp for (kind, slug), stamp in self._store.look(only).items()}
        files = {key: stamp for key, stamp in looked.items() if stamp}
        return files, changed(index, files, looked)

    def _take_changes(self, index: Index, files: Files, keys: set[str]) -> IndexReport:
        """Write one segment of what is new and mark dead what it replaces; a file only touched keeps its document."""
        manifest = index.manifest
        if not keys:
            return self._report(manifest, 0, 0)
        records, refused = _read(self._store, {key: files[key] for key in sorted(keys & files.keys())})
        manifest.stamps |= {record.key: (record.mtime_ns, record.size) for record in records}
        fresh = [record for record in records if index.digest(record.key) != record.digest]
        gone = keys - files.keys()
        replaced = {*gone, *refused, *(record.key for record in fresh)}
        manifest.stamps = {key: stamp for key, stamp in manifest.stamps.items() if key not in replaced}
        manifest.refused = {key: value for key, value in manifest.refused.items() if key not in keys} | refused
        for segment in index.segments:
            dead = (number for number, name in enumerate(segment.names) if name in replaced)
            segment.entry.dead = sorted({*segment.entry.dead, *dead})
        entry = build(self._folder, fresh, cutter_for(self._store.taxonomy))
        manifest.segments = [*(e for e in manifest.segments if len(e.dead) < e.docs), *([entry] if entry else [])]
        manifests.commit(self._folder, manifest)
        return self._report(manifest, len(fresh), len(gone))

    def _report(self, manifest: Manifest, indexed: int, removed: int) -> IndexReport:
        return IndexReport(indexed, removed, manifest.faults(), time.perf_counter() - self._started)


def repair(folder: Path, cutter: Cutter) -> None:
    """Write the segments that are damaged anew from their durable copies; nothing where none is.

    Raises:
        DamagedIndex: a durable copy is damaged too, or the manifest is: only a full rebuild helps.
        BlockingIOError: somebody is writing the index right now.
    """
    with manifests.writing(folder, wait=False):
        manifest = manifests.read(folder)
        if manifest and (broken := [entry for entry in manifest.segments if damaged(folder, entry)]):
            for entry in broken:
                _rewrite(folder, manifest, [entry], cutter)
            manifests.commit(folder, manifest)


def _rewrite(folder: Path, manifest: Manifest, chosen: list[Entry], cutter: Cutter) -> None:
    """Put one new segment, made from the durable copies of the chosen, in their place."""
    records = sorted((record for entry in chosen for record in salvage(folder, entry)), key=lambda record: record.key)
    fresh = build(folder, records, cutter)
    manifest.segments = [*(e for e in manifest.segments if e not in chosen), *([fresh] if fresh else [])]


def _to_merge(entries: list[Entry]) -> list[Entry]:
    """A segment of which more than half is dead, alone. Else, of more than ``MANY`` small ones, the smallest, until the next is
    over twice as large as those chosen together and fewer than ``MANY`` would be left.
    """
    living = {entry.name: entry.docs - len(entry.dead) for entry in entries}
    dying = [entry for entry in entries if living[entry.name] * 2 < entry.docs]
    small = [entry for entry in entries if living[entry.name] < GROWN]
    if dying or len(small) <= MANY:
        return dying[:1]
    chosen: list[Entry] = []
    total = 0
    for entry in sorted(small, key=lambda entry: living[entry.name]):
        if len(chosen) > 1 and living[entry.name] > 2 * total and len(small) - len(chosen) < MANY:
            break
        chosen.append(entry)
        total += living[entry.name]
    return chosen


_counter: Any = None


def _count_in(counter: Any) -> None:
    global _counter
    _counter = counter
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    gc.disable()  # a process that ends soon and makes nothing that refers to itself; looking for it costs a twentieth


def _end_with(parent: int) -> None:
    """End this process when the one that began it is gone: nobody would ever name what it writes."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _count_one() -> None:
    with _counter.get_lock():
        _counter.value += 1


def _index(root: Path, folder: Path, files: Files, step: Step) -> Result:
    """Index some files into one segment, in whichever process this runs."""
    store = ContentStore(root)
    records, refused = _read(store, files, step)
    return build(folder, records, cutter_for(store.taxonomy)), refused


def _read(store: ContentStore, files: Files, step: Step = lambda: None) -> tuple[list[Record], Refused]:
    """The files as records, and those that cannot be indexed; ``step`` is called after each."""
    records: list[Record] = []
    refused: Refused = {}
    taxonomy = store.taxonomy
    for key, stamp in files.items():
        kind, _, slug = key.partition("/")
        try:
            records.append(Record.of(store.read(Kind(kind), slug), stamp, taxonomy))
        except InvalidDocument as error:
            size = manifests.UNREAD if isinstance(error, Unreadable) else stamp.size
            refused[key] = (stamp.mtime_ns, size, [asdict(fault) for fault in error.faults])
        except NotFound:
            pass  # removed since the directory was listed
        step()
    return records, refused
