"""Who may open which page: one declaration beside each view, one guard in front of all.

A view says ``@requires(Role.EDITOR)``; the guard reads what the view says, so that a test can read it too. Whatever
lies under a private address and says nothing is closed. Finer rules (whose submission, which assignment) belong to
the rooms, which ask for the actor.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from secrets import token_hex
from typing import Any, TypeVar, cast

from flask import Blueprint, Flask, current_app, redirect, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user, login_user
from itsdangerous import Signer
from werkzeug.middleware.proxy_fix import ProxyFix

from caselib.errors import CaselibError, Forbidden
from caselib.people import Account, Actor, Role, actions, queries
from caselib.web.rooms import rooms

PRIVATE = ("/desk", "/submit", "/review", "/account")
"""Addresses under which a view without a declaration is closed to everybody."""
IDLE = timedelta(hours=12)

_IDENTIFIER = re.compile(r"\d{1,12}\.\d{1,12}\.[0-9a-f]{32}")

View = TypeVar("View", bound=Callable[..., Any])

blueprint = Blueprint("access", __name__)


class SignInNeeded(CaselibError):
    """Something was sent to a private page by nobody."""

    status = 401

    def __init__(self) -> None:
        remedy = "请在另一个窗口登录，再刷新这一页，浏览器会把您填的内容重新提交。"
        super().__init__("您还没有登录，或者登录已经过期。", remedy)


class Visitor(UserMixin):  # type: ignore[misc]  # flask-login has no types
    """Somebody who is signed in, as Flask-Login and the templates see them."""

    def __init__(self, account: Account, session_id: str) -> None:
        self.actor = account.actor
        self.version = account.session_version
        self.session_id = session_id

    @property
    def name(self) -> str:
        """The name to show."""
        return self.actor.name

    def get_id(self) -> str:
        """What the session keeps: it stops working when the account's version moves on, or when it is signed out of."""
        return f"{self.actor.id}.{self.version}.{self.session_id}"


class Nobody(AnonymousUserMixin):  # type: ignore[misc]
    """A visitor who is not signed in."""

    actor: Actor | None = None
    session_id = ""


def requires(*roles: Role) -> Callable[[View], View]:
    """Declare that a view is for those who have one of ``roles``; without any, for everybody who is signed in."""

    def declare(view: View) -> View:
        view.required_roles = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return declare


def everybody(view: View) -> View:
    """Declare that a view under a private address is open to everybody all the same."""
    view.required_roles = None  # type: ignore[attr-defined]
    return view


def required_roles(endpoint: str) -> frozenset[Role] | None:
    """The roles one of which opens the endpoint; empty for anybody signed in, ``None`` for everybody.

    Raises:
        KeyError: it says nothing.
    """
    declared: dict[str, frozenset[Role] | None] = vars(current_app.view_functions[endpoint])
    return declared["required_roles"]


def is_private(path: str) -> bool:
    """Whether the address lies where nothing is open unless it says so."""
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in PRIVATE)


def current_actor() -> Actor:
    """Who asks; for views that require somebody.

    Raises:
        SignInNeeded: nobody is signed in.
    """
    actor: Actor | None = current_user.actor
    if actor is None:
        raise SignInNeeded
    return actor


def start_session(account: Account) -> None:
    """Sign the visitor in, with nothing carried over from before.

    The secret of its forms is the account's, until its version moves on, and not the session's: a form opened before the session
    ended can be sent when its owner has signed in again. Nobody else can tell it.
    """
    end_session()
    session.permanent = True
    signer = Signer(rooms.settings.signing_key, "caselib.web.forms")
    session["csrf_token"] = signer.get_signature(f"{account.id}.{account.session_version}").decode()
    login_user(Visitor(account, token_hex(16)))


def end_session() -> None:
    """Forget the visitor, and let a copy of the cookie open nothing any more; sessions on other devices go on."""
    session_id = current_user.session_id
    session.clear()
    if session_id:
        with rooms.database.writing() as database_session:
            actions.end_session(session=database_session, session_id=session_id)


@blueprint.before_app_request
def guard() -> ResponseReturnValue | None:
    """Let the request through, or send the visitor to sign in, or refuse."""
    if request.endpoint is None:
        return None
    try:
        roles = required_roles(request.endpoint)
    except KeyError:
        if is_private(request.path):
            raise Forbidden("这个页面没有开放。", "请联系本站运维人员。") from None
        return None
    if roles is None:
        return None
    if request.method in {"GET", "HEAD"} and not current_user.is_authenticated:
        return redirect(url_for("account.login", next=request.full_path.rstrip("?")), code=303)
    actor = current_actor()
    if roles and not actor.has(*roles):
        names = "、".join(role.label for role in sorted(roles))
        raise Forbidden("您的账号没有打开这个页面的权限。", f"这里需要的身份：{names}。请换用有权限的账号登录。")
    return None


@blueprint.app_context_processor
def _expose() -> dict[str, object]:
    """Who reads, for the templates; to find out costs nothing where there is no session."""
    return {"current_user": current_user if session else Nobody()}


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    app = cast(Flask, state.app)
    app.config["PERMANENT_SESSION_LIFETIME"] = IDLE
    if count := app.extensions["caselib"].settings.proxies:
        # Only the nearest so many entries are ours; what a visitor wrote before them is not believed.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    manager = LoginManager(app, add_context_processor=False)
    manager.anonymous_user = Nobody
    manager.user_loader(_load)


def _load(identifier: str) -> Visitor | None:
    if not _IDENTIFIER.fullmatch(identifier):
        return None
    account_id, version, session_id = identifier.split(".")
    with rooms.database.reading() as database_session:
        account = queries.account_of_session(database_session, int(account_id), int(version), session_id)
        return Visitor(account, session_id) if account else None
