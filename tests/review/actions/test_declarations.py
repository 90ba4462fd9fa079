"""Ties declared by whom, of whom, in which season, and what they end."""

from typing import Any

import pytest

from caselib.errors import CaselibError, Conflict, Forbidden, NotFound
from caselib.people import COMMAND_LINE, Account, Role
from caselib.people import actions as people
from caselib.review.actions import declarations
from caselib.review.actions.assignment import Recusal
from caselib.review.actions.declarations import Declared
from caselib.review.models import Submission
from caselib.review.queries import reasons_against
from caselib.review.states import AssignmentState, CallState
from tests.review.assigned import Assigned
from tests.review.rounds import NOW


def declare(
    assigned: Assigned, submission: Submission, username: str, of: str | None = None, reason: str = "曾任顾问"
) -> Declared:
    with assigned.doing(username) as who:
        session = who["session"]
        account = session.get_one(Account, assigned[of].id) if of else None
        row = session.get_one(Submission, submission.id)
        return declarations.declare_conflict(**who, submission=row, account=account, reason=reason, now=NOW)


def test_an_experts_tie_recuses_and_an_alternate_steps_in(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.expert("e3")
    done = declare(assigned, submission, "e1")
    assert assigned.table(call) == [(1, "e1", "recused"), (1, "e2", "assigned"), (1, "e3", "assigned")]
    assert (done.conflict.reason, done.conflict.declared_at, done.conflict.declared_by) == (
        "曾任顾问",
        NOW,
        assigned["e1"].id,
    )
    assert assigned.events(done.conflict) == [
        (
            "专家一",
            "tie.declare",
            {},
            {"account": assigned["e1"].id, "submission": submission.id, "reason": "曾任顾问"},
        )
    ]
    assert [one.account.username for one in done.recusal.invitations if done.recusal] == ["e3"]


def test_an_editors_own_tie_binds_the_editor(assigned: Assigned) -> None:
    _, (submission,) = assigned.round(1)
    assert declare(assigned, submission, "editor").recusal is None
    with assigned.database.reading() as session:
        row = session.get_one(Submission, submission.id)
        assert reasons_against(session, assigned["editor"], [row]) == {submission.id: ["曾任顾问"]}


def test_an_editor_declares_an_experts_tie_even_after_review_and_nobody_steps_in_then(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.expert("e3")
    assigned.put(assigned.row(call, submission, "e1"), AssignmentState.SUBMITTED)
    assigned.now_in(CallState.CLOSED, call)
    done = declare(assigned, submission, "editor", of="e1")
    assert assigned.table(call) == [(1, "e1", "recused"), (1, "e2", "assigned")]
    assert (done.conflict.account_id, done.conflict.declared_by) == (assigned["e1"].id, assigned["editor"].id)
    assert done.recusal is not None
    assert done.recusal.notice == "征集现在是“评审结束”，申报 2022-001 没有递补。"


def test_while_a_call_takes_submissions_again_nobody_steps_in_and_no_review_is_called_over(assigned: Assigned) -> None:
    assigned.experts(2)
    call, (submission,) = assigned.round(1)
    assigned.apply(call)
    assigned.expert("e3")
    assigned.now_in(CallState.OPEN, call)
    done = declare(assigned, submission, "editor", of="e1")
    assert assigned.table(call) == [(1, "e1", "recused"), (1, "e2", "assigned")]
    assert done.recusal == Recusal(None, [], "征集现在是“征集中”，申报 2022-001 没有递补。")


def test_the_tie_of_one_who_is_no_expert_any_more_ends_the_review_that_was_submitted(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.put(assigned.row(call, submission, "e1"), AssignmentState.SUBMITTED)
    assigned.now_in(CallState.CLOSED, call)
    with assigned.doing("operator") as who:
        account = who["session"].get_one(Account, assigned["e1"].id)
        people.change_account(**who, account=account, roles=[])
    declare(assigned, submission, "editor", of="e1")
    assert assigned.table(call) == [(1, "e1", "recused"), (1, "e2", "assigned")]


def test_the_tie_of_one_whose_account_was_disabled_ends_a_review_that_was_not_counted_on(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.expert("e3")
    assigned.change("e1", disabled_at=NOW)
    assert declare(assigned, submission, "editor", of="e1").recusal == Recusal(None, [], "")
    assert assigned.table(call) == [(1, "e1", "recused"), (1, "e2", "assigned")]


@pytest.mark.parametrize("state", [AssignmentState.RECUSED, AssignmentState.RELEASED])
def test_what_is_over_is_not_recused_again(assigned: Assigned, state: AssignmentState) -> None:
    call, (submission,) = assigned.begun(1, 2)
    row = assigned.row(call, submission, "e1")
    assigned.put(row, state)
    assert declare(assigned, submission, "editor", of="e1").recusal is None
    assert assigned.stored(row).state == state


@pytest.mark.parametrize("username", ["editor", "e1"])
def test_a_tie_ends_an_abstained_review_and_nobody_steps_in(assigned: Assigned, username: str) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.expert("e3")
    row = assigned.row(call, submission, "e1")
    assigned.put(row, AssignmentState.ABSTAINED, reason="不熟悉这个行业")
    assert declare(assigned, submission, username, of="e1").recusal == Recusal(None, [], "")
    assert assigned.table(call) == [(1, "e1", "recused"), (1, "e2", "assigned")]
    assert assigned.stored(row).reason == "曾任顾问"


def test_a_tie_is_declared_once(assigned: Assigned) -> None:
    _, (submission,) = assigned.round(1)
    declare(assigned, submission, "editor")
    with pytest.raises(Conflict, match="与申报 2022-001 的利害关系已经登记过"):
        declare(assigned, submission, "editor", reason="另一个原因")


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("username", ["editor", "e1"])
def test_ties_are_declared_while_they_matter(assigned: Assigned, state: CallState, username: str) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.now_in(state, call)
    seasons = {"editor": ("open", "screening", "reviewing", "closed"), "e1": ("reviewing",)}
    if state in seasons[username]:
        assert declare(assigned, submission, username).conflict.account_id == assigned[username].id
    else:
        with pytest.raises((Conflict, NotFound)):
            declare(assigned, submission, username)


def test_under_notice_an_editor_is_told_to_retract_it_first(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.now_in(CallState.NOTICE, call)
    with pytest.raises(Conflict) as error:
        declare(assigned, submission, "editor", of="e1")
    assert str(error.value) == ("公示期间不能登记利害关系。 请先撤回公示，登记以后重新遴选，再公示。")


@pytest.mark.parametrize(
    ("username", "of", "refused"),
    [
        ("e3", None, NotFound),
        ("jiangsu", None, NotFound),
        ("operator", None, NotFound),
        ("e1", "e2", Forbidden),
        ("editor", "zhejiang", Conflict),
    ],
)
def test_who_may_not_declare(assigned: Assigned, username: str, of: str | None, refused: type[CaselibError]) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.expert("e3")
    before = assigned.table(call)
    with pytest.raises(refused):
        declare(assigned, submission, username, of)
    assert assigned.table(call) == before


def test_the_command_line_must_say_whose_tie_it_is(assigned: Assigned) -> None:
    assigned.actors["shell"] = COMMAND_LINE
    _, (submission,) = assigned.round(1)
    with pytest.raises(Forbidden, match="命令行没有自己的利害关系"):
        declare(assigned, submission, "shell")
    assert declare(assigned, submission, "shell", of="editor").conflict.declared_by is None


def test_a_tie_needs_a_reason(assigned: Assigned) -> None:
    _, (submission,) = assigned.round(1)
    with pytest.raises(CaselibError, match="没有写原因"):
        declare(assigned, submission, "editor", reason=" ")


def test_an_expert_who_is_an_editor_too_loses_the_review_by_an_own_tie(assigned: Assigned) -> None:
    both: Any = assigned.expert("both", name="两用")
    with assigned.database.writing() as session:
        account = session.get_one(Account, both.id)
        account.grants += [type(account.grants[0])(role=Role.EDITOR)]
    assigned.actors["both"] = assigned.account("both").actor
    call, (submission,) = assigned.begun(1, 1)
    declare(assigned, submission, "both")
    assert assigned.table(call) == [(1, "both", "recused"), (1, "e1", "assigned")]
