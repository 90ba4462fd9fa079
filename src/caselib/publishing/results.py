"""What may be told of a call's result: what became of each submission, once the notice is out and not before."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, col, select

from caselib.content import ContentStore, Kind
from caselib.db import key_of
from caselib.labels import Labelled
from caselib.publishing.documents import slug_among
from caselib.publishing.models import Notice, Objection, Release, Selection, Tombstone
from caselib.publishing.tombstones import not_put_back
from caselib.review.calendar import today
from caselib.review.models import Call, Submission
from caselib.review.states import CallState, SubmissionState

PUBLIC = (CallState.NOTICE, CallState.PUBLISHED)


class Fate(Labelled):
    """What became of a submission that was accepted."""

    PROPOSED = "proposed", "拟入选"
    SELECTED = "selected", "已入选"
    LEAVING = "leaving", "异议成立，名单将调整"
    WITHDRAWN = "withdrawn", "已入选，案例已撤下"
    PASSED = "passed", "未入选"


class Result(NamedTuple):
    """The public result of a call: its notice, whether the batch is published, what the notice selects, what an upheld objection
    bars, what was taken away.
    """

    notice: int
    published: bool
    selected: frozenset[int]
    barred: frozenset[int]
    withdrawn: frozenset[str]

    def of(self, submission: Submission) -> Fate | None:
        """What became of the submission; None when it was not accepted."""
        if submission.state != SubmissionState.ACCEPTED:
            return None
        if submission.id not in self.selected:
            return Fate.PASSED
        if slug_among(self.withdrawn, str(submission.number)):
            return Fate.WITHDRAWN
        if submission.id in self.barred:
            return Fate.LEAVING
        return Fate.SELECTED if self.published else Fate.PROPOSED


def public_results(session: Session, store: ContentStore, calls: Collection[Call], now: datetime) -> dict[int, Result]:
    """The result by the call's id; calls whose result is not public are left out. Four statements at most."""
    told = [call for call in calls if call.state in PUBLIC]
    if not told:
        return {}
    ids = [call.id for call in told]
    statement = (
        select(Notice.call_id, Notice, Selection)
        .join(Selection, col(Selection.id) == Notice.selection_id)
        .where(col(Notice.call_id).in_(ids), col(Notice.retracted_at).is_(None), col(Notice.starts) <= today(now))
        .order_by(col(Notice.id))
    )
    objected = select(Objection.submission_id).join(Notice, col(Notice.id) == Objection.notice_id)
    barred = frozenset(session.exec(objected.where(col(Notice.call_id).in_(ids), col(Objection.upheld).is_(True))))
    gone = withdrawn_cases(session, store, told)
    published = {call.id for call in told if call.state == CallState.PUBLISHED}
    return {
        call_id: Result(
            key_of(notice), call_id in published, _selected(selection), barred, gone.get(call_id, frozenset())
        )
        for call_id, notice, selection in session.exec(statement)
    }


def withdrawn_cases(session: Session, store: ContentStore, calls: Iterable[Call]) -> dict[int, frozenset[str]]:
    """Slugs of the cases that were published from each call and are withdrawn now, by the call's id.

    Two statements; none where no call is published.
    """
    published = [call.id for call in calls if call.state == CallState.PUBLISHED]
    if not published:
        return {}
    found = session.exec(select(Release).where(col(Release.call_id).in_(published))).all()
    buried = {f"{Kind.CASE.folder}/{slug}.md": slug for slug in session.exec(select(Tombstone.slug))}
    withdrawn = {each.call_id: {buried[path] for path in buried.keys() & each.files.keys()} for each in found}
    gone = not_put_back(store, set().union(*withdrawn.values()))
    return {call_id: frozenset(slugs & gone) for call_id, slugs in withdrawn.items()}


def withdrawn_among(session: Session, store: ContentStore, numbers: Iterable[str], call: Call) -> dict[str, str]:
    """Number → slug, of the cases of a published call that are withdrawn now; two statements at most."""
    gone = withdrawn_cases(session, store, [call]).get(key_of(call), frozenset())
    return {number: slug for number in numbers if (slug := slug_among(gone, number))}


def _selected(selection: Selection) -> frozenset[int]:
    return frozenset(selection.submissions[number] for number in selection.decision["selected"])
