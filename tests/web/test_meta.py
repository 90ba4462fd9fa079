import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from caselib.app import create_app
from caselib.config import Settings, SiteIdentity
from tests.web import small_library


def head(client: FlaskClient, path: str) -> str:
    html = client.get(path).get_data(as_text=True)
    return html[: html.index("</head>")]


def tags(client: FlaskClient, path: str, kind: str = "name") -> dict[str, str]:
    """The ``<meta>`` of a page, in its order, without those about the window."""
    found = dict(re.findall(rf'<meta {kind}="([^"]*)" content="([^"]*)">', head(client, path)))
    return {name: content for name, content in found.items() if name not in ("viewport", "theme-color")}


def links(client: FlaskClient, path: str) -> list[tuple[str, str]]:
    found = re.findall(r'<link rel="([^"]*)"(?: type="[^"]*" title="[^"]*")? href="([^"]*)"', head(client, path))
    return [(rel, href) for rel, href in found if rel in ("canonical", "alternate", "search")]


def data(client: FlaskClient, path: str) -> list[dict[str, object]]:
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', head(client, path), re.DOTALL)
    found: list[dict[str, object]] = json.loads(text)["@graph"]
    return found


@pytest.fixture
def official(tmp_path: Path) -> FlaskClient:
    """A site that knows its address, its host and its code, and has a case that tries to break out."""
    identity = SiteIdentity(name="案例库", domain="example.gov.cn", id_code="bm00000001", host="某局")
    settings = Settings(
        content=small_library.write(tmp_path / "content"),
        data=tmp_path / "var",
        demo=True,
        base_url="https://example.gov.cn/",
        site=identity,
    )
    evil = small_library.FILES["cases/sanitary.md"].replace("卫浴企业", "</script><script>alert(1)</script>&")
    (settings.content / "cases" / "evil.md").write_text(evil, "utf-8")
    app = create_app(settings)
    app.extensions["caselib"].search.rebuild(app.extensions["caselib"].store)
    return app.test_client()


def test_a_case_says_what_public_sites_owe(official: FlaskClient) -> None:
    assert tags(official, "/cases/packaging") == {
        "SiteName": "案例库",
        "SiteDomain": "example.gov.cn",
        "SiteIDCode": "bm00000001",
        "ColumnName": "案例",
        "ArticleTitle": "包装企业查清返工原因 &lt;合格率&gt; 上去了",
        "PubDate": "2023-04-20 00:00",
        "ContentSource": "浙江省市场监督管理局",
        "Keywords": "印刷和记录媒介复制业,质量意识不强,产品质量水平提升,成本下降",
        "Description": "查清返工的原因，产品合格率提高。",
        "Url": "https://example.gov.cn/cases/packaging",
    }


def test_what_is_not_configured_is_left_out(reader: FlaskClient) -> None:
    assert tags(reader, "/insights") == {"SiteName": "小微企业质量提升案例库", "ColumnName": "成效", "Url": "/insights"}


def test_a_card_can_be_made_of_every_page(official: FlaskClient) -> None:
    assert tags(official, "/guides/packaging-2022", "property") == {
        "og:site_name": "案例库",
        "og:title": "包装行业实施指南",
        "og:type": "article",
        "og:url": "https://example.gov.cn/guides/packaging-2022",
        "og:description": "先管好首件，再管好清场。",
        "og:locale": "zh_CN",
    }
    assert tags(official, "/industries/C23", "property")["og:title"] == "印刷和记录媒介复制业"
    assert tags(official, "/", "property")["og:title"] == "首页"


def test_a_sample_says_so_and_names_nobody_as_its_author(official: FlaskClient) -> None:
    found = tags(official, "/cases/tea")
    assert found["ContentSource"] == "某局"
    assert found["Description"] == "【示范内容】渥堆的温度每天记录，产品合格率稳定。"
    thing = data(official, "/cases/tea")[0]
    assert thing["author"] == {"@type": "Organization", "name": "某局"}


def test_a_case_is_an_article_with_its_trail(official: FlaskClient) -> None:
    assert data(official, "/cases/packaging") == [
        {
            "@type": "Article",
            "headline": "包装企业查清返工原因 <合格率> 上去了",
            "description": "查清返工的原因，产品合格率提高。",
            "inLanguage": "zh-CN",
            "keywords": ["印刷和记录媒介复制业", "质量意识不强", "产品质量水平提升", "成本下降"],
            "datePublished": "2023-04-20",
            "author": {"@type": "Organization", "name": "浙江省市场监督管理局"},
            "publisher": {"@type": "Organization", "name": "某局"},
            "mainEntityOfPage": "https://example.gov.cn/cases/packaging",
        },
        {
            "@type": "BreadcrumbList",
            "itemListElement": [
                {"@type": "ListItem", "position": 1, "name": "首页", "item": "https://example.gov.cn/"},
                {"@type": "ListItem", "position": 2, "name": "案例", "item": "https://example.gov.cn/cases/"},
                {
                    "@type": "ListItem",
                    "position": 3,
                    "name": "包装企业查清返工原因 <合格率> 上去了",
                    "item": "https://example.gov.cn/cases/packaging",
                },
            ],
        },
    ]
    assert data(official, "/guides/packaging-2022")[0]["@type"] == "TechArticle"


def test_a_title_cannot_end_the_data_block(official: FlaskClient) -> None:
    assert data(official, "/cases/evil")[0]["headline"] == "</script><script>alert(1)</script>&把检验做到每道工序"
    assert "<script>alert" not in head(official, "/cases/evil")


def test_pages_other_than_cases_and_guides_have_no_data_block(official: FlaskClient) -> None:
    assert [path for path in ("/", "/cases/", "/batches/3", "/insights") if "ld+json" in head(official, path)] == []


def test_every_page_names_its_one_address_and_the_feed(official: FlaskClient) -> None:
    assert links(official, "/cases/packaging") == [
        ("canonical", "https://example.gov.cn/cases/packaging"),
        ("alternate", "/feed.atom"),
        ("search", "/opensearch.xml"),
    ]


def test_a_search_is_not_to_be_indexed_and_has_a_feed_of_its_own(official: FlaskClient) -> None:
    assert tags(official, "/search?q=返工")["robots"] == "noindex, follow"
    assert links(official, "/search?q=返工&industry=C") == [
        ("alternate", "/feed.atom"),
        ("alternate", "/feed.atom?q=%E8%BF%94%E5%B7%A5&amp;industry=C"),
        ("search", "/opensearch.xml"),
    ]
    assert ("alternate", "/feed.atom?kind=guide") in links(official, "/guides/")
    assert ("alternate", "/feed.atom?kind=guide") in links(official, "/guides/?per_page=20")


def test_the_list_offers_to_be_followed(reader: FlaskClient) -> None:
    html = reader.get("/search?q=返工&year=2022").get_data(as_text=True)
    assert '<a href="/subscribe?q=%E8%BF%94%E5%B7%A5&amp;year=2022">订阅这个搜索</a>' in html
    assert '<a href="/subscribe?kind=guide">订阅更新</a>' in reader.get("/guides/").get_data(as_text=True)


@pytest.mark.parametrize("q", ["渥堆 火箭 卫星 潜艇 飞机", "返公"], ids=["some of the words", "a misspelt word"])
def test_what_no_feed_would_give_is_not_offered_to_be_followed(reader: FlaskClient, q: str) -> None:
    html = reader.get("/search", query_string={"q": q}).get_data(as_text=True)
    assert ("<article" in html, 'class="follow' in html) == (True, False)


def test_the_order_of_a_search_is_no_part_of_what_is_followed(reader: FlaskClient) -> None:
    html = reader.get("/search?q=返工&sort=newest").get_data(as_text=True)
    assert re.findall('href="(/(?:feed.atom|subscribe)[?].*?)"', html) == [
        "/feed.atom?q=%E8%BF%94%E5%B7%A5",
        "/subscribe?q=%E8%BF%94%E5%B7%A5",
    ]


def test_a_page_that_others_will_see_never_repeats_a_visitors_host(reader: FlaskClient) -> None:
    html = reader.get("/cases/packaging", headers={"Host": "evil.example"}).get_data(as_text=True)
    assert "evil.example" not in html


def test_an_error_page_claims_no_address(reader: FlaskClient) -> None:
    assert tags(reader, "/cases/none") == {"robots": "noindex"}
    assert links(reader, "/cases/none") == []
