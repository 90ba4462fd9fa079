"""What is wrong with a file: the one shape in which every fault of the content is told.

Nothing here finds faults; the readers of this room do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from caselib.errors import CaselibError

Level = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong at one place: ``path`` relative to the content root, ``line`` from 1, and what to do about it.

    An ``error`` keeps the file out of the library; a ``warning`` does not.
    """

    path: str
    line: int
    level: Level
    message: str
    remedy: str

    def __str__(self) -> str:
        word = "错误" if self.level == "error" else "警告"
        return f"{self.path}:{self.line}: {word}: {self.message} 办法: {self.remedy}"


def bad_files(faults: Iterable[Fault]) -> set[str]:
    """The files that are kept out for these faults."""
    return {fault.path for fault in faults if fault.level == "error"}


class FileFault(CaselibError):
    """A file cannot be read at all; raised where the line is known and the path is not."""

    def __init__(self, line: int, message: str, remedy: str) -> None:
        super().__init__(message, remedy)
        self.line = line

    def at(self, path: str) -> Fault:
        """The fault of the file ``path``."""
        return Fault(path, self.line, "error", self.message, self.remedy)


class InvalidDocument(CaselibError):
    """A file that has errors and is therefore not served; ``faults`` lists all of them, warnings included."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        first = next(fault for fault in faults if fault.level == "error")
        super().__init__(f"{first.path} 第 {first.line} 行：{first.message}", first.remedy)


class Unreadable(InvalidDocument):
    """Unreadable for now: it may become readable without its mtime or size changing, so retry it."""
