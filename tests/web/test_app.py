import re
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from caselib import web
from caselib.app import create_app
from caselib.cli import searching
from caselib.config import Settings, shipped
from caselib.errors import CaselibError
from tests.web.sites import case, open_site

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
PAGES = (
    "/",
    "/search?q=返工&industry=ZZ",
    "/search?q=齉齾龘",
    "/cases/",
    "/guides/",
    "/cases/packaging",
    "/guides/packaging-2022",
    "/industries/",
    "/industries/C23",
    "/regions/330000",
    "/problems/",
    "/problems/quality-awareness",
    "/batches/",
    "/batches/3",
    "/about",
    "/no/such/page",
)


@pytest.mark.parametrize("path", [*PAGES, "/static/site.js", "/static/none.js"])
def test_every_answer_carries_the_security_headers(reader: FlaskClient, path: str) -> None:
    headers = reader.get(path).headers
    assert {name: headers.getlist(name) for name in HEADERS} == {name: [value] for name, value in HEADERS.items()}


@pytest.mark.parametrize("path", PAGES)
def test_no_page_holds_inline_script_style_or_another_sites_address(reader: FlaskClient, path: str) -> None:
    page = reader.get(path).get_data(as_text=True)
    assert re.findall(r"<[^>]+\s(?:style|on[a-z]+)\s*=", page) == []
    assert re.findall(r"<style|<script(?![^>]*(?:src=|application/ld\+json))", page) == []
    assert re.findall(r"<(?:script|link|img|iframe|source)[^>]+(?:src|href)=\"(?:https?:)?//(?!localhost)", page) == []


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_one_title_one_heading_one_main_and_a_way_past_the_header(
    reader: FlaskClient, path: str
) -> None:
    page = reader.get(path).get_data(as_text=True)
    counts = [
        len(re.findall(pattern, page)) for pattern in (r"<title>[^<]+</title>", r"<h1[ >]", r"<main ", 'class="skip"')
    ]
    assert counts == [1, 1, 1, 1]
    assert '<html lang="zh-CN"' in page


def test_without_a_key_the_site_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(CaselibError, match="CASELIB_SECRET_KEY"):
        create_app(Settings(content=tmp_path, data=tmp_path / "var"))


def test_without_an_index_and_without_content_the_site_stands(tmp_path: Path) -> None:
    settings = Settings(content=tmp_path / "content", data=tmp_path / "var", demo=True)
    browser = create_app(settings).test_client()
    paths = ("/", "/search?q=质量", "/cases/", "/problems/", "/batches/")
    assert [browser.get(path).status_code for path in paths] == [200, 503, 503, 200, 200]
    topics = ("/industries/", "/industries/C", "/regions/330000", "/problems/quality-awareness")
    assert [browser.get(path).status_code for path in topics] == [503] * 4
    assert "<h1>搜索暂时不能用</h1>" in browser.get("/search?q=质量").get_data(
        as_text=True
    )  # and not: nothing was found
    assert browser.get("/about").status_code == 404


@pytest.mark.parametrize("files", [{}, {"cases/one.md": case()}, {"pages/z.md": "---\ntitle: 隐私说明\n---\n正文。\n"}])
def test_no_page_leads_to_one_that_is_not_there(tmp_path: Path, files: dict[str, str]) -> None:
    browser = open_site(tmp_path, files, only=True).test_client()
    shown = [browser.get(path).get_data(as_text=True) for path in ("/", "/industries/", "/insights", "/api/", "/none")]
    addresses = sorted({href for page in shown for href in re.findall(r'href="(/[^"#]*)', page)})
    dead = [href for href in addresses if browser.get(unescape(href)).status_code == 404]
    assert (len(addresses) > 20, dead) == (True, [])


def test_one_thing_has_one_name_wherever_a_visitor_reads_it() -> None:
    other = re.compile("检索|化名|后台|(?<!运维|管理)人员")  # 搜索, 代号, 工作台, 账号
    texts = [*shipped("templates").rglob("*.html"), *Path(web.__file__).parent.rglob("*.*"), Path(searching.__file__)]
    found = [
        (path.name, said) for path in texts if path.suffix != ".pyc" for said in other.findall(path.read_text("utf-8"))
    ]
    assert (len(texts) > 100, found) == (True, [])


def test_the_footer_shows_what_is_configured_and_nothing_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = open_site(tmp_path / "bare").test_client().get("/").get_data(as_text=True)
    assert [word for word in ("主办单位", "政府网站标识码", "地址：", "ICP") if word in bare] == []
    monkeypatch.setenv("CASELIB_SITE_HOST", "某省市场监督管理局")
    monkeypatch.setenv("CASELIB_SITE_ICP", "某ICP备00000000号")
    full = open_site(tmp_path / "full").test_client().get("/").get_data(as_text=True)
    assert "主办单位：某省市场监督管理局" in full
    assert "某ICP备00000000号" in full


def test_the_sites_of_one_test_run_share_compiled_templates(app: Flask, library: Flask) -> None:
    """Else each test compiles every template it meets again, which takes longer than all it tests."""
    loaded = [site.jinja_env.get_template("base.html").root_render_func.__code__ for site in (app, library)]
    assert loaded[0] is loaded[1]
