"""A small site on disk: content, a database with one account, uploads."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from caselib.config import Settings
from caselib.db import Database
from caselib.people import COMMAND_LINE, actions, queries
from tests.ready import migrated

MakeSite = Callable[[str], Settings]


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSite:
    """Settings of a site in a folder of its own; nothing is made."""

    def make(name: str) -> Settings:
        root = tmp_path / name
        return Settings(content=root / "content", data=root / "var", secret_key=SecretStr("k" * 40))

    return make


@pytest.fixture
def make_site(make_settings: MakeSite) -> MakeSite:
    """A site whose texts and whose only account carry its name."""

    def make(name: str) -> Settings:
        settings = make_settings(name)
        (settings.content / "cases").mkdir(parents=True)
        (settings.content / "cases" / "案例.md").write_text(f"---\ntitle: {name}\n---\n正文\n", "utf-8")
        (settings.content / ".gitignore").write_text("x\n", "utf-8")
        (settings.data / "uploads" / "7").mkdir(parents=True)
        (settings.data / "uploads" / "7" / "a.bin").write_bytes(name.encode() * 1000)
        database = migrated(Database.open(settings))
        with database.writing() as session:
            actions.add_account(session=session, actor=COMMAND_LINE, username=name, name=name)
        database.close()
        return settings

    return make


def state(settings: Settings) -> dict[str, object]:
    """Everything a restore brings back: files by their path, and user names."""
    files = {
        str(path.relative_to(root.parent)): path.read_bytes()
        for root in (settings.content, settings.data / "uploads")
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".restore-" not in str(path)
    }
    database = Database.open(settings)
    names = []
    if database.revision():
        with database.reading() as session:
            names = [account.username for account in queries.list_accounts(session)]
        database.close()
    return {"accounts": names, **files}
