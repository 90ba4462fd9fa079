"""Which documents answer a question, and in which order.

A document's score is that of its best passage, plus ``SPREAD`` times, for each term, the most that any of its passages
gets for it: people ask for one thing, and a formal text holds it in one paragraph and its surroundings in others. The
second part comes from the lists by document and bounds the first, so passages are scored only where they can matter.
A document *matches* if it has enough of the words asked for, by weight, or comes close to the best.
"""

from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np

from caselib.search.index import Index
from caselib.search.postings import IMPACT_SCALE, Docs, Floats, Numbers, added, ranges
from caselib.search.question import Phrase, Question, Unit
from caselib.search.segment import Mask, Segment

SPREAD = 1.5
TITLE = 0.5
"""What the title's own score (the first passage's) adds once more."""
ENOUGH = 0.5
"""A document matches if it covers this share of the question's weight …"""
SINGLE = 0.5
"""What a word of one character counts in this, beside longer ones; a word that no document has counts like the average."""
CLOSE = 0.6
"""… or if the sum over its terms is at least this share of the best document's."""

MORE = 20
"""Documents scored beyond those asked for before the rest is judged by its bound."""


class Ranked(NamedTuple):
    """A document in its place: its score, its number in the index, and the scores of its passages, first to last."""

    score: float
    doc: int
    passages: Floats


@dataclass
class Ranking:
    """``mask`` tells which documents match, ``unknown`` which units of the question none has.

    ``sums`` are the documents' sums over the terms; ``terms`` gives, for each segment, the places of the question's terms
    that it holds and what they weigh.
    """

    index: Index
    mask: Mask
    unknown: list[Unit]
    sums: Floats
    terms: list[tuple[Numbers, Floats]]

    def best(self, mask: Mask, count: int) -> list[Ranked]:
        """The ``count`` best of the masked documents, exactly, and perhaps others; in no order.

        A document's best passage gets at most the document's sum, so one whose bound is below the least score already
        sure of a place is never looked at.
        """
        docs = np.flatnonzero(mask)
        sums = self.sums[docs]
        if len(docs) <= count + MORE:
            return self.score(docs)
        sure = np.sort(docs[np.argpartition(-sums, count + MORE)[: count + MORE]])
        scored = self.score(sure)
        least = sorted((ranked.score for ranked in scored), reverse=True)[count - 1]
        left = docs[sums * (1 + SPREAD + TITLE) >= least * (1 - 1e-9)]
        return scored + self.score(np.setdiff1d(left, sure, assume_unique=True))

    def score(self, docs: Numbers) -> list[Ranked]:
        """These documents, sorted, with their passages' scores."""
        found = []
        bounds = np.searchsorted(docs, self.index.starts).tolist()
        for number, segment in enumerate(self.index.segments):
            own = docs[bounds[number] : bounds[number + 1]]
            if len(own):
                sums, start = self.sums[own], self.index.starts[number]
                found += _scored(segment, own - start, sums, *self.terms[number], start)
        return found


def _scored(
    segment: Segment, docs: Numbers, sums: Floats, places: Numbers, weights: Floats, start: int
) -> list[Ranked]:
    """Each term's postings inside each document, all at once."""
    first = segment.first[docs]
    sizes = segment.first[docs + 1] - first
    at = np.cumsum(sizes) - sizes
    lows, highs = segment.runs(places, docs.astype(np.uint32))
    held = highs - lows
    where = ranges(lows.ravel(), held.ravel())
    local = segment.postings.passage[where] + np.repeat(np.tile(at - first, len(places)), held.ravel())
    gains: Floats = segment.postings.impact[where] * np.repeat(weights, held.sum(axis=1))
    scores = added(local, gains, int(sizes.sum()))
    total = np.maximum.reduceat(scores, at) + SPREAD * sums + TITLE * scores[at]
    each = zip(total.tolist(), (docs + start).tolist(), at.tolist(), (at + sizes).tolist(), strict=True)
    return [Ranked(score, doc, scores[begin:end]) for score, doc, begin, end in each]


def rank(index: Index, question: Question, *, enough: float = ENOUGH) -> Ranking:
    """Sum every document's terms and mark the documents that match. ``enough`` = 0 lets any word count."""
    terms = _weighed(index, question)
    sums = _joined([each.sums(*own) for each, own in zip(index.segments, terms, strict=True)])
    required = _required(index, question)
    covers, whole, unknown = _covers(index, question)
    mask = required
    if whole:
        mask = required & (covers >= max(enough * whole, 1e-9))
        if mask.any():
            mask |= required & (sums >= CLOSE * sums.max(where=required, initial=0))
    return Ranking(index, mask, unknown, sums, terms)


def _joined(parts: list[Floats]) -> Floats:
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0), *parts])


def _weighed(index: Index, question: Question) -> list[tuple[Numbers, Floats]]:
    """Each term's weight times its inverse document frequency, counted in living passages; for each segment."""
    words = list(question.weights)
    places = [segment.find(words) for segment in index.segments]
    counts = sum(each.counts(own) for each, own in zip(index.segments, places, strict=True))
    rarity = np.log1p((index.passages - counts + 0.5) / (counts + 0.5))
    weights = np.fromiter(question.weights.values(), float, len(words)) * rarity / IMPACT_SCALE
    return [(own[own >= 0], weights[own >= 0]) for own in places]


def _required(index: Index, question: Question) -> Mask:
    """The living documents that hold every phrase and none of those left out."""
    mask = index.alive
    for phrase in question.phrases:
        mask = mask & _docs_with(index, phrase)
    for phrase in question.excluded:
        mask = mask & ~_docs_with(index, phrase)
    return mask


def _docs_with(index: Index, phrase: Phrase) -> Mask:
    """The documents that hold the run of characters, looked for in their text."""
    mask = np.zeros(len(index.names), bool)
    wanted = phrase.text.encode()
    for segment, start in zip(index.segments, index.starts, strict=False):
        passages = _passages_with_all(segment, phrase.terms)
        if phrase.part is not None:
            passages = passages[segment.part[passages] == phrase.part]
        for passage, owner in zip(passages.tolist(), (segment.owner[passages] + start).tolist(), strict=True):
            if not mask[owner] and wanted in segment.folded(passage):
                mask[owner] = True
    return mask


def _passages_with_all(segment: Segment, terms: tuple[str, ...]) -> Docs:
    """The passages that hold every term, by looking the rarest up in the others."""
    places = segment.find(terms).tolist()
    if -1 in places:
        return segment.owner[:0]
    return reduce(_in_both, sorted(map(segment.passages_of, places), key=len))


def _in_both(few: Docs, many: Docs) -> Docs:
    places = np.minimum(many.searchsorted(few), len(many) - 1)
    both: Docs = few[many[places] == few]
    return both


def _docs_of(segment: Segment, unit: Unit) -> Docs:
    """The documents that have the unit, each once."""
    lists = []
    for terms in unit.options:
        if len(terms) == 1:
            (place,) = segment.find(terms).tolist()
            lists.append(segment.docs_of(place) if place >= 0 else segment.owner[:0])
        else:
            owners = segment.owner[_passages_with_all(segment, terms)]
            lists.append(owners[np.flatnonzero(np.diff(owners, prepend=owners[:1] + 1))])
    return lists[0] if len(lists) == 1 else np.unique(np.concatenate(lists))


def _covers(index: Index, question: Question) -> tuple[Floats, float, list[Unit]]:
    """Each document's weight of units it has; the weight of all units; the units that nobody has."""
    units = question.units
    if not units or not index.segments:
        return np.zeros(len(index.names)), 0.0, []
    docs = [[_docs_of(segment, unit) for unit in units] for segment in index.segments]
    counts = np.sum(
        [
            [len(each) - segment.dead_among(each) for each in own]
            for segment, own in zip(index.segments, docs, strict=True)
        ],
        axis=0,
    )
    weights = np.log1p((index.docs - counts + 0.5) / (counts + 0.5))
    weights[counts == 0] = weights[counts > 0].mean() if counts.any() else 1.0
    weights[[len(unit.text) == 1 for unit in units]] *= SINGLE
    covers = _joined([
        added(np.concatenate(own), np.repeat(weights, list(map(len, own))), len(segment))
        for segment, own in zip(index.segments, docs, strict=True)
    ])  # fmt: skip
    return covers, float(weights.sum()), [unit for unit, count in zip(units, counts, strict=True) if not count]
