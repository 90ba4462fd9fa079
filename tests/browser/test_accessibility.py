"""axe on every type of page, wide and narrow, as it is and in elder mode: it finds nothing."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import PASSWORD, Visit

PAGES = {
    "home": "/",
    "results": "/search?q=质量&industry=C",
    "nothing found": "/search?q=齉齾龘&year=2022",
    "bad values": "/search?q=质量&year=abc&industry=ZZ",
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
    found = Axe().run(
        visit.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
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
    phone.page.wait_for_load_state()
    assert violations(phone) == []


def test_axe_finds_nothing_on_the_desk(desk: Visit) -> None:
    page = desk.go("/login")
    page.get_by_label("用户名").fill("operator")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="登录").click()
    for path in ("/desk/", "/desk/content", "/account"):
        desk.go(path)
        assert (path, violations(desk)) == (path, [])
