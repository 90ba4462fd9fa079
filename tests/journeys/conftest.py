import pytest

from tests.in_turn import number_in_turn


@pytest.fixture(autouse=True)
def in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sites have the same numbers for what both have."""
    number_in_turn(monkeypatch)
