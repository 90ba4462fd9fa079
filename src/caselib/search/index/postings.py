"""Text as arrays: what each passage says as a stream of tokens, and which documents hold which term, how strongly.

``keys`` (uint64, sorted) are the terms; ``at[i]:at[i+1]`` is the slice of ``doc`` (uint32, sorted), ``peak``, ``held``,
``where`` (uint8) and ``spot`` (uint16) of ``keys[i]``: its documents, the greatest impact in any of their passages, how many
of their passages hold it (255 stands for all above), the sets of passages that do, a bit for each (:func:`set_of`), and where
in the document's stream it first ends (:data:`FAR` stands for all beyond). ``passages_with[i]`` is the sum of ``held``. An
impact is BM25's term-frequency part, worked out when the text is indexed. Built by whole-array operations and compiled loops:
no Python loop touches a Han character. Nothing here knows files.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from caselib.search.compiling import compiled
from caselib.search.text.tokens import (
    CHARACTER_BITS,
    HAN_RUN,
    IS_HAN,
    LATIN_BIT,
    LATIN_KEY,
    codes_of,
    latin_tokens,
    token_code,
)

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

SETS = 8
"""Sets that a document's passages fall into; the bits of ``where`` …"""
ALONE = 2
"""… of which the first so many hold one passage each: the title and, where somebody wrote one, the summary."""
_PLACE_BITS = 27  # with a key, whose highest bit is ``LATIN_KEY``, they fill a word
_MOST_HELD = 255
FAR = 65_535
"""The place of what is so far into a document's stream or further, or far into a passage of a very large document."""


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


def stream_of(text: str) -> Stream:
    """The stream of one folded text. Of Han characters alone it is just these: a phrase needs no more, at a fortieth of the time."""
    return codes_of(text).copy() if HAN_RUN.fullmatch(text) else _streams([text]).stream


def _streams(texts: Sequence[str]) -> Said:
    codes = codes_of("\n".join(texts))
    han = IS_HAN[codes]
    begun = ~han[:-1] & han[1:]
    counts, apart = han.astype(np.uint8), ~han
    counts[:-1] += begun
    apart[1:] |= begun
    places = np.flatnonzero(apart)  # what is not Han, and of each run of Han one character to part what is around it
    tokens = sorted(latin_tokens(codes[places].tobytes().decode("utf-32-le", "surrogatepass")), key=attrgetter("start"))
    starts = places[np.fromiter((token.start for token in tokens), np.int64, len(tokens))]
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
    passages_with: NDArray[np.uint32]
    doc: Docs
    peak: NDArray[np.uint8]
    held: NDArray[np.uint8]
    where: NDArray[np.uint8]
    spot: NDArray[np.uint16]

    @classmethod
    def of(cls, stream: Stream, begins: Numbers, first: Numbers, block: int = BLOCK) -> Self:
        """Index a stream; passage ``p`` begins at ``begins[p]``, and document ``d`` has the passages from ``first[d]`` on."""
        ends = begins[first]
        parts, low = [], 0
        while low < len(first) - 1:
            high = max(low + 1, int(np.searchsorted(ends, ends[low] + block, "right")) - 1)
            parts.append(_indexed(stream, begins[first[low] : first[high] + 1], first[low : high + 1], low))
            low = high
        keys = np.sort(np.concatenate([part.keys for part in parts]))
        keys = keys[np.diff(keys, prepend=~keys[:1]) != 0]  # np.unique, which hashes, takes ten times as long
        places = [keys.searchsorted(part.keys) for part in parts]
        lists = cls._empty(keys, sum(len(part.doc) for part in parts))
        for part, own in zip(parts, places, strict=True):
            lists.at[own + 1] += np.diff(part.at)
            lists.passages_with[own] += part.passages_with
        lists.at.cumsum(out=lists.at)
        free = lists.at.copy()
        for part, own in zip(parts, places, strict=True):
            _put(own, part, free, lists)
        return lists

    @classmethod
    def _empty(cls, keys: NDArray[np.uint64], size: int) -> Self:
        """These terms, with room for ``size`` documents of all of them."""
        at, passages_with = np.zeros(len(keys) + 1, np.int64), np.zeros(len(keys), np.uint32)
        peak, held, where = (np.empty(size, np.uint8) for _ in range(3))
        return cls(keys, at, passages_with, np.empty(size, np.uint32), peak, held, where, np.empty(size, np.uint16))


def _indexed(stream: Stream, begins: Numbers, first: Numbers, start: int) -> Postings:
    """The postings of the passages that begin at ``begins``; the first document is number ``start``."""
    lengths = np.zeros(len(begins) - 1, np.int64)
    offset_bits = _PLACE_BITS - len(lengths).bit_length()
    terms = np.empty(2 * (begins[-1] - begins[0]), np.uint64)
    terms = terms[: _pack(stream, begins, terms, lengths, offset_bits)]
    terms.sort()
    lists = Postings._empty(np.empty(len(terms), np.uint64), len(terms))
    known, size = _gather(terms, begins, lengths, first - first[0], lists, offset_bits)
    lists.doc[:size] += np.uint32(start)
    columns: tuple[NDArray[Any], ...] = lists
    ends = (known, known + 1, known, size, size, size, size, size)
    return Postings._make(column[:end].copy() for column, end in zip(columns, ends, strict=True))


@compiled
def _pack(stream: Any, begins: Any, terms: Any, lengths: Any, offset_bits: int) -> int:
    """Write every token and every pair of Han characters inside a passage, and return how many they are.

    Each is packed as key, passage and place in the passage, which has ``offset_bits`` (all of them set: there or further). The
    number of tokens of each passage is written to ``lengths``.
    """
    size, shift, bits = 0, np.uint64(_PLACE_BITS), np.uint64(CHARACTER_BITS)
    most = (1 << offset_bits) - 1
    for passage in range(len(lengths)):
        before = np.uint64(0)
        for place in range(begins[passage], begins[passage + 1]):
            token = np.uint64(stream[place])
            own = np.uint64(passage << offset_bits | min(place - begins[passage], most))
            if token >= np.uint64(LATIN_BIT):
                terms[size] = (token ^ np.uint64(LATIN_BIT | LATIN_KEY)) << shift | own
                size += 1
                token = np.uint64(0)
                lengths[passage] += 1
            elif token:
                terms[size] = token << shift | own
                size += 1
                lengths[passage] += 1
                if before:
                    terms[size] = (before << bits | token) << shift | own
                    size += 1
            before = token
    return size


@compiled
def _gather(terms: Any, begins: Any, lengths: Any, first: Any, lists: Any, offset_bits: int) -> tuple[int, int]:
    """Go through sorted terms and write the lists; return how many keys and documents they are."""
    owner = np.empty(len(lengths), np.int64)
    for number in range(len(first) - 1):
        owner[first[number] : first[number + 1]] = number
    keys, at, passages_with, doc, peak, held, where, spot = lists
    bits, most = np.uint64(offset_bits), (1 << offset_bits) - 1
    known, size, key, number, term = -1, -1, np.uint64(0), -1, 0
    while term < len(terms):
        packed, begin = terms[term], term
        while term < len(terms) and terms[term] >> bits == packed >> bits:
            term += 1
        passage = np.int64(packed & np.uint64((1 << _PLACE_BITS) - 1)) >> offset_bits
        if known < 0 or packed >> np.uint64(_PLACE_BITS) != key:
            key, number = packed >> np.uint64(_PLACE_BITS), -1
            known += 1
            keys[known] = key
        if owner[passage] != number:
            number = owner[passage]
            size += 1
            doc[size], peak[size], held[size], where[size] = number, 0, 0, 0
            offset = np.int64(packed & np.uint64(most))
            spot[size] = min(begins[passage] - begins[first[number]] + offset, FAR) if offset < most else FAR
            at[known + 1] = size + 1
        peak[size] = max(peak[size], impact(term - begin, lengths[passage]))
        if held[size] < _MOST_HELD:
            held[size] += 1
            passages_with[known] += 1
        where[size] |= 1 << set_of(passage - first[number])
    return known + 1, size + 1


@compiled
def set_of(number: int) -> int:
    """Which of ``SETS`` sets a document's passage ``number`` is in: the first two are alone, the others take turns."""
    return number if number < ALONE else ALONE + (number - ALONE) % (SETS - ALONE)


@compiled
def place_of(docs: Any, begin: int, end: int, doc: Any) -> int:
    """Where ``docs``, sorted from ``begin`` to ``end - 1``, has a document; -1 if it has not."""
    size = end - begin
    while size > 1:
        half = size >> 1
        begin = begin + half if docs[begin + half] <= doc else begin
        size -= half
    return begin if size and docs[begin] == doc else -1


@compiled
def _put(places: Any, part: Any, free: Any, lists: Any) -> None:
    """Copy each term's documents to where there is room for them."""
    for term in range(len(places)):
        to = free[places[term]]
        for posting in range(part.at[term], part.at[term + 1]):
            lists.doc[to], lists.peak[to] = part.doc[posting], part.peak[posting]
            lists.held[to], lists.where[to] = part.held[posting], part.where[posting]
            lists.spot[to] = part.spot[posting]
            to += 1
        free[places[term]] = to


@compiled
def impact(count: int, length: int) -> Any:
    """BM25's term-frequency part for ``count`` occurrences in a passage of ``length`` tokens, in steps of 1/80."""
    saturated = count * (K1 + 1) / (count + K1 * (1 - B + B * length / USUAL_LENGTH))
    return np.uint8(np.rint(saturated * IMPACT_SCALE))


def ranges(begins: Numbers, sizes: Numbers) -> Numbers:
    """The numbers ``begins[i] … begins[i] + sizes[i] - 1`` for each i, one after the other."""
    ends = np.cumsum(sizes)
    numbers: Numbers = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begins - (ends - sizes), sizes)
    return numbers
