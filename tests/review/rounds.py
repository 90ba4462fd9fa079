"""A call with its people in a real database, for the tests of this room and of what builds on it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import Session, col, select

from caselib import journal
from caselib.config import shipped
from caselib.content import Taxonomy
from caselib.db import Database, key_of
from caselib.people import COMMAND_LINE, Account, Actor, Role
from caselib.people import actions as people
from caselib.review.actions import calls, screening, submissions
from caselib.review.models import Call, Submission
from caselib.review.rulebook import USUAL_RUBRIC, Rulebook
from caselib.review.states import CallState, SubmissionState

NOW = datetime(2022, 8, 1, 4, tzinfo=UTC)
DEADLINE = date(2022, 9, 30)
AFTER = datetime(2022, 9, 30, 16, tzinfo=UTC)
"""The first moment after the deadline: midnight in Shanghai."""
TAXONOMY = Taxonomy.load(shipped("content") / "taxonomy")
RULES: dict[str, Any] = Rulebook(rubric=USUAL_RUBRIC, shortest=60).model_dump(mode="json")
FRONT: dict[str, Any] = {
    "title": "一张工艺卡 把住出厂关",
    "industry": ["C23"],
    "region": "330400",
    "year": 2022,
    "firm": "嘉兴甲包装有限公司",
    "firm_size": "小型",
    "certifier": "乙认证有限公司",
    "submitter": "丙省市场监督管理局",
    "problems": ["process-control"],
    "metrics": [{"name": "产品合格率", "unit": "%", "before": 98.2, "after": 99.8}],
}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
BODY = """\
## 企业概况

本企业做纸箱，有三十名工人。

## 问题

开槽尺寸靠老师傅的眼力，换人就变。

## 做法

每道工序一张工艺卡，首件由班长量过再开机。

## 成效

产品合格率由 98.2% 提高到 99.8%。

## 可借鉴之处

工艺卡花钱少，哪一家小厂都能照着做。
"""

Where = dict[str, Any]


def next_number(session: Session) -> str:
    """2022-001, 2022-002 …, so that a test can name a submission; those of a site are drawn by lot."""
    return f"2022-{1 + len(session.exec(select(Submission.id).where(col(Submission.number).is_not(None))).all()):03d}"


class Round:
    """People by user name, and rows made through the real actions; states further on are set by hand."""

    def __init__(self, database: Database, mail_host: str = "") -> None:
        self.database = database
        self.actors: dict[str, Actor] = {}
        for username, role, details in (
            ("editor", Role.EDITOR, {"name": "编辑甲"}),
            ("zhejiang", Role.SUBMITTER, {"name": "浙江省局", "province": "330000"}),
            ("jiangsu", Role.SUBMITTER, {"name": "江苏省局", "province": "320000"}),
            ("expert01", Role.EXPERT, {"name": "专家一"}),
            ("operator", Role.OPERATOR, {"name": "运维甲"}),
        ):
            self.add(username, role, email=mail_host and f"{username}@{mail_host}", **details)

    def add(self, username: str, *roles: Role, **details: Any) -> Actor:
        with self.database.writing() as session:
            account = people.add_account(
                session=session, actor=COMMAND_LINE, username=username, roles=roles, **{"name": username, **details}
            )
        self.actors[username] = account.actor
        return account.actor

    def __getitem__(self, username: str) -> Actor:
        return self.actors[username]

    @contextmanager
    def doing(self, username: str) -> Iterator[Where]:
        """``session`` and ``actor`` for one action, committed at the end."""
        with self.database.writing() as session:
            yield {"session": session, "actor": self[username]}

    def call(self, state: CallState = CallState.OPEN, **details: Any) -> Call:
        """A call in ``state``; its rules are frozen where review has begun."""
        with self.doing("editor") as who:
            values = {"year": 2022, "title": "2022 年优良案例征集", "deadline": DEADLINE, "batch": 3, "rules": RULES}
            call = calls.create_call(**who, **{**values, **details})
            if state is not CallState.DRAFT:
                calls.open_call(**who, call=call, expected_version=0, now=NOW)
                call.state = state
                if state not in (CallState.OPEN, CallState.SCREENING):
                    call.rules_digest = call.rulebook.fingerprint()
        return call

    def submission(
        self, call: Call, state: SubmissionState = SubmissionState.SENT, owner: str = "zhejiang", **front: Any
    ) -> Submission:
        """A complete submission of ``owner``, sent while the call was open, now in ``state``."""
        body = front.pop("body", BODY)
        with self.open(call) as session:
            who: Where = {"session": session, "actor": self[owner]}
            submission = submissions.create_submission(**who, call=session.get_one(Call, call.id), now=NOW)
            where: Where = {**who, "submission": submission}
            submissions.save_revision(**where, front={**FRONT, **front}, body=body, expected_version=0)
            if state is not SubmissionState.DRAFT:
                number = next_number(session)
                submissions.send(**where, expected_version=1, taxonomy=TAXONOMY, now=NOW, number=number)
                submission.state = state
        return submission

    @contextmanager
    def open(self, call: Call) -> Iterator[Session]:
        """A session in which the call is open, whatever it is before and after."""
        with self.database.writing() as session:
            row = session.get_one(Call, call.id)
            before, row.state = row.state, CallState.OPEN
            session.flush()
            yield session
            row.state = before

    def now_in(self, state: CallState | SubmissionState, row: Call | Submission) -> None:
        """Put the row into a state without an action."""
        with self.database.writing() as session:
            session.get_one(type(row), row.id).state = state

    def read(self, query: Callable[..., Any], username: str | None, *arguments: Any, **named: Any) -> Any:
        """What a query answers ``username``, in a session that cannot write."""
        with self.database.reading() as session:
            return query(session, self[username] if username else None, *arguments, **named)

    def stored(self, row: Any) -> Any:
        """The row as the database has it."""
        with self.database.reading() as session:
            return session.get(type(row), row.id)

    def events(self, row: Any) -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
        """Actor, action, before and after of what happened to the row."""
        with self.database.reading() as session:
            found = journal.events_of(session, f"{row.__tablename__}:{row.id}")
        return [(event.actor, event.action, event.before, event.after) for event in found]

    def accept(self, submission: Submission) -> None:
        """Accepted by the editor."""
        with self.doing("editor") as who:
            row = who["session"].get_one(Submission, key_of(submission))
            screening.decide(**who, submission=row, expected_version=row.version, verb="accept")

    def account(self, username: str) -> Account:
        with self.database.reading() as session:
            return session.get_one(Account, self[username].id)
