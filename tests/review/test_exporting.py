"""The rows of a call's workbook: progress, scores under pseudonyms, results; and what is never in one file."""

from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from caselib.people import Role
from caselib.review import exporting, figure_queries
from caselib.review.actions import discussions
from caselib.review.exporting import Rows
from caselib.review.judgements import Judgement
from caselib.review.models import Call, DeclaredConflict, Submission
from caselib.review.progress import progress
from caselib.review.states import CallState, SubmissionState
from caselib.sheets import write_workbook
from tests.review.reviewing import assign, reviewing, submit
from tests.review.rounds import NOW, Round
from tests.review.test_figures import score

ALIAS = {"expert01": "e02", "expert02": "e01"}


def made(round_: Round, *totals: tuple[float, ...]) -> tuple[Call, list[Submission]]:
    """A round that has ended, with reviews of these totals for each submission."""
    call = reviewing(round_)
    found = [round_.submission(call, SubmissionState.ACCEPTED) for _ in totals]
    for submission, those in zip(found, totals, strict=True):
        score(round_, submission, *those)
    round_.now_in(CallState.CLOSED, call)
    return call, found


def sheets(round_: Round, call: Call, username: str = "editor", **more: Any) -> dict[str, Rows]:
    """The workbook as ``username`` gets it; ``figures=None`` in ``more`` for one without scores."""
    names = {round_[name].id or 0: alias for name, alias in ALIAS.items() if name in round_.actors}
    with round_.database.reading() as session:
        row, who = session.get_one(Call, call.id), round_[username]
        given = (
            {
                "figures": figure_queries.list_figures(session=session, actor=who, call=row),
                "names": names,
            }
            if "figures" not in more
            else {"names": names}
        )
        counts = progress(session=session, actor=who, call=row, now=NOW)
        return exporting.workbook(row, counts, **{**given, **more})


def test_progress_has_a_line_for_each_submission(round_: Round) -> None:
    call, _ = made(round_, (80, 90), ())
    found = sheets(round_, call)["进度"]
    assert found[0] == ["编号", "标题", "未读", "评审中", "完成", "失效", "弃权", "回避", "逾期", "缺专家"]
    assert [[row[0], *row[2:]] for row in found[1:]] == [
        ["2022-001", 0, 0, 2, 0, 0, 0, 0, 1],
        ["2022-002", 0, 0, 0, 0, 0, 0, 0, 3],
    ]


def test_scores_have_a_line_for_each_review_under_its_pseudonym(round_: Round) -> None:
    call, (submission,) = made(round_, (80,))
    round_.add("expert02", Role.EXPERT)
    round_.now_in(CallState.REVIEWING, call)
    written = Judgement({"typical": 10, "method": None, "effect": 15, "spread": 10}, {"effect": "有数据。"}, "可以。")
    submit(round_, assign(round_, submission, "expert02"), written, "expert02")
    round_.now_in(CallState.CLOSED, call)
    head, first, second = sheets(round_, call)["评分"]
    parts = ["典型性", "做法的科学性", "成效", "可推广性"]
    assert head[2:] == ["专家代号", *parts, "总分（百分制）", *(f"{part}：意见" for part in parts), "总体意见"]
    assert first[2:] == ["e01", 10, "无法评价", 15, 10, 50, "", "", "有数据。", "", "可以。"]
    assert second[2:] == ["e02", 16, 24, 24, 16, 80, "", "", "", "", ""]


def test_results_have_every_method_with_its_standard_error_spread_and_disagreement(round_: Round) -> None:
    call, _ = made(round_, (80, 90), (20, 90), (60, 61), (70, 71))
    found = sheets(round_, call, places={"330400": "浙江嘉兴"})["结果"]
    assert found[0][6:10] == ["评审数", "原始平均分", "原始平均分：标准误", "去高去低"]
    assert [row[2] for row in found[1:]] == ["浙江嘉兴"] * 4
    assert [(row[6], row[7], row[17], row[18]) for row in found[1:]] == [
        (2, 85, 10, "否"),
        (2, 55, 70, "是"),
        (2, 60.5, 1, "否"),
        (2, 70.5, 1, "否"),
    ]
    assert {len(row) for row in found} == {22}


def test_results_tell_the_newest_discussion_and_what_was_picked(round_: Round) -> None:
    call, (one, _) = made(round_, (80, 90), (60, 70))
    for outcome, reason in (("stand", "先前"), ("include", "做法新")):
        with round_.doing("editor") as who:
            row = who["session"].get_one(Submission, one.id)
            discussions.record(**who, submission=row, outcome=outcome, reason=reason, present="甲", now=NOW)  # type: ignore[arg-type]
    assert [row[19:] for row in sheets(round_, call)["结果"][1:]] == [["必须入选", "做法新", ""], ["", "", ""]]
    assert [row[21] for row in sheets(round_, call, selected=["2022-001"])["结果"][1:]] == ["是", "否"]


def test_a_submission_without_a_review_has_no_figure_and_no_nought(round_: Round) -> None:
    call, _ = made(round_, ())
    assert sheets(round_, call)["评分"][1:] == []
    assert sheets(round_, call)["结果"][1][6:] == [0, *[None] * 10, None, "否", "", "", ""]


def test_without_figures_experts_are_counted_by_name_and_no_score_is_there(round_: Round) -> None:
    call, _ = made(round_, (81,))
    found = sheets(round_, call, figures=None)
    assert list(found) == ["进度", "专家进度"]
    assert found["专家进度"][1:] == [["专家一", 0, 0, 1, 0, 0, 0, 0]]


def test_with_figures_no_expert_is_named_anywhere(round_: Round) -> None:
    call, _ = made(round_, (81, 83))
    found = sheets(round_, call)
    cells = {str(cell) for rows in found.values() for row in rows for cell in row}
    assert (list(found), cells & {"专家一", "expert02"}) == (["进度", "评分", "结果"], set())


def test_who_is_tied_gets_no_score_and_no_result_of_that_submission(round_: Round) -> None:
    call, (first, _) = made(round_, (81, 83), (61, 63))
    with round_.database.writing() as session:
        session.add(DeclaredConflict(account_id=round_["editor"].id or 0, submission_id=first.id or 0, reason="亲属"))
    found = sheets(round_, call)
    withheld = "您应当回避（亲属），不提供评分"
    assert [len(row) for row in found["评分"][1:]] == [3, 13, 13]
    assert (found["评分"][1][2], found["结果"][1][6:]) == (withheld, [withheld])


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_what_begins_like_a_formula_is_text_when_the_file_is_read_back(round_: Round, title: str) -> None:
    call = reviewing(round_)
    score(round_, round_.submission(call, SubmissionState.ACCEPTED, title=title), 80)
    round_.now_in(CallState.CLOSED, call)
    book = load_workbook(BytesIO(write_workbook(sheets(round_, call))))
    cells = [sheet["B2"] for sheet in book.worksheets]
    assert [(cell.value, cell.data_type, cell.quotePrefix) for cell in cells] == [(title, "s", True)] * 3
