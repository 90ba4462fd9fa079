import time

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from caselib.app import create_app
from caselib.config import Settings
from caselib.people import COMMAND_LINE, Role, actions, queries
from caselib.web.access import PRIVATE, is_private, required_roles, requires
from tests.statements import asked
from tests.web.conftest import AddAccount, SignIn

SESSION = "0" * 32


def test_every_view_under_a_private_address_says_who_may_open_it(app: Flask) -> None:
    with app.app_context():
        silent = [
            rule.rule
            for rule in app.url_map.iter_rules()
            if is_private(rule.rule) and not hasattr(app.view_functions[rule.endpoint], "required_roles")
        ]
        declared = {rule.endpoint: required_roles(rule.endpoint) for rule in app.url_map.iter_rules("editing.desk")}
    assert (silent, declared) == ([], {"editing.desk": {Role.EDITOR, Role.OPERATOR}})


@pytest.mark.parametrize("prefix", PRIVATE)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_private_view_that_says_nothing_is_closed_to_everybody(
    settings: Settings, add_account: AddAccount, sign_in: SignIn, prefix: str, method: str
) -> None:
    app = create_app(settings)
    app.config["WTF_CSRF_ENABLED"] = False
    app.add_url_rule(f"{prefix}/forgotten", view_func=lambda: "open", methods=[method], endpoint="forgotten")
    add_account("all", *Role)
    browser = app.test_client()
    browser.post("/login", data={"username": "all", "password": "一句很长的口令 2026"})
    assert browser.get("/account").status_code == 200
    assert browser.open(f"{prefix}/forgotten", method=method).status_code == 403


def test_what_is_for_everybody_signed_in_takes_nothing_from_nobody(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    app.add_url_rule("/account/own", view_func=requires()(lambda: "open"), methods=["POST"], endpoint="own")
    assert client.post("/account/own").status_code == 401


@pytest.mark.parametrize(
    ("path", "private"),
    [("/desk", True), ("/desk/x", True), ("/desktop", False), ("/submit/1", True), ("/review/", True), ("/", False)],
)
def test_private_addresses_are_told_by_their_first_part(path: str, private: bool) -> None:
    assert is_private(path) is private


def test_whoever_must_sign_in_first_comes_back_to_the_page(
    client: FlaskClient, add_account: AddAccount, sign_in: SignIn
) -> None:
    add_account("li", Role.EDITOR)
    asked = client.get("/desk/content?a=1&b=%E5%8C%85")
    assert asked.location == "/login?next=/desk/content?a%3D1%26b%3D%25E5%258C%2585"
    shown = client.get(asked.location).get_data(as_text=True)
    assert 'type="hidden" name="next" value="/desk/content?a=1&amp;b=%E5%8C%85"' in shown
    assert sign_in("li", next="/desk/content?a=1&b=%E5%8C%85").location == "/desk/content?a=1&b=%E5%8C%85"


def test_what_is_sent_after_the_session_ended_is_refused_with_what_to_do(
    app: Flask, client: FlaskClient, add_account: AddAccount
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    answer = client.post("/account/password")
    assert answer.status_code == 401
    assert "请在另一个窗口登录，再刷新这一页，浏览器会把您填的内容重新提交" in answer.get_data(as_text=True)


def test_a_refusal_names_the_roles_that_may(client: FlaskClient, add_account: AddAccount, sign_in: SignIn) -> None:
    add_account("li", Role.EXPERT)
    sign_in("li")
    assert "这里需要的身份：编辑、运维。" in client.get("/desk/").get_data(as_text=True)


def test_a_role_taken_away_closes_its_pages_at_once(
    client: FlaskClient, app: Flask, add_account: AddAccount, sign_in: SignIn
) -> None:
    add_account("li", Role.EDITOR)
    sign_in("li")
    before = client.get("/desk/").status_code
    with app.extensions["caselib"].database.writing() as session:
        account = queries.get_account(session, "li")
        actions.change_account(session=session, actor=COMMAND_LINE, account=account, roles=[])
    assert (before, client.get("/desk/").status_code) == (200, 403)


def test_a_disabled_account_is_out_at_once_and_stays_out_when_enabled(
    client: FlaskClient, app: Flask, add_account: AddAccount, sign_in: SignIn
) -> None:
    add_account("li", Role.EDITOR)
    sign_in("li")
    statuses = [client.get("/desk/").status_code]
    for action in (actions.disable_account, actions.enable_account):
        with app.extensions["caselib"].database.writing() as session:
            action(session=session, actor=COMMAND_LINE, account=queries.get_account(session, "li"))
        statuses.append(client.get("/desk/").status_code)
    assert statuses == [200, 303, 303]


@pytest.mark.parametrize(("idle", "status"), [(11, 200), (13, 303)])
def test_a_session_ends_after_twelve_idle_hours(
    client: FlaskClient,
    add_account: AddAccount,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    idle: int,
    status: int,
) -> None:
    real = time.time
    add_account("li")
    with monkeypatch.context() as past:
        past.setattr(time, "time", lambda: real() - 20 * 3600)
        sign_in("li")
    with monkeypatch.context() as past:
        past.setattr(time, "time", lambda: real() - idle * 3600)
        assert client.get("/account").status_code == 200  # used again within the time, so the time begins anew
    assert client.get("/account").status_code == status


@pytest.mark.parametrize("cookie", ["", "nonsense", ".eJw.x.y"])
def test_a_forged_session_is_nobody(client: FlaskClient, cookie: str) -> None:
    client.set_cookie("caselib", cookie)
    assert client.get("/desk/").status_code == 303


@pytest.mark.parametrize(
    "identifier",
    ["1", "1.0", "x.y", "", f"99.0.{SESSION}", f"1.1.{SESSION}", f"-1.0.{SESSION}", f"1.0.{SESSION}.0", "1.0.x"],
)
def test_a_signed_session_for_nobody_is_nobody(client: FlaskClient, add_account: AddAccount, identifier: str) -> None:
    add_account("li", *Role)  # account 1, version 0
    with client.session_transaction() as stored:
        stored["_user_id"] = identifier
    assert client.get("/desk/").status_code == 303


@pytest.mark.parametrize(
    ("base_url", "demo", "secure"),
    [
        ("https://al.example.cn", False, True),
        ("", False, True),
        ("http://127.0.0.1:5000", False, False),
        ("http://127.0.0.1:5000", True, False),
        ("", True, False),
    ],
)
def test_the_session_cookie_is_kept_from_scripts_other_sites_and_open_lines(
    settings: Settings, add_account: AddAccount, sign_in: SignIn, base_url: str, demo: bool, secure: bool
) -> None:
    add_account("li")
    browser = create_app(settings.model_copy(update={"base_url": base_url, "demo": demo})).test_client()
    answer = browser.get("/login", base_url=base_url or None)
    (cookie,) = answer.headers.getlist("Set-Cookie")
    flags = {part.strip() for part in cookie.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= flags
    assert ("Secure" in flags) is secure


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        (0, "127.0.0.1 http://localhost/"),
        (1, "203.0.113.9 https://al.example.cn/"),
        (2, "198.51.100.1 http://evil.example/"),
    ],
)
def test_only_our_own_proxies_are_believed(settings: Settings, proxies: int, seen: str) -> None:
    app = create_app(settings.model_copy(update={"proxies": proxies}))
    app.add_url_rule("/whoami", view_func=lambda: f"{request.remote_addr} {request.host_url}")
    said = {"For": "198.51.100.1, 203.0.113.9", "Proto": "http, https", "Host": "evil.example, al.example.cn"}
    answer = app.test_client().get("/whoami", headers={f"X-Forwarded-{key}": value for key, value in said.items()})
    assert answer.get_data(as_text=True) == seen


def test_a_page_that_needs_no_account_does_not_touch_the_database(client: FlaskClient, app: Flask) -> None:
    with asked(app.extensions["caselib"].database, verb="") as statements:
        assert (client.get("/").status_code, statements) == (200, [])
