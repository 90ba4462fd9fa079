"""The desk's pages of a round under way and after it: progress, reminders, figures, panel discussions, the workbook."""

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlmodel import select
from werkzeug.test import TestResponse

from caselib.review.models import Call, Discussion, Submission
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.test_figures import score
from tests.web.assigned import AssignedSite
from tests.web.rounds import figures_of, send, text_of


@pytest.fixture
def site(app: Flask) -> AssignedSite:
    return AssignedSite(app)


@pytest.fixture
def browser(site: AssignedSite) -> FlaskClient:
    return site.browser("editor")


def at(call: Call, page: str) -> str:
    return f"/desk/calls/{call.id}/{page}"


def rows(page: TestResponse, name: str) -> list[list[str]]:
    """The cells of the table of that name."""
    table = re.findall(rf'aria-label="{name}"><table.*?</table>', page.text, re.DOTALL)[0]
    return [
        [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)
    ]


def scored(site: AssignedSite, *totals: tuple[float, ...]) -> tuple[Call, list[Submission]]:
    """A round that has ended, with reviews of these totals for each submission."""
    call, found = site.round(len(totals), CallState.REVIEWING)
    for submission, those in zip(found, totals, strict=True):
        score(site, submission, *those)
    site.now_in(CallState.CLOSED, call)
    return site.stored(call), found


# Progress


def test_progress_is_counted_by_expert_and_by_submission(site: AssignedSite, browser: FlaskClient) -> None:
    call, (first, second) = site.begun(2, 1, reviews=1)
    site.put(site.row(call, first, "e1"), AssignmentState.SUBMITTED)
    page = browser.get(at(call, "progress"))
    assert rows(page, "按专家")[1:] == [
        ["专家一", "1", "0", "1", "0", "0", "0", "0"],
        ["合计", "1", "0", "1", "0", "0", "0", "0"],
    ]
    assert [row[1:] for row in rows(page, "按申报")[1:]] == [
        ["0", "0", "1", "0", "0", "0", "0", "0"],
        ["1", "0", "0", "0", "0", "0", "0", "0"],
    ]
    assert "1 / 2 份评审已完成，还有 1 份没有完成" in text_of(page)
    behind = rows(browser.get(at(call, "progress?behind=1")), "按申报")
    assert [row[0].split()[0] for row in behind[1:]] == [second.number]


def test_a_round_that_nobody_is_assigned_to_has_no_progress(site: AssignedSite, browser: FlaskClient) -> None:
    call, _ = site.round(1)
    assert "还没有分派，没有进度可看。" in text_of(browser.get(at(call, "progress")))


def test_a_round_that_nobody_is_assigned_to_has_no_progress_for_an_editor_who_is_tied_either(
    site: AssignedSite,
) -> None:
    call, (first, _) = site.round(2)
    browser = site.tied(first)
    assert "还没有分派，没有进度可看。" in text_of(browser.get(at(call, "progress")))


@pytest.mark.parametrize("query", ["", "?behind=1"])
def test_an_editor_who_is_tied_to_all_that_is_assigned_is_not_told_that_all_is_done(
    site: AssignedSite, query: str
) -> None:
    call, (only,) = site.begun(1, 2)
    assert "您可以看的申报还没有专家。" in text_of(site.tied(only).get(at(call, f"progress{query}")))


def test_the_page_of_the_call_sums_the_round_up(site: AssignedSite, browser: FlaskClient) -> None:
    call, _ = site.begun(1, 2)
    words = text_of(browser.get(f"/desk/calls/{call.id}"))
    assert "0 / 2 份评审已完成，还有 2 份没有完成 2 未读 0 评审中 0 完成" in words


@pytest.mark.parametrize("page", ["progress", "progress?behind=1"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_progress_costs_the_same_however_large_the_round(
    site: AssignedSite, browser: FlaskClient, page: str, count: int
) -> None:
    call = site.begun(count, 3)[0] if count else site.round(0)[0]
    assert site.statements(browser, at(call, page)) == 7


# Reminders


def test_reminders_are_shown_whole_before_they_are_sent(site: AssignedSite, browser: FlaskClient) -> None:
    call, _ = site.begun(2, 2, reviews=1)
    site.change("e2", email="")
    page = browser.get(at(call, "progress/reminders"))
    words = text_of(page)
    assert "会给这 1 位专家各发一封信。还没有发出。" in words
    assert ("e1@example.cn 还有 1 份" in words, "还有 1 份申报没有评完：未读 1 份。" in words) == (True, True)
    assert ("没有登记邮箱，请另行联系 专家二 还有 1 份" in words, site.letters()) == (True, [])


def test_nothing_about_reminders_tells_an_editor_who_is_tied_which_expert_has_something_left(
    site: AssignedSite,
) -> None:
    call, (first, second) = site.begun(2, 2, reviews=1)
    holders = {submission_id: username for submission_id, username, _ in site.table(call)}
    path, tied, done = at(call, "progress/reminders"), holders[first.id or 0], holders[second.id or 0]
    site.put(site.row(call, second, done), AssignmentState.SUBMITTED)
    site.change(done, email="")
    browser = site.tied(first)
    words = text_of(browser.get(path))
    assert [said in words for said in ("专家二", "example.cn", "没有登记邮箱，请另行联系")] == [False] * 3
    assert "有 1 份申报您应当回避，所以不列出要提醒的专家。" in words
    said = "正在给没有评完、今天还没有收过信的专家发提醒信。"
    for _ in range(2):
        assert send(browser, path, account=[site[done].id]).status_code == 303
        assert said in text_of(browser.get(at(call, "progress")))
        assert [letter[0] for letter in site.letters()] == [f"{tied}@example.cn"]


def test_an_editor_who_is_tied_sees_progress_by_expert_without_it(site: AssignedSite) -> None:
    call, (first, _) = site.begun(2, 1, reviews=1)
    browser = site.tied(first)
    assert rows(browser.get(at(call, "progress")), "按专家")[1:] == [
        ["专家一", "1", "0", "0", "0", "0", "0", "0"],
        ["合计", "2", "0", "0", "0", "0", "0", "0"],
    ]


def test_those_who_are_ticked_are_written_to_once_a_day_and_the_journal_tells(
    site: AssignedSite, browser: FlaskClient
) -> None:
    call, _ = site.begun(2, 2, reviews=1)
    path = at(call, "progress/reminders")
    answer = send(browser, path, account=[site["e1"].id])
    assert (answer.status_code, answer.location) == (303, at(call, "progress"))
    assert "正在给 1 位专家发提醒信。" in text_of(browser.get(at(call, "progress")))
    assert [letter[0] for letter in site.letters()] == ["e1@example.cn"]
    assert site.events(call)[-1][:2] == ("编辑甲", "call.remind")
    assert site.events(call)[-1][3]["experts"] == [site["e1"].id]
    again = send(browser, path, account=[site["e1"].id])
    assert (again.status_code, len(site.letters())) == (303, 1)
    assert "没有要提醒的专家：他们已经评完，或今天已经提醒过。" in text_of(browser.get(at(call, "progress")))
    assert "专家二" in text_of(browser.get(path))
    send(browser, path, account=[site["e2"].id])
    assert "没有评完的，今天都已收到邀请信或提醒信，明天再发。" in text_of(browser.get(path))


def test_when_all_is_reviewed_there_is_nobody_to_remind(site: AssignedSite, browser: FlaskClient) -> None:
    call, (submission,) = site.begun(1, 1, reviews=1)
    site.put(site.row(call, submission, "e1"), AssignmentState.SUBMITTED)
    assert "没有要提醒的专家：分派出去的都已评完。" in text_of(browser.get(at(call, "progress/reminders")))


def test_a_reminder_that_does_not_leave_can_be_sent_again(site: AssignedSite, browser: FlaskClient) -> None:
    call, _ = site.begun(1, 2)
    (site.settings.data / "outbox").write_text("a file where the outbox should be", "utf-8")
    path = at(call, "progress/reminders")
    send(browser, path, account=[site["e1"].id, site["e2"].id])
    site.finish_letters()
    assert "会给这 2 位专家各发一封信。" in text_of(browser.get(path))


def test_outside_of_review_there_is_nobody_to_remind(site: AssignedSite, browser: FlaskClient) -> None:
    call, _ = site.begun(1, 1, reviews=1)
    site.now_in(CallState.CLOSED, call)
    path = at(call, "progress/reminders")
    assert "现在不在评审阶段，没有人要提醒。" in text_of(browser.get(path))
    send(browser, path, at=at(call, "assignment"), account=[site["e1"].id])
    assert site.letters() == []


# Figures


@pytest.mark.parametrize("state", [CallState.SCREENING, CallState.REVIEWING])
def test_before_review_has_ended_nobody_sees_a_figure(
    site: AssignedSite, browser: FlaskClient, state: CallState
) -> None:
    call, (submission,) = scored(site, (81, 83))
    site.now_in(state, call)
    page = browser.get(at(call, "figures"))
    assert ("评审结束以后才能看得分" in text_of(page), "81" in figures_of(page)) == (True, False)
    assert browser.get(at(call, f"figures/{submission.id}")).status_code == 409


def test_five_methods_stand_side_by_side_with_spread_and_disagreement(site: AssignedSite, browser: FlaskClient) -> None:
    call, _ = scored(site, (80, 90), (60, 70), (20, 90))
    page = browser.get(at(call, "figures?by=number"))
    found = rows(page, "得分")
    assert found[0][2:7] == ["原始平均分", "去高去低", "标准分", "宽严校准", "稳健校准"]
    assert [(row[1], row[2].split(" ± ")[0], row[-2]) for row in found[1:]] == [
        ("2", "85.0", "10.0"),
        ("2", "65.0", "10.0"),
        ("2", "55.0", "70.0 分歧大"),
    ]
    assert all(re.fullmatch(r"\d+\.\d ± \d+\.\d", cell) for row in found[1:] for cell in row[2:7])


def test_lines_are_ordered_and_cut_to_disagreements(site: AssignedSite, browser: FlaskClient) -> None:
    call, _ = scored(site, (60, 61), (80, 81), (70, 71), (75, 76), (65, 66), (72, 73), (20, 90), (50, 51))
    numbers = {
        query: [row[0].split()[0][-1] for row in rows(browser.get(at(call, f"figures{query}")), "得分")[1:]]
        for query in ("?by=number", "?by=spread", "?disagreement=1")
    }
    assert numbers == {"?by=number": list("12345678"), "?by=spread": list("71234568"), "?disagreement=1": ["7"]}
    best = rows(browser.get(at(call, "figures?by=nonsense")), "得分")[1]
    assert best[0].split()[0] == "2022-002"


def test_an_editor_who_is_tied_sees_no_figure_and_no_review(site: AssignedSite) -> None:
    call, (first, second) = scored(site, (81, 83), (61, 63))
    browser = site.tied(first)
    found = rows(browser.get(at(call, "figures")), "得分")
    assert [row[0].split()[0] for row in found[1:]] == [second.number, first.number]
    assert found[2][1:] == ["—"]
    assert "您应当回避（亲属），不显示得分。" in found[2][0]
    refused = browser.get(at(call, f"figures/{first.id}"))
    assert (refused.status_code, "81" in figures_of(refused)) == (403, False)
    assert browser.get(at(call, f"figures/{second.id}")).status_code == 200


def test_where_harshness_cannot_be_told_the_page_says_so(site: AssignedSite, browser: FlaskClient) -> None:
    call, _ = scored(site, (80,))
    assert "专家宽严无法校准。" in text_of(browser.get(at(call, "figures")))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_figures_cost_the_same_however_many_there_are(site: AssignedSite, browser: FlaskClient, count: int) -> None:
    call, _ = scored(site, *([(80, 70)] * count))
    assert site.statements(browser, at(call, "figures")) == 10


# Panel discussions


def test_reviews_are_shown_under_pseudonyms_with_their_comments(site: AssignedSite, browser: FlaskClient) -> None:
    call, (submission,) = scored(site, (80, 70))
    with site.database.reading() as session:
        names = {site["expert01"].name, site["expert02"].name}
        assert session.get(Submission, submission.id) is not None
    page = browser.get(at(call, f"figures/{submission.id}"))
    table = rows(page, "各份评审")
    assert sorted(table[0][1:]) == ["e01", "e02"]
    assert table[-1] == ["总分（百分制）", "80.0", "70.0"]
    assert [name for name in names if name in text_of(page)] == []


def test_a_discussion_is_recorded_with_who_and_why_and_stands_in_the_list(
    site: AssignedSite, browser: FlaskClient
) -> None:
    call, (submission,) = scored(site, (20, 90))
    path = at(call, f"figures/{submission.id}")
    answer = send(browser, path, outcome="include", reason="做法新", present="甲，乙")
    assert (answer.status_code, answer.location) == (303, at(call, "figures"))
    with site.database.reading() as session:
        (kept,) = session.exec(select(Discussion)).all()
    assert (kept.outcome, kept.reason, kept.present) == ("include", "做法新", "甲、乙")
    assert rows(browser.get(at(call, "figures")), "得分")[1][-1] == "必须入选"
    words = text_of(browser.get(path))
    assert ("编辑甲 记录" in words, "参加：甲、乙" in words) == (True, True)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("outcome", "没有选结论。"),
        ("reason", "没有写原因。"),
        ("present", "参加合议的人应写 1 至 500 个字。"),
    ],
)
def test_half_a_discussion_is_not_recorded_and_nothing_typed_is_lost(
    site: AssignedSite, browser: FlaskClient, missing: str, said: str
) -> None:
    call, (submission,) = scored(site, (20, 90))
    fields: dict[str, Any] = {"outcome": "stand", "reason": "见会议记录", "present": "张三"}
    del fields[missing]
    answer = send(browser, at(call, f"figures/{submission.id}"), **fields)
    assert (answer.status_code, said in text_of(answer)) == (400, True)
    kept = {"outcome": 'value="stand" checked', "reason": "见会议记录</textarea>", "present": "张三</textarea>"}
    assert [name for name, shown in kept.items() if shown not in answer.text] == [missing]
    with site.database.reading() as session:
        assert session.exec(select(Discussion)).all() == []


def test_once_the_result_is_out_there_is_no_form_any_more(site: AssignedSite, browser: FlaskClient) -> None:
    call, (submission,) = scored(site, (20, 90))
    site.now_in(CallState.NOTICE, call)
    path = at(call, f"figures/{submission.id}")
    assert "记录合议" not in text_of(browser.get(path))
    answer = send(browser, path, at="/desk/calls/new", outcome="stand", reason="晚了", present="甲")
    assert answer.status_code == 409


# The workbook


def book(browser: FlaskClient, call: Call) -> dict[str, list[tuple[Any, ...]]]:
    answer = browser.get(at(call, "results.xlsx"))
    assert answer.headers["Content-Disposition"] == "attachment; filename=results-2022-3.xlsx"
    found = load_workbook(BytesIO(answer.data))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in found.worksheets}


def test_the_workbook_has_progress_scores_and_results_with_pseudonyms(site: AssignedSite, browser: FlaskClient) -> None:
    call, _ = scored(site, (80, 90))
    sheets = book(browser, call)
    assert list(sheets) == ["进度", "评分", "结果"]
    assert sorted((row[2], row[7]) for row in sheets["评分"][1:]) in (
        [("e01", 80), ("e02", 90)],
        [("e01", 90), ("e02", 80)],
    )
    assert sheets["结果"][1][6:9] == (2, 85, 5)


def test_while_review_runs_the_workbook_holds_no_score(site: AssignedSite, browser: FlaskClient) -> None:
    call, _ = scored(site, (81, 83))
    site.now_in(CallState.REVIEWING, call)
    sheets = book(browser, call)
    assert list(sheets) == ["进度", "专家进度"]
    assert [cell for rows in sheets.values() for row in rows for cell in row if cell in (81, 83)] == []


def test_a_text_that_looks_like_a_formula_stays_a_text(site: AssignedSite, browser: FlaskClient) -> None:
    titles = ["=1+1", "+1", "-1", "@SUM(A1)"]
    call, _ = site.round(0, CallState.REVIEWING)
    for title in titles:
        score(site, site.submission(call, SubmissionState.ACCEPTED, title=title), 80)
    site.now_in(CallState.CLOSED, call)
    found = load_workbook(BytesIO(browser.get(at(call, "results.xlsx")).data))
    for sheet in found.worksheets:
        cells = [row[1] for row in sheet.iter_rows(min_row=2)]
        assert [(cell.value, cell.data_type, cell.quotePrefix) for cell in cells] == [(t, "s", True) for t in titles]


def test_the_workbook_of_an_editor_who_is_tied_lacks_those_scores(site: AssignedSite) -> None:
    call, (first, _) = scored(site, (81, 83), (61, 63))
    sheets = book(site.tied(first), call)
    withheld = "您应当回避（亲属），不提供评分"
    assert sheets["评分"][1][2] == sheets["结果"][1][6] == withheld
    cells = [cell for rows in sheets.values() for row in rows for cell in row]
    assert [value for value in (81, 83, 82) if value in cells] == []


@pytest.mark.parametrize("username", ["zhejiang", "e9", "operator"])
def test_nobody_but_editors_gets_any_of_it(site: AssignedSite, username: str) -> None:
    site.expert("e9", name="专家九")
    site.set_password("e9")
    call, (submission,) = scored(site, (80, 70))
    browser = site.browser(username)
    pages = ["progress", "progress/reminders", "figures", f"figures/{submission.id}", "results.xlsx"]
    assert [browser.get(at(call, page)).status_code for page in pages] == [403] * 5
