"""What an assignment is made from: submissions, experts, conflicts and rules, and the tables that follow from them.

Pure, and sorted by id: the same round gives the same tables in whatever order it is listed. It assigns nobody.
"""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from caselib.errors import CaselibError
from caselib.review.conflicts import Conflict, Person, Submission
from caselib.review.matching import Ints, Mask, Table


class Match(IntEnum):
    """How well an expert's industries fit a submission's (GB/T 4754-2017); the value is the points it counts."""

    OTHER = 0
    LETTER = 1
    DIVISION = 2

    @property
    def label(self) -> str:
        """The match's name for its reader."""
        return ("其他行业", "同一门类", "同一大类")[self]


@dataclass(frozen=True)
class Expert(Person):
    """A person who can review.

    Attributes:
        industries: codes of GB/T 4754-2017, as in a submission.
        panel: the review panel (评审组) the expert belongs to; without one, outside every submission's.
        max_load: the most reviews; None for as many as the rules allow.
        former: works as an expert no more; ``max_load`` is what was submitted, and nobody can raise it.
    """

    industries: tuple[str, ...] = ()
    panel: str = ""
    max_load: int | None = None
    former: bool = False


@dataclass(frozen=True)
class Rules:
    """What a plan must keep.

    Attributes:
        reviews: reviews each submission gets.
        outside: how many of them, at least, from outside its panel.
        max_load: the most reviews of any expert; None for no limit.
    """

    reviews: int = 3
    outside: int = 1
    max_load: int | None = None


@dataclass(frozen=True)
class Roster:
    """A round to assign.

    Raises:
        CaselibError: an id occurs twice, or the rules cannot be meant.
    """

    submissions: Sequence[Submission]
    experts: Sequence[Expert]
    conflicts: Collection[Conflict] = ()
    rules: Rules = Rules()

    def __post_init__(self) -> None:
        object.__setattr__(self, "submissions", _sorted("申报", self.submissions))
        object.__setattr__(self, "experts", _sorted("评审专家", self.experts))
        if not 0 <= self.rules.outside <= self.rules.reviews or self.rules.reviews < 1:
            raise CaselibError(
                f"每份申报的评审数 {self.rules.reviews}、其中组外 {self.rules.outside}，这样的规则无法执行。",
                "请让评审数不小于 1，组外评审数在 0 到评审数之间。",
            )

    @cached_property
    def submission_ids(self) -> tuple[str, ...]:
        """Ids in the order of the rows."""
        return tuple(submission.id for submission in self.submissions)

    @cached_property
    def expert_ids(self) -> tuple[str, ...]:
        """Ids in the order of the columns."""
        return tuple(expert.id for expert in self.experts)

    @cached_property
    def row(self) -> dict[str, int]:
        """Index of each submission."""
        return {identifier: i for i, identifier in enumerate(self.submission_ids)}

    @cached_property
    def column(self) -> dict[str, int]:
        """Index of each expert."""
        return {identifier: j for j, identifier in enumerate(self.expert_ids)}

    @cached_property
    def allowed(self) -> Mask:
        """Pairs without a conflict, shape (submissions, experts) as all tables here."""
        return ~self.mask({(conflict.submission, conflict.person) for conflict in self.conflicts})

    @cached_property
    def inside(self) -> Mask:
        """Pairs of one panel."""
        own = np.array([submission.panel for submission in self.submissions], dtype=object)
        theirs = np.array([expert.panel for expert in self.experts], dtype=object)
        found: Mask = (own[:, None] == theirs) & (own != "")[:, None]
        return found

    @cached_property
    def points(self) -> NDArray[np.int8]:
        """``Match`` of every pair."""
        own = [submission.industry for submission in self.submissions]
        theirs = [expert.industries for expert in self.experts]
        division, letter = _shared(own, theirs, _divisions), _shared(own, theirs, _letters)
        return np.where(division, Match.DIVISION, np.where(letter, Match.LETTER, Match.OTHER)).astype(np.int8)

    @cached_property
    def capacity(self) -> Ints:
        """The most reviews of each expert."""
        most = [(len(self.submissions), self.rules.max_load, expert.max_load) for expert in self.experts]
        return np.array([min(limit for limit in limits if limit is not None) for limits in most], dtype=np.intp)

    def mask(self, pairs: Collection[tuple[str, str]]) -> Mask:
        """(submission, expert) ids as a table; of those that are not here, nothing."""
        table = np.zeros((len(self.submissions), len(self.experts)), dtype=np.bool_)
        for submission, expert in pairs:
            if submission in self.row and expert in self.column:
                table[self.row[submission], self.column[expert]] = True
        return table

    def keeps(self, chosen: Mask) -> bool:
        """Whether nobody has more than the rules give, and every submission still has room for its outside experts."""
        most, inside = self.rules.reviews, (chosen & self.inside).sum(axis=1)
        within = (chosen.sum(axis=1) <= most).all() and (chosen.sum(axis=0) <= self.capacity).all()
        return bool(within and (inside <= most - self.rules.outside).all())

    def table(self, existing: Mask, started: Mask) -> Table:
        """The round as the solver takes it; what has been started may stretch a limit."""
        demand = np.maximum(self.rules.reviews, started.sum(axis=1))
        return Table(
            demand=demand,
            inside_limit=np.maximum(demand - self.rules.outside, (started & self.inside).sum(axis=1)),
            capacity=np.maximum(self.capacity, started.sum(axis=0)),
            allowed=self.allowed,
            points=self.points,
            tie_break=_tie_break(self.submission_ids, self.expert_ids),
            inside=self.inside,
            kept=existing,
            fixed=started,
        )


Party = TypeVar("Party", Submission, Expert)
Codes = Sequence[str]


def _sorted(what: str, parties: Sequence[Party]) -> tuple[Party, ...]:
    ordered = tuple(sorted(parties, key=lambda party: party.id))
    for one, other in pairwise(ordered):
        if one.id == other.id:
            raise CaselibError(f"{what}编号“{one.id}”出现多次。", "请去掉重复的一项。")
    return ordered


def _divisions(codes: Codes) -> list[str]:
    return [code for code in codes if len(code) > 1]


def _letters(codes: Codes) -> list[str]:
    return [code[:1] for code in codes]


def _shared(own: Sequence[Codes], theirs: Sequence[Codes], part: Callable[[Codes], list[str]]) -> Mask:
    """Whether ``part`` of a row's codes and of a column's have a code in common."""
    place = {code: k for k, code in enumerate(sorted({code for codes in own for code in part(codes)}))}

    def marks(lists: Sequence[Codes]) -> NDArray[np.float32]:
        table = np.zeros((len(lists), len(place)), dtype=np.float32)
        for i, codes in enumerate(lists):
            table[i, [place[code] for code in part(codes) if code in place]] = 1
        return table

    shared: Mask = marks(own) @ marks(theirs).T > 0
    return shared


def _tie_break(submissions: Sequence[str], experts: Sequence[str]) -> NDArray[np.float32]:
    """Eighths in [0, 1), one a pair, from the ids alone: equals are spread over the round as chance would."""

    def seeds(ids: Sequence[str]) -> NDArray[np.uint64]:
        digests = (hashlib.sha256(identifier.encode()).digest() for identifier in ids)
        return np.array([int.from_bytes(digest[:8]) for digest in digests], dtype=np.uint64)

    mixed = (seeds(submissions)[:, None] ^ seeds(experts)) * np.uint64(0x9E3779B97F4A7C15)
    return ((mixed >> np.uint64(61)) / 8).astype(np.float32)
