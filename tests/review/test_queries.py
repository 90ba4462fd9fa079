"""What each role reads, on none, one and three items, and what a read costs."""

from typing import Any

import pytest

from caselib.db import key_of
from caselib.errors import Forbidden, NotFound
from caselib.people import Role
from caselib.review import queries
from caselib.review.actions import submissions
from caselib.review.events import note
from caselib.review.models import Call, Submission
from caselib.review.prechecks import Other
from caselib.review.states import CallState, SubmissionState
from tests.review.rounds import BODY, FRONT, NOW, TAXONOMY, Round
from tests.statements import asked

EVERYBODY = (None, "zhejiang", "jiangsu", "expert01", "editor", "operator")


def amend(round_: Round, submission: Submission, body: str) -> None:
    """Its owner writes on, without sending."""
    with round_.doing("zhejiang") as who:
        row = who["session"].get_one(Submission, submission.id)
        submissions.save_revision(**who, submission=row, front=FRONT, body=body, expected_version=row.version)


def test_calls_are_listed_newest_first_and_those_in_preparation_for_editors_only(round_: Round) -> None:
    for batch, (year, state) in enumerate(
        [(2022, CallState.PUBLISHED), (2024, CallState.DRAFT), (2023, CallState.OPEN)]
    ):
        round_.call(state, year=year, batch=batch + 1)
    listed = {username: [call.year for call in round_.read(queries.list_calls, username)] for username in EVERYBODY}
    assert listed == {username: [2024, 2023, 2022] if username == "editor" else [2023, 2022] for username in EVERYBODY}


def test_no_calls_no_list(round_: Round) -> None:
    assert round_.read(queries.list_calls, None) == []


@pytest.mark.parametrize("username", EVERYBODY)
def test_a_call_in_preparation_is_found_by_editors_only(round_: Round, username: str | None) -> None:
    call = round_.call(CallState.DRAFT)
    if username == "editor":
        assert round_.read(queries.get_call, username, call.id).title == call.title
    else:
        for query, argument in ((queries.get_call, call.id), (queries.amendments, call), (queries.get_call, 99)):
            with pytest.raises(NotFound, match="没有这次征集"):
                round_.read(query, username, argument)


@pytest.mark.parametrize("state", SubmissionState)
def test_who_finds_a_submission(round_: Round, state: SubmissionState) -> None:
    submission = round_.submission(round_.call(), state)
    found = set()
    for username in EVERYBODY[1:]:
        for query in (queries.list_revisions, queries.shown_revision, queries.history, queries.list_attachments):
            try:
                round_.read(query, username, submission)
                round_.read(queries.get_submission, username, submission.id)
                found.add(username)
            except NotFound:
                assert username not in found
    assert found == ({"zhejiang"} if state is SubmissionState.DRAFT else {"zhejiang", "editor"})


def test_a_number_that_does_not_exist_is_answered_as_one_that_must_not_be_known(round_: Round) -> None:
    submission = round_.submission(round_.call())
    answers = set()
    for number in (submission.id, 99):
        with pytest.raises(NotFound) as error:
            round_.read(queries.get_submission, "jiangsu", number)
        answers.add(str(error.value))
    assert len(answers) == 1


@pytest.mark.parametrize("count", [0, 1, 3])
def test_lists_of_submissions_by_role_in_one_statement(round_: Round, count: int) -> None:
    call, other = round_.call(), round_.call(batch=4)
    mine = [key_of(round_.submission(call)) for _ in range(count)]
    draft = round_.submission(call, SubmissionState.DRAFT)
    elsewhere = round_.submission(other)
    theirs = round_.submission(call, SubmissionState.REFUSED, owner="jiangsu")
    with asked(round_.database) as made:
        own = [one.id for one in round_.read(queries.list_own, "zhejiang")]
        sent = [one.id for one in round_.read(queries.list_submissions, "editor", call)]
    assert len(made) == 2
    assert own == [elsewhere.id, draft.id, *reversed(mine)]
    assert sent == [*mine, theirs.id]


def test_numbers_above_999_come_last(round_: Round) -> None:
    call = round_.call()
    for number in ("2022-999", "2022-1000", "2022-101"):
        row = round_.submission(call)
        with round_.database.writing() as session:
            session.get_one(Submission, row.id).number = number
    with round_.database.reading() as session:
        inside = [one.number for one in queries.submissions_in(session, call, SubmissionState.SENT)]
    listed = [one.number for one in round_.read(queries.list_submissions, "editor", call)]
    assert listed == inside == ["2022-101", "2022-999", "2022-1000"]


def test_counts_are_of_what_was_sent(round_: Round) -> None:
    call = round_.call()
    for state in (SubmissionState.SENT, SubmissionState.SENT, SubmissionState.ACCEPTED, SubmissionState.DRAFT):
        round_.submission(call, state)
    with asked(round_.database) as made:
        counts = round_.read(queries.count_submissions, "editor", call)
    assert counts == {"sent": 2, "returned": 0, "accepted": 1, "refused": 0, "withdrawn": 0}
    assert len(made) == 1


@pytest.mark.parametrize("username", ["zhejiang", "expert01", "operator"])
@pytest.mark.parametrize("query", [queries.list_submissions, queries.count_submissions])
def test_only_editors_list_a_calls_submissions(round_: Round, username: str, query: Any) -> None:
    with pytest.raises(Forbidden):
        round_.read(query, username, round_.call())


def test_who_lost_the_role_has_no_submissions(round_: Round) -> None:
    round_.submission(round_.call())
    round_.actors["former"] = round_.add("former", Role.EXPERT)
    assert round_.read(queries.list_own, "former") == []


def test_an_editor_reads_what_was_sent_and_not_what_is_being_written(round_: Round) -> None:
    submission = round_.submission(round_.call(), SubmissionState.RETURNED)
    amend(round_, submission, BODY + "还没有写完")
    assert round_.read(queries.shown_revision, "zhejiang", submission).number == 2
    assert round_.read(queries.shown_revision, "editor", submission).body == BODY
    assert [r.number for r in round_.read(queries.list_revisions, "zhejiang", submission)] == [2, 1]
    assert [r.number for r in round_.read(queries.list_revisions, "editor", submission)] == [1]


def test_the_text_that_counts_of_every_submission_in_one_statement(round_: Round) -> None:
    call = round_.call()
    first, draft, third = (
        round_.submission(call, state)
        for state in (SubmissionState.RETURNED, SubmissionState.DRAFT, SubmissionState.RETURNED)
    )
    for submission in (first, third):
        amend(round_, submission, BODY + "补充")
    with round_.doing("zhejiang") as who:
        row = who["session"].get_one(Submission, third.id)
        submissions.send(**who, submission=row, expected_version=row.version, taxonomy=TAXONOMY, now=NOW)
    with round_.database.reading() as session, asked(round_.database) as made:
        counted = queries.sent_revisions(session, call)
    assert {number: revision.number for number, revision in counted.items()} == {first.id: 1, third.id: 2}
    assert len(made) == 1
    with round_.database.reading() as session:
        assert queries.sent_revision(session, draft) is None
        assert queries.sent_revisions(session, Call(id=99, year=2022, title="", deadline=call.deadline, batch=1)) == {}


def test_likeness_is_told_of_texts_the_reader_may_know(round_: Round) -> None:
    call = round_.call()
    mine = round_.submission(call)
    round_.submission(call, SubmissionState.DRAFT, title="我的草稿", body="草稿正文")
    round_.submission(call, owner="jiangsu")
    round_.submission(call, SubmissionState.DRAFT, owner="jiangsu", title="别人的草稿")
    round_.submission(call, SubmissionState.WITHDRAWN, owner="jiangsu")
    with asked(round_.database) as made:
        own = round_.read(queries.comparable_texts, "zhejiang", mine)
    assert (own, len(made)) == ([(Other("草稿“我的草稿”"), "草稿正文")], 1)
    assert round_.read(queries.comparable_texts, "editor", mine) == [(Other("2022-002"), BODY)]


def test_likeness_is_looked_for_in_the_newest_text_of_each(round_: Round) -> None:
    call = round_.call()
    mine, other = round_.submission(call), round_.submission(call, SubmissionState.RETURNED)
    amend(round_, other, BODY + "补充")
    assert round_.read(queries.comparable_texts, "zhejiang", mine) == [(Other("2022-002"), BODY + "补充")]
    assert round_.read(queries.comparable_texts, "editor", mine) == [(Other("2022-002"), BODY)]


def test_history_tells_an_owner_nothing_of_the_review(round_: Round) -> None:
    submission = round_.submission(round_.call())
    round_.accept(submission)
    with round_.doing("expert01") as who:
        note(who["session"], who["actor"], "declare_tie", who["session"].get_one(Submission, submission.id))
    for username, editor in (("zhejiang", "编辑"), ("editor", "编辑甲")):
        told = round_.read(queries.history, username, submission)
        assert [(entry.who, entry.action.removeprefix("submission."), entry.revision) for entry in told] == [
            ("浙江省局", "create", 1),
            ("浙江省局", "save", 1),
            ("浙江省局", "send", 1),
            (editor, "accept", None),
        ]
