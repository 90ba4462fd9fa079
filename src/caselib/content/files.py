"""Reading and writing single files safely: bounded reads, atomic writes. Knows nothing of what is in them."""

import os
import stat
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from caselib.content.report import FileFault
from caselib.errors import reason

MAX_BYTES = 2 * 1024 * 1024
"""A text larger than this is not read: the longest report of the programme is under 100 KB."""
LONGEST_NAME = 255
"""Bytes of a name that a file can have: to ask a file system about a longer one is an error and not a no."""
ASSET_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".pdf"})
"""What may lie beside a document and be served. No SVG: opened by itself it can run script."""


def read_bounded(path: Path) -> bytes:
    """The bytes of a regular file of at most ``MAX_BYTES``.

    Raises:
        FileNotFoundError: there is no such file.
        FileFault: it is too large, not a file, or may not be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FileFault(1, "这不是一个普通文件。", "换成 Markdown 文本文件，或移走它。")
        refuse_large(status.st_size)
        with path.open("rb", buffering=0) as file:
            return file.read(status.st_size)
    except FileNotFoundError:
        raise
    except PermissionError:
        raise FileFault(1, "没有读取这个文件的权限。", "用 chmod 或 chown 让运行本站的用户能读它。") from None
    except OSError as error:
        raise FileFault(1, f"读不出这个文件（{reason(error)}）。", "检查磁盘和文件系统，再试一次。") from None


def readable(path: Path) -> bool:
    """Whether :func:`read_bounded` gives the bytes of this file."""
    try:
        read_bounded(path)
    except (FileNotFoundError, FileFault):
        return False
    return True


def shown(path: Path | str) -> str:
    """A name or path fit for a message, on one line: bytes that are not UTF-8 and what cannot be printed are escaped."""
    name = str(path)
    if name.isprintable():
        return name
    name = name.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in name)


FileState = tuple[int, int, int]


def state_of(path: Path | str) -> FileState | None:
    """Changes when the file does; None where nobody can say."""
    try:
        status = os.stat(path)  # noqa: PTH116 (pathlib's takes longer; a page asks for one of these, the taxonomy for six)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def lies_in(path: Path | str, folder: Path) -> bool:
    """Whether ``path``, with every symbolic link followed, lies in ``folder``; one that leads round in a circle is no error."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal; empty when there is no such file."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def refuse_large(size: int) -> None:
    """Raise a FileFault if ``size`` bytes are more than a text may have."""
    if size > MAX_BYTES:
        shown = f"{size / 1024 / 1024:.1f}"
        remedy = "图片不要嵌进正文，存成旁边的文件；太长的正文拆成几篇。"
        raise FileFault(1, f"文件有 {shown} MB，超过 {MAX_BYTES // 1024 // 1024} MB。", remedy)


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` so that a reader, or a crash, sees the old file or the new one and nothing between.

    The bytes and the name are on the disk when this returns. An existing file keeps its mode.
    """
    temporary = path.with_name(f".{token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if path.is_file():
                os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
