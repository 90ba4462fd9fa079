import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from caselib.publishing.documents import batch_name
from tests.web.sites import case, guide, html, links, open_site, part


def trail(page: str) -> tuple[str, list[tuple[str, str]]]:
    """What a page is called, and the links that lead up from it."""
    return re.findall(r"<h1[^>]*>(.*?)</h1>", page)[0], links(part(page, 'class="trail', "</nav>"))


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


def test_home_shows_some_of_the_latest_batch_and_says_how_many_it_has(tmp_path: Path) -> None:
    change, both = (f'metrics: [{{name: 产量, unit: "%", {each}}}]' for each in ("change: 40", "before: 85, after: 95"))
    files = {f"cases/c{number}.md": case(f"第{number}篇", "batch: 10", change) for number in range(7)}
    files["cases/before.md"] = case("上一批的", "batch: 9", both)
    files |= {f"batches/{number}.md": batch(number) for number in (9, 10)}
    page = html(open_site(tmp_path, files, only=True).test_client(), "/")
    latest = part(page, '<section class="latest', "</section>")
    assert re.findall("<h2[^>]*>([^<]+?) *<", latest) == ["最近一批：第十批"]
    assert re.findall("<p>([^<]+)</p>", latest)[:1] == ["2023-05-10 发布　第十批公告"]
    assert ("本批全部7篇", "/batches/10") in links(latest)
    assert len(re.findall('<article class="hit', latest)) == 6
    assert ("返工多", "/search?q=%E8%BF%94%E5%B7%A5%E5%A4%9A") in links(page)
    assert 'class="featured"' not in page


def batch(number: int) -> str:
    return f"---\ntitle: {batch_name(number)}公告\nyear: 2022\npublished: 2023-05-{number:02}\n---\n公告。\n"


def test_home_without_a_batch_shows_the_newest_cases(tmp_path: Path) -> None:
    files = {"cases/one.md": case("唯一的一篇"), "guides/other.md": guide("一份指南", "year: 2024")}
    page = html(open_site(tmp_path, files, only=True).test_client(), "/")
    latest = part(page, '<section class="latest', "</section>")
    assert re.findall(r"<h[23][^>]*>(?:<a [^>]*>)?([^<]+)<", latest) == ["最新案例", "唯一的一篇"]
    assert ("全部案例", "/cases/") in links(latest)
    assert 'class="featured"' not in page


def test_an_industry_letter_covers_its_divisions(reader: FlaskClient) -> None:
    page = html(reader, "/industries/C")
    assert "3 篇案例，1 份指南。" in page
    assert ("印刷和记录媒介复制业1", "/industries/C23") in links(page)
    assert trail(html(reader, "/industries/C23")) == (
        "印刷和记录媒介复制业", [("首页", "/"), ("行业", "/industries/"), ("制造业", "/industries/C")]
    )  # fmt: skip
    assert "细分行业" not in html(reader, "/industries/C23")


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
    page = html(reader, "/regions/330000")
    assert "包装企业查清返工原因" in page
    assert ("嘉兴市1", "/regions/330400") in links(page)
    assert trail(page) == ("浙江省", [("首页", "/")])
    assert trail(html(reader, "/regions/330400")) == ("嘉兴市", [("首页", "/"), ("浙江省", "/regions/330000")])


def test_a_page_of_a_topic_lists_some_and_leads_to_the_rest(tmp_path: Path) -> None:
    files = {f"cases/c{number}.md": case(f"第{number}篇") for number in range(21)}
    files |= {f"guides/g{number}.md": guide(f"第{number}份指南", "year: 2022") for number in range(7)}
    files |= {
        "cases/else.md": case("别的").replace("C33", "C23"),
        "guides/else.md": guide("别的", "year: 2022").replace("C33", "C23"),
    }
    page = html(open_site(tmp_path, files, only=True).test_client(), "/industries/C33")
    assert "21 篇案例，7 份指南。" in page
    assert len(re.findall('<article class="hit', page)) == 20
    assert len(re.findall('<li><a href="/guides/g', page)) == 6
    assert ("看其余1篇", "/cases/?industry=C33&page=2&per_page=20") in links(page)
    assert ("全部7份", "/guides/?industry=C33") in links(page)


def test_a_county_leads_to_its_city_whose_name_it_is_shown_by(reader: FlaskClient) -> None:
    answers = [reader.get(f"/regions/{code}") for code in ("330402", "110101", "330400")]
    assert [(each.status_code, each.location) for each in answers] == [
        (308, "/regions/330400"),
        (308, "/regions/110000"),
        (200, None),
    ]


def test_the_counties_of_chongqing_have_a_page_below_its_own(reader: FlaskClient) -> None:
    page = html(reader, "/regions/500200")
    assert trail(page) == ("重庆市（县）", [("首页", "/"), ("重庆市", "/regions/500000")])


def test_problems_stand_in_their_groups_with_counts(reader: FlaskClient) -> None:
    page = html(reader, "/problems/")
    assert re.findall(r'<h2 id="g\d">([^<]+)</h2>', page) == ["两难", "两不", "两低"]
    assert len(re.findall(r'href="/problems/[a-z-]+"', part(page, "<main", "</main>"))) == 12
    assert re.findall(r'<span class="count">([^<]+)</span>', page) == ["2"]


def test_a_problem_shows_what_it_is_and_who_solved_it(reader: FlaskClient) -> None:
    page = html(reader, "/problems/quality-awareness")
    assert "重产量轻质量" in page
    assert trail(page) == ("质量意识不强", [("首页", "/"), ("问题", "/problems/")])
    assert len(re.findall(r'<article class="hit', page)) == 2


@pytest.mark.parametrize("path", ["/industries/ZZ", "/industries/c", "/regions/999999", "/problems/none"])
def test_what_does_not_exist_is_not_found(reader: FlaskClient, path: str) -> None:
    assert reader.get(path).status_code == 404
