"""What stands around every page: made once, and still right on each page, for each visitor and each site."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.web.rounds import SiteRound
from tests.web.sites import html, open_site, part, write


def current(page: str) -> list[tuple[str, str]]:
    """The entries of the navigation that are said to be where the visitor is."""
    return re.findall(r'<li><a href="([^"]+)" aria-current="([^"]+)">', page[: page.index("<main")])


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/", []),
        ("/search?q=返工", []),
        ("/cases/", [("/cases/", "page")]),
        ("/cases/packaging", [("/cases/", "true")]),
        ("/about", [("/about", "page")]),
    ],
)
def test_the_navigation_says_where_a_page_is(reader: FlaskClient, address: str, shown: list[tuple[str, str]]) -> None:
    pages = [html(reader, each) for each in (address, "/guides/", address)]
    assert [current(page) for page in pages] == [shown, [("/guides/", "page")], shown]


@pytest.mark.parametrize(
    ("address", "boxes"), [("/search?q=返工", 1), ("/", 1), ("/cases/", 1), ("/guides/", 1), ("/about", 1)]
)
def test_a_page_has_one_search_box(reader: FlaskClient, address: str, boxes: int) -> None:
    page = html(reader, address)
    assert page.count('role="search"') == boxes
    assert ('id="seek-top"' in page) == (address == "/about")


def test_the_choice_of_a_view_is_shown_to_who_made_it(reader: FlaskClient) -> None:
    pressed = r'<button name="view" value="(\w+)"[^>]* aria-pressed="true">'
    assert re.findall(pressed, html(reader, "/cases/")) == ["normal"]
    reader.set_cookie("caselib_view", "large.elder")
    assert re.findall(pressed, html(reader, "/cases/")) == ["elder"]
    reader.delete_cookie("caselib_view")
    assert re.findall(pressed, html(reader, "/cases/")) == ["normal"]


def test_each_page_is_where_a_change_of_view_leads_back_to(reader: FlaskClient) -> None:
    field = r'<input type="hidden" form="preferences" name="next" value="([^"]+)">'
    found = [re.findall(field, html(reader, address)) for address in ("/cases/", "/search?q=a&year=2022", "/cases/")]
    assert found == [["/cases/"], ["/search?q=a&amp;year=2022"], ["/cases/"]]


def test_the_pages_about_the_site_are_in_the_navigation_once_there_are_any(tmp_path: Path) -> None:
    site = open_site(tmp_path, {}, only=True)
    browser, rooms = site.test_client(), site.extensions["caselib"]
    seen = [part(html(browser, "/cases/"), '<nav class="nav"', "</nav>").count('href="/about"')]
    write(tmp_path / "content", {"pages/z.md": "---\ntitle: 隐私说明\n---\n正文。\n"})
    rooms.search.sync(rooms.store)
    seen.append(part(html(browser, "/cases/"), '<nav class="nav"', "</nav>").count('href="/about"'))
    assert seen == [0, 1]


def test_a_name_is_shown_to_its_owner_alone(site_round: SiteRound) -> None:
    def account(page: str) -> list[str]:
        return re.findall(
            r'<li><a href="/(?:account|login|desk/|review/)">([^<]+)</a></li>', page[: page.index("<main")]
        )

    nobody = site_round.app.test_client()
    seen = [account(html(each, "/cases/")) for each in (nobody, site_round.browser("expert01"), nobody)]
    assert seen == [["登录"], ["我的评审", site_round["expert01"].name], ["登录"]]


def test_two_sites_in_one_process_keep_their_names(tmp_path: Path) -> None:
    sites = []
    for name in ("甲省案例库", "乙省案例库"):
        sites.append(open_site(tmp_path / name, only=True))
        sites[-1].extensions["caselib"].settings.site.name = name
    pages = [html(site.test_client(), "/cases/") for site in sites]
    assert [re.findall(r'class="brand".*?<span>([^<]+)</span>', page) for page in pages] == [
        ["甲省案例库"],
        ["乙省案例库"],
    ]
