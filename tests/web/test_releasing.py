"""The desk from a pick to a batch: announced, objected to, published at once, and nothing seen of it before."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from caselib.app import create_running_app
from caselib.db import now
from caselib.errors import CaselibError
from caselib.people import Role
from caselib.publishing.actions import notices, objections
from caselib.publishing.release import Publisher
from caselib.review.actions import calls
from caselib.review.calendar import today, written
from caselib.review.models import Call
from caselib.review.states import CallState, SubmissionState
from caselib.search import SearchQuery
from caselib.web.editing import releasing
from tests.publishing.test_actions import BALANCED, FIRST, FOURTH, SECOND, THIRD
from tests.review.rounds import DEADLINE, RULES
from tests.web.publishing import SitePublishing, press
from tests.web.rounds import send, text_of

PUBLIC = [
    "/", "/cases/", "/cases/2022-001", "/cases/2022-002", "/batches/", "/batches/4", "/search?q=号案例", "/search?batch=4",
    "/suggest?q=第一号", "/feed.atom", "/sitemap.xml", "/insights", "/api/v1/search?q=号案例", "/api/v1/search?batch=4",
    "/api/v1/cases/2022-001", "/regions/330400", "/industries/C23", "/notices/", "/calls/", "/cases/packaging",
]  # fmt: skip


@pytest.fixture
def browser(round_: SitePublishing) -> FlaskClient:
    return round_.browser("editor")


def cases_of(page: str) -> list[str]:
    """The cases that a page links to, in its order."""
    return list(dict.fromkeys(re.findall(r'href="(/cases/[\w-]+)"', page)))


def desk(call: Call, tail: str = "/notice") -> str:
    return f"/desk/calls/{call.id}{tail}"


def test_a_recorded_pick_is_announced_with_the_usual_words(round_: SitePublishing, browser: FlaskClient) -> None:
    call = round_.closed()
    assert "还没有记录遴选结果" in text_of(browser.get(desk(call)))
    round_.select(call)
    page = text_of(browser.get(desk(call)))
    assert "拟将以下2篇案例作为第四批小微企业质量管理体系认证提升行动优良案例发布" in page
    first = today(now())
    fields = {"starts": first, "ends": first + timedelta(days=7), "text": "现予公示。"}
    assert press(browser, desk(call), at=desk(call), **fields).status_code == 303
    assert round_.stored(call).state == "notice"
    assert "现予公示。" in text_of(browser.get("/notices/1"))


def test_a_recorded_pick_is_listed_by_number_until_the_notice_tells_its_order(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call = round_.closed((70, 80, 90), size=3)
    round_.select(call)
    listed = [re.findall(r'<td class="nowrap">(2022-\d+)</td>', browser.get(desk(call)).get_data(as_text=True))]
    round_.announce(call)
    listed += [re.findall(r'<td class="nowrap">(2022-\d+)</td>', browser.get(desk(call)).get_data(as_text=True))]
    assert listed == [["2022-001", "2022-002", "2022-003"], ["2022-003", "2022-002", "2022-001"]]


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"starts": "明天"}, 400, "开始日期没有填对。"),
        ({"starts": "2020-01-01"}, 400, "公示开始日期（2020年1月1日）已经过去。"),
        ({"ends": ""}, 400, "结束日期没有填对。"),
        ({"starts": "9999-12-31"}, 400, "日期“9999-12-31”不对。"),
        ({"ends": "9999-12-31"}, 400, "日期“9999-12-31”不对。"),
        ({"text": ""}, 400, "公示正文是空的。"),
        ({"version": "0"}, 409, "这一项刚被"),
    ],
)
def test_a_notice_that_does_not_fit_is_not_announced_and_what_was_typed_stays(
    round_: SitePublishing, browser: FlaskClient, fields: dict[str, str], status: int, said: str
) -> None:
    call = round_.closed()
    round_.select(call)
    first = today(now())
    usual = {"starts": first, "ends": first + timedelta(days=7), "text": "一段正文。"}
    answer = press(browser, desk(call), at=desk(call), **{**usual, **fields})
    assert (answer.status_code, said in text_of(answer)) == (status, True)
    assert fields.get("text", "一段正文。") in text_of(answer)
    assert round_.stored(call).state == "closed"


def test_a_notice_is_retracted_with_a_reason(round_: SitePublishing, browser: FlaskClient) -> None:
    call, _ = round_.under_notice()
    assert "没有写原因" in text_of(press(browser, desk(call, "/notice/retract"), at=desk(call), reason=""))
    assert press(browser, desk(call, "/notice/retract"), at=desk(call), reason="名单有误").status_code == 303
    assert round_.stored(call).state == "closed"


def test_a_case_is_withdrawn_from_the_notice(round_: SitePublishing, browser: FlaskClient) -> None:
    call, _ = round_.under_notice()
    path = desk(call, "/notice/withdraw")
    for number in ("", "2022-999"):
        assert "没有选择案例" in text_of(press(browser, path, at=desk(call), number=number, reason="停产"))
    promised = (
        "已公示的其他各篇尽量保留，缺额按原规则补入；有补入的，公示期从明天起重新计算（原定结束日期更晚的，不提前）。"
    )
    assert promised in text_of(browser.get(desk(call)))
    assert press(browser, path, at=desk(call), number="2022-002", reason="停产").status_code == 303
    assert "已撤回，名单已按原规则调整。" in text_of(browser.get(desk(call)))
    assert round_.selected(call) == ["2022-001", "2022-003"]


def test_an_objection_is_answered_and_closed(round_: SitePublishing, browser: FlaskClient) -> None:
    call, notice = round_.under_notice()
    filed = round_.object_to(notice, now=now())
    page = text_of(browser.get(desk(call)))
    assert [word in page for word in ("李某", "li@example.cn", "数据与实际不符。", "还有 1 条异议没有结案。")] == [
        True
    ] * 4
    answer, close = f"/desk/objections/{filed.id}/answer", f"/desk/objections/{filed.id}/close"
    assert "答复是空的" in text_of(press(browser, answer, at=desk(call), text=" "))
    assert press(browser, answer, at=desk(call), text="已核实。").status_code == 303
    assert "成立，撤出名单，缺额按原规则补入" in text_of(browser.get(desk(call)))
    assert "没有选择异议是否成立" in text_of(press(browser, close, at=desk(call)))
    assert press(browser, close, at=desk(call), upheld="yes").status_code == 303
    assert round_.selected(call) == ["2022-002", "2022-003"]
    page = text_of(browser.get(desk(call)))
    until = written(today(now()) + timedelta(days=7))
    said = f"异议成立，2022-001 不再入选，已不在名单里；按原规则补入 2022-003，公示期延长至{until}。"
    assert ("还有 1 条异议没有结案" in page, said in page) == (False, True)


def test_a_notice_that_is_not_made_longer_is_not_said_to_be_and_a_second_objection_tells_of_no_newcomer(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call = round_.closed()
    round_.select(call)
    first = today(now())
    notice = round_.announce(call, starts=first, ends=first + timedelta(days=20), now=now() - timedelta(days=1))
    both = [round_.object_to(notice, now=now(), text=text) for text in ("数据不符。", "另一件事。")]
    told = []
    for each in both:
        for verb, fields in (("answer", {"text": "经核实。"}), ("close", {"upheld": "yes"})):
            press(browser, f"/desk/objections/{each.id}/{verb}", at=desk(call), **fields)
        told += re.findall("异议成立，2022-001 不再入选[^。]*。", text_of(browser.get(desk(call))))
    assert told == [
        "异议成立，2022-001 不再入选，已不在名单里；按原规则补入 2022-003。",
        "异议成立，2022-001 不再入选，已不在名单里。",
    ]


def test_an_objection_upheld_tells_why_another_case_leaves_with_it(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call = round_.closed((), quotas=BALANCED)
    for place, (region, industry) in enumerate((FIRST, SECOND, THIRD, FOURTH)):
        submission = round_.submission(call, SubmissionState.ACCEPTED, region=region, industry=[industry])
        round_.reviewed(submission, 90.0 - 5 * place - place**2)
    round_.select(call)
    first = today(now())
    notice = round_.announce(call, starts=first, ends=first + timedelta(days=20), now=now() - timedelta(days=1))
    filed = f"/desk/objections/{round_.object_to(notice, now=now()).id}"
    press(browser, f"{filed}/answer", at=desk(call), text="经核实。")
    press(browser, f"{filed}/close", at=desk(call), upheld="yes")
    said = "2022-002 退出名单：有案例退出以后，按名额约束不能再保留；按原规则补入 2022-003、2022-004。"
    assert said in text_of(browser.get(desk(call)))


def test_an_objection_that_is_not_upheld_says_that_the_list_stays(round_: SitePublishing, browser: FlaskClient) -> None:
    call, notice = round_.under_notice()
    filed = f"/desk/objections/{round_.object_to(notice, now=now()).id}"
    press(browser, f"{filed}/answer", at=desk(call), text="数据属实。")
    press(browser, f"{filed}/close", at=desk(call), upheld="no")
    assert "异议不成立，已结案，名单不变。" in text_of(browser.get(desk(call)))


def test_an_objection_upheld_without_a_replacement_leads_on_to_the_rules(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call, notice = round_.under_notice((90, 80))
    filed = f"/desk/objections/{round_.object_to(notice, now=now()).id}"
    press(browser, f"{filed}/answer", at=desk(call), text="数据不实。")
    press(browser, f"{filed}/close", at=desk(call), upheld="yes")
    page = text_of(browser.get(desk(call)))
    way = "按规则补不出：请撤回公示，修订规则（入选篇数或名额约束），再重新遴选。"
    assert [said in page for said in (f"异议成立，{way}", f"异议成立的 2022-001 还在名单里，{way}")] == [True, True]
    listed = round_.browser().get(f"/notices/{notice.id}").get_data(as_text=True)
    rows = re.findall(r'<tr id="case-(.+?)">.+</td>(<td.+?)</tr>', listed)
    assert [(number, re.sub("<.+?>", "", last)) for number, last in rows] == [
        ("2022-001", "异议成立，名单将调整"),
        ("2022-002", "提出异议：第二号案例"),
    ]
    form = round_.browser().get(f"/notices/{notice.id}/objections?number=2022-001").get_data(as_text=True)
    assert re.findall('<option value="(2022-.+?)"', form) == ["2022-002"]
    press(browser, desk(call, "/notice/retract"), at=desk(call), reason="名单有误")
    stuck = browser.get(desk(call, "/selection"))
    assert "要选 2 篇，可选的只有 1 篇。 请修订规则里的入选篇数，或恢复评审补充申报。" in text_of(stuck)
    assert f'<a class="button quiet" href="{desk(call, "/amend")}">修订规则</a>' in stuck.text


def tags(browser: FlaskClient, path: str) -> list[str]:
    """Where the submissions of a page stand."""
    return re.findall('<span class="state".*?>(.+?)</span>', browser.get(path).text)


def test_a_submitter_and_the_history_are_told_of_an_upheld_objection(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call, notice = round_.under_notice((90, 80))
    owner, path = round_.browser("zhejiang"), f"/submit/{round_.numbered('2022-001').id}"
    assert (tags(owner, "/submit/"), tags(owner, path)) == (["拟入选", "拟入选"], ["拟入选"])
    filed = round_.object_to(notice, now=now())
    round_.act(objections.answer, filed, text="数据不实。")
    assert tags(owner, path) == ["拟入选"]
    round_.act(objections.close, round_.stored(filed), upheld=True, now=now())
    assert (tags(owner, "/submit/"), tags(owner, path)) == (
        ["拟入选", "异议成立，名单将调整"],
        ["异议成立，名单将调整"],
    )
    told = text_of(browser.get(f"/desk/submissions/{round_.numbered('2022-001').id}"))
    assert "编辑甲 结案 异议成立：数据不实。" in told
    assert "结案" not in text_of(browser.get(f"/desk/submissions/{round_.numbered('2022-002').id}"))
    assert "结案" not in text_of(owner.get(path))
    round_.act(notices.retract, round_.stored(call), reason="名单有误", now=now())
    assert (tags(owner, "/submit/"), tags(owner, path)) == (["已受理", "已受理"], ["已受理"])


def test_whoever_reads_of_a_selected_case_is_told_that_it_was_taken_away(
    round_: SitePublishing, browser: FlaskClient, app: Flask
) -> None:
    call, notice = round_.under_notice(since=7)
    rooms = app.extensions["caselib"]
    Publisher(rooms.database, rooms.store, rooms.settings.data).publish(actor=round_["editor"], call_id=call.id or 0)
    lists = (f"/notices/{notice.id}", desk(call))
    assert ["已撤下" in browser.get(path).text for path in lists] == [False, False]
    send(browser, "/desk/withdrawals", slug="2022-001", reason="企业停产", confirmed="2022-001")
    found = [re.findall('<tr.+>(2022-.+?)<.+"/cases/2022-001">(已撤下)</a>', browser.get(path).text) for path in lists]
    assert found == [[("2022-001", "已撤下")]] * 2
    answer = browser.get("/api/v1/cases/2022-001")
    said = {"message": "案例“第一号案例”已经撤下。", "remedy": "原因：企业停产", "field": None}
    assert (answer.status_code, answer.get_json()) == (410, {"error": said})
    owner = round_.browser("zhejiang")
    assert tags(owner, "/submit/") == ["未入选", "未入选", "已入选", "已入选，案例已撤下"]
    assert tags(owner, f"/submit/{round_.numbered('2022-001').id}") == ["已入选，案例已撤下"]
    (grave,) = (rooms.store.root / "withdrawn").iterdir()
    (rooms.store.root / "cases" / "2022-001.md").write_bytes(grave.read_bytes())
    assert tags(owner, "/submit/") == ["未入选", "未入选", "已入选", "已入选"]


def test_an_objection_is_decided_on_though_its_notice_was_retracted(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call, notice = round_.under_notice()
    filed = f"/desk/objections/{round_.object_to(notice, now=now()).id}"
    press(browser, desk(call, "/notice/retract"), at=desk(call), reason="名单有误")
    assert press(browser, f"{filed}/answer", at=desk(call), text="已核实。").status_code == 303
    assert press(browser, f"{filed}/close", at=desk(call), upheld="yes").status_code == 303
    assert "遴选以后，评审、申报、异议或规则又有变动。" in text_of(browser.get(desk(call)))


def test_the_second_of_two_editors_of_an_objection_is_told(round_: SitePublishing, browser: FlaskClient) -> None:
    call, notice = round_.under_notice()
    path = f"/desk/objections/{round_.object_to(notice, now=now()).id}/answer"
    assert press(browser, path, at=desk(call), text="第一个答复。").status_code == 303
    answer = press(browser, path, at=desk(call), text="第二个答复。", version="0")
    page = text_of(answer)
    assert (answer.status_code, "这一项刚被您自己在别处修改过" in page, "第二个答复。" in page) == (409, True, True)


def test_what_publishing_would_do_is_listed_and_what_is_in_the_way(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call, _ = round_.under_notice()
    page = text_of(browser.get(desk(call)))
    assert [word in page for word in ("还不能发布", "还没有满", "cases/2022-001.md", "batches/4.md")] == [True] * 4
    assert 'action="/desk/calls/1/publish"' not in browser.get(desk(call)).get_data(as_text=True)
    answer = send(browser, desk(call, "/publish"), at=desk(call), version=round_.stored(call).version)
    assert (answer.status_code, "不能发布：公示到" in text_of(answer)) == (409, True)


def test_a_batch_is_published_by_the_button_and_is_there_for_everybody(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call, _ = round_.under_notice(since=7)
    assert press(browser, desk(call, "/publish"), at=desk(call)).status_code == 303
    assert "第四批已发布，共 2 篇案例。" in text_of(browser.get(desk(call)))
    visitor = round_.browser()
    for path in (
        "/cases/",
        "/cases/2022-001",
        "/batches/4",
        "/search?q=第一号案例",
        "/feed.atom",
        "/api/v1/search?batch=4",
    ):
        assert "第一号案例" in visitor.get(path).get_data(as_text=True), path
    assert "/cases/2022-002" in visitor.get("/sitemap.xml").get_data(as_text=True)
    assert "现将拟入选案例公示如下，欢迎社会各界监督。" in text_of(visitor.get("/batches/4"))
    assert "查看发布的案例" in text_of(visitor.get("/notices/1"))
    assert "第三号案例" not in visitor.get("/cases/").get_data(as_text=True)
    assert visitor.get("/cases/2022-003").status_code == 404


def test_while_a_batch_goes_out_no_reader_sees_part_of_it(round_: SitePublishing, app: Flask) -> None:
    call, notice = round_.under_notice(since=7)
    rooms, visitor = app.extensions["caselib"], round_.browser()
    hidden: list[str] = []
    shown: list[tuple[str, int]] = []

    def look(name: str) -> None:
        pages = {path: visitor.get(path) for path in PUBLIC}
        told = [path for path, page in pages.items() if tells(path, page.get_data(as_text=True))]
        if name in ("shown", "indexed", "cleared"):
            shown.append((name, pages["/cases/2022-001"].status_code + pages["/cases/2022-002"].status_code))
        else:
            hidden.extend(f"{name} {path}" for path in told)

    Publisher(rooms.database, rooms.store, rooms.settings.data, rooms.search, look).publish(
        actor=round_["editor"], call_id=call.id or 0
    )
    assert (hidden, shown) == ([], [("shown", 400), ("indexed", 400), ("cleared", 400)])
    assert notice.id == 1


def tells(path: str, page: str) -> bool:
    """Whether a page has a word of the batch (a title, a firm, an address, or the batch itself) but for what was asked."""
    asked = path.partition("?q=")[2]
    heard = page.replace(path, "").replace(asked, "") if asked else page.replace(path, "")
    words = ("一号案例", "二号案例", "甲0厂", "甲1厂", "2022-001", "/batches/4", "第四批小微企业")
    return any(word in heard for word in words)


def test_unpublished_work_is_nowhere_for_anybody_without_the_right(round_: SitePublishing) -> None:
    round_.closed()
    for username in ("", "jiangsu", "operator"):
        visitor = round_.browser(username)
        assert [path for path in PUBLIC if tells(path, visitor.get(path).get_data(as_text=True))] == []


def test_a_published_case_is_taken_away_at_the_desk(round_: SitePublishing, browser: FlaskClient) -> None:
    path = "/desk/withdrawals"
    wrong = send(browser, path, slug="never", reason="写了很久的原因")
    assert (wrong.status_code, "没有这个案例" in text_of(wrong)) == (404, True)
    assert ('value="never"' in wrong.text, "写了很久的原因</textarea>" in wrong.text) == (True, True)
    assert "没有写原因" in text_of(send(browser, path, slug="packaging", reason=" "))
    typed = {"slug": "http://localhost/cases/p%61ckaging/?from=search#成效", "reason": "数据失实"}
    asked = send(browser, path, **typed)
    said = "将撤下：“包装企业降低返工”" in text_of(asked)
    assert (asked.status_code, said, "数据失实</textarea>" in asked.text) == (200, True, True)
    assert browser.get("/cases/packaging").status_code == 200
    other = send(browser, path, **typed, confirmed="another")
    assert (other.status_code, browser.get("/cases/packaging").status_code) == (200, 200)
    assert send(browser, path, **typed, confirmed="packaging").status_code == 303
    page = text_of(browser.get(path))
    assert ("“包装企业降低返工”已撤下。" in page, "数据失实" in page) == (True, True)
    assert browser.get("/cases/packaging").status_code == 410


def test_the_proof_is_shown_with_who_did_what_and_not_what_it_changed(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    with round_.doing("editor") as who:
        call = calls.create_call(**who, year=2022, title="一次征集", deadline=DEADLINE, batch=7, rules=RULES)
    page = text_of(browser.get("/desk/audit"))
    assert ("核对无误" in page, "编辑甲 新建征集 call.create 征集 call:1" in page, call.title in page) == (
        True,
        True,
        False,
    )
    assert text_of(round_.browser("operator").get("/desk/audit")).count("新建征集 call.create") == 1


def test_a_long_history_is_read_to_its_first_event_page_by_page(
    round_: SitePublishing, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releasing, "EVENTS", 4)
    round_.submission(round_.call())
    pages, path = [], ["/desk/audit"]
    while path and len(pages) < 9:
        page = browser.get(path[0]).text
        pages.append([int(number) for number in re.findall(r'data-label="序号">(\d+)<', page)])
        path = re.findall(r'href="(/desk/audit\?before=\d+)"', page)
    assert [number for page in pages for number in page] == [*range(pages[0][0], 0, -1)]
    assert [len(page) for page in pages[:-1]] == [4] * (len(pages) - 1)


def test_an_editor_is_led_to_the_submission_that_an_event_is_about(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    sent = round_.submission(call := round_.call())
    draft = round_.submission(call, SubmissionState.DRAFT)
    page = browser.get("/desk/audit")
    linked = re.findall(r'href="(/desk/submissions/\d+)">(.+?)</a>', page.text)
    assert linked == [(f"/desk/submissions/{sent.id}", "申报 2022-001")] * 3  # created, saved, sent
    assert f"浙江省局 保存 submission.save 申报 submission:{draft.id}" in text_of(page)
    as_operator = text_of(round_.browser("operator").get("/desk/audit"))
    assert f"浙江省局 报送 submission.send 申报 submission:{sent.id}" in as_operator


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_audit_costs_the_same_however_many_submissions_it_names(
    round_: SitePublishing, browser: FlaskClient, count: int
) -> None:
    call = round_.call()
    for _ in range(count):
        round_.submission(call)
    assert round_.statements(browser, "/desk/audit") == 27


def test_a_history_that_does_not_hold_is_said_at_the_desk(round_: SitePublishing, browser: FlaskClient) -> None:
    call = round_.closed()
    page = text_of(browser.get("/desk/audit"))
    assert f"call:{call.id} 的 state：" in page  # the state was set by hand


@pytest.mark.parametrize("username", ["", "zhejiang", "expert01", "operator"])
def test_only_editors_come_here(round_: SitePublishing, username: str) -> None:
    call, notice = round_.under_notice()
    filed = f"/desk/objections/{round_.object_to(notice, now=now()).id}"
    visitor = round_.browser(username)
    for path in (desk(call), "/desk/withdrawals"):
        answer = visitor.get(path)
        assert answer.status_code == (403 if username else 303)
        assert "李某" not in answer.get_data(as_text=True)
    writes = [desk(call), *(desk(call, tail) for tail in ("/publish", "/notice/retract", "/notice/withdraw"))]
    for path in (*writes, f"{filed}/answer", f"{filed}/close", "/desk/withdrawals"):
        answer = send(visitor, path, at="/account" if username else "/login", version=0)
        assert answer.status_code == (403 if username else 401), path
    assert (round_.stored(call).state, round_.selected(call)) == ("notice", ["2022-001", "2022-002"])


def test_an_editor_with_a_tie_does_not_answer(round_: SitePublishing) -> None:
    call, notice = round_.under_notice()
    filed = round_.object_to(notice, now=now())
    round_.add("tied", Role.EDITOR, employer="甲0厂")
    tied = round_.browser_of_new("tied")
    answer = press(tied, f"/desk/objections/{filed.id}/answer", at=desk(call), text="没有问题。")
    assert (answer.status_code, round_.stored(round_.first_objection()).state) == (403, "filed")


@pytest.mark.parametrize("state", [CallState.OPEN, CallState.SCREENING, CallState.REVIEWING])
def test_before_review_is_over_there_is_nothing_to_announce(
    round_: SitePublishing, browser: FlaskClient, state: CallState
) -> None:
    call = round_.closed()
    round_.now_in(state, call)
    assert "评审结束并记录遴选结果以后，才能公示" in text_of(browser.get(desk(call)))


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_however_many_there_are(
    round_: SitePublishing, browser: FlaskClient, count: int
) -> None:
    call, notice = round_.under_notice((90, 80, 70)[:count], size=count)
    for place in range(count):
        round_.object_to(notice, f"2022-00{place + 1}", now=now())
    assert round_.statements(browser, desk(call)) == 20


def test_a_site_that_starts_finishes_what_was_cut_off(round_: SitePublishing, app: Flask) -> None:
    call, _ = round_.under_notice(since=7)
    rooms = app.extensions["caselib"]

    def cut_off(name: str) -> None:
        if name == "withheld":
            raise OSError("the machine stopped")

    with pytest.raises(CaselibError, match="这一批还没有发布"):
        Publisher(rooms.database, rooms.store, rooms.settings.data, None, cut_off).publish(
            actor=round_["editor"], call_id=call.id or 0
        )
    assert round_.browser().get("/batches/4").status_code == 404
    started = create_running_app(round_.settings)
    answer = started.test_client().get("/batches/4")
    assert (answer.status_code, "第一号案例" in answer.get_data(as_text=True)) == (200, True)
    assert round_.stored(call).state == "published"


def test_an_empty_address_is_asked_for(round_: SitePublishing, browser: FlaskClient) -> None:
    for slug in ("", " / "):
        answer = send(browser, "/desk/withdrawals", slug=slug, reason="企业要求")
        assert (answer.status_code, "没有填写案例网址。" in text_of(answer)) == (400, True)


def test_the_page_of_a_batch_lists_its_cases_before_the_index_has_them(round_: SitePublishing, app: Flask) -> None:
    call, _ = round_.under_notice(since=7)
    rooms = app.extensions["caselib"]
    Publisher(rooms.database, rooms.store, rooms.settings.data).publish(actor=round_["editor"], call_id=call.id or 0)
    assert rooms.search.search(SearchQuery(batch=(4,))).total == 0
    visitor = round_.browser()
    at_once = visitor.get("/batches/4").get_data(as_text=True)
    rooms.search.sync(rooms.store)
    later = visitor.get("/batches/4").get_data(as_text=True)
    assert cases_of(at_once) == cases_of(later) == ["/cases/2022-001", "/cases/2022-002"]
    assert ("本站收录" in at_once, "2 篇" in at_once) == (True, True)
