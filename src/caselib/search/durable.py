"""The durable copy of a segment: a Whoosh index with every record stored and its jieba words as terms.

Any Whoosh 2.7.4 can open and search it; when the arrays beside it are lost or damaged they are made again from here. Only
this module imports Whoosh. Files are read after their checksums were found right, since Whoosh unpickles what it reads.

Whoosh's own writer spends about 12 µs on a posting; here the postings are sorted as arrays and go to its codec in blocks,
which is why some of the names used begin with an underscore (the version is pinned).
"""

import json
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh import fields, formats, index
from whoosh.codec.whoosh3 import W3Codec
from whoosh.filedb.filestore import FileStorage

from caselib.search.records import Part, Record
from caselib.search.tokens import Cutter

NAME = "library"
_BLOCK = 128


class _Words(fields.FieldType):  # type: ignore[misc]
    """A field of terms with their frequencies; ``_invert`` does what an analyser would."""

    def __init__(self, *, scorable: bool) -> None:
        self.format = formats.Frequency()
        self.scorable = scorable
        self.analyzer = None


class _Lists(NamedTuple):
    """Terms in the order of their bytes, and the documents and frequencies of each: ``docs[at[i]:at[i+1]]``."""

    terms: list[bytes]
    at: list[int]
    docs: NDArray[np.uint32]
    counts: NDArray[np.uint32]
    lengths: list[int]


def _invert(rows: Iterable[Sequence[str]]) -> _Lists:
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    held = [np.fromiter(map(numbers.__getitem__, row), np.int64, len(row)) for row in rows]
    lengths = list(map(len, held))
    terms = sorted((term.encode("utf-8", "replace"), number) for term, number in numbers.items())
    order = np.empty(len(terms), np.int64)
    order[[number for _, number in terms]] = np.arange(len(terms))
    codes = order[np.concatenate(held)] << 32 | np.repeat(np.arange(len(held)), lengths)
    codes, counts = np.unique(codes, return_counts=True)
    at = np.searchsorted(codes >> 32, np.arange(len(terms) + 1)).tolist()
    return _Lists([term for term, _ in terms], at, codes.astype(np.uint32), counts.astype(np.uint32), lengths)


def write(folder: Path, records: Sequence[Record], folded: Sequence[Sequence[str]], cutter: Cutter) -> dict[str, int]:
    """Write the records as one Whoosh index; ``folded`` are their passages. Return in how many documents each word is."""
    folder.mkdir()
    storage = FileStorage(str(folder))
    schema = fields.Schema(record=fields.STORED, **{name: _Words(scorable=name in _SCORED) for name in _FIELDS})
    lists = {
        "facet": _invert([f"{name}={value}" for name, value in record.facets] for record in records),
        "key": _invert([record.key] for record in records),
        "text": _invert(cutter.words("\n".join(texts)) for texts in folded),
        "title": _invert(cutter.words(texts[Part.TITLE]) for texts in folded),
    }
    codec = W3Codec(compression=0)
    segment = codec.new_segment(storage, NAME)
    _write_stored(codec.per_document_writer(storage, segment), schema, records, lists)
    writer = codec.field_writer(storage, segment)
    for name in _FIELDS:
        _write_field(writer, name, schema[name], lists[name])
    writer.close()
    segment.set_doc_count(len(records))
    index.TOC(schema, [segment], 1).write(storage, NAME)
    text = lists["text"]
    return {term.decode(): end - begin for term, begin, end in zip(text.terms, text.at, text.at[1:], strict=False)}


_FIELDS = ("facet", "key", "text", "title")
_SCORED = ("text", "title")


def _write_stored(writer: Any, schema: fields.Schema, records: Sequence[Record], lists: dict[str, _Lists]) -> None:
    for number, record in enumerate(records):
        writer.start_doc(number)
        writer.add_field("record", schema["record"], json.dumps(vars(record), ensure_ascii=False), 0)
        for name in _SCORED:
            writer.add_field(name, schema[name], None, lists[name].lengths[number])
        writer.finish_doc()
    writer.close()


def _write_field(writer: Any, name: str, field: _Words, lists: _Lists) -> None:
    """Hand each term's postings to the codec block by block, as its ``add`` would leave them one by one."""
    writer.start_field(name, field)
    packed = [formats.pack_uint(count) for count in range(int(lists.counts.max(initial=0)) + 1)]
    for term, begin, end in zip(lists.terms, lists.at, lists.at[1:], strict=False):
        writer.start_term(term)
        postings = writer._postwriter
        for start in range(begin, end, _BLOCK):
            block = slice(start, min(start + _BLOCK, end))
            counts = lists.counts[block]
            postings._ids = array("I", lists.docs[block].tobytes())
            postings._weights = array("f", counts.astype(np.float32).tobytes())
            postings._values = [packed[count] for count in counts.tolist()]
            postings._maxweight = float(counts.max())
            postings._write_block(last=block.stop == end)
        writer.finish_term()
    writer.finish_field()


def read(folder: Path) -> Iterator[Record]:
    """The records of a Whoosh index, in the order in which they were written."""
    with index.open_dir(str(folder), NAME).reader() as reader:
        for _, stored in reader.iter_docs():
            yield Record.from_json(json.loads(stored["record"]))
