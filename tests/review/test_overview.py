"""The assignment of a call as its editors see it: standings, what forbids what, who stepped in, who is told nothing."""

from typing import Any

import pytest
from sqlmodel import select

from caselib.errors import Forbidden
from caselib.people import Account, Role
from caselib.review import overview
from caselib.review.actions import declarations
from caselib.review.expert_queries import Standing
from caselib.review.models import Call, DeclaredConflict, Submission
from caselib.review.overview import AssignmentSheet, Overview
from caselib.review.states import AssignmentState
from tests.review.assigned import Assigned
from tests.review.rounds import NOW


def look(assigned: Assigned, call: Call, username: str = "editor") -> Overview:
    with assigned.database.reading() as session:
        row = session.get_one(Call, call.id)
        return overview.overview(session=session, actor=assigned[username], call=row)


def sheet(assigned: Assigned, call: Call, submission: Submission, username: str = "editor") -> AssignmentSheet:
    with assigned.database.reading() as session:
        row = session.get_one(Call, call.id)
        return overview.sheet(session=session, actor=assigned[username], call=row, submission_id=submission.id or 0)


def recuse(assigned: Assigned, submission: Submission, username: str, reason: str = "曾任顾问") -> None:
    with assigned.doing("editor") as who:
        row = who["session"].get_one(Submission, submission.id)
        account = who["session"].get_one(Account, assigned[username].id)
        declarations.declare_conflict(**who, submission=row, account=account, reason=reason, now=NOW)


def given(found: Overview) -> list[tuple[Any, ...]]:
    return [(each.submission.number, each.expert, each.reason, each.replacement) for each in found.recusals]


@pytest.mark.parametrize(
    ("state", "standing"),
    [
        (AssignmentState.ASSIGNED, [Standing.UNREAD]),
        (AssignmentState.STARTED, [Standing.STARTED]),
        (AssignmentState.SUBMITTED, [Standing.SUBMITTED]),
        (AssignmentState.ABSTAINED, [Standing.ABSTAINED]),
        (AssignmentState.RECUSED, []),
        (AssignmentState.RELEASED, []),
    ],
)
def test_a_line_shows_what_stands_and_what_was_abstained_from(
    assigned: Assigned, state: AssignmentState, standing: list[Standing]
) -> None:
    call, (submission,) = assigned.begun(1, 1, reviews=1)
    assigned.put(assigned.row(call, submission, "e1"), state)
    (line,) = look(assigned, call).lines
    short = state in (AssignmentState.ABSTAINED, AssignmentState.RECUSED, AssignmentState.RELEASED)
    assert ([each.standing for each in line.members], line.short) == (standing, int(short))


def test_a_review_of_another_text_is_stale(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 1, reviews=1)
    assigned.put(assigned.row(call, submission, "e1"), AssignmentState.SUBMITTED, judged="0" * 64)
    (line,) = look(assigned, call).lines
    assert line.members[0].standing == Standing.STALE


def test_the_design_check_is_of_what_is_assigned_and_knows_how_well_it_matches(assigned: Assigned) -> None:
    assigned.experts(2)
    call, _ = assigned.round(2)
    before = look(assigned, call).check
    assigned.apply(call)
    check = look(assigned, call).check
    assert before is None
    assert check is not None
    assert (check.components, check.identifiable, check.most_load) == (1, True, 2)
    assert {match.label: share for match, share in check.matched.items()} == {
        "其他行业": 0,
        "同一门类": 0,
        "同一大类": 1,
    }


def test_an_abstention_is_counted_apart_from_what_was_declared(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2, reviews=2)
    assigned.put(assigned.row(call, submission, "e1"), AssignmentState.ABSTAINED)
    recuse(assigned, submission, "e2")
    found = look(assigned, call)
    assert (found.forbidden, found.why) == (2, {"已弃权": 1, "登记的利害关系": 1})


def test_who_stepped_in_is_told_and_nobody_where_nobody_could(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2, reviews=1)
    first, second = ("e1", "e2") if assigned.table(call)[0][1] == "e1" else ("e2", "e1")
    recuse(assigned, submission, first)
    recuse(assigned, submission, second, "亲属")
    names = {username: assigned[username].name for username in (first, second)}
    assert given(look(assigned, call)) == [
        ("2022-001", names[second], "亲属", ""),
        ("2022-001", names[first], "曾任顾问", names[second]),
    ]


def test_who_is_assigned_by_hand_to_another_submission_after_a_recusal_did_not_step_in(assigned: Assigned) -> None:
    call, (first, second) = assigned.begun(2, 1, reviews=1)
    assigned.expert("e9", name="专家九")
    recuse(assigned, first, "e9", "亲属")
    recuse(assigned, first, "e1")
    assigned.by_hand(second, "e9")
    assert given(look(assigned, call)) == [("2022-001", "专家一", "曾任顾问", "")]


def test_who_is_tied_is_told_nothing_of_experts_recusals_or_conflicts_there(assigned: Assigned) -> None:
    call, (first, second) = assigned.begun(2, 2, reviews=1)
    for submission in (first, second):
        expert = next(name for number, name, _ in assigned.table(call) if number == submission.id)
        recuse(assigned, submission, expert)
    with assigned.database.writing() as session:
        declared = len(session.exec(select(DeclaredConflict)).all())
        session.add(DeclaredConflict(account_id=assigned["editor"].id or 0, submission_id=first.id or 0, reason="亲属"))
    found = look(assigned, call)
    assert declared == 2
    assert [(line.tied, bool(line.members)) for line in found.lines] == [("亲属", False), ("", True)]
    assert [each.submission.number for each in found.recusals] == [second.number]


def test_who_is_tied_cannot_tell_the_hidden_experts_by_subtracting(assigned: Assigned) -> None:
    call, (first, second) = assigned.begun(2, 2)
    recuse(assigned, second, "e2")
    recuse(assigned, first, "editor", "亲属")
    found = look(assigned, call)
    assert found.hidden == 1
    assert [(each.expert, each.load, each.forbidden, each.why) for each in found.experts] == [
        ("专家一", 1, 0, {}),
        ("专家二", 0, 1, {"登记的利害关系": 1}),
    ]
    recuse(assigned, first, "e1")
    found = look(assigned, call)
    assert (found.pairs, found.forbidden, found.why) == (2, 1, {"登记的利害关系": 1})


def test_nor_by_the_loads_of_those_who_could_be_given_another_submission(assigned: Assigned) -> None:
    call, (first, second) = assigned.begun(2, 2)
    assigned.expert("e3", name="专家三")
    assigned.by_hand(first, "e3")
    recuse(assigned, first, "editor", "亲属")
    found = sheet(assigned, call, second)
    assert ([(each.expert, each.load) for each in found.free], found.hidden) == ([("专家三", 0)], 1)


@pytest.mark.parametrize("username", ["zhejiang", "expert01", "operator"])
def test_only_editors_look(assigned: Assigned, username: str) -> None:
    call, (submission,) = assigned.round(1)
    with pytest.raises(Forbidden):
        look(assigned, call, username)
    with pytest.raises(Forbidden):
        sheet(assigned, call, submission, username)


def test_those_whose_tie_can_be_declared_are_experts_and_editors_that_are_not_disabled(assigned: Assigned) -> None:
    assigned.experts(1)
    assigned.add("both", Role.EDITOR, Role.EXPERT, name="两兼")
    call, (submission,) = assigned.round(1)
    found = sheet(assigned, call, submission)
    assert [account.username for account in found.people] == ["e1", "both", "editor"]


def test_so_can_that_of_a_disabled_account_whose_review_would_count(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.put(assigned.row(call, submission, "e1"), AssignmentState.SUBMITTED)
    assigned.change("e1", disabled_at=NOW)
    found = sheet(assigned, call, submission)
    assert [account.username for account in found.people] == ["e1", "e2", "editor"]


def test_who_is_tied_does_not_learn_of_a_reviewer_by_a_disabled_account(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.put(assigned.row(call, submission, "e1"), AssignmentState.SUBMITTED)
    assigned.change("e1", disabled_at=NOW)
    with assigned.database.writing() as session:
        tied = {"account_id": assigned["editor"].id or 0, "submission_id": submission.id or 0}
        session.add(DeclaredConflict(**tied, reason="亲属"))
    found = sheet(assigned, call, submission)
    assert [account.username for account in found.people] == ["e2", "editor"]


def test_lines_are_sifted_by_all_words_in_number_title_and_experts(assigned: Assigned) -> None:
    assigned.experts(2)
    call, (first, _) = assigned.round(2, reviews=1)
    assigned.by_hand(first, "e2")
    lines = look(assigned, call).lines
    numbers = {
        words: [line.submission.number for line in overview.sifted(lines, words)]
        for words in ("", "专家二", "２０２２-００１ 工艺卡", "专家二 没有")
    }
    assert numbers == {
        "": ["2022-001", "2022-002"],
        "专家二": ["2022-001"],
        "２０２２-００１ 工艺卡": ["2022-001"],
        "专家二 没有": [],
    }
    assert [line.submission.number for line in overview.sifted(lines, short=True)] == ["2022-002"]
