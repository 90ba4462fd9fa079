"""A Word document as the Markdown body of a submission: headings, lists, tables and words, nothing else.

mammoth reads the document and markdownify writes the Markdown; here the headings are put on the levels that a call asks
for. The result is a draft for its writer to look over: pictures and formulas stay behind and are counted.
"""

import re
import zipfile
from collections import Counter
from collections.abc import Collection, Mapping
from io import BytesIO
from itertools import chain, groupby
from typing import Any, NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

import mammoth  # type: ignore[import-untyped]
from mammoth import documents
from markdownify import MarkdownConverter

from caselib.errors import CaselibError
from caselib.review.filetypes import media_type
from caselib.review.numbering import LISTS, type_numbers
from caselib.review.prechecks import bare_heading
from caselib.review.wordstyles import Styles, W
from caselib.review.wordtext import CONTENTS, HEADING, Left, Reader

LARGEST = 4 * 1024 * 1024
"""Bytes, unpacked, of all that is read of a document, at most."""
MOST_ELEMENTS = 50_000
"""Elements and attributes in them, at most: some four seconds of work. A write-up of ten pages has fifteen thousand."""
MOST_PLACES = 5000
"""Rows, and columns that their cells take, at most: they cost several times what other elements do."""
MOST_LINES = 5000
"""Paragraphs and line breaks of a part: a hundred pages and more. Each costs as much as ten other elements."""
_MOST_OPEN = 20
"""Fields within fields, at most: mammoth looks through all that are open for each piece of text."""

_READ = {
    "[Content_Types].xml",
    "_rels/.rels",
    *(f"word/{part}.xml" for part in ("document", "styles", "numbering", "footnotes", "endnotes")),
    *(f"word/_rels/{part}.xml.rels" for part in ("document", "footnotes", "endnotes")),
}
"""The parts that a text is made of; the rest (comments, pictures, settings) is not even looked at."""
_MOST_COLUMNS = "63"
"""As many as Word makes."""
_WIDE = re.compile(r'(?<= colspan=")\d{3,}(?=")')
_SPACES = re.compile(r"[ \t]{2,}")
"""One space in Markdown; markdownify, which makes it that, takes the square of their number."""
_HEADING = re.compile(r"^(#{1,6}) +(.*)$")
_TEXT = 100
"""Characters that a cell of several paragraphs has more of if it is a text, and not an entry of some lines."""
_NAMESPACE, _STRICT = W[1:-1], "http://purl.oclc.org/ooxml/wordprocessingml/main"
"""Two names for the same elements; the other is that of documents in strict form."""
_TEXTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_NAMES = ("href", "anchor", "target_frame", "style_id", "style_name")
_REFERENCES = ("footnote-ref-", "endnote-ref-")
_STYLES = "\n".join(
    [
        *(f"p.{HEADING}{level} => h{level}:fresh" for level in range(1, 7)),
        f"p.{CONTENTS} => !",
        *(f"p:unordered-list({depth}) => {'ul|ol > li > ' * (depth - 1)}ul > li:fresh" for depth in range(1, 6)),
        *(f"p:ordered-list({depth}) => {'ul|ol > li > ' * (depth - 1)}ol > li:fresh" for depth in range(1, 6)),
    ]
)
"""Instead of mammoth's own, which are three times as many: it tries each on every paragraph, run and line break."""
_LINE = frozenset(f"{_NAMESPACE} {name}" for name in ("p", "br", "cr"))
_LINES = ("p", "li", "br", "h1", "h2", "h3", "h4", "h5", "h6")
_REMARKS: dict[Left, str] = {
    "picture": "文中的 {} 张图片没有带入，请作为附件上传。",
    "formula": "文中的 {} 个公式没有带入，请改用文字写出。",
    "box": "{} 个文本框里的文字放在了所在段落的后面，请核对位置。",
    "hidden": "设为隐藏的文字没有带入。",
    "deleted": "修订中删去的文字没有带入。",
    "symbol": "有 {} 个符号认不出来，写成了“〓”，请改正。",
    "file": "文中插入的其他文件没有带入，请打开它，把文字复制到正文里。",
}
"""What is said of a document whose text is not all that was in it."""
_RAISED = dict(zip("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ", strict=True))
_LOWERED = dict(zip("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎", strict=True))


class Converted(NamedTuple):
    """The body, and in words what was left out of it or put elsewhere."""

    body: str
    remarks: tuple[str, ...]


def convert(name: str, data: bytes, sections: Collection[str]) -> Converted:
    """The text of a .docx file.

    Args:
        sections: the headings a call asks for; a line that says one of them becomes a level-two heading.

    Raises:
        CaselibError: the file is not a .docx, is too large, or cannot be read.
    """
    if not name.lower().endswith(".docx"):
        raise CaselibError("只能从 docx 文件取正文。", "请用 Word 或 WPS 另存为 docx 再上传。")
    media_type(name, data)
    try:
        copy, left = _readable(_bounded(data))
        html = mammoth.convert_to_html(
            copy, transform_document=_written, style_map=_STYLES, include_default_style_map=False
        ).value
        text = _Writer(heading_style="ATX", bullets="-", newline_style="BACKSLASH", table_infer_header=True).convert(
            _WIDE.sub(_MOST_COLUMNS, _SPACES.sub(" ", html))
        )
    except CaselibError:
        raise
    except Exception as error:  # the libraries raise whatever their parsers raise
        raise CaselibError("这个 docx 文件读不出来。", "请用 Word 或 WPS 打开它，另存为 docx 再上传。") from error
    remarks = tuple(said.format(left[what]) for what, said in _REMARKS.items() if left[what])
    return Converted(_on_levels(text, sections), remarks)


class _Writer(MarkdownConverter):
    def convert_soup(self, soup: Any) -> str:
        """With tables as Markdown has them: none within another, each as wide as its widest row, no text in a cell."""
        _unfold(soup)
        _flatten(soup)
        for table in soup("table"):
            rows = _rows(table)
            for _ in range(max(map(_columns, rows), default=0) - sum(map(_columns, rows[:1]))):
                rows[0].append(soup.new_tag("td"))
        for items in soup("ol"):
            for number, item in enumerate(items("li", recursive=False), 1):
                item["value"] = number
        return str(super().convert_soup(soup))

    def escape(self, text: str, parent_tags: Collection[str]) -> str:
        """Also a bar in a cell, which would begin another."""
        escaped: str = super().escape(text, parent_tags)  # type: ignore[misc]  # its stub lacks it
        return escaped.replace("|", r"\|") if {"td", "th"}.intersection(parent_tags) else escaped

    def convert_br(self, el: Any, text: str, parent_tags: Collection[str]) -> str:
        """The end of a paragraph, as whoever begins a new line in Word means it; within emphasis a mere line break."""
        if el.parent.name in ("p", "li") and "_inline" not in parent_tags:
            return "\n\n"
        broken: str = super().convert_br(el, text, parent_tags)  # type: ignore[misc]
        return broken

    def convert_a(self, el: Any, text: str, parent_tags: Collection[str]) -> str:
        """The mark of a note as Markdown's own; a link to a place of the document, which the text lacks, as its words."""
        if el.get("id", "").startswith(_REFERENCES):
            return f"[^{text.strip('[]')}]"
        if not el.get("href", "").startswith("#"):
            return str(super().convert_a(el, text, parent_tags))  # type: ignore[misc]  # its stub lacks it
        return "" if el["href"][1:].startswith(_REFERENCES) else text

    def convert_input(self, el: Any, text: str, parent_tags: Collection[str]) -> str:
        """A box to tick, the only kind that mammoth writes: which of them are ticked is what a form says."""
        return "☑" if el.has_attr("checked") else "☐"

    def convert_li(self, el: Any, text: str, parent_tags: Collection[str]) -> str:
        """With the number it was given: markdownify counts those before it anew for each."""
        if el.get("id"):
            mark, indent = f"[^{el['value']}]: ", "    "
        else:
            mark = f"{el['value']}. " if el.parent.name == "ol" else "- "
            indent = " " * len(mark)
        return mark + re.sub(r"\n(?=[^\n])", "\n" + indent, text.strip()) + "\n" if text.strip() else "\n"

    def convert_sup(self, _: Any, text: str, parent_tags: Collection[str]) -> str:
        """A power as its own characters: 10-6 is another number. Words are only set high."""
        return _in(_RAISED, text)

    def convert_sub(self, _: Any, text: str, parent_tags: Collection[str]) -> str:
        """An index as its own characters."""
        return _in(_LOWERED, text)


def _flatten(soup: Any) -> None:
    """A table within a cell becomes words of that cell: Markdown would take its cells for more of the outer row."""
    for table in [each for each in soup("table") if each.find_parent(["td", "th"])]:
        rows = _rows(table)
        for row in rows[1:]:
            row.insert_before("；")
        for cell in chain.from_iterable(map(_cells, rows)):
            if cell.find_previous_sibling():
                cell.insert_before("、")
            only = cell.find_all(recursive=False, limit=2)
            for each in (cell, *(only if len(only) == 1 and only[0].name == "p" else ())):
                each.name = "span"
        for part in (table, *table(["thead", "tbody"], recursive=False), *rows):
            part.name = "span"


def _unfold(soup: Any) -> None:
    """A row that is a text, with its label or alone, becomes paragraphs between two tables: Markdown's rows are lines."""
    for table in soup("table"):
        parts = [(told, list(rows)) for told, rows in groupby(_rows(table), _tells)]
        if not any(told for told, _ in parts):
            continue
        for told, rows in parts:
            part = soup.new_tag("div" if told else "table")
            part.extend(rows)
            for each in [*rows, *chain.from_iterable(map(_cells, rows))] if told else ():
                each.name = "div"
            table.append(part)
        table.name = "div"


def _tells(row: Any) -> bool:
    filled = [(cell, len(text)) for cell in _cells(row) if (text := cell.get_text(strip=True))]
    return len(filled) <= 2 and any(size > _TEXT and len(cell(_LINES, limit=2)) > 1 for cell, size in filled)


def _rows(table: Any) -> list[Any]:
    parts = (table, *table(["thead", "tbody"], recursive=False))
    return [row for part in parts for row in part("tr", recursive=False)]


def _cells(row: Any) -> Any:
    return row(["td", "th"], recursive=False)


def _columns(row: Any) -> int:
    return sum(int(cell.get("colspan", 1)) for cell in _cells(row))


def _in(characters: dict[str, str], text: str) -> str:
    return "".join(map(characters.__getitem__, text)) if characters.keys() >= set(text) else text


def _bounded(data: bytes) -> dict[str, bytes]:
    """The parts of the document that are read, and no others, once it is known that reading them ends soon.

    Raises:
        CaselibError: there is too much in them.
    """
    with zipfile.ZipFile(BytesIO(data)) as packed:
        names = _READ.intersection(packed.namelist())
        if sum(packed.getinfo(name).file_size for name in names) > LARGEST:
            raise _too_much()
        parts = {name: packed.read(name).replace(_STRICT.encode(), _NAMESPACE.encode()) for name in names}
    left = MOST_ELEMENTS
    for part in parts.values():
        left -= _elements(part, left)
    return parts


def _readable(parts: Mapping[str, bytes]) -> tuple[BytesIO, Counter[Left]]:
    """A document of the parts, written so that mammoth loses no words and no columns, and what of it is left out."""
    styles, numbering = (parts.get(f"word/{name}.xml", b"") for name in ("styles", "numbering"))
    reader = Reader(Styles(styles, numbering))
    texts = {name: ElementTree.fromstring(parts[name]) for name in _TEXTS if name in parts}  # noqa: S314 - no document type
    for text in texts.values():
        reader.see(text)
    type_numbers(texts.values(), numbering)
    read = {name: part for name, part in parts.items() if name.endswith((".rels", "Types].xml"))}
    read |= {name: ElementTree.tostring(text, "utf-8") for name, text in texts.items()}
    copy = BytesIO()
    with zipfile.ZipFile(copy, "w") as kept:
        for name, part in {**read, "word/numbering.xml": LISTS}.items():
            kept.writestr(name, part)
    return copy, reader.left


def _written(document: Any) -> Any:
    """The document as mammoth has read it, once it is known that writing it ends soon.

    Raises:
        CaselibError: there are too many places in tables, a note is told twice, or names and addresses that are kept once
            and written often come to more than a document may have.
    """
    noted, places, named, unseen = set(), 0, 0, [document]
    while unseen:
        each = unseen.pop()
        unseen += getattr(each, "children", ())
        if isinstance(each, documents.NoteReference):
            note = document.notes.resolve(each)
            if id(note) in noted:
                raise _too_much()
            noted.add(id(note))
            unseen += note.body
        places += min(int(getattr(each, "colspan", isinstance(each, documents.TableRow))), int(_MOST_COLUMNS))
        named += sum(len(getattr(each, name, None) or "") for name in _NAMES)
        if places > MOST_PLACES or named > LARGEST:
            raise _too_much()
    return document


def _elements(part: bytes, most: int) -> int:
    """How many elements and attributes a part has, its entities resolved; no office writes a document type.

    Raises:
        CaselibError: they are more than ``most``, too many lines, or too many fields are open within each other.
        Exception: it is no XML, has a document type, or a field that mammoth would read again and again.
    """
    found = lines = 0
    fields: list[str] = []

    def count(tag: str, attributes: dict[str, str]) -> None:
        nonlocal found, lines
        found += 1 + len(attributes)
        lines += tag in _LINE
        if tag == f"{_NAMESPACE} fldChar":
            _open(fields, attributes)
        if found > most or lines > MOST_LINES or len(fields) > _MOST_OPEN:
            raise _too_much()

    def declare(*_: object) -> None:
        count("", {})

    def refuse(*_: object) -> None:
        raise ValueError("a document type")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.StartNamespaceDeclHandler = count, declare
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(part, True)
    return found


def _open(fields: list[str], attributes: Mapping[str, str]) -> None:
    """Keep how far the fields are that are open at a place where one begins, shows its result or ends.

    Raises:
        ValueError: it does none of these, or shows its result a second time, for which mammoth reads all of it again.
    """
    (turn,) = {"begin", "separate", "end"}.intersection([attributes.get(f"{_NAMESPACE} fldCharType")])
    before = fields.pop() if fields and turn != "begin" else ""
    if turn == before:
        raise ValueError("a field that shows its result twice")
    if turn == "begin" or (turn == "separate" and before):
        fields.append(turn)


def _too_much() -> CaselibError:
    return CaselibError(
        "这个 docx 文件的内容或格式太多，没有取出正文。",
        "请删去与案例无关的内容再上传；也可以复制文字，直接粘贴到正文里。",
    )


def _on_levels(text: str, sections: Collection[str]) -> str:
    """The text with its topmost headings on level two, as the call's own headings are."""
    lines = [_as_section(line.rstrip(), sections) for line in text.strip().splitlines()]
    own = [len(found[1]) for line in lines if (found := _HEADING.match(line)) and found[2] not in sections]
    shift = max(0, 2 - min(own, default=2))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_shifted(line, shift, sections) for line in lines)) + "\n"


def _as_section(line: str, sections: Collection[str]) -> str:
    """``## 做法`` for a line that says no more than 做法, however it is numbered, marked up or emphasised."""
    words = bare_heading(line.lstrip("#").replace("*", "").replace("\\", "").strip()).rstrip("：:")
    return f"## {words}" if words in sections else line


def _shifted(line: str, shift: int, sections: Collection[str]) -> str:
    found = _HEADING.match(line)
    if not found or found[2] in sections:
        return line
    return f"{'#' * min(len(found[1]) + shift, 6)} {found[2]}"
