"""A Word document as the Markdown body of a submission: headings, lists, tables and words, nothing else.

mammoth reads the document and markdownify writes the Markdown; here the headings are put on the levels that a call asks
for. The result is a draft for its writer to look over: pictures stay behind and are counted.
"""

import re
import zipfile
from collections.abc import Collection
from io import BytesIO
from typing import Any, NamedTuple

import mammoth  # type: ignore[import-untyped]
from markdownify import markdownify

from caselib.errors import CaselibError
from caselib.review.filetypes import media_type
from caselib.review.prechecks import bare_heading

LARGEST_TEXT = 8 * 1024 * 1024
"""Bytes of a document's text part, unpacked, at most: what is more would keep the site busy for minutes."""

_HEADING = re.compile(r"^(#{1,6}) +(.*)$")


class Converted(NamedTuple):
    """The body, and how many pictures were left out of it."""

    body: str
    pictures: int


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
    _require_bounded(data)
    pictures: list[Any] = []

    def leave_out(image: Any) -> list[Any]:
        pictures.append(image)
        return []

    try:
        html = mammoth.convert_to_html(BytesIO(data), convert_image=leave_out).value
    except Exception as error:  # the library raises whatever its parsers raise
        raise CaselibError("这个 docx 文件读不出来。", "请用 Word 或 WPS 打开它，另存为 docx 再上传。") from error
    text = markdownify(html, heading_style="ATX", bullets="-", table_infer_header=True)
    return Converted(_on_levels(text, sections), len(pictures))


def _require_bounded(data: bytes) -> None:
    with zipfile.ZipFile(BytesIO(data)) as packed:
        if packed.getinfo("word/document.xml").file_size > LARGEST_TEXT:
            raise CaselibError("这个 docx 文件的文字太多。", "请删去与案例无关的内容，再上传。")


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
