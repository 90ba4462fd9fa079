import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from multiprocessing import get_context
from pathlib import Path
from traceback import format_exception

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlmodel import select

import caselib.migrations
from caselib.config import Settings
from caselib.db import Database, Table, draw
from caselib.errors import CaselibError, Overloaded, Unavailable
from caselib.people.models import Account, AccountRole, Attempts
from tests import postgresql
from tests.conftest import without_waiting
from tests.ready import migrated

MIGRATIONS = Path(caselib.migrations.__file__).parent
EARLIER = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))[:-1]
MOMENT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


@pytest.fixture
def bare(absent: Database) -> Database:
    """A database without one table."""
    if absent.path:
        absent.path.parent.mkdir()
    else:
        postgresql.create(absent.url)
    return absent


@pytest.fixture
def own(absent: Database) -> Database:
    """A database with the schema, which may be changed."""
    return migrated(absent)


def alembic_config(connection: object) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@pytest.mark.both_databases
def test_the_models_and_the_migrations_agree(database: Database) -> None:
    with database.engine.begin() as connection:
        command.check(alembic_config(connection))


def test_a_model_without_a_migration_is_found(own: Database) -> None:
    with own.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE attempts")
        with pytest.raises(Exception, match=r"New upgrade operations detected.*attempts"):
            command.check(alembic_config(connection))


def test_every_module_of_tables_is_known_to_the_migrations() -> None:
    source = Path(caselib.__file__).parent
    with_tables = {
        ".".join(("caselib", *path.relative_to(source).with_suffix("").parts))
        for path in source.rglob("models.py")
        if "table=True" in path.read_text("utf-8")
    }
    environment = (MIGRATIONS / "env.py").read_text("utf-8")
    assert {module for module in with_tables if f"import {module}" not in environment} == set()


def test_revisions_follow_each_other_by_the_numbers_in_their_names() -> None:
    chain = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    assert (chain, Database("sqlite://").head) == (sorted(chain, reverse=True), chain[0])
    assert [Database.knows(revision) for revision in (*chain, "", "9999")] == [True] * (len(chain) + 1) + [False]


@pytest.mark.both_databases
def test_downgrading_to_nothing_leaves_no_table_behind(own: Database) -> None:
    with own.engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert tables(own) == {"alembic_version"}


def tables(database: Database) -> set[str]:
    with database.engine.begin() as connection:
        return set(inspect(connection).get_table_names())


@pytest.mark.both_databases
def test_upgrading_makes_every_table_of_the_models(bare: Database) -> None:
    bare.upgrade()
    assert tables(bare) == {"alembic_version", *Table.metadata.tables}


@pytest.mark.both_databases
@pytest.mark.parametrize("revision", EARLIER)
def test_upgrading_from_an_earlier_revision_keeps_what_is_there(bare: Database, revision: str) -> None:
    with bare.engine.begin() as connection:
        command.upgrade(alembic_config(connection), revision)
        connection.execute(Attempts.__table__.insert().values(key="a", count=3, since=MOMENT))
    bare.upgrade()
    with bare.engine.begin() as connection:
        command.check(alembic_config(connection))
    with bare.reading() as session:
        assert (bare.revision(), session.get_one(Attempts, "a").count) == (bare.head, 3)


def test_upgrading_twice_changes_nothing(own: Database) -> None:
    own.upgrade()
    assert own.revision() == own.head


@pytest.mark.both_databases
def test_upgrades_at_the_same_time_all_end_well(bare: Database) -> None:
    bare.close()
    processes = [get_context("fork").Process(target=Database(bare.url).upgrade) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert bare.revision() == bare.head


def test_looking_at_a_missing_database_does_not_create_it(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'missing.sqlite'}")
    assert (database.revision(), list(tmp_path.iterdir())) == ("", [])


def test_a_database_without_tables_names_the_command_that_makes_them(bare: Database) -> None:
    with pytest.raises(Unavailable) as caught:
        bare.require_current()
    assert caught.value.message == f"数据库的结构版本是 （空），本程序需要 {Database('sqlite://').head}。"
    assert "caselib db upgrade" in caught.value.remedy


def test_a_database_newer_than_the_program_is_refused_for_use_and_for_upgrade(own: Database) -> None:
    with own.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for use in (own.require_current, own.upgrade):
        with pytest.raises(Unavailable) as caught:
            use()
        assert caught.value.message == "数据库的结构版本是 9999，比本程序新。"


def test_a_current_database_is_accepted(database: Database) -> None:
    database.require_current()


@pytest.mark.both_databases
def test_a_failed_upgrade_leaves_no_trace(bare: Database) -> None:
    with bare.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE attempts (other TEXT)")  # the revision's last table is in the way
    with pytest.raises(DBAPIError, match="already exists"):
        bare.upgrade()
    assert (bare.revision(), tables(bare)) == ("", {"attempts"})


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # PostgreSQL takes no such row
def test_an_upgrade_that_would_leave_a_row_without_what_it_belongs_to_is_undone(bare: Database) -> None:
    with bare.engine.execution_options(caselib_migrating=True).begin() as connection:
        command.upgrade(alembic_config(connection), EARLIER[-1])
        connection.exec_driver_sql("INSERT INTO account_role (account_id, role) VALUES (99, 'editor')")
    with pytest.raises(CaselibError, match="升级会破坏外键关系，已全部撤销"):
        bare.upgrade()
    assert bare.revision() == EARLIER[-1]


def test_a_drawn_number_is_one_that_an_address_takes_and_nobody_has(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caselib.db.LARGEST", 2)
    with database.writing() as session:
        session.add(Account(id=1, username="li", name="李"))
        session.flush()
        assert {draw(session, Account) for _ in range(20)} == {2}


def test_a_writing_session_commits_once_at_its_end(database: Database) -> None:
    with database.writing() as session:
        session.add(Attempts(key="a", count=1, since=MOMENT))
    with database.reading() as session:
        assert session.get(Attempts, "a") == Attempts(key="a", count=1, since=MOMENT)


def test_a_writing_session_that_fails_is_undone(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as session:
        session.add(Attempts(key="a", count=1, since=MOMENT))
        session.flush()
        raise ZeroDivisionError
    with database.reading() as session:
        assert session.get(Attempts, "a") is None


@pytest.mark.both_databases
def test_a_reading_session_cannot_write(database: Database) -> None:
    with database.reading() as session, pytest.raises(DBAPIError, match=r"read-?only"):
        session.execute(text("DELETE FROM account"))


@pytest.mark.both_databases
def test_a_reading_session_sees_one_state_throughout(database: Database) -> None:
    count = text("SELECT count(*) FROM attempts")
    with database.reading() as session:
        before = session.execute(count).scalar()
        with database.writing() as writer:
            writer.add(Attempts(key="a", count=1, since=MOMENT))
        assert (before, session.execute(count).scalar()) == (0, 0)


@pytest.mark.both_databases
def test_writers_wait_for_each_other_and_lose_nothing(database: Database) -> None:
    with database.writing() as session:
        session.add(Attempts(key="a", count=0, since=MOMENT))

    def increment() -> None:
        for _ in range(5):
            with database.writing() as session:
                attempts = session.get_one(Attempts, "a")
                attempts.count = attempts.count + 1

    threads = [threading.Thread(target=increment) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.get_one(Attempts, "a").count == 40


@pytest.mark.both_databases
def test_a_writer_that_waited_in_vain_says_so_in_words(database: Database) -> None:
    other = Database(database.url, wait=0.05)
    with database.writing() as session:
        session.add(Attempts(key="a", count=1, since=MOMENT))
        session.flush()
        with pytest.raises(Overloaded) as caught, other.writing() as late:
            late.add(Attempts(key="b", count=1, since=MOMENT))
    other.close()
    assert str(caught.value) == "数据库正忙，没有保存。 请稍等片刻，再试一次。"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_sqlite_runs_with_a_write_ahead_log_full_sync_and_foreign_keys(database: Database) -> None:
    event.remove(database.engine, "connect", without_waiting)
    with database.engine.connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert pragmas == ["wal", 2, 1, 30_000]


@pytest.mark.parametrize(
    "backend", [pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))], indirect=True
)
def test_a_server_that_was_started_anew_is_asked_again(database: Database) -> None:
    other = Database(database.url)
    with other.reading() as session:
        session.exec(select(Attempts)).all()
    with database.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with other.reading() as session:
        assert session.exec(select(Attempts)).all() == []
    other.close()


def test_a_foreign_key_to_nothing_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), database.writing() as session:
        session.add(AccountRole(account_id=99, role="editor"))


def test_an_unknown_role_is_refused_by_the_database_itself(database: Database) -> None:
    with pytest.raises(IntegrityError, match="ck_account_role_known_role"), database.writing() as session:
        account = Account(username="zhang", name="张")
        account.grants = [AccountRole(role="king")]
        session.add(account)


def test_a_moment_comes_back_aware_and_in_utc(database: Database) -> None:
    shanghai = MOMENT.astimezone(timezone(timedelta(hours=8)))
    with database.writing() as session:
        session.add(Attempts(key="a", count=1, since=shanghai))
    with database.reading() as session:
        since = session.get_one(Attempts, "a").since
    assert (since, since.tzinfo) == (MOMENT, UTC)


def test_a_naive_moment_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="time zone"), database.writing() as session:
        session.add(Attempts(key="a", count=1, since=MOMENT.replace(tzinfo=None)))


@pytest.mark.both_databases
@pytest.mark.parametrize("usernames", [("a1", "a1"), (None,)])
def test_an_error_of_the_database_does_not_tell_the_values(database: Database, usernames: tuple[str | None]) -> None:
    with pytest.raises(IntegrityError) as caught, database.writing() as session:
        session.add_all([Account(username=each, name="甲", password_hash="secret-hash") for each in usernames])
    logged = "".join(format_exception(caught.value))
    assert ("constraint" in logged, "secret-hash" in logged) == (True, False)


def test_an_account_does_not_print_its_password_hash() -> None:
    assert "secret-hash" not in repr(Account(username="a1", name="甲", password_hash="secret-hash"))


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://u:p@db/caselib", "postgresql+psycopg"),
        ("postgresql+psycopg://u:p@db/caselib", "postgresql+psycopg"),
        ("postgresql+psycopg2://u:p@db/caselib", "postgresql+psycopg"),
        ("sqlite:////srv/caselib.sqlite", "sqlite"),
    ],
)
def test_the_url_names_the_driver(url: str, driver: str) -> None:
    assert Database(url).url.drivername == driver


def test_only_sqlite_has_a_file(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert Database.open(settings).path == tmp_path / "caselib.sqlite"
    assert Database("postgresql://u:p@db/caselib").path is None


@pytest.mark.parametrize("url", ["rubbish", "mysql://u:p@db/caselib", "postgresql://u:p@db:x/caselib", ""])
def test_an_address_of_no_database_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(CaselibError) as caught:
        Database(url)
    assert caught.value.message == "CASELIB_DATABASE_URL 不是 SQLite 或 PostgreSQL 数据库的地址。"
    assert "u:p" not in "".join(format_exception(caught.value))


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(CaselibError, match=r"没有安装 PostgreSQL 的驱动。.*psycopg\[binary\]"):
        Database("postgresql://u:p@db/caselib")
