"""Assignments and reviews in a round, for the tests of what experts do."""

from typing import Any

from caselib.db import key_of
from caselib.review import blinding
from caselib.review.actions import reviews, submissions
from caselib.review.judgements import Judgement
from caselib.review.models import Assignment, Call, Submission
from caselib.review.queries import sent_revision
from caselib.review.rulebook import USUAL_RUBRIC, Rulebook
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.rounds import FRONT, TAXONOMY, Round

KEY = "k" * 40
FULL = Judgement(
    {"typical": 16, "method": 24, "effect": 27, "spread": 14}, {"effect": "数据有前后对比。"}, "可以作为本行业的样子。"
)
"""A whole judgement; its total is 81."""


def rules(blind: str = "single", **more: Any) -> dict[str, Any]:
    """The rules of a call."""
    return Rulebook(rubric=USUAL_RUBRIC, shortest=60, blind=blind, **more).model_dump(mode="json")  # type: ignore[arg-type]


def reviewing(round_: Round, blind: str = "single", **more: Any) -> Call:
    """A call in review."""
    return round_.call(CallState.REVIEWING, rules=rules(blind, **more))


def assign(
    round_: Round,
    submission: Submission,
    username: str = "expert01",
    state: AssignmentState = AssignmentState.ASSIGNED,
) -> Assignment:
    """An assignment as it is written when an editor applies a plan."""
    assignment = Assignment(
        call_id=submission.call_id, submission_id=key_of(submission), expert_id=round_[username].id or 0, state=state
    )
    with round_.database.writing() as session:
        session.add(assignment)
    return assignment


def task(round_: Round, call: Call, username: str = "expert01", **front: Any) -> Assignment:
    """A new accepted submission, assigned."""
    return assign(round_, round_.submission(call, SubmissionState.ACCEPTED, **front), username)


def save(
    round_: Round, assignment: Assignment, judgement: Judgement = FULL, username: str = "expert01", **more: Any
) -> None:
    with round_.doing(username) as who:
        row = who["session"].get_one(Assignment, assignment.id)
        reviews.save(**who, assignment=row, **{"judgement": judgement, "expected_version": row.version, **more})


def submit(
    round_: Round, assignment: Assignment, judgement: Judgement = FULL, username: str = "expert01", **more: Any
) -> None:
    """Submit having read the text that counts now."""
    with round_.doing(username) as who:
        session = who["session"]
        row = session.get_one(Assignment, assignment.id)
        revision = sent_revision(session, session.get_one(Submission, row.submission_id))
        assert revision is not None
        usual = {
            "judgement": judgement,
            "expected_version": row.version,
            "key": KEY,
            "seen": blinding.text_mark(KEY, round_[username], revision),
        }
        reviews.submit(**who, assignment=row, **{**usual, **more})


def amend(round_: Round, submission: Submission, body: str, **front: Any) -> None:
    """The text is returned, changed, sent again and accepted."""
    round_.now_in(SubmissionState.RETURNED, submission)
    with round_.doing("zhejiang") as who:
        row = who["session"].get_one(Submission, submission.id)
        where: dict[str, Any] = {**who, "submission": row}
        submissions.save_revision(**where, front={**FRONT, **front}, body=body, expected_version=row.version)
        submissions.send(**where, expected_version=row.version, taxonomy=TAXONOMY)
    round_.now_in(SubmissionState.ACCEPTED, submission)
