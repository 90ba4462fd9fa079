"""Picking, announcing and hearing objections: every verb from every state, by everyone, with its events and words."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from caselib import journal
from caselib.content import ContentStore
from caselib.errors import CaselibError, Conflict, Forbidden, NotFound
from caselib.people import Account, Role
from caselib.people import actions as people
from caselib.publishing import queries
from caselib.publishing.actions import notices, objections, selections
from caselib.publishing.decision import fingerprint
from caselib.publishing.models import Notice, Objection, Selection
from caselib.publishing.results import Fate, public_results
from caselib.publishing.rules import is_running, obstacles
from caselib.publishing.selection import Infeasible
from caselib.publishing.states import VERBS, ObjectionState
from caselib.publishing.wording import usual_notice
from caselib.review.actions import calls, declarations, submissions
from caselib.review.actions.declarations import declare_conflict
from caselib.review.events import note
from caselib.review.models import Call
from caselib.review.states import CallState, SubmissionState
from tests.publishing.rounds import ENDS, EVE, KEY, LATER, NOW, STARTS, TEXT, Publishing, rules

NOT_EDITORS = ["zhejiang", "expert01", "operator"]


def test_a_pick_is_kept_whole_with_its_event(round_: Publishing) -> None:
    call = round_.closed()
    selection = round_.select(call, exclude={"2022-001": "失实"})
    stored = round_.stored(selection)
    assert stored.decision["selected"] == ["2022-002", "2022-003"]
    assert (stored.sha256, fingerprint(stored.decision)) == (stored.decision["sha256"], stored.sha256)
    assert (stored.recorded_by, stored.submissions["2022-004"]) == (round_["editor"].id, round_.numbered("2022-004").id)
    told = {
        "method": "mean",
        "include": [],
        "exclude": [{"submission": "2022-001", "reason": "失实"}],
        "selected": ["2022-002", "2022-003"],
        "sha256": stored.sha256,
    }
    assert round_.events(selection) == [("编辑甲", "selection.record", {}, told)]
    assert round_.stored(call).version == call.version + 1


@pytest.mark.parametrize("state", [state for state in CallState if state is not CallState.CLOSED])
def test_picking_is_for_a_closed_round(round_: Publishing, state: CallState) -> None:
    round_.now_in(state, call := round_.closed())
    with pytest.raises(Conflict, match=f"现在是“{state.label}”，不能“遴选”"):
        round_.select(call)


def test_a_notice_states_its_own_days_whatever_days_its_text_began_with(round_: Publishing) -> None:
    call = round_.closed()
    round_.select(call)
    usual = usual_notice(call, 2, STARTS, ENDS)
    later = ENDS + timedelta(days=3)
    notice = round_.announce(call, starts=STARTS, ends=later, text=usual)
    assert notice.text == usual_notice(call, 2, STARTS, later).strip()
    assert "公示期为2023年3月1日至2023年3月10日。" in notice.text


@pytest.mark.parametrize("username", NOT_EDITORS)
def test_only_editors_pick_announce_and_retract(round_: Publishing, username: str) -> None:
    call, _ = round_.announced()
    for action, values in (
        (selections.record_selection, {"key": KEY}),
        (notices.announce, {"starts": STARTS, "ends": ENDS, "text": TEXT}),
        (notices.retract, {"reason": "重来"}),
        (notices.withdraw_selected, {"submission": round_.numbered("2022-001"), "reason": "重来"}),
    ):
        with pytest.raises(Forbidden):
            round_.act(action, call, username, **values)


def test_the_second_of_two_editors_is_told(round_: Publishing) -> None:
    round_.add("editor2", Role.EDITOR, name="编辑乙")
    call = round_.closed()
    round_.select(call)
    with pytest.raises(Conflict, match="这一项刚被"):
        round_.act(selections.record_selection, call, "editor2", key=KEY, expected_version=call.version)


def test_rules_that_are_not_those_that_were_frozen_are_refused(round_: Publishing) -> None:
    call = round_.closed()
    with round_.database.writing() as session:
        row = session.get_one(Call, call.id)
        row.rules = {**row.rules, "size": 3}
    with pytest.raises(Conflict, match="与评审开始时固定下来的不一致"):
        round_.select(call)


def test_no_pick_is_recorded_while_the_review_of_a_tied_expert_counts(round_: Publishing) -> None:
    call = round_.closed((90, 80))
    with round_.doing("operator") as who:
        account = who["session"].get_one(Account, round_["expert02"].id)
        people.change_account(**who, account=account, employer="甲0厂")
    with pytest.raises(Conflict) as error:
        round_.select(call)
    assert str(error.value) == (
        "已提交的评审里有利害关系：2022-001。 请在各份申报的分派页为有关专家登记利害关系，他的评审即作回避。"
    )
    with round_.doing("editor") as who:
        account = who["session"].get_one(Account, round_["expert02"].id)
        submission = who["session"].merge(round_.numbered("2022-001"))
        declare_conflict(**who, submission=submission, account=account, reason="新近任职", now=NOW)
    decision = round_.select(call).decision
    assert [score["score"] for score in decision["scores"] if score["submission"] == "2022-001"] == [89.0]


def test_an_editor_chooses_nothing_about_a_case_he_is_tied_to(round_: Publishing) -> None:
    round_.add("tied", Role.EDITOR, employer="甲0厂")
    call = round_.closed()
    for side in ("include", "exclude"):
        with pytest.raises(Forbidden, match="您与申报 2022-001 有利害关系"):
            round_.act(selections.record_selection, call, "tied", key=KEY, **{side: {"2022-001": "好"}})
    round_.act(selections.record_selection, call, "tied", key=KEY, include={"2022-003": "好"})
    assert round_.selected(call) == ["2022-001", "2022-003"]


def test_quotas_that_collide_are_named_and_nothing_is_kept(round_: Publishing) -> None:
    call = round_.closed(quotas=[{"attribute": "province", "max": 1}])
    with pytest.raises(Infeasible, match="省份（每一个）至多 1 篇"):
        round_.select(call)
    assert round_.selected(call) == []


def test_a_pick_by_an_editor_who_is_tied_to_it_as_is_known_later_is_not_announced(round_: Publishing) -> None:
    round_.select(call := round_.closed(), include={"2022-003": "有代表性"})
    with round_.doing("editor") as who:
        row = who["session"].merge(round_.numbered("2022-003"))
        declarations.declare_conflict(**who, submission=row, reason="曾任顾问", now=NOW)
    with pytest.raises(Conflict, match="遴选之后，评审、申报、异议或规则又有变动"):
        round_.announce(call)


def test_announcing_moves_the_call_and_says_what_and_when(round_: Publishing) -> None:
    call, notice = round_.announced()
    assert (call.state, notice.selection_id, notice.text) == ("notice", 1, TEXT)
    told = {"selection_id": 1, "starts": "2023-03-01", "ends": "2023-03-07", "text": TEXT}
    assert round_.events(notice) == [("编辑甲", "notice.announce", {}, told)]
    assert round_.events(call)[-1] == ("编辑甲", "call.announce", {"state": "closed"}, {"state": "notice"})


@pytest.mark.parametrize("state", [state for state in CallState if state is not CallState.CLOSED])
def test_only_a_closed_round_is_announced(round_: Publishing, state: CallState) -> None:
    round_.select(call := round_.closed())
    round_.now_in(state, call)
    with pytest.raises(Conflict, match="不能“公示”"):
        round_.announce(call)


def test_a_pick_must_be_there_before_it_is_announced(round_: Publishing) -> None:
    with pytest.raises(Conflict, match="还没有记录遴选结果"):
        round_.announce(round_.closed())


def test_a_pick_made_from_something_that_changed_is_not_announced(round_: Publishing) -> None:
    round_.select(call := round_.closed())
    with round_.doing("zhejiang") as who:
        row = who["session"].merge(round_.numbered("2022-002"))
        submissions.withdraw(**who, submission=row, expected_version=row.version, reason="不参加了")
    with pytest.raises(Conflict, match="遴选之后，评审、申报、异议或规则又有变动"):
        round_.announce(call)
    round_.select(call)
    round_.announce(call)
    assert round_.selected(call) == ["2022-001", "2022-003"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"starts": date(2023, 2, 28)}, "公示开始日期（2023年2月28日）已经过去。"),
        (
            {"ends": date(2023, 3, 7)},
            "规则要求公示 7 天，开始当天不足一天，不计入；从2023年3月1日起至少要到2023年3月8日。",
        ),
        ({"ends": date(2023, 3, 6), "now": EVE}, "规则要求公示 7 天；从2023年3月1日起至少要到2023年3月7日。"),
        ({"text": " \n"}, "公示正文是空的。"),
        ({"text": "字" * 10_001}, "公示正文有 10001 字，超过 10000 字。"),
    ],
)
def test_days_and_words_of_a_notice_must_fit(round_: Publishing, values: dict[str, Any], said: str) -> None:
    round_.select(call := round_.closed())
    with pytest.raises(CaselibError) as error:
        round_.announce(call, **{"ends": date(2023, 3, 8), "now": NOW, **values})
    assert (error.value.message, round_.stored(call).state) == (said, "closed")


def test_a_notice_and_an_objection_may_be_as_long_as_is_said(round_: Publishing) -> None:
    round_.select(call := round_.closed())
    notice = round_.announce(call, text="字" * 10_000)
    longest = {"name": "李" * 64, "contact": "1" * 128, "text": "字" * 2000}
    assert (len(notice.text), len(round_.object_to(notice, **longest).text)) == (10_000, 2000)


def test_a_pick_with_the_review_of_an_expert_who_became_tied_is_not_announced(round_: Publishing) -> None:
    call = round_.closed()
    round_.select(call)
    with round_.doing("operator") as who:
        account = who["session"].get_one(Account, round_["expert02"].id)
        people.change_account(**who, account=account, employer="甲0厂")
    with pytest.raises(Conflict, match="已提交的评审里有利害关系：2022-001。"):
        round_.announce(call)
    assert round_.stored(call).state == "closed"


def test_retracting_takes_the_notice_back_for_another_pick(round_: Publishing) -> None:
    call, notice = round_.announced()
    round_.act(notices.retract, call, reason="名单有误")
    assert (round_.stored(call).state, round_.stored(notice).retracted_at) == ("closed", NOW)
    assert round_.events(notice)[-1][1:] == (
        "notice.retract",
        {"retracted_at": None},
        {"retracted_at": NOW.isoformat(), "reason": "名单有误"},
    )
    assert round_.events(call)[-1][1:] == (
        "call.retract",
        {"state": "notice"},
        {"state": "closed", "reason": "名单有误"},
    )
    round_.select(call, exclude={"2022-001": "失实"})
    again = round_.announce(call)
    assert (again.id, round_.stored(call).state) == (2, "notice")


@pytest.mark.parametrize("state", [state for state in CallState if state is not CallState.NOTICE])
def test_only_a_notice_is_retracted(round_: Publishing, state: CallState) -> None:
    call, _ = round_.announced()
    round_.now_in(state, call)
    with pytest.raises(Conflict, match="不能“撤回公示”"):
        round_.act(notices.retract, call, reason="名单有误")


def test_anybody_objects_and_the_journal_keeps_no_name_and_no_word(round_: Publishing) -> None:
    _, notice = round_.announced()
    objection = round_.object_to(notice, name=" 李 某 ", contact="13800000000", text="数据不实。\n详见附后。")
    stored = round_.stored(objection)
    assert (stored.name, stored.contact, stored.text) == ("李 某", "13800000000", "数据不实。\n详见附后。")
    told = {
        "state": "filed",
        "notice_id": stored.notice_id,
        "submission_id": round_.numbered("2022-001").id,
        "sha256": objections.digest(stored),
    }
    assert round_.events(objection) == [("公众", "objection.file", {}, told)]


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        (NOW - timedelta(days=1), NotFound),
        (datetime.fromisoformat("2023-02-28T23:59:59+08:00"), NotFound),
        (datetime.fromisoformat("2023-03-01T00:00:00+08:00"), None),
        (datetime.fromisoformat("2023-03-07T23:59:59+08:00"), None),
        (LATER, Conflict),
    ],
)
def test_objections_are_taken_from_the_first_day_to_the_end_of_the_last(
    round_: Publishing, now: datetime, kind: type[CaselibError] | None
) -> None:
    _, notice = round_.announced()
    if kind is None:
        assert round_.object_to(notice, now=now).filed_at == now
    else:
        with pytest.raises(kind):
            round_.object_to(notice, now=now)


def test_a_retracted_notice_is_not_known(round_: Publishing) -> None:
    call, notice = round_.announced()
    round_.act(notices.retract, call, reason="名单有误")
    with pytest.raises(NotFound, match="没有这份公示"):
        round_.object_to(notice)


def test_a_notice_retracted_before_its_first_day_is_not_told_of_when_the_day_has_come(round_: Publishing) -> None:
    call, notice = round_.announced()
    round_.act(notices.retract, call, reason="名单有误", now=EVE)
    with round_.database.reading() as session:
        assert queries.retracted_notice(session, notice.id or 0, LATER) is None


@pytest.mark.parametrize("number", ["2022-003", "2022-009", ""])
def test_only_cases_of_the_notice_are_objected_to(round_: Publishing, number: str) -> None:
    _, notice = round_.announced()
    with pytest.raises(NotFound, match="公示名单里没有这个案例"):
        round_.object_to(notice, number)


def test_the_same_words_sent_twice_are_one_objection(round_: Publishing) -> None:
    _, notice = round_.announced()
    first, again = round_.object_to(notice), round_.object_to(notice, name=" 李某 ")
    others = [round_.object_to(notice, **more) for more in ({"text": "另一件事。"}, {"number": "2022-002"})]
    assert again.id == first.id
    assert len({first.id, *(each.id for each in others)}) == 3
    assert len(round_.events(first)) == 1


def test_who_sends_the_same_words_after_they_were_answered_is_told_where_the_answer_is(round_: Publishing) -> None:
    _, notice = round_.announced()
    settle(round_, round_.object_to(notice), upheld=False)
    with pytest.raises(Conflict) as error:
        round_.object_to(notice)
    said = ("您对 2022-001 的这条异议已经结案，答复在公示页面。", "有新的情况，请写明后另提。")
    assert (error.value.message, error.value.remedy) == said
    assert round_.object_to(notice, text="另一件事。").state == "filed"


def test_a_case_that_leaves_after_an_objection_is_not_objected_to_again(round_: Publishing) -> None:
    _, notice = round_.announced((90.0, 80.0))
    filed = round_.object_to(notice)
    round_.act(objections.answer, filed, text="数据不实。")
    round_.act(objections.close, round_.stored(filed), upheld=True)
    with pytest.raises(Conflict, match="对 2022-001 的异议已经成立，名单将调整，不必再提出。"):
        round_.object_to(notice, text="还有一件。")
    assert round_.object_to(notice, "2022-002").state == "filed"


def test_what_an_objection_lacks_is_said_at_once(round_: Publishing) -> None:
    _, notice = round_.announced()
    with pytest.raises(CaselibError) as error:
        round_.object_to(notice, name=" ", contact="", text="字" * 2001)
    assert error.value.message == "没有填写姓名或单位名称；没有填写联系方式；异议内容超过 2000 字。"


OBJECTION_VERBS: dict[str, tuple[Any, dict[str, Any], dict[str, str]]] = {
    "answer": (objections.answer, {"text": "经核实，数据属实。"}, {"filed": "answered", "answered": "answered"}),
    "close": (objections.close, {"upheld": False}, {"answered": "closed"}),
}


@pytest.mark.parametrize("verb", OBJECTION_VERBS)
@pytest.mark.parametrize("state", ObjectionState)
def test_every_verb_of_an_objection_from_every_state(round_: Publishing, verb: str, state: ObjectionState) -> None:
    _, notice = round_.announced()
    objection = round_.object_to(notice)
    with round_.database.writing() as session:
        session.get_one(Objection, objection.id).state = state
    action, values, leads_to = OBJECTION_VERBS[verb]
    if target := leads_to.get(state):
        round_.act(action, objection, **values)
        assert round_.stored(objection).state == target
        assert round_.events(objection)[-1][1] == f"objection.{verb}"
    else:
        with pytest.raises(Conflict, match=f"现在是“{state.label}”，不能“{VERBS[verb]}”"):
            round_.act(action, objection, **values)
        assert (round_.stored(objection).state, len(round_.events(objection))) == (state, 1)


@pytest.mark.parametrize("username", NOT_EDITORS)
@pytest.mark.parametrize("verb", OBJECTION_VERBS)
def test_only_editors_decide_on_objections(round_: Publishing, verb: str, username: str) -> None:
    _, notice = round_.announced()
    action, values, _ = OBJECTION_VERBS[verb]
    with pytest.raises(Forbidden):
        round_.act(action, round_.object_to(notice), username, **values)


def test_an_editor_with_a_tie_does_not_decide_on_an_objection(round_: Publishing) -> None:
    round_.add("tied", Role.EDITOR, employer="甲0厂")
    _, notice = round_.announced()
    with pytest.raises(Forbidden, match="您与申报 2022-001 有利害关系"):
        round_.act(objections.answer, round_.object_to(notice), "tied", text="不实")


def settle(round_: Publishing, objection: Objection, *, upheld: bool, **values: Any) -> None:
    round_.act(objections.answer, objection, text="经核实。")
    round_.act(objections.close, round_.stored(objection), upheld=upheld, **values)


def test_an_objection_that_is_not_upheld_changes_nothing(round_: Publishing) -> None:
    call, notice = round_.announced()
    settle(round_, round_.object_to(notice), upheld=False)
    assert (round_.selected(call), round_.stored(notice).selection_id) == (["2022-001", "2022-002"], 1)


def test_a_notice_that_still_runs_long_enough_for_a_newcomer_keeps_its_last_day(round_: Publishing) -> None:
    round_.select(call := round_.closed())
    notice = round_.announce(call, ends=date(2023, 3, 20))
    settle(round_, round_.object_to(notice), upheld=True, now=NOW + timedelta(days=2))
    assert round_.selected(call) == ["2022-002", "2022-003"]
    assert round_.stored(notice).ends == date(2023, 3, 20)
    assert round_.events(notice)[-1][2] == {"selection_id": 1}


def test_an_upheld_objection_picks_again_without_the_case_and_the_newcomer_gets_its_days(round_: Publishing) -> None:
    call, notice = round_.announced()
    objection = round_.object_to(notice)
    settle(round_, objection, upheld=True, now=NOW + timedelta(days=2))
    assert (round_.selected(call), round_.stored(call).version) == (["2022-002", "2022-003"], call.version + 1)
    assert (round_.stored(notice).selection_id, round_.stored(notice).ends) == (2, date(2023, 3, 10))
    assert round_.events(notice)[-1][1:] == (
        "notice.adjust",
        {"selection_id": 1, "ends": "2023-03-07"},
        {
            "selection_id": 2,
            "ends": "2023-03-10",
            "out": {"2022-001": "异议成立：经核实。"},
            "in": ["2022-003"],
        },
    )
    assert round_.events(objection)[-1][3]["upheld"] is True
    with round_.database.reading() as session:
        second = session.get_one(Selection, 2)
    assert second.decision["exclude"] == [{"submission": "2022-001", "reason": "异议成立：经核实。"}]


BALANCED = [{"attribute": "province", "max": 1}, {"attribute": "industry_letter", "value": "C", "min": 1}]
FIRST, SECOND = ("330400", "C23"), ("320500", "A01")
THIRD, FOURTH, FIFTH = ("330400", "A01"), ("320500", "C23"), ("330400", "C23")


def balanced(round_: Publishing, *cases: tuple[str, str], **more: Any) -> tuple[Call, Notice]:
    """A call under notice, of which no province may have two cases and industry C must have one."""
    call = round_.closed((), **{"quotas": BALANCED, **more})
    for place, (region, industry) in enumerate(cases):
        submission = round_.submission(call, SubmissionState.ACCEPTED, region=region, industry=[industry])
        round_.reviewed(submission, 90.0 - 5 * place - place**2)
    round_.select(call)
    assert round_.selected(call)[:2] == ["2022-001", "2022-002"]
    return call, round_.announce(call)


def test_what_was_announced_stays_though_another_pick_would_have_more_points(round_: Publishing) -> None:
    call, notice = balanced(round_, FIRST, SECOND, THIRD, FOURTH, FIFTH)
    settle(round_, round_.object_to(notice), upheld=True)
    assert round_.selected(call) == ["2022-002", "2022-005"]
    with round_.database.reading() as session:
        kept = session.get_one(Selection, 2).decision["include"]
    assert kept == [{"submission": "2022-002", "reason": "已经公示，调整名单时保留"}]
    withdrawn = {"submission": round_.numbered("2022-002"), "reason": "停产"}
    round_.act(notices.withdraw_selected, round_.stored(call), **withdrawn)
    assert round_.selected(call) == ["2022-004", "2022-005"]


def test_what_was_announced_and_cannot_stay_leaves_with_its_reason(round_: Publishing) -> None:
    call, notice = balanced(round_, FIRST, SECOND, THIRD, FOURTH)
    settle(round_, round_.object_to(notice), upheld=True)
    assert round_.selected(call) == ["2022-003", "2022-004"]
    adjusted = public(round_, notice).adjustments[0]
    assert (adjusted.out, adjusted.into) == (
        {
            "2022-001": "异议成立：经核实。",
            "2022-002": "有案例退出以后，按名额约束不能再保留",
        },
        ("2022-003", "2022-004"),
    )


def test_what_stayed_at_one_adjustment_leaves_at_the_next_when_it_can_stay_no_more(round_: Publishing) -> None:
    call, notice = balanced(round_, FIRST, SECOND, THIRD, FOURTH, FIFTH)
    settle(round_, round_.object_to(notice), upheld=True)
    assert round_.selected(call) == ["2022-002", "2022-005"]
    withdrawn = {"submission": round_.numbered("2022-005"), "reason": "停产"}
    round_.act(notices.withdraw_selected, round_.stored(call), **withdrawn)
    assert round_.selected(call) == ["2022-003", "2022-004"]


def test_of_what_was_announced_and_cannot_all_stay_the_better_ranked_stay_as_far_as_they_can(
    round_: Publishing,
) -> None:
    cases = FIRST, SECOND, ("370100", "A01"), ("370200", "I64"), ("330400", "I64"), FOURTH
    quotas = [*BALANCED, {"attribute": "industry_letter", "value": "A", "max": 1}]
    call, notice = balanced(round_, *cases, quotas=quotas, size=3)
    assert round_.selected(call) == ["2022-001", "2022-002", "2022-004"]
    settle(round_, round_.object_to(notice), upheld=True)
    assert round_.selected(call) == ["2022-004", "2022-005", "2022-006"]
    adjusted = public(round_, notice).adjustments[0]
    assert list(adjusted.out) == ["2022-001", "2022-002"]


def test_a_case_with_an_objection_upheld_while_it_was_not_listed_never_comes_in(round_: Publishing) -> None:
    call, first = round_.announced()
    objection = round_.object_to(first, "2022-002")
    round_.act(notices.retract, call, reason="重新遴选")
    round_.select(call, include={"2022-003": "做法典型"})
    second = round_.announce(call)
    assert round_.selected(call) == ["2022-001", "2022-003"]
    settle(round_, objection, upheld=True)
    settle(round_, round_.object_to(second), upheld=True)
    assert round_.selected(call) == ["2022-003", "2022-004"]


def test_a_case_that_already_dropped_out_is_not_dropped_twice(round_: Publishing) -> None:
    call, notice = round_.announced()
    first, second = round_.object_to(notice), round_.object_to(notice, text="另一件事。")
    settle(round_, first, upheld=True)
    settle(round_, second, upheld=True)
    assert round_.selected(call) == ["2022-002", "2022-003"]
    with round_.database.reading() as session:
        assert len(session.exec(select(Selection)).all()) == 2


def test_without_enough_left_an_objection_is_upheld_all_the_same_and_the_list_waits_for_another_pick(
    round_: Publishing,
) -> None:
    call, notice = round_.announced((90, 80))
    objection = round_.object_to(notice)
    settle(round_, objection, upheld=True)
    stored = round_.stored(objection)
    assert (stored.state, stored.upheld, round_.stored(notice).selection_id) == ("closed", True, 1)
    round_.act(notices.retract, call, reason="递补不出")
    with pytest.raises(Infeasible) as error:
        round_.select(call)
    assert error.value.message == "要选 2 篇，可选的只有 1 篇。"
    with round_.doing("editor") as who:
        row = who["session"].get_one(Call, call.id)
        calls.amend_rules(**who, call=row, rules=rules(size=1), expected_version=row.version, reason="只剩一篇")
    round_.select(call)
    assert round_.selected(call) == ["2022-002"]


def test_a_case_with_an_upheld_objection_stays_out_of_every_later_pick(round_: Publishing) -> None:
    call, notice = round_.announced()
    settle(round_, round_.object_to(notice), upheld=True)
    settle(round_, round_.object_to(notice, "2022-002"), upheld=False)
    round_.act(notices.retract, call, reason="重新遴选")
    again = round_.select(call)
    assert round_.selected(call) == ["2022-002", "2022-003"]
    assert round_.stored(again).decision["exclude"] == [{"submission": "2022-001", "reason": "异议成立：经核实。"}]


def test_a_pick_made_before_an_objection_was_upheld_is_not_announced(round_: Publishing) -> None:
    call, notice = round_.announced()
    listed, other = round_.object_to(notice), round_.object_to(notice, "2022-002")
    round_.act(notices.retract, call, reason="重新遴选")
    settle(round_, other, upheld=False)
    with round_.database.reading() as session:
        assert not queries.changed_since(session, call, session.get_one(Selection, 1))
    settle(round_, listed, upheld=True)
    with pytest.raises(Conflict, match="遴选之后，评审、申报、异议或规则又有变动"):
        round_.announce(call)
    round_.select(call)
    round_.announce(call)
    assert round_.selected(call) == ["2022-002", "2022-003"]


@pytest.mark.parametrize(
    ("action", "changed"),
    [
        ("assignment.submit", True),
        ("submission.accept", True),
        ("discussion.record", True),
        ("tie.declare", True),
        ("call.amend", True),
        ("call.retract", False),
        ("notice.retract", False),
    ],
)
def test_a_pick_is_out_of_date_once_what_it_was_made_from_changes_in_its_call(
    round_: Publishing, action: str, changed: bool
) -> None:
    call, other = round_.closed(), round_.call(batch=5)
    selection = round_.select(call)
    answers = []
    for concerned in (other, call):
        with round_.database.writing() as session:
            journal.record(session, actor_id=None, actor="某人", action=action, subject="x:1", call_id=concerned.id)
        with round_.database.reading() as session:
            answers.append(queries.changed_since(session, call, selection))
    assert answers == [False, changed]


@pytest.mark.parametrize("username", ["zhejiang", "expert01", "operator"])
def test_only_editors_read_picks_objections_and_what_was_withdrawn(round_: Publishing, username: str) -> None:
    call, notice = round_.announced()
    objection, submission, actor = round_.object_to(notice), round_.numbered("2022-001"), round_[username]
    with round_.database.reading() as session:
        for read, concerned in (
            (queries.list_selections, [call]),
            (queries.list_objections, [call]),
            (queries.get_objection, [objection.id]),
            (queries.call_of_objection, [objection.id]),
            (queries.decided_objections, [submission]),
            (queries.list_tombstones, []),
        ):
            with pytest.raises(Forbidden):
                read(session, actor, *concerned)  # type: ignore[operator]


def test_a_notice_that_was_retracted_is_no_more_the_calls_nor_to_be_read_by_an_editor(round_: Publishing) -> None:
    call, notice = round_.announced()
    round_.act(notices.retract, call, reason="正文有误")
    with round_.database.reading() as session:
        assert queries.find_notice(session, call) is None
        for reader in (None, round_["editor"]):
            with pytest.raises(NotFound):
                queries.public_notice(session, reader, notice.id or 0, LATER)


def test_where_a_notice_was_taken_back_no_other_is_told_of_before_its_first_day(round_: Publishing) -> None:
    call, notice = round_.announced()
    round_.act(notices.retract, call, reason="正文有误")
    again = round_.announce(call, starts=date(2023, 3, 5), ends=date(2023, 3, 11), now=NOW)
    with round_.database.reading() as session:
        found = [queries.retracted_notice(session, notice.id or 0, moment) for moment in (NOW, LATER)]
    told = [each and (each.reason, each.now and each.now.id) for each in found]
    assert told == [("正文有误", None), ("正文有误", again.id)]


def test_a_case_can_be_withdrawn_from_the_notice(round_: Publishing) -> None:
    call, _ = round_.announced()
    submission = round_.numbered("2022-002")
    round_.act(notices.withdraw_selected, call, submission=submission, reason="企业停产")
    assert (round_.selected(call), round_.stored(submission).state) == (["2022-001", "2022-003"], "withdrawn")
    assert round_.stored(call).version == call.version + 1
    assert round_.events(submission)[-1][1:] == (
        "submission.withdraw",
        {"state": "accepted", "reason": ""},
        {"state": "withdrawn", "reason": "企业停产"},
    )


def test_without_enough_left_nothing_is_withdrawn_and_the_rules_are_to_be_amended(round_: Publishing) -> None:
    call, _ = round_.announced((90, 80))
    submission = round_.numbered("2022-002")
    with pytest.raises(Infeasible) as error:
        round_.act(notices.withdraw_selected, call, submission=submission, reason="企业停产")
    assert str(error.value) == (
        "没有 2022-002，按规则补不出：要选 2 篇，可选的只有 1 篇。名单没有改动。"
        " 请撤回公示，修订规则（入选篇数或名额约束），再重新遴选。"
    )
    assert (round_.selected(call), round_.stored(submission).state) == (["2022-001", "2022-002"], "accepted")


def test_the_notice_of_a_published_batch_is_not_adjusted(round_: Publishing) -> None:
    call, _ = round_.announced()
    round_.now_in(CallState.PUBLISHED, call)
    with pytest.raises(Conflict, match="现在是“已发布”"):
        round_.act(notices.withdraw_selected, call, submission=round_.numbered("2022-001"), reason="停产")
    with round_.database.reading() as session:
        assert queries.numbers_under_notice(session, round_.stored(call)) == ()


def test_an_editor_withdraws_no_case_he_is_tied_to(round_: Publishing) -> None:
    round_.add("tied", Role.EDITOR, employer="甲0厂")
    call, _ = round_.announced()
    with pytest.raises(Forbidden, match="您与申报 2022-001 有利害关系"):
        round_.act(notices.withdraw_selected, call, "tied", submission=round_.numbered("2022-001"), reason="停产")


def test_what_is_not_under_notice_cannot_be_withdrawn_from_it(round_: Publishing) -> None:
    call, _ = round_.announced()
    with pytest.raises(Conflict, match="2022-004 不在公示名单中"):
        round_.act(notices.withdraw_selected, call, submission=round_.numbered("2022-004"), reason="停产")


BEGIN, TICK = LATER - timedelta(days=7), timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("moment", "running", "over"),
    [(BEGIN - TICK, False, False), (BEGIN, True, False), (LATER - TICK, True, False), (LATER, False, True)],
)
def test_a_notice_runs_from_the_first_moment_of_its_first_day_to_the_end_of_its_last(
    moment: datetime, running: bool, over: bool
) -> None:
    notice = Notice(call_id=1, selection_id=1, starts=STARTS, ends=ENDS, text=TEXT)
    early = [] if over else ["公示到2023年3月7日结束，还没有满"]
    assert (is_running(notice, moment), obstacles(notice, [], [], moment)) == (running, early)
    notice.retracted_at = BEGIN
    assert is_running(notice, moment) is False


def public(round_: Publishing, notice: Notice, username: str | None = None, now: datetime = NOW) -> queries.Announced:
    with round_.database.reading() as session:
        actor = round_[username] if username else None
        return queries.public_notice(session, actor, notice.id or 0, now)


def test_everybody_reads_the_notice_from_its_first_day_on(round_: Publishing) -> None:
    _, notice = round_.announced()
    before = NOW - timedelta(days=1)
    with pytest.raises(NotFound):
        public(round_, notice, now=before)
    with pytest.raises(NotFound):
        public(round_, notice, "zhejiang", now=before)
    assert public(round_, notice, "editor", now=before).notice.id == notice.id
    found = public(round_, notice)
    assert [(case.number, case.title) for case in found.cases] == [
        ("2022-001", "第一号案例"),
        ("2022-002", "第二号案例"),
    ]
    assert (found.adjustments, found.answered) == ([], [])


def test_the_notice_tells_of_adjustments_and_answers_and_of_nobody(round_: Publishing) -> None:
    _, notice = round_.announced()
    round_.object_to(notice, "2022-002")
    settle(round_, round_.object_to(notice), upheld=True)
    found = public(round_, notice)
    assert [each[1:] for each in found.adjustments] == [
        ({"2022-001": "异议成立：经核实。"}, ("2022-003",), date(2023, 3, 8))
    ]
    assert [(case.number, each.answer) for each, case in found.answered] == [("2022-001", "经核实。")]
    first, second, other = round_.numbered("2022-001"), round_.numbered("2022-002"), round_.call(batch=5)
    with round_.database.reading() as session:
        told = [queries.decided_objections(session, round_["editor"], each) for each in (first, second)]
        assert queries.list_objections(session, round_["editor"], other) == []
    assert [[line.reason for line in lines] for lines in told] == [["异议成立：经核实。"], []]


def test_an_adjustment_told_of_by_an_earlier_version_reads_the_same(round_: Publishing) -> None:
    _, notice = round_.announced()
    told = {"out": "2022-001", "in": [], "reason": "报送单位撤回：停产"}
    with round_.doing("editor") as who:
        note(who["session"], who["actor"], "adjust", who["session"].get_one(Notice, notice.id), after=told)
    assert [each[1:] for each in public(round_, notice).adjustments] == [({"2022-001": "报送单位撤回：停产"}, (), None)]


def test_an_objection_to_a_retracted_notice_is_answered_on_the_next(round_: Publishing) -> None:
    call, notice = round_.announced()
    objection = round_.object_to(notice, "2022-002")
    round_.act(notices.retract, call, reason="正文有误")
    again = round_.announce(call)
    assert public(round_, again).answered == []
    settle(round_, objection, upheld=False)
    assert [(case.number, each.id) for each, case in public(round_, again).answered] == [("2022-002", objection.id)]


def test_notices_are_listed_from_their_first_day_on_and_stay(round_: Publishing) -> None:
    call, notice = round_.announced()

    def listed(now: datetime) -> list[int | None]:
        with round_.database.reading() as session:
            return [each.id for each, _ in queries.public_notices(session, now)]

    assert [listed(NOW - timedelta(days=1)), listed(NOW), listed(LATER)] == [[], [1], [1]]
    round_.act(notices.retract, call, reason="名单有误")
    assert (listed(NOW), round_.stored(notice).retracted_at) == ([], NOW)


def test_what_became_of_a_case_is_told_by_the_notice_that_stands_and_from_its_first_day_on(
    round_: Publishing, store: ContentStore
) -> None:
    call, _ = round_.announced()
    round_.act(notices.retract, call, reason="名单有误")
    round_.select(call, exclude={"2022-001": "失实"})
    second = round_.announce(call, starts=date(2023, 3, 5), ends=date(2023, 3, 11), now=NOW)

    def fates(now: datetime) -> list[Fate | None]:
        with round_.database.reading() as session:
            result = public_results(session, store, [session.get_one(Call, call.id)], now).get(call.id or 0)
        return [result and result.of(round_.numbered(f"2022-{number:03d}")) for number in (1, 2, 3)]

    assert [fates(NOW), fates(LATER)] == [[None] * 3, [Fate.PASSED, Fate.PROPOSED, Fate.PROPOSED]]
    round_.act(objections.answer, filed := round_.object_to(second, "2022-002", now=LATER), text="经核实。")
    with round_.database.writing() as session:
        session.get_one(Objection, filed.id).upheld = True
    assert fates(LATER) == [Fate.PASSED, Fate.LEAVING, Fate.PROPOSED]
    round_.now_in(SubmissionState.WITHDRAWN, round_.numbered("2022-001"))
    assert fates(LATER) == [None, Fate.LEAVING, Fate.PROPOSED]


def test_a_submission_in_another_state_can_be_read_of_and_not_be_selected_again(round_: Publishing) -> None:
    call, _ = round_.announced()
    round_.now_in(SubmissionState.WITHDRAWN, round_.numbered("2022-004"))
    with round_.database.reading() as session:
        assert queries.numbers_under_notice(session, call) == ("2022-001", "2022-002")
