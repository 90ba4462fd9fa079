"""The database: one engine, sessions that read and sessions that write, and the schema's revision.

Rooms define their tables on :class:`Table` and get a session handed in. This module knows no table of theirs; it
never commits in the middle of a unit of work, and it never changes a schema unasked.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import (
    URL,
    Connection,
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    MetaData,
    create_engine,
    event,
    inspect,
    make_url,
)
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session, SQLModel

from caselib.config import Settings
from caselib.errors import CaselibError, Overloaded, Unavailable

BUSY_SECONDS = 30
"""How long a writer waits for another one before it gives up, if it holds up nobody else meanwhile."""

LARGEST = 2**31 - 1
"""The largest number of a row."""

_WRITER = 0x63617365
"""Key of the advisory lock that lets one writer at a time into a PostgreSQL database."""
_BUSY, _FULL = {"SQLITE_BUSY", "55P03"}, {"SQLITE_FULL", "53100"}
"""How SQLite and PostgreSQL call a lock that was not given in time, and a disk that is full."""
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
_MIGRATIONS = Path(__file__).parent / "migrations"
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel):
    """What every table derives from; its constraints are named, so that a migration can name them too."""

    metadata = MetaData(naming_convention=_NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC on every database (SQLite itself forgets time zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC; a naive moment is a programming error."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back what was stored, aware."""
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


class Numbered(Protocol):
    """A row that has a number of its own once the database knows it."""

    id: int | None


def key_of(row: Numbered) -> int:
    """The number of a row that the database knows.

    Raises:
        ValueError: it was not flushed yet.
    """
    if row.id is None:
        raise ValueError("the row was not flushed yet")
    return row.id


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def draw(session: Session, table: type[Table]) -> int:
    """A number for a new row of ``table``, drawn by lot from those that are free.

    A number in an address is seen by people who must not know how many rows there are, nor which came first.
    """
    while session.get(table, drawn := secrets.randbelow(LARGEST) + 1):
        pass
    return drawn


class Database:
    """One database, by its address.

    A writing session takes the write lock at its beginning (on SQLite ``BEGIN IMMEDIATE``, on PostgreSQL an advisory
    lock) and waits its turn, so that what it read still holds when it commits. A reading session sees one state
    throughout, waits for nobody and cannot write.

    Args:
        wait: seconds that a writer waits for another one before it gives up.
        restore: a file that is there while a restore is not finished; None where none needs to be known of.

    Raises:
        CaselibError: the address is of no SQLite or PostgreSQL database, or the driver of PostgreSQL is missing.
    """

    def __init__(self, url: str | URL, wait: float = BUSY_SECONDS, restore: Path | None = None) -> None:
        self.url = _address(url)
        self.wait = wait
        self._restore = restore
        self.engine = _sqlite(self) if self.url.get_backend_name() == "sqlite" else _postgresql(self)

    @classmethod
    def open(cls, settings: Settings, wait: float = BUSY_SECONDS) -> "Database":
        """The database that ``settings`` name; nothing is connected or created yet."""
        return cls(settings.database_url, wait, settings.restore_journal)

    @property
    def path(self) -> Path | None:
        """The file of an SQLite database, else ``None``."""
        sqlite = self.url.get_backend_name() == "sqlite"
        return Path(self.url.database) if sqlite and self.url.database else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for one consistent look; a write in it is an error of the program."""
        with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session for one unit of work: committed once when the block ends, undone when it raises.

        Raises:
            Overloaded: other writers did not end in time, or the disk is full.
        """
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except OperationalError as error:
            raise _overloaded(error) or error from error.orig

    @property
    def _reader(self) -> Engine:
        """The engine for looking; on SQLite every transaction sees one state anyway."""
        one_state = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        asked = {} if self.engine.dialect.name == "sqlite" else one_state
        return self.engine.execution_options(caselib_reading=True, **asked)

    @property
    def head(self) -> str:
        """The revision this program needs."""
        return max(_revisions())

    def revision(self) -> str:
        """The revision the database has; empty when there is no database or it has no tables yet."""
        if self.path and not self.path.exists():
            return ""
        with self._reader.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return ""
            return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or "")

    def require_restored(self) -> None:
        """Do nothing unless a restore was interrupted: until it is finished, nobody knows which file is the database.

        Raises:
            Unavailable: one was.
        """
        if self._restore and self._restore.exists():
            raise Unavailable(
                f"上次恢复没有做完（{self._restore}）。", "请启动网站，或再执行一次 caselib restore，都会先把它做完。"
            )

    def require_current(self) -> None:
        """Do nothing if the schema is the one this program needs.

        Raises:
            Unavailable: it is older (or there is none), it is newer, or a restore was interrupted.
        """
        self.require_restored()
        revision = self.revision()
        if revision == self.head:
            return
        if not self.knows(revision):
            raise Unavailable(
                f"数据库的结构版本是 {revision}，比本程序新。", "请安装与数据库相配的 caselib 版本后再启动。"
            )
        raise Unavailable(
            f"数据库的结构版本是 {revision or '（空）'}，本程序需要 {self.head}。",
            "请先备份（caselib backup），再执行 caselib db upgrade。",
        )

    def upgrade(self) -> None:
        """Bring the schema to :attr:`head`, whole or not at all; two at once wait for each other.

        Raises:
            Unavailable: the database is newer than this program, or a restore was interrupted.
            CaselibError: the upgraded data would break a foreign key.
        """
        from alembic import command  # a third of a second that only an upgrade should cost
        from alembic.config import Config

        self.require_restored()
        if self.path:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.knows(self.revision()):
            self.require_current()
        with self.engine.execution_options(caselib_migrating=True).begin() as connection:
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(_MIGRATIONS))
            command.upgrade(config, "head")
            if self.path and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                raise CaselibError(f"升级会破坏外键关系，已全部撤销：{broken[0]}", "请把这条信息报告给开发者。")
        self.close()

    def close(self) -> None:
        """Give back every connection; the next use opens new ones."""
        self.engine.dispose()

    @staticmethod
    def knows(revision: str) -> bool:
        """Whether this program can upgrade from ``revision`` (an empty one included)."""
        return not revision or revision in _revisions()


def _overloaded(error: OperationalError) -> Overloaded | None:
    reason = {getattr(error.orig, name, None) for name in ("sqlite_errorname", "sqlstate")}
    if reason & _BUSY:
        return Overloaded("数据库正忙，没有保存。", "请稍等片刻，再试一次。")
    return full_disk() if reason & _FULL else None


def damaged(error: DatabaseError) -> bool:
    """Whether SQLite found its file to be no database, or a broken one."""
    return getattr(error.orig, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def full_disk() -> Overloaded:
    """What to say where something could not be written for lack of space."""
    return Overloaded("磁盘空间不够，没有保存。", "请管理员清理磁盘或扩容，然后再试一次。")


def _revisions() -> set[str]:
    """The revisions this program knows: a revision's file is named for it, and they follow each other by number."""
    return {path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")}


def _address(url: str | URL) -> URL:
    """The address, with the driver that is used whatever it names."""
    try:
        address = make_url(url)
        return address.set(drivername=_DRIVERS[address.get_backend_name()])
    except (ArgumentError, ValueError, KeyError):
        raise CaselibError(
            "CASELIB_DATABASE_URL 不是 SQLite 或 PostgreSQL 数据库的地址。",
            "请写成 sqlite:////文件夹/caselib.sqlite 或 postgresql://用户:密码@主机/数据库；不用 PostgreSQL 就不必设置。",
        ) from None


def _postgresql(database: Database) -> Engine:
    try:
        engine = create_engine(database.url, pool_pre_ping=True, hide_parameters=True)
    except ModuleNotFoundError:
        raise CaselibError(
            "没有安装 PostgreSQL 的驱动。", "请在本程序的环境里执行 pip install 'psycopg[binary]'。"
        ) from None
    event.listen(engine, "begin", partial(_wait_for_writers, database.wait))
    event.listen(engine, "handle_error", _hide_row)
    return engine


def _hide_row(context: ExceptionContext) -> None:
    """Cut a refusal down to its reason: PostgreSQL quotes the whole row, with whatever must not be logged."""
    reason = getattr(getattr(context.original_exception, "diag", None), "message_primary", None)
    if reason and context.sqlalchemy_exception:
        (said,) = context.sqlalchemy_exception.args
        context.sqlalchemy_exception.args = (said.replace(str(context.original_exception), reason),)
        context.original_exception.args = (reason,)


def _wait_for_writers(wait: float, connection: Connection) -> None:
    if not connection.get_execution_options().get("caselib_reading", False):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{wait * 1000:.0f}ms'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")


def _sqlite(database: Database) -> Engine:
    engine = create_engine(database.url, connect_args={"timeout": database.wait}, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # under WAL, NORMAL may lose the last commits with the power


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    reading = options.get("caselib_reading", False)
    # Rebuilding a table drops the old one, which would cascade into the rows that refer to it.
    connection.exec_driver_sql(f"PRAGMA foreign_keys = {int(not options.get('caselib_migrating', False))}")
    connection.exec_driver_sql(f"PRAGMA query_only = {int(reading)}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
