"""Which documents answer a question, and in which order.

A document's score is that of its best passage, plus ``SPREAD`` times, for each term, the most that any of its passages
gets for it: people ask for one thing, and a formal text holds it in one paragraph and its surroundings in others. The
second part comes from the lists by document and bounds the first, so passages are scored only where they can matter.
A document *matches* if it has enough of the words asked for, by weight, or comes close to the best.
"""

from dataclasses import dataclass
from functools import reduce
from itertools import chain
from typing import NamedTuple

import numpy as np

from caselib.search.index import Index
from caselib.search.postings import IMPACT_SCALE, LARGEST_IMPACT, Docs, Floats, Numbers, added, ranges
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
LIGHT = 0.03
"""Terms that together can add at most this share (characters, mostly: long lists) are looked up for the scored documents only."""


class Ranked(NamedTuple):
    """A document in its place: its score, its number in the index, and the scores of its passages, first to last."""

    score: float
    doc: int
    passages: Floats


class Terms(NamedTuple):
    """What one segment holds of the question: where each term is, and places and weights of those that rank."""

    place: dict[str, int]
    places: Numbers
    weights: Floats
    heavy: Mask


@dataclass
class Ranking:
    """``mask`` tells which documents match, ``unknown`` which units of the question none has.

    ``sums`` are the documents' sums over the heavy terms; the light ones add at most ``light``.
    """

    index: Index
    mask: Mask
    unknown: list[Unit]
    sums: Floats
    light: float
    terms: list[Terms]

    def best(self, mask: Mask, count: int) -> list[Ranked]:
        """The ``count`` best of the masked documents, exactly, and perhaps others; in no order.

        A document's best passage and its title get at most the document's sum, so one whose bound is below the least score
        already sure of a place is never looked at.
        """
        docs = np.flatnonzero(mask)
        if len(docs) <= count + MORE:
            return self.score(docs)
        sums = self.sums[docs]
        sure = np.sort(docs[np.argpartition(-sums, count + MORE)[: count + MORE]])
        scored = self.score(sure)
        least = sorted((ranked.score for ranked in scored), reverse=True)[count - 1]
        left = docs[(sums + self.light) * (1 + SPREAD + TITLE) >= least * (1 - 1e-9)]
        return scored + self.score(np.setdiff1d(left, sure, assume_unique=True), least)

    def score(self, docs: Numbers, least: float = 0.0) -> list[Ranked]:
        """These documents, sorted, with their passages' scores; without those that cannot reach ``least``."""
        found = []
        bounds = np.searchsorted(docs, self.index.starts).tolist()
        for number, segment in enumerate(self.index.segments):
            start, own = self.index.starts[number], docs[bounds[number] : bounds[number + 1]]
            if len(own):
                found += _scored(segment, own - start, self.terms[number], start, least * (1 - 1e-9))
        return found


def _scored(segment: Segment, docs: Numbers, terms: Terms, start: int, least: float) -> list[Ranked]:
    """Sums and titles from the terms' entries for these documents; then the passages of those that can still reach ``least``."""
    lists, first = segment.postings, segment.first[docs]
    found, inside = segment.entries(terms.places, docs.astype(np.uint32))
    weights = inside * terms.weights[:, None]
    begins = lists.begin[found]
    sums = (lists.peak[found] * weights).sum(axis=0)
    titles = (lists.impact[begins] * weights * (lists.passage[begins] == first)).sum(axis=0)
    kept = np.flatnonzero(sums * (1 + SPREAD) + TITLE * titles >= least)
    if not len(kept):
        return []
    sizes = segment.first[docs[kept] + 1] - first[kept]
    at = np.cumsum(sizes) - sizes
    held = lists.begin[(found + inside)[:, kept]].astype(np.int64) - begins[:, kept]
    where = ranges(begins[:, kept].ravel().astype(np.int64), held.ravel())
    local = lists.passage[where] + np.repeat(np.broadcast_to(at - first[kept], held.shape).ravel(), held.ravel())
    scores = added(local, np.repeat(terms.weights, held.sum(axis=1)) * lists.impact[where], int(sizes.sum()))
    total = np.maximum.reduceat(scores, at) + SPREAD * sums[kept] + TITLE * titles[kept]
    each = zip(total.tolist(), (docs[kept] + start).tolist(), at.tolist(), (at + sizes).tolist(), strict=True)
    return [Ranked(score, doc, scores[begin:end]) for score, doc, begin, end in each]


def rank(index: Index, question: Question, *, enough: float = ENOUGH) -> Ranking:
    """Sum every document's terms and mark the documents that match. ``enough`` = 0 lets any word count."""
    terms, light = _found(index, question)
    sums = _joined([
        each.sums(own.places[own.heavy], own.weights[own.heavy]) for each, own in zip(index.segments, terms, strict=True)
    ])  # fmt: skip
    mask = required = _required(index, question, terms)
    covers, whole, unknown = _covers(index, question, terms)
    if whole:
        mask = required & (covers >= max(enough * whole, 1e-9))
        if mask.any():
            mask |= required & (sums >= CLOSE * sums.max(where=required, initial=0))
    return Ranking(index, mask, unknown, sums, light, terms)


def _joined(parts: list[Floats]) -> Floats:
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0), *parts])


def _found(index: Index, question: Question) -> tuple[list[Terms], float]:
    """Look every term up, in each segment; a term weighs its weight times its inverse document frequency in living passages.

    Also how much the light terms can add.
    """
    ranked = list(question.weights)
    options = (terms for unit in question.units for terms in unit.options)
    phrases = (phrase.terms for phrase in (*question.phrases, *question.excluded))
    words = list(dict.fromkeys(chain(ranked, chain.from_iterable(options), chain.from_iterable(phrases))))
    places = [segment.find(words) for segment in index.segments]
    counts = sum(each.counts(own[: len(ranked)]) for each, own in zip(index.segments, places, strict=True))
    rarity = np.log1p((index.passages - counts + 0.5) / (counts + 0.5))
    weights = np.fromiter(question.weights.values(), float, len(ranked)) * rarity / IMPACT_SCALE
    order = np.argsort(weights, kind="stable")
    light = np.zeros(len(ranked), bool)
    light[order] = np.cumsum(weights[order]) <= LIGHT * weights.sum()
    terms = []
    for own in places:
        held = np.flatnonzero(own[: len(ranked)] >= 0)
        place = dict(zip(words, own.tolist(), strict=True))
        terms.append(Terms(place, own[held], weights[held], ~light[held]))
    return terms, float(weights[light].sum()) * LARGEST_IMPACT


def _required(index: Index, question: Question, terms: list[Terms]) -> Mask:
    """The living documents that hold every phrase and none of those left out."""
    mask = index.alive
    for phrase in question.phrases:
        mask = mask & _docs_with(index, phrase, terms)
    for phrase in question.excluded:
        mask = mask & ~_docs_with(index, phrase, terms)
    return mask


def _docs_with(index: Index, phrase: Phrase, terms: list[Terms]) -> Mask:
    """The documents that hold the run of characters, looked for in their text."""
    mask = np.zeros(len(index.names), bool)
    wanted = phrase.text.encode()
    for segment, start, own in zip(index.segments, index.starts, terms, strict=False):
        passages = _passages_with_all(segment, [own.place[term] for term in phrase.terms])
        if phrase.part is not None:
            passages = passages[segment.part[passages] == phrase.part]
        for passage, owner in zip(passages.tolist(), (segment.owner[passages] + start).tolist(), strict=True):
            if not mask[owner] and wanted in segment.folded(passage):
                mask[owner] = True
    return mask


def _passages_with_all(segment: Segment, places: list[int]) -> Docs:
    """The passages that hold every term, by looking the rarest up in the others."""
    if -1 in places:
        return segment.owner[:0]
    return reduce(_in_both, sorted(map(segment.passages_of, places), key=len))


def _in_both(few: Docs, many: Docs) -> Docs:
    places = np.minimum(many.searchsorted(few), len(many) - 1)
    both: Docs = few[many[places] == few]
    return both


def _docs_of(segment: Segment, unit: Unit, place: dict[str, int]) -> Docs:
    """The documents that have the unit, each once."""
    lists = []
    for places in ([place[term] for term in terms] for terms in unit.options):
        if len(places) == 1 and places[0] >= 0:
            lists.append(segment.docs_of(places[0]))
        else:
            owners = segment.owner[_passages_with_all(segment, places)]
            lists.append(owners[np.flatnonzero(np.diff(owners, prepend=owners[:1] + 1))])
    return lists[0] if len(lists) == 1 else np.unique(np.concatenate(lists))


def _covers(index: Index, question: Question, terms: list[Terms]) -> tuple[Floats, float, list[Unit]]:
    """Each document's weight of units it has; the weight of all units; the units that nobody has."""
    units = question.units
    if not units or not index.segments:
        return np.zeros(len(index.names)), 0.0, []
    docs = [
        [_docs_of(each, unit, own.place) for unit in units] for each, own in zip(index.segments, terms, strict=True)
    ]
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
