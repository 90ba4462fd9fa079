"""Commands that keep the site running: serve, demo, db, backup, restore, doctor."""

import errno
import gc
import os
import secrets
import socket
import sys
from pathlib import Path
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.util import import_app
from pydantic import SecretStr

from caselib.cli import PATH
from caselib.cli.worker import LONGEST_LINE, Worker
from caselib.config import Settings
from caselib.content import ContentStore
from caselib.content.files import shown
from caselib.db import Database
from caselib.errors import BadSetting, CaselibError
from caselib.operations import demo as demonstration
from caselib.operations.backup import back_up
from caselib.operations.demo_call import set_calls
from caselib.operations.doctor import State, examine
from caselib.operations.restore import restore as put_back
from caselib.operations.starting import get_ready, holding_data

THREADS = 4
"""Threads a worker: enough that slow visitors do not hold up quick ones."""
GRACE_SECONDS = 30
KEPT_SECONDS = 75
"""How long an idle connection stays open. A browser does not send a form again when the server closes just then (2 s by default)."""


@click.command("serve", help="启动网站（gunicorn）。")
@click.option("--host", default="127.0.0.1", show_default=True, help="监听的地址")
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535), help="监听的端口")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="工作进程数")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the site until told to stop."""
    settings = Settings()
    if settings.proxies and not settings.base_url:
        raise BadSetting(
            "设置了 CASELIB_PROXIES，却没有设置 CASELIB_BASE_URL。",
            "网站在反向代理后面，不知道自己的网址；请设为来访者打开的网址，例如 https://al.example.gov.cn。",
        )
    settings.base_url = settings.base_url or _address(host, port)
    _require_free(host, port, f"--port {port % 65535 + 1}")
    with holding_data(settings, click.echo):
        get_ready(settings, click.echo)
        _run(settings, host, port, workers, f"网站已启动：{_address(host, port)}/")


@click.command("demo", help="准备示范内容和账号，在本机启动演示网站。")
@click.option(
    "--port", default=5000, show_default=True, envvar="PORT", type=click.IntRange(1, 65535), help="监听的端口"
)
def demo(port: int) -> None:
    """Serve the demo, on this machine only."""
    settings = Settings(demo=True)
    settings.base_url = _address("127.0.0.1", port)
    settings.secret_key = SecretStr(settings.signing_key)  # the same for all workers
    _require_free("127.0.0.1", port, f"PORT={port % 65535 + 1} make demo")
    with holding_data(settings, click.echo):
        demonstration.claim_data(settings)
        if demonstration.fetch_content(settings.content):
            click.echo(f"示范内容已复制到 {settings.content}。")
        database = Database.open(settings)
        database.upgrade()
        password = settings.demo_password.get_secret_value() or secrets.token_urlsafe(9)
        taxonomy = ContentStore(settings.content).taxonomy
        demonstration.set_people(database, taxonomy, password)
        if set_calls(database, taxonomy):
            click.echo("示范征集已写入：一次待遴选（142 份申报），一次评审中，一次征集中。")
        database.close()
        get_ready(settings, click.echo)
        _run(settings, "127.0.0.1", port, 2, _welcome(settings.base_url, password), loglevel="warning")


@click.group("db", help="管理数据库。")
def db() -> None:
    """Group of the commands on the database."""


@db.command("upgrade", help="把数据库升级到本程序需要的结构版本。")
def upgrade() -> None:
    """Bring the schema up to date."""
    database = Database.open(Settings())
    before = database.revision()
    database.upgrade()
    if before == database.head:
        click.echo(f"数据库已是最新（结构版本 {before}）。")
    else:
        click.echo(f"数据库已从 {before or '（空）'} 升级到 {database.head}。")


@click.command("backup", help="把数据库、内容和上传文件备份到一个 .tar.gz 文件；网站可以照常运行。")
@click.argument("file", metavar="文件", type=PATH)
def backup(file: Path) -> None:
    """Write a backup."""
    done = back_up(Settings(), file)
    size = file.stat().st_size / 1024 / 1024
    click.echo(f"已备份 {len(done.manifest.files)} 个文件到 {file}（{size:.1f} MB）。")
    for path, why in done.left_out.items():
        click.echo(f"没有备份 {shown(path)}：{why}。", err=True)
    if not done.complete:
        raise CaselibError("备份不完整，缺少上面的文件。", "请改名或改权限后再备份一次。")


@click.command("restore", help="从备份恢复；先核对全部校验和，再替换。须先停止网站。")
@click.argument("file", metavar="文件", type=PATH)
@click.option("--force", is_flag=True, help="目标已有数据时也恢复；原有数据移到旁边保留")
def restore(file: Path, force: bool) -> None:
    """Put a backup back."""
    done = put_back(Settings(), file, force=force)
    click.echo(f"已恢复 {len(done.manifest.files)} 个文件（备份于 {done.manifest.created}）。")
    for folder in done.kept:
        click.echo(f"原有数据保留在 {folder}，确认无误后可以删除。")


@click.command("doctor", help="检查网站运行所需的各项条件；有故障时退出码为 1。")
def doctor() -> None:
    """Print every check with its state and remedy."""
    findings = list(examine(Settings()))
    for finding in findings:
        click.echo(f"[{finding.state}] {finding.name}：{finding.seen}")
        if finding.remedy:
            click.echo(f"       办法：{finding.remedy}")
    counts = {state: sum(finding.state is state for finding in findings) for state in State}
    click.echo("，".join(f"{state} {count} 项" for state, count in counts.items()) + "。")
    sys.exit(counts[State.FAIL] > 0)


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn, told everything by us and nothing by its own files, arguments or environment.

    The program is loaded before the workers begin, so that they share what it takes; the application is made in each.
    """

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self._settings, self._options = settings, options
        self._make = import_app("caselib.app:create_running_app")
        super().__init__()

    def load_config(self) -> None:
        """Take the options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application, made in each worker: a thread does not survive a fork."""
        return self._make(self._settings)


def _settle(app: Flask) -> None:
    """Open the index before the first visitor comes, and let the garbage collector never again look at what stays."""
    _ = app.extensions["caselib"].search.ready
    gc.collect()
    gc.freeze()


def _finish(app: Flask) -> None:
    """Write the counts that wait."""
    app.extensions["caselib-questions"].flush()


def _run(settings: Settings, host: str, port: int, workers: int, started: str, **options: Any) -> None:
    """Serve until told to stop; ``started`` is said once visitors can come."""
    defaults = {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": workers,
        "threads": THREADS,
        "worker_class": Worker,
        "graceful_timeout": GRACE_SECONDS,
        "keepalive": KEPT_SECONDS,
        "limit_request_line": LONGEST_LINE,
        "loglevel": "info",
        "proc_name": "caselib",
        "control_socket_disable": True,  # it would lie in the home folder, one for all sites
        "when_ready": lambda _server: click.echo(started),
        "post_worker_init": lambda worker: _settle(worker.wsgi),
        "worker_exit": lambda _server, worker: _finish(worker.wsgi) if worker.booted else None,
    }
    server = _Server(settings, defaults | options)
    gc.freeze()  # what the collector never touches stays shared
    server.run()


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104
    return f"http://{shown}:{port}"


def _require_free(host: str, port: int, another: str) -> None:
    """Refuse at once what gunicorn would try for five seconds and then give up, once everything is ready.

    Sockets that gunicorn is handed, by systemd or by the server that it takes over from, are not looked for.
    """
    if os.environ.keys() & {"LISTEN_FDS", "GUNICORN_FD"}:
        return
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            # As gunicorn does: a server that has just ended is no hindrance.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, UnicodeError) as error:
        raise _not_free(error, host, port, another) from None


def _not_free(error: Exception, host: str, port: int, another: str) -> CaselibError:
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            said, remedy = (
                f"端口 {port} 已被占用",
                f"请停止占用它的程序（ss -ltnp 会列出），或换一个端口，例如 {another}。",
            )
        case errno.EACCES:
            said, remedy = f"没有权限使用端口 {port}", "请换一个不小于 1024 的端口，由前面的反向代理转发。"
        case _:
            said = f"不能在地址 {host} 上监听"
            remedy = "--host 应为本机的一个 IP 地址，例如 127.0.0.1；全部地址写 0.0.0.0 或 ::。"
    return CaselibError(f"{said}，网站不能启动。", remedy)


def _welcome(address: str, password: str) -> str:
    return f"""
演示网站：{address}/
登录页：  {address}/login
账号：    editor（编辑）　operator（运维）　expert01 … expert{demonstration.EXPERTS}（评审专家）
          beijing、zhejiang、shaanxi 等 {len(demonstration.BUREAUS)} 个省级报送单位（用拼音）
密码：    {password}
全部账号用同一个密码；只在本机可以打开；按 Ctrl+C 结束。
"""
