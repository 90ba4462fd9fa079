"""Looking at every file of a content tree, and at what they say of each other.

One bad file never hides another: each is read by itself, and every finding is a ``Fault``. Nothing is changed.

What a file says by itself is kept until the file changes; what it says of others is held against them at every look.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from caselib.content import insights, slugs
from caselib.content.advice import advice
from caselib.content.documents import read
from caselib.content.files import ASSET_SUFFIXES, read_bounded, shown, state_of
from caselib.content.frontmatter import KeyLines
from caselib.content.links import relative_targets
from caselib.content.models import Batch, Kind, as_list
from caselib.content.report import Fault, FileFault
from caselib.errors import reason

if TYPE_CHECKING:
    from caselib.content.store import ContentStore

_OTHER_SUFFIXES = frozenset({".markdown", ".mdown", ".mkd", ".mdx", ".txt"})
"""Files that their writer may believe to be documents."""
_CHINA = timezone(timedelta(hours=8))
_REFERENCES = (
    (Kind.CASE, "guides", Kind.GUIDE),
    (Kind.CASE, "batch", Kind.BATCH),
    (Kind.GUIDE, "supersedes", Kind.GUIDE),
)
"""Keys that name other documents: the kind they stand in, the key, the kind they name."""
_BATCH = TypeAdapter(Batch)


@dataclass(frozen=True)
class _Looked:
    """What one file says: what is wrong with it by itself, and what it says of others, which may come and go.

    ``references`` are lines, keys, and the kind and slug that each names; ``targets`` are lines and files beside it;
    ``published`` is the day that it gives itself, with the line.
    """

    faults: list[Fault]
    references: list[tuple[int, str, Kind, str]] = field(default_factory=list)
    targets: list[tuple[int, str]] = field(default_factory=list)
    published: tuple[int, date] | None = None


class Checker:
    """Checks one tree as often as it is asked; only files that changed since are read. Not for two threads at once."""

    def __init__(self, store: "ContentStore") -> None:
        self._store = store
        self._looked: dict[str, tuple[object, _Looked]] = {}
        self._taxonomy = store.taxonomy

    def faults(self) -> list[Fault]:
        """Every fault of every file, sorted by path and line."""
        store = self._store
        if store.taxonomy is not self._taxonomy:
            self._taxonomy, self._looked = store.taxonomy, {}
        before, self._looked = self._looked, {}
        faults = [*self._taxonomy.faults, *insights.load(store.root)[1]]
        known = {kind: {slug for _, slug in store.scan(kind)} for kind in (Kind.GUIDE, Kind.BATCH)}
        for kind in Kind:
            for entry in _folder(store, kind):
                faults += [entry] if isinstance(entry, Fault) else self._document(kind, entry, before, known)
        return sorted([*faults, *_rings(self._looked)])

    def _document(
        self, kind: Kind, path: Path, before: dict[str, tuple[object, _Looked]], known: dict[Kind, set[str]]
    ) -> list[Fault]:
        place, state = _place(kind, path.name), state_of(path)
        kept = before.get(place)
        looked = kept[1] if kept and state and kept[0] == state else _look(self._store, kind, path)
        self._looked[place] = state, looked
        found = [*looked.faults, *_dangling(looked, place, known), *_ahead(looked, place)]
        for line, target in looked.targets:
            found += _neighbour(path, target, Fault(place, line, "warning", "", ""), self._store)
        return found


def passed_over(store: "ContentStore") -> list[Fault]:
    """The errors of what the store does not find, and so the index does not hear of; no other file is read."""
    found = {stamp.file for stamp in store.scan().values()}
    faults: list[Fault] = []
    for kind in Kind:
        for entry in _folder(store, kind):
            if isinstance(entry, Fault):
                faults.append(entry)
            elif str(entry) not in found:
                faults += _look(store, kind, entry).faults
    return sorted(fault for fault in faults if fault.level == "error")


def _folder(store: "ContentStore", kind: Kind) -> Iterator[Fault | Path]:
    """The document files of a folder, and what is wrong with everything else in it."""
    folder = store.folder(kind)
    if not store.inside(folder):
        yield Fault(kind.folder, 1, "error", "文件夹是符号链接，指向内容目录之外。", "换成真正的文件夹。")
        return
    try:
        names = sorted(path.name for path in folder.iterdir() if not _ignored(path.name))
    except FileNotFoundError:
        return
    except OSError as error:
        yield Fault(kind.folder, 1, "error", f"读不出这个文件夹（{reason(error)}）。", "检查它的类型和权限。")
        return
    yield from _same_slugs(kind, names)
    for name in names:
        yield from _entry(store, kind, folder / name)


def _ignored(name: str) -> bool:
    return name.startswith((".", "#")) or name.endswith(("~", ".tmp", ".swp", ".bak"))


def _same_slugs(kind: Kind, names: list[str]) -> Iterator[Fault]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if name.lower().endswith(".md"):
            groups[slugs.fold(name[:-3])].append(name)
    for slug, same in groups.items():
        keeper = f"{slug}.md" if f"{slug}.md" in same else same[0]
        for name in same:
            if name != keeper:
                message = f"与 {shown(keeper)} 是同一个地址，只差大小写或字符的写法。"
                yield Fault(_place(kind, name), 1, "error", message, "比较两个文件，留下一个，或给一个改名。")


def _entry(store: "ContentStore", kind: Kind, path: Path) -> Iterator[Fault | Path]:
    place = _place(kind, path.name)
    if path.is_symlink():
        if not store.inside(path):
            yield Fault(place, 1, "error", "符号链接指向内容目录之外。", "把原文件复制进来，替换这个链接。")
            return
        if not path.exists():
            yield Fault(place, 1, "error", "符号链接指向的文件不存在。", "改正链接，或删去它。")
            return
    if path.suffix == ".md":
        yield path
    elif path.is_dir():
        yield from _nested(kind, path)
    elif path.suffix.lower() == ".md" or path.suffix.lower() in _OTHER_SUFFIXES:
        yield Fault(place, 1, "warning", "扩展名不是 .md，不会被收录。", "把扩展名改成小写的 .md，或移走它。")


def _nested(kind: Kind, folder: Path) -> Iterator[Fault]:
    for path in sorted(folder.rglob("*.md")):
        place = _place(kind, str(path.relative_to(folder.parent)))
        yield Fault(place, 1, "warning", "子文件夹里的 .md 不会被收录。", f"移到 {kind.folder}/ 下。")


def _look(store: "ContentStore", kind: Kind, path: Path) -> _Looked:
    place = _place(kind, path.name)
    unfit = slugs.fault(path.stem)
    faults = [Fault(place, 1, "error", f"文件名{unfit}", slugs.RULE)] if unfit else []
    try:
        data = read_bounded(path)
    except FileNotFoundError:
        return _Looked(faults)
    except FileFault as unreadable:
        return _Looked([*faults, unreadable.at(place)])
    found = read(kind, path.stem, path, data, store.taxonomy)
    faults += found.faults
    if found.parts is None:
        return _Looked(faults)
    first = found.parts.body_line - 1
    targets = [(first + line, target) for line, target in relative_targets(found.parts.body)]
    wrong = {fault.line for fault in faults if fault.level == "error"}
    references = list(_references(kind, found.values, found.lines, wrong))
    if (document := found.document) is None:
        return _Looked(faults, references, targets)
    faults += advice(document, found.lines, found.parts.body_line, place)
    day = document.meta.published
    return _Looked(faults, references, targets, (found.lines("published"), day) if day else None)


def _references(
    kind: Kind, values: dict[str, Any], lines: KeyLines, wrong: set[int]
) -> Iterator[tuple[int, str, Kind, str]]:
    """What the values name, those on ``wrong`` lines left out; 3, 03 and 3.0 are one batch."""
    for own, key, other in _REFERENCES:
        if own is kind and values.get(key) is not None and lines(key) not in wrong:
            for value in as_list(values[key]):
                slug = str(_BATCH.validate_python(value) if other is Kind.BATCH else value).strip()
                yield lines(key), key, other, slug


def _dangling(looked: _Looked, place: str, known: dict[Kind, set[str]]) -> Iterator[Fault]:
    for line, key, other, slug in looked.references:
        if slug not in known[other]:
            message = f"{key} 指向的{other.label} {slug} 不存在。"
            yield Fault(place, line, "warning", message, f"改正名称，或补上 {other.folder}/{slug}.md。")


def _ahead(looked: _Looked, place: str) -> Iterator[Fault]:
    if looked.published and looked.published[1] > datetime.now(_CHINA).date():
        line, day = looked.published
        message = f"published 是将来的日期（{day}），而这个文件现在就公开。"
        yield Fault(place, line, "warning", message, "改成实际发布的日期；到那天才公开的，到那天再放进来。")


def _rings(looked: dict[str, tuple[object, _Looked]]) -> Iterator[Fault]:
    """Guides that by way of what they supersede supersede themselves."""
    older = {
        place.removeprefix(f"{Kind.GUIDE.folder}/").removesuffix(".md"): (place, line, slug)
        for place, (_, each) in looked.items()
        for line, key, _, slug in each.references
        if key == "supersedes"
    }
    for guide, (place, line, slug) in older.items():
        chain = [guide]
        while slug in older and slug not in chain:
            chain.append(slug)
            slug = older[slug][2]
        if slug == guide:
            ring = " 代替 ".join([*chain, guide])
            said = f"supersedes 绕成了一圈：{ring}。" if chain[1:] else "supersedes 说这份指南代替了它自己。"
            yield Fault(place, line, "warning", said, "写被代替的旧版的文件名；没有旧版就删去这一行。")


def _neighbour(path: Path, target: str, at: Fault, store: "ContentStore") -> Iterator[Fault]:
    # The site serves an image by its name alone, from the folder of the document's slug or from beside the document.
    written, name = path.parent / target, Path(target).name
    served = (path.parent / path.stem / name, path.parent / name)
    found = [near for near in ((written,) if name.endswith(".md") else served) if _exists(near)]
    if _exists(written) and not store.inside(written):
        yield replace(at, message=f"正文引用的 {shown(target)} 在内容目录之外。", remedy="把文件放到文档旁边。")
    elif not found:
        folder = at.path.removesuffix(".md")
        remedy = f"把文件放到文档旁边，或放到 {folder}/ 里；也可能是引用的地址写错了。"
        yield replace(at, message=f"找不到正文引用的文件 {shown(target)}。", remedy=remedy)
    elif found[0].suffix.lower() not in {*ASSET_SUFFIXES, ".md"}:
        kinds = "、".join(sorted(suffix[1:] for suffix in ASSET_SUFFIXES))
        yield replace(at, message=f"站点不提供 {shown(target)} 这种文件。", remedy=f"换成 {kinds} 之一。")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _place(kind: Kind, name: str) -> str:
    return f"{kind.folder}/{shown(name)}"
