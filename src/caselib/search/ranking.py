"""Which documents answer a question, and in which order.

A document's score is that of its best passage, plus ``SPREAD`` times, for each term, the most that any of its passages
gets for it: people ask for one thing, and a formal text holds it in one paragraph and its surroundings in others. The
second part comes from the lists by document and bounds the first, so passages are scored only where they can matter.
A document *matches* if it has enough of the words asked for, by weight, or comes close to the best.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from caselib.search.index import Index
from caselib.search.postings import IMPACT_SCALE, ranges
from caselib.search.question import Phrase, Question, Unit
from caselib.search.segment import Mask, Numbers, Segment

SPREAD = 1.5
TITLE = 0.5
"""What the title's own score (the first passage's) adds once more."""
ENOUGH = 0.5
"""A document matches if it covers this share of the question's weight …"""
SINGLE = 0.5
"""What a word of one character counts in this, beside longer ones; a word that no document has counts like the average."""
CLOSE = 0.6
"""… or if the sum over its terms is at least this share of the best document's."""

MORE = 60
"""Documents scored beyond those asked for before the rest is judged by its bound."""

Floats = NDArray[np.float64]
Docs = NDArray[np.uint32]


class Ranked(NamedTuple):
    """A document in its place: its score, its number, and the scores of its passages, first to last."""

    score: float
    doc: int
    passages: Floats


class Matches:
    """One segment's part of an answer: ``mask`` tells which of its documents match."""

    def __init__(self, segment: Segment, question: Question) -> None:
        self.segment = segment
        self.mask: Mask = segment.alive
        self._postings = segment.postings
        self._terms = list(question.weights)
        self._places = dict(zip(self._terms, segment.find(self._terms), strict=True))
        self._weights: Floats = np.zeros(0)
        self.sums: Floats = np.zeros(len(segment))
        self._held: list[tuple[int, float]] = []

    def counts(self) -> Numbers:
        """How many living passages hold each of the question's terms."""
        return self.segment.counts([self._places[term] for term in self._terms])

    def weigh(self, weights: Floats) -> Floats:
        """Take each term's weight; give each document's sum over the terms."""
        held = [(self._places[term], weight) for term, weight in zip(self._terms, weights, strict=True)]
        self._held = [(place, weight) for place, weight in held if place >= 0]
        at, doc, peak = self._postings.doc_at, self._postings.doc, self._postings.peak
        slices = [slice(at[place], at[place + 1]) for place, _ in self._held]
        if slices:
            gains = np.concatenate([peak[s] * weight for s, (_, weight) in zip(slices, self._held, strict=True)])
            self.sums = _added(np.concatenate([doc[s] for s in slices]), gains, len(self.segment))
        return self.sums

    def docs_of(self, unit: Unit) -> Docs:
        """The documents that have the unit, each once."""
        lists = [self._docs_with_all(terms) for terms in unit.options]
        return lists[0] if len(lists) == 1 else np.unique(np.concatenate(lists))

    def _docs_with_all(self, terms: tuple[str, ...]) -> Docs:
        if len(terms) > 1:
            owners = self.segment.owner[self._passages_with_all(terms)]
            return owners[np.flatnonzero(np.diff(owners, prepend=owners[:1] + 1))]
        place = self._place(terms[0])
        return self._postings.doc[slice(*self._postings.doc_at[place : place + 2])] if place >= 0 else _NONE

    def _place(self, term: str) -> int:
        if term not in self._places:
            self._places[term] = self.segment.find([term])[0]
        return self._places[term]

    def _passages(self, term: str) -> Docs:
        place = self._place(term)
        return self._postings.passage[slice(*self._postings.at[place : place + 2])] if place >= 0 else _NONE

    def _passages_with_all(self, terms: tuple[str, ...]) -> Docs:
        """The passages that hold every term, by looking the rarest up in the others."""
        passages, *others = sorted(map(self._passages, terms), key=len)
        for other in others:
            if len(passages):
                places = np.minimum(np.searchsorted(other, passages), len(other) - 1)
                passages = passages[other[places] == passages]
        return passages

    def docs_with(self, phrase: Phrase) -> Mask:
        """The documents that hold the run of characters, looked for in their text."""
        segment = self.segment
        mask = np.zeros(len(segment), bool)
        passages = self._passages_with_all(phrase.terms)
        if phrase.part is not None:
            passages = passages[segment.part[passages] == phrase.part]
        wanted = phrase.text.encode()
        for passage in passages.tolist():
            owner = segment.owner[passage]
            if not mask[owner] and wanted in segment.folded(passage):
                mask[owner] = True
        return mask

    def best(self, mask: Mask, count: int) -> list[Ranked]:
        """The ``count`` best of the masked documents, exactly; in no order.

        A document's best passage gets at most the document's sum, so one whose bound is below the least score already
        sure of a place is never looked at.
        """
        docs = np.flatnonzero(mask)
        sums = self.sums[docs]
        if len(docs) <= count + MORE:
            return self._score(docs)
        sure = docs[np.argpartition(-sums, count + MORE)[: count + MORE]]
        scored = self._score(sure)
        least = sorted((ranked.score for ranked in scored), reverse=True)[count - 1]
        left = docs[sums * (1 + SPREAD + TITLE) >= least * (1 - 1e-9)]
        return scored + self._score(np.setdiff1d(left, sure, assume_unique=True))

    def _score(self, docs: Numbers) -> list[Ranked]:
        """The documents with their passages' scores: for each term, its postings inside each document, all at once."""
        docs = np.sort(docs)
        first = self.segment.first
        sizes = first[docs + 1] - first[docs]
        starts = np.cumsum(sizes) - sizes
        begins, ends = first[docs].astype(np.uint32), first[docs + 1].astype(np.uint32)
        lows = np.empty((len(self._held), len(docs)), np.int64)
        highs = np.empty_like(lows)
        for number, (place, _) in enumerate(self._held):
            at, end = self._postings.at[place : place + 2]
            passages = self._postings.passage[at:end]
            lows[number], highs[number] = passages.searchsorted(begins), passages.searchsorted(ends)
            lows[number] += at
            highs[number] += at
        held = highs - lows
        where = ranges(lows.ravel(), held.ravel())
        shift = np.broadcast_to(starts - first[docs], held.shape).ravel()
        local = self._postings.passage[where] + np.repeat(shift, held.ravel())
        weights = np.repeat([weight for _, weight in self._held], held.sum(axis=1))
        scores = _added(local, self._postings.impact[where] * weights, int(sizes.sum()))
        best = np.maximum.reduceat(scores, starts) if len(docs) else scores
        titles = scores[starts] if len(docs) else scores
        total = best + SPREAD * self.sums[docs] + TITLE * titles
        return [
            Ranked(score, doc, scores[start : start + size])
            for score, doc, start, size in zip(
                total.tolist(), docs.tolist(), starts.tolist(), sizes.tolist(), strict=True
            )
        ]


def _added(docs: Docs | Numbers, gains: Floats, size: int) -> Floats:
    """The gains of each document, summed in the order in which they come."""
    return np.bincount(docs, gains, size).astype(np.float64, copy=False)


_NONE: Docs = np.zeros(0, np.uint32)


class Ranking(NamedTuple):
    """What each segment answers, and the units of the question that no document has."""

    matches: list[Matches]
    unknown: list[Unit]

    @property
    def any(self) -> bool:
        """Whether any document matches."""
        return any(each.mask.any() for each in self.matches)


def rank(index: Index, question: Question, *, enough: float = ENOUGH) -> Ranking:
    """Score every segment's documents by their terms and mark those that match. ``enough`` = 0 lets any word count."""
    matches = [Matches(segment, question) for segment in index.segments]
    sums = _weigh(index, question, matches)
    required = [each.segment.alive & _required(each, question) for each in matches]
    covers, whole, unknown = _covers(index, question, matches)
    enough_of = [(cover >= max(enough * whole, 1e-9)) & mask for cover, mask in zip(covers, required, strict=True)]
    if any(mask.any() for mask in enough_of) and whole:
        close = CLOSE * max(
            (float(s[mask].max()) for s, mask in zip(sums, required, strict=True) if mask.any()), default=0
        )
        enough_of = [m | (r & (s >= close)) for m, r, s in zip(enough_of, required, sums, strict=True)]
    for each, mask in zip(matches, enough_of if whole else required, strict=True):
        each.mask = mask
    return Ranking(matches, unknown)


def _weigh(index: Index, question: Question, matches: list[Matches]) -> list[Floats]:
    """Give each term its weight times its inverse document frequency, counted in living passages."""
    if not matches:
        return []
    counts = np.sum([each.counts() for each in matches], axis=0)
    rarity = np.log1p((index.passages - counts + 0.5) / (counts + 0.5))
    weights = np.fromiter(question.weights.values(), float, len(question.weights)) * rarity / IMPACT_SCALE
    return [each.weigh(weights) for each in matches]


def _required(matches: Matches, question: Question) -> Mask:
    mask = np.ones(len(matches.segment), bool)
    for phrase in question.phrases:
        mask &= matches.docs_with(phrase)
    for phrase in question.excluded:
        mask &= ~matches.docs_with(phrase)
    return mask


def _covers(index: Index, question: Question, matches: list[Matches]) -> tuple[list[Floats], float, list[Unit]]:
    """For each segment, each document's weight of units it has; the weight of all units; the units nobody has."""
    if not question.units or not matches:
        return [np.zeros(len(each.segment)) for each in matches], 0.0, []
    docs = [[each.docs_of(unit) for unit in question.units] for each in matches]
    alive = [[np.count_nonzero(each.segment.alive[d]) for d in own] for each, own in zip(matches, docs, strict=True)]
    counts = np.sum(alive, axis=0)
    weights = np.log1p((index.docs - counts + 0.5) / (counts + 0.5))
    weights[counts == 0] = weights[counts > 0].mean() if counts.any() else 1.0
    weights[[len(unit.text) == 1 for unit in question.units]] *= SINGLE
    covers = [
        _added(np.concatenate(own), np.repeat(weights, [len(d) for d in own]), len(each.segment))
        for each, own in zip(matches, docs, strict=True)
    ]
    return covers, float(weights.sum()), [unit for unit, count in zip(question.units, counts, strict=True) if not count]
