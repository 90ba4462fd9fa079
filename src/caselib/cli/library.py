"""Commands about the published library: check it, describe its front matter, index, search, import and export it."""

import json
import sys

import click

from caselib.config import Settings
from caselib.content import ContentStore, Kind, Problem
from caselib.content.models import META


def _store() -> ContentStore:
    return ContentStore(Settings().content)


@click.command("check", help="检查每个文件，列出全部问题及所在行和办法；有错误时退出码为 1。")
def check() -> None:
    """Print every problem of every file and a count."""
    store = _store()
    problems = store.check()
    for problem in problems:
        click.echo(str(problem))
    click.echo(_count(len(store.scan()), problems))
    sys.exit(any(problem.level == "error" for problem in problems))


def _count(files: int, problems: list[Problem]) -> str:
    errors = sum(problem.level == "error" for problem in problems)
    if not problems:
        return f"检查了 {files} 个文件，没有问题。"
    return f"检查了 {files} 个文件：{errors} 个错误，{len(problems) - errors} 个警告。"


@click.command("schema", help="输出 front matter 的 JSON Schema。")
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
def schema(kind: str) -> None:
    """Print the JSON Schema of one kind's front matter."""
    description = META[Kind(kind)].model_json_schema()
    click.echo(json.dumps(description, ensure_ascii=False, indent=2))
