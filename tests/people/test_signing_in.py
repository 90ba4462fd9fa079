from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from caselib.db import Database, now
from caselib.errors import CaselibError
from caselib.people import COMMAND_LINE, actions, passwords, queries, throttle
from caselib.people.models import Account, Attempts
from caselib.people.signing_in import (
    PER_ACCOUNT,
    PER_VISITOR,
    WrongCredentials,
    attempt_limits,
    change_password,
    sign_in,
)
from caselib.people.throttle import TooManyAttempts
from tests.people.conftest import PASSWORD, AddAccount

HERE, ELSEWHERE = "203.0.113.7", "203.0.113.8"


def attempt(database: Database, username: str = "li", password: str = "wrong", address: str | None = HERE) -> str:
    try:
        return sign_in(database, username=username, password=password, address=address).username
    except CaselibError as error:
        return type(error).__name__


def test_the_right_password_signs_in_and_notes_when(database: Database, add_account: AddAccount) -> None:
    add_account("li")
    before = now()
    account = sign_in(database, username=" LI ", password=PASSWORD, address=HERE)
    assert account.username == "li"
    assert account.signed_in_at is not None
    assert before <= account.signed_in_at <= now()


@pytest.mark.parametrize("fault", ["wrong password", "unknown", "no password yet", "disabled"])
def test_every_fault_gets_the_same_answer(database: Database, add_account: AddAccount, fault: str) -> None:
    add_account("li", password=None if fault == "no password yet" else PASSWORD)
    if fault == "disabled":
        with database.writing() as session:
            account = queries.get_account(session, "li")
            actions.disable_account(session=session, actor=COMMAND_LINE, account=account)
    username = "nobody" if fault == "unknown" else "li"
    password = "wrong" if fault == "wrong password" else PASSWORD
    with pytest.raises(WrongCredentials) as caught:
        sign_in(database, username=username, password=password, address=HERE)
    assert str(caught.value) == "用户名或密码不正确。 请检查后重试；忘记密码可以用邮件重设。"


@pytest.mark.parametrize("username", ["li", "nobody"])
def test_one_account_from_one_place_is_blocked_after_five_wrong_attempts_even_with_the_right_password(
    database: Database, add_account: AddAccount, username: str
) -> None:
    add_account("li")
    answers = [attempt(database, username) for _ in range(PER_ACCOUNT)]
    assert answers == ["WrongCredentials"] * PER_ACCOUNT
    assert attempt(database, username, PASSWORD) == "TooManyAttempts"


def test_who_is_blocked_in_one_place_can_sign_in_from_another(database: Database, add_account: AddAccount) -> None:
    add_account("li")
    for _ in range(PER_ACCOUNT + 1):
        attempt(database)
    assert attempt(database, password=PASSWORD, address=ELSEWHERE) == "li"


def test_a_success_forgets_the_wrong_attempts_before_it(database: Database, add_account: AddAccount) -> None:
    add_account("li")
    rounds = [attempt(database, password="wrong" if n % PER_ACCOUNT else PASSWORD) for n in range(1, 11)]
    assert rounds == (["WrongCredentials"] * 4 + ["li"]) * 2


def test_a_success_leaves_what_its_visitor_tried_elsewhere(database: Database, add_account: AddAccount) -> None:
    add_account("li")
    assert [attempt(database), attempt(database, password=PASSWORD)] == ["WrongCredentials", "li"]
    with database.reading() as session:
        assert [attempts.count for attempts in session.exec(select(Attempts))] == [2]


@pytest.mark.both_databases
def test_attempts_at_the_same_moment_cannot_slip_through(database: Database, add_account: AddAccount) -> None:
    add_account("li")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: attempt(database), range(12)))
    assert sorted(answers) == ["TooManyAttempts"] * 7 + ["WrongCredentials"] * 5


def test_the_block_ends_with_its_window(database: Database, add_account: AddAccount) -> None:
    add_account("li")
    for _ in range(PER_ACCOUNT + 1):
        attempt(database)
    with database.writing() as session:
        for attempts in session.exec(select(Attempts)):
            attempts.since -= throttle.WINDOW + timedelta(seconds=1)
    assert attempt(database, password=PASSWORD) == "li"


def test_the_refusal_says_how_long_to_wait(database: Database) -> None:
    for _ in range(PER_ACCOUNT):
        attempt(database)
    with pytest.raises(TooManyAttempts, match="请在 15 分钟后再试"):
        sign_in(database, username="li", password="wrong", address=HERE)


def test_who_used_up_two_counts_is_told_when_the_later_of_them_ends(database: Database) -> None:
    with database.writing() as session:
        throttle.admit(session=session, limits={"older": 1})
        session.exec(select(Attempts)).one().since -= timedelta(minutes=10)
        throttle.admit(session=session, limits={"newer": 1})
    with database.writing() as session, pytest.raises(TooManyAttempts, match="请在 15 分钟后再试"):
        throttle.admit(session=session, limits={"older": 1, "newer": 1})


def test_a_refused_attempt_does_not_lengthen_the_block(database: Database) -> None:
    with database.writing() as session:
        throttle.admit(session=session, limits={"k": 1})
    for _ in range(3):
        with pytest.raises(TooManyAttempts), database.writing() as session:
            throttle.admit(session=session, limits={"k": 1})
    with database.reading() as session:
        assert [attempts.count for attempts in session.exec(select(Attempts))] == [1]


def test_old_counts_are_swept_away(database: Database) -> None:
    with database.writing() as session:
        session.add(Attempts(key="old", count=3, since=now() - throttle.WINDOW * 2))
    with database.writing() as session:
        throttle.admit(session=session, limits={"new": 1})
    with database.reading() as session:
        assert session.get(Attempts, "old") is None


def test_what_is_typed_as_a_user_name_is_not_stored(database: Database) -> None:
    attempt(database, username="my secret password")
    with database.reading() as session:
        keys = [attempts.key for attempts in session.exec(select(Attempts))]
    assert [key for key in keys if "secret" in key or len(key) != 64] == []


@pytest.mark.parametrize(
    ("address", "limits"),
    [
        (HERE, {"sign-in li 203.0.113.7/32": PER_ACCOUNT, "sign-in 203.0.113.7/32": PER_VISITOR}),
        ("127.0.0.1", {"sign-in li ": PER_ACCOUNT}),
        (None, {"sign-in li ": PER_ACCOUNT}),
    ],
)
def test_everybody_behind_this_machine_is_not_counted_as_one(address: str | None, limits: dict[str, int]) -> None:
    assert attempt_limits("Li", address) == limits


@pytest.mark.parametrize(
    ("address", "visitor"),
    [
        ("192.0.2.1", "192.0.2.1/32"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1/32"),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
        ("unix:", ""),
        (None, ""),
    ],
)
def test_an_address_names_one_visitor(address: str | None, visitor: str) -> None:
    assert throttle.network(address) == visitor


class Meanwhile(Database):
    """A database to which somebody else does something as soon as it was looked at."""

    def __init__(self, database: Database, act: Callable[[Session, Account], None]) -> None:
        super().__init__(database.url)
        self._act = act

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with super().reading() as session:
            yield session
        with self.writing() as session:
            self._act(session, queries.get_account(session, "li"))


NEW, NEWEST = "另一句很长的口令 2027", "第三句很长的口令 2028"


def set_new(session: Session, account: Account) -> None:
    actions.set_password(session=session, account=account, password=NEW)


def disable(session: Session, account: Account) -> None:
    actions.disable_account(session=session, actor=COMMAND_LINE, account=account)


def renew_hash(session: Session, account: Account) -> None:
    account.password_hash = passwords.hash_password(PASSWORD)


@pytest.mark.parametrize(
    ("act", "answer"), [(set_new, "WrongCredentials"), (disable, "WrongCredentials"), (renew_hash, "li")]
)
def test_a_password_must_still_be_the_accounts_when_it_was_checked(
    database: Database, add_account: AddAccount, act: Callable[[Session, Account], None], answer: str
) -> None:
    add_account("li")
    meanwhile = Meanwhile(database, act)
    assert attempt(meanwhile, password=PASSWORD) == answer
    meanwhile.close()


@pytest.mark.parametrize("act", [set_new, disable])
def test_a_password_that_was_changed_meanwhile_is_not_changed_again(
    database: Database, add_account: AddAccount, act: Callable[[Session, Account], None]
) -> None:
    add_account("li")
    meanwhile = Meanwhile(database, act)
    with pytest.raises(CaselibError, match="现在的密码不正确"):
        change_password(meanwhile, username="li", current=PASSWORD, new=NEWEST)
    meanwhile.close()
    with database.reading() as session:
        assert not passwords.verify(queries.get_account(session, "li").password_hash, NEWEST)
