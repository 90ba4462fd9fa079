"""What pandoc cannot say of a Word document: paper, Chinese fonts, running heads, page numbers, rules of tables.

pandoc has made the paragraphs and named their styles; here the styles get their look, so that an editor who changes one
style changes the book.
"""

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, time
from io import BytesIO
from typing import Any, NamedTuple

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor, Twips
from docx.styles.style import ParagraphStyle
from docx.table import Table
from docx.text.paragraph import Paragraph

from caselib.content.rendering import STANDARD
from caselib.publishing.book import Book
from caselib.publishing.manuscript import STYLES

SERIF, SANS, LATIN = "宋体", "黑体", "Times New Roman"
INK, MUTED, WARM = RGBColor(0x16, 0x40, 0x6F), RGBColor(0x53, 0x5D, 0x69), RGBColor(0xA8, 0x40, 0x1A)
CELL = "表格文字"
_STANDARD = re.compile(STANDARD, re.ASCII)
_STAMP = (1980, 1, 1, 0, 0, 0)
_WIDTH = 8640
"""Twentieths of a point between the margins: thirty-six characters of 12 pt."""


class Look(NamedTuple):
    """How the paragraphs of a style look; sizes and spaces in points, ``indent`` in characters."""

    size: float = 12
    font: str = SERIF
    bold: bool = False
    colour: RGBColor | None = None
    align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.LEFT
    before: float = 0
    after: float = 0
    line: float = 1.5
    indent: float = 0
    ground: str = ""


_CENTRE, _JUSTIFY = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.JUSTIFY
_TEXT = Look(align=_JUSTIFY, indent=2)
LOOKS = {
    "Normal": Look(),
    "Body Text": _TEXT,
    "First Paragraph": _TEXT,
    "Compact": Look(line=1.3),
    "Block Text": Look(align=_JUSTIFY, size=11),
    "Footnote Text": Look(size=9, line=1.2),
    "Heading 1": Look(20, SANS, True, INK, before=12, after=18, line=1.25),
    "TOC Heading": Look(20, SANS, True, INK, before=12, after=18, line=1.25),
    "Heading 2": Look(14, SANS, True, before=16, after=8, line=1.25),
    "Heading 3": Look(12, SANS, True, before=10, after=6, line=1.25),
    "Heading 4": Look(12, SANS, before=8, after=4, line=1.25),
    "Header": Look(9, SANS, colour=MUTED, line=1),
    "Footer": Look(9, SANS, colour=MUTED, line=1, align=_CENTRE),
    STYLES["programme"]: Look(17, SANS, colour=INK, align=_CENTRE, before=60),
    STYLES["book-title"]: Look(44, SERIF, True, align=_CENTRE, before=120, line=1.2),
    STYLES["book-batch"]: Look(24, align=_CENTRE, before=18, line=1.2),
    STYLES["book-sample"]: Look(12, SANS, colour=WARM, align=_CENTRE, before=40),
    STYLES["book-issuer"]: Look(15, SANS, align=_CENTRE, before=170),
    STYLES["book-date"]: Look(15, SANS, align=_CENTRE, before=6),
    STYLES["contents"]: Look(line=1.6),
    CELL: Look(10.5, line=1.25, before=2, after=2),
    STYLES["summary"]: Look(11, align=_JUSTIFY, before=10, after=10, ground="EEF3F8"),
    STYLES["picture"]: Look(align=_CENTRE, before=6, after=6, line=1),
    STYLES["sample"]: Look(10, SANS, colour=WARM, after=4),
    STYLES["source"]: Look(10.5, before=10),
    STYLES["entries"]: Look(10.5),
}


def finish(data: bytes, book: Book) -> bytes:
    """The document that pandoc made, as a book; the same text gives the same bytes."""
    document = docx.Document(BytesIO(data))
    _pin_bookmarks(document)
    _keep_whole(document)
    _dress(document)
    _lay_out_pages(document, book)
    for table in document.tables:
        _rule(table)
    styled = _by_style(document)
    _number([*styled[STYLES["contents"]], *styled[STYLES["entries"]]])
    for line in styled[STYLES["source"]]:
        _keep_company(line)
    _make_field(styled[STYLES["contents"]])
    about, moment = document.core_properties, datetime.combine(book.day, time(), UTC)
    about.title, about.author, about.language = book.title, book.issuer, "zh-CN"
    about.created = about.modified = moment
    spacing = document.settings.element.find(qn("w:characterSpacingControl"))
    spacing.set(qn("w:val"), "compressPunctuation")
    spacing.getnext().addnext(_element("updateFields", val="true"))
    written = BytesIO()
    document.save(written)
    return _stamped(written)


def _pin_bookmarks(document: Document) -> None:
    """Put each bookmark into its heading: one that begins between a table and the heading after it LibreOffice does not find."""
    body = document.element.body
    ends = {end.get(qn("w:id")): end for end in body.iter(qn("w:bookmarkEnd"))}
    for start in list(body.iterchildren(qn("w:bookmarkStart"))):
        heading = next(start.itersiblings(qn("w:p")))
        heading.get_or_add_pPr().addnext(start)
        heading.append(ends[start.get(qn("w:id"))])


def _keep_whole(document: Document) -> None:
    """Let no line end within the number of a standard; what is copied of it is found all the same, also on the site."""
    for text in list(document.element.body.iter(qn("w:t"))):
        whole = _STANDARD.sub(lambda found: found[0].replace(" ", "\u00a0").replace("-", "\u2011"), text.text or "")
        text.text, *rest = whole.split("\u2011")
        for words in reversed(rest):
            after = deepcopy(text)
            after.text = words
            text.addnext(after)
            text.addnext(_element("noBreakHyphen"))  # in the font's own hyphen; few fonts have the character


def _keep_company(line: Paragraph) -> None:
    """Let no source stand alone on a page."""
    before = line._p.getprevious()
    if before is not None and before.tag == qn("w:p"):
        Paragraph(before, line._parent).paragraph_format.keep_with_next = True


def _by_style(document: Document) -> dict[str, list[Paragraph]]:
    """The paragraphs outside tables by the name of their style."""
    names = {style.style_id: style.name or "" for style in document.styles}
    found: defaultdict[str, list[Paragraph]] = defaultdict(list)
    for paragraph in document.paragraphs:
        found[names.get(paragraph._p.style or "", "")].append(paragraph)
    return found


def _stamped(written: BytesIO) -> bytes:
    """The package without the moment it was written at."""
    packed = BytesIO()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, _STAMP), source.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _element(name: str, **attributes: object) -> Any:
    made = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), str(value))
    return made


# Styles


def _dress(document: Document) -> None:
    """Give every style its look, and the document Chinese as its language."""
    root = document.styles.element
    for fonts in list(root.iter(qn("w:rFonts"))):
        fonts.getparent().remove(fonts)  # the theme's fonts, which know no Chinese
    known = {style.name for style in document.styles}
    for name, look in LOOKS.items():
        if name not in known:
            document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=name in ("Header", "Footer"))
        style = document.styles[name]
        assert isinstance(style, ParagraphStyle)
        _wear(style, look)
    _mend(document)
    for language in root.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-US")
        language.set(qn("w:eastAsia"), "zh-CN")


def _mend(document: Document) -> None:
    """What a look does not say: tabs before the numbers of pages, bold heads of tables, black links."""
    for name, leader in (
        (STYLES["contents"], WD_TAB_LEADER.DOTS),
        (STYLES["entries"], WD_TAB_LEADER.DOTS),
        ("Header", WD_TAB_LEADER.SPACES),
    ):
        stops = document.styles[name].paragraph_format.tab_stops
        stops.add_tab_stop(Twips(_WIDTH), WD_TAB_ALIGNMENT.RIGHT, leader)
    document.styles[STYLES["contents"]].element.attrib.pop(qn("w:customStyle"))  # it is Word's own
    for heading in document.styles.element.xpath("//w:style[@w:styleId='Table']/w:tblStylePr[@w:type='firstRow']"):
        heading.insert(0, _element("rPr"))
        heading[0].append(_element("b"))
    for name in ("Hyperlink", "Footnote Reference"):
        document.styles[name].font.color.rgb = RGBColor(0, 0, 0)


def _wear(style: ParagraphStyle, look: Look) -> None:
    run, shape = style.font, style.paragraph_format
    run.name, run.size, run.bold, run.italic = (
        LATIN if look.font == SERIF else "Arial",
        Pt(look.size),
        look.bold or None,
        False,
    )
    if look.colour is not None or style.name.startswith("Heading"):
        run.color.rgb = look.colour or RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), look.font)
    shape.alignment, shape.line_spacing_rule = look.align, WD_LINE_SPACING.MULTIPLE
    shape.line_spacing, shape.space_before, shape.space_after = look.line, Pt(look.before), Pt(look.after)
    shape.first_line_indent, shape.widow_control = Pt(look.size * look.indent), True
    if look.ground:
        ground = _element("shd", val="clear", color="auto", fill=look.ground)
        style.element.get_or_add_pPr().insert_element_before(ground, "w:tabs", "w:spacing", "w:ind", "w:jc")


# Pages


def _lay_out_pages(document: Document, book: Book) -> None:
    """A cover without a number, small Roman numbers up to the contents, then from 1 at the first case."""
    last = document.sections[-1]
    last.page_width, last.page_height = Mm(210), Mm(297)
    last.top_margin, last.bottom_margin, last.left_margin, last.right_margin = Mm(30), Mm(27), Mm(28.8), Mm(28.8)
    last.header_distance, last.footer_distance = Mm(16), Mm(14)
    headings = _by_style(document)["Heading 1"]
    for heading in headings:
        heading.paragraph_format.page_break_before = True
    headings[1].style = "TOC Heading"  # which Word leaves out of the contents
    starts = [headings[0], *headings[2:3]]
    for heading in starts:
        heading.paragraph_format.page_break_before = False
    for place, heading in enumerate(starts):
        _end_section_before(heading, last._sectPr, "lowerRoman" if place else "")
    _count(last._sectPr, "decimal" if len(starts) > 1 else "lowerRoman")
    for section in list(document.sections)[1:2]:
        _head(section, book.title)


def _end_section_before(heading: Paragraph, like: Any, numbers: str) -> None:
    """End the section before ``heading``, in a paragraph of its own: one that ends a field too confuses LibreOffice."""
    section, last = deepcopy(like), _element("p")
    if numbers:
        _count(section, numbers)
    last.get_or_add_pPr().append(section)
    heading._p.addprevious(last)


def _count(section: Any, numbers: str) -> None:
    section.append(_element("pgNumType", fmt=numbers, start=1))


def _head(section: Any, title: str) -> None:
    """The book's title and the case's above every page but the cover, the number below; later sections follow."""
    section.header.is_linked_to_previous = section.footer.is_linked_to_previous = False
    head, foot = section.header.paragraphs[0], section.footer.paragraphs[0]
    head.style, foot.style = "Header", "Footer"
    head.add_run(f"{title}\t")
    _field(head._p, "STYLEREF 1", "")
    borders = _element("pBdr")
    borders.append(_element("bottom", val="single", sz=4, space=4, color="C3D1E0"))
    head._p.get_or_add_pPr().append(borders)
    foot.add_run("— ")
    _field(foot._p, "PAGE", "1")
    foot.add_run(" —")


# Fields


def _field(paragraph: Any, instruction: str, shown: str) -> None:
    for run in _runs(instruction, shown):
        paragraph.append(run)


def _runs(instruction: str, shown: str) -> Iterator[Any]:
    """The five runs of a field."""
    for part in ("begin", instruction, "separate", shown, "end"):
        run = _element("r")
        if part is instruction:
            text = _element("instrText")
            text.set(qn("xml:space"), "preserve")
            text.text = f" {instruction} "
        elif part is shown:
            text = _element("t")
            text.text = shown
        else:
            text = _element("fldChar", fldCharType=part)
        run.append(text)
        yield run


def _number(lines: list[Paragraph]) -> None:
    """After each line that leads to a case, dots and the page it is on."""
    for line in lines:
        link = line._p.find(qn("w:hyperlink"))
        tab = _element("r")
        tab.append(_element("tab"))
        link.append(tab)
        for run in _runs(f"PAGEREF {link.get(qn('w:anchor'))} \\h", ""):
            link.append(run)


def _make_field(lines: list[Paragraph]) -> None:
    """Make the lines one field, which Word brings up to date with the headings (F9)."""
    begin, instruction, separate, _, end = _runs('TOC \\o "1-1" \\h \\z \\u', "")
    first = lines[0]._p
    first.find(qn("w:hyperlink")).addprevious(begin)
    begin.addnext(instruction)
    instruction.addnext(separate)
    closing = _element("p")
    closing.append(end)
    lines[-1]._p.addnext(closing)


# Tables


def _rule(table: Table) -> None:
    """Thin rules under the rows, the whole measure wide, columns by what stands in them, and no row on two pages."""
    shape = table._tbl.tblPr
    for old in (*shape.findall(qn("w:tblBorders")), *shape.findall(qn("w:tblW"))):
        shape.remove(old)
    borders = _element("tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(_element(side, val="single", sz=4, space=0, color="C3D1E0"))
    shape.find(qn("w:tblStyle")).addnext(borders)
    borders.addprevious(_element("tblW", type="dxa", w=_WIDTH))  # Word wants them in this order
    for row in table._tbl.tr_lst:
        row.get_or_add_trPr().append(_element("cantSplit"))
    for style in table._tbl.iter(qn("w:pStyle")):
        if style.get(qn("w:val")) in ("Compact", "FirstParagraph", "BodyText"):
            style.set(qn("w:val"), CELL)
    if not shape.findall(qn("w:tblLayout")):  # else its columns were given
        _share_out(table)
    after = table._tbl.getnext()
    if after is not None and after.tag == qn("w:p") and not (after.style or "").startswith("Heading"):
        Paragraph(after, table._parent).paragraph_format.space_before = Pt(8)


def _share_out(table: Table) -> None:
    """Give each column the room it asks for."""
    rows, columns = table._tbl.tr_lst, table._tbl.tblGrid.gridCol_lst
    rooms = [_room(row.tc_lst[place] for row in rows if place < len(row.tc_lst)) for place in range(len(columns))]
    for place, room in enumerate(rooms):
        columns[place].w = width = Twips(_WIDTH * room // sum(rooms))
        for row in rows:
            if len(row.tc_lst) == len(columns):
                row.tc_lst[place].width = width


def _room(cells: Iterable[Any]) -> int:
    """How much room a column asks for, in characters and within reason."""
    longest = max((len("".join(text.text or "" for text in cell.iter(qn("w:t")))) for cell in cells), default=0)
    return min(max(longest, 3), 16) + 2
