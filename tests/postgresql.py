"""A real PostgreSQL server for one run of the tests: in a temporary folder, reached by a socket in it, gone afterwards.

No port is opened and no other server of the machine is touched. PostgreSQL refuses root, so where the tests run as root the
server belongs to the account that owns nothing.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine
from sqlalchemy.exc import OperationalError

from caselib.db import Table

START_SECONDS = 60
CHEAP = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "listen_addresses": "",
}
"""Nothing here has to outlive the machine."""


@contextmanager
def running() -> Iterator[URL]:
    """A server that answers, with nothing in it; the address of its own database."""
    binaries, owner = _binaries(), _owner()
    with tempfile.TemporaryDirectory(prefix="caselib-postgresql-") as name:
        folder = Path(name)
        if owner:
            shutil.chown(folder, "nobody")
        initdb = [binaries / "initdb", "-D", folder / "data", "-U", "caselib", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*initdb, "--locale=C"], check=True, stdout=subprocess.DEVNULL, cwd=folder, **owner)
        options = [f"-c{key}={value}" for key, value in CHEAP.items()]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", folder / "data", "-k", folder, *options],
                stderr=log, stdout=log, cwd=folder, **owner,
            )  # fmt: skip
        url = URL.create("postgresql+psycopg", "caselib", database="postgres", query={"host": name})
        try:
            _wait(url, server, folder / "log")
            yield url
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(timeout=30)


def create(url: URL, template: str = "template0") -> None:
    """Make the database that ``url`` names, as a copy of ``template`` (nobody may be connected to that)."""
    _execute(url, f"CREATE DATABASE {url.database} TEMPLATE {template} STRATEGY FILE_COPY")


def drop(url: URL) -> None:
    """Remove it, whoever is connected still."""
    _execute(url, f"DROP DATABASE IF EXISTS {url.database} WITH (FORCE)")


def empty(url: URL) -> None:
    """Leave the schema and nothing in it; a hundred times cheaper than another copy."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for table in reversed(Table.metadata.sorted_tables):
            connection.execute(table.delete())
        connection.exec_driver_sql("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")
    engine.dispose()


def _execute(url: URL, statement: str) -> None:
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def _binaries() -> Path:
    """Where the server's programs are; Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if path := shutil.which("postgres") or (found and found[-1]):
        return Path(path).resolve().parent
    pytest.fail("no PostgreSQL server: run `make setup` as root, or install the package postgresql (15 or newer)")


def _owner() -> dict[str, object]:
    """How to start a program as somebody whom PostgreSQL takes."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _wait(url: URL, server: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers: each refusal costs one short wait, and a server that ended costs none."""
    engine, end = create_engine(url), time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            engine.connect().close()
        except OperationalError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(0.02)
        else:
            engine.dispose()
            return
    pytest.fail(f"PostgreSQL did not start:\n{log.read_text()[-3000:]}")
