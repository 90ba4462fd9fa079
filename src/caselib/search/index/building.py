"""Writing a segment: records in, a folder with a Whoosh index and arrays out.

Whole-array work where there is much of anything. Nothing here knows which segments are in force.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from caselib.content.files import sync_folder
from caselib.search.index import durable
from caselib.search.index.manifest import SEGMENT, Entry
from caselib.search.index.postings import Postings, Said, streams
from caselib.search.index.records import Record
from caselib.search.index.segment import DOCS, PASSAGES, checksum
from caselib.search.index.vocabulary import words_of
from caselib.search.text.dictionary import Cutter
from caselib.search.text.tokens import Folded, fold_each

USUAL_WORDS = 50_000
"""Words kept to offer as corrections and beginnings, the most usual ones."""


def build(index: Path, records: Sequence[Record], cutter: Cutter) -> Entry | None:
    """Write a segment of these records, ordered by key; everything is on disk when this returns. None if there are none."""
    if not records:
        return None
    folder = index / f"{SEGMENT}{uuid4().hex[:12]}"
    folder.mkdir(parents=True)
    with ThreadPoolExecutor(1) as disk:  # a file goes to the disk while the next is worked out
        settled = {path: disk.submit(_settle, path) for path in _written(folder, records, cutter)}
    for path in (folder / "whoosh", folder):
        sync_folder(path)
    files = {path.relative_to(folder).as_posix(): each.result() for path, each in settled.items()}
    return Entry(folder.name, len(records), [], files)


def _written(folder: Path, records: Sequence[Record], cutter: Cutter) -> Iterator[Path]:
    """Write the files of a segment, one after the other."""
    folded = [each for record in records for each in fold_each([passage.text for passage in record.passages])]
    texts = [each.text for each in folded]
    said = streams(texts)
    lists = words_of(records, texts, said.letters, cutter)
    durable.write(folder / "whoosh", records, lists)
    docs_with = lists["text"].docs_with()
    del lists  # their memory is wanted for the arrays
    yield from (path for path in (folder / "whoosh").iterdir() if path.is_file())
    for name, array in _arrays(records, folded, said, docs_with):
        np.save(path := folder / f"{name}.npy", array, allow_pickle=False)
        yield path


def _settle(path: Path) -> tuple[int, int]:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return path.stat().st_size, checksum(file)


def _arrays(
    records: Sequence[Record], folded: Sequence[Folded], said: Said, docs_with: dict[str, int]
) -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays of a segment by name, one after the other, since all of them together are several times the texts."""
    passages = [passage for record in records for passage in record.passages]
    table = np.zeros(len(passages) + 1, PASSAGES)
    table["part"][:-1] = [passage.part for passage in passages]
    table["same"][:-1] = [each.starts is None for each in folded]
    table["tokens_at"] = said.begins
    docs = np.zeros(len(records) + 1, DOCS)
    docs["first"] = np.cumsum([0, *(len(record.passages) for record in records)])
    for name in ("mtime_ns", "size", "newest", "digest"):
        docs[name][:-1] = [getattr(record, name) for record in records]
    yield "stream", said.stream
    yield from Postings.of(said.stream, said.begins, docs["first"].astype(np.int64))._asdict().items()
    text, table["text_at"] = _bytes(passage.text for passage in passages)
    yield "text", text
    text, table["folded_at"] = _bytes(each.text for each in folded)
    yield "folded", text
    text, docs["shown_at"] = _bytes(
        json.dumps([record.shown, [passage.anchor for passage in record.passages]], ensure_ascii=False)
        for record in records
    )
    yield from (("shown", text), ("docs", docs), ("passages", table))
    yield "names", _bytes(["\n".join(record.key for record in records)])[0]
    usual = sorted(docs_with.items(), key=lambda item: (-item[1], item[0]))[:USUAL_WORDS]
    yield "words", _bytes([json.dumps(dict(usual), ensure_ascii=False)])[0]
    yield from _facets(records)


def _bytes(texts: Iterable[str]) -> tuple[NDArray[np.uint8], list[int]]:
    """The texts in UTF-8, one after the other, and where each begins; one more for the end."""
    pieces = [text.encode("utf-8", "replace") for text in texts]
    return np.frombuffer(b"".join(pieces), np.uint8), list(accumulate(map(len, pieces), initial=0))


def _facets(records: Sequence[Record]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Each document's facet values, as codes."""
    values = list(dict.fromkeys(facet for record in records for facet in record.facets))
    codes = {facet: code for code, facet in enumerate(values)}
    yield "facet_values", _bytes([json.dumps(values, ensure_ascii=False)])[0]
    yield "facet_at", np.cumsum([0, *(len(record.facets) for record in records)])
    yield "facet_code", np.array([codes[facet] for record in records for facet in record.facets], np.uint16)
