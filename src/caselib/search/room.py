"""The search room's one door: ask, suggest, relate; build and keep up the index.

A search takes the index in force when it begins and keeps it to its end. Without an index everything answers empty and
``ready`` is False; nothing here fails because of the state of the disk.
"""

from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Self

from caselib.config import Settings
from caselib.content import ContentStore, Kind, Taxonomy
from caselib.errors import Unavailable
from caselib.search import manifest as manifests
from caselib.search.answering import Answerer
from caselib.search.index import load
from caselib.search.model import Answer, Hit, IndexReport, SearchQuery, Suggestion
from caselib.search.segment import DamagedIndex
from caselib.search.tokens import Cutter
from caselib.search.writing import Writer, names


class SearchRoom:
    """Search over the published library; one for each process, safe to use from several threads."""

    def __init__(self, folder: Path, taxonomy: Taxonomy) -> None:
        self._folder = folder
        self._taxonomy = taxonomy
        self._answerer: Answerer | None = None
        self._cutter: Cutter | None = None
        self._state: object = ()
        self._lock = RLock()
        self._trouble = ""

    @classmethod
    def open(cls, settings: Settings | str, taxonomy: Taxonomy) -> Self:
        """The room for ``CASELIB_SEARCH_URL`` (``whoosh:<folder>``). There need not be an index yet.

        Raises:
            Unavailable: the address is of another form.
        """
        url = settings if isinstance(settings, str) else settings.search_url
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
        return current.index.manifest.generation if current else ""

    @property
    def trouble(self) -> str:
        """What is wrong with the index, in Chinese, for the operator; empty if nothing is."""
        self._current()
        return self._trouble

    def _current(self) -> Answerer | None:
        """The index in force, opened when the manifest changed since the last question."""
        state = manifests.state(self._folder)
        if state != self._state:
            with self._lock:
                if state != self._state:
                    self._answerer = self._open()
                    self._state = state
        return self._answerer

    def _open(self) -> Answerer | None:
        try:
            index = load(self._folder, self._answerer.index if self._answerer else None)
        except DamagedIndex as error:
            self._trouble = f"检索索引已损坏（{error}）。请运行 caselib index 重建。"
            return None
        self._trouble = "" if index else "还没有检索索引。请运行 caselib index。"
        words = list(names(self._taxonomy))
        self._cutter = self._cutter or Cutter(words)
        return Answerer(index, self._taxonomy, words, self._cutter) if index else None

    def search(self, query: SearchQuery) -> Answer:
        """Answer one query: hits, total, facets."""
        current = self._current()
        if current is None:
            return Answer(query.q, 0, query.page, query.per_page, 0.0, None, False, [], {})
        return current.search(query)

    def get(self, kind: Kind | str, slug: str) -> Hit | None:
        """One document as a hit; None if it is not in the index."""
        current = self._current()
        return current.get(f"{Kind(kind).value}/{slug}") if current else None

    def suggest(self, text: str, limit: int = 8) -> list[Suggestion]:
        """Titles and terms that what is being typed may become."""
        current = self._current()
        return current.suggest(text, limit) if current else []

    def related(self, kind: Kind | str, slug: str, limit: int = 4) -> list[Hit]:
        """Cases and guides like this document, the most alike first."""
        current = self._current()
        return current.related(f"{Kind(kind).value}/{slug}", limit) if current else []

    def rebuild(self, store: ContentStore, progress: Callable[[int, int], None] | None = None) -> IndexReport:
        """Index every file anew; ``progress(done, total)`` is called as it goes."""
        self._adopt(store.taxonomy)
        return Writer(self._folder, store).rebuild(progress)

    def sync(self, store: ContentStore) -> IndexReport:
        """Take in what changed in the directory since the last time."""
        self._adopt(store.taxonomy)
        return Writer(self._folder, store).sync()

    def _adopt(self, taxonomy: Taxonomy) -> None:
        with self._lock:
            if taxonomy is not self._taxonomy:
                self._taxonomy, self._cutter, self._state = taxonomy, None, ()
