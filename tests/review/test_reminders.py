"""Who is reminded when, and never twice for one day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from caselib.errors import Forbidden
from caselib.people import Account
from caselib.review import reminders
from caselib.review.models import Assignment, Call
from caselib.review.progress import Counts
from caselib.review.reminders import Due
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.assigned import Assigned


def on(month: int, day: int, hour: int = 4) -> datetime:
    return datetime(2022, month, day, hour, tzinfo=UTC)


def due(assigned: Assigned, call: Call, now: datetime) -> list[Due]:
    with assigned.database.reading() as session:
        return reminders.due(session, session.get_one(Call, call.id), now)


def names(assigned: Assigned, call: Call, now: datetime) -> list[str]:
    return [one.account.username for one in due(assigned, call, now)]


def claim(assigned: Assigned, one: Due, now: datetime) -> bool:
    with assigned.database.writing() as session:
        return reminders.claim(session, one, now)


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (on(11, 22), None),
        (on(11, 22, 16), 7),  # midnight in Shanghai
        (on(11, 27), 3),
        (on(11, 29), 1),
        (on(12, 1), -1),
        (on(12, 3), -3),
        (on(12, 7), -7),
    ],
)
def test_reminders_fall_on_days_before_and_after_the_deadline(
    assigned: Assigned, now: datetime, days: int | None
) -> None:
    call, _ = assigned.begun(1, 2)
    assert {one.days for one in due(assigned, call, now)} == ({days} if days is not None else set())


def test_each_expert_is_reminded_once_for_each_of_those_days(assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 2)
    told = {}
    for now in [on(11, 22, hour) + timedelta(days) for days in range(18) for hour in (4, 15)]:
        if claimed := [one.account.username for one in due(assigned, call, now) if claim(assigned, one, now)]:
            told[now] = claimed
    days = (on(11, 23), on(11, 27), on(11, 29), on(12, 1), on(12, 3), on(12, 7))
    assert told == {day: ["e1", "e2"] for day in days}


def test_a_day_that_was_missed_is_made_up_for(assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 2)
    assert names(assigned, call, on(11, 25)) == ["e1", "e2"]


def test_who_was_invited_since_is_not_reminded(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.put(assigned.row(call, submission, "e1"), AssignmentState.ASSIGNED, reminded_on=date(2022, 11, 24))
    assert names(assigned, call, on(11, 25)) == ["e2"]


def test_the_invitation_at_the_start_of_review_counts_as_a_letter(assigned: Assigned) -> None:
    assigned.experts(2)
    call, _ = assigned.round(1)
    assigned.apply(call)
    assigned.start(call, now=on(11, 24))
    assert (names(assigned, call, on(11, 25)), names(assigned, call, on(11, 27))) == ([], ["e1", "e2"])


def test_two_runs_at_once_send_one_letter(assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 2)
    now = on(11, 23)
    first, second = due(assigned, call, now)[0], due(assigned, call, now)[0]
    assert (claim(assigned, first, now), claim(assigned, second, now)) == (True, False)


def test_a_letter_that_did_not_leave_is_due_again(assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 2)
    now = on(11, 23)
    before = [row.reminded_on for row in assigned.rows(call)]
    one = due(assigned, call, now)[0]
    claim(assigned, one, now)
    with assigned.database.writing() as session:
        reminders.give_back(session, one)
    assert ([row.reminded_on for row in assigned.rows(call)], names(assigned, call, now)) == (before, ["e1", "e2"])


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (AssignmentState.ASSIGNED, Counts(unread=1)),
        (AssignmentState.STARTED, Counts(started=1)),
        (AssignmentState.SUBMITTED, None),
        (AssignmentState.ABSTAINED, None),
        (AssignmentState.RECUSED, None),
        (AssignmentState.RELEASED, None),
    ],
)
def test_only_open_reviews_are_reminded_of(assigned: Assigned, state: AssignmentState, counts: Counts | None) -> None:
    call, (submission,) = assigned.begun(1, 1, reviews=1)
    assigned.put(assigned.row(call, submission, "e1"), state)
    assert [one.counts for one in due(assigned, call, on(11, 23))] == ([counts] if counts else [])


def test_a_stale_review_is_open(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 1, reviews=1)
    assigned.put(assigned.row(call, submission, "e1"), AssignmentState.SUBMITTED, judged="0" * 64)
    assert [one.counts for one in due(assigned, call, on(12, 1))] == [Counts(stale=1, late=1)]


@pytest.mark.parametrize("state", [state for state in CallState if state is not CallState.REVIEWING])
def test_nobody_is_reminded_outside_review(assigned: Assigned, state: CallState) -> None:
    call, _ = assigned.begun(1, 2)
    assigned.now_in(state, call)
    assert due(assigned, call, on(11, 23)) == []


def test_neither_the_disabled_nor_for_what_left_the_round(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.change("e1", disabled_at=on(11, 1))
    assert names(assigned, call, on(11, 23)) == ["e2"]
    assigned.now_in(SubmissionState.RETURNED, submission)
    assert names(assigned, call, on(11, 23)) == []


def test_who_is_an_expert_no_more_is_not_reminded(assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 2)
    with assigned.database.writing() as session:
        session.get_one(Account, assigned["e1"].id).grants = []
    assert names(assigned, call, on(11, 23)) == ["e2"]


LETTER = """专家一：

您好！“2022 年优良案例征集”{when}。您还有 3 份申报没有评完：{parts}。

{where}

案例库
"""


@pytest.mark.parametrize(
    ("now", "when"),
    [
        (on(11, 27), "距评审截止还有 3 天"),
        (on(11, 30), "的评审今天截止"),
        (on(12, 1), "的评审截止日期已过 1 天"),
    ],
)
def test_the_letter_says_what_is_left_and_names_no_submission(assigned: Assigned, now: datetime, when: str) -> None:
    call, submissions = assigned.begun(3, 1, reviews=1)
    assigned.put(assigned.row(call, submissions[0], "e1"), AssignmentState.STARTED)
    assigned.put(assigned.row(call, submissions[1], "e1"), AssignmentState.SUBMITTED, judged="0" * 64)
    one = due(assigned, call, now)[0]
    parts = "未读 1 份、评审中 1 份、正文已改需重评 1 份"
    letter = one.letter(site="案例库", base_url="https://al.example.cn")
    assert (letter.to, letter.subject) == ("e1@example.cn", "案例库：还有 3 份申报待评审")
    assert letter.text == LETTER.format(when=when, parts=parts, where="请登录后评审：https://al.example.cn/review/")
    without = one.letter(site="案例库", base_url="").text
    assert without == LETTER.format(when=when, parts=parts, where="请登录后从“我的评审”进入。")


def test_the_journal_tells_who_was_reminded(assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 2)
    now = on(11, 23)
    found = due(assigned, call, now)
    with assigned.doing("editor") as who:
        reminders.record(who["session"], who["actor"], call, found, now)
    experts = [assigned["e1"].id, assigned["e2"].id]
    assert assigned.events(call)[-1] == ("编辑甲", "call.remind", {}, {"on": "2022-11-23", "experts": experts})
    with pytest.raises(Forbidden), assigned.doing("e1") as who:
        reminders.record(who["session"], who["actor"], call, found, now)


def test_an_editor_reminds_those_who_were_shown_and_have_an_address(assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 3, reviews=3)
    assigned.change("e1", email="")
    shown, now = [assigned[name].id or 0 for name in ("e1", "e2")], on(11, 23)
    with assigned.doing("editor") as who:
        row = who["session"].get_one(Call, call.id)
        found = reminders.claim_all(**who, call=row, accounts=shown, now=now)
        assert [one.account.username for one in found] == ["e2"]
    assert assigned.events(call)[-1][3]["experts"] == shown[1:]
    assert names(assigned, call, now) == ["e1", "e3"]


def test_reminding_moves_no_version_so_that_no_expert_is_disturbed(assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 2)
    rows: list[Assignment] = assigned.rows(call)
    now = on(11, 23)
    for one in due(assigned, call, now):
        claim(assigned, one, now)
    assert [row.version for row in assigned.rows(call)] == [row.version for row in rows]
