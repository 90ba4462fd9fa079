"""The form of a case, filled in as a browser does, and what came of it."""

import re
from datetime import date
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caselib.review import queries
from caselib.review.models import Call, Submission
from caselib.review.states import SubmissionState
from tests.review.rounds import BODY, FRONT
from tests.web.rounds import SiteRound

LATER = date(2099, 9, 30)
FORM: dict[str, Any] = {
    **{key: FRONT[key] for key in ("title", "region", "year", "firm", "firm_size", "certifier", "submitter")},
    "industry": ["C23", "", ""],
    "problems": FRONT["problems"],
    "metric-name": ["产品合格率", "", ""],
    "metric-unit": ["%", "", ""],
    "metric-before": ["98.2", "", ""],
    "metric-after": ["99.8", "", ""],
    "metric-change": ["", "", ""],
    "body": BODY,
}


def fill(browser: FlaskClient, path: str, to: str = "", **fields: Any) -> TestResponse:
    """Open the form at ``path``, fill it in and send it, with the version that the form carries."""
    page = browser.get(path).get_data(as_text=True)
    version, token = (re.findall(rf'name="{name}" value="(.*?)"', page)[-1] for name in ("version", "csrf_token"))
    return browser.post(
        to or path, data={"csrf_token": token, "version": version, **FORM, **fields}, content_type="multipart/form-data"
    )


def draft(site_round: SiteRound, call: Call, **front: Any) -> str:
    """The address of a complete draft of 浙江省局."""
    return f"/submit/{site_round.submission(call, SubmissionState.DRAFT, **front).id}"


def revisions(site_round: SiteRound, path: str) -> list[tuple[int, str, bool]]:
    """Number, title and whether it is an autosave of every revision, oldest first."""
    submission = stored(site_round, path)
    found = site_round.read(queries.list_revisions, "zhejiang", submission)
    return [(each.number, each.front.get("title", ""), each.autosave) for each in reversed(found)]


def stored(site_round: SiteRound, path: str) -> Submission:
    with site_round.database.reading() as session:
        return session.get_one(Submission, int(path.rsplit("/", 1)[-1]))


def findings(page: TestResponse) -> list[str]:
    return re.findall(r"</a>：(.*?)</p>", page.get_data(as_text=True))
