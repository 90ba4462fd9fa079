"""A migrated SQLite file with people in it, and an empty library."""

from pathlib import Path

import pytest

from caselib.content import ContentStore
from caselib.db import Database
from tests.publishing.rounds import Publishing, library


@pytest.fixture
def round_(database: Database) -> Publishing:
    return Publishing(database)


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return library(tmp_path)
