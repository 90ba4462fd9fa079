"""Two sites that are one and the same until a test gives one of them something that nobody may notice.

Both begin as copies of one folder, index included, so that every byte that differs afterwards, ETags and headers too,
was told by what only one of them has. What an answer asked of the database counts as part of it: how long an answer
takes is told by how much is asked for it.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urljoin, urlsplit

from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from caselib.app import create_app
from caselib.config import Settings
from caselib.content import ContentStore
from caselib.db import Database
from caselib.people import Account
from caselib.review.actions import attachments, submissions
from caselib.review.models import Call, Submission
from caselib.review.states import SubmissionState
from caselib.search import SearchRoom
from tests.review.rounds import BODY, NOW, TAXONOMY
from tests.statements import asked
from tests.web import small_library
from tests.web.conftest import _HASH
from tests.web.publishing import SitePublishing

HERE = "http://localhost"
MOST = 2000
"""Pages of one crawl; more means that it goes round in circles."""
_LINK = re.compile(r'(?:href|src|action|formaction)="([^"]+)"|<loc>([^<]+)</loc>')
_PASSING = (
    (re.compile(r'(name="csrf_token"[^>]* value=)"[^"]+"'), r'\1""'),
    (re.compile(r'"took_ms": ?[\d.]+'), ""),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), ""),
    (re.compile(r'datetime="[^"]+"|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT'), ""),
    (re.compile(r'(name="text" value=)"[0-9a-f]{32}"'), r'\1""'),
)
"""What may differ: a form's token, how long a search took, the minute of an event, and the keyed mark of a text."""


class Seen(NamedTuple):
    """A whole answer: all that its reader has, and how many questions it cost."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    reads: int


def secret(word: str, **more: Any) -> dict[str, Any]:
    """Front matter and text that carry ``word`` everywhere a case can carry one."""
    return {
        "title": f"{word}题 一张工艺卡",
        "firm": f"{word}厂有限公司",
        "submitter": f"{word}市场监督管理局",
        "certifier": f"{word}认证有限公司",
        "summary": f"{word}摘要。",
        "source": f"{word}来源",
        "metrics": [{"name": f"{word}合格率", "unit": "%", "before": 98.2, "after": 99.8}],
        "body": f"{BODY}\n{word}正文，{word}工艺。\n",
        **more,
    }


class Site(SitePublishing):
    """One of the two."""

    def add(self, username: str, *roles: Any, **details: Any) -> Any:
        """Somebody who can sign in."""
        actor = super().add(username, *roles, **details)
        with self.database.writing() as session:
            session.get_one(Account, actor.id).password_hash = _HASH
        return actor

    def attach(self, submission: Submission, name: str, data: bytes, owner: str = "zhejiang") -> int:
        """An attachment, as its owner adds it while the text is open; its number."""
        with self.open(self.call_of(submission)) as session:
            row = session.get_one(Submission, submission.id)
            before, row.state = row.state, SubmissionState.RETURNED
            session.flush()
            kept = attachments.add_attachment(
                session=session, actor=self[owner], submission=row, name=name, data=data,
                uploads=self.settings.data / "uploads", expected_version=row.version,
            )  # fmt: skip
            row.state = before
        return kept.id or 0

    def call_of(self, submission: Submission) -> Call:
        """The call that it was sent in for."""
        with self.database.reading() as session:
            return session.get_one(Call, submission.call_id)

    def send(self, submission: Submission, owner: str = "zhejiang") -> None:
        """Send a draft, which is then accepted."""
        with self.open(self.call_of(submission)) as session:
            row = session.get_one(Submission, submission.id)
            submissions.send(
                session=session, actor=self[owner], submission=row, expected_version=row.version, taxonomy=TAXONOMY,
                now=NOW,
            )  # fmt: skip
            row.state = SubmissionState.ACCEPTED

    def ask(self, browser: FlaskClient, path: str, **how: Any) -> Seen:
        """The whole answer to one question; ``HEAD`` and ``POST`` by ``method``."""
        with asked(self.database, verb="") as statements:
            answer = browser.open(path, **how)
        text = _lasting(answer.get_data().decode("utf-8", "replace"))
        return Seen(answer.status_code, _headers(answer), text, len(statements))


def _headers(answer: TestResponse) -> tuple[tuple[str, str], ...]:
    kept = ((name, _lasting(value)) for name, value in answer.headers if name not in ("Set-Cookie", "Content-Length"))
    cookies = [("Set-Cookie", value.partition("=")[0]) for value in answer.headers.getlist("Set-Cookie")]
    return tuple(sorted([*kept, *cookies]))


def _lasting(text: str) -> str:
    for pattern, word in _PASSING:
        text = pattern.sub(word, text)
    return text


def twins(folder: Path) -> tuple[Site, Site]:
    """Two sites on the small library, with the people of a round and nothing else."""
    first = _settings(folder / "first")
    small_library.write(first.content)
    store = ContentStore(first.content)
    SearchRoom.open(first.search_url, store.taxonomy).rebuild(store)
    database = Database.open(first)
    database.upgrade()
    database.close()
    shutil.copytree(folder / "first", folder / "second")
    return _site(first), _site(_settings(folder / "second"))


def _settings(folder: Path) -> Settings:
    return Settings(content=folder / "content", data=folder / "var", secret_key=SecretStr("k" * 40), base_url=HERE)


def _site(settings: Settings) -> Site:
    return Site(create_app(settings))


def crawl(
    site: Site, browser: FlaskClient, starts: Iterable[str], *, within: str = "/", head: bool = False
) -> dict[str, Seen]:
    """Every answer that can be come to from ``starts``, by its address; only links to what is ``within`` are followed.

    An address with a query is followed from one without. With ``head``, each one without is asked for its head too.
    """
    waiting, found = list(starts), {}
    while waiting:
        path = waiting.pop(0)
        if path in found:
            continue
        found[path] = answer = site.ask(browser, path)
        assert len(found) <= MOST, path
        if head and "?" not in path:
            found[f"HEAD {path}"] = site.ask(browser, path, method="HEAD")
        links = (link for link in _links(path, answer) if link.startswith(within))
        waiting += [link for link in links if "?" not in link or "?" not in path]
    return found


def _links(path: str, answer: Seen) -> Iterator[str]:
    targets = [link or place for link, place in _LINK.findall(answer.body)]
    targets += [value for name, value in answer.headers if name == "Location"]
    for target in targets:
        whole = urlsplit(urljoin(HERE + path, unescape(target)))
        # A search that is followed from page to page comes by its facets to every combination of them.
        if f"{whole.scheme}://{whole.netloc}" == HERE and not whole.path.startswith(("/static/", "/logout")):
            yield whole.path + (f"?{whole.query}" if whole.query else "")


def described(site: Site, browser: FlaskClient, **values: Iterable[str]) -> list[str]:
    """The addresses that the API describes, for every value of what stands in braces in them."""
    paths = json.loads(site.ask(browser, "/api/openapi.json").body)["paths"]
    found = []
    for path in paths:
        name = re.search(r"{(\w+)}", path)
        found += [path.replace(name[0], value) for value in values[name[1]]] if name else [path]
    return found


def everywhere(words: Iterable[str]) -> list[str]:
    """Every address that takes words, asked with each of ``words`` and with how it begins."""
    asked = [(path, 9) for path in ("/search", "/feed.atom", "/api/v1/search", "/suggest")]
    asked += [("/suggest", 1), ("/api/v1/suggest", 1)]
    return [f"{path}?q={quote(word[:length])}" for word in words for path, length in asked]


def differing(one: dict[str, Seen], other: dict[str, Seen]) -> dict[str, tuple[Seen | None, Seen | None]]:
    """The addresses whose answers are not the same, with both answers."""
    paths = sorted(one.keys() | other.keys())
    return {path: (one.get(path), other.get(path)) for path in paths if one.get(path) != other.get(path)}


def both(sites: tuple[Site, Site], username: str, look: Callable[[Site, FlaskClient], dict[str, Seen]]) -> list[str]:
    """Where the two sites answer the user differently: the address, and the first place that differs."""
    found = differing(*(look(site, site.browser(username)) for site in sites))
    return [f"{path}: {_first_difference(*pair)}" for path, pair in found.items()]


def _first_difference(one: Seen | None, other: Seen | None) -> str:
    texts = str(one), str(other)
    place = next((place for place, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), 0)
    return " / ".join(text[max(0, place - 40) : place + 40] for text in texts)


def telling(found: dict[str, Seen], words: Iterable[str]) -> dict[str, list[str]]:
    """By address, which of ``words`` its answer has, however they are written."""
    told = {
        path: [word for word in words if word in unquote(unescape(f"{seen.headers}{seen.body}"))]
        for path, seen in found.items()
    }
    return {path: words for path, words in told.items() if words}
