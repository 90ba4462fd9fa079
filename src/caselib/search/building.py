"""Writing a segment: records in, a folder with a Whoosh index and arrays out.

Whole-array work where there is much of anything. Nothing here knows which segments are in force.
"""

import json
import os
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from caselib.content.files import sync_folder
from caselib.search import durable
from caselib.search.manifest import Entry
from caselib.search.postings import Postings, Said, streams
from caselib.search.records import Record
from caselib.search.segment import DOCS, PASSAGES, checksum
from caselib.search.tokens import Cutter, Folded, fold_each

USUAL_WORDS = 50_000
"""Words kept to offer as corrections and beginnings, the most usual ones."""


def build(index: Path, records: Sequence[Record], cutter: Cutter) -> Entry | None:
    """Write a segment of these records, ordered by key; everything is on disk when this returns. None if there are none."""
    if not records:
        return None
    folder = index / f"s-{uuid4().hex[:12]}"
    folder.mkdir(parents=True)
    folded = [each for record in records for each in fold_each([passage.text for passage in record.passages])]
    texts = [each.text for each in folded]
    said = streams(texts)
    spread = durable.write(folder / "whoosh", records, texts, said.letters, cutter)
    for name, array in _arrays(records, folded, said, spread).items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    files = {path.relative_to(folder).as_posix(): _settle(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    for path in (folder / "whoosh", folder):
        sync_folder(path)
    return Entry(folder.name, len(records), [], files)


def _settle(path: Path) -> tuple[int, int]:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return path.stat().st_size, checksum(file)


def _arrays(
    records: Sequence[Record], folded: Sequence[Folded], said: Said, spread: dict[str, int]
) -> dict[str, NDArray[Any]]:
    passages = [passage for record in records for passage in record.passages]
    texts = [passage.text.encode("utf-8", "replace") for passage in passages]
    folds = [each.text.encode("utf-8", "replace") for each in folded]
    shown = [
        json.dumps(record.shown | {"anchors": [p.anchor for p in record.passages]}, ensure_ascii=False).encode()
        for record in records
    ]
    table = np.zeros(len(passages) + 1, PASSAGES)
    table["part"][:-1] = [passage.part for passage in passages]
    table["same"][:-1] = [each.starts is None for each in folded]
    table["text_at"], table["folded_at"] = _offsets(texts), _offsets(folds)
    docs = np.zeros(len(records) + 1, DOCS)
    docs["first"] = np.cumsum([0, *(len(record.passages) for record in records)])
    docs["shown_at"] = _offsets(shown)
    for name in ("mtime_ns", "size", "newest", "digest"):
        docs[name][:-1] = [getattr(record, name) for record in records]
    table["tokens_at"] = said.begins
    index = Postings.of(said.stream, said.begins, docs["first"].astype(np.int64))
    return {
        "docs": docs, "passages": table, "text": _bytes(texts), "folded": _bytes(folds), "shown": _bytes(shown),
        "stream": said.stream, "names": _bytes(["\n".join(record.key for record in records).encode()]),
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


def _facets(records: Sequence[Record]) -> dict[str, NDArray[Any]]:
    """Each document's facet values, as codes."""
    values = list(dict.fromkeys(facet for record in records for facet in record.facets))
    codes = {facet: code for code, facet in enumerate(values)}
    return {
        "facet_values": _bytes([json.dumps(values, ensure_ascii=False).encode()]),
        "facet_at": np.cumsum([0, *(len(record.facets) for record in records)]),
        "facet_code": np.array([codes[facet] for record in records for facet in record.facets], np.uint16),
    }
