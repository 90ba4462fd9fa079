import fcntl
import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from caselib.config import Settings
from caselib.content import ContentStore
from caselib.db import Database
from caselib.errors import CaselibError, Conflict, Unavailable
from caselib.operations.data_folder import running_lock
from caselib.operations.starting import begin, get_ready, holding_data
from caselib.search import SearchQuery, SearchRoom
from caselib.search.stories import recognising
from tests.operations.conftest import MakeSite

CASE = '---\ntitle: {title}\nindustry: [C23]\nregion: "330400"\nyear: 2022\n---\n正文。\n'


@pytest.fixture
def settings(make_settings: MakeSite) -> Settings:
    settings = make_settings("site")
    (settings.content / "cases").mkdir(parents=True)
    add(settings, "packaging", "包装企业")
    return settings


def add(settings: Settings, slug: str, title: str) -> None:
    (settings.content / "cases" / f"{slug}.md").write_text(CASE.format(title=title), "utf-8")


def interrupt_restore(settings: Settings) -> None:
    """As a restore leaves it that stopped before its last move."""
    settings.data.mkdir()
    (settings.data / "waiting.md").write_text(CASE.format(title="卫浴企业"), "utf-8")
    move = [str(settings.data / "waiting.md"), str(settings.content / "cases" / "tiles.md")]
    (settings.data / "restore.json").write_text(json.dumps([move]))


def start(settings: Settings) -> list[str]:
    said: list[str] = []
    get_ready(settings, said.append)
    return said


def indexed(settings: Settings) -> list[str]:
    search = SearchRoom.open(settings.search_url, ContentStore(settings.content).taxonomy)
    return sorted(hit.slug for hit in search.search(SearchQuery()).hits)


def test_a_first_start_makes_database_and_index(settings: Settings) -> None:
    said = [line.split("，用时")[0] for line in start(settings)]
    assert said == [
        f"没有数据库，新建 {settings.data / 'caselib.sqlite'}。",
        "没有可用的索引，正在建立……",
        "索引建好：收入 1 篇，0 个文件有错误、没有收入",
    ]
    Database.open(settings).require_current()
    assert indexed(settings) == ["packaging"]


def test_a_second_start_has_nothing_to_say_and_takes_in_what_changed(settings: Settings) -> None:
    start(settings)
    add(settings, "tiles", "卫浴企业")
    assert (start(settings), indexed(settings)) == ([], ["packaging", "tiles"])


def test_the_start_learns_for_all_workers_what_the_first_story_told_would_wait_for(settings: Settings) -> None:
    recognising._classifier.cache_clear()
    recognising._learned.cache_clear()
    start(settings)
    worker = SearchRoom.open(settings.search_url, ContentStore(settings.content).taxonomy)
    learned = recognising._learned.cache_info().misses
    assert [each.key for each in worker.describe("客户退货").problems] == ["quality-bottleneck"]
    assert (learned, recognising._learned.cache_info().misses) == (1, 1)


def test_bad_files_are_counted_by_file_and_stop_nothing(settings: Settings) -> None:
    for number in range(3):
        (settings.content / "cases" / f"bad{number}.md").write_text("---\nindustry: [X]\n---\n", "utf-8")
    (settings.content / "cases" / "Named badly.md").write_text("无关。", "utf-8")
    assert start(settings)[-1].startswith("索引建好：收入 1 篇，4 个文件有错误、没有收入")


def test_an_index_that_cannot_be_used_is_made_anew(settings: Settings) -> None:
    start(settings)
    for path in (settings.data / "index").rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            path.write_bytes(b"damaged")
    assert "没有可用的索引，正在建立……" in start(settings)
    assert indexed(settings) == ["packaging"]


def test_a_site_whose_index_cannot_be_made_starts_without_search(settings: Settings) -> None:
    settings.data.mkdir()
    (settings.data / "index").touch()
    assert [line.partition("：")[0] for line in start(settings)][-1] == "搜索暂时不能用"


def test_without_a_key_nothing_is_made(settings: Settings) -> None:
    with pytest.raises(CaselibError, match="没有设置 CASELIB_SECRET_KEY"):
        start(settings.model_copy(update={"secret_key": SecretStr("")}))
    assert not settings.data.exists()


def test_where_mail_goes_is_checked_before_anybody_waits_for_a_letter(settings: Settings) -> None:
    with pytest.raises(CaselibError) as caught:
        start(settings.model_copy(update={"mail_url": "mail.example.cn:25"}))
    assert (caught.value.message, settings.data.exists()) == ("CASELIB_MAIL_URL 的写法不对。", False)


@pytest.mark.parametrize(("length", "told"), [(31, True), (32, False)])
def test_a_short_key_is_told_at_every_start(settings: Settings, length: int, told: bool) -> None:
    said = start(settings.model_copy(update={"secret_key": SecretStr("k" * length)}))
    warning = (
        "注意：CASELIB_SECRET_KEY 太短，不足 32 个字符，会话和链接可能被伪造。请用 openssl rand -hex 32 生成一个。"
    )
    assert said.count(warning) == told


def test_without_a_content_folder_nothing_is_made(settings: Settings) -> None:
    with pytest.raises(CaselibError, match="没有找到内容文件夹"):
        start(settings.model_copy(update={"content": settings.content / "none"}))
    assert not settings.data.exists()


def test_an_older_database_is_not_upgraded_unasked(settings: Settings) -> None:
    start(settings)
    database = Database.open(settings)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    with pytest.raises(Unavailable, match="caselib db upgrade"):
        start(settings)
    assert database.revision() == ""


def test_a_new_data_folder_is_its_owners_alone(make_settings: MakeSite) -> None:
    upgraded, served, begun = map(make_settings, ("upgraded", "served", "begun"))
    begun.content.mkdir(parents=True)
    Database.open(upgraded).upgrade()
    with running_lock(served.data, alone=False), begin(begun, str):
        pass
    assert [oct(site.data.stat().st_mode) for site in (upgraded, served, begun)] == ["0o40700"] * 3


def test_an_interrupted_restore_is_finished_first(settings: Settings) -> None:
    interrupt_restore(settings)
    said: list[str] = []
    with holding_data(settings, said.append):
        get_ready(settings, said.append)
    assert said[0] == "上次恢复备份中途停止，现已完成。"
    assert (indexed(settings), (settings.data / "restore.json").exists()) == (["packaging", "tiles"], False)


def test_a_restore_is_not_finished_under_a_site_that_is_running(settings: Settings) -> None:
    with running_lock(settings.data, alone=False):
        (settings.data / "restore.json").write_text("[]")
        with pytest.raises(Conflict), holding_data(settings, str):
            pass
        assert (settings.data / "restore.json").exists()


def test_a_process_of_any_server_finishes_a_restore_makes_the_database_and_keeps_a_restore_out(
    settings: Settings,
) -> None:
    interrupt_restore(settings)
    said: list[str] = []
    first = begin(settings, said.append)
    with begin(settings, said.append), pytest.raises(Conflict), running_lock(settings.data, alone=True):
        pass
    with pytest.raises(Conflict), running_lock(settings.data, alone=True):
        pass
    first.close()
    assert said == ["上次恢复备份中途停止，现已完成。", f"没有数据库，新建 {settings.data / 'caselib.sqlite'}。"]
    assert ((settings.content / "cases" / "tiles.md").exists(), (settings.data / "index").exists()) == (True, False)
    with running_lock(settings.data, alone=True):
        pass


def test_while_one_process_makes_the_database_no_other_begins(settings: Settings) -> None:
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        with (settings.data / "start.lock").open("w") as turn, pytest.raises(BlockingIOError):
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)

    begin(settings, say).close()
    assert said == [f"没有数据库，新建 {settings.data / 'caselib.sqlite'}。"]


@pytest.mark.parametrize(
    ("first", "second", "allowed"),
    [
        ("together", "together", True),
        ("together", "alone", False),
        ("alone", "together", False),
        ("alone", "alone", False),
    ],
)
def test_servers_hold_the_data_folder_together_and_a_restore_alone(
    tmp_path: Path, first: str, second: str, allowed: bool
) -> None:
    held = False
    with running_lock(tmp_path, alone=first == "alone"):
        try:
            with running_lock(tmp_path, alone=second == "alone"):
                held = True
        except Conflict:
            pass
    assert held is allowed
    with running_lock(tmp_path, alone=True):
        pass
