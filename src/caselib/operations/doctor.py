"""The doctor: looks at everything a site needs and says, for each, whether it is well and what to do if not.

It only looks. Every check ends in a finding, never in an error of its own.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from caselib.config import Settings
from caselib.content import ContentStore
from caselib.content.files import shown
from caselib.content.report import bad_files
from caselib.db import Database, damaged
from caselib.errors import CaselibError, reason
from caselib.mail import Mailer
from caselib.operations.backup import would_leave_out
from caselib.operations.data_folder import SPACE_NEEDED, free_space
from caselib.operations.demo import MARK
from caselib.operations.restore import interrupted_restore
from caselib.operations.starting import SHORTEST_KEY
from caselib.search import SearchRoom

SPACE_WANTED = 1024**3
"""Free bytes under which the disk counts as nearly full."""


class State(StrEnum):
    """How a check ended."""

    OK = "正常"
    WARN = "注意"
    FAIL = "故障"


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, how it stands, what was seen, and what to do."""

    name: str
    state: State
    seen: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """All checks, in the order in which their causes should be mended."""
    for name, check in _CHECKS.items():
        try:
            state, seen, remedy = check(settings)
        except CaselibError as error:
            state, seen, remedy = State.FAIL, error.message, error.remedy
        except (OSError, SQLAlchemyError) as error:
            cause = getattr(error, "orig", None) or error
            place = f"（{error.filename}）" if isinstance(error, OSError) and error.filename else ""
            state, seen, remedy = State.FAIL, f"检查时出错：{reason(cause)}{place}", "请按提示修复后再检查。"
        yield Finding(name, state, seen, remedy)


_Outcome = tuple[State, str, str]


def _key(settings: Settings) -> _Outcome:
    if len(settings.signing_key) < SHORTEST_KEY:
        return State.WARN, f"密钥太短，不足 {SHORTEST_KEY} 个字符", "请用 openssl rand -hex 32 生成一个。"
    return State.OK, "已设置" if settings.secret_key.get_secret_value() else "演示用的随机密钥", ""


def _address(settings: Settings) -> _Outcome:
    parts = urlsplit(settings.base_url)
    if not parts.hostname:
        return State.WARN, "没有设置 CASELIB_BASE_URL，邮件里的链接发不出去", "请设为网站的网址。"
    if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        return State.WARN, f"{settings.base_url} 没有加密", "请在前面的反向代理上启用 HTTPS，并改用 https:// 网址。"
    return State.OK, settings.base_url, ""


def _data(settings: Settings) -> _Outcome:
    state, seen, remedy = _writable(settings.data, files=True)
    if state is State.OK and (settings.data / MARK).exists() and not settings.demo:
        return State.WARN, f"{seen}，但它是演示建立的，账号的密码公开过", "正式运行请另用一个数据文件夹。"
    return state, seen, remedy


def _content(settings: Settings) -> _Outcome:
    if not settings.content.is_dir():
        return State.FAIL, f"没有 {settings.content}", "请用 CASELIB_CONTENT 指明内容文件夹。"
    return _writable(settings.content, files=False)  # a file of it is replaced, never written into


def _writable(folder: Path, *, files: bool) -> _Outcome:
    """Whether the site may write into the folder and all that is in it: a command run as root leaves it things of root's."""
    if os.path.lexists(folder) and not folder.is_dir():
        return State.FAIL, f"{folder} 不是文件夹", "请移走它，或在设置里指明另一个文件夹。"
    if not folder.exists():
        return State.WARN, f"还没有 {folder}", "第一次启动时自动建立。"
    barred = [folder] if _barred(folder) else list(filter(_barred, _inside(folder, files)))
    if barred:
        more = f" 等 {len(barred)} 项" if len(barred) > 1 else " "
        return State.FAIL, f"{shown(min(barred))}{more}不能读写", "请把所有者改为运行本程序的用户。"
    return State.OK, f"{folder} 可读写", ""


def _inside(folder: Path, files: bool) -> Iterator[Path]:
    """The folders in it, however deep, and the files if they are wanted; hidden ones are not the site's to write."""
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(here, name) for name in folders)
        yield from (Path(here, name) for name in names if files and not name.startswith("."))


def _barred(path: Path) -> bool:
    """Whether this process may not use it; what another one removed meanwhile is not held against it."""
    needed = os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)
    return not os.access(path, needed, effective_ids=True) and path.exists()


def _space(settings: Settings) -> _Outcome:
    free = free_space(settings.data)
    seen = f"剩余 {free / 1024**3:.1f} GB"
    if free >= SPACE_WANTED:
        return State.OK, seen, ""
    return (State.WARN if free >= SPACE_NEEDED else State.FAIL), seen, "请清理磁盘或扩容。"


def _restore(settings: Settings) -> _Outcome:
    if interrupted_restore(settings):
        return State.WARN, "上次恢复中途停止", "启动服务时会自动完成；也可以重新执行 caselib restore。"
    return State.OK, "没有未完成的恢复", ""


def _backup(settings: Settings) -> _Outcome:
    if Database(settings.database_url).path is None:
        return State.OK, "数据库不是 SQLite，用它自己的工具备份", ""
    left_out = would_leave_out(settings)
    if left_out:
        named = [f"{shown(path)}（{why}）" for path, why in list(left_out.items())[:3]]
        more = "等" if len(left_out) > 3 else ""
        remedy = "要备份的，换成真正的文件，或改名、改权限；不要的移走。"
        return State.WARN, f"备份时会漏掉 {len(left_out)} 项：{'、'.join(named)}{more}", remedy
    return State.OK, "内容和上传文件都能备份", ""


def _database(settings: Settings) -> _Outcome:
    database = Database(settings.database_url)  # an unfinished restore, which has its own check, is not held against it
    if database.path and not database.path.exists():
        return State.WARN, f"还没有 {database.path}", "第一次启动时自动建立。"
    try:
        database.require_current()
    except DatabaseError as error:
        if not damaged(error):
            raise
        return (
            State.FAIL,
            f"{database.path} 已损坏（{error.orig}）",
            "请停止网站，用最近的备份恢复（caselib restore）。",
        )
    return State.OK, f"结构版本 {database.revision()}", ""


def _files(settings: Settings) -> _Outcome:
    store = ContentStore(settings.content)
    if bad := sorted(bad_files(store.check())):
        named = "、".join(bad[:3]) + (" 等" if len(bad) > 3 else "")
        return State.WARN, f"{len(bad)} 个文件有错误，没有收入：{named}", "请执行 caselib check 逐行查看。"
    return State.OK, f"{len(store.scan())} 个文件都没有错误", ""


def _index(settings: Settings) -> _Outcome:
    store = ContentStore(settings.content)
    search = SearchRoom.open(settings.search_url, store.taxonomy)
    if not search.ready:
        return State.WARN, "还没有可用的索引", "启动服务时自动建立；也可以执行 caselib index。"
    if count := search.pending(store):
        return (
            State.WARN,
            f"{count} 个文件的变化还没有收入",
            "网站运行时几秒内自动收入；也可以执行 caselib index --changed。",
        )
    return State.OK, f"版本 {search.generation}", ""


def _mail(settings: Settings) -> _Outcome:
    mailer = Mailer.open(settings)
    if mailer.to_folder:
        return State.WARN, f"邮件只写入 {mailer.destination}，不会发出", "请设置 CASELIB_MAIL_URL。"
    mailer.probe()
    return State.OK, f"{mailer.destination} 可以连接", ""


def _fonts(_: Settings) -> _Outcome:
    from caselib.publishing.typesetting import faces, fonts  # loads libraries that a start does not need

    try:
        serif, sans = faces(fonts().families())
    except CaselibError as error:
        return State.WARN, error.message.rstrip("。"), error.remedy
    return State.OK, f"汇编用{serif}和{sans}", ""


_CHECKS: dict[str, Callable[[Settings], _Outcome]] = {
    "密钥": _key,
    "网址": _address,
    "数据文件夹": _data,
    "内容文件夹": _content,
    "磁盘空间": _space,
    "备份恢复": _restore,
    "备份": _backup,
    "数据库": _database,
    "内容检查": _files,
    "搜索索引": _index,
    "邮件": _mail,
    "字体": _fonts,
}
