"""The proof: the journal's chain holds, and every table says what the journal says happened to it.

A row's fields are compared with the fold of its events, a text with its digest, a recorded pick with its fingerprint. A
field that no event ever told is not judged. Nothing here mends anything.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from caselib import journal
from caselib.db import Table
from caselib.journal import Event
from caselib.people import Account
from caselib.people.actions import told as told_of_account
from caselib.publishing.actions.objections import digest as digest_of_objection
from caselib.publishing.decision import fingerprint
from caselib.publishing.models import Notice, Objection, Release, Selection, Tombstone
from caselib.review import texts
from caselib.review.events import subject_of
from caselib.review.judgements import Judgement
from caselib.review.models import Assignment, Call, CriterionScore, DeclaredConflict, Discussion, Revision, Submission

TABLES: tuple[type[Table], ...] = (
    Account, Call, Submission, DeclaredConflict, Assignment, Discussion, Selection, Notice, Objection, Release, Tombstone,
)  # fmt: skip
"""Those whose every row has events of its own, from its first day."""
Values = dict[str, Any]
_TOLD_BY_ACTION: dict[str, Values] = {
    "account.add": {"disabled": False},
    "account.disable": {"disabled": True},
    "account.enable": {"disabled": False},
}
"""What an event says by its action alone."""
_MISSING = object()


@dataclass(frozen=True)
class Audit:
    """What was found: how many events there are, the digest of the newest, and every fault, worded."""

    events: int
    head: str
    faults: list[str]


def verify(session: Session, head: str = "") -> Audit:
    """Look through everything, in one consistent state of the database.

    Args:
        head: digest of an event known to have been written, printed by an earlier look.
    """
    count, breaks = journal.verify(session, head)
    fold = _Fold(session)
    faults = [f"事件 {found.seq}：{found.message}" for found in breaks]
    faults += fold.faults
    for table in TABLES:
        faults += _table_faults(session, table, fold)
    faults += _text_faults(session, fold)
    faults += _result_faults(session, fold)
    return Audit(count, journal.last_digest(session), faults)


class _Fold:
    """What the events make of every subject, and where an event contradicts those before it."""

    def __init__(self, session: Session) -> None:
        self.values: dict[str, Values] = {}
        self.texts: dict[tuple[str, int], str] = {}
        """Digest of each revision, as told last, by subject and number."""
        self.faults: list[str] = []
        for event in session.exec(select(Event).order_by(col(Event.seq)).execution_options(yield_per=500)):
            self._take(event)

    def _take(self, event: Event) -> None:
        known = self.values.setdefault(_told_of(event), {})
        for key, value in event.before.items():
            if key in known and not _agrees(known[key], value):
                self.faults.append(
                    f"事件 {event.seq}（{event.action}，{event.subject}）：{key} 的旧值与此前的历史不符。"
                )
        for key, value in _said(event).items():
            known[key] = _merged(known.get(key), event.before.get(key), value)
        if "revision" in event.after and "digest" in event.after:
            self.texts[event.subject, event.after["revision"]] = event.after["digest"]


def _said(event: Event) -> Values:
    """What an event tells of its row, by its action and by whose call it is too."""
    said = event.after | _TOLD_BY_ACTION.get(event.action, {})
    if event.call_id is not None:
        said["call_id"] = event.call_id
    return said | ({"owner_id": event.actor_id} if event.action == "submission.create" else {})


def _told_of(event: Event) -> str:
    """The event's subject; that of a withdrawn case whole, where the column cuts a long address short."""
    return f"case:{event.after['slug']}" if event.action == "case.withdraw" else event.subject


def _agrees(known: Any, before: Any) -> bool:
    """Whether what an event found is what was known; of a mapping it tells the changed keys only."""
    if isinstance(known, Mapping) and isinstance(before, Mapping):
        return all(key in known and known[key] == value for key, value in before.items())
    return bool(known == before)


def _merged(known: Any, before: Any, after: Any) -> Any:
    if not (isinstance(known, Mapping) and isinstance(after, Mapping)):
        return after
    gone = before if isinstance(before, Mapping) else {}
    return {key: value for key, value in known.items() if key not in gone} | dict(after)


def _table_faults(session: Session, table: type[Table], fold: _Fold) -> Iterator[str]:
    kind = "case" if table is Tombstone else str(table.__tablename__)
    beside = _judgements(session) if table is Assignment else {}
    seen = set()
    for row in session.exec(select(table)).all():
        subject = f"{kind}:{row.slug}" if isinstance(row, Tombstone) else subject_of(row)
        seen.add(subject)
        if subject not in fold.values:
            yield f"{subject}：表中有这一行，历史里没有。"
            continue
        values = _plain(row.model_dump())
        values |= {key.removesuffix("_id"): value for key, value in values.items() if key.endswith("_id")}
        values |= _standing(row) | beside.get(subject, {})
        yield from _row_faults(subject, values, fold.values[subject])
    for subject in sorted(fold.values.keys() - seen):
        if subject.startswith(f"{kind}:"):
            yield f"{subject}：历史里有这一行，表中没有。"


def _row_faults(subject: str, values: Values, told: Values) -> Iterator[str]:
    for field in sorted(values.keys() & told.keys()):
        for name, is_, should in _differences(field, values[field], told[field]):
            yield f"{subject} 的 {name}：表中是 {_short(is_)}，按历史应为 {_short(should)}。"


def _differences(field: str, value: Any, told: Any) -> Iterator[tuple[str, Any, Any]]:
    """The places at which two values differ, by name; of mappings the keys."""
    if isinstance(value, Mapping) and isinstance(told, Mapping):
        for key in sorted({*value, *told}):
            is_, should = value.get(key, _MISSING), told.get(key, _MISSING)
            if is_ != should:
                yield f"{field}.{key}", is_, should
    elif value != told:
        yield field, value, told


def _judgements(session: Session) -> dict[str, Values]:
    """Scores and comments of every assignment, by its subject, in the form in which its events tell them."""
    rows: dict[int | None, list[CriterionScore]] = {number: [] for number in session.exec(select(Assignment.id))}
    for row in session.exec(select(CriterionScore)):
        rows.setdefault(row.assignment_id, []).append(row)
    kept = {number: Judgement.of(those, "") for number, those in rows.items()}
    return {f"assignment:{n}": {"scores": each.scores, "comments": each.comments} for n, each in kept.items()}


def _standing(row: Table) -> Values:
    """Of an account what its events tell in their own words, of other rows nothing; no event holds a password or a sign-in."""
    return {**told_of_account(row), "disabled": row.disabled_at is not None} if isinstance(row, Account) else {}


def _text_faults(session: Session, fold: _Fold) -> Iterator[str]:
    gone = dict(fold.texts)
    for revision in session.exec(select(Revision).execution_options(yield_per=200)):
        name = f"submission:{revision.submission_id} 的第 {revision.number} 稿"
        if texts.digest(revision.front, revision.body) != revision.digest:
            yield f"{name}：正文与其摘要值（digest）不符。"
        told = gone.pop((f"submission:{revision.submission_id}", revision.number), None)
        if told != revision.digest:
            yield f"{name}：摘要值（digest）与历史不符。"
    yield from (f"{subject} 的第 {number} 稿：历史里有这一稿，表中没有。" for subject, number in sorted(gone))


def _result_faults(session: Session, fold: _Fold) -> Iterator[str]:
    numbers = dict(session.exec(select(Submission.id, Submission.number)).all())
    for selection in session.exec(select(Selection)).all():
        if any(numbers.get(id_) != number for number, id_ in selection.submissions.items()):
            yield f"selection:{selection.id} 的 submissions：与申报的编号不符。"
        if fingerprint(selection.decision) != selection.sha256:
            yield f"selection:{selection.id} 的 decision：内容与其 sha256 不符。"
    for objection in session.exec(select(Objection)).all():
        told = fold.values.get(f"objection:{objection.id}", {})
        if "sha256" in told and told["sha256"] != digest_of_objection(objection):
            yield f"objection:{objection.id}：异议人或异议内容被改动。"


def _plain(values: Values) -> Values:
    """Values as the journal has them."""
    plain: Values = json.loads(json.dumps(values, default=lambda value: value.isoformat()))
    return plain


def _short(value: Any) -> str:
    if value is _MISSING:
        return "（没有）"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
