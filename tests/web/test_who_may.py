"""Who may open which page: every route as every kind of visitor, against one table.

A route that is missing from the table fails, and so does a line of the table without a route.
"""

import sqlite3
from contextlib import closing

import pytest
from flask import Flask
from werkzeug.routing import Rule

from caselib.config import Settings
from caselib.people import Account, Role
from caselib.review.actions import attachments, declarations
from caselib.review.models import Submission
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.publishing.rounds import Publishing
from tests.review.reviewing import assign
from tests.review.rounds import PNG
from tests.web.conftest import _HASH, CASE, token_of
from tests.web.rounds import SiteRound

USERNAMES = {
    "nobody": "",
    "owner": "zhejiang",
    "other submitter": "jiangsu",
    "assigned expert": "expert01",
    "other expert": "expert02",
    "recused expert": "expert03",
    "editor": "editor",
    "conflicted editor": "editor2",
    "operator": "operator",
}
"""The columns of the table, in order, and who stands for each."""

FORMS = {
    "editing.decide": {"verb": "return", "version": "{version}", "reason": "请补充数据"},
    "editing.decide_many": {"verb": "return", "item": "{submission_id}:{version}", "reason": "请补充数据"},
    "editing.withdraw_case": {"slug": "packaging"},
}
"""What a form must hold to come as far as the question of rights."""
ANNOUNCED = {
    "editing.selection", "editing.record", "editing.decision_file", "editing.notice", "editing.announce",
    "editing.retract_notice", "editing.withdraw_selected", "editing.publish",
}  # fmt: skip
"""Pages that are asked of the call under notice; all others of the one in review."""

# One letter a visitor: y let in (even if the form is then found wanting), l asked to sign in, n refused, h told that there
# is no such page.
PUBLIC = "yyyyyyyyy"
TABLE: dict[str, str] = {
    "GET /": PUBLIC,
    "GET /about": PUBLIC,
    "GET /about/<slug>": PUBLIC,
    "GET /about/<slug>/<name>": PUBLIC,
    "GET /account": "lyyyyyyyy",
    "GET /account/<any(invitation, reset):purpose>/<token>": PUBLIC,
    "POST /account/<any(invitation, reset):purpose>/<token>": PUBLIC,
    "GET /account/forgot": PUBLIC,
    "POST /account/forgot": PUBLIC,
    "POST /account/password": "lyyyyyyyy",
    "GET /api/": PUBLIC,
    "GET /api/openapi.json": PUBLIC,
    "GET /api/v1/cases/<slug>": PUBLIC,
    "GET /api/v1/describe": PUBLIC,
    "POST /api/v1/describe": PUBLIC,
    "GET /api/v1/guides/<slug>": PUBLIC,
    "GET /api/v1/search": PUBLIC,
    "GET /api/v1/suggest": PUBLIC,
    "GET /api/v1/taxonomy/<name>": PUBLIC,
    "GET /ask": PUBLIC,
    "POST /ask": PUBLIC,
    "GET /batches/": PUBLIC,
    "GET /batches/<int:number>": PUBLIC,
    "GET /batches/<slug>/<name>": PUBLIC,
    "GET /calls/": PUBLIC,
    "GET /calls/<int:call_id>": PUBLIC,
    "GET /cases/": PUBLIC,
    "GET /cases/<slug>": PUBLIC,
    "GET /cases/<slug>/<name>": PUBLIC,
    "GET /desk/": "lnnnnnyyy",
    "GET /desk/audit": "lnnnnnyyy",
    "GET /desk/books": "lnnnnnyyn",
    "GET /desk/books/<int:number>.<any(docx, pdf):form>": "lnnnnnyyn",
    "GET /desk/calls/": "lnnnnnyyn",
    "GET /desk/calls/<int:call_id>": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/<any(open, close, reopen, extend):verb>": "lnnnnnyyn",
    "GET /desk/calls/<int:call_id>/amend": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/amend": "lnnnnnyyn",
    "GET /desk/calls/<int:call_id>/assignment": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/assignment/<any(start, end, resume):verb>": "lnnnnnyyn",
    "GET /desk/calls/<int:call_id>/assignment/<int:submission_id>": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/assignment/<int:submission_id>/<any(assign, release, tie):verb>": "lnnnnnyyn",
    "GET /desk/calls/<int:call_id>/assignment/proposal": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/assignment/proposal": "lnnnnnyyn",
    "GET /desk/calls/<int:call_id>/decision.json": "lnnnnnyyn",
    "GET /desk/calls/<int:call_id>/edit": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/edit": "lnnnnnyyn",
    "GET /desk/calls/<int:call_id>/figures": "lnnnnnyyn",
    "GET /desk/calls/<int:call_id>/figures/<int:submission_id>": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/figures/<int:submission_id>": "lnnnnnynn",
    "GET /desk/calls/<int:call_id>/notice": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/notice": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/notice/retract": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/notice/withdraw": "lnnnnnyyn",
    "GET /desk/calls/<int:call_id>/progress": "lnnnnnyyn",
    "GET /desk/calls/<int:call_id>/progress/reminders": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/progress/reminders": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/publish": "lnnnnnyyn",
    "GET /desk/calls/<int:call_id>/results.xlsx": "lnnnnnyyn",
    "GET /desk/calls/<int:call_id>/selection": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/selection": "lnnnnnyyn",
    "GET /desk/calls/<int:call_id>/submissions": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/submissions": "lnnnnnyyn",
    "POST /desk/calls/<int:call_id>/submissions/decide": "lnnnnnynn",
    "GET /desk/calls/new": "lnnnnnyyn",
    "POST /desk/calls/new": "lnnnnnyyn",
    "GET /desk/content": "lnnnnnyyy",
    "POST /desk/objections/<int:objection_id>/<any(answer, close):verb>": "lnnnnnyyn",
    "GET /desk/people": "lnnnnnyyy",
    "POST /desk/people/<int:account_id>/<any(invite, disable, enable):verb>": "lnnnnnyyy",
    "GET /desk/people/import": "lnnnnnyyy",
    "POST /desk/people/import": "lnnnnnyyy",
    "POST /desk/people/import/confirm": "lnnnnnyyy",
    "GET /desk/people/import/template.xlsx": "lnnnnnyyy",
    "GET /desk/questions": "lnnnnnyyn",
    "POST /desk/questions": "lnnnnnyyn",
    "GET /desk/submissions/<int:submission_id>": "lnnnnnyyn",
    "POST /desk/submissions/<int:submission_id>": "lnnnnnynn",
    "GET /desk/withdrawals": "lnnnnnyyn",
    "POST /desk/withdrawals": "lnnnnnyyn",
    "GET /feed.atom": PUBLIC,
    "GET /guides/": PUBLIC,
    "GET /guides/<slug>": PUBLIC,
    "GET /guides/<slug>/<name>": PUBLIC,
    "GET /healthz": PUBLIC,
    "GET /industries/": PUBLIC,
    "GET /industries/<code>": PUBLIC,
    "GET /insights": PUBLIC,
    "GET /login": PUBLIC,
    "POST /login": "lllllllll",  # an empty form proves nothing
    "POST /logout": PUBLIC,
    "GET /notices/": PUBLIC,
    "GET /notices/<int:notice_id>": PUBLIC,
    "GET /notices/<int:notice_id>/objections": PUBLIC,
    "POST /notices/<int:notice_id>/objections": PUBLIC,
    "GET /opensearch.xml": PUBLIC,
    "POST /preferences": PUBLIC,
    "GET /problems/": PUBLIC,
    "GET /problems/<key>": PUBLIC,
    "GET /qr.svg": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /regions/<code>": PUBLIC,
    "GET /review/": "lnnyyynnn",
    "GET /review/<int:assignment_id>": "lnnyhhnnn",
    "POST /review/<int:assignment_id>": "lnnyhhnnn",
    "POST /review/<int:assignment_id>/abstain": "lnnyhhnnn",
    "GET /review/<int:assignment_id>/attachments/<int:attachment_id>": "lnnyhhnnn",
    "POST /review/<int:assignment_id>/recuse": "lnnyhhnnn",
    "POST /review/<int:assignment_id>/reopen": "lnnyhhnnn",
    "GET /review/calls/<int:call_id>/next": "lnnyyynnn",
    "GET /robots.txt": PUBLIC,
    "GET /search": PUBLIC,
    "GET /sitemap-<int:number>.xml": PUBLIC,
    "GET /sitemap.xml": PUBLIC,
    "GET /static/<path:filename>": PUBLIC,
    "GET /subscribe": PUBLIC,
    "GET /submit/": "lyynnnnnn",
    "GET /submit/<int:submission_id>": "lyhnnnnnn",
    "POST /submit/<int:submission_id>": "lyhnnnnnn",
    "POST /submit/<int:submission_id>/attachments": "lyhnnnnnn",
    "POST /submit/<int:submission_id>/attachments/<int:attachment_id>": "lyhnnnnnn",
    "GET /submit/<int:submission_id>/attachments/<int:attachment_id>": "lyhnnnyyn",
    "POST /submit/<int:submission_id>/autosave": "lyhnnnnnn",
    "POST /submit/<int:submission_id>/preview": "lyhnnnnnn",
    "GET /submit/<int:submission_id>/revisions": "lyhnnnnnn",
    "GET /submit/<int:submission_id>/send": "lyhnnnnnn",
    "POST /submit/<int:submission_id>/send": "lyhnnnnnn",
    "GET /submit/<int:submission_id>/withdraw": "lyhnnnnnn",
    "POST /submit/<int:submission_id>/withdraw": "lyhnnnnnn",
    "POST /submit/<int:submission_id>/word": "lyhnnnnnn",
    "GET /submit/calls/<int:call_id>/new": "lyynnnnnn",
    "POST /submit/calls/<int:call_id>/new": "lyynnnnnn",
    "GET /suggest": PUBLIC,
}


class SitePublishing(SiteRound, Publishing):
    """Both at once."""


class World:
    """A site with something for everybody to ask for; whatever a probe changes is put back."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.round = round_ = SitePublishing(app)
        for name, role in (("expert02", Role.EXPERT), ("expert03", Role.EXPERT), ("editor2", Role.EDITOR)):
            round_.add(name, role)
            with round_.database.writing() as session:
                session.get_one(Account, round_[name].id).password_hash = _HASH
        announced, notice = round_.announced(batch=5)
        self.announced = announced.id
        objection = round_.object_to(notice)
        call = round_.call(CallState.REVIEWING)
        submission = round_.submission(call, SubmissionState.ACCEPTED)
        with round_.open(call) as session:
            row = session.get_one(Submission, submission.id)
            row.state = SubmissionState.RETURNED
            session.flush()
            kept = attachments.add_attachment(
                session=session, actor=round_["zhejiang"], submission=row, name="照片.png", data=PNG,
                uploads=round_.settings.data / "uploads", expected_version=row.version,
            )  # fmt: skip
            row.state = SubmissionState.ACCEPTED
        with round_.doing("editor2") as who:
            declarations.declare_conflict(
                **who, submission=who["session"].get_one(Submission, submission.id), reason="同学"
            )
        self.numbers = {
            "call_id": call.id, "submission_id": submission.id, "attachment_id": kept.id, "notice_id": notice.id,
            "objection_id": objection.id, "account_id": round_["expert02"].id, "number": 1,
            "assignment_id": assign(round_, submission, "expert01").id, "version": round_.stored(submission).version,
        }  # fmt: skip
        self.gone = assign(round_, submission, "expert03", AssignmentState.RECUSED).id
        self.words = {
            "slug": "packaging", "name": "a.png", "code": "C23", "key": "quality-awareness", "filename": "site.js",
            "purpose": "reset", "token": "x", "form": "docx",
        }  # fmt: skip
        self.file = str(round_.database.path)
        self.before = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(self.file)) as live:
            live.backup(self.before)
        self.sessions = {who: self._signed_in(name) for who, name in USERNAMES.items()}

    def _signed_in(self, username: str) -> tuple[str, str]:
        """The session's cookie, and a token that goes with it."""
        browser = self.round.browser(username)
        token = token_of(browser.get("/account" if username else "/login"))
        cookie = browser.get_cookie("caselib")
        assert cookie
        return cookie.value, token

    def path(self, rule: Rule, who: str) -> str:
        values: dict[str, object] = {**self.numbers, **self.words}
        if who == "recused expert":
            values["assignment_id"] = self.gone
        if rule.endpoint in ANNOUNCED:
            values["call_id"] = self.announced
        if rule.endpoint == "api.taxonomy":
            values["name"] = "industries"
        if (rule.defaults or {}).get("kind") == "batch":
            values["slug"] = "1"
        if rule.endpoint == "browsing.region":
            values["code"] = "330000"
        if "verb" in rule.arguments:
            values["verb"] = rule._converters["verb"].regex.removeprefix("(?:").partition("|")[0].removesuffix(")")
        built = rule.build({name: values[name] for name in rule.arguments - set(rule.defaults or ())})
        assert built
        return built[1] + ("?path=/cases/packaging" if rule.endpoint == "qr.qr" else "")

    def probe(self, rule: Rule, method: str, who: str) -> str:
        """What the visitor is told: one letter of the table."""
        cookie, token = self.sessions[who]
        browser = self.app.test_client()
        browser.set_cookie("caselib", cookie)
        fields = {name: text.format(**self.numbers) for name, text in FORMS.get(rule.endpoint, {}).items()}
        form = {"csrf_token": token, **fields}
        answer = browser.open(self.path(rule, who), method=method, data=form if method == "POST" else None)
        if method == "POST":
            with closing(sqlite3.connect(self.file)) as live:
                self.before.backup(live)
        if answer.status_code == 401 or (answer.status_code == 303 and answer.location.startswith("/login?")):
            return "l"
        return {403: "n", 404: "h"}.get(answer.status_code, "y" if answer.status_code < 500 else "!")


@pytest.fixture
def world(app: Flask, settings: Settings) -> World:
    for kind in ("guides", "pages", "batches"):
        (settings.content / kind).mkdir()
    for place in ("guides/packaging.md", "pages/packaging.md"):
        (settings.content / place).write_text(CASE.replace("[C23]", "[C23]\nissuer: 某局\nedition: 2022版"), "utf-8")
    (settings.content / "batches/1.md").write_text(
        "---\ntitle: 第一批\nyear: 2020\npublished: 2020-05-01\n---\n", "utf-8"
    )
    for kind in ("cases", "guides", "pages"):
        (settings.content / kind / "a.png").write_bytes(PNG)
    (settings.content / "batches/a.png").write_bytes(PNG)
    return World(app)


def asked(app: Flask) -> list[tuple[str, Rule]]:
    """Method and address of every route."""
    return [
        (f"{method} {rule.rule}", rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def test_the_table_names_every_route_and_no_other(app: Flask) -> None:
    assert sorted({name for name, _ in asked(app)}) == sorted(TABLE)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_route_lets_in_whom_the_table_says(app: Flask, world: World) -> None:
    found = {
        name: "".join(world.probe(rule, name.partition(" ")[0], who) for who in USERNAMES) for name, rule in asked(app)
    }
    assert found == TABLE
