"""Postings as arrays: which passage holds which term, and how strongly.

``keys`` (uint64, sorted) are the terms; ``at[i]:at[i+1]`` is the slice of ``passage`` (uint32, sorted) and ``impact``
(uint8) that belongs to ``keys[i]``. The impact is BM25's term-frequency part, worked out when the text is indexed. The same
once more by document: ``doc_at``, ``doc``, and ``peak``, the greatest impact in any of the document's passages. Built with
whole-array operations: no Python loop touches a Han character. Nothing here knows files.
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
"""Impacts are kept in steps of 1/80; the largest possible, K1 + 1, fits a byte."""

_PASSAGE_BITS = 22
_NO_DOCS = (np.zeros(0, np.int64), np.zeros(0, np.uint32), np.zeros(0, np.uint8))
_LATIN_CODE = 1 << (2 * CHARACTER_BITS)
_HAN_RANGES = ((0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))


class Postings(NamedTuple):
    """The inverted index of some passages and, where ``by_document`` made it, of their documents."""

    keys: NDArray[np.uint64]
    at: NDArray[np.int64]
    passage: NDArray[np.uint32]
    impact: NDArray[np.uint8]
    doc_at: NDArray[np.int64]
    doc: NDArray[np.uint32]
    peak: NDArray[np.uint8]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Index folded texts; passage ``i`` is ``texts[i]``. At most 2**22 at a time."""
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
        return cls(keys, np.append(begins, len(code)), passage, _impacts(count, lengths[passage]), *_NO_DOCS)

    def by_document(self, owner: NDArray[np.uint32]) -> Self:
        """With the lists by document; ``owner[p]`` is the document of passage ``p``."""
        docs = owner[self.passage]
        begin = np.diff(docs, prepend=docs[:1] + 1) != 0
        begin[self.at[:-1]] = True
        begins = np.flatnonzero(begin)
        peak = np.maximum.reduceat(self.impact, begins) if len(begins) else self.impact
        return self._replace(doc_at=np.searchsorted(begins, self.at), doc=docs[begins], peak=peak)


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


def merge(parts: Sequence[Postings], sizes: Sequence[int]) -> Postings:
    """One index of consecutive blocks of passages, by passage; ``sizes`` are their numbers of passages."""
    starts = np.cumsum([0, *sizes[:-1]])
    keys = np.concatenate([part.keys for part in parts])
    lengths = np.concatenate([np.diff(part.at) for part in parts])
    order = np.argsort(keys, kind="stable")
    gather = ranges((np.cumsum(lengths) - lengths)[order], lengths[order])
    keys, lengths = keys[order], lengths[order]
    first = np.flatnonzero(np.diff(keys, prepend=keys[:1] + 1))
    at = np.concatenate(([0], np.cumsum(np.add.reduceat(lengths, first)))) if len(first) else np.zeros(1, np.int64)
    passage = np.concatenate([part.passage + np.uint32(start) for part, start in zip(parts, starts, strict=True)])[
        gather
    ]
    return Postings(keys[first], at, passage, np.concatenate([part.impact for part in parts])[gather], *_NO_DOCS)


def ranges(begins: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers ``begins[i] … begins[i] + sizes[i] - 1`` for each i, one after the other."""
    ends = np.cumsum(sizes)
    numbers: NDArray[np.int64] = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begins - (ends - sizes), sizes)
    return numbers
