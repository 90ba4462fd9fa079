"""The index as one reader sees it: the segments of one manifest, opened, with what is true of all of them together.

Immutable: a search takes one of these and keeps it to its end. Counts leave dead documents out, so that an answer does not
depend on how the documents came into segments.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caselib.search import manifest as manifests
from caselib.search.manifest import Manifest, Part
from caselib.search.segment import DamagedIndex, Segment
from caselib.search.tokens import term_key

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]


class Slice:
    """An open segment within an index: its living documents and passages."""

    def __init__(self, segment: Segment, dead: Sequence[int]) -> None:
        self.segment = segment
        self.alive: Mask = np.ones(len(segment), bool)
        self.alive[list(dead)] = False
        self._dead = np.array(dead, np.int64)
        self.docs = len(segment) - len(dead)
        self.passages = int(np.diff(segment.first)[self.alive].sum())

    def find(self, terms: Sequence[str]) -> list[int]:
        """The place of each term among this segment's keys; -1 where no passage holds it."""
        keys = self.segment.postings.keys
        wanted = np.array([term_key(term) for term in terms], np.uint64)
        places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[places] == wanted, places, -1).tolist() if len(keys) else [-1] * len(terms)

    def counts(self, places: Sequence[int]) -> Numbers:
        """How many living passages hold each of the terms at ``places``."""
        postings, first = self.segment.postings, self.segment.first
        known = np.array(places, np.int64)
        counts = np.where(known >= 0, postings.at[known + 1] - postings.at[known], 0)
        if len(self._dead):
            begins, ends = (first[self._dead + after].astype(np.uint32) for after in (0, 1))
            for number, place in enumerate(places):
                if place >= 0:
                    held = postings.passage[postings.at[place] : postings.at[place + 1]]
                    counts[number] -= (np.searchsorted(held, ends) - np.searchsorted(held, begins)).sum()
        return counts

    def with_values(self, values: Iterable[tuple[str, str]]) -> Mask:
        """The documents, dead ones included, that have any of the facet values."""
        segment = self.segment
        mask = np.zeros(len(segment), bool)
        for code in (segment.codes[value] for value in values if value in segment.codes):
            mask[segment.code_doc[segment.code_at[code] : segment.code_at[code + 1]]] = True
        return mask


class Index:
    """All segments of one manifest."""

    def __init__(self, folder: Path, manifest: Manifest, known: Iterable[Segment] = ()) -> None:
        opened = {segment.folder.name: segment for segment in known}
        self.manifest = manifest
        self.slices = [Slice(opened.get(part.name) or _open(folder, part), part.dead) for part in manifest.segments]
        self.passages = sum(part.passages for part in self.slices)
        self.docs = sum(part.docs for part in self.slices)

    @property
    def segments(self) -> list[Segment]:
        """The open segments."""
        return [part.segment for part in self.slices]

    def locate(self, key: str) -> tuple[Slice, int] | None:
        """The living document ``kind/slug``."""
        for part in self.slices:
            number = part.segment.numbers.get(key)
            if number is not None and part.alive[number]:
                return part, number
        return None

    def latin_words(self, beginning: str, limit: int = 50) -> list[str]:
        """The most usual Latin and number tokens that begin so."""
        spread: Counter[str] = Counter()
        for segment in self.segments:
            spread.update({word: count for word, count in segment.words.items() if word.startswith(beginning)})
        return [word for word, _ in spread.most_common(limit)]

    @cached_property
    def facet_values(self) -> list[tuple[str, str]]:
        """Every facet value of any segment; its place here is its code in this index."""
        return list(dict.fromkeys(value for segment in self.segments for value in segment.facet_values))

    @cached_property
    def facet_codes(self) -> dict[tuple[str, str], int]:
        """The code of each facet value."""
        return {value: code for code, value in enumerate(self.facet_values)}

    @cached_property
    def facet_maps(self) -> list[Numbers]:
        """For each segment, this index's code for each of its own."""
        return [np.array([self.facet_codes[value] for value in s.facet_values], np.int64) for s in self.segments]


def _open(folder: Path, part: Part) -> Segment:
    return Segment(folder / part.name, part.files)


def load(folder: Path, before: Index | None = None) -> Index | None:
    """The index in force; segments that ``before`` holds open are taken from it. None if there is no index.

    Raises:
        DamagedIndex: a file is missing or is not what was written.
    """
    for attempts_left in range(4, -1, -1):
        manifest = manifests.read(folder)
        if manifest is None:
            return None
        try:
            return Index(folder, manifest, before.segments if before else ())
        except DamagedIndex:
            latest = manifests.read(folder)
            if latest is None or latest.generation == manifest.generation or not attempts_left:
                raise
    return None
