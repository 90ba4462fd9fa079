import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from caselib.config import Settings
from caselib.content import ContentStore
from caselib.db import Database
from caselib.operations import doctor
from caselib.operations.demo import MARK
from caselib.operations.doctor import Finding, State, examine
from caselib.search import SearchRoom
from tests.operations.conftest import MakeSite

Change = Callable[[Settings], Settings | None]


@pytest.fixture
def well(make_settings: MakeSite) -> Settings:
    """A site of which nothing is to be said but that its mail goes into a folder."""
    settings = make_settings("site").model_copy(update={"base_url": "https://al.example.cn"})
    (settings.content / "pages").mkdir(parents=True)
    (settings.content / "pages" / "about.md").write_text("---\ntitle: 关于\n---\n正文。\n", "utf-8")
    Database.open(settings).upgrade()
    store = ContentStore(settings.content)
    SearchRoom.open(settings.search_url, store.taxonomy).rebuild(store)
    return settings


def states(settings: Settings) -> dict[str, State]:
    return {finding.name: finding.state for finding in examine(settings)}


def test_a_site_that_is_well_has_every_check_in_order(well: Settings) -> None:
    assert states(well) == {
        "密钥": State.OK,
        "网址": State.OK,
        "数据文件夹": State.OK,
        "内容文件夹": State.OK,
        "磁盘空间": State.OK,
        "备份恢复": State.OK,
        "备份": State.OK,
        "数据库": State.OK,
        "内容检查": State.OK,
        "搜索索引": State.OK,
        "邮件": State.WARN,
        "字体": State.OK,
    }


@pytest.mark.both_databases
def test_the_database_is_well_wherever_it_is(well: Settings, database: Database) -> None:
    there = well.model_copy(update={"database_url": database.url.render_as_string(hide_password=False)})
    found = next(finding for finding in examine(there) if finding.name == "数据库")
    assert found == Finding("数据库", State.OK, f"结构版本 {database.head}")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_what_only_this_machine_can_reach_needs_no_encryption(well: Settings, host: str) -> None:
    here = well.model_copy(update={"base_url": f"http://{host}:5000"})
    found = next(finding for finding in examine(here) if finding.name == "网址")
    assert found == Finding("网址", State.OK, f"http://{host}:5000")


def updated(**values: object) -> Change:
    return lambda settings: Settings(**(settings.model_dump() | values))


def break_file(settings: Settings) -> None:
    (settings.content / "pages" / "bad.md").write_text("---\n", "utf-8")
    store = ContentStore(settings.content)
    SearchRoom.open(settings.search_url, store.taxonomy).sync(store)  # left out, and known to be


def add_file(settings: Settings) -> None:
    (settings.content / "pages" / "new.md").write_text("---\ntitle: 新\n---\n正文。\n", "utf-8")


def break_database(settings: Settings) -> None:
    (settings.data / "caselib.sqlite").write_bytes(b"no database" * 1000)


def age_database(settings: Settings) -> None:
    with Database.open(settings).engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")


def lose_database(settings: Settings) -> None:
    for path in settings.data.glob("caselib.sqlite*"):
        path.unlink()


def clutter(settings: Settings) -> None:
    (settings.content / os.fsdecode(b"\xff.bin")).touch()
    (settings.content / "nowhere").symlink_to("none")
    os.mkfifo(settings.content / "pipe")
    (settings.data / "uploads").mkdir()
    (settings.data / "uploads" / "out").symlink_to(settings.data.parent)


TROUBLES: dict[str, tuple[Change, str, State, str]] = {
    "no key": (updated(secret_key=SecretStr("")), "密钥", State.FAIL, "没有设置 CASELIB_SECRET_KEY，不能启动。"),
    "short key": (updated(secret_key=SecretStr("short")), "密钥", State.WARN, "密钥太短，不足 32 个字符"),
    "no address": (updated(base_url=""), "网址", State.WARN, "没有设置 CASELIB_BASE_URL，邮件里的链接发不出去"),
    "open line": (updated(base_url="http://al.example.cn"), "网址", State.WARN, "http://al.example.cn 没有加密"),
    "demo data": (
        lambda settings: (settings.data / MARK).touch(),
        "数据文件夹",
        State.WARN,
        "{data} 可读写，但它是演示建立的，账号的密码公开过",
    ),
    "unfinished restore": (
        lambda settings: (settings.data / "restore.json").write_text("[]") and None,
        "备份恢复",
        State.WARN,
        "上次恢复中途停止",
    ),
    "link out of the content": (
        lambda settings: (settings.content / "out.md").symlink_to(settings.content.parent),
        "备份",
        State.WARN,
        "备份时会漏掉 1 项：{content}/out.md（它是指向文件夹之外的链接）",
    ),
    "many that no backup holds": (
        clutter,
        "备份",
        State.WARN,
        "备份时会漏掉 4 项：{content}/nowhere（它是打不开的链接）、{content}/pipe（它是管道或设备，不是文件）、"
        "{content}/\\xff.bin（名称里有不能备份的字符，或以 .restore- 开头）等",
    ),
    "no database": (lose_database, "数据库", State.WARN, "还没有 {data}/caselib.sqlite"),
    "old database": (
        age_database,
        "数据库",
        State.FAIL,
        "数据库的结构版本是 （空），本程序需要 " + Database("sqlite://").head + "。",
    ),
    "bad file": (break_file, "内容检查", State.WARN, "1 个文件有错误，没有收入：pages/bad.md"),
    "no index": (
        lambda settings: settings.model_copy(update={"search_url": f"whoosh:{settings.data / 'none'}"}),
        "搜索索引",
        State.WARN,
        "还没有可用的索引",
    ),
    "index behind": (add_file, "搜索索引", State.WARN, "1 个文件的变化还没有收入"),
    "no mail server": (
        updated(mail_url="smtp://127.0.0.1:1"),
        "邮件",
        State.FAIL,
        "连不上 smtp://127.0.0.1:1（ConnectionRefusedError）。",
    ),
    "mail misspelt": (updated(mail_url="mail.example.cn"), "邮件", State.FAIL, "CASELIB_MAIL_URL 的写法不对。"),
}


@pytest.mark.parametrize(("change", "name", "state", "seen"), TROUBLES.values(), ids=TROUBLES)
def test_each_trouble_is_found_with_a_remedy_and_nothing_else_is_blamed(
    well: Settings, change: Change, name: str, state: State, seen: str
) -> None:
    before = states(well)
    settings = change(well) or well
    findings = {finding.name: finding for finding in examine(settings)}
    found = findings[name]
    assert (found.state, found.seen) == (state, seen.format(data=settings.data, content=settings.content))
    assert found.remedy != ""
    others = {other: finding.state for other, finding in findings.items() if other != name}
    assert others == {other: was for other, was in before.items() if other != name}


def test_a_damaged_database_is_a_finding_and_not_an_error(well: Settings) -> None:
    lose_database(well)
    break_database(well)
    found = next(finding for finding in examine(well) if finding.name == "数据库")
    where = well.data / "caselib.sqlite"
    remedy = "请停止网站，用最近的备份恢复（caselib restore）。"
    assert found == Finding("数据库", State.FAIL, f"{where} 已损坏（file is not a database）", remedy)


def test_a_database_that_cannot_be_opened_is_not_called_damaged(well: Settings) -> None:
    lose_database(well)
    (well.data / "caselib.sqlite").mkdir()
    found = next(finding for finding in examine(well) if finding.name == "数据库")
    said = "检查时出错：打不开数据库文件"
    assert found == Finding("数据库", State.FAIL, said, "请按提示修复后再检查。")


def test_a_folder_that_cannot_be_written_fails(unprivileged_root: Path) -> None:
    settings = Settings(content=unprivileged_root / "content", data=unprivileged_root / "var")
    for folder in (settings.content, settings.data):
        folder.mkdir(mode=0o500)
    found = {finding.name: finding for finding in examine(settings)}
    remedy = "请把所有者改为运行本程序的用户。"
    assert (found["内容文件夹"], found["数据文件夹"]) == (
        Finding("内容文件夹", State.FAIL, f"{settings.content} 不能读写", remedy),
        Finding("数据文件夹", State.FAIL, f"{settings.data} 不能读写", remedy),
    )


def test_a_data_folder_that_is_none_fails(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    for name in ("file", "loop"):
        settings = Settings(content=tmp_path / "content", data=tmp_path / name)
        found = {finding.name: finding for finding in examine(settings)}
        remedy = "请移走它，或在设置里指明另一个文件夹。"
        assert found["数据文件夹"] == Finding("数据文件夹", State.FAIL, f"{tmp_path / name} 不是文件夹", remedy)


def test_what_root_left_where_the_site_must_write_fails(unprivileged_root: Path) -> None:
    settings = Settings(content=unprivileged_root / "content", data=unprivileged_root / "var")
    for folder in (settings.content / "cases", settings.content / ".git", settings.data / "uploads"):
        folder.mkdir(parents=True)
        folder.chmod(0o500)
    (settings.content / "README.md").touch(mode=0o400)
    Database.open(settings).upgrade()
    (settings.data / "caselib.sqlite").chmod(0o400)
    found = {finding.name: (finding.state, finding.seen) for finding in examine(settings)}
    assert (found["内容文件夹"], found["数据文件夹"]) == (
        (State.FAIL, f"{settings.content / 'cases'} 不能读写"),
        (State.FAIL, f"{settings.data / 'caselib.sqlite'} 等 2 项不能读写"),
    )


def test_what_root_left_further_inside_fails_too(unprivileged_root: Path) -> None:
    settings = Settings(content=unprivileged_root / "content", data=unprivileged_root / "var")
    pictures, hidden = settings.content / "cases" / "packaging", settings.data / ".restore-2026" / "old"
    for folder in (pictures, hidden, settings.data / "uploads" / "7"):
        folder.mkdir(parents=True)
    (pictures / "a.png").touch(mode=0o400)
    (settings.data / "uploads" / "7" / "a.pdf").touch(mode=0o000)
    pictures.chmod(0o500)
    hidden.chmod(0o500)
    found = {finding.name: (finding.state, finding.seen) for finding in examine(settings)}
    assert (found["内容文件夹"], found["数据文件夹"]) == (
        (State.FAIL, f"{pictures} 不能读写"),
        (State.FAIL, f"{settings.data / 'uploads' / '7' / 'a.pdf'} 不能读写"),
    )


@pytest.mark.parametrize(("limit", "state"), [("SPACE_WANTED", State.WARN), ("SPACE_NEEDED", State.FAIL)])
def test_a_disk_nearly_full_is_warned_of_and_a_full_one_fails(
    well: Settings, monkeypatch: pytest.MonkeyPatch, limit: str, state: State
) -> None:
    monkeypatch.setattr(doctor, "SPACE_WANTED", 1 << 62)
    monkeypatch.setattr(doctor, limit, 1 << 62)
    assert states(well)["磁盘空间"] is state
