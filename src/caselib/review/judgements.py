"""What an expert writes of one submission: a score or 无法评价 and a comment for each criterion, and a comment on the whole.

Pure: reading a form, checking against the rubric, the total. Half-done is a state like any other here; whether it may
be submitted is asked of ``require_whole``.
"""

import math
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from caselib.errors import CaselibError
from caselib.review import scoring
from caselib.review.models import CriterionScore
from caselib.review.rulebook import Criterion
from caselib.review.texts import plain_text

LONGEST = 2000
"""Characters of a comment, at most."""

Rubric = tuple[Criterion, ...]


class Misfit(CaselibError):
    """Something in a judgement does not fit; ``scores`` and ``comments`` say what, by criterion (``""`` is the whole)."""

    def __init__(
        self,
        message: str,
        remedy: str = "",
        *,
        scores: Mapping[str, str] | None = None,
        comments: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, remedy)
        self.scores = dict(scores or {})
        self.comments = dict(comments or {})


@dataclass(frozen=True)
class Judgement:
    """An expert's judgement, whole or half done.

    Attributes:
        scores: by criterion; None is 无法评价, a criterion that is not there was not scored yet.
        comments: by criterion; an empty one is left out.
        comment: on the whole.
    """

    scores: Mapping[str, float | None] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""

    @classmethod
    def of(cls, rows: Iterable[CriterionScore], comment: str) -> "Judgement":
        """What is kept in the database."""
        kept = list(rows)
        return cls(
            {row.criterion: row.score for row in kept if row.unable or row.score is not None},
            {row.criterion: row.comment for row in kept if row.comment},
            comment,
        )

    def total(self, rubric: Rubric) -> float | None:
        """0 to 100 over the criteria that were scored; None if none that counts was."""
        known = {criterion.key for criterion in rubric}
        scored = {key: score for key, score in self.scores.items() if score is not None and key in known}
        return scoring.total(scored, {c.key: c.weight for c in rubric}, {c.key: c.max for c in rubric})


def read(fields: Mapping[str, str], rubric: Rubric) -> Judgement:
    """The judgement that a form holds: ``score-<key>``, ``unable-<key>`` and ``comment-<key>``, and ``comment``.

    Raises:
        Misfit: a score is no number, out of its bounds, or a comment too long; everything at once.
    """
    scores: dict[str, float | None] = {}
    wrong: dict[str, str] = {}
    for criterion in rubric:
        typed = unicodedata.normalize("NFKC", fields.get(f"score-{criterion.key}", "")).strip()
        if fields.get(f"unable-{criterion.key}"):
            scores[criterion.key] = None
        elif typed:
            try:
                scores[criterion.key] = _figure(typed.removesuffix("分"))
            except ValueError:
                wrong[criterion.key] = f"“{typed[:20]}”不是数。请填 0 到 {criterion.max:g} 之间的分数。"
    comments = {criterion.key: fields.get(f"comment-{criterion.key}", "") for criterion in rubric}
    judgement = _tidy(Judgement(scores, comments, fields.get("comment", "")))
    _require_fit(judgement, rubric, wrong)
    return judgement


def _figure(typed: str) -> float:
    """A number as people write it: to Python 1_5 would be 15, and nan a number."""
    number = float(typed.replace("_", "?"))
    if not math.isfinite(number):
        raise ValueError(typed)
    return number


def checked(judgement: Judgement, rubric: Rubric) -> Judgement:
    """The judgement as kept.

    Raises:
        Misfit: it has a criterion that the rubric does not have, a score out of bounds, or a comment too long.
    """
    tidy = _tidy(judgement)
    _require_fit(tidy, rubric, {})
    return tidy


def require_whole(judgement: Judgement, rubric: Rubric) -> None:
    """Do nothing if the judgement may be submitted: every criterion is scored or marked 无法评价, and there is a total.

    Raises:
        Misfit: it is not whole; it says where.
    """
    missing = {c.key: "请打分，或者勾选“无法评价”。" for c in rubric if c.key not in judgement.scores}
    if missing:
        raise Misfit(f"还有 {len(missing)} 项没有打分，评审没有提交。", "补齐后再提交；也可以先保存。", scores=missing)
    if judgement.total(rubric) is None:
        raise Misfit("各项都无法评价，算不出总分，评审没有提交。", "确实无法评价的，请写明原因弃权。")


def _tidy(judgement: Judgement) -> Judgement:
    comments = {key: plain_text(text).strip() for key, text in judgement.comments.items()}
    scores = {key: None if score is None else float(score) for key, score in judgement.scores.items()}
    return Judgement(
        scores, {key: text for key, text in comments.items() if text}, plain_text(judgement.comment).strip()
    )


def _require_fit(judgement: Judgement, rubric: Rubric, wrong: dict[str, str]) -> None:
    maxima = {criterion.key: criterion.max for criterion in rubric}
    for key in {**judgement.scores, **judgement.comments}:
        if key not in maxima:
            wrong[key] = f"评分表没有“{key[:30]}”一项。"
    for key, score in judgement.scores.items():
        if key in maxima and score is not None and not 0 <= score <= maxima[key]:
            wrong[key] = f"{score:g} 分不在 0 到 {maxima[key]:g} 之间。"
    long = {
        key: f"写了 {len(text)} 字，超过 {LONGEST} 字，请缩短。"
        for key, text in {**judgement.comments, "": judgement.comment}.items()
        if len(text) > LONGEST
    }
    if count := len(wrong) + len(long):
        raise Misfit(
            f"有 {count} 处没有填对，都没有保存。", "请改正标出的地方，再保存或提交。", scores=wrong, comments=long
        )
