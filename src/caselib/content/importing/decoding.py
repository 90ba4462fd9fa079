"""Bytes from anywhere to text: UTF-8, UTF-16, GBK (GB 18030) or Big5, found by strict tries and told in the report.

A guess that is wrong spoils a text for good, so text in an encoding that cannot be told for sure is refused: what is
read as GBK or Big5 must consist of the characters that people write.
"""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

from caselib.content.encoding import line_and_byte, refuse_other_formats
from caselib.content.report import FileFault

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_LEGACY = (("gb18030", "GBK", "gb2312", b"\xa1", b"\xd8"), ("big5hkscs", "Big5", "big5", b"\xa1", b"\xc7"))
"""Codec, its name for people, the codec of its common characters, and the range of their first byte."""
_SURE = 0.8
"""UTF-8 with a broken byte, read as either, stays below 0.6; real GBK and Big5 texts lie above 0.9."""
_BINARY = "换成 Markdown 文本文件；Word、PDF 等先另存为 Markdown 或纯文本。"


def decode(data: bytes) -> tuple[str, list[str]]:
    r"""The text of ``data``, line ends as ``\n`` and without a byte-order mark; and what had to be changed.

    Raises:
        FileFault: not text, or in an encoding that cannot be told for sure.
    """
    refuse_other_formats(data)
    text, notes = _decode(data)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        notes.append("换行改成了 LF")
    found = _CONTROL.findall(text)
    if "\0" in found or len(found) * 10 > len(text):
        line = text.count("\n", 0, text.index(found[0])) + 1
        raise FileFault(line, "满是文本里不会有的控制字符，多半不是文本文件。", _BINARY)
    return text, notes


def _decode(data: bytes) -> tuple[str, list[str]]:
    if data.startswith(BOM_UTF8):
        return _strictly(data[3:], "utf-8"), ["去掉了开头的 BOM"]
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return _strictly(data, "utf-16"), ["从 UTF-16 转成了 UTF-8"]
    if b"\0" in data:
        return _strictly(data, _utf16_without_mark(data)), ["从 UTF-16 转成了 UTF-8"]
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as error:
        return _legacy(data, error)


def _strictly(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        line, _ = line_and_byte(data, error.start)
        raise FileFault(line, f"开头说是 {codec.upper()}，却读不通。", "从原稿重新保存为 UTF-8。") from None


def _utf16_without_mark(data: bytes) -> str:
    """UTF-16 text has its zero bytes on one side: every line feed is one."""
    if len(data) % 2 == 0:
        for codec, line_feed, other_side in (("utf-16-le", b"\n\0", data[::2]), ("utf-16-be", b"\0\n", data[1::2])):
            if line_feed in data and b"\0" not in other_side:
                return codec
    raise FileFault(1, "文件里有空字符，多半不是文本文件。", _BINARY)


def _legacy(data: bytes, error: UnicodeDecodeError) -> tuple[str, list[str]]:
    tries = [(_likelihood(data, *codecs), codecs[0], codecs[1]) for codecs in _LEGACY]
    likelihood, codec, name = max(tries)
    if likelihood >= _SURE:
        return data.decode(codec), [f"从 {name} 转成了 UTF-8"]
    line, column = line_and_byte(data, error.start)
    message = f"第 {column} 个字节起不是 UTF-8，也认不出是哪种编码。"
    raise FileFault(line, message, "用编辑器打开，确认文字正常后另存为 UTF-8 再导入。")


def _likelihood(data: bytes, codec: str, _: str, common: str, first: bytes, end: bytes) -> float:
    """The share of common characters among those that are not ASCII, if ``data`` is read as ``codec``; -1 if not."""
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return -1
    letters = "".join(_NOT_ASCII.findall(text))
    usual = sum(first <= letter.encode(common, "ignore")[:1] < end for letter in letters)
    return usual / len(letters)
