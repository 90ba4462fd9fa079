"""A round as the database has it, in the terms of ``assignment``: who could review what, who does, and what forbids it.

Submissions go by their number and experts by their name, because plans, notes and refusals name them. It reads and
changes nothing; what it tells is for editors and for actions, never for an expert.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import or_
from sqlmodel import Session, col, select

from caselib.canonical import canonical_sha256
from caselib.db import key_of
from caselib.errors import Conflict
from caselib.people import Account, Role
from caselib.people.queries import works_as
from caselib.review import conflicts
from caselib.review.assignment import Pair, Plan
from caselib.review.matching import parts
from caselib.review.models import Assignment, Call, DeclaredConflict, Submission
from caselib.review.queries import OWN, for_conflicts, submissions_in
from caselib.review.roster import Expert, Match, Roster, Rules
from caselib.review.shortage import names
from caselib.review.states import AssignmentState, CallState, SubmissionState, season

BEGUN = (AssignmentState.STARTED, AssignmentState.SUBMITTED)
ACTIVE = (AssignmentState.ASSIGNED, *BEGUN)
"""States in which an assignment counts as one of a submission's reviews."""
ABSTAINED = "对此件已弃权"

Names = tuple[str, str]
"""A submission's number and an expert's name."""


class Seat(NamedTuple):
    """An assignment with its pair of names."""

    assignment: Assignment
    pair: Names


@dataclass(frozen=True)
class Allocation:
    """A call's accepted submissions, its experts, and the assignments there are.

    Attributes:
        submissions: by number.
        experts: by name; those who may be assigned, and those who were.
        seats: assignments of ``submissions`` in every state.
        roster: the round to assign; conflicts known and abstentions are in it.
    """

    call: Call
    submissions: Mapping[str, Submission]
    experts: Mapping[str, Account]
    seats: tuple[Seat, ...]
    roster: Roster

    @cached_property
    def held(self) -> tuple[Seat, ...]:
        """Assignments that were not taken away or abstained from."""
        return tuple(seat for seat in self.seats if seat.assignment.state in ACTIVE)

    @cached_property
    def active(self) -> tuple[Seat, ...]:
        """Those of them that will count: the expert can still work, or has submitted."""
        return tuple(seat for seat in self.held if _usable(self.experts[seat.pair[1]]) or _is_submitted(seat))

    @cached_property
    def by_ids(self) -> dict[tuple[int, int], Assignment]:
        """Assignments by the ids of submission and expert."""
        return {(seat.assignment.submission_id, seat.assignment.expert_id): seat.assignment for seat in self.seats}

    @cached_property
    def reasons(self) -> dict[Names, list[conflicts.Conflict]]:
        """What forbids a pair; nothing is no entry."""
        found: dict[Names, list[conflicts.Conflict]] = defaultdict(list)
        for conflict in self.roster.conflicts:
            found[conflict.submission, conflict.person].append(conflict)
        return dict(found)

    def ids(self, pair: Names) -> tuple[int, int]:
        """The ids of submission and expert."""
        return key_of(self.submissions[pair[0]]), key_of(self.experts[pair[1]])

    def against(self, pair: Names) -> str:
        """The reasons that forbid a pair, in one line; empty if none does."""
        return "、".join(dict.fromkeys(conflict.reason for conflict in self.reasons.get(pair, ())))

    def tied(self, *states: AssignmentState) -> list[str]:
        """Numbers of the submissions with an assignment in one of ``states`` that a conflict forbids, sorted.

        Never whose it is: an editor who is told may be tied to the submission too.
        """
        found = (seat for seat in self.held if seat.assignment.state in states and seat.pair in self.reasons)
        return sorted({seat.pair[0] for seat in found})

    def match(self, pair: Names) -> Match:
        """How well the expert's industries fit the submission's; both must be of the roster."""
        return Match(int(self.roster.points[self.roster.row[pair[0]], self.roster.column[pair[1]]]))

    def pairs(self, *states: AssignmentState) -> set[Names]:
        """The pairs that will count and are in one of ``states``."""
        return {seat.pair for seat in self.active if seat.assignment.state in states}

    @property
    def short(self) -> dict[str, int]:
        """Submissions that lack reviews → how many."""
        count = Counter(seat.pair[0] for seat in self.active)
        wanted = self.roster.rules.reviews
        return {number: wanted - count[number] for number in self.submissions if count[number] < wanted}

    @property
    def plan(self) -> Plan:
        """The assignments that count, as a plan to change."""
        pairs = self.pairs(*ACTIVE)
        components = parts(self.roster.mask(pairs))[0]
        matched = tuple(Pair(*pair, self.match(pair)) for pair in sorted(pairs))
        return Plan(matched, score=0, bound=0, components=components)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over what an assignment depends on: rules, submissions, experts, conflicts and the pairs there are."""
        forbidden = sorted((c.submission, c.person, c.kind) for c in self.roster.conflicts)
        world = [
            repr(self.roster.rules),
            [repr(submission) for submission in self.roster.submissions],
            [repr(expert) for expert in self.roster.experts],
            forbidden,
            sorted(seat.pair for seat in self.held),
        ]
        return canonical_sha256(world)


def allocation(
    session: Session,
    call: Call,
    *,
    regions: Mapping[str, str] | None = None,
    max_load: int | None = None,
) -> Allocation:
    """The call's round as it is; six statements, however large it is.

    Args:
        regions: names of the codes of GB/T 2260, for the wording of reasons.
        max_load: the most reviews of any expert; None for no limit.
    """
    submissions = {str(s.number): s for s in submissions_in(session, call, SubmissionState.ACCEPTED)}
    accounts = _experts(session, call)
    name_of = {account.id: name for name, account in accounts.items()}
    number_of = {submission.id: number for number, submission in submissions.items()}
    rows = session.exec(select(Assignment).where(Assignment.call_id == call.id).order_by(col(Assignment.id)))
    seats = tuple(
        Seat(row, (number_of[row.submission_id], name_of[row.expert_id]))
        for row in rows
        if row.submission_id in number_of
    )
    experts = tuple(_candidates(accounts, seats))
    known = [
        for_conflicts(submission, number, panel_of(submission.industry, experts))
        for number, submission in submissions.items()
    ]
    declared = [*_declared(session, call, number_of, name_of), *_own(submissions, name_of), *_abstentions(seats)]
    found = conflicts.find(known, experts, declared, regions=regions)
    rules = Rules(reviews=call.rulebook.reviews, outside=1, max_load=max_load)
    return Allocation(call, submissions, accounts, seats, Roster(known, experts, found, rules))


def require_untied(session: Session, call: Call) -> None:
    """Do nothing unless a submitted review is by an expert who must not judge its submission; six statements.

    Raises:
        Conflict: there is one, of an earlier text perhaps, and it was not recused.
    """
    if tied := allocation(session, call).tied(AssignmentState.SUBMITTED):
        otherwise = "；也可以重新提出分派方案" if CallState(call.state) in season("assign") else ""
        raise Conflict(
            f"已提交的评审里有利害关系：{names(tied)}。",
            f"请在各份申报的分派页为有关专家登记利害关系，他的评审即作回避{otherwise}。",
        )


def panel_of(industry: Sequence[str], experts: Iterable[Expert]) -> str:
    """The panel that the industries belong to: whose experts know them best, all together; none if there is but one.

    Ties fall to the name that sorts first. A round with a single panel has no inside and no outside.
    """
    points: Counter[str] = Counter()
    for expert in experts:
        points[expert.panel] += _points(industry, expert.industries)
    points.pop("", None)
    best = min(points, key=lambda panel: (-points[panel], panel), default="")
    return best if len(points) > 1 and points[best] else ""


def _points(own: Sequence[str], known: Sequence[str]) -> int:
    divisions = {code for code in own if len(code) > 1}
    if divisions.intersection(known):
        return Match.DIVISION
    return Match.LETTER if {code[:1] for code in own}.intersection(code[:1] for code in known) else Match.OTHER


def _usable(account: Account) -> bool:
    """Whether the account can be given reviews."""
    return Role.EXPERT in account.roles and account.disabled_at is None


def _is_submitted(seat: Seat) -> bool:
    return seat.assignment.state == AssignmentState.SUBMITTED


def _experts(session: Session, call: Call) -> dict[str, Account]:
    """Everybody who may be assigned or was, by a name that nobody shares; three statements."""
    was = select(Assignment.expert_id).where(Assignment.call_id == call.id)
    known = or_(works_as(Role.EXPERT), col(Account.id).in_(was))
    found = session.exec(select(Account).where(known).order_by(Account.username)).all()
    names = Counter(account.name for account in found)
    return {
        account.name if names[account.name] == 1 else f"{account.name}（{account.username}）": account
        for account in found
    }


def _candidates(accounts: Mapping[str, Account], seats: Sequence[Seat]) -> Iterator[Expert]:
    """Who can be given reviews; and who no longer can, with room for what was submitted and no more."""
    submitted = Counter(seat.pair[1] for seat in seats if _is_submitted(seat))
    for name, account in accounts.items():
        usable = _usable(account)
        if usable or submitted[name]:
            yield Expert(
                id=name,
                employer=account.employer,
                province=account.province,
                certifier=account.certifier,
                industries=tuple(account.expert.industries) if account.expert else (),
                panel=account.expert.panel if account.expert else "",
                max_load=None if usable else submitted[name],
                former=not usable,
            )


def _declared(
    session: Session, call: Call, number_of: Mapping[int | None, str], name_of: Mapping[int | None, str]
) -> Iterator[conflicts.Declaration]:
    """What was declared; one statement."""
    own = select(Submission.id).where(Submission.call_id == call.id)
    for tie in session.exec(select(DeclaredConflict).where(col(DeclaredConflict.submission_id).in_(own))):
        if tie.submission_id in number_of and tie.account_id in name_of:
            yield conflicts.Declaration(
                name_of[tie.account_id],
                tie.declared_at,
                submission=number_of[tie.submission_id],
                reason=tie.reason,
            )


def _own(submissions: Mapping[str, Submission], name_of: Mapping[int | None, str]) -> Iterator[conflicts.Declaration]:
    for number, submission in submissions.items():
        if submission.owner_id in name_of:
            yield conflicts.Declaration(
                name_of[submission.owner_id], submission.created_at, submission=number, reason=OWN
            )


def _abstentions(seats: Iterable[Seat]) -> Iterator[conflicts.Declaration]:
    """Who abstained is not asked again; the submission needs somebody else."""
    for row, (number, name) in seats:
        if row.state == AssignmentState.ABSTAINED:
            yield conflicts.Declaration(name, row.created_at, submission=number, reason=ABSTAINED)
