"""Our cutting is jieba's: the same words, on whatever text."""

from pathlib import Path

import pytest
import rjieba
from hypothesis import given
from hypothesis import strategies as st

from caselib.search.text.dictionary import Dictionary, codes_of
from caselib.search.text.tokens import HAN_RUN, fold
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
    dictionary, theirs = Dictionary(), rjieba.Jieba()
    dictionary.add(word)
    theirs.add_word(word, None, None)
    for text in (word, f"{word}公司", f"提升{word}水平"):
        sizes = dictionary.sizes(codes_of(text)).tolist()
        assert [text[at : at + size] for at, size in enumerate(sizes) if size] == theirs.cut(text, False)
    assert word in dictionary


def test_beginnings_of_words_are_no_words() -> None:
    dictionary = Dictionary()
    assert [word in dictionary for word in ("中华人民共和国", "中华人民共", "管理", "管", "", "管理管")] == [
        True, False, True, True, False, False,
    ]  # fmt: skip
