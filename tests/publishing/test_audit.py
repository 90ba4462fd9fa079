"""The proof holds over a whole round made by the real actions, and names whatever is changed behind its back."""

import tempfile
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, text

from caselib import journal
from caselib.content import ContentStore, Kind
from caselib.db import Database
from caselib.people import COMMAND_LINE, Role, actions
from caselib.publishing import audit, tombstones
from caselib.publishing.actions import notices, objections
from caselib.publishing.models import Selection, Tombstone
from caselib.review import blinding
from caselib.review.actions import assignment, calls, discussions, reviews, stages, submissions
from caselib.review.events import note
from caselib.review.judgements import Judgement
from caselib.review.models import Assignment, Call, CriterionScore, Submission
from caselib.review.queries import sent_revision
from caselib.review.states import CallState, SubmissionState
from tests.content.trees import CASE
from tests.in_turn import number_in_turn
from tests.publishing.rounds import ENDS, KEY, LATER, STARTS, TEXT, Publishing, library, publisher, rules
from tests.ready import copied, migrated, scratch
from tests.review.assigned import Assigned
from tests.review.rounds import AFTER

NOTICE_DAY = datetime(2023, 3, 1, 4, tzinfo=UTC)


class Whole(Assigned, Publishing):
    """A round from its call to its published batch, without one state that was set by hand."""

    def whole(self, store: ContentStore) -> Call:
        self.experts(4)
        call = self.call(rules=rules(reviews=2), batch=4, review_deadline=date(2022, 11, 30))
        for place in range(3):
            self.accept(self.submission(call, title=f"第{place}号案例"))
        self.amended(call)
        self.act(calls.close_call, call, now=AFTER)
        self.apply(call)
        self.start(call)
        for row in self.rows(call):
            self.judge(row, 90 - 10 * row.submission_id + row.expert_id % 2)
        self.judge(self.rows(call)[0], 33.5, again=True)
        with self.doing(
            next(name for name, actor in self.actors.items() if actor.id == self.rows(call)[1].expert_id)
        ) as who:
            row = who["session"].get_one(Assignment, self.rows(call)[1].id)
            assignment.recuse(**who, assignment=row, reason="曾为其讲课", now=AFTER)
        self.act(stages.end_review, call, reason="时间已到", now=AFTER)
        with self.doing("editor") as who:
            row = who["session"].get_one(Submission, 1)
            discussions.record(
                **who, submission=row, outcome="include", reason="分歧在于口径", present="甲、乙", now=AFTER
            )
        self.select(call)
        self.announce(call)
        self.act(notices.retract, call, reason="日期有误", now=NOTICE_DAY)
        notice = self.announce(call, starts=STARTS, ends=ENDS, text=TEXT)
        objection = self.object_to(notice, self.selected(call)[0])
        self.act(objections.answer, objection, text="经核实，数据属实。")
        self.act(objections.close, self.stored(objection), upheld=False)
        publisher(self, store).publish(actor=self["editor"], call_id=call.id or 0, now=LATER)
        tombstones.withdraw_case(
            database=self.database,
            store=store,
            data=store.root.parent / "var",
            actor=self["editor"],
            slug="2022-001",
            reason="企业申请撤下",
        )
        return call

    def amended(self, call: Call) -> None:
        """One more submission that is saved twice and withdrawn."""
        submission = self.submission(call, title="撤回的案例")
        with self.doing("zhejiang") as who:
            row = who["session"].get_one(Submission, submission.id)
            submissions.withdraw(**who, submission=row, expected_version=row.version, reason="重复报送")

    def judge(self, row: Assignment, mark: float, *, again: bool = False) -> None:
        username = next(name for name, actor in self.actors.items() if actor.id == row.expert_id)
        with self.doing(username) as who:
            session = who["session"]
            found = session.get_one(Assignment, row.id)
            where: dict[str, Any] = {**who, "assignment": found}
            if again:
                reviews.reopen(**where, expected_version=found.version)
            judgement = Judgement({"whole": mark}, {"whole": "有数据。"}, "可以。")
            revision = sent_revision(session, session.get_one(Submission, row.submission_id))
            assert revision is not None
            seen = blinding.text_mark(KEY, self[username], revision)
            reviews.submit(**where, judgement=judgement, expected_version=found.version, key=KEY, seen=seen)


@cache
def finished(server: URL | None) -> Database:
    """A finished round: a file, or a database of the server."""
    root = Path(tempfile.mkdtemp(dir=scratch()))
    database = migrated(Database(server.set(database="finished") if server else f"sqlite:///{root / 'whole.sqlite'}"))
    with pytest.MonkeyPatch.context() as patch:
        number_in_turn(patch)
        Whole(database).whole(library(root))
    if database.path:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return database


@pytest.fixture
def database(absent: Database) -> Database:
    """A copy of it to change."""
    return copied(finished(None if absent.path else absent.url.set(database="postgres")), absent)


def verify(database: Database, head: str = "") -> audit.Audit:
    with database.reading() as session:
        return audit.verify(session, head)


@pytest.mark.both_databases
def test_a_whole_round_proves_itself(database: Database) -> None:
    found = verify(database)
    assert found.faults == []
    assert found.events > 60
    assert verify(database, found.head).faults == []


def test_an_empty_site_has_nothing_to_prove(absent: Database) -> None:
    assert verify(migrated(absent)) == audit.Audit(0, "0" * 64, [])


TAMPERED = [
    ("UPDATE call SET state = 'closed'", ['call:1 的 state：表中是 "closed"，按历史应为 "published"。']),
    ("UPDATE call SET deadline = '2022-10-01'", ['call:1 的 deadline：表中是 "2022-10-01"，按历史应为 "2022-09-30"。']),
    (
        "UPDATE submission SET state = 'accepted' WHERE id = 4",
        ['submission:4 的 state：表中是 "accepted"，按历史应为 "withdrawn"。'],
    ),
    (
        "UPDATE submission SET number = '2022-999' WHERE id = 2",
        [
            'submission:2 的 number：表中是 "2022-999"，按历史应为 "2022-002"。',
            "selection:1 的 submissions：与申报的编号不符。",
        ],
    ),
    (
        "UPDATE criterion_score SET score = 99 WHERE assignment_id = 1",
        ["assignment:1 的 scores.whole：表中是 99.0，按历史应为 33.5。"],
    ),
    (
        "DELETE FROM criterion_score WHERE assignment_id = 1",
        [
            'assignment:1 的 comments.whole：表中是 （没有），按历史应为 "有数据。"。',
            "assignment:1 的 scores.whole：表中是 （没有），按历史应为 33.5。",
        ],
    ),
    (
        "UPDATE assignment SET judged = 'x' WHERE id = 3",
        None,
    ),
    (
        "UPDATE revision SET body = body || '。' WHERE submission_id = 3",
        ["submission:3 的第 1 稿：正文与其摘要值（digest）不符。"],
    ),
    ("UPDATE notice SET ends = '2023-03-02' WHERE id = 2", ['notice:2 的 ends：表中是 "2023-03-02"，按历史应为 "2023-03-07"。']),
    ("UPDATE objection SET text = '没有意见'", ["objection:1：异议人或异议内容被改动。"]),
    ("UPDATE objection SET notice_id = 1", ["objection:1 的 notice_id：表中是 1，按历史应为 2。"]),
    ("UPDATE objection SET upheld = true", ["objection:1 的 upheld：表中是 true，按历史应为 false。"]),
    ("UPDATE assignment SET submission_id = 4 WHERE id = 1", ["assignment:1 的 submission：表中是 4，按历史应为 1。"]),
    ("UPDATE assignment SET expert_id = 2 WHERE id = 1", ["assignment:1 的 expert：表中是 2，按历史应为 6。"]),
    ("UPDATE discussion SET submission_id = 2", ["discussion:1 的 submission：表中是 2，按历史应为 1。"]),
    ("UPDATE tie SET account_id = 2", ["tie:1 的 account：表中是 2，按历史应为 7。"]),
    ("UPDATE submission SET owner_id = 3 WHERE id = 2", ["submission:2 的 owner_id：表中是 3，按历史应为 2。"]),
    ("UPDATE release SET files = '{}'", None),
    ("UPDATE discussion SET outcome = 'exclude'", ['discussion:1 的 outcome：表中是 "exclude"，按历史应为 "include"。']),
    ("UPDATE tombstone SET reason = '别的'", ['case:2022-001 的 reason：表中是 "别的"，按历史应为 "企业申请撤下"。']),
    ("DELETE FROM objection", ["objection:1：历史里有这一行，表中没有。"]),
    (
        "INSERT INTO discussion SELECT 9, submission_id, outcome, reason, present, recorded_by, recorded_at FROM discussion",
        ["discussion:9：表中有这一行，历史里没有。"],
    ),
    ("DELETE FROM tombstone", ["case:2022-001：历史里有这一行，表中没有。"]),
    (
        "UPDATE criterion_score SET comment = '做法很好' WHERE assignment_id = 1",
        ['assignment:1 的 comments.whole：表中是 "做法很好"，按历史应为 "有数据。"。'],
    ),
    ("DELETE FROM revision WHERE submission_id = 4", ["submission:4 的第 1 稿：历史里有这一稿，表中没有。"]),
    ("DELETE FROM tie", ["tie:1：历史里有这一行，表中没有。"]),
    ("UPDATE tie SET reason = '别的'", ['tie:1 的 reason：表中是 "别的"，按历史应为 "曾为其讲课"。']),
    ("UPDATE account SET name = '别人' WHERE id = 2", ['account:2 的 name：表中是 "别人"，按历史应为 "浙江省局"。']),
    ("UPDATE account SET disabled_at = created_at WHERE id = 2", ["account:2 的 disabled：表中是 true，按历史应为 false。"]),
    (
        "INSERT INTO account_role VALUES (2, 'operator')",
        ['account:2 的 roles：表中是 ["operator", "submitter"]，按历史应为 ["submitter"]。'],
    ),
    ("UPDATE account_role SET role = 'editor' WHERE account_id = 2", ['account:2 的 roles：表中是 ["editor"]，按历史应为 ["submitter"]。']),
    ("UPDATE expert SET panel = '甲组' WHERE account_id = 6", ['account:6 的 panel：表中是 "甲组"，按历史应为 ""。']),
    (
        "INSERT INTO account SELECT 99, 'mallory', name, email, employer, province, certifier, password_hash,"
        " session_version, created_at, disabled_at, signed_in_at FROM account WHERE id = 2",
        ["account:99：表中有这一行，历史里没有。"],
    ),
    ("DELETE FROM event WHERE seq = 5", None),
    ("UPDATE event SET actor = '别人' WHERE seq = 5", None),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "said"), TAMPERED, ids=[statement for statement, _ in TAMPERED])
def test_whatever_is_changed_behind_the_journal_is_named(
    database: Database, statement: str, said: list[str] | None
) -> None:
    with database.engine.begin() as connection:
        connection.execute(text(statement))
    faults = verify(database).faults
    assert faults == said if said is not None else faults != []


def test_a_change_inside_the_rules_or_a_decision_is_named(database: Database) -> None:
    with database.writing() as session:
        call, selection = session.get_one(Call, 1), session.get_one(Selection, 1)
        call.rules = {**call.rules, "size": 3}
        selection.decision = {**selection.decision, "selected": ["2022-003", *selection.decision["selected"][1:]]}
    assert verify(database).faults == [
        "call:1 的 rules.size：表中是 3，按历史应为 2。",
        "selection:1 的 decision：内容与其 sha256 不符。",
    ]


def test_a_pick_whose_numbers_lead_to_other_submissions_is_named(database: Database) -> None:
    with database.writing() as session:
        selection = session.get_one(Selection, 1)
        selection.submissions = {**selection.submissions, "2022-001": 3, "2022-003": 1}
    assert verify(database).faults == ["selection:1 的 submissions：与申报的编号不符。"]


def test_a_review_that_was_moved_to_another_call_is_named(absent: Database) -> None:
    round_ = Publishing(migrated(absent))
    call, other = round_.call(CallState.REVIEWING, rules=rules()), round_.call(batch=5)
    row = round_.review(round_.submission(call, SubmissionState.ACCEPTED), "expert02", 60.0)
    with round_.database.writing() as session:
        found = session.get_one(Assignment, row.id)
        note(session, round_["editor"], "assign", found, after={"submission": found.submission_id})
        found.call_id = other.id or 0
    faults = [fault for fault in verify(round_.database).faults if fault.startswith("assignment")]
    assert faults == [f"assignment:{row.id} 的 call_id：表中是 {other.id}，按历史应为 {call.id}。"]


def test_comments_of_a_review_whose_history_tells_of_none_are_not_judged(absent: Database) -> None:
    round_ = Publishing(migrated(absent))
    call = round_.call(CallState.REVIEWING, rules=rules())
    row = round_.review(round_.submission(call, SubmissionState.ACCEPTED), "expert02", 60.0)
    with round_.database.writing() as session:
        session.get_one(CriterionScore, (row.id, "whole")).comment = "有数据。"
        journal.record(
            session, actor_id=2, actor="专家", action="assignment.submit", subject=f"assignment:{row.id}",
            after={"state": "submitted", "scores": {"whole": 60.0}},
        )  # fmt: skip
    assert [fault for fault in verify(round_.database).faults if fault.startswith("assignment")] == []


def test_cases_with_long_addresses_that_begin_alike_are_told_apart(absent: Database, store: ContentStore) -> None:
    round_ = Publishing(migrated(absent))
    alike = "a" * 70
    for end in ("-one", "-two"):
        store.write(Kind.CASE, alike + end, CASE.replace("title: ", f"title: {end} ").encode())
        tombstones.withdraw_case(
            database=round_.database,
            store=store,
            data=store.root.parent / "var",
            actor=round_["editor"],
            slug=alike + end,
            reason=f"原因{end}",
        )
    assert verify(round_.database).faults == []
    with round_.database.writing() as session:
        session.get_one(Tombstone, f"{alike}-one").reason = "别的"
    assert verify(round_.database).faults == [f'case:{alike}-one 的 reason：表中是 "别的"，按历史应为 "原因-one"。']


def test_an_event_that_contradicts_those_before_it_is_named(database: Database) -> None:
    with database.writing() as session:
        event = journal.record(
            session,
            actor_id=None,
            actor="内鬼",
            action="call.amend",
            subject="call:1",
            before={"state": "open"},
            after={"state": "published"},
        )
    assert verify(database).faults == [f"事件 {event.seq}（call.amend，call:1）：state 的旧值与此前的历史不符。"]


@pytest.mark.parametrize("before", [{"size": 2, "method": "zscore"}, {"unheard": 1}])
def test_an_event_that_found_in_the_rules_what_never_was_there_is_named(
    database: Database, before: dict[str, Any]
) -> None:
    with database.writing() as session:
        call = session.get_one(Call, 1)
        event = note(session, COMMAND_LINE, "amend", call, {"rules": before})
    assert verify(database).faults == [f"事件 {event.seq}（call.amend，call:1）：rules 的旧值与此前的历史不符。"]


def test_what_an_event_took_out_of_the_rules_and_is_still_there_is_named(database: Database) -> None:
    with database.writing() as session:
        note(session, COMMAND_LINE, "amend", session.get_one(Call, 1), {"rules": {"size": 2}}, {"rules": {}})
    assert verify(database).faults == ["call:1 的 rules.size：表中是 2，按历史应为 （没有）。"]


def test_accounts_without_any_history_are_named(absent: Database) -> None:
    round_ = Publishing(migrated(absent))
    with round_.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM event"))
        numbers = connection.execute(text("SELECT id FROM account ORDER BY id")).scalars().all()
    assert len(numbers) > 1
    assert verify(round_.database).faults == [f"account:{number}：表中有这一行，历史里没有。" for number in numbers]


def test_an_account_that_was_deleted_is_named(absent: Database) -> None:
    database = migrated(absent)
    with database.writing() as session:
        account = actions.add_account(
            session=session, actor=COMMAND_LINE, username="li", name="李", roles=[Role.EDITOR]
        )
        number = account.id
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM account"))
    assert verify(database).faults == [f"account:{number}：历史里有这一行，表中没有。"]


def test_an_account_disabled_enabled_and_changed_by_its_actions_agrees_with_its_history(absent: Database) -> None:
    database = migrated(absent)
    with database.writing() as session:
        who: Any = {"session": session, "actor": COMMAND_LINE}
        for username in ("li", "wang"):
            account = actions.add_account(**who, username=username, name="李", roles=[Role.EXPERT])
            actions.describe_expert(**who, account=account, industries=["C23"], panel="甲组")
            actions.disable_account(**who, account=account)
        actions.enable_account(**who, account=account)
        actions.change_account(**who, account=account, roles=[Role.EDITOR, Role.SUBMITTER], email="Li@Example.cn")
    assert verify(database).faults == []


def test_a_tail_that_was_cut_off_is_found_by_the_head_that_was_noted(database: Database) -> None:
    head = verify(database).head
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)"))
    assert any("链尾被截断" in fault for fault in verify(database, head).faults)
