"""A pick tried out for an editor's eyes, or one looked at again: figures, explanations, and what another method would pick.

Nothing is kept. An editor who is tied to a submission gets no figure of it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from caselib.db import key_of
from caselib.people import Actor
from caselib.publishing.drafting import Content, Flip, draft, outcome_of, what_if
from caselib.publishing.models import Selection
from caselib.publishing.outcome import Outcome, RankedSubmission
from caselib.review.models import Call, Submission
from caselib.review.queries import reasons_against
from caselib.review.rulebook import Called
from caselib.review.rules import require_editor
from caselib.review.scoring import Method


@dataclass(frozen=True)
class Place:
    """One submission in the ranking.

    Attributes:
        line: its figures; None where the one who looks is tied to it.
        tied: why the one who looks is tied to it; empty if nothing speaks against looking.
        note: what chose it or kept it out apart from its rank.
    """

    id: int
    number: str
    title: str
    selected: bool
    line: RankedSubmission | None
    tied: str
    note: str


@dataclass(frozen=True)
class Trial:
    """A pick with all that explains it.

    Attributes:
        by_the_rules: method and quotas are those of the call's rules, so that it can be recorded.
        flips: what each other method would pick instead.
    """

    outcome: Outcome
    places: list[Place]
    by_the_rules: bool
    flips: list[Flip]

    @property
    def ties(self) -> list[str]:
        """Numbers of the submissions that the one who looks is tied to, in the order of the ranking."""
        return [each.number for each in self.places if each.tied]


def try_out(
    session: Session,
    actor: Actor,
    call: Call,
    *,
    key: str,
    method: Method | None = None,
    dropped: Collection[int] = (),
    include: Mapping[str, str] | None = None,
    exclude: Mapping[str, str] | None = None,
    called: Called = str,
) -> Trial:
    """What would be picked now.

    Args:
        method: another than the rules'.
        dropped: places, in the rules, of quotas to do without.
        include: as in :func:`drafting.draft`.
        exclude: likewise.
        called: gives the names that the notes have for codes.

    Raises:
        Forbidden: the actor is no editor.
        Infeasible: the quotas collide.
        CaselibError, Conflict: as :func:`drafting.draft`.
    """
    require_editor(actor)
    drafted = draft(session, call, key=key, include=include, exclude=exclude)
    quotas = [quota for place, quota in enumerate(drafted.content["quotas"]) if place not in dropped]
    content = {**drafted.content, "quotas": quotas, "method": method or drafted.content["method"]}
    same = quotas == drafted.content["quotas"] and content["method"] == drafted.content["method"]
    return _shown(session, actor, content, drafted.submissions, called, by_the_rules=same)


def look_again(session: Session, actor: Actor, selection: Selection, called: Called = str) -> Trial:
    """A recorded pick with its explanations, computed from its file.

    Raises:
        Forbidden: the actor is no editor.
    """
    require_editor(actor)
    return _shown(session, actor, selection.decision, selection.submissions, called, by_the_rules=True)


def ties_among(session: Session, actor: Actor, ids: Mapping[str, int]) -> dict[str, str]:
    """Why the actor is tied to submissions, by their numbers; those that nothing ties the actor to are left out."""
    found = session.exec(select(Submission).where(col(Submission.id).in_(ids.values()))).all()
    against = reasons_against(session, actor, found)
    return {str(each.number): "、".join(against[key_of(each)]) for each in found if key_of(each) in against}


def _shown(
    session: Session,
    actor: Actor,
    content: Content,
    ids: Mapping[str, int],
    called: Called,
    *,
    by_the_rules: bool,
) -> Trial:
    outcome = outcome_of(content)
    tied = ties_among(session, actor, ids)
    titles = {each["id"]: each["title"] for each in content["submissions"]}
    notes = _notes(content, outcome, called)
    places = [
        Place(
            id=ids[line.id],
            number=line.id,
            title=titles[line.id],
            selected=line.selected,
            line=None if line.id in tied else line,
            tied=tied.get(line.id, ""),
            note=notes.get(line.id, ""),
        )
        for line in outcome.ranking
    ]
    return Trial(outcome, places, by_the_rules, what_if(content))


def _notes(content: Content, outcome: Outcome, called: Called) -> dict[str, str]:
    notes = {each["submission"]: f"必须入选：{each['reason']}" for each in content["include"]}
    notes |= {each["submission"]: f"不得入选：{each['reason']}" for each in content["exclude"]}
    for swap in outcome.swaps:
        because = swap.described(called)
        notes.setdefault(swap.in_, f"选入，替换 {swap.out}：{because}")
        notes.setdefault(swap.out, f"让位于 {swap.in_}：{because}")
    return notes
