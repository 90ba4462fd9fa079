"""A site of its own for a test that needs other files than the small library has, or that changes them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from pydantic import SecretStr

from caselib.app import create_app
from caselib.config import Settings
from caselib.search import SearchRoom
from tests.web import small_library


def case(title: str = "一篇案例", *lines: str, body: str = "正文。") -> str:
    """A valid case; ``lines`` are more of its front matter."""
    head = [f"title: {title}", "industry: [C33]", 'region: "330400"', "year: 2022", *lines]
    return "\n".join(["---", *head, "---", body, ""])


def guide(title: str, *lines: str) -> str:
    """A valid guide; ``lines`` are more of its front matter."""
    return "\n".join(["---", f"title: {title}", "industry: [C33]", *lines, "---", "正文。", ""])


def write(folder: Path, files: dict[str, str]) -> None:
    """Put files under ``folder``."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def open_site(folder: Path, files: dict[str, str] | None = None, *, only: bool = False) -> Flask:
    """The site on the small library and ``files`` (or on these ``only``), indexed."""
    (folder / "content").mkdir(parents=True)
    if not only:
        small_library.write(folder / "content")
    write(folder / "content", files or {})
    settings = Settings(
        content=folder / "content", data=folder / "var", secret_key=SecretStr("k" * 40), base_url="http://localhost"
    )
    app = create_app(settings)
    app.extensions["caselib"].search.rebuild(app.extensions["caselib"].store)
    return app


@contextmanager
def rendered(app: Flask) -> Iterator[list[str]]:
    """The names of the templates that the application renders meanwhile."""
    names: list[str] = []

    def note(_app: Flask, template: object, **_extra: object) -> None:
        names.append(str(getattr(template, "name", "")))

    template_rendered.connect(note, app)
    try:
        yield names
    finally:
        template_rendered.disconnect(note, app)


@contextmanager
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the search room is asked meanwhile; it answers as ever."""
    calls: list[str] = []
    for name in ("search", "related", "suggest"):
        monkeypatch.setattr(SearchRoom, name, _noting(calls, name, getattr(SearchRoom, name)))
    yield calls
    monkeypatch.undo()


def _noting(calls: list[str], name: str, original):  # type: ignore[no-untyped-def]
    def noting(room: SearchRoom, *args: object, **kwargs: object) -> object:
        calls.append(name)
        return original(room, *args, **kwargs)

    return noting


def html(client: FlaskClient, path: str) -> str:
    """The page at ``path``, which must be there."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def part(page: str, start: str, end: str) -> str:
    """What stands from ``start`` up to ``end``."""
    begin = page.index(start)
    return page[begin : page.index(end, begin)]


def links(page: str) -> list[tuple[str, str]]:
    """Text and address of every link."""
    found = re.findall(r'<a [^>]*?href="([^"]+)"[^>]*>(.*?)</a>', page, re.DOTALL)
    return [(re.sub(r"<[^>]+>|\s+", "", text), address.replace("&amp;", "&")) for address, text in found]


def facts(page: str) -> dict[str, str]:
    """The table of facts."""
    rows = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", part(page, '<dl class="facts">', "</dl>"), re.DOTALL)
    return {
        name: "、".join(re.findall(r">?([^<>\s][^<>]*)<?", re.sub(r"</?(?:ul|li|a|b|span)[^>]*>", "<>", value)))
        for name, value in rows
    }
