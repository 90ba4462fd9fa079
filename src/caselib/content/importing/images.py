"""The images and attachments that a stranger's file shows from beside itself, copied beside ours.

They go to the folder of the slug under their own names, where the page looks for them. Nothing outside the path that
was given is read, and nothing in the library is overwritten.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from caselib.content.files import ASSET_SUFFIXES, write_atomically
from caselib.content.links import relative_targets

MAX_BYTES = 20 * 1024 * 1024


def copy_images(body: str, source: Path, base: Path, folder: Path, dry_run: bool) -> list[str]:
    """Copy what ``body`` names relative to ``source`` into ``folder``; what was done and what was not, to be read."""
    copied = 0
    left: list[str] = []
    for name, path in sorted(_named(body, source).items()):
        fault = _fault(path, base) or _put(path, folder / name, dry_run)
        copied += not fault
        left += [f"{name}（{fault}）"] if fault else []
    notes = [f"正文引用的图片和附件 {copied} 个放在 {folder.parent.name}/{folder.name}/"] if copied else []
    if left:
        more = f"等 {len(left)} 个" if len(left) > 3 else ""
        notes.append(f"没有带来的图片和附件：{'、'.join(left[:3])}{more}")
    return notes


def _named(body: str, source: Path) -> dict[str, Path]:
    """The files named, by the name they will have."""
    targets: Iterator[str] = (target for _, target in relative_targets(body))
    paths = (source.parent / target for target in targets if "\0" not in target)
    return {path.name: path for path in paths if path.suffix.lower() in ASSET_SUFFIXES}


def _fault(path: Path, base: Path) -> str:
    try:
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(base)):
            return "在给定文件夹之外"
        if not path.is_file():
            return "不存在"
        return "超过 20 MB" if path.stat().st_size > MAX_BYTES else ""
    except OSError as error:
        return f"读不出：{error.strerror}"


def _put(path: Path, target: Path, dry_run: bool) -> str:
    try:
        data = path.read_bytes()
        if target.exists():
            return "" if target.read_bytes() == data else "库里已有同名而不同的文件"
        if not dry_run:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(target, data)
    except OSError as error:
        return f"读写出错：{error.strerror}"
    return ""
