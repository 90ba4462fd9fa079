"""Signing in and changing one's own password: count the attempt, check the password, do it.

These are three transactions on purpose. Checking a password is slow by design, and must neither hold the write lock
nor be undone together with the count of the attempt. What was checked must therefore still hold when it is acted on.
"""

from sqlmodel import Session

from caselib.db import Database
from caselib.errors import CaselibError
from caselib.people import actions, passwords, queries, rules, throttle
from caselib.people.models import Account

PER_ACCOUNT = 5
"""Attempts at one account from one visitor in a window."""
PER_VISITOR = 100
"""Attempts at any account from one visitor in a window: a whole office may share one address."""
PER_OWNER = 10
"""Attempts to change one's own password in a window: somebody may sit at a desk that was left open."""


class WrongCredentials(CaselibError):
    """The user name or the password is wrong, or the account cannot be used: which of them is not told."""

    status = 401

    def __init__(self) -> None:
        super().__init__("用户名或密码不正确。", "请检查后重试；忘记密码可以用邮件重设。")


def sign_in(database: Database, *, username: str, password: str, address: str | None) -> Account:
    """The account that ``username`` and ``password`` prove.

    Raises:
        TooManyAttempts: too many from this address.
        WrongCredentials: they prove nothing; the same answer after the same work, whatever is wrong.
    """
    limits = attempt_limits(username, address)
    with database.writing() as session:
        throttle.admit(session=session, limits=limits)
    with database.reading() as session:
        account = queries.find_account(session, username)
    usable = account is not None and rules.can_sign_in(account)
    stored = account.password_hash if account and usable else ""
    if not passwords.verify(stored, password) or account is None:
        raise WrongCredentials
    with database.writing() as session:
        throttle.forget(session=session, key=next(iter(limits)))
        if (same := _unchanged(session, account)) is None:
            raise WrongCredentials
        actions.record_sign_in(account=same, password=password)
        return same


def change_password(database: Database, *, username: str, current: str, new: str) -> Account:
    """Give somebody who is signed in another password.

    Raises:
        TooManyAttempts: too many.
        CaselibError: ``current`` is wrong, or ``new`` breaks a rule.
    """
    with database.writing() as session:
        throttle.admit(session=session, limits={f"change-password {username}": PER_OWNER})
    with database.reading() as session:
        account = queries.get_account(session, username)
    right = passwords.verify(account.password_hash, current)
    with database.writing() as session:
        same = _unchanged(session, account)
        if not right or same is None:
            raise CaselibError("现在的密码不正确。", "请重新输入。")
        actions.set_password(session=session, account=same, password=new)
        return same


def _unchanged(session: Session, account: Account) -> Account | None:
    """The account, unless it got another password or was disabled since it was read."""
    same = session.get(Account, account.id)
    return same if same and same.session_version == account.session_version else None


def attempt_limits(username: str, address: str | None) -> dict[str, int]:
    """What an attempt is counted under: the account from here, then everything from here."""
    visitor = throttle.network(address)
    limits = {f"sign-in {rules.fold_username(username)} {visitor}": PER_ACCOUNT}
    return limits | ({f"sign-in {visitor}": PER_VISITOR} if visitor else {})
