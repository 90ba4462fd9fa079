"""A call with accepted submissions and experts, for the tests of what follows an assignment."""

from datetime import date
from typing import Any

from sqlmodel import col, select

from caselib.db import Database, key_of
from caselib.people import COMMAND_LINE, Account, Actor, Role
from caselib.people import actions as people
from caselib.people import queries as people_queries
from caselib.review import proposals
from caselib.review.actions import assignment, stages
from caselib.review.expert_letters import Invitation
from caselib.review.models import Assignment, Call, Submission
from caselib.review.proposals import Proposal
from caselib.review.queries import sent_revision
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.rounds import NOW, RULES, Round

REVIEW_DEADLINE = date(2022, 11, 30)


class Assigned(Round):
    """Experts ``e1`` … who know C23, and a call of submissions from 嘉兴 with two reviews each."""

    def __init__(self, database: Database, mail_host: str = "") -> None:
        super().__init__(database, mail_host)
        with database.writing() as session:  # an account that can be asked for nothing
            expert = people_queries.get_account(session, "expert01")
            people.disable_account(session=session, actor=COMMAND_LINE, account=expert)

    def expert(self, username: str, panel: str = "", industries: tuple[str, ...] = ("C23",), **details: Any) -> Actor:
        actor = self.add(username, Role.EXPERT, **{"email": f"{username}@example.cn", **details})
        with self.database.writing() as session:
            account = people_queries.get_account(session, username)
            people.describe_expert(
                session=session, actor=COMMAND_LINE, account=account, industries=industries, panel=panel
            )
        return actor

    def experts(self, count: int) -> list[Actor]:
        return [self.expert(f"e{number}", name=f"专家{'一二三四五六'[number - 1]}") for number in range(1, count + 1)]

    def round(
        self, submissions: int, state: CallState = CallState.SCREENING, reviews: int = 2, **details: Any
    ) -> tuple[Call, list[Submission]]:
        rules = RULES | {"reviews": reviews}
        call = self.call(state, rules=rules, **{"review_deadline": REVIEW_DEADLINE, **details})
        return call, [self.submission(call, SubmissionState.ACCEPTED) for _ in range(submissions)]

    def propose(self, call: Call, username: str = "editor", **values: Any) -> Proposal:
        with self.database.reading() as session:
            return proposals.propose(
                session=session,
                actor=self[username],
                call=session.get_one(Call, call.id),
                **values,
            )

    def apply(self, call: Call, proposal: Proposal | None = None, username: str = "editor") -> list[Invitation]:
        found = proposal or self.propose(call)
        with self.doing(username) as who:
            row = who["session"].get_one(Call, call.id)
            return assignment.apply(**who, call=row, proposal=found, expected=found.digest, now=NOW)

    def start(self, call: Call, **values: Any) -> list[Invitation]:
        with self.doing("editor") as who:
            row = who["session"].get_one(Call, call.id)
            return stages.start_review(**who, call=row, **{"expected_version": row.version, "now": NOW, **values})

    def begun(self, submissions: int, experts: int, **details: Any) -> tuple[Call, list[Submission]]:
        """A round under review, assigned and started by the real actions."""
        self.experts(experts)
        call, rows = self.round(submissions, **details)
        self.apply(call)
        self.start(call)
        return self.stored(call), rows

    def rows(self, call: Call) -> list[Assignment]:
        with self.database.reading() as session:
            return list(
                session.exec(select(Assignment).where(Assignment.call_id == call.id).order_by(col(Assignment.id)))
            )

    def table(self, call: Call) -> list[tuple[int, str, str]]:
        """(submission, expert's user name, state) of every assignment, sorted."""
        names = {actor.id: username for username, actor in self.actors.items()}
        return sorted((row.submission_id, names[row.expert_id], row.state) for row in self.rows(call))

    def row(self, call: Call, submission: Submission, username: str) -> Assignment:
        return next(
            row for row in self.rows(call) if (row.submission_id, row.expert_id) == (submission.id, self[username].id)
        )

    def put(self, row: Assignment, state: AssignmentState, **values: Any) -> None:
        """An assignment into a state, without an action; a submitted one judged the text that counts."""
        with self.database.writing() as session:
            found = session.get_one(Assignment, row.id)
            found.state = state
            if state is AssignmentState.SUBMITTED:
                revision = sent_revision(session, session.get_one(Submission, row.submission_id))
                found.judged = revision.digest if revision else ""
            for key, value in values.items():
                setattr(found, key, value)

    def change(self, username: str, **values: Any) -> None:
        """An account's details, as its operator would change them."""
        with self.database.writing() as session:
            account = session.get_one(Account, self[username].id)
            for key, value in values.items():
                setattr(account, key, value)

    def by_hand(self, submission: Submission, expert: str, username: str = "editor") -> list[Invitation]:
        with self.doing(username) as who:
            session = who["session"]
            return assignment.assign_by_hand(
                **who,
                submission=session.get_one(Submission, key_of(submission)),
                expert=session.get_one(Account, self[expert].id),
                now=NOW,
            )
