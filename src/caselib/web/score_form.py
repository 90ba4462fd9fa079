"""The fields of the score form: what stands in each, what is wrong with it, and what another window has kept meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from caselib.content.figures import number
from caselib.errors import CaselibError, Conflict
from caselib.review.judgements import Judgement, Misfit
from caselib.review.rulebook import Criterion


@dataclass(frozen=True)
class Field:
    """One criterion in the form: what stands there, what is wrong with it, and what is kept where that differs."""

    criterion: Criterion
    score: str
    unable: bool
    comment: str
    wrong: str = ""
    wrong_comment: str = ""
    kept: str = ""

    @property
    def is_judged(self) -> bool:
        """Whether a score stands there, or that none can be given."""
        return bool(self.score) or self.unable


def field(
    criterion: Criterion, judgement: Judgement, typed: Mapping[str, str] | None, error: CaselibError | None
) -> Field:
    """A criterion's place in the form; after a conflict it also tells what somebody's other window has kept."""
    key = criterion.key
    kept = judgement.scores.get(key)
    unable = key in judgement.scores and kept is None
    stored = Field(criterion, "" if kept is None else number(kept), unable, judgement.comments.get(key, ""))
    if typed is None:
        return stored
    wrong = error if isinstance(error, Misfit) else Misfit("")
    shown = Field(
        criterion,
        typed.get(f"score-{key}", ""),
        bool(typed.get(f"unable-{key}")),
        typed.get(f"comment-{key}", ""),
        wrong.scores.get(key, ""),
        wrong.comments.get(key, ""),
    )
    differs = (shown.score, shown.unable, shown.comment) != (stored.score, stored.unable, stored.comment)
    return replace(shown, kept=_said(stored)) if isinstance(error, Conflict) and differs else shown


def _said(stored: Field) -> str:
    score = "无法评价" if stored.unable else f"{stored.score} 分" if stored.score else "没有打分"
    return score + (f"，意见“{stored.comment}”" if stored.comment else "")
