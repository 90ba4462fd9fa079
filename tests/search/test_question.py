"""Questions taken apart: words, phrases, what is left out, what is highlighted."""

import pytest

from caselib.search.index.records import Part
from caselib.search.question import CHARACTER, LETTERS, LONGEST, PAIR, SYNONYM, WORD_PAIR, Question, Reader, terms_of
from tests.search.shelves import cutter

SYNONYMS = [("质量管理体系", "ISO 9001", "QMS"), ("不合格率", "不良率")]


def read(typed: str, *, plain: bool = False) -> Question:
    return Reader(cutter(), SYNONYMS).read(typed, plain=plain)


def units(typed: str) -> list[str]:
    return [unit.text for unit in read(typed).units]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("產品合格率怎么提升？", ["产品", "合格率", "提升"]),
        ("请问小微企业如何做首件检验", ["小微企业", "首件检验"]),
        ("怎么办", ["怎么办"]),
        ("怎么办？为什么", ["怎么办", "为什么"]),
        ("退货，怎么办？", ["退货"]),
        ("怎么办 返工", ["返工"]),
        ("MES 怎么办", ["mes"]),
        ("链", ["链"]),
        ("齉龘", ["齉龘"]),
        ("质量馆理", ["质量", "馆理"]),
        ("ISO 9001 认证", ["认证", "iso 9001"]),
        ("6S、98.2%", ["6s", "98.2%"]),
        ("AND (OR] ^~ *", []),
        ("质量 AND MES", ["质量", "mes"]),
        ("", []),
        ("\x00😀", []),
    ],
)
def test_the_words_that_say_something_are_asked_for(typed: str, words: list[str]) -> None:
    assert units(typed) == words


def test_pairs_weigh_by_whether_they_are_words() -> None:
    weights = read("合格率提升").weights
    assert {term: weights[term] for term in ("合格", "格率", "率提", "提升")} == {
        "合格": WORD_PAIR, "格率": PAIR, "率提": PAIR, "提升": WORD_PAIR,
    }  # fmt: skip
    assert (weights["格"], read("链").weights) == (CHARACTER, {"链": PAIR})


def test_latin_tokens_weigh_alike_joined_or_not() -> None:
    assert read("es3301").weights == dict.fromkeys(("es", "3301", "es3301"), LETTERS)


def test_letters_and_their_number_are_one_word_that_may_stand_apart() -> None:
    (unit,) = read("GB/T 5330").units
    assert (unit.text, unit.options) == ("gb/t 5330", (("gbt5330",), ("gbt", "5330")))


@pytest.mark.parametrize("typed", ['"首件 检验"', "“首件 检验”", "「首件 检验」", "『首件 检验』"])
def test_quotes_ask_for_a_phrase(typed: str) -> None:
    assert [(p.text, p.part) for p in read(typed).phrases] == [("首件 检验", None)]


@pytest.mark.parametrize(
    ("typed", "text", "part"),
    [
        ("title:数字化", "数字化", Part.TITLE),
        ("标题：數字化", "数字化", Part.TITLE),
        ("firm:德鑫隆", "德鑫隆", Part.FIRM),
        ("企业:“德鑫 隆”", "德鑫 隆", Part.FIRM),
    ],
)
def test_a_part_can_be_named(typed: str, text: str, part: Part) -> None:
    assert [(p.text, p.part) for p in read(typed).phrases] == [(text, part)]


@pytest.mark.parametrize(
    ("typed", "text", "part"),
    [("-标题:体系", "体系", Part.TITLE), ("-привет", "привет", None), ("-ひらがな", "ひらがな", None)],
)
def test_anything_can_be_left_out_also_of_a_part(typed: str, text: str, part: Part | None) -> None:
    question = read(f"质量 {typed}")
    assert [(p.text, p.part) for p in question.excluded] == [(text, part)]
    assert [unit.text for unit in question.units] == ["质量"]


def test_in_a_part_a_star_says_nothing() -> None:
    question = read("标题:iso*")
    assert ([(p.text, p.part) for p in question.phrases], question.prefixes) == ([("iso", Part.TITLE)], [])


@pytest.mark.parametrize(
    ("typed", "whole", "apart"),
    [
        ("质量追溯", ["质量追溯"], ["质量", "追溯"]),
        ("怎么降退货率", ["降", "退货率"], ["降", "退货", "率"]),
        ("SOP 3", ["sop 3"], ["sop", "3"]),
        ("ISO9001", ["iso9001"], ["iso", "9001"]),
    ],
)
def test_a_word_can_be_asked_for_by_its_parts(typed: str, whole: list[str], apart: list[str]) -> None:
    reader = Reader(cutter())
    question = reader.read(typed)
    parted = frozenset(unit.text for unit in question.units if reader.can_part(unit))
    assert ([unit.text for unit in question.units], len(parted)) == (whole, 1)
    assert [unit.text for unit in reader.read(typed, apart=parted).units] == apart


@pytest.mark.parametrize("word", ["质量", "返齉齾", "说了算", "mes", "9001"])
def test_a_word_without_parts_that_say_something_stays_whole(word: str) -> None:
    reader = Reader(cutter())
    assert [reader.can_part(unit) for unit in reader.read(word).units] == [False]


def test_what_is_left_out_is_not_asked_for() -> None:
    question = read("合格率 -包装 -“首件检验”")
    assert ([unit.text for unit in question.units], [p.text for p in question.excluded]) == (
        ["合格率"],
        ["包装", "首件检验"],
    )


@pytest.mark.parametrize("typed", ["a-b", "2022-06", "质量-管理", "- 质量", "--"])
def test_a_hyphen_inside_a_word_leaves_nothing_out(typed: str) -> None:
    assert read(typed).excluded == []


def test_a_beginning_is_asked_for_with_a_star() -> None:
    assert (read("iso*").prefixes, read("质量*").prefixes, units("质量*")) == (["iso"], [], ["质量"])


def test_a_plain_reading_insists_on_nothing_and_still_leaves_out() -> None:
    question = read('"首件检验" -包装', plain=True)
    assert ([u.text for u in question.units], question.phrases, len(question.excluded)) == (["首件检验"], [], 1)


def test_synonyms_count_for_the_words_they_stand_for_at_a_lower_weight() -> None:
    question = read("不良率高")
    unit = question.units[0]
    assert (unit.text, unit.options) == ("不良率", (("不良", "良率"), ("不合", "合格", "格率")))
    assert (question.weights["合格"], question.synonyms) == (SYNONYM * WORD_PAIR, ["不合格率"])


@pytest.mark.parametrize(
    "typed", ["GB/T 19001", "GB/T19001", "ＧＢ／Ｔ１９００１", "gbt-19001", "要过 GB/T 19001-2016"]
)
def test_a_synonym_of_letters_and_figures_is_the_same_however_it_is_spaced(typed: str) -> None:
    assert Reader(cutter(), [("质量管理体系", "GB/T 19001")]).read(typed).synonyms == ["质量管理体系"]


@pytest.mark.parametrize("typed", ["不良率", "first", "cnas"])
def test_a_part_of_what_has_synonyms_or_of_a_word_has_none(typed: str) -> None:
    reader = Reader(cutter(), [("良率", "合格率"), ("first article", "首件"), ("CNAS认可", "认可")])
    assert (reader.read(typed).synonyms, reader.read(typed).weights) == ([], Reader(cutter()).read(typed).weights)


def test_only_the_beginning_of_a_very_long_question_is_looked_at() -> None:
    assert "合格" not in read("质" * LONGEST + "合格率").weights


def test_marks_are_what_was_asked_for_and_the_words_inside() -> None:
    assert read("管理体系 plc").marks == (("管理体系", "管理", "体系"), {"plc"}, ())
    assert read("“ISO9001认证” “首检 制”").marks == (("首检 制", "认证"), {"iso9001"}, ())


def test_the_terms_of_a_text_are_its_pairs_and_tokens() -> None:
    assert terms_of("按iso 9001认证") == ("按", "认证", "iso9001")
