"""Counting what is searched for: what is counted, what never is, and that a search does not wait for it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import select

from caselib import questions as module
from caselib.db import Database, now
from caselib.questions import FEWEST, Asked, Count, Questions, countable
from tests.ready import migrated


@pytest.mark.parametrize("typed", ["ISO 9001:2015", "GB/T 19001-2016", "2022 2023", "返工多", "6S"])
def test_words_and_standards_are_counted(typed: str) -> None:
    assert countable(typed) == typed.casefold()


@pytest.mark.parametrize(
    "typed",
    ["138 0013 8000", "１３８００１３８０００", "33040019900101123x", "一三八零零一三八", "返工 12345", "a@b.cn", "http://a.cn", "https://a.cn", "www.a.cn", "加微信", "张三", "李小明 返工", "王建国经理", "长" * 31, "  ", "返\0工", "返\ud800工"],
)  # fmt: skip
def test_what_may_be_somebodys_is_not_counted(typed: str) -> None:
    assert countable(typed) == ""


@pytest.mark.both_databases
def test_counts_of_two_processes_add_up_and_rare_texts_are_not_shown(database: Database) -> None:
    one, other = Questions(database), Questions(database)
    for questions in (one, other):
        for outcome in ("none", "found", "opened"):
            questions.note("返 工", outcome)
        questions.flush()
    for outcome in ("none", "opened", "opened"):
        one.note("少见", outcome)
    one.flush()
    assert other.asked(30) == [Asked("返 工", none=2, relaxed=0, found=2, opened=2)]
    assert other.asked(30)[0].left == 0


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("on", "noted", "kept"),
    [
        (True, True, ["多", "新", "近"]),
        (True, False, ["多", "近"]),
        (False, True, ["多", "近"]),
        (False, False, ["多", "近"]),
    ],
)
def test_what_is_old_is_forgotten_whether_anybody_searches_or_not(
    database: Database, on: bool, noted: bool, kept: list[str]
) -> None:
    today = now().date()
    with database.writing() as session:
        session.add(Count(day=today - timedelta(days=401), text="老", outcome="none", count=9))
        session.add(Count(day=today - timedelta(days=31), text="少", outcome="none", count=2))
        session.add(Count(day=today - timedelta(days=31), text="多", outcome="none", count=3))
        session.add(Count(day=today - timedelta(days=30), text="近", outcome="none", count=2))
    questions = Questions(database, on=on)
    if noted:
        questions.note("新", "none")
    questions.flush()
    with database.reading() as session:
        assert sorted(session.exec(select(Count.text))) == kept


def test_a_process_of_which_nobody_asks_anything_writes_once_a_day(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *each: made.append(each[2].split()[0]))
    idle = Questions(database)
    for day in (1, 1, 2):
        monkeypatch.setattr(module, "now", lambda day=day: datetime(2026, 3, day, tzinfo=UTC))
        idle.flush()
    assert made.count("DELETE") == 4


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("counts", "kept"),
    [
        ({"found": 5, "opened": 2}, [Asked("返工", none=0, relaxed=0, found=5, opened=2)]),
        ({"none": 1, "relaxed": 1, "found": 1}, [Asked("返工", none=1, relaxed=1, found=1, opened=0)]),
        ({"found": 2, "opened": 3}, []),
    ],
)
def test_a_days_text_is_kept_or_forgotten_as_a_whole(
    database: Database, counts: dict[str, int], kept: list[Asked]
) -> None:
    with database.writing() as session:
        for outcome, count in counts.items():
            session.add(Count(day=now().date() - timedelta(days=31), text="返工", outcome=outcome, count=count))
    questions = Questions(database)
    for _ in range(FEWEST):
        questions.note("新", "none")
    new = Asked("新", none=FEWEST, relaxed=0, found=0, opened=0)
    assert questions.asked(60) == sorted([new, *kept], key=lambda each: -each.total)
    assert questions.asked(31) == [new]
    with database.reading() as session:
        rows = session.exec(select(Count).where(Count.text == "返工")).all()
    assert {row.outcome: row.count for row in rows} == (counts if kept else {})


def test_a_database_that_is_not_there_fails_no_search_and_loses_no_count(absent: Database) -> None:
    questions = Questions(absent)
    for _ in range(3):
        questions.note("返工", "none")
    questions.flush()
    migrated(absent)
    assert [(each.text, each.none) for each in questions.asked(7)] == [("返工", 3)]


def test_a_process_of_which_nobody_asks_anything_tells_of_a_database_that_is_not_there_in_one_line(
    absent: Database, caplog: pytest.LogCaptureFixture
) -> None:
    questions = Questions(absent)
    questions.flush()
    questions.note("返工", "none")
    questions.flush()
    said = "counts of questions could not be written or forgotten (OperationalError); trying again later"
    assert [(each.getMessage(), bool(each.exc_info)) for each in caplog.records] == [(said, False), (said, True)]


def test_no_more_texts_wait_than_there_is_room_for(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING", 1)
    questions = Questions(database)
    for _ in range(3):
        questions.note("返工", "none")
        questions.note("退货", "none")
    assert questions.asked(7) == [Asked("返工", none=3, relaxed=0, found=0, opened=0)]


def test_nothing_is_counted_when_switched_off(database: Database) -> None:
    questions = Questions(database, on=False)
    for _ in range(3):
        questions.note("返工", "none")
    assert questions.asked(7) == []
