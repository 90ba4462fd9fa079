import time
from collections.abc import Callable

import pytest
from itsdangerous import URLSafeTimedSerializer

from caselib.db import Database
from caselib.people import COMMAND_LINE, Account, Role, actions, queries
from caselib.people.letters import write_letter
from caselib.people.links import DeadLink, Purpose, make_token, open_token
from tests.people.conftest import AddAccount

KEY = "k" * 32


@pytest.fixture
def opens(database: Database) -> Callable[..., bool]:
    def opens(token: str, purpose: Purpose = Purpose.RESET, key: str = KEY) -> bool:
        with database.reading() as session:
            try:
                return open_token(session, token, purpose, key=key).username == "li"
            except DeadLink:
                return False

    return opens


@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_opens_the_account_it_was_given_to(
    add_account: AddAccount, opens: Callable[..., bool], purpose: Purpose
) -> None:
    assert opens(make_token(add_account("li"), purpose, key=KEY), purpose) is True


def test_a_link_opens_nothing_for_another_purpose_or_key(add_account: AddAccount, opens: Callable[..., bool]) -> None:
    token = make_token(add_account("li"), Purpose.RESET, key=KEY)
    assert (opens(token, Purpose.INVITATION), opens(token, key="other")) == (False, False)


@pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: "A" + token[1:], lambda token: ""])
def test_a_changed_link_opens_nothing(
    add_account: AddAccount, opens: Callable[..., bool], change: Callable[[str], str]
) -> None:
    assert opens(change(make_token(add_account("li"), Purpose.RESET, key=KEY))) is False


@pytest.mark.parametrize("payload", [[99, 0], ["x", "y"], [1], 5, None, {"a": 1}])
def test_a_signed_link_to_nobody_opens_nothing(opens: Callable[..., bool], payload: object) -> None:
    assert opens(URLSafeTimedSerializer(KEY, salt="caselib.people.reset").dumps(payload)) is False


def test_a_link_does_not_let_who_reads_it_confirm_an_address(add_account: AddAccount) -> None:
    account = add_account("li", email="li@example.cn")
    tokens = [make_token(account, Purpose.RESET, key=key) for key in (KEY, "another")]
    one, other = (URLSafeTimedSerializer(KEY).loads_unsafe(token)[1] for token in tokens)
    assert ("li@example.cn" in one, one[:2] == other[:2], one[2] == other[2]) == (False, True, False)


def test_a_link_is_for_one_use(database: Database, add_account: AddAccount, opens: Callable[..., bool]) -> None:
    account = add_account("li", password=None)
    tokens = [make_token(account, purpose, key=KEY) for purpose in Purpose]
    with database.writing() as session:
        owner = open_token(session, tokens[0], Purpose.INVITATION, key=KEY)
        actions.set_password(session=session, account=owner, password="第一句口令 2026")
    assert [opens(token, purpose) for token, purpose in zip(tokens, Purpose, strict=True)] == [False, False]


def test_a_disabled_account_has_no_links(
    database: Database, add_account: AddAccount, opens: Callable[..., bool]
) -> None:
    add_account("li")
    with database.writing() as session:
        account = queries.get_account(session, "li")
        actions.disable_account(session=session, actor=COMMAND_LINE, account=account)
    assert opens(make_token(account, Purpose.RESET, key=KEY)) is False


@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_sent_to_a_wrong_address_ends_when_the_address_is_corrected(
    database: Database, add_account: AddAccount, opens: Callable[..., bool], purpose: Purpose
) -> None:
    token = make_token(add_account("li", email="wrong@example.cn"), purpose, key=KEY)
    with database.writing() as session:
        account = queries.get_account(session, "li")
        actions.change_account(session=session, actor=COMMAND_LINE, account=account, name="李四五")
    assert opens(token, purpose) is True
    with database.writing() as session:
        account = queries.get_account(session, "li")
        actions.change_account(session=session, actor=COMMAND_LINE, account=account, email="right@example.cn")
    assert (opens(token, purpose), opens(make_token(account, purpose, key=KEY), purpose)) == (False, True)


@pytest.mark.parametrize(
    ("purpose", "age", "good"),
    [
        (Purpose.RESET, 2 * 3600 - 5, True),
        (Purpose.RESET, 2 * 3600 + 5, False),
        (Purpose.INVITATION, 7 * 86400 - 5, True),
        (Purpose.INVITATION, 7 * 86400 + 5, False),
    ],
)
def test_a_link_ends_with_its_time(
    add_account: AddAccount,
    opens: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    purpose: Purpose,
    age: int,
    good: bool,
) -> None:
    real = time.time
    with monkeypatch.context() as past:
        past.setattr(time, "time", lambda: real() - age)
        token = make_token(add_account("li"), purpose, key=KEY)
    assert opens(token, purpose) is good


def test_the_invitation_says_who_what_and_how_long() -> None:
    account = Account(username="zhejiang", name="浙江省市场监督管理局", email="zj@example.cn")
    account.grants = [actions.AccountRole(role=Role.SUBMITTER), actions.AccountRole(role=Role.EXPERT)]
    letter = write_letter(Purpose.INVITATION, account, link="https://x.cn/account/invitation/t", site="案例库")
    assert (letter.to, letter.subject) == ("zj@example.cn", "案例库：请设置您的密码")
    lines = [line.strip() for line in letter.text.splitlines() if line]
    assert lines[:6] == [
        "浙江省市场监督管理局：",
        "您好！“案例库”已为您开设账号。",
        "用户名：zhejiang",
        "身份：评审专家、报送单位",
        "请在 7 天内打开下面的链接，设置密码后即可登录：",
        "https://x.cn/account/invitation/t",
    ]


def test_the_reset_letter_says_for_which_account_and_how_long() -> None:
    account = Account(username="li", name="李四", email="li@example.cn")
    letter = write_letter(Purpose.RESET, account, link="https://x.cn/r", site="案例库")
    assert letter.subject == "案例库：重设密码"
    assert "账号“li”" in letter.text
    assert "请在 2 小时内打开" in letter.text
