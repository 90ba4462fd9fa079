"""The book as Word: what an editor, a printer and a screen reader find in the file."""

from pathlib import Path

import pytest
from docx.document import Document
from docx.oxml.ns import qn

from caselib.publishing import typesetting
from tests.publishing.books import FIRST, THIRD, Shelf, shelf, styled, word
from tests.publishing.test_typesetting import png


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return shelf(
        tmp_path_factory.mktemp("three"), files={"cases/a.md": f"{FIRST}\n![图](a.png)\n", "cases/a.png": png()}
    )


@pytest.fixture(scope="module")
def document(three: Shelf) -> Document:
    return word(three)


def rows(document: Document, table: int) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in document.tables[table].rows]


def fields(element: object) -> list[str]:
    """The instructions of the fields in an element."""
    return [str(found.text).strip() for found in element.iter(qn("w:instrText"))]  # type: ignore[attr-defined]


def check_headings(document: Document, headings: list[str]) -> None:
    assert (styled(document, "Heading 1"), styled(document, "TOC Heading")) == (headings, ["目　录"])
    assert [line.split("\t")[0] for line in styled(document, "toc 1")] == headings


def test_the_headings_in_their_order(document: Document) -> None:
    check_headings(document, ["编写说明", "首件三方确认", "渥堆有了记录", "检验到每道工序", "索引"])


def test_the_cover_names_the_programme_the_batch_and_who_issues_it(document: Document) -> None:
    said = {
        name: styled(document, name)
        for name in ("封面项目", "封面书名", "封面批次", "封面说明", "封面单位", "封面日期")
    }
    assert said == {
        "封面项目": ["小微企业质量管理体系认证提升行动"],
        "封面书名": ["优良案例汇编"],
        "封面批次": ["（第四批）"],
        "封面说明": ["含示范内容，请勿作为企业实绩引用"],
        "封面单位": ["某省局"],
        "封面日期": ["2023年4月"],
    }


def test_facts_and_figures_are_tables(document: Document) -> None:
    assert (rows(document, 0)[0], len(rows(document, 0))) == (["企业", "嘉兴某包装有限公司"], 8)
    assert rows(document, 1) == [
        ["量化指标", "提升前", "提升后", "变化"],
        ["产品合格率", "98.2%", "99.8%", "提高1.6个百分点"],
        ["人均产量", "—", "—", "提高145.7%"],
    ]
    assert len(document.tables) == 4


def test_what_stands_around_the_text(document: Document) -> None:
    assert styled(document, "摘要")[0] == "摘要　首件由三方确认，返工少了。"
    assert styled(document, "出处") == ["所用指南　《包装行业实施指南》（2022版）", "资料来源　某报告，二（二）"]
    assert styled(document, "示范说明") == [
        "示范内容：注明出处的事实取自公开资料，其余为说明做法而写，请勿作为企业实绩引用。"
    ]


def test_a_source_does_not_stand_alone_on_a_page(document: Document) -> None:
    lines = document.paragraphs
    before = [lines[place - 1] for place, line in enumerate(lines) if line.style and line.style.name == "出处"]
    assert [line.paragraph_format.keep_with_next for line in before] == [True, True]


def test_every_link_inside_the_book_leads_somewhere_and_tells_its_page(document: Document) -> None:
    body = document.element.body
    marks = {mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))}
    anchors = [link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink"))]
    assert set(anchors) - marks == set()
    assert fields(body) == ['TOC \\o "1-1" \\h \\z \\u', *(f"PAGEREF {anchor} \\h" for anchor in anchors)]


def test_every_bookmark_is_in_its_heading_even_after_a_table(tmp_path: Path) -> None:
    table = "\n| 指标 | 数 |\n|---|---|\n| 甲 | 1 |\n"
    body = word(shelf(tmp_path, files={"cases/a.md": f"{FIRST}{table}", "cases/b.md": THIRD})).element.body
    assert {mark.getparent().tag for mark in body.iter(qn("w:bookmarkStart"), qn("w:bookmarkEnd"))} == {qn("w:p")}
    pinned = {
        mark.get(qn("w:name")): mark.getparent().xpath("string(w:pPr/w:pStyle/@w:val)")
        for mark in body.iter(qn("w:bookmarkStart"))
    }
    assert {name: pinned[name] for name in ("preface", "case-1", "case-2", "indexes")} == dict.fromkeys(
        ("preface", "case-1", "case-2", "indexes"), "Heading1"
    )


def test_pages_are_a4_and_counted_from_the_first_case(document: Document) -> None:
    counted = [section._sectPr.find(qn("w:pgNumType")) for section in document.sections]
    assert [None if each is None else each.get(qn("w:fmt")) for each in counted] == [None, "lowerRoman", "decimal"]
    assert {(round(each.page_width.mm), round(each.page_height.mm)) for each in document.sections} == {(210, 297)}  # type: ignore[union-attr]


def test_heads_and_numbers_stand_on_every_page_but_the_cover(document: Document) -> None:
    cover, front, cases = document.sections
    assert (cover.header.paragraphs[0].text, cover.footer.paragraphs[0].text) == ("", "")
    assert (front.header.paragraphs[0].text, fields(front.header._element)) == (
        "优良案例汇编（第四批）\t",
        ["STYLEREF 1"],
    )
    assert fields(front.footer._element) == ["PAGE"]
    assert (cases.header.is_linked_to_previous, cases.footer.is_linked_to_previous) == (True, True)


def test_the_fonts_are_chinese(document: Document) -> None:
    fonts = {
        name: document.styles[name].element.rPr.find(qn("w:rFonts")).get(qn("w:eastAsia"))
        for name in ("Body Text", "Heading 1", "表格文字")
    }
    assert fonts == {"Body Text": "宋体", "Heading 1": "黑体", "表格文字": "宋体"}


def test_a_picture_is_in_the_file_and_a_note_is_a_note(document: Document) -> None:
    assert ([shape.width.pt for shape in document.inline_shapes], styled(document, "图片")) == ([4.0], [""])
    assert len(list(document.element.body.iter(qn("w:footnoteReference")))) == 1


def test_a_box_to_tick_is_a_character_on_paper(tmp_path: Path) -> None:
    listed = word(shelf(tmp_path, 0, {"cases/d.md": f"{THIRD}\n- □ 压力表点检过\n- [x] 印版号一致\n"}))
    assert [each.text for each in listed.paragraphs if each.text.startswith(("□", "☑", "☐", "☒"))] == [
        "□ 压力表点检过",
        "☑ 印版号一致",
    ]


def test_the_number_of_a_standard_is_not_parted(tmp_path: Path) -> None:
    text = "按 GB/T 19001-2016 和**GB/T 24001-2016**建立 -3 度的标准；见 ISO 9001。"
    (line,) = (
        each
        for each in word(shelf(tmp_path, 0, {"cases/d.md": f"{THIRD}\n{text}\n"})).paragraphs
        if "24001" in each.text
    )
    parts = [part.text or part.tag.partition("}")[2] for part in line._p.iter(qn("w:t"), qn("w:noBreakHyphen"))]
    assert "".join(parts) == (
        "按 GB/T\u00a019001noBreakHyphen2016 和GB/T\u00a024001noBreakHyphen2016建立 -3 度的标准；见 ISO\u00a09001。"
    )


def test_the_same_batch_gives_the_same_bytes(three: Shelf) -> None:
    one, other = (typesetting.docx(three.book(), three.store) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("count", "selected", "headings", "said"),
    [
        (0, 2, ["编写说明"], "本站现在没有公开的第四批案例。"),
        (
            1,
            5,
            ["编写说明", "首件三方确认", "索引"],
            "第四批入选5篇；本汇编收录本站现在公开的1篇，各篇的文字、指标和资料来源与本站页面相同。",
        ),
    ],
)
def test_a_book_of_less_than_was_selected_says_so(
    tmp_path: Path, count: int, selected: int, headings: list[str], said: str
) -> None:
    found = shelf(tmp_path, count)
    notice = found.store.root / "batches" / "4.md"
    notice.write_text(notice.read_text("utf-8").replace(f"selected: {count}", f"selected: {selected}"), "utf-8")
    document = word(found)
    check_headings(document, headings)
    assert styled(document, "First Paragraph")[1] == said


def test_the_preface_counts_what_is_in_the_book(document: Document) -> None:
    said = "本汇编收录第四批案例3篇，各篇的文字、指标和资料来源与本站页面相同。其中1篇是示范内容，篇首都已注明。"
    assert styled(document, "First Paragraph")[1] == said
