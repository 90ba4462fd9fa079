"""What an expert can read: own assignments, in an order that tells nothing, and others' totals after the round."""

import pytest

from caselib.db import key_of, now
from caselib.errors import NotFound
from caselib.people import Role
from caselib.review import expert_queries
from caselib.review.expert_queries import Standing, list_tasks, next_for, open_review, others_totals
from caselib.review.judgements import Judgement
from caselib.review.models import Assignment, Attachment, Call, Submission
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.reviewing import FULL, KEY, amend, assign, reviewing, save, submit, task
from tests.review.rounds import BODY, Round
from tests.statements import asked


def listed(round_: Round, username: str = "expert01") -> dict[int, Standing]:
    with round_.database.reading() as session:
        return {key_of(task.assignment): task.standing for task in list_tasks(session, round_[username], key=KEY)}


def test_an_experts_list_has_the_standing_of_every_assignment(round_: Round) -> None:
    call = reviewing(round_)
    states = ("assigned", "started", "abstained", "recused", "released")
    for state in states:
        assign(round_, round_.submission(call, SubmissionState.ACCEPTED), state=AssignmentState(state))
    done, stale = task(round_, call), task(round_, call)
    for each in (done, stale):
        submit(round_, each)
    amend(round_, round_.stored(Submission(id=stale.submission_id)), BODY + "\n补充。\n")
    round_.add("expert02", Role.EXPERT)
    task(round_, call, "expert02")
    assert listed(round_) == {
        1: Standing.UNREAD,
        2: Standing.STARTED,
        3: Standing.ABSTAINED,
        6: Standing.SUBMITTED,
        7: Standing.STALE,
    }


def test_the_newest_text_is_told_by_its_number_and_not_by_its_rows(round_: Round) -> None:
    submit(round_, stale := task(round_, reviewing(round_)))
    amend(round_, round_.stored(Submission(id=stale.submission_id)), BODY + "\n补充。\n")
    with round_.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE revision SET id = id + 1000 WHERE number = 1")
    assert listed(round_) == {1: Standing.STALE}


@pytest.mark.parametrize("state", SubmissionState)
def test_what_has_left_the_round_is_not_listed(round_: Round, state: SubmissionState) -> None:
    assignment = task(round_, reviewing(round_))
    round_.now_in(state, round_.stored(Submission(id=assignment.submission_id)))
    assert (1 in listed(round_)) is (state in ("sent", "returned", "accepted"))


@pytest.mark.parametrize("state", CallState)
def test_nothing_is_listed_before_review_begins(round_: Round, state: CallState) -> None:
    task(round_, call := reviewing(round_))
    round_.now_in(state, call)
    assert (1 in listed(round_)) is (state in ("reviewing", "closed", "notice", "published"))


def test_the_order_is_another_for_every_expert_and_stays(round_: Round) -> None:
    call = reviewing(round_)
    made = [round_.submission(call, SubmissionState.ACCEPTED) for _ in range(8)]
    names = [round_.add(f"judge{number}", Role.EXPERT).username for number in range(3)]
    for submission in made:
        for name in names:
            assign(round_, submission, name)
    with round_.database.reading() as session:
        orders = [
            [task.submission.id for task in list_tasks(session, round_[name], key=KEY)] for name in [*names, *names]
        ]
    assert orders[:3] == orders[3:]
    assert len({tuple(order) for order in [*orders, range(1, 9)]}) == 4


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_list_costs_three_statements(round_: Round, count: int) -> None:
    call = reviewing(round_)
    for _ in range(count):
        save(round_, task(round_, call))
    with asked(round_.database) as statements:
        assert len(listed(round_)) == count
    assert len(statements) == 3


def test_a_review_opens_with_what_was_written(round_: Round) -> None:
    assignment = task(round_, reviewing(round_))
    save(round_, assignment, Judgement({"typical": 5, "method": None}, {"effect": "待核"}, "先看到这里"))
    with round_.database.reading() as session:
        opened = open_review(session, round_["expert01"], key_of(assignment))
    assert opened.judgement == Judgement({"typical": 5, "method": None}, {"effect": "待核"}, "先看到这里")
    assert (opened.revision.body, opened.standing, opened.sender) == (BODY, Standing.STARTED, ("浙江省局", ""))


@pytest.mark.parametrize("username", ["editor", "zhejiang", "operator", "expert02"])
def test_an_assignment_of_somebody_else_is_as_unknown_as_none(round_: Round, username: str) -> None:
    round_.add("expert02", Role.EXPERT)
    assignment = task(round_, reviewing(round_))
    said = []
    for number in (key_of(assignment), 999):
        with round_.database.reading() as session, pytest.raises(NotFound) as error:
            open_review(session, round_[username], number)
        said.append(str(error.value))
    assert said == ["没有这项评审。 请从我的评审进入。"] * 2


def test_next_is_the_least_reviewed_of_the_experts_own_open_ones(round_: Round) -> None:
    call = reviewing(round_)
    round_.add("expert02", Role.EXPERT)
    round_.add("expert03", Role.EXPERT)
    own = [task(round_, call) for _ in range(4)]
    about = [round_.stored(Submission(id=each.submission_id)) for each in own]
    for submission, names in (
        (about[0], ("expert02", "expert03")),
        (about[1], ("expert02",)),
        (about[3], ("expert02",)),
    ):
        for name in names:
            submit(round_, assign(round_, submission, name), username=name)
    assign(round_, about[2], "expert02")

    def following(after: Assignment | None = None) -> int | None:
        with round_.database.reading() as session:
            return next_for(session, round_["expert01"], session.get_one(Call, call.id), key=KEY, after=after)

    assert following() == own[2].id
    assert following(own[2]) in (own[1].id, own[3].id)
    for done in own[1:]:
        submit(round_, done)
    assert (following(), following(own[0])) == (own[0].id, None)


def test_ones_own_review_of_an_earlier_text_is_not_counted_as_one_that_is_done(round_: Round) -> None:
    call = reviewing(round_)
    round_.add("expert02", Role.EXPERT)
    tasks = {task(round_, call).id for _ in range(2)}
    first, second = (round_.stored(Assignment(id=each)) for each in listed(round_))
    assert {first.id, second.id} == tasks
    submit(round_, second)
    amend(round_, round_.stored(Submission(id=second.submission_id)), BODY + "\n补充一句。\n")
    others = assign(round_, round_.stored(Submission(id=first.submission_id)), "expert02")
    submit(round_, others, username="expert02")
    with round_.database.reading() as session:
        assert next_for(session, round_["expert01"], session.get_one(Call, call.id), key=KEY) == second.id


def test_others_totals_are_told_to_who_submitted_when_the_round_is_closed_and_not_whose_they_are(round_: Round) -> None:
    submission = round_.submission(call := reviewing(round_), SubmissionState.ACCEPTED)
    own = assign(round_, submission)
    for name, score in (("expert02", 10.0), ("expert03", 20.0), ("expert04", 15.0)):
        round_.add(name, Role.EXPERT)
        done = assign(round_, submission, name)
        judgement = Judgement({**FULL.scores, "typical": score})
        (save if name == "expert04" else submit)(round_, done, judgement, name)

    def totals() -> list[float]:
        with round_.database.reading() as session:
            return others_totals(session, open_review(session, round_["expert01"], key_of(own)))

    assert totals() == []
    round_.now_in(CallState.CLOSED, call)
    assert totals() == []
    round_.now_in(CallState.REVIEWING, call)
    submit(round_, own)
    assert totals() == []
    round_.now_in(CallState.CLOSED, call)
    assert totals() == [85, 75]


def test_attachments_of_what_is_being_amended_are_those_it_was_sent_with(round_: Round) -> None:
    assignment = task(round_, reviewing(round_))
    with round_.database.writing() as session:
        submission = session.get_one(Submission, assignment.submission_id)
        submission.state, sent = SubmissionState.RETURNED, submission.sent_at
        kept = {"media_type": "image/png", "size": 1, "digest": "0" * 64, "submission_id": submission.id}
        session.add(Attachment(name="送审.png", created_at=sent, removed_at=now(), **kept))
        session.add(Attachment(name="改动.png", **kept))
    with round_.database.reading() as session:
        opened = open_review(session, round_["expert01"], key_of(assignment))
        assert [each.name for each in expert_queries.attachments(session, opened)] == ["送审.png"]


@pytest.mark.parametrize(("blind", "names"), [("none", ["图.png"]), ("single", ["图.png"]), ("double", [])])
def test_attachments_are_not_shown_under_double_blind(round_: Round, blind: str, names: list[str]) -> None:
    assignment = task(round_, reviewing(round_, blind))
    with round_.database.writing() as session:
        kept = {"media_type": "image/png", "size": 1, "digest": "0" * 64}
        session.add(Attachment(submission_id=assignment.submission_id, name="图.png", **kept))
    with round_.database.reading() as session:
        opened = open_review(session, round_["expert01"], key_of(assignment))
        assert [each.name for each in expert_queries.attachments(session, opened)] == names
