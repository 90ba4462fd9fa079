"""Word documents as bodies of submissions: real .docx files, made here."""

import re
import sys
import zipfile
from collections import Counter
from io import BytesIO
from types import FrameType

import pytest

from caselib.errors import CaselibError
from caselib.review import word
from caselib.review.word import convert

SECTIONS = ("企业概况", "问题", "做法")
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def document(body: str, parts: dict[str, str] | None = None) -> bytes:
    """A .docx file with ``body`` as the XML of its text, and more ``parts`` by their names."""
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_DOCUMENT}.document.main+xml"/></Types>'
    )
    relations = (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    text = f'<w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>'
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in {
            "[Content_Types].xml": types,
            "_rels/.rels": relations,
            "word/document.xml": text,
            **(parts or {}),
        }.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def paragraph(text: str, style: str = "", bold: bool = False) -> str:
    named = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{named}<w:r>{'<w:rPr><w:b/></w:rPr>' if bold else ''}<w:t>{text}</w:t></w:r></w:p>"


def body_of(*paragraphs: str) -> str:
    return convert("a.docx", document("".join(paragraphs)), SECTIONS).body


@pytest.mark.parametrize("heading", ["做法", "三、做法", "（三）做法", "3. 做法", "做法："])
@pytest.mark.parametrize("bold", [False, True])
def test_a_line_that_says_a_wanted_heading_becomes_one(heading: str, bold: bool) -> None:
    assert body_of(paragraph(heading, bold=bold), paragraph("首件检验。")) == "## 做法\n\n首件检验。\n"


def test_headings_of_the_document_are_put_under_the_wanted_ones() -> None:
    text = body_of(paragraph("做法", "Heading1"), paragraph("首件检验", "Heading2"), paragraph("每班一次。"))
    assert text == "## 做法\n\n## 首件检验\n\n每班一次。\n"


def test_a_document_of_other_headings_begins_on_level_two() -> None:
    assert body_of(paragraph("背景", "Heading1"), paragraph("细节", "Heading2")) == "## 背景\n\n### 细节\n"


def test_a_word_inside_a_sentence_is_no_heading() -> None:
    assert body_of(paragraph("做法很多。")) == "做法很多。\n"


def test_a_table_stays_a_table() -> None:
    cells = "".join(f"<w:tc>{paragraph(each)}</w:tc>" for each in ("指标", "提升后"))
    row = f"<w:tbl><w:tr>{cells}</w:tr><w:tr>{cells}</w:tr></w:tbl>"
    assert body_of(row) == "| 指标 | 提升后 |\n| --- | --- |\n| 指标 | 提升后 |\n"


def footnotes(count: int) -> dict[str, str]:
    notes = "".join(f'<w:footnote w:id="{number}">{paragraph("见记录。")}</w:footnote>' for number in range(count))
    return {"word/footnotes.xml": f'<w:footnotes xmlns:w="{_W}">{notes}</w:footnotes>'}


def test_a_bar_in_a_cell_begins_no_cell() -> None:
    row = f"<w:tr><w:tc>{paragraph('甲|乙')}</w:tc><w:tc>{paragraph('|', bold=True)}</w:tc></w:tr>"
    text = body_of(f"<w:tbl>{row}{row}</w:tbl>", paragraph("丙|丁"))
    assert text == "| 甲\\|乙 | **\\|** |\n| --- | --- |\n| 甲\\|乙 | **\\|** |\n\n丙|丁\n"


@pytest.mark.parametrize(("said", "columns"), [(40, 40), (100, 63), (1000, 63)])
def test_no_cell_is_wider_than_the_widest_table_there_is(said: int, columns: int) -> None:
    text = paragraph(f'宽 colspan="{said}"')
    row = f'<w:tr><w:tc><w:tcPr><w:gridSpan w:val="{said}"/></w:tcPr>{text}</w:tc></w:tr>'
    wide = f'| 宽 colspan="{said}" {" ".join("|" * columns)}'
    assert body_of(f"<w:tbl>{row}{row}</w:tbl>") == f"{wide}\n|{' --- |' * columns}\n{wide}\n"


def test_footnotes_are_kept_and_comments_are_not() -> None:
    marks = '<w:r><w:footnoteReference w:id="0"/></w:r><w:r><w:commentReference w:id="0"/></w:r>'
    comments = f'<w:comments xmlns:w="{_W}"><w:comment w:id="0">{paragraph("再核")}</w:comment></w:comments>'
    data = document(f"<w:p><w:r><w:t>首检。</w:t></w:r>{marks}</w:p>", footnotes(1) | {"word/comments.xml": comments})
    assert convert("a.docx", data, SECTIONS).body == "首检。[^1]\n\n[^1]: 见记录。\n"


def test_a_document_is_as_large_as_what_is_read_of_it() -> None:
    unread = {"word/comments.xml": "<" * word.LARGEST, "word/media/image1.png": "像" * word.LARGEST}
    assert convert("a.docx", document(paragraph("首检。"), unread), SECTIONS).body == "首检。\n"


def wide(size: int) -> bytes:
    """A document of ``size`` elements and attributes, nearly all of them attributes."""
    around = document(paragraph("首检。"))
    packed = zipfile.ZipFile(BytesIO(around))
    counted = sum(len(re.findall(rb"<[A-Za-z]|=", packed.read(name))) for name in packed.namelist())
    attributes = " ".join(f'a{number}=""' for number in range(size - counted))
    return document(paragraph("首检。").replace("<w:p>", f"<w:p {attributes}>"))


def test_a_document_of_as_many_elements_as_are_read_is_read() -> None:
    assert convert("a.docx", wide(word.MOST_ELEMENTS), SECTIONS).body == "首检。\n"


_ENTITY = f'<!DOCTYPE d [<!ENTITY a "{"长" * 1000}">]><w:document xmlns:w="{_W}">&a;</w:document>'
_MANY = "这个 docx 文件的内容或格式太多，没有取出正文。"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.doc", b"\xd0\xcf", "只能从 docx 文件取正文。"),
        ("a.docx", b"PK\x03\x04", "文件内容不是 docx 格式。"),
        ("a.docx", document("<broken"), "这个 docx 文件读不出来。"),
        ("a.docx", document("", {"word/document.xml": _ENTITY}), "这个 docx 文件读不出来。"),
        ("a.docx", document(paragraph("长" * word.LARGEST)), _MANY),
        ("a.docx", wide(word.MOST_ELEMENTS + 1), _MANY),
        ("a.docx", document(paragraph("长"), footnotes(word.MOST_ELEMENTS // 5)), _MANY),
        ("a.docx", document("<w:p/>", {"word/styles.xml": f"<s a='{'1' * word.LARGEST}'/>"}), _MANY),
    ],
    ids=["of another kind", "not packed", "broken", "entities", "too long", "too many", "footnotes", "styles"],
)
def test_what_cannot_be_read_is_refused_in_words(name: str, data: bytes, message: str) -> None:
    with pytest.raises(CaselibError) as refused:
        convert(name, data, SECTIONS)
    assert refused.value.message == message


def linked(times: int, size: int) -> bytes:
    """A document with an address of ``size`` characters that is kept once, and ``times`` links to it."""
    link = f'<w:hyperlink r:id="r1" xmlns:r="{_OFFICE}"><w:r><w:t>见</w:t></w:r></w:hyperlink>'
    target = f'<Relationship Id="r1" Type="{_OFFICE}/hyperlink" Target="{"a" * size}"/>'
    relations = f'<Relationships xmlns="{_PACKAGE}/relationships">{target}</Relationships>'
    return document(f"<w:p>{link * times}</w:p>", {"word/_rels/document.xml.rels": relations})


def field(*turns: str) -> str:
    return "".join(f'<w:r><w:fldChar w:fldCharType="{each}"/></w:r>' for each in turns)


_WIDE = '<w:tr><w:tc><w:tcPr><w:gridSpan w:val="63"/></w:tcPr></w:tc></w:tr>'
_NOTE = '<w:r><w:footnoteReference w:id="0"/></w:r>'
_UNREADABLE = "这个 docx 文件读不出来。"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (document("<w:p/>" * word.MOST_LINES + "<w:p><w:r><w:br/></w:r></w:p>"), _MANY),
        (document(f"<w:tbl>{'<w:tr/>' * (word.MOST_PLACES + 1)}</w:tbl>"), _MANY),
        (document(f"<w:tbl><w:tr>{'<w:tc/>' * word.MOST_PLACES}</w:tr></w:tbl>"), _MANY),
        (document(f"<w:tbl>{_WIDE * 79}</w:tbl>"), _MANY),
        (document(f"<w:p>{_NOTE * 2}</w:p>", footnotes(1)), _MANY),
        (linked(9, word.LARGEST // 9 + 1), _MANY),
        (document(f"<w:p>{field(*['begin'] * 21)}</w:p>"), _MANY),
        (document(f"<w:p>{field('begin', 'separate', 'separate')}</w:p>"), _UNREADABLE),
    ],
    ids=["lines", "rows", "cells", "wide cells", "a note twice", "addresses", "open fields", "results of a field"],
)
def test_what_would_be_written_many_times_over_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(CaselibError) as refused:
        convert("a.docx", data, SECTIONS)
    assert refused.value.message == message


def test_a_document_of_as_many_lines_as_are_read_is_read() -> None:
    assert body_of("<w:p/>" * (word.MOST_LINES - 1), paragraph("首检。")) == "首检。\n"


def test_a_table_of_as_many_places_as_are_written_is_written() -> None:
    lines = word.MOST_PLACES // 2
    table = rows(*[[paragraph("甲")]] * lines)
    assert body_of(table) == "| 甲 |\n| --- |\n" + "| 甲 |\n" * (lines - 1)


def test_each_item_of_a_long_list_has_its_number_without_counting_those_before_it() -> None:
    levels = '<w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    kinds = f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    item = (
        '<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>检</w:t></w:r></w:p>'
    )
    data = document(item * 300, {"word/numbering.xml": f'<w:numbering xmlns:w="{_W}">{kinds}</w:numbering>'})
    asked = Counter[str]()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            asked[frame.f_code.co_name] += 1

    sys.setprofile(note)
    try:
        text = convert("a.docx", data, SECTIONS).body
    finally:
        sys.setprofile(None)
    assert (text, asked["previous_siblings"]) == ("".join(f"{number}. 检\n" for number in range(1, 301)), 0)


def test_a_table_of_which_every_row_was_deleted_is_gone() -> None:
    deleted = row(cell(""), '<w:del w:id="1"/>')
    assert body_of(paragraph("首检。"), f"<w:tbl>{deleted}</w:tbl>", paragraph("复盘。")) == "首检。\n\n复盘。\n"


def cell(text: str, merged: str = "") -> str:
    return f"<w:tc><w:tcPr>{merged}</w:tcPr>{paragraph(text)}</w:tc>"


def test_beside_a_cell_of_several_rows_each_column_stays_in_its_place() -> None:
    rows = (
        cell("工序") + cell("指标"),
        cell("织造", '<w:vMerge w:val="restart"/>') + cell("断头率"),
        cell("", "<w:vMerge/>") + cell("停台数"),
        cell("", '<w:vMerge w:val="continue"/>') + cell("次品率"),
    )
    table = f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"
    assert body_of(table) == ("| 工序 | 指标 |\n| --- | --- |\n| 织造 | 断头率 |\n|  | 停台数 |\n|  | 次品率 |\n")


def rows(*cells: list[str], heading: bool = False) -> str:
    """A table of cells, whose content may be another table."""
    head = "<w:trPr><w:tblHeader/></w:trPr>" if heading else ""
    lines = [
        f"<w:tr>{head if not number else ''}{''.join(f'<w:tc>{each}</w:tc>' for each in line)}</w:tr>"
        for number, line in enumerate(cells)
    ]
    return f"<w:tbl>{''.join(lines)}</w:tbl>"


@pytest.mark.parametrize("heading", [False, True])
def test_a_table_within_a_cell_becomes_words_of_that_cell(heading: bool) -> None:
    one, two, three, four, item, value, last = map(paragraph, ("前", "后", "98.2", "99.8", "合格率", "见表", "停机"))
    inner = rows([one, two], [three, four], heading=heading)
    assert body_of(rows([item, value + inner], [last, inner], heading=heading)) == (
        "| 合格率 | 见表 前、后；98.2、99.8 |\n| --- | --- |\n| 停机 | 前、后；98.2、99.8 |\n"
    )


def test_a_table_is_as_wide_as_its_widest_row() -> None:
    title, item, before = map(paragraph, ("效果对比", "合格率", "92"))
    assert body_of(rows([title], [item, before])) == "| 效果对比 |  |\n| --- | --- |\n| 合格率 | 92 |\n"


def row(cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{cells}</w:tr>"


def test_a_row_that_begins_later_stays_under_its_columns() -> None:
    skipped = '<w:gridBefore w:val="2"/><w:wBefore w:w="2400" w:type="dxa"/>'
    table = (
        row(cell("工序") + cell("指标") + cell("后"))
        + row(cell("99.8"), skipped)
        + row(cell("织造"), '<w:gridAfter w:val="2"/>')
        + row(cell("98.2") * 3, f"<w:trPrChange><w:trPr>{skipped}</w:trPr></w:trPrChange>")
    )
    assert body_of(f"<w:tbl>{table}</w:tbl>") == (
        "| 工序 | 指标 | 后 |\n| --- | --- | --- |\n|  | | 99.8 |\n| 织造 |\n| 98.2 | 98.2 | 98.2 |\n"
    )


def test_a_table_that_begins_later_keeps_its_heading() -> None:
    heading = row(cell("前") + cell("后"), '<w:gridBefore w:val="1"/><w:tblHeader/>')
    table = f"<w:tbl>{heading}{row(cell('合格率') + cell('98.2') + cell('99.8'))}</w:tbl>"
    assert body_of(table) == "|  | 前 | 后 |\n| --- | --- | --- |\n| 合格率 | 98.2 | 99.8 |\n"


LONG = "每班开工先做首件检验，合格才批量生产。" * 6


@pytest.mark.parametrize("heading", [False, True])
def test_a_form_whose_cell_holds_the_text_becomes_the_text(heading: bool) -> None:
    lines = paragraph("首件检验", "Heading2") + paragraph(LONG) + paragraph("每周复盘。", "ListBullet") * 2
    table = rows(
        [paragraph("企业"), paragraph("甲厂")],
        [paragraph("主要做法"), lines],
        [paragraph("做法") + paragraph(LONG)],
        [paragraph("电话"), paragraph("不公开")],
        heading=heading,
    )
    assert body_of(table) == (
        "| 企业 | 甲厂 |\n| --- | --- |\n\n"
        f"主要做法\n\n## 首件检验\n\n{LONG}\n\n每周复盘。\n\n每周复盘。\n\n"
        f"## 做法\n\n{LONG}\n\n"
        "| 电话 | 不公开 |\n| --- | --- |\n"
    )


def test_a_table_within_the_text_of_a_form_stays_a_table() -> None:
    figures = rows([paragraph("前"), paragraph("后")], [paragraph("92"), paragraph("98")])
    form = rows([paragraph("做法"), paragraph(LONG) + figures + paragraph("每周复盘。")])
    assert body_of(form) == f"## 做法\n\n{LONG}\n\n| 前 | 后 |\n| --- | --- |\n| 92 | 98 |\n\n每周复盘。\n"


def test_a_cell_of_some_lines_or_beside_other_columns_stays_a_cell() -> None:
    short, text = paragraph("停机") + paragraph("时数"), paragraph("断头") + paragraph(LONG)
    assert body_of(rows([paragraph("指标"), short], [paragraph("次品"), paragraph(LONG)])) == (
        f"| 指标 | 停机  时数 |\n| --- | --- |\n| 次品 | {LONG} |\n"
    )
    assert body_of(rows([paragraph("一"), text, paragraph("有效")])) == (
        f"| 一 | 断头  {LONG} | 有效 |\n| --- | --- | --- |\n"
    )


def raised(text: str, place: str = "superscript") -> str:
    return f'<w:r><w:rPr><w:vertAlign w:val="{place}"/></w:rPr><w:t>{text}</w:t></w:r>'


def test_a_power_and_an_index_stay_what_they_are() -> None:
    runs = f"<w:r><w:t>每</w:t></w:r>{raised('10-6')}<w:r><w:t>m</w:t></w:r>{raised('2')}<w:r><w:t>的CO</w:t></w:r>{raised('2', 'subscript')}"
    assert body_of(f"<w:p>{runs}</w:p>") == "每¹⁰⁻⁶m²的CO₂\n"


def test_raised_words_stay_words() -> None:
    assert body_of(f"<w:p><w:r><w:t>良品</w:t></w:r>{raised('TM')}</w:p>") == "良品TM\n"


def test_what_was_written_on_a_line_of_its_own_is_a_paragraph() -> None:
    lines = "<w:r><w:t>做法</w:t><w:br/><w:t>每班首检。</w:t><w:br/><w:br/><w:t>每周复盘。</w:t></w:r>"
    assert body_of(f"<w:p>{lines}</w:p>") == "## 做法\n\n每班首检。\n\n每周复盘。\n"


def test_a_line_break_in_a_cell_ends_no_row() -> None:
    row = f"<w:tr><w:tc><w:p><w:r><w:t>甲</w:t><w:br/><w:t>乙</w:t></w:r></w:p></w:tc>{cell('丙')}</w:tr>"
    assert body_of(f"<w:tbl>{row}{row}</w:tbl>") == "| 甲 乙 | 丙 |\n| --- | --- |\n| 甲 乙 | 丙 |\n"


def test_what_a_field_shows_is_kept() -> None:
    field = '<w:fldSimple w:instr=" SEQ 图 "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
    assert body_of(f"<w:p><w:r><w:t>图</w:t></w:r>{field}<w:r><w:t> 车间</w:t></w:r></w:p>") == "图1 车间\n"


def test_characters_with_their_sound_above_them_are_kept_without_it() -> None:
    sound, base = "<w:rt><w:r><w:t>quan</w:t></w:r></w:rt>", "<w:rubyBase><w:r><w:t>泉</w:t></w:r></w:rubyBase>"
    ruby = f"<w:r><w:ruby><w:rubyPr/>{sound}{base}</w:ruby></w:r>"
    assert body_of(f"<w:p><w:r><w:t>甘</w:t></w:r>{ruby}<w:r><w:t>纸箱</w:t></w:r></w:p>") == "甘泉纸箱\n"


def test_what_is_left_out_is_counted() -> None:
    chart = (
        '<w:r><w:drawing><c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"/></w:drawing></w:r>'
    )
    formula = '<m:oMathPara xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:oMath><m:r><m:t>x</m:t></m:r></m:oMath></m:oMathPara>'
    data = document(paragraph("合格率如下。") + f"<w:p>{chart}{formula}</w:p>")
    assert convert("a.docx", data, SECTIONS) == (
        "合格率如下。\n",
        ("文中的 1 张图片没有带入，请作为附件上传。", "文中的 1 个公式没有带入，请改用文字写出。"),
    )


def test_which_boxes_of_a_form_are_ticked_is_kept() -> None:
    other = "http://schemas.microsoft.com/office/word/2010/wordml"
    field = '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox>{}</w:checkBox></w:ffData></w:fldChar></w:r>{}'
    rest = '<w:r><w:instrText>FORMCHECKBOX</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    old = (
        field.format('<w:default w:val="0"/>', rest)
        + "<w:r><w:t>大型 </w:t></w:r>"
        + field.format("<w:checked/>", rest)
    )
    ticked = f'<w:sdtPr><x:checkbox xmlns:x="{other}"><x:checked x:val="1"/></x:checkbox></w:sdtPr>'
    new = f"<w:sdt>{ticked}<w:sdtContent><w:r><w:t>☒</w:t></w:r></w:sdtContent></w:sdt><w:r><w:t>已获证</w:t></w:r>"
    assert body_of(f"<w:p>{old}<w:r><w:t>小型</w:t></w:r></w:p>", f"<w:p>{new}</w:p>") == "☐大型 ☑小型\n\n☑已获证\n"


def numbering(*levels: tuple[str, str], override: int = 0) -> dict[str, str]:
    """Two lists of the same levels, the second of which begins at ``override`` if one is said."""
    kinds = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for depth, (kind, text) in enumerate(levels)
    )
    begin = f'<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{override}"/></w:lvlOverride>' if override else ""
    lists = "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="0"/>{more}</w:num>'
        for number, more in ((1, ""), (2, begin))
    )
    whole = f'<w:abstractNum w:abstractNumId="0">{kinds}</w:abstractNum>{lists}'
    return {"word/numbering.xml": f'<w:numbering xmlns:w="{_W}">{whole}</w:numbering>'}


def item(text: str, depth: int = 0, number: int = 1) -> str:
    mark = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
    return f"<w:p><w:pPr>{mark}</w:pPr>{f'<w:r><w:t>{text}</w:t></w:r>' if text else ''}</w:p>"


def numbered(parts: dict[str, str], *paragraphs: str) -> str:
    return convert("a.docx", document("".join(paragraphs), parts), SECTIONS).body


def test_chinese_numbers_that_word_counts_are_written_as_they_are_seen() -> None:
    parts = numbering(("japaneseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3."))
    body = numbered(
        parts,
        item("企业概况"),
        paragraph("做纸箱。"),
        item("主要困难"),
        item("首件", 1),
        paragraph("每班。"),
        item("巡检", 1),
        item("量", 2),
        item("记", 2),
        item("效果"),
        item("复盘", 1),
    )
    assert body == (
        "## 企业概况\n\n做纸箱。\n\n二、主要困难\n\n（一）首件\n\n每班。\n\n（二）巡检\n\n"
        "1. 量\n\n2. 记\n\n三、效果\n\n（一）复盘\n"
    )


def test_chinese_numbers_beyond_ten() -> None:
    lines = numbered(numbering(("chineseCountingThousand", "第%1步")), *[item("检")] * 21).split()
    assert [lines[each - 1] for each in (9, 10, 11, 20, 21)] == [
        f"第{number}步检" for number in ("九", "十", "十一", "二十", "二十一")
    ]


def test_a_list_that_goes_on_after_a_paragraph_counts_on() -> None:
    parts = numbering(("decimal", "%1."), ("lowerLetter", "%2)"))
    body = numbered(parts, item("甲"), item("细", 1), item("乙"), paragraph("说明。"), item("丙"), item("丁"))
    assert body == "1. 甲\n   1. 细\n2. 乙\n\n说明。\n\n3. 丙\n\n4. 丁\n"


def test_another_list_begins_where_it_says() -> None:
    assert numbered(numbering(("decimal", "%1、")), item("甲"), item("乙", number=2)) == "1、甲\n\n2、乙\n"
    assert numbered(numbering(("decimal", "%1、"), override=1), item("甲"), item("乙", number=2)) == "1、甲\n\n1、乙\n"


def test_numbers_that_word_counts_in_a_column_are_kept() -> None:
    table = rows([paragraph("序号"), paragraph("工序")], [item(""), paragraph("下料")], [item(""), paragraph("印刷")])
    assert (
        numbered(numbering(("decimal", "%1")), table) == "| 序号 | 工序 |\n| --- | --- |\n| 1 | 下料 |\n| 2 | 印刷 |\n"
    )


def test_a_note_of_several_paragraphs_is_one_note() -> None:
    note = f'<w:footnote w:id="0">{paragraph("见记录。")}{paragraph("另见表。")}</w:footnote>'
    parts = {"word/footnotes.xml": f'<w:footnotes xmlns:w="{_W}">{note}</w:footnotes>'}
    body = numbered(parts, f"<w:p><w:r><w:t>首检。</w:t></w:r>{_NOTE}</w:p>")
    assert body == "首检。[^1]\n\n[^1]: 见记录。\n\n    另见表。\n"


def test_a_link_to_a_place_of_the_document_is_its_words_and_another_stays() -> None:
    inner = '<w:hyperlink w:anchor="_Ref1"><w:r><w:t>表1</w:t></w:r></w:hyperlink>'
    assert body_of(f"<w:p><w:r><w:t>见</w:t></w:r>{inner}</w:p>") == "见表1\n"
    assert convert("a.docx", linked(1, 1), SECTIONS).body == "[见](a)\n"


def test_a_table_of_contents_is_left_out() -> None:
    names = (("1", "toc 1"), ("2", "TOC Heading"))
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>' for key, name in names
    )
    parts = {"word/styles.xml": f'<w:styles xmlns:w="{_W}">{styles}</w:styles>'}
    lines = paragraph("目录", "2"), paragraph("一、做法 1", "1"), paragraph("一、做法", "Heading1")
    assert numbered(parts, *lines) == "## 做法\n"


def test_spaces_by_the_million_are_one() -> None:
    assert body_of(paragraph(f"甲{' ' * 3_000_000}乙")) == "甲 乙\n"
