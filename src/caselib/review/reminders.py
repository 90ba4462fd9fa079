"""Reminders of open reviews: before the review deadline and after it, each expert at most once for each of those days.

An assignment keeps the day on which its expert was last written to; whoever was written to since a reminder's day is not
written to again, and a day that was missed is made up for. Sending is the caller's business: claim, send, and give
back what could not be sent.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import CursorResult, or_, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from caselib import db
from caselib.db import key_of
from caselib.mail import Letter
from caselib.people import Account, Actor, Role
from caselib.people.queries import works_as
from caselib.review.calendar import today
from caselib.review.events import note
from caselib.review.expert_letters import reminder
from caselib.review.models import Assignment, Call, Submission
from caselib.review.progress import Counts, count
from caselib.review.queries import sent_digests
from caselib.review.rules import require_editor
from caselib.review.states import CallState, SubmissionState

BEFORE = (7, 3, 1)
AFTER = (1, 3, 7)
"""Days before and after the review deadline on which to remind."""


@dataclass(frozen=True)
class Due:
    """Somebody to remind.

    Attributes:
        days: until the deadline; negative after it.
        counts: of the expert's open reviews.
        reminded: assignment → the day it carried, to give it back if the letter does not leave.
    """

    account: Account
    call: Call
    days: int
    counts: Counts
    reminded: dict[int, date | None]

    def letter(self, *, site: str, base_url: str) -> Letter:
        """The letter; ``base_url`` is empty when the site does not know its own address."""
        counts = self.counts
        parts = (("未读", counts.unread), ("评审中", counts.started), ("正文已改需重评", counts.stale))
        return reminder(self.account, self.call, days=self.days, parts=parts, site=site, base_url=base_url)


def due(session: Session, call: Call, now: datetime, *, at_once: bool = False) -> list[Due]:
    """Who is to be reminded today, by user name; at most four statements. Nobody unless the call is under review.

    Args:
        at_once: an editor wants it: everybody who has open reviews and was not written to today.
    """
    day, deadline = today(now), call.review_deadline
    milestone = day if at_once else deadline and _milestone(deadline, day)
    if call.state != CallState.REVIEWING or deadline is None or milestone is None:
        return []
    digests = sent_digests(session, call)
    counts: dict[int, Counts] = defaultdict(Counts)
    reminded: dict[int, dict[int, date | None]] = defaultdict(dict)
    for row in session.exec(_assignments(call)):
        one = count(row, digests.get(row.submission_id, ""), late=day > deadline)
        if one.left:
            counts[row.expert_id] += one
            reminded[row.expert_id][key_of(row)] = row.reminded_on
    waiting = [
        who for who, days in reminded.items() if max((d for d in days.values() if d), default=day.min) < milestone
    ]
    theirs = col(Account.id).in_(waiting), works_as(Role.EXPERT)
    accounts = session.exec(select(Account).where(*theirs).order_by(Account.username))
    left = (deadline - day).days
    return [Due(account, call, left, counts[key_of(account)], reminded[key_of(account)]) for account in accounts]


def claim(session: Session, reminder: Due, now: datetime) -> bool:
    """Note that the expert is written to today; False, and nothing noted, if somebody did so meanwhile."""
    day = today(now)
    mine = col(Assignment.id).in_(reminder.reminded)
    earlier = or_(col(Assignment.reminded_on).is_(None), col(Assignment.reminded_on) < day)
    done = session.execute(update(Assignment).where(mine, earlier).values(reminded_on=day))
    return isinstance(done, CursorResult) and done.rowcount > 0


def claim_all(
    *,
    session: Session,
    actor: Actor,
    call: Call,
    accounts: Collection[int] | None = None,
    now: datetime | None = None,
) -> list[Due]:
    """Claim reminders at an editor's wish, and tell the journal; those of whom a letter can leave now.

    Args:
        accounts: whom the editor was shown; of them those who have nothing left, no address, or were written to
            meanwhile are passed over. None is everybody.

    Raises:
        Forbidden: the actor is no editor.
    """
    require_editor(actor)
    moment = now or db.now()
    wanted = [one for one in due(session, call, moment, at_once=True) if accounts is None or one.account.id in accounts]
    claimed = [one for one in wanted if one.account.email and claim(session, one, moment)]
    if claimed:
        record(session, actor, call, claimed, moment)
    return claimed


def give_back(session: Session, reminder: Due) -> None:
    """Undo a claim: the letter did not leave."""
    for assignment_id, day in reminder.reminded.items():
        session.execute(update(Assignment).where(col(Assignment.id) == assignment_id).values(reminded_on=day))


def record(session: Session, actor: Actor, call: Call, sent: Iterable[Due], now: datetime) -> None:
    """Tell the journal who was reminded.

    Raises:
        Forbidden: the actor is no editor.
    """
    require_editor(actor)
    experts = [reminder.account.id for reminder in sent]
    note(session, actor, "remind", call, after={"on": today(now), "experts": experts})


def _milestone(deadline: date, day: date) -> date | None:
    """The last day for reminding that is not after ``day``; None before the first."""
    days = [*(deadline - timedelta(before) for before in BEFORE), *(deadline + timedelta(after) for after in AFTER)]
    return max((one for one in days if one <= day), default=None)


def _assignments(call: Call) -> SelectOfScalar[Assignment]:
    return (
        select(Assignment)
        .join(Submission, col(Submission.id) == Assignment.submission_id)
        .where(Assignment.call_id == call.id, Submission.state == SubmissionState.ACCEPTED)
        .order_by(col(Assignment.expert_id), col(Assignment.id))
    )
