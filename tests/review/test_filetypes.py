"""Attachments by content and name together."""

import zipfile
from io import BytesIO

import pytest

from caselib.errors import CaselibError
from caselib.review import filetypes
from caselib.review.filetypes import clean_name, free_name, media_type

PDF = b"%PDF-1.7\n"
PNG = b"\x89PNG\r\n\x1a\nrest"
JPG = b"\xff\xd8\xff\xe0rest"


def office(*parts: str, size: int = 1) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in ("[Content_Types].xml", *parts):
            archive.writestr(zipfile.ZipInfo(part), b"0" * size, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


DOCX, XLSX = office("word/document.xml"), office("xl/workbook.xml")


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("表.pdf", PDF, "application/pdf"),
        ("表.PDF", PDF, "application/pdf"),
        ("a.png", PNG, "image/png"),
        ("a.jpg", JPG, "image/jpeg"),
        ("a.jpeg", JPG, "image/jpeg"),
        ("a.docx", DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.xlsx", XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_a_file_is_what_its_name_says(name: str, data: bytes, kind: str) -> None:
    assert media_type(name, data) == kind


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.exe", b"MZ", "不能上传“.exe”的文件。"),
        ("a.svg", b"<svg/>", "不能上传“.svg”的文件。"),
        ("a.pdf.html", PDF, "不能上传“.html”的文件。"),
        ("无", PDF, "不能上传“没有扩展名”的文件。"),
        ("a.pdf", b"", "文件是空的。"),
        ("a.pdf", PNG, "文件内容不是 pdf 格式。"),
        ("a.png", PDF, "文件内容不是 png 格式。"),
        ("a.jpg", PNG, "文件内容不是 jpg 格式。"),
        ("a.docx", XLSX, "文件内容不是 docx 格式。"),
        ("a.xlsx", b"PK\x03\x04broken", "文件内容不是 xlsx 格式。"),
        ("a.docx", office("word/document.xml", "word/vbaProject.bin"), "文件里有宏。"),
        ("a.docx", office("word/document.xml", "word/VBAPROJECT.BIN"), "文件里有宏。"),
        ("a.pdf", PDF + b"0" * filetypes.LARGEST, "文件有 10.0 MB，超过 10 MB。"),
    ],
)
def test_anything_else_is_refused(name: str, data: bytes, message: str) -> None:
    with pytest.raises(CaselibError) as error:
        media_type(name, data)
    assert error.value.message == message


def test_the_largest_file_is_accepted() -> None:
    assert media_type("a.pdf", PDF.ljust(filetypes.LARGEST, b"0")) == "application/pdf"


@pytest.mark.parametrize(
    "bomb",
    [office("word/document.xml", size=110 * 1024 * 1024), office("word/document.xml", *map(str, range(5000)))],
    ids=["large", "many"],
)
def test_a_bomb_is_refused_without_unpacking_it(bomb: bytes) -> None:
    assert len(bomb) < filetypes.LARGEST
    with pytest.raises(CaselibError, match="文件展开后太大。"):
        media_type("a.docx", bomb)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("检验 报告.PDF", "检验 报告.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\桌面\\表.xlsx", "表.xlsx"),
        ("a\u202efdp.png", "afdp.png"),
        ("a\0b\n.png", "ab.png"),
        ('<b>"x"?.png', "bx.png"),
        ("...png", "附件.png"),
        (".pdf", "附件.pdf"),
        ("长" * 90 + ".pdf", "长" * 80 + ".pdf"),
        ("（一）.pdf", "（一）.pdf"),
    ],
)
def test_a_name_is_cleaned(name: str, kept: str) -> None:
    assert clean_name(name) == kept


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        (set(), "表.xlsx"),
        ({"表.XLSX"}, "表（2）.xlsx"),
        ({"表.xlsx", "表（2）.xlsx"}, "表（3）.xlsx"),
        ({"他.xlsx"}, "表.xlsx"),
    ],
)
def test_a_name_that_is_taken_gets_a_number(taken: set[str], name: str) -> None:
    assert free_name("表.xlsx", taken) == name
