"""The Markdown files under the paths that somebody names, in a fixed order, and what there cannot be read.

A folder is walked without following symbolic links; nothing outside the given path is ever read. A file that is named
itself is taken whatever it is called, unless Word wrote it or it is an archive.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from caselib.content.files import lies_in
from caselib.content.models import Kind
from caselib.errors import CaselibError, reason

SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mdx"})
_WORD = frozenset({".docx", ".doc", ".docm", ".wps", ".rtf", ".odt"})
_TEXT = frozenset({".txt", ".text"})
_NO_WORD = CaselibError("Word 文件不能导入。", "由报送单位在网上填报时上传，或先转成 Markdown（例如用 pandoc）再导入。")
_PACKED = frozenset({".zip", ".rar", ".7z", ".tar", ".gz", ".tgz"})
_NO_ARCHIVE = CaselibError(
    "压缩包要先解开才能导入。", "解开后导入其中的文件夹；本站导出的，案例在 cases/，指南在 guides/（加 --kind guide）。"
)
_NO_MARKDOWN = "扩展名不是 .md。是 Markdown 文字的，改扩展名，或直接给出这个文件的路径。"
_LINKED_OUTSIDE = CaselibError("符号链接指向给定文件夹之外。", "把原文件复制进来，或直接给出原文件的路径。")


@dataclass(frozen=True)
class Found:
    """One file; ``base`` is the folder given. ``fault`` says why it cannot be read, ``skipped`` why it need not be."""

    path: Path
    base: Path
    fault: CaselibError | None = None
    skipped: str = ""


def find(paths: Iterable[Path], kind: Kind) -> Iterator[Found]:
    """Every Markdown file under ``paths``, in the order given and then by name; other texts, and other kinds, as passed over."""
    for found in _find(paths):
        other = "" if found.fault or found.skipped else _of_another_kind(found.path, kind)
        yield replace(found, skipped=other) if other else found


def _of_another_kind(path: Path, kind: Kind) -> str:
    """Why a file of a tree such as ours is none of this kind: a guide that says where it is would pass for a case."""
    folder = path.absolute().parent
    for other in Kind:
        if other is not kind and folder.name == other.folder:
            if other in (Kind.CASE, Kind.GUIDE):
                return f"在 {other.folder}/ 里，是{other.label}。要导入它，用 --kind {other}。"
            if (folder.parent / kind.folder).is_dir():
                return f"在 {other.folder}/ 里，是{other.label}，不用导入，直接复制文件。"
    return ""


def _find(paths: Iterable[Path]) -> Iterator[Found]:
    for path in paths:
        try:
            path.lstat()
        except OSError as error:
            yield Found(path, path.parent, CaselibError(f"{reason(error)}。", "检查路径和权限。"))
        else:
            yield from _walk(path) if path.is_dir() else [_named(path)]


def _named(path: Path) -> Found:
    suffix = path.suffix.lower()
    return Found(path, path.parent, _NO_WORD if suffix in _WORD else _NO_ARCHIVE if suffix in _PACKED else None)


def _walk(base: Path) -> Iterator[Found]:
    unreadable: list[OSError] = []
    for folder, subfolders, names in os.walk(base, onerror=unreadable.append):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in [*names, *subfolders]:
            path = Path(folder, name)
            if path.is_symlink():
                names = [other for other in names if other != name]
                yield from _link(path, base)
        for name in sorted(names):
            if not name.startswith((".", "~$")):
                yield from _file(Path(folder, name), base)
    for error in unreadable:
        fault = CaselibError(f"读不出这个文件夹（{reason(error)}）。", "检查权限。")
        yield Found(Path(str(error.filename)), base, fault)


def _file(path: Path, base: Path) -> Iterator[Found]:
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        yield Found(path, base)
    elif suffix in _WORD:
        yield Found(path, base, skipped=f"{_NO_WORD.message}{_NO_WORD.remedy}")
    elif suffix in _TEXT:
        yield Found(path, base, skipped=_NO_MARKDOWN)


def _link(path: Path, base: Path) -> Iterator[Found]:
    if not lies_in(path, base):
        yield Found(path, base, _LINKED_OUTSIDE)
    elif path.suffix.lower() in SUFFIXES:
        yield Found(path, base, skipped="符号链接，指向给定文件夹里的另一个文件，随那个文件导入")
