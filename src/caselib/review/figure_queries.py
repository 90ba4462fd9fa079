"""The figures of a round as an editor may see them: once review has ended, and never of what the editor is tied to.

Reads only; how figures come about is in ``figures``.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sqlmodel import Session, col, select

from caselib.db import key_of
from caselib.errors import NotFound
from caselib.people import Account, Actor
from caselib.review.figures import SubmissionFigures, figures
from caselib.review.models import Call, Discussion, Submission
from caselib.review.queries import reasons_against
from caselib.review.rules import require_scores_open, require_unconflicted_editor
from caselib.review.scoring import Method

Order = Literal["figure", "spread", "number"]


class Held(NamedTuple):
    """A panel discussion, and who wrote it down."""

    discussion: Discussion
    by: str


class FigureLine(NamedTuple):
    """One submission's figures.

    Attributes:
        row: None where the one who looks is tied to the submission.
        tied: why; empty if nothing speaks against looking.
        held: its panel discussions, newest first; none where ``row`` is None.
    """

    submission: Submission
    row: SubmissionFigures | None
    tied: str
    held: tuple[Held, ...]


@dataclass(frozen=True)
class FigureSheet:
    """The figures of a round.

    Attributes:
        lines: accepted submissions, by number.
        identifiable: whether harshness can be told from merit; where not, calibrated methods give the raw mean.
        components: connected parts of the graph of reviews.
        noise: standard deviation of totals of one submission, as their usual range tells it; None where none has two.
    """

    lines: tuple[FigureLine, ...]
    identifiable: bool
    components: int
    noise: float | None

    @property
    def disagreements(self) -> tuple[FigureLine, ...]:
        """Lines whose reviews disagree."""
        return tuple(line for line in self.lines if line.row and line.row.disagreement)


def list_figures(
    *,
    session: Session,
    actor: Actor,
    call: Call,
    regions: Mapping[str, str] | None = None,
) -> FigureSheet:
    """The figures; six statements, however many submissions there are.

    Args:
        regions: names of the codes of GB/T 2260, for the wording of reasons.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: review has not ended.
    """
    require_scores_open(actor, call)
    found = figures(session, call)
    submissions = [row.submission for row in found.rows]
    against = reasons_against(session, actor, submissions, regions)
    held = _discussions(session, call)
    lines = tuple(_line(row, "、".join(against.get(key_of(row.submission), ())), held) for row in found.rows)
    return FigureSheet(lines, found.identifiable, found.components, found.noise)


def get_figures(
    *,
    session: Session,
    actor: Actor,
    call: Call,
    submission_id: int,
    regions: Mapping[str, str] | None = None,
) -> FigureLine:
    """One submission's figures; six statements.

    Raises:
        Forbidden: the actor is no editor, or is tied to the submission.
        Conflict: review has not ended.
        NotFound: the call has no such accepted submission.
    """
    sheet = list_figures(session=session, actor=actor, call=call, regions=regions)
    line = next((line for line in sheet.lines if line.submission.id == submission_id), None)
    if line is None:
        raise NotFound("没有这份已受理的申报。", "请从得分页进入。")
    require_unconflicted_editor(actor, line.submission, [line.tied] if line.tied else [])
    return line


def ordered(lines: Sequence[FigureLine], by: Order, method: Method) -> list[FigureLine]:
    """Lines by ``method``'s figure or by spread, the largest first; whatever has none follows, by number."""
    if by == "number":
        return list(lines)
    return sorted(lines, key=lambda line: _size(line, by, method), reverse=True)


def _size(line: FigureLine, by: Order, method: Method) -> tuple[int, float]:
    if line.row is None:
        return 0, 0.0
    value = line.row.spread if by == "spread" else line.row.figures[method].value if line.row.figures else None
    return (1, 0.0) if value is None else (2, value)


def _line(row: SubmissionFigures, tied: str, held: Mapping[int, Iterable[Held]]) -> FigureLine:
    if tied:
        return FigureLine(row.submission, None, tied, ())
    return FigureLine(row.submission, row, "", tuple(held.get(key_of(row.submission), ())))


def _discussions(session: Session, call: Call) -> dict[int, list[Held]]:
    """Every discussion of the call's submissions, newest first; one statement."""
    statement = (
        select(Discussion, Account.name)
        .join(Submission, col(Submission.id) == Discussion.submission_id)
        .outerjoin(Account, col(Account.id) == Discussion.recorded_by)
        .where(Submission.call_id == call.id)
        .order_by(col(Discussion.id).desc())
    )
    found: dict[int, list[Held]] = defaultdict(list)
    for discussion, name in session.exec(statement):
        found[discussion.submission_id].append(Held(discussion, name or "命令行"))
    return found
