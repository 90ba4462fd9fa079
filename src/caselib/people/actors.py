"""Who acts: roles, and the one value that says who is asking for something.

Every action and every rule of every room takes an :class:`Actor`. It is a plain value, taken from an account once a
request; it must not hold a session or load anything later.
"""

from dataclasses import dataclass

from caselib.labels import Labelled


class Role(Labelled):
    """What somebody may be; one person may be several."""

    SUBMITTER = "submitter", "报送单位"
    EXPERT = "expert", "评审专家"
    EDITOR = "editor", "编辑"
    OPERATOR = "operator", "运维"


@dataclass(frozen=True)
class Actor:
    """Somebody who asks for something: who, with which roles, and with which ties (for recusal).

    ``id`` is ``None`` for an operator at the command line. ``province`` is a six-digit code of GB/T 2260.
    """

    id: int | None
    username: str
    name: str
    roles: frozenset[Role]
    email: str = ""
    employer: str = ""
    province: str = ""
    certifier: str = ""

    def has(self, *roles: Role) -> bool:
        """Whether the actor has at least one of ``roles``."""
        return not self.roles.isdisjoint(roles)


COMMAND_LINE = Actor(id=None, username="command-line", name="命令行", roles=frozenset({Role.OPERATOR}))
"""Whoever can run ``caselib`` on the server can also read its files: an operator."""
