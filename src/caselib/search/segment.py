"""A segment: some documents, indexed once and never changed. A folder with a Whoosh index and arrays made from it.

``building`` writes one, ``Segment`` opens one. Which segments count, and which of their documents are dead, the manifest
says. Arrays are memory-mapped: the workers of one machine share them through the page cache.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from caselib.search import durable
from caselib.search.manifest import DamagedIndex, Entry
from caselib.search.postings import Postings
from caselib.search.records import Record
from caselib.search.tokens import Folded, fold, term_key

DOCS = np.dtype(
    [("first", "u4"), ("shown_at", "u8"), ("mtime_ns", "i8"), ("size", "i8"), ("newest", "i8"), ("digest", "S64")]
)
PASSAGES = np.dtype([("owner", "u4"), ("part", "u1"), ("same", "u1"), ("text_at", "u8"), ("folded_at", "u8")])

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]


def checksum(file: IO[bytes]) -> int:
    """The CRC-32 of what is left of an open file."""
    value = 0
    while chunk := file.read(1 << 20):
        value = zlib.crc32(chunk, value)
    return value


def verify(folder: Path, entry: Entry, beginning: str = "") -> None:
    """Compare the segment's files whose names begin so with their checksums.

    Raises:
        DamagedIndex: one is missing or differs.
    """
    for name, (_, known) in entry.files.items():
        if name.startswith(beginning):
            try:
                with (folder / entry.name / name).open("rb") as file:
                    right = checksum(file) == known
            except OSError:
                right = False
            if not right:
                raise DamagedIndex(f"{entry.name}/{name}")


def salvage(folder: Path, entry: Entry) -> Iterator[Record]:
    """The living records of a segment from its durable copy, even if its arrays are gone.

    Raises:
        DamagedIndex: the durable copy is damaged.
    """
    verify(folder, entry, "whoosh/")
    dead = frozenset(entry.dead)
    records = durable.read(folder / entry.name / "whoosh")
    return (record for number, record in enumerate(records) if number not in dead)


class Segment:
    """An open segment and which of its documents live. Arrays are views of files; none is read before it is needed.

    ``first[d]`` is document ``d``'s first passage, ``owner[p]`` passage ``p``'s document and ``part[p]`` its ``Part``.
    """

    def __init__(self, folder: Path, entry: Entry) -> None:
        self.entry = entry
        self._folder = folder / entry.name
        for name, (size, _) in entry.files.items():
            path = self._folder / name
            if not path.is_file() or path.stat().st_size != size:
                raise DamagedIndex(f"{entry.name}/{name}")
        self.docs, self.passages = self._load("docs"), self._load("passages")
        self.first: Numbers = self.docs["first"].astype(np.int64)
        self.owner = np.ascontiguousarray(self.passages["owner"][:-1])
        self.part = np.ascontiguousarray(self.passages["part"][:-1])
        self.postings = Postings(*map(self._load, Postings._fields))
        self.facet_at, self.facet_code = self._load("facet_at"), self._load("facet_code")
        self.code_at, self.code_doc = self._load("code_at"), self._load("code_doc")
        self.facet_values = [(name, value) for name, value in json.loads(self._load("facet_values").tobytes())]
        self.names = self._load("names").tobytes().decode().split("\n")
        self._text, self._folded, self._shown = map(self._load, ("text", "folded", "shown"))
        self.alive: Mask = np.ones(len(self), bool)
        self.alive[entry.dead] = False

    def _load(self, name: str) -> NDArray[Any]:
        try:
            array = np.load(self._folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
        except (OSError, ValueError) as error:
            raise DamagedIndex(f"{self.entry.name}/{name}.npy") from error
        return array  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def living(self) -> tuple[int, int]:
        """How many documents and passages live."""
        return int(self.alive.sum()), int(np.diff(self.first)[self.alive].sum())

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each document by its key."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def words(self) -> dict[str, int]:
        """How many documents hold each of the more usual jieba words."""
        words: dict[str, int] = json.loads(self._load("words").tobytes())
        return words

    @cached_property
    def codes(self) -> dict[tuple[str, str], int]:
        """The code of each facet value in this segment."""
        return {value: code for code, value in enumerate(self.facet_values)}

    def find(self, terms: Sequence[str]) -> list[int]:
        """The place of each term among the keys; -1 where no passage holds it."""
        keys = self.postings.keys
        wanted = np.array([term_key(term) for term in terms], np.uint64)
        places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[places] == wanted, places, -1).tolist() if len(keys) else [-1] * len(terms)

    def counts(self, places: Sequence[int]) -> Numbers:
        """How many living passages hold each of the terms at ``places``."""
        at = self.postings.at
        known = np.array(places, np.int64)
        counts = np.where(known >= 0, at[known + 1] - at[known], 0)
        if self.entry.dead:
            dead = np.array(self.entry.dead)
            begins, ends = (self.first[dead + after].astype(np.uint32) for after in (0, 1))
            for number, place in enumerate(places):
                if place >= 0:
                    held = self.postings.passage[at[place] : at[place + 1]]
                    counts[number] -= (np.searchsorted(held, ends) - np.searchsorted(held, begins)).sum()
        return counts

    def with_values(self, values: Iterable[tuple[str, str]]) -> Mask:
        """The documents, dead ones included, that have any of the facet values."""
        mask = np.zeros(len(self), bool)
        for code in (self.codes[value] for value in values if value in self.codes):
            mask[self.code_doc[self.code_at[code] : self.code_at[code + 1]]] = True
        return mask

    def facets_of(self, number: int) -> list[tuple[str, str]]:
        """The facet values of one document."""
        begin, end = self.facet_at[number : number + 2]
        return [self.facet_values[code] for code in self.facet_code[begin:end].tolist()]

    def titles(self) -> list[str]:
        """The title of each document, folded."""
        return [self.folded(passage).decode() for passage in self.first[:-1].tolist()]

    def shown(self, number: int) -> dict[str, Any]:
        """What a hit shows of the document, and the anchor of each of its passages."""
        begin, end = self.docs["shown_at"][number : number + 2]
        fields: dict[str, Any] = json.loads(self._shown[begin:end].tobytes())
        return fields

    def text(self, passage: int) -> str:
        """A passage as it was written."""
        begin, end = self.passages["text_at"][passage : passage + 2]
        return self._text[begin:end].tobytes().decode()

    def folded(self, passage: int) -> bytes:
        """A passage folded, in UTF-8."""
        begin, end = self.passages["folded_at"][passage : passage + 2]
        return self._folded[begin:end].tobytes()

    def fold(self, passage: int) -> Folded:
        """A passage folded, as ``tokens.fold`` would."""
        same = self.passages["same"][passage]
        return Folded(self.folded(passage).decode(), None) if same else fold(self.text(passage))
