"""Recusals: every state, everybody, and who steps in."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from caselib import journal
from caselib.errors import CaselibError, Conflict, NotFound
from caselib.review.actions import assignment
from caselib.review.actions.assignment import Recusal
from caselib.review.models import Assignment
from caselib.review.shortage import Unassignable
from caselib.review.states import AssignmentState, CallState
from tests.review.assigned import Assigned
from tests.review.rounds import NOW


def recuse(assigned: Assigned, row: Assignment, username: str, reason: str = "曾任顾问") -> Recusal:
    with assigned.doing(username) as who:
        found = who["session"].get_one(Assignment, row.id)
        return assignment.recuse(**who, assignment=found, reason=reason, now=NOW)


RECUSABLE = ("assigned", "started", "submitted", "abstained")


@pytest.mark.parametrize("state", AssignmentState)
def test_recusing_from_every_state(assigned: Assigned, state: AssignmentState) -> None:
    call, (submission,) = assigned.begun(1, 2)
    row = assigned.row(call, submission, "e1")
    assigned.put(row, state)
    if state in RECUSABLE:
        recuse(assigned, row, "e1")
        assert (assigned.stored(row).state, assigned.stored(row).reason) == ("recused", "曾任顾问")
        assert [name for _, name, _, _ in assigned.events(row)] == ["assignment.assign", "assignment.recuse"]
    else:
        with pytest.raises(NotFound):
            recuse(assigned, row, "e1")
        assert assigned.stored(row).state == state


@pytest.mark.parametrize("state", CallState)
def test_recusing_is_in_season_while_review_is_open(assigned: Assigned, state: CallState) -> None:
    call, (submission,) = assigned.begun(1, 2)
    row = assigned.row(call, submission, "e1")
    assigned.now_in(state, call)
    if state is CallState.REVIEWING:
        recuse(assigned, row, "e1")
        assert assigned.stored(row).state == "recused"
    else:
        unseen = state in (CallState.DRAFT, CallState.OPEN, CallState.SCREENING)
        with pytest.raises(NotFound if unseen else Conflict):
            recuse(assigned, row, "e1")
        assert assigned.stored(row).state == "assigned"


@pytest.mark.parametrize("username", ["e2", "editor", "zhejiang", "operator"])
def test_nobody_else_recuses(assigned: Assigned, username: str) -> None:
    call, (submission,) = assigned.begun(1, 2)
    row = assigned.row(call, submission, "e1")
    with pytest.raises(NotFound, match="没有这项评审"):
        recuse(assigned, row, username)
    assert assigned.stored(row).state == "assigned"


def test_a_recusal_needs_a_reason(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    with pytest.raises(CaselibError, match="没有写原因"):
        recuse(assigned, assigned.row(call, submission, "e1"), "e1", " ")


def test_an_alternate_steps_in_and_is_invited(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.expert("e3", name="专家三")
    assigned.expert("pp", province="330000")
    done = recuse(assigned, assigned.row(call, submission, "e1"), "e1")
    assert assigned.table(call) == [(1, "e1", "recused"), (1, "e2", "assigned"), (1, "e3", "assigned")]
    assert done.replacement is not None
    assert (done.replacement.expert_id, done.notice) == (assigned["e3"].id, "")
    assert [(one.account.username, one.reviews) for one in done.invitations] == [("e3", 1)]
    assert assigned.events(done.replacement) == [
        (
            "专家一",
            "assignment.assign",
            {},
            {"submission": 1, "expert": assigned["e3"].id, "state": "assigned"},
        )
    ]


@pytest.mark.both_databases
def test_two_experts_recuse_at_the_same_moment_and_two_others_step_in(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    for name in ("e3", "e4"):
        assigned.expert(name)
    ready = Barrier(2)

    def go(username: str) -> None:
        ready.wait()
        recuse(assigned, assigned.row(call, submission, username), username)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(go, ["e1", "e2"]))
    assert assigned.table(call) == [
        (1, "e1", "recused"),
        (1, "e2", "recused"),
        (1, "e3", "assigned"),
        (1, "e4", "assigned"),
    ]


def test_without_an_alternate_the_recusal_stands_and_editors_are_told(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    done = recuse(assigned, assigned.row(call, submission, "e1"), "e1")
    assert (done.replacement, done.invitations) == (None, [])
    assert done.notice.startswith("2022-001 没有可以接替 专家一 的评审专家：")
    assert assigned.table(call) == [(1, "e1", "recused"), (1, "e2", "assigned")]


def test_nobody_steps_in_where_there_are_reviews_enough(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    for name in ("e3", "e4"):
        assigned.expert(name)
    assigned.by_hand(submission, "e3")
    assert recuse(assigned, assigned.row(call, submission, "e1"), "e1") == Recusal(None, [], "")
    assert assigned.table(call) == [(1, "e1", "recused"), (1, "e2", "assigned"), (1, "e3", "assigned")]


def test_who_recused_is_never_asked_again(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    recuse(assigned, assigned.row(call, submission, "e1"), "e1")
    with pytest.raises(Unassignable, match="专家一（曾任顾问）"):
        assigned.propose(call)
    with pytest.raises(Conflict, match="“专家一”不能评审申报 2022-001：曾任顾问。"):
        assigned.by_hand(submission, "e1")


def test_the_chain_of_events_holds_after_all_of_it(assigned: Assigned) -> None:
    call, (submission, _) = assigned.begun(2, 4)
    row = next(row for row in assigned.rows(call) if row.submission_id == submission.id)
    username = next(name for name, actor in assigned.actors.items() if actor.id == row.expert_id)
    recuse(assigned, row, username)
    with assigned.database.reading() as session:
        count, breaks = journal.verify(session)
    assert (count > 10, breaks) == (True, [])
