import logging
from pathlib import Path

import pytest
from flask import abort
from flask.testing import FlaskClient

from caselib.errors import CaselibError, Conflict, Unavailable
from tests.web.sites import case, open_site, part


def text(client: FlaskClient, path: str, method: str = "GET") -> tuple[int, str]:
    answer = client.open(path, method=method)
    return answer.status_code, answer.get_data(as_text=True)


def test_an_unknown_address_offers_search_and_ways_in(reader: FlaskClient) -> None:
    status, page = text(reader, "/no/such/page")
    assert status == 404
    assert "<h1>没有找到这个页面</h1>" in page
    assert 'role="search"' in page
    assert '<a class="chip" href="/problems/">问题</a>' in page
    assert '<meta name="robots" content="noindex">' in page


def test_what_is_not_there_is_told_with_the_way_to_what_is(reader: FlaskClient) -> None:
    said = [
        part(text(reader, path)[1], 'class="lead">', "</p>") for path in ("/cases/zzz", "/qr.svg?to=/none", "/none")
    ]
    assert said == [
        'class="lead">它可能改了名，请从列表或搜索里找。',
        'class="lead">从页面上的“用手机看”打开。',
        'class="lead">地址可能写错了，页面也可能已经移走。可以搜一搜，或从下面的入口找。',
    ]


def test_an_address_nearly_right_leads_to_the_right_one(reader: FlaskClient) -> None:
    status, page = text(reader, "/cases/packagin")
    assert status == 404
    assert "<h1>没有这个案例</h1>" in page
    assert '<li><a href="/cases/packaging">包装企业查清返工原因 &lt;合格率&gt; 上去了</a></li>' in page


@pytest.mark.parametrize(
    "path", ["/cases/zzzzzz", "/cases/tea-leaves", "/guides/packaging", "/problems/packaging", "/cases/%2e%2e%2fetc"]
)
def test_only_what_is_near_is_offered(reader: FlaskClient, path: str) -> None:
    status, page = text(reader, path)
    offered = "您要找的可能是" in page
    assert (status, offered) == (404, path == "/guides/packaging")


def test_another_method_is_refused_and_the_allowed_ones_are_named(reader: FlaskClient) -> None:
    answer = reader.delete("/search")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert "<h1>这个地址不能这样访问</h1>" in answer.get_data(as_text=True)


def test_a_fault_shows_one_sentence_and_is_logged_in_full(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = open_site(tmp_path)

    @app.get("/fault")
    def fault() -> str:
        raise RuntimeError("a secret of the program")

    with caplog.at_level(logging.ERROR, "caselib.web"):
        status, page = text(app.test_client(), "/fault")
    assert status == 500
    assert "<h1>网站出了差错</h1>" in page
    assert "secret" not in page and "Traceback" not in page
    assert [(record.getMessage(), str(record.exc_info and record.exc_info[1])) for record in caplog.records] == [
        ("GET /fault", "a secret of the program")
    ]


def test_a_full_disk_is_said_and_logged_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = open_site(tmp_path)

    @app.get("/full")
    def full() -> None:
        Path("/dev/full").write_text("nothing fits", "utf-8")

    answer = app.test_client().get("/full")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "<h1>磁盘空间不够，没有保存</h1>" in answer.text
    assert [(each.getMessage(), each.exc_info) for each in caplog.records] == [
        ("GET /full: [Errno 28] No space left on device", None)
    ]


def test_a_fault_of_the_error_page_itself_still_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_site(tmp_path)
    monkeypatch.setitem(app.jinja_env.globals, "static_url", None)
    status, page = text(app.test_client(), "/no/such/page")
    assert status == 404
    assert "<h1>没有找到这个页面</h1>" in page


@pytest.mark.parametrize(
    ("error", "status", "title", "remedy"),
    [
        (Conflict("别人刚刚改过这一条。", "请刷新后再改。"), 409, "别人刚刚改过这一条", "请刷新后再改。"),
        (Unavailable("还没有索引。", "请稍后再来。"), 503, "还没有索引", "请稍后再来。"),
        (CaselibError("名称太长。"), 400, "名称太长", ""),
    ],
)
def test_what_a_room_says_is_shown(tmp_path: Path, error: CaselibError, status: int, title: str, remedy: str) -> None:
    app = open_site(tmp_path)

    @app.get("/raise")
    def raise_it() -> str:
        raise error

    found, page = text(app.test_client(), "/raise")
    assert (found, f"<h1>{title}</h1>" in page, remedy in page) == (status, True, True)


@pytest.mark.parametrize(
    ("code", "title"),
    [(413, "提交的内容太大"), (418, "请求有误，无法处理"), (502, "网站出了差错")],
)
def test_every_status_has_words(tmp_path: Path, code: int, title: str) -> None:
    app = open_site(tmp_path)

    @app.get("/give-up")
    def give_up() -> str:
        abort(code)

    status, page = text(app.test_client(), "/give-up")
    assert (status, f"<h1>{title}</h1>" in page) == (code, True)


def test_a_broken_file_is_being_mended_and_hides_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken = "---\ntitle: 没有行业\n---\n正文。\n"
    browser = open_site(tmp_path, {"cases/broken.md": broken, "cases/good.md": case()}).test_client()
    with caplog.at_level(logging.WARNING, "caselib.web"):
        answer = browser.get("/cases/broken")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3600")
    assert "<h1>这篇内容正在修订，暂时不能显示</h1>" in answer.text
    assert "编辑在工作台看得到哪里要改。请过些时候再来，或者先看看别的内容。" in answer.text
    assert "cases/broken.md" not in answer.text
    assert "cases/broken.md" in caplog.text
    assert browser.get("/cases/good").status_code == 200


def test_a_form_without_its_token_is_refused_with_advice(tmp_path: Path) -> None:
    app = open_site(tmp_path)

    @app.post("/write")
    def write() -> str:
        return "written"

    status, page = text(app.test_client(), "/write", "POST")
    assert (status, "<h1>表单已经过期</h1>" in page) == (400, True)


def test_error_pages_are_not_kept_by_anybody(reader: FlaskClient) -> None:
    assert reader.get("/nothing").headers["Cache-Control"] == "private, no-store"
