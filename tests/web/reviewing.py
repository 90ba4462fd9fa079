"""How the tests of the expert's pages fill in a score form and read it."""

import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from caselib.people import Account, Role
from caselib.review.judgements import Judgement
from caselib.review.models import Assignment, CriterionScore
from tests.web.conftest import _HASH, token_of
from tests.web.rounds import SiteRound

WHOLE = {"score-typical": "16", "score-method": "24", "score-effect": "27", "score-spread": "14"}


def add_expert(site_round: SiteRound, username: str, **details: Any) -> None:
    """One more expert who can sign in."""
    account = site_round.add(username, Role.EXPERT, **details)
    with site_round.database.writing() as session:
        session.get_one(Account, account.id).password_hash = _HASH


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return unescape(found[1])


def fill(browser: FlaskClient, path: str, to: str = "", **fields: str) -> TestResponse:
    """Open the form at ``path``, fill it in and send it, ``to`` another address where its button says so."""
    answer = browser.get(path)
    page = answer.get_data(as_text=True)
    known = {name: hidden(page, name) for name in ("version", "text")}
    return browser.post(to or path, data={"csrf_token": token_of(answer), **known, **fields})


def scores(site_round: SiteRound, assignment: Assignment) -> dict[str, float | None]:
    with site_round.database.reading() as session:
        rows = session.exec(select(CriterionScore).where(CriterionScore.assignment_id == assignment.id)).all()
        return Judgement.of(rows, "").scores  # type: ignore[return-value]


def values(answer: TestResponse) -> dict[str, str]:
    """What stands in the form's number fields."""
    page = answer.get_data(as_text=True)
    return dict(re.findall(r'name="score-(\w+)" type="number"[^>]*? value="([^"]*)"', page))
