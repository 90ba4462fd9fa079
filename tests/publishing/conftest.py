"""A migrated SQLite file with people in it, and an empty library."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from caselib.content import ContentStore
from caselib.db import Database
from tests.publishing.rounds import Publishing, library
from tests.ready import migrated


@pytest.fixture
def round_(tmp_path: Path) -> Iterator[Publishing]:
    database = migrated(Database(f"sqlite:///{tmp_path / 'var' / 'caselib.sqlite'}"))
    yield Publishing(database)
    database.close()


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return library(tmp_path)
