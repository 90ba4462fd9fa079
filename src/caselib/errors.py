"""The errors the rooms raise, each worded for the person who will read it.

Rooms raise these and nothing else for conditions that a user or operator can mend; the web layer turns
``status`` into an answer and the command line into an exit code. Nothing here knows about HTTP frameworks.
"""

import errno

_REASONS: dict[object, str] = {
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EEXIST: "已有同名的文件",
    errno.EISDIR: "它是文件夹，不是文件",
    errno.ENOTDIR: "它或它的上级不是文件夹",
    errno.ENAMETOOLONG: "名称太长",
    errno.ELOOP: "符号链接绕成了圈",
    errno.ENOSPC: "磁盘满了",
    errno.EDQUOT: "超出了磁盘配额",
    errno.EROFS: "文件系统是只读的",
    errno.EIO: "磁盘读写出错",
    errno.EMFILE: "打开的文件太多",
    errno.ENFILE: "打开的文件太多",
    "disk I/O error": "磁盘读写出错，可能是满了",
    "database or disk is full": "磁盘满了",
    "unable to open database file": "打不开数据库文件",
    "attempt to write a readonly database": "数据库不能写（readonly）",
}


def reason(error: Exception) -> str:
    """Why the system or SQLite refused, in words; in its own words where it is a rare thing."""
    own = getattr(error, "strerror", None) or str(error).partition("\n")[0]
    return _REASONS.get(getattr(error, "errno", None) or own, own)


class CaselibError(Exception):
    """Something the reader can mend: ``message`` says what happened and where, ``remedy`` what to do."""

    status = 400

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class BadSetting(CaselibError):
    """A setting is not written as it must be, so that nothing can begin."""


class NotFound(CaselibError):
    """What was asked for does not exist, or must not be known to exist by the one who asks."""

    status = 404


class Gone(CaselibError):
    """What was asked for was here, and was taken away on purpose."""

    status = 410


class Forbidden(CaselibError):
    """The actor lacks the right to do this."""

    status = 403


class Conflict(CaselibError):
    """Somebody else changed the thing first, or its state no longer allows the action."""

    status = 409


class Unavailable(CaselibError):
    """A part the answer needs is not ready (no index yet, database not migrated)."""

    status = 503


class Overloaded(Unavailable):
    """The database is busy or the disk full: nothing was done, and trying again later is right. Its cause says which."""
