"""Counts by expert and by submission, in two statements, and what an editor should do next."""

from datetime import UTC, datetime

import pytest

from caselib.errors import Forbidden
from caselib.review.models import Call, DeclaredConflict
from caselib.review.next_steps import Step, next_steps
from caselib.review.progress import Counts, Progress, progress
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.assigned import Assigned
from tests.review.rounds import AFTER, NOW
from tests.statements import asked

LAST = datetime(2022, 11, 30, 15, 59, tzinfo=UTC)
OVER = datetime(2022, 11, 30, 16, tzinfo=UTC)
"""The first moment after the review deadline in Shanghai."""


def look(assigned: Assigned, call: Call, now: datetime = NOW, username: str = "editor") -> Progress:
    with assigned.database.reading() as session:
        return progress(session=session, actor=assigned[username], call=session.get_one(Call, call.id), now=now)


def steps(assigned: Assigned, call: Call, now: datetime = NOW, username: str = "editor") -> list[Step]:
    with assigned.database.reading() as session:
        return next_steps(session=session, actor=assigned[username], call=session.get_one(Call, call.id), now=now)


COUNTED: dict[AssignmentState, Counts] = {
    AssignmentState.ASSIGNED: Counts(unread=1),
    AssignmentState.STARTED: Counts(started=1),
    AssignmentState.SUBMITTED: Counts(done=1),
    AssignmentState.ABSTAINED: Counts(abstained=1),
    AssignmentState.RECUSED: Counts(recused=1),
    AssignmentState.RELEASED: Counts(),
}
LATE = {AssignmentState.ASSIGNED: 1, AssignmentState.STARTED: 1}


@pytest.mark.parametrize("state", AssignmentState)
def test_every_state_is_counted_for_what_it_is_and_late_only_after_the_deadline(
    assigned: Assigned, state: AssignmentState
) -> None:
    call, (submission,) = assigned.begun(1, 1, reviews=1)
    assigned.put(assigned.row(call, submission, "e1"), state)
    found = look(assigned, call, LAST)
    assert found.total == found.submissions[0].counts == found.experts[0].counts == COUNTED[state]
    assert look(assigned, call, OVER).total == COUNTED[state] + Counts(late=LATE.get(state, 0))


def test_a_review_of_a_text_that_was_amended_is_stale_and_not_done(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 1, reviews=1)
    row = assigned.row(call, submission, "e1")
    assigned.put(row, AssignmentState.SUBMITTED, judged="0" * 64)
    assert look(assigned, call).total == Counts(stale=1)
    assert look(assigned, call, OVER).total == Counts(stale=1, late=1)


def test_experts_and_submissions_have_their_own_counts(assigned: Assigned) -> None:
    call, (first, second) = assigned.begun(2, 2)
    assigned.put(assigned.row(call, first, "e1"), AssignmentState.SUBMITTED)
    assigned.put(assigned.row(call, second, "e1"), AssignmentState.RECUSED)
    found = look(assigned, call)
    assert [(one.name, one.email, one.counts) for one in found.experts] == [
        ("专家一", "e1@example.cn", Counts(done=1, recused=1)),
        ("专家二", "e2@example.cn", Counts(unread=2)),
    ]
    assert [(one.number, one.counts, one.short) for one in found.submissions] == [
        ("2022-001", Counts(unread=1, done=1), 0),
        ("2022-002", Counts(unread=1, recused=1), 1),
    ]
    assert (found.total.left, found.total.assigned, found.short, found.is_whole) == (2, 3, 1, False)


def test_what_is_not_accepted_is_in_no_count(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.now_in(SubmissionState.WITHDRAWN, submission)
    assert look(assigned, call) == Progress(Counts(), (), ())


def test_a_round_is_whole_when_every_review_is_done(assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 2)
    for row in assigned.rows(call):
        assigned.put(row, AssignmentState.SUBMITTED)
    assert look(assigned, call).is_whole is True


def test_what_an_editor_is_tied_to_is_in_the_total_and_in_no_count_by_expert(assigned: Assigned) -> None:
    call, (first, _) = assigned.begun(2, 2)
    with assigned.database.writing() as session:
        tied = {"account_id": assigned["editor"].id or 0, "submission_id": first.id or 0}
        session.add(DeclaredConflict(**tied, reason="亲属"))
    found = look(assigned, call)
    assert [(one.name, one.counts) for one in found.experts] == [
        ("专家一", Counts(unread=1)),
        ("专家二", Counts(unread=1)),
    ]
    assert (found.total, [one.counts for one in found.submissions]) == (Counts(unread=4), [Counts(unread=2)] * 2)
    assert found.hidden == 1


@pytest.mark.parametrize("count", [0, 1, 3])
def test_progress_costs_three_statements(assigned: Assigned, count: int) -> None:
    assigned.experts(3)
    call, _ = assigned.round(count)
    if count:
        assigned.apply(call)
    with asked(assigned.database) as statements:
        assert len(look(assigned, call).submissions) == count
    assert len(statements) == 4  # one is the call itself


@pytest.mark.parametrize("username", ["zhejiang", "e1", "operator"])
def test_progress_is_for_editors(assigned: Assigned, username: str) -> None:
    call, _ = assigned.begun(1, 2)
    with pytest.raises(Forbidden):
        look(assigned, call, username=username)
    with pytest.raises(Forbidden):
        steps(assigned, call, username=username)


def test_next_before_the_call_and_while_it_is_open(assigned: Assigned) -> None:
    call = assigned.call(CallState.DRAFT)
    assert steps(assigned, call) == [Step("核对征集说明、评分表和期限，然后开始征集。", "call")]
    assigned.now_in(CallState.OPEN, call)
    assert steps(assigned, call) == [Step("征集到2022年9月30日为止，可以随到随审。", "submissions")]
    assigned.submission(call)
    assigned.submission(call, SubmissionState.RETURNED)
    assert steps(assigned, call, AFTER) == [
        Step("有 1 份申报等待形式审查。", "submissions"),
        Step("有 1 份申报已退回，等报送单位修改。", "submissions"),
        Step("征集已于2022年9月30日到期，请截止征集。", "call"),
    ]


def test_next_while_screening(assigned: Assigned) -> None:
    assigned.experts(2)
    call, _ = assigned.round(0, review_deadline=None)
    assert steps(assigned, call) == [
        Step("还没有受理的申报，不能分派。", "submissions"),
        Step("请填写评审截止日期。", "edit"),
    ]
    other, _ = assigned.round(2, batch=4)
    assert steps(assigned, other) == [Step("有 2 份申报的评审专家没有配齐，请提出分派方案。", "assignment")]
    assigned.apply(other)
    assert steps(assigned, other) == [Step("分派已经齐全，看过设计检查就可以开始评审。", "assignment")]


def test_next_while_under_review(assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 2)
    assert steps(assigned, call) == [Step("还有 2 份评审没有完成（2022年11月30日截止）。", "progress")]
    assert steps(assigned, call, OVER) == [Step("有 2 份评审已经逾期，请催办，或延长评审期限。", "progress")]
    assigned.change("e1", province="330000")
    assert steps(assigned, call)[0] == Step(
        "有 1 项分派出现利害关系，请重新提出分派方案，或逐份登记利害关系。", "assignment"
    )
    assigned.change("e1", province="")
    assigned.submission(call, SubmissionState.ACCEPTED)
    assert steps(assigned, call)[0] == Step("有 1 份申报的评审专家没有配齐，请补充分派。", "assignment")


def test_next_when_every_review_is_done(assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 2)
    for row in assigned.rows(call):
        assigned.put(row, AssignmentState.SUBMITTED)
    assert steps(assigned, call) == [Step("全部评审已经完成，可以结束评审。", "call")]


@pytest.mark.parametrize("state", [CallState.CLOSED, CallState.NOTICE, CallState.PUBLISHED])
def test_after_the_review_there_is_nothing_more_to_do_in_it(assigned: Assigned, state: CallState) -> None:
    call, _ = assigned.round(1, state)
    assert steps(assigned, call) == []
