"""What is allowed, as pure functions: names, addresses, who may manage accounts, who may sign in."""

import re
import unicodedata
from collections.abc import Iterable

from caselib.errors import CaselibError, Forbidden
from caselib.people.actors import Actor, Role
from caselib.people.models import Account

_USERNAME = re.compile(r"[a-z0-9\u4e00-\u9fff][a-z0-9\u4e00-\u9fff._-]{1,31}")
_EMAIL = re.compile(r"[^\s@<>,;:\"]{1,64}@[^\s@<>,;:\"]{1,185}\.[^\s@<>,;:\".]{2,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no text holds, and PostgreSQL does not take."""
_PROVINCE = re.compile(r"[1-8]\d0000")


def fold_username(text: str) -> str:
    """The form in which a user name is kept and compared."""
    return unicodedata.normalize("NFKC", _CONTROL.sub(" ", text)).strip().casefold()


def clean_username(text: str) -> str:
    """The user name as kept.

    Raises:
        CaselibError: it has other characters than letters, digits, Chinese characters and ``. _ -``.
    """
    username = fold_username(text)
    if not _USERNAME.fullmatch(username):
        raise CaselibError(
            f"用户名“{text}”不合规则。", "请用 2 至 32 个小写字母、数字、汉字或 . _ -，首位是字母、数字或汉字。"
        )
    return username


def one_line(text: str) -> str:
    """The text in one line, without the characters that no text holds."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _detail(text: str, what: str, longest: int) -> str:
    """A detail of somebody in one line, as kept; empty stays empty.

    Raises:
        CaselibError: it is too long; ``what`` is its word.
    """
    detail = one_line(text)
    if len(detail) > longest:
        raise CaselibError(f"{what}“{detail[:20]}…”太长，最多 {longest} 个字。", "请缩短。")
    return detail


def clean_employer(text: str) -> str:
    """The employer in one line; CaselibError where it is too long."""
    return _detail(text, "单位", 128)


def clean_certifier(text: str) -> str:
    """The certification body in one line; CaselibError where it is too long."""
    return _detail(text, "认证机构", 128)


def clean_panel(text: str) -> str:
    """The name of a review panel in one line; CaselibError where it is too long."""
    return _detail(text, "评审组", 64)


def clean_name(text: str) -> str:
    """The name to show, one line.

    Raises:
        CaselibError: it is empty or too long.
    """
    name = one_line(text)
    if not 1 <= len(name) <= 64:
        raise CaselibError("姓名或单位名称应为 1 至 64 个字。", "请补上 --name，或缩短名称。")
    return name


def clean_email(text: str) -> str:
    """The mail address as kept; empty stays empty.

    Raises:
        CaselibError: it is no mail address.
    """
    email = _CONTROL.sub(" ", text).strip()
    if email and not _EMAIL.fullmatch(email):
        raise CaselibError(f"“{text}”不是有效的邮箱地址。", "请写成 name@example.cn 的样子。")
    return email.casefold()


def clean_province(text: str) -> str:
    """The province's code in GB/T 2260; empty stays empty.

    Raises:
        CaselibError: it is not six digits that end in four zeros.
    """
    province = text.strip()
    if province and not _PROVINCE.fullmatch(province):
        raise CaselibError(f"“{text}”不是省级行政区划代码。", "请用六位代码，例如浙江省是 330000。")
    return province


def may_manage_accounts(actor: Actor, roles: Iterable[Role] = ()) -> bool:
    """Whether the actor may add, change and disable accounts with these roles (the ones it has and will have).

    An editor looks after experts and submitters. Whoever could change an editor's or an operator's account (its mail
    address, say) could become that person; so only an operator may.
    """
    return actor.has(Role.OPERATOR) or (actor.has(Role.EDITOR) and not {Role.EDITOR, Role.OPERATOR} & set(roles))


def require_manager(actor: Actor, roles: Iterable[Role] = ()) -> None:
    """Do nothing if the actor may manage accounts with these roles.

    Raises:
        Forbidden: the actor may not.
    """
    if not may_manage_accounts(actor, roles):
        raise Forbidden(
            "您不能管理这个账号。", "评审专家和报送单位的账号由编辑或运维管理，编辑和运维的账号只由运维管理。"
        )


def can_sign_in(account: Account) -> bool:
    """Whether the account may be used at all: it has a password and is not disabled."""
    return bool(account.password_hash) and account.disabled_at is None
