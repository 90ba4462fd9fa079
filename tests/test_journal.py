"""The chain of events: what verify finds, row by row."""

import pytest
from sqlalchemy import text

from caselib.db import Database
from caselib.journal import GENESIS, Break, Event, events_of, last_digest, record, verify


def three_events(database: Database) -> list[Event]:
    return [note(database, n) for n in range(3)]


def note(database: Database, n: int) -> Event:
    with database.writing() as session:
        return record(
            session, actor_id=n, actor="张三", action="thing.change", subject="thing:1", after={"名称": n, "rate": 0.1}
        )


def tamper(database: Database, statement: str) -> None:
    with database.writing() as session:
        session.connection().execute(text(statement))


def verified(database: Database, head: str = "") -> tuple[int, list[Break]]:
    with database.reading() as session:
        return verify(session, head)


def test_events_are_numbered_and_chained(database: Database) -> None:
    first, second, third = three_events(database)
    assert [e.seq for e in (first, second, third)] == [1, 2, 3]
    assert [e.previous for e in (first, second, third)] == [GENESIS, first.digest, second.digest]
    assert verified(database) == (3, [])


def test_an_empty_chain_holds(database: Database) -> None:
    assert verified(database) == (0, [])
    with database.reading() as session:
        assert last_digest(session) == GENESIS


def test_an_event_goes_with_its_transaction(database: Database) -> None:
    with pytest.raises(RuntimeError), database.writing() as session:
        record(session, actor_id=1, actor="a", action="x", subject="y:1")
        raise RuntimeError
    assert verified(database) == (0, [])


@pytest.mark.parametrize(
    "change",
    [
        "actor = '李四'",
        "actor_id = 9",
        "before = '{\"名称\": 9}'",
        "after = '{}'",
        "at = '2020-01-01 00:00:00'",
        "subject = 'thing:2'",
        "action = 'other'",
        "call_id = 9",
    ],
)
def test_a_changed_event_is_named(database: Database, change: str) -> None:
    three_events(database)
    tamper(database, f"UPDATE event SET {change} WHERE seq = 2")
    assert [b.seq for b in verified(database)[1]] == [2]


def test_a_changed_event_with_a_new_digest_breaks_the_next_link(database: Database) -> None:
    three_events(database)
    with database.writing() as session:
        event = session.get_one(Event, 2)
        event.actor = "李四"
        event.digest = event.computed()
    assert verified(database)[1] == [Break(3, "第 3 条与前一条不相接（次序被调换，或前一条被替换）。")]


def test_a_missing_event_is_named(database: Database) -> None:
    three_events(database)
    tamper(database, "DELETE FROM event WHERE seq = 2")
    assert verified(database)[1] == [Break(2, "第 2 条缺失。")]


def test_the_first_event_missing_is_named(database: Database) -> None:
    three_events(database)
    tamper(database, "DELETE FROM event WHERE seq < 3")
    assert verified(database)[1] == [Break(1, "第 1 至 2 条缺失。")]


def test_reordered_events_are_named(database: Database) -> None:
    three_events(database)
    tamper(database, "UPDATE event SET seq = 9 WHERE seq = 1")
    tamper(database, "UPDATE event SET seq = 1 WHERE seq = 2")
    tamper(database, "UPDATE event SET seq = 2 WHERE seq = 9")
    assert {b.seq for b in verified(database)[1]} == {1, 2, 3}


def test_a_cut_tail_is_found_by_a_known_head(database: Database) -> None:
    head = three_events(database)[2].digest
    assert verified(database, head) == (3, [])
    tamper(database, "DELETE FROM event WHERE seq = 3")
    assert verified(database) == (2, [])
    assert verified(database, head)[1] == [Break(3, f"链尾被截断：找不到已知的事件 {head[:12]}…。")]


def test_the_events_of_one_thing_in_order(database: Database) -> None:
    three_events(database)
    with database.reading() as session:
        assert [e.after["名称"] for e in events_of(session, "thing:1")] == [0, 1, 2]
        assert events_of(session, "thing:2") == []
