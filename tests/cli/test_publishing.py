"""``caselib batch publish`` and ``caselib audit verify``, as an operator runs them."""

import os
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from caselib import journal
from caselib.cli import main
from caselib.content import ContentStore
from caselib.db import Database
from caselib.publishing.release import Publisher
from tests.publishing.rounds import LATER, Publishing, library
from tests.ready import migrated

runner = CliRunner()


@pytest.fixture
def round_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publishing:
    library(tmp_path)
    monkeypatch.setenv("CASELIB_CONTENT", str(tmp_path / "content"))
    monkeypatch.setenv("CASELIB_DATA", str(tmp_path / "var"))
    database = migrated(Database(f"sqlite:///{tmp_path / 'var' / 'caselib.sqlite'}"))
    return Publishing(database)


def caselib(*arguments: str) -> Result:
    return runner.invoke(main, arguments)


def files(tmp_path: Path) -> list[str]:
    root = tmp_path / "content"
    return sorted(path.relative_to(root).as_posix() for path in root.glob("*/*.md"))


def test_a_batch_is_published_by_its_number_and_found(round_: Publishing, tmp_path: Path) -> None:
    round_.announced()
    caselib("index")
    result = caselib("batch", "publish", "4")
    assert (result.exit_code, result.stdout) == (
        0,
        "已发布第四批，共 2 篇案例：\ncases/2022-001.md\ncases/2022-002.md\nbatches/4.md\n",
    )
    assert files(tmp_path) == ["batches/4.md", "cases/2022-001.md", "cases/2022-002.md"]
    assert "第一号案例" in caselib("search", "第一号案例").stdout


def test_a_dry_run_lists_the_files_and_writes_none(round_: Publishing, tmp_path: Path) -> None:
    round_.announced()
    result = caselib("batch", "publish", "4", "--dry-run")
    assert (result.exit_code, result.stdout) == (0, "cases/2022-001.md\ncases/2022-002.md\nbatches/4.md\n")
    assert files(tmp_path) == []


def test_a_dry_run_says_what_is_still_missing(round_: Publishing, tmp_path: Path) -> None:
    _, notice = round_.announced()
    round_.object_to(notice)
    result = caselib("batch", "publish", "4", "--dry-run")
    assert (result.exit_code, result.stderr) == (1, "还不能发布：还有 1 条异议没有结案。\n")


def test_what_was_cut_off_is_finished_by_publishing_again(round_: Publishing, tmp_path: Path) -> None:
    call, _ = round_.announced()
    editor = round_["editor"]
    round_.database.close()
    child = os.fork()
    if child == 0:

        def die(name: str) -> None:
            if name == "withheld":
                os.kill(os.getpid(), signal.SIGKILL)

        store = ContentStore(tmp_path / "content")
        Publisher(Database(str(round_.database.url)), store, tmp_path / "var", step=die).publish(
            actor=editor, call_id=call.id or 0, now=LATER
        )
    os.waitpid(child, 0)
    result = caselib("batch", "publish", "4")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "已发布第四批，共 2 篇案例：")


def test_a_batch_that_no_call_is_for(round_: Publishing) -> None:
    result = caselib("batch", "publish", "9")
    assert (result.exit_code, result.stderr) == (
        1,
        "错误：没有第九批的征集。\n办法：请用 caselib call list 查看各次征集的批次号。\n",
    )


def test_a_call_that_is_not_under_notice(round_: Publishing) -> None:
    round_.closed()
    result = caselib("batch", "publish", "4")
    assert (result.exit_code, result.stderr) == (
        1,
        "错误：现在是“评审结束”，不能“发布”。\n办法：只有在“公示中”时才可以；请刷新页面再看。\n",
    )


def test_a_history_that_holds(round_: Publishing) -> None:
    result = caselib("audit", "verify")
    lines = result.stdout.splitlines()
    assert (result.exit_code, lines[0]) == (0, "核对无误：5 条事件首尾相接，各表与历史一致。")
    with round_.database.reading() as session:
        assert lines[1] == f"链头 {journal.last_digest(session)}（请另行记下，下次用 --head 核对）"


def test_a_history_that_does_not_hold_fails_and_names_row_and_field(round_: Publishing) -> None:
    round_.call()
    with round_.database.engine.begin() as connection:
        connection.execute(text("UPDATE call SET title = '别的'"))
    result = caselib("audit", "verify")
    assert (result.exit_code, result.stderr) == (
        1,
        '核对 7 条事件，发现 1 处问题：\ncall:1 的 title：表中是 "别的"，按历史应为 "2022 年优良案例征集"。\n',
    )


def test_the_head_that_was_noted_is_looked_for(round_: Publishing) -> None:
    round_.call()
    result = caselib("audit", "verify", "--head", "f" * 64)
    assert result.exit_code == 1
    assert "链尾被截断：找不到已知的事件 ffffffffffff…。" in result.stderr


def test_the_book_of_a_batch_is_written_once(round_: Publishing, tmp_path: Path) -> None:
    round_.announced()
    caselib("batch", "publish", "4")
    for name in ("汇编.docx", "汇编.PDF"):
        target = tmp_path / name
        result = caselib("batch", "book", "4", str(target))
        assert (result.exit_code, result.stdout) == (0, f"优良案例汇编（第四批）导出了 2 篇案例：{target}\n")
        again = caselib("batch", "book", "4", str(target))
        assert (again.exit_code, again.stderr.splitlines()[0]) == (1, f"错误：{target} 已经存在。")
    assert [(tmp_path / name).read_bytes()[:4] for name in ("汇编.docx", "汇编.PDF")] == [b"PK\3\4", b"%PDF"]


def test_a_book_names_the_files_that_could_not_be_in_it(round_: Publishing, tmp_path: Path) -> None:
    round_.announced()
    caselib("batch", "publish", "4")
    (tmp_path / "content" / "cases" / "2022-002.md").write_text("---\nbatch: 4\n---\n", "utf-8")
    target = tmp_path / "a.docx"
    result = caselib("batch", "book", "4", str(target))
    assert (result.stdout, result.stderr) == (
        f"优良案例汇编（第四批）导出了 1 篇案例：{target}\n",
        "有错误，没有收入：cases/2022-002.md\n",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("4", "汇编.txt"), 2, "错误：命令写得不对：文件要以 .docx 或 .pdf 结尾；“汇编.txt”不是。"),
        (("4", "汇编.pdf"), 1, "错误：第四批还没有发布，没有汇编。"),
        (("0", "汇编.pdf"), 2, "错误：参数 批次号 不对：应为 1 到 9999 的整数。"),
    ],
)
def test_a_book_that_cannot_be_made(round_: Publishing, arguments: tuple[str, ...], code: int, said: str) -> None:
    result = caselib("batch", "book", *arguments)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (code, said)
