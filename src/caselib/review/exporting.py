"""The rows of a call's workbook: 进度 (progress), 评分 (scores) and 结果 (results). Rows only; ``sheets`` writes the file.

Experts go by pseudonyms wherever a score is. Scores and results are there once they may be seen, and of no submission
that the one who asks is tied to.
"""

from collections.abc import Collection, Mapping
from dataclasses import astuple

from caselib.review.actions.discussions import OUTCOMES
from caselib.review.figure_queries import FigureLine, FigureSheet
from caselib.review.figures import Figure, Review
from caselib.review.models import Call, Submission
from caselib.review.progress import COUNT_NAMES, Progress
from caselib.review.rulebook import Criterion
from caselib.review.scoring import NAMES
from caselib.sheets import Value

Rows = list[list[Value]]
_ABOUT = ("编号", "标题", "地区", "行业", "企业规模", "报送单位")
DIGITS = 2
"""Decimals of a figure, in points of 100."""


def workbook(
    call: Call,
    progress: Progress,
    figures: FigureSheet | None,
    *,
    names: Mapping[int, str],
    selected: Collection[str] | None = None,
    places: Mapping[str, str] | None = None,
) -> dict[str, Rows]:
    """The sheets by title, each with its heading.

    Args:
        figures: None while they may not be seen: then experts' own counts are told instead, by name. The two are never
            in one file, because counts would tell who is behind a pseudonym.
        names: experts' pseudonyms by account.
        selected: numbers of the submissions in the recorded pick; None where there is none.
        places: names of the codes of GB/T 2260.
    """
    if figures is None:
        return {"进度": _progress(progress), "专家进度": _experts(progress)}
    return {
        "进度": _progress(progress),
        "评分": _scores(call, figures, names),
        "结果": _results(figures, selected, places or {}),
    }


def _progress(progress: Progress) -> Rows:
    head: list[Value] = ["编号", "标题", *COUNT_NAMES, "缺专家"]
    return [head, *([each.number, each.title, *astuple(each.counts), each.short] for each in progress.submissions)]


def _experts(progress: Progress) -> Rows:
    head: list[Value] = ["评审专家", *COUNT_NAMES]
    return [head, *([each.name, *astuple(each.counts)] for each in progress.experts)]


def _scores(call: Call, figures: FigureSheet, names: Mapping[int, str]) -> Rows:
    """A line for each counted review: scores as given, the total of 100, and what was written."""
    rubric = call.rulebook.rubric
    parts = [each.name or each.key for each in rubric]
    head: list[Value] = [
        "编号",
        "标题",
        "专家代号",
        *parts,
        "总分（百分制）",
        *(f"{part}：意见" for part in parts),
        "总体意见",
    ]
    rows: Rows = [head]
    for line in figures.lines:
        of = [str(line.submission.number), line.submission.title]
        if line.row is None:
            rows.append([*of, _withheld(line)])
            continue
        reviews = sorted(line.row.reviews, key=lambda review: names.get(review.expert_id, ""))
        rows += [[*of, names.get(review.expert_id, ""), *_review(review, rubric)] for review in reviews]
    return rows


def _review(review: Review, rubric: tuple[Criterion, ...]) -> list[Value]:
    written = review.judgement
    scores = [
        "无法评价" if c.key in written.scores and written.scores[c.key] is None else written.scores.get(c.key)
        for c in rubric
    ]
    comments = [written.comments.get(criterion.key, "") for criterion in rubric]
    return [*scores, round(review.total, DIGITS), *comments, written.comment]


def _results(figures: FigureSheet, selected: Collection[str] | None, places: Mapping[str, str]) -> Rows:
    both = [title for name in NAMES.values() for title in (name, f"{name}：标准误")]
    head: list[Value] = [*_ABOUT, "评审数", *both, "极差", "分歧大", "合议结论", "合议理由", "入选"]
    return [head, *(_result(line, selected, places) for line in figures.lines)]


def _result(line: FigureLine, selected: Collection[str] | None, places: Mapping[str, str]) -> list[Value]:
    about, row = _about(line.submission, places), line.row
    if row is None:
        return [*about, _withheld(line)]
    known = [row.figures.get(method, Figure(None, None)) for method in NAMES]
    newest = line.held[0].discussion if line.held else None
    picked = "" if selected is None else "是" if line.submission.number in selected else "否"
    return [
        *about,
        len(row.reviews),
        *(_rounded(value) for figure in known for value in figure),
        _rounded(row.spread),
        "是" if row.disagreement else "否",
        OUTCOMES.get(newest.outcome, "") if newest else "",  # type: ignore[call-overload]
        newest.reason if newest else "",
        picked,
    ]


def _about(submission: Submission, places: Mapping[str, str]) -> list[Value]:
    return [
        str(submission.number),
        submission.title,
        places.get(submission.region, submission.region),
        "、".join(submission.industry),
        submission.firm_size,
        submission.submitter,
    ]


def _withheld(line: FigureLine) -> str:
    return f"您应当回避（{line.tied}），不提供评分"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
