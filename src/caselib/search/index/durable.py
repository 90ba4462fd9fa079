"""The durable copy of a segment: a Whoosh index with every record stored and its jieba words as terms.

Any Whoosh 2.7.4 can open and search it; when the arrays beside it are lost or damaged they are made again from here. Only
this module imports Whoosh. Files are read after their checksums were found right, since Whoosh unpickles what it reads.

Whoosh's own writer spends about 12 µs on a posting; here the postings are sorted as arrays and written to the files of its
codec a block at a time, which is why some of the names used begin with an underscore (the version is pinned).
"""

import json
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import accumulate, chain, pairwise
from pathlib import Path
from pickle import dumps
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from caselib.search.index.postings import Numbers, ranges
from caselib.search.index.records import Record
from caselib.search.text.dictionary import Cutter
from caselib.search.text.tokens import CHARACTER_BITS, HAN_RUN, LATIN_KEY, codes_of, term_key

with warnings.catch_warnings():
    # Python finds fault with Whoosh's source when it compiles it, which after some installs every first command does.
    warnings.simplefilter("ignore")
    from whoosh import fields, formats, index
    from whoosh.codec.whoosh3 import WHOOSH3_HEADER_MAGIC, W3Codec
    from whoosh.filedb.filestore import FileStorage
    from whoosh.system import pack_int, pack_ushort

NAME = "library"
_BLOCK = 128
_AT_ONCE = 100
"""Documents cut at a time: they bound the memory it takes."""
_DOC_BITS = 26
_CHARACTER = (1 << CHARACTER_BITS) - 1
_INFO = np.dtype([
    ("inlined", "u1"), ("weight", ">f4"), ("df", ">u4"), ("shortest", "u1"), ("longest", "u1"), ("most", ">f4"),
    ("first", ">u4"), ("last", ">u4"), ("at", ">i8"), ("length", ">i4"),
])  # fmt: skip
"""What the codec keeps of a term (``W3TermInfo``); lengths of documents are kept elsewhere and are 0 here."""


class _Terms(fields.FieldType):  # type: ignore[misc]
    """A field of terms with their frequencies; ``_invert`` does what an analyser would."""

    def __init__(self, *, scorable: bool) -> None:
        self.format = formats.Frequency()
        self.scorable = scorable
        self.analyzer = None


class _Lists(NamedTuple):
    """Terms in the order of their bytes, and the documents and frequencies of each: ``docs[at[i]:at[i+1]]``."""

    terms: list[bytes]
    at: Numbers
    docs: NDArray[np.uint32]
    counts: NDArray[np.uint32]
    lengths: list[int]


class _Vocabulary:
    """Terms as integers: words of two characters as ``tokens.term_key`` packs them, others numbered from ``LATIN_KEY`` on.

    So nine of ten words of a text are told apart and counted without becoming objects of Python's. They are returned packed
    with the number of their document.
    """

    def __init__(self, cutter: Cutter) -> None:
        self._cutter = cutter
        self._numbers: defaultdict[str, int] = defaultdict(lambda: LATIN_KEY + len(self._numbers))
        self._inside = cache(self._longer)

    def plain(self, documents: Iterable[Iterable[str]]) -> Numbers:
        """Terms that are taken as they are, those of one document after those of the other."""
        held = [list(map(self._numbers.__getitem__, terms)) for terms in documents]
        return _packed(np.fromiter(chain.from_iterable(held), np.int64), np.arange(len(held)), list(map(len, held)))

    def words(self, folded: Sequence[str], first: Sequence[int]) -> Iterator[Numbers]:
        """The words of texts, of two characters and more, with those inside them; ``d`` has the texts from ``first[d]`` on.

        Words of two characters need not be Han: ``terms`` tells.
        """
        for low in range(0, len(first) - 1, _AT_ONCE):
            own = np.array(first[low : low + _AT_ONCE + 1])
            texts = folded[own[0] : own[-1]]
            begins = np.cumsum([0, *(len(each) + 1 for each in texts)])[own - own[0]]
            codes = codes_of(text := "\n".join(texts))
            sizes = self._cutter.sizes(codes)
            pairs, longer = np.flatnonzero(sizes == 2), np.flatnonzero(sizes > 2)
            keys = codes[pairs].astype(np.int64) << CHARACTER_BITS | codes[pairs + 1]
            docs = np.arange(low, low + len(own) - 1)
            yield _packed(keys, docs, np.diff(pairs.searchsorted(begins)))
            ends = (longer + sizes[longer]).tolist()
            inside = [self._inside(text[at:end]) for at, end in zip(longer.tolist(), ends, strict=True)]
            docs = docs.repeat(np.diff(longer.searchsorted(begins)))
            yield _packed(np.fromiter(chain.from_iterable(inside), np.int64), docs, list(map(len, inside)))

    def _longer(self, word: str) -> list[int]:
        return [term_key(each) if len(each) == 2 else self._numbers[each] for each in self._cutter.inside(word)]

    def terms(self, numbers: Numbers) -> Iterator[bytes]:
        """The terms of numbers in UTF-8; nothing for two characters that are not Han."""
        others = list(self._numbers)
        for number in numbers.tolist():
            pair = chr(number >> CHARACTER_BITS & _CHARACTER) + chr(number & _CHARACTER)
            term = others[number - LATIN_KEY] if number & LATIN_KEY else pair if HAN_RUN.fullmatch(pair) else ""
            yield term.encode("utf-8", "replace")


def _packed(terms: Numbers, docs: Numbers, sizes: Numbers | list[int]) -> Numbers:
    """The terms with their documents: ``docs[i]`` has ``sizes[i]`` of them."""
    return terms << _DOC_BITS | docs.repeat(sizes)


def _invert(packed: Iterable[Numbers], size: int, vocabulary: _Vocabulary) -> _Lists:
    codes = np.concatenate(list(packed))
    codes, counts = np.unique(codes, return_counts=True)
    numbers = codes >> _DOC_BITS
    at = np.flatnonzero(np.diff(numbers, prepend=-1))
    terms = sorted((term, place) for place, term in enumerate(vocabulary.terms(numbers[at])) if term)
    order = np.array([place for _, place in terms], np.int64)
    sizes = np.diff(at, append=len(codes))[order]
    chosen = ranges(at[order], sizes)
    docs, counts = (codes & (1 << _DOC_BITS) - 1)[chosen], counts[chosen]
    lengths = np.bincount(docs, counts, size).astype(np.int64).tolist()
    at = np.append(0, sizes.cumsum())
    return _Lists([term for term, _ in terms], at, docs.astype(np.uint32), counts.astype(np.uint32), lengths)


def write(
    folder: Path, records: Sequence[Record], folded: Sequence[str], letters: Sequence[Sequence[str]], cutter: Cutter
) -> dict[str, int]:
    """Write the records as one Whoosh index. Return in how many documents each word is.

    ``folded`` are the passages of all records one after the other, ``letters`` the Latin and number tokens of each.
    """
    folder.mkdir()
    first = list(accumulate((len(record.passages) for record in records), initial=0))
    storage = FileStorage(str(folder))
    known = _Vocabulary(cutter)
    titles = first[:-1]
    packed = {
        "facet": [known.plain((f"{name}={value}" for name, value in record.facets) for record in records)],
        "key": [known.plain([record.key] for record in records)],
        "text": [known.plain(chain(*letters[low:high]) for low, high in pairwise(first)), *known.words(folded, first)],
        "title": [
            known.plain(letters[title] for title in titles),
            *known.words([folded[title] for title in titles], range(len(first))),
        ],
    }
    lists = {name: _invert(each, len(records), known) for name, each in packed.items()}
    schema = fields.Schema(record=fields.STORED, **{name: _Terms(scorable=name in _SCORED) for name in lists})
    codec = W3Codec(compression=0)
    segment = codec.new_segment(storage, NAME)
    _write_stored(codec.per_document_writer(storage, segment), schema, records, lists)
    writer = codec.field_writer(storage, segment)
    for name, own in lists.items():
        _write_field(writer, name, schema[name], own)
    writer.close()
    segment.set_doc_count(len(records))
    index.TOC(schema, [segment], 1).write(storage, NAME)
    text = lists["text"]
    return dict(zip((term.decode() for term in text.terms), np.diff(text.at).tolist(), strict=True))


_SCORED = ("text", "title")


def _write_stored(writer: Any, schema: fields.Schema, records: Sequence[Record], lists: dict[str, _Lists]) -> None:
    stored = writer._colwriters["_stored"]._child
    stored._level = 0  # any Whoosh reads it; deflating would take a fifteenth of a rebuild
    for number, record in enumerate(records):
        writer.start_doc(number)
        writer.add_field("record", schema["record"], json.dumps(vars(record), ensure_ascii=False), 0)
        for name in _SCORED:
            writer.add_field(name, schema[name], None, lists[name].lengths[number])
        writer.finish_doc()
    writer.close()


def _write_field(writer: Any, name: str, field: _Terms, lists: _Lists) -> None:
    """Write each term's postings as the codec's own writer would leave them, but from arrays and not one by one."""
    writer.start_field(name, field)
    infos = np.zeros(len(lists.terms), _INFO)
    begins, ends = lists.at[:-1], lists.at[1:]
    if len(begins):
        infos["weight"] = np.add.reduceat(lists.counts, begins, dtype=np.float64)
        infos["most"] = np.maximum.reduceat(lists.counts, begins)
        infos["df"], infos["first"], infos["last"] = ends - begins, lists.docs[begins], lists.docs[ends - 1]
        infos["at"], infos["length"] = _write_blocks(writer._postfile, lists)
    field_number = pack_ushort(writer._fieldid)
    packed, size = infos.tobytes(), _INFO.itemsize
    for number, term in enumerate(lists.terms):
        writer._tindex.add(field_number + term, packed[number * size : (number + 1) * size])
    writer.finish_field()


def _write_blocks(file: Any, lists: _Lists) -> tuple[Numbers, Numbers]:
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
            yield Record.from_json(json.loads(stored["record"]))
