"""Answers from one state of the index: search, suggest, relate.

Made once for each manifest and taxonomy and then only asked, so what it works out on the way (words, spellings, titles)
is worked out once. Nothing here opens or writes files.
"""

import time
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from caselib.content import Taxonomy
from caselib.search.explaining import explain
from caselib.search.facets import Facets, both
from caselib.search.index import Index
from caselib.search.model import Answer, Explanation, Hit, SearchQuery, Suggestion
from caselib.search.postings import Floats
from caselib.search.question import Question, Reader
from caselib.search.ranking import Ranked, Ranking, rank
from caselib.search.records import Part
from caselib.search.segment import Mask, Segment
from caselib.search.snippets import highlight, snippet
from caselib.search.spelling import Speller
from caselib.search.suggestions import Suggester
from caselib.search.tokens import Cutter

ALIKE = ("problem", "measure", "industry", "effect")
"""The facets that make two documents related."""

_SHOWN = (int(Part.SUMMARY), int(Part.BODY))
_NOWHERE: Floats = np.zeros(0)


class _Found(NamedTuple):
    """A question as it was answered in the end: ``relaxed`` and ``corrected`` as in :class:`Answer`."""

    question: Question
    ranking: Ranking
    relaxed: bool
    meant: str | None
    corrected: bool


class Answerer:
    """The library as it is in one state of the index."""

    def __init__(self, index: Index, taxonomy: Taxonomy, words: list[str], cutter: Cutter) -> None:
        self.index = index
        self._taxonomy = taxonomy
        self._words = words
        self._facets = Facets(index, taxonomy)
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
        found = self._found(query.q)
        chosen = self._facets.chosen(query)
        masks = self._facets.masks(chosen)
        mask = both(found.ranking.mask, masks)
        return Answer(
            query=query.q, total=int(np.count_nonzero(mask)), page=query.page, per_page=query.per_page,
            did_you_mean=found.meant, relaxed=found.relaxed, corrected=found.corrected,
            hits=[self._hit(best, found.question) for best in self._page(found, mask, query)],
            facets=self._facets.count(found.ranking.mask, masks, chosen),
            took_ms=round((time.perf_counter() - started) * 1000, 3),
        )  # fmt: skip

    def explain(self, query: SearchQuery) -> list[Explanation]:
        """Why the documents of one page rank where they do; empty for a question that ranks nothing."""
        found = self._found(query.q)
        mask = both(found.ranking.mask, self._facets.masks(self._facets.chosen(query)))
        page = [] if found.question.empty else self._page(found, mask, query)
        return [explain(found.ranking, found.question, best) for best in page if len(best.passages)]

    def _found(self, typed: str) -> "_Found":
        question = self._read(typed)
        ranking, relaxed = self._rank(typed, question)
        meant = self._meant(question, ranking)
        if corrected := bool(meant and relaxed):
            question = self._read(meant or "")
            ranking, relaxed = self._rank(meant or "", question)
        return _Found(question, ranking, relaxed, meant, corrected)

    def _read(self, typed: str, *, plain: bool = False) -> Question:
        question = self._reader.read(typed, plain=plain)
        for beginning in question.prefixes:
            question.add_options(beginning, self.index.words_from(beginning))
        return question

    def _rank(self, typed: str, question: Question) -> tuple[Ranking, bool]:
        """Documents with enough of the words; else with any of them; else with any of what was insisted on."""
        ranking = rank(self.index, question)
        if question.empty or ranking.mask.any():
            return ranking, False
        unknown = ranking.unknown
        ranking = rank(self.index, question, enough=0)
        if question.phrases and not ranking.mask.any():
            ranking = rank(self.index, self._read(typed, plain=True), enough=0)
        ranking.unknown = unknown or ranking.unknown
        return ranking, True

    def _meant(self, question: Question, ranking: Ranking) -> str | None:
        """A better spelling, if some word is in no document and the better spelling finds something."""
        if not ranking.unknown:
            return None
        better = self._speller.correct(question.text, question.units, ranking.unknown)
        return better.strip() if better and not self._rank(better, self._read(better))[1] else None

    def _page(self, asked: "_Found", mask: Mask, query: SearchQuery) -> list[Ranked]:
        """The documents of one page; ties go by kind and slug."""
        begin, end = (query.page - 1) * query.per_page, query.page * query.per_page
        if newest := query.sort == "newest" or asked.question.empty:
            found = [Ranked(0.0, doc, _NOWHERE) for doc in _most(self.index.newest, mask, end)]
        else:
            found = asked.ranking.best(mask, end)
        days, names = self.index.newest, self.index.names
        found.sort(key=lambda each: (-(days[each.doc] if newest else each.score), names[each.doc]))
        return found[begin:end]

    def _hit(self, best: Ranked, question: Question) -> Hit:
        segment, number = self.index.place(best.doc)
        fields = segment.shown(number)
        anchors = fields.pop("anchors")
        first = segment.first.item(number)
        place = _to_show(segment, first, best.passages)
        shown = snippet(segment.text(first + place), question.marks, segment.fold(first + place)) if place else ""
        marked = "<mark>" in shown
        touched = datetime.fromtimestamp(segment.touched.item(number) // 10**9, UTC)
        return Hit(
            **fields, title_html=highlight(fields["title"], question.marks, segment.fold(first)),
            snippet_html=shown if marked else snippet(fields["summary"], question.marks),
            score=round(best.score, 2), anchor=anchors[place] if marked else "",
            updated=touched.isoformat().replace("+00:00", "Z"),
        )  # fmt: skip

    def get(self, key: str) -> Hit | None:
        """The document ``kind/slug`` as a hit; None if it is not in the index."""
        number = self.index.locate(key)
        return None if number is None else self._hit(Ranked(0.0, number, _NOWHERE), Question(""))

    def _related(self, key: str, limit: int) -> list[Hit]:
        """Documents with the same problems, measures and industry and a similar title and summary."""
        number = self.index.locate(key)
        if number is None:
            return []
        segment, own = self.index.place(number)
        fields = segment.shown(own)
        sums = rank(self.index, self._read(f"{fields['title']} {fields['summary']}", plain=True)).sums
        scores = sums / (sums.max() or 1.0) + self._sharing(number)
        mask = self.index.with_values([("kind", "case"), ("kind", "guide")]) & self.index.alive
        mask[number] = False
        names = self.index.names
        best = sorted(_most(scores, mask, limit), key=lambda doc: (-scores[doc], names[doc]))
        return [self._hit(Ranked(float(scores[doc]), doc, _NOWHERE), Question("")) for doc in best[:limit]]

    def _sharing(self, number: int) -> Floats:
        """For each document, the weight of the facet values it shares with this one, 1 for all; rare ones weigh more."""
        shared = [value for value in self.index.facets_of(number) if value[0] in ALIKE]
        held = [self.index.with_values([value]) for value in shared]
        weights = [float(np.log1p(self.index.docs / np.count_nonzero(mask & self.index.alive))) for mask in held]
        sums = np.zeros(len(self.index.names))
        for mask, weight in zip(held, weights, strict=True):
            sums[mask] += weight / sum(weights)
        return sums

    def suggest(self, text: str, limit: int) -> list[Suggestion]:
        """What the typed text may become."""
        return self.suggester.suggest(text, limit)


def _most(values: NDArray[Any], mask: Mask, count: int) -> list[int]:
    """The masked documents with the ``count`` greatest values, and those equal to the last of them."""
    docs = np.flatnonzero(mask)
    own = values[docs]
    if len(docs) > count:
        docs = docs[own >= np.partition(own, len(docs) - count)[len(docs) - count]]
    found: list[int] = docs.tolist()
    return found


def _to_show(segment: Segment, first: int, passages: Floats) -> int:
    """The best passage that can be shown as a snippet (0 for none): the title has its own line, the names are no sentence."""
    worth = zip(segment.part[first : first + len(passages)].tolist(), passages.tolist(), strict=True)
    scores = [score if part in _SHOWN else 0.0 for part, score in worth]
    return scores.index(max(scores)) if scores else 0
