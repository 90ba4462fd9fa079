"""The published library for others: the files as they are, one JSON line a document, or a sheet for a spreadsheet.

Only what the store serves goes out: files without errors, inside the tree. Work in progress is not known here.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from caselib.content.documents import Document
from caselib.content.files import ASSET_SUFFIXES, write_atomically
from caselib.content.links import relative_targets
from caselib.content.models import META, Kind
from caselib.content.report import InvalidDocument, Problem
from caselib.content.store import ContentStore
from caselib.content.taxonomy import Taxonomy
from caselib.errors import CaselibError, Conflict, NotFound

Format = Literal["markdown", "json", "csv"]
_STAMP = (1980, 1, 1, 0, 0, 0)
"""The time of every entry of a ZIP file, so that the same library gives the same bytes."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Exported:
    """Documents and files written, and what was left out because of its errors."""

    documents: int = 0
    files: int = 0
    left_out: list[Problem] = field(default_factory=list)


def export(store: ContentStore, target: Path, *, kinds: Iterable[Kind] = (), format: Format = "markdown") -> Exported:  # noqa: A002
    """Write the library to the folder or ``.zip`` file ``target``.

    Raises:
        Conflict: ``target`` exists and is not an empty folder.
        CaselibError: it cannot be written.
    """
    _refuse_used(target)
    left_out: list[Problem] = []
    documents = list(_documents(store, tuple(kinds) or tuple(Kind), left_out))
    write = {"markdown": _markdown, "json": _json_lines, "csv": _sheets}[format]
    files = dict(write(store, documents))
    try:
        _write_zip(target, files) if target.suffix.lower() == ".zip" else _write_folder(target, files)
    except OSError as error:
        raise CaselibError(f"写不进 {target}（{error.strerror}）。", "检查权限和磁盘空间，或换一个位置。") from None
    return Exported(len(documents), len(files), left_out)


def _refuse_used(target: Path) -> None:
    used = any(target.iterdir()) if target.is_dir() else target.exists() or target.is_symlink()
    if used:
        raise Conflict(f"{target} 已经存在。", "换一个名字，或先删去它；导出不会覆盖已有的文件。")


def _documents(store: ContentStore, kinds: tuple[Kind, ...], left_out: list[Problem]) -> Iterator[Document]:
    for kind, slug in sorted(store.scan(*kinds)):
        try:
            yield store.read(kind, slug)
        except InvalidDocument as error:
            left_out += [problem for problem in error.problems if problem.level == "error"]
        except NotFound:
            continue


Files = Iterator[tuple[str, bytes]]


def _markdown(store: ContentStore, documents: list[Document]) -> Files:
    for document in documents:
        yield f"{document.kind.folder}/{document.path.name}", document.path.read_bytes()
        for name in sorted({PurePosixPath(target).name for _, target in relative_targets(document.body)}):
            if PurePosixPath(name).suffix.lower() in ASSET_SUFFIXES:
                yield from _asset(store, document, name)


def _asset(store: ContentStore, document: Document, name: str) -> Files:
    try:
        path = store.asset(document.kind, document.slug, name)
    except NotFound:
        return
    yield f"{document.kind.folder}/{path.relative_to(store.folder(document.kind)).as_posix()}", path.read_bytes()


def _json_lines(_: ContentStore, documents: list[Document]) -> Files:
    lines = (json.dumps(_record(document), ensure_ascii=False) for document in documents)
    yield "library.jsonl", "".join(f"{line}\n" for line in lines).encode()


def _record(document: Document) -> dict[str, Any]:
    return {
        "kind": document.kind.value,
        "slug": document.slug,
        "url": document.url,
        "digest": document.digest,
        **document.meta.model_dump(mode="json", exclude_none=True),
        "summary": document.summary,
        "body": document.body,
        "sections": [asdict(section) for section in document.sections],
    }


def _sheets(store: ContentStore, documents: list[Document]) -> Files:
    """One sheet for each kind, one row for each document, codes with their names; UTF-8 with a mark, for Excel."""
    for kind in Kind:
        rows = [document for document in documents if document.kind is kind]
        if not rows:
            continue
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
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) or cell.startswith(_FORMULA) else cell


def _write_folder(target: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)


def _write_zip(target: Path, files: dict[str, bytes]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), data, zipfile.ZIP_DEFLATED)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, packed.getvalue())
