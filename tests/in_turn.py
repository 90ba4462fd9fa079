"""Rows numbered in turn, for tests that name a row by its number or hold two sites against each other.

A site draws numbers by lot (``db.draw``); that lots tell nothing is held in ``tests/web/test_lots.py``, without this.
"""

import pytest
from sqlmodel import Session, func, select

from caselib import db
from caselib.db import Table


def number_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on a new row has the number that follows the largest."""
    monkeypatch.setattr(db, "draw", _in_turn)


def _in_turn(session: Session, table: type[Table]) -> int:
    return 1 + (session.exec(select(func.max(table.id))).one() or 0)  # type: ignore[attr-defined]
