"""What may be told of a call's result: which submissions are in the batch, once the notice is out and not before."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, select

from caselib.db import key_of
from caselib.publishing.models import Notice, Selection
from caselib.review.calendar import today
from caselib.review.models import Call
from caselib.review.states import CallState

PUBLIC = (CallState.NOTICE, CallState.PUBLISHED)


def public_results(session: Session, calls: Collection[Call], now: datetime) -> dict[int, tuple[int, frozenset[int]]]:
    """The notice in force and the submissions it selects, by the call's id; calls whose result is not public are left out.

    One statement.
    """
    told = [call.id for call in calls if call.state in PUBLIC]
    statement = (
        select(Notice, Selection)
        .join(Selection, col(Selection.id) == Notice.selection_id)
        .where(col(Notice.call_id).in_(told), col(Notice.retracted_at).is_(None), col(Notice.starts) <= today(now))
        .order_by(col(Notice.id))
    )
    found = session.exec(statement).all() if told else []
    return {notice.call_id: (key_of(notice), _selected(selection)) for notice, selection in found}


def _selected(selection: Selection) -> frozenset[int]:
    chosen = selection.decision.get("selected", [])
    return frozenset(selection.submissions[name] for name in chosen if name in selection.submissions)
