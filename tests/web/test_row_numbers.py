"""Numbers of rows that a visitor made up: told that there is no such thing, whatever is written in their place."""

import pytest

from caselib.db import key_of
from caselib.review.states import CallState, SubmissionState
from caselib.web.requests import row_number
from tests.web.rounds import SiteRound, send

MADE_UP = ("9" * 400, str(2**31), "²", "-1", "1.5", "", "x")


@pytest.mark.parametrize("text", MADE_UP)
def test_what_no_row_has_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="no row has"):
        row_number(text)


def test_the_largest_that_a_row_has_is_one() -> None:
    assert (row_number(str(2**31 - 1)), row_number("007")) == (2**31 - 1, 7)


@pytest.mark.parametrize("number", MADE_UP)
def test_no_form_of_the_desk_stumbles_over_one(site_round: SiteRound, number: str) -> None:
    call = site_round.call(CallState.SCREENING)
    submission = site_round.submission(call, SubmissionState.ACCEPTED)
    editor, desk = site_round.browser("editor"), f"/desk/calls/{call.id}"
    one = f"{desk}/assignment/{key_of(submission)}"
    forms = [
        (f"{one}/assign", {"account": number}),
        (f"{one}/release", {"assignment": number, "version": number, "reason": "重复"}),
        (f"{one}/tie", {"account": number, "reason": "同学"}),
        (f"{desk}/assignment/proposal", {"max_load": number}),
        (f"{desk}/submissions", {"id": number, "verb": "return"}),
        (f"{desk}/submissions/decide", {"item": f"{number}:{number}", "verb": "return", "reason": "补充"}),
        (f"{desk}/progress/reminders", {"account": number}),
        (f"/desk/people/{key_of(submission)}/invite", {}),
    ]
    answers = [send(editor, path, at=desk, **fields).status_code for path, fields in forms]
    answers.append(editor.get(f"/desk/audit?before={number}").status_code)
    assert [status for status in answers if status >= 500] == []
