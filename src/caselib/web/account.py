"""Signing in and out, one's own account, and setting a password by invitation or reset link.

Nothing here tells whether an account exists to somebody who has not proved to own it.
"""

from functools import partial

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField

from caselib.errors import CaselibError, Unavailable
from caselib.mail import Letter
from caselib.people import Account, Actor, Role, actions, queries, rules, throttle
from caselib.people.letters import write_letter
from caselib.people.links import Purpose, link_path, open_token
from caselib.people.signing_in import WrongCredentials, sign_in
from caselib.people.signing_in import change_password as change
from caselib.web.access import current_actor, end_session, everybody, requires, start_session
from caselib.web.attempts import or_again, with_status
from caselib.web.mailing import post
from caselib.web.preferences import local_path
from caselib.web.rooms import rooms

RESETS_PER_NAME = 3
RESETS_PER_VISITOR = 20

blueprint = Blueprint("account", __name__)


class LoginForm(FlaskForm):  # type: ignore[misc]
    """Who, and the proof."""

    username = StringField("用户名")
    password = PasswordField("密码")
    next = HiddenField()


class ForgotForm(FlaskForm):  # type: ignore[misc]
    """Whose password is lost."""

    login = StringField("用户名或邮箱")


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password, typed twice."""

    password = PasswordField("新密码")
    repeat = PasswordField("再输入一次")

    def checked(self) -> str:
        """The new password.

        Raises:
            CaselibError: it was not typed the same twice.
        """
        if self.password.data != self.repeat.data:
            raise CaselibError("两次输入的密码不一样。", "请重新输入。")
        return self.password.data or ""


class ChangePasswordForm(NewPasswordForm):
    """The old password and a new one."""

    current = PasswordField("现在的密码")


@blueprint.get("/login")
def login() -> ResponseReturnValue:
    """The form; whoever is signed in is sent on."""
    if current_user.is_authenticated:
        return redirect(_after_login(current_actor(), request.args.get("next", "")), code=303)
    return _show_login(LoginForm(next=request.args.get("next", "")))


@blueprint.post("/login")
def try_login() -> ResponseReturnValue:
    """Sign in, or show the form again with what is wrong."""
    form = LoginForm()
    try:
        account = sign_in(
            rooms.database,
            username=form.username.data or "",
            password=form.password.data or "",
            address=request.remote_addr,
        )
    except (WrongCredentials, throttle.TooManyAttempts) as error:
        return _show_login(form, error), error.status
    start_session(account)
    return redirect(_after_login(account.actor, form.next.data or ""), code=303)


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """End this session; those on other devices go on."""
    end_session()
    return redirect("/", code=303)


@blueprint.get("/account")
@requires()
def overview() -> str:
    """What the site knows about whoever is signed in."""
    return _show_account(ChangePasswordForm())


@blueprint.post("/account/password")
@requires()
def change_password() -> ResponseReturnValue:
    """Change one's own password; sessions elsewhere end, this one goes on."""
    form = ChangePasswordForm()
    with or_again(partial(_show_account, form)):
        account = change(
            rooms.database,
            username=current_actor().username,
            current=form.current.data or "",
            new=form.checked(),
        )
    start_session(account)
    flash("密码已经修改，其他设备上的登录已经失效。")
    return redirect(url_for(".overview"), code=303)


@blueprint.get("/account/forgot")
@everybody
def forgot() -> str:
    """Ask whose password is lost."""
    return render_template("account/forgot.html", form=ForgotForm(), sent=False, error=None)


@blueprint.post("/account/forgot")
@everybody
def send_reset() -> ResponseReturnValue:
    """Send a link to whoever is meant; the answer is the same whether anybody is."""
    form = ForgotForm()
    typed = (form.login.data or "").strip()
    try:
        base = _base_url()
        _admit_reset(typed)
    except CaselibError as error:
        page = render_template("account/forgot.html", form=form, sent=False, error=error)
        return with_status(make_response(page), error)
    post(_reset_letters(typed, base))
    return render_template("account/forgot.html", form=form, sent=True, error=None)


@blueprint.get("/account/<any(invitation, reset):purpose>/<token>")
@everybody
def choose_password(purpose: str, token: str) -> str:
    """The form behind a link, if the link still opens anything."""
    with rooms.database.reading() as database_session:
        account = open_token(database_session, token, _purpose(purpose), key=rooms.settings.signing_key)
    return _show_choice(account, NewPasswordForm())


@blueprint.post("/account/<any(invitation, reset):purpose>/<token>")
@everybody
def set_password(purpose: str, token: str) -> ResponseReturnValue:
    """Set the password; the link has had its one use."""
    form = NewPasswordForm()
    with rooms.database.writing() as database_session:
        account = open_token(database_session, token, _purpose(purpose), key=rooms.settings.signing_key)
        try:
            actions.set_password(session=database_session, account=account, password=form.checked())
        except CaselibError as error:
            return _show_choice(account, form, error), error.status
    end_session()
    flash("密码已经设好，请登录。")
    return redirect(url_for(".login"), code=303)


def _show_login(form: LoginForm, error: CaselibError | None = None) -> str:
    return render_template("account/login.html", form=form, error=error)


def _show_account(form: ChangePasswordForm, error: CaselibError | None = None) -> str:
    return render_template("account/overview.html", actor=current_actor(), form=form, error=error)


def _show_choice(account: Account, form: NewPasswordForm, error: CaselibError | None = None) -> str:
    return render_template("account/choose_password.html", account=account, form=form, error=error)


def _after_login(actor: Actor, wanted: str) -> str:
    if wanted:
        return local_path(wanted)
    if actor.has(Role.EDITOR, Role.OPERATOR):
        return url_for("editing.desk")
    if actor.has(Role.SUBMITTER):
        return url_for("submitting.mine")
    return url_for("reviewing.mine") if actor.has(Role.EXPERT) else url_for(".overview")


def _base_url() -> str:
    """The site's own address: never the one a visitor's request claims, for it goes into letters."""
    if not rooms.settings.base_url:
        raise Unavailable("本站没有设置网址，不能发送重设密码的邮件。", "请联系本站运维人员（CASELIB_BASE_URL）。")
    return rooms.settings.base_url


def _admit_reset(typed: str) -> None:
    visitor = throttle.network(request.remote_addr)
    limits = {f"reset {rules.fold_username(typed)}": RESETS_PER_NAME}
    limits |= {f"reset from {visitor}": RESETS_PER_VISITOR} if visitor else {}
    with rooms.database.writing() as database_session:
        throttle.admit(session=database_session, limits=limits)


def _reset_letters(typed: str, base: str) -> list[Letter]:
    with rooms.database.reading() as database_session:
        accounts = queries.find_by_login_or_email(database_session, typed)
    key, site = rooms.settings.signing_key, rooms.settings.site.name
    return [
        write_letter(Purpose.RESET, account, link=base + link_path(account, Purpose.RESET, key=key), site=site)
        for account in accounts
        if account.email and account.disabled_at is None
    ]


def _purpose(name: str) -> Purpose:
    return Purpose[name.upper()]
