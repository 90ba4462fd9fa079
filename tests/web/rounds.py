"""The site of a test with a call in it: people who can sign in, and browsers in which they have."""

import re
from email import message_from_bytes, policy
from threading import enumerate as threads

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caselib.config import Settings
from caselib.db import Database
from caselib.people import Account
from caselib.web.mailing import THREAD
from tests.review.rounds import Round
from tests.statements import asked
from tests.web.conftest import _HASH, PASSWORD, token_of


class SiteRound(Round):
    """A round whose people sign in through the form, with the password of these tests."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.settings: Settings = app.extensions["caselib"].settings
        database: Database = app.extensions["caselib"].database
        super().__init__(database, mail_host="example.cn")
        with database.writing() as session:
            for actor in self.actors.values():
                session.get_one(Account, actor.id).password_hash = _HASH

    def browser(self, username: str = "") -> FlaskClient:
        """A browser in which the user is signed in; without a name, nobody."""
        browser = self.app.test_client()
        if username:
            self.sign_in(browser, username)
        return browser

    def sign_in(self, browser: FlaskClient, username: str) -> None:
        """Sign in, in a browser whose session has ended or which never had one."""
        browser.delete_cookie("caselib")
        token = token_of(browser.get("/login"))
        browser.post("/login", data={"csrf_token": token, "username": username, "password": PASSWORD})

    def finish_letters(self) -> None:
        """Wait until every letter has left, or has not."""
        for thread in threads():
            if thread.name == THREAD:
                thread.join()

    def letters(self) -> list[tuple[str, str, str]]:
        """Receiver, subject and text of every letter sent, in order."""
        self.finish_letters()
        files = sorted((self.settings.data / "outbox").glob("*.eml"))
        found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
        return [(each["To"], each["Subject"], each.get_content()) for each in found]

    def statements(self, browser: FlaskClient, path: str) -> int:
        """How many reads the page costs, who asks included."""
        with asked(self.database) as statements:
            assert browser.get(path).status_code == 200
        return len(statements)


def text_of(answer: TestResponse) -> str:
    """The words of a page, in one line."""
    page = re.sub(r"<(script|style|head).*?</\1>", " ", answer.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def figures_of(answer: TestResponse) -> set[str]:
    """The figures on a page, without decimals; not those of a number drawn by lot (2022-38147), which holds any digits."""
    return set(re.findall(r"(?<![\d.-])(\d+)(?:\.\d+)?(?![\d-])", text_of(answer)))


def send(browser: FlaskClient, path: str, *, at: str = "", **fields: object) -> TestResponse:
    """Post to ``path`` with the token of the page ``at`` (else of ``path`` itself)."""
    token = token_of(browser.get(at or path))
    return browser.post(
        path, data={"csrf_token": token, **{name.replace("__", "-"): each for name, each in fields.items()}}
    )
