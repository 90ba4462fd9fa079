"""Values from a short list (roles, states, kinds), each with its name for its reader. It holds no list."""

from enum import StrEnum
from typing import Self


class Labelled(StrEnum):
    """What is kept, compared and sent is the value; ``label`` is what its reader is shown.

    A member is written as both: ``OPEN = "open", "征集中"``.
    """

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """Make a member; ``label`` has a default because type checkers take ``State("open")``, which finds one, for this."""
        member = str.__new__(cls, value)
        member._value_, member.label = value, label
        return member
