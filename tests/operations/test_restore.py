import fcntl
import hashlib
import io
import json
import os
import tarfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from caselib.config import Settings
from caselib.db import Database
from caselib.errors import Conflict
from caselib.operations import restore as module
from caselib.operations.backup import back_up
from caselib.operations.data_folder import running_lock
from caselib.operations.restore import BadArchive, NotUnpacked, finish_restore, interrupted_restore, restore
from tests.conftest import Synced
from tests.operations.conftest import MakeSite, state

Change = Callable[[dict[str, bytes]], None]


@pytest.fixture
def archive(make_site: MakeSite, tmp_path: Path) -> Path:
    back_up(make_site("alpha"), tmp_path / "alpha.tar.gz")
    return tmp_path / "alpha.tar.gz"


@pytest.fixture
def alpha(archive: Path, make_settings: MakeSite) -> dict[str, object]:
    return state(make_settings("alpha"))


def rewrite(source: Path, target: Path, change: Change, *, honest: bool = False) -> Path:
    """The archive with its members changed; ``honest`` brings the manifest's checksums up to date."""
    with tarfile.open(source) as archive:
        members = {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]
    change(members)
    if honest:
        manifest = json.loads(members.pop("manifest.json"))
        manifest["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
        members["manifest.json"] = json.dumps(manifest).encode()
    with tarfile.open(target, "w:gz") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return target


def leftovers(settings: Settings) -> list[str]:
    root = settings.data.parent
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if ".restore-" in path.name)


def test_a_restore_into_nothing_gives_the_site_back(
    archive: Path, alpha: dict[str, object], make_settings: MakeSite
) -> None:
    settings = make_settings("new")
    done = restore(settings, archive)
    assert (state(settings), done.kept, leftovers(settings)) == (alpha, [], [])
    assert alpha["accounts"] == ["alpha"]


def test_a_restored_file_is_as_old_as_it_was(make_site: MakeSite, make_settings: MakeSite, tmp_path: Path) -> None:
    settings = make_site("alpha")
    os.utime(settings.content / "cases" / "案例.md", (1e9, 1e9))
    back_up(settings, tmp_path / "alpha.tar.gz")
    restore(make_settings("new"), tmp_path / "alpha.tar.gz")
    assert (make_settings("new").content / "cases" / "案例.md").stat().st_mtime == 1e9


def test_a_site_with_data_is_not_touched_without_force(archive: Path, make_site: MakeSite) -> None:
    settings = make_site("beta")
    before = state(settings)
    with pytest.raises(Conflict, match=r"目标已有数据：.*caselib.sqlite、.*content、.*uploads") as caught:
        restore(settings, archive)
    assert "--force" in caught.value.remedy
    assert (state(settings), leftovers(settings)) == (before, [])


@pytest.mark.parametrize("there", ["content/x.md", "var/caselib.sqlite", "var/uploads/x"])
def test_any_data_at_all_counts_as_there(archive: Path, make_settings: MakeSite, tmp_path: Path, there: str) -> None:
    settings = make_settings("part")
    path = settings.data.parent / there
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(Conflict, match="目标已有数据"):
        restore(settings, archive)


def test_force_replaces_everything_and_keeps_the_old_beside(
    archive: Path, alpha: dict[str, object], make_site: MakeSite
) -> None:
    settings = make_site("beta")
    (settings.content / "guides").mkdir()
    (settings.content / "guides" / "only-beta.md").write_text("b")
    before = state(settings)
    (settings.data / "index").mkdir()
    (settings.data / "index" / "manifest.json").touch()
    done = restore(settings, archive, force=True)
    assert (state(settings), (settings.data / "index").exists()) == (alpha, False)
    kept = {path.name: path.read_bytes() for folder in done.kept for path in folder.rglob("*") if path.is_file()}
    assert {name: kept[name] for name in ("案例.md", "only-beta.md", "a.bin")} == {
        "案例.md": before["content/cases/案例.md"],
        "only-beta.md": b"b",
        "a.bin": before["uploads/7/a.bin"],
    }
    assert "caselib.sqlite" in kept


def test_what_was_kept_can_be_put_back(archive: Path, make_site: MakeSite) -> None:
    settings = make_site("beta")
    restore(settings, archive, force=True)
    (kept,) = settings.data.glob(".restore-*/old/caselib.sqlite")
    (settings.data / "caselib.sqlite").unlink()
    kept.rename(settings.data / "caselib.sqlite")
    assert state(settings)["accounts"] == ["beta"]


def test_an_old_write_ahead_log_is_not_replayed_into_the_restored_database(archive: Path, make_site: MakeSite) -> None:
    settings = make_site("beta")
    for suffix in ("-wal", "-shm"):
        (settings.data / f"caselib.sqlite{suffix}").write_bytes(b"of the old database")
    restore(settings, archive, force=True)
    assert [path.name for path in settings.data.glob("caselib.sqlite-*")] == []
    assert state(settings)["accounts"] == ["alpha"]


def cut_off(settings: Settings, archive: Path, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Restore until ``step`` more than the unpacked files was put on the disk."""
    real, calls = os.fsync, []

    def crash_after_some(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 4 + step:  # four unpacked files are synced first
            raise KeyboardInterrupt
        real(descriptor)

    with monkeypatch.context() as crashing, pytest.raises(KeyboardInterrupt):
        crashing.setattr(os, "fsync", crash_after_some)
        restore(settings, archive, force=True)


@pytest.mark.parametrize(
    ("place", "step"), [("old", step) for step in range(14)] + [("new", step) for step in range(10)]
)
def test_a_crash_at_any_move_is_finished_by_the_next_start(
    archive: Path,
    alpha: dict[str, object],
    make_site: MakeSite,
    make_settings: MakeSite,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    step: int,
) -> None:
    settings = make_site("beta") if place == "old" else make_settings("new")
    before = state(settings)
    cut_off(settings, archive, step, monkeypatch)
    if interrupted_restore(settings):
        finish_restore(settings)
        assert state(settings) == alpha
    else:
        assert state(settings) == before


def test_a_restore_begins_with_finishing_the_one_before(
    archive: Path, alpha: dict[str, object], make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_site("beta")
    cut_off(settings, archive, 5, monkeypatch)
    assert interrupted_restore(settings)
    with pytest.raises(Conflict, match="目标已有数据"):
        restore(settings, archive)
    assert (state(settings), interrupted_restore(settings)) == (alpha, False)


def test_what_is_restored_and_that_it_is_done_are_on_the_disk(
    archive: Path, make_settings: MakeSite, synced: Synced
) -> None:
    settings = make_settings("new")
    restore(settings, archive)
    assert [path.name for path, _ in synced[:4]] == ["caselib.sqlite", ".gitignore", "案例.md", "a.bin"]
    folder, names = synced[-1]
    assert (folder, settings.restore_journal.name in names) == (settings.data, False)


def test_a_move_whose_place_was_taken_meanwhile_is_not_skipped(make_settings: MakeSite) -> None:
    settings = make_settings("site")
    new, place = settings.data / ".restore-2026" / "new" / "caselib.sqlite", settings.data / "caselib.sqlite"
    new.parent.mkdir(parents=True)
    new.write_text("restored")
    place.write_text("in the way")
    settings.restore_journal.write_text(json.dumps([[str(new), str(place)]]), "utf-8")
    with pytest.raises(Conflict) as caught:
        finish_restore(settings)
    assert caught.value.message == f"恢复没有做完：{place} 已经被占用，备份里的还在 {new}。"
    assert (new.read_text(), place.read_text(), interrupted_restore(settings)) == ("restored", "in the way", True)


CHANGES: dict[str, Change] = {
    "a changed text": lambda files: files.update({"content/cases/案例.md": b"other"}),
    "a missing file": lambda files: files.pop("uploads/7/a.bin") and None,
    "a surplus file": lambda files: files.update({"uploads/7/b.bin": b"x"}),
    "a changed database": lambda files: files.update({"database.sqlite": files["database.sqlite"] + b"x"}),
    "no manifest": lambda files: files.pop("manifest.json") and None,
    "a manifest that is no JSON": lambda files: files.update({"manifest.json": b"{"}),
    "a manifest of another format": lambda files: files.update(
        {"manifest.json": files["manifest.json"].replace(b"caselib-backup/1", b"caselib-backup/9")}
    ),
    "a manifest with other keys": lambda files: files.update({"manifest.json": b'{"x": 1}'}),
    "a manifest that is a list": lambda files: files.update({"manifest.json": b"[]"}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_archive_that_does_not_agree_with_its_manifest_changes_nothing(
    archive: Path, make_site: MakeSite, tmp_path: Path, change: Change
) -> None:
    settings = make_site("beta")
    before = state(settings)
    bad = rewrite(archive, tmp_path / "bad.tar.gz", change)
    with pytest.raises(BadArchive):
        restore(settings, bad, force=True)
    assert (state(settings), leftovers(settings), interrupted_restore(settings)) == (before, [], False)


@pytest.mark.parametrize(
    "name",
    [
        "../escaped",
        "content/../../escaped",
        "/tmp/escaped",
        "content//x",
        "content/./x",
        "content",
        "uploads/..",
        "elsewhere/x",
        "escaped",
        "content\\..\\x",
        "content/.restore-1/old/x",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused_even_with_a_right_checksum(
    archive: Path, make_settings: MakeSite, tmp_path: Path, name: str
) -> None:
    bad = rewrite(archive, tmp_path / "bad.tar.gz", lambda files: files.update({name: b"x"}), honest=True)
    settings = make_settings("new")
    with pytest.raises(BadArchive, match="不该有的条目"):
        restore(settings, bad)
    assert [path.name for path in tmp_path.rglob("escaped")] == []
    assert (state(settings), leftovers(settings)) == ({"accounts": []}, [])


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_only_plain_files_are_unpacked(archive: Path, make_settings: MakeSite, tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as bad:
        entry = tarfile.TarInfo("content/x")
        entry.type, entry.linkname = kind, "/etc/passwd"
        bad.addfile(entry)
    settings = make_settings("new")
    with pytest.raises(BadArchive, match="不该有的条目 'content/x'"):
        restore(settings, tmp_path / "bad.tar.gz")
    assert not settings.content.exists() or list(settings.content.iterdir()) == []


def test_a_name_that_comes_twice_is_refused(archive: Path, make_settings: MakeSite, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as bad:
        for text in (b"one", b"two"):
            entry = tarfile.TarInfo("content/x")
            entry.size = len(text)
            bad.addfile(entry, io.BytesIO(text))
    with pytest.raises(BadArchive, match="不该有的条目 'content/x'"):
        restore(make_settings("new"), tmp_path / "bad.tar.gz")


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9, 0.95])
def test_an_archive_that_was_cut_off_is_refused(
    archive: Path, make_site: MakeSite, tmp_path: Path, keep: float
) -> None:
    data = archive.read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(data[: int(len(data) * keep)])
    settings = make_site("beta")
    before = state(settings)
    with pytest.raises(BadArchive):
        restore(settings, tmp_path / "cut.tar.gz", force=True)
    assert (state(settings), leftovers(settings)) == (before, [])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none.tar.gz", "没有 {path} 这个文件。"),
        ("no.tar.gz", "{path} 不是 tar.gz 文件，或已经损坏。"),
        ("empty.tar.gz", "{path} 不是 tar.gz 文件，或已经损坏。"),
        ("folder", "{path} 打不开（它是文件夹，不是文件）。"),
    ],
)
@pytest.mark.parametrize("running", [False, True])
def test_what_is_no_archive_is_told_before_anything_else(
    make_site: MakeSite, tmp_path: Path, name: str, why: str, running: bool
) -> None:
    settings = make_site("beta")
    (tmp_path / "no.tar.gz").write_text("这不是备份")
    (tmp_path / "empty.tar.gz").touch()
    (tmp_path / "folder").mkdir()
    with running_lock(settings.data, alone=False) if running else nullcontext(), pytest.raises(BadArchive) as caught:
        restore(settings, tmp_path / name)
    assert caught.value.message == "备份文件不可用：" + why.format(path=tmp_path / name)


HEAD = b'{"revision": "x", "created": "c", "format": "caselib-backup/1", "files": '


@pytest.mark.parametrize(
    "text",
    [
        b"[]", b"null", b"\xff\xfe", b"[" * 200_000, HEAD + b'{"a": [1]}}', HEAD + b'{"database.sqlite": 1}}',
        HEAD + b"[]}", HEAD + b"{}" + b" " * 3_000_000 + b"}",
    ],
    ids=lambda text: repr(text[-20:]),
)  # fmt: skip
def test_a_manifest_that_says_something_else_is_refused(
    archive: Path, make_settings: MakeSite, tmp_path: Path, text: bytes
) -> None:
    changed = rewrite(archive, tmp_path / "changed.tar.gz", lambda members: members.update({"manifest.json": text}))
    settings = make_settings("new")
    with pytest.raises(BadArchive, match=r"manifest\.json 读不懂"):
        restore(settings, changed)
    assert leftovers(settings) == []


@pytest.mark.parametrize("said", ["1e30", "-1e30", "nan", "inf", "99999999999"])
def test_a_file_from_an_impossible_time_is_of_now_or_of_the_beginning(
    archive: Path, make_settings: MakeSite, tmp_path: Path, said: str
) -> None:
    with tarfile.open(archive) as source, tarfile.open(tmp_path / "changed.tar.gz", "w:gz") as target:
        for entry in source:
            entry.pax_headers = {"mtime": said}
            target.addfile(entry, source.extractfile(entry))
    settings = make_settings("new")
    restore(settings, tmp_path / "changed.tar.gz")
    times = [path.stat().st_mtime for path in settings.content.rglob("*.md")]
    assert (bool(times), all(0 <= each <= time.time() for each in times)) == (True, True)


def test_a_file_that_is_larger_than_the_disk_is_refused_before_it_is_written(
    archive: Path, make_settings: MakeSite, tmp_path: Path
) -> None:
    with tarfile.open(tmp_path / "changed.tar.gz", "w:gz") as target:
        entry = tarfile.TarInfo("content/cases/x.md")
        entry.size = 2**60
        target.fileobj.write(entry.tobuf())  # type: ignore[union-attr]
    settings = make_settings("new")
    with pytest.raises(NotUnpacked, match=r"^备份没有解开：.* 有 .* 字节，磁盘剩余空间放不下。"):
        restore(settings, tmp_path / "changed.tar.gz")
    assert leftovers(settings) == []


@pytest.mark.parametrize("content", [b"no database", b""], ids=["text", "empty"])
def test_a_broken_database_is_refused_even_with_a_right_checksum(
    archive: Path, make_settings: MakeSite, tmp_path: Path, content: bytes
) -> None:
    change: Change = lambda files: files.update({"database.sqlite": content})  # noqa: E731
    bad = rewrite(archive, tmp_path / "bad.tar.gz", change, honest=True)
    with pytest.raises(BadArchive, match="里面的数据库"):
        restore(make_settings("new"), bad)


def test_an_archive_without_a_database_is_refused_even_if_it_agrees_with_its_manifest(
    archive: Path, make_settings: MakeSite, tmp_path: Path
) -> None:
    bad = rewrite(archive, tmp_path / "bad.tar.gz", lambda files: files.pop("database.sqlite") and None, honest=True)
    with pytest.raises(BadArchive, match="里面的数据库是空的或已损坏"):
        restore(make_settings("new"), bad)
    assert (state(make_settings("new")), leftovers(make_settings("new"))) == ({"accounts": []}, [])


def test_a_database_newer_than_the_program_is_refused(
    make_site: MakeSite, make_settings: MakeSite, tmp_path: Path
) -> None:
    source = make_site("future")
    with Database.open(source).engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    back_up(source, tmp_path / "future.tar.gz")
    with pytest.raises(BadArchive, match="结构版本 9999）比本程序新"):
        restore(make_settings("new"), tmp_path / "future.tar.gz")


def test_a_running_site_is_not_restored_under_its_feet(archive: Path, make_site: MakeSite) -> None:
    settings = make_site("beta")
    before = state(settings)
    with (settings.data / "serve.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_SH)  # as a server holds it
        with pytest.raises(Conflict, match="网站正在使用") as caught:
            restore(settings, archive, force=True)
    assert caught.value.remedy == "请先停止服务，再执行恢复。"
    assert state(settings) == before


def test_a_second_restore_over_the_first_keeps_both_old_states(
    archive: Path, alpha: dict[str, object], make_site: MakeSite
) -> None:
    settings = make_site("beta")
    first = restore(settings, archive, force=True)
    second = restore(settings, archive, force=True)
    assert state(settings) == alpha
    assert [folder.exists() for folder in (*first.kept, *second.kept)] == [True] * 6


def test_content_may_be_a_mount_point_that_cannot_be_renamed(
    archive: Path, alpha: dict[str, object], make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_site("beta")
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        assert settings.content not in (self, target)
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    restore(settings, archive, force=True)
    assert state(settings) == alpha


def test_the_modes_of_restored_files_are_our_own(archive: Path, make_settings: MakeSite) -> None:
    settings = make_settings("new")
    restore(settings, archive)
    database, text = settings.data / "caselib.sqlite", settings.content / "cases" / "案例.md"
    assert [path.stat().st_mode & 0o133 for path in (database, text)] == [0, 0]
    assert database.stat().st_mode & 0o077 == 0


def test_a_restore_that_runs_out_of_space_leaves_nothing_behind(
    archive: Path, make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_site("beta")
    before = state(settings)

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_unpack_file", full)
    with pytest.raises(NotUnpacked) as caught:
        restore(settings, archive, force=True)
    assert (caught.value.message, caught.value.remedy) == (
        "备份没有解开：磁盘满了。",
        "没有改动任何数据。请检查磁盘空间和权限，再恢复一次。",
    )
    assert (state(settings), leftovers(settings)) == (before, [])
