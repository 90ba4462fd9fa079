from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselib.content import slugs


@pytest.mark.parametrize(
    "slug", ["a", "packaging-2022", "3", "嘉兴包装", "案例_1-2", "2022-report", "café", "x" * 200, "汉" * 66]
)
def test_letters_digits_hyphen_and_underscore_make_a_slug(slug: str) -> None:
    assert slugs.valid(slug)


@pytest.mark.parametrize(
    "slug",
    [
        "", ".", "..", "../x", "a/b", "a\\b", "/etc/passwd", ".hidden", "a.b", "-a", "_a", "a b", "a\n", "a\0", "a%2e",
        "x" * 201, "汉" * 67, "a?b", "案例：一", "\udce4", "a\u200b", "\u202ea",
    ],
)  # fmt: skip
def test_anything_else_is_no_slug(slug: str) -> None:
    assert slugs.valid(slug) is False


@pytest.mark.parametrize(
    ("slug", "better"),
    [("Abc", "abc"), ("ＡＢＣ１", "abc1"), ("℡", "tel"), (normalize("NFD", "café"), "café"), ("straße", "strasse")],
)
def test_a_slug_that_only_needs_another_form_is_told_the_form(slug: str, better: str) -> None:
    assert slugs.fault(slug) == f"有大写、全角或未规范的字符，应写成 {better}。"


@given(st.text(max_size=20), st.text(max_size=20))
def test_two_valid_slugs_never_collide(one: str, other: str) -> None:
    if slugs.valid(one) and slugs.valid(other) and slugs.fold(one) == slugs.fold(other):
        assert one == other


@given(st.text(max_size=20))
def test_a_valid_slug_is_one_path_component_and_folding_settles(text: str) -> None:
    folded = slugs.fold(text)
    assert slugs.fold(folded) == folded
    if slugs.valid(text):
        assert {"/", "\\", ".", "\0"} & set(text) == set()
