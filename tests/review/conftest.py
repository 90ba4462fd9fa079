"""A migrated SQLite file and a round in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from caselib.db import Database
from tests.in_turn import number_in_turn
from tests.ready import migrated
from tests.review.assigned import Assigned
from tests.review.rounds import Round


@pytest.fixture(autouse=True)
def in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test can name a row by its number."""
    number_in_turn(monkeypatch)


@pytest.fixture
def round_(tmp_path: Path) -> Iterator[Round]:
    database = migrated(Database(f"sqlite:///{tmp_path / 'review.sqlite'}"))
    yield Round(database)
    database.close()


@pytest.fixture
def assigned(tmp_path: Path) -> Iterator[Assigned]:
    database = migrated(Database(f"sqlite:///{tmp_path / 'assigned.sqlite'}"))
    yield Assigned(database)
    database.close()
