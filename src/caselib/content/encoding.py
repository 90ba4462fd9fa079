"""Bytes to text: UTF-8 only, and what to tell the writer of anything else.

A byte-order mark and Windows line ends are read and complained of; GBK and UTF-16 are recognised and refused, since
a guess that is wrong once spoils a text for good.
"""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

from caselib.content.report import Fault, FileFault

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What nobody sees in an editor and no browser, feed reader or table should be given; tabs and line ends are none."""
_OTHERS = (
    (re.compile(rb"PK\x03\x04.*word/", re.DOTALL), "Word 文档（.docx）"),
    (re.compile(rb"PK\x03\x04"), "压缩包"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "旧版 Office 文档（.doc 等）"),
    (re.compile(rb"%PDF-"), "PDF"),
    (re.compile(rb"\{\\rtf"), "RTF 文档"),
)
"""How files begin that people rename to .md."""


def refuse_other_formats(data: bytes) -> None:
    """Raise a FileFault if these are the bytes of a Word document, an archive or a PDF, whatever its name says."""
    if called := next((name for sign, name in _OTHERS if sign.match(data)), ""):
        remedy = "改扩展名没有用；先另存为纯文本或转成 Markdown（例如用 pandoc），压缩包先解开。"
        raise FileFault(1, f"这是{called}，不是 Markdown 文本。", remedy)


def without_controls(text: str) -> str:
    """``text`` without control characters; for one that is white space stands a space."""
    return CONTROLS.sub(lambda found: " " if found[0].isspace() else "", text)


def decode(data: bytes) -> str:
    r"""The text of ``data`` without a byte-order mark and with every line end as ``\n``.

    Raises:
        FileFault: not UTF-8 text; the line of the first bad byte is given.
    """
    refuse_other_formats(data)
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _not_utf8(data, error) from None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise _not_text(data)
    return text


def complaints(data: bytes, path: str) -> list[Fault]:
    """Warnings about a file that can be read but was saved in an unusual way."""
    found = []
    if data.startswith(BOM_UTF8):
        remedy = f"在编辑器里另存为“UTF-8（无 BOM）”，或运行 sed -i '1s/^\\xEF\\xBB\\xBF//' {path}。"
        found.append(Fault(path, 1, "warning", "文件开头有 BOM。", remedy))
    if b"\r" in data:
        line = data.count(b"\n", 0, data.index(b"\r")) + 1
        message, script = "换行是 Windows 式的（CRLF）。", r"s/\r$//"
        if data.count(b"\r") > data.count(b"\r\n"):
            message, script = "换行是老式 Mac 的（CR）。", r"s/\r$//;s/\r/\n/g"
        remedy = f"在编辑器里把换行改成 LF，或运行 sed -i '{script}' {path}。"
        found.append(Fault(path, line, "warning", message, remedy))
    return found


def line_and_byte(data: bytes, offset: int) -> tuple[int, int]:
    """The line and the byte of that line, both from 1, as an editor counts them: whatever system the line ends are of."""
    before = data[:offset].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return before.count(b"\n") + 1, len(before) - before.rfind(b"\n")


def _not_utf8(data: bytes, error: UnicodeDecodeError) -> FileFault:
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return FileFault(1, "文件是 UTF-16 编码。", "在编辑器里另存为 UTF-8。")
    if b"\0" in data:
        return _not_text(data)
    line, column = line_and_byte(data, error.start)
    if _looks_gbk(data):
        return FileFault(line, "文件是 GBK 编码。", "另存为 UTF-8，或运行 iconv -f GBK -t UTF-8 原文件 > 新文件。")
    return FileFault(line, f"这一行第 {column} 个字节不是 UTF-8。", "改正这一处，或从原稿重新保存为 UTF-8。")


def _not_text(data: bytes) -> FileFault:
    return FileFault(
        line_and_byte(data, data.index(b"\0"))[0], "文件里有空字符，多半不是文本文件。", "换成 UTF-8 编码的文本文件。"
    )


def _looks_gbk(data: bytes) -> bool:
    """GBK reads without a fault, and UTF-8 fails all over the text and not in one place."""
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    read = data.decode("utf-8", "replace")
    return read.count("\ufffd") * 3 > sum(character > "\x7f" for character in read)
