"""The index as one reader sees it: the segments of one manifest, opened, with what is true of all of them together.

Immutable: a search takes one of these and keeps it to its end. Counts leave dead documents out, so that an answer does not
depend on how the documents came into segments.
"""

from collections import Counter
from functools import cached_property
from pathlib import Path

import numpy as np

from caselib.search import manifest as manifests
from caselib.search.manifest import DamagedIndex, Manifest
from caselib.search.segment import Numbers, Segment


class Index:
    """All segments of one manifest."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.manifest = manifest
        self.segments = [Segment(folder, entry) for entry in manifest.segments]
        self.docs, self.passages = (sum(segment.living[n] for segment in self.segments) for n in (0, 1))

    def locate(self, key: str) -> tuple[Segment, int] | None:
        """The living document ``kind/slug``."""
        for segment in self.segments:
            number = segment.numbers.get(key)
            if number is not None and segment.alive[number]:
                return segment, number
        return None

    @cached_property
    def stamps(self) -> dict[str, tuple[int, int]]:
        """Time and size of every file when it was last looked at, the refused ones included."""
        stamps: dict[str, tuple[int, int]] = {}
        for segment in self.segments:
            docs = segment.docs[:-1]
            each = zip(segment.names, docs["mtime_ns"].tolist(), docs["size"].tolist(), segment.alive, strict=True)
            stamps.update((name, (time, size)) for name, time, size, alive in each if alive)
        refused = {key: (time, size) for key, (time, size, _) in self.manifest.refused.items()}
        return stamps | {key: (time, size) for key, (time, size) in self.manifest.stamps.items()} | refused

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
    def facet_maps(self) -> list[Numbers]:
        """For each segment, this index's code for each of its own."""
        codes = {value: code for code, value in enumerate(self.facet_values)}
        return [np.array([codes[value] for value in s.facet_values], np.int64) for s in self.segments]


def load(folder: Path) -> Index | None:
    """The index in force; None if there is none.

    Raises:
        DamagedIndex: a file is missing or is not what was written.
    """
    while manifest := manifests.read(folder):
        try:
            return Index(folder, manifest)
        except DamagedIndex:
            latest = manifests.read(folder)
            if latest and latest.generation == manifest.generation:
                raise  # else the segments went because there is a newer manifest
    return None
