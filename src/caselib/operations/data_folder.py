"""Who may use the data folder: servers together, a restore alone; and what room it has."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caselib.errors import Conflict

SPACE_NEEDED = 16 * 1024**2
"""Free bytes without which the database soon takes no sign-in and no form."""


def free_space(data: Path) -> int:
    """Bytes that are free where the data folder is, or will be."""
    return shutil.disk_usage(next(path for path in (data, *data.parents) if path.exists())).free


@contextmanager
def running_lock(data: Path, *, alone: bool) -> Iterator[None]:
    """Hold the data folder: servers hold it together, a restore holds it ``alone``.

    Raises:
        Conflict: somebody holds it in a way that excludes this one.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds password hashes and what is not published
    with (data / "serve.lock").open("w") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            if alone:
                raise Conflict(f"网站正在使用 {data}。", "请先停止服务，再执行恢复。") from None
            raise Conflict(f"{data} 正在恢复备份。", "请等恢复结束后再启动。") from None
        yield
