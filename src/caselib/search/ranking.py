"""Which documents answer a question, and in which order.

A document's score is that of its best passage, plus ``SPREAD`` times, for each term, the most that any of its passages
gets for it: people ask for one thing, and a formal text holds it in one paragraph and its surroundings in others. The
second part comes from the lists by document and bounds the first, so passages are scored only where they can matter.
What the document says that it is about, its title and its summary, counts once more.
A document *matches* if it has enough of the words asked for, by weight, or comes close to the best.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, chain
from math import log1p
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from caselib.search.index import matching, scoring
from caselib.search.index.postings import IMPACT_SCALE, Floats, Numbers, stream_of
from caselib.search.index.reading import Index
from caselib.search.index.records import Part
from caselib.search.index.segment import Mask, Segment
from caselib.search.question import PAIR, Phrase, Question, Unit
from caselib.search.text.tokens import term_key

SPREAD = 1.5
ABOUT = 0.5
"""What the own scores of the title (the first passage) and of the summary add once more."""
ENOUGH = 0.5
"""A document matches if it covers this share of the question's weight …"""
SINGLE = 0.5
"""What a word of one character counts in this, beside longer ones; a word that no document has counts like the average."""
CLOSE = 0.6
"""… or if the sum over its terms is at least this share of the best document's."""
SHOWN = 1 << Part.SUMMARY | 1 << Part.BODY
"""A bit for each part that a snippet can be cut from: the title has its own line, and names are no sentence."""

MOST_UNITS = 63
"""Words of a question that can tell a match; the further ones of a long text still rank."""
SURE = 1 - 1e-9
"""What a bound is compared with is made this much smaller, so that no rounding keeps a document out."""
FURTHER = 10
"""After the likeliest documents, so many times as many are scored, and all others compared with what they gave."""


class Ranked(NamedTuple):
    """A document in its place: its score, its number in the index, and which of its passages is the best (-1: nobody looked)."""

    score: float
    doc: int
    passage: int = -1


class Terms(NamedTuple):
    """What ranks: the terms' texts, the heaviest first; their weights; their places in each segment's lists; and they as the loops
    look for them in a stream.
    """

    texts: list[str]
    weights: Floats
    places: Numbers
    sought: tuple[NDArray[np.generic], ...]


@dataclass(frozen=True)
class Ranking:
    """Every document's sum over the terms, what the title and the summary have of it at most, and the words it has.

    ``unknown`` are the units that no living document has, ``alone`` the characters asked for because no document has anything
    longer of their word.
    """

    index: Index
    terms: Terms
    sums: Floats
    about: Floats
    required: Mask
    bits: NDArray[np.uint64]
    worth: Floats
    unknown: list[Unit]
    alone: frozenset[str]

    def matching(self, enough: float = ENOUGH) -> Numbers:
        """The documents that match; ``enough`` = 0 lets any word count."""
        if not len(self.worth):
            return np.flatnonzero(self.required)
        need = max(enough * float(self.worth.sum()) * SURE, 1e-9)
        found: Numbers = matching.match(self.bits, self.sums, self.required, self.worth, need, CLOSE)
        return found

    def best(self, docs: Numbers, count: int) -> list[Ranked]:
        """The ``count`` best of the documents, exactly, and perhaps others; in no order.

        One that scores less at most than what is already sure of a place is never looked at. Hence the most promising come first.
        """
        most = self._most(docs)
        tops = np.zeros(count)  # a heap, as ``scoring.score`` keeps it
        found: list[Ranked] = []
        for size in (count, FURTHER * count):
            if len(docs) > size:
                likely = np.argpartition(-most, size)[:size]
                found += self._score(docs[likely[np.argsort(-most[likely])]], tops)
                most[likely] = -1
                rest = most >= tops[0] * SURE
                docs, most = docs[rest], most[rest]
        return found + self._score(docs[np.argsort(-most)], tops)

    def _most(self, docs: Numbers) -> Floats:
        """What these documents score at most: no passage is above the document's sum."""
        return (1 + SPREAD) * self.sums[docs] + ABOUT * self.about[docs]

    def _score(self, docs: Numbers, tops: Floats) -> list[Ranked]:
        """These documents with their scores, but for those found below all of ``tops``, which are the best scores so far."""
        found: list[Ranked] = []
        for number, segment, own in self._by_segment(docs):
            totals, best = scoring.score(
                *segment.lists, self.terms.places[number], *segment.streamed, own - self.index.starts[number],
                self.sums[own], self._most(own), self.terms.sought, SPREAD, ABOUT, tops, SURE,
            )  # fmt: skip
            sure = totals >= tops[0] * SURE
            found += map(Ranked, totals[sure].tolist(), own[sure].tolist(), best[sure].tolist())
        return found

    def best_passages(self, page: Iterable[Ranked]) -> dict[int, int]:
        """For each document the number, among its own, of its best passage that can be shown; 0 if none of them has a term."""
        best = {each.doc: each.passage if self._can_be_shown(each) else -1 for each in page}
        missing = np.array([doc for doc, passage in best.items() if passage < 0], np.int64)
        for number, segment, own in self._by_segment(missing):
            found = scoring.best_passages(
                *segment.lists, self.terms.places[number], *segment.streamed, own - self.index.starts[number], SHOWN,
                self.terms.sought,
            )  # fmt: skip
            best.update(zip(own.tolist(), found.tolist(), strict=True))
        return best

    def _can_be_shown(self, each: Ranked) -> bool:
        """Whether a document's best passage is known, and can be."""
        segment, own = self.index.place(each.doc)
        return each.passage >= 0 and bool(SHOWN >> segment.part.item(segment.first.item(own) + each.passage) & 1)

    def _by_segment(self, docs: Numbers) -> Iterator[tuple[int, Segment, Numbers]]:
        """Each segment that holds some of the documents, with its number and those documents."""
        starts = self.index.starts
        for number, segment in enumerate(self.index.segments):
            own = (
                docs if len(self.index.segments) == 1 else docs[(docs >= starts[number]) & (docs < starts[number + 1])]
            )
            if len(own):
                yield number, segment, own


def rank(index: Index, question: Question) -> Ranking:
    """Sum every document's terms and note the words that each has."""
    places = _Places(index, question)
    terms, alone = _terms(index, question, places)
    sums, about = np.zeros(len(index.names)), np.zeros(len(index.names))
    for segment, start, own in zip(index.segments, index.starts, terms.places, strict=False):
        matching.add(*segment.lists, own, terms.weights, sums[start:], about[start:])
    units = question.units[:MOST_UNITS]
    required, bits = _required(index, question, places), _bits(index, units, places)
    counts = matching.count_units(bits, index.alive, len(units))
    unknown = [unit for unit, count in zip(units, counts.tolist(), strict=True) if not count]
    return Ranking(index, terms, sums, about, required, bits, _worth(index, units, counts), unknown, alone)


class _Places:
    """The places of every term of a question in the lists of each segment."""

    def __init__(self, index: Index, question: Question) -> None:
        phrases = (*question.phrases, *question.excluded)
        options = (terms for unit in question.units for terms in unit.options)
        words = dict.fromkeys(chain(question.weights, *options, *(phrase.terms for phrase in phrases)))
        wanted = np.array([term_key(word) for word in words], np.uint64)
        found = [segment.find(wanted) for segment in index.segments]
        self._number = {word: number for number, word in enumerate(words)}
        self._table = np.array(found, np.int64).reshape(len(found), len(words))

    def of(self, words: Iterable[str]) -> Numbers:
        """A row for each segment, with the places of these terms; -1 where it has none."""
        return self._table.take(np.array([self._number[word] for word in words], np.int64), axis=1)


def _terms(index: Index, question: Question, places: _Places) -> tuple[Terms, frozenset[str]]:
    """A term weighs its weight times its inverse document frequency in living passages, and those that none holds are left out;
    and which characters are asked for alone.
    """
    texts = list(question.weights)
    rows = places.of(texts)
    counts = sum(
        (segment.passages_with(own) for segment, own in zip(index.segments, rows, strict=True)), np.zeros(len(texts))
    )
    passages_with: dict[str, float] = dict(zip(texts, counts.tolist(), strict=True))
    lost = (unit for unit in question.units if unit.alone and not any(map(passages_with.get, chain(*unit.options))))
    alone = frozenset(character for unit in lost for character in unit.alone)
    asked = question.weights | {character: max(question.weights[character], PAIR) for character in alone}
    worth = {
        term: asked[term] * _rarity(count, index.passage_count) / IMPACT_SCALE
        for term, count in passages_with.items()
        if count
    }
    order = sorted(worth, key=lambda term: (-worth[term], term))
    keys = np.array([term_key(term) for term in order], np.uint64)
    weights = np.array([worth[term] for term in order], float)
    return Terms(order, weights, places.of(order), scoring.sought(keys, weights)), alone


def _rarity(count: float, among: int) -> float:
    """BM25's inverse document frequency of what ``count`` of so many have."""
    return log1p((among - count + 0.5) / (count + 0.5))


def _bits(index: Index, units: list[Unit], places: _Places) -> NDArray[np.uint64]:
    """For each document a bit for each unit whose terms it has; nothing if there are no units."""
    options = [(number, terms) for number, unit in enumerate(units) for terms in unit.options]
    ends = np.array(list(accumulate(len(terms) for _, terms in options)), np.int64)
    owners = np.array([number for number, _ in options], np.int64)
    bits = np.zeros(len(index.names) if units else 0, np.uint64)
    rows = places.of(term for _, terms in options for term in terms)
    for segment, start, own in zip(index.segments, index.starts, rows, strict=False):
        lists = segment.postings
        matching.mark_units(lists.at, lists.doc, own, ends, owners, bits[start : start + len(segment)])
    return bits


def _worth(index: Index, units: list[Unit], counts: Numbers) -> Floats:
    """What each unit counts towards a match: its inverse document frequency among the living."""
    known = [_rarity(count, index.doc_count) for count in counts.tolist() if count]
    usual = sum(known) / len(known) if known else 1.0
    weights = (_rarity(count, index.doc_count) if count else usual for count in counts.tolist())
    shares = (SINGLE if len(unit.text) == 1 else 1.0 for unit in units)
    return np.array([weight * share for weight, share in zip(weights, shares, strict=True)], float)


def _required(index: Index, question: Question, places: _Places) -> Mask:
    """The living documents that hold every phrase and none of those left out."""
    mask = index.alive
    for phrase in question.phrases:
        mask = mask & _docs_with(index, phrase, places)
    for phrase in question.excluded:
        mask = mask & ~_docs_with(index, phrase, places)
    return mask


def _docs_with(index: Index, phrase: Phrase, places: _Places) -> Mask:
    """The documents that hold the run of tokens: those with all its terms in one set of passages, then looked for in these.

    A run of one term needs no look: who holds the term holds the run.
    """
    found = np.zeros(len(index.names), bool)
    only = -1 if phrase.part is None else int(phrase.part)
    sets = 1 if phrase.part is Part.TITLE else 255
    run = stream_of(phrase.text) if len(phrase.terms) > 1 or only > Part.TITLE else None
    for segment, start, own in zip(index.segments, index.starts, places.of(phrase.terms), strict=False):
        lists = segment.postings
        docs, masks, spots = matching.together(lists.at, lists.doc, lists.where, lists.spot, own, sets)
        if run is not None:
            docs = docs[scoring.with_run(*segment.streamed, docs, masks, spots, run, only)]
        found[start + docs] = True
    return found
