"""The durable copy of a segment: a Whoosh index with every record stored and its jieba words as terms.

Any Whoosh 2.7.4 can open and search it; when the arrays beside it are lost or damaged they are made again from here. Only
this module imports Whoosh. Files are read after their checksums were found right, since Whoosh unpickles what it reads.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from whoosh import fields, formats, index

from caselib.search.records import Part, Record
from caselib.search.tokens import Cutter, fold, latin_tokens

NAME = "library"


class Words(fields.FieldType):  # type: ignore[misc]
    """A scored field whose value comes as a ``Counter`` of words."""

    def __init__(self) -> None:
        self.format = formats.Frequency()
        self.scorable = True
        self.analyzer = None

    def index(self, value: Counter[str], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """What Whoosh asks of a field: term, frequency, weight and encoded value."""
        return ((word.encode(), count, float(count), formats.pack_uint(count)) for word, count in value.items())


def schema() -> fields.Schema:
    """Two fields of words, each facet as keywords, and the record as JSON."""
    return fields.Schema(
        key=fields.ID(stored=True, unique=True),
        title=Words(),
        text=Words(),
        facet=fields.KEYWORD(commas=True),
        record=fields.STORED,
    )


def words_of(text: str, cutter: Cutter) -> Counter[str]:
    """The words of a text as its durable terms: jieba's, and Latin and number tokens."""
    folded = fold(text).text
    return Counter(cutter.search_words(folded)) + Counter(token.text for token in latin_tokens(folded))


def write(folder: Path, records: Iterable[Record], cutter: Cutter) -> Counter[str]:
    """Write the records as one Whoosh index; return how many documents hold each word."""
    folder.mkdir()
    spread: Counter[str] = Counter()
    writer = index.create_in(str(folder), schema(), NAME).writer(limitmb=512, compound=False)
    for record in records:
        text = words_of("\n".join(passage.text for passage in record.passages), cutter)
        spread.update(text.keys())
        writer.add_document(
            key=record.key,
            title=words_of(record.passages[Part.TITLE].text, cutter),
            text=text,
            facet=",".join(f"{name}={value}" for name, value in record.facets),
            record=json.dumps(vars(record), ensure_ascii=False),
        )
    writer.commit(merge=False)
    return spread


def read(folder: Path) -> Iterator[Record]:
    """The records of a Whoosh index, in the order in which they were written."""
    with index.open_dir(str(folder), NAME).reader() as reader:
        for _, stored in reader.iter_docs():
            yield Record.from_json(json.loads(stored["record"]))
