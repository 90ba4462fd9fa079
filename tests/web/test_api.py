"""The API as a promise: every key and type of its answers, and every way of being refused."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from caselib.app import create_app
from caselib.config import Settings
from caselib.search import Answer, FacetValue, SearchQuery
from caselib.web import parameters
from caselib.web.answers import SearchAnswer, search_json
from tests.web import small_library
from tests.web.sites import case, open_site


def types(value: Any) -> Any:
    """The shape of a JSON value: keys with the names of their types; a list by its first item."""
    if isinstance(value, dict):
        return {key: types(each) for key, each in value.items()}
    if isinstance(value, list):
        return [types(value[0])] if value else []
    return type(value).__name__


def error(answer: Any) -> Any:
    return answer.get_json()["error"]


LEAF = {"value": "str", "label": "str", "count": "int", "selected": "bool", "children": []}
HIT = {
    "kind": "str",
    "slug": "str",
    "title": "str",
    "title_html": "str",
    "url": "str",
    "anchor": "str",
    "score": "float",
    "summary": "str",
    "snippet_html": "str",
    "industry": ["str"],
    "region": "str",
    "year": "int",
    "batch": "int",
    "problems": ["str"],
    "effects": ["str"],
    "firm": "str",
    "firm_size": "str",
    "published": "str",
    "updated": "str",
    "sample": "bool",
}


def test_a_search_answers_with_these_keys_and_types(reader: FlaskClient) -> None:
    answer = reader.get("/api/v1/search?q=产品合格率&industry=C23&kind=case&per_page=10").get_json()
    assert types(answer) == {
        "query": "str",
        "total": "int",
        "page": "int",
        "per_page": "int",
        "took_ms": "float",
        "did_you_mean": "NoneType",
        "relaxed": "bool",
        "corrected": "bool",
        "unknown": [],
        "hits": [HIT],
        "facets": {
            "kind": [LEAF],
            "industry": [LEAF | {"children": [LEAF]}],
            "region": [LEAF | {"children": [LEAF]}],
            "year": [LEAF],
            "batch": [LEAF],
            "problem": [LEAF],
            "effect": [LEAF],
            "measure": [],
            "firm_size": [LEAF],
        },
    }


@pytest.mark.parametrize(
    "asked", [{}, {"q": "返工", "industry": ("C",)}, {"q": "齉齾龘"}, {"per_page": 100, "year": (2099,)}]
)
def test_the_json_of_a_search_is_that_of_its_model(library: Flask, asked: dict[str, Any]) -> None:
    answer = library.extensions["caselib"].search.search(SearchQuery(**asked))
    assert search_json(answer).decode() == SearchAnswer.model_validate(answer).model_dump_json()


def test_the_json_of_facet_values_is_that_of_their_model_whatever_they_are_called() -> None:
    below = [FacetValue('C"23', "印刷\n\\媒介 \u2028", 0, True), FacetValue("C33", "<金属>\x01", 12345, False)]
    facets = {
        "industry": [FacetValue("C", "制造业", 7, False, below), FacetValue("A", "", 1, True)],
        "year": [],
        "guide": below,
    }
    answer = Answer("问", 1, 1, 10, 0.5, None, False, [], facets, corrected=True)
    for _ in range(2):
        assert search_json(answer).decode() == SearchAnswer.model_validate(answer).model_dump_json()


def test_a_search_finds_the_case_and_says_what_is_known_of_it(reader: FlaskClient) -> None:
    answer = reader.get("/api/v1/search?q=查清返工原因&industry=C23&kind=case").get_json()
    assert (answer["query"], answer["total"], answer["page"], answer["per_page"]) == ("查清返工原因", 1, 1, 10)
    (hit,) = answer["hits"]
    assert {key: hit[key] for key in HIT.keys() - {"score", "snippet_html", "title_html", "updated", "anchor"}} == {
        "kind": "case",
        "slug": "packaging",
        "title": "包装企业查清返工原因 <合格率> 上去了",
        "url": "/cases/packaging",
        "summary": "查清返工的原因，产品合格率提高。",
        "industry": ["C23"],
        "region": "330400",
        "year": 2022,
        "batch": 3,
        "problems": ["quality-awareness"],
        "effects": ["product-quality", "cost-reduction"],
        "firm": "嘉兴某包装有限公司",
        "firm_size": "小型",
        "published": "2023-04-20",
        "sample": False,
    }
    assert "&lt;合格率&gt;" in hit["title_html"]


def test_filters_narrow_and_letters_cover_their_divisions(reader: FlaskClient) -> None:
    def slugs(query: str) -> list[str]:
        return sorted(hit["slug"] for hit in reader.get(f"/api/v1/search?{query}").get_json()["hits"])

    assert slugs("kind=case") == ["packaging", "sanitary", "tea"]
    assert slugs("kind=case&kind=guide&industry=C23") == ["packaging", "packaging-2022"]
    assert slugs("kind=case&industry=A") == ["tea"]
    assert slugs("kind=case&region=330000") == ["packaging"]
    assert slugs("kind=case&year=2021&year=2022&firm_size=微型") == ["sanitary"]
    assert slugs("kind=case&page=2&per_page=2") == ["sanitary"]
    assert slugs("kind=case&page=9") == []


def test_a_batch_says_its_number_and_does_not_count_among_its_cases(reader: FlaskClient) -> None:
    def found(query: str) -> list[tuple[str, int | None]]:
        return [(hit["url"], hit["batch"]) for hit in reader.get(f"/api/v1/search?{query}").get_json()["hits"]]

    assert found("kind=batch") == [("/batches/3", 3)]
    assert found("batch=3") == [("/cases/packaging", 3), ("/cases/tea", 3)]


def test_what_a_text_links_to_is_where_its_page_says(tmp_path: Path) -> None:
    body = "[二](b.md) [指南](../guides/packaging-2022.md)"
    reader = open_site(tmp_path, {"cases/a.md": case(body=body), "cases/b.md": case()}).test_client()
    addresses = re.findall('href="(.*?)"', reader.get("/api/v1/cases/a").get_json()["html"])
    assert addresses == ["/cases/b", "/guides/packaging-2022"]
    assert {reader.get(address).status_code for address in addresses} == {200}


def test_a_box_to_tick_is_a_character_in_an_answer(tmp_path: Path) -> None:
    reader = open_site(tmp_path, {"cases/a.md": case(body="- □ 压力表点检过\n- [x] 印版号一致")}).test_client()
    assert reader.get("/api/v1/cases/a").get_json()["html"] == (
        '<ul>\n<li class="check">□ 压力表点检过</li>\n<li class="check">☑ 印版号一致</li>\n</ul>\n'
    )


def test_a_case_has_its_front_matter_its_html_and_its_sections(reader: FlaskClient) -> None:
    answer = reader.get("/api/v1/cases/packaging").get_json()
    digest = answer.pop("digest")
    assert len(digest) == 64
    assert answer == {
        "kind": "case",
        "slug": "packaging",
        "url": "/cases/packaging",
        "title": "包装企业查清返工原因 <合格率> 上去了",
        "summary": "查清返工的原因，产品合格率提高。",
        "html": '<h2 id="问题">问题</h2>\n<p>返工多，说不清原因。</p>\n<h2 id="成效">成效</h2>\n<p>产品合格率从98.2%提高到99.8%。</p>\n',
        "sections": [
            {"anchor": "问题", "heading": "问题", "level": 2, "text": "返工多，说不清原因。"},
            {"anchor": "成效", "heading": "成效", "level": 2, "text": "产品合格率从98.2%提高到99.8%。"},
        ],
        "front_matter": {
            "title": "包装企业查清返工原因 <合格率> 上去了",
            "summary": "查清返工的原因，产品合格率提高。",
            "source": "",
            "published": "2023-04-20",
            "sample": False,
            "industry": ["C23"],
            "region": "330400",
            "year": 2022,
            "batch": 3,
            "firm": "嘉兴某包装有限公司",
            "firm_size": "小型",
            "certifier": "",
            "submitter": "浙江省市场监督管理局",
            "problems": ["quality-awareness"],
            "measures": [],
            "effects": ["product-quality", "cost-reduction"],
            "metrics": [{"name": "产品合格率", "unit": "%", "before": 98.2, "after": 99.8, "change": None}],
            "guides": ["packaging-2022"],
        },
    }


def test_keys_that_nobody_knows_stay_at_home(reader: FlaskClient) -> None:
    text = reader.get("/api/v1/cases/packaging").get_data(as_text=True)
    assert [word for word in ("reviewer", "不公开的一行", "checked_by", "张三") if word in text] == []


def test_a_guide_has_its_own_front_matter(reader: FlaskClient) -> None:
    answer = reader.get("/api/v1/guides/packaging-2022").get_json()
    assert answer["kind"] == "guide"
    assert answer["front_matter"] == {
        "title": "包装行业实施指南",
        "summary": "先管好首件，再管好清场。",
        "source": "",
        "published": "2022-11-01",
        "sample": False,
        "industry": ["C23"],
        "region": None,
        "issuer": "某省市场监督管理局",
        "edition": "2022版",
        "year": 2022,
        "series": "",
        "supersedes": "",
        "standards": ["GB/T 19001-2016"],
        "problems": [],
    }


def test_a_vocabulary_lists_its_terms_and_problems_their_groups(reader: FlaskClient) -> None:
    answer = reader.get("/api/v1/taxonomy/problems").get_json()
    assert [term["name"] for term in answer["terms"][:3]] == ["两难", "两不", "两低"]
    assert answer["terms"][3]["parent"] == "hard"
    effects = reader.get("/api/v1/taxonomy/effects").get_json()
    assert effects["name"] == "effects"
    assert effects["terms"][0] == {
        "key": "quality-awareness",
        "name": "质量意识提升",
        "parent": None,
        "description": "",
        "terms": [],
        "editable": False,
        "source": "",
        "firms": 12900,
        "share": 90.42,
    }
    assert len(reader.get("/api/v1/taxonomy/industries").get_json()["terms"]) == 117


REFUSED = [
    ("/api/v1/search?per_page=101", 400, "每页条数“101”不是1到100之间的整数。", "写1到100之间的整数。", "per_page"),
    ("/api/v1/search?pages=2", 400, "没有“pages”这个参数。", None, "pages"),
    ("/api/v1/search?industry=Z", 400, "行业“Z”不存在。", "全部取值见 /api/v1/taxonomy/industries。", "industry"),
    ("/api/v1/search?q=" + "返" * 501, 400, "搜索内容太长，最多500个字。", "删去次要的内容。", "q"),
    ("/api/v1/cases/none", 404, "没有这个案例。", "它可能改了名或已撤下，请从列表或搜索里找。", None),
    ("/api/v1/guides/..%2f..%2fetc", 404, "没有这个接口地址。", "全部地址见 /api/openapi.json。", None),
    ("/api/v1/cases/packaging?lang=en", 400, "没有“lang”这个参数。", "这个地址不带参数。", "lang"),
    ("/api/v1/suggest?text=a", 400, "没有“text”这个参数。", "这个地址只有 q 这个参数。", "text"),
    ("/api/v1/taxonomy/colours", 404, "没有“colours”这个词表。", "词表有：industries、regions、problems、measures、effects。", None),
    ("/api/v2/search", 404, "没有这个接口地址。", "全部地址见 /api/openapi.json。", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "status", "message", "remedy", "field"), REFUSED, ids=[each[0][:40] for each in REFUSED]
)
def test_what_is_wrong_is_refused_with_a_remedy(
    reader: FlaskClient, address: str, status: int, message: str, remedy: str | None, field: str | None
) -> None:
    answer = reader.get(address)
    assert (answer.status_code, answer.mimetype) == (status, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert error(answer) == {"message": message, "remedy": remedy or error(answer)["remedy"], "field": field}


@pytest.mark.parametrize(("size", "status"), [(64 * 1024, 200), (64 * 1024 + 1, 413), (34 * 1024 * 1024, 413)])
def test_a_body_that_is_too_long_is_refused_with_what_to_do(reader: FlaskClient, size: int, status: int) -> None:
    body = b'{"q": "' + b"a" * (size - 9) + b'"}'
    answer = reader.post("/api/v1/describe", data=body, content_type="application/json")
    kept = "private, no-store" if status == 200 else "no-store"
    assert (len(body), answer.status_code) == (size, status)
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/json", kept)
    if status == 413:
        remedy = "最多 64 KB。q 只看前1000个字，请缩短后再发。"
        assert error(answer) == {"message": "请求体太长。", "remedy": remedy, "field": None}


def test_the_nearest_parameter_is_named(reader: FlaskClient) -> None:
    remedy = error(reader.get("/api/v1/search?indutry=C"))["remedy"]
    assert remedy.startswith("您要用的是不是 industry？可用的参数有：q、kind、industry、")


def test_nothing_can_be_written(reader: FlaskClient) -> None:
    answers = [reader.open("/api/v1/search", method=method) for method in ("POST", "PUT", "DELETE", "PATCH")]
    assert [answer.status_code for answer in answers] == [405] * 4
    assert error(answers[0]) == {
        "message": "这个接口地址不接受这种请求方法。",
        "remedy": "改用 GET；每个地址接受的方法见 /api/openapi.json。",
        "field": None,
    }
    assert {each.strip() for each in answers[0].headers["Allow"].split(",")} == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    ("accept", "status"), [("text/xml", 406), ("application/json", 200), ("text/html, */*;q=0.1", 200)]
)
def test_only_json_is_spoken(reader: FlaskClient, accept: str, status: int) -> None:
    assert reader.get("/api/v1/search", headers={"Accept": accept}).status_code == status


def test_the_page_about_the_api_is_for_browsers(reader: FlaskClient) -> None:
    answer = reader.get("/api/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (200, "text/html")


def test_a_fault_of_the_program_is_json_too(tmp_path: Path) -> None:
    app = create_app(_settings(tmp_path))
    del app.extensions["caselib-pages"]
    app.testing = False
    answer = app.test_client().get("/api/v1/taxonomy/effects")
    assert answer.status_code == 500
    assert error(answer) == {
        "message": "网站出了差错。",
        "remedy": "不是您的问题，我们已经记录下来。请稍后再试。",
        "field": None,
    }


def _settings(folder: Path) -> Settings:
    content = small_library.write(folder / "content")
    return Settings(content=content, data=folder / "var", demo=True)


def test_without_an_index_a_search_says_so_and_a_case_is_still_there(tmp_path: Path) -> None:
    client = create_app(_settings(tmp_path)).test_client()
    answer = client.get("/api/v1/search?q=a")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert error(answer)["message"] == "搜索暂时不能用。"
    assert client.get("/api/v1/cases/tea").status_code == 200


def test_a_file_with_errors_is_unavailable_and_its_faults_stay_at_home(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    (settings.content / "cases" / "bad.md").write_text("---\ntitle: [\n---\n", "utf-8")
    answer = create_app(settings).test_client().get("/api/v1/cases/bad")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3600")
    assert error(answer)["message"] == "这篇内容正在修订，暂时不能显示。"


def test_scripts_of_any_site_may_read(reader: FlaskClient) -> None:
    for address in ("/api/v1/search", "/api/v1/search?x=1", "/api/nowhere", "/api/openapi.json"):
        headers = reader.get(address, headers={"Origin": "https://example.org"}).headers
        assert headers.getlist("Access-Control-Allow-Origin") == ["*"]
        assert headers.getlist("Cross-Origin-Resource-Policy") == ["cross-origin"]
        assert "Access-Control-Allow-Credentials" not in headers
    assert reader.options("/api/v1/search").headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS, POST"


def test_what_has_not_changed_is_not_sent_again(reader: FlaskClient) -> None:
    for address in ("/api/v1/search?q=返工", "/api/v1/cases/tea", "/api/v1/taxonomy/measures", "/api/openapi.json"):
        tag = reader.get(address).headers["ETag"]
        again = reader.get(address, headers={"If-None-Match": tag})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert reader.get("/api/v1/search?q=返工", headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_new_case_changes_the_tag(tmp_path: Path) -> None:
    app = create_app(_settings(tmp_path))
    rooms = app.extensions["caselib"]
    rooms.search.rebuild(rooms.store)
    client = app.test_client()
    before = client.get("/api/v1/search").headers["ETag"]
    (rooms.store.root / "cases" / "new.md").write_text(small_library.FILES["cases/tea.md"], "utf-8")
    rooms.search.sync(rooms.store)
    after = client.get("/api/v1/search", headers={"If-None-Match": before})
    assert (after.status_code, after.get_json()["total"]) == (200, 7)


def test_the_page_about_the_api_names_every_address_and_parameter(reader: FlaskClient) -> None:
    html = reader.get("/api/").get_data(as_text=True)
    paths = reader.get("/api/openapi.json").get_json()["paths"]
    assert [path for path in paths if f"<code>{path}</code>" not in html] == []
    assert [name for name in parameters.NAMES if f"<code>{name}</code>" not in html] == []


def _queries() -> Iterator[st.SearchStrategy[str]]:
    yield st.text(max_size=60)
    yield st.text(alphabet="AND OR NOT()\"'*?~^[]{}:\\/+-&|!@#%<>链质AB19，。 \x00\u3000\ud800", max_size=40)
    yield st.sampled_from(
        ["C", "330400", "2022", "3", "newest", "case", "小型", "0", "-1", "/cases/tea", "//x", "/cases/%00"]
    )


ADDRESSES = [
    "/api/v1/search",
    "/api/v1/suggest",
    "/search",
    "/cases/",
    "/feed.atom",
    "/suggest",
    "/qr.svg",
    "/insights",
]


@given(
    address=st.sampled_from(ADDRESSES),
    pairs=st.lists(st.tuples(st.one_of(st.sampled_from([*parameters.NAMES, "path"]), st.text(max_size=8)), st.one_of(*_queries())), max_size=6),
)  # fmt: skip
def test_no_query_string_breaks_the_site(library: Flask, address: str, pairs: list[tuple[str, str]]) -> None:
    query = [(_sendable(name), _sendable(value)) for name, value in pairs]
    answer = library.test_client().get(address, query_string=dict(query))
    assert answer.status_code in (200, 400, 404)


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@given(address=st.sampled_from(ADDRESSES), raw=st.binary(max_size=60))
def test_no_raw_bytes_break_the_site(library: Flask, address: str, raw: bytes) -> None:
    environ = {"QUERY_STRING": raw.decode("latin-1")}
    assert library.test_client().get(address, environ_overrides=environ).status_code in (200, 400, 404)
