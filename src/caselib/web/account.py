"""Signing in and out, one's own account, and setting a password by invitation or reset link.

Nothing here tells whether an account exists to somebody who has not proved to own it.
"""

from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from caselib.errors import CaselibError
from caselib.people import Account, Actor, Role, actions, queries, rules, throttle
from caselib.people.links import Purpose, open_token
from caselib.people.signing_in import WrongCredentials, sign_in
from caselib.people.signing_in import change_password as change
from caselib.web.access import current_actor, end_session, everybody, requires, start_session
from caselib.web.attempts import or_again
from caselib.web.mailing import letters_with_links, post, require_address
from caselib.web.preferences import local_path
from caselib.web.rooms import rooms

RESETS_PER_NAME = 3
RESETS_PER_VISITOR = 20

blueprint = Blueprint("account", __name__)


@blueprint.get("/login")
def login() -> ResponseReturnValue:
    """The form; whoever is signed in is sent on."""
    if current_user.is_authenticated:
        return redirect(_after_login(current_actor(), request.args.get("next", "")), code=303)
    return _show_login()


@blueprint.post("/login")
def try_login() -> ResponseReturnValue:
    """Sign in, or show the form again with what is wrong."""
    try:
        account = sign_in(
            rooms.database,
            username=request.form.get("username", ""),
            password=request.form.get("password", ""),
            address=request.remote_addr,
        )
    except (WrongCredentials, throttle.TooManyAttempts) as error:
        return _show_login(error), error.status
    start_session(account)
    return redirect(_after_login(account.actor, request.form.get("next", "")), code=303)


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """End this session; those on other devices go on."""
    end_session()
    return redirect("/", code=303)


@blueprint.get("/account")
@requires()
def overview() -> str:
    """What the site knows about whoever is signed in."""
    return _show_account()


@blueprint.post("/account/password")
@requires()
def change_password() -> ResponseReturnValue:
    """Change one's own password; sessions elsewhere end, this one goes on."""
    with or_again(_show_account):
        account = change(
            rooms.database,
            username=current_actor().username,
            current=request.form.get("current", ""),
            new=_new_password(),
        )
    start_session(account)
    flash("密码已经修改，其他设备上的登录已经失效。")
    return redirect(url_for(".overview"), code=303)


@blueprint.get("/account/forgot")
@everybody
def forgot() -> str:
    """Ask whose password is lost."""
    return _show_forgot()


@blueprint.post("/account/forgot")
@everybody
def send_reset() -> ResponseReturnValue:
    """Send a link to whoever is meant; the answer is the same whether anybody is."""
    typed = request.form.get("login", "").strip()
    with or_again(_show_forgot):
        require_address("重设密码的邮件")
        _admit_reset(typed)
    with rooms.database.reading() as database_session:
        accounts = queries.find_by_login_or_email(database_session, typed)
    post(letters_with_links(Purpose.RESET, accounts))
    return _show_forgot(sent=True)


@blueprint.get("/account/<any(invitation, reset):purpose>/<token>")
@everybody
def choose_password(purpose: str, token: str) -> str:
    """The form behind a link, if the link still opens anything."""
    with rooms.database.reading() as database_session:
        account = open_token(database_session, token, _purpose(purpose), key=rooms.settings.signing_key)
    return _show_choice(account)


@blueprint.post("/account/<any(invitation, reset):purpose>/<token>")
@everybody
def set_password(purpose: str, token: str) -> ResponseReturnValue:
    """Set the password; the link has had its one use."""
    with rooms.database.writing() as database_session:
        account = open_token(database_session, token, _purpose(purpose), key=rooms.settings.signing_key)
        with or_again(partial(_show_choice, account)):
            actions.set_password(session=database_session, account=account, password=_new_password())
    end_session()
    flash("密码已经设好，请登录。")
    return redirect(url_for(".login"), code=303)


def _new_password() -> str:
    """The new password, if it was typed the same twice."""
    password = request.form.get("password", "")
    if password != request.form.get("repeat", ""):
        raise CaselibError("两次输入的密码不一样。", "请重新输入。")
    return password


def _show_login(error: CaselibError | None = None) -> str:
    return render_template("account/login.html", typed=request.form, next=request.values.get("next", ""), error=error)


def _show_forgot(error: CaselibError | None = None, *, sent: bool = False) -> str:
    return render_template("account/forgot.html", typed=request.form, sent=sent, error=error)


def _show_account(error: CaselibError | None = None) -> str:
    return render_template("account/overview.html", actor=current_actor(), error=error)


def _show_choice(account: Account, error: CaselibError | None = None) -> str:
    return render_template("account/choose_password.html", account=account, error=error)


def _after_login(actor: Actor, wanted: str) -> str:
    if wanted:
        return local_path(wanted)
    if actor.has(Role.EDITOR, Role.OPERATOR):
        return url_for("editing.desk")
    if actor.has(Role.SUBMITTER):
        return url_for("submitting.mine")
    return url_for("reviewing.mine") if actor.has(Role.EXPERT) else url_for(".overview")


def _admit_reset(typed: str) -> None:
    visitor = throttle.network(request.remote_addr)
    limits = {f"reset {rules.fold_username(typed)}": RESETS_PER_NAME}
    limits |= {f"reset from {visitor}": RESETS_PER_VISITOR} if visitor else {}
    with rooms.database.writing() as database_session:
        throttle.admit(session=database_session, limits=limits)


def _purpose(name: str) -> Purpose:
    return Purpose[name.upper()]
