"""A migrated SQLite file and a round in it."""

import pytest

from caselib.db import Database
from tests.in_turn import number_in_turn
from tests.review.assigned import Assigned
from tests.review.rounds import Round


@pytest.fixture(autouse=True)
def in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test can name a row by its number."""
    number_in_turn(monkeypatch)


@pytest.fixture
def round_(database: Database) -> Round:
    return Round(database)


@pytest.fixture
def assigned(database: Database) -> Assigned:
    return Assigned(database)
