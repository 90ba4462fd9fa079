"""Small certainties about files: written durably, folders synced, one holder of a lock."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caselib.errors import Conflict


def sync_folder(folder: Path) -> None:
    """Make the folder's entries (a rename, a new file) survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``: whoever looks sees the old file or the whole new one."""
    aside = path.with_name(f".{path.name}.part")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    sync_folder(path.parent)


@contextmanager
def running_lock(data: Path, *, alone: bool) -> Iterator[None]:
    """Hold the data folder: servers hold it together, a restore holds it ``alone``.

    Raises:
        Conflict: somebody holds it in a way that excludes this one.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / "serve.lock").open("w") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            if alone:
                raise Conflict(f"网站正在使用 {data}。", "请先停止服务，再执行恢复。") from None
            raise Conflict(f"{data} 正在恢复备份。", "请等恢复结束后再启动。") from None
        yield
