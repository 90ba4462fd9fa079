"""axe on every type of page, wide and narrow, as it is and in elder mode: it finds nothing."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visit, sign_in

WITHDRAWN = "deqing-dili-xinxi-liangji-jiancha"
"""A case of the library that no other test reads."""

PHONE = 360
"""Pixels."""

PAGES = {
    "home": "/",
    "results": "/search?q=质量&industry=C",
    "nothing found": "/search?q=齉齾龘&year=2022",
    "bad values": "/search?q=质量&year=abc&industry=ZZ",
    "ask": "/ask",
    "understood": "/ask?q=我们厂做纸箱，客户老是退货，工人换得勤",
    "cases": "/cases/",
    "case": "/cases/jiaxing-baozhuang-jishu-gongguan",
    "guides": "/guides/",
    "guide": "/guides/packaging-2022",
    "older edition": "/guides/sanitary-ware-2022",
    "industries": "/industries/",
    "industry": "/industries/C23",
    "problems": "/problems/",
    "problem": "/problems/quality-awareness",
    "batches": "/batches/",
    "batch": "/batches/3",
    "insights": "/insights",
    "about": "/about",
    "report": "/about/2022-report",
    "not found": "/cases/no-such-case",
    "login": "/login",
    "api": "/api/",
}


def violations(visit: Visit) -> list[str]:
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(visit.page, options={"runOnly": rules, "resultTypes": ["violations"]})
    return [
        f"{item['id']}: {node['html'][:160]}" for item in found.response["violations"] for node in item["nodes"][:3]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_a_wide_page(desk: Visit, name: str) -> None:
    desk.go(PAGES[name])
    assert violations(desk) == []


@pytest.mark.parametrize("name", ["home", "results", "case", "guide", "insights", "problems"])
def test_axe_finds_nothing_on_a_phone_in_elder_mode(phone: Visit, name: str) -> None:
    phone.go(PAGES[name])
    phone.page.get_by_role("button", name="长者模式").click()
    expect(phone.page.locator("html")).to_have_attribute("data-elder", "")
    assert violations(phone) == []


Way = tuple[str, str, str]
"""Where to begin, the link to follow from there if any, and what comes after its address."""


def _at(path: str) -> Way:
    return path, "", ""


def _in_state(state: str, tail: str = "") -> Way:
    return "/submit/", f".works li:has([data-state={state}]) .name a", tail


def _in_group(name: str) -> Way:
    return "/review/", f".group:has(h3:text('{name}')) .name a", ""


# The demo's calls: 1 is under notice by the time, 2 under review, 3 open.
ROUND: dict[str, dict[str, Way]] = {
    "": {
        "calls": _at("/calls/"),
        "call": _at("/calls/3"),
        "notices": _at("/notices/"),
        "notice": ("/notices/", ".notices a", ""),
        "objection": ("/notices/", ".notices a", "/objections"),
        "tombstone": _at(f"/cases/{WITHDRAWN}"),
    },
    "zhejiang": {
        "list": _at("/submit/"),
        "new": _at("/submit/calls/3/new"),
        "draft": _in_state("draft"),
        "check": _in_state("draft", "/send"),
        "revisions": _in_state("draft", "/revisions"),
        "returned": _in_state("returned"),
        "sent": _in_state("sent"),
        "withdraw": _in_state("sent", "/withdraw"),
    },
    "expert01": {
        "list": _at("/review/"),
        "unread": _in_group("未读"),
        "stale": _in_group("正文已改，请重评"),
        "submitted": _in_group("已提交"),
    },
    "editor": {
        "desk": _at("/desk/"),
        "calls": _at("/desk/calls/"),
        "new call": _at("/desk/calls/new"),
        "amended call": _at("/desk/calls/2/amend"),
        "open call": _at("/desk/calls/3"),
        "call under review": _at("/desk/calls/2"),
        "submissions": _at("/desk/calls/3/submissions"),
        "submission": ("/desk/calls/3/submissions?state=sent", "td.title a", ""),
        "assignment": _at("/desk/calls/2/assignment"),
        "proposal": _at("/desk/calls/2/assignment/proposal"),
        "reviewers": ("/desk/calls/2/assignment", ".seats .name a", ""),
        "progress": _at("/desk/calls/2/progress"),
        "reminders": _at("/desk/calls/2/progress/reminders"),
        "figures": _at("/desk/calls/1/figures?disagreement=1"),
        "discussion": ("/desk/calls/1/figures?disagreement=1", "td.panel a", ""),
        "selection": _at("/desk/calls/1/selection"),
        "notice": _at("/desk/calls/1/notice"),
        "people": _at("/desk/people?role=expert"),
        "import": _at("/desk/people/import"),
        "questions": _at("/desk/questions"),
        "withdrawals": _at("/desk/withdrawals"),
        "audit": _at("/desk/audit"),
    },
    "operator": {"desk": _at("/desk/"), "content": _at("/desk/content"), "account": _at("/account")},
}


@pytest.fixture(scope="module")
def announced(browser: Browser, site: str) -> None:
    """The demo's ended call goes under notice, and a published case is withdrawn, through the forms of the desk."""
    with browser.new_context(locale="zh-CN") as context:
        visit = Visit(context, site)
        page = sign_in(visit, "editor")
        visit.go("/desk/calls/1/selection").get_by_role("button", name="记录遴选结果").click()
        expect(page.get_by_text("遴选结果已记录，入选 25 篇")).to_be_visible()
        visit.go("/desk/calls/1/notice").get_by_role("button", name="开始公示").click()
        expect(page.get_by_text("公示已安排好")).to_be_visible()
        visit.go("/desk/withdrawals")
        page.get_by_label("案例网址").fill(WITHDRAWN)
        page.get_by_label("原因").fill("数据有误，需要核对。")
        page.get_by_role("button", name="撤下").click()
        page.get_by_role("button", name="确认撤下").click()
        expect(page.get_by_text("已撤下。")).to_be_visible()


def walked(visit: Visit, who: str) -> Iterator[str]:
    """Open each page of somebody's part in a round; the names of the pages."""
    if who:
        sign_in(visit, who)
    for name, (start, link, tail) in ROUND[who].items():
        page = visit.go(start)
        if link:
            visit.go(f"{page.locator(link).first.get_attribute('href')}{tail}")
        yield name


def width_on_a_phone(visit: Visit) -> int:
    """How wide the open page is where the window is as narrow as a phone."""
    usual = visit.page.viewport_size
    assert usual
    visit.page.set_viewport_size({"width": PHONE, "height": usual["height"]})
    width: int = visit.page.evaluate("document.documentElement.scrollWidth")
    visit.page.set_viewport_size(usual)
    return width


@pytest.mark.usefixtures("announced")
@pytest.mark.parametrize("who", ROUND)
def test_axe_finds_nothing_on_the_pages_of_a_round_and_none_is_wider_than_a_phone(desk: Visit, who: str) -> None:
    found = {name: (violations(desk), width_on_a_phone(desk)) for name in walked(desk, who)}
    assert found == {name: ([], PHONE) for name in ROUND[who]}


def test_axe_finds_nothing_on_an_experts_phone(phone: Visit) -> None:
    found = {name: violations(phone) for name in walked(phone, "expert01")}
    assert found == {name: [] for name in ROUND["expert01"]}
