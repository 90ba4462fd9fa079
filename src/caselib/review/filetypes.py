"""What an attachment is, by its first bytes and its name together, and the name it is kept under.

A file whose content is not what its name says is refused. Nothing is unpacked and nothing is rendered here.
"""

import re
import unicodedata
import zipfile
from io import BytesIO

from caselib.errors import CaselibError

LARGEST = 10 * 1024 * 1024
"""Bytes of one attachment, at most."""
LARGEST_UNPACKED = 200 * 1024 * 1024
MOST_PARTS = 5000
"""Bounds on what a packed document says it holds: more is taken for a bomb."""

_OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES = {
    ".pdf": "application/pdf",
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
_MAIN_PART = {".docx": "word/document.xml", ".xlsx": "xl/workbook.xml"}
_SIGNATURES = {".pdf": b"%PDF-", ".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff"}
_UNFIT = re.compile(r'[<>:"|?*/\\]')
_LONGEST_STEM = 80


def media_type(name: str, data: bytes) -> str:
    """The media type of an attachment.

    Raises:
        CaselibError: it is empty, too large, of another type than allowed, or not what its name says.
    """
    suffix = _suffix(name)
    if suffix not in TYPES:
        raise CaselibError(f"不能上传“{suffix or '没有扩展名'}”的文件。", "可以上传 pdf、docx、xlsx、png、jpg。")
    if not data:
        raise CaselibError("文件是空的。", "请检查原文件后重新上传。")
    if len(data) > LARGEST:
        raise CaselibError(
            f"文件有 {len(data) / 1024 / 1024:.1f} MB，超过 {LARGEST // 1024 // 1024} MB。",
            "请压缩图片或拆成几个文件。",
        )
    if suffix in _MAIN_PART:
        _check_office(suffix, data)
    elif not data.startswith(_SIGNATURES[suffix]):
        raise _mismatch(suffix)
    return TYPES[suffix]


def clean_name(name: str) -> str:
    """The name a file is kept and shown under: no folders, no invisible characters, none that a system refuses."""
    suffix = _suffix(name)
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    stem = last[: len(last) - len(suffix)] if suffix else last
    visible = "".join(character for character in stem if character.isprintable())
    plain = " ".join(_UNFIT.sub("", visible).split()).strip(". ")
    return (plain[:_LONGEST_STEM].rstrip(". ") or "附件") + suffix


def free_name(name: str, taken: set[str]) -> str:
    """``name``, or with the first number that makes it differ from those taken: 表（2）.xlsx."""
    stem, dot, suffix = name.rpartition(".")
    number, candidate = 1, name
    while candidate.casefold() in {other.casefold() for other in taken}:
        number += 1
        candidate = f"{stem}（{number}）{dot}{suffix}"
    return candidate


def _suffix(name: str) -> str:
    match = re.search(r"\.[A-Za-z0-9]{1,8}$", name.strip())
    return match[0].lower() if match else ""


def _check_office(suffix: str, data: bytes) -> None:
    try:
        parts = zipfile.ZipFile(BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise _mismatch(suffix) from None
    names = {part.filename for part in parts}
    if not {"[Content_Types].xml", _MAIN_PART[suffix]} <= names:
        raise _mismatch(suffix)
    if any(name.casefold().endswith("vbaproject.bin") for name in names):
        raise CaselibError("文件里有宏。", "请另存为不带宏的 docx 或 xlsx 再上传。")
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise CaselibError("文件展开后太大。", "请删去其中的大图或多余的工作表，再上传。")


def _mismatch(suffix: str) -> CaselibError:
    return CaselibError(f"文件内容不是 {suffix[1:]} 格式。", "请用原来的软件另存为正确的格式，不要只改扩展名。")
