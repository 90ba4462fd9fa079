"""Where the headings of a Markdown body are: one answer, on which the page, its contents and the index agree.

A heading is a ``#`` line that begins in the first column, or one line of text underlined with ``===`` or ``---``.
What looks like one inside fenced code, a comment or ``<pre>`` is none; nothing that was left open hides a later
heading. Written ``##标题`` without the space counts too, because people write so. This module renders nothing.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from caselib.content.anchors import anchor
from caselib.content.stripping import HAN, strip_inline


class Span(NamedTuple):
    """Verbatim text: from ``start`` to ``end`` with its fences, ``inner`` to ``inner_end`` without."""

    start: int
    inner: int
    inner_end: int
    end: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and its place in ``Outline.text``; ``depth`` 1 is the highest, and no depth is left out."""

    start: int
    end: int
    depth: int
    source: str
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A body without what is never shown (after a line feed), its headings, and its spans of fenced code."""

    text: str
    headings: list[Heading]
    code: list[Span]

    def parts(self) -> Iterator[tuple[Heading | None, int, int]]:
        """Each heading with the range of the text under it; first ``None`` with what stands before the first one."""
        heading, start = None, 0
        for following in self.headings:
            yield heading, start, following.start
            heading, start = following, following.end
        yield heading, start, len(self.text)

    def code_between(self, start: int, end: int) -> list[Span]:
        """The spans of fenced code from ``start`` to ``end``."""
        if not self.code:
            return []
        starts = [span.start for span in self.code]
        return self.code[bisect_right(starts, start - 1) : bisect_right(starts, end - 1)]


MAX_HEADINGS = 2000
"""Later ones are text: no page has that many, and each costs time on it."""

_ATX = rf"(?P<marks>#{{1,6}})(?:(?=[ \t])|(?<=##)(?![#!\s])|(?=[{HAN}]))(?P<atx>[^\n]*)"
_SETEXT = r"(?P<text>(?![ \t>|#]|[-*+][ \t]|\d{1,9}[.)][ \t]|```|~~~)[^\n]+)\n(?:(?P<equals>=+)|-{2,})[ \t]*"
_HASHED = re.compile(rf"\n{_ATX}")
_UNDERLINED = re.compile(rf"\n(?:{_ATX}|{_SETEXT})(?=\n|\Z)")

_OPENING = re.compile(
    r"\n(?:[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?P<fence>`{3,}(?=[^`\n]*\n)|~{3,})[^\n]*(?=\n)"
    r"| {0,3}<(?P<tag>!--|(?i:script|style|pre)(?=[\s>])))"
)
_LONGEST_FENCE = 12
"""Longer fences count as this long, which bounds the number of different things to look for."""


@lru_cache(maxsize=2)
def outline(body: str) -> Outline:
    """The outline of ``body``; linear in its length, whatever it holds. The last ones are kept: the index asks for each twice."""
    text = "\n" + (body.replace("\r\n", "\n").replace("\r", "\n") if "\r" in body else body)
    code: list[Span] = []
    opaque: list[Span] = []
    if "```" in text or "~~~" in text or "<" in text:
        text, code, opaque = _set_aside(text)
    return Outline(text, _headings(text, opaque), code)


def _headings(text: str, opaque: list[Span]) -> list[Heading]:
    found: list[Heading] = []
    taken: dict[str, int] = {}
    above: list[int] = []
    for level, start, end, source in _candidates(text, opaque):
        words = strip_inline(source)
        if not words:
            continue
        while above and above[-1] >= level:
            above.pop()
        above.append(level)
        if len(found) == MAX_HEADINGS:
            break
        found.append(Heading(start, end, min(len(above), 5), source, words, anchor(words, taken)))
    return found


def _candidates(text: str, opaque: list[Span]) -> Iterator[tuple[int, int, int, str]]:
    """Level, start, end and source of what is written like a heading, outside the ``opaque`` spans."""
    pattern = _UNDERLINED if "\n==" in text or "\n--" in text else _HASHED
    inside = iter(opaque)
    span = next(inside, None)
    last_end = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        while span and span.end <= start:
            span = next(inside, None)
        if span and span.start < start:
            continue
        if match["marks"]:
            bare = match["atx"].strip()
            source = bare.rstrip("#").rstrip() if bare.endswith("#") else bare
            yield len(match["marks"]), start, end, source
        elif start == last_end or not text[text.rfind("\n", 0, start) + 1 : start].strip():
            yield (1 if match["equals"] else 2), start, end, match["text"].strip()
        else:
            continue
        last_end = end


@lru_cache(maxsize=64)
def _closing(opened: str) -> re.Pattern[str]:
    if opened[0] in "`~":
        return re.compile(rf"\n[ \t>]*{opened}{opened[0]}*[ \t]*(?=\n|\Z)")
    return re.compile("-->" if opened == "!--" else rf"</{opened}\s*>", re.IGNORECASE)


def _set_aside(text: str) -> tuple[str, list[Span], list[Span]]:
    """``text`` without comments, scripts and styles; its fenced code; and all spans that hold no headings."""
    kept: list[str] = []
    code: list[Span] = []
    opaque: list[Span] = []
    never_closed: set[str] = set()
    position = removed = 0
    while match := _OPENING.search(text, position):
        opened = (match["fence"] or match["tag"]).lower()[:_LONGEST_FENCE]
        closing = None if opened in never_closed else _closing(opened).search(text, match.end())
        if closing is None:
            never_closed.add(opened)
            kept.append(text[position : match.end()])
            position = match.end()
        elif match["fence"] or opened == "pre":
            kept.append(text[position : closing.end()])
            position = closing.end()
            span = Span(*(at - removed for at in (match.start(), match.end(), closing.start(), closing.end())))
            opaque.append(span)
            code += [span] if match["fence"] else []
        else:
            kept.append(text[position : match.start()])
            position = closing.end()
            removed += closing.end() - match.start()
    return "".join(kept) + text[position:], code, opaque
