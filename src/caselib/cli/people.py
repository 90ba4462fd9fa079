"""Commands on accounts: add, list, change, invite, disable and enable."""

from typing import Any, cast

import click
from sqlmodel import Session

from caselib.cli import open_database
from caselib.config import Settings
from caselib.content import ContentStore
from caselib.errors import CaselibError
from caselib.mail import Mailer
from caselib.people import COMMAND_LINE, Account, Role, actions, queries
from caselib.people.actions import Details
from caselib.people.letters import write_letter
from caselib.people.links import Purpose, link_path

_ROLES = click.Choice([role.value for role in Role])


@click.group("user", help="管理账号。")
def user() -> None:
    """Group of the commands on accounts."""


def _details(command: Any) -> Any:
    """The options that ``add`` and ``change`` share; what is not given is not touched."""
    for option, help_text in (
        ("--panel", "评审组（评审专家）"),
        ("--certifier", "所属认证机构"),
        ("--province", "省级行政区划代码，例如 330000"),
        ("--employer", "工作单位，或报送单位"),
        ("--email", "邮箱，用来收邀请和重设密码的链接"),
        ("--name", "姓名或单位名称（开设账号时必填）"),
    ):
        command = click.option(option, help=help_text)(command)
    industries = click.option("--industry", "industries", multiple=True, help="擅长的行业代码，可重复（评审专家）")
    roles = click.option("--role", "roles", type=_ROLES, multiple=True, help="身份，可重复")
    return roles(industries(command))


@user.command("add", help="开设账号，并给出邀请链接（有邮箱的同时发信）。")
@click.argument("username", metavar="用户名")
@_details
def add(username: str, roles: tuple[str, ...], industries: tuple[str, ...], panel: str | None, **details: Any) -> None:
    """Add an account and invite its owner."""
    settings = Settings()
    _ = settings.signing_key  # without it there would be an account that nobody can be invited to
    with open_database(settings).writing() as session:
        account = actions.add_account(
            session=session, actor=COMMAND_LINE, username=username, roles=map(Role, roles), **_given(details)
        )
        _describe(session, settings, account, industries, panel)
    click.echo(f"已开设账号 {account.username}。")
    if not roles:
        remedy = f"请用 caselib user change {account.username} --role 身份 补上。"
        click.echo(f"没有给身份：这个账号登录后什么也做不了。{remedy}", err=True)
    _invite(settings, account)


@user.command("change", help="修改账号；给出 --role 时替换全部身份。")
@click.argument("username", metavar="用户名")
@_details
def change(
    username: str, roles: tuple[str, ...], industries: tuple[str, ...], panel: str | None, **details: Any
) -> None:
    """Change an account's details and roles."""
    settings = Settings()
    with open_database(settings).writing() as session:
        account = queries.get_account(session, username)
        wanted = [Role(role) for role in roles] if roles else None
        actions.change_account(session=session, actor=COMMAND_LINE, account=account, roles=wanted, **_given(details))
        _describe(session, settings, account, industries, panel)
    click.echo(f"已修改账号 {account.username}。")


@user.command("list", help="列出全部账号。")
def list_all() -> None:
    """Print every account, one a line."""
    with open_database(Settings()).reading() as session:
        accounts = queries.list_accounts(session)
    for account in accounts:
        roles = ",".join(sorted(account.roles)) or "-"
        state = "已停用" if account.disabled_at else "正常" if account.password_hash else "未设密码"
        click.echo("\t".join((account.username, roles, state, account.name, account.email or "-")))
    click.echo(f"共 {len(accounts)} 个账号。", err=True)


@user.command("invite", help="重新给出设置密码的链接。")
@click.argument("username", metavar="用户名")
def invite(username: str) -> None:
    """Invite an account's owner again."""
    settings = Settings()
    with open_database(settings).reading() as session:
        account = queries.get_account(session, username)
    if account.disabled_at:
        raise CaselibError(f"账号“{account.username}”已停用。", "请先执行 caselib user enable。")
    _invite(settings, account)


@user.command("disable", help="停用账号，立即生效。")
@click.argument("username", metavar="用户名")
def disable(username: str) -> None:
    """Shut an account out."""
    with open_database(Settings()).writing() as session:
        account = queries.get_account(session, username)
        actions.disable_account(session=session, actor=COMMAND_LINE, account=account)
    click.echo(f"账号 {account.username} 已停用。")


@user.command("enable", help="恢复停用的账号。")
@click.argument("username", metavar="用户名")
def enable(username: str) -> None:
    """Let a disabled account in again."""
    with open_database(Settings()).writing() as session:
        account = queries.get_account(session, username)
        actions.enable_account(session=session, actor=COMMAND_LINE, account=account)
    click.echo(f"账号 {account.username} 已恢复。")


def _given(details: dict[str, str | None]) -> Details:
    return cast(Details, {key: value for key, value in details.items() if value is not None})


def _describe(
    session: Session, settings: Settings, account: Account, industries: tuple[str, ...], panel: str | None
) -> None:
    if not industries and panel is None:
        return
    known = ContentStore(settings.content).taxonomy.industries
    for key in industries:
        if key not in known:
            meant = known.meant(key)
            raise CaselibError(
                f"没有行业代码“{key}”。", f"相近的有：{meant}。" if meant else "请用 GB/T 4754-2017 的代码。"
            )
    before = account.expert
    actions.describe_expert(
        session=session,
        actor=COMMAND_LINE,
        account=account,
        industries=industries or (before.industries if before else ()),
        panel=panel if panel is not None else (before.panel if before else ""),
    )


def _invite(settings: Settings, account: Account) -> None:
    """Print the link, and mail it to whoever has an address."""
    link = settings.base_url + link_path(account, Purpose.INVITATION, key=settings.signing_key)
    click.echo(f"设置密码的链接（7 天内有效，只能用一次）：\n{link}")
    if not settings.base_url:
        click.echo("没有设置 CASELIB_BASE_URL：请在链接前面加上网站的网址，邮件没有发。", err=True)
    elif not account.email:
        click.echo("没有登记邮箱：请把链接当面或用可靠的方式交给本人。", err=True)
    else:
        letter = write_letter(Purpose.INVITATION, account, link=link, site=settings.site.name)
        mailer = Mailer.open(settings)
        mailer.send(letter)
        where = f"写入 {mailer.destination}" if mailer.to_folder else f"发给 {account.email}"
        click.echo(f"邀请信已{where}。")
