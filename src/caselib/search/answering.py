"""Answers from one state of the index: search, suggest, relate.

Made once for each manifest and taxonomy and then only asked, so what it works out on the way (words, spellings, titles)
is worked out once. Nothing here opens or writes files.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from time import perf_counter
from typing import Any, NamedTuple
from weakref import proxy

import numpy as np
from numpy.typing import NDArray

from caselib.content import Taxonomy
from caselib.search.explaining import explain
from caselib.search.facets import Facets
from caselib.search.index.postings import Floats, Numbers
from caselib.search.index.reading import Index
from caselib.search.model import Answer, Explanation, Hit, SearchQuery
from caselib.search.question import NO_MARKS, Marks, Question, Reader, Unit
from caselib.search.ranking import Ranked, Ranking, rank
from caselib.search.snippets import highlight, snippet
from caselib.search.spelling import LongNames, Speller
from caselib.search.stories.recognising import names_of_industries
from caselib.search.suggestions import Suggester
from caselib.search.text.dictionary import Cutter
from caselib.search.text.tokens import HAN_RUN, fold

RELATING = ("problem", "measure", "industry", "effect")
"""The facets that make two documents related."""

FEW = 6
"""Words of a question in which one that is nowhere may be a mistake that is worth a hint."""
USUAL, SEVERAL = 0.2, 3
"""A word that more than this share of the documents have, and more than so many, is usual."""
DIGITS = 9
"""Scores that differ further behind the point are equal: in which order a sum was added up shall not tell who comes first."""


class _Found(NamedTuple):
    """A question as it was answered in the end, and the documents that match; the flags are those of :class:`Answer`."""

    question: Question
    ranking: Ranking
    docs: Numbers
    relaxed: bool
    meant: str | None = None
    corrected: bool = False


class Answerer:
    """The library as it is in one state of the index."""

    def __init__(self, index: Index, taxonomy: Taxonomy, cutter: Cutter) -> None:
        self.index = index
        self._taxonomy = taxonomy
        self._facets = Facets(index, taxonomy)
        self._reader = Reader(cutter, taxonomy.synonyms)
        self._own = proxy(self)  # what this keeps may not keep this: the files of an old index would stay open
        self.related = lru_cache(maxsize=1024)(partial(Answerer._related, self._own))

    @property
    def generation(self) -> str:
        """Tells this state of the index, asked by these words, from any other."""
        return f"{self.index.manifest.generation}-{self._taxonomy.digest[:8]}"

    @cached_property
    def suggester(self) -> Suggester:
        """Made when somebody first types."""
        return Suggester(
            self.index, self._taxonomy, names_of_industries(self._taxonomy), partial(Answerer._finds, self._own)
        )

    def _finds(self, text: str) -> bool:
        """Whether documents have enough of the words, and none of these is nowhere."""
        found = self._as_typed(text)
        return bool(len(found.docs) and not found.relaxed and not found.ranking.unknown)

    @cached_property
    def _long_names(self) -> LongNames:
        return LongNames(self.index, self._reader.cutter)

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self.index, self._long_names, self._reader.cutter)

    def search(self, query: SearchQuery) -> Answer:
        """Hits, total and facets; where words are unknown, what may have been meant, and the answer to that."""
        started = perf_counter()
        found = self._as_meant(query.q)
        chosen = self._facets.chosen(query)
        docs, counts = self._facets.filter(found.docs, chosen)
        return Answer(
            query=query.q, total=len(docs), page=query.page, per_page=query.per_page,
            did_you_mean=found.meant, relaxed=found.relaxed, corrected=found.corrected,
            unknown=tuple(dict.fromkeys(unit.text for unit in found.ranking.unknown)),
            empty=found.question.empty and not found.question.excluded,
            hits=self._hits(found, self._page(found, docs, query)),
            facets=self._facets.tell(counts, chosen),
            took_ms=round((perf_counter() - started) * 1000, 3),
        )  # fmt: skip

    def is_usual(self, word: str) -> bool:
        """Whether so many documents have the word that it tells none from others."""
        return self.index.words[word] > max(SEVERAL, USUAL * self.index.doc_count)

    def words(self, text: str) -> list[str]:
        """The words of a text that the dictionary has, as a question is cut."""
        words = (word for run in HAN_RUN.findall(fold(text).text) for word in self._reader.cutter.cut(run))
        return list(filter(self._is_word, words))

    def warm(self) -> None:
        """Ask for what some document is called, in words and word for word."""
        for doc in np.flatnonzero(self.index.alive)[:1].tolist():
            title = self._hit(doc).title
            self.search(SearchQuery(f"{title} “{title}”"))

    def explain(self, query: SearchQuery) -> list[Explanation]:
        """Why the documents of one page rank where they do; empty for a question that ranks nothing."""
        found = self._as_meant(query.q)
        docs, _ = self._facets.filter(found.docs, self._facets.chosen(query))
        page = [] if found.question.empty or query.sort == "newest" else self._page(found, docs, query)
        return [explain(found.ranking, found.question, best) for best in page]

    def _as_meant(self, typed: str) -> _Found:
        """The question as typed, or as it may have been meant where that answers better: if half of its words are nowhere.

        One word of many that is nowhere is more often a rare one than a mistake.
        """
        found = self._as_typed(typed)
        unknown, words = len(found.ranking.unknown), len(found.question.units)
        if not unknown:
            return found._replace(meant=self._hint(found.question))
        if words > FEW and len(found.docs):
            return found
        meant = self._corrected(found)
        if not meant or found.relaxed or 2 * unknown >= words:
            return meant or found
        return found._replace(meant=meant.meant)

    def _read(self, typed: str, **how: Any) -> Question:
        question = self._reader.read(typed, **how)
        for beginning in question.prefixes:
            question.add_options(beginning, self.index.words_from(beginning))
        return question

    def _as_typed(self, typed: str) -> _Found:
        """Documents with enough of the words; if there are none, with any of them, in one reading after the other."""
        unknown: list[Unit] = []
        for number, (question, ranking) in enumerate(self._readings(typed)):
            unknown = unknown or ranking.unknown
            docs, relaxed = ranking.matching(), number > 0
            if not question.empty and not len(docs):
                docs, relaxed = ranking.matching(0), True
            if question.empty or len(docs):
                break
        return _Found(question, replace(ranking, unknown=unknown), docs, relaxed)

    def _readings(self, typed: str) -> Iterator[tuple[Question, Ranking]]:
        """As it stands, then without its quotes, then with any part of a word."""
        question, ranking = self._ranked(typed)
        yield question, ranking
        if question.phrases:
            yield self._ranked(typed, quotes=False)
        yield self._ranked(typed, plain=True)

    def _ranked(self, typed: str, **how: bool) -> tuple[Question, Ranking]:
        """The question and every document's sum; a word that no document has is asked for by its parts: 质量 and 追溯 for 质量追溯."""
        question, apart = self._read(typed, **how), frozenset[str]()
        ranking = rank(self.index, question)
        while parted := {unit.text for unit in ranking.unknown if self._reader.can_part(unit)} - apart:
            apart |= parted
            question = self._read(typed, apart=apart, **how)
            ranking = rank(self.index, question)
        return question, ranking

    def _hint(self, question: Question) -> str | None:
        """The question with a mistaken long name put right, if there is one and documents hold it; its pieces are all known."""
        loose = [unit for unit in question.units if HAN_RUN.fullmatch(unit.text) and not self._is_word(unit.text)]
        better = self._long_names.mend(question.text, loose) if loose else question.text
        meant = self._as_typed(better) if better != question.text else None
        return better if meant and not meant.relaxed and not meant.ranking.unknown else None

    def _is_word(self, text: str) -> bool:
        return len(text) > 1 and text in self._reader.cutter

    def _corrected(self, found: _Found) -> _Found | None:
        """The answer to a better spelling, if some word is in no document and fewer of the better spelling are."""
        question = found.question
        better = self._speller.correct(question.text, question.units, found.ranking.unknown)
        if not better and question.text.isascii():
            better = self.suggester.by_initials(question.text)
        better = (better or "").strip()
        meant = self._as_typed(better)._replace(meant=better, corrected=True) if better else None
        known = meant and not meant.relaxed and len(meant.ranking.unknown) < len(found.ranking.unknown)
        return meant if known else None

    def _page(self, asked: _Found, docs: Numbers, query: SearchQuery) -> list[Ranked]:
        """The documents of one page; ties go by kind and slug."""
        begin, end = (query.page - 1) * query.per_page, min(query.page * query.per_page, len(docs))
        if begin >= end:
            return []
        if newest := query.sort == "newest" or asked.question.empty:
            found = [Ranked(0.0, doc) for doc in _most(self.index.newest, docs, end)]
        else:
            found = asked.ranking.best(docs, end)
        days, names = self.index.newest, self.index.names
        found.sort(key=lambda each: (-(days[each.doc] if newest else round(each.score, DIGITS)), names[each.doc]))
        return found[begin:end]

    def _hits(self, found: _Found, page: list[Ranked]) -> list[Hit]:
        """The documents of a page as hits, each with its best passage; nothing is marked where nothing was asked for."""
        marks = found.question.marks
        marks = marks._replace(runs=(*marks.runs, *found.ranking.alone))
        best = found.ranking.best_passages(page)
        return [self._hit(each.doc, each.score, marks, best[each.doc]) for each in page]

    def _hit(self, doc: int, score: float = 0.0, marks: Marks = NO_MARKS, place: int = 0) -> Hit:
        """The document as a hit that shows its passage number ``place``; its summary where that has no mark.

        0 stands for no passage: then no word of the question is in the summary either. If none is in the title, what is shown is
        the firm and the bodies, or the names of the terms, where these are what was found.
        """
        segment, number = self.index.place(doc)
        shown, anchors = segment.shown(number)
        first = segment.first.item(number)
        title = highlight(shown.title, marks, segment.fold(first))
        named = segment.named(number) if not place and marks != NO_MARKS and "<mark>" not in title else ()
        pieces = (
            (each, snippet(segment.text(first + each), marks, segment.fold(first + each)))
            for each in named or (place,)
            if each
        )
        at, piece = next((found for found in pieces if "<mark>" in found[1]), (0, ""))
        return Hit(
            *shown[:-4],
            title_html=title,
            snippet_html=piece or snippet(shown.summary, marks if place else NO_MARKS),
            score=round(score, 2), anchor=anchors[at],
        )  # fmt: skip

    def _related(self, key: str, limit: int) -> list[Hit]:
        """Documents with the same problems, measures and industry and a similar title and summary."""
        number = self.index.locate(key)
        if number is None:
            return []
        segment, own = self.index.place(number)
        shown, _ = segment.shown(own)
        sums = rank(self.index, self._read(f"{shown.title} {shown.summary}", plain=True)).sums
        scores = sums / (sums[self.index.alive].max() or 1.0) + self._sharing(number)
        mask = self.index.with_values([("kind", "case"), ("kind", "guide")]) & self.index.alive
        mask[number] = False
        names = self.index.names
        best = sorted(_most(scores, np.flatnonzero(mask), limit), key=lambda doc: (-scores[doc], names[doc]))
        return [self._hit(doc) for doc in best[:limit]]

    def _sharing(self, number: int) -> Floats:
        """For each document, the weight of the facet values it shares with this one, 1 for all; rare ones weigh more."""
        shared = [value for value in self.index.facets_of(number) if value[0] in RELATING]
        held = [self.index.with_values([value]) for value in shared]
        weights = [float(np.log1p(self.index.doc_count / np.count_nonzero(mask & self.index.alive))) for mask in held]
        sums = np.zeros(len(self.index.names))
        for mask, weight in zip(held, weights, strict=True):
            sums[mask] += weight / sum(weights)
        return sums


def _most(values: NDArray[Any], docs: Numbers, count: int) -> list[int]:
    """The documents with the ``count`` greatest values, and those equal to the last of them."""
    own = values[docs]
    if len(docs) > count:
        docs = docs[own >= np.partition(own, -count)[-count]]
    found: list[int] = docs.tolist()
    return found
