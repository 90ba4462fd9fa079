from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselib.content import Kind, compose_file
from caselib.content.frontmatter import load, split
from caselib.errors import CaselibError


def front(**values: Any) -> str:
    return compose_file(values, "").decode()


def test_a_new_file_is_composed_of_keys_in_order_and_a_body() -> None:
    data = compose_file({"title": "甲", "industry": ["C23"], "region": "330400", "batch": None}, "正文。\n")
    assert data.decode() == '---\ntitle: 甲\nindustry: [C23]\nregion: "330400"\n---\n正文。\n'


def test_comments_stand_before_the_keys() -> None:
    assert compose_file({"a": 1}, "甲\r\n乙", ["# 一", "#二"]) == "---\n# 一\n#二\na: 1\n---\n甲\r\n乙".encode()


def test_metrics_have_a_line_each() -> None:
    assert front(metrics=[{"name": "能耗", "change": -7.8, "unit": "%"}, {"name": "甲: 乙", "change": 1}], b=1) == (
        "---\nmetrics:\n  - {name: 能耗, change: -7.8, unit: '%'}\n  - {name: '甲: 乙', change: 1}\nb: 1\n---\n"
    )


def test_text_that_would_be_read_as_something_else_is_quoted() -> None:
    written = front(region="330400", a="yes", b="2023-04-20", c="", d="true", e="12:30", f="null", g=date(2023, 4, 20))
    assert written == (
        '---\nregion: "330400"\na: "yes"\nb: "2023-04-20"\nc: ""\nd: "true"\ne: "12:30"\nf: "null"\n'
        "g: 2023-04-20\n---\n"
    )


def test_the_same_list_given_twice_is_written_out_twice() -> None:
    shared = ["a"]
    assert front(one=shared, two=shared) == "---\none: [a]\ntwo: [a]\n---\n"


def test_enums_and_tuples_are_written_as_plain_values() -> None:
    assert front(kind=Kind.CASE, of=("a", "b")) == "---\nkind: case\nof: [a, b]\n---\n"


@pytest.mark.parametrize("sign", ["\n", "\u2028", "\u2029"])
def test_what_yaml_takes_for_a_line_end_is_written_so_that_it_is_none(sign: str) -> None:
    assert load(split(front(a=f"上{sign}下")).front) == {"a": f"上{sign}下"}


def test_control_characters_are_not_written() -> None:
    assert front(a="一\x08二\x0b三", b=["\x00"]) == '---\na: 一二 三\nb: [""]\n---\n'


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"a": 1, "b": 1e300}, "b 的值写进文件头以后，读出来不一样。"),
        ({"a": "长" * 40_000, "b": 1}, "YAML 部分太大。"),
        ({"b": 1, "a": "长" * 40_000}, "YAML 部分太大。"),
    ],
    ids=["another value", "too large", "too large at the end"],
)
def test_what_would_not_be_read_back_as_it_is_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(CaselibError) as caught:
        compose_file(values, "")
    assert caught.value.message == message


KEYS = st.text("abcdefgh", min_size=1, max_size=4)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t: #'\"[]{}-?!&*%@`中，。"), max_size=20
)
SCALARS = st.one_of(
    TEXTS, st.integers(-(10**9), 10**9), st.booleans(), st.dates(), st.floats(-1e6, 1e6).map(lambda f: round(f, 2))
)
VALUES = st.one_of(
    SCALARS, st.lists(SCALARS, max_size=3), st.lists(st.dictionaries(KEYS, SCALARS, min_size=1, max_size=3), max_size=3)
)


@given(st.dictionaries(KEYS, VALUES, max_size=5), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_whatever_is_written_is_read_back(values: dict[str, Any], body: str) -> None:
    parts = split(compose_file(values, body).decode())
    assert (load(parts.front), parts.body) == (values, body)
