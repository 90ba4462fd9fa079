"""Calls from preparation to amendment: every action from every state, by everyone, with its event."""

from datetime import date
from typing import Any

import pytest

from caselib.errors import CaselibError, Conflict, Forbidden
from caselib.people import COMMAND_LINE
from caselib.review import queries
from caselib.review.actions import calls
from caselib.review.models import Call
from caselib.review.rulebook import Rulebook
from caselib.review.states import CallState
from tests.review.rounds import AFTER, DEADLINE, NOW, RULES, Round

LATER = date(2022, 10, 15)
ACTIONS: dict[str, tuple[Any, dict[str, Any]]] = {
    "change": (calls.change_call, {"title": "新的名称"}),
    "open": (calls.open_call, {"now": NOW}),
    "close": (calls.close_call, {"now": AFTER}),
    "reopen": (calls.reopen_call, {"deadline": LATER, "reason": "报送太少", "now": AFTER}),
    "extend": (calls.extend_deadline, {"review_deadline": date(2022, 12, 31), "reason": "疫情", "now": NOW}),
    "amend": (calls.amend_rules, {"rules": RULES | {"size": 20}, "reason": "经费减少"}),
}
LEADS_TO = {
    "change": {"draft": "draft", "open": "open", "screening": "screening"},
    "open": {"draft": "open"},
    "close": {"open": "screening"},
    "reopen": {"screening": "open"},
    "extend": {"open": "open", "screening": "screening", "reviewing": "reviewing"},
    "amend": {"reviewing": "reviewing", "closed": "closed"},
}


def do(round_: Round, verb: str, call: Call, username: str = "editor", **values: Any) -> None:
    action, usual = ACTIONS[verb]
    with round_.doing(username) as who:
        row = who["session"].get_one(Call, call.id)
        action(**who, call=row, **{"expected_version": row.version, **usual, **values})


@pytest.mark.parametrize("verb", ACTIONS)
@pytest.mark.parametrize("state", CallState)
def test_every_action_from_every_state(round_: Round, verb: str, state: CallState) -> None:
    call = round_.call(state)
    before = len(round_.events(call))
    if target := LEADS_TO[verb].get(state):
        do(round_, verb, call)
        assert (round_.stored(call).state, round_.stored(call).version) == (target, call.version + 1)
        assert [event[1] for event in round_.events(call)[before:]] == [f"call.{verb}"]
    else:
        with pytest.raises(Conflict):
            do(round_, verb, call)
        assert (round_.stored(call).state, len(round_.events(call))) == (state, before)


@pytest.mark.parametrize(("verb", "said"), [("change", "修改说明和规则"), ("reopen", "重新征集")])
def test_a_verb_out_of_season_is_called_what_its_page_calls_it(round_: Round, verb: str, said: str) -> None:
    call = round_.call(CallState.REVIEWING)
    with pytest.raises(Conflict) as error:
        do(round_, verb, call)
    assert error.value.message == f"现在是“评审中”，不能“{said}”。"


@pytest.mark.parametrize("verb", ACTIONS)
@pytest.mark.parametrize("username", ["zhejiang", "expert01", "operator"])
def test_only_editors_act_on_calls(round_: Round, verb: str, username: str) -> None:
    call = round_.call(CallState(next(iter(LEADS_TO[verb]))))
    with pytest.raises(Forbidden, match="只有编辑可以这样做"):
        do(round_, verb, call, username)


@pytest.mark.parametrize("verb", ACTIONS)
def test_two_editors_the_second_is_told_who_was_first(round_: Round, verb: str) -> None:
    call = round_.call(CallState(next(iter(LEADS_TO[verb]))))
    round_.actors["second"] = round_["editor"]
    with round_.doing("editor") as who:
        row = who["session"].get_one(Call, call.id)
        row.version += 1
    other = round_.add("editor2", *round_["editor"].roles, name="编辑乙")
    with pytest.raises(Conflict) as error:
        do(round_, verb, call, other.username, expected_version=call.version)
    assert error.value.message == "这一项刚被“编辑甲”修改过。"


def test_a_call_holds_nothing_that_a_database_cannot(round_: Round) -> None:
    call = round_.stored(round_.call(CallState.DRAFT, title="2022\0 年\ud800征集", intro="\0第一行\r第二行\ud800"))
    assert (call.title, call.intro) == ("2022 年 征集", "第一行\n第二行?")


def test_a_new_call_is_in_preparation_and_told_whole(round_: Round) -> None:
    call = round_.stored(round_.call(CallState.DRAFT, intro=" 说明\r\n第二行 ", review_deadline=LATER))
    assert (call.state, call.version, call.rules_digest, call.intro) == ("draft", 0, "", "说明\n第二行")
    actor, action, before, after = round_.events(call)[0]
    assert (actor, action, before, after["deadline"], after["state"]) == (
        "编辑甲",
        "call.create",
        {},
        "2022-09-30",
        "draft",
    )
    assert call.rulebook == Rulebook.model_validate(RULES)


def test_the_command_line_may_run_a_call(round_: Round) -> None:
    round_.actors["server"] = COMMAND_LINE
    do(round_, "open", call := round_.call(CallState.DRAFT), "server")
    assert round_.events(call)[-1][:2] == ("命令行", "call.open")


def test_changing_tells_only_what_differs(round_: Round) -> None:
    call = round_.call(CallState.DRAFT)
    do(round_, "change", call, title="2022 年征集", batch=3, rules=RULES | {"size": 20})
    assert round_.events(call)[-1] == (
        "编辑甲",
        "call.change",
        {"title": "2022 年优良案例征集", "rules": {"size": 25}},
        {"title": "2022 年征集", "rules": {"size": 20}},
    )


def test_changing_nothing_writes_nothing(round_: Round) -> None:
    call = round_.call(CallState.DRAFT)
    do(round_, "change", call, title=call.title, rules=RULES)
    assert (round_.stored(call).version, len(round_.events(call))) == (0, 1)


@pytest.mark.parametrize("values", [{"year": 2023}, {"deadline": LATER}, {"deadline": date(2022, 9, 1)}])
def test_an_open_call_keeps_its_year_and_deadline(round_: Round, values: dict[str, Any]) -> None:
    call = round_.call()
    with pytest.raises(Conflict, match="年份和截止日期不能直接修改"):
        do(round_, "change", call, **values)
    do(round_, "change", call, year=call.year, deadline=call.deadline)
    assert round_.stored(call).title == "新的名称"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"title": " "}, "征集名称应为 1 至 120 个字。"),
        ({"title": "长" * 121}, "征集名称应为 1 至 120 个字。"),
        ({"intro": "长" * 20_001}, "征集说明有 20001 字，超过 20000 字。"),
        ({"year": 1999}, "年份不对。"),
        ({"year": 10**400}, "年份不对。"),
        ({"batch": 0}, "批次不对。"),
        ({"batch": 10**400}, "批次不对。"),
        ({"review_deadline": date.max}, "日期“9999-12-31”不对。"),
        ({"review_deadline": DEADLINE}, "评审截止日期（2022年9月30日）不晚于征集截止日期（2022年9月30日）。"),
        ({"rules": {"rubric": []}}, "评分表没有填对（缺少内容）。"),
    ],
)
def test_a_bad_value_is_refused_when_a_call_is_made_and_changed(
    round_: Round, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(CaselibError) as error:
        round_.call(CallState.DRAFT, **values)
    assert error.value.message == message
    call = round_.call(CallState.DRAFT)
    with pytest.raises(CaselibError) as error:
        do(round_, "change", call, **values)
    assert error.value.message == message


def test_a_batch_is_for_one_call(round_: Round) -> None:
    round_.call(title="先来的")
    with pytest.raises(Conflict, match="第 3 批已用于“先来的”。"):
        round_.call(title="后来的")


def test_a_call_whose_deadline_is_over_is_not_opened(round_: Round) -> None:
    call = round_.call(CallState.DRAFT)
    with pytest.raises(CaselibError, match="2022年9月30日已经过去。"):
        do(round_, "open", call, now=AFTER)


def test_closing_early_needs_a_reason_that_is_kept(round_: Round) -> None:
    call = round_.call()
    with pytest.raises(CaselibError, match="截止日期是2022年9月30日，还没有过。"):
        do(round_, "close", call, now=NOW)
    do(round_, "close", call, now=NOW, reason="各省都已报齐")
    assert round_.events(call)[-1][3] == {"state": "screening", "reason": "各省都已报齐", "early": True}


def test_after_an_early_close_reviews_can_be_due_before_the_day_once_planned(round_: Round) -> None:
    do(round_, "close", call := round_.call(), now=NOW, reason="各省都已报齐")
    do(round_, "change", call, review_deadline=date(2022, 9, 15))
    assert round_.stored(call).review_deadline == date(2022, 9, 15)
    do(round_, "extend", call, review_deadline=date(2022, 9, 20))
    assert round_.stored(call).review_deadline == date(2022, 9, 20)
    with pytest.raises(CaselibError, match="评审截止日期（2022年9月20日）不晚于征集截止日期（2022年9月30日）。"):
        do(round_, "reopen", call, deadline=DEADLINE, now=NOW)


def test_reopening_sets_a_new_deadline_for_a_reason(round_: Round) -> None:
    call = round_.call(CallState.SCREENING, review_deadline=date(2022, 10, 20))
    with pytest.raises(CaselibError, match="2022年9月30日已经过去"):
        do(round_, "reopen", call, deadline=DEADLINE)
    with pytest.raises(CaselibError, match="评审截止日期（2022年10月20日）不晚于征集截止日期（2022年10月20日）"):
        do(round_, "reopen", call, deadline=date(2022, 10, 20))
    with pytest.raises(CaselibError, match="没有写原因"):
        do(round_, "reopen", call, reason=" ")
    do(round_, "reopen", call)
    assert round_.events(call)[-1][2:] == (
        {"state": "screening", "deadline": "2022-09-30"},
        {"state": "open", "deadline": "2022-10-15", "reason": "报送太少"},
    )
    told = round_.read(queries.amendments, None, round_.stored(call))
    assert [(one.action, one.reason) for one in told] == [("call.reopen", "报送太少")]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"review_deadline": None}, "没有填新的日期。"),
        ({"deadline": DEADLINE}, "2022年9月30日不晚于原来的2022年9月30日。"),
        ({"review_deadline": date(2022, 7, 31)}, "2022年7月31日已经过去。"),
        ({"review_deadline": DEADLINE}, "评审截止日期（2022年9月30日）不晚于征集截止日期（2022年9月30日）。"),
        ({"reason": ""}, "没有写原因。"),
    ],
)
def test_a_deadline_moves_only_to_a_later_day_and_for_a_reason(
    round_: Round, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(CaselibError) as error:
        do(round_, "extend", round_.call(), **values)
    assert error.value.message == message


def test_both_deadlines_can_be_extended_at_once(round_: Round) -> None:
    do(round_, "extend", call := round_.call(), deadline=LATER)
    assert (round_.stored(call).deadline, round_.stored(call).review_deadline) == (LATER, date(2022, 12, 31))


def test_the_deadline_of_a_closed_call_is_not_extended(round_: Round) -> None:
    with pytest.raises(Conflict, match="征集已经截止"):
        do(round_, "extend", round_.call(CallState.SCREENING), deadline=LATER)


def test_an_amendment_changes_the_rules_and_their_digest_and_everyone_sees_it(round_: Round) -> None:
    call = round_.call(CallState.REVIEWING)
    do(round_, "amend", call)
    stored = round_.stored(call)
    assert stored.rules_digest == Rulebook.model_validate(RULES | {"size": 20}).fingerprint()
    for username in (None, "zhejiang", "expert01", "editor"):
        [amendment] = round_.read(queries.amendments, username, call)
        assert (amendment.by, amendment.action, amendment.reason) == ("编辑甲", "call.amend", "经费减少")
        assert (amendment.before["rules"], amendment.after["rules"]) == ({"size": 25}, {"size": 20})


@pytest.mark.parametrize(
    ("rules", "fixed"),
    [
        ({"blind": "double"}, "盲审方式"),
        ({"rubric": RULES["rubric"][:3]}, "评分项及其满分"),
        ({"rubric": [RULES["rubric"][0] | {"max": 30}, *RULES["rubric"][1:]]}, "评分项及其满分"),
    ],
)
def test_what_scores_rest_on_cannot_be_amended(round_: Round, rules: dict[str, Any], fixed: str) -> None:
    with pytest.raises(Conflict, match=f"评审已经开始，{fixed}不能再改。"):
        do(round_, "amend", round_.call(CallState.REVIEWING), rules=RULES | rules)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rules": RULES}, "与现行规则相同"),
        ({"reason": ""}, "没有写原因。 请写明原因，它会对外公开。"),
        ({"rules": {}}, "评分表没有填对"),
    ],
)
def test_an_amendment_needs_a_difference_and_a_reason(round_: Round, values: dict[str, Any], message: str) -> None:
    with pytest.raises(CaselibError, match=message):
        do(round_, "amend", round_.call(CallState.REVIEWING), **values)
