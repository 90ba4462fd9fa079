import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import IO, Any

import pytest

from caselib import __version__
from caselib.config import Settings, shipped
from caselib.content import ContentStore, Document, Kind
from caselib.db import Database
from caselib.errors import CaselibError
from caselib.operations.backup import back_up, would_leave_out
from caselib.operations.restore import restore
from caselib.people import COMMAND_LINE, actions
from caselib.publishing.alone import Busy, publishing_alone
from caselib.publishing.tombstones import withdraw_case
from tests.conftest import Synced
from tests.content.trees import CASE
from tests.operations.conftest import MakeSite, state


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]


def test_a_backup_holds_everything_and_a_manifest_of_it(make_site: MakeSite, tmp_path: Path) -> None:
    done = back_up(make_site("alpha"), tmp_path / "b.tar.gz")
    held = members(tmp_path / "b.tar.gz")
    assert list(held) == [
        "database.sqlite",
        "content/.gitignore",
        "content/cases/案例.md",
        "uploads/7/a.bin",
        "manifest.json",
    ]
    manifest = json.loads(held.pop("manifest.json"))
    assert manifest == {
        "format": "caselib-backup/1",
        "caselib": __version__,
        "revision": Database("sqlite://").head,
        "created": done.manifest.created,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in held.items()},
    }


def test_the_copy_of_the_database_has_what_was_committed_while_it_is_open(make_site: MakeSite, tmp_path: Path) -> None:
    settings = make_site("alpha")
    live = Database.open(settings)
    with live.writing() as session:
        actions.add_account(session=session, actor=COMMAND_LINE, username="late", name="晚")
    back_up(settings, tmp_path / "b.tar.gz")  # the write-ahead log still holds the last commit
    (tmp_path / "copy.sqlite").write_bytes(members(tmp_path / "b.tar.gz")["database.sqlite"])
    with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as copy:
        names = copy.execute("SELECT username FROM account ORDER BY username").fetchall()
        mode = copy.execute("PRAGMA journal_mode").fetchone()
    assert (names, mode) == ([("alpha",), ("late",)], ("delete",))


def test_a_backup_is_readable_by_its_owner_alone(make_site: MakeSite, tmp_path: Path) -> None:
    back_up(make_site("alpha"), tmp_path / "b.tar.gz")
    assert oct((tmp_path / "b.tar.gz").stat().st_mode)[-3:] == "600"


def test_a_backup_is_on_the_disk_before_it_has_its_name_and_that_before_it_is_told(
    make_site: MakeSite, tmp_path: Path, synced: Synced
) -> None:
    back_up(make_site("alpha"), tmp_path / "b.tar.gz")
    whole = (tmp_path / "b.tar.gz").read_bytes()
    assert synced == [(tmp_path / ".b.tar.gz.part", whole), (tmp_path, ["alpha", "b.tar.gz"])]


def test_links_out_of_a_folder_are_left_out_and_named(make_site: MakeSite, tmp_path: Path) -> None:
    settings = make_site("alpha")
    (tmp_path / "secret").write_text("geheim")
    (settings.content / "out.md").symlink_to(tmp_path / "secret")
    (settings.content / "folder").symlink_to(tmp_path)
    (settings.content / "in.md").symlink_to(settings.content / "cases" / "案例.md")
    done = back_up(settings, tmp_path / "b.tar.gz")
    held = members(tmp_path / "b.tar.gz")
    why = "它是指向文件夹之外的链接"
    assert done.left_out == dict.fromkeys([settings.content / "folder", settings.content / "out.md"], why)
    assert (done.complete, held["content/in.md"]) == (True, held["content/cases/案例.md"])
    assert [name for name, data in held.items() if b"geheim" in data or name.startswith("content/folder")] == []


def test_what_a_restore_would_refuse_is_left_out_and_named(
    make_site: MakeSite, make_settings: MakeSite, tmp_path: Path
) -> None:
    settings = make_site("alpha")
    before = state(settings)
    bad = [os.fsencode(settings.content) + b"/" + name for name in (b"a\\b.md", b".restore-notes.md", b"\xff.md")]
    for name in bad:
        Path(os.fsdecode(name)).touch()
    done = back_up(settings, tmp_path / "b.tar.gz")
    restore(make_settings("new"), tmp_path / "b.tar.gz")
    why = "名称里有不能备份的字符，或以 .restore- 开头"
    assert {os.fsencode(path): said for path, said in done.left_out.items()} == dict.fromkeys(bad, why)
    assert (done.complete, state(make_settings("new"))) == (False, before)


def test_links_that_lead_round_in_a_circle_or_nowhere_are_left_out(make_site: MakeSite, tmp_path: Path) -> None:
    settings = make_site("alpha")
    (settings.content / "loop.md").symlink_to(settings.content / "loop.md")
    (settings.content / "nowhere.md").symlink_to(settings.content / "none.md")
    done = back_up(settings, tmp_path / "b.tar.gz")
    assert done.left_out == dict.fromkeys(
        [settings.content / "loop.md", settings.content / "nowhere.md"], "它是打不开的链接"
    )
    assert (done.complete, len(done.manifest.files)) == (True, 4)


def test_pipes_are_left_out_and_named(make_site: MakeSite, tmp_path: Path) -> None:
    settings = make_site("alpha")
    os.mkfifo(settings.content / "pipe")
    done = back_up(settings, tmp_path / "b.tar.gz")
    assert (done.complete, done.left_out) == (True, {settings.content / "pipe": "它是管道或设备，不是文件"})


def test_a_file_that_cannot_be_read_is_left_out_and_the_backup_incomplete(
    make_site: MakeSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_site("alpha")
    closed, real = settings.content / "cases" / "案例.md", Path.open

    def refuse(self: Path, *arguments: Any, **options: Any) -> Any:  # root may read anything
        if self == closed:
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    done = back_up(settings, tmp_path / "b.tar.gz")
    assert (done.complete, done.left_out) == (False, {closed: "读不出来（没有权限）"})
    assert would_leave_out(settings) == done.left_out
    assert list(done.manifest.files) == ["database.sqlite", "content/.gitignore", "uploads/7/a.bin"]


def test_what_an_older_restore_kept_is_not_backed_up(make_site: MakeSite, tmp_path: Path) -> None:
    settings = make_site("alpha")
    (settings.content / ".restore-2026" / "old").mkdir(parents=True)
    (settings.content / ".restore-2026" / "old" / "x.md").touch()
    done = back_up(settings, tmp_path / "b.tar.gz")
    assert ([name for name in done.manifest.files if "restore" in name], done.left_out) == ([], {})


def test_a_site_without_uploads_or_content_is_backed_up(make_settings: MakeSite, tmp_path: Path) -> None:
    settings = make_settings("empty")
    Database.open(settings).upgrade()
    done = back_up(settings, tmp_path / "b.tar.gz")
    assert (list(done.manifest.files), done.left_out) == (["database.sqlite"], {})


def test_an_older_backup_is_never_overwritten(make_site: MakeSite, tmp_path: Path) -> None:
    (tmp_path / "b.tar.gz").write_text("older")
    with pytest.raises(CaselibError, match="已经存在"):
        back_up(make_site("alpha"), tmp_path / "b.tar.gz")
    assert (tmp_path / "b.tar.gz").read_text() == "older"


def test_a_missing_database_is_told(make_settings: MakeSite, tmp_path: Path) -> None:
    with pytest.raises(CaselibError, match="没有找到数据库"):
        back_up(make_settings("nothing"), tmp_path / "b.tar.gz")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_is_not_backed_up(make_site: MakeSite, tmp_path: Path) -> None:
    settings = make_site("alpha")
    (settings.data / "caselib.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(CaselibError, match="已损坏，没有备份"):
        back_up(settings, tmp_path / "b.tar.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["alpha"]


def test_a_database_that_is_damaged_within_is_not_backed_up(make_site: MakeSite, tmp_path: Path) -> None:
    settings = make_site("alpha")
    with closing(sqlite3.connect(settings.data / "caselib.sqlite")) as live:
        (place,) = live.execute("SELECT rootpage FROM sqlite_master WHERE name = 'event'").fetchone()
        (size,) = live.execute("PRAGMA page_size").fetchone()
        live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (settings.data / "caselib.sqlite").open("r+b") as file:
        file.seek((place - 1) * size + size // 2)  # half a page: it can still be opened and copied
        file.write(b"\xff" * (size // 2))
    with pytest.raises(CaselibError, match="已损坏，没有备份"):
        back_up(settings, tmp_path / "b.tar.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["alpha"]


def test_a_database_that_may_not_be_read_is_not_called_damaged(unprivileged_root: Path) -> None:
    settings = Settings(content=unprivileged_root / "content", data=unprivileged_root / "var")
    Database.open(settings).upgrade()
    (settings.data / "caselib.sqlite").chmod(0)
    with pytest.raises(CaselibError) as told:
        back_up(settings, unprivileged_root / "b.tar.gz")
    assert (told.value.message, told.value.remedy) == (
        f"备份没有写成：{settings.data / 'caselib.sqlite'}：打不开数据库文件。",
        "请检查数据文件夹和目标文件夹的权限和剩余空间。",
    )


def test_a_target_that_cannot_be_written_leaves_nothing(make_site: MakeSite, tmp_path: Path) -> None:
    settings = make_site("alpha")
    with pytest.raises(CaselibError, match="备份没有写成"):
        back_up(settings, tmp_path / "missing" / "b.tar.gz")
    assert sorted(path.name for path in settings.data.iterdir()) == ["caselib.sqlite", "releases", "uploads"]


def test_a_backup_that_the_disk_refuses_leaves_nothing(
    make_site: MakeSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_site("alpha")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CaselibError) as told:
        back_up(settings, tmp_path / "b.tar.gz")
    assert told.value.message == f"备份没有写成：{tmp_path / '.b.tar.gz.part'}：磁盘满了。"
    assert [path.name for path in tmp_path.iterdir()] == ["alpha"]


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Set when somebody begins to wait until nobody else publishes."""
    flock, begun = fcntl.flock, Event()

    def note(file: IO[str], operation: int) -> None:
        if operation == fcntl.LOCK_EX:
            begun.set()
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", note)
    return begun


class Noticed(ContentStore):
    """A store that says when it was first asked for a document."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked = Event()

    def read(self, kind: Kind, slug: str) -> Document:
        self.asked.set()
        return super().read(kind, slug)


def test_a_backup_waits_for_publishing_and_sweeps_what_a_killed_one_left(
    make_site: MakeSite, tmp_path: Path, waiting: Event
) -> None:
    settings = make_site("alpha")
    left = settings.data / ".backup-killed"
    left.mkdir()
    (left / "database.sqlite").touch()
    with ThreadPoolExecutor(1) as pool:
        with publishing_alone(settings.data):
            backing = pool.submit(back_up, settings, tmp_path / "b.tar.gz")
            assert waiting.wait(60)
            (settings.content / "published.md").touch()
        done = backing.result(timeout=60)
    assert ("content/published.md" in done.manifest.files, left.exists()) == (True, False)


def test_a_backup_holds_the_tombstone_and_the_grave_of_a_withdrawal_under_way(
    make_site: MakeSite, tmp_path: Path, waiting: Event
) -> None:
    settings = make_site("alpha")
    shutil.copytree(shipped("content") / "taxonomy", settings.content / "taxonomy")
    (settings.content / "cases" / "one.md").write_text(CASE, "utf-8")
    database, store = Database.open(settings), Noticed(settings.content)
    named: dict[str, Any] = {"database": database, "store": store, "data": settings.data}
    with ThreadPoolExecutor(2) as pool:
        with database.writing() as session:
            session.connection()  # takes the lock that the withdrawal waits for
            withdrawing = pool.submit(withdraw_case, **named, actor=COMMAND_LINE, slug="one", reason="失实")
            assert store.asked.wait(60)
            with pytest.raises(Busy), publishing_alone(settings.data):
                pass
            backing = pool.submit(back_up, settings, tmp_path / "b.tar.gz")
            assert waiting.wait(60)
        digest = withdrawing.result(timeout=60).digest
        held = backing.result(timeout=60).manifest.files
    (tmp_path / "copy.sqlite").write_bytes(members(tmp_path / "b.tar.gz")["database.sqlite"])
    with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as copy:
        assert copy.execute("SELECT slug, digest FROM tombstone").fetchall() == [("one", digest)]
    (grave,) = (settings.content / "withdrawn").iterdir()
    assert {name: held[name] for name in held if "one." in name} == {f"content/withdrawn/{grave.name}": digest}


def test_nothing_is_backed_up_while_a_restore_is_unfinished(make_site: MakeSite, tmp_path: Path) -> None:
    settings = make_site("alpha")
    settings.restore_journal.write_text("[]", "utf-8")
    with pytest.raises(CaselibError, match="上次恢复没有做完"):
        back_up(settings, tmp_path / "b.tar.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["alpha"]


def test_another_kind_of_database_is_refused_with_its_own_tool(tmp_path: Path) -> None:
    with pytest.raises(CaselibError, match="pg_dump"):
        back_up(Settings(database_url="postgresql://u:p@db/caselib"), tmp_path / "b.tar.gz")
