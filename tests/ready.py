"""What nearly every test needs and none should wait for: made once a process by the real thing, then copied."""

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from caselib.content import ContentStore
from caselib.db import Database
from caselib.search import SearchRoom

WRITTEN = 1_700_000_000


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="caselib-ready-")


@cache
def _schema() -> bytes:
    database = Database(f"sqlite:///{_scratch().name}/schema.sqlite")
    database.upgrade()
    database.close()
    assert database.path
    return database.path.read_bytes()


def migrated(database: Database) -> Database:
    """``database``, a file that is not there yet, with the schema and nothing in it."""
    assert database.path
    assert not database.path.exists()
    database.path.parent.mkdir(parents=True, exist_ok=True)
    database.path.write_bytes(_schema())
    return database


def write_case(path: Path, text: str) -> None:
    """A file that is as old in every test, since an index tells how old its files are."""
    path.write_text(text, "utf-8")
    os.utime(path, (WRITTEN, WRITTEN))


@cache
def _index_of(name: str, text: str) -> Path:
    root = Path(tempfile.mkdtemp(dir=_scratch().name))
    (root / "content/cases").mkdir(parents=True)
    write_case(root / "content/cases" / name, text)
    store = ContentStore(root / "content")
    SearchRoom.open(f"whoosh:{root / 'index'}", store.taxonomy).rebuild(store)
    return root / "index"


def indexed(store: ContentStore, folder: Path, name: str, text: str) -> SearchRoom:
    """The index of ``store`` in ``folder``, grown from that of a library with one case."""
    shutil.copytree(_index_of(name, text), folder)
    room = SearchRoom.open(f"whoosh:{folder}", store.taxonomy)
    room.sync(store)
    return room
