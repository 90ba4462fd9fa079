"""Our cutting is jieba's: the same words, on whatever text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselib.search.text.dictionary import Cutter
from caselib.search.text.tokens import HAN_RUN, fold, word_list
from tests.search.shelves import cutter, jieba

LIBRARY = sorted(Path(__file__).parents[3].joinpath("content").rglob("*.md"))
PIECES = [
    "年产品",
    "首件检验",
    "霹雳",
    "再补",
    "长春市长春节讲话",
    "的",
    "卡拉OK",
    "管理",
    "10.2%",
    ",",
    "。\n",
    "〇",
    "𠀀",
    "a&b",
    "γ射线",
    " ",
]


def words(cut: list[str]) -> list[str]:
    return [word for word in cut if len(word) > 1 and HAN_RUN.search(word)]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_document_is_cut_as_jieba_cuts_it(path: Path) -> None:
    text = fold(path.read_text("utf-8")).text
    assert words(cutter().cut(text)) == words(jieba().cut(text, False))


@given(
    st.lists(st.sampled_from(PIECES) | st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)), max_size=30)
)
def test_any_text_is_cut_as_jieba_cuts_it(pieces: list[str]) -> None:
    text = fold("".join(pieces)).text
    cut = cutter().cut(text)
    assert "".join(cut) == text
    assert words(cut) == words(jieba().cut(text, False))


@pytest.mark.parametrize("word", ["德鑫隆", "质量管理", "管理", "霹雳雳"])
def test_an_added_word_is_cut_as_one_as_jieba_would_cut_it(word: str) -> None:
    ours, theirs = Cutter([word]), jieba(word)
    for text in (word, f"{word}公司", f"提升{word}水平"):
        assert ours.cut(text) == theirs.cut(text, False)
    assert word in ours


def test_beginnings_of_words_are_no_words() -> None:
    assert [word in cutter() for word in ("中华人民共和国", "中华人民共", "管理", "管", "", "管理管")] == [
        True, False, True, True, False, False,
    ]  # fmt: skip


def test_words_of_the_domain_and_of_the_library_stay_whole() -> None:
    assert cutter().cut("做好首件检验") == ["做好", "首件检验"]
    assert "德鑫隆" in Cutter(["德鑫隆"]).cut("德鑫隆公司")
    assert "德鑫隆" not in cutter().cut("德鑫隆公司")


@given(st.text(alphabet="质量管理首件检验a9 ,。\n\r\t𠀀é", max_size=40))
def test_cutting_loses_nothing(text: str) -> None:
    assert "".join(cutter().cut(text)) == text


@pytest.mark.parametrize(
    ("word", "inside"),
    [
        ("首件检验", ["首件", "检验", "首件检验"]),
        ("共和国", ["共和", "共和国"]),
        ("卡拉ok", ["卡拉"]),
        ("iso9001", []),
        ("管理", ["管理"]),
    ],
)
def test_of_a_longer_word_the_shorter_han_words_in_it_are_known(word: str, inside: list[str]) -> None:
    assert cutter().inside(word) == inside


def test_every_word_that_says_nothing_is_cut_as_one() -> None:
    """What is cut up is never recognised as such: 老是 became 老 and 是, and 老 was searched for."""
    words = [word for word in word_list("stop") if HAN_RUN.fullmatch(word)]
    assert [word for word in words if cutter().cut(word) != [word]] == []


def test_a_word_that_says_nothing_does_not_cut_up_its_neighbours() -> None:
    assert [cutter().cut(text) for text in ("长老是谁", "客户老是退货")] == [
        ["长老", "是", "谁"],
        ["客户", "老是", "退货"],
    ]
