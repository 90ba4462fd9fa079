"""The numbers that Word counts by itself, typed into the text of a document.

A reader sees 一、, （二） and 第三步; the file has only a mark where each stands, and Markdown has only lists that are
numbered 1. 2. 3. from their beginning. Such a list is left as it is; every other number becomes text.
"""

import re
from collections import defaultdict
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DIGITS = "〇一二三四五六七八九"
_CHINESE = re.compile("chinese|ideograph|japanese|taiwanese")
_PLAIN = re.compile(r"%\d[.．)）]")
"""What Markdown writes itself."""
_DEPTHS = frozenset("012345678")
_MOST = 999
"""No list counts on from a larger number; a file may say any."""
_LONGEST = 20
"""Characters of what stands around a number, which is kept once and typed often."""


class _Level(NamedTuple):
    kind: str
    text: str
    start: int


def typed(document: bytes, numbering: bytes) -> bytes:
    """The main part of a document with its numbers in its text; neither part has a document type.

    Raises:
        Exception: a part is no XML, or a number in it is none.
    """
    root = ElementTree.fromstring(document)  # noqa: S314 - it has no document type
    lists = _Lists(ElementTree.fromstring(numbering))  # noqa: S314 - it has no document type
    boxed: set[Element] = set()
    for cell in root.iter(f"{_W}tc"):
        if cell not in boxed:
            boxed.update(cell.iter())
    for paragraph in root.iter(f"{_W}p"):
        lists.number(paragraph, paragraph in boxed)
    return bytes(ElementTree.tostring(root, "utf-8"))


class _Lists:
    """How far each list of a document has come."""

    def __init__(self, numbering: Element) -> None:
        self._levels = {
            _value(each, "abstractNumId", own=True): {
                int(_value(level, "ilvl", own=True)): _Level(
                    _value(level, "numFmt"),
                    _value(level, "lvlText")[:_LONGEST],
                    min(int(_value(level, "start") or 1), _MOST),
                )
                for level in each.iterfind(f"{_W}lvl")
                if _value(level, "ilvl", own=True) in _DEPTHS
            }
            for each in numbering.iterfind(f"{_W}abstractNum")
        }
        self._kinds = {_value(each, "numId", own=True): each for each in numbering.iterfind(f"{_W}num")}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        self._begun: set[str] = set()
        self._before = ""
        """The list of the paragraph before, if Markdown numbers that."""

    def number(self, paragraph: Element, boxed: bool) -> None:
        """Count the paragraph if it is numbered, and type its number unless Markdown has the same."""
        before, self._before = self._before, ""
        mark = paragraph.find(f"{_W}pPr/{_W}numPr")
        if mark is None or paragraph.find(f"{_W}pPr/{_W}rPr/{_W}del") is not None:
            return
        number, depth = _value(mark, "numId"), int(_value(mark, "ilvl") or 0)
        kind = self._kinds.get(number)
        name = "" if kind is None else _value(kind, "abstractNumId")
        level = self._levels.get(name, {}).get(depth)
        if kind is None or level is None or level.kind in ("bullet", "none") or not level.text:
            self._before = before
            return
        self._count(number, kind, name, depth)
        counted = self._counts[name][depth]
        listed = not _CHINESE.match(level.kind) and _PLAIN.fullmatch(level.text) and not boxed
        if listed and (before == number or (depth == 0 and counted == 1)):
            self._before = number
        elif boxed or any(paragraph.find(f"{at}/{_W}t") is not None for at in ("*", "*/*")):
            _type(paragraph, mark, self._shown(name, level))

    def _count(self, number: str, kind: Element, name: str, depth: int) -> None:
        counts, levels = self._counts[name], self._levels[name]
        if number not in self._begun:
            self._begun.add(number)
            for each in kind.iterfind(f"{_W}lvlOverride[{_W}startOverride]"):
                counts[int(_value(each, "ilvl", own=True))] = min(int(_value(each, "startOverride")), _MOST) - 1
        counts[depth] = counts.get(depth, levels[depth].start - 1) + 1
        for deeper in [each for each in counts if each > depth]:
            del counts[deeper]

    def _shown(self, name: str, level: _Level) -> str:
        levels, counts = self._levels[name], self._counts[name]

        def show(found: re.Match[str]) -> str:
            depth = int(found[1]) - 1
            return _said(counts.get(depth, 1), levels[depth].kind) if depth in levels else ""

        shown = re.sub(r"%([1-9])", show, level.text)
        return shown + " " if shown[-1:].isascii() else shown


def _type(paragraph: Element, mark: Element, text: str) -> None:
    for each in mark.iterfind(f"{_W}numId"):
        each.set(f"{_W}val", "0")
    run = Element(f"{_W}r")
    ElementTree.SubElement(run, f"{_W}t").text = text
    paragraph.insert(1, run)


def _value(element: Element, name: str, own: bool = False) -> str:
    found = element if own else element.find(f"{_W}{name}")
    return "" if found is None else found.get(f"{_W}{name if own else 'val'}", "")


def _said(number: int, kind: str) -> str:
    if kind == "decimalEnclosedCircle" and 1 <= number <= 20:
        return chr(ord("①") + number - 1)
    if kind in ("lowerLetter", "upperLetter") and 1 <= number <= 26:
        return chr(ord("a" if kind == "lowerLetter" else "A") + number - 1)
    if not _CHINESE.match(kind) or not 1 <= number <= 99:
        return str(number)
    tens, ones = divmod(number, 10)
    return f"{_DIGITS[tens] if tens > 1 else ''}{'十' if tens else ''}{_DIGITS[ones] if ones else ''}"
