"""The search room's one door: ask, suggest, relate; build and keep up the index.

A search takes the index in force when it begins and keeps it to its end. Without an index everything answers empty and
``ready`` is False; nothing here fails because of the state of the disk.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np

from caselib.config import Settings
from caselib.content import ContentStore, Kind, Taxonomy
from caselib.errors import Unavailable
from caselib.search import manifest as manifests
from caselib.search.facets import Filters
from caselib.search.index import Index, Mask, Numbers, load
from caselib.search.model import Answer, Hit, IndexReport, SearchQuery, Suggestion
from caselib.search.question import Question, Reader
from caselib.search.ranking import Matches, rank
from caselib.search.records import Part
from caselib.search.segment import DamagedIndex
from caselib.search.snippets import highlight, snippet
from caselib.search.tokens import Cutter
from caselib.search.writing import Writer, names

_EMPTY = Answer("", 0, 1, 10, 0.0, None, False, [], {})


class SearchRoom:
    """Search over the published library; one for each process, safe to use from several threads."""

    def __init__(self, folder: Path, taxonomy: Taxonomy) -> None:
        self._folder = folder
        self._taxonomy = taxonomy
        self._reader: Reader | None = None
        self._index: Index | None = None
        self._state: object = ()
        self._lock = Lock()
        self.trouble = ""
        """What is wrong with the index, in Chinese, for the operator; empty if nothing is."""

    @classmethod
    def open(cls, settings: Settings | str, taxonomy: Taxonomy) -> Self:
        """The room for ``CASELIB_SEARCH_URL`` (``whoosh:<folder>``). There need not be an index yet."""
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
        index = self._current()
        return index.manifest.generation if index else ""

    def _current(self) -> Index | None:
        state = manifests.state(self._folder)
        if state != self._state:
            with self._lock:
                if state != self._state:
                    self._load()
                    self._state = state
        return self._index

    def _load(self) -> None:
        try:
            self._index = load(self._folder, self._index)
            self.trouble = "" if self._index else "还没有检索索引。请运行 caselib index。"
        except DamagedIndex as error:
            self._index = None
            self.trouble = f"检索索引已损坏（{error}）。请运行 caselib index 重建。"

    def _questions(self) -> Reader:
        if self._reader is None:
            self._reader = Reader(Cutter(names(self._taxonomy)), self._taxonomy.synonyms)
        return self._reader

    def search(self, query: SearchQuery) -> Answer:
        """Answer one query: hits, total, facets."""
        started = time.perf_counter()
        index = self._current()
        if index is None:
            return Answer(query.q, 0, query.page, query.per_page, 0.0, None, False, [], {})
        question = self._questions().read(query.q)
        filters = Filters(index, query, self._taxonomy)
        ranked, relaxed = self._rank(index, query.q, question)
        masks = [_filtered(matches, filters) for matches in ranked]
        hits = self._hits(ranked, masks, question, query)
        return Answer(
            query=query.q, total=sum(int(mask.sum()) for mask in masks), page=query.page, per_page=query.per_page,
            took_ms=(time.perf_counter() - started) * 1000, did_you_mean=None, relaxed=relaxed, hits=hits,
            facets=filters.count([(matches.part, matches.mask) for matches in ranked]),
        )  # fmt: skip

    def _rank(self, index: Index, typed: str, question: Question) -> tuple[list[Matches], bool]:
        """Documents with enough of the words; else with any of them; else with any of what was insisted on."""
        ranked = rank(index, question)
        if question.empty or _any(ranked):
            return ranked, False
        ranked = rank(index, question, enough=0)
        if not _any(ranked) and (question.phrases or question.excluded):
            ranked = rank(index, self._questions().read(typed, plain=True), enough=0)
        return ranked, True

    def _hits(self, ranked: list[Matches], masks: list[Mask], question: Question, query: SearchQuery) -> list[Hit]:
        end = query.page * query.per_page
        newest = query.sort == "newest" or question.empty
        found = []
        for matches, mask in zip(ranked, masks, strict=True):
            docs = np.flatnonzero(mask)
            values = matches.part.segment.docs["newest"][docs] if newest else matches.scores[docs]
            for place in _top(values, end):
                number = int(docs[place])
                found.append((-float(values[place]), matches.part.segment.names[number], matches, number))
        found.sort(key=lambda each: each[:2])
        return [self._hit(matches, number, question) for _, _, matches, number in found[end - query.per_page : end]]

    def _hit(self, matches: Matches, number: int, question: Question) -> Hit:
        segment = matches.part.segment
        fields = segment.shown(number)
        begin, end = segment.docs["first"][number : number + 2].tolist()
        anchors = fields.pop("anchors")
        passage = _best(matches, begin, end) if question.weights else None
        text = segment.text(passage) if passage is not None else fields["summary"]
        touched = datetime.fromtimestamp(int(segment.docs["mtime_ns"][number]) // 10**9, UTC)
        return Hit(
            **fields, title_html=highlight(fields["title"], question.marks), snippet_html=snippet(text, question.marks),
            score=round(float(matches.scores[number]), 2), anchor=anchors[passage - begin] if passage is not None else "",
            updated=touched.isoformat().replace("+00:00", "Z"),
        )  # fmt: skip

    def get(self, kind: Kind | str, slug: str) -> Hit | None:
        """One document as a hit; None if it is not in the index."""
        index = self._current()
        place = index.locate(f"{Kind(kind).value}/{slug}") if index else None
        if index is None or place is None:
            return None
        part, number = place
        empty = np.zeros(len(part.segment), np.float32)
        return self._hit(Matches(part, part.alive, empty, empty), number, Question())

    def suggest(self, text: str, limit: int = 8) -> list[Suggestion]:
        """Titles and terms that what is being typed may become."""
        return []

    def related(self, kind: Kind | str, slug: str, limit: int = 4) -> list[Hit]:
        """Documents like this one, the most alike first."""
        return []

    def rebuild(self, store: ContentStore, progress: Callable[[int, int], None] | None = None) -> IndexReport:
        """Index every file anew; ``progress(done, total)`` is called as it goes."""
        self._adopt(store.taxonomy)
        return Writer(self._folder, store).rebuild(progress)

    def sync(self, store: ContentStore) -> IndexReport:
        """Take in what changed in the directory since the last time."""
        self._adopt(store.taxonomy)
        return Writer(self._folder, store).sync()

    def _adopt(self, taxonomy: Taxonomy) -> None:
        if taxonomy is not self._taxonomy:
            self._taxonomy, self._reader = taxonomy, None


def _filtered(matches: Matches, filters: Filters) -> Mask:
    mask = matches.mask
    for passing in filters.masks(matches.part).values():
        mask = mask & passing
    return mask


def _any(ranked: list[Matches]) -> bool:
    return any(matches.mask.any() for matches in ranked)


def _top(values: Any, count: int) -> Numbers:
    """The places of the ``count`` largest values; among equals the first. In no order."""
    if len(values) <= count:
        return np.arange(len(values))
    least = np.partition(values, len(values) - count)[len(values) - count]
    above = np.flatnonzero(values > least)
    return np.concatenate([above, np.flatnonzero(values == least)[: count - len(above)]])


def _best(matches: Matches, begin: int, end: int) -> int | None:
    """The best passage that can be shown as a snippet: the title has its own line, the names are no sentence."""
    scores = matches.passages[begin:end].copy()
    scores[~np.isin(matches.part.segment.part[begin:end], (Part.SUMMARY, Part.BODY))] = 0
    place = int(scores.argmax())
    return begin + place if scores[place] > 0 else None
