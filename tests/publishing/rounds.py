"""Rounds that are reviewed, picked from, announced and published, for the tests of this room and its pages."""

import os
import signal
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from caselib.config import shipped
from caselib.content import ContentStore
from caselib.db import Database, Table, key_of
from caselib.people import Role
from caselib.publishing.actions import notices, objections, selections
from caselib.publishing.models import Notice, Objection, Selection
from caselib.publishing.release import Publisher
from caselib.review.actions import screening
from caselib.review.models import Assignment, Call, CriterionScore, Submission
from caselib.review.queries import sent_revision
from caselib.review.rulebook import Rulebook
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.rounds import Round

KEY = "k" * 40
NOW = datetime(2023, 3, 1, 4, tzinfo=UTC)
EVE = datetime(2023, 2, 28, 4, tzinfo=UTC)
"""When a notice of these days is announced."""
STARTS, ENDS = date(2023, 3, 1), date(2023, 3, 7)
LATER = datetime(2023, 3, 7, 16, tzinfo=UTC)
"""The first moment after the notice: midnight in Shanghai."""
TIMELESS = (objections.answer, screening.decide, selections.record_selection)
"""Actions that are the same whenever they are done."""
MARKS = (90.0, 80.0, 70.0, 60.0)
WHOLE = [{"key": "whole", "name": "总体", "max": 100, "weight": 1.0}]
TEXT = "现将拟入选案例公示如下，欢迎社会各界监督。"


def rules(**more: Any) -> dict[str, Any]:
    """Rules of a call with one criterion, the raw mean, and two to pick."""
    usual: dict[str, Any] = {"rubric": WHOLE, "shortest": 60, "method": "mean", "size": 2}
    return Rulebook.model_validate({**usual, **more}).model_dump(mode="json")


class Publishing(Round):
    """Adds what follows a review. Cases are called 第一号案例, 第二号案例 …, best first."""

    def closed(self, marks: Iterable[float] = MARKS, *, batch: int = 4, **more: Any) -> Call:
        """A call whose review is over: a submission for each mark, each reviewed by two experts around it."""
        call = self.call(CallState.CLOSED, rules=rules(**more), batch=batch)
        for place, mark in enumerate(marks):
            front = {"title": f"第{'一二三四五六七八九'[place]}号案例", "firm": f"甲{place}厂"}
            self.reviewed(self.submission(call, SubmissionState.ACCEPTED, **front), mark - 1, mark + 1)
        return self.stored(call)

    def reviewed(self, submission: Submission, *marks: float) -> list[Assignment]:
        """Submitted reviews, by expert01, expert02 …"""
        return [self.review(submission, f"expert{n:02d}", mark) for n, mark in enumerate(marks, start=1)]

    def review(
        self,
        submission: Submission,
        username: str,
        mark: float | None,
        state: AssignmentState = AssignmentState.SUBMITTED,
        **more: Any,
    ) -> Assignment:
        if username not in self.actors:
            self.add(username, Role.EXPERT, name=f"专家{username}")
        with self.database.writing() as session:
            revision = sent_revision(session, submission)
            assert revision is not None
            row = Assignment(
                call_id=submission.call_id,
                submission_id=key_of(submission),
                expert_id=self[username].id or 0,
                state=state,
                **{"judged": revision.digest, **more},
            )
            session.add(row)
            session.flush()
            session.add(CriterionScore(assignment_id=key_of(row), criterion="whole", score=mark))
        return row

    def numbered(self, number: str) -> Submission:
        with self.database.reading() as session:
            return session.exec(select(Submission).where(Submission.number == number)).one()

    def act(self, action: Callable[..., Any], row: Any, username: str = "editor", **values: Any) -> Any:
        """Do something to a call, an objection … as it is now."""
        with self.doing(username) as who:
            found = who["session"].get_one(type(row), row.id)
            rows = {key: who["session"].merge(each) for key, each in values.items() if isinstance(each, Table)}
            moment = {} if action in TIMELESS else {"now": NOW}
            named = {"expected_version": found.version, **moment, **values, **rows}
            return action(**who, **{type(row).__name__.lower(): found}, **named)

    def select(self, call: Call, **values: Any) -> Selection:
        found: Selection = self.act(selections.record_selection, call, **{"key": KEY, **values})
        return found

    def announce(self, call: Call, **values: Any) -> Notice:
        usual = {"starts": STARTS, "ends": ENDS, "text": TEXT, "now": EVE}
        found: Notice = self.act(notices.announce, call, **{**usual, **values})
        return found

    def announced(self, marks: Iterable[float] = MARKS, **more: Any) -> tuple[Call, Notice]:
        """A call under notice."""
        call = self.closed(marks, **more)
        self.select(call)
        notice = self.announce(call)
        return self.stored(call), notice

    def object_to(self, notice: Notice, number: str = "2022-001", **values: Any) -> Objection:
        usual = {"name": "李某", "contact": "li@example.cn", "text": "数据与实际不符。", "now": NOW}
        with self.database.writing() as session:
            row = session.get_one(Notice, notice.id)
            return objections.file_objection(session=session, notice=row, number=number, **{**usual, **values})

    def selected(self, call: Call) -> list[str]:
        """The numbers of the newest pick."""
        with self.database.reading() as session:
            statement = select(Selection).where(Selection.call_id == call.id).order_by(col(Selection.id).desc())
            found = session.exec(statement).first()
        return found.decision["selected"] if found else []


def library(root: Path) -> ContentStore:
    """An empty library with the shipped vocabularies."""
    (root / "content" / "cases").mkdir(parents=True)
    (root / "content" / "taxonomy").symlink_to(shipped("content") / "taxonomy")
    return ContentStore(root / "content")


def publisher(round_: Round, store: ContentStore, **more: Any) -> Publisher:
    return Publisher(round_.database, store, store.root.parent / "var", **more)


def files(store: ContentStore) -> list[str]:
    """Every document file in the tree, seen or not."""
    return sorted(path.relative_to(store.root).as_posix() for path in store.root.glob("*/*.md"))


def die_at(round_: Publishing, store: ContentStore, doomed: str, work: Callable[[Publisher], object]) -> int:
    """Let another process do ``work`` and be killed at the step ``doomed``; the signal it died of."""
    round_.database.close()
    child = os.fork()
    if child == 0:
        try:
            database = Database(str(round_.database.url))

            def step(name: str) -> None:
                if name == doomed:
                    os.kill(os.getpid(), signal.SIGKILL)

            work(Publisher(database, ContentStore(store.root), store.root.parent / "var", step=step))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status)
