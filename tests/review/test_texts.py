"""What is kept of a text, and its fingerprint."""

from datetime import date
from typing import Any

import pytest

from caselib.errors import CaselibError
from caselib.review import texts


def test_a_text_is_kept_as_a_database_can_hold_it() -> None:
    front, body = texts.clean(
        {"title": " 甲\0\r\n", "published": date(2022, 1, 2), "day": date(2022, 1, 2)}, "一\r\n二\r"
    )
    assert (front, body) == ({"title": "甲", "day": "2022-01-02"}, "一\n二\n")


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert texts.clean({"metrics": [{"name": "\ud800甲"}]}, "\udfff") == ({"metrics": [{"name": "?甲"}]}, "?")


@pytest.mark.parametrize(
    ("front", "body", "message"),
    [({}, "长" * 100_001, "正文有 100001 字"), ({"summary": "长" * 20_000}, "", "表单里填的内容太多")],
)
def test_what_is_too_long_is_not_kept(front: dict[str, Any], body: str, message: str) -> None:
    with pytest.raises(CaselibError, match=message):
        texts.clean(front, body)


def test_the_fingerprint_is_of_what_is_said_and_not_of_the_order_of_keys() -> None:
    assert texts.digest({"a": 1, "b": 2}, "文") == texts.digest({"b": 2, "a": 1}, "文")
    assert len({texts.digest({}, ""), texts.digest({"a": 1}, ""), texts.digest({}, "文")}) == 3


def test_the_fingerprint_is_the_sha_256_of_canonical_json() -> None:
    # printf '{"body":"文","front":{"a":1}}' | sha256sum
    assert texts.digest({"a": 1}, "文") == "054d87b6d46b6d91893824a368ef5630c0734b2c1c440ea442e3a7cda23537a6"


@pytest.mark.parametrize(
    ("front", "key", "value"),
    [
        ({}, "title", ""),
        ({"title": "长" * 130}, "title", "长" * 120),
        ({"region": 330400}, "region", "330400"),
        ({"industry": "C23"}, "industry", ["C23"]),
        ({"industry": None}, "industry", []),
        ({"firm": ["甲"]}, "firm", "['甲']"),
    ],
)
def test_what_a_row_repeats_fits_its_columns(front: dict[str, Any], key: str, value: Any) -> None:
    assert texts.columns(front)[key] == value


def test_a_skeleton_has_the_headings() -> None:
    assert texts.skeleton(("问题", "做法")) == "## 问题\n\n\n## 做法\n\n"
    assert texts.skeleton(()) == ""
