"""Answers from one state of the index: search, suggest, relate.

Made once for each manifest and taxonomy and then only asked, so what it works out on the way (words, spellings, titles)
is worked out once. Nothing here opens or writes files.
"""

import time
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from caselib.content import Taxonomy
from caselib.search.facets import Filters, Labels, both
from caselib.search.index import Index
from caselib.search.model import Answer, Hit, SearchQuery, Suggestion
from caselib.search.question import Question, Reader
from caselib.search.ranking import Matches, Ranked, Ranking, rank
from caselib.search.records import Part
from caselib.search.segment import Mask, Segment
from caselib.search.snippets import highlight, snippet
from caselib.search.spelling import Speller
from caselib.search.suggestions import Suggester
from caselib.search.tokens import Cutter

ALIKE = ("problem", "measure", "industry", "effect")
"""The facets that make two documents related."""

_SUMMARY, _BODY = int(Part.SUMMARY), int(Part.BODY)


class Answerer:
    """The library as it is in one state of the index."""

    def __init__(self, index: Index, taxonomy: Taxonomy, words: list[str], cutter: Cutter) -> None:
        self.index = index
        self._taxonomy = taxonomy
        self._words = words
        self._labels = Labels(index, taxonomy)
        self._reader = Reader(cutter, taxonomy.synonyms)
        self.related = lru_cache(maxsize=1024)(self._related)

    @cached_property
    def suggester(self) -> Suggester:
        """Made when somebody first types."""
        return Suggester(self.index, self._taxonomy)

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self.index, self._words, self._reader.cutter)

    def search(self, query: SearchQuery) -> Answer:
        """Hits, total and facets; where words are unknown, what may have been meant, and the answer to that."""
        started = time.perf_counter()
        question = self._read(query.q)
        filters = Filters(self.index, query, self._taxonomy, self._labels)
        ranking, relaxed = self._rank(query.q, question)
        meant = self._meant(question, ranking)
        if corrected := bool(meant and relaxed):
            question = self._read(meant or "")
            ranking, relaxed = self._rank(meant or "", question)
        passing = [filters.masks(segment) for segment in self.index.segments]
        masks = [both(each.mask, own) for each, own in zip(ranking.matches, passing, strict=True)]
        return Answer(
            query=query.q, total=sum(int(mask.sum()) for mask in masks), page=query.page, per_page=query.per_page,
            did_you_mean=meant, relaxed=relaxed, corrected=corrected,
            hits=self._page(ranking.matches, masks, question, query),
            facets=filters.count([each.mask for each in ranking.matches], passing),
            took_ms=round((time.perf_counter() - started) * 1000, 3),
        )  # fmt: skip

    def _read(self, typed: str, *, plain: bool = False) -> Question:
        question = self._reader.read(typed, plain=plain)
        for beginning in question.prefixes:
            question.add_options(beginning, self.index.latin_words(beginning))
        return question

    def _rank(self, typed: str, question: Question) -> tuple[Ranking, bool]:
        """Documents with enough of the words; else with any of them; else with any of what was insisted on."""
        ranking = rank(self.index, question)
        if question.empty or ranking.any:
            return ranking, False
        unknown = ranking.unknown
        ranking = rank(self.index, question, enough=0)
        if not ranking.any and question.phrases:
            ranking = rank(self.index, self._read(typed, plain=True), enough=0)
        return ranking._replace(unknown=unknown or ranking.unknown), True

    def _meant(self, question: Question, ranking: Ranking) -> str | None:
        """A better spelling, if some word is in no document and the better spelling finds something."""
        if not ranking.unknown:
            return None
        better = self._speller.correct(question.text, question.units, ranking.unknown)
        return better.strip() if better and not self._rank(better, self._read(better))[1] else None

    def _page(self, matches: list[Matches], masks: list[Mask], question: Question, query: SearchQuery) -> list[Hit]:
        """The hits of one page: the best of each segment put in one order, ties by kind and slug."""
        begin, end = (query.page - 1) * query.per_page, query.page * query.per_page
        newest = query.sort == "newest" or question.empty
        found = []
        for each, mask in zip(matches, masks, strict=True):
            segment = each.segment
            for best in _newest(segment, mask, end) if newest else each.best(mask, end):
                value = segment.docs["newest"][best.doc] if newest else best.score
                found.append(((-value, segment.names[best.doc]), segment, best))
        found.sort(key=itemgetter(0))
        return [_hit(segment, best, question) for _, segment, best in found[begin:end]]

    def get(self, key: str) -> Hit | None:
        """The document ``kind/slug`` as a hit; None if it is not in the index."""
        place = self.index.locate(key)
        return _hit(place[0], Ranked(0.0, place[1], np.zeros(0)), Question("")) if place else None

    def _related(self, key: str, limit: int) -> list[Hit]:
        """Documents with the same problems, measures and industry and a similar title and summary."""
        place = self.index.locate(key)
        if place is None:
            return []
        segment, number = place
        fields = segment.shown(number)
        shared = [value for value in segment.facets_of(number) if value[0] in ALIKE]
        question = self._read(f"{fields['title']} {fields['summary']}", plain=True)
        matches = rank(self.index, question, enough=0).matches
        most = max(float(each.sums.max(initial=0)) for each in matches) or 1.0
        found: list[tuple[float, str, Segment, int]] = []
        for each in matches:
            other, names = each.segment, each.segment.names
            scores = each.sums / most + self._sharing(other, shared)
            scores[~(other.with_values([("kind", "case"), ("kind", "guide")]) & other.alive)] = -1
            best = np.argsort(-scores, kind="stable")[: limit + 1].tolist()
            found += [(-float(scores[n]), names[n], other, n) for n in best if scores[n] >= 0 and names[n] != key]
        found.sort(key=itemgetter(0, 1))
        return [_hit(other, Ranked(-score, n, np.zeros(0)), Question("")) for score, _, other, n in found[:limit]]

    def _sharing(self, segment: Segment, shared: list[tuple[str, str]]) -> NDArray[np.float64]:
        """For each document, the weight of the facet values it shares, 1 for all; rare values weigh more."""
        counts = [
            max(1, sum(int(other.with_values([value]).sum()) for other in self.index.segments)) for value in shared
        ]
        weights = np.log1p(self.index.docs / np.array(counts, float))
        held = np.array([segment.with_values([value]) for value in shared]).reshape(len(shared), len(segment))
        sums: NDArray[np.float64] = weights @ held / max(float(weights.sum()), 1e-9)
        return sums

    def suggest(self, text: str, limit: int) -> list[Suggestion]:
        """What the typed text may become."""
        return self.suggester.suggest(text, limit)


def _hit(segment: Segment, best: Ranked, question: Question) -> Hit:
    fields = segment.shown(best.doc)
    anchors = fields.pop("anchors")
    place = _to_show(segment, best)
    shown = ""
    if place:
        passage = int(segment.first[best.doc]) + place
        shown = snippet(segment.text(passage), question.marks, segment.fold(passage))
    touched = datetime.fromtimestamp(int(segment.docs["mtime_ns"][best.doc]) // 10**9, UTC)
    return Hit(
        **fields, title_html=highlight(fields["title"], question.marks, segment.fold(int(segment.first[best.doc]))),
        snippet_html=shown if "<mark>" in shown else snippet(fields["summary"], question.marks),
        score=round(float(best.score), 2), anchor=anchors[place] if place and "<mark>" in shown else "",
        updated=touched.isoformat().replace("+00:00", "Z"),
    )  # fmt: skip


def _newest(segment: Segment, mask: Mask, count: int) -> list[Ranked]:
    """The ``count`` newest of the masked documents, and those as new as the last of them."""
    docs = np.flatnonzero(mask)
    days = segment.docs["newest"][docs]
    if len(docs) > count:
        docs = docs[days >= np.partition(days, len(days) - count)[len(days) - count]]
    return [Ranked(0.0, doc, np.zeros(0)) for doc in docs.tolist()]


def _to_show(segment: Segment, best: Ranked) -> int | None:
    """The best passage that can be shown as a snippet: the title has its own line, the names are no sentence."""
    if not len(best.passages):
        return None
    begin = int(segment.first[best.doc])
    parts = segment.part[begin : begin + len(best.passages)]
    scores = np.where((parts == _SUMMARY) | (parts == _BODY), best.passages, 0)
    place = int(scores.argmax())
    return place if scores[place] > 0 else None
