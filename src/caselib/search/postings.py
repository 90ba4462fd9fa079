"""Postings as arrays: which document, and which of its passages, holds which term, and how strongly.

Two levels. ``keys`` (uint64, sorted) are the terms; ``at[i]:at[i+1]`` is the slice of ``doc`` (uint32, sorted) and ``peak``
(uint8) of ``keys[i]``: its documents and the greatest impact in any of their passages. ``begin[j]:begin[j+1]`` is the slice
of ``passage`` (uint32, sorted) and ``impact`` (uint8) of that document. An impact is BM25's term-frequency part, worked out
when the text is indexed. Built with whole-array operations: no Python loop touches a Han character. Nothing here knows files.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from caselib.search.tokens import CHARACTER_BITS, latin_tokens, term_key

K1 = 1.5
B = 0.75
USUAL_LENGTH = 250
"""BM25's pivot, in tokens. A constant, so that an impact never changes when other documents come or go."""
IMPACT_SCALE = 80
LARGEST_IMPACT = round((K1 + 1) * IMPACT_SCALE)
"""Impacts are kept in steps of 1/80; the largest possible fits a byte."""

BLOCK = 2_000_000
"""Characters indexed at a time: bounds the memory of building."""

Docs = NDArray[np.uint32]
Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

_PASSAGE_BITS = 22
_LATIN_CODE = 1 << (2 * CHARACTER_BITS)
_HAN_RANGES = ((0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))


class Postings(NamedTuple):
    """The inverted index of some passages and their documents."""

    keys: NDArray[np.uint64]
    at: NDArray[np.int64]
    doc: NDArray[np.uint32]
    peak: NDArray[np.uint8]
    begin: NDArray[np.uint32]
    passage: NDArray[np.uint32]
    impact: NDArray[np.uint8]

    @classmethod
    def of(cls, texts: Sequence[str], owner: NDArray[np.uint32], block: int = BLOCK) -> Self:
        """Index folded texts; passage ``i`` is ``texts[i]`` and belongs to document ``owner[i]``."""
        blocks, start, held = [], 0, 0
        for end, text in enumerate(texts, 1):
            held += len(text)
            if held >= block or end == len(texts):
                blocks.append(_indexed(texts[start:end], start))
                start, held = end, 0
        keys, sizes, passage, impact = blocks[0] if len(blocks) == 1 else _merged(blocks)
        docs = owner[passage]
        starts = np.cumsum(sizes) - sizes
        begins = np.diff(docs, prepend=docs[:1] + 1) != 0
        begins[starts] = True
        begin = np.flatnonzero(begins)
        peak = np.maximum.reduceat(impact, begin) if len(begin) else impact
        at = np.searchsorted(begin, np.append(starts, len(passage)))
        return cls(keys, at, docs[begin], peak, np.append(begin, len(passage)).astype(np.uint32), passage, impact)


_Block = tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint8]]


def _indexed(texts: Sequence[str], start: int) -> _Block:
    """Terms, and for each how many passages hold it, which, and their impacts; the first passage is number ``start``."""
    joined = "\n".join(texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32)
    starts = np.cumsum([0, *(len(text) + 1 for text in texts)])
    owner = np.repeat(np.arange(len(texts), dtype=np.uint64), np.diff(starts))[: len(codes)]
    han = _is_han(codes)
    latin, latin_owner, names = _latin(joined, starts)
    lengths = np.bincount(owner[han].astype(np.int64), minlength=len(texts))
    lengths += np.bincount(latin_owner.astype(np.int64), minlength=len(texts))
    terms = np.concatenate([*_han_terms(codes.astype(np.uint64), owner, han), latin << _PASSAGE_BITS | latin_owner])
    terms.sort()
    first = np.flatnonzero(np.diff(terms, prepend=terms[:1] + 1))
    count = np.diff(first, append=len(terms))
    passage = (terms[first] & np.uint64((1 << _PASSAGE_BITS) - 1)).astype(np.uint32)
    code = terms[first] >> np.uint64(_PASSAGE_BITS)
    begins = np.flatnonzero(np.diff(code, prepend=code[:1] + 1))
    keys = code[begins]
    is_latin = keys >= _LATIN_CODE
    keys[is_latin] = names[(keys[is_latin] - _LATIN_CODE).astype(np.int64)]
    return keys, np.diff(begins, append=len(code)), passage + np.uint32(start), _impacts(count, lengths[passage])


def _is_han(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    inside = np.zeros(len(codes), bool)
    for low, high in _HAN_RANGES:
        inside |= (codes >= low) & (codes <= high)
    return inside


def _han_terms(
    codes: NDArray[np.uint64], owner: NDArray[np.uint64], han: NDArray[np.bool_]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Every character and every pair, packed as term code and passage."""
    paired = han[:-1] & han[1:]
    bits = np.uint64(CHARACTER_BITS)
    pairs = (codes[:-1] << bits | codes[1:])[paired]
    shift = np.uint64(_PASSAGE_BITS)
    return codes[han] << shift | owner[han], pairs << shift | owner[:-1][paired]


def _latin(joined: str, starts: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]:
    """Term code and passage of each Latin token, and the sorted keys that the codes number."""
    tokens = list(latin_tokens(joined))
    keys = np.fromiter((term_key(token.text) for token in tokens), np.uint64, len(tokens))
    begins = np.fromiter((token.start for token in tokens), np.int64, len(tokens))
    names, codes = np.unique(keys, return_inverse=True)
    owner = np.searchsorted(starts, begins, "right") - 1
    return codes.astype(np.uint64) + np.uint64(_LATIN_CODE), owner.astype(np.uint64), names


def _impacts(count: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.uint8]:
    saturated = count * (K1 + 1) / (count + K1 * (1 - B + B * length / USUAL_LENGTH))
    return np.rint(saturated * IMPACT_SCALE).astype(np.uint8)


def _merged(blocks: Sequence[_Block]) -> _Block:
    """Consecutive blocks of passages as one."""
    keys, sizes, passage, impact = map(np.concatenate, zip(*blocks, strict=True))
    order = np.argsort(keys, kind="stable")
    gather = ranges((np.cumsum(sizes) - sizes)[order], sizes[order])
    first = np.flatnonzero(np.diff(keys[order], prepend=keys[order][:1] + 1))
    merged = np.add.reduceat(sizes[order], first) if len(first) else sizes
    return keys[order][first], merged, passage[gather], impact[gather]


def ranges(begins: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers ``begins[i] … begins[i] + sizes[i] - 1`` for each i, one after the other."""
    ends = np.cumsum(sizes)
    numbers: NDArray[np.int64] = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begins - (ends - sizes), sizes)
    return numbers


def added(numbers: Docs | Numbers, gains: Floats, size: int) -> Floats:
    """The gains of each number below ``size``, summed in the order in which they come."""
    return np.bincount(numbers, gains, size).astype(np.float64, copy=False)
