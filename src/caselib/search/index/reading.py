"""The index as one reader sees it: the segments of one manifest, opened, their documents numbered through.

Immutable: a search takes one of these and keeps it to its end. Counts leave dead documents out, so that an answer does not
depend on how the documents came into segments.
"""

import sys
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate, chain
from pathlib import Path

import numpy as np

from caselib.search.index import manifest as manifests
from caselib.search.index.manifest import DamagedIndex, Manifest
from caselib.search.index.postings import Docs, Numbers
from caselib.search.index.segment import Mask, Segment


class Index:
    """All segments of one manifest. Document ``d`` of segment ``s`` has the number ``starts[s] + d``.

    ``facet_values[c]`` is the facet value with code ``c``; document ``d`` has ``facet_code[facet_at[d]:facet_at[d + 1]]``.
    """

    def __init__(self, folder: Path, manifest: Manifest, before: "Index | None" = None) -> None:
        self.manifest = manifest
        opened = {segment.entry.name: segment for segment in before.segments} if before else {}
        self.segments: list[Segment] = [
            opened[entry.name].since(entry) if entry.name in opened else Segment(folder, entry)
            for entry in manifest.segments
        ]
        self.starts = list(accumulate(map(len, self.segments), initial=0))
        self.names = [name for segment in self.segments for name in segment.names]
        self.newest = np.concatenate([np.zeros(0, np.int64), *(each.docs["newest"][:-1] for each in self.segments)])
        self.alive: Mask = np.ones(len(self.names), bool)
        for segment, start in zip(self.segments, self.starts, strict=False):
            self.alive[segment.dead + start] = False
        self.doc_count = int(self.alive.sum())
        self.passage_count = sum(segment.living_passages for segment in self.segments)
        self.facet_values = list(dict.fromkeys(chain.from_iterable(each.facet_values for each in self.segments)))
        self.codes = {value: code for code, value in enumerate(self.facet_values)}
        codes = [np.array([self.codes[v] for v in s.facet_values], np.uint16)[s.facet_code] for s in self.segments]
        self.facet_code = np.concatenate([np.zeros(0, np.uint16), *codes])
        sizes = [np.diff(segment.facet_at) for segment in self.segments]
        self.facet_at = np.cumsum(np.concatenate([np.zeros(1, np.int64), *sizes]))

    def place(self, doc: int) -> tuple[Segment, int]:
        """A document's segment and its number there."""
        number = bisect_right(self.starts, doc) - 1
        return self.segments[number], doc - self.starts[number]

    def locate(self, key: str) -> int | None:
        """The number of the living document ``kind/slug``."""
        return self._numbers.get(key)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {self.names[number]: number for number in np.flatnonzero(self.alive).tolist()}

    def digest(self, key: str) -> str:
        """The digest of the living document ``kind/slug``; empty if there is none."""
        number = self.locate(key)
        if number is None:
            return ""
        segment, own = self.place(number)
        return str(segment.docs["digest"][own].decode())

    @cached_property
    def stamps(self) -> dict[str, tuple[int, int]]:
        """Time and size of every file when it was last looked at, the refused ones included."""
        times, sizes = (
            [number for each in self.segments for number in each.docs[column][:-1].tolist()]
            for column in ("mtime_ns", "size")
        )
        stamps = {self.names[n]: (times[n], sizes[n]) for n in np.flatnonzero(self.alive).tolist()}
        refused = {key: (time, size) for key, (time, size, _) in self.manifest.refused.items()}
        return stamps | {key: (time, size) for key, (time, size) in self.manifest.stamps.items()} | refused

    @cached_property
    def words(self) -> Counter[str]:
        """In about how many documents the more usual words are."""
        words: Counter[str] = Counter()
        for segment in self.segments:
            words.update(segment.words)
        return words

    def words_from(self, beginning: str, limit: int = 200) -> list[str]:
        """The most usual words that begin so."""
        begin, end = (bisect_left(self._in_order, edge) for edge in (beginning, beginning + chr(sys.maxunicode)))
        return sorted(self._in_order[begin:end], key=lambda word: (-self.words[word], word))[:limit]

    @cached_property
    def _in_order(self) -> list[str]:
        """The words one after the other, those with the same beginning together."""
        return sorted(self.words)

    def with_values(self, values: Iterable[tuple[str, str]]) -> Mask:
        """The documents, dead ones included, that have any of the facet values."""
        docs, at = self._by_code
        mask = np.zeros(len(self.names), bool)
        for code in (self.codes[value] for value in values if value in self.codes):
            mask[docs[at[code] : at[code + 1]]] = True
        return mask

    @cached_property
    def _by_code(self) -> tuple[Docs, Numbers]:
        """The documents of each code, one code's after the other's, and where each code's begin."""
        docs = np.repeat(np.arange(len(self.names), dtype=np.uint32), np.diff(self.facet_at))
        order = np.argsort(self.facet_code, kind="stable")
        return docs[order], np.append(0, np.cumsum(np.bincount(self.facet_code, minlength=len(self.facet_values))))

    def facets_of(self, doc: int) -> list[tuple[str, str]]:
        """The facet values of one document."""
        begin, end = self.facet_at[doc : doc + 2].tolist()
        return [self.facet_values[code] for code in self.facet_code[begin:end].tolist()]


def load(folder: Path, before: Index | None = None) -> Index | None:
    """The index in force; None if there is none. What it shares with the one ``before`` is not opened again.

    Raises:
        DamagedIndex: a file is missing or is not what was written.
    """
    while manifest := manifests.read(folder):
        try:
            return Index(folder, manifest, before)
        except DamagedIndex:
            latest = manifests.read(folder)
            if latest and latest.generation == manifest.generation:
                raise  # else the segments went because there is a newer manifest
    return None
