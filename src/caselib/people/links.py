"""Links that let somebody set a password: signed, for one use, for a limited time.

A link carries the account's session version and a keyed digest of its address. Setting a password or disabling the account
raises the one, correcting the address changes the other, and every link given out before is void; so nothing about links
needs to be stored.
"""

import hmac
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
    return str(_serializer(purpose, key).dumps(_stands_on(account, key)))


def open_token(session: Session, token: str, purpose: Purpose, *, key: str) -> Account:
    """The account that the link was given to.

    Raises:
        DeadLink: wrong signature, too old, used before, sent to an address that is no longer the account's, or the account is
            disabled.
    """
    try:
        given = _serializer(purpose, key).loads(token, max_age=int(purpose.value.total_seconds()))
    except BadData:
        raise DeadLink from None
    match given:
        case [int(account_id), *_]:
            account = session.get(Account, account_id)
        case _:
            raise DeadLink
    if account is None or account.disabled_at is not None or _stands_on(account, key) != given:
        raise DeadLink
    return account


def _stands_on(account: Account, key: str) -> list[int | str | None]:
    """What a link is good for; the address is not in it to be read or tried, because links are written to logs."""
    address = hmac.new(key.encode(), account.email.encode(), "sha256").hexdigest()[:16]
    return [account.id, account.session_version, address]


def _serializer(purpose: Purpose, key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt=f"caselib.people.{purpose.name.lower()}")
