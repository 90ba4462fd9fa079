import logging
import re
from email import message_from_bytes, policy
from pathlib import Path
from threading import enumerate as threads

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caselib.app import create_app
from caselib.config import Settings
from caselib.db import Database
from caselib.mail import Letter
from caselib.people import COMMAND_LINE, Role, actions, queries
from caselib.people.links import Purpose, link_path
from caselib.web.mailing import THREAD, post
from tests.web.conftest import PASSWORD, AddAccount, SignIn, submit, token_of

NEW = "另一句更长的口令 2027"


def text_of(answer: TestResponse) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", answer.get_data(as_text=True))


def outbox(settings: Settings) -> list[str]:
    for thread in threads():
        if thread.name == THREAD:
            thread.join()
    files = sorted((settings.data / "outbox").glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default).get_content() for file in files]


# Signing in and out


@pytest.mark.parametrize(
    ("roles", "landing"),
    [
        ((), "/account"),
        ((Role.SUBMITTER,), "/submit/"),
        ((Role.EXPERT,), "/review/"),
        ((Role.EDITOR,), "/desk/"),
        ((Role.OPERATOR, Role.EXPERT), "/desk/"),
    ],
)
def test_signing_in_leads_to_where_one_works(
    client: FlaskClient, add_account: AddAccount, sign_in: SignIn, roles: tuple[Role, ...], landing: str
) -> None:
    add_account("li", *roles)
    answer = sign_in("li")
    assert (answer.status_code, answer.location) == (303, landing)
    assert client.get(landing).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "landing"),
    [
        ("/cases/", "/cases/"),
        ("/search?q=%E5%8C%85&page=2", "/search?q=%E5%8C%85&page=2"),
        ("", "/desk/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\/evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("/\n/evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("evil.example", "/"),
        (" //evil.example", "/"),
        ("///evil.example", "/"),
    ],
)
def test_signing_in_never_leads_off_the_site(
    add_account: AddAccount, sign_in: SignIn, wanted: str, landing: str
) -> None:
    add_account("li", Role.EDITOR)
    assert sign_in("li", next=wanted).location == landing


@pytest.mark.parametrize(
    ("wanted", "landing"), [("", "/desk/"), ("/search?q=%E5%8C%85", "/search?q=%E5%8C%85"), ("//evil.example/", "/")]
)
def test_who_is_signed_in_already_is_sent_on_and_never_off_the_site(
    client: FlaskClient, add_account: AddAccount, sign_in: SignIn, wanted: str, landing: str
) -> None:
    add_account("li", Role.EDITOR)
    sign_in("li")
    assert client.get("/login", query_string={"next": wanted}).location == landing


@pytest.mark.parametrize("fault", ["wrong password", "unknown", "no password yet", "disabled"])
def test_every_fault_at_signing_in_shows_the_same_page(
    client: FlaskClient, database: Database, add_account: AddAccount, sign_in: SignIn, fault: str
) -> None:
    account = add_account("li", password=None if fault == "no password yet" else PASSWORD)
    if fault == "disabled":
        with database.writing() as session:
            account = queries.get_account(session, "li")
            actions.disable_account(session=session, actor=COMMAND_LINE, account=account)
    answer = sign_in("li" if fault != "unknown" else "nobody", "wrong" if fault == "wrong password" else PASSWORD)
    expected = text_of(sign_in("someone-else", "whatever"))
    assert (answer.status_code, text_of(answer)) == (401, expected)
    assert "用户名或密码不正确。" in expected
    assert client.get("/account").status_code == 303


@pytest.mark.both_databases
def test_a_user_name_that_no_database_holds_is_nobodys(client: FlaskClient, add_account: AddAccount) -> None:
    add_account("li")
    answers = [
        client.post(path, data={"csrf_token": token_of(client.get(path)), field: "l\0i", "password": PASSWORD})
        for path, field in (("/login", "username"), ("/account/forgot", "login"))
    ]
    assert [answer.status_code for answer in answers] == [401, 200]


def test_the_typed_user_name_stays_and_the_password_does_not(sign_in: SignIn) -> None:
    page = sign_in('li"><script>', "typed-secret").get_data(as_text=True)
    assert ('value="li&#34;&gt;&lt;script&gt;"' in page, "typed-secret" in page) == (True, False)


def test_too_many_attempts_are_refused_with_how_long_to_wait(add_account: AddAccount, sign_in: SignIn) -> None:
    add_account("li")
    statuses = [sign_in("li", "wrong").status_code for _ in range(5)]
    answer = sign_in("li")
    assert (statuses, answer.status_code) == ([401] * 5, 429)
    assert "请在 15 分钟后再试。" in text_of(answer)


def test_nobody_is_locked_out_by_a_strangers_attempts(app: Flask, add_account: AddAccount, sign_in: SignIn) -> None:
    add_account("li")
    stranger, li = app.test_client(), app.test_client()
    stranger.environ_base["REMOTE_ADDR"], li.environ_base["REMOTE_ADDR"] = "203.0.113.9", "203.0.113.10"
    statuses = [sign_in("li", "wrong", browser=stranger).status_code for _ in range(6)]
    assert (statuses, sign_in("li", browser=li).status_code) == ([401] * 5 + [429], 303)


@pytest.mark.parametrize("address", ["/login", "/logout", "/account/password", "/account/forgot"])
def test_no_form_is_taken_without_its_token(
    client: FlaskClient, add_account: AddAccount, sign_in: SignIn, address: str
) -> None:
    add_account("li")
    sign_in("li")
    answer = client.post(address, data={"username": "li", "password": PASSWORD, "login": "li"})
    assert (answer.status_code, client.get("/account").status_code) == (400, 200)


def test_the_session_starts_anew_at_signing_in(client: FlaskClient, add_account: AddAccount, sign_in: SignIn) -> None:
    add_account("li")
    client.get("/login")
    with client.session_transaction() as before:
        before["planted"], token = "x", before["csrf_token"]
    sign_in("li")
    client.get("/account")
    with client.session_transaction() as after:
        assert ("planted" in after, after["csrf_token"] == token) == (False, False)


@pytest.mark.parametrize("referer", ["", "https://al.example.cn/login"])
def test_over_https_a_form_needs_its_token_and_no_referer(
    client: FlaskClient, add_account: AddAccount, referer: str
) -> None:
    add_account("li", Role.SUBMITTER)
    site = {"base_url": "https://al.example.cn:8443"}
    token = token_of(client.get("/login", **site))
    fields = {"csrf_token": token, "username": "li", "password": PASSWORD}
    sent = client.post("/login", data=fields, headers={"Referer": referer} if referer else {}, **site)
    assert (sent.status_code, sent.location) == (303, "/submit/")
    assert client.post("/logout", headers={"Referer": site["base_url"]}, **site).status_code == 400


def test_signing_out_ends_the_session(client: FlaskClient, add_account: AddAccount, sign_in: SignIn) -> None:
    add_account("li")
    sign_in("li")
    answer = submit(client, "/account", "/logout")
    assert (answer.status_code, answer.location, client.get("/account").status_code) == (303, "/", 303)


def test_a_session_that_was_signed_out_opens_nothing_any_more_and_the_others_go_on(
    app: Flask, client: FlaskClient, add_account: AddAccount, sign_in: SignIn
) -> None:
    add_account("li")
    thief, other = app.test_client(), app.test_client()
    sign_in("li")
    sign_in("li", browser=other)
    cookie = client.get_cookie("caselib")
    assert cookie
    thief.set_cookie("caselib", cookie.value)
    before = thief.get("/account").status_code
    submit(client, "/account", "/logout")
    assert (before, [browser.get("/account").status_code for browser in (thief, other)]) == (200, [303, 200])


@pytest.mark.parametrize("leaving", ["signing in as somebody else", "setting a password by a link"])
def test_a_session_that_gave_way_to_another_opens_nothing_any_more(
    app: Flask, client: FlaskClient, settings: Settings, add_account: AddAccount, sign_in: SignIn, leaving: str
) -> None:
    add_account("li")
    wang, thief = add_account("wang"), app.test_client()
    sign_in("li")
    token, cookie = token_of(client.get("/account")), client.get_cookie("caselib")
    assert cookie
    thief.set_cookie("caselib", cookie.value)
    if leaving == "signing in as somebody else":
        client.post("/login", data={"csrf_token": token, "username": "wang", "password": PASSWORD})
    else:
        submit(client, link_path(wang, Purpose.RESET, key=settings.signing_key), password=NEW, repeat=NEW)
    assert thief.get("/account").status_code == 303


def test_signing_out_needs_a_form(client: FlaskClient, add_account: AddAccount, sign_in: SignIn) -> None:
    add_account("li")
    sign_in("li")
    assert (client.get("/logout").status_code, client.get("/account").status_code) == (405, 200)


@pytest.mark.parametrize("address", ["/login", "/account", "/account/forgot", "/desk/"])
def test_pages_of_accounts_are_kept_nowhere(
    client: FlaskClient, add_account: AddAccount, sign_in: SignIn, address: str
) -> None:
    add_account("li", Role.EDITOR)
    if address not in ("/login", "/account/forgot"):
        sign_in("li")
    assert client.get(address).headers["Cache-Control"] == "private, no-store"


def test_the_name_of_whoever_is_signed_in_is_shown_and_escaped(
    client: FlaskClient, add_account: AddAccount, sign_in: SignIn
) -> None:
    add_account("li", name="<b>李四</b>")
    sign_in("li")
    page = client.get("/").get_data(as_text=True)
    assert ("&lt;b&gt;李四&lt;/b&gt;" in page, "<b>李四" in page) == (True, False)


def test_nothing_secret_is_logged(
    client: FlaskClient, add_account: AddAccount, sign_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = add_account("li", email="li@example.cn")
    sign_in("li", "typed-secret")
    sign_in("li")
    submit(client, "/account/forgot", login="li@example.cn")
    secrets = ("typed-secret", PASSWORD, account.password_hash, "/account/reset/")
    assert [secret for secret in secrets if secret in caplog.text] == []


# One's own account


def test_ones_own_account_shows_what_the_site_knows(
    client: FlaskClient, add_account: AddAccount, sign_in: SignIn
) -> None:
    add_account(
        "li",
        Role.EXPERT,
        Role.EDITOR,
        name="李四",
        email="li@b.cn",
        employer="某院",
        province="330000",
        certifier="某机构",
    )
    sign_in("li")
    page = client.get("/account").get_data(as_text=True)
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page))
    assert facts == {
        "用户名": "li",
        "姓名": "李四",
        "身份": "编辑、评审专家",
        "邮箱": "li@b.cn",
        "单位": "某院",
        "地区": "浙江",
        "认证机构": "某机构",
    }


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(
    app: Flask, client: FlaskClient, add_account: AddAccount, sign_in: SignIn
) -> None:
    add_account("li")
    other = app.test_client()
    sign_in("li")
    sign_in("li", browser=other)
    answer = submit(client, "/account", "/account/password", current=PASSWORD, password=NEW, repeat=NEW)
    assert (answer.status_code, answer.location) == (303, "/account")
    assert "密码已经修改" in text_of(client.get("/account"))
    assert [browser.get("/account").status_code for browser in (client, other)] == [200, 303]
    assert sign_in("li", NEW, browser=other).status_code == 303


@pytest.mark.parametrize(
    ("current", "password", "repeat", "message"),
    [
        ("wrong", NEW, NEW, "现在的密码不正确。"),
        (PASSWORD, NEW, NEW + "x", "两次输入的密码不一样。"),
        (PASSWORD, "short", "short", "密码太短：至少需要 10 个字符。"),
        (PASSWORD, "li-2026-2026", "li-2026-2026", "密码里不能含有用户名。"),
        ("", "", "", "现在的密码不正确。"),
    ],
)
def test_a_refused_new_password_says_why_and_changes_nothing(
    app: Flask,
    client: FlaskClient,
    add_account: AddAccount,
    sign_in: SignIn,
    current: str,
    password: str,
    repeat: str,
    message: str,
) -> None:
    add_account("li")
    sign_in("li")
    fields = {"current": current, "password": password, "repeat": repeat}
    answer = submit(client, "/account", "/account/password", **fields)
    assert (answer.status_code, message in text_of(answer)) == (400, True)
    assert sign_in("li", browser=app.test_client()).status_code == 303


def test_a_form_opened_before_the_password_changed_is_not_taken(
    client: FlaskClient, add_account: AddAccount, sign_in: SignIn
) -> None:
    add_account("li")
    sign_in("li")
    old, new = token_of(client.get("/account")), "另一句很长的口令 2027"
    submit(client, "/account", "/account/password", current=PASSWORD, password=new, repeat=new)
    answer = client.post("/logout", data={"csrf_token": old})
    assert (answer.status_code, "这个表单是在登录、换账号或改密码以前打开的" in text_of(answer)) == (400, True)


def test_the_old_password_cannot_be_guessed_at_an_open_desk(
    client: FlaskClient, add_account: AddAccount, sign_in: SignIn
) -> None:
    add_account("li")
    sign_in("li")
    fields = {"current": "wrong", "password": NEW, "repeat": NEW}
    statuses = [submit(client, "/account", "/account/password", **fields).status_code for _ in range(11)]
    assert statuses == [400] * 10 + [429]


# Invitation and reset


def test_a_lost_password_is_set_anew_by_mail(
    client: FlaskClient, settings: Settings, add_account: AddAccount, sign_in: SignIn
) -> None:
    add_account("li", email="li@example.cn")
    submit(client, "/account/forgot", login="LI@example.cn")
    (letter,) = outbox(settings)
    link = re.findall(r"http://localhost(/account/reset/\S+)", letter)[0]
    answer = submit(client, link, password=NEW, repeat=NEW)
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "密码已经设好，请登录。" in text_of(client.get("/login"))
    assert [sign_in("li", password).status_code for password in (PASSWORD, NEW)] == [401, 303]


def test_a_link_works_once(client: FlaskClient, settings: Settings, add_account: AddAccount) -> None:
    account = add_account("li", password=None)
    link = link_path(account, Purpose.INVITATION, key=settings.signing_key)
    other = link_path(account, Purpose.INVITATION, key=settings.signing_key)
    first = submit(client, link, password=NEW, repeat=NEW).status_code
    assert (first, client.get(link).status_code, client.get(other).status_code) == (303, 410, 410)


def test_a_refused_password_does_not_use_up_the_link(
    client: FlaskClient, settings: Settings, add_account: AddAccount
) -> None:
    link = link_path(add_account("li", password=None), Purpose.INVITATION, key=settings.signing_key)
    refused = submit(client, link, password="short", repeat="short")
    assert (refused.status_code, "密码太短" in text_of(refused)) == (400, True)
    assert submit(client, link, password=NEW, repeat=NEW).status_code == 303


@pytest.mark.parametrize("address", ["/account/reset/x", "/account/invitation/x", "/account/reset/" + "x" * 5000])
def test_a_link_that_opens_nothing_says_where_to_get_another(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, "忘记密码" in text_of(answer)) == (410, True)


def test_opening_a_link_twice_without_sending_leaves_it_good(
    client: FlaskClient, settings: Settings, add_account: AddAccount
) -> None:
    link = link_path(add_account("li", password=None), Purpose.INVITATION, key=settings.signing_key)
    assert [client.get(link).status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("typed", ["nobody", "nobody@example.cn", "", "no-mail", "disabled@example.cn"])
def test_asking_for_a_reset_does_not_tell_whether_there_is_an_account(
    client: FlaskClient, settings: Settings, database: Database, add_account: AddAccount, typed: str
) -> None:
    add_account("li", email="li@example.cn")
    add_account("no-mail")
    add_account("wang", email="disabled@example.cn")
    with database.writing() as session:
        account = queries.get_account(session, "wang")
        actions.disable_account(session=session, actor=COMMAND_LINE, account=account)
    known = submit(client, "/account/forgot", login="li@example.cn")
    unknown = submit(client, "/account/forgot", login=typed)
    assert (unknown.status_code, text_of(unknown)) == (200, text_of(known))
    assert len(outbox(settings)) == 1


def test_a_mailbox_of_several_accounts_gets_a_letter_for_each(
    client: FlaskClient, settings: Settings, add_account: AddAccount
) -> None:
    for username in ("li", "wang"):
        add_account(username, email="ju@example.cn")
    submit(client, "/account/forgot", login="ju@example.cn")
    assert sorted(re.findall(r"账号“(\w+)”", "".join(outbox(settings)))) == ["li", "wang"]


def test_nobodys_mailbox_is_flooded(client: FlaskClient, settings: Settings, add_account: AddAccount) -> None:
    add_account("li", email="li@example.cn")
    statuses = [submit(client, "/account/forgot", login="li@example.cn").status_code for _ in range(4)]
    assert (statuses, len(outbox(settings))) == ([200, 200, 200, 429], 3)


def test_however_a_name_is_written_it_is_one_mailbox(
    client: FlaskClient, settings: Settings, add_account: AddAccount
) -> None:
    add_account("li", email="li@example.cn")
    written = ("li", "LI", "\uff4c\uff49", "li\u3000")
    statuses = [submit(client, "/account/forgot", login=login).status_code for login in written]
    assert (statuses, len(outbox(settings))) == ([200, 200, 200, 429], 3)


def test_nobody_asks_for_many_resets(client: FlaskClient, settings: Settings) -> None:
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    statuses = [submit(client, "/account/forgot", login=f"name{number}").status_code for number in range(21)]
    client.environ_base["REMOTE_ADDR"] = "203.0.113.10"
    elsewhere = submit(client, "/account/forgot", login="name").status_code
    assert (statuses, elsewhere) == ([200] * 20 + [429], 200)


def test_everybody_behind_this_machine_does_not_share_one_count_of_resets(client: FlaskClient) -> None:
    statuses = {submit(client, "/account/forgot", login=f"name{number}").status_code for number in range(21)}
    assert statuses == {200}


def test_a_forged_host_does_not_get_into_a_letter(
    client: FlaskClient, settings: Settings, add_account: AddAccount
) -> None:
    add_account("li", email="li@example.cn")
    fields = {"csrf_token": token_of(client.get("/account/forgot", base_url="http://evil.example")), "login": "li"}
    answer = client.post("/account/forgot", data=fields, base_url="http://evil.example")
    (letter,) = outbox(settings)
    assert (answer.status_code, re.findall(r"http://\S+(?=/account/)", letter)) == (200, ["http://localhost"])


def test_without_an_address_of_the_site_no_letter_is_promised(
    settings: Settings, database: Database, add_account: AddAccount
) -> None:
    add_account("li", email="li@example.cn")
    browser = create_app(settings.model_copy(update={"base_url": "", "demo": True})).test_client()
    answer = submit(browser, "/account/forgot", login="li")
    assert (answer.status_code, "本站没有设置网址" in text_of(answer)) == (503, True)
    assert outbox(settings) == []


def test_mail_that_cannot_be_sent_is_logged_without_the_link(
    settings: Settings, database: Database, add_account: AddAccount, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add_account("li", email="li@example.cn")
    (tmp_path / "file").touch()
    broken = settings.model_copy(update={"mail_url": f"file:{tmp_path / 'file' / 'x'}"})
    answer = submit(create_app(broken).test_client(), "/account/forgot", login="li")
    outbox(settings)
    assert (answer.status_code, "邮件没有发出" in caplog.text, "/account/reset/" in caplog.text) == (200, True, False)


def test_a_wrong_setting_for_mail_is_told_to_the_operator_and_not_to_a_visitor(
    settings: Settings, database: Database, add_account: AddAccount, caplog: pytest.LogCaptureFixture
) -> None:
    add_account("li", email="li@example.cn")
    wrong = settings.model_copy(update={"mail_url": "mail.example.cn:25"})
    answer = submit(create_app(wrong).test_client(), "/account/forgot", login="li")
    outbox(settings)
    assert (answer.status_code, "CASELIB_MAIL_URL 的写法不对。" in caplog.text) == (200, True)


def test_one_letter_that_cannot_be_written_loses_no_other(
    app: Flask, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = Letter("li@example.cn", "两行\n标题", "秘密一"), Letter("wang@example.cn", "标题", "秘密二")
    lost: list[Letter] = []
    with app.app_context():
        post([bad, good, bad], lost=lost.append)
    assert (outbox(settings), lost, "ValueError" in caplog.text) == (["秘密二\n"], [bad, bad], True)
    assert ("秘密" in caplog.text, "标题" in caplog.text) == (False, False)


def test_two_pages_opened_at_once_after_signing_in_can_both_send_their_forms(
    app: Flask, add_account: AddAccount, sign_in: SignIn
) -> None:
    add_account("li")
    first, second = app.test_client(), app.test_client()
    sign_in("li", browser=first)
    signed_in = first.get_cookie("caselib")
    assert signed_in
    second.set_cookie("caselib", signed_in.value)  # both ask with the cookie that signing in gave
    token = token_of(first.get("/account"))
    second.get("/account")
    answered_last = second.get_cookie("caselib")
    assert answered_last
    first.set_cookie("caselib", answered_last.value)
    answer = first.post("/logout", data={"csrf_token": token})
    assert (answer.status_code, answer.location) == (303, "/")
