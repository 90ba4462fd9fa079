import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from caselib.cli import COMMANDS, CommandGroup
from caselib.errors import Conflict
from tests.cli.conftest import Run
from tests.serving import CASELIB, environment


def test_help_lists_the_commands_in_chinese(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "检查每个文件" in result.output
    assert "输出文件头的 JSON Schema；类型是 case、guide、batch 或 page。" in result.output


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").output == "caselib 0.1.0\n"


_EMPTY = "路径是空的，多半是脚本里的变量没有赋值。"


@pytest.mark.parametrize(
    ("arguments", "message", "remedy"),
    [
        (["nonsense"], "没有命令 'nonsense'。", "用 caselib --help 看用法。"),
        (["check", "--nonsense"], "没有选项 --nonsense。", "用 caselib check --help 看用法。"),
        (["schema"], "缺少参数 类型。", "用 caselib schema --help 看用法。"),
        (["search"], "缺少参数 搜索内容。", "用 caselib search --help 看用法。"),
        (
            ["batch", "publish", "abc"],
            "参数 批次号 不对：应为 1 到 9999 的整数。",
            "用 caselib batch publish --help 看用法。",
        ),
        (
            ["batch", "publish", "0"],
            "参数 批次号 不对：应为 1 到 9999 的整数。",
            "用 caselib batch publish --help 看用法。",
        ),
        (
            ["search", "质量", "--limit", "500"],
            "参数 --limit 不对：应为 1 到 100 的整数。",
            "用 caselib search --help 看用法。",
        ),
        (
            ["batch", "publish", "9" * 30],
            "参数 批次号 不对：应为 1 到 9999 的整数。",
            "用 caselib batch publish --help 看用法。",
        ),
        (
            ["call", "show", "一"],
            "参数 编号 不对：应为 1 到 2147483647 的整数。",
            "用 caselib call show --help 看用法。",
        ),
        (
            ["call", "show", "9" * 30],
            "参数 编号 不对：应为 1 到 2147483647 的整数。",
            "用 caselib call show --help 看用法。",
        ),
        (
            ["call", "remind", "--on", "明天"],
            "参数 --on 不对：应写成 2023-03-01 的日期。",
            "用 caselib call remind --help 看用法。",
        ),
        (
            ["user", "add", "wang", "--role", "king"],
            "参数 --role 不对：只能是 submitter、expert、editor、operator 之一。",
            "用 caselib user add --help 看用法。",
        ),
        (["serve", "--port"], "--port 后面缺少值。", "用 caselib --help 看用法。"),
        (
            ["search", "质量", "合格率"],
            "多写了参数 合格率；里面有空格的，要用引号括起来。",
            "用 caselib search --help 看用法。",
        ),
        *(
            (
                [*command.split(), ""],
                f"参数 {called} 不对：{_EMPTY}",
                f"用 caselib {command.rstrip(' 123')} --help 看用法。",
            )
            for command, called in (
                ("import", "路径…"),
                ("export", "文件夹或.zip"),
                ("backup", "文件"),
                ("restore", "文件"),
                ("select", "文件"),
                ("replay", "文件"),
                ("batch book 3", "文件"),
            )
        ),
    ],
)
def test_a_wrong_command_line_is_told_in_chinese_and_exits_2(
    run: Run, arguments: list[str], message: str, remedy: str
) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"错误：{message}\n办法：{remedy}\n"


@pytest.mark.parametrize("arguments", [[], ["user"]])
def test_no_command_at_all_shows_which_there_are_and_is_no_error_in_words(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", run(*arguments, "--help").stdout)


@pytest.mark.parametrize(
    "address",
    [
        "x.cn",
        "https://",
        "https://x.cn/lib",
        "https://x.cn?a",
        "ftp://x.cn",
        "https://a@x.cn",
        "https://x.cn:y",
        "https://x .cn",
    ],
)
def test_an_address_of_the_site_that_no_link_could_begin_with_is_refused(run: Run, address: str) -> None:
    result = run("check", base_url=address)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"错误：CASELIB_BASE_URL 的写法不对：{address}\n"
        "办法：请写成 https://主机 或 http://主机:端口；后面不带路径，网站不能放在某个路径下面。\n"
    )


@pytest.mark.parametrize(
    ("setting", "value", "wanted"),
    [
        ("proxies", "x", "应为不小于 0 的整数"),
        ("proxies", "-1", "应为不小于 0 的整数"),
        ("count_questions", "maybe", "应为 true 或 false"),
    ],
)
def test_a_setting_of_another_kind_is_told_in_chinese(run: Run, setting: str, value: str, wanted: str) -> None:
    result = run("check", **{setting: value})
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"错误：CASELIB_{setting.upper()} 的值不对：{value}\n办法：{wanted}；全部设置见运维手册。\n"
    )


def test_an_empty_setting_is_as_if_it_were_not_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "a.md").touch()
    result = run("check", content="", data="", proxies="", count_questions="")
    assert (result.exit_code, result.output) == (0, "0 个文件，没有问题。\n")


def test_a_folder_of_links_that_go_in_a_circle_is_told_without_a_traceback(run: Run, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    missing = f"错误：没有找到内容文件夹 {tmp_path / 'loop'}。\n"
    remedy = "办法：请用 CASELIB_CONTENT 指明它在哪里，或先建一个空文件夹。\n"
    assert run("check", content="loop").stderr == missing + remedy
    assert run("db", "upgrade", data="loop").stderr.startswith(f"错误：{tmp_path / 'loop'} 读写不了（")


@pytest.mark.parametrize("command", ["check", "doctor", "user list", "backup a.tar.gz"])
def test_a_current_folder_that_is_gone_is_told_in_words(tmp_path: Path, command: str) -> None:
    inside = "import os, sys; os.rmdir(os.getcwd()); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    (tmp_path / "gone").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", inside, *CASELIB[1:], *command.split()],
        cwd=tmp_path / "gone",
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    said = "错误：当前文件夹已被删除或移走。\n办法：请用 cd 换到一个还在的文件夹，再执行一次。\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


@pytest.mark.parametrize("address", ["", "https://x.cn", "https://x.cn/", "http://127.0.0.1:5000", "http://[::1]:80"])
def test_an_address_of_the_site_is_taken(run: Run, address: str) -> None:
    assert run("check", base_url=address).exit_code == 0


def test_an_error_of_a_room_is_told_with_its_remedy_and_exits_1() -> None:
    @click.group(cls=CommandGroup, invoke_without_command=True)
    def main() -> None:
        raise Conflict("文件被改过。", "重新打开。")

    result = CliRunner().invoke(main, [])
    assert (result.exit_code, result.stderr) == (1, "错误：文件被改过。\n办法：重新打开。\n")


def test_a_database_that_does_not_answer_is_told_without_a_traceback(run: Run, tmp_path: Path) -> None:
    result = run("user", "list", database_url=f"postgresql:///caselib?host={tmp_path}")
    first, remedy = result.stderr.splitlines()
    assert (result.exit_code, first.startswith("错误：数据库出错："), f"{tmp_path}/" in first) == (1, True, True)
    assert remedy == "办法：请确认数据库在运行，再检查 CASELIB_DATABASE_URL；也可以执行 caselib doctor。"


def test_a_database_file_that_cannot_be_opened_is_told_in_chinese(run: Run, tmp_path: Path) -> None:
    (tmp_path / "var" / "caselib.sqlite").mkdir(parents=True)
    result = run("user", "list")
    remedy = "请检查数据文件夹的属主、权限和剩余空间；也可以执行 caselib doctor。"
    assert (result.exit_code, result.stderr) == (1, f"错误：数据库出错：打不开数据库文件\n办法：{remedy}\n")


def test_a_damaged_database_is_told_without_a_traceback(run: Run, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "caselib.sqlite").write_bytes(b"no database" * 1000)
    result = run("user", "list")
    said = "错误：数据库已损坏：file is not a database\n办法：请停止网站，用最近的备份恢复（caselib restore）。\n"
    assert (result.exit_code, result.stderr) == (1, said)


def test_a_folder_that_cannot_be_used_is_told_without_a_traceback(run: Run, tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    result = run("serve")
    remedy = "请检查它和所在文件夹的属主、权限和剩余空间；也可以执行 caselib doctor。"
    assert (result.exit_code, result.stderr) == (
        1,
        f"错误：{tmp_path / 'var'} 读写不了（已有同名的文件）。\n办法：{remedy}\n",
    )


def test_output_that_a_full_disk_does_not_take_is_told_without_a_traceback(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*CASELIB, "schema", "case"],
            cwd=tmp_path,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    said = "错误：没有写完（磁盘满了）。\n办法：请腾出空间，再执行一次；也可以执行 caselib doctor。\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_no_command_is_promised_by_two_modules() -> None:
    names = [name for commands in COMMANDS.values() for name in commands]
    assert sorted(names) == sorted(set(names))


def test_checking_loads_neither_the_web_nor_the_index_nor_the_solver(tmp_path: Path) -> None:
    script = (
        "import sys; from caselib.cli import main\n"
        "try: main(['check'])\n"
        "except SystemExit as end: print(end.code)\n"
        "print([name for name in ('flask', 'whoosh', 'jieba', 'scipy', 'sqlalchemy') if name in sys.modules])"
    )
    (tmp_path / "content").mkdir()
    result = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert result.stdout.split("\n")[1:] == ["0", "[]", ""]
