"""Pinyin as people type it."""

import pytest

from caselib.search.text import pinyin


@pytest.mark.parametrize(
    "typed", ["z", "zl", "zhl", "zlgl", "zhiliang", "zhilianggl", "zhiliangguanl", "zlguanli", "zhil"]
)
def test_syllables_initials_and_mixtures_begin_a_word(typed: str) -> None:
    assert pinyin.begins("质量管理", typed)


@pytest.mark.parametrize("typed", ["zg", "liang", "zhiliangx", "zhiliangguanlix", "q"])
def test_other_letters_do_not(typed: str) -> None:
    assert not pinyin.begins("质量管理", typed)


def test_a_word_can_be_begun_in_its_middle() -> None:
    assert pinyin.begins("质量管理", "guanli", 2)


@pytest.mark.parametrize("typed", ["hangye", "xingye"])
def test_every_reading_of_a_character_counts(typed: str) -> None:
    assert pinyin.begins("行业", typed)


@pytest.mark.parametrize(
    ("word", "typed", "letters"),
    [
        ("数字化", "shuzihua", 8),
        ("数字化", "suzihua", 7),
        ("数字化", "shuzihuagaizao", 8),
        ("认证", "renzheng", 8),
        ("认证", "rengzhen", 8),
        ("数字化", "shuzi", 0),
        ("数字化", "", 0),
    ],
)
def test_the_letters_that_spell_a_word_are_counted_sounds_mixed_up_or_not(word: str, typed: str, letters: int) -> None:
    assert pinyin.spelled(word, typed) == letters
