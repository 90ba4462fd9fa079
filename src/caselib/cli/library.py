"""Commands about the published library: check it, describe its front matter, import and export it."""

import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click
from pydantic.json_schema import GenerateJsonSchema

from caselib.cli import PATH
from caselib.config import Settings
from caselib.content import ContentStore, Fault, Kind
from caselib.content.exporting import Format, export
from caselib.content.importing import Outcome, import_paths
from caselib.content.importing.wording import describe, summary
from caselib.content.models import META
from caselib.content.report import bad_files


def _store() -> ContentStore:
    return ContentStore(Settings().content_folder)


@click.command("check", help="检查每个文件，列出全部问题及所在行和办法；有错误时退出码为 1。")
def check() -> None:
    """Print every problem of every file and a count."""
    store = _store()
    faults = store.check()
    for fault in faults:
        click.echo(str(fault))
    click.echo(_summary(len(store.scan()), faults))
    if any(fault.level == "error" for fault in faults):
        sys.exit(1)


def _summary(files: int, faults: list[Fault]) -> str:
    if not faults:
        return f"{files} 个文件，没有问题。"
    errors = sum(fault.level == "error" for fault in faults)
    concerned, bad = len({fault.path for fault in faults}), len(bad_files(faults))
    of_these = f"，其中 {bad} 个有错误" if bad else ""
    return f"{errors} 个错误，{len(faults) - errors} 个警告，涉及 {concerned} 个文件{of_these}。"


@click.command("schema", help="输出文件头的 JSON Schema；类型是 case、guide、batch 或 page。")
@click.argument("kind", metavar="类型", type=click.Choice([kind.value for kind in Kind]))
def print_schema(kind: str) -> None:
    """Print the JSON Schema of one kind's front matter."""
    schema = {"$schema": GenerateJsonSchema.schema_dialect, **META[Kind(kind)].model_json_schema()}
    click.echo(json.dumps(schema, ensure_ascii=False, indent=2))


def _assignment(written: str) -> tuple[str, str]:
    key, sign, value = written.partition("=")
    if not (sign and key.strip() and value.strip()):
        raise click.UsageError(f"--set 要写成 键=值，例如 --set industry=C14；“{written}”不是。")
    return key.strip(), value.strip()


@click.command("import", help="导入别处的 Markdown 文件（文件或文件夹，各种文件头和编码）；有文件被拒绝时退出码为 1。")
@click.argument("paths", metavar="路径…", nargs=-1, required=True, type=PATH)
@click.option(
    "--kind", type=click.Choice(["case", "guide"]), default="case", show_default=True, help="导入为案例或指南。"
)
@click.option(
    "--set", "defaults", multiple=True, type=_assignment, metavar="键=值", help="文件里没有的键用这个值，可以写多个。"
)
@click.option("--overwrite", is_flag=True, help="库里已有同名而不同的文件时替换它。")
@click.option("--dry-run", is_flag=True, help="只说会怎样，不写入任何文件。")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
def import_files(
    paths: tuple[Path, ...],
    kind: str,
    defaults: tuple[tuple[str, str], ...],
    overwrite: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring strangers' files in, and say what became of each."""
    counts: Counter[Outcome] = Counter()
    told: list[dict[str, object]] = []
    for file in import_paths(
        _store(), paths, kind=Kind(kind), defaults=dict(defaults), dry_run=dry_run, overwrite=overwrite
    ):
        counts[file.outcome] += 1
        if as_json:
            told.append({**asdict(file), "path": str(file.path).encode(errors="replace").decode()})
        else:
            click.echo(describe(file, Kind(kind)))
    if as_json:
        click.echo(json.dumps({"files": told, "counts": counts, "dry_run": dry_run}, ensure_ascii=False, indent=2))
    else:
        click.echo(summary(counts, dry_run))
    if counts[Outcome.REFUSED]:
        sys.exit(1)


@click.command("export", help="导出已发布的内容到文件夹或 .zip 文件；有文件因错误没有导出时退出码为 1。")
@click.argument("target", metavar="文件夹或.zip", type=PATH)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in Kind]),
    help="只导出这一类，可以写多个。",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "json", "csv"]),
    default="markdown",
    show_default=True,
    help="markdown：原文件和图片；json：每行一篇；csv：可用 Excel 打开的表。",
)
def export_files(target: Path, kinds: tuple[str, ...], form: Format) -> None:
    """Write the library out, and say what was left out."""
    done = export(_store(), target, kinds=[Kind(kind) for kind in kinds], format=form)
    for fault in done.left_out:
        click.echo(f"没有导出，因为有错误：{fault}", err=True)
    click.echo(f"导出了 {done.documents} 篇，写成 {done.files} 个文件：{target}")
    if done.left_out:
        sys.exit(1)
