"""Folding, tokens and keys: the same for documents and questions."""

import re
import subprocess
import sys
from pathlib import Path

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselib.search.text.tokens import LATIN_KEY, _simplified, fold, fold_each, latin_tokens, pairs, term_key, word_list


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("數字化改造", "数字化改造"),
        ("乾隆年間的著作權", "乾隆年间的著作权"),
        ("ＩＳＯ　９００１", "iso 9001"),
        ("ｃａｆé Ⅳ ①", "café iv 1"),
        ("cafe\u0301", "café"),
        ("９８．２％", "98.2%"),
        ("……", "......"),
        ("㎡", "m2"),
        ("a\x00b\tc\nd", "a b c\nd"),
        ("\ud800", " "),
        ("\ufeff合\u200b格\u00ad率", "合格率"),  # as it comes from a page or a chat
        ("", ""),
    ],
)
def test_text_is_folded(text: str, folded: str) -> None:
    assert fold(text).text == folded


@pytest.mark.parametrize(
    ("text", "needle", "original"),
    [
        ("推进數字化改造", "数字化", "數字化"),
        ("…达到９８．２％。", "98.2%", "９８．２％"),
        ("面积１㎡整", "1m2", "１㎡"),
        ("去cafe\u0301喝茶", "café", "cafe\u0301"),
        ("第①步", "1", "①"),
        ("查合\u200b格\u200b率\u200b吗", "合格率", "合\u200b格\u200b率\u200b"),
    ],
)
def test_a_folded_span_leads_back_to_what_the_author_wrote(text: str, needle: str, original: str) -> None:
    folded = fold(text)
    start = folded.text.index(needle)
    begin, end = folded.original(start, start + len(needle))
    assert text[begin:end] == original


@given(st.text(max_size=40))
def test_every_folded_character_stands_for_some_of_the_original(text: str) -> None:
    folded = fold(text)
    spans = [folded.original(at, at + 1) for at in range(len(folded.text))]
    assert spans == sorted(spans)
    assert all(0 <= begin < end <= len(text) for begin, end in spans)


@given(st.lists(st.text(alphabet="质數乾隆年間著Ａé\u0301e…①㎡。\n \x00\ud800\u200b", max_size=9), max_size=5))
def test_several_texts_are_folded_as_each_of_them_is(texts: list[str]) -> None:
    assert fold_each(texts) == [fold(text) for text in texts]


def test_a_text_is_simplified_by_its_own_words_and_not_by_those_of_the_next() -> None:
    assert [each.text for each in fold_each(["乾", "隆年間", "", "乾隆"])] == ["干", "隆年间", "", "乾隆"]


def test_every_character_is_simplified_to_one() -> None:
    characters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000 and code != ord("\n")]
    simplified = _simplified("\n".join(characters)).split("\n")
    assert [one for one, other in zip(characters, simplified, strict=True) if len(other) != 1] == []


def test_every_phrase_is_simplified_to_as_many_characters(tmp_path: Path) -> None:
    """OpenCC puts one entry of its dictionaries after the other; its own tool writes them out."""
    home = Path(opencc.__file__).parent / "clib"
    share, entries = home / "share" / "opencc", []
    for name in re.findall(r'"file": "(\w+)\.ocd2"', (share / "t2s.json").read_text("utf-8")):
        command = [home / "bin" / "opencc_dict", "-i", share / f"{name}.ocd2", "-f", "ocd2", "-t", "text", "-o"]
        subprocess.run([*command, tmp_path / name], check=True)
        entries += [line.split("\t") for line in (tmp_path / name).read_text("utf-8").splitlines()]
    assert len(entries) > 4000
    assert [key for key, values in entries if {len(value) for value in values.split()} != {len(key)}] == []


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("ISO 9001", ["iso", "9001", "iso9001"]),
        ("iso9001", ["iso", "9001", "iso9001"]),
        ("ＩＳＯ－９００１", ["iso", "9001", "iso9001"]),
        ("GB/T 19001-2016", ["gbt", "19001", "gbt19001", "2016"]),
        ("GBT19001", ["gbt", "19001", "gbt19001"]),
        ("DB33/T 100", ["db33t", "100", "db33t100"]),
        ("6S 6s", ["6", "6s", "6", "6s"]),
        ("98.2％和145.7", ["98.2", "98.2%", "145.7"]),
        ("C++、C#、MES", ["c++", "c#", "mes"]),
        ("5G网络", ["5", "5g"]),
        ("中小企业", []),
    ],
)
def test_latin_and_numbers_are_cut_by_one_rule(text: str, tokens: list[str]) -> None:
    assert [token.text for token in latin_tokens(fold(text).text)] == tokens


def test_tokens_tell_what_stands_for_itself() -> None:
    parts = {token.text: token.parts for token in latin_tokens("gb/t 19001 98.2%")}
    assert parts == {"gbt": 1, "19001": 1, "gbt19001": 2, "98.2": 0, "98.2%": 1}


def test_keys_of_characters_and_pairs_are_their_code_points_and_others_are_marked() -> None:
    assert (term_key("一"), term_key("一丁")) == (0x4E00, 0x4E00 << 18 | 0x4E01)
    assert term_key("iso") & LATIN_KEY == LATIN_KEY
    assert len({term_key(term) for term in ("i", "is", "iso", "一", "一一", "𠀀", "𠀀一")}) == 7
    assert max(map(term_key, ("iso", "𠀀𠀀", "鿿鿿"))) < 1 << 64


def test_a_run_consists_of_its_pairs_or_of_itself() -> None:
    assert (pairs("中小企业"), pairs("链")) == (["中小", "小企", "企业"], ["链"])


def test_word_lists_hold_words_and_no_comments() -> None:
    assert {"什么", "请问"} <= set(word_list("stop"))
    assert not any("#" in word or " " in word for name in ("stop", "domain", "trades") for word in word_list(name))
