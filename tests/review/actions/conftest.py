"""A round with experts in a migrated SQLite file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from caselib.db import Database
from tests.review.actions.assigned import Assigned


@pytest.fixture
def assigned(tmp_path: Path) -> Iterator[Assigned]:
    database = Database(f"sqlite:///{tmp_path / 'assigned.sqlite'}")
    database.upgrade()
    yield Assigned(database)
    database.close()
