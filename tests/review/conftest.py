"""A migrated SQLite file and a round in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from caselib.db import Database
from tests.review.rounds import Round


@pytest.fixture
def round_(tmp_path: Path) -> Iterator[Round]:
    database = Database(f"sqlite:///{tmp_path / 'review.sqlite'}")
    database.upgrade()
    yield Round(database)
    database.close()
