"""Judgements: read from a form, checked against the rubric, totalled."""

import pytest

from caselib.review.judgements import Judgement, Misfit, checked, read, require_whole
from caselib.review.models import CriterionScore
from caselib.review.rulebook import USUAL_RUBRIC, Criterion
from tests.review.reviewing import FULL

RUBRIC = (Criterion(key="a", max=10), Criterion(key="b", max=40, weight=0.5))


def test_a_form_is_read_with_full_width_digits_and_a_unit() -> None:
    fields = {"score-a": " ８．５ 分 ", "unable-b": "1", "score-b": "不详", "comment-b": " 没有附表 ", "comment": "好"}
    assert read(fields, RUBRIC) == Judgement({"a": 8.5, "b": None}, {"b": "没有附表"}, "好")


def test_an_empty_form_is_an_empty_judgement() -> None:
    assert read({"score-a": " ", "comment-a": " "}, RUBRIC) == Judgement()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("八", "“八”不是数。请填 0 到 10 之间的分数。"),
        ("1_5", "“1_5”不是数。请填 0 到 10 之间的分数。"),
        ("1e", "“1e”不是数。请填 0 到 10 之间的分数。"),
        ("nan", "“nan”不是数。请填 0 到 10 之间的分数。"),
        ("inf", "“inf”不是数。请填 0 到 10 之间的分数。"),
        ("10.01", "10.01 分不在 0 到 10 之间。"),
        ("-0.5", "-0.5 分不在 0 到 10 之间。"),
    ],
)
def test_what_is_no_score_is_named_at_its_place(typed: str, message: str) -> None:
    with pytest.raises(Misfit) as error:
        read({"score-a": typed, "score-b": "40"}, RUBRIC)
    assert (error.value.message, error.value.scores) == ("有 1 处没有填对，都没有保存。", {"a": message})


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(Misfit) as error:
        read({"score-a": "x", "score-b": "41", "comment-a": "字" * 2001, "comment": "字" * 2001}, RUBRIC)
    assert error.value.message == "有 4 处没有填对，都没有保存。"
    assert sorted(error.value.scores) == ["a", "b"]
    assert error.value.comments == dict.fromkeys(("a", ""), "写了 2001 字，超过 2000 字，请缩短。")


def test_the_bounds_themselves_are_scores() -> None:
    assert read({"score-a": "0", "score-b": "40"}, RUBRIC).scores == {"a": 0, "b": 40}


def test_a_criterion_that_the_rubric_does_not_have_is_refused() -> None:
    with pytest.raises(Misfit) as error:
        checked(Judgement({"c": 1}), RUBRIC)
    assert error.value.scores == {"c": "评分表没有“c”一项。"}


def test_comments_are_kept_without_what_a_database_cannot_hold() -> None:
    assert checked(Judgement({}, {"a": "一\r\n二\0"}, "\ud800"), RUBRIC) == Judgement({}, {"a": "一\n二"}, "?")


@pytest.mark.parametrize(
    ("scores", "total"),
    [
        ({"a": 5, "b": 20}, 50),
        ({"a": 10, "b": 20}, 100 * (10 + 10) / (10 + 20)),
        ({"a": 5, "b": None}, 50),
        ({"a": 5}, 50),
        ({"b": None}, None),
        ({}, None),
    ],
)
def test_a_total_is_over_what_was_scored(scores: dict[str, float | None], total: float | None) -> None:
    assert Judgement(scores).total(RUBRIC) == total


def test_the_usual_judgement_has_its_total() -> None:
    assert FULL.total(USUAL_RUBRIC) == 81


def test_a_judgement_comes_back_from_its_rows() -> None:
    rows = [
        CriterionScore(assignment_id=1, criterion="a", score=3),
        CriterionScore(assignment_id=1, criterion="b", unable=True, comment="看不出"),
        CriterionScore(assignment_id=1, criterion="c"),
    ]
    assert Judgement.of(rows, "还行") == Judgement({"a": 3, "b": None}, {"b": "看不出"}, "还行")


def test_a_whole_judgement_may_be_submitted() -> None:
    require_whole(Judgement({"a": 0, "b": None}), RUBRIC)
    with pytest.raises(Misfit) as error:
        require_whole(Judgement({"b": 1}), RUBRIC)
    assert error.value.scores == {"a": "请打分，或者勾选“无法评价”。"}
