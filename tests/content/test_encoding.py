import codecs
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from caselib.content.encoding import complaints, decode
from caselib.content.importing import decoding as importing
from caselib.content.report import Fault, FileFault
from tests.content.trees import CASE


def fault(data: bytes) -> FileFault:
    with pytest.raises(FileFault) as caught:
        decode(data)
    return caught.value


def test_utf8_is_read_as_it_is() -> None:
    assert decode(CASE.encode()) == CASE
    assert complaints(CASE.encode(), "cases/x.md") == []


def test_a_byte_order_mark_is_dropped_and_complained_of() -> None:
    data = codecs.BOM_UTF8 + CASE.encode()
    assert decode(data) == CASE
    assert complaints(data, "cases/x.md") == [
        Fault(
            "cases/x.md",
            1,
            "warning",
            "文件开头有 BOM。",
            "在编辑器里另存为“UTF-8（无 BOM）”，或运行 sed -i '1s/^\\xEF\\xBB\\xBF//' cases/x.md。",
        )
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (CASE.replace("\n", "\r\n"), "换行是 Windows 式的（CRLF）。"),
        (CASE.replace("\n", "\r"), "换行是老式 Mac 的（CR）。"),
        (CASE.replace("\n", "\r\n", 3).replace("2022\n", "2022\r"), "换行是老式 Mac 的（CR）。"),
    ],
)
def test_foreign_line_ends_are_read_and_complained_of_with_what_mends_them(
    tmp_path: Path, data: str, message: str
) -> None:
    path = tmp_path / "x.md"
    path.write_bytes(data.encode())
    assert decode(data.encode()) == CASE
    (found,) = complaints(data.encode(), str(path))
    assert (found.line, found.message) == (1, message)
    command = found.remedy.removeprefix("在编辑器里把换行改成 LF，或运行 ").removesuffix("。")
    subprocess.run(shlex.split(command), check=True)
    assert path.read_bytes().rstrip() == CASE.rstrip().encode()


def test_the_first_foreign_line_end_is_the_one_named() -> None:
    assert [fault.line for fault in complaints("一\n二\r\n三\r\n".encode(), "x")] == [2]


def test_gbk_is_recognised_and_the_way_to_convert_it_told() -> None:
    caught = fault(CASE.encode("gbk"))
    assert (caught.line, caught.message) == (2, "文件是 GBK 编码。")
    assert caught.remedy == "另存为 UTF-8，或运行 iconv -f GBK -t UTF-8 原文件 > 新文件。"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_refused(encoding: str) -> None:
    caught = fault(("\ufeff" if encoding != "utf-16" else "").encode(encoding) + CASE.encode(encoding))
    assert caught.message == "文件是 UTF-16 编码。"


def test_one_bad_byte_in_utf8_is_not_taken_for_gbk_and_its_place_is_told() -> None:
    data = CASE.encode().replace("某包装".encode(), b"\xff" + "某包装".encode())
    caught = fault(data)
    assert (caught.line, caught.message) == (9, "这一行第 1 个字节不是 UTF-8。")


def test_a_bad_character_in_utf8_is_not_taken_for_gbk_even_if_all_would_read_as_gbk() -> None:
    data = b"\n" + ("质量管理体系" * 5).encode().replace("管".encode(), "管".encode()[:1], 1)
    assert data.decode("gb18030") != ""
    caught = fault(data)
    assert (caught.line, caught.message) == (2, "这一行第 7 个字节不是 UTF-8。")


def test_a_text_cut_inside_a_character_is_told_at_its_end() -> None:
    caught = fault("---\n标题".encode()[:-1])
    assert (caught.line, caught.message) == (2, "这一行第 4 个字节不是 UTF-8。")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_place_is_told_by_the_lines_that_an_editor_shows(end: str) -> None:
    lines = f"一{end}二{end}ab".encode()
    caught = fault(lines + b"\xff" + f"{end}四".encode())
    assert (caught.line, caught.message) == (3, "这一行第 3 个字节不是 UTF-8。")
    assert fault(lines + b"\0").line == 3


@pytest.mark.parametrize(
    ("data", "called"),
    [
        (b"PK\x03\x04\x14\0[Content_Types].xml\nword/document.xml", "Word 文档（.docx）"),
        (b"PK\x03\x04\x14\0cases/a.md", "压缩包"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "旧版 Office 文档（.doc 等）"),
        (b"%PDF-1.7\n", "PDF"),
        (b"{\\rtf1 x}", "RTF 文档"),
    ],
)
@pytest.mark.parametrize("read", [decode, importing.decode])
def test_what_was_only_renamed_to_md_is_called_what_it_is(
    read: Callable[[bytes], object], data: bytes, called: str
) -> None:
    with pytest.raises(FileFault) as caught:
        read(data)
    assert (caught.value.line, caught.value.message) == (1, f"这是{called}，不是 Markdown 文本。")


def test_a_file_with_null_bytes_is_no_text() -> None:
    caught = fault(b"---\nab\0c\n")
    assert (caught.line, caught.message) == (2, "文件里有空字符，多半不是文本文件。")
