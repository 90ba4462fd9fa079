import os
import re
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caselib.app import create_app
from caselib.config import Settings, SiteIdentity
from caselib.web import feeds
from tests.web import small_library
from tests.web.sites import case, open_site

ATOM = {"a": feeds.ATOM}
MAP = {"s": feeds.SITEMAP}


def xml(answer: TestResponse, mimetype: str) -> ET.Element:
    assert (answer.status_code, answer.mimetype) == (200, mimetype)
    return ET.fromstring(answer.data)


def feed(reader: FlaskClient, query: str = "") -> ET.Element:
    return xml(reader.get(f"/feed.atom{query}"), "application/atom+xml")


def texts(root: ET.Element, path: str) -> list[str]:
    return [each.text or "" for each in root.findall(path, ATOM | MAP)]


def links(root: ET.Element) -> dict[str, str]:
    return {each.attrib["rel"]: each.attrib["href"] for each in root.findall("a:link", ATOM)}


def locations(answer: TestResponse) -> list[str]:
    return texts(xml(answer, "application/xml"), "*/s:loc")


def test_the_feed_has_what_is_new_newest_first(reader: FlaskClient) -> None:
    root = feed(reader, "?kind=case&kind=guide")
    assert texts(root, "a:entry/a:title") == [
        "包装企业查清返工原因 <合格率> 上去了",
        "六堡茶渥堆有了记录（示范）",
        "包装行业实施指南",
        "卫浴企业把检验做到每道工序",
    ]
    assert texts(root, "a:entry/a:summary")[2] == "先管好首件，再管好清场。"


def test_the_feed_of_a_search_has_what_is_new_first_and_not_what_fits_best(tmp_path: Path) -> None:
    files = {
        "cases/fits.md": case("返工", "published: 2021-04-20", body="返工多，返工的原因。"),
        "cases/newer.md": case("别的", "published: 2023-04-20", body="也有返工。"),
    }
    reader = open_site(tmp_path, files, only=True).test_client()
    assert [hit["slug"] for hit in reader.get("/api/v1/search?q=返工").get_json()["hits"]] == ["fits", "newer"]
    assert texts(feed(reader, "?q=返工"), "a:entry/a:title") == ["别的", "返工"]


def test_what_has_no_day_of_publishing_has_only_that_of_its_file(tmp_path: Path) -> None:
    app = open_site(tmp_path, {"cases/a.md": case()}, only=True)
    os.utime(tmp_path / "content" / "cases" / "a.md", (1_600_000_000,) * 2)
    app.extensions["caselib"].search.rebuild(app.extensions["caselib"].store)
    root = feed(app.test_client())
    assert texts(root, "a:entry/a:published") == []
    assert texts(root, "a:entry/a:updated") == texts(root, "a:updated") == ["2020-09-13T12:26:40Z"]


def test_an_entry_is_whole(reader: FlaskClient) -> None:
    entry = feed(reader, "?kind=case&region=450000").find("a:entry", ATOM)
    assert entry is not None
    updated = entry.findtext("a:updated", "", ATOM)
    assert [(each.tag.rpartition("}")[2], each.text, each.attrib) for each in entry] == [
        ("title", "六堡茶渥堆有了记录（示范）", {}),
        ("id", "tag:localhost,2023:/cases/tea", {}),
        ("updated", updated, {}),
        ("published", "2023-04-20T00:00:00+08:00", {}),
        ("link", None, {"rel": "alternate", "type": "text/html", "href": "http://localhost/cases/tea"}),
        ("category", None, {"term": "C15", "label": "酒、饮料和精制茶制造业"}),
        ("category", None, {"term": "A01", "label": "农业"}),
        ("summary", "渥堆的温度每天记录，产品合格率稳定。", {}),
    ]
    assert len(updated) == 20 and updated.endswith("Z")


def test_the_feed_itself_has_what_atom_asks_for(reader: FlaskClient) -> None:
    root = feed(reader)
    assert root.findtext("a:title", "", ATOM) == "小微企业质量提升案例库－最新内容"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "zh-CN"
    assert {each.attrib["rel"]: each.attrib["type"] for each in root.findall("a:link", ATOM)} == {
        "self": "application/atom+xml",
        "alternate": "text/html",
    }
    assert root.findtext("a:id", "", ATOM) == "tag:localhost,2023:/feed.atom"
    assert root.findtext("a:author/a:name", "", ATOM) == "小微企业质量提升案例库"
    assert root.findtext("a:updated", "", ATOM) == max(texts(root, "a:entry/a:updated"))
    assert links(root) == {"self": "http://localhost/feed.atom", "alternate": "http://localhost/search"}


def test_any_search_can_be_followed_and_its_feed_says_what_it_is(reader: FlaskClient) -> None:
    root = feed(reader, "?q=返工&industry=C23&industry=A&year=2022&batch=3")
    title = "小微企业质量提升案例库－“返工”，行业：印刷和记录媒介复制业或农、林、牧、渔业，批次：第三批，年份：2022年"
    assert root.findtext("a:title", "", ATOM) == title
    assert texts(root, "a:entry/a:id") == ["tag:localhost,2023:/cases/packaging"]
    query = "q=%E8%BF%94%E5%B7%A5&industry=C23&industry=A&batch=3&year=2022"
    assert links(root) == {
        "self": f"http://localhost/feed.atom?{query}",
        "alternate": f"http://localhost/search?{query}",
    }


def test_a_search_has_one_feed_in_whatever_order_it_was_looked_at(reader: FlaskClient) -> None:
    root = feed(reader, "?q=返工&sort=newest")
    assert root.findtext("a:id", "", ATOM) == feed(reader, "?q=返工").findtext("a:id", "", ATOM)
    assert links(root)["self"] == "http://localhost/feed.atom?q=%E8%BF%94%E5%B7%A5"


def test_a_feed_is_read_page_by_page(reader: FlaskClient) -> None:
    root = feed(reader, "?kind=case&per_page=1&page=2")
    assert {rel: href.partition("?")[2] for rel, href in links(root).items()} == {
        "self": "kind=case&per_page=1&page=2",
        "alternate": "kind=case&per_page=1",
        "previous": "kind=case&per_page=1",
        "next": "kind=case&per_page=1&page=3",
    }
    assert root.findtext("a:id", "", ATOM) == feed(reader, "?kind=case&per_page=1").findtext("a:id", "", ATOM)


@pytest.mark.parametrize(("query", "previous"), [("kind=case&per_page=1", "&page=3"), ("q=龘龘龘", "")])
def test_past_the_end_a_feed_leads_back_to_its_last_page(reader: FlaskClient, query: str, previous: str) -> None:
    found = links(feed(reader, f"?{query}&page=99"))
    assert (unquote(found["previous"]), "next" in found) == (f"http://localhost/feed.atom?{query}{previous}", False)


def test_a_whole_batch_fits_into_a_feed_and_what_was_asked_for_is_kept(tmp_path: Path) -> None:
    files = {f"cases/c{number}.md": case(f"案例{number}") for number in range(52)}
    reader = open_site(tmp_path, files, only=True).test_client()
    found = {query: feed(reader, query) for query in ("", "?page=2", "?per_page=10")}
    assert {query: len(texts(root, "a:entry")) for query, root in found.items()} == {
        "": 50,
        "?page=2": 2,
        "?per_page=10": 10,
    }
    assert {query: links(root).get("next") for query, root in found.items()} == {
        "": "http://localhost/feed.atom?page=2",
        "?page=2": None,
        "?per_page=10": "http://localhost/feed.atom?per_page=10&page=2",
    }
    assert links(found[""])["alternate"] == "http://localhost/search"


def test_a_search_without_answers_is_an_empty_feed_that_can_be_followed(reader: FlaskClient) -> None:
    root = feed(reader, "?q=龘龘龘&kind=case")
    assert texts(root, "a:entry/a:id") == []
    assert root.findtext("a:updated", "", ATOM) == "1970-01-01T00:00:00Z"


def test_a_character_that_xml_forbids_spoils_nobody_s_feed(tmp_path: Path) -> None:
    browser = open_site(tmp_path, {"cases/a.md": case(body="正文\ufffe在此。")}, only=True).test_client()
    assert texts(feed(browser), "a:entry/a:summary") == ["正文 在此。"]


@pytest.mark.parametrize("q", ["渥堆 火箭 卫星 潜艇 飞机", "返公"], ids=["some of the words", "a misspelt word"])
def test_what_was_not_asked_for_is_not_pushed_to_anyone(reader: FlaskClient, q: str) -> None:
    assert len(reader.get("/api/v1/search", query_string={"q": q}).get_json()["hits"]) > 0
    root = feed(reader, f"?q={q}&per_page=1")
    assert (texts(root, "a:entry/a:id"), "next" in links(root)) == ([], False)


def test_a_wrong_value_is_refused_and_a_tracking_parameter_is_not(reader: FlaskClient) -> None:
    refused = reader.get("/feed.atom?industry=X9")
    assert refused.status_code == 400
    assert "行业“X9”不存在" in refused.get_data(as_text=True)
    assert reader.get("/feed.atom?utm_source=reader").status_code == 200


@pytest.mark.parametrize(
    ("query", "said", "address", "listed"),
    [
        ("", "本站全部新内容", "/feed.atom", "/search"),
        (
            "?q=返工&year=2022",
            "“返工”，年份：2022年",
            "/feed.atom?q=%E8%BF%94%E5%B7%A5&amp;year=2022",
            "/search?q=%E8%BF%94%E5%B7%A5&amp;year=2022&amp;sort=newest",
        ),
        ("?year=2022&sort=newest", "年份：2022年", "/feed.atom?year=2022", "/search?year=2022"),
        ("?year=2022&per_page=20", "年份：2022年", "/feed.atom?year=2022&amp;per_page=20", "/search?year=2022"),
    ],
)
def test_a_page_tells_people_how_to_follow_and_what(
    reader: FlaskClient, query: str, said: str, address: str, listed: str
) -> None:
    html = reader.get(f"/subscribe{query}").get_data(as_text=True)
    assert re.findall("订阅的内容：<b>(.*?)</b>", html) == [said]
    assert re.findall('<input id="feed" type="url" value="(.*?)" readonly>', html) == [f"http://localhost{address}"]
    assert re.findall('<a href="(.*?)">直接打开', html) == [address]
    assert re.findall('收藏<a href="(.*?)">', html) == [listed]


def test_the_page_about_following_says_what_it_left_out(reader: FlaskClient) -> None:
    assert "notice warning" not in reader.get("/subscribe?utm_source=x").get_data(as_text=True)
    html = reader.get("/subscribe?industry=X9").get_data(as_text=True)
    assert re.findall('<div class="notice warning" role="note">\\s*<p>(.*?)</p>', html) == ["行业“X9”不存在，已忽略。"]
    assert re.findall("订阅的内容：<b>(.*?)</b>", html) == ["本站全部新内容"]


def test_a_feed_that_has_not_changed_is_not_sent_again(reader: FlaskClient) -> None:
    tag = reader.get("/feed.atom").headers["ETag"]
    assert reader.get("/feed.atom", headers={"If-None-Match": tag}).status_code == 304


def test_a_feed_held_for_one_address_of_the_site_is_not_that_of_another(tmp_path: Path) -> None:
    app = create_app(_site(tmp_path))
    app.extensions["caselib"].search.rebuild(app.extensions["caselib"].store)
    browser = app.test_client()
    for path in ("/feed.atom", "/sitemap.xml", "/robots.txt", "/opensearch.xml"):
        tag = browser.get(path, headers={"Host": "one.example"}).headers["ETag"]
        answer = browser.get(path, headers={"Host": "two.example", "If-None-Match": tag})
        assert (answer.status_code, "http://two.example/" in answer.get_data(as_text=True)) == (200, True)


@pytest.mark.parametrize("host", ["a b", "evil.com/x", 'x"><script>', "例子.中国", "a" * 300, ""])
def test_a_host_that_cannot_be_one_is_not_repeated(reader: FlaskClient, host: str) -> None:
    answer = reader.get("/feed.atom", headers={"Host": host})
    assert answer.status_code == 400
    assert "script>" not in answer.get_data(as_text=True).partition("<main")[2]


def test_addresses_come_from_the_setting_when_there_is_one(tmp_path: Path) -> None:
    app = create_app(_site(tmp_path, base_url="https://example.gov.cn/", domain="quality.example.gov.cn", host="某局"))
    app.extensions["caselib"].search.rebuild(app.extensions["caselib"].store)
    root = feed(app.test_client())
    assert links(root)["self"] == "https://example.gov.cn/feed.atom"
    assert root.findtext("a:id", "", ATOM) == "tag:quality.example.gov.cn,2023:/feed.atom"
    assert root.findtext("a:author/a:name", "", ATOM) == "某局"


def _site(folder: Path, base_url: str = "", **identity: str) -> Settings:
    content = small_library.write(folder / "content")
    return Settings(content=content, data=folder / "var", demo=True, base_url=base_url, site=SiteIdentity(**identity))


@pytest.mark.parametrize("path", ["/feed.atom", "/sitemap.xml", "/sitemap-0.xml", "/sitemap-1.xml"])
def test_without_an_index_a_list_for_programs_says_so_instead_of_being_empty(tmp_path: Path, path: str) -> None:
    assert create_app(_site(tmp_path)).test_client().get(path).status_code == 503


LISTS = [
    "/", "/cases/", "/guides/", "/problems/", "/industries/", "/batches/", "/insights", "/api/",
    "/industries/C", "/industries/C23", "/industries/C15", "/industries/C30", "/industries/A", "/industries/A01",
    "/regions/330000", "/regions/330400", "/regions/350000", "/regions/350500", "/regions/450000", "/regions/450400",
    "/problems/quality-awareness",
]  # fmt: skip
DOCUMENTS = [
    "/cases/packaging", "/cases/tea", "/cases/sanitary", "/guides/packaging-2022", "/batches/3", "/about",
]  # fmt: skip


def test_the_sitemap_has_every_public_page_once(reader: FlaskClient) -> None:
    found = locations(reader.get("/sitemap.xml"))
    assert sorted(found) == sorted(f"http://localhost{path}" for path in [*LISTS, *DOCUMENTS])
    statuses = {path: reader.get(path.removeprefix("http://localhost")).status_code for path in found}
    assert {path for path, status in statuses.items() if status != 200} == set()


def test_documents_carry_their_day(tmp_path: Path) -> None:
    app = create_app(_site(tmp_path))
    files = {"cases/packaging.md": "2023-04-21", "batches/3.md": "2024-01-02", "pages/about.md": "2024-02-29"}
    for name, day in files.items():
        os.utime(tmp_path / "content" / name, (datetime.fromisoformat(f"{day}T00:00:00Z").timestamp(),) * 2)
    app.extensions["caselib"].search.rebuild(app.extensions["caselib"].store)
    root = xml(app.test_client().get("/sitemap.xml"), "application/xml")
    days = dict(zip(texts(root, "s:url[s:lastmod]/s:loc"), texts(root, "*/s:lastmod"), strict=True))
    assert len(days) == len(DOCUMENTS)
    assert [days[f"http://localhost{path}"] for path in ("/cases/packaging", "/batches/3", "/about")] == [
        *files.values()
    ]


@pytest.mark.parametrize(("most", "sizes"), [(4, [4, 2]), (3, [3, 3])])
def test_a_long_sitemap_is_split(
    reader: FlaskClient, monkeypatch: pytest.MonkeyPatch, most: int, sizes: list[int]
) -> None:
    monkeypatch.setattr(feeds, "PER_SITEMAP", most)
    root = xml(reader.get("/sitemap.xml"), "application/xml")
    assert root.tag == f"{{{feeds.SITEMAP}}}sitemapindex"
    parts = texts(root, "*/s:loc")
    assert parts == [f"http://localhost/sitemap-{number}.xml" for number in (0, 1, 2)]
    pages = [locations(reader.get(part.removeprefix("http://localhost"))) for part in parts]
    assert [len(each) for each in pages] == [len(LISTS), *sizes]
    assert sorted(pages[1] + pages[2]) == sorted(f"http://localhost{path}" for path in DOCUMENTS)
    assert reader.get("/sitemap-3.xml").status_code == 404


def test_a_sitemap_that_is_just_full_is_not_split(reader: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "PER_SITEMAP", len(LISTS) + len(DOCUMENTS))
    assert len(locations(reader.get("/sitemap.xml"))) == len(LISTS) + len(DOCUMENTS)
    monkeypatch.setattr(feeds, "PER_SITEMAP", len(LISTS) + len(DOCUMENTS) - 1)
    assert xml(reader.get("/sitemap.xml"), "application/xml").tag == f"{{{feeds.SITEMAP}}}sitemapindex"


def test_robots_are_kept_from_what_has_no_end(reader: FlaskClient) -> None:
    answer = reader.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    assert answer.get_data(as_text=True).splitlines() == [
        "User-agent: *",
        "Disallow: /login",
        "Disallow: /account",
        "Disallow: /submit/",
        "Disallow: /review/",
        "Disallow: /desk/",
        "Disallow: /preferences",
        "Disallow: /search",
        "Disallow: /suggest",
        "Disallow: /subscribe?",
        "Disallow: /qr.svg",
        "Disallow: /api/v1/",
        "",
        "Sitemap: http://localhost/sitemap.xml",
    ]


def test_a_browser_can_add_the_site_to_its_searches(library: Flask, reader: FlaskClient) -> None:
    answer = reader.get("/opensearch.xml")
    root, name = xml(answer, "application/opensearchdescription+xml"), {"o": feeds.OPENSEARCH}
    assert answer.headers["Cache-Control"] == reader.get("/robots.txt").headers["Cache-Control"]
    assert answer.cache_control.max_age == 24 * 3600
    assert [(each.tag.rpartition("}")[2], each.text) for each in root if each.text] == [
        ("ShortName", "小微企业质量提升案例库"),
        ("Description", "在小微企业质量提升案例库中搜索案例和指南"),
        ("InputEncoding", "UTF-8"),
        ("Language", "zh-CN"),
    ]
    assert [(each.attrib["type"], each.attrib["template"]) for each in root.findall("o:Url", name)] == [
        ("text/html", "http://localhost/search?q={searchTerms}"),
        ("application/atom+xml", "http://localhost/feed.atom?q={searchTerms}"),
    ]


def test_a_browser_takes_16_characters_of_a_long_name(tmp_path: Path) -> None:
    site = create_app(_site(tmp_path, name="某某省小微企业质量管理体系认证提升行动案例库"))
    root = xml(site.test_client().get("/opensearch.xml"), "application/opensearchdescription+xml")
    assert root.findtext("o:ShortName", "", {"o": feeds.OPENSEARCH}) == "某某省小微企业质量管理体系认证提"
