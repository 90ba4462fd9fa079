"""The search room's one door: ask, suggest, relate; build and keep up the index.

A search takes the index in force when it begins and keeps it to its end. Without an index everything answers empty and
``ready`` is False; nothing here fails because of the state of the disk.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Self

import numpy as np

from caselib.config import Settings
from caselib.content import ContentStore, Kind, Taxonomy
from caselib.errors import Unavailable
from caselib.search import manifest as manifests
from caselib.search.facets import Filters
from caselib.search.index import Index, Mask, load
from caselib.search.model import Answer, Hit, IndexReport, SearchQuery, Suggestion
from caselib.search.question import Question, Reader
from caselib.search.ranking import Matches, Ranked, rank
from caselib.search.records import Part
from caselib.search.segment import DamagedIndex, Segment
from caselib.search.snippets import highlight, snippet
from caselib.search.tokens import Cutter
from caselib.search.writing import Writer, names


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
        """The hits of one page: the best of each segment put in one order, ties by kind and slug."""
        end = query.page * query.per_page
        newest = query.sort == "newest" or question.empty
        found = [
            (
                (-(best.score if not newest else segment.docs["newest"][best.doc]), segment.names[best.doc]),
                matches,
                best,
            )
            for matches, mask in zip(ranked, masks, strict=True)
            for segment in [matches.part.segment]
            for best in (_newest(matches, mask, end) if newest else matches.best(mask, end))
        ]
        found.sort(key=lambda each: each[0])
        return [
            self._hit(matches.part.segment, best, question) for _, matches, best in found[end - query.per_page : end]
        ]

    def _hit(self, segment: Segment, best: Ranked, question: Question) -> Hit:
        fields = segment.shown(best.doc)
        anchors = fields.pop("anchors")
        place = _to_show(segment, best)
        text = segment.text(int(segment.first[best.doc]) + place) if place is not None else fields["summary"]
        touched = datetime.fromtimestamp(int(segment.docs["mtime_ns"][best.doc]) // 10**9, UTC)
        return Hit(
            **fields, title_html=highlight(fields["title"], question.marks), snippet_html=snippet(text, question.marks),
            score=round(best.score, 2), anchor=anchors[place] if place is not None else "",
            updated=touched.isoformat().replace("+00:00", "Z"),
        )  # fmt: skip

    def get(self, kind: Kind | str, slug: str) -> Hit | None:
        """One document as a hit; None if it is not in the index."""
        index = self._current()
        place = index.locate(f"{Kind(kind).value}/{slug}") if index else None
        if index is None or place is None:
            return None
        return self._hit(place[0].segment, Ranked(0.0, place[1], np.zeros(0)), Question())

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


def _newest(matches: Matches, mask: Mask, count: int) -> list[Ranked]:
    """The ``count`` newest of the masked documents, and those as new as the last of them."""
    docs = np.flatnonzero(mask)
    days = matches.part.segment.docs["newest"][docs]
    if len(docs) > count:
        docs = docs[days >= np.partition(days, len(days) - count)[len(days) - count]]
    return [Ranked(0.0, doc, np.zeros(0)) for doc in docs.tolist()]


def _to_show(segment: Segment, best: Ranked) -> int | None:
    """The best passage that can be shown as a snippet: the title has its own line, the names are no sentence."""
    if not len(best.passages):
        return None
    begin = int(segment.first[best.doc])
    parts = segment.part[begin : begin + len(best.passages)]
    scores = np.where((parts == Part.SUMMARY) | (parts == Part.BODY), best.passages, 0)
    place = int(scores.argmax())
    return place if scores[place] > 0 else None
