import time

import pytest
from argon2 import PasswordHasher

from caselib.errors import CaselibError
from caselib.people import passwords
from tests.people.conftest import PASSWORD


@pytest.fixture(autouse=True)
def real_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a site pays for a password."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher())


def test_a_hash_is_argon2id_and_never_the_same_twice() -> None:
    first, second = passwords.hash_password(PASSWORD), passwords.hash_password(PASSWORD)
    assert (first.split("$")[1:4], first == second) == (["argon2id", "v=19", "m=65536,t=3,p=4"], False)


@pytest.mark.parametrize(
    ("typed", "right"),
    [(PASSWORD, True), (PASSWORD + "x", False), ("", False), (PASSWORD.replace("2026", "２０２６"), True)],
    ids=["same", "longer", "empty", "full-width digits"],
)
def test_a_password_proves_itself(typed: str, right: bool) -> None:
    assert passwords.verify(passwords.hash_password(PASSWORD), typed) is right
    assert passwords.verify(passwords.hash_password(typed), PASSWORD) is right


def test_a_password_that_was_set_with_full_width_digits_proves_itself_with_plain_ones() -> None:
    assert passwords.verify(passwords.hash_password(PASSWORD.replace("2026", "２０２６")), PASSWORD) is True


@pytest.mark.parametrize("stored", ["", "not a hash"])
def test_nothing_proves_an_account_without_a_usable_hash(stored: str) -> None:
    assert passwords.verify(stored, "") is False


def test_checking_against_no_account_costs_what_a_real_check_costs() -> None:
    stored = passwords.hash_password(PASSWORD)

    def seconds(against: str) -> float:
        began = time.process_time()
        passwords.verify(against, "wrong password")
        return time.process_time() - began

    real, decoy = (min(seconds(against) for _ in range(5)) for against in (stored, ""))
    assert 0.5 < decoy / real < 2


def test_a_hash_with_weaker_parameters_wants_to_be_made_again() -> None:
    strong = passwords.hash_password(PASSWORD)
    weak = strong.replace("t=3", "t=1")
    assert (passwords.needs_rehash(strong), passwords.needs_rehash(weak)) == (False, True)


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("123456789", "密码太短：至少需要 10 个字符。"),
        ("长" * 201, "密码太长：最多 200 个字符。"),
        ("zhejiang-2026", "密码里不能含有用户名。"),
        ("ＺＨＥＪＩＡＮＧ-2026", "密码里不能含有用户名。"),
        ("aaaaaaaabbcc", "密码里不同的字符太少。"),
    ],
)
def test_a_bad_new_password_is_refused_with_the_reason(password: str, message: str) -> None:
    with pytest.raises(CaselibError) as caught:
        passwords.check_new(password, username="zhejiang")
    assert caught.value.message == message


@pytest.mark.parametrize("password", ["1234567890", "长" * 196 + "短中上下", PASSWORD])
def test_a_good_new_password_is_accepted(password: str) -> None:
    passwords.check_new(password, username="zhejiang")
