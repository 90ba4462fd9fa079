"""Assignments made by hand and released: every state, everybody, with the event."""

from typing import Any

import pytest

from caselib.errors import CaselibError, Conflict, Forbidden, NotFound
from caselib.people import Role
from caselib.review.actions import assignment
from caselib.review.calendar import today
from caselib.review.models import Assignment
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.assigned import Assigned
from tests.review.rounds import NOW

ASSIGNING = (CallState.SCREENING, CallState.REVIEWING)


def release(assigned: Assigned, row: Assignment, username: str = "editor", **values: Any) -> None:
    with assigned.doing(username) as who:
        found = who["session"].get_one(Assignment, row.id)
        usual = {"expected_version": found.version, "reason": "分派有误"}
        assignment.release(**who, assignment=found, **{**usual, **values})


def test_by_hand_one_expert_more_is_given_and_invited_once_review_has_started(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.expert("e3")
    (invitation,) = assigned.by_hand(submission, "e3")
    assert (invitation.account.username, invitation.reviews) == ("e3", 1)
    assert assigned.table(call)[-1] == (1, "e3", "assigned")


def test_by_hand_before_review_nobody_is_told(assigned: Assigned) -> None:
    assigned.experts(1)
    call, (submission,) = assigned.round(1)
    assert assigned.by_hand(submission, "e1") == []
    assert assigned.table(call) == [(1, "e1", "assigned")]


def test_by_hand_a_conflict_is_refused_with_its_reason(assigned: Assigned) -> None:
    assigned.expert("pp", name="本省专家", province="330000")
    call, (submission,) = assigned.round(1)
    with pytest.raises(Conflict) as error:
        assigned.by_hand(submission, "pp")
    assert error.value.message == "“本省专家”不能评审申报 2022-001：与申报同属一个省份。"
    assert assigned.rows(call) == []


def test_by_hand_an_editor_with_a_conflict_is_refused(assigned: Assigned) -> None:
    assigned.add("tied", Role.EDITOR, province="330000")
    assigned.experts(1)
    call, (submission,) = assigned.round(1)
    with pytest.raises(Forbidden, match="您与申报 2022-001 有利害关系（与申报同属一个省份），应当回避。"):
        assigned.by_hand(submission, "e1", "tied")
    assert assigned.rows(call) == []


def test_by_hand_what_cannot_be_is_told(assigned: Assigned) -> None:
    assigned.experts(2)
    call, (submission,) = assigned.round(1)
    assigned.by_hand(submission, "e1")
    assigned.change("e2", disabled_at=NOW)
    sent = assigned.submission(call, SubmissionState.SENT)
    told = []
    for row, expert in ((submission, "e1"), (submission, "e2"), (submission, "editor"), (sent, "e1")):
        with pytest.raises(Conflict) as error:
            assigned.by_hand(row, expert)
        told.append(error.value.message)
    assert told == [
        "申报 2022-001 已经分派给“专家一”。",
        "“专家二”现在不是可以分派的评审专家。",
        "“编辑甲”现在不是可以分派的评审专家。",
        "申报 2022-002 现在是“已报送”。",
    ]


RELEASABLE = ("assigned", "started", "submitted")


@pytest.mark.parametrize("state", AssignmentState)
def test_releasing_from_every_state(assigned: Assigned, state: AssignmentState) -> None:
    call, (submission,) = assigned.begun(1, 2)
    row = assigned.row(call, submission, "e1")
    assigned.put(row, state)
    if state in RELEASABLE:
        release(assigned, row)
        stored = assigned.stored(row)
        assert (stored.state, stored.reason, stored.version) == ("released", "分派有误", 1)
        assert assigned.events(row)[1:] == [
            (
                "编辑甲",
                "assignment.release",
                {"state": state, "reason": ""},
                {"state": "released", "reason": "分派有误"},
            )
        ]
    else:
        with pytest.raises(Conflict, match="不能“撤销分派”"):
            release(assigned, row)
        assert (assigned.stored(row).state, len(assigned.events(row))) == (state, 1)


@pytest.mark.parametrize("state", CallState)
def test_releasing_is_in_season_while_one_may_assign(assigned: Assigned, state: CallState) -> None:
    call, (submission,) = assigned.begun(1, 2)
    row = assigned.row(call, submission, "e1")
    assigned.now_in(state, call)
    if state in ASSIGNING:
        release(assigned, row)
        assert assigned.stored(row).state == "released"
    else:
        with pytest.raises(Conflict, match="不能“撤销分派”"):
            release(assigned, row)


@pytest.mark.parametrize(
    ("username", "refused"), [("zhejiang", Forbidden), ("jiangsu", NotFound), ("e1", NotFound), ("tied", Forbidden)]
)
def test_only_editors_without_a_conflict_release(
    assigned: Assigned, username: str, refused: type[CaselibError]
) -> None:
    assigned.add("tied", Role.EDITOR, province="330000")
    call, (submission,) = assigned.begun(1, 2)
    row = assigned.row(call, submission, "e1")
    with pytest.raises(refused):
        release(assigned, row, username)
    assert assigned.stored(row).state == "assigned"


def test_a_release_needs_a_reason_and_the_version_that_was_looked_at(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    row = assigned.row(call, submission, "e1")
    with pytest.raises(CaselibError, match="没有写原因"):
        release(assigned, row, reason=" ")
    with pytest.raises(Conflict, match="刚被您自己在别处修改过"):
        release(assigned, row, expected_version=7)


def test_a_released_assignment_is_taken_up_again_in_its_row(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    row = assigned.row(call, submission, "e1")
    assigned.put(row, AssignmentState.SUBMITTED, reminded_on=None)
    release(assigned, row)
    assigned.by_hand(submission, "e1")
    stored = assigned.stored(row)
    assert (stored.state, stored.reason, stored.judged, len(assigned.rows(call))) == ("assigned", "", "", 2)
    assert stored.reminded_on == today(NOW)
