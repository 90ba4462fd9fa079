"""Restore: an archive is unpacked aside and checked whole; only then is anything moved into place.

The moves are written down first. A crash between them is finished by the next start, so the site is either as it was
or as the archive says. What was there before is kept beside, never deleted.
"""

import gzip
import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from caselib.config import Settings
from caselib.content.files import sync_folder, write_atomically
from caselib.db import Database, now
from caselib.errors import CaselibError, Conflict, reason
from caselib.operations import backup
from caselib.operations.backup import DATABASE, MANIFEST, Manifest, folders_of, sqlite_path
from caselib.operations.data_folder import running_lock

_CHUNK = 1024 * 1024
_MANIFESTS = TypeAdapter(Manifest)


@dataclass(frozen=True)
class Restored:
    """A finished restore; ``kept`` are the folders with what was there before."""

    manifest: Manifest
    kept: list[Path]


class BadArchive(CaselibError):
    """The archive is damaged, incomplete, or not ours."""

    def __init__(self, why: str) -> None:
        super().__init__(f"备份文件不可用：{why}", "没有改动任何数据。请换一份备份再试。")


class NotUnpacked(CaselibError):
    """There is no place for what the archive holds: the disk is full, or may not be written."""

    def __init__(self, why: str) -> None:
        super().__init__(f"备份没有解开：{why}", "没有改动任何数据。请检查磁盘空间和权限，再恢复一次。")


def restore(settings: Settings, archive: Path, *, force: bool = False) -> Restored:
    """Put the site into the state that the archive holds.

    Raises:
        BadArchive: it is no archive, which is said before anything else; a checksum is wrong, a file is missing or surplus, or a name leads out of its folder.
        NotUnpacked: the disk does not take it.
        Conflict: the site is running, or there is data already and ``force`` is not given.
    """
    _require_archive(archive)
    with running_lock(settings.data, alone=True):
        finish_restore(settings)
        if not force and (there := _occupied(settings)):
            raise Conflict(
                f"目标已有数据：{'、'.join(map(str, there))}。",
                "确认要替换时加上 --force；原有数据会移到旁边保留。",
            )
        work = _Work(settings, f"{backup.WORK_PREFIX}{now():%Y%m%dT%H%M%S%f}")
        try:
            manifest = _unpack(archive, work)
            _check_database(work.new(DATABASE))
        except BaseException:
            work.discard()
            raise
        write_atomically(settings.restore_journal, json.dumps([list(map(str, move)) for move in work.moves()]).encode())
        finish_restore(settings)
        return Restored(manifest, work.kept())


def interrupted_restore(settings: Settings) -> bool:
    """Whether a restore stopped between its moves."""
    return settings.restore_journal.exists()


def finish_restore(settings: Settings) -> None:
    """Make the moves that are written down, if any are; the caller holds the data folder alone.

    Raises:
        Conflict: something has been put where a restored file or folder belongs.
    """
    journal = settings.restore_journal
    if not journal.exists():
        return
    for source, destination in json.loads(journal.read_text("utf-8")):
        _move(Path(source), Path(destination))
    journal.unlink()
    sync_folder(journal.parent)


def _move(source: Path, destination: Path) -> None:
    # Moves are made in order and each destination is free before its move: one that exists was reached already.
    if not source.exists():
        return
    if destination.exists():
        if source.parent.parent.name.startswith(backup.WORK_PREFIX):  # nobody refills a work folder
            raise Conflict(
                f"恢复没有做完：{destination} 已经被占用，备份里的还在 {source}。",
                "请把占用位置的移到别处，再启动网站或执行 caselib restore，会接着做完。",
            )
        return
    destination.parent.mkdir(parents=True, exist_ok=True)
    source.rename(destination)
    sync_folder(source.parent)
    sync_folder(destination.parent)


def _occupied(settings: Settings) -> list[Path]:
    places = folders_of(settings).values()
    database = sqlite_path(Database.open(settings))
    return [*([database] if database.exists() else []), *(place for place in places if _entries(place))]


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not path.name.startswith(backup.WORK_PREFIX))


class _Work:
    """Where a restore unpacks (``new``) and keeps what was there (``old``): beside each target, on its own disk."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._name = name
        self._index = Path(settings.search_url.removeprefix("whoosh:"))
        self._database = sqlite_path(Database.open(settings))
        self._roots = folders_of(settings)

    def new(self, name: str) -> Path:
        """Where the archive's file ``name`` is unpacked to."""
        if name == DATABASE:
            return self._database.parent / self._name / "new" / self._database.name
        folder, _, rest = name.partition("/")
        return self._roots[folder] / self._name / "new" / rest

    def moves(self) -> list[tuple[Path, Path]]:
        """What to move where, in order: first the old aside, then the new into place."""
        beside = self._database.parent / self._name / "old"
        # An old write-ahead log would be replayed into the new database.
        gone = [self._database.with_name(self._database.name + suffix) for suffix in ("", "-wal", "-shm")]
        # What is not there now may be when a crash has the moves made again: the restored file, which then has to stay.
        moves = [(path, beside / path.name) for path in (*gone, self._index) if path.exists()]
        moves.append((self.new(DATABASE), self._database))
        for root in self._roots.values():
            moves += [(path, root / self._name / "old" / path.name) for path in _entries(root)]
            moves += [(path, root / path.name) for path in _entries(root / self._name / "new")]
        return moves

    def kept(self) -> list[Path]:
        """The folders that hold what was there before; empty work folders are removed."""
        folders = [place / self._name for place in (self._database.parent, *self._roots.values())]
        for folder in folders:
            for part in ("new", "old", "."):
                if (folder / part).is_dir() and not any((folder / part).iterdir()):
                    (folder / part).rmdir()
        return [folder / "old" for folder in folders if (folder / "old").is_dir()]

    def discard(self) -> None:
        """Remove everything unpacked."""
        for place in (self._database.parent, *self._roots.values()):
            shutil.rmtree(place / self._name, ignore_errors=True)


def _require_archive(path: Path) -> None:
    """Do nothing if the file can be read and begins as an archive does."""
    try:
        tarfile.open(path, mode="r:gz").close()
    except FileNotFoundError:
        raise BadArchive(f"没有 {path} 这个文件。") from None
    except (tarfile.TarError, EOFError, zlib.error, UnicodeDecodeError):
        raise BadArchive(f"{path} 不是 tar.gz 文件，或已经损坏。") from None
    except OSError as error:
        raise BadArchive(f"{path} 打不开（{reason(error)}）。") from error


def _unpack(path: Path, work: _Work) -> Manifest:
    """Unpack into the work folders and compare every file with the manifest, which comes last."""
    digests: dict[str, str] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(path, mode="r:gz") as archive:
            for entry in archive:
                if entry.name == MANIFEST:
                    manifest = _read_manifest(archive, entry, digests)
                else:
                    _check_entry(entry, digests)
                    digests[entry.name] = _unpack_file(archive, entry, work.new(entry.name))
    except (tarfile.TarError, EOFError, zlib.error, UnicodeDecodeError, gzip.BadGzipFile) as error:
        raise BadArchive(f"读到一半就断了（{error}）。") from error
    except OSError as error:
        place = f"（{error.filename}）" if error.filename else ""
        raise NotUnpacked(f"{reason(error)}{place}。") from error
    if manifest is None:
        raise BadArchive("缺少清单 manifest.json，文件可能不完整。")
    _compare(digests, manifest)
    return manifest


def _check_entry(entry: tarfile.TarInfo, seen: dict[str, str]) -> None:
    if not (entry.isreg() and backup.holds(entry.name)) or entry.name in seen:
        raise BadArchive(f"里面有不该有的条目 {entry.name!r}。")


def _unpack_file(archive: tarfile.TarFile, entry: tarfile.TarInfo, target: Path) -> str:
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    if entry.size > shutil.disk_usage(target.parent).free:
        raise NotUnpacked(f"{entry.name} 有 {entry.size} 字节，磁盘剩余空间放不下。")
    source = archive.extractfile(entry)
    if source is None:
        raise BadArchive(f"条目 {entry.name!r} 读不出来。")
    mode = 0o600 if entry.name == DATABASE else 0o644
    with source, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        while data := source.read(_CHUNK):
            digest.update(data)
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    moment = min(max(0.0, entry.mtime), time.time())  # an archive can say any number, or none at all
    os.utime(target, (moment, moment))
    return digest.hexdigest()


def _read_manifest(archive: tarfile.TarFile, entry: tarfile.TarInfo, digests: dict[str, str]) -> Manifest:
    """The manifest, if it is no longer than what it can say of the files that came before it."""
    source = archive.extractfile(entry)
    longest = _CHUNK + sum(100 + 12 * len(name) for name in digests)
    if source and entry.size <= longest:
        with suppress(ValidationError):
            manifest = _MANIFESTS.validate_json(source.read())
            if manifest.format == backup.FORMAT:
                return manifest
    raise BadArchive("清单 manifest.json 读不懂，可能不是 caselib 的备份，或来自更新的版本。")


def _compare(digests: dict[str, str], manifest: Manifest) -> None:
    if wrong := sorted(set(digests.items()) ^ set(manifest.files.items())):
        names = sorted({name for name, _ in wrong})
        shown = "、".join(names[:5]) + (" 等" if len(names) > 5 else "")
        raise BadArchive(f"{len(names)} 个文件缺失、多余或校验和不符：{shown}。")


def _check_database(path: Path) -> None:
    try:
        revision = backup.revision_of(path)
    except sqlite3.DatabaseError:
        revision = ""
    if not revision:
        raise BadArchive("里面的数据库是空的或已损坏。")
    if not Database.knows(revision):
        raise BadArchive(f"里面的数据库（结构版本 {revision}）比本程序新。")
