"""Many people at once on a real SQLite file: nothing is lost, and of two on one thing the second is told."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from caselib import journal
from caselib.errors import Conflict
from caselib.people import Role
from caselib.review.actions import screening, submissions
from caselib.review.models import Submission
from caselib.review.states import SubmissionState
from tests.review.rounds import BODY, FRONT, NOW, TAXONOMY, Round


def together(acts: list[Callable[[], str]]) -> list[str]:
    """What each answers when all begin at the same moment."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], str]) -> str:
        barrier.wait()
        try:
            return act()
        except Conflict as error:
            return error.message

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.both_databases
def test_thirty_two_submitters_save_and_send_at_once(round_: Round) -> None:
    call = round_.call()
    owners = [round_.add(f"province{number:02d}", Role.SUBMITTER).username for number in range(32)]
    drafts = {owner: round_.submission(call, SubmissionState.DRAFT, owner=owner) for owner in owners}

    def write(owner: str) -> str:
        with round_.doing(owner) as who:
            row = who["session"].get_one(Submission, drafts[owner].id)
            submissions.save_revision(**who, submission=row, front=FRONT, body=BODY + owner, expected_version=1)
        with round_.doing(owner) as who:
            row = who["session"].get_one(Submission, drafts[owner].id)
            submissions.send(**who, submission=row, expected_version=2, taxonomy=TAXONOMY, now=NOW)
            return row.number or ""

    numbers = together([lambda owner=owner: write(owner) for owner in owners])  # type: ignore[misc]
    assert len(set(numbers) - {""}) == 32
    with round_.database.reading() as session:
        assert journal.verify(session) == (5 + 32 + 2 + 32 * 4, [])  # people, the call, four things a submission
    assert {round_.stored(draft).version for draft in drafts.values()} == {3}


@pytest.mark.both_databases
def test_of_two_editors_at_once_one_decides_and_the_other_is_told(round_: Round) -> None:
    round_.add("editor2", Role.EDITOR, name="编辑乙")
    submission = round_.submission(round_.call())

    def decide(username: str) -> str:
        with round_.doing(username) as who:
            row = who["session"].get_one(Submission, submission.id)
            screening.decide(**who, submission=row, expected_version=2, verb="accept")
            return username

    answers = Counter(together([lambda: decide("editor"), lambda: decide("editor2")]))
    winner = "editor" if "editor" in answers else "editor2"
    loser_reads = f"这一项刚被“{round_[winner].name}”修改过。"
    assert answers == {winner: 1, loser_reads: 1}
    assert [name for _, name, _, _ in round_.events(submission)].count("submission.accept") == 1
