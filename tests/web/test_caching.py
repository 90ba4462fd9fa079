from pathlib import Path

import pytest
from flask.testing import FlaskClient

from caselib.app import create_app
from caselib.web import caching, rooms
from caselib.web.caching import PageCache, files_digest
from caselib.web.preferences import COOKIE
from caselib.web.rooms import Names
from tests.web.sites import case, open_site, rendered, write

ADDRESS = "/cases/packaging"
OWN_PROBLEMS = """groups:
  - {key: hard, name: 两难}
entries:
  - {key: quality-awareness, name: 意识要加强, group: hard}
"""


def test_a_page_has_a_strong_etag_that_depends_on_the_visitors_view(reader: FlaskClient) -> None:
    first, again = reader.get(ADDRESS), reader.get(ADDRESS)
    etag, weak = first.get_etag()
    assert (again.get_etag(), weak) == ((etag, False), False)
    assert first.headers["Cache-Control"] == "no-cache"
    assert first.headers["Vary"] == "Cookie"
    reader.set_cookie(COOKIE, "large")
    assert reader.get(ADDRESS).get_etag()[0] != etag


def test_a_visitor_who_holds_the_page_gets_304_and_no_body(reader: FlaskClient) -> None:
    etag = reader.get(ADDRESS).headers["ETag"]
    answer = reader.get(ADDRESS, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", etag)
    assert reader.get(ADDRESS, headers={"If-None-Match": '"another"'}).status_code == 200


def test_a_search_answers_304_without_searching_or_rendering(reader: FlaskClient) -> None:
    etag = reader.get("/search?q=返工").headers["ETag"]
    with rendered(reader.application) as templates:
        assert reader.get("/search?q=返工", headers={"If-None-Match": etag}).status_code == 304
        assert reader.get("/search?q=检验", headers={"If-None-Match": etag}).status_code == 200
    assert templates == ["searching/results.html"]


def test_a_warm_page_is_not_rendered_again(tmp_path: Path) -> None:
    app = open_site(tmp_path)
    browser = app.test_client()
    with rendered(app) as templates:
        bodies = {browser.get(ADDRESS).data for _ in range(3)}
    assert (len(bodies), templates) == (1, ["reading/case.html"])


def test_an_address_with_a_query_is_not_kept(tmp_path: Path) -> None:
    app = open_site(tmp_path)
    browser = app.test_client()
    with rendered(app) as templates:
        for _ in range(2):
            browser.get(f"{ADDRESS}?utm_source=x")
    assert templates == ["reading/case.html"] * 2


def test_a_changed_file_gives_another_page_and_etag_at_once(tmp_path: Path) -> None:
    app = open_site(tmp_path, {"cases/new.md": case("改动之前")})
    browser = app.test_client()
    before = browser.get("/cases/new")
    write(tmp_path / "content", {"cases/new.md": case("改动之后，标题长了")})
    after = browser.get("/cases/new", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "改动之后，标题长了" in after.get_data(as_text=True)
    assert after.headers["ETag"] != before.headers["ETag"]


@pytest.mark.parametrize(
    ("file", "addresses"),
    [
        ("guides/new.md", ["/guides/new"]),
        ("batches/7.md", ["/batches/7", "/batches/"]),
        ("pages/other.md", ["/about/other", "/about/page"]),
    ],
)
def test_every_page_that_shows_a_file_is_another_when_the_file_is(
    tmp_path: Path, file: str, addresses: list[str]
) -> None:
    def text(title: str) -> str:
        return (
            f"---\ntitle: {title}\nindustry: [C23]\nyear: 2022\nedition: 2022版\npublished: 2023-04-20\n---\n\n正文。\n"
        )

    browser = open_site(tmp_path, {file: text("改动之前"), "pages/page.md": text("一页")}).test_client()
    tags = [browser.get(address).headers["ETag"] for address in addresses]
    write(tmp_path / "content", {file: text("改动之后，标题长了")})
    pages = [browser.get(address, headers={"If-None-Match": tag}) for address, tag in zip(addresses, tags, strict=True)]
    assert [(page.status_code, "改动之后，标题长了" in page.get_data(as_text=True)) for page in pages] == [
        (200, True)
    ] * len(addresses)


def test_a_changed_index_gives_other_lists(tmp_path: Path) -> None:
    app = open_site(tmp_path)
    browser = app.test_client()
    before = browser.get("/cases/")
    write(tmp_path / "content", {"cases/new.md": case("刚刚放进来的案例")})
    app.extensions["caselib"].search.sync(app.extensions["caselib"].store)
    after = browser.get("/cases/", headers={"If-None-Match": before.headers["ETag"]})
    assert "刚刚放进来的案例" in after.get_data(as_text=True)


@pytest.mark.parametrize(
    ("file", "text", "address"),
    [
        ("synonyms", "entries:\n  - [返工, 重做活]\n", "/search?q=重做活"),
        ("synonyms", "entries:\n  - [返工, 重做活]\n", "/api/v1/search?q=重做活"),
        ("stories", "entries:\n  - {problems: [], told: [今天天气不错]}\n", "/ask?q=返工"),
    ],
)
def test_an_answer_found_by_other_words_is_another_at_once(tmp_path: Path, file: str, text: str, address: str) -> None:
    app = open_site(tmp_path)
    browser, site = app.test_client(), app.extensions["caselib"]
    etag = browser.get(address).headers["ETag"]
    write(tmp_path / "content", {f"taxonomy/{file}.yml": text})
    site.search.sync(site.store)
    assert browser.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_a_changed_taxonomy_gives_other_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "TAXONOMY_SECONDS", 0.0)
    app = open_site(tmp_path)
    browser = app.test_client()
    etag = browser.get("/problems/").headers["ETag"]
    write(tmp_path / "content", {"taxonomy/problems.yml": OWN_PROBLEMS})
    page = browser.get("/problems/", headers={"If-None-Match": etag})
    assert (page.status_code, "意识要加强" in page.get_data(as_text=True)) == (200, True)


def test_pages_look_for_a_changed_taxonomy_once_a_second_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = [10.0, 10.9, 11.0, 11.0]
    names = Names(open_site(tmp_path).extensions["caselib"].store)
    monkeypatch.setattr(rooms, "monotonic", lambda: times.pop(0))
    first = names.taxonomy()
    write(tmp_path / "content", {"taxonomy/problems.yml": OWN_PROBLEMS})
    assert names.taxonomy() is first
    assert names.taxonomy().problems["quality-awareness"].name == "意识要加强"
    assert names.taxonomy() is not first
    assert times == []


def test_pages_for_somebody_with_a_session_are_neither_tagged_nor_kept(tmp_path: Path) -> None:
    app = open_site(tmp_path)
    browser = app.test_client()
    etag = browser.get(ADDRESS).headers["ETag"]
    browser.set_cookie("caselib", "anything")
    answer = browser.get(ADDRESS, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.headers["Cache-Control"], answer.get_etag()) == (
        200,
        "private, no-store",
        (None, None),
    )


def test_a_cookie_of_somebody_else_changes_nothing(reader: FlaskClient) -> None:
    etag = reader.get(ADDRESS).headers["ETag"]
    reader.set_cookie("acw_tc", "1")
    answer = reader.get(ADDRESS, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.headers["ETag"], answer.headers["Cache-Control"]) == (304, etag, "no-cache")


def test_a_large_page_is_made_anew_each_time(tmp_path: Path) -> None:
    body = "很长的一段。" * (caching.KEPT_BYTES // 6)
    app = open_site(tmp_path, {"cases/long.md": case("很长", body=body)})
    browser = app.test_client()
    with rendered(app) as templates:
        sizes = {len(browser.get("/cases/long").data) > caching.KEPT_BYTES for _ in range(2)}
    assert (sizes, templates) == ({True}, ["reading/case.html"] * 2)


def test_the_page_that_was_asked_for_longest_ago_leaves_first(tmp_path: Path) -> None:
    cache: PageCache = open_site(tmp_path).extensions["caselib-pages"]
    for number in range(caching.KEPT_PAGES):
        cache.put(str(number), b"page")
    cache.get("0")
    cache.put("one more", b"page")
    assert [cache.get("0"), cache.get("1"), cache.get("one more")] == [b"page", None, b"page"]


def test_the_version_of_the_templates_is_that_of_their_bytes_and_names(tmp_path: Path) -> None:
    write(tmp_path, {"a.html": "一", "b/c.html": "二"})
    first = files_digest(tmp_path)
    assert files_digest(tmp_path) == first
    write(tmp_path, {"a.html": "二"})
    second = files_digest(tmp_path)
    (tmp_path / "a.html").rename(tmp_path / "d.html")
    third = files_digest(tmp_path)
    write(tmp_path, {"c.py": "pass"})
    assert len({first, second, third, files_digest(tmp_path)}) == 4
    assert files_digest(tmp_path, names="*.html") == third


def test_a_page_of_another_program_or_at_another_address_has_another_etag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_site(tmp_path)
    settings = app.extensions["caselib"].settings

    def etags() -> list[str]:
        return [create_app(settings).test_client().get(path).headers["ETag"] for path in (ADDRESS, "/feed.atom")]

    first, again = etags(), etags()
    settings.base_url = "https://al.example.cn"
    moved = etags()
    settings.site = settings.site.model_copy(update={"host": "某主办单位"})
    hosted = etags()
    write(tmp_path / "program", {"a.py": "pass"})
    monkeypatch.setattr(caching, "PROGRAM", tmp_path / "program")
    changed = etags()
    assert first == again
    assert [len({*four}) for four in zip(first, moved, hosted, changed, strict=True)] == [4, 4]


@pytest.mark.parametrize("path", [ADDRESS, "/feed.atom"])
def test_a_copy_that_a_proxy_has_compressed_is_known_again(reader: FlaskClient, path: str) -> None:
    etag = reader.get(path).headers["ETag"].removeprefix("W/")
    answer = reader.get(path, headers={"If-None-Match": f"W/{etag}"})
    assert (answer.status_code, answer.data) == (304, b"")
