"""A list of experts from a table: what each row would do, shown before anything is done, then done.

A row is an expert: an account that exists is changed, one that does not is added. Nothing is deleted, no role is taken
away, and an account that is more than an expert or a submitter is left to the operator.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlmodel import Session

from caselib.errors import CaselibError
from caselib.people import actions, queries, rules
from caselib.people.actions import Details
from caselib.people.actors import Actor, Role
from caselib.people.models import Account
from caselib.pinyin import readings
from caselib.sheets import is_error

COLUMNS: dict[str, tuple[str, ...]] = {
    "username": ("用户名", "账号", "登录名"),
    "name": ("姓名", "专家姓名", "专家"),
    "email": ("邮箱", "电子邮箱", "电子邮件", "邮件"),
    "employer": ("单位", "工作单位", "所在单位"),
    "province": ("省份", "省", "所在省份", "所在省", "地区"),
    "certifier": ("认证机构", "所属认证机构"),
    "industries": ("行业", "专业领域", "擅长行业", "行业代码"),
    "panel": ("评审组", "组别", "分组"),
}
"""What a column may be called; the first name is the one in the template."""
_NAMES = {name: key for key, names in COLUMNS.items() for name in names}
_CLEANERS = {
    "name": rules.one_line,  # ``_row`` says what is wrong with it, an empty one too
    "email": rules.clean_email,
    "employer": rules.clean_employer,
    "certifier": rules.clean_certifier,
    "panel": rules.clean_panel,
}
_SEPARATORS = re.compile(r"[、，,；;/\s]+")


@dataclass(frozen=True)
class Known:
    """What a table may name: industries (code → name) and provinces (code → name)."""

    industries: Mapping[str, str]
    provinces: Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """One row: its line in the file, what it says, and what is wrong with it or what it would change."""

    line: int
    username: str
    values: dict[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    before: dict[str, Any] | None = None
    """What the account says now; None for an account that is new."""

    @property
    def changes(self) -> dict[str, Any]:
        """What would differ afterwards."""
        before = self.before or {}
        return {key: value for key, value in self.values.items() if before.get(key) != value}

    @property
    def outcome(self) -> str:
        """``refused``, ``new``, ``changed`` or ``same``."""
        if self.problems:
            return "refused"
        return "new" if self.before is None else "changed" if self.changes else "same"


def preview(session: Session, *, actor: Actor, table: Sequence[Sequence[str]], known: Known) -> list[Row]:
    """What each row of ``table`` (the first is the heading) would do; nothing is changed.

    Raises:
        Forbidden: the actor may not manage experts.
        CaselibError: there is no heading with a name, or no row.
    """
    rules.require_manager(actor, [Role.EXPERT])
    keys = _heading(table)
    rows: list[Row] = []
    taken: dict[str, int] = {}
    named: dict[str, int] = {}
    for line, cells in enumerate(table[1:], 2):
        if any(cells):
            said = {key: cells[at] if at < len(cells) else "" for at, key in keys.items()}
            row = _row(session, actor, line, said, known, taken, list(_seen_before(said, taken, named)))
            taken.setdefault(row.username, line)
            named.setdefault(_closed_up(said["name"]), line)
            rows.append(row)
    if not rows:
        raise CaselibError("表格里没有专家。", "第一行是表头，从第二行起一行一位专家。")
    return rows


def take_in(session: Session, *, actor: Actor, rows: Sequence[Row]) -> list[Account]:
    """Do what ``preview`` showed; the accounts that are new, without a password yet.

    Raises:
        CaselibError: a row has problems: then nothing may be done.
    """
    if bad := [row.line for row in rows if row.problems]:
        raise CaselibError(f"第 {'、'.join(map(str, bad))} 行有错误，什么都没有导入。", "请改好表格后重新上传。")
    return [account for row in rows for account in _take_in(session, actor, row)]


def _take_in(session: Session, actor: Actor, row: Row) -> Iterator[Account]:
    details = cast(Details, {key: value for key, value in row.values.items() if key not in ("industries", "panel")})
    account = queries.find_account(session, row.username)
    if account is None:
        account = actions.add_account(
            session=session, actor=actor, username=row.username, roles=[Role.EXPERT], **details
        )
        yield account
    else:
        roles = [*account.roles, Role.EXPERT]
        actions.change_account(session=session, actor=actor, account=account, roles=roles, **details)
    now = actions.told(account)
    actions.describe_expert(
        session=session,
        actor=actor,
        account=account,
        industries=row.values.get("industries", now["industries"]),
        panel=row.values.get("panel", now["panel"]),
    )


def _heading(table: Sequence[Sequence[str]]) -> dict[int, str]:
    """Column → key, of the columns that are known."""
    heading = [re.sub(r"[\s*（(].*", "", cell) for cell in (table[0] if table else ())]
    keys = {at: _NAMES[name] for at, name in enumerate(heading) if name in _NAMES}
    if "name" not in keys.values():
        names = "、".join(names[0] for names in COLUMNS.values())
        raise CaselibError("表格的第一行里没有“姓名”这一列。", f"第一行应是表头，可用的列有：{names}。")
    if len(set(keys.values())) < len(keys):
        raise CaselibError("表头里有两列说的是同一件事。", "请只留下一列。")
    return keys


def _seen_before(said: dict[str, str], taken: Mapping[str, int], named: Mapping[str, int]) -> Iterator[str]:
    """What is wrong with a row because of those above it, given their lines by user name and by name.

    One person in two rows would get two accounts, so whoever has a name that was there needs a user name.
    """
    username, name = rules.fold_username(said.get("username", "")), _closed_up(said["name"])
    if username in taken:
        yield f"第 {taken[username]} 行已经用了用户名 {username}，请删去一行，或改用户名。"
    elif name in named and name and not username:
        yield f"第 {named[name]} 行也是{name}。同一个人的，删去一行；同名的两个人，请写上各自的用户名。"


def _closed_up(name: str) -> str:
    """A name without the spaces that only make names equally wide."""
    return "".join(rules.one_line(name).split())


def _row(
    session: Session,
    actor: Actor,
    line: int,
    said: dict[str, str],
    known: Known,
    taken: Collection[str],
    problems: list[str],
) -> Row:
    for key, text in said.items():
        if is_error(text):
            problems.append(f"“{COLUMNS[key][0]}”一列是 {text}，这是表格软件算不出来的标记，请改成内容，或清空这一格。")
            said[key] = text if key == "name" else ""
    username = rules.fold_username(said.pop("username", "")) or _free_username(session, said["name"], taken)
    values = dict(_values(said, known, problems))
    for check, value in ((rules.clean_username, username), (rules.clean_name, said["name"])):
        _checked(check, value, problems)
    account = queries.find_account(session, username)
    if account and not rules.may_manage_accounts(actor, account.roles):
        problems.append(f"账号 {username} 不只是专家，请联系运维修改。")
    return Row(line, username, values, tuple(problems), before=actions.told(account) if account else None)


def _free_username(session: Session, name: str, taken: Collection[str]) -> str:
    """The name's pinyin; with a number if others have it, unless it is the account of somebody of the same name."""
    stem = re.sub(r"[^a-z0-9]", "", "".join(readings(each)[0] for each in name).lower())[:28]
    number, username = 1, stem
    while username in taken or _is_somebody_else(session, username, name):
        number += 1
        username = f"{stem}{number}"
    return username


def _is_somebody_else(session: Session, username: str, name: str) -> bool:
    account = queries.find_account(session, username)
    return account is not None and account.name != rules.one_line(name)


def _values(said: dict[str, str], known: Known, problems: list[str]) -> Iterator[tuple[str, Any]]:
    """What the filled cells say, as an account keeps it; an empty cell leaves things as they are."""
    for key, text in said.items():
        if not text:
            continue
        if key == "industries":
            yield key, _industries(text, known, problems)
        elif key == "province":
            yield key, _province(text, known, problems)
        else:
            yield key, _checked(_CLEANERS[key], text, problems)


def _industries(text: str, known: Known, problems: list[str]) -> list[str]:
    codes = {name: code for code, name in known.industries.items()}
    found = []
    for part in filter(None, _SEPARATORS.split(text)):
        code = part.upper() if part.upper() in known.industries else codes.get(part, "")
        if not code:
            problems.append(f"没有行业“{part}”，请用 GB/T 4754-2017 的代码或全称，例如 C23。")
        found.append(code)
    return list(dict.fromkeys(found))


def _province(text: str, known: Known, problems: list[str]) -> str:
    matches = [code for code, name in known.provinces.items() if text == code or name.startswith(text)]
    if len(matches) != 1:
        problems.append(f"没有省份“{text}”，请写全称或六位代码，例如浙江省或 330000。")
        return ""
    return matches[0]


def _checked(check: Callable[[str], str], value: str, problems: list[str]) -> str:
    try:
        return check(value)
    except CaselibError as error:
        problems.append(error.message)
        return value
