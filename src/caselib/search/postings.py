"""Text as arrays: what each passage says as a stream of tokens, and which documents hold which term, how strongly.

``keys`` (uint64, sorted) are the terms; ``at[i]:at[i+1]`` is the slice of ``doc`` (uint32, sorted), ``peak``, ``held`` and
``where`` (uint8) of ``keys[i]``: its documents, the greatest impact in any of their passages, how many of their passages hold
it (255 stands for all above), and which: bit ``p % 8`` for the document's passage ``p``. ``spread[i]`` is the sum of ``held``. An impact is BM25's term-frequency part, worked out when the
text is indexed. Built with whole-array operations: no Python loop touches a Han character. Nothing here knows files.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from caselib.search.tokens import CHARACTER_BITS, HAN_RANGES, LATIN_BIT, LATIN_KEY, latin_tokens, token_code

K1 = 1.5
B = 0.75
USUAL_LENGTH = 250
"""BM25's pivot, in tokens. A constant, so that an impact never changes when other documents come or go."""
IMPACT_SCALE = 80
"""Impacts are kept in steps of 1/80; the largest possible, (K1 + 1) × 80, fits a byte."""

AT_ONCE, BLOCK = 10_000, 2_000_000
"""Texts read and tokens indexed at a time: they bound the memory of building."""

Docs = NDArray[np.uint32]
Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]
Stream = NDArray[np.uint32]

MASKED = 8
"""Bits of ``where``: passages whose numbers differ by a multiple of this cannot be told apart."""
_PASSAGE_BITS = 26
_MOST_HELD = 255


class Said(NamedTuple):
    """Texts as one stream of tokens, where each begins in it (one more entry for the end), and each one's Latin tokens."""

    stream: Stream
    begins: Numbers
    letters: list[list[str]]


def streams(texts: Sequence[str], at_once: int = AT_ONCE) -> Said:
    """Folded texts as one stream of tokens, ``at_once`` texts at a time, which bounds the memory it takes.

    A Han character is its code point, a Latin or number token has ``LATIN_BIT``; inside a text, 0 parts a Han character from
    what is not one before it. So two Han characters stand next to each other in the stream just where they do in the text.
    """
    parts = [_streams(texts[low : low + at_once]) for low in range(0, len(texts), at_once)]
    starts = accumulate((len(part.stream) for part in parts), initial=0)
    begins = [part.begins[:-1] + start for part, start in zip(parts, starts, strict=False)]
    stream = np.concatenate([part.stream for part in parts])
    return Said(stream, np.concatenate([*begins, [len(stream)]]), [each for part in parts for each in part.letters])


def _streams(texts: Sequence[str]) -> Said:
    joined = "\n".join(texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32)
    han = np.zeros(len(codes), bool)
    for low, high in HAN_RANGES:
        han |= (codes >= low) & (codes <= high)
    tokens = sorted(latin_tokens(joined), key=attrgetter("start"))
    starts = np.fromiter((token.start for token in tokens), np.int64, len(tokens))
    counts = han.astype(np.uint8)
    counts[:-1] += ~han[:-1] & han[1:]
    np.add.at(counts, starts, 1)
    ends = np.concatenate([np.zeros(1, np.int64), counts.cumsum(dtype=np.int64)])
    stream = np.zeros(ends[-1], np.uint32)
    stream[ends[:-1][han]] = codes[han]
    nth = np.arange(len(tokens)) - np.searchsorted(starts, starts)
    stream[ends[starts] + nth] = [token_code(token.text) for token in tokens]
    texts_at = np.cumsum([0, *(len(text) + 1 for text in texts)])
    own = pairwise(np.searchsorted(starts, texts_at).tolist())
    letters = [[token.text for token in tokens[low:high]] for low, high in own]
    return Said(stream, ends[np.minimum(texts_at, len(codes))], letters)


class Postings(NamedTuple):
    """The inverted index of some documents."""

    keys: NDArray[np.uint64]
    at: Numbers
    spread: NDArray[np.uint32]
    doc: Docs
    peak: NDArray[np.uint8]
    held: NDArray[np.uint8]
    where: NDArray[np.uint8]

    @classmethod
    def of(cls, stream: Stream, begins: Numbers, first: Numbers, block: int = BLOCK) -> Self:
        """Index a stream; passage ``p`` begins at ``begins[p]``, and document ``d`` has the passages from ``first[d]`` on."""
        ends = begins[first]
        parts, low = [], 0
        while low < len(first) - 1:
            high = max(low + 1, int(np.searchsorted(ends, ends[low] + block, "right")) - 1)
            parts.append(_indexed(stream, begins[first[low] : first[high] + 1], first[low : high + 1], low))
            low = high
        keys = np.unique(np.concatenate([part.keys for part in parts]))
        sizes = np.zeros(len(keys), np.int64)
        for part in parts:
            sizes[keys.searchsorted(part.keys)] += part.sizes
        at = np.append(0, np.cumsum(sizes))
        doc = np.empty(at[-1], np.uint32)
        peak, held, where = (np.empty(at[-1], np.uint8) for _ in range(3))
        free = at[:-1].copy()
        for part in parts:
            places = keys.searchsorted(part.keys)
            to = ranges(free[places], part.sizes)
            doc[to], peak[to], held[to], where[to] = part.doc, part.peak, part.held, part.where
            free[places] += part.sizes
        spread = np.add.reduceat(held, at[:-1], dtype=np.uint32) if len(keys) else np.zeros(0, np.uint32)
        return cls(keys, at, spread, doc, peak, held, where)


class _Block(NamedTuple):
    """Some documents' terms, how many documents hold each, and which those are, one term's after the other's."""

    keys: NDArray[np.uint64]
    sizes: Numbers
    doc: Docs
    peak: NDArray[np.uint8]
    held: NDArray[np.uint8]
    where: NDArray[np.uint8]


def _indexed(stream: Stream, begins: Numbers, first: Numbers, start: int) -> _Block:
    """The passages that begin at ``begins`` as a block; the first document is number ``start``."""
    own = stream[begins[0] : begins[-1]]
    lengths = np.diff(begins)
    owner = np.repeat(np.arange(len(lengths), dtype=np.uint64), lengths)
    terms = np.sort(np.concatenate(_terms(own.astype(np.uint64), owner)))
    new = np.flatnonzero(np.diff(terms, prepend=terms[:1] + np.uint64(1)))
    count = np.diff(new, append=len(terms))
    passage = (terms[new] & np.uint64((1 << _PASSAGE_BITS) - 1)).astype(np.int64)
    key = terms[new] >> np.uint64(_PASSAGE_BITS)
    said = np.bincount(owner[own > 0].astype(np.int64), minlength=len(lengths))
    impact = impacts(1, said)[passage]
    again = np.flatnonzero(count > 1)
    impact[again] = impacts(count[again], said[passage[again]])
    docs = np.repeat(np.arange(len(first) - 1), np.diff(first))[passage]
    each = np.flatnonzero(
        np.diff(key, prepend=key[:1] + np.uint64(1)) | np.diff(docs, prepend=docs[:1] + 1).astype(bool)
    )
    peak = np.maximum.reduceat(impact, each) if len(each) else impact
    held = np.minimum(np.diff(each, append=len(key)), _MOST_HELD).astype(np.uint8)
    bits = np.left_shift(1, (passage - (first - first[0])[docs]) % MASKED).astype(np.uint8)
    where = np.bitwise_or.reduceat(bits, each) if len(each) else bits
    keys = key[each]
    begin = np.flatnonzero(np.diff(keys, prepend=keys[:1] + np.uint64(1)))
    return _Block(
        keys[begin], np.diff(begin, append=len(keys)), (docs[each] + start).astype(np.uint32), peak, held, where
    )


def _terms(stream: NDArray[np.uint64], owner: NDArray[np.uint64]) -> list[NDArray[np.uint64]]:
    """Every token and every pair of Han characters inside a passage, packed as key and passage."""
    latin = stream >= LATIN_BIT
    han = (stream > 0) & ~latin
    paired = han[:-1] & han[1:] & (owner[:-1] == owner[1:])
    shift, bits = np.uint64(_PASSAGE_BITS), np.uint64(CHARACTER_BITS)
    letters = stream[latin] ^ np.uint64(LATIN_BIT | LATIN_KEY)
    pairs = (stream[:-1] << bits | stream[1:])[paired]
    return [
        stream[han] << shift | owner[han],
        pairs << shift | owner[:-1][paired],
        letters << shift | owner[latin],
    ]


def impacts(count: Numbers | int, length: Numbers | int) -> NDArray[np.uint8]:
    """BM25's term-frequency part for ``count`` occurrences in passages of ``length`` tokens, in steps of 1/80."""
    saturated = count * (K1 + 1) / (count + K1 * (1 - B + B * length / USUAL_LENGTH))
    rounded: NDArray[np.uint8] = np.rint(saturated * IMPACT_SCALE).astype(np.uint8)
    return rounded


def ranges(begins: Numbers, sizes: Numbers) -> Numbers:
    """The numbers ``begins[i] … begins[i] + sizes[i] - 1`` for each i, one after the other."""
    ends = np.cumsum(sizes)
    numbers: Numbers = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begins - (ends - sizes), sizes)
    return numbers
