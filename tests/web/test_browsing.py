import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.web.sites import case, html, links, open_site, part


def test_home_begins_with_search_and_leads_to_problems_industries_regions_and_the_latest_batch(
    reader: FlaskClient,
) -> None:
    page = html(reader, "/")
    assert page.index('action="/search" role="search"') < page.index('id="by-problem"')
    ways = links(part(page, '<div class="stack home">', "</main>"))
    assert ("质量意识不强", "/problems/quality-awareness") in ways
    assert ("制造业", "/industries/C") in ways
    assert ("浙江", "/regions/330000") in ways
    assert ("本批全部2篇", "/batches/3") in ways
    assert re.findall('<h2 id="latest">([^<]+?) *<', page) == ["最近一批：第三批"]


def test_home_features_a_case_with_figures_before_and_after(reader: FlaskClient) -> None:
    featured = part(html(reader, "/"), '<a class="featured"', "</a>")
    assert 'href="/cases/packaging"' in featured
    assert re.findall(r"<(?:b|strong)>([^<]+)<", featured) == ["98.2%", "99.8%"]


def test_home_without_a_batch_shows_the_newest_cases(tmp_path: Path) -> None:
    browser = open_site(tmp_path, {"cases/one.md": case("唯一的一篇")}, only=True).test_client()
    page = html(browser, "/")
    assert "最新案例" in page
    assert "唯一的一篇" in page
    assert 'class="featured"' not in page


def test_an_industry_letter_covers_its_divisions(reader: FlaskClient) -> None:
    page = html(reader, "/industries/C")
    assert "3 篇案例，1 份指南。" in page
    assert ("印刷和记录媒介复制业1", "/industries/C23") in links(page)
    assert ("行业", "/industries/") in links(part(html(reader, "/industries/C23"), 'class="trail', "</nav>"))
    assert ("制造业", "/industries/C") in links(part(html(reader, "/industries/C23"), 'class="trail', "</nav>"))


def test_the_list_of_industries_holds_those_with_content(reader: FlaskClient) -> None:
    found = [
        address
        for _, address in links(part(html(reader, "/industries/"), "<main", "</main>"))
        if "/industries/" in address
    ]
    assert sorted(found) == [
        "/industries/A",
        "/industries/A01",
        "/industries/C",
        "/industries/C15",
        "/industries/C23",
        "/industries/C30",
    ]


def test_a_province_covers_its_cities(reader: FlaskClient) -> None:
    assert "包装企业查清返工原因" in html(reader, "/regions/330000")
    assert ("浙江省", "/regions/330000") in links(html(reader, "/regions/330400"))


def test_a_county_leads_to_its_city_whose_name_it_is_shown_by(reader: FlaskClient) -> None:
    answers = [reader.get(f"/regions/{code}") for code in ("330402", "110101", "330400")]
    assert [(each.status_code, each.location) for each in answers] == [
        (308, "/regions/330400"),
        (308, "/regions/110000"),
        (200, None),
    ]


def test_the_counties_of_chongqing_have_a_page_below_its_own(reader: FlaskClient) -> None:
    page = html(reader, "/regions/500200")
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == ["重庆市（县）"]
    assert ("重庆市", "/regions/500000") in links(page)


def test_problems_stand_in_their_groups_with_counts(reader: FlaskClient) -> None:
    page = html(reader, "/problems/")
    assert re.findall(r'<h2 id="g\d">([^<]+)</h2>', page) == ["两难", "两不", "两低"]
    assert len(re.findall(r'href="/problems/[a-z-]+"', part(page, "<main", "</main>"))) == 12
    assert re.findall(r'<span class="count">(\d+)</span>', page) == ["2"]


def test_a_problem_shows_what_it_is_and_who_solved_it(reader: FlaskClient) -> None:
    page = html(reader, "/problems/quality-awareness")
    assert "重产量轻质量" in page
    assert len(re.findall(r'<article class="hit', page)) == 2


@pytest.mark.parametrize("path", ["/industries/ZZ", "/industries/c", "/regions/999999", "/problems/none"])
def test_what_does_not_exist_is_not_found(reader: FlaskClient, path: str) -> None:
    assert reader.get(path).status_code == 404
