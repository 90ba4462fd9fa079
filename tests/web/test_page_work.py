"""How much work a public page is, counted instead of timed, so that a busy machine changes nothing."""

import gc
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import flask_login.login_manager
import jinja2
import pytest
from flask import Flask
from flask.testing import FlaskClient

from caselib.db import Database
from caselib.search import FacetValue
from caselib.web import rooms
from caselib.web.markup import boxes
from tests.audited import audited
from tests.web.sites import open_site

SEARCH = "/search?q=返工&industry=C"


@contextmanager
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """What is done meanwhile: files and databases opened, sessions of users looked for, addresses built, files looked at."""
    with audited() as done:
        for owner, name in (
            (Flask, "url_for"),
            (Database, "reading"),
            (flask_login.login_manager.LoginManager, "_load_user"),
            (jinja2.Environment, "_load_template"),
            (os, "stat"),
        ):
            monkeypatch.setattr(owner, name, _counting(done, name, getattr(owner, name)))
        yield done
        monkeypatch.undo()


def _counting(done: Counter[str], name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    def counting(*arguments: Any, **named: Any) -> Any:
        done[name] += 1
        return original(*arguments, **named)

    return counting


def calls(function: Callable[[], object]) -> int:
    """How many functions of Python are called by ``function``, itself included."""
    counts = Counter[str]()

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        counts[event] += 1

    gc.disable()  # what it lets go may have finalizers, whose calls are not the function's
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
        gc.enable()
    return counts["call"]


@pytest.mark.parametrize(
    "address", [SEARCH, "/search", "/search?q=齉齾龘", "/cases/?year=2022", "/api/v1/search?q=返工"]
)
def test_a_list_opens_no_file_asks_no_database_and_builds_no_address(
    reader: FlaskClient, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    reader.get(address)
    with work(monkeypatch) as done:
        assert reader.get(address).status_code == 200
    assert [done[name] for name in ("open", "sqlite3.connect", "reading", "_load_user", "url_for")] == [0] * 5


def test_a_warm_case_page_looks_at_three_files_and_makes_nothing(
    reader: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file, the list of what is withheld and the manifest; the six of the taxonomy once a second at most."""
    reader.get("/cases/packaging")
    monkeypatch.setattr(rooms, "monotonic", lambda: 0.0)
    with work(monkeypatch) as done:
        reader.get("/cases/packaging")
    assert done == {"stat": 3}


def test_work_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_site(tmp_path)
    with work(monkeypatch) as done:
        app.test_client().get("/cases/packaging")
    assert (done["open"] > 0, done["_load_template"] > 0) == (True, True)


def test_a_box_more_is_no_call_more() -> None:
    def values(count: int) -> list[FacetValue]:
        return [FacetValue(f"C{number}", f"行业{number}", number) for number in range(count)]

    many, one = values(300), values(1)
    boxes("industry", many)
    assert calls(lambda: boxes("industry", many)) == calls(lambda: boxes("industry", one))
