"""What differs between two revisions, for showing: fields with both values, and the body as pieces.

Pure, and bounded: what would take too long to compare by character is shown as taken out and put in whole.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from caselib.review.models import Revision

LONGEST = 1000
"""Characters of a changed passage that is compared by character: the cost grows with the square, and more."""
BUDGET = 2_000_000
"""Pairs of characters compared in one body, at most: about half a second for the worst there is."""


class Piece(NamedTuple):
    """A stretch of the body; the ``same`` and ``removed`` ones are the old text, the ``same`` and ``added`` the new."""

    kind: Literal["same", "removed", "added"]
    text: str


class FieldChange(NamedTuple):
    """A key of the front matter with both values; None where there is none."""

    key: str
    before: Any
    after: Any


class Difference(NamedTuple):
    """What differs; both are empty or one ``same`` piece when nothing does."""

    fields: list[FieldChange]
    body: list[Piece]


def revision_difference(before: Revision, after: Revision) -> Difference:
    """What was changed from ``before`` to ``after``."""
    keys = dict.fromkeys([*before.front, *after.front])
    fields = [FieldChange(key, before.front.get(key), after.front.get(key)) for key in keys]
    changed = [field for field in fields if field.before != field.after]
    return Difference(changed, _joined(_by_line(before.body, after.body)))


def _by_line(before: str, after: str) -> Iterator[Piece]:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    budget = BUDGET
    for taken, put in _passages(old, new):
        if taken == put:
            yield Piece("same", taken)
        elif max(len(taken), len(put)) <= LONGEST and len(taken) * len(put) <= budget:
            budget -= len(taken) * len(put)
            yield from _by_character(taken, put)
        else:
            yield from (Piece("removed", taken), Piece("added", put))


def _passages(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Stretches of both texts that stand for each other; as many changed lines on both sides are paired one by one."""
    # difflib's own heuristic stays on: without it a body of ten thousand empty lines takes hours.
    for tag, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "replace" and b - a == d - c:
            yield from zip(old[a:b], new[c:d], strict=True)
        else:
            yield "".join(old[a:b]), "".join(new[c:d])


def _by_character(before: str, after: str) -> Iterator[Piece]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.quick_ratio() < 0.4 or matcher.ratio() < 0.4:
        yield from (Piece("removed", before), Piece("added", after))
        return
    for _, a, b, c, d in matcher.get_opcodes():
        if before[a:b] == after[c:d]:
            yield Piece("same", before[a:b])
        else:
            yield from (Piece("removed", before[a:b]), Piece("added", after[c:d]))


def _joined(pieces: Iterator[Piece]) -> list[Piece]:
    """The pieces without empty ones, neighbours of one kind joined."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].kind == piece.kind:
            joined[-1] = Piece(piece.kind, joined[-1].text + piece.text)
        elif piece.text:
            joined.append(piece)
    return joined
