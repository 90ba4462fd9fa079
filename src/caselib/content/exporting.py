"""The published library for others: the files as they are, one JSON line a document, or a sheet for a spreadsheet.

Only what the store serves goes out: files without errors, inside the tree. Work in progress is not known here.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Literal

from caselib.content.documents import Document
from caselib.content.files import write_atomically
from caselib.content.links import relative_targets
from caselib.content.models import META, Kind
from caselib.content.report import Fault, InvalidDocument
from caselib.content.store import ContentStore
from caselib.content.taxonomy import Taxonomy
from caselib.errors import CaselibError, Conflict, NotFound, reason

Format = Literal["markdown", "json", "csv"]
_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True)
class Exported:
    """Documents and files written, and what was left out because of its errors."""

    documents: int = 0
    files: int = 0
    left_out: list[Fault] = field(default_factory=list)


def export(store: ContentStore, target: Path, *, kinds: Iterable[Kind] = (), format: Format = "markdown") -> Exported:  # noqa: A002
    """Write the library to the folder or ``.zip`` file ``target``.

    Raises:
        Conflict: ``target`` exists and is not an empty folder.
        CaselibError: it cannot be written.
    """
    documents = _Documents(store, tuple(dict.fromkeys(kinds)) or tuple(Kind))
    files = {"markdown": _markdown, "json": _json_lines, "csv": _sheets}[format](store, documents)
    try:
        _refuse_used(target)
        written = _write_zip(target, files) if target.suffix.lower() == ".zip" else _write_folder(target, files)
    except OSError as error:
        raise CaselibError(f"写不进 {target}（{reason(error)}）。", "检查权限和磁盘空间，或换一个位置。") from None
    return Exported(documents.count, written, documents.left_out)


def _refuse_used(target: Path) -> None:
    used = any(target.iterdir()) if target.is_dir() else target.exists() or target.is_symlink()
    if used:
        raise Conflict(f"{target} 已经存在。", "换一个名字，或先删去它；导出不会覆盖已有的文件。")


class _Documents:
    """The documents that the store serves, read one after the other, and what was left out on the way."""

    def __init__(self, store: ContentStore, kinds: tuple[Kind, ...]) -> None:
        self.store, self.kinds = store, kinds
        self.count = 0
        self.left_out: list[Fault] = []

    def __iter__(self) -> Iterator[Document]:
        for kind in self.kinds:
            for _, slug in sorted(self.store.scan(kind)):
                try:
                    document = self.store.read(kind, slug)
                except InvalidDocument as error:
                    self.left_out += [fault for fault in error.faults if fault.level == "error"]
                except NotFound:
                    continue
                else:
                    self.count += 1
                    yield document


Files = Iterator[tuple[str, bytes]]


def _markdown(store: ContentStore, documents: _Documents) -> Files:
    seen: set[Path] = set()
    for document in documents:
        for path in (document.path, *_assets(store, document)):
            if path not in seen:
                seen.add(path)
                yield path.relative_to(store.root).as_posix(), path.read_bytes()


def _assets(store: ContentStore, document: Document) -> Iterator[Path]:
    names = {PurePosixPath(target).name for _, target in relative_targets(document.body)}
    for name in sorted(names):
        with suppress(NotFound):
            yield store.asset(document.kind, document.slug, name)


def _json_lines(_: ContentStore, documents: _Documents) -> Files:
    lines = (json.dumps(_record(document), ensure_ascii=False) for document in documents)
    yield "library.jsonl", "".join(f"{line}\n" for line in lines).encode()


def _record(document: Document) -> dict[str, Any]:
    return {
        "kind": document.kind.value,
        "slug": document.slug,
        "url": document.url,
        "digest": document.digest,
        "meta": document.meta.model_dump(mode="json", exclude_none=True),
        "summary": document.summary,
        "body": document.body,
        "sections": [asdict(section) for section in document.sections],
    }


def _sheets(store: ContentStore, documents: _Documents) -> Files:
    """One sheet for each kind, one row for each document, codes with their names; UTF-8 with a mark, for Excel."""
    for kind, rows in groupby(documents, key=lambda document: document.kind):
        fields = META[kind].model_fields
        sheet = io.StringIO(newline="")
        writer = csv.writer(sheet)
        writer.writerow([*(info.title or key for key, info in fields.items()), "网址", "正文字数"])
        for document in rows:
            cells = [_cell(key, getattr(document.meta, key), store.taxonomy) for key in fields]
            cells[list(fields).index("summary")] = document.summary
            length = sum(len(section.text) for section in document.sections)
            writer.writerow(map(_harmless, [*cells, document.url, str(length)]))
        yield f"{kind.folder}.csv", sheet.getvalue().encode("utf-8-sig")


def _cell(key: str, value: Any, taxonomy: Taxonomy) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "是"
        case list():
            return "；".join(_cell(key, item, taxonomy) for item in value)
    if key == "metrics":
        return f"{value.name}：{_figures(value)}"
    if key == "region":
        return "".join(term.name for term in taxonomy.region_path(value))
    vocabulary = taxonomy.by_key.get(key)
    if vocabulary and value in vocabulary:
        return f"{value} {vocabulary[value].name}" if key == "industry" else vocabulary[value].name
    return str(value)


def _figures(metric: Any) -> str:
    if metric.before is None or metric.after is None:
        return f"{metric.change:+g}{metric.unit}"
    return f"{metric.before:g}{metric.unit}→{metric.after:g}{metric.unit}"


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet takes for text and not for a formula."""
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) else cell


def _write_folder(target: Path, files: Files) -> int:
    count = 0
    for name, data in files:
        count += 1
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
    return count


def _write_zip(target: Path, files: Files) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with TemporaryDirectory(dir=target.parent) as folder:
        packed = Path(folder, target.name)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files:
                count += 1
                entry = zipfile.ZipInfo(name)  # of 1980, so that the same library gives the same bytes
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
        packed.rename(target)
    return count
