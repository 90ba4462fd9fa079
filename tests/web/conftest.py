"""The whole site on a content tree, a database and an index of the test, asked through its own pages."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from caselib.app import create_app
from caselib.config import Settings
from caselib.content import ContentStore
from caselib.db import Database
from caselib.people import COMMAND_LINE, Account, Role, actions, passwords
from caselib.search import SearchRoom
from tests.ready import indexed, write_case
from tests.web import small_library

if TYPE_CHECKING:
    from tests.web.publishing import SitePublishing
    from tests.web.rounds import SiteRound

PASSWORD = "一句很长的口令 2026"
_HASH = passwords.hash_password(PASSWORD)

AddAccount = Callable[..., Account]
SignIn = Callable[..., TestResponse]

CASE = """---
title: 包装企业降低返工
industry: [C23]
region: "330400"
year: 2022
---
## 企业概况

一家包装企业的做法。
"""


@pytest.fixture
def settings(tmp_path: Path, backend: str, request: pytest.FixtureRequest) -> Settings:
    """Settings of a site with one case; ``database`` makes its database."""
    elsewhere = "" if backend == "sqlite" else request.getfixturevalue("shared").render_as_string()
    (tmp_path / "content" / "cases").mkdir(parents=True)
    write_case(tmp_path / "content" / "cases" / "packaging.md", CASE)
    return Settings(
        content=tmp_path / "content",
        data=tmp_path / "var",
        database_url=elsewhere,
        secret_key=SecretStr("k" * 40),
        base_url="http://localhost",
    )


@pytest.fixture
def index(settings: Settings) -> SearchRoom:
    """The site's index, built."""
    store = ContentStore(settings.content)
    return indexed(store, settings.data / "index", "packaging.md", CASE)


class Browser(FlaskClient):
    """A browser that opens no page on which two elements have the same id: a label would lead into the wrong form."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **kwargs)
        if answer.mimetype == "text/html":
            assert doubled_ids(answer.get_data(as_text=True)) == []
        return answer


def doubled_ids(page: str) -> list[str]:
    """The ids that a page gives to more than one element."""
    return [each for each, count in Counter(re.findall(r'<[^>]* id="([^"]*)"', page)).items() if count > 1]


@pytest.fixture
def app(settings: Settings, database: Database, index: SearchRoom) -> Iterator[Flask]:
    """The site."""
    app = create_app(settings)
    app.test_client_class = Browser
    yield app
    app.extensions["caselib"].database.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser."""
    return app.test_client()


@pytest.fixture
def add_account(database: Database) -> AddAccount:
    """Add an account that can sign in with ``PASSWORD`` (with ``password=None``: not yet)."""

    def add(
        username: str, *roles: Role, password: str | None = PASSWORD, name: str = "某人", **details: str
    ) -> Account:
        with database.writing() as session:
            account = actions.add_account(
                session=session, actor=COMMAND_LINE, username=username, roles=roles, name=name, **details
            )
            account.password_hash = _HASH if password else ""
        return account

    return add


def token_of(page: TestResponse) -> str:
    """The CSRF token of the page's last form."""
    found = re.findall(r'name="csrf_token"[^>]* value="([^"]+)"', page.get_data(as_text=True))
    return str(found[-1])


def submit(client: FlaskClient, address: str, to: str = "", **fields: str) -> TestResponse:
    """Open the page, fill in its (last) form and send it, ``to`` where the form says if that is elsewhere."""
    return client.post(to or address, data={"csrf_token": token_of(client.get(address)), **fields})


@pytest.fixture
def sign_in(client: FlaskClient) -> SignIn:
    """Sign in through the form."""

    def sign_in(username: str, password: str = PASSWORD, *, browser: FlaskClient = client, **more: str) -> TestResponse:
        return submit(browser, "/login", username=username, password=password, **more)

    return sign_in


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The site on the small library, for tests that only read; nothing but the index is under its data folder."""
    folder = tmp_path_factory.mktemp("library")
    settings = Settings(
        content=small_library.write(folder / "content"),
        data=folder / "var",
        secret_key=SecretStr("k" * 40),
        base_url="",
    )
    store = ContentStore(settings.content)
    SearchRoom.open(settings.search_url, store.taxonomy).rebuild(store)
    app = create_app(settings)
    app.test_client_class = Browser
    return app


@pytest.fixture
def reader(library: Flask) -> FlaskClient:
    """A visitor of the small library."""
    return library.test_client()


@pytest.fixture
def site_round(app: Flask) -> "SiteRound":
    """People who can sign in, and calls and submissions in the site's own database."""
    from tests.web.rounds import SiteRound  # it signs in as these tests do, and so needs this module

    return SiteRound(app)


@pytest.fixture
def round_(app: Flask) -> "SitePublishing":
    """The same, with what follows a review."""
    from tests.web.publishing import SitePublishing  # as above

    return SitePublishing(app)
