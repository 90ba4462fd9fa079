"""Who acts in the demo's calls, where and when: the rooms' own actions with the arguments that the demo gives them.

What comes of it, which calls there are and what lies in them, is told in ``demo_call``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlmodel import Session, col, select

from caselib.content import Taxonomy
from caselib.db import key_of
from caselib.operations.demo import BUREAUS, certifier
from caselib.operations.demo_texts import REMARKS, TRADES, VERDICTS, Text, compose
from caselib.people import Account
from caselib.review import blinding
from caselib.review.actions import assignment, calls, reviews, screening, submissions
from caselib.review.calendar import start_of, today
from caselib.review.judgements import Judgement
from caselib.review.models import Assignment, Call, Revision, Submission
from caselib.review.proposals import propose
from caselib.review.queries import newest_revision
from caselib.review.rulebook import USUAL_RUBRIC, Rulebook
from caselib.review.states import AssignmentState

_OPENS = timedelta(hours=9)
"""When the demo's offices open."""
_KEY = "demo"
"""Key of the marks that tie a review to its text; only these actions ever see them."""


@dataclass
class Stage:
    """Who acts, where and when."""

    session: Session
    taxonomy: Taxonomy
    accounts: Sequence[Account]
    now: datetime
    written: int = 0
    """Texts composed so far."""
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(2022))
    numbers: Iterator[int] = field(
        default_factory=lambda: iter(np.random.default_rng(38176).permutation(90_000) + 10_000)
    )
    """Numbers of submissions, by a lot that falls the same each time."""

    def __post_init__(self) -> None:
        self.actors = {account.username: account.actor for account in self.accounts}
        self.by_id = {account.id: account.actor for account in self.accounts}
        self.harshness = {account.id: float(self.random.normal(0, 5)) for account in self.accounts}
        self.editor = self.by("editor")

    def by(self, username: str) -> dict[str, Any]:
        """The arguments of an action of somebody."""
        return {"session": self.session, "actor": self.actors[username]}

    def ago(self, days: int, minutes: int = 0) -> datetime:
        """So many minutes after offices opened, so many days ago."""
        return start_of(today(self.now) - timedelta(days=days)) + _OPENS + timedelta(minutes=minutes)

    def call(
        self, title: str, batch: int, *, opened: int, deadline: int, review: int, rules: Rulebook, intro: str
    ) -> Call:
        """An open call; its days are counted back from today."""
        last = today(self.ago(deadline))
        call = calls.create_call(
            **self.editor,
            year=last.year,
            title=f"{last.year}年度{title}（演示）",
            intro=intro,
            deadline=last,
            review_deadline=today(self.ago(review)),
            batch=batch,
            rules=rules.model_dump(mode="json"),
        )
        calls.open_call(**self.editor, call=call, expected_version=call.version, now=self.ago(opened))
        return call

    def text(self, call: Call, username: str, number: int, trade: int, merit: float, helper: int | None = None) -> Text:
        """A text of the bureau's; what is better works in figures, too. ``helper`` is the number of the certification body."""
        self.written += 1
        places = [self.taxonomy.region_path(term.key) for term in self.taxonomy.regions.children(BUREAUS[username])]
        cities = [path[-1] for path in places if path and "直辖" not in path[-1].name]
        place = cities[self.written * 5 % len(cities)] if cities else self.taxonomy.regions[BUREAUS[username]]
        size, staff = _size(self.written)
        firm = f"{place.short}某{TRADES[trade].firm}有限公司"
        known = {
            "region": place.key,
            "year": call.year,
            "firm": firm,
            "firm_size": size,
            "certifier": certifier(self.written * 3 if helper is None else helper),
            "submitter": self.actors[username].employer,
        }
        gain = min(max((merit - 45) / 45, 0.2), 0.9)
        return compose(number, TRADES[trade], known, place=place.short, staff=staff, gain=gain)

    def draft(self, call: Call, username: str, text: Text, when: datetime) -> Submission:
        """A submission begun and saved, not sent."""
        who = self.by(username)
        submission = submissions.create_submission(**who, call=call, now=when)
        submissions.save_revision(
            **who, submission=submission, front=text.front, body=text.body, expected_version=submission.version
        )
        submission.created_at = when
        self._newest(submission).created_at = when
        return submission

    def send(self, submission: Submission, username: str, when: datetime) -> None:
        """The newest text sent."""
        submissions.send(
            **self.by(username),
            submission=submission,
            expected_version=submission.version,
            taxonomy=self.taxonomy,
            now=when,
            number=f"{self.session.get_one(Call, submission.call_id).year}-{next(self.numbers)}",
        )

    def screen(self, verb: screening.Verb, found: Sequence[Submission], reason: str = "") -> None:
        """An editor's decision on each of them."""
        chosen = {key_of(submission): submission.version for submission in found}
        screening.apply(**self.editor, verb=verb, chosen=chosen, reason=reason)

    def mend(self, submission: Submission, reason: str, added: str, when: datetime) -> None:
        """Returned by an editor, amended by its bureau, sent again and accepted."""
        self.screen("return", [submission], reason)
        username = self.by_id[submission.owner_id].username
        revision = self._newest(submission)
        body = revision.body.replace("\n\n## 可借鉴之处", f"{added}\n\n## 可借鉴之处")
        submissions.save_revision(
            **self.by(username),
            submission=submission,
            front=revision.front,
            body=body,
            expected_version=submission.version,
        )
        self._newest(submission).created_at = when
        self.send(submission, username, when)
        self.screen("accept", [submission])

    def plan(self, call: Call, when: datetime) -> None:
        """The best assignment, proposed and applied."""
        proposal = propose(**self.editor, call=call)
        assignment.apply(**self.editor, call=call, proposal=proposal, expected=proposal.digest, now=when)

    def rows(self, call: Call, *states: AssignmentState) -> list[Assignment]:
        """The call's assignments in one of the states, those of the submission that was begun first, first."""
        mine = select(Assignment).join(Submission, col(Submission.id) == Assignment.submission_id)
        mine = mine.where(Assignment.call_id == call.id, col(Assignment.state).in_(states))
        return list(self.session.exec(mine.order_by(col(Submission.created_at), col(Assignment.expert_id))))

    def judge(self, row: Assignment, revision: Revision, total: float) -> None:
        """The review submitted by its expert."""
        actor = self.by_id[row.expert_id]
        seen = blinding.text_mark(_KEY, actor, revision)
        judgement = self.judgement(total)
        reviews.submit(
            **self.by(actor.username),
            assignment=row,
            judgement=judgement,
            expected_version=row.version,
            key=_KEY,
            seen=seen,
        )

    def begin(self, row: Assignment, total: float) -> None:
        """Half of the review saved by its expert."""
        whole = self.judgement(total)
        half = Judgement({key: whole.scores[key] for key in ("typical", "method")}, {}, "")
        who = self.by(self.by_id[row.expert_id].username)
        reviews.save(**who, assignment=row, judgement=half, expected_version=row.version)

    def total(self, row: Assignment, merit: float, *, wild: bool = False) -> float:
        """What the expert thinks of a submission of that merit: harshness, noise, and now and then a slip."""
        slip = (-28.0 if row.expert_id % 2 else 18.0) if wild else 0.0
        return merit + self.harshness[row.expert_id] + float(self.random.normal(0, 4)) + slip

    def judgement(self, total: float) -> Judgement:
        """Scores in half points that come to about ``total``, some with a remark; 无法评价 is rare."""
        scores: dict[str, float | None] = {}
        comments: dict[str, str] = {}
        for criterion in USUAL_RUBRIC:
            share = float(np.clip(total / 100 + self.random.normal(0, 0.05), 0, 1))
            scores[criterion.key] = round(share * criterion.max * 2) / 2
            if self.random.random() < 0.4:
                comments[criterion.key] = str(self.random.choice(REMARKS[criterion.key][_level(share)]))
        if self.random.random() < 0.01:
            scores["spread"] = None
        said = VERDICTS[_level(total / 100)] if self.random.random() < 0.5 else ""
        return Judgement(scores, comments, said)

    def _newest(self, submission: Submission) -> Revision:
        revision = newest_revision(self.session, submission)
        assert revision is not None  # a submission is made with its first text
        return revision


def _size(number: int) -> tuple[str, int]:
    """Firm size and staff; the bounds of manufacturing (2011) stand for all trades here."""
    if number % 10 == 0:
        return "中型", 300 + number % 90
    return ("微型", 8 + number % 12) if number % 10 in (3, 6, 9) else ("小型", 24 + number * 7 % 180)


def _level(share: float) -> int:
    """Which of three remarks: good, middling, weak."""
    return 0 if share >= 0.78 else 1 if share >= 0.6 else 2
