"""From a decision to ranking, pick, reasons and probabilities."""

from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest
from click.testing import CliRunner

from caselib.cli.deciding import replay
from caselib.errors import CaselibError
from caselib.publishing.decision import parse
from caselib.publishing.outcome import decide, differences, totals
from caselib.publishing.selection import Infeasible
from tests.publishing.decisions import MARKS, a_decision, save, simulated


def test_the_ranking_follows_the_method_and_the_best_are_selected() -> None:
    outcome = decide(parse(a_decision(MARKS)))
    assert [(x.id, x.raw_mean, x.selected) for x in outcome.ranking] == [
        ("a", 91.0, True),
        ("b", 82.0, True),
        ("c", 74.0, False),
        ("d", 61.0, False),
    ]
    assert (outcome.selected, outcome.swaps, outcome.total_cost) == (("a", "b"), (), 0.0)


def test_a_tie_that_the_rule_leaves_falls_to_the_smaller_id() -> None:
    content = a_decision({"y": [80, 80], "x": [80, 80], "z": [90, 90]})
    assert [x.id for x in decide(parse(content)).ranking] == ["z", "x", "y"]


def test_the_tie_rule_decides_before_the_id() -> None:
    marks = {"a": [70, 80, 90], "b": [60, 85, 95]}
    by_trimmed = a_decision(marks, size=1, tie_rule=["calibrated", "trimmed_mean", "id"])
    assert decide(parse(by_trimmed)).selected == ("b",)
    assert decide(parse(a_decision(marks, size=1))).selected == ("a",)


def test_a_tie_rule_decides_ties_alone() -> None:
    content = a_decision({"a": [60, 60], "b": [90, 90]}, size=1, tie_rule=["id"])
    assert decide(parse(content)).selected == ("b",)


def test_a_recused_experts_scores_do_not_count_and_this_is_said() -> None:
    content = a_decision(MARKS, recusals=[{"submission": "a", "expert": "e1", "reason": "同一单位"}])
    outcome = decide(parse(content))
    assert outcome.ranking[0].raw_mean == 90.0
    assert outcome.notes == ("专家 e1 已回避 a，其评分不计入。",)


def test_a_score_left_out_is_missing() -> None:
    content = a_decision(MARKS)
    content["rubric"].append({"key": "extra", "max": 50, "weight": 2.0})
    content["scores"].append({"submission": "a", "expert": "e0", "criterion": "extra", "score": None})
    assert totals(parse(content))[0].total[0] == 90.0


def test_a_submission_nobody_reviewed_is_ranked_last_and_not_picked() -> None:
    outcome = decide(parse(a_decision({"a": [], "b": [80, 84], "c": [70, 78]})))
    assert (outcome.ranking[-1].id, outcome.ranking[-1].raw_mean, outcome.selected) == ("a", None, ("b", "c"))


def test_a_departure_from_rank_says_which_quota_and_what_it_costs() -> None:
    content = a_decision(MARKS, quotas=[{"attribute": "industry_letter", "value": "I", "min": 1}])
    content["submissions"][3]["industry"] = ["I65"]
    outcome = decide(parse(content)).as_json()
    assert outcome["selected"] == ["a", "d"]
    assert outcome["swaps"] == [{"out": "b", "in": "d", "because": "I须有 1 篇才够下限（行业门类“I”至少 1 篇）"}]
    assert outcome["quota_cost"] == {"total": 21.0, "quotas": [{"quota": "行业门类“I”至少 1 篇", "cost": 21.0}]}


def test_must_include_and_exclude_are_reasons_too() -> None:
    content = a_decision(MARKS, include=[{"submission": "d", "reason": "合议"}], exclude=["a"])
    outcome = decide(parse(content))
    assert [(s.out, s.in_, s.because) for s in outcome.swaps] == [("a", "d", "a按决定不入选；d按决定必须入选：合议")]


def test_a_choice_written_twice_counts_once_with_its_reason() -> None:
    include = ["d", {"submission": "d", "reason": "合议"}, "d"]
    outcome = decide(parse(a_decision(MARKS, include=include, exclude=["a", {"id": "a"}])))
    assert [(s.out, s.in_, s.because) for s in outcome.swaps] == [("a", "d", "a按决定不入选；d按决定必须入选：合议")]


def test_colliding_quotas_are_named() -> None:
    content = a_decision(MARKS, quotas=[{"attribute": "province", "max": 1}, {"attribute": "firm_size", "min": 1}])
    with pytest.raises(Infeasible) as error:
        decide(parse(content))
    assert [str(q) for q in error.value.quotas] == ["省份（每一个）至多 1 篇"]


def test_probabilities_are_certain_far_from_the_line_and_add_up_to_the_places() -> None:
    lines = decide(parse(simulated())).ranking
    assert (lines[0].p_selected, lines[-1].p_selected) == (1.0, 0.0)
    assert sum(line.p_selected or 0 for line in lines) == pytest.approx(8)
    assert any(0.05 < (line.p_selected or 0) < 0.95 for line in lines)


@pytest.mark.parametrize("harsh", [(0, 3, -4, 6), (0, 9, -14, 20)])
def test_the_probability_of_a_pick_is_what_theory_says_however_harsh_the_experts_are(harsh: tuple[int, ...]) -> None:
    """Both reviewed by the same four: the figures differ by 2, and harshness, which moves both alike, not at all."""
    noise = ((2.5, -1, -1, -0.5), (-2.5, 1, 1, 0.5))
    marks = {
        name: [mark + e + h for e, h in zip(own, harsh, strict=True)]
        for name, mark, own in zip("ab", (71, 69), noise, strict=True)
    }
    line = decide(parse(a_decision(marks, size=1, method="mixed"))).ranking[0]
    residual = 2 * sum(e * e for e in noise[0]) / 3
    known = NormalDist().cdf(2 / (2 * residual / 4) ** 0.5)
    assert (line.id, line.p_selected) == ("a", pytest.approx(known, abs=0.07))


def test_what_is_unsure_of_different_experts_makes_their_pick_less_sure() -> None:
    """a and b have no expert in common: taken by its own error alone, a would be picked in 91 of 100."""
    marks = {
        "a": {"e0": 76.4, "e1": 73.3}, "b": {"e2": 71.3, "e3": 61.4}, "c": {"e1": 61.4, "e2": 60.2},
        "d": {"e0": 68.6, "e1": 63.8}, "f": {"e2": 57.7, "e3": 48.8},
    }  # fmt: skip
    content = a_decision({key: [] for key in marks}, size=1, method="mixed")
    content["scores"] = [
        {"submission": key, "expert": expert, "criterion": "whole", "score": score}
        for key, own in marks.items()
        for expert, score in own.items()
    ]
    line = decide(parse(content)).ranking[0]
    assert (line.id, line.p_selected) == ("a", pytest.approx(0.762, abs=0.07))


def certain(content: dict[str, Any]) -> list[tuple[str, float | None, bool]]:
    return [(line.id, line.p_selected, line.selected) for line in decide(parse(content)).ranking]


@pytest.mark.parametrize("method", ["mean", "trimmed", "zscore", "mixed", "robust"])
def test_where_experts_agree_and_submissions_tie_the_probability_is_the_pick(method: str) -> None:
    content = a_decision({key: [80, 80] for key in ("s3", "s2", "s1")}, size=1, method=method)
    assert certain(content) == [("s1", 1.0, True), ("s2", 0.0, False), ("s3", 0.0, False)]


def test_with_quotas_and_a_must_too_the_probability_of_a_tie_is_the_pick() -> None:
    content = a_decision({"s5": [90, 90], "s4": [90, 90], "s3": [90, 90], "s2": [60, 60], "s1": []}, include=["s1"])
    content |= {"size": 3, "quotas": [{"attribute": "province", "value": "330000", "max": 1}]}
    for place in (3, 4):
        content["submissions"][place]["region"] = "440100"
    wanted = [("s3", 1.0, True), ("s4", 0.0, False), ("s5", 0.0, False), ("s2", 1.0, True), ("s1", 1.0, True)]
    assert certain(content) == wanted


def test_without_a_standard_error_there_is_no_probability() -> None:
    lines = decide(parse(a_decision({"a": [80], "b": [70], "c": [60]}))).ranking
    assert [(line.se, line.p_selected) for line in lines] == [(None, None)] * 3


def test_the_same_file_gives_the_same_answer_twice() -> None:
    assert decide(parse(simulated())).as_json() == decide(parse(simulated())).as_json()


def test_the_order_of_lines_in_the_file_changes_nothing() -> None:
    rules: dict[str, Any] = {
        "quotas": [{"attribute": "province", "max": 9}, {"attribute": "industry", "max": 9}],
        "include": ["s01", "s02"],
        "exclude": ["s03", "s04"],
        "recusals": [{"submission": "s05", "expert": "e1"}, {"submission": "s06", "expert": "e2"}],
    }
    straight, turned = simulated() | rules, simulated() | rules
    for key in ("submissions", "scores", *rules):
        turned[key] = turned[key][::-1]
    found, wanted = decide(parse(turned)).as_json(), decide(parse(straight)).as_json()
    assert (found["ranking"], found["selected"]) == (wanted["ranking"], wanted["selected"])
    assert any(0 < line["p_selected"] < 1 for line in wanted["ranking"])


def test_a_calibrated_method_on_an_unconnected_graph_says_that_it_fell_back() -> None:
    content = a_decision({"a": [90, 92], "b": [80, 84]}, method="robust", size=1)
    for score in content["scores"][2:]:
        score["expert"] = "f" + score["expert"]
    outcome = decide(parse(content))
    assert (outcome.components, outcome.identifiable, outcome.ranking[0].calibrated) == (2, False, 91.0)
    assert outcome.notes == ("评审关系不足以区分专家宽严，已改用原始平均分。",)


def test_a_key_that_the_file_does_not_have_is_told() -> None:
    content = a_decision(MARKS, quota=[], exlude=["a"], call={"batch": 3}, zzz=1)
    assert decide(parse(content)).notes == (
        "文件里的“quota”不是决定文件的键，没有用到；可能是 quotas。",
        "文件里的“exlude”不是决定文件的键，没有用到；可能是 exclude。",
        "文件里的“zzz”不是决定文件的键，没有用到。",
    )


def test_a_quota_written_twice_counts_once_and_is_told() -> None:
    content = a_decision(MARKS, quotas=[{"attribute": "industry_letter", "value": "I", "min": 1}] * 2)
    content["submissions"][3]["industry"] = ["I65"]
    outcome = decide(parse(content)).as_json()
    assert outcome["swaps"] == [{"out": "b", "in": "d", "because": "I须有 1 篇才够下限（行业门类“I”至少 1 篇）"}]
    assert outcome["quota_cost"] == {"total": 21.0, "quotas": [{"quota": "行业门类“I”至少 1 篇", "cost": 21.0}]}
    assert outcome["notes"] == ["名额约束“行业门类“I”至少 1 篇”写了 2 次，按一次计算。"]


def test_what_was_not_reviewed_is_told_by_whether_it_must_be_in() -> None:
    content = a_decision({"a": [90, 91], "b": [80, 82], "u": [], "v": []}, include=["u"])
    outcome = decide(parse(content))
    assert outcome.selected == ("a", "u")
    assert outcome.notes == ("1 份申报没有评审结果，不参与排名遴选。", "1 份申报没有评审结果，按决定入选：u。")


def test_submissions_that_do_not_state_what_a_quota_counts_are_mentioned() -> None:
    content = a_decision(MARKS, quotas=[{"attribute": "firm_size", "min": 1}, {"attribute": "firm_size", "max": 9}])
    content["submissions"][1]["firm_size"] = content["submissions"][2]["firm_size"] = ""
    assert decide(parse(content)).notes == ("2 份申报没有填写企业规模，不计入按企业规模设的名额。",)


def test_every_departure_from_rank_names_a_rule() -> None:
    content = simulated()
    for k, submission in enumerate(content["submissions"]):
        submission |= {"region": f"{33 + k % 4}0000", "industry": ["CI"[k % 5 == 0] + "65"]}
    content["quotas"] = [
        {"attribute": "province", "max": 2},
        {"attribute": "industry_letter", "value": "I", "min": 4},
    ]
    swaps = decide(parse(content)).swaps
    assert len(swaps) > 1
    assert {"（省份（每一个）至多 2 篇）" in s.because or "至少 4 篇）" in s.because for s in swaps} == {True}


@pytest.mark.parametrize("method", ["mean", "trimmed", "zscore", "mixed", "robust"])
def test_equal_scores_everywhere_fall_to_the_ids(method: str) -> None:
    outcome = decide(parse(a_decision({key: [80, 80, 80] for key in "dcba"}, method=method)))
    assert (outcome.selected, [line.calibrated for line in outcome.ranking]) == (("a", "b"), [80.0] * 4)


def test_one_submission_is_selected() -> None:
    outcome = decide(parse(a_decision({"a": [80, 82, 90]}, size=1, method="robust")))
    assert (outcome.selected, outcome.ranking[0].p_selected) == (("a",), 1.0)


def test_an_unreviewed_must_is_in_and_who_made_room_is_said() -> None:
    content = a_decision({"a": [90, 91], "b": [80, 82], "u": []}, include=[{"submission": "u", "reason": "合议"}])
    outcome = decide(parse(content))
    assert outcome.selected == ("a", "u")
    assert [(s.out, s.in_, s.because) for s in outcome.swaps] == [("b", "u", "u按决定必须入选：合议")]


def test_whom_nobody_reviewed_has_no_rank_from_which_to_be_moved() -> None:
    content = a_decision({"a": [90, 91], "u": [], "v": []}, include=["v"])
    outcome = decide(parse(content))
    assert (outcome.selected, outcome.swaps) == (("a", "v"), ())


def test_nothing_to_count_is_said() -> None:
    with pytest.raises(CaselibError, match="没有一份可以计入的评分"):
        decide(parse(a_decision({"a": [], "b": []})))


def test_differences_name_who_came_in_and_who_went_out() -> None:
    decision = parse(a_decision(MARKS, selected=["a", "c"]))
    assert differences(decision, decide(decision)) == ["“c”记录为入选，重算未入选。", "“b”重算入选，记录中没有。"]


def test_the_same_names_in_another_order_are_a_difference() -> None:
    decision = parse(a_decision(MARKS, selected=["b", "a"]))
    assert differences(decision, decide(decision)) == ["入选名单相同，次序不同。"]


def test_a_recorded_ranking_is_compared_figure_by_figure() -> None:
    content = a_decision(MARKS)
    outcome = decide(parse(content)).as_json()
    content |= {"selected": outcome["selected"], "ranking": outcome["ranking"]}
    assert differences(parse(content), decide(parse(content))) == []
    content["ranking"][1]["raw_mean"] = 82.5
    assert differences(parse(content), decide(parse(content))) == ["“b”的 raw_mean：记录 82.5，重算 82.0。"]
    content["ranking"] = [outcome["ranking"][0], *outcome["ranking"]]
    assert differences(parse(content), decide(parse(content)))[0] == "排名记录 5 行，重算 4 行。"


def test_what_a_file_says_in_words_moves_no_figure() -> None:
    content = simulated() | {"include": [{"submission": "s01", "reason": "合议"}]}
    content["recusals"] = [{"submission": "s02", "expert": "e0", "reason": "回避"}]
    told = decide(parse(content)).as_json()["ranking"]
    content["submissions"][0]["title"] += "（改一个错字）"
    content["include"][0]["reason"] = content["recusals"][0]["reason"] = content["rubric"][0]["name"] = "另一种说法"
    assert decide(parse(content)).as_json()["ranking"] == told


def test_a_recorded_p_selected_may_come_from_other_draws() -> None:
    """Files written before titles were left out of the seed, or with another number of draws, are as good as ever."""
    content = simulated()
    outcome = decide(parse(content)).as_json()
    content |= {"selected": outcome["selected"], "ranking": outcome["ranking"]}
    content["ranking"][7] = content["ranking"][7] | {"p_selected": 0.123}
    assert differences(parse(content), decide(parse(content))) == []
    content["ranking"][7] = content["ranking"][7] | {"se": 0.123}
    said = differences(parse(content), decide(parse(content)))
    assert [each.partition("：")[0] for each in said] == [f"“{content['ranking'][7]['id']}”的 se"]


def test_a_changed_score_is_told_of_the_submission_it_belongs_to_before_what_it_moved(tmp_path: Path) -> None:
    marks = {f"s{place:02}": [80.0 - place, 81.0 - place] for place in range(60)}
    content = a_decision(marks)
    outcome = decide(parse(content)).as_json()
    content |= {"selected": outcome["selected"], "ranking": outcome["ranking"]}
    content["scores"][2 * 30]["score"] = 100
    said = differences(parse(content), decide(parse(content)))
    (name,) = {content["scores"][2 * 30]["submission"]}
    assert [line.partition("：")[0] for line in said[:2]] == [f"“{name}”的 raw_mean", f"“{name}”的 trimmed_mean"]
    assert f"“{name}”的 名次：记录 31，重算 7。" in said
    shown = CliRunner().invoke(replay, [str(save(tmp_path, content))]).output.splitlines()
    assert (shown[0], shown[1], len(shown)) == (f"复核不一致，共 {len(said)} 处：", said[0], 42)
    assert shown[-1].startswith(f"……另有 {len(said) - 40} 处。")


@pytest.mark.parametrize("recorded", [[], [{"id": ["a"]}], [{}, {"raw_mean": None}]])
def test_a_ranking_of_something_else_is_told_and_no_fault(recorded: list[dict[str, Any]]) -> None:
    decision = parse(a_decision(MARKS, selected=["a", "b"], ranking=recorded))
    said = differences(decision, decide(decision))
    assert said[:2] == [f"排名记录 {len(recorded)} 行，重算 4 行。", "“a”重算有名次，记录中没有。"]
