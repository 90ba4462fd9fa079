"""A Word document's text as whoever opens it sees it, in the few elements that mammoth reads.

What mammoth would drop without a word is put into words or counted; what nobody sees (deletions, hidden text) is gone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Literal
from xml.etree.ElementTree import Element

from mammoth.docx.dingbats import dingbats  # type: ignore[import-untyped]

from caselib.review.wordstyles import Style, Styles, W, is_hidden, outline_level, value

Left = Literal["picture", "formula", "box", "hidden", "deleted", "symbol", "file"]
"""What is not in the text as it was in the document: left out, or put elsewhere (``box``)."""

HEADING, CONTENTS = "Heading", "Contents"
"""What the styles of paragraphs become: ``Heading1`` to ``Heading6``, and the lines of a table of contents."""
_LONGEST_HEADING = 100
"""Characters; people give whole paragraphs the level of a heading for the sake of their first words."""
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/%s}"
_COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_V = "{urn:schemas-microsoft-com:vml}"
_SHAPES = "{http://schemas.microsoft.com/office/word/2010/wordprocessing%s}"
_PICTURES = {
    f"{_DRAWING % 'main'}blip",
    f"{_DRAWING % 'chart'}chart",
    f"{_DRAWING % 'diagram'}relIds",
    "{http://schemas.microsoft.com/office/drawing/2014/chartex}chart",
    f"{_V}imagedata",
}
_GROUPS = {f"{_SHAPES % 'Group'}wgp", f"{_SHAPES % 'Canvas'}wpc", f"{_V}group"}
"""Shapes that are a picture together, even if none of them is."""
_MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_PROPERTIES = {f"{W}{name}" for name in ("pPr", "rPr", "tblPr", "tblGrid", "trPr", "tcPr", "sectPr", "sdtPr")}
_RENAMED = {f"{W}{name}": f"{W}smartTag" for name in ("fldSimple", "ruby", "rubyBase", "dir", "bdo")} | {
    f"{W}ptab": f"{W}tab"
}
"""What mammoth drops, and what it reads in the same way: the words within an element, and marks of the same kind."""
_BLOCKS = {f"{W}{name}" for name in ("p", "tbl", "sdt", "customXml")}
_FIELDS = {f"{W}{name}" for name in ("rPr", "fldChar", "instrText")}
_FONTS = {font for font, _ in dingbats}
_USUAL = dict(zip("🗹🗷🗵⮽🗶🗴🗸🞎🞏🞐🗆🡪🡨", "☑☒☒☒✗✗✓□□□□→←", strict=True))
"""Characters that fonts have, and a check list knows, for those that only Unicode has."""
_UNKNOWN = "〓"


class Reader:
    """Makes the roots of a document's parts readable, and counts what their text lacks."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._paragraph = Style()
        self.left: Counter[Left] = Counter()
        self._special: dict[str, Callable[[Element], Iterable[Element]]] = {
            f"{W}p": self._see_paragraph,
            f"{W}r": self._see_run,
            f"{W}tr": self._see_row,
            f"{W}tc": self._see_cell,
            f"{W}del": self._drop_deleted,
            f"{W}moveFrom": self._drop_deleted,
            f"{W}drawing": self._see_drawn,
            f"{W}pict": self._see_drawn,
            f"{W}object": self._see_drawn,
            f"{W}instrText": self._see_instruction,
            f"{W}fldChar": self._see_field,
            f"{W}sym": self._see_symbol,
            f"{W}br": lambda _: [_element("br")],
            f"{W}cr": lambda _: [_element("br")],
            f"{W}noBreakHyphen": lambda _: [_text("-")],
            f"{W}softHyphen": lambda _: [],
            f"{W}altChunk": lambda _: self._leave("file"),
            f"{_MATHS}oMath": lambda _: self._leave("formula"),
            f"{_COMPATIBLE}AlternateContent": lambda each: self._seen(_alternative(each)),
        }

    def see(self, parent: Element) -> None:
        """Keep of what is in an element what is seen, as mammoth reads it.

        Raises:
            Exception: it is nested too deep, or a number in it is none.
        """
        _join(parent)
        parent[:] = self._seen(parent)

    def _seen(self, parent: Iterable[Element]) -> list[Element]:
        seen: list[Element] = []
        for each in parent:
            if each.tag in _PROPERTIES:
                seen.append(each)
            elif special := self._special.get(each.tag):
                seen += special(each)
            else:
                each.tag = _RENAMED.get(each.tag, each.tag)
                self.see(each)
                seen.append(each)
        return seen

    def _leave(self, what: Left, times: int = 1) -> list[Element]:
        self.left[what] += times
        return []

    # Paragraphs

    def _see_paragraph(self, paragraph: Element) -> Iterator[Element]:
        properties = paragraph.find(f"{W}pPr")
        if properties is None:
            paragraph.insert(0, properties := Element(f"{W}pPr"))
        around, self._paragraph = self._paragraph, self._styles.of(value(properties, "pStyle"))
        self.see(paragraph)
        self._dress(paragraph, properties)
        self._paragraph = around
        if len(paragraph) > 1 or properties.find(f"{W}numPr") is not None:
            yield paragraph

    def _dress(self, paragraph: Element, properties: Element) -> None:
        """Write into the paragraph itself what its style says."""
        style, outline = self._paragraph, outline_level(paragraph)
        level = style.level if outline is None else outline
        number, depth = (value(properties, f"numPr/{name}") for name in ("numId", "ilvl"))
        for name in ("pStyle", "numPr", "rPr"):
            for each in properties.findall(f"{W}{name}"):
                properties.remove(each)
        if level and _length(paragraph) - sum(map(_length, paragraph.iter(f"{W}pict"))) <= _LONGEST_HEADING:
            properties.append(_element("pStyle", f"{HEADING}{min(level, 6)}"))
        if style.contents:
            properties.insert(0, _element("pStyle", CONTENTS))
        if number or style.number:
            mark = _element("numPr")
            mark.extend((_element("ilvl", depth or style.depth or "0"), _element("numId", number or style.number)))
            properties.append(mark)

    def _see_row(self, row: Element) -> Iterator[Element]:
        """A row may begin some columns later, which mammoth does not see: an empty cell of as many holds their place."""
        if row.find(f"{W}trPr/{W}del") is not None:
            self._drop_deleted(row)
            return
        self.see(row)
        if skipped := value(row, "trPr/gridBefore"):
            cell, properties = _element("tc"), _element("tcPr")
            properties.append(_element("gridSpan", skipped))
            cell.append(properties)
            row.insert(next(place for place, each in enumerate(row) if each.tag == f"{W}trPr") + 1, cell)
        yield row

    def _see_cell(self, cell: Element) -> Iterator[Element]:
        """A cell that is part of the one above it stays, empty, and holds the place of its column."""
        for properties in cell.findall(f"{W}tcPr"):
            properties[:] = [each for each in properties if each.tag != f"{W}vMerge"]
        self.see(cell)
        yield cell

    def _drop_deleted(self, deleted: Element) -> list[Element]:
        return self._leave("deleted", any(True for name in ("t", "delText") for _ in deleted.iter(f"{W}{name}")))

    # Runs

    def _see_run(self, run: Element) -> Iterator[Element]:
        properties = run.find(f"{W}rPr")
        if properties is not None:
            self._dress_run(run, properties)
        elif self._paragraph.hidden:
            self._hide(run)
        self.see(run)
        if any(each.tag != f"{W}rPr" for each in run):
            yield run

    def _dress_run(self, run: Element, properties: Element) -> None:
        """Write into the run itself what its style says; what a style hides within a hidden paragraph is shown."""
        style, hidden = self._styles.of(value(properties, "rStyle")), is_hidden(run)
        if style.hidden != self._paragraph.hidden if hidden is None else hidden:
            self._hide(run)
        if style.strong:
            properties.append(_element("b"))
        if style.place and not value(properties, "vertAlign"):
            properties.append(_element("vertAlign", style.place))
        fonts = properties.find(f"{W}rFonts")
        if fonts is not None and (font := fonts.get(f"{W}ascii", "")) in _FONTS:
            for each in run.iterfind(f"{W}t"):
                each.text = "".join(self._symbol(font, ord(character)) for character in each.text or "")

    def _hide(self, run: Element) -> None:
        self._leave("hidden", any((each.text or "").strip() for each in run.iter(f"{W}t")))
        run[:] = [each for each in run if each.tag in _FIELDS]

    def _see_symbol(self, mark: Element) -> list[Element]:
        return [_text(self._symbol(mark.get(f"{W}font", ""), int(mark.get(f"{W}char", "0"), 16)))]

    def _symbol(self, font: str, code: int) -> str:
        """What the code means in the font; beyond the codes that a font of symbols has for itself, as in any font."""
        private = 0xF000 <= code <= 0xF0FF
        if found := dingbats.get((font, code & 0xFF if private else code)):
            return _USUAL.get(chr(found), chr(found))
        if not private and (code > 0xFF or font not in _FONTS):
            return chr(code)
        self._leave("symbol")
        return _UNKNOWN

    def _see_instruction(self, instruction: Element) -> list[Element]:
        """``EQ`` draws what it is told, such as a number within a circle."""
        if (instruction.text or "").strip()[:3].rstrip("\\ ").upper() == "EQ":
            self._leave("formula")
        return [instruction]

    def _see_field(self, mark: Element) -> Iterator[Element]:
        """A list to choose from keeps in its mark what was chosen."""
        yield mark
        if (choice := mark.find(f"{W}ffData/{W}ddList")) is not None:
            entries = [each.get(f"{W}val", "") for each in choice.iterfind(f"{W}listEntry")]
            yield from map(_text, entries[int(value(choice, "result") or value(choice, "default") or 0) :][:1])

    # Drawings

    def _see_drawn(self, drawn: Element) -> Iterator[Element]:
        """The texts in a drawing, which come after the paragraph; the drawing itself is left out."""
        boxes: list[Element] = []
        pictures, grouped, formula, unseen = 0, False, False, [drawn]
        while unseen:
            each = unseen.pop()
            if each.tag == f"{W}txbxContent":
                boxes.append(each)
                continue
            pictures += each.tag in _PICTURES
            grouped = grouped or each.tag in _GROUPS
            formula = formula or each.get("ProgID", "").startswith("Equation")
            if each.tag == f"{_V}textpath":
                boxes.append(_box(each.get("string", "")))
            unseen += reversed(_alternative(each) if each.tag == f"{_COMPATIBLE}AlternateContent" else each)
        self._leave("formula" if formula else "picture", max(pictures, grouped))
        written = [box for box in boxes if any((each.text or "").strip() for each in box.iter(f"{W}t"))]
        if written:
            self._leave("box", len(written))
            drawn = _element("pict")
            drawn.extend(written)
            self.see(drawn)
            yield drawn


def _alternative(either: Element) -> Element:
    """What mammoth reads, unless only the other has words."""
    ways = [*either.iterfind(f"{_COMPATIBLE}Fallback"), *either.iterfind(f"{_COMPATIBLE}Choice")]
    told = [each for each in ways if next(each.iter(f"{W}t"), None) is not None]
    return next((each for each in (*told, *ways) if len(each)), Element(""))


def _join(parent: Element) -> None:
    """Put what is in a paragraph whose mark was deleted into the one after; without one, as in a cell, it stays."""
    blocks = [each for each in parent if each.tag in _BLOCKS]
    joined = {each for each, after in pairwise(blocks) if after.tag == f"{W}p" and _is_open(each)}
    if not joined:
        return
    kept: list[Element] = []
    carried: list[Element] = []
    for each in parent:
        if each in joined:
            carried += (part for part in each if part.tag != f"{W}pPr")
            continue
        if carried and each.tag == f"{W}p":
            begin = sum(part.tag == f"{W}pPr" for part in each[:1])
            each[begin:begin], carried = carried, []
        kept.append(each)
    parent[:] = kept


def _is_open(block: Element) -> bool:
    return any(block.find(f"{W}pPr/{W}rPr/{W}{name}") is not None for name in ("del", "moveFrom"))


def _length(part: Element) -> int:
    return sum(len(each.text or "") for each in part.iter(f"{W}t"))


def _box(words: str) -> Element:
    box, paragraph, run = _element("txbxContent"), _element("p"), _element("r")
    run.append(_text(words))
    paragraph.append(run)
    box.append(paragraph)
    return box


def _text(words: str) -> Element:
    text = _element("t")
    text.text = words
    return text


def _element(name: str, said: str = "") -> Element:
    return Element(f"{W}{name}", {f"{W}val": said} if said else {})
