import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from caselib.config import Settings, shipped
from caselib.db import Database
from caselib.operations.starting import get_ready
from caselib.people import COMMAND_LINE, actions, queries
from caselib.questions import Asked, Questions
from tests import ready
from tests.cli.conftest import Run
from tests.serving import CASELIB, Browser, Server, environment, free_port, serving

pytestmark = pytest.mark.xdist_group("serving")  # the servers are started once, not in each process

KEY = "k" * 40
SERVED = "网站已启动"
DEMO = "按 Ctrl+C 结束"
CASE = '---\ntitle: 包装企业降低返工\nindustry: [C23]\nregion: "330400"\nyear: 2022\n---\n正文。\n'


def make_folder(path: Path) -> Path:
    """A folder with a content tree of one case."""
    (path / "content" / "cases").mkdir(parents=True)
    (path / "content" / "cases" / "packaging.md").write_text(CASE, "utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path)


def interrupt_restore(folder: Path) -> None:
    """Leave what a restore leaves that is killed before its last move, of ``later.md``."""
    waiting = folder / "content" / ".restore-2026" / "new" / "later.md"
    waiting.parent.mkdir(parents=True)
    waiting.write_text(CASE.replace("包装", "卫浴"), "utf-8")
    (folder / "var").mkdir(exist_ok=True)
    move = [str(waiting), str(folder / "content" / "cases" / "later.md")]
    (folder / "var" / "restore.json").write_text(json.dumps([move]), "utf-8")


def refused(*arguments: str, folder: Path, **settings: str) -> tuple[int, str]:
    """Exit code and first line on standard error of a command that should not start serving."""
    done = subprocess.run(
        [*CASELIB, *arguments], cwd=folder, env=environment(**settings), capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stderr.splitlines()[0]


# db, backup, restore, doctor


def test_upgrading_says_from_where_to_where(run: Run) -> None:
    head = Database("sqlite://").head
    said = [run("db", "upgrade").stdout for _ in range(2)]
    assert said == [f"数据库已从 （空） 升级到 {head}。\n", f"数据库已是最新（结构版本 {head}）。\n"]


def test_a_backup_is_restored_by_command(run: Run, database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        actions.add_account(session=session, actor=COMMAND_LINE, username="li", name="李")
    database.close()
    saved = run("backup", "b.tar.gz")
    refused = run("restore", "b.tar.gz")
    forced = run("restore", "b.tar.gz", "--force")
    fresh = run("restore", "b.tar.gz", data=str(tmp_path / "new" / "var"), content=str(tmp_path / "new" / "content"))
    assert [done.exit_code for done in (saved, refused, forced, fresh)] == [0, 1, 0, 0]
    assert re.fullmatch(r"已备份 1 个文件到 b.tar.gz（0.\d MB）。\n", saved.stdout)
    assert refused.stderr.startswith("错误：目标已有数据：")
    assert re.fullmatch(r"已恢复 1 个文件（备份于 \S+）。\n原有数据保留在 \S+，确认无误后可以删除。\n", forced.stdout)
    restored = Database(f"sqlite:///{tmp_path / 'new' / 'var' / 'caselib.sqlite'}")
    with restored.reading() as session:
        assert [account.username for account in queries.list_accounts(session)] == ["li"]


def test_a_backup_names_what_it_left_out_and_fails_if_that_was_no_link(
    run: Run, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "content" / "out\n\x1b[2J.md").symlink_to("/")
    first = run("backup", "first.tar.gz")
    (tmp_path / "content" / os.fsdecode(b"\xff.md")).touch()
    second = run("backup", "second.tar.gz")
    link = f"没有备份 {tmp_path / 'content'}/out\\n\\x1b[2J.md：它是指向文件夹之外的链接。\n"
    file = f"没有备份 {tmp_path / 'content'}/\\xff.md：名称里有不能备份的字符，或以 .restore- 开头。\n"
    assert [(done.exit_code, done.stderr) for done in (first, second)] == [
        (0, link),
        (1, link + file + "错误：备份不完整，缺少上面的文件。\n办法：请改名或改权限后再备份一次。\n"),
    ]


def test_the_doctor_passes_a_site_before_its_first_start(run: Run) -> None:
    done = run("doctor", base_url="https://al.example.cn")
    findings = re.findall(r"^\[(..)\] (\S+?)：", done.stdout, re.MULTILINE)
    assert (done.exit_code, findings) == (
        0,
        [
            ("正常", "密钥"),
            ("正常", "网址"),
            ("注意", "数据文件夹"),
            ("正常", "内容文件夹"),
            ("正常", "磁盘空间"),
            ("正常", "备份恢复"),
            ("正常", "备份"),
            ("注意", "数据库"),
            ("正常", "内容检查"),
            ("注意", "搜索索引"),
            ("注意", "邮件"),
            ("正常", "字体"),
        ],
    )
    assert done.stdout.splitlines()[-1] == "正常 8 项，注意 4 项，故障 0 项。"


def test_the_doctor_fails_a_site_that_cannot_start(run: Run) -> None:
    done = run("doctor", secret_key="", content="missing", mail_url="smtp://127.0.0.1:1")
    failed = re.findall(r"^\[故障\] (\S+?)：", done.stdout, re.MULTILINE)
    assert (done.exit_code, failed) == (1, ["密钥", "内容文件夹", "邮件"])
    assert "办法：请生成一个随机值并设为环境变量" in done.stdout


# serve


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Server]]:
    """A site on its first start."""
    folder = make_folder(tmp_path_factory.mktemp("site"))
    with serving("serve", folder=folder, ready=SERVED, secret_key=KEY) as server:
        yield folder, server


def said_by_us(server: Server) -> list[str]:
    return [re.sub(r"\d+\.\d", "0.0", line) for line in server.said if not line.startswith("[")]


def test_a_first_start_makes_database_and_index_and_says_so(site: tuple[Path, Server]) -> None:
    folder, server = site
    assert said_by_us(server) == [
        f"没有数据库，新建 {folder / 'var' / 'caselib.sqlite'}。",
        "没有可用的索引，正在建立……",
        "索引建好：收入 1 篇，0 个文件有错误、没有收入，用时 0.0 秒。",
        "网站已启动：" + re.sub(r"\d+\.\d", "0.0", server.site) + "/",
    ]


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/login", "/search?q=%E5%8C%85%E8%A3%85"])
def test_a_started_site_answers(site: tuple[Path, Server], path: str) -> None:
    assert site[1].browser.fetch(path)[0] == 200


def test_a_started_site_finds_its_case(site: tuple[Path, Server]) -> None:
    assert 'href="/cases/packaging"' in site[1].browser.fetch("/search?q=%E5%8C%85%E8%A3%85")[1]


def test_a_long_question_is_answered_and_says_what_was_used(site: tuple[Path, Server]) -> None:
    status, page = site[1].browser.fetch("/search?q=" + quote("包装" * 400))
    assert (status, "搜索内容太长，最多500个字" in page) == (200, True)


def test_an_address_that_is_too_long_is_refused_in_chinese(site: tuple[Path, Server]) -> None:
    status, page = site[1].browser.fetch("/search?q=" + quote("包装" * 500))
    assert (status, "<h1>网址太长</h1>" in page) == (414, True)


def test_behind_a_proxy_the_start_asks_for_the_address_that_people_use(run: Run) -> None:
    done = run("serve", proxies="1")
    assert (done.exit_code, done.stderr) == (
        2,
        "错误：设置了 CASELIB_PROXIES，却没有设置 CASELIB_BASE_URL。\n"
        "办法：网站在反向代理后面，不知道自己的网址；请设为来访者打开的网址，例如 https://al.example.gov.cn。\n",
    )


def test_a_running_site_is_backed_up_and_not_restored(site: tuple[Path, Server]) -> None:
    folder, _ = site
    backup = [*CASELIB, "backup", "b.tar.gz"]
    done = subprocess.run(backup, cwd=folder, env=environment(secret_key=KEY), timeout=120, check=False)
    code, message = refused("restore", "b.tar.gz", "--force", folder=folder, secret_key=KEY)
    assert (done.returncode, code, message) == (0, 1, f"错误：网站正在使用 {folder / 'var'}。")


def test_a_later_start_finishes_a_restore_takes_in_what_it_brought_and_counts_until_it_is_told_to_end(
    folder: Path,
) -> None:
    settings = Settings(content=folder / "content", data=folder / "var", secret_key=SecretStr(KEY))
    get_ready(settings, lambda _: None)  # what a first start does before it serves
    interrupt_restore(folder)
    with serving("serve", "--workers", "2", folder=folder, ready=SERVED, secret_key=KEY) as server:
        _, page = server.browser.fetch("/search?q=%E5%8D%AB%E6%B5%B4")
        for _ in range(3):
            assert server.browser.fetch("/search?q=%E9%9C%B9%E9%9B%B3")[0] == 200
        code = server.stop()
    assert ('href="/cases/later"' in page, code) == (True, 0)
    assert [line.split("：")[0] for line in said_by_us(server)] == ["上次恢复备份中途停止，现已完成。", "网站已启动"]
    assert not (folder / "var" / "restore.json").exists()
    asked = Questions(Database.open(settings)).asked(2)
    assert Asked("霹雳", none=3, relaxed=0, found=0, opened=0) in asked


@pytest.mark.parametrize(
    "arguments", [("db", "upgrade"), ("user", "list"), ("audit", "verify"), ("call", "list"), ("backup", "b.tar.gz")]
)
def test_no_command_opens_the_database_of_an_unfinished_restore(
    run: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    interrupt_restore(tmp_path)
    done = run(*arguments)
    assert (done.exit_code, done.stderr.splitlines()) == (
        1,
        [
            f"错误：上次恢复没有做完（{tmp_path / 'var' / 'restore.json'}）。",
            "办法：请启动网站，或再执行一次 caselib restore，都会先把它做完。",
        ],
    )
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["restore.json"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "错误：没有设置 CASELIB_SECRET_KEY，不能启动。"),
        ({"secret_key": KEY, "content": "missing"}, "错误：没有找到内容文件夹 {folder}/missing。"),
    ],
)
def test_what_is_missing_stops_the_start_and_nothing_is_made(
    run: Run, tmp_path: Path, settings: dict[str, str], message: str
) -> None:
    done = run("serve", **({"secret_key": ""} | settings))
    assert (done.exit_code, done.stderr.splitlines()[0]) == (1, message.format(folder=tmp_path))
    assert not (tmp_path / "var" / "caselib.sqlite").exists()


def test_a_database_that_is_behind_stops_the_start_and_names_the_command(run: Run, database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    done = run("serve")
    assert (done.exit_code, done.stderr.splitlines()) == (
        1,
        [
            f"错误：数据库的结构版本是 （空），本程序需要 {database.head}。",
            "办法：请先备份（caselib backup），再执行 caselib db upgrade。",
        ],
    )


@pytest.mark.parametrize("arguments", [("--port", "0"), ("--port", "x"), ("--workers", "0")])
def test_a_wrong_option_is_wrong_usage(run: Run, arguments: tuple[str, str]) -> None:
    assert run("serve", *arguments).exit_code == 2


# demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Server]]:
    """The demo, started in a folder that has its data and no content; how it makes its data is seen in ``tests/test_wheel.py``."""
    folder = tmp_path_factory.mktemp("demo")
    ready.demo(folder / "var")
    with serving("demo", folder=folder, ready=DEMO) as server:
        yield folder, server


def password_in(said: list[str]) -> str:
    return next(line.split()[1] for line in said if line.startswith("密码"))


@pytest.mark.parametrize(
    ("username", "begins"),
    [
        *((username, "工作台") for username in ("editor", "operator")),
        *((username, "我的评审") for username in ("expert01", "expert32")),
        *((username, "我的申报") for username in ("zhejiang", "shaanxi", "shanxi", "neimenggu", "xizang", "xinjiang")),
    ],
)
def test_the_demo_prints_the_password_of_its_accounts(demo: tuple[Path, Server], username: str, begins: str) -> None:
    server = demo[1]
    status, page = Browser(server.site).sign_in(username, password_in(server.said))
    assert (status, page.count(f"<title>{begins}－")) == (200, 1)


def test_the_demo_has_a_random_password_and_takes_no_other(demo: tuple[Path, Server]) -> None:
    server = demo[1]
    assert (Browser(server.site).sign_in("editor", "demo")[0], len(password_in(server.said))) == (401, 12)


def test_workers_share_one_key_so_that_a_session_holds_in_all_of_them(demo: tuple[Path, Server]) -> None:
    browser = Browser(demo[1].site)
    browser.sign_in("editor", password_in(demo[1].said))
    assert {browser.fetch("/account")[1].count("示例编辑部") for _ in range(20)} == {1}


def test_the_demo_brings_its_content(demo: tuple[Path, Server]) -> None:
    folder, server = demo
    assert f"示范内容已复制到 {folder / 'content'}。" in server.said
    brought = {path.name for path in (folder / "content" / "cases").glob("*.md")}
    assert brought == {path.name for path in (shipped("content") / "cases").glob("*.md")}


def test_the_demo_listens_on_loopback_only(demo: tuple[Path, Server]) -> None:
    port = int(demo[1].site.rsplit(":", 1)[1])
    rows = [
        line.split()
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(table).exists()
        for line in Path(table).read_text().splitlines()[1:]
    ]
    listening = {row[1].split(":")[0] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == port}
    assert listening == {"0100007F"}  # 127.0.0.1, as the kernel writes it


def test_a_second_demo_keeps_what_is_there_and_takes_the_new_password(folder: Path) -> None:
    database = Database.open(Settings(data=ready.demo(folder / "var")))
    with database.writing() as session:
        actions.add_account(session=session, actor=COMMAND_LINE, username="guest", name="客人")
        account = queries.get_account(session, "expert01")
        actions.disable_account(session=session, actor=COMMAND_LINE, account=account)
    with serving("demo", folder=folder, ready=DEMO, demo_password="second one") as server:
        statuses = [
            Browser(server.site).sign_in(username, password)[0]
            for username, password in (("editor", "password"), ("editor", "second one"), ("expert01", "second one"))
        ]
    with database.reading() as session:
        names = [account.username for account in queries.list_accounts(session)]
    assert (statuses, len(names), "guest" in names) == ([401, 200, 200], 2 + 32 + 31 + 1, True)


def test_the_demo_does_not_touch_a_database_it_did_not_make(run: Run, database: Database, tmp_path: Path) -> None:
    done = run("demo", "--port", str(free_port()))
    assert (done.exit_code, done.stderr.splitlines()[0]) == (
        1,
        f"错误：{tmp_path / 'var'} 里的数据库不是演示建立的，演示不会去改它。",
    )
    with database.reading() as session:
        assert queries.list_accounts(session) == []


def test_the_demo_too_finishes_an_interrupted_restore_first(run: Run, database: Database, tmp_path: Path) -> None:
    interrupt_restore(make_folder(tmp_path / "site"))
    there = {"data": str(tmp_path / "site" / "var"), "content": str(tmp_path / "site" / "content")}
    (tmp_path / "site" / "var" / "caselib.sqlite").touch()
    done = run("demo", "--port", str(free_port()), **there)
    assert (done.stdout, done.stderr.splitlines()[0]) == (
        "上次恢复备份中途停止，现已完成。\n",
        f"错误：{there['data']} 里的数据库不是演示建立的，演示不会去改它。",
    )


@pytest.mark.parametrize(
    ("command", "host", "listening", "another"),
    [
        ("demo", "", "127.0.0.1", "PORT={} make demo"),
        ("serve", "127.0.0.1", "0.0.0.0", "--port {}"),
        ("serve", "0.0.0.0", "127.0.0.1", "--port {}"),
    ],
)
def test_a_port_in_use_is_told_with_how_to_choose_another(
    run: Run, tmp_path: Path, command: str, host: str, listening: str, another: str
) -> None:
    with socket.create_server((listening, 0)) as busy:
        port = busy.getsockname()[1]
        done = run(command, "--port", str(port), *(["--host", host] if host else []))
    remedy = f"请停止占用它的程序（ss -ltnp 会列出），或换一个端口，例如 {another.format(port % 65535 + 1)}。"
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"错误：端口 {port} 已被占用，网站不能启动。\n办法：{remedy}\n"
    assert not (tmp_path / "var").exists()


def test_a_port_in_use_by_ipv6_is_told_and_on_a_machine_without_it_that_the_address_cannot_be_had(run: Run) -> None:
    try:
        busy = socket.create_server(("::", 0), family=socket.AF_INET6)
    except OSError:
        busy, said = socket.create_server(("127.0.0.1", 0)), "不能在地址 ::1 上监听"
    else:
        said = f"端口 {busy.getsockname()[1]} 已被占用"
    with busy:
        done = run("serve", "--host", "::1", "--port", str(busy.getsockname()[1]))
    assert (done.exit_code, done.stderr.splitlines()[0]) == (1, f"错误：{said}，网站不能启动。")


@pytest.mark.parametrize("handed", ["LISTEN_FDS", "GUNICORN_FD"])
def test_a_port_that_is_handed_over_is_not_looked_for(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handed: str
) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        monkeypatch.setenv(handed, "3")
        done = run("serve", "--port", str(busy.getsockname()[1]), content="missing")
    assert done.stderr.splitlines()[0] == f"错误：没有找到内容文件夹 {tmp_path / 'missing'}。"


@pytest.mark.parametrize("host", ["192.0.2.1", "[::1]", "a" * 64])
def test_an_address_that_this_machine_does_not_have_is_told_before_anything_is_done(
    run: Run, tmp_path: Path, host: str
) -> None:
    done = run("serve", "--host", host, "--port", str(free_port()))
    assert (done.exit_code, done.stderr) == (
        1,
        f"错误：不能在地址 {host} 上监听，网站不能启动。\n"
        "办法：--host 应为本机的一个 IP 地址，例如 127.0.0.1；全部地址写 0.0.0.0 或 ::。\n",
    )
    assert not (tmp_path / "var").exists()


def test_the_port_of_a_server_that_has_just_ended_is_free(run: Run, tmp_path: Path) -> None:
    with socket.socket() as ended:
        ended.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ended.bind(("127.0.0.1", 0))
        ended.listen()
        port = ended.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as visitor:
            ended.accept()[0].close()  # closing first, it is the one to keep the port in TIME_WAIT
            assert visitor.recv(1) == b""
    done = run("serve", "--port", str(port), content="missing")
    assert done.stderr.splitlines()[0] == f"错误：没有找到内容文件夹 {tmp_path / 'missing'}。"


def test_the_port_of_the_demo_may_come_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        monkeypatch.setenv("PORT", str(busy.getsockname()[1]))
        assert f"端口 {busy.getsockname()[1]} 已被占用" in run("demo").stderr
