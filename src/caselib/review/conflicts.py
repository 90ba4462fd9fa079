"""Who must not judge what: conflicts of interest (回避) between people and submissions, each with kind and reason.

They follow from what is known of both sides, and bind whoever acts on a submission, editors as well as experts. Pure:
no database and no clock. What follows from a conflict (an assignment ended, a button
hidden) is not decided here.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from caselib.labels import Labelled


class Kind(Labelled):
    """What a conflict comes from."""

    PROVINCE = "province", "同一省份"
    EMPLOYER = "employer", "同一单位"
    CERTIFIER = "certifier", "同一认证机构"
    DECLARED = "declared", "登记的利害关系"


@dataclass(frozen=True)
class Submission:
    """What assignment and conflicts may know of a submission.

    Attributes:
        region: six digits of GB/T 2260.
        industry: codes of GB/T 4754-2017, a letter or a letter and two digits.
        panel: the review panel (评审组) its industry belongs to; empty when there is none.
    """

    id: str
    region: str = ""
    industry: tuple[str, ...] = ()
    submitter: str = ""
    firm: str = ""
    certifier: str = ""
    panel: str = ""


@dataclass(frozen=True)
class Person:
    """Somebody with ties: an expert or an editor. ``province`` is six digits of GB/T 2260; what is unknown is empty."""

    id: str
    employer: str = ""
    province: str = ""
    certifier: str = ""


@dataclass(frozen=True)
class Declaration:
    """What somebody declared: a conflict of interest with a submission, and why."""

    person: str
    at: datetime
    submission: str
    reason: str = ""


@dataclass(frozen=True, order=True)
class Conflict:
    """One reason why ``person`` must not judge ``submission``; ``at`` is when it was declared, None for what follows from both."""

    submission: str
    person: str
    kind: Kind
    reason: str
    at: datetime | None = None


def find(
    submissions: Iterable[Submission],
    people: Iterable[Person],
    declared: Iterable[Declaration] = (),
    *,
    regions: Mapping[str, str] | None = None,
) -> list[Conflict]:
    """Every conflict there is, sorted; a pair may have several.

    Args:
        declared: those of other people or submissions are passed over.
        regions: names of the codes of GB/T 2260, for the reason's wording; a province without one is not named.
    """
    whose = _Index(people, declared)
    names = regions or {}
    return sorted({conflict for s in submissions for conflict in whose.conflicts(s, names)})


_BRANCH = re.compile(r"(.{3,}(?:公司|中心|集团|院|所|局)).{0,12}分(?:公司|中心|院|所|部|局)")
_LEGAL_FORM = re.compile(r"(?:股份)?(?:有限)?(?:责任)?公司$")
_APART = re.compile(r"[\s()\[\]〔〕【】]")


def organisation_key(name: str) -> str:
    """The form in which organisations are compared: no spaces, no width, no legal form, a branch as its parent.

    Brackets go and what is in them stays: 华美（集团）is 华美集团, and 华美（杭州）is not 华美（宁波）.
    """
    folded = _APART.sub("", unicodedata.normalize("NFKC", name)).casefold()
    branch = _BRANCH.fullmatch(folded)
    parent = branch[1] if branch else folded
    return _LEGAL_FORM.sub("", parent) or parent


def province_key(region: str) -> str:
    """The code of the province a region lies in; empty for none."""
    return f"{region[:2]}0000" if len(region) >= 2 else ""


class _Index:
    """People by province and organisation, so that a large round costs what it finds and not every pair."""

    def __init__(self, people: Iterable[Person], declared: Iterable[Declaration]) -> None:
        self.province: dict[str, list[str]] = defaultdict(list)
        self.employer: dict[str, list[str]] = defaultdict(list)
        self.certifier: dict[str, list[str]] = defaultdict(list)
        known = set()
        for person in people:
            known.add(person.id)
            self.province[province_key(person.province)].append(person.id)
            self.employer[organisation_key(person.employer)].append(person.id)
            self.certifier[organisation_key(person.certifier)].append(person.id)
        self.declared: dict[str, list[Declaration]] = defaultdict(list)
        for each in declared:
            if each.person in known:
                self.declared[each.submission].append(each)
        for index in (self.province, self.employer, self.certifier):
            index.pop("", None)

    def conflicts(self, submission: Submission, names: Mapping[str, str]) -> Iterator[Conflict]:
        for kind, person, reason in self._structural(submission, names):
            yield Conflict(submission.id, person, kind, reason)
        for each in self.declared.get(submission.id, ()):
            yield Conflict(submission.id, each.person, Kind.DECLARED, each.reason or "登记过利害关系", each.at)

    def _structural(self, submission: Submission, names: Mapping[str, str]) -> Iterator[tuple[Kind, str, str]]:
        province = province_key(submission.region)
        for person in self.province.get(province, ()):
            yield Kind.PROVINCE, person, f"与申报同属{names.get(province, '一个省份')}"
        parts = (("申报企业", submission.firm), ("报送单位", submission.submitter), ("认证机构", submission.certifier))
        for part, name in parts:
            key = organisation_key(name)
            works = Kind.CERTIFIER if part == "认证机构" else Kind.EMPLOYER
            for person in self.employer.get(key, ()):
                yield works, person, f"任职于{part}“{name}”"
            if part != "申报企业":
                for person in self.certifier.get(key, ()):
                    yield Kind.CERTIFIER, person, f"属于{part}“{name}”"
