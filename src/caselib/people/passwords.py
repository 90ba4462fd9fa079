"""Passwords: the rules for a new one, hashing (Argon2id) and checking.

A password or its hash must never be logged, shown or put into an error.
"""

import base64
import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from caselib.errors import CaselibError

SHORTEST = 10
LONGEST = 200

hasher = PasswordHasher()
"""What a hash costs whoever guesses: argon2-cffi's defaults, the second choice of RFC 9106 (64 MiB, three passes)."""


def check_new(password: str, *, username: str) -> None:
    """Do nothing if ``password`` may be used by ``username``.

    Raises:
        CaselibError: it is too short or too long, or holds the user name, or is one character repeated.
    """
    password = _normal(password)
    if len(password) < SHORTEST:
        raise CaselibError(f"密码太短：至少需要 {SHORTEST} 个字符。", "可以用几个不相干的词连成一句。")
    if len(password) > LONGEST:
        raise CaselibError(f"密码太长：最多 {LONGEST} 个字符。")
    if username.casefold() in password.casefold():
        raise CaselibError("密码里不能含有用户名。", "请换一个别人猜不到的密码。")
    if len(set(password)) < 4:
        raise CaselibError("密码里不同的字符太少。", "请换一个别人猜不到的密码。")


def hash_password(password: str) -> str:
    """The hash to keep, with its parameters and salt inside."""
    return hasher.hash(_normal(password))


def verify(stored: str, password: str) -> bool:
    """Whether ``password`` belongs to the hash ``stored``; takes the same time when ``stored`` is empty."""
    try:
        return hasher.verify(stored or _decoy(hasher), _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    # An input method may give full-width digits on one machine and plain ones on another.
    return unicodedata.normalize("NFKC", password)


@cache
def _decoy(hasher: PasswordHasher) -> str:
    """A hash of no password, as costly to check as a real one."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (hasher.salt_len, hasher.hash_len)
    )
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"
