"""Panel discussions: recorded by whom, when, and with what."""

from typing import Any

import pytest
from sqlmodel import select

from caselib.errors import CaselibError, Conflict, Forbidden, NotFound
from caselib.people import Role
from caselib.review.actions import discussions
from caselib.review.models import Discussion, Submission
from caselib.review.states import CallState, SubmissionState
from tests.review.assigned import Assigned
from tests.review.rounds import NOW

USUAL: dict[str, Any] = {"outcome": "include", "reason": "数据已核实", "present": "张三，李四、张三\n王 五"}


def record(assigned: Assigned, submission: Submission, username: str = "editor", **values: Any) -> Discussion:
    with assigned.doing(username) as who:
        row = who["session"].get_one(Submission, submission.id)
        return discussions.record(**who, submission=row, **{**USUAL, "now": NOW, **values})


def kept(assigned: Assigned) -> list[tuple[str, str]]:
    with assigned.database.reading() as session:
        return [(row.outcome, row.reason) for row in session.exec(select(Discussion).order_by(Discussion.id))]  # type: ignore[arg-type]


@pytest.mark.parametrize("outcome", discussions.OUTCOMES)
def test_a_discussion_is_kept_with_outcome_reason_and_who_was_there(assigned: Assigned, outcome: str) -> None:
    _, (submission,) = assigned.round(1, CallState.CLOSED)
    row = record(assigned, submission, outcome=outcome)
    stored = assigned.stored(row)
    told = (stored.outcome, stored.reason, stored.present, stored.recorded_by, stored.recorded_at)
    assert told == (outcome, "数据已核实", "张三、李四、王 五", assigned["editor"].id, NOW)
    said = {"submission": 1, "outcome": outcome, "reason": "数据已核实", "present": "张三、李四、王 五"}
    assert assigned.events(row) == [("编辑甲", "discussion.record", {}, said)]


def test_who_was_there_is_kept_without_what_a_database_cannot_hold(assigned: Assigned) -> None:
    _, (submission,) = assigned.round(1, CallState.CLOSED)
    row = record(assigned, submission, present="张\0三\r\n李\ud800四,\0、王五")
    assert assigned.stored(row).present == "张 三、李 四、王五"


def test_a_later_discussion_leaves_the_earlier_one(assigned: Assigned) -> None:
    _, (submission,) = assigned.round(1, CallState.CLOSED)
    record(assigned, submission)
    record(assigned, submission, outcome="stand", reason="再议")
    assert kept(assigned) == [("include", "数据已核实"), ("stand", "再议")]


@pytest.mark.parametrize("state", CallState)
def test_discussions_are_held_between_review_and_public_notice(assigned: Assigned, state: CallState) -> None:
    call, (submission,) = assigned.round(1)
    assigned.now_in(state, call)
    if state is CallState.CLOSED:
        record(assigned, submission)
        assert kept(assigned) == [("include", "数据已核实")]
    else:
        with pytest.raises(Conflict, match="不能“记录合议”"):
            record(assigned, submission)
        assert kept(assigned) == []


@pytest.mark.parametrize("state", [state for state in SubmissionState if state is not SubmissionState.DRAFT])
def test_only_what_is_in_the_round_is_discussed(assigned: Assigned, state: SubmissionState) -> None:
    _, (submission,) = assigned.round(1, CallState.CLOSED)
    assigned.now_in(state, submission)
    if state is SubmissionState.ACCEPTED:
        assert record(assigned, submission).submission_id == submission.id
    else:
        with pytest.raises(Conflict, match="不用合议"):
            record(assigned, submission)


@pytest.mark.parametrize(
    ("username", "refused"),
    [
        ("zhejiang", Forbidden),
        ("jiangsu", NotFound),
        ("expert01", NotFound),
        ("operator", NotFound),
        ("tied", Forbidden),
    ],
)
def test_only_editors_without_a_conflict_record(assigned: Assigned, username: str, refused: type[CaselibError]) -> None:
    assigned.add("tied", Role.EDITOR, province="330000")
    _, (submission,) = assigned.round(1, CallState.CLOSED)
    with pytest.raises(refused):
        record(assigned, submission, username)
    assert kept(assigned) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"outcome": "maybe"}, "没有“maybe”这种合议结论。"),
        ({"outcome": ""}, "没有选结论。"),
        ({"reason": " "}, "没有写原因。"),
        ({"present": " 、 "}, "参加合议的人应写 1 至 500 个字。"),
        ({"present": "长" * 501}, "参加合议的人应写 1 至 500 个字。"),
    ],
)
def test_what_is_missing_is_told(assigned: Assigned, values: dict[str, str], message: str) -> None:
    _, (submission,) = assigned.round(1, CallState.CLOSED)
    with pytest.raises(CaselibError) as error:
        record(assigned, submission, **values)
    assert (error.value.message, kept(assigned)) == (message, [])
