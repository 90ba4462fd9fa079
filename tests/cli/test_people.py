from email import message_from_bytes, policy
from pathlib import Path

import pytest

from caselib.db import Database
from caselib.people import Role, actions, queries
from caselib.people.links import Purpose, open_token
from tests.cli.conftest import Run

SITE = "https://al.example.cn"


def test_adding_tells_the_link_and_mails_it(run: Run, database: Database, tmp_path: Path) -> None:
    done = run("user", "add", "Li", "--name", "李四", "--role", "expert", "--email", "li@example.cn", base_url=SITE)
    lines = done.stdout.splitlines()
    assert (done.exit_code, lines[:2], lines[3:]) == (
        0,
        ["已开设账号 li。", "设置密码的链接（7 天内有效，只能用一次）："],
        [f"邀请信已写入 {tmp_path / 'var' / 'outbox'}。"],
    )
    assert lines[2].startswith(f"{SITE}/account/invitation/")
    (file,) = (tmp_path / "var" / "outbox").iterdir()
    letter = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (letter["To"], lines[2] in letter.get_content()) == ("li@example.cn", True)


def test_the_printed_link_opens_the_new_account(run: Run, database: Database) -> None:
    token = run("user", "add", "li", "--name", "李四", base_url=SITE).stdout.split("/")[-1].split()[0]
    with database.reading() as session:
        assert open_token(session, token, Purpose.INVITATION, key="k" * 40).username == "li"


@pytest.mark.parametrize(
    ("email", "base_url", "warning"),
    [
        ("", SITE, "没有登记邮箱：请把链接当面或用可靠的方式交给本人。"),
        ("li@example.cn", "", "没有设置 CASELIB_BASE_URL：请在链接前面加上网站的网址，邮件没有发。"),
    ],
)
def test_when_no_mail_can_be_sent_the_operator_is_told(
    run: Run, database: Database, tmp_path: Path, email: str, base_url: str, warning: str
) -> None:
    done = run("user", "add", "li", "--name", "李四", "--role", "expert", "--email", email, base_url=base_url)
    assert (done.exit_code, done.stderr.strip()) == (0, warning)
    assert not (tmp_path / "var" / "outbox").exists()


def test_an_expert_is_added_with_ties_panel_and_industries(run: Run, database: Database) -> None:
    done = run(
        "user", "add", "li", "--name", "李四", "--role", "expert", "--role", "editor", "--employer", "某院",
        "--province", "330000", "--certifier", "某机构", "--panel", "一组", "--industry", "C23", "--industry", "A",
    )  # fmt: skip
    assert done.exit_code == 0
    with database.reading() as session:
        account = queries.get_account(session, "li")
    assert account.roles == {Role.EXPERT, Role.EDITOR}
    assert (account.employer, account.province, account.certifier) == ("某院", "330000", "某机构")
    assert account.expert is not None
    assert (account.expert.panel, account.expert.industries) == ("一组", ["C23", "A"])


def test_changing_keeps_what_is_not_named(run: Run, database: Database) -> None:
    run("user", "add", "li", "--name", "李四", "--role", "expert", "--panel", "一组", "--industry", "C23")
    done = run("user", "change", "li", "--panel", "二组", "--employer", "某院")
    with database.reading() as session:
        account = queries.get_account(session, "li")
    assert (done.stdout, account.name, account.roles, account.employer) == (
        "已修改账号 li。\n",
        "李四",
        {Role.EXPERT},
        "某院",
    )
    assert account.expert is not None
    assert (account.expert.panel, account.expert.industries) == ("二组", ["C23"])
    run("user", "change", "li", "--industry", "A")
    with database.reading() as session:
        expert = queries.get_account(session, "li").expert
    assert expert is not None
    assert (expert.panel, expert.industries) == ("二组", ["A"])


def test_an_unknown_industry_names_the_nearest_and_adds_nobody(run: Run, database: Database) -> None:
    done = run("user", "add", "li", "--name", "李四", "--role", "expert", "--industry", "C230")
    assert (done.exit_code, done.stderr.splitlines()[0]) == (1, "错误：没有行业代码“C230”。")
    assert "C23（印刷和记录媒介复制业）" in done.stderr
    with database.reading() as session:
        assert queries.list_accounts(session) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", "li"), "错误：姓名或单位名称应为 1 至 64 个字。"),
        (("add", "<li>", "--name", "李"), "错误：用户名“<li>”不合规则。"),
        (("add", "editor", "--name", "李"), "错误：用户名“editor”已经有人使用。"),
        (("disable", "nobody"), "错误：没有用户名为“nobody”的账号。"),
        (("enable", "editor"), "错误：账号“editor”没有停用。"),
        (("invite", "nobody"), "错误：没有用户名为“nobody”的账号。"),
    ],
)
def test_what_cannot_be_done_is_told(run: Run, database: Database, arguments: tuple[str, ...], message: str) -> None:
    run("user", "add", "editor", "--name", "编辑")
    done = run("user", *arguments)
    assert (done.exit_code, done.stderr.splitlines()[0]) == (1, message)


def test_an_account_without_a_role_is_told(run: Run, database: Database) -> None:
    none = run("user", "add", "li", "--name", "李", "--email", "li@example.cn", base_url=SITE)
    one = run("user", "add", "wang", "--name", "王", "--email", "w@example.cn", "--role", "editor", base_url=SITE)
    said = "没有给身份：这个账号登录后什么也做不了。请用 caselib user change li --role 身份 补上。\n"
    assert [(none.exit_code, none.stderr), (one.exit_code, one.stderr)] == [(0, said), (0, "")]


def test_the_help_says_that_a_name_is_needed(run: Run) -> None:
    assert "姓名或单位名称（开设账号时必填）" in run("user", "add", "--help").stdout


def test_an_unknown_role_is_told_as_wrong_usage(run: Run, database: Database) -> None:
    done = run("user", "add", "li", "--name", "李", "--role", "king")
    assert (done.exit_code, "只能是 submitter、expert、editor、operator 之一" in done.stderr) == (2, True)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_listing_shows_every_account_and_its_state(run: Run, database: Database, count: int) -> None:
    for number in range(count):
        run("user", "add", f"li{number}", "--name", "李", "--role", "expert", "--email", f"{number}@b.cn")
    done = run("user", "list")
    assert done.stdout.splitlines() == [f"li{n}\texpert\t未设密码\t李\t{n}@b.cn" for n in range(count)]
    assert done.stderr == f"共 {count} 个账号。\n"


def test_an_account_is_disabled_and_enabled(run: Run, database: Database) -> None:
    run("user", "add", "li", "--name", "李")
    with database.writing() as session:
        actions.set_password(
            session=session, account=queries.get_account(session, "li"), password="一句很长的口令 2026"
        )
    said, states = [], []
    for verb in ("list", "disable", "enable"):
        said.append(run("user", verb, "li").stdout if verb != "list" else "")
        states.append(run("user", "list").stdout.split("\t")[2])
    assert said == ["", "账号 li 已停用。\n", "账号 li 已恢复。\n"]
    assert states == ["正常", "已停用", "正常"]


def test_a_disabled_account_is_not_invited(run: Run, database: Database) -> None:
    run("user", "add", "li", "--name", "李")
    run("user", "disable", "li")
    done = run("user", "invite", "li", base_url=SITE)
    assert (done.exit_code, done.stdout, done.stderr.splitlines()[0]) == (1, "", "错误：账号“li”已停用。")


@pytest.mark.parametrize("arguments", [("list",), ("disable", "li")])
def test_a_database_that_is_missing_is_told_and_not_made(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run("user", *arguments)
    assert (done.exit_code, "caselib db upgrade" in done.stderr) == (1, True)
    assert not (tmp_path / "var").exists()


def test_without_a_key_nobody_is_added(run: Run, database: Database) -> None:
    done = run("user", "add", "li", "--name", "李", base_url=SITE, secret_key="")
    assert (done.exit_code, "没有设置 CASELIB_SECRET_KEY" in done.stderr) == (1, True)
    with database.reading() as session:
        assert queries.list_accounts(session) == []
