"""The durable copy of a segment: a Whoosh index with every record stored and its jieba words as terms.

Any Whoosh 2.7.4 can open and search it; when the arrays beside it are lost or damaged they are made again from here. Only
this module imports Whoosh. Files are read after their checksums were found right, since Whoosh unpickles what it reads.

Whoosh's own writer spends about 12 µs on a posting; here the postings are sorted as arrays and written to the files of its
codec a block at a time, which is why some of the names used begin with an underscore (the version is pinned).
"""

import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from pickle import dumps
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from caselib.search.index.postings import Numbers, ranges
from caselib.search.index.records import Record
from caselib.search.index.vocabulary import Lists

with warnings.catch_warnings():
    # Python finds fault with Whoosh's source when it compiles it, which after some installs every first command does.
    warnings.simplefilter("ignore")
    from whoosh import fields, formats, index
    from whoosh.codec.whoosh3 import WHOOSH3_HEADER_MAGIC, W3Codec
    from whoosh.filedb.filestore import FileStorage
    from whoosh.system import pack_int, pack_ushort

NAME = "library"
_BLOCK = 128
_INFO = np.dtype([
    ("inlined", "u1"), ("weight", ">f4"), ("df", ">u4"), ("shortest", "u1"), ("longest", "u1"), ("most", ">f4"),
    ("first", ">u4"), ("last", ">u4"), ("at", ">i8"), ("length", ">i4"),
])  # fmt: skip
"""What the codec keeps of a term (``W3TermInfo``); lengths of documents are kept elsewhere and are 0 here."""


class _Terms(fields.FieldType):  # type: ignore[misc]
    """A field of terms with their frequencies; ``vocabulary`` does what an analyser would."""

    def __init__(self, *, scorable: bool) -> None:
        self.format = formats.Frequency()
        self.scorable = scorable


def write(folder: Path, records: Sequence[Record], lists: dict[str, Lists]) -> None:
    """Write the records as one Whoosh index with these terms in its fields."""
    folder.mkdir()
    storage = FileStorage(str(folder))
    schema = fields.Schema(record=fields.STORED, **{name: _Terms(scorable=name in _SCORED) for name in lists})
    codec = W3Codec()
    segment = codec.new_segment(storage, NAME)
    _write_stored(codec.per_document_writer(storage, segment), schema, records, lists)
    writer = codec.field_writer(storage, segment)
    for name, own in lists.items():
        _write_field(writer, name, schema[name], own)
    writer.close()
    segment.set_doc_count(len(records))
    index.TOC(schema, [segment], 1).write(storage, NAME)


_SCORED = ("text", "title")


def _write_stored(writer: Any, schema: fields.Schema, records: Sequence[Record], lists: dict[str, Lists]) -> None:
    stored = writer._colwriters["_stored"]._child
    stored._level = 0  # any Whoosh reads it; deflating would take a fifteenth of a rebuild
    for number, record in enumerate(records):
        writer.start_doc(number)
        writer.add_field("record", schema["record"], json.dumps(vars(record), ensure_ascii=False), 0)
        for name in _SCORED:
            writer.add_field(name, schema[name], None, lists[name].lengths[number])
        writer.finish_doc()
    writer.close()


def _write_field(writer: Any, name: str, field: _Terms, lists: Lists) -> None:
    """Write each term's postings as the codec's own writer would leave them, but from arrays and not one by one."""
    writer.start_field(name, field)
    infos = np.zeros(len(lists.terms), _INFO)
    begins, ends = lists.at[:-1], lists.at[1:]
    infos["weight"] = np.add.reduceat(lists.counts, begins, dtype=np.float64)
    infos["most"] = np.maximum.reduceat(lists.counts, begins)
    infos["df"], infos["first"], infos["last"] = ends - begins, lists.docs[begins], lists.docs[ends - 1]
    infos["at"], infos["length"] = _write_blocks(writer._postfile, lists)
    field_number = pack_ushort(writer._fieldid)
    packed, size = infos.tobytes(), _INFO.itemsize
    for number, term in enumerate(lists.terms):
        writer._tindex.add(field_number + term, packed[number * size : (number + 1) * size])
    writer.finish_field()


def _write_blocks(file: Any, lists: Lists) -> tuple[Numbers, Numbers]:
    """Write every term's blocks; where each term's begin in the file, and how many bytes they are.

    A block holds at most ``_BLOCK`` postings: the gaps between the documents, the weights (None: all 1; one figure: all the
    same) and the frequencies. Before it stands what lets a reader pass over it: how many, last document, greatest weight.
    """
    begins, ends = lists.at[:-1], lists.at[1:]
    blocks = -(-(ends - begins) // _BLOCK)
    first, last = np.repeat(begins, blocks), np.repeat(ends, blocks)
    starts = ranges(np.zeros_like(blocks), blocks) * _BLOCK + first
    stops = np.minimum(starts + _BLOCK, last)
    gaps = np.diff(lists.docs, prepend=np.uint32(0))
    gaps[starts] = lists.docs[starts]
    least, most = np.minimum.reduceat(lists.counts, starts), np.maximum.reduceat(lists.counts, starts)
    ids, floats = gaps.tolist(), lists.counts.astype(np.float64).tolist()
    values = lists.counts.astype(">u4").tobytes()
    at, sizes = file.tell(), []
    columns = (starts, stops, lists.docs[stops - 1], least, most, starts == first, stops == last)
    for start, stop, doc, low, high, opens, closes in zip(*(column.tolist() for column in columns), strict=True):
        weights = (None if high == 1 else float(high)) if low == high else tuple(floats[start:stop])
        data = dumps((tuple(ids[start:stop]), weights, values[4 * start : 4 * stop]), 3)
        info = dumps((stop - start, doc, float(high), 0, 0, 0), 2)
        size = len(info) + len(data)
        block = b"".join((WHOOSH3_HEADER_MAGIC if opens else b"", pack_int(-size if closes else size), info, data))
        sizes.append(len(block))
        file.write(block)
    lengths = np.add.reduceat(np.array(sizes, np.int64), np.cumsum(blocks) - blocks)
    return at + np.cumsum(lengths) - lengths, lengths


def read(folder: Path) -> Iterator[Record]:
    """The records of a Whoosh index, in the order in which they were written."""
    with index.open_dir(str(folder), NAME).reader() as reader:
        for _, stored in reader.iter_docs():
            yield _record()(stored["record"])


@cache
def _record() -> Callable[[str], Record]:
    """What makes a record of JSON; made when one is first read, since it takes some milliseconds."""
    return TypeAdapter(Record).validate_json
