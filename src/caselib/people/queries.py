"""Reads of people."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists
from sqlmodel import Session, col, select

from caselib.errors import NotFound
from caselib.people.actors import Role
from caselib.people.models import Account, AccountRole, EndedSession
from caselib.people.rules import fold_username


def find_account(session: Session, username: str) -> Account | None:
    """The account of that user name, however it is written."""
    return session.exec(select(Account).where(Account.username == fold_username(username))).one_or_none()


def get_account(session: Session, username: str) -> Account:
    """The account of that user name.

    Raises:
        NotFound: there is none.
    """
    if (account := find_account(session, username)) is None:
        raise NotFound(f"没有用户名为“{username}”的账号。", "可以用 caselib user list 查看全部账号。")
    return account


def find_by_login_or_email(session: Session, text: str) -> Sequence[Account]:
    """The accounts somebody may mean who types a user name or a mail address; several may share a mailbox."""
    folded = fold_username(text)
    return session.exec(
        select(Account)
        .where((Account.username == folded) | ((Account.email == folded) & (Account.email != "")))
        .order_by(Account.username)
    ).all()


def works_as(role: Role) -> ColumnElement[bool]:
    """Which accounts have the role and are not disabled, for a statement."""
    holders = select(AccountRole.account_id).where(AccountRole.role == role)
    return col(Account.id).in_(holders) & col(Account.disabled_at).is_(None)


def account_of_session(session: Session, account_id: int, version: int, session_id: str) -> Account | None:
    """The account a browser's session stands for, if that session is still good; three statements."""
    return session.exec(
        select(Account).where(
            Account.id == account_id,
            Account.session_version == version,
            col(Account.disabled_at).is_(None),
            ~exists().where(col(EndedSession.id) == session_id),
        )
    ).one_or_none()


def list_accounts(session: Session) -> Sequence[Account]:
    """All accounts by user name; three statements, however many there are."""
    return session.exec(select(Account).order_by(Account.username)).all()
