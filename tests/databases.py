"""On which database a test runs: SQLite as the site usually does, or PostgreSQL with ``--database=postgresql``.

A test marked ``both_databases`` holds what can differ between the two, and runs on either in every run.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL

from caselib.db import Database
from tests import postgresql
from tests.ready import migrated

_numbers = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=["sqlite", "postgresql"], default="sqlite", help="where tests that write a database run"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both_databases: on SQLite and on PostgreSQL")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("both_databases") and metafunc.config.option.database == "sqlite":
        shared = pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))
        metafunc.parametrize("backend", ["sqlite", shared], indirect=True)


@pytest.fixture(scope="session")
def server() -> Iterator[URL]:
    """This process's PostgreSQL."""
    with postgresql.running() as url:
        yield url


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """``sqlite`` or ``postgresql``."""
    return str(getattr(request, "param", request.config.option.database))


@pytest.fixture
def absent(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of this test's own that is not there yet."""
    if backend == "sqlite":
        yield (database := Database(f"sqlite:///{tmp_path / 'own' / 'caselib.sqlite'}"))
        database.close()
        return
    yield (database := Database(request.getfixturevalue("server").set(database=f"own_{next(_numbers)}")))
    database.close()
    postgresql.drop(database.url)


@pytest.fixture(scope="session")
def shared(server: URL) -> URL:
    """A database with the schema, for one test after another."""
    return migrated(Database(server.set(database="shared"))).url


@pytest.fixture
def database(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database with the schema and nothing in it; a test that changes the schema makes one from ``absent``."""
    if backend == "sqlite":
        yield (database := migrated(Database(f"sqlite:///{tmp_path / 'var' / 'caselib.sqlite'}")))
        database.close()
        return
    yield (database := Database(request.getfixturevalue("shared")))
    database.close()
    postgresql.empty(database.url)
