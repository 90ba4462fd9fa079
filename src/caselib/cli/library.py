"""Commands about the published library: check it, describe its front matter, index, search, import and export it."""

import json
import sys

import click
from pydantic.json_schema import GenerateJsonSchema

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
    click.echo(_summary(len(store.scan()), problems))
    if any(problem.level == "error" for problem in problems):
        sys.exit(1)


def _summary(files: int, problems: list[Problem]) -> str:
    if not problems:
        return f"{files} 个文件，没有问题。"
    errors = sum(problem.level == "error" for problem in problems)
    concerned = len({problem.path for problem in problems})
    return f"{errors} 个错误，{len(problems) - errors} 个警告，涉及 {concerned} 个文件。"


@click.command("schema", help="输出 front matter 的 JSON Schema。")
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
def print_schema(kind: str) -> None:
    """Print the JSON Schema of one kind's front matter."""
    schema = {"$schema": GenerateJsonSchema.schema_dialect, **META[Kind(kind)].model_json_schema()}
    click.echo(json.dumps(schema, ensure_ascii=False, indent=2))
