import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import combinations
from typing import NamedTuple

import pytest
from sqlmodel import Session, col, select

from caselib import journal
from caselib.config import Settings, shipped
from caselib.content import Taxonomy
from caselib.db import Database, key_of
from caselib.operations.demo import BUREAUS
from caselib.operations.demo_call import ABSENT, RULES, set_calls
from caselib.operations.demo_texts import NOTICE
from caselib.people import Account
from caselib.people.queries import get_account
from caselib.publishing import audit
from caselib.publishing.drafting import decided, draft
from caselib.publishing.wording import ACTIONS
from caselib.review import blinding, duplicates, prechecks
from caselib.review.figures import figures
from caselib.review.models import Assignment, Call, CriterionScore, Revision, Submission
from caselib.review.queries import list_own, sent_revisions
from caselib.review.states import AssignmentState, CallState
from tests import ready
from tests.operations.conftest import MakeSite

pytestmark = pytest.mark.xdist_group("demo")  # its calls are made once

TAXONOMY = Taxonomy.load(shipped("content") / "taxonomy")


class Demo(NamedTuple):
    """The demo's database, and what a look at it needs."""

    database: Database
    session: Session
    calls: list[Call]
    submissions: dict[int, list[Submission]]
    assignments: dict[int, list[Assignment]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, which none of these tests changes."""
    database = Database.open(Settings(data=ready.demo(tmp_path_factory.mktemp("demo") / "var")))
    with database.reading() as session:
        calls = list(session.exec(select(Call).order_by(col(Call.id))))
        submissions: dict[int, list[Submission]] = {key_of(call): [] for call in calls}
        for submission in session.exec(select(Submission).order_by(col(Submission.created_at))):
            submissions[submission.call_id].append(submission)
        assignments: dict[int, list[Assignment]] = {key_of(call): [] for call in calls}
        rows = select(Assignment).join(Submission, col(Submission.id) == Assignment.submission_id)
        for row in session.exec(rows.order_by(col(Submission.created_at), col(Assignment.expert_id))):
            assignments[row.call_id].append(row)
        yield Demo(database, session, calls, submissions, assignments)
    database.close()


def count(rows: list[Assignment] | list[Submission]) -> dict[str, int]:
    return dict(Counter(str(row.state) for row in rows))


def test_there_are_three_calls_of_three_seasons_that_say_what_they_are(demo: Demo) -> None:
    assert [(call.batch, call.state) for call in demo.calls] == [
        (4, CallState.CLOSED),
        (5, CallState.REVIEWING),
        (6, CallState.OPEN),
    ]
    assert {(call.title[-4:], "仅供演示" in call.intro) for call in demo.calls} == {("（演示）", True)}


def test_the_ended_call_has_142_submissions_of_29_bureaus(demo: Demo) -> None:
    found = demo.submissions[1]
    owners = {demo.session.get_one(Account, each.owner_id).username for each in found}
    year = demo.calls[0].year
    assert count(found) == {"accepted": 142}
    assert owners == set(BUREAUS) - set(ABSENT)
    assert len(owners) == 29
    numbers = [str(each.number) for each in found]
    assert (len(set(numbers)), {bool(re.fullmatch(rf"{year}-\d{{5}}", each)) for each in numbers}) == (142, {True})


def test_the_ended_call_is_spread_over_trades_sizes_and_cities(demo: Demo) -> None:
    found = demo.submissions[1]
    assert Counter(each.industry[0][0] for each in found) == {"C": 102, "A": 10, "G": 7, "M": 6, "I": 6, "O": 6, "H": 5}
    assert Counter(each.firm_size for each in found) == {"小型": 86, "微型": 42, "中型": 14}
    assert [each.firm for each in found if "某" not in each.firm] == []
    assert {TAXONOMY.region_path(each.region)[0].key for each in found} == set(BUREAUS.values()) - {"460000", "540000"}


def test_the_ended_call_has_426_reviews_of_32_experts_three_of_every_submission(demo: Demo) -> None:
    rows = demo.assignments[1]
    submitted = [row for row in rows if row.state == AssignmentState.SUBMITTED]
    assert count(rows) == {"submitted": 426, "abstained": 2, "recused": 1}
    assert set(Counter(row.submission_id for row in submitted).values()) == {3}
    assert len({row.expert_id for row in submitted}) == 32


def test_reviews_have_remarks_and_some_judge_nothing_of_a_criterion(demo: Demo) -> None:
    of_first = select(Assignment.id).where(Assignment.call_id == 1, Assignment.state == AssignmentState.SUBMITTED)
    scores = demo.session.exec(select(CriterionScore).where(col(CriterionScore.assignment_id).in_(of_first))).all()
    unable = [score for score in scores if score.unable]
    assert len(scores) == 426 * 4
    assert {score.criterion for score in unable} == {"spread"}
    assert 0.3 < sum(bool(score.comment) for score in scores) / len(scores) < 0.5


def test_the_audit_finds_nothing(demo: Demo) -> None:
    assert audit.verify(demo.session).faults == []


def test_every_event_has_a_word(demo: Demo) -> None:
    written = set(demo.session.exec(select(journal.Event.action).distinct()))
    assert (len(written), written - set(ACTIONS)) == (19, set())


def test_a_second_run_changes_nothing(demo: Demo) -> None:
    before = journal.last_digest(demo.session)
    assert set_calls(demo.database, TAXONOMY) is False
    with demo.database.reading() as session:
        assert journal.last_digest(session) == before


def test_a_database_that_has_a_call_is_left_alone(make_settings: MakeSite) -> None:
    database = Database.open(make_settings("demo"))
    database.upgrade()
    with database.writing() as session:
        session.add(Call(year=2022, title="自己的征集", deadline=date(2022, 9, 30), batch=3))
    done = set_calls(database, TAXONOMY)
    with database.reading() as session:
        titles = [call.title for call in session.exec(select(Call))]
    assert (done, titles) == (False, ["自己的征集"])


def test_25_can_be_selected_under_the_quotas_and_the_quotas_matter(demo: Demo) -> None:
    _, outcome = decided(draft(demo.session, demo.calls[0], key="k").content)
    chosen = [each for each in demo.submissions[1] if each.number in outcome.selected]
    provinces = Counter(each.region[:2] for each in chosen)
    assert len(chosen) == RULES.size == 25
    assert max(provinces.values()) == 2
    assert 16 <= sum(each.industry[0][0] == "C" for each in chosen) <= 20
    assert sum(each.firm_size == "微型" for each in chosen) >= 4
    assert [str(cost.quota) for cost in outcome.quota_costs if cost.cost > 0] == [
        "省份（每一个）至多 2 篇",
        "行业门类“C”至少 16 篇、至多 20 篇",
    ]


def test_harshness_can_be_told_from_merit_and_some_reviews_disagree(demo: Demo) -> None:
    found = figures(demo.session, demo.calls[0])
    assert (found.identifiable, found.components) == (True, 1)
    assert 0 < sum(row.disagreement for row in found.rows) <= 20


def test_every_text_says_that_it_is_made_up(demo: Demo) -> None:
    texts = demo.session.exec(select(Revision)).all()
    assert {(each.front["sample"], each.body.splitlines()[0]) for each in texts} == {(True, NOTICE)}
    assert len(texts) == 142 + 5 + 6 + 1 + 9  # five were mended in the first call, one in the second


@pytest.mark.parametrize("place", [0, 1])
def test_the_prechecks_find_only_places_to_mask_in_what_is_under_review(demo: Demo, place: int) -> None:
    call = demo.calls[place]
    texts = sent_revisions(demo.session, call).values()
    found = [prechecks.check(each.front, each.body, call.rulebook, TAXONOMY) for each in texts]
    told = {(each.level, each.message.partition("“")[0]) for findings in found for each in findings}
    assert told == {("warning", "实行双盲评审，但文中出现了地名")}
    assert {600 <= prechecks.count_characters(each.body) <= 1000 for each in texts} == {True}


def test_two_pairs_of_texts_are_alike_and_no_more(demo: Demo) -> None:
    texts = sent_revisions(demo.session, demo.calls[0])
    runs = {place: duplicates.runs(texts[key_of(each)].body) for place, each in enumerate(demo.submissions[1], 1)}
    alike = [pair for pair in combinations(runs, 2) if duplicates.share(runs[pair[0]], runs[pair[1]]) >= 0.4]
    assert alike == [(21, 102), (58, 59)]


def test_double_blind_leaves_nothing_of_firm_certifier_bureau_and_place(demo: Demo) -> None:
    call, told, masked = demo.calls[0], [], 0
    texts = sent_revisions(demo.session, call)
    for each in demo.submissions[1]:
        seen = blinding.view(call, each, texts[key_of(each)], TAXONOMY)
        words = f"{seen.number}{seen.title}{seen.summary}{seen.body}{seen.front}"
        names = [each.firm, each.certifier, each.submitter, TAXONOMY.region_path(each.region)[-1].short]
        told += [(each.number, name) for name in names if name in words]
        masked += "〔地区〕" in seen.body
    assert told == []
    assert masked == 26


def test_expert01_has_something_unread_begun_submitted_and_stale(demo: Demo) -> None:
    expert = get_account(demo.session, "expert01")
    texts = sent_revisions(demo.session, demo.calls[1])
    own = [row for row in demo.assignments[2] if row.expert_id == expert.id]
    stale = [row.judged not in ("", texts[row.submission_id].digest) for row in own]
    assert [(row.state, each) for row, each in zip(own, stale, strict=True)] == [
        (AssignmentState.ASSIGNED, False),
        (AssignmentState.ASSIGNED, False),
        (AssignmentState.STARTED, False),
        (AssignmentState.SUBMITTED, False),
        (AssignmentState.SUBMITTED, True),
    ]
    assert (len(demo.submissions[2]), len(demo.assignments[2])) == (6, 18)


def test_the_open_call_has_something_in_every_state_of_screening(demo: Demo) -> None:
    found = demo.submissions[3]
    zhejiang = get_account(demo.session, "zhejiang")
    own = [each for each in list_own(demo.session, zhejiang.actor) if each.call_id == demo.calls[2].id]
    assert count(found) == {"draft": 2, "sent": 3, "returned": 2, "refused": 1, "accepted": 1}
    assert sorted(each.state for each in own) == ["draft", "returned", "sent"]
    assert demo.assignments[3] == []


def test_nothing_is_dated_after_it_was_made(demo: Demo) -> None:
    made = max(row.submitted_at for row in demo.assignments[1] if row.submitted_at)
    found = [each for rows in demo.submissions.values() for each in rows]
    assert [each.number for each in found if each.sent_at and not each.created_at <= each.sent_at <= made] == []
    assert [call.title for call in demo.calls if call.review_deadline is None] == []
