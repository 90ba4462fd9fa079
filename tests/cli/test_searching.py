"""Asking the index from the command line, and asking why."""

import json
from pathlib import Path

import pytest

from caselib.app import create_app
from caselib.config import Settings
from tests.cli.conftest import Run

TEXT = """---
title: {title}
industry: [C33]
region: "330400"
year: 2022
sample: true
---

## 做法

{body}
"""


@pytest.fixture
def indexed(run: Run, tmp_path: Path) -> Run:
    cases = tmp_path / "content" / "cases"
    cases.mkdir()
    for slug, title, body in (
        ("a", "返工少了", "每班做首件检验。"),
        ("b", "天气", "今天下雨。"),
        ("c", "别的", "无关。"),
    ):
        (cases / f"{slug}.md").write_text(TEXT.format(title=title, body=body), encoding="utf-8")
    assert run("index").exit_code == 0
    return run


def test_what_is_found_is_listed(indexed: Run) -> None:
    result = indexed("search", "首件检验")
    assert (result.exit_code, "1. 返工少了（/cases/a，" in result.output, "【首件检验】" in result.output) == (
        0,
        True,
        True,
    )


def test_why_it_is_there_is_said_in_words_and_points(indexed: Run) -> None:
    lines = indexed("search", "首件检验 浪费", "--explain").output.splitlines()
    assert sum(line.startswith("第 1 名《返工少了》为什么得 ") for line in lines) == 1
    assert [line for line in lines if "最相关的一段（" in line] == ["   最相关的一段（做法）：做法 每班做首件检验。"]
    assert [line.endswith("。没有找到：浪费。") for line in lines if line.startswith("   找到的词：首件检验 ")] == [
        True
    ]


def test_nothing_found_ends_with_a_fault_and_explains_nothing(indexed: Run) -> None:
    result = indexed("search", "霹雳", "--explain")
    assert (result.exit_code, "第 1 名" in result.output) == (1, False)


def test_as_json_it_is_what_the_api_answers(indexed: Run) -> None:
    told = json.loads(indexed("search", "首件检验", "--json").output)
    answered = create_app(Settings()).test_client().get("/api/v1/search?q=首件检验").get_json()
    assert [(hit["slug"], hit["industry"]) for hit in told["hits"]] == [("a", ["C33"])]
    assert told | {"took_ms": 0} == answered | {"took_ms": 0}
