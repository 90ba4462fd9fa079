"""The images and attachments that a stranger's file shows from beside itself, copied beside ours.

They go to the folder of the slug under their own names, where the page looks for them whatever folder the text names:
so the text stays as it is, and a library that was exported is read where its pages looked. Nothing outside the path
that was given is read, and nothing in the library is overwritten.
"""

import re
import stat
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from caselib.content.files import ASSET_SUFFIXES, lies_in, write_atomically
from caselib.content.importing.finding import SUFFIXES
from caselib.content.links import embeds, relative_targets, targets
from caselib.errors import reason

MAX_BYTES = 20 * 1024 * 1024
_ABSENT = "不存在"
_NOT_SERVED = "站点不提供这种文件"
_ON_A_DISK = re.compile(r"[A-Za-z]:[\\/]|file:", re.IGNORECASE)


def copy_images(body: str, source: Path, base: Path, folder: Path, dry_run: bool) -> list[str]:
    """Copy what ``body`` names relative to ``source`` into ``folder``; what was done and what was not, to be read."""
    copied = 0
    left: list[str] = []
    for name, paths in sorted(_named(body, source, base).items()):
        faults = {path: _fault(path, base) for path in paths}
        served = (source.with_suffix("") / name, source.parent / name)
        if set(faults.values()) == {_ABSENT} or source.parent.name == folder.parent.name:
            faults = next(({path: ""} for path in served if not _fault(path, base)), faults)
        if sound := [path for path, fault in faults.items() if not fault]:
            faults[sound[0]] = fault = _put(sound, folder / name, dry_run)
            copied += not fault
        left += [f"{name}（{fault}）" for fault in faults.values() if fault]
    left += dict.fromkeys(_never_shown(body))
    notes = [f"正文引用的图片和附件 {copied} 个放在 {folder.parent.name}/{folder.name}/"] if copied else []
    if left:
        more = f"等 {len(left)} 个" if len(left) > 3 else ""
        notes.append(f"没有带来的图片和附件：{'、'.join(left[:3])}{more}")
    return notes


def _named(body: str, source: Path, base: Path) -> dict[str, list[Path]]:
    """The files named, by the name they will have: of two folders' files with one name only one can lie in the case's."""
    paths = (source.parent / target for _, target in relative_targets(body) if "\0" not in target)
    named: dict[str, list[Path]] = {}
    for path in paths:
        suffix = path.suffix.lower()
        if suffix in ASSET_SUFFIXES or (suffix not in SUFFIXES and _fault(path, base) == _NOT_SERVED):
            named.setdefault(path.name, []).append(path)
    return named


def _never_shown(body: str) -> Iterator[str]:
    """The images in the text itself or on the disk of somebody's computer, which no page loads; and what is no Markdown."""
    for _, target in targets(body):
        if _ON_A_DISK.match(target):
            yield f"{PureWindowsPath(target).name}（在写稿人的电脑里）"
        elif target.startswith("data:image"):
            yield "data:image（嵌在正文里，站点不显示）"
    for name in embeds(body):
        yield f"{name}（写成了 ![[…]]，要改成 ![](…)）"


def _fault(path: Path, base: Path) -> str:
    try:
        if not lies_in(path, base):
            return "在给定文件夹之外"
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return _ABSENT
        if path.suffix.lower() not in ASSET_SUFFIXES:
            return _NOT_SERVED
        return "超过 20 MB" if status.st_size > MAX_BYTES else ""
    except (FileNotFoundError, NotADirectoryError):
        return _ABSENT
    except OSError as error:
        return f"读不出：{reason(error)}"


def _put(paths: list[Path], target: Path, dry_run: bool) -> str:
    try:
        data, *others = {path.read_bytes() for path in paths}
        if others:  # the page would show one in the place of the other
            return f"有 {len(paths)} 个同名而不同的文件，请先改名"
        if target.exists():
            return "" if target.read_bytes() == data else "库里已有同名而不同的文件"
        if not dry_run:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(target, data)
    except OSError as error:
        return f"读写出错：{reason(error)}"
    return ""
