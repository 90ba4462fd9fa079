"""Review started, ended and resumed: every state, everybody, with its event and who is invited."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from caselib.errors import CaselibError, Conflict, Forbidden
from caselib.people import Account
from caselib.review.actions import stages
from caselib.review.actions.declarations import declare_conflict
from caselib.review.models import Call, Submission
from caselib.review.rulebook import Rulebook
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.assigned import Assigned
from tests.review.rounds import NOW

ACTIONS: dict[str, tuple[Any, dict[str, Any]]] = {
    "start_review": (stages.start_review, {"now": NOW}),
    "end_review": (stages.end_review, {"reason": "专家生病", "now": NOW}),
    "resume_review": (stages.resume_review, {"reason": "要补一份评审"}),
}
LEADS_TO = {"start_review": ("screening", "reviewing"), "end_review": ("reviewing", "closed")} | {
    "resume_review": ("closed", "reviewing")
}


def do(assigned: Assigned, verb: str, call: Call, username: str = "editor", **values: Any) -> Any:
    action, usual = ACTIONS[verb]
    with assigned.doing(username) as who:
        row = who["session"].get_one(Call, call.id)
        return action(**who, call=row, **{"expected_version": row.version, **usual, **values})


def ready(assigned: Assigned, **details: Any) -> Call:
    assigned.experts(2)
    call, _ = assigned.round(1, **details)
    assigned.apply(call)
    return call


@pytest.mark.parametrize("verb", ACTIONS)
@pytest.mark.parametrize("state", CallState)
def test_every_action_from_every_state(assigned: Assigned, verb: str, state: CallState) -> None:
    call = ready(assigned)
    assigned.now_in(state, call)
    before = len(assigned.events(call))
    start, target = LEADS_TO[verb]
    if state == start:
        do(assigned, verb, call)
        assert (assigned.stored(call).state, assigned.stored(call).version) == (target, 2)
        assert [name for _, name, _, _ in assigned.events(call)[before:]] == [f"call.{verb}"]
    else:
        with pytest.raises(Conflict, match="现在是"):
            do(assigned, verb, call)
        assert (assigned.stored(call).state, len(assigned.events(call))) == (state, before)


@pytest.mark.parametrize("verb", ACTIONS)
@pytest.mark.parametrize("username", ["zhejiang", "e1", "operator"])
def test_only_editors_move_a_review(assigned: Assigned, verb: str, username: str) -> None:
    call = ready(assigned)
    assigned.now_in(CallState(LEADS_TO[verb][0]), call)
    with pytest.raises(Forbidden, match="只有编辑可以这样做"):
        do(assigned, verb, call, username)


@pytest.mark.parametrize("verb", ACTIONS)
def test_of_two_editors_the_second_is_told(assigned: Assigned, verb: str) -> None:
    call = ready(assigned)
    assigned.now_in(CallState(LEADS_TO[verb][0]), call)
    with pytest.raises(Conflict, match="这一项刚被"):
        do(assigned, verb, call, expected_version=0)


def test_starting_freezes_the_rules_and_invites_every_expert(assigned: Assigned) -> None:
    call = ready(assigned)
    invited = do(assigned, "start_review", call)
    stored = assigned.stored(call)
    digest = Rulebook.model_validate(call.rules).fingerprint()
    assert (stored.state, stored.rules_digest) == ("reviewing", digest)
    assert [(one.account.username, one.reviews) for one in invited] == [("e1", 1), ("e2", 1)]
    assert assigned.events(call)[-1] == (
        "编辑甲",
        "call.start_review",
        {"state": "screening", "rules_digest": ""},
        {"state": "reviewing", "rules_digest": digest, "submissions": 1, "assignments": 2},
    )


def test_the_invitation_names_the_call_the_count_and_the_day_and_no_submission(assigned: Assigned) -> None:
    letter = do(assigned, "start_review", ready(assigned))[0].letter(site="案例库", base_url="https://al.example.cn")
    assert (letter.to, letter.subject) == ("e1@example.cn", "案例库：请评审 1 份申报")
    assert letter.text == (
        "专家一：\n\n"
        "您好！“2022 年优良案例征集”的评审已经开始，有 1 份申报请您评审。评审截止日期是2022年11月30日。\n\n"
        "如与某份申报有利害关系，请打开它选择“回避”并写明原因，本站会另请专家。\n\n"
        "请登录后评审：https://al.example.cn/review/\n\n"
        "案例库\n"
    )


def test_a_review_deadline_is_needed_and_must_be_ahead(assigned: Assigned) -> None:
    call = ready(assigned, review_deadline=None)
    with pytest.raises(CaselibError) as error:
        do(assigned, "start_review", call)
    assert str(error.value) == "还没有填评审截止日期。 请在“修改说明和规则”里填写，再开始评审。"
    with assigned.database.writing() as session:
        session.get_one(Call, call.id).review_deadline = date(2022, 10, 31)
    with pytest.raises(CaselibError, match="评审截止日期是2022年10月31日，已经过去"):
        do(assigned, "start_review", call, now=datetime(2022, 10, 31, 16, tzinfo=UTC))
    do(assigned, "start_review", call, now=datetime(2022, 10, 31, 15, 59, tzinfo=UTC))
    assert assigned.stored(call).state == "reviewing"


def test_review_does_not_start_without_submissions_or_experts(assigned: Assigned) -> None:
    call, _ = assigned.round(0)
    with pytest.raises(Conflict, match="还没有受理的申报"):
        do(assigned, "start_review", call)
    other, _ = assigned.round(2, batch=4)
    with pytest.raises(Conflict) as error:
        do(assigned, "start_review", other)
    assert str(error.value) == "2022-001、2022-002 的评审专家没有配齐。 请先在分派页提出方案，再点“采用这份分派”。"


def test_review_does_not_start_with_an_expert_who_is_tied_or_gone(assigned: Assigned) -> None:
    call = ready(assigned)
    assigned.change("e1", province="330000")
    with pytest.raises(Conflict, match="有利害关系的分派：2022-001。"):
        do(assigned, "start_review", call)
    assigned.change("e1", province="", disabled_at=NOW)
    with pytest.raises(Conflict, match="2022-001 的评审专家没有配齐"):
        do(assigned, "start_review", call)


def test_review_ends_early_only_with_a_reason(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.put(assigned.row(call, submission, "e1"), AssignmentState.SUBMITTED)
    with pytest.raises(CaselibError, match="还缺 1 份评审"):
        do(assigned, "end_review", call, reason="")
    do(assigned, "end_review", call)
    assert assigned.events(call)[-1] == (
        "编辑甲",
        "call.end_review",
        {"state": "reviewing"},
        {"state": "closed", "submitted": 1, "missing": 1, "reason": "专家生病"},
    )


def test_a_review_of_a_text_that_was_amended_is_missing(assigned: Assigned) -> None:
    call, (first, _) = assigned.begun(2, 2)
    for row in assigned.rows(call):
        assigned.put(row, AssignmentState.SUBMITTED)
    assigned.put(assigned.row(call, first, "e1"), AssignmentState.SUBMITTED, judged="的旧文")
    with pytest.raises(CaselibError) as error:
        do(assigned, "end_review", call, reason="")
    assert str(error.value) == "还缺 1 份评审。 请催办或补充分派；确需现在结束，请写明原因。"
    do(assigned, "end_review", call)
    assert assigned.events(call)[-1][3] == {"state": "closed", "submitted": 3, "missing": 1, "reason": "专家生病"}


def test_submissions_that_would_drop_out_are_named(assigned: Assigned) -> None:
    call, (first, _) = assigned.begun(2, 2)
    for row in assigned.rows(call):
        assigned.put(row, AssignmentState.SUBMITTED)
    assigned.now_in(SubmissionState.RETURNED, first)
    assigned.submission(call, SubmissionState.SENT)
    with pytest.raises(CaselibError) as error:
        do(assigned, "end_review", call, reason="")
    assert str(error.value) == (
        "申报 2022-001、2022-003 还没有受理，结束后就不能入选。 请办完形式审查；确需现在结束，请写明原因。"
    )
    do(assigned, "end_review", call)
    assert assigned.events(call)[-1][3] == {
        "state": "closed",
        "submitted": 2,
        "missing": 0,
        "unaccepted": ["2022-001", "2022-003"],
        "reason": "专家生病",
    }


def test_review_that_is_whole_ends_without_a_reason(assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 2)
    for row in assigned.rows(call):
        assigned.put(row, AssignmentState.SUBMITTED)
    do(assigned, "end_review", call, reason="")
    assert assigned.events(call)[-1][3] == {"state": "closed", "submitted": 2, "missing": 0}


def test_review_does_not_end_while_the_review_of_a_tied_expert_would_count(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.put(assigned.row(call, submission, "e1"), AssignmentState.SUBMITTED)
    assigned.change("e1", province="330000")
    assigned.change("e2", province="330000")
    with pytest.raises(Conflict) as error:
        do(assigned, "end_review", call)
    assert str(error.value) == (
        "已提交的评审里有利害关系：2022-001。 请在各份申报的分派页为有关专家登记利害关系，他的评审即作回避；也可以重新提出分派方案。"
    )
    with assigned.doing("editor") as who:
        account = who["session"].get_one(Account, assigned["e1"].id)
        row = who["session"].get_one(Submission, submission.id)
        declare_conflict(**who, submission=row, account=account, reason="同省", now=NOW)
    do(assigned, "end_review", call)
    assert assigned.table(call) == [(1, "e1", "recused"), (1, "e2", "assigned")]


def test_resuming_needs_a_reason(assigned: Assigned) -> None:
    call = ready(assigned)
    assigned.now_in(CallState.CLOSED, call)
    with pytest.raises(CaselibError, match="没有写原因"):
        do(assigned, "resume_review", call, reason=" ")
    do(assigned, "resume_review", call)
    assert assigned.events(call)[-1][2:] == ({"state": "closed"}, {"state": "reviewing", "reason": "要补一份评审"})
