"""The search room's one door: ask, suggest, relate; build and keep up the index.

A search takes the index in force when it begins and keeps it to its end. Without an index everything answers empty and
``ready`` is False; no question fails because of the state of the disk.
"""

from collections.abc import Callable, Iterable
from math import inf
from pathlib import Path
from threading import RLock, Timer
from time import monotonic
from typing import Self, TypeVar

from caselib.content import ContentStore, Fault, Kind, Taxonomy
from caselib.errors import Unavailable, reason
from caselib.search.answering import Answerer
from caselib.search.index import manifest as manifests
from caselib.search.index.manifest import DamagedIndex, Entry
from caselib.search.index.reading import Index, load
from caselib.search.index.segment import damaged
from caselib.search.index.vocabulary import cutter_for, fingerprint
from caselib.search.index.writing import IndexReport, Writer, changed, files_of, repair
from caselib.search.model import Answer, Explanation, Hit, SearchQuery, Suggestion
from caselib.search.stories import recognising
from caselib.search.stories.describing import Description, describe

VERIFIED_AT_ONCE = 64 * 1024 * 1024
"""Bytes of segments whose checksums are compared before the first answer; of larger ones, while answering …"""
VERIFY_AFTER = 5.0
"""… from so many seconds on: gigabytes that are read at once would keep the first answers waiting for the disk. If a process died
before that, they are compared at once (``UnverifiedNote``)."""
RETRY_AFTER = 2.0
"""Seconds until an index that could not be opened is tried again: what was in the way may be gone without a trace in the manifest."""

T = TypeVar("T")


class SearchRoom:
    """Search over the published library; one for each process, safe to use from several threads."""

    def __init__(self, folder: Path, taxonomy: Taxonomy) -> None:
        self._folder = folder
        self._taxonomy = taxonomy
        self._opened: tuple[object, Answerer | None] = (), None
        """The state of the manifest when it was last opened, and what answers since: read and replaced together, by any thread."""
        self._lock = RLock()
        self._trouble = ""
        self._beyond_repair = False
        self._failed = inf
        self._verified: set[str] = set()
        self._damaged = False
        self._note = manifests.UnverifiedNote(folder)

    @classmethod
    def open(cls, url: str, taxonomy: Taxonomy) -> Self:
        """The room for ``CASELIB_SEARCH_URL`` (``whoosh:<folder>``). There need not be an index yet.

        Raises:
            Unavailable: the address is of another form.
        """
        scheme, _, folder = url.partition(":")
        if scheme != "whoosh" or not folder:
            raise Unavailable(
                f"CASELIB_SEARCH_URL 的值“{url}”无法识别。", "请写成 whoosh:目录，例如 whoosh:var/index。"
            )
        return cls(Path(folder).absolute(), taxonomy)

    @property
    def ready(self) -> bool:
        """Whether there is an index to ask."""
        return self._current() is not None

    @property
    def generation(self) -> str:
        """Changes whenever an answer could."""
        current = self._current()
        return current.generation if current else ""

    @property
    def trouble(self) -> str:
        """What is wrong with the index, in Chinese, for the operator; empty if nothing is."""
        self._current()
        return self._trouble

    @property
    def refused(self) -> list[Fault]:
        """The faults of the files that were left out when the index last looked; costs no look at the files."""
        current = self._current()
        return current.index.manifest.faults() if current else []

    def _current(self) -> Answerer | None:
        """The index in force, opened when the manifest changed since the last question, or some time after that failed."""
        state = manifests.state(self._folder)
        seen, current = self._opened
        if state != seen or monotonic() > self._failed + RETRY_AFTER:
            with self._lock:
                seen, current = self._opened
                if state != seen or monotonic() > self._failed + RETRY_AFTER:
                    current = self._open(current)
                    self._failed = monotonic() if self._trouble and state else inf
                    self._opened = state, current
        return current

    def _open(self, before: Answerer | None) -> Answerer | None:
        """The index in force; what answered ``before``, if only something is in the way."""
        self._beyond_repair = False
        try:
            index = self._sound(before.index if before else None)
        except DamagedIndex as error:
            self._beyond_repair = True
            self._trouble = f"搜索索引已损坏（{error}）。请运行 caselib index 重建。"
            return None
        except BlockingIOError:
            self._trouble = "搜索索引正在写入，请稍候。"
            return before
        except OSError as error:
            self._trouble = str(self._unusable(error))
            return before
        self._trouble = "" if index else "还没有搜索索引。请运行 caselib index。"
        return Answerer(index, self._taxonomy, cutter_for(self._taxonomy)) if index else None

    def _unusable(self, error: OSError) -> Unavailable:
        return Unavailable(
            f"搜索索引读写不了：{reason(error)}（{error.filename or self._folder}）。",
            f"请检查 {self._folder} 的权限、磁盘空间和系统可以打开的文件数。",
        )

    def _sound(self, before: Index | None) -> Index | None:
        """The index in force, mended if something of it is damaged; what is large is verified while it answers."""
        try:
            index = load(self._folder, before)
            fresh = [entry for entry in index.manifest.segments if entry.name not in self._verified] if index else []
            large = sum(size for e in fresh for size, _ in e.files.values()) > VERIFIED_AT_ONCE
            if large and not self._damaged and self._note.leave():
                self._verify_later(fresh)
            else:
                self._verify(fresh)
        except DamagedIndex:
            repair(self._folder, cutter_for(self._taxonomy))
            index = load(self._folder)
        self._damaged = False
        return index

    def _verify_later(self, entries: list[Entry]) -> None:
        self._verified.update(entry.name for entry in entries)
        timer = Timer(VERIFY_AFTER, self._verify_now, (entries,))
        timer.name, timer.daemon = "verifying", True
        timer.start()

    def _verify_now(self, entries: list[Entry]) -> None:
        try:
            self._given_up(entries)
        except OSError:  # the system is short of something, and may not be later
            self._verify_later(entries)
        else:
            self._note.take_away()

    def _verify(self, entries: list[Entry]) -> None:
        for entry in entries:
            if name := damaged(self._folder, entry):
                raise DamagedIndex(name)
            self._verified.add(entry.name)

    def _given_up(self, entries: list[Entry]) -> bool:
        """Verify these segments; if one is damaged, forget the index, so that the next question mends it, and tell so."""
        for entry in entries:
            if not damaged(self._folder, entry):
                self._verified.add(entry.name)
            elif self._in_force(entry):
                with self._lock:
                    self._opened, self._verified, self._damaged = ((), None), set(), True
                return True
        return False

    def _in_force(self, entry: Entry) -> bool:
        """Whether the segment still counts: one that a newer manifest left out is gone, and not damaged."""
        try:
            manifest = manifests.read(self._folder)
        except DamagedIndex:
            return True
        return manifest is not None and entry.name in {part.name for part in manifest.segments}

    def _ask(self, question: Callable[[Answerer], T], otherwise: T) -> T:
        """Put a question to the index in force; one that stumbles over damaged arrays is put again after they are mended."""
        current = self._current()
        try:
            return question(current) if current else otherwise
        except (DamagedIndex, IndexError, ValueError, KeyError):
            if current is None or not self._given_up(current.index.manifest.segments):
                raise
            current = self._current()
            return question(current) if current else otherwise

    def search(self, query: SearchQuery) -> Answer:
        """Answer one query: hits, total, facets."""
        nothing = Answer(query.q, 0, query.page, query.per_page, 0.0, None, False, [], {})
        return self._ask(lambda current: current.search(query), nothing)

    def warm(self) -> None:
        """Answer a question that takes every loop there is, and learn the problems: either costs its first visitor a second or more."""
        self._ask(lambda current: current.warm(), None)
        self.describe("退货")

    def explain(self, query: SearchQuery) -> list[Explanation]:
        """Why the documents of the answer's page rank where they do."""
        return self._ask(lambda current: current.explain(query), [])

    def suggest(self, text: str, limit: int = 8) -> list[Suggestion]:
        """Titles and terms that what is being typed may become."""
        return self._ask(lambda current: current.suggester.suggest(text, limit), [])

    def words(self, text: str) -> list[str]:
        """The words of a text that the dictionary has, as a question is cut."""
        return self._ask(lambda current: current.words(text), [])

    def related(self, kind: Kind | str, slug: str, limit: int = 4) -> list[Hit]:
        """Cases and guides like this document, the most alike first."""
        key = f"{Kind(kind).value}/{slug}"
        return self._ask(lambda current: current.related(key, limit), [])

    def describe(self, text: str) -> Description:
        """What a problem told in somebody's own words is, and the cases and guides for it, each with its reasons."""
        current = self._current()
        if not current:
            return Description([], [], [], [])
        return describe(text, self._taxonomy, cutter_for(self._taxonomy), self.search, current.is_usual)

    def industries_of(self, text: str) -> list[str]:
        """The industries of the trades and products that a text names (餐饮业 for 奶茶店), whether documents name them or not."""
        story = recognising.Story.of(text, cutter_for(self._taxonomy))
        return [each.key for each in recognising.industries(story, self._taxonomy)]

    def rebuild(self, store: ContentStore, progress: Callable[[int, int], None] | None = None) -> IndexReport:
        """Index every file anew; ``progress(done, total)`` is called as it goes.

        Raises:
            Unavailable: the disk is full, or may not be written to.
        """
        self.adopt(store.taxonomy)
        return self._written(lambda: Writer(self._folder, store).rebuild(progress))

    def sync(self, store: ContentStore, only: Iterable[str] | None = None) -> IndexReport:
        """Take in what changed in the directory since the last time; ``only`` are the files to look at, if that is known.

        They are named from the content root, ``cases/a.md``. Looking at all takes a second where there are 100,000. An index that
        is damaged beyond repair is built anew.

        Raises:
            Unavailable: the disk is full, or may not be written to.
        """
        self.adopt(store.taxonomy)
        current = self._current()
        if self._beyond_repair:
            return self.rebuild(store)
        return self._written(lambda: Writer(self._folder, store).sync(current.index if current else None, only))

    def _written(self, write: Callable[[], IndexReport]) -> IndexReport:
        try:
            return write()
        except OSError as error:
            raise self._unusable(error) from error

    def pending(self, store: ContentStore) -> int:
        """How many files the next :meth:`sync` would look at, none read to know but those that could not be; 0 without an index."""
        current = self._current()
        return len(changed(current.index, files_of(store))) if current else 0

    def outdated(self, store: ContentStore) -> bool:
        """Whether :meth:`sync` has something to do; no file is read to know but one that could not be."""
        current = self._current()
        known = current.index.manifest.taxonomy if current else ""
        return known != fingerprint(store.taxonomy) or self.pending(store) > 0

    def adopt(self, taxonomy: Taxonomy) -> None:
        """Label and cut by this taxonomy from now on; costs nothing if it is the one in use."""
        with self._lock:
            if taxonomy is not self._taxonomy:
                self._taxonomy, self._opened = taxonomy, ((), self._opened[1])
