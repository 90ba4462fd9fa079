"""Calls at the desk, through their own forms."""

import html
import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from caselib import db
from caselib.review import calendar
from caselib.review.models import Call
from caselib.review.rulebook import USUAL_RUBRIC, Criterion, Quota, Rulebook
from caselib.review.states import CallState
from caselib.web.editing import call_form
from tests.web.rounds import SiteRound, send, text_of

LATER = date(2099, 9, 30)
TODAY = calendar.today(db.now())
RULES = Rulebook(rubric=USUAL_RUBRIC).model_dump(mode="json")


@pytest.fixture
def browser(site_round: SiteRound) -> FlaskClient:
    return site_round.browser("editor")


def fields(page: str) -> dict[str, list[str]]:
    """What the page's last form would send, as a browser without scripts does."""
    form = re.findall(r"<form.*?</form>", page, re.DOTALL)[-1]
    found: dict[str, list[str]] = {}
    control = r"<input([^>]*)>|<textarea([^>]*)>\n?(.*?)</textarea>|<select([^>]*)>(.*?)</select>"
    for written, area, text, select, options in re.findall(control, form, re.DOTALL):
        (name,) = re.findall(r'name="(.*?)"', written or area or select)
        value = html.unescape(text)
        if select:
            chosen = re.findall(r'value="([^"]*)" selected', options) or re.findall(r'value="([^"]*)"', options)
            value = chosen[0]
        elif written:
            if 'type="checkbox"' in written and "checked" not in written:
                continue
            value = html.unescape((re.findall(r'value="(.*?)"', written) or [""])[0])
        found.setdefault(name, []).append(value)
    return found


def fill(browser: FlaskClient, path: str, **changes: Any) -> TestResponse:
    """Send the form at ``path`` as it is shown but for ``changes``."""
    shown = fields(browser.get(path).get_data(as_text=True))
    return browser.post(path, data={**shown, **{name.replace("__", "-"): value for name, value in changes.items()}})


def move(browser: FlaskClient, call: Call, verb: str, **values: object) -> TestResponse:
    """Press the button of ``verb`` on the call's page."""
    page = browser.get(f"/desk/calls/{call.id}").get_data(as_text=True)
    token = re.findall(r'name="csrf_token" value="(.*?)"', page)[-1]
    return browser.post(f"/desk/calls/{call.id}/{verb}", data={"csrf_token": token, "version": call.version, **values})


def test_a_call_is_made_with_the_usual_rules_as_the_form_offers_them(
    site_round: SiteRound, browser: FlaskClient
) -> None:
    answer = fill(browser, "/desk/calls/new", title="2099 年征集", year="2099", deadline="2099-09-30")
    assert (answer.status_code, answer.location) == (303, "/desk/calls/1")
    call = site_round.stored(Call(id=1, year=0, title="", deadline=LATER, batch=0))
    assert (call.title, call.year, call.deadline, call.batch, call.rules) == ("2099 年征集", 2099, LATER, 1, RULES)


def test_the_form_of_a_call_says_what_its_buttons_do_and_what_is_compared(browser: FlaskClient) -> None:
    page = browser.get("/desk/calls/new").text
    form = page[page.index('<form class="sheet') :]
    assert re.findall('<select name="tie_rule" aria-label="(.*?)">', form) == [
        f"同分时第 {n} 项比较" for n in (1, 2, 3)
    ]
    assert re.findall(r'class="button[^>]*>([^<]+)</(?:button|a)>', form) == ["新建征集", "取消"]


def test_every_rule_can_be_set_in_the_form(site_round: SiteRound, browser: FlaskClient) -> None:
    call = site_round.call(CallState.DRAFT, deadline=LATER)
    shown = fields(browser.get(f"/desk/calls/{call.id}/edit").get_data(as_text=True))
    shown.pop("figures_needed")
    changes: dict[str, Any] = {
        "review_deadline": "2099-12-31",
        "sections": "问题\r\n做法\r\n",
        "shortest": "100",
        "longest": "900",
        "reviews": "5",
        "blind": "double",
        "method": "mixed",
        "size": "10",
        "notice_days": "5",
        "tie_rule": ["raw_mean", "", "id"],
        "criterion-key": ["typical", ""],
        "criterion-name": ["典型性", "成效"],
        "criterion-max": ["20", "30.5"],
        "criterion-weight": ["1", ""],
        "criterion-levels": ["0 不典型\r\n12 典型", ""],
        "quota-attribute": ["province", "industry_letter", "province"],
        "quota-value": ["", "C", ""],
        "quota-min": ["", "3", ""],
        "quota-max": ["2", "", ""],
    }
    browser.post(f"/desk/calls/{call.id}/edit", data={**shown, **changes})
    rules = site_round.stored(call).rulebook
    assert rules == Rulebook.model_validate(
        {
            "sections": ["问题", "做法"],
            "shortest": 100,
            "longest": 900,
            "figures_needed": False,
            "reviews": 5,
            "blind": "double",
            "method": "mixed",
            "size": 10,
            "notice_days": 5,
            "tie_rule": ["raw_mean", "id"],
            "rubric": [
                {
                    "key": "typical",
                    "name": "典型性",
                    "max": 20,
                    "levels": [{"at": 0, "meaning": "不典型"}, {"at": 12, "meaning": "典型"}],
                },
                {"key": "c1", "name": "成效", "max": 30.5},
            ],
            "quotas": [
                {"attribute": "province", "max": 2},
                {"attribute": "industry_letter", "value": "C", "min": 3},
            ],
        }
    )
    assert site_round.stored(call).review_deadline == date(2099, 12, 31)


def test_figures_as_a_chinese_keyboard_writes_them_are_figures(site_round: SiteRound, browser: FlaskClient) -> None:
    call = site_round.call(CallState.DRAFT, deadline=LATER)
    changes = {
        "size": "１０",
        "criterion-max": ["２０．５"],
        "criterion-levels": ["１．５　典型Ａ"],
        "quota-max": ["２"],
    }
    whole = {"criterion-key": ["typical"], "criterion-name": ["典型性"], "criterion-weight": ["１"]}
    quota = {"quota-attribute": ["submitter"], "quota-value": ["省局（本级）"], "quota-min": [""]}
    path = f"/desk/calls/{call.id}/edit"
    browser.post(path, data={**fields(browser.get(path).get_data(as_text=True)), **whole, **quota, **changes})
    rules = site_round.stored(call).rulebook
    assert (rules.size, rules.rubric[0].max, rules.rubric[0].weight) == (10, 20.5, 1)
    assert [(level.at, level.meaning) for level in rules.rubric[0].levels] == [(1.5, "典型Ａ")]
    assert rules.quotas == (Quota(attribute="submitter", value="省局（本级）", max=2),)


def test_a_form_sent_as_it_is_shown_changes_nothing(site_round: SiteRound, browser: FlaskClient) -> None:
    call = site_round.call(CallState.DRAFT, deadline=LATER)
    fill(browser, f"/desk/calls/{call.id}/edit")
    assert (site_round.stored(call).rules, site_round.stored(call).version) == (call.rules, 0)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("8 分工明确", (8, "分工明确")),
        ("8 起步早", (8, "起步早")),
        ("8分起：问题真实", (8, "问题真实")),
        ("8 分起 问题真实", (8, "问题真实")),
        ("8问题真实", (8, "问题真实")),
        ("8 分", (8, "")),
    ],
)
def test_a_level_means_what_was_typed_behind_its_points(typed: str, found: tuple[float, str]) -> None:
    row = {"name": "典型性", "max": "20", "weight": "1", "levels": typed, "key": "typical"}
    values = call_form.read(MultiDict({f"criterion-{name}": text for name, text in row.items()}))
    (level,) = Criterion.model_validate(values["rules"]["rubric"][0]).levels
    assert (level.at, level.meaning) == found


def test_criteria_get_keys_that_are_free_and_what_is_chosen_twice_decides_ties_once() -> None:
    rows = [("key", ""), ("name", "甲"), ("key", "c1"), ("name", "乙"), ("key", ""), ("name", "丙")]
    others = [(name, text) for name, text in (("max", "20"), ("weight", "1"), ("levels", "")) for _ in range(3)]
    ties = [("tie_rule", key) for key in ("id", "", "raw_mean", "id")]
    values = call_form.read(MultiDict([*((f"criterion-{name}", text) for name, text in rows + others), *ties]))
    assert [each["key"] for each in values["rules"]["rubric"]] == ["c2", "c1", "c3"]
    assert values["rules"]["tie_rule"] == ["id", "raw_mean"]


def test_a_table_with_a_hole_in_it_is_refused_and_no_row_of_it_is_dropped(
    site_round: SiteRound, browser: FlaskClient
) -> None:
    call = site_round.call(CallState.DRAFT, deadline=LATER)
    holed = {"quota__attribute": ["province"], "quota__value": ["", "C"], "quota__min": ["", "10"]}
    answer = fill(browser, f"/desk/calls/{call.id}/edit", **holed, quota__max=["2", "18"])
    assert (answer.status_code, "没有完整地传来，什么也没有改动" in text_of(answer)) == (400, True)
    assert (site_round.stored(call).rules, site_round.stored(call).version) == (call.rules, 0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"year": "今年", "deadline": "九月底"}, "年份没有填对；征集截止日期没有填对。"),
        ({"title": ""}, "征集名称应为 1 至 120 个字。"),
        ({"deadline": ""}, "征集截止日期没有填对。"),
        ({"criterion__max": ["二十", "30", "30", "20", "", ""]}, "评分表第 1 项没有填对（应为数，现为“二十”）。"),
        ({"shortest": "5001"}, "正文最少字数（5001）大于最多字数（5000）。"),
        ({"batch": "9" * 400}, "批次不对。"),
        ({"review_deadline": "9999-12-31"}, "日期“9999-12-31”不对。"),
        ({"review_deadline": "2099-01-01"}, "评审截止日期（2099年1月1日）不晚于征集截止日期（2099年9月30日）。"),
    ],
)
def test_what_does_not_fit_is_said_and_the_form_keeps_what_was_typed(
    site_round: SiteRound, browser: FlaskClient, changes: dict[str, Any], said: str
) -> None:
    call = site_round.call(CallState.DRAFT, deadline=LATER)
    answer = fill(browser, f"/desk/calls/{call.id}/edit", **{"intro": "写了很久的说明", **changes})
    shown = fields(answer.get_data(as_text=True))
    assert (answer.status_code, said in text_of(answer), shown["intro"]) == (400, True, ["写了很久的说明"])
    for name, value in changes.items():
        assert shown[name.replace("__", "-")] == (value if isinstance(value, list) else [value])


def test_the_second_of_two_editors_is_told_and_keeps_what_was_typed(
    site_round: SiteRound, browser: FlaskClient
) -> None:
    call = site_round.call(CallState.DRAFT, deadline=LATER)
    path = f"/desk/calls/{call.id}/edit"
    late = fields(browser.get(path).get_data(as_text=True))
    fill(browser, path, title="先改的名称")
    answer = browser.post(path, data={**late, "title": "后改的名称"})
    assert (answer.status_code, fields(answer.get_data(as_text=True))["title"]) == (409, ["后改的名称"])
    said = text_of(answer)
    assert ("请刷新页面" in said, "请先在另一个窗口看过这次征集现在的内容" in said) == (False, True)
    assert site_round.stored(call).title == "先改的名称"


def test_a_call_is_opened_extended_closed_and_reopened(site_round: SiteRound, browser: FlaskClient) -> None:
    call = site_round.call(CallState.DRAFT, deadline=LATER)
    steps = [
        ("open", {}),
        ("extend", {"deadline": "2099-10-15", "reason": "各地反映时间紧"}),
        ("close", {"reason": "已经收齐"}),
        ("reopen", {"deadline": "2099-10-20", "reason": "两地补报"}),
    ]
    passed = []
    for verb, values in steps:
        answer = move(browser, site_round.stored(call), verb, **values)
        passed.append((answer.status_code, site_round.stored(call).state, site_round.stored(call).deadline.day))
    assert passed == [(303, "open", 30), (303, "open", 15), (303, "screening", 15), (303, "open", 20)]
    assert "重新征集 征集截止改为2099年10月20日 两地补报" in text_of(browser.get(f"/desk/calls/{call.id}"))


@pytest.mark.parametrize(
    ("state", "verb", "values", "status", "said"),
    [
        ("open", "close", {}, 400, "截止日期是2099年9月30日，还没有过。"),
        ("open", "extend", {"reason": "x"}, 400, "没有填新的日期。"),
        ("open", "extend", {"deadline": "明天", "reason": "x"}, 400, "日期“明天”没有填对。"),
        ("open", "extend", {"deadline": "9999-12-31", "reason": "x"}, 400, "日期“9999-12-31”不对。"),
        ("open", "extend", {"deadline": "2099-10-01"}, 400, "没有写原因。"),
        ("screening", "reopen", {"reason": "x"}, 400, "没有填新的截止日期。"),
        ("published", "open", {}, 409, "现在是“已发布”，不能“开始征集”。"),
        ("open", "close", {"version": "0"}, 409, "这一项刚被您自己在别处修改过。"),
    ],
)
def test_what_cannot_be_done_is_said_on_the_page_with_what_was_typed(
    site_round: SiteRound,
    browser: FlaskClient,
    state: str,
    verb: str,
    values: dict[str, str],
    status: int,
    said: str,
) -> None:
    call = site_round.call(CallState(state), deadline=LATER)
    page = browser.get(f"/desk/calls/{call.id}/edit").get_data(as_text=True)
    token = re.findall(r'name="csrf_token" value="(.*?)"', page)[-1]
    answer = browser.post(
        f"/desk/calls/{call.id}/{verb}", data={"csrf_token": token, "version": call.version, **values}
    )
    assert (answer.status_code, said in text_of(answer)) == (status, True)
    assert site_round.stored(call).state == state


def test_frozen_rules_are_amended_with_a_reason_that_everybody_sees(
    site_round: SiteRound, browser: FlaskClient
) -> None:
    call = site_round.call(CallState.REVIEWING, deadline=LATER)
    path = f"/desk/calls/{call.id}/amend"
    assert "没有写原因。" in text_of(fill(browser, path, size="20"))
    assert fill(browser, path, size="20", reason="专家组建议").status_code == 303
    assert (site_round.stored(call).rulebook.size, site_round.stored(call).title) == (20, call.title)
    for username in ("zhejiang", ""):
        page = text_of(site_round.browser(username).get(f"/calls/{call.id}"))
        assert "修订规则 入选数： 25 20 专家组建议" in page


@pytest.mark.parametrize("state", CallState)
def test_the_page_of_a_call_offers_what_is_in_season(
    site_round: SiteRound, browser: FlaskClient, state: CallState
) -> None:
    call = site_round.call(state, deadline=LATER)
    page = browser.get(f"/desk/calls/{call.id}").get_data(as_text=True)
    moves = page[page.index('id="moves"') :]
    offered = re.findall(rf'/desk/calls/{call.id}/(open|edit|amend|close|reopen|extend)"', moves)
    assert offered == {
        "draft": ["open", "edit"],
        "open": ["edit", "close", "extend"],
        "screening": ["edit", "reopen", "extend"],
        "reviewing": ["amend", "extend"],
        "closed": ["amend"],
    }.get(state, [])


def test_the_page_of_a_call_counts_its_submissions(site_round: SiteRound, browser: FlaskClient) -> None:
    call = site_round.call(deadline=LATER)
    for _ in range(3):
        site_round.submission(call)
    page = browser.get(f"/desk/calls/{call.id}").get_data(as_text=True)
    assert re.findall(r"<strong>(\d+)</strong> <span>(.*?)</span>", page) == [
        ("3", "已报送"),
        ("0", "已退回"),
        ("0", "已受理"),
        ("0", "不予受理"),
        ("0", "已撤回"),
    ]
    assert "有 3 份申报等待形式审查。" in page


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_list_of_calls_costs_the_same_however_long_it_is(
    site_round: SiteRound, browser: FlaskClient, count: int
) -> None:
    for number in range(count):
        site_round.call(CallState.DRAFT, batch=number + 1)
    assert (site_round.statements(browser, "/desk/calls/"), browser.get("/desk/calls/").text.count('class="name"')) == (
        4,
        count,
    )


def in_progress(page: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each call that the desk's first page names, and its next steps with where they lead, from the call's own page."""
    part = page[page.index('id="running"') : page.index('id="others"')]
    return [
        (title, re.findall(rf'<a href="/desk/calls/{number}(.*?)">(.*?)</a>', rest))
        for number, title, rest in re.findall(
            r'<h3><a href="/desk/calls/(\d+)">(.*?)</a></h3>(.*?)</article>', part, re.DOTALL
        )
    ]


def test_the_desk_says_what_to_do_now_in_each_call_that_runs(site_round: SiteRound, browser: FlaskClient) -> None:
    running = site_round.call(deadline=LATER, title="第一次征集")
    site_round.submission(running)
    site_round.call(CallState.DRAFT, title="第二次征集", batch=4)
    site_round.call(CallState.PUBLISHED, title="办结的征集", batch=5)
    assert in_progress(browser.get("/desk/").get_data(as_text=True)) == [
        ("第二次征集", [("", "核对征集说明、评分表和期限，然后开始征集。")]),
        (
            "第一次征集",
            [
                ("/submissions", "有 1 份申报等待形式审查。"),
                ("/submissions", "征集到2099年9月30日为止，可以随到随审。"),
            ],
        ),
    ]


def test_an_operator_sees_no_call_at_the_desk(site_round: SiteRound) -> None:
    site_round.call(title="第一次征集")
    page = site_round.browser("operator").get("/desk/").get_data(as_text=True)
    assert ("第一次征集" in page, 'id="running"' in page, "/desk/content" in page) == (False, False, True)


@pytest.mark.parametrize(("count", "shown", "cost"), [(0, 0, 4), (1, 1, 14), (5, 5, 54), (6, 5, 54)])
def test_the_desk_costs_ten_reads_for_each_of_the_five_newest_calls_that_run(
    site_round: SiteRound, browser: FlaskClient, count: int, shown: int, cost: int
) -> None:
    for number in range(count):
        site_round.call(CallState.REVIEWING, batch=number + 1)
    page = browser.get("/desk/").get_data(as_text=True)
    assert (site_round.statements(browser, "/desk/"), len(in_progress(page))) == (cost, shown)
    assert ("另有 1 次正在办理" in page) == (count > shown)


def test_a_new_call_is_offered_the_next_batch_and_this_year(site_round: SiteRound, browser: FlaskClient) -> None:
    site_round.call(batch=7)
    shown = fields(browser.get("/desk/calls/new").get_data(as_text=True))
    assert (shown["batch"], shown["year"]) == (["8"], [str(TODAY.year)])
    folder = site_round.settings.content / "batches"
    folder.mkdir(exist_ok=True)
    (folder / "11.md").write_text("---\ntitle: 第十一批\nyear: 2021\n---\n", "utf-8")
    assert fields(browser.get("/desk/calls/new").get_data(as_text=True))["batch"] == ["12"]


def test_a_call_is_not_for_a_batch_that_the_library_has(site_round: SiteRound, browser: FlaskClient) -> None:
    folder = site_round.settings.content / "batches"
    folder.mkdir(exist_ok=True)
    (folder / "3.md").write_text("---\ntitle: 第三批\nyear: 2021\n---\n", "utf-8")
    call = site_round.call(CallState.DRAFT, deadline=LATER, batch=6)
    new = {"title": "征集", "deadline": "2099-09-30"}
    for path, more in (("/desk/calls/new", new), (f"/desk/calls/{call.id}/edit", {})):
        answer = fill(browser, path, **more, batch="3")
        assert (answer.status_code, "案例库里已有第三批。 请改用第七批。" in text_of(answer)) == (409, True)
    assert site_round.stored(call).batch == 6
    assert fill(browser, "/desk/calls/new", **new, batch="7").status_code == 303


def test_a_new_call_does_not_end_in_the_past(site_round: SiteRound, browser: FlaskClient) -> None:
    today = calendar.today(db.now())
    yesterday = today - timedelta(days=1)
    answer = fill(browser, "/desk/calls/new", title="征集", deadline=yesterday.isoformat())
    said = f"征集截止日期（{calendar.written(yesterday)}）已经过去。 请填今天或以后的日期。"
    assert (answer.status_code, said in text_of(answer)) == (400, True)
    assert fill(browser, "/desk/calls/new", title="征集", deadline=today.isoformat()).status_code == 303


def test_a_call_whose_time_is_up_is_closed_without_a_reason(site_round: SiteRound, browser: FlaskClient) -> None:
    call = site_round.call(deadline=TODAY - timedelta(days=1))
    assert (move(browser, call, "close").status_code, site_round.stored(call).state) == (303, "screening")


@pytest.mark.parametrize("who", ["zhejiang", "expert01", "operator"])
def test_calls_at_the_desk_are_for_editors(site_round: SiteRound, who: str) -> None:
    call = site_round.call(CallState.DRAFT)
    other = site_round.browser(who)
    pages = ["/desk/calls/", "/desk/calls/new", f"/desk/calls/{call.id}", f"/desk/calls/{call.id}/edit"]
    assert [other.get(page).status_code for page in pages] == [403] * 4


def test_a_call_of_an_empty_form_is_refused_in_words(site_round: SiteRound, browser: FlaskClient) -> None:
    answer = send(browser, "/desk/calls/new")
    assert (answer.status_code, "年份没有填对；批次没有填对；征集截止日期没有填对。" in answer.text) == (400, True)
