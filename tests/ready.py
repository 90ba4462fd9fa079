"""What nearly every test needs and none should wait for: made once a process by the real thing, then copied."""

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import URL

from caselib.config import Settings, shipped
from caselib.content import ContentStore, Taxonomy
from caselib.db import Database
from caselib.operations.demo import claim_data, set_people
from caselib.operations.demo_call import set_calls
from caselib.search import SearchRoom
from tests import postgresql

WRITTEN = 1_700_000_000


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="caselib-ready-")


def scratch() -> str:
    """A folder that is gone when the process ends."""
    return _scratch().name


@cache
def _schema(server: URL | None) -> Database:
    database = Database(server.set(database="schema") if server else f"sqlite:///{scratch()}/schema.sqlite")
    if server:
        postgresql.create(database.url)
    database.upgrade()
    return database


def migrated(database: Database) -> Database:
    """``database``, which is not there yet, with the schema and nothing in it."""
    return copied(_schema(None if database.path else database.url.set(database="postgres")), database)


def copied(source: Database, target: Database) -> Database:
    """``target``, which is not there yet, as a copy of ``source``, which nobody else uses."""
    source.close()
    if not target.path:
        postgresql.create(target.url, str(source.url.database))
        return target
    assert source.path
    assert not target.path.exists()
    target.path.parent.mkdir(parents=True, exist_ok=True)
    target.path.write_bytes(source.path.read_bytes())
    return target


@cache
def _demo() -> Path:
    settings = Settings(data=Path(scratch()) / "demo")
    claim_data(settings)
    database, taxonomy = Database.open(settings), Taxonomy.load(shipped("content") / "taxonomy")
    database.upgrade()
    set_people(database, taxonomy, "password")
    assert set_calls(database, taxonomy)
    database.close()
    return settings.data


def demo(folder: Path) -> Path:
    """``folder``, which is not there yet, as the demo leaves its data: everybody with the password ``password``, three calls."""
    return shutil.copytree(_demo(), folder)


def write_case(path: Path, text: str) -> None:
    """A file that is as old in every test, since an index tells how old its files are."""
    path.write_text(text, "utf-8")
    os.utime(path, (WRITTEN, WRITTEN))


@cache
def _index_of(name: str, text: str) -> Path:
    root = Path(tempfile.mkdtemp(dir=scratch()))
    (root / "content/cases").mkdir(parents=True)
    write_case(root / "content/cases" / name, text)
    store = ContentStore(root / "content")
    SearchRoom.open(f"whoosh:{root / 'index'}", store.taxonomy).rebuild(store)
    return root / "index"


def indexed(store: ContentStore, folder: Path, name: str, text: str) -> SearchRoom:
    """The index of ``store``, which has one case, in ``folder``."""
    shutil.copytree(_index_of(name, text), folder)
    return SearchRoom.open(f"whoosh:{folder}", store.taxonomy)
