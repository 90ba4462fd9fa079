"""How often something may be tried: counted in the database, so that all workers count together and a restart
forgets nothing.

An attempt is counted before it is judged: many at the same moment cannot slip through. Keys are digests, because
people type passwords into the wrong field.
"""

import hashlib
import ipaddress
from datetime import timedelta

from sqlmodel import Session, col, delete

from caselib.db import now
from caselib.errors import CaselibError
from caselib.people.models import Attempts

WINDOW = timedelta(minutes=15)


class TooManyAttempts(CaselibError):
    """Something was tried too often; it can be tried again later."""

    status = 429


def admit(*, session: Session, limits: dict[str, int]) -> None:
    """Count one attempt under each key (key → how many are allowed in the window).

    A refused attempt is not counted: somebody who is blocked is let in again when the window is over.

    Raises:
        TooManyAttempts: one of the keys has no attempts left.
    """
    session.exec(delete(Attempts).where(col(Attempts.since) < now() - WINDOW))
    blocked = [attempts for key, limit in limits.items() if (attempts := _count(session, key)).count > limit]
    if blocked:
        wait = max(attempts.since for attempts in blocked) + WINDOW - now()
        minutes = max(1, -(-int(wait.total_seconds()) // 60))
        raise TooManyAttempts("尝试次数太多。", f"请在 {minutes} 分钟后再试。")


def forget(*, session: Session, key: str) -> None:
    """Forget the attempts under ``key``: the last one succeeded."""
    session.exec(delete(Attempts).where(col(Attempts.key) == _digest(key)))


def network(address: str | None) -> str:
    """What counts as one visitor: an IPv4 address, or an IPv6 /64 network; empty when unknown or this machine.

    This machine may be a proxy in front of us, and then it would be everybody.
    """
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if parsed.is_loopback:
        return ""
    return str(ipaddress.ip_network((parsed, 64 if parsed.version == 6 else 32), strict=False))


def _count(session: Session, key: str) -> Attempts:
    attempts = session.get(Attempts, _digest(key)) or Attempts(key=_digest(key), count=0, since=now())
    attempts.count += 1
    session.add(attempts)
    return attempts


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
