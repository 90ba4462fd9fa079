"""A segment: some documents, indexed once and never changed. A folder with a Whoosh index and arrays made from it.

``write`` makes one, ``Segment`` opens one. Which segments count, and which of their documents are dead, the manifest says.
Arrays are memory-mapped: the workers of one machine share them through the page cache.
"""

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caselib.search import durable, postings
from caselib.search.postings import Postings
from caselib.search.records import Record
from caselib.search.tokens import Cutter, Folded, fold

BLOCK = 2_000_000
"""Characters indexed at a time: bounds the memory of building."""

USUAL_WORDS = 50_000

_DOCS = np.dtype(
    [("first", "u4"), ("shown_at", "u8"), ("mtime_ns", "i8"), ("size", "i8"), ("newest", "i8"), ("digest", "S64")]
)
_PASSAGES = np.dtype([("owner", "u4"), ("part", "u1"), ("same", "u1"), ("text_at", "u8"), ("folded_at", "u8")])

Checksums = dict[str, tuple[int, int]]
"""Size and CRC-32 of each file, by its path in the segment's folder."""


class DamagedIndex(Exception):
    """A file of the index is missing, or is not what the manifest says it is."""


def write(folder: Path, records: Sequence[Record], cutter: Cutter) -> Checksums:
    """Write a segment of these records, ordered by key; everything is on disk when this returns."""
    folder.mkdir(parents=True)
    folded = [[fold(passage.text) for passage in record.passages] for record in records]
    spread = durable.write(folder / "whoosh", records, [[each.text for each in texts] for texts in folded], cutter)
    for name, array in _arrays(records, [each for texts in folded for each in texts], spread).items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    return {path.relative_to(folder).as_posix(): _settle(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def _settle(path: Path) -> tuple[int, int]:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return path.stat().st_size, _checksum(file)


def _checksum(file: Any) -> int:
    value = 0
    while chunk := file.read(1 << 20):
        value = zlib.crc32(chunk, value)
    return value


def _arrays(records: Sequence[Record], folded: Sequence[Folded], spread: dict[str, int]) -> dict[str, NDArray[Any]]:
    passages = [(number, passage) for number, record in enumerate(records) for passage in record.passages]
    texts = [passage.text.encode("utf-8", "replace") for _, passage in passages]
    folds = [each.text.encode("utf-8", "replace") for each in folded]
    shown = [
        json.dumps(record.shown | {"anchors": [p.anchor for p in record.passages]}, ensure_ascii=False).encode()
        for record in records
    ]
    table = np.zeros(len(passages) + 1, _PASSAGES)
    table["owner"][:-1] = [number for number, _ in passages]
    table["part"][:-1] = [passage.part for _, passage in passages]
    table["same"][:-1] = [each.starts is None for each in folded]
    table["text_at"], table["folded_at"] = _offsets(texts), _offsets(folds)
    docs = np.zeros(len(records) + 1, _DOCS)
    docs["first"] = np.cumsum([0, *(len(record.passages) for record in records)])
    docs["shown_at"] = _offsets(shown)
    for name in ("mtime_ns", "size", "newest", "digest"):
        docs[name][:-1] = [getattr(record, name) for record in records]
    index = _postings([each.text for each in folded]).by_document(table["owner"][:-1])
    return {
        "docs": docs, "passages": table, "text": _bytes(texts), "folded": _bytes(folds), "shown": _bytes(shown),
        "names": _bytes(["\n".join(record.key for record in records).encode()]),
        "words": _bytes([json.dumps(_usual(spread), ensure_ascii=False).encode()]),
        **index._asdict(),
        **_facets(records),
    }  # fmt: skip


def _usual(spread: dict[str, int]) -> dict[str, int]:
    """The words worth offering as corrections and beginnings: the most usual."""
    return dict(sorted(spread.items(), key=lambda item: (-item[1], item[0]))[:USUAL_WORDS])


def _offsets(pieces: Sequence[bytes]) -> list[int]:
    return list(accumulate(map(len, pieces), initial=0))


def _bytes(pieces: Sequence[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(pieces), np.uint8)


def _postings(folded: Sequence[str]) -> Postings:
    blocks, sizes, begin, held = [], [], 0, 0
    for end, text in enumerate(folded, 1):
        held += len(text)
        if held >= BLOCK or end == len(folded):
            blocks.append(Postings.of(folded[begin:end]))
            sizes.append(end - begin)
            begin, held = end, 0
    return blocks[0] if len(blocks) == 1 else postings.merge(blocks, sizes)


def _facets(records: Sequence[Record]) -> dict[str, NDArray[Any]]:
    """Each document's facet values as codes, and each code's documents: the same table read both ways."""
    codes: dict[tuple[str, str], int] = {}
    for record in records:
        for facet in record.facets:
            codes.setdefault(facet, len(codes))
    code = np.array([codes[facet] for record in records for facet in record.facets], np.uint16)
    doc = np.repeat(np.arange(len(records), dtype=np.uint32), [len(record.facets) for record in records])
    return {
        "facet_values": _bytes([json.dumps(list(codes), ensure_ascii=False).encode()]),
        "facet_at": np.searchsorted(doc, np.arange(len(records) + 1)),
        "facet_code": code,
        "code_doc": doc[np.argsort(code, kind="stable")],
        "code_at": np.searchsorted(np.sort(code), np.arange(len(codes) + 1)),
    }


def salvage(folder: Path, files: Checksums) -> Iterator[Record]:
    """The records of a segment from its durable copy, dead ones included, even if its arrays are gone.

    Raises:
        DamagedIndex: the durable copy is damaged.
    """
    _verify(folder, {name: known for name, known in files.items() if name.startswith("whoosh/")})
    return durable.read(folder / "whoosh")


def _verify(folder: Path, files: Checksums) -> None:
    for name, (_, checksum) in files.items():
        try:
            with (folder / name).open("rb") as file:
                right = _checksum(file) == checksum
        except OSError:
            right = False
        if not right:
            raise DamagedIndex(f"{folder.name}/{name}")


class Segment:
    """An open segment. Arrays are read-only views of files; nothing is read before it is needed."""

    def __init__(self, folder: Path, files: Checksums) -> None:
        self.folder = folder
        self.files = files
        for name, (size, _) in files.items():
            path = folder / name
            if not path.is_file() or path.stat().st_size != size:
                raise DamagedIndex(f"{folder.name}/{name}")
        self.docs = self._load("docs")
        self.passages = self._load("passages")
        self.first = self.docs["first"].astype(np.int64)
        self.owner = np.ascontiguousarray(self.passages["owner"][:-1])
        self.part = np.ascontiguousarray(self.passages["part"][:-1])
        self.postings = Postings(*map(self._load, Postings._fields))
        self.facet_at, self.facet_code = self._load("facet_at"), self._load("facet_code")
        self.code_at, self.code_doc = self._load("code_at"), self._load("code_doc")
        self.facet_values = [(name, value) for name, value in json.loads(self._load("facet_values").tobytes())]
        self.names = self._load("names").tobytes().decode().split("\n")
        self._text, self._folded, self._shown = map(self._load, ("text", "folded", "shown"))

    def _load(self, name: str) -> NDArray[Any]:
        try:
            array = np.load(self.folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
        except (OSError, ValueError) as error:
            raise DamagedIndex(f"{self.folder.name}/{name}.npy") from error
        return array  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def total_bytes(self) -> int:
        """The size of all its files."""
        return sum(size for size, _ in self.files.values())

    def verify(self) -> None:
        """Compare every file with its checksum.

        Raises:
            DamagedIndex: one differs.
        """
        _verify(self.folder, self.files)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each document by its key."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def words(self) -> dict[str, int]:
        """How many documents hold each jieba word."""
        words: dict[str, int] = json.loads(self._load("words").tobytes())
        return words

    def titles(self) -> list[str]:
        """The title of each document, folded."""
        return [self.folded(passage).decode() for passage in self.first[:-1].tolist()]

    def facets_of(self, number: int) -> list[tuple[str, str]]:
        """The facet values of one document."""
        begin, end = self.facet_at[number : number + 2]
        return [self.facet_values[code] for code in self.facet_code[begin:end].tolist()]

    @cached_property
    def codes(self) -> dict[tuple[str, str], int]:
        """The code of each facet value in this segment."""
        return {value: code for code, value in enumerate(self.facet_values)}

    def records(self) -> Iterator[Record]:
        """The records from the durable copy (see ``salvage``)."""
        return salvage(self.folder, self.files)

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
