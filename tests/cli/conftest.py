"""``caselib`` as typed at a prompt, with its settings in a folder of the test."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from caselib.cli import main

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command; further environment variables as keywords (``base_url=…``)."""
    (tmp_path / "content").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASELIB_SECRET_KEY", "k" * 40)

    def run(*arguments: str, **settings: str) -> Result:
        environment = {f"CASELIB_{name.upper()}": value for name, value in settings.items()}
        return CliRunner().invoke(main, arguments, env=environment)

    return run
