"""Panel discussions (合议) of submissions on which reviews disagree: who was present, what came of it, and why."""

import re
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from caselib import db
from caselib.db import key_of
from caselib.errors import CaselibError, Conflict
from caselib.people import Actor
from caselib.people.rules import one_line
from caselib.review.events import note
from caselib.review.models import Call, Discussion, Submission
from caselib.review.queries import require_unconflicted
from caselib.review.rules import clean_reason
from caselib.review.states import CallState, SubmissionState, require_season

Outcome = Literal["include", "exclude", "stand"]
OUTCOMES: dict[Outcome, str] = {"include": "必须入选", "exclude": "不得入选", "stand": "按评分结果"}
LONGEST_PRESENT = 500


def record(
    *,
    session: Session,
    actor: Actor,
    submission: Submission,
    outcome: Outcome,
    reason: str,
    present: str,
    now: datetime | None = None,
) -> Discussion:
    """Keep what a discussion came to. A later one of the same submission takes its place; both stay.

    Args:
        present: who took part, as the editor writes it; kept in one line, names divided by 、.

    Raises:
        NotFound: the actor may not know of the submission.
        Forbidden: the actor is no editor, or has a conflict of interest.
        Conflict: review has not ended, or the result is out; or the submission is not in the round.
        CaselibError: the outcome is unknown, there is no reason, or nobody was present.
    """
    require_unconflicted(session, actor, submission)
    call = session.get_one(Call, submission.call_id)
    require_season("discuss", CallState(call.state))
    if submission.state != SubmissionState.ACCEPTED:
        raise Conflict(f"申报 {submission.number} 现在是“{SubmissionState(submission.state).label}”，不用合议。")
    if outcome not in OUTCOMES:
        wrong = f"没有“{outcome}”这种合议结论。" if outcome else "没有选结论。"
        raise CaselibError(wrong, f"请从“{'、'.join(OUTCOMES.values())}”里选一项。")
    discussion = Discussion(
        submission_id=key_of(submission),
        outcome=outcome,
        reason=clean_reason(reason),
        present=_clean_present(present),
        recorded_by=actor.id,
        recorded_at=now or db.now(),
    )
    session.add(discussion)
    said = {
        "submission": discussion.submission_id,
        "outcome": outcome,
        "reason": discussion.reason,
        "present": discussion.present,
    }
    note(session, actor, "record", discussion, after=said, call_id=call.id)
    return discussion


def _clean_present(text: str) -> str:
    names = map(one_line, re.split(r"[，,、\n]", text))
    present = "、".join(dict.fromkeys(filter(None, names)))
    if not 1 <= len(present) <= LONGEST_PRESENT:
        raise CaselibError(f"参加合议的人应写 1 至 {LONGEST_PRESENT} 个字。", "请逐一写出姓名，用顿号隔开。")
    return present
