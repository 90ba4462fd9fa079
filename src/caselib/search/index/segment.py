"""A segment: some documents, indexed once and never changed. A folder with a Whoosh index and arrays made from it.

``building`` writes one, ``Segment`` opens one. Which segments count, and which of their documents are dead, the manifest
says. Arrays are memory-mapped: the workers of one machine share them through the page cache.
"""

import json
import zlib
from collections.abc import Iterator
from copy import copy
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json

from caselib.search.compiling import compiled
from caselib.search.index import durable
from caselib.search.index.manifest import SHORT, DamagedIndex, Entry
from caselib.search.index.postings import Numbers, Postings, Stream, place_of
from caselib.search.index.records import Part, Record
from caselib.search.model import Hit
from caselib.search.text.tokens import Folded, fold

DOCS = np.dtype(
    [("first", "u4"), ("shown_at", "u8"), ("mtime_ns", "i8"), ("size", "i8"), ("newest", "i8"), ("digest", "S64")]
)
PASSAGES = np.dtype([("part", "u1"), ("same", "u1"), ("text_at", "u8"), ("folded_at", "u8"), ("tokens_at", "i8")])

Mask = NDArray[np.bool_]

_ONE_AT_A_TIME = Lock()
"""NumPy parses a file's header as Python, and before 3.11.8 that fails where two threads do so at once (python/cpython#106905)."""


def checksum(file: IO[bytes]) -> int:
    """The CRC-32 of what is left of an open file."""
    value = 0
    while chunk := file.read(1 << 20):
        value = zlib.crc32(chunk, value)
    return value


def damaged(folder: Path, entry: Entry, beginning: str = "") -> str:
    """The first of the segment's files whose names begin so that is missing or differs from its checksum; else nothing.

    Raises:
        OSError: the system is ``SHORT`` of something.
    """
    for name, (_, known) in entry.files.items():
        if name.startswith(beginning):
            try:
                with (folder / entry.name / name).open("rb") as file:
                    right = checksum(file) == known
            except OSError as error:
                if error.errno in SHORT:
                    raise
                right = False
            if not right:
                return f"{entry.name}/{name}"
    return ""


def salvage(folder: Path, entry: Entry) -> Iterator[Record]:
    """The living records of a segment from its durable copy, even if its arrays are gone.

    Raises:
        DamagedIndex: the durable copy is damaged.
    """
    if name := damaged(folder, entry, "whoosh/"):
        raise DamagedIndex(name)
    dead = frozenset(entry.dead)
    records = durable.read(folder / entry.name / "whoosh")
    return (record for number, record in enumerate(records) if number not in dead)


class Segment:
    """An open segment. Arrays are views of files; none is read before it is needed.

    ``first[d]`` is document ``d``'s first passage; passage ``p`` is of the ``Part`` ``part[p]``, and its tokens are
    ``stream[begins[p]:begins[p + 1]]``. Terms are given by their places among the keys, as :meth:`find` tells them. ``lists``
    and ``streamed`` are what the loops of ``matching`` and ``scoring`` go over.
    """

    def __init__(self, folder: Path, entry: Entry) -> None:
        self.entry = entry
        self._folder = folder / entry.name
        self._look()
        self.docs, self.passages = self._load("docs"), self._load("passages")
        self.first: Numbers = self.docs["first"].astype(np.int64)
        self.part = np.ascontiguousarray(self.passages["part"][:-1])
        self._shown_at, self._same = self.docs["shown_at"], self.passages["same"]
        self._text_at, self._folded_at = self.passages["text_at"], self.passages["folded_at"]
        self.begins = np.ascontiguousarray(self.passages["tokens_at"])
        self.stream: Stream = self._load("stream")
        self.postings = Postings(*map(self._load, Postings._fields))
        self.facet_at, self.facet_code = self._load("facet_at"), self._load("facet_code")
        self.facet_values = [(name, value) for name, value in json.loads(self._load("facet_values").tobytes())]
        self.names = self._load("names").tobytes().decode().split("\n")
        self._text, self._folded, self._shown = (self._load(name).data for name in ("text", "folded", "shown"))
        self.lists = self.postings.at, self.postings.doc, self.postings.peak, self.postings.where
        self.streamed = self.stream, self.begins, self.first, self.part
        self.dead = np.array(entry.dead, np.uint32)

    def _look(self) -> None:
        for name, (size, _) in self.entry.files.items():
            try:
                right = (self._folder / name).stat().st_size == size
            except OSError:
                right = False
            if not right:
                raise DamagedIndex(f"{self.entry.name}/{name}")

    def since(self, entry: Entry) -> "Segment":
        """The same segment with the documents dead that ``entry`` says; its files are looked at and not opened again."""
        self._look()
        later = copy(self)
        later.entry, later.dead = entry, np.array(entry.dead, np.uint32)
        return later

    def _load(self, name: str) -> NDArray[Any]:
        try:
            with _ONE_AT_A_TIME:
                array = np.load(self._folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in SHORT:
                raise
            raise DamagedIndex(f"{self.entry.name}/{name}.npy") from error
        return array  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def living_passages(self) -> int:
        """How many passages living documents have."""
        return int(self.first[-1] - np.diff(self.first)[self.dead].sum())

    @cached_property
    def words(self) -> dict[str, int]:
        """How many documents hold each of the more usual jieba words."""
        words: dict[str, int] = json.loads(self._load("words").tobytes())
        return words

    def find(self, wanted: NDArray[np.uint64]) -> Numbers:
        """The place of each term, given by its key, among the keys; -1 where no passage holds it."""
        keys = self.postings.keys
        places = np.minimum(keys.searchsorted(wanted), len(keys) - 1)
        return np.where(keys[places] == wanted, places, -1) if len(keys) else np.full(len(wanted), -1)

    def passages_with(self, places: Numbers) -> Numbers:
        """How many living passages hold each of the terms; -1 stands for none."""
        lists = self.postings
        known = places >= 0
        counts = np.zeros(len(places), np.int64)
        counts[known] = lists.passages_with[places[known]]
        if len(self.dead):
            counts -= _dead_held(lists.at, lists.doc, lists.held, places, self.dead)
        return counts

    def shown(self, number: int) -> tuple[Hit, list[str]]:
        """The document as a hit before anything is asked, and the anchor of each of its passages."""
        begin, end = self._shown_at[number : number + 2].tolist()
        fields, anchors = from_json(bytes(self._shown[begin:end]))
        return Hit(*fields), anchors

    def named(self, number: int) -> list[int]:
        """Which of the document's passages are its firm and bodies, and the names of its terms."""
        low, high = self.first[number : number + 2].tolist()
        places: list[int] = np.flatnonzero(np.isin(self.part[low:high], (Part.FIRM, Part.NAMES))).tolist()
        return places

    def text(self, passage: int) -> str:
        """A passage as it was written."""
        begin, end = self._text_at[passage : passage + 2].tolist()
        return str(self._text[begin:end], "utf-8")

    def folded(self, passage: int) -> str:
        """A passage folded."""
        begin, end = self._folded_at[passage : passage + 2].tolist()
        return str(self._folded[begin:end], "utf-8")

    def fold(self, passage: int) -> Folded:
        """A passage folded, as ``tokens.fold`` would."""
        return Folded(self.folded(passage), None) if self._same[passage] else fold(self.text(passage))


@compiled
def _dead_held(at: Any, doc: Any, held: Any, places: Any, dead: Any) -> Any:
    """For each term, how many passages of the ``dead`` documents (sorted) hold it."""
    counts = np.zeros(len(places), np.int64)
    for term in range(len(places)):
        place = places[term]
        if place >= 0:
            for each in dead:
                found = place_of(doc, at[place], at[place + 1], each)
                if found >= 0:
                    counts[term] += held[found]
    return counts
