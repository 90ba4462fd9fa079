"""Links that let somebody set a password: signed, for one use, for a limited time.

A link carries the account's session version. Setting a password (or disabling the account) raises it, and every link
given out before is void; so nothing about links needs to be stored.
"""

from datetime import timedelta
from enum import Enum

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlmodel import Session

from caselib.errors import CaselibError
from caselib.people.models import Account


class Purpose(Enum):
    """What a link is for; the value is how long it can be used."""

    INVITATION = timedelta(days=7)
    RESET = timedelta(hours=2)


class DeadLink(CaselibError):
    """A link that does not open anything (any more)."""

    status = 410

    def __init__(self) -> None:
        super().__init__("这个链接无效、已经用过或已经过期。", "请在登录页选择“忘记密码”，重新获取一封邮件。")


def link_path(account: Account, purpose: Purpose, *, key: str) -> str:
    """The link's address on the site, signed with ``key``."""
    return f"/account/{purpose.name.lower()}/{make_token(account, purpose, key=key)}"


def make_token(account: Account, purpose: Purpose, *, key: str) -> str:
    """The last part of a link's address, signed with ``key``."""
    return str(_serializer(purpose, key).dumps([account.id, account.session_version]))


def open_token(session: Session, token: str, purpose: Purpose, *, key: str) -> Account:
    """The account that the link was given to.

    Raises:
        DeadLink: wrong signature, too old, used before, or the account is disabled.
    """
    try:
        given = _serializer(purpose, key).loads(token, max_age=int(purpose.value.total_seconds()))
    except BadData:
        raise DeadLink from None
    match given:
        case [int(account_id), int(version)]:
            account = session.get(Account, account_id)
        case _:
            raise DeadLink
    if account is None or account.disabled_at is not None or account.session_version != version:
        raise DeadLink
    return account


def _serializer(purpose: Purpose, key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt=f"caselib.people.{purpose.name.lower()}")
