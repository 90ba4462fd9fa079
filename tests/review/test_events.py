"""Events as actions write them: named by table and verb, with what differs and nothing else."""

from datetime import date, datetime, timedelta, timezone

import pytest

from caselib import journal
from caselib.errors import Conflict
from caselib.people import Role
from caselib.review.events import change, note, take
from caselib.review.models import Call, Submission
from tests.review.rounds import NOW, Round


def test_an_event_names_its_row_and_its_call(round_: Round) -> None:
    submission = round_.submission(call := round_.call())
    with round_.doing("editor") as who:
        written = note(who["session"], who["actor"], "look", submission, after={"at": NOW, "days": (date(2022, 1, 2),)})
    assert (written.action, written.subject, written.call_id) == ("submission.look", "submission:1", call.id)
    assert (written.actor, written.actor_id) == ("编辑甲", round_["editor"].id)
    assert written.after == {"at": "2022-08-01T04:00:00+00:00", "days": ["2022-01-02"]}


def test_a_moment_is_told_in_utc_as_the_tables_have_it(round_: Round) -> None:
    noon = datetime(2022, 8, 1, 12, tzinfo=timezone(timedelta(hours=8)))
    call = round_.call()
    with round_.doing("editor") as who:
        written = note(who["session"], who["actor"], "look", call, after={"at": noon})
    assert (noon, written.after) == (NOW, {"at": "2022-08-01T04:00:00+00:00"})


def test_an_event_of_a_call_is_its_own(round_: Round) -> None:
    call = round_.call()
    with round_.database.reading() as session:
        assert {event.call_id for event in journal.events_of(session, f"call:{call.id}")} == {call.id}


def test_a_change_counts_the_version_and_tells_what_differs(round_: Round) -> None:
    call = round_.call()
    rules = {**call.rules, "size": 5, "extra": 1}
    with round_.doing("editor") as who:
        row = who["session"].get_one(Call, call.id)
        change(who["session"], who["actor"], "try", row, title=row.title, batch=9, rules=rules, said={"reason": "试"})
    assert round_.stored(call).version == call.version + 1
    assert round_.events(call)[-1] == (
        "编辑甲",
        "call.try",
        {"batch": 3, "rules": {"size": 25}},
        {"batch": 9, "rules": {"size": 5, "extra": 1}, "reason": "试"},
    )


def test_the_chain_holds_after_a_round_of_actions(round_: Round) -> None:
    round_.accept(round_.submission(round_.call()))
    with round_.database.reading() as session:
        assert journal.verify(session) == (5 + 6, [])  # five accounts, six actions


@pytest.mark.parametrize(
    ("first", "second", "who"),
    [
        ("editor", "editor", "您自己在别处"),
        ("editor", "editor2", "“编辑甲”"),
        ("editor", "zhejiang", "别人"),
        ("zhejiang", "editor", "“浙江省局”"),
    ],
)
def test_the_second_of_two_is_told_who_was_first_as_far_as_they_may_know(
    round_: Round, first: str, second: str, who: str
) -> None:
    round_.add("editor2", Role.EDITOR)
    submission = round_.submission(round_.call())
    with round_.doing(first) as one:
        row = one["session"].get_one(Submission, submission.id)
        change(one["session"], one["actor"], "try", row, reason="先")
    with pytest.raises(Conflict) as error, round_.doing(second) as other:
        take(**other, row=other["session"].get_one(Submission, submission.id), expected_version=2)
    assert error.value.message == f"这一项刚被{who}修改过。"


def test_taking_a_row_reads_it_anew(round_: Round) -> None:
    call = round_.call()
    with round_.doing("editor") as who:
        call = who["session"].get_one(Call, call.id)
        with round_.database.engine.execution_options(caselib_reading=True).connect():
            take(**who, row=call, expected_version=1)
        assert call.title == "2022 年优良案例征集"
