"""Screening, one by one and in bulk: every verb from every state, by everyone, with its event."""

from typing import Any

import pytest

from caselib.db import key_of
from caselib.errors import CaselibError, Conflict, Forbidden, NotFound
from caselib.people import Role
from caselib.review import queries
from caselib.review.actions import screening
from caselib.review.models import DeclaredConflict, Submission
from caselib.review.states import CallState, SubmissionState
from tests.review.rounds import Round
from tests.statements import asked

REASONS = {"accept": "", "return": "成效没有数据", "refuse": "不是小微企业", "reinstate": ""}
LEADS_TO = {
    "accept": {"sent": "accepted"},
    "return": {"sent": "returned", "accepted": "returned"},
    "refuse": {"sent": "refused"},
    "reinstate": {"refused": "sent"},
}
SENT_STATES = [state for state in SubmissionState if state is not SubmissionState.DRAFT]


def do(round_: Round, verb: str, submission: Submission, username: str = "editor", **values: Any) -> None:
    usual = {"reason": REASONS[verb]}
    with round_.doing(username) as who:
        row = who["session"].get_one(Submission, submission.id)
        screening.decide(**who, submission=row, verb=verb, **{"expected_version": row.version, **usual, **values})


@pytest.mark.parametrize("verb", REASONS)
@pytest.mark.parametrize("state", SENT_STATES)
def test_every_verb_from_every_state(round_: Round, verb: str, state: SubmissionState) -> None:
    submission = round_.submission(round_.call(), state)
    before = len(round_.events(submission))
    if target := LEADS_TO[verb].get(state):
        do(round_, verb, submission)
        stored = round_.stored(submission)
        reason = REASONS[verb]
        assert (stored.state, stored.reason, stored.version) == (target, reason, 3)
        said = ({"reason": ""}, {"reason": reason}) if reason else ({}, {})
        assert round_.events(submission)[before:] == [
            ("编辑甲", f"submission.{verb}", {"state": state, **said[0]}, {"state": target, **said[1]})
        ]
    else:
        with pytest.raises(Conflict):
            do(round_, verb, submission)
        assert (round_.stored(submission).state, len(round_.events(submission))) == (state, before)


@pytest.mark.parametrize("verb", REASONS)
def test_a_draft_is_not_known_to_the_editor(round_: Round, verb: str) -> None:
    with pytest.raises(NotFound, match="没有这份申报"):
        do(round_, verb, round_.submission(round_.call(), SubmissionState.DRAFT))


@pytest.mark.parametrize("verb", REASONS)
@pytest.mark.parametrize(
    ("username", "refused"),
    [("zhejiang", Forbidden), ("jiangsu", NotFound), ("expert01", NotFound), ("operator", NotFound)],
)
def test_only_editors_screen(round_: Round, verb: str, username: str, refused: type[CaselibError]) -> None:
    submission = round_.submission(round_.call(), SubmissionState(next(iter(LEADS_TO[verb]))))
    with pytest.raises(refused):
        do(round_, verb, submission, username)


@pytest.mark.parametrize("verb", ["return", "refuse"])
def test_a_return_or_refusal_needs_a_reason(round_: Round, verb: str) -> None:
    with pytest.raises(CaselibError, match="没有写原因"):
        do(round_, verb, round_.submission(round_.call()), reason=" \n")


def test_a_reason_that_is_not_needed_is_kept_as_one_that_is(round_: Round) -> None:
    submission = round_.submission(round_.call(), SubmissionState.REFUSED)
    do(round_, "reinstate", submission, reason=" 复核后\0属于小微企业\r\n")
    assert round_.stored(submission).reason == "复核后属于小微企业"


@pytest.mark.parametrize("state", CallState)
def test_screening_is_in_season_until_the_round_is_closed(round_: Round, state: CallState) -> None:
    submission = round_.submission(call := round_.call())
    round_.now_in(state, call)
    if state in (CallState.OPEN, CallState.SCREENING, CallState.REVIEWING):
        do(round_, "accept", submission)
        assert round_.stored(submission).state == "accepted"
    else:
        with pytest.raises(Conflict, match="不能“受理”"):
            do(round_, "accept", submission)


def test_two_editors_act_on_one_submission_and_the_second_is_told(round_: Round) -> None:
    round_.add("editor2", Role.EDITOR, name="编辑乙")
    submission = round_.submission(round_.call())
    do(round_, "accept", submission, expected_version=2)
    with pytest.raises(Conflict) as error:
        do(round_, "refuse", submission, "editor2", expected_version=2)
    assert str(error.value) == "这一项刚被“编辑甲”修改过。 请刷新页面，看过新的内容再操作。"
    assert round_.stored(submission).state == "accepted"


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"province": "330000"}, "与申报同属一个省份"),
        ({"employer": "丙省市场监督管理局"}, "任职于报送单位“丙省市场监督管理局”"),
        ({"certifier": "乙认证有限公司"}, "属于认证机构“乙认证有限公司”"),
    ],
)
def test_an_editor_with_a_conflict_of_interest_decides_nothing(
    round_: Round, details: dict[str, str], reason: str
) -> None:
    round_.add("tied", Role.EDITOR, **details)
    submission = round_.submission(round_.call())
    with pytest.raises(Forbidden) as error:
        do(round_, "accept", submission, "tied")
    assert str(error.value) == f"您与申报 2022-001 有利害关系（{reason}），应当回避。 请由其他编辑处理。"


def test_a_declared_tie_binds_an_editor(round_: Round) -> None:
    submission, other = round_.submission(call := round_.call()), round_.submission(call)
    with round_.database.writing() as session:
        session.add(
            DeclaredConflict(
                account_id=round_["editor"].id or 0, submission_id=key_of(submission), reason="曾为其做培训"
            )
        )
    with pytest.raises(Forbidden, match="（曾为其做培训）"):
        do(round_, "accept", submission)
    do(round_, "accept", other)
    assert round_.stored(other).state == "accepted"


def test_an_editor_does_not_decide_on_what_the_same_account_sent_in(round_: Round) -> None:
    round_.add("both", Role.EDITOR, Role.SUBMITTER)
    submission = round_.submission(round_.call(), owner="both")
    with pytest.raises(Forbidden, match="（本人报送此件）"):
        do(round_, "accept", submission, "both")


def preview(round_: Round, verb: Any, ids: list[int], username: str = "editor") -> screening.Preview:
    with round_.database.reading() as session:
        return screening.preview(session=session, actor=round_[username], verb=verb, ids=ids)


def apply(round_: Round, verb: Any, chosen: dict[int, int], username: str = "editor", reason: str = "") -> int:
    with round_.doing(username) as who:
        return screening.apply(**who, verb=verb, chosen=chosen, reason=reason)


def test_a_preview_names_exactly_what_will_be_touched_and_why_the_rest_is_not(round_: Round) -> None:
    call = round_.call()
    first, second, third = (round_.submission(call, owner=o) for o in ("zhejiang", "jiangsu", "zhejiang"))
    do(round_, "refuse", second)
    shown = preview(round_, "accept", [key_of(third), key_of(second), key_of(first)])
    assert [(one.id, one.number, one.version) for one in shown.touched] == [(1, "2022-001", 2), (3, "2022-003", 2)]
    assert [(one.id, one.obstacle) for one in shown.left_out] == [(2, "现在是“不予受理”，不能“受理”。")]
    assert apply(round_, "accept", {one.id: one.version for one in shown.touched}) == 2
    assert [round_.stored(one).state for one in (first, second, third)] == ["accepted", "refused", "accepted"]


@pytest.mark.parametrize("count", [0, 1, 3, 12])
def test_a_preview_costs_three_statements(round_: Round, count: int) -> None:
    call = round_.call()
    ids = [key_of(round_.submission(call)) for _ in range(count)]
    with asked(round_.database) as statements:
        assert len(preview(round_, "accept", ids).touched) == count
    assert len(statements) == 3


def test_a_preview_leaves_out_what_binds_the_editor(round_: Round) -> None:
    round_.add("tied", Role.EDITOR, province="330000")
    call = round_.call()
    round_.submission(call)
    round_.submission(call, region="320500")
    shown = preview(round_, "accept", [1, 2], "tied")
    assert [one.id for one in shown.touched] == [2]
    assert [one.obstacle for one in shown.left_out] == [
        "您与申报 2022-001 有利害关系（与申报同属一个省份），应当回避。"
    ]


def test_a_preview_does_not_know_of_drafts(round_: Round) -> None:
    call = round_.call()
    ids = [key_of(round_.submission(call)), key_of(round_.submission(call, SubmissionState.DRAFT)), 99]
    with pytest.raises(NotFound, match="选中的 3 份申报里，有 2 份不存在。"):
        preview(round_, "accept", ids)


def test_in_bulk_all_is_done_or_nothing(round_: Round) -> None:
    call = round_.call()
    first, second = round_.submission(call), round_.submission(call)
    chosen = {one.id: one.version for one in preview(round_, "accept", [1, 2]).touched}
    do(round_, "return", second)
    with pytest.raises(Conflict) as error:
        apply(round_, "accept", chosen)
    assert error.value.message == "申报 2022-002 处理不了：这一项刚被您自己在别处修改过。选中的 2 份都没有处理。"
    assert round_.stored(first).state == "sent"
    assert [name for _, name, _, _ in round_.events(first)][-1] == "submission.send"


def test_what_was_sent_for_another_call_is_not_this_ones(round_: Round) -> None:
    call = round_.call()
    own = [key_of(round_.submission(each)) for each in (call, round_.call(batch=4))]
    with round_.database.reading() as session:
        screening.require_of(session, call, own[:1])
        with pytest.raises(NotFound, match="选中的 2 份申报里，有 1 份不是报给这次征集的。"):
            screening.require_of(session, call, own)


@pytest.mark.parametrize("username", ["zhejiang", "expert01", "operator"])
def test_only_editors_act_in_bulk(round_: Round, username: str) -> None:
    submission = round_.submission(round_.call())
    with pytest.raises(Forbidden):
        preview(round_, "accept", [key_of(submission)], username)
    with pytest.raises(CaselibError):
        apply(round_, "accept", {key_of(submission): 2}, username)
    assert round_.stored(submission).state == "sent"


def test_bulk_needs_a_choice_and_a_return_its_reason(round_: Round) -> None:
    with pytest.raises(CaselibError, match="没有选中申报"):
        apply(round_, "accept", {})
    submission = round_.submission(round_.call())
    with pytest.raises(CaselibError, match="没有写原因"):
        apply(round_, "return", {key_of(submission): 2})
    assert apply(round_, "return", {key_of(submission): 2}, reason="请补\0数据") == 1
    assert round_.stored(submission).reason == "请补数据"


def test_the_owner_reads_why_it_was_returned_and_not_by_whom(round_: Round) -> None:
    submission = round_.submission(round_.call())
    do(round_, "return", submission)
    told = round_.read(queries.history, "zhejiang", submission)
    assert [(entry.who, entry.action, entry.reason) for entry in told] == [
        ("浙江省局", "submission.create", ""),
        ("浙江省局", "submission.save", ""),
        ("浙江省局", "submission.send", ""),
        ("编辑", "submission.return", "成效没有数据"),
    ]
