"""What nobody has published, nobody outside can find: whole answers of a site that has it and of its twin that never had."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from sqlmodel import col, select

from caselib.content import Kind, compose_file
from caselib.db import now
from caselib.publishing.actions import notices
from caselib.publishing.models import Notice
from caselib.publishing.release import Publisher
from caselib.review.calendar import today
from caselib.review.models import Call, Submission
from caselib.review.states import CallState, SubmissionState
from tests.journeys.twins import Seen, Site, crawl, described, differing, everywhere, secret, telling, twins
from tests.publishing.rounds import rules
from tests.review.rounds import FRONT, PNG
from tests.web.conftest import token_of
from tests.web.rounds import send

STATES = {
    "鲸骨": SubmissionState.DRAFT,
    "霞冠": SubmissionState.SENT,
    "砚湖": SubmissionState.RETURNED,
    "琥岭": SubmissionState.ACCEPTED,
    "榧谷": SubmissionState.REFUSED,
    "葭浦": SubmissionState.WITHDRAWN,
}
"""A word for what was sent in for the open call and is in each state."""
REVIEWED, CLOSED, PLANNED, RETRACTED, PREPARED = "珙桐", "翡泉", "蓼汀", "硖石", "蕲艾"
"""Words of what was sent in for calls: under review, picked from, to be announced tomorrow, with a retracted notice; and of a call in preparation."""
CHOSEN, PASSED, OBJECTED = "邛海", "岍山", "沭水"
"""Under notice: what is in the list, what is not, and what an objection says."""
WITHHELD, LEFT = "鄱阳", "郫筒"
"""Going out: what is in the batch, and what is not."""
HIDDEN = [*STATES, REVIEWED, CLOSED, PLANNED, RETRACTED, PREPARED, PASSED, OBJECTED, LEFT]
PINYIN = ["jinggu", "xiaguan", "yanhu", "gongtong", "feiquan", "qionghai", "poyang", "jg", "py"]
STARTS = [
    "/",
    "/sitemap.xml",
    "/feed.atom",
    "/subscribe",
    "/robots.txt",
    "/opensearch.xml",
    "/readyz",
    "/calls/",
    "/notices/",
    "/login",
]
NUMBERS = (*range(1, 10), 15, 99)
WHERE = {"region": "310000", "industry": "C36", "year": 2031, "firm_size": "微型"}
"""Where and when none of the published cases is."""


def fill(site: Site) -> None:
    """Something in every state, with words of its own."""
    with site.database.reading() as session:
        open_ = session.get_one(Call, 1)
    for word, state in STATES.items():
        site.attach(site.submission(open_, state, **secret(word, **WHERE)), f"{word}照片.png", PNG + word.encode())
    site.call(CallState.DRAFT, title=f"{PREPARED}征集", batch=9, year=2031)
    reviewing = site.call(CallState.REVIEWING, batch=10, rules=rules(), title="已截止的征集")
    site.reviewed(site.submission(reviewing, SubmissionState.ACCEPTED, **secret(REVIEWED)), 88)
    picked(site, 11, CLOSED, CLOSED)
    announce(site, picked(site, 12, PLANNED, PLANNED), days=1)
    call = picked(site, 13, RETRACTED, RETRACTED)
    announce(site, call)
    site.act(notices.retract, site.stored(call), reason=f"{RETRACTED}有误")
    notice = announce(site, picked(site, 14, CHOSEN, PASSED))
    site.object_to(notice, number_of(site, CHOSEN), name=OBJECTED, contact=f"{OBJECTED}电话", text=OBJECTED, now=now())
    going_out(site, picked(site, 15, WITHHELD, LEFT))


def picked(site: Site, batch: int, best: str, other: str) -> Call:
    """A call whose review is over and that picked ``best``, one of two."""
    call = site.call(CallState.CLOSED, rules=rules(size=1), batch=batch)
    for word, mark in ((best, 90.0), (other, 70.0)):
        one = site.submission(call, SubmissionState.ACCEPTED, **secret(word, **WHERE))
        site.attach(one, f"{word}照片.png", PNG + f"{word}{mark}".encode())
        site.reviewed(one, mark - 1, mark + 1)
    site.select(site.stored(call))
    return site.stored(call)


def announce(site: Site, call: Call, *, days: int = 0) -> Notice:
    """A notice of a week that begins in ``days``."""
    moment = now() + timedelta(days=min(days, 0) - 1)
    first = today(now()) + timedelta(days=days)
    return site.announce(call, starts=first, ends=first + timedelta(days=6), now=moment)


def number_of(site: Site, word: str) -> str:
    """The number of what carries the word."""
    with site.database.reading() as session:
        return str(session.exec(select(Submission.number).where(col(Submission.firm).startswith(word))).first())


class Cut(Exception):
    """The machine stops."""


def going_out(site: Site, call: Call) -> None:
    """Its notice is over, and its release is cut off after the first file."""

    def stop(step: str) -> None:
        if step.startswith("placed "):
            raise Cut

    announce(site, call, days=-8)
    rooms = site.app.extensions["caselib"]
    with pytest.raises(Cut):
        Publisher(rooms.database, rooms.store, rooms.settings.data, rooms.search, stop).publish(
            actor=site["editor"], call_id=call.id or 0
        )


def probes() -> list[str]:
    """What somebody would ask who knows what to look for."""
    slugs = [f"{year}-{number:03d}" for year, numbers in ((2022, NUMBERS), (2031, (1,))) for number in numbers]
    numbered = ["/calls/{}", "/notices/{}", "/notices/{}/objections", "/batches/{}", "/submit/{}", "/review/{}"]
    numbered += [
        "/desk/calls/{}",
        "/desk/calls/{}/decision.json",
        "/desk/submissions/{}",
        "/submit/{0}/attachments/{0}",
    ]
    filters = [f"{key}={value}" for key, value in {**WHERE, "batch": 15}.items()]
    found = [path.format(number) for path in numbered for number in NUMBERS]
    found += [f"{path}?{each}" for path in ("/search", "/api/v1/search", "/feed.atom", "/cases/") for each in filters]
    found += [
        path.format(slug) for path in ("/cases/{}", "/cases/{}/a.png", "/qr.svg?path=/cases/{}") for slug in slugs
    ]
    found += [f"/cases/{slug}/{quote(word)}照片.png" for slug in slugs[:1] for word in HIDDEN]
    found += ["/regions/310000", "/industries/C36", "/withdrawn/", "/.releasing.json", "/uploads/"]
    return [*found, *everywhere([*HIDDEN, CHOSEN, WITHHELD, *PINYIN])]


def look(site: Site, browser: FlaskClient) -> dict[str, Seen]:
    """Everything that can be come to, and everything that can be guessed."""
    names = {"slug": ["packaging", "2022-001", "2031-001"], "name": ["industries", "regions", "problems"]}
    starts = [*STARTS, *described(site, browser, **names), *probes()]
    return crawl(site, browser, starts, head=True)


def test_what_is_not_published_is_nowhere_for_anybody_outside(tmp_path: Path) -> None:
    """Only calls that were opened and public notices differ; these tell of the cases in their lists what a notice has to tell."""
    pair = _, site = twins(tmp_path)
    for each in pair:
        each.call(CallState.OPEN)
    fill(site)
    rooms = site.app.extensions["caselib"]
    before = rooms.search.generation
    rooms.search.sync(rooms.store)
    assert (rooms.search.generation, len(list((site.settings.content / "cases").glob("*.md")))) == (before, 4)
    bare, full = (look(each, each.browser()) for each in pair)
    told = {path: full[path] for path in differing(bare, full)}
    assert {path.removeprefix("HEAD ").partition("?")[0] for path in told} == {
        "/calls/", *(f"/calls/{number}" for number in range(3, 9)),
        "/notices/", *(f"/notices/{number}{end}" for number in range(1, 5) for end in ("", "/objections"))
    }  # fmt: skip
    assert telling(told, HIDDEN) == {}
    public = {f"{word}{end}" for word in (CHOSEN, WITHHELD) for end in ("题", "厂有限公司", "市场监督管理局")}
    said = re.findall(f"(?:{CHOSEN}|{WITHHELD})[^ <：&”]+", "".join(seen.body for seen in told.values()))
    assert set(said) == public


def test_an_objection_tells_nothing_of_cases_that_the_notice_does_not_list(tmp_path: Path) -> None:
    _, site = twins(tmp_path)
    announce(site, picked(site, 14, CHOSEN, PASSED))
    browser, path, words = site.browser(), "/notices/1/objections", {"name": "李某", "contact": "x", "text": "不实"}
    token = token_of(browser.get(path))
    answers = [
        site.ask(browser, path, method="POST", data={"csrf_token": token, "number": number, **words})
        for number in ("2022-998", number_of(site, PASSED), "2022-999")
    ]
    assert (answers[1].status, answers[1]) == (404, answers[2])
    assert (
        site.ask(browser, path, method="POST", data={"csrf_token": token, "number": "2022-001", **words}).status == 303
    )


GONE = "湲溪"


def test_of_a_withdrawn_case_title_and_reason_are_left_and_nothing_else(tmp_path: Path) -> None:
    """The twin never had the case. Its image goes with it, its weight in every search too; its batch names the title alone."""
    pair = _, site = twins(tmp_path)
    rooms, front = site.app.extensions["caselib"], secret(GONE)
    body = f"\n![{GONE}图]({GONE}照片.png)\n\n{front.pop('body')}"
    rooms.store.write(Kind.CASE, "yuanxi", compose_file({**FRONT, **front, **WHERE, "batch": 3}, body))
    (site.settings.content / "cases/yuanxi").mkdir()
    (site.settings.content / f"cases/yuanxi/{GONE}照片.png").write_bytes(PNG)
    rooms.search.sync(rooms.store)
    asked = ["/cases/yuanxi", f"/cases/yuanxi/{quote(GONE)}照片.png", "/api/v1/cases/yuanxi", "/batches/3"]
    asked += ["/cases/yuanxj", "/qr.svg?path=/cases/yuanxi", *everywhere([GONE, f"{GONE}工艺", "yuanxi"])]
    visitor = site.browser()
    assert len(telling({path: site.ask(visitor, path) for path in asked}, [GONE, "yuanxi"])) > 10
    assert (
        send(
            site.browser("editor"), "/desk/withdrawals", slug="yuanxi", reason="数据失实", confirmed="yuanxi"
        ).status_code
        == 303
    )
    bare, full = (ageless(each, crawl(each, each.browser(), [*STARTS, *asked])) for each in pair)
    told = {path: full[path] for path in differing(bare, full)}
    own = {"/cases/yuanxi": 410, "/api/v1/cases/yuanxi": 410}
    assert {path: seen.status for path, seen in told.items()} == {**own, "/batches/3": 200}
    said = re.findall(f"{GONE}[^ <”]+", "".join(seen.body for seen in told.values()))
    assert (set(said), telling(told, ["数据失实"]).keys()) == ({f"{GONE}题"}, own.keys())


def ageless(site: Site, found: dict[str, Seen]) -> dict[str, Seen]:
    """Without what tells that the library has changed since: a withdrawal is no secret."""
    generation = site.app.extensions["caselib"].search.generation
    return {
        path: seen._replace(
            headers=tuple(pair for pair in seen.headers if pair[0] != "ETag"), body=seen.body.replace(generation, "")
        )
        for path, seen in found.items()
    }
