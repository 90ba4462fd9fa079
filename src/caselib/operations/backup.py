"""Backup: the database, the content and the uploads in one ``.tar.gz`` with a manifest of checksums.

The index is not in it: it is derived. The site may go on running while a backup is made.
"""

import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from caselib import __version__
from caselib.config import Settings
from caselib.content.files import sync_folder
from caselib.db import Database, now
from caselib.errors import CaselibError, reason
from caselib.publishing.alone import publishing_alone

FORMAT = "caselib-backup/1"
MANIFEST = "manifest.json"
DATABASE = "database.sqlite"
FOLDERS = ("content", "uploads")
WORK_PREFIX = ".restore-"
"""Folders of this name are left by a restore beside what it replaced; they are no part of the site."""

_OUTSIDE, _BROKEN, _SPECIAL = "它是指向文件夹之外的链接", "它是打不开的链接", "它是管道或设备，不是文件"
_BAD_NAME = f"名称里有不能备份的字符，或以 {WORK_PREFIX} 开头"


@dataclass
class Manifest:
    """What an archive holds: ``files`` maps each name to its SHA-256 in hexadecimal."""

    revision: str
    created: str
    caselib: str = __version__
    format: str = FORMAT
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Backup:
    """A finished backup; ``left_out`` says of each file or folder that is not in it why."""

    manifest: Manifest
    left_out: dict[Path, str]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing but links, pipes and devices, which have no text of their own."""
        return set(self.left_out.values()) <= {_OUTSIDE, _BROKEN, _SPECIAL}


def holds(name: str) -> bool:
    """Whether an archive may hold a file of this name: in one of our folders on any system, and no leftover."""
    parts = PurePosixPath(name).parts
    ours = name == DATABASE or (len(parts) > 1 and parts[0] in FOLDERS)
    plain = name == "/".join(parts) and ".." not in parts and not re.search(r"[\\\0\ud800-\udfff]", name)
    return ours and plain and not any(part.startswith(WORK_PREFIX) for part in parts)


def folders_of(settings: Settings) -> dict[str, Path]:
    """Where each of ``FOLDERS`` lives."""
    return {"content": settings.content, "uploads": settings.data / "uploads"}


def sqlite_path(database: Database) -> Path:
    """The database's file.

    Raises:
        CaselibError: it is not SQLite.
    """
    if database.path is None:
        raise CaselibError(
            "数据库不是 SQLite，caselib 不能替它备份或恢复。",
            "请用数据库自己的工具（PostgreSQL 用 pg_dump 和 pg_restore），另外复制 content/ 和 uploads/。",
        )
    return database.path


def back_up(settings: Settings, target: Path) -> Backup:
    """Write a backup to ``target``; it appears there whole or not at all.

    Raises:
        CaselibError: ``target`` exists, its folder cannot be written, the database is missing or not SQLite, or a
            restore was interrupted.
    """
    database = Database.open(settings)
    source = sqlite_path(database)
    database.require_restored()
    if not source.exists():
        raise CaselibError(f"没有找到数据库 {source}。", "请检查 CASELIB_DATA 和 CASELIB_DATABASE_URL。")
    if target.exists():
        raise CaselibError(f"{target} 已经存在。", "请换一个文件名；备份从不覆盖旧文件。")
    aside = target.with_name(f".{target.name}.part")
    try:
        # Publishing changes the database and the content: both are copied as they are between two releases.
        with publishing_alone(settings.data, wait=True), _scratch(settings.data) as scratch:
            copy = scratch / DATABASE
            _copy_database(source, copy)
            manifest = Manifest(revision=revision_of(copy), created=now().isoformat())
            left_out = _write(aside, settings, copy, manifest)
        aside.rename(target)
        sync_folder(target.parent)
    except (OSError, sqlite3.OperationalError) as error:  # neither says anything against the database
        place = getattr(error, "filename", source) or aside
        raise CaselibError(
            f"备份没有写成：{place}：{reason(error)}。", "请检查数据文件夹和目标文件夹的权限和剩余空间。"
        ) from error
    except sqlite3.DatabaseError as error:
        raise CaselibError(f"数据库 {source} 已损坏，没有备份。", "请用最近的备份恢复（caselib restore）。") from error
    finally:
        aside.unlink(missing_ok=True)
    return Backup(manifest, left_out)


@contextmanager
def _scratch(data: Path) -> Iterator[Path]:
    """A folder for the copy of the database; the caller is alone, so any other one was left by a backup that was killed."""
    for left in data.glob(".backup-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=data, prefix=".backup-") as scratch:
        yield Path(scratch)


def revision_of(path: Path) -> str:
    """The revision of a database file that nobody else has open; nothing is written beside it.

    Raises:
        sqlite3.DatabaseError: it is no database, or damaged.
    """
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick_check")
        tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").fetchall()
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone() if tables else None
    return str(found[0]) if found else ""


def _copy_database(source: Path, copy: Path) -> None:
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(copy)) as target:
        live.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, without a write-ahead log beside it


def _write(path: Path, settings: Settings, database: Path, manifest: Manifest) -> dict[Path, str]:
    left_out: dict[Path, str] = {}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it holds password hashes
    with os.fdopen(descriptor, "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz", format=tarfile.PAX_FORMAT, compresslevel=6) as archive:
            if why := _add(archive, DATABASE, database, manifest):
                raise OSError(why)
            for name, file in _named(settings, left_out):
                if why := _add(archive, name, file, manifest):
                    left_out[file] = why
            text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()
            last = tarfile.TarInfo(MANIFEST)
            last.size = len(text)
            archive.addfile(last, io.BytesIO(text))
        raw.flush()
        os.fsync(raw.fileno())
    return left_out


def would_leave_out(settings: Settings) -> dict[Path, str]:
    """What a backup made now would leave out, and why; every file is opened and none is read."""
    left_out: dict[Path, str] = {}
    for _, file in _named(settings, left_out):
        try:
            file.open("rb").close()
        except OSError as error:
            left_out[file] = _unread(error)
    return left_out


def _named(settings: Settings, left_out: dict[Path, str]) -> Iterator[tuple[str, Path]]:
    """The files to back up, each with its name in the archive."""
    for folder, root in folders_of(settings).items():
        for file in _files(root, left_out):
            name = f"{folder}/{file.relative_to(root).as_posix()}"
            if holds(name):
                yield name, file
            else:
                left_out[file] = _BAD_NAME


def _files(root: Path, left_out: dict[Path, str]) -> Iterator[Path]:
    """Regular files under ``root`` in a fixed order; a link to a file of the same tree counts as that file."""

    def unreadable(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            left_out[Path(error.filename)] = _unread(error)

    for folder, folders, names in os.walk(root, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith(WORK_PREFIX))
        left_out.update((Path(folder) / name, _OUTSIDE) for name in folders if (Path(folder) / name).is_symlink())
        for name in sorted(names):
            path = Path(folder) / name
            if path.is_symlink() and (why := _astray(path, root)):
                left_out[path] = why
            elif path.is_file():
                yield path
            elif path.exists():  # and was not removed meanwhile
                left_out[path] = _SPECIAL


def _astray(link: Path, root: Path) -> str:
    """Why a link is not followed; empty if it is."""
    try:
        inside = link.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # it leads nowhere, or round in a circle
        return _BROKEN
    return "" if inside else _OUTSIDE


def _unread(error: OSError) -> str:
    return f"读不出来（{reason(error)}）"


class _Hashing:
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


def _add(archive: tarfile.TarFile, name: str, path: Path, manifest: Manifest) -> str:
    """Why the file cannot be read; empty if it was added, or removed since the folder was listed."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return ""
    except OSError as error:
        return _unread(error)
    with file:
        status = os.fstat(file.fileno())
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime, entry.mode = status.st_size, int(status.st_mtime), 0o644
        hashing = _Hashing(file)
        archive.addfile(entry, hashing)
    manifest.files[name] = hashing.digest.hexdigest()
    return ""
