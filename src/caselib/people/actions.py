"""What can be done to accounts. Each takes the session and who asks, and leaves the commit to its caller."""

from collections.abc import Callable, Iterable
from typing import Any, TypedDict, Unpack

from sqlmodel import Session

from caselib import journal
from caselib.db import now
from caselib.errors import CaselibError, Conflict
from caselib.people import passwords, queries, rules
from caselib.people.actors import Actor, Role
from caselib.people.models import Account, AccountRole, EndedSession, Expert


class Details(TypedDict, total=False):
    """What an account says of its owner; each is cleaned by its rule."""

    name: str
    email: str
    employer: str
    province: str
    certifier: str


ACTIONS = {
    "account.add": "新建账号",
    "account.change": "修改账号",
    "account.describe": "登记行业和评审组",
    "account.disable": "停用账号",
    "account.enable": "恢复账号",
    "account.password": "设置密码",
}
"""What the history of this room calls each action that is in it."""

_CLEANERS: dict[str, Callable[[str], str]] = {
    "name": rules.clean_name,
    "email": rules.clean_email,
    "province": rules.clean_province,
    "employer": rules.clean_employer,
    "certifier": rules.clean_certifier,
}


def add_account(
    *, session: Session, actor: Actor, username: str, roles: Iterable[Role] = (), **details: Unpack[Details]
) -> Account:
    """A new account without a password: whoever gets its invitation sets one.

    A ``name`` is needed; the other details are not.

    Raises:
        Forbidden: the actor may not manage such accounts.
        Conflict: the user name is taken.
        CaselibError: a value breaks its rule.
    """
    wanted = [Role(role) for role in roles]
    rules.require_manager(actor, wanted)
    username = rules.clean_username(username)
    if queries.find_account(session, username):
        raise Conflict(f"用户名“{username}”已经有人使用。", "请换一个，或用 caselib user change 修改原账号。")
    account = Account(username=username, name=rules.clean_name(details.pop("name", "")))
    session.add(account)
    _set(account, wanted, details)
    _note(session, actor, "add", account, after={"username": username, **told(account)})
    return account


def change_account(
    *, session: Session, actor: Actor, account: Account, roles: Iterable[Role] | None = None, **details: Unpack[Details]
) -> None:
    """Set the details that are given, and the roles if they are given (they replace the old ones).

    Raises:
        Forbidden: the actor may not manage this account, or give these roles.
        CaselibError: a value breaks its rule.
    """
    wanted = None if roles is None else [Role(role) for role in roles]
    rules.require_manager(actor, [*account.roles, *(wanted or ())])
    before = told(account)
    _set(account, wanted, details)
    _note_change(session, actor, "change", account, before)


def describe_expert(
    *, session: Session, actor: Actor, account: Account, industries: Iterable[str], panel: str = ""
) -> Expert:
    """Say what an account is expert in; the industry keys are checked by who knows the taxonomy.

    Raises:
        Forbidden: the actor may not manage this account.
        CaselibError: the account lacks the role.
    """
    rules.require_manager(actor, account.roles)
    if Role.EXPERT not in account.roles:
        raise CaselibError(f"账号“{account.username}”不是评审专家，不能登记行业和评审组。", "请先加上 expert 角色。")
    before = told(account)
    expert = account.expert or Expert(account_id=account.id)
    expert.industries = list(dict.fromkeys(industries))
    expert.panel = rules.clean_panel(panel)
    account.expert = expert
    _note_change(session, actor, "describe", account, before)
    return expert


def disable_account(*, session: Session, actor: Actor, account: Account) -> None:
    """Shut the account out at once: its open sessions and its links end too.

    Raises:
        Forbidden: the actor may not manage this account.
        Conflict: it is disabled already.
    """
    rules.require_manager(actor, account.roles)
    if account.disabled_at is not None:
        raise Conflict(f"账号“{account.username}”早已停用。")
    account.disabled_at = now()
    account.session_version += 1
    _note(session, actor, "disable", account)


def enable_account(*, session: Session, actor: Actor, account: Account) -> None:
    """Let a disabled account sign in again with the password it had.

    Raises:
        Forbidden: the actor may not manage this account.
        Conflict: it is not disabled.
    """
    rules.require_manager(actor, account.roles)
    if account.disabled_at is None:
        raise Conflict(f"账号“{account.username}”没有停用。")
    account.disabled_at = None
    _note(session, actor, "enable", account)


def set_password(*, session: Session, account: Account, password: str) -> None:
    """Give the account a new password; every session and link given out before stops working.

    The caller has made sure that whoever asks owns the account (an old password or a link).

    Raises:
        CaselibError: the password breaks a rule.
    """
    passwords.check_new(password, username=account.username)
    account.password_hash = passwords.hash_password(password)
    account.session_version += 1
    _note(session, account.actor, "password", account)


def end_session(*, session: Session, session_id: str) -> None:
    """Let one session of an account open nothing any more; its others go on."""
    session.merge(EndedSession(id=session_id))


def told(account: Account) -> dict[str, Any]:
    """What the journal tells of an account, and an editor sees of it."""
    expert = account.expert
    return {
        **{key: getattr(account, key) for key in _CLEANERS},
        "roles": sorted(account.roles),
        "industries": list(expert.industries) if expert else [],
        "panel": expert.panel if expert else "",
    }


def _set(account: Account, roles: list[Role] | None, details: Details) -> None:
    for key, value in details.items():
        setattr(account, key, _CLEANERS[key](str(value)))
    if roles is not None:
        wanted = set(roles)
        kept = [grant for grant in account.grants if grant.role in wanted]
        added = sorted(wanted - {Role(grant.role) for grant in kept})
        account.grants = kept + [AccountRole(role=role) for role in added]


def _note_change(session: Session, actor: Actor, action: str, account: Account, before: dict[str, Any]) -> None:
    """The event with what differs; none if nothing does."""
    after = told(account)
    changed = [key for key in after if before[key] != after[key]]
    if changed:
        old, new = {key: before[key] for key in changed}, {key: after[key] for key in changed}
        _note(session, actor, action, account, old, new)


def _note(
    session: Session,
    actor: Actor,
    action: str,
    account: Account,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    session.flush()  # a new account gets its number here
    journal.record(
        session,
        actor_id=actor.id,
        actor=actor.name,
        action=f"account.{action}",
        subject=f"account:{account.id}",
        before=before,
        after=after,
    )


def record_sign_in(*, account: Account, password: str) -> None:
    """Note when the account was last used, and renew a hash made with weaker parameters."""
    account.signed_in_at = now()
    if passwords.needs_rehash(account.password_hash):
        account.password_hash = passwords.hash_password(password)
