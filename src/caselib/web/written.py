"""Small pieces of a page or an answer that are written once for each value and its label: they are asked for by the hundred.

A dictionary, since a look-up in one costs a third of a call. Nothing here knows what is written.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T", str, bytes)
KEPT = 8192


class Written(dict[tuple[str, str], T], Generic[T]):
    """What ``write`` makes of a value and its label; at most ``KEPT`` of them."""

    def __init__(self, write: Callable[[str, str], T]) -> None:
        super().__init__()
        self._write: Callable[[str, str], T] = write

    def __missing__(self, key: tuple[str, str]) -> T:
        if len(self) >= KEPT:
            self.clear()
        found: T = self._write(*key)
        self[key] = found
        return found
