"""A word becomes a synonym in the file and in the history, or in neither."""

from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from caselib import journal
from caselib.content import ContentStore
from caselib.db import Database
from caselib.errors import CaselibError
from caselib.people import COMMAND_LINE, Expert
from caselib.publishing.synonyms import add_synonym

GIVEN = "entries:\n  - [计划—实施—检查—处置, PDCA]\n"


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    """A library without vocabularies of its own."""
    return ContentStore(tmp_path / "content")


def add(session: Session, store: ContentStore, word: str, of: str) -> None:
    add_synonym(session=session, actor=COMMAND_LINE, store=store, word=word, of=of)


def written(store: ContentStore) -> str | None:
    path = store.root / "taxonomy" / "synonyms.yml"
    return path.read_text("utf-8") if path.is_file() else None


def put(store: ContentStore, text: str) -> None:
    path = store.root / "taxonomy" / "synonyms.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")


def told(database: Database) -> list[dict[str, str]]:
    with database.reading() as session:
        return [event.after for event in session.exec(select(journal.Event))]


def test_a_word_joins_a_group_however_the_group_writes_the_other(database: Database, store: ContentStore) -> None:
    put(store, GIVEN)
    with database.writing() as session:
        add(session, store, "质量环", "计划—实施—检查—处置")
    assert written(store) == 'entries:\n  - [计划—实施—检查—处置, PDCA, "质量环"]\n'
    assert told(database) == [{"word": "质量环", "of": "计划—实施—检查—处置"}]


@pytest.mark.parametrize(
    ("word", "of"), [("质量—环", "PDCA"), ("质量环", "质量—环"), ("质量环", ""), ("质" * 31, "PDCA")]
)
def test_a_new_word_is_plain(database: Database, store: ContentStore, word: str, of: str) -> None:
    put(store, GIVEN)
    with pytest.raises(CaselibError, match="各填一个词"), database.writing() as session:
        add(session, store, word, of)
    assert (written(store), told(database)) == (GIVEN, [])


CHECKED_AT_THE_END = {
    "sqlite": "PRAGMA defer_foreign_keys = ON",
    "postgresql": "ALTER TABLE expert ALTER CONSTRAINT fk_expert_account_id DEFERRABLE INITIALLY DEFERRED",
}
"""Foreign keys are looked at when the transaction ends, so that it fails there."""


@pytest.mark.parametrize("given", [GIVEN, None])
@pytest.mark.parametrize("where", ["before the end", "at the end"])
def test_what_is_undone_is_not_in_the_file_either(
    database: Database, store: ContentStore, where: str, given: str | None
) -> None:
    if given:
        put(store, given)
    with pytest.raises((RuntimeError, IntegrityError)), database.writing() as session:
        add(session, store, "质量圈", "PDCA")
        assert "质量圈" in (written(store) or "")
        if where == "before the end":
            raise RuntimeError
        connection = session.connection()
        connection.exec_driver_sql(CHECKED_AT_THE_END[connection.dialect.name])
        session.add(Expert(account_id=9))
    assert (written(store), told(database)) == (given, [])


def test_a_file_that_is_written_otherwise_stays_as_it_is(database: Database, store: ContentStore) -> None:
    put(store, given := "entries: [[合格率, 良率]]\n")
    with pytest.raises(CaselibError, match="文件没有变"), database.writing() as session:
        add(session, store, "良品率", "合格率")
    assert (written(store), told(database)) == (given, [])
