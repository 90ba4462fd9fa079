"""A site with a round that is reviewed, picked from and announced, as of today."""

import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlmodel import col, select
from werkzeug.test import TestResponse

from caselib.db import now
from caselib.people import Account
from caselib.publishing.models import Notice, Objection
from caselib.review.calendar import today
from caselib.review.models import Call
from tests.publishing.rounds import MARKS, Publishing
from tests.web.conftest import _HASH
from tests.web.rounds import SiteRound, send


class SitePublishing(SiteRound, Publishing):
    """Both at once."""

    def browser_of_new(self, username: str) -> FlaskClient:
        """A browser of somebody who was added after the others."""
        with self.database.writing() as session:
            session.get_one(Account, self[username].id).password_hash = _HASH
        return self.browser(username)

    def under_notice(self, marks: tuple[float, ...] = MARKS, *, since: int = 0, **more: object) -> tuple[Call, Notice]:
        """A call whose notice of seven days began ``since`` days ago; from seven on it is over."""
        moment = now() - timedelta(days=since)
        call = self.closed(marks, **more)  # type: ignore[arg-type]
        self.select(call)
        first = today(moment)
        notice = self.announce(call, starts=first, ends=first + timedelta(days=6), now=moment - timedelta(days=1))
        return self.stored(call), notice

    def first_objection(self) -> Objection:
        with self.database.reading() as session:
            return session.exec(select(Objection).order_by(col(Objection.filed_at))).first() or Objection()


def version(page: str, near: str = "") -> str:
    """The version in the first form, or in the first after ``near``."""
    return re.findall(r'name="version" value="(\d+)"', page[page.index(near) if near else 0 :])[0]


def press(browser: FlaskClient, path: str, *, at: str, **fields: object) -> TestResponse:
    """Send the form that goes to ``path``, as it stands on the page ``at``."""
    page = browser.get(at).get_data(as_text=True)
    return send(browser, path, at=at, **{"version": version(page, f'action="{path}"'), **fields})
