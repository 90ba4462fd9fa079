"""A file of the library, read: bytes in, a typed ``Document`` or a list of what is wrong out.

Nothing here opens files (``store`` does) or looks at other files (``check`` does).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from caselib.content import encoding, explain, frontmatter
from caselib.content.files import shown
from caselib.content.frontmatter import KeyLines, Parts
from caselib.content.models import META, Kind, Meta, Metric, Section, as_list, as_region_code
from caselib.content.plaintext import first_paragraph, sections
from caselib.content.report import Fault, FileFault, InvalidDocument
from caselib.content.taxonomy import Taxonomy
from caselib.content.vocabulary import Vocabulary


@dataclass(frozen=True)
class Document:
    """One file without errors. ``digest`` is the SHA-256 of its bytes in hexadecimal; ``body`` has no control characters."""

    kind: Kind
    slug: str
    path: Path
    meta: Meta
    body: str
    digest: str

    @property
    def url(self) -> str:
        """The document's address on the site."""
        return self.kind.url(self.slug)

    @cached_property
    def summary(self) -> str:
        """The summary given in the front matter, else the first paragraph as plain text."""
        return self.meta.summary or first_paragraph(self.body)

    @cached_property
    def sections(self) -> list[Section]:
        """The plain text of each section."""
        return sections(self.body)


@dataclass(frozen=True)
class Reading:
    """What came of reading a file.

    Attributes:
        document: None if one of the faults is an error.
        faults: all of them, warnings included.
        values: the front matter as written; empty if it could not be read.
        lines: where each of its keys stands.
        parts: None if the front matter could not be read.
    """

    document: Document | None
    faults: list[Fault]
    values: dict[str, Any]
    lines: KeyLines
    parts: Parts | None = None

    def valid(self) -> Document:
        """The document.

        Raises:
            InvalidDocument: the file has errors.
        """
        if self.document is None:
            raise InvalidDocument(self.faults)
        return self.document


def read(kind: Kind, slug: str, path: Path, data: bytes, taxonomy: Taxonomy) -> Reading:
    """Read ``data``, the bytes of ``path``; never raises on content."""
    name = f"{kind.folder}/{shown(path.name)}"
    faults = encoding.complaints(data, name)
    try:
        parts = frontmatter.split(encoding.decode(data))
        values, lines = frontmatter.load_with_lines(parts.front)
    except FileFault as fault:
        return Reading(None, [*faults, fault.at(name)], {}, KeyLines(None))
    faults += [*explain.controls(lines, name), *_controls(parts, name)]
    faults += _unknown_terms(kind, values, taxonomy, lines, name)
    if kind is Kind.BATCH and not re.fullmatch("[1-9][0-9]{0,3}", slug):
        faults.append(Fault(name, 1, "error", "批次的文件名不是批次号。", "改名为批次号，例如 3.md。"))
    try:
        meta = META[kind].model_validate(values)
    except ValidationError as error:
        meta = None
        faults += explain.errors(error, META[kind], lines, name)
    faults += _unknown_keys(kind, values, lines, name)
    document = None
    if meta and all(fault.level != "error" for fault in faults):
        body = encoding.without_controls(parts.body)
        document = Document(kind, slug, path, meta, body, sha256(data).hexdigest())
    return Reading(document, faults, values, lines, parts)


def _controls(parts: Parts, name: str) -> Iterator[Fault]:
    if found := encoding.CONTROLS.search(parts.body):
        line = parts.body_line + parts.body.count("\n", 0, found.start())
        said = f"正文里有看不见的控制字符（{ascii(found[0])[1:-1]}，全文共 {len(encoding.CONTROLS.findall(parts.body))} 个）。"
        yield Fault(name, line, "warning", said, "在编辑器里删去；站点显示时已经略去。")


def _unknown_keys(kind: Kind, values: dict[str, Any], lines: KeyLines, name: str) -> Iterator[Fault]:
    yield from explain.unknown_keys(values, META[kind], lines, name)
    metrics = values.get("metrics") if kind is Kind.CASE else None
    for index, metric in enumerate(metrics if isinstance(metrics, list) else []):
        if isinstance(metric, dict):
            yield from explain.unknown_keys(metric, Metric, lines, name, ("metrics", index))


def _unknown_terms(
    kind: Kind, values: dict[str, Any], taxonomy: Taxonomy, lines: KeyLines, name: str
) -> Iterator[Fault]:
    for key, vocabulary in taxonomy.by_key.items():
        if key not in META[kind].model_fields or values.get(key) is None:
            continue
        for index, value in enumerate(as_list(values[key])):
            code = str(as_region_code(value) if key == "region" else value)
            if code in vocabulary or (key == "region" and taxonomy.region_path(code)):
                continue
            if not isinstance(value, dict | list | None):
                place = (key, index) if isinstance(values[key], list) else (key,)
                yield _unknown_term(key, code, vocabulary, Fault(name, lines(*place), "error", "", ""))


def _unknown_term(key: str, code: str, vocabulary: Vocabulary, at: Fault) -> Fault:
    meant = vocabulary.meant(code)
    remedy = f"改成 taxonomy/{vocabulary.file} 里的键" + (f"，最接近的有：{meant}。" if meant else "。")
    return Fault(at.path, at.line, at.level, f"{key} 里没有“{code}”这个{vocabulary.word}。", remedy)
