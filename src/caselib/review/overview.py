"""The assignment (分派) of a call as its editors see it: who has which submission, who could, and who must not and why.

Reads only. An editor who is tied to a submission is not told who reviews it, nor any count by expert that would tell.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from caselib.db import key_of
from caselib.errors import NotFound
from caselib.journal import Event
from caselib.people import Account, Actor, Role
from caselib.people.queries import list_accounts
from caselib.review import design
from caselib.review.allocation import ABSTAINED, ACTIVE, Allocation, Seat, allocation
from caselib.review.assignment import Pair
from caselib.review.conflicts import Conflict
from caselib.review.expert_queries import Standing, standing
from caselib.review.filtering import says
from caselib.review.models import Assignment, Call, Submission
from caselib.review.proposals import Proposal, Removal, recheck
from caselib.review.queries import final_reviews, reasons_against, sent_digests, submissions_in
from caselib.review.roster import Match
from caselib.review.rules import require_editor
from caselib.review.states import AssignmentState, SubmissionState


class Member(NamedTuple):
    """An expert's review of a submission; ``against`` is why the expert must not have it, empty if nothing is."""

    assignment: Assignment
    expert: str
    standing: Standing
    against: str


@dataclass(frozen=True)
class AssignmentLine:
    """One accepted submission.

    Attributes:
        members: its reviews that count and those abstained from; none where the one who looks is tied to it.
        short: how many experts it lacks.
        tied: why the one who looks must leave it alone; empty if nothing speaks against it.
    """

    submission: Submission
    members: tuple[Member, ...]
    short: int
    tied: str


class Candidate(NamedTuple):
    """An expert who does not have the submission. ``against`` is why it cannot be theirs; empty if it can."""

    account_id: int
    expert: str
    match: Match
    inside: bool
    load: int
    against: str


class Bound(NamedTuple):
    """An expert's part of what may be seen of the round: reviews that count, and submissions out of the question, and why."""

    expert: str
    panel: str
    load: int
    forbidden: int
    why: dict[str, int]


class Given(NamedTuple):
    """An assignment that was recused from, and who stepped in; nobody is empty."""

    submission: Submission
    expert: str
    reason: str
    at: datetime
    replacement: str


class ShownConflict(NamedTuple):
    """A conflict of a standing assignment that appeared after it was made."""

    submission: Submission
    expert: str
    reason: str
    at: datetime | None


class Past(NamedTuple):
    """An assignment that was recused from or released, and why."""

    expert: str
    state: AssignmentState
    reason: str


class Change(NamedTuple):
    """What a proposal does to one submission; where the one who looks is tied to it, only that it does."""

    submission: Submission
    added: tuple[Pair, ...]
    removed: tuple[Removal, ...]
    tied: str


@dataclass(frozen=True)
class Overview:
    """The assignment of a call.

    Attributes:
        lines: accepted submissions, by number.
        experts: those who can be assigned or have submitted, by name.
        check: what to expect of what is assigned; None while nothing is.
        forbidden: pairs of submission and expert that are out of the question, of the submissions that may be seen.
        why: how many of them for each kind of reason; a pair may have several.
        recusals: newest first; those that the one who looks may know of, as of ``late``.
        late: conflicts that appeared since.
    """

    lines: tuple[AssignmentLine, ...]
    experts: tuple[Bound, ...]
    check: design.DesignCheck | None
    forbidden: int
    why: dict[str, int]
    recusals: tuple[Given, ...]
    late: tuple[ShownConflict, ...]

    @property
    def short(self) -> int:
        """Submissions that lack experts."""
        return sum(line.short > 0 for line in self.lines)

    @property
    def hidden(self) -> int:
        """Submissions that the one who looks must leave alone; they are in no count by expert."""
        return sum(bool(line.tied) for line in self.lines)

    @property
    def pairs(self) -> int:
        """All pairs there are of the others."""
        return (len(self.lines) - self.hidden) * len(self.experts)


@dataclass(frozen=True)
class AssignmentSheet:
    """One submission's assignment, for changing it by hand.

    Attributes:
        final: assignments of it that cannot be released, because their scores could be seen.
        past: assignments that were recused from or released.
        free: who can be given it: the best match first, then the fewest reviews.
        barred: who cannot, by name.
        people: whose tie to it can be declared, by name: experts, editors, and who else is known to have a review of it.
        hidden: how many submissions the one who looks must leave alone; the loads are without them.
    """

    line: AssignmentLine
    final: frozenset[int]
    past: tuple[Past, ...]
    free: tuple[Candidate, ...]
    barred: tuple[Candidate, ...]
    people: tuple[Account, ...]
    hidden: int


def overview(
    *,
    session: Session,
    actor: Actor,
    call: Call,
    regions: Mapping[str, str] | None = None,
) -> Overview:
    """The whole assignment; a constant number of statements.

    Args:
        regions: names of the codes of GB/T 2260, for the wording of reasons.

    Raises:
        Forbidden: the actor is no editor.
    """
    require_editor(actor)
    found = allocation(session, call, regions=regions)
    lines = _lines(session, actor, found, regions)
    known = _seen(lines)
    seen = [conflict for conflict in found.roster.conflicts if conflict.submission in known]
    late = recheck(session=session, actor=actor, call=call, regions=regions)
    return Overview(
        lines=lines,
        experts=_experts(found, seen, known),
        check=design.check(found.plan) if found.active else None,
        forbidden=len({(conflict.submission, conflict.person) for conflict in seen}),
        why=_kinds(seen),
        recusals=tuple(_recusals(session, found, known)),
        late=tuple(ShownConflict(known[o.submission], o.expert, o.reason, o.at) for o in late if o.submission in known),
    )


def sheet(
    *,
    session: Session,
    actor: Actor,
    call: Call,
    submission_id: int,
    regions: Mapping[str, str] | None = None,
) -> AssignmentSheet:
    """One submission's assignment; a constant number of statements.

    Raises:
        Forbidden: the actor is no editor.
        NotFound: the call has no such accepted submission.
    """
    require_editor(actor)
    found = allocation(session, call, regions=regions)
    lines = _lines(session, actor, found, regions)
    line = next((line for line in lines if line.submission.id == submission_id), None)
    if line is None:
        raise NotFound("没有这份已受理的申报。", "请从分派页进入。")
    number = str(line.submission.number)
    known = _seen(lines)
    candidates = [] if line.tied else _candidates(found, number, known)
    bound = {Role.EXPERT, Role.EDITOR}
    judged = set() if line.tied else {seat.assignment.expert_id for seat in found.held if seat.pair[0] == number}
    people = [
        account
        for account in list_accounts(session)
        if account.id in judged or (account.disabled_at is None and not account.roles.isdisjoint(bound))
    ]
    return AssignmentSheet(
        line=line,
        final=frozenset(() if line.tied else final_reviews(session, submission_id)),
        past=() if line.tied else _past(found, submission_id),
        free=tuple(sorted((c for c in candidates if not c.against), key=lambda c: (-c.match, c.load, c.expert))),
        barred=tuple(c for c in candidates if c.against),
        people=tuple(sorted(people, key=lambda account: (account.name, account.username))),
        hidden=len(lines) - len(known),
    )


def changes(
    *,
    session: Session,
    actor: Actor,
    call: Call,
    proposal: Proposal,
    regions: Mapping[str, str] | None = None,
) -> tuple[list[Change], int]:
    """What a proposal would change, submission by submission, and how many the actor must leave alone; two statements.

    Raises:
        Forbidden: the actor is no editor.
    """
    require_editor(actor)
    submissions = submissions_in(session, call, SubmissionState.ACCEPTED)
    against = reasons_against(session, actor, submissions, regions)
    added, removed = set(proposal.added), {removal.pair: removal for removal in proposal.removed}
    found = []
    for each in submissions:
        number, tied = str(each.number), "、".join(against.get(key_of(each), ()))
        into = tuple(
            pair for pair in proposal.plan.pairs if pair.submission == number and (number, pair.expert) in added
        )
        out = tuple(removal for pair, removal in removed.items() if pair[0] == number)
        if into or out:
            found.append(Change(each, () if tied else into, () if tied else out, tied))
    return found, len(against)


def sifted(lines: Iterable[AssignmentLine], words: str = "", *, short: bool = False) -> list[AssignmentLine]:
    """The lines in whose number, title or experts all of ``words`` occur; with ``short`` only those that lack experts."""
    return [line for line in lines if (line.short or not short) and says(words, *_texts(line))]


def _texts(line: AssignmentLine) -> tuple[str, ...]:
    return str(line.submission.number), line.submission.title, *(member.expert for member in line.members)


def _lines(
    session: Session, actor: Actor, found: Allocation, regions: Mapping[str, str] | None
) -> tuple[AssignmentLine, ...]:
    """Two statements."""
    submissions = list(found.submissions.values())
    against = reasons_against(session, actor, submissions, regions)
    digests = sent_digests(session, found.call)
    shown: dict[str, list[Member]] = {number: [] for number in found.submissions}
    for seat in found.seats:
        if seat.assignment.state in (*ACTIVE, AssignmentState.ABSTAINED):
            shown[seat.pair[0]].append(_member(found, seat, digests))
    return tuple(
        AssignmentLine(
            submission=submission,
            members=() if key_of(submission) in against else tuple(sorted(shown[number], key=lambda m: m.expert)),
            short=found.short.get(number, 0),
            tied="、".join(against.get(key_of(submission), ())),
        )
        for number, submission in found.submissions.items()
    )


def _seen(lines: Iterable[AssignmentLine]) -> dict[str, Submission]:
    """By number, the submissions that the one who looks may know the experts of."""
    return {str(line.submission.number): line.submission for line in lines if not line.tied}


def _member(found: Allocation, seat: Seat, digests: Mapping[int, str]) -> Member:
    row = seat.assignment
    where = standing(row, digests.get(row.submission_id, ""))
    return Member(row, seat.pair[1], where, "" if where is Standing.ABSTAINED else found.against(seat.pair))


def _experts(found: Allocation, seen: Iterable[Conflict], known: Collection[str]) -> tuple[Bound, ...]:
    loads = _loads(found, known)
    own: dict[str, list[Conflict]] = defaultdict(list)
    for conflict in seen:
        own[conflict.person].append(conflict)
    return tuple(
        Bound(expert.id, expert.panel, loads[expert.id], len({c.submission for c in those}), _kinds(those))
        for expert in found.roster.experts
        for those in [own[expert.id]]
    )


def _loads(found: Allocation, known: Collection[str]) -> Counter[str]:
    return Counter(expert for number, expert in (seat.pair for seat in found.active) if number in known)


def _kinds(conflicts: Iterable[Conflict]) -> dict[str, int]:
    """Pairs by the kind of what forbids them, the commonest first."""
    pairs = {("已弃权" if c.reason == ABSTAINED else c.kind.label, c.submission, c.person) for c in conflicts}
    return dict(Counter(kind for kind, _, _ in sorted(pairs)).most_common())


def _candidates(found: Allocation, number: str, known: Collection[str]) -> list[Candidate]:
    """Everybody of the roster who does not have the submission, by name."""
    loads = _loads(found, known)
    have = {seat.pair[1] for seat in found.held if seat.pair[0] == number}
    inside = found.roster.inside[found.roster.row[number]]
    return [
        Candidate(
            account_id=key_of(found.experts[expert.id]),
            expert=expert.id,
            match=found.match((number, expert.id)),
            inside=bool(inside[found.roster.column[expert.id]]),
            load=loads[expert.id],
            against=found.against((number, expert.id)) or ("" if expert.max_load is None else "账号不能再接受分派"),
        )
        for expert in found.roster.experts
        if expert.id not in have
    ]


def _past(found: Allocation, submission_id: int) -> tuple[Past, ...]:
    over = (AssignmentState.RECUSED, AssignmentState.RELEASED)
    return tuple(
        Past(seat.pair[1], AssignmentState(seat.assignment.state), seat.assignment.reason)
        for seat in found.seats
        if seat.assignment.submission_id == submission_id and seat.assignment.state in over
    )


def _recusals(session: Session, found: Allocation, known: Mapping[str, Submission]) -> list[Given]:
    """What the journal tells of recusals: the event after one, in its transaction, is the replacement. One statement."""
    seats = {f"assignment:{seat.assignment.id}": seat for seat in found.seats}
    placed = aliased(Event)
    follows = and_(
        col(placed.seq) == col(Event.seq) + 1,
        col(placed.action) == "assignment.assign",
        col(placed.actor_id).is_not_distinct_from(Event.actor_id),
    )
    statement = (
        select(Event, placed)
        .outerjoin(placed, follows)
        .where(Event.call_id == found.call.id, Event.action == "assignment.recuse")
        .order_by(col(Event.seq).desc())
    )
    given = []
    for event, after in session.exec(statement):
        seat, stepped = seats.get(event.subject), seats.get(after.subject) if after else None
        if seat and seat.pair[0] in known:
            name = stepped.pair[1] if stepped and stepped.pair[0] == seat.pair[0] else ""
            given.append(Given(known[seat.pair[0]], seat.pair[1], seat.assignment.reason, event.at, name))
    return given
