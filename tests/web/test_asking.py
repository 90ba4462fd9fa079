"""说说您的问题: what was understood is shown with its reason, and nothing of it is kept."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from caselib.app import create_app
from caselib.search import Reason
from caselib.web.asking import Said, quoted, said
from caselib.web.rooms import rooms
from tests.web.conftest import AddAccount, SignIn
from tests.web.sites import html, links, open_site, part

TOLD = "我们做包装的，客户天天退货，<b>查不出原因</b>"


def test_each_problem_is_shown_with_the_words_it_was_recognised_by(reader: FlaskClient) -> None:
    page = reader.post("/ask", data={"q": TOLD}).get_data(as_text=True)
    understood = part(page, 'id="understood"', "</section>")
    assert ("产品质量水平低", "/problems/quality-bottleneck") in links(understood)
    assert "您说“<mark>客户天天退货</mark>”" in understood
    assert "您说“<mark>&lt;b&gt;查不出原因&lt;/b&gt;</mark>”" in understood
    assert "<b>查不出" not in page


@pytest.mark.parametrize(("size", "status"), [(64 * 1024, 200), (64 * 1024 + 1, 413)])
def test_more_than_anybody_writes_is_not_read(reader: FlaskClient, size: int, status: int) -> None:
    answer = reader.post("/ask", data=b"q=" + b"a" * (size - 2), content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, "提交的内容太大" in answer.get_data(as_text=True)) == (status, status == 413)


def test_a_case_is_shown_with_the_clause_and_the_words_it_was_found_by(reader: FlaskClient) -> None:
    page = reader.post("/ask", data={"q": "老板发愁，<b>查不出原因</b>"}).get_data(as_text=True)
    first = part(page, "可以看看这些案例", "</article>")
    assert links(first)[0] == ("包装企业查清返工原因&lt;合格率&gt;上去了", "/cases/packaging")
    assert "您说“&lt;b&gt;查不出原因&lt;/b&gt;”，文中写到“原因”" in first
    assert "<mark>原因</mark>" in first


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("纸箱", ("我们做", "纸箱", "的客户老是退货说尺寸不准…")),
        ("尺寸", ("…们做纸箱的客户老是退货说", "尺寸", "不准工人换得勤老师傅一走…")),
        ("不会", ("…准工人换得勤老师傅一走就", "不会", "")),
        (
            "我们做纸箱的客户老是退货说尺寸不准工人换得勤老师傅",
            ("", "我们做纸箱的客户老是退货说尺寸不准工人换得勤老师…", "一走就不会"),
        ),
    ],
)
def test_of_a_story_without_a_pause_only_what_stands_around_the_words_is_repeated(
    words: str, shown: tuple[str, str, str]
) -> None:
    story = "我们做纸箱的客户老是退货说尺寸不准工人换得勤老师傅一走就不会"
    start = story.index(words)
    assert said(story, Reason(start, start + len(words), "x")) == Said(*shown, "x")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ([], "我们做纸箱的客户老是退货说尺寸不准工人换得勤老师…"),
        (["返工", "纸箱"], "我们做纸箱的客户老是退货说尺寸不准工人换得勤老师…"),
        (["尺寸", "工人"], "…们做纸箱的客户老是退货说尺寸不准工人换得勤老师傅…"),
        (["不会"], "…客户老是退货说尺寸不准工人换得勤老师傅一走就不会"),
    ],
)
def test_of_a_long_clause_the_part_with_the_words_found_is_repeated(words: list[str], shown: str) -> None:
    assert quoted("我们做纸箱的客户老是退货说尺寸不准工人换得勤老师傅一走就不会", words) == shown
    assert quoted("老师傅一走就不会", words) == "老师傅一走就不会"


def test_two_clauses_are_reason_enough_and_the_api_gives_all(reader: FlaskClient) -> None:
    told = "做纸箱的，纸箱不好，纸箱坏"
    page = html(reader, f"/ask?q={told}")
    trade = part(page, '<a href="/industries/C22">', "</ul>")
    assert re.findall("您说“(.*?)”", trade) == ["做<mark>纸箱</mark>的", "<mark>纸箱</mark>不好"]
    answer = reader.get(f"/api/v1/describe?q={told}").get_json()
    assert [len(each["reasons"]) for each in answer["industries"]] == [3, 3]


def test_what_is_said_twice_is_one_reason(reader: FlaskClient) -> None:
    understood = part(html(reader, "/ask?q=客户天天退货，返工多。客户天天退货"), 'id="understood"', "</section>")
    assert understood.count("客户天天退货") == 1


def test_a_story_without_a_pause_is_not_repeated_with_every_result(reader: FlaskClient) -> None:
    story = "我们做包装的客户天天退货查不出原因也不知道该怎么办才好工人换得勤老师傅一走新人就不会了"
    page = reader.post("/ask", data={"q": story}).get_data(as_text=True)
    assert page.count(story) == 1


def test_a_short_text_has_an_address_and_a_long_one_has_not(reader: FlaskClient) -> None:
    address = "/ask?q=%E8%BF%94%E5%B7%A5%E5%A4%9A"
    assert ("这个网址", address) in links(reader.post("/ask", data={"q": "返工多"}).get_data(as_text=True))
    assert "您说“<mark>返工多</mark>”" in html(reader, address)
    long = reader.post("/ask", data={"q": "返工多。" * 51}).get_data(as_text=True)
    assert "这个网址" not in [text for text, _ in links(long)]


def test_what_cannot_be_understood_is_said_so(reader: FlaskClient) -> None:
    page = html(reader, "/ask?q=齉齾龘")
    assert "没有听出是哪一类问题" in page
    assert ("没有听明白" in page, "我们听出了这些" in page) == (True, False)
    assert "没有听出是哪一类问题，也没有找到相关的案例和指南。请再写具体一点：哪道工序" in page
    assert "本站提供案例和指南，不办理认证，也不受理投诉。" in page
    assert links(part(page, "多久发生一次。", "</p>")) == [
        ("直接搜索这些字", "/search?q=%E9%BD%89%E9%BD%BE%E9%BE%98"),
        ("共性质量问题", "/problems/"),
    ]
    assert "这个网址" not in page


def test_what_helps_stands_before_what_was_not_understood(reader: FlaskClient) -> None:
    page = html(reader, "/ask?q=嘉兴公司的成效")
    asked = page.index("您做什么")
    assert asked < page.index("可以看看这些案例") < page.index("想找得更准") < page.index("没有听出是哪一类问题")
    assert ("没有听明白" in page, "我们听出了这些" in page) == (False, False)
    assert links(part(page, "主要谈：", "</li>")) == [("质量意识不强", "/problems/quality-awareness")]


def test_too_much_is_cut_and_said_so(reader: FlaskClient) -> None:
    page = reader.post("/ask", data={"q": "返工。" * 400}).get_data(as_text=True)
    assert "您写的内容超过1000个字，只用了前1000个字。" in page
    assert "您写的内容超过" not in reader.post("/ask", data={"q": "返工"}).get_data(as_text=True)


def test_nothing_told_leaves_a_trace(library: Flask, reader: FlaskClient) -> None:
    with library.app_context():
        data: Path = rooms.settings.data
    before = sorted(path for path in data.rglob("*"))
    answer = reader.post("/ask", data={"q": "张三说客户退货，电话13800138000"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-cache"  # what was told is in no cache but the visitor's own
    assert "Set-Cookie" not in answer.headers
    assert sorted(path for path in data.rglob("*")) == before


def test_what_somebody_signed_in_tells_is_kept_nowhere(
    sign_in: SignIn, client: FlaskClient, add_account: AddAccount
) -> None:
    add_account("reader")
    sign_in("reader")
    assert client.post("/ask", data={"q": "客户退货"}).headers["Cache-Control"] == "private, no-store"


def test_the_ways_to_it(reader: FlaskClient) -> None:
    assert ("用自己的话说说您的问题", "/ask") in links(html(reader, "/"))
    assert ("用自己的话说说您的问题", "/ask") in links(html(reader, "/search"))
    assert ("用自己的话说说您的问题", "/ask?q=%E9%BD%89") in links(html(reader, "/search?q=齉"))
    long = "客户老是退货说尺寸不准也不知道该怎么办"
    offered = part(html(reader, f"/search?q={long}啊"), 'class="ways"', "</p>")
    assert re.sub("<[^>]+>", "", offered).endswith(">您写得比较长，可以用自己的话说说您的问题")
    assert links(offered)[0][1].startswith("/ask?q=")


def test_the_api_gives_reasons_as_places_in_the_text(reader: FlaskClient) -> None:
    answer = reader.get("/api/v1/describe?q=客户老是返工").get_json()
    assert [(each["key"], each["reasons"]) for each in answer["problems"]] == [
        ("quality-bottleneck", [{"start": 0, "end": 6, "said": "产品质量水平低"}]),
        ("process-control", [{"start": 0, "end": 6, "said": "过程控制不到位"}]),
    ]
    assert [(each["hit"]["slug"], each["said"], each["words"]) for each in answer["cases"]] == [
        ("packaging", "客户老是返工", ["返工"]),
    ]


def test_the_api_takes_what_is_too_long_for_an_address_and_keeps_it_from_caches(reader: FlaskClient) -> None:
    told = "客户老是返工"
    sent, asked = reader.post("/api/v1/describe", json={"q": told}), reader.get(f"/api/v1/describe?q={told}")
    assert (sent.status_code, sent.get_json()) == (200, asked.get_json())
    assert (sent.content_type, sent.headers["Cache-Control"]) == (
        "application/json; charset=utf-8",
        "private, no-store",
    )
    assert ("ETag" in sent.headers, "Set-Cookie" in sent.headers) == (False, False)
    assert sent.headers["Access-Control-Allow-Origin"] == "*"
    long = reader.post("/api/v1/describe", json={"q": "好，" * 498 + "客户退货，工人换得勤"}).get_json()
    assert [each["key"] for each in long["problems"]] == ["quality-bottleneck"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "请求体不是所要的 JSON。"),
        (b"q=1", "请求体不是所要的 JSON。"),
        (b"[]", "请求体不是所要的 JSON。"),
        (b'{"q": 1}', "请求体不是所要的 JSON。"),
        (b'{"q": "x", "p": 1}', "请求体不是所要的 JSON。"),
        (b'{"q": " "}', "没有写问题。"),
        (b"{}", "请求体不是所要的 JSON。"),
        (b'{"q": "\xff"}', "请求体不是所要的 JSON。"),
        (b"[" * 60_000, "请求体不是所要的 JSON。"),
    ],
    ids=lambda value: repr(value[:9]),
)
def test_what_is_no_text_is_refused(reader: FlaskClient, body: bytes, message: str) -> None:
    answer = reader.post("/api/v1/describe", data=body)
    assert (answer.status_code, answer.get_json()["error"]["message"]) == (400, message)


def test_the_api_refuses_what_says_nothing(reader: FlaskClient) -> None:
    answer = reader.get("/api/v1/describe?q=%20")
    assert (answer.status_code, answer.get_json()["error"]["field"]) == (400, "q")


def test_an_empty_form_says_what_is_missing_and_an_empty_address_only_asks(reader: FlaskClient) -> None:
    missing = "还没有写。请写下您做什么、遇到了什么难处，再点“帮我找”。"
    assert part(reader.post("/ask", data={"q": " \n"}).get_data(as_text=True), 'role="alert"', "</p>").endswith(missing)
    assert missing not in html(reader, "/ask")


def test_a_search_that_finds_nothing_offers_it_once(reader: FlaskClient) -> None:
    addresses = [address for _, address in links(html(reader, "/search?q=齉齾龘")) if address.startswith("/ask")]
    assert addresses == ["/ask?q=%E9%BD%89%E9%BD%BE%E9%BE%98"]


@pytest.mark.parametrize("before", ["", "\r\n\r\n", "  ", "\x00\x07", "好。\r\n\r\n"])
def test_the_api_counts_places_in_what_was_sent(reader: FlaskClient, before: str) -> None:
    told = f"{before}纸箱，客户老是返工"
    answer = reader.post("/api/v1/describe", json={"q": told}).get_json()
    assert [each["key"] for each in answer["industries"]] == ["C22", "C23"]
    places = [(each["start"], each["end"]) for each in answer["problems"][0]["reasons"]]
    assert [told[start:end] for start, end in places] == ["客户老是返工"]


def test_what_stands_on_lines_of_its_own_stays_there_and_is_told_apart(reader: FlaskClient) -> None:
    page = reader.post("/ask", data={"q": "我们做包装的\r\n客户天天退货\r\n\r\n请帮忙 \r\n"}).get_data(as_text=True)
    written = part(page, "<textarea", "</textarea>").split(">\n", 1)[1]
    assert written.splitlines() == ["我们做包装的", "客户天天退货", "", "请帮忙 "]
    assert "您说“<mark>客户天天退货</mark>”" in part(page, 'id="understood"', "</section>")


def test_what_is_too_long_stays_in_the_form_to_be_shortened(reader: FlaskClient) -> None:
    page = reader.post("/ask", data={"q": "返工。" * 400}).get_data(as_text=True)
    assert part(page, "<textarea", "</textarea>").count("返工。") == 400


def test_without_an_index_nobody_is_told_to_write_more_clearly(tmp_path: Path) -> None:
    other = (
        open_site(tmp_path)
        .extensions["caselib"]
        .settings.model_copy(update={"search_url": f"whoosh:{tmp_path / 'none'}"})
    )
    browser = create_app(other).test_client()
    answers = [browser.get("/ask"), browser.get("/ask?q=返工"), browser.post("/ask", data={"q": "返工"})]
    assert [(each.status_code, "没有听出是哪一类问题" in each.text) for each in answers] == [
        (200, False),
        (503, False),
        (503, False),
    ]
