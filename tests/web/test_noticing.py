"""Public notices and objections, and where a withdrawn case was."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import col, func, select

from caselib.db import now
from caselib.people import throttle
from caselib.people.models import Attempts
from caselib.publishing import tombstones
from caselib.publishing.actions import notices, objections
from caselib.publishing.models import Objection
from caselib.publishing.release import Publisher
from caselib.publishing.wording import period
from caselib.review.calendar import today
from caselib.review.models import Call, Submission
from caselib.review.states import CallState
from caselib.web import openapi
from caselib.web.filters import written_day
from tests.web.conftest import CASE
from tests.web.publishing import SitePublishing
from tests.web.rounds import send, text_of

BATCH = "---\ntitle: 第三批优良案例\nyear: 2022\npublished: 2023-04-20\nselected: 3\n---\n现予发布。\n"
GOOD = {"number": "2022-001", "name": "李某", "contact": "li@example.cn", "text": "数据与实际不符。"}


def filed(round_: SitePublishing) -> list[tuple[int, str, str, str]]:
    with round_.database.reading() as session:
        found = session.exec(select(Objection)).all()
    return [(each.submission_id, each.name, each.contact, each.text) for each in found]


def test_everybody_reads_the_notice_and_its_cases(round_: SitePublishing) -> None:
    _, notice = round_.under_notice()
    visitor = round_.browser()
    assert f'href="/notices/{notice.id}"' in visitor.get("/notices/").get_data(as_text=True)
    page = text_of(visitor.get(f"/notices/{notice.id}"))
    assert [word in page for word in ("第四批优良案例公示", "2022-001 第一号案例 甲0厂", "第二号案例", "公示中")] == [
        True
    ] * 4
    assert [word in page for word in ("第三号案例", "第四号案例", "90.00", "专家01")] == [False] * 4


def test_the_dates_of_a_notice_stay_on_one_line_each(round_: SitePublishing) -> None:
    _, notice = round_.under_notice()
    dates = "至".join(f'<span class="whole">{written_day(day)}</span>' for day in (notice.starts, notice.ends))
    paths = ("/notices/", f"/notices/{notice.id}", f"/notices/{notice.id}/objections")
    assert [round_.browser().get(path).get_data(as_text=True).count(dates) for path in paths] == [1, 1, 1]


def test_nothing_of_a_notice_that_has_not_begun_is_told(round_: SitePublishing) -> None:
    _, notice = round_.under_notice(since=-3)
    for username in ("", "zhejiang", "expert01", "operator"):
        visitor = round_.browser(username)
        for path in ("/notices/", f"/notices/{notice.id}", f"/notices/{notice.id}/objections"):
            assert "号案例" not in visitor.get(path).get_data(as_text=True)
        assert visitor.get(f"/notices/{notice.id}").status_code == 404
        assert visitor.get(f"/notices/{notice.id}/objections").status_code == 404
    assert "这一页现在只有编辑看得到" in text_of(round_.browser("editor").get(f"/notices/{notice.id}"))


def test_a_notice_that_was_retracted_says_so_and_why_and_leads_to_the_one_in_force(round_: SitePublishing) -> None:
    call, notice = round_.under_notice()
    visitor = round_.browser()
    filed = round_.object_to(notice, now=now())
    round_.act(objections.answer, filed, text="已核实，数据不实。")
    round_.act(objections.close, round_.stored(filed), upheld=True, now=now())
    round_.act(notices.retract, round_.stored(call), reason="名单有误", now=now())
    for path in (f"/notices/{notice.id}", f"/notices/{notice.id}/objections"):
        gone = visitor.get(path)
        assert (gone.status_code, gone.headers["Cache-Control"]) == (410, "no-cache")
        assert re.search("这次公示已经撤回 第四批优良案例公示于.+撤回。 原因 名单有误", text_of(gone)) is not None
        assert "号案例" not in gone.text
    assert "现在没有公示" in text_of(visitor.get("/notices/"))
    round_.select(call)
    first = today(now())
    again = round_.announce(call, starts=first, ends=first + timedelta(days=7), now=now())
    assert f'<a class="button" href="/notices/{again.id}">查看现在的公示</a>' in visitor.get("/notices/1").text
    assert "对 2022-001“第一号案例”的异议 成立 已核实，数据不实。" in text_of(visitor.get(f"/notices/{again.id}"))


def test_a_notice_retracted_before_its_first_day_never_was(round_: SitePublishing) -> None:
    call, notice = round_.under_notice(since=-3)
    round_.act(notices.retract, call, reason="名单有误", now=now())
    for visitor in (round_.browser(), round_.browser("editor")):
        assert [visitor.get(f"/notices/{each}").status_code for each in (notice.id, 99)] == [404, 404]


def test_anybody_objects_through_the_form(round_: SitePublishing) -> None:
    _, notice = round_.under_notice()
    visitor = round_.browser()
    path = f"/notices/{notice.id}/objections"
    assert 'value="2022-002" selected' in visitor.get(f"{path}?number=2022-002").get_data(as_text=True)
    answer = send(visitor, path, **GOOD)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/notices/{notice.id}")
    number = round_.first_objection().id
    assert f"异议已收到，编号 {number}。" in text_of(visitor.get(f"/notices/{notice.id}"))
    assert filed(round_) == [(round_.numbered("2022-001").id, "李某", "li@example.cn", "数据与实际不符。")]


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"name": " "}, 400, "没有填写姓名或单位名称"),
        ({"text": "字" * 2001}, 400, "异议内容超过 2000 字"),
        ({"contact": ""}, 400, "没有填写联系方式"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    round_: SitePublishing, fields: dict[str, str], status: int, said: str
) -> None:
    _, notice = round_.under_notice()
    answer = send(round_.browser(), f"/notices/{notice.id}/objections", **{**GOOD, **fields})
    page = answer.get_data(as_text=True)
    assert (answer.status_code, said in page) == (status, True)
    assert ('value="2022-001" selected' in page, {**GOOD, **fields}["text"] in page) == (True, True)
    assert filed(round_) == []


@pytest.mark.parametrize("number", ["2022-003", "2022-004", "x"])
def test_no_objection_tells_what_was_not_selected(round_: SitePublishing, number: str) -> None:
    _, notice = round_.under_notice()
    answer = send(round_.browser(), f"/notices/{notice.id}/objections", **{**GOOD, "number": number})
    assert (answer.status_code, "第三号" in answer.text) == (404, False)
    assert [f">{GOOD['text']}</textarea>" in answer.text.replace("\n", ""), GOOD["contact"] in answer.text] == [
        True,
        True,
    ]
    assert "公示名单里没有这个案例。" in text_of(answer)


def test_after_its_last_day_the_notice_stays_and_takes_no_objection(round_: SitePublishing) -> None:
    _, notice = round_.under_notice(since=7)
    visitor = round_.browser()
    page = text_of(visitor.get(f"/notices/{notice.id}"))
    assert ("公示期已满" in page, "提出异议" in page) == (True, False)
    path = f"/notices/{notice.id}/objections"
    assert "现在不在公示期内" in text_of(visitor.get(path))
    assert send(visitor, path, at="/login", **GOOD).status_code == 409
    assert filed(round_) == []


def test_a_form_without_its_token_is_refused(round_: SitePublishing) -> None:
    _, notice = round_.under_notice()
    assert round_.browser().post(f"/notices/{notice.id}/objections", data=GOOD).status_code == 400
    assert filed(round_) == []


def test_one_visitor_objects_five_times_in_a_quarter_of_an_hour(round_: SitePublishing, app: Flask) -> None:
    _, notice = round_.under_notice()
    path = f"/notices/{notice.id}/objections"
    visitor = app.test_client()
    visitor.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    codes = [send(visitor, path, **{**GOOD, "text": f"第{each}件事。"}).status_code for each in range(6)]
    assert codes == [303] * 5 + [429]
    other = app.test_client()
    other.environ_base["REMOTE_ADDR"] = "203.0.113.10"
    assert send(other, path, **GOOD).status_code == 303
    with round_.database.reading() as session:
        keys = session.exec(select(Attempts.key)).all()
        assert len(filed(round_)) == 6
        assert throttle._digest("objections from 203.0.113.9/32") in keys
        assert session.exec(select(func.count()).select_from(Objection)).one() == 6


def test_one_notice_takes_sixty_objections_in_a_quarter_of_an_hour(round_: SitePublishing) -> None:
    _, notice = round_.under_notice()
    with round_.database.writing() as session:
        for _ in range(59):
            throttle.admit(session=session, limits={f"objections {notice.id}": 60})
    path = f"/notices/{notice.id}/objections"
    assert [send(round_.browser(), path, **GOOD).status_code for _ in range(2)] == [303, 429]


def test_answers_and_adjustments_are_public_and_who_objected_is_not(round_: SitePublishing) -> None:
    call, notice = round_.under_notice()
    visitor = round_.browser()
    for number, upheld in (("2022-001", True), ("2022-002", False)):
        send(visitor, f"/notices/{notice.id}/objections", **{**GOOD, "number": number})
        with round_.database.reading() as session:
            row = session.exec(select(Objection).order_by(col(Objection.filed_at).desc())).first()
        assert row is not None
        page = text_of(visitor.get(f"/notices/{notice.id}"))
        assert ("李某" in page, "不符" in page) == (False, False)
        round_.act(objections.answer, row, text=f"已核实{number}。")
        assert f"已核实{number}" not in text_of(visitor.get(f"/notices/{notice.id}"))
        round_.act(objections.close, round_.stored(row), upheld=upheld, now=now())
    page = text_of(visitor.get(f"/notices/{notice.id}"))
    assert "2022-001 不再列入名单。异议成立：已核实2022-001。按原规则补入 2022-003，公示期延长至" in page
    assert "对 2022-001“第一号案例”的异议 成立 已核实2022-001。" in page
    assert "对 2022-002“第二号案例”的异议 不成立 已核实2022-002。" in page
    assert [word for word in ("李某", "li@example.cn", "数据与实际不符") if word in page] == []
    assert round_.selected(call) == ["2022-002", "2022-003"]


def test_the_text_of_a_notice_states_the_days_that_it_has_after_a_replacement(round_: SitePublishing) -> None:
    call = round_.closed()
    round_.select(call)
    first = today(now())
    text = f"现予公示，{period(first, first)}。"
    notice = round_.announce(
        call, starts=first, ends=first + timedelta(days=6), text=text, now=now() - timedelta(days=1)
    )
    filed = round_.object_to(notice, now=now())
    round_.act(objections.answer, filed, text="已核实。")
    round_.act(objections.close, round_.stored(filed), upheld=True, now=now())
    page = text_of(round_.browser().get(f"/notices/{notice.id}"))
    assert re.findall("公示期为.+?。", page) == [f"{period(first, first + timedelta(days=7))}。"]


@pytest.mark.parametrize(
    ("state", "since", "said"),
    [(None, 0, "公示中"), (None, 7, "公示期已满"), (CallState.PUBLISHED, 7, "已发布")],
)
def test_the_list_of_notices_says_what_a_notice_says(
    round_: SitePublishing, state: CallState | None, since: int, said: str
) -> None:
    call, notice = round_.under_notice(since=since)
    if state:
        with round_.database.writing() as session:
            session.get_one(Call, call.id).state = state
    visitor = round_.browser()
    listed = re.findall('<span class="(?:running|over)">(.*?)</span>', visitor.get("/notices/").text)
    told = re.findall("<dt>状态</dt><dd>(.*?)</dd>", visitor.get(f"/notices/{notice.id}").text)
    assert (listed, told) == ([said], [said])


def test_the_log_gets_no_word_of_an_objection(
    round_: SitePublishing, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    _, notice = round_.under_notice()
    caplog.set_level("DEBUG")
    visitor = round_.browser()
    send(visitor, f"/notices/{notice.id}/objections", **GOOD)
    send(visitor, f"/notices/{notice.id}/objections", **{**GOOD, "text": ""})
    said = caplog.text + "".join(capfd.readouterr())
    assert [word for word in ("李某", "li@example.cn", "数据与实际不符") if word in said] == []


@pytest.mark.parametrize("count", [1, 3])
def test_a_notice_costs_the_same_however_many_it_lists(round_: SitePublishing, count: int) -> None:
    _, notice = round_.under_notice((90, 80, 70)[:count], size=count)
    assert round_.statements(round_.browser(), f"/notices/{notice.id}") == 6


def test_markup_in_a_notice_or_a_title_is_text(round_: SitePublishing) -> None:
    _, notice = round_.under_notice()
    with round_.database.writing() as session:
        session.get_one(Submission, round_.numbered("2022-001").id).title = "<script>alert(1)</script>"
    page = round_.browser().get(f"/notices/{notice.id}").get_data(as_text=True)
    assert ("<script>alert" in page, "&lt;script&gt;alert(1)" in page) == (False, True)


def withdraw(round_: SitePublishing, app: Flask, slug: str, **values: Any) -> None:
    rooms = app.extensions["caselib"]
    tombstones.withdraw_case(
        database=rooms.database,
        store=rooms.store,
        data=rooms.settings.data,
        search=rooms.search,
        actor=round_["editor"],
        slug=slug,
        **{"reason": "企业申请撤下", **values},
    )


def test_a_withdrawn_case_says_so_and_is_nowhere_else(round_: SitePublishing, app: Flask) -> None:
    visitor = round_.browser()
    assert visitor.get("/cases/packaging").status_code == 200
    withdraw(round_, app, "packaging")
    answer = visitor.get("/cases/packaging")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (410, "no-cache")
    assert re.search("“包装企业降低返工”于.+撤下。 原因 企业申请撤下", text_of(answer)) is not None
    assert visitor.get("/api/v1/cases/packaging").status_code == 410
    assert "410" in openapi.document("/")["paths"]["/api/v1/cases/{slug}"]["get"]["responses"]
    for path in (
        "/",
        "/cases/",
        "/search?q=包装",
        "/feed.atom",
        "/sitemap.xml",
        "/api/v1/search?q=包装",
        "/suggest?q=包装",
    ):
        assert "包装企业降低返工" not in visitor.get(path).get_data(as_text=True)
        assert "/cases/packaging" not in visitor.get(path).get_data(as_text=True)
    assert visitor.get("/cases/never-was").status_code == 404


def withdrawn_from(visitor: FlaskClient, batch: int) -> tuple[list[str], list[str]]:
    """The numbers of cases beside the batch's page, and the lines under what was withdrawn."""
    page = visitor.get(f"/batches/{batch}").get_data(as_text=True)
    numbers = re.findall(r"<dd>(\d+ 篇)</dd>", page)
    lines = re.findall(r'<li><a href="(/cases/[^"]+)">([^<]+)</a>，([^<]+撤下)。</li>', page)
    return numbers, ["　".join(line) for line in lines]


@pytest.fixture
def third(app: Flask) -> Flask:
    """A site to which the third batch, of three cases, came as files."""
    rooms = app.extensions["caselib"]
    for slug in "abc":
        (rooms.store.root / "cases" / f"{slug}.md").write_text(
            CASE.replace("包装企业", slug).replace("year: 2022", "year: 2022\nbatch: 3"), "utf-8"
        )
    (rooms.store.root / "batches").mkdir()
    (rooms.store.root / "batches" / "3.md").write_text(BATCH, "utf-8")
    rooms.search.rebuild(rooms.store)
    return app


@pytest.mark.parametrize(
    ("slugs", "numbers", "lines"),
    [
        ("", ["3 篇", "3 篇"], []),
        ("b", ["3 篇", "2 篇", "1 篇"], ["/cases/b　b降低返工　2023-05-01 12:00撤下"]),
        (
            "bac",
            ["3 篇", "0 篇", "3 篇"],
            [
                "/cases/c　c降低返工　2023-05-01 12:02撤下",
                "/cases/a　a降低返工　2023-05-01 12:01撤下",
                "/cases/b　b降低返工　2023-05-01 12:00撤下",
            ],
        ),
    ],
)
def test_a_batch_tells_what_was_withdrawn_from_it(
    round_: SitePublishing, third: Flask, slugs: str, numbers: list[str], lines: list[str]
) -> None:
    visitor = round_.browser()
    assert withdrawn_from(visitor, 3) == (["3 篇", "3 篇"], [])
    for minute, slug in enumerate(slugs):
        withdraw(round_, third, slug, now=datetime(2023, 5, 1, 4, minute, tzinfo=UTC))
    withdraw(round_, third, "packaging")
    assert withdrawn_from(visitor, 3) == (numbers, lines)


def test_a_case_that_was_put_back_is_not_told_as_withdrawn(round_: SitePublishing, third: Flask) -> None:
    rooms, visitor = third.extensions["caselib"], round_.browser()
    path = rooms.store.root / "cases" / "b.md"
    text = path.read_bytes()
    withdraw(round_, third, "b")
    assert len(withdrawn_from(visitor, 3)[1]) == 1
    path.write_bytes(text)
    rooms.search.rebuild(rooms.store)
    assert withdrawn_from(visitor, 3) == (["3 篇", "3 篇"], [])


def test_a_batch_that_was_published_here_tells_it_though_the_text_was_destroyed(
    round_: SitePublishing, app: Flask
) -> None:
    rooms, visitor = app.extensions["caselib"], round_.browser()
    call, _ = round_.under_notice(since=7)
    publisher = Publisher(rooms.database, rooms.store, rooms.settings.data, rooms.search)
    publisher.publish(actor=round_["editor"], call_id=call.id or 0)
    withdraw(round_, app, "2022-001")
    shutil.rmtree(rooms.store.root / "withdrawn")
    assert [line.split("　")[:2] for line in withdrawn_from(visitor, 4)[1]] == [["/cases/2022-001", "第一号案例"]]
    assert withdrawn_from(visitor, 4)[0] == ["2 篇", "1 篇", "1 篇"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_without_a_database_a_missing_case_is_simply_missing(third: Flask) -> None:
    database = third.extensions["caselib"].database
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE tombstone")
    assert third.test_client().get("/cases/never-was").status_code == 404
    assert withdrawn_from(third.test_client(), 3) == (["3 篇", "3 篇"], [])
