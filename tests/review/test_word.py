"""Word documents as bodies of submissions: real .docx files, made here."""

import zipfile
from io import BytesIO

import pytest

from caselib.errors import CaselibError
from caselib.review import word
from caselib.review.word import convert

SECTIONS = ("企业概况", "问题", "做法")
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def document(body: str, **parts: str) -> bytes:
    """A .docx file with ``body`` as the XML of its text."""
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


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.doc", b"\xd0\xcf", "只能从 docx 文件取正文。"),
        ("a.docx", b"PK\x03\x04", "文件内容不是 docx 格式。"),
        ("a.docx", document("<broken"), "这个 docx 文件读不出来。"),
        ("a.docx", document(paragraph("长" * word.LARGEST_TEXT)), "这个 docx 文件的文字太多。"),
    ],
    ids=["of another kind", "not packed", "broken", "too long"],
)
def test_what_cannot_be_read_is_refused_in_words(name: str, data: bytes, message: str) -> None:
    with pytest.raises(CaselibError) as refused:
        convert(name, data, SECTIONS)
    assert refused.value.message == message
