"""What an editor is shown before assigning, and what is written of it; conflicts that appear afterwards."""

from datetime import timedelta
from typing import Any

import pytest

from caselib.errors import CaselibError, Conflict, Forbidden, NotFound
from caselib.people import Role
from caselib.review import overview, proposals
from caselib.review.actions import assignment
from caselib.review.allocation import panel_of
from caselib.review.models import Call, DeclaredConflict, Submission
from caselib.review.proposals import LateConflict
from caselib.review.roster import Expert
from caselib.review.shortage import Unassignable
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.assigned import Assigned
from tests.review.rounds import NOW
from tests.statements import asked

ASSIGNING = (CallState.SCREENING, CallState.REVIEWING)


def recheck(assigned: Assigned, call: Call, **values: Any) -> list[LateConflict]:
    with assigned.database.reading() as session:
        row = session.get_one(Call, call.id)
        usual = {"session": session, "actor": assigned["editor"], "call": row}
        return proposals.recheck(**{**usual, **values})


def test_a_proposal_gives_every_accepted_submission_its_experts_and_writes_nothing(assigned: Assigned) -> None:
    assigned.experts(3)
    call, _ = assigned.round(2)
    assigned.submission(call, SubmissionState.SENT)
    found = assigned.propose(call)
    assert sorted(number for number, _ in found.added) == ["2022-001", "2022-001", "2022-002", "2022-002"]
    assert (found.check.components, found.check.identifiable, found.check.most_load) == (1, True, 2)
    assert (found.removed, found.plan.removed, assigned.rows(call)) == ((), (), [])


def test_the_same_round_gives_the_same_proposal(assigned: Assigned) -> None:
    assigned.experts(3)
    call, _ = assigned.round(2)
    assert assigned.propose(call) == assigned.propose(call)


def test_applying_writes_the_rows_and_an_event_for_each(assigned: Assigned) -> None:
    assigned.experts(2)
    call, _ = assigned.round(1)
    assert assigned.apply(call) == []
    assert assigned.table(call) == [(1, "e1", "assigned"), (1, "e2", "assigned")]
    assert [assigned.events(row) for row in assigned.rows(call)] == [
        [
            (
                "编辑甲",
                "assignment.assign",
                {},
                {"submission": 1, "expert": row.expert_id, "state": "assigned"},
            )
        ]
        for row in assigned.rows(call)
    ]


def test_conflicts_are_kept_apart_by_province_employer_body_declaration_and_own_submission(assigned: Assigned) -> None:
    assigned.experts(2)
    assigned.expert("pp", province="330000")
    assigned.expert("ww", employer="丙省市场监督管理局")
    assigned.expert("cc", certifier="乙认证有限公司")
    tied = assigned.expert("tt")
    with assigned.database.writing() as session:
        account = session.get_one(type(assigned.account("zhejiang")), assigned["zhejiang"].id)
        account.grants += [type(account.grants[0])(role=Role.EXPERT)]
    call, _ = assigned.round(1)
    with assigned.database.writing() as session:
        session.add(DeclaredConflict(account_id=tied.id or 0, submission_id=1, reason="曾任顾问", declared_at=NOW))
    assert assigned.propose(call).added == (("2022-001", "专家一"), ("2022-001", "专家二"))


def test_a_round_without_enough_experts_says_who_and_why(assigned: Assigned) -> None:
    assigned.expert("e1", name="专家一")
    assigned.expert("pp", name="本省专家", province="330000")
    call, _ = assigned.round(1)
    with pytest.raises(Unassignable) as error:
        assigned.propose(call, regions={"330000": "浙江省"})
    assert error.value.message == (
        "1 份申报配不齐 2 位评审专家：\n"
        "2022-001：只有 1 位专家可评，缺 1 位。因回避不能评的：本省专家（与申报同属浙江省）。"
    )


def test_one_reviewer_comes_from_outside_the_panel_of_the_industry(assigned: Assigned) -> None:
    for number in (1, 2, 3):
        assigned.expert(f"i{number}", panel="轻工组")
    assigned.expert("o1", panel="服务组", industries=("I65",))
    call, _ = assigned.round(1)
    assert "o1" in {expert for _, expert in assigned.propose(call).added}


@pytest.mark.parametrize(
    ("known", "panel"),
    [
        ([("乙", "C23"), ("甲", "C15")], "乙"),
        ([("乙", "C15"), ("甲", "C15"), ("乙", "C18")], "乙"),
        ([("甲", "C23"), ("乙", "C23")], "乙"),
        ([("甲", "I65"), ("乙", "I65")], ""),
        ([("甲", "C23"), ("甲", "C23")], ""),
        ([("甲", "C23"), ("甲", "C23"), ("", "C23")], ""),
    ],
)
def test_the_panel_of_an_industry_is_the_one_that_knows_it_best_where_there_is_another(
    known: list[tuple[str, str]], panel: str
) -> None:
    experts = [Expert(str(place), panel=name, industries=(code,)) for place, (name, code) in enumerate(known)]
    assert panel_of(("C23",), experts) == panel


def test_experts_of_one_name_are_told_apart(assigned: Assigned) -> None:
    for username in ("li1", "li2"):
        assigned.expert(username, name="李明")
    call, _ = assigned.round(1)
    assert assigned.propose(call).added == (("2022-001", "李明（li1）"), ("2022-001", "李明（li2）"))


@pytest.mark.parametrize(("submissions", "experts", "message"), [(0, 1, "还没有受理的申报"), (1, 0, "还没有可以分派")])
def test_there_must_be_something_to_assign(assigned: Assigned, submissions: int, experts: int, message: str) -> None:
    assigned.experts(experts)
    call, _ = assigned.round(submissions)
    with pytest.raises(CaselibError, match=message):
        assigned.propose(call)


@pytest.mark.parametrize("state", CallState)
def test_assigning_is_in_season_from_screening_to_the_end_of_review(assigned: Assigned, state: CallState) -> None:
    assigned.experts(2)
    call, _ = assigned.round(1)
    found = assigned.propose(call)
    assigned.now_in(state, call)
    if state in ASSIGNING:
        assigned.propose(call)
        assigned.apply(call, found)
        assert len(assigned.rows(call)) == 2
    else:
        with pytest.raises(Conflict, match="不能“分派”"):
            assigned.propose(call)
        with pytest.raises(Conflict, match="不能“分派”"):
            assigned.apply(call, found)
        assert assigned.rows(call) == []


@pytest.mark.parametrize("username", ["zhejiang", "expert01", "operator"])
def test_only_editors_assign(assigned: Assigned, username: str) -> None:
    assigned.experts(2)
    call, submissions = assigned.round(1)
    found = assigned.propose(call)
    with pytest.raises(Forbidden):
        assigned.propose(call, username)
    with pytest.raises(Forbidden):
        assigned.apply(call, found, username)
    with pytest.raises((Forbidden, NotFound)):
        assigned.by_hand(submissions[0], "e1", username)
    with pytest.raises(Forbidden):
        recheck(assigned, call, actor=assigned[username])
    assert assigned.rows(call) == []


CHANGES: dict[str, Any] = {
    "an expert more": lambda assigned, call: assigned.expert("new"),
    "an expert disabled": lambda assigned, call: assigned.change("e3", disabled_at=NOW),
    "an expert moved": lambda assigned, call: assigned.change("e1", province="330000"),
    "a submission more": lambda assigned, call: assigned.submission(call, SubmissionState.ACCEPTED),
    "assigned meanwhile": lambda assigned, call: assigned.apply(call),
    "assigned by hand": lambda assigned, call: assigned.by_hand(call_submission(assigned), "e1"),
    "an expert tied": lambda assigned, call: tie(assigned, "e1"),
    "more reviews wanted": lambda assigned, call: want(assigned, call, 3),
}


def tie(assigned: Assigned, username: str) -> None:
    with assigned.database.writing() as session:
        session.add(DeclaredConflict(account_id=assigned[username].id or 0, submission_id=1, reason="曾任顾问"))


def want(assigned: Assigned, call: Call, reviews: int) -> None:
    with assigned.database.writing() as session:
        session.get_one(Call, call.id).rules = call.rules | {"reviews": reviews}


def call_submission(assigned: Assigned) -> Submission:
    with assigned.database.reading() as session:
        return session.get_one(Submission, 1)


@pytest.mark.parametrize("name", CHANGES)
def test_a_proposal_whose_ground_has_changed_is_refused(assigned: Assigned, name: str) -> None:
    assigned.experts(3)
    call, _ = assigned.round(1)
    found = assigned.propose(call)
    CHANGES[name](assigned, call)
    before = assigned.table(call)
    with pytest.raises(Conflict) as error:
        assigned.apply(call, found)
    assert error.value.message == "提出方案以后，申报、专家或分派有了变化，这个方案没有执行。"
    assert assigned.table(call) == before


def test_a_review_that_was_begun_meanwhile_is_not_taken_away(assigned: Assigned) -> None:
    call, _ = assigned.begun(2, 1, reviews=1)
    assigned.expert("e2")
    found = assigned.propose(call, max_load=1)
    (removal,) = found.removed
    row = next(row for row in assigned.rows(call) if row.id == removal.assignment_id)
    assert removal.reason == "按新的方案改派"
    assigned.put(row, AssignmentState.STARTED)
    with pytest.raises(Conflict, match="没有执行"):
        assigned.apply(call, found)
    assigned.put(row, AssignmentState.ASSIGNED)
    assigned.apply(call, found)
    assert [state for _, _, state in assigned.table(call)].count("released") == 1


def test_only_the_proposal_that_was_shown_is_written(assigned: Assigned) -> None:
    assigned.experts(3)
    call, _ = assigned.round(2)
    shown, other = assigned.propose(call), assigned.propose(call, max_load=2)
    with pytest.raises(Conflict, match="没有执行"), assigned.doing("editor") as who:
        row = who["session"].get_one(Call, call.id)
        assignment.apply(**who, call=row, proposal=other, expected=shown.digest, now=NOW)
    assert assigned.rows(call) == []


def test_an_editor_from_a_province_may_apply_a_plan_because_it_is_made_by_rule(assigned: Assigned) -> None:
    assigned.add("tied", Role.EDITOR, province="330000")
    assigned.experts(2)
    call, _ = assigned.round(1)
    assigned.apply(call, username="tied")
    assert len(assigned.rows(call)) == 2


def test_proposing_again_keeps_what_is_there_and_fills_only_what_is_new(assigned: Assigned) -> None:
    call, _ = assigned.begun(2, 4)
    before = assigned.table(call)
    assert (assigned.propose(call).added, assigned.propose(call).removed) == ((), ())
    assigned.submission(call, SubmissionState.ACCEPTED)
    invited = assigned.apply(call)
    assert [one for one in assigned.table(call) if one[0] != 3] == before
    assert sum(one.reviews for one in invited) == 2


def test_a_submitted_review_is_recused_by_a_proposal_for_a_conflict_that_appeared(assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 3)
    (first, other) = assigned.rows(call)
    username = next(name for name, actor in assigned.actors.items() if actor.id == first.expert_id)
    assigned.put(first, AssignmentState.SUBMITTED)
    assigned.change(username, province="330000")
    found = assigned.propose(call, regions={"330000": "浙江省"})
    assert [(removal.assignment_id, removal.reason) for removal in found.removed] == [
        (first.id, "有利害关系：与申报同属浙江省")
    ]
    assigned.apply(call, found)
    states = sorted((row.submission_id, row.state) for row in assigned.rows(call))
    assert states == [(1, "assigned"), (1, "assigned"), (1, "recused")]
    assert assigned.stored(first).reason == "与申报同属浙江省"
    assigned.change(username, province="")
    assert assigned.propose(call).added == ()
    assert assigned.stored(other).state == "assigned"


def test_the_history_tells_who_stepped_in_for_each_recusal_of_a_proposal(assigned: Assigned) -> None:
    call, _ = assigned.begun(2, 3)
    names = {actor.id: username for username, actor in assigned.actors.items()}
    holder = next(
        name for name in ("e1", "e2", "e3") if sum(names[r.expert_id] == name for r in assigned.rows(call)) == 2
    )
    before = {row.id for row in assigned.rows(call)}
    for row in assigned.rows(call):
        if names[row.expert_id] == holder:
            assigned.put(row, AssignmentState.SUBMITTED)
    assigned.change(holder, province="330000")
    assigned.apply(call, assigned.propose(call))
    fresh = {row.submission_id: names[row.expert_id] for row in assigned.rows(call) if row.id not in before}
    with assigned.database.reading() as session:
        row = session.get_one(Call, call.id)
        found = overview.overview(session=session, actor=assigned["editor"], call=row).recusals
    shown = {each.submission.id: each.replacement for each in found}
    assert (len(fresh), shown) == (2, {id_: assigned[name].name for id_, name in fresh.items()})


@pytest.mark.parametrize("values", [{"disabled_at": NOW}, {"grants": []}])
def test_the_open_review_of_who_can_review_no_more_is_given_to_another_and_a_submitted_one_stays(
    assigned: Assigned, values: dict[str, Any]
) -> None:
    call, _ = assigned.begun(2, 2)
    first, second = (row for row in assigned.rows(call) if row.expert_id == assigned["e1"].id)
    assigned.put(first, AssignmentState.SUBMITTED)
    assigned.put(second, AssignmentState.STARTED)
    assigned.change("e1", **values)
    with pytest.raises(Unassignable) as error:
        assigned.propose(call)
    assert error.value.remedy == "可以这样放宽：增聘能评这些申报的专家；减少每份申报的评审数。"
    assigned.expert("e3")
    found = assigned.propose(call)
    assert [(r.assignment_id, r.reason) for r in found.removed] == [(second.id, "专家账号已停用或不再是评审专家")]
    assigned.apply(call, found)
    assert assigned.table(call) == [
        (1, "e1", "submitted"),
        (1, "e2", "assigned"),
        (2, "e1", "released"),
        (2, "e2", "assigned"),
        (2, "e3", "assigned"),
    ]


def test_who_abstained_is_not_asked_again_and_somebody_else_is(assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.expert("e3", name="专家三")
    assigned.put(assigned.row(call, submission, "e1"), AssignmentState.ABSTAINED)
    assert assigned.propose(call).added == (("2022-001", "专家三"),)


def test_conflicts_that_appeared_are_listed_with_reason_and_time(assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 2)
    assert recheck(assigned, call) == []
    assigned.change("e1", province="330000")
    (found,) = recheck(assigned, call, regions={"330000": "浙江省"})
    told = (found.submission, found.expert, found.reason, found.at, found.assignment.expert_id)
    assert told == ("2022-001", "专家一", "与申报同属浙江省", None, assigned["e1"].id)


def test_a_conflict_that_came_with_an_amended_text_carries_the_time_it_was_sent(assigned: Assigned) -> None:
    assigned.experts(1)
    assigned.expert("ww", name="专家五", employer="丁包装有限公司")
    call, (submission,) = assigned.round(1)
    assigned.apply(call)
    sent = NOW + timedelta(days=1)
    with assigned.database.writing() as session:
        row = session.get_one(Submission, submission.id)
        row.firm, row.sent_at = "丁包装有限公司", sent
    (found,) = recheck(assigned, call)
    assert (found.expert, found.reason, found.at) == ("专家五", "任职于申报企业“丁包装有限公司”", sent)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_looking_for_conflicts_costs_the_same_for_any_number(assigned: Assigned, count: int) -> None:
    assigned.experts(3)
    call, _ = assigned.round(count)
    if count:
        assigned.apply(call)
    with asked(assigned.database) as statements:
        recheck(assigned, call)
    assert len(statements) == 7  # one is the call itself
