"""The submitter's pages, through their own forms."""

import re
from datetime import UTC, date, datetime
from sqlite3 import connect

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from caselib import db
from caselib.publishing.models import Notice, Selection
from caselib.review import calendar, queries
from caselib.review.actions import calls
from caselib.review.events import note
from caselib.review.models import Call, Submission
from caselib.review.states import CallState, SubmissionState
from tests.review.rounds import BODY, FRONT, RULES
from tests.web.case_forms import FORM, LATER, draft, fill, findings, revisions, stored
from tests.web.conftest import token_of
from tests.web.rounds import SiteRound, send, text_of

TODAY = calendar.today(db.now())


@pytest.fixture
def call(site_round: SiteRound) -> Call:
    return site_round.call(deadline=LATER)


@pytest.fixture
def browser(site_round: SiteRound) -> FlaskClient:
    return site_round.browser("zhejiang")


# From a call to a number


def test_a_case_is_begun_filled_in_checked_and_sent(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    path = send(browser, f"/submit/calls/{call.id}/new").location
    begun = browser.get(path).get_data(as_text=True)
    assert re.findall(r"^## .*$", begun, re.MULTILINE) == [f"## {name}" for name in RULES["sections"]]
    onward = fill(browser, path, next="1")
    assert (onward.status_code, onward.location) == (303, f"{path}/send")
    assert "确认报送" in text_of(browser.get(f"{path}/send"))
    sent = fill(browser, f"{path}/send")
    number = stored(site_round, path).number
    assert (sent.location, bool(re.fullmatch(r"2022-\d{5}", number or ""))) == (path, True)
    assert f"已报送，编号 {number}。" in text_of(browser.get(path))


def test_a_text_that_changed_since_it_was_looked_at_is_not_sent(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    path = draft(site_round, call)
    version = stored(site_round, path).version
    fill(browser, path, to=f"{path}/autosave", title="另一个窗口的标题")
    late = fill(browser, f"{path}/send", version=version)
    assert (late.status_code, stored(site_round, path).state) == (409, "draft")


def test_sending_is_confirmed_by_a_letter_that_leads_back(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    path = draft(site_round, call)
    fill(browser, f"{path}/send")
    ((to, subject, text),) = site_round.letters()
    number = stored(site_round, path).number
    assert (to, subject) == ("zhejiang@example.cn", f"小微企业质量提升案例库：已收到申报（{number}）")
    assert f"打开这份申报：http://localhost{path}\n" in text


def test_what_is_typed_is_what_is_kept(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    path = send(browser, f"/submit/calls/{call.id}/new").location
    fill(
        browser,
        path,
        problems=["quality-awareness"],
        **{"metric-change": ["", "145.7", ""], "metric-name": ["合格率", "产量", ""]},
    )
    revision = site_round.read(queries.shown_revision, "zhejiang", stored(site_round, path))
    assert (revision.front, revision.body) == (
        {
            **{key: FRONT[key] for key in ("title", "region", "year", "firm", "firm_size", "certifier", "submitter")},
            "industry": ["C23"],
            "problems": ["quality-awareness"],
            "metrics": [
                {"name": "合格率", "unit": "%", "before": 98.2, "after": 99.8},
                {"name": "产量", "change": 145.7},
            ],
        },
        BODY,
    )


def test_a_character_that_nobody_sees_is_not_kept(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    path = draft(site_round, call)
    hidden = {"title": "一张\x08\x1b工艺\x7f卡\x01", "industry": ["C23\0", "", ""], "body": "第一行\n\t第\x0b二\x9f行"}
    fill(browser, path, **hidden, **{"metric-name": ["合格\x02率", "", ""]})
    revision = site_round.read(queries.shown_revision, "zhejiang", stored(site_round, path))
    kept = [revision.front["title"], revision.front["industry"], revision.front["metrics"][0]["name"], revision.body]
    assert kept == ["一张工艺卡", ["C23"], "合格率", "第一行\n\t第 二行"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("98", "98"),
        ("98.0", "98"),
        ("98.20", "98.2"),
        (" 1,200 % ", "1200"),
        ("1，200％", "1200"),
        ("−12.5", "-12.5"),
        ("－12.50", "-12.5"),
        ("0.0", "0"),
        ("1e300", "1e+300"),
        ("10²", "10²"),
        ("nan", "nan"),
    ],
)
def test_a_number_is_shown_again_as_people_write_it(
    site_round: SiteRound, call: Call, browser: FlaskClient, typed: str, shown: str
) -> None:
    path = draft(site_round, call)
    fill(browser, path, **{"metric-before": [typed, "", ""]})
    assert re.findall('name="metric-before" value="([^"]+)"', browser.get(path).text) == [shown]


@pytest.mark.parametrize(("year", "before"), [("二〇二二", "约九成"), ("20_22", "1_5")])
def test_what_is_no_number_stays_as_typed_and_is_pointed_out(
    site_round: SiteRound, call: Call, browser: FlaskClient, year: str, before: str
) -> None:
    path = draft(site_round, call)
    fill(browser, path, year=year, **{"metric-before": [before, "", ""]})
    page = browser.get(path)
    assert findings(page)[:2] == ["年份没有填对。", "量化指标第 1 项没有填对。"]
    assert [f'value="{typed}"' in page.text for typed in (year, before)] == [True, True]


def test_what_is_missing_is_listed_and_keeps_it_from_being_sent(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    path = draft(site_round, call, metrics=[], title="")
    page = browser.get(f"{path}/send")
    assert findings(page) == ["标题没有填。", "没有量化指标。"]
    assert "确认报送" not in text_of(page)
    answer = fill(browser, f"{path}/send")
    assert (answer.status_code, stored(site_round, path).state) == (400, "draft")
    assert "还有 2 处要补正：1. 标题没有填。2. 没有量化指标。" in text_of(answer)


@pytest.mark.parametrize(("title", "leads"), [("", True), ("一张工艺卡 把住出厂关", False)])
def test_the_form_leads_from_its_head_to_what_is_missing(
    site_round: SiteRound, call: Call, browser: FlaskClient, title: str, leads: bool
) -> None:
    page = browser.get(draft(site_round, call, title=title)).get_data(as_text=True)
    assert ('<a href="#checks">看还有哪些要补正</a>' in page, 'id="checks"' in page) == (leads, True)


def test_a_text_like_a_published_case_and_an_own_one_is_pointed_out(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    site_round.submission(call, title="另一份")
    found = findings(browser.get(draft(site_round, call)))
    assert found == ["与2022-001约有 100% 的文字相同。"]


# Nothing that was typed is lost


@pytest.mark.parametrize("figure", ["9" * 400, "1e400", "nan", "-inf"])
@pytest.mark.parametrize("version", [{}, {"version": "0"}])
def test_a_figure_that_no_computer_holds_stays_as_typed(
    site_round: SiteRound, call: Call, browser: FlaskClient, figure: str, version: dict[str, str]
) -> None:
    path = draft(site_round, call)
    wanted = {"year": "8" * 400, "metric-before": [figure, "", ""], **version}
    answer = fill(browser, path, **wanted)
    page = answer if version else browser.get(path)
    shown = [f'value="{text}"' in page.text for text in (figure, "8" * 400)]
    assert (answer.status_code, shown) == (409 if version else 303, [True, True])


def test_two_windows_show_both_texts_and_both_stay(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    path = draft(site_round, call)
    page = browser.get(path).get_data(as_text=True)
    version, token = (re.findall(rf'name="{name}" value="(.*?)"', page)[-1] for name in ("version", "csrf_token"))
    fill(browser, f"{path}", to=f"{path}/autosave", title="甲窗口的标题")
    late = browser.post(path, data={"csrf_token": token, "version": version, **FORM, "title": "乙窗口的标题"})
    shown = late.get_data(as_text=True)
    assert (late.status_code, "这一项刚被您自己在别处修改过。" in shown) == (409, True)
    assert ("请刷新页面" in shown, "请比较下面两处的文字，由您决定以哪一处为准。" in shown) == (False, True)
    assert re.findall(r'<th scope="row">标题</th><td>(.*?)</td><td>(.*?)</td>', shown) == [
        ("甲窗口的标题", "乙窗口的标题")
    ]
    assert 'name="title" type="text" value="乙窗口的标题"' in shown
    version = re.findall(r'name="version" value="(.*?)"', shown)[-1]
    browser.post(path, data={"csrf_token": token, "version": version, **FORM, "title": "乙窗口的标题", "settle": "1"})
    assert revisions(site_round, path) == [
        (1, FRONT["title"], False),
        (2, "甲窗口的标题", False),
        (3, "乙窗口的标题", False),
    ]


def test_a_text_too_long_to_keep_comes_back_with_what_is_wrong(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    path = draft(site_round, call)
    answer = fill(browser, path, body="长" * 100_001)
    assert (answer.status_code, "正文有 100001 字，超过 100000 字，存不下。" in text_of(answer)) == (400, True)
    assert "长" * 100_001 in answer.get_data(as_text=True)


def opened(browser: FlaskClient, path: str) -> dict[str, object]:
    """What the form at ``path`` sends, filled in, when it is opened now."""
    page = browser.get(path)
    return {"csrf_token": token_of(page), "version": re.findall(r'name="version" value="(.*?)"', page.text)[-1], **FORM}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site whose writers wait a tenth of a second for others."""
    monkeypatch.setattr("caselib.app.WAIT", 0.1)


@pytest.mark.usefixtures("impatient")
def test_while_another_holds_the_database_what_was_typed_comes_back_and_nothing_is_saved(
    site_round: SiteRound, call: Call, browser: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    path = draft(site_round, call)
    before, form = revisions(site_round, path), opened(browser, path) | {"title": "等着保存的标题"}
    other = connect(str(site_round.database.path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    page = browser.post(path, data=form)
    told = browser.post(f"{path}/autosave", data=form, headers={"Accept": "application/json"})
    bare = browser.post(f"/submit/calls/{call.id}/new", data=form)
    other.close()
    assert [(each.status_code, each.headers["Retry-After"]) for each in (page, told, bare)] == [(503, "30")] * 3
    assert ("数据库正忙，没有保存。" in text_of(page), 'value="等着保存的标题"' in page.text) == (True, True)
    assert told.get_json() == {"message": "数据库正忙，没有保存。", "remedy": "请稍等片刻，再试一次。"}
    assert [(each.levelname, each.getMessage(), each.exc_info) for each in caplog.records] == [
        ("WARNING", f"POST {address}: database is locked", None)
        for address in (path, f"{path}/autosave", f"/submit/calls/{call.id}/new")
    ]
    assert revisions(site_round, path) == before
    assert browser.post(path, data=form).status_code == 303


def test_on_a_full_disk_what_was_typed_comes_back_and_nothing_is_saved(
    site_round: SiteRound, call: Call, browser: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    path = draft(site_round, call)
    before, form = revisions(site_round, path), opened(browser, path) | {"body": "长" * 90_000}
    engine = site_round.app.extensions["caselib"].database.engine
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 1"))
    page = browser.post(path, data=form)
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert ("磁盘空间不够，没有保存。" in text_of(page), "长" * 90_000 in page.text) == (True, True)
    assert [(each.getMessage(), each.exc_info) for each in caplog.records] == [
        (f"POST {path}: database or disk is full", None)
    ]
    assert revisions(site_round, path) == before


@pytest.mark.parametrize(("end", "status"), [("", 303), ("/autosave", 200)])
def test_a_form_can_be_sent_after_its_writer_has_signed_in_again(
    site_round: SiteRound, call: Call, browser: FlaskClient, end: str, status: int
) -> None:
    path = draft(site_round, call)
    form = opened(browser, path) | {"title": "过期前写的"}
    site_round.sign_in(browser, "zhejiang")
    assert browser.post(path + end, data=form).status_code == status
    assert revisions(site_round, path)[-1][1] == "过期前写的"


@pytest.mark.parametrize(
    ("signed_in", "status", "said"),
    [
        ("", 401, "您还没有登录，或者登录已经过期。请在另一个窗口登录，再刷新这一页，浏览器会把您填的内容重新提交。"),
        (
            "jiangsu",
            400,
            "这个表单是在登录、换账号或改密码以前打开的。没有保存。换了账号的，请在另一个窗口换回原来的账号，再刷新这一页重新提交；"
            "改了密码的，请重新打开表单填写。",
        ),
    ],
)
def test_a_form_of_a_session_that_ended_says_why_it_is_refused(
    site_round: SiteRound, call: Call, browser: FlaskClient, signed_in: str, status: int, said: str
) -> None:
    path = draft(site_round, call)
    before, form = revisions(site_round, path), opened(browser, path)
    browser.delete_cookie("caselib")
    if signed_in:
        site_round.sign_in(browser, signed_in)
    page = browser.post(path, data=form)
    told = browser.post(f"{path}/autosave", data=form, headers={"Accept": "application/json"})
    title, _, remedy = said.partition("。")
    assert (page.status_code, f"<h1>{title}</h1>" in page.text, remedy in page.text) == (status, True, True)
    assert (told.status_code, told.get_json()) == (status, {"message": f"{title}。", "remedy": remedy})
    assert revisions(site_round, path) == before


@pytest.mark.parametrize("forged", ["no token", "the token of another account", "the token of nobody"])
def test_a_form_that_another_site_makes_up_is_refused(
    site_round: SiteRound, call: Call, browser: FlaskClient, forged: str
) -> None:
    path = draft(site_round, call)
    before, form = revisions(site_round, path), opened(browser, path)
    tokens = {
        "no token": "",
        "the token of another account": token_of(site_round.browser("jiangsu").get("/account")),
        "the token of nobody": token_of(site_round.browser().get("/login")),
    }
    form["csrf_token"] = tokens[forged]
    assert (browser.post(path, data=form).status_code, revisions(site_round, path)) == (400, before)


def test_an_autosave_answers_with_the_new_version(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    path = draft(site_round, call)
    before = stored(site_round, path).version
    told = fill(browser, path, to=f"{path}/autosave", title="新标题").get_json()
    assert (told["version"], revisions(site_round, path)[-1][1:]) == (before + 1, ("新标题", True))


def test_an_autosave_that_comes_too_late_says_so_and_writes_nothing(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    path = draft(site_round, call)
    before = revisions(site_round, path)
    answer = fill(browser, path, to=f"{path}/autosave", title="旧窗口", version="0")
    assert (answer.status_code, answer.get_json()["message"]) == (409, "这一项刚被您自己在别处修改过。")
    assert revisions(site_round, path) == before


def test_a_preview_keeps_the_text_first(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    path = draft(site_round, call)
    page = fill(browser, path, to=f"{path}/preview", body="## 做法\n\n<script>x</script>**三检**制。\n")
    assert '<h2 id="做法">做法</h2>\n<p><strong>三检</strong>制。</p>' in page.get_data(as_text=True)
    assert site_round.read(queries.shown_revision, "zhejiang", stored(site_round, path)).body.endswith("制。\n")


def test_a_script_gets_only_the_part_beside_the_form_and_nothing_is_kept(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    path = draft(site_round, call)
    before = revisions(site_round, path)
    token = re.findall(r'name="csrf_token" value="(.*?)"', browser.get(path).get_data(as_text=True))[-1]
    answer = browser.post(
        f"{path}/preview", data={"csrf_token": token, **FORM, "body": "**短**"}, headers={"Accept": "text/x-fragment"}
    )
    assert ("<html" in answer.get_data(as_text=True), "<strong>短</strong>" in answer.get_data(as_text=True)) == (
        False,
        True,
    )
    assert "正文 5 字，不足 60 字。" in findings(answer)
    assert revisions(site_round, path) == before


def test_a_text_much_like_another_is_told_while_it_is_written(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    site_round.submission(call)
    path = draft(site_round, call)
    typed = {"csrf_token": token_of(browser.get(path)), **FORM, "body": BODY}
    answer = browser.post(f"{path}/preview", data=typed, headers={"Accept": "text/x-fragment"})
    assert "与2022-001约有 100% 的文字相同。" in findings(answer)


# After it was sent


def test_a_returned_submission_shows_the_reason_and_can_be_sent_again(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    submission = site_round.submission(call, SubmissionState.SENT)
    path = f"/submit/{submission.id}"
    with site_round.database.writing() as session:
        row = session.get_one(Submission, submission.id)
        row.state, row.reason = SubmissionState.RETURNED, "成效没有数据"
    assert "退回原因 成效没有数据" in text_of(browser.get(path))
    fill(browser, path, title="改过的标题")
    fill(browser, f"{path}/send")
    assert (stored(site_round, path).state, stored(site_round, path).title) == ("sent", "改过的标题")


def test_what_was_sent_is_read_and_not_written(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    path = f"/submit/{site_round.submission(call).id}"
    assert "<textarea" not in browser.get(path).get_data(as_text=True)
    token = re.findall(r'name="csrf_token" value="(.*?)"', browser.get(f"{path}/withdraw").get_data(as_text=True))[-1]
    answer = browser.post(path, data={"csrf_token": token, "version": 2, **FORM, "title": "改晚了的标题"})
    assert (answer.status_code, "改晚了的标题" in answer.get_data(as_text=True)) == (409, True)
    advice = ("按“保存”就以它为准", "现在不能再保存，需要的文字请先复制下来。")
    assert [said in text_of(answer) for said in advice] == [False, True]


@pytest.mark.parametrize(
    ("state", "call_state", "told"),
    [
        ("withdrawn", "open", "这份申报现在是“已撤回”，不能撤回。"),
        ("refused", "screening", "这份申报现在是“不予受理”，不能撤回。"),
        ("accepted", "notice", "现在不能自己撤回。公示以后确需撤回的，请按页脚的电话或邮箱联系编辑。"),
    ],
)
def test_who_cannot_withdraw_is_told_why(
    site_round: SiteRound, call: Call, browser: FlaskClient, state: str, call_state: str, told: str
) -> None:
    found = site_round.submission(call, SubmissionState(state))
    with site_round.database.writing() as session:
        session.get_one(Call, call.id).state = call_state
    page = browser.get(f"/submit/{found.id}/withdraw").get_data(as_text=True)
    assert re.findall(r'<p class="notice">(.*?)</p>', page) == [told]


def test_withdrawing_what_was_sent_needs_a_reason(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    path = f"/submit/{site_round.submission(call).id}"
    assert fill(browser, f"{path}/withdraw").status_code == 400
    for wrong in ({"reason": "长" * 2001}, {"reason": "写了很久的原因", "version": "0"}):
        assert f">{wrong['reason']}</textarea>" in fill(browser, f"{path}/withdraw", **wrong).text.replace("\n", "")
    fill(browser, f"{path}/withdraw", reason="企业不同意公开")
    assert (stored(site_round, path).state, stored(site_round, path).reason) == ("withdrawn", "企业不同意公开")


def test_who_cannot_withdraw_any_more_is_sent_to_the_editors(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    path = f"/submit/{site_round.submission(call, SubmissionState.ACCEPTED).id}/withdraw"
    assert "<textarea" in browser.get(path).text
    token = token_of(browser.get(path))
    with site_round.database.writing() as session:
        session.get_one(Call, call.id).state = "notice"
    refused = browser.post(path, data={"csrf_token": token, "version": 2, "reason": "停产"})
    for answer, status in ((browser.get(path), 200), (refused, 409)):
        said = "公示以后确需撤回的，请按页脚的电话或邮箱联系编辑。" in text_of(answer)
        assert (answer.status_code, said, "<textarea" in answer.text) == (status, True, False)


def test_two_revisions_are_compared(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    path = draft(site_round, call)
    fill(browser, path, title="新标题", body=BODY.replace("三十", "四十"))
    page = browser.get(f"{path}/revisions?a=2&b=1").get_data(as_text=True)
    assert re.findall(r'<th scope="row">标题</th><td>(.*?)</td><td>(.*?)</td>', page) == [(FRONT["title"], "新标题")]
    assert re.findall(r"<(del|ins)>(.*?)</\1>", page)[-2:] == [("del", "三"), ("ins", "四")]


@pytest.mark.parametrize("query", ["", "?a=x&b=9", "?a=1&b=99999999999999999999"])
def test_revisions_that_are_not_there_give_the_newest_two(
    site_round: SiteRound, call: Call, browser: FlaskClient, query: str
) -> None:
    path = draft(site_round, call)
    fill(browser, path, title="新标题")
    page = browser.get(f"{path}/revisions{query}").text
    assert re.findall(r'<th scope="row">标题</th><td>(.*?)</td><td>(.*?)</td>', page) == [(FRONT["title"], "新标题")]


# Lists


def test_own_submissions_stand_under_what_is_to_be_done(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    for state in SubmissionState:
        site_round.submission(call, state, title=f"在{state.label}")
    site_round.submission(call, owner="jiangsu", title="别人的")
    page = browser.get("/submit/").get_data(as_text=True)
    sections = re.findall(r'<h2 id="(\w+)">.*?</h2>(.*?)</section>', page, re.DOTALL)
    named = {key: re.findall(r'class="name"><a [^>]*>(.*?)</a>', part) for key, part in sections}
    assert named == {
        "todo": ["在已退回", "在草稿"],
        "waiting": ["在已受理", "在已报送"],
        "done": ["在已撤回", "在不予受理"],
    }


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_list_costs_the_same_however_long_it_is(
    site_round: SiteRound, call: Call, browser: FlaskClient, count: int
) -> None:
    for _ in range(count):
        site_round.submission(call)
    assert site_round.statements(browser, "/submit/") == 5


@pytest.mark.parametrize(
    ("state", "starts", "shown"),
    [
        ("closed", TODAY, ["已受理", "已受理"]),
        ("notice", LATER, ["已受理", "已受理"]),
        ("notice", TODAY, ["未入选", "拟入选"]),
        ("published", TODAY, ["未入选", "已入选"]),
    ],
)
def test_the_outcome_is_told_when_it_is_public_and_not_before(
    site_round: SiteRound, call: Call, browser: FlaskClient, state: str, starts: date, shown: list[str]
) -> None:
    chosen, other = (site_round.submission(call, SubmissionState.ACCEPTED).id or 0 for _ in range(2))
    site_round.submission(call, SubmissionState.REFUSED)
    with site_round.database.writing() as session:
        session.get_one(Call, call.id).state = state
        submissions = {"s001": chosen, "s002": other}
        picked = Selection(call_id=call.id, decision={"selected": ["s001"]}, sha256="", submissions=submissions)
        session.add(picked)
        session.flush()
        session.add(Notice(call_id=call.id, selection_id=picked.id, starts=starts, ends=LATER))
        session.flush()
        session.add(Notice(call_id=call.id, selection_id=picked.id, starts=TODAY, ends=LATER, retracted_at=db.now()))
    page = browser.get("/submit/").get_data(as_text=True)
    found = re.findall(r'<span class="state"[^>]*>(.*?)</span>', page)
    assert ([each for each in found if each != "不予受理"], found.count("不予受理")) == (shown, 1)
    assert re.findall(r'<h2 id="(\w+)">', page) == (["done"] if "未入选" in shown else ["waiting", "done"])
    pages = [page, browser.get(f"/submit/{chosen}").get_data(as_text=True)]
    told = ["未入选" in shown] * 2
    assert ['<a href="/notices/1">公示</a>' in each for each in pages] == told


def test_a_draft_of_a_finished_call_was_not_sent_and_has_no_result(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    site_round.submission(call, SubmissionState.DRAFT)
    with site_round.database.writing() as session:
        session.get_one(Call, call.id).state = "notice"
        picked = Selection(call_id=call.id, decision={"selected": []}, sha256="", submissions={})
        session.add(picked)
        session.flush()
        session.add(Notice(call_id=call.id, selection_id=picked.id, starts=TODAY, ends=LATER))
    page = browser.get("/submit/").get_data(as_text=True)
    assert (re.findall(r'<h2 id="(\w+)">', page), "/notices/1" in page) == (["unsent"], False)


@pytest.mark.parametrize(
    ("state", "status", "told"),
    [("draft", 404, ""), ("open", 200, "征集中"), ("screening", 200, "征集已截止"), ("notice", 200, "征集已截止")],
)
def test_a_notice_is_public_from_the_opening_on_and_tells_nobody_outside_how_far_the_work_has_come(
    site_round: SiteRound, browser: FlaskClient, state: str, status: int, told: str
) -> None:
    call = site_round.call(CallState(state), deadline=LATER)
    nobody = site_round.browser()
    paths = ("/calls/", f"/calls/{call.id}")
    assert [each.get(paths[1]).status_code for each in (nobody, browser)] == [status, status]
    pages = [nobody.get(path).text for path in paths]
    assert [re.findall(r'<span class="state"[^>]*>(.*?)</span>', page) for page in pages] == [[told] * bool(told)] * 2
    assert (call.title in pages[0]) == (status == 200)


def test_an_amendment_is_told_with_its_reason(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    with site_round.doing("editor") as who:
        row = who["session"].get_one(Call, call.id)
        calls.extend_deadline(**who, call=row, expected_version=1, deadline=date(2099, 10, 31), reason="各地反映时间紧")
    assert "延长期限 征集截止改为2099年10月31日 各地反映时间紧" in text_of(browser.get(f"/calls/{call.id}"))


def test_a_call_closed_early_says_when_and_why_until_it_is_opened_again(site_round: SiteRound, call: Call) -> None:
    with site_round.doing("editor") as who:
        row = who["session"].get_one(Call, call.id)
        early = datetime(2099, 9, 1, 4, tzinfo=UTC)
        calls.close_call(**who, call=row, expected_version=1, reason="各地都已报齐", now=early)
        closed = queries.amendments(who["session"], None, row)[-1].at
    shown = f"{closed.astimezone(calendar.ZONE):%Y-%m-%d %H:%M}"
    written = calendar.written(LATER)
    for username, path in (("", f"/calls/{call.id}"), ("editor", f"/desk/calls/{call.id}")):
        page = text_of(site_round.browser(username).get(path))
        assert f"截止 {shown} 提前截止（原定{written}） " in page
        assert f"{shown} 提前截止征集 各地都已报齐" in page
    with site_round.doing("editor") as who:
        row = who["session"].get_one(Call, call.id)
        calls.reopen_call(**who, call=row, expected_version=2, deadline=LATER, reason="有省份漏报", now=early)
    assert f"截止 {written}，当天 24 时以前都可以报送" in text_of(site_round.browser().get(f"/calls/{call.id}"))


def test_a_reason_given_for_closing_in_time_stays_in_the_history(site_round: SiteRound, call: Call) -> None:
    with site_round.doing("editor") as who:
        row = who["session"].get_one(Call, call.id)
        over = calendar.end_of(LATER)
        calls.close_call(**who, call=row, expected_version=1, reason="到期", now=over)
        assert queries.amendments(who["session"], None, row) == []


def test_of_a_call_that_an_earlier_version_closed_early_everybody_is_told_so_and_not_why(
    site_round: SiteRound, call: Call
) -> None:
    with site_round.doing("editor") as who:
        row = who["session"].get_one(Call, call.id)
        note(who["session"], who["actor"], "close", row, after={"state": "screening", "reason": "内部原因"})
        row.state = CallState.SCREENING
        (closed,) = queries.amendments(who["session"], None, row)
    page = text_of(site_round.browser().get(f"/calls/{call.id}"))
    shown = f"{closed.at.astimezone(calendar.ZONE):%Y-%m-%d %H:%M} 提前截止（原定{calendar.written(LATER)}）"
    assert (shown in page, "内部原因" in page) == (True, False)


def test_what_an_amendment_changed_is_told_to_everybody(site_round: SiteRound) -> None:
    call = site_round.call(CallState.REVIEWING)
    with site_round.doing("editor") as who:
        row = who["session"].get_one(Call, call.id)
        rules = row.rules | {"size": 20, "quotas": [{"attribute": "province", "value": "330000", "max": 2}]}
        calls.amend_rules(**who, call=row, expected_version=row.version, rules=rules, reason="名额过于集中")
    page = text_of(site_round.browser().get(f"/calls/{call.id}"))
    assert "修订规则 入选数： 25 20 名额约束： （没有） 省份“浙江省”至多 2 篇 名额过于集中" in page
    assert "汇总方法 稳健校准 名额约束 省份“浙江省”至多 2 篇 同分时" in page


def test_somebody_elses_submission_is_not_there(site_round: SiteRound, call: Call) -> None:
    path = draft(site_round, call)
    other = site_round.browser("jiangsu")
    pages = ["", "/send", "/withdraw", "/revisions"]
    assert [other.get(path + page).status_code for page in pages] == [404] * len(pages)


@pytest.mark.parametrize(
    "to", ["", "/send", "/withdraw", "/autosave", "/preview", "/attachments", "/word", "/attachments/1"]
)
def test_nobody_writes_to_somebody_elses_submission(site_round: SiteRound, call: Call, to: str) -> None:
    path = draft(site_round, call)
    other = site_round.browser("jiangsu")
    answer = send(other, path + to, at=f"/submit/calls/{call.id}/new", **FORM, version=2, reason="x")
    assert (answer.status_code, revisions(site_round, path)[-1][1]) == (404, FRONT["title"])


@pytest.mark.parametrize(
    ("who", "state", "offered"),
    [("zhejiang", "open", True), ("zhejiang", "screening", False), ("expert01", "open", False), ("", "open", False)],
)
def test_a_notice_offers_a_submission_to_whoever_may_begin_one(
    site_round: SiteRound, who: str, state: str, offered: bool
) -> None:
    call = site_round.call(CallState(state), deadline=LATER)
    page = site_round.browser(who).get(f"/calls/{call.id}").text
    assert (f"/submit/calls/{call.id}/new" in page) is offered


def test_a_closed_call_takes_no_new_draft_and_says_so(site_round: SiteRound, browser: FlaskClient) -> None:
    call = site_round.call(CallState.SCREENING, deadline=LATER)
    assert "这次征集现在不接收新的申报。" in text_of(browser.get(f"/submit/calls/{call.id}/new"))
    assert f"/submit/calls/{call.id}/new" not in browser.get("/submit/").text
