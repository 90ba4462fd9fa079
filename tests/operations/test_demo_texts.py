from itertools import combinations
from string import Formatter

import pytest

from caselib.config import shipped
from caselib.content import Taxonomy
from caselib.operations import demo_texts
from caselib.operations.demo_texts import NOTICE, SIDES, TRADES, Text, compose, sides
from caselib.review import duplicates
from caselib.review.prechecks import count_characters
from caselib.review.rulebook import USUAL_RUBRIC

GROUPS = (
    "FRONTS", "BACKS", "ABOUT", "HABITS", "SYMPTOMS", "CAUSES", "DIAGNOSES", "CONTROLS", "PEOPLE", "CHECKS", "LOOPS",
    "GAINS", "LESSONS", "HURDLES", "KEPT",
)  # fmt: skip
NUMBERS = range(180)


def text(number: int, **known: object) -> Text:
    return compose(number, TRADES[number * 7 % len(TRADES)], known, place="某地", staff=30, gain=0.5)


def sentences(group: str) -> list[str]:
    return [each if isinstance(each, str) else each[1] for each in getattr(demo_texts, group)]


@pytest.fixture(scope="module")
def texts() -> list[Text]:
    return [text(number) for number in NUMBERS]


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_has_as_many_different_sentences_as_a_slot_has_sides(group: str) -> None:
    assert len(set(sentences(group))) == len(getattr(demo_texts, group)) == SIDES


def test_sentences_ask_only_for_words_that_there_are() -> None:
    asked = {field for group in GROUPS for each in sentences(group) for _, field, _, _ in Formatter().parse(each)}
    assert asked == {None, "product", "process", "defect", "gauge", "customer", "staff", "years", "place"}


def test_trades_problems_measures_and_effects_are_those_of_the_taxonomy() -> None:
    taxonomy = Taxonomy.load(shipped("content") / "taxonomy")
    used = {
        "industry": {trade.industry for trade in TRADES},
        "problems": {key for key, _ in demo_texts.CAUSES},
        "measures": {key for key, _ in demo_texts.PEOPLE} | {"key-process"},
        "effects": {key for key, _ in demo_texts.GAINS},
    }
    assert {name: sorted(keys - set(taxonomy.by_key[name])) for name, keys in used.items()} == {
        name: [] for name in used
    }
    assert len({trade.firm for trade in TRADES}) == len(TRADES) == 25


def test_remarks_are_those_of_the_usual_rubric() -> None:
    assert list(demo_texts.REMARKS) == [criterion.key for criterion in USUAL_RUBRIC]
    assert {len(remarks) for remarks in demo_texts.REMARKS.values()} == {len(demo_texts.VERDICTS)} == {3}


def test_a_text_says_first_of_all_that_it_is_made_up(texts: list[Text]) -> None:
    assert {each.body.splitlines()[0] for each in texts} == {NOTICE}
    assert {(each.front["sample"], each.front["summary"][-11:]) for each in texts} == {(True, "（演示文本，数据虚构）")}


def test_a_text_is_600_to_1000_characters_long(texts: list[Text]) -> None:
    assert [each.front["title"] for each in texts if not 600 <= count_characters(each.body) <= 1000] == []


def test_no_two_texts_are_alike(texts: list[Text]) -> None:
    runs = [duplicates.runs(each.body) for each in texts]
    alike = [pair for pair in combinations(NUMBERS, 2) if duplicates.share(runs[pair[0]], runs[pair[1]]) >= 0.33]
    assert alike == []
    assert len({each.front["title"] for each in texts}) == len(texts)


def test_any_two_numbers_agree_at_two_of_the_eleven_points_at_most() -> None:
    drawn = [sides(number) for number in NUMBERS]
    shared = [sum(map(int.__eq__, first, second)) for first, second in combinations(drawn, 2)]
    assert (drawn[13], max(shared)) == ([2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1], 2)


def test_the_figures_follow_from_the_gain() -> None:
    composed = compose(0, TRADES[0], {}, place="某地", staff=30, gain=0.5)
    assert composed.front["metrics"] == [
        {"name": "纸箱一次合格率", "unit": "%", "before": 84.0, "after": 92.0},
        {"name": "月均返工返修次数", "unit": "%", "change": -30.0},
    ]
    assert "纸箱一次合格率由 84% 提高到 92%，月均返工返修次数下降 30%。" in composed.body


def test_what_is_known_of_a_submission_is_in_its_front_matter() -> None:
    front = text(5, region="330400", firm="嘉兴某纸品有限公司").front
    assert (front["region"], front["firm"]) == ("330400", "嘉兴某纸品有限公司")
