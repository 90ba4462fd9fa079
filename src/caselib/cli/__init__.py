"""The command line: one group, its commands loaded when they are called, every error told in Chinese.

A command lives in the module named for its field (``library``, ``people``, ``publishing`` …); this module only
finds it, so that ``caselib check`` does not pay for the index, the web or the solver. What a command does is decided in a room.
"""

import errno
import sqlite3
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from caselib.errors import BadSetting, CaselibError, reason

if TYPE_CHECKING:
    from caselib.config import Settings
    from caselib.db import Database

COMMANDS = {
    "library": ("check", "export", "import", "schema"),
    "searching": ("index", "search"),
    "people": ("user",),
    "operations": ("backup", "db", "demo", "doctor", "restore", "serve"),
    "review": ("call",),
    "deciding": ("replay", "select"),
    "publishing": ("audit", "batch"),
}
"""The module of each command; a module makes its commands known by their click name."""


class _Path(click.Path):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("路径是空的，多半是脚本里的变量没有赋值。", param, ctx)
        return super().convert(value, param, ctx)


PATH = _Path(path_type=Path)
"""A file or a folder. An empty text is none: Python would take it for the current folder, and ``import`` all that is in it."""


def open_database(settings: "Settings") -> "Database":
    """The database of the site, for a command that reads or changes what is in it.

    Raises:
        Unavailable: its schema is not the one this program needs, or a restore was interrupted.
    """
    from caselib.db import Database  # most commands need no database

    database = Database.open(settings)
    database.require_current()
    return database


class CommandGroup(click.Group):
    """A group that imports the module of a command when the command is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, sorted."""
        return sorted(name for commands in COMMANDS.values() for name in commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, or None."""
        module = next((module for module, commands in COMMANDS.items() if cmd_name in commands), None)
        if module is None:
            return None
        found = vars(import_module(f"{__name__}.{module}")).values()
        return next(item for item in found if isinstance(item, click.Command) and item.name == cmd_name)

    def main(self, args: Sequence[str] | None = None, *_: Any, **extra: Any) -> Any:
        """Run, and end the process: 0 done, 1 the thing asked for failed, 2 it was asked for wrongly."""
        extra["standalone_mode"] = False
        try:
            super().main(args, **extra)
            sys.exit(0)
        except CaselibError as error:
            _say(error.message, error.remedy)
            sys.exit(2 if isinstance(error, BadSetting) else 1)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(2)
        except click.UsageError as error:
            _say(_in_chinese(error), _help_line(error))
            sys.exit(2)
        except (click.Abort, KeyboardInterrupt):
            _say("已中断。", "")
            sys.exit(130)
        except Exception as error:
            trouble = _trouble(error)
            if trouble is None:
                raise
            _say(*trouble)
            sys.exit(1)


def _trouble(error: Exception) -> tuple[str, str] | None:
    """What to say of a file or database that does not work; None if the program is at fault."""
    if isinstance(error, OSError) and error.filename is not None:
        message = f"{error.filename} 读写不了（{reason(error)}）。"
        return message, "请检查它和所在文件夹的属主、权限和剩余空间；也可以执行 caselib doctor。"
    if isinstance(error, FileNotFoundError):  # of what the system tells no name: where the command stands
        return "当前文件夹已被删除或移走。", "请用 cd 换到一个还在的文件夹，再执行一次。"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"没有写完（{reason(error)}）。", "请腾出空间，再执行一次；也可以执行 caselib doctor。"

    from sqlalchemy.exc import DatabaseError, OperationalError  # most commands need no database

    from caselib.db import damaged

    if not isinstance(error, DatabaseError):
        return None
    cause = error.orig if isinstance(error.orig, Exception) else error
    if damaged(error):
        return f"数据库已损坏：{reason(cause)}", "请停止网站，用最近的备份恢复（caselib restore）。"
    if not isinstance(error, OperationalError):
        return None
    said = f"数据库出错：{reason(cause)}"
    if isinstance(cause, sqlite3.Error):
        return said, "请检查数据文件夹的属主、权限和剩余空间；也可以执行 caselib doctor。"
    return said, "请确认数据库在运行，再检查 CASELIB_DATABASE_URL；也可以执行 caselib doctor。"


def _say(message: str, remedy: str) -> None:
    click.echo(f"错误：{message}", err=True)
    if remedy:
        click.echo(f"办法：{remedy}", err=True)


def _help_line(error: click.UsageError) -> str:
    command = error.ctx.command_path if error.ctx else "caselib"
    return f"用 {command} --help 看用法。"


def _in_chinese(error: click.UsageError) -> str:
    match error:
        case click.NoSuchOption():
            return f"没有选项 {error.option_name}。"
        case click.BadOptionUsage() if error.message.endswith("requires an argument."):
            return f"{error.option_name} 后面缺少值。"
        case click.MissingParameter():
            return f"缺少参数 {_name(error.param)}。"
        case click.BadParameter():
            return f"参数 {_name(error.param)} 不对：{_wanted(error)}"
    if error.message.startswith("No such command"):
        return f"没有命令 {error.message.split(maxsplit=3)[-1].rstrip('.')}。"
    if error.message.startswith("Got unexpected extra argument"):
        return f"多写了参数 {error.message.partition('(')[2].rstrip(')')}；里面有空格的，要用引号括起来。"
    return f"命令写得不对：{error.format_message()}"


def _name(parameter: click.Parameter | None) -> str:
    """What whoever types the command calls it."""
    match parameter:
        case None:
            return ""
        case click.Option(opts=opts):
            return opts[0]
    return parameter.human_readable_name


def _wanted(error: click.BadParameter) -> str:
    match error.param and error.param.type:
        case click.Choice(choices=choices):
            return f"只能是 {'、'.join(map(str, choices))} 之一。"
        case click.IntRange(min=least, max=most):
            return f"应为 {least} 到 {most} 的整数。"
        case click.DateTime():
            return "应写成 2023-03-01 的日期。"
    return error.message


@click.group("caselib", cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="caselib", message="caselib %(version)s", help="显示版本。")
def main() -> None:
    """小微企业质量提升案例库。"""
