"""Which documents answer a question, and in which order.

A document's score is that of its best passage, plus ``SPREAD`` times, for each term, the most that any of its passages
gets for it: people ask for one thing, and a formal text holds it in one paragraph and its surroundings in others. A
document *matches* if it has enough of the words asked for, by weight. docs/search.md tells what else was tried.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from caselib.search.index import Index, Mask, Slice
from caselib.search.postings import IMPACT_SCALE
from caselib.search.question import Phrase, Question, Unit

SPREAD = 1.5
ENOUGH = 0.5
"""The share of the question's weight that a document must cover to match."""

Scores = NDArray[np.float32]


class Matches(NamedTuple):
    """What one segment answers: which documents match, each document's score and each passage's."""

    part: Slice
    mask: Mask
    scores: Scores
    passages: Scores


def rank(index: Index, question: Question, *, enough: float = ENOUGH) -> list[Matches]:
    """Score every segment's documents. ``enough`` = 0 lets any word count."""
    found = [_Segment(part, question) for part in index.slices]
    weights = _weights(index, question, found)
    masks = _covering(index, question, found, enough)
    answers = []
    for segment, mask in zip(found, masks, strict=True):
        mask &= segment.part.alive
        for phrase in question.phrases:
            mask &= segment.docs_with(phrase)
        for phrase in question.excluded:
            mask &= ~segment.docs_with(phrase)
        answers.append(Matches(segment.part, mask, *segment.scores(weights)))
    return answers


def _weights(index: Index, question: Question, found: list["_Segment"]) -> Scores:
    """Each term's weight times its inverse document frequency, counted in living passages."""
    counts = np.zeros(len(question.weights))
    for segment in found:
        counts += [segment.part.count(begin, end) for begin, end in segment.bounds]
    rarity = np.log1p((index.passages - counts + 0.5) / (counts + 0.5))
    return (np.fromiter(question.weights.values(), float, len(counts)) * rarity / IMPACT_SCALE).astype(np.float32)


def _covering(index: Index, question: Question, found: list["_Segment"], enough: float) -> list[Mask]:
    """For each segment, the documents that cover enough of the question's units."""
    if not question.units:
        return [np.ones(len(segment.part.segment), bool) for segment in found]
    docs = [[segment.docs_of(unit) for unit in question.units] for segment in found]
    covers = [np.zeros(len(segment.part.segment), np.float32) for segment in found]
    whole = 0.0
    for number in range(len(question.units)):
        count = sum(
            int(np.count_nonzero(segment.part.alive[d[number]])) for segment, d in zip(found, docs, strict=True)
        )
        weight = math.log1p((index.docs - count + 0.5) / (count + 0.5))
        whole += weight
        for cover, d in zip(covers, docs, strict=True):
            cover[d[number]] += np.float32(weight)
    return [(cover > 0) & (cover >= enough * whole * 0.9999) for cover in covers]


class _Segment:
    """One segment while one question is put to it."""

    def __init__(self, part: Slice, question: Question) -> None:
        self.part = part
        self.postings = part.segment.postings
        self.owner = part.segment.owner
        self.bounds = part.find(list(question.weights)) if question.weights else []
        self._places = dict(zip(question.weights, self.bounds, strict=True))

    def _passages(self, term: str) -> NDArray[np.uint32]:
        if term not in self._places:
            self._places[term] = self.part.find([term])[0]
        begin, end = self._places[term]
        return self.postings.passage[begin:end]

    def _passages_with_all(self, terms: tuple[str, ...]) -> NDArray[np.uint32]:
        """The passages that hold every term, by looking the rarest up in the others."""
        lists = sorted(map(self._passages, terms), key=len)
        passages = lists[0]
        for other in lists[1:]:
            if not len(passages):
                break
            places = np.minimum(np.searchsorted(other, passages), len(other) - 1)
            passages = passages[other[places] == passages]
        return passages

    def docs_of(self, unit: Unit) -> NDArray[np.uint32]:
        """The documents that have the unit, each once."""
        lists = [_distinct(self.owner[self._passages_with_all(terms)]) for terms in unit.options]
        return lists[0] if len(lists) == 1 else np.unique(np.concatenate(lists))

    def docs_with(self, phrase: Phrase) -> Mask:
        """The documents that hold the run of characters, looked for in their text."""
        mask = np.zeros(len(self.part.segment), bool)
        passages = self._passages_with_all(phrase.terms)
        if phrase.part is not None:
            passages = passages[self.part.segment.part[passages] == phrase.part]
        wanted = phrase.text.encode()
        for passage in passages.tolist():
            owner = self.owner[passage]
            if not mask[owner] and wanted in self.part.segment.folded(passage):
                mask[owner] = True
        return mask

    def scores(self, weights: Scores) -> tuple[Scores, Scores]:
        """Each document's score and each passage's."""
        passages = np.zeros(len(self.owner), np.float32)
        docs = np.zeros(len(self.part.segment), np.float32)
        for (begin, end), weight in zip(self.bounds, weights, strict=True):
            if begin == end:
                continue
            where = self.postings.passage[begin:end]
            gain = self.postings.impact[begin:end] * weight
            passages[where] += gain
            owner = self.owner[where]
            first = np.flatnonzero(np.diff(owner, prepend=owner[:1] + 1))
            docs[owner[first]] += np.maximum.reduceat(gain, first)
        best = np.maximum.reduceat(passages, self.part.segment.first)
        return best + np.float32(SPREAD) * docs, passages


def _distinct(rising: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """A rising list of numbers without its repetitions."""
    return rising[np.flatnonzero(np.diff(rising, prepend=rising[:1] + 1))]
