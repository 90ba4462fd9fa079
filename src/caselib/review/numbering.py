"""The numbers that Word counts by itself, typed into the text of a document.

A reader sees 一、, （二） and 第三步; the file has only a mark where each stands, and Markdown has only lists that are
numbered 1. 2. 3. from their beginning. Such a list is left as it is; every other number becomes text.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

from caselib.review.wordstyles import W, parsed, value

_DIGITS = "〇一二三四五六七八九"
_LEGAL = str.maketrans("一二三四五六七八九十", "壹贰叁肆伍陆柒捌玖拾")
_ROMAN = "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX"
_SERIES: dict[str, Sequence[str]] = {
    **dict.fromkeys(("decimalEnclosedCircle", "decimalEnclosedCircleChinese"), "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"),
    "ideographTraditional": "甲乙丙丁戊己庚辛壬癸",
    "lowerLetter": ascii_lowercase,
    "upperLetter": ascii_uppercase,
    "lowerRoman": _ROMAN.lower().split(),
    "upperRoman": _ROMAN.split(),
    "decimalZero": [f"0{number}" for number in range(1, 10)],
}
"""The first numbers of a kind; later ones are written in plain digits."""
_CHINESE = re.compile("chinese|ideograph|japanese|taiwanese")
_PLAIN = re.compile(r"%\d[.．)）]")
"""What Markdown writes itself."""
_DEPTHS = frozenset("012345678")
_MOST = 999
"""No list counts on from a larger number; a file may say any."""
_LONGEST = 20
"""Characters of what stands around a number, which is kept once and typed often."""
_ORDERED, _BULLETS = "1", "2"
_KINDS = {_ORDERED: "decimal", _BULLETS: "bullet"}
LISTS = (
    f'<w:numbering xmlns:w="{W[1:-1]}">'
    + "".join(
        f'<w:abstractNum w:abstractNumId="{key}">'
        + "".join(f'<w:lvl w:ilvl="{depth}"><w:numFmt w:val="{kind}"/></w:lvl>' for depth in sorted(_DEPTHS))
        + "</w:abstractNum>"
        for key, kind in _KINDS.items()
    )
    + "".join(f'<w:num w:numId="{key}"><w:abstractNumId w:val="{key}"/></w:num>' for key in _KINDS)
    + "</w:numbering>"
).encode()
"""The part of a document with the two lists that Markdown has."""


class _Level(NamedTuple):
    kind: str
    text: str
    start: int


def type_numbers(texts: Iterable[Element], numbering: bytes) -> None:
    """Put the numbers of a document's parts, as :mod:`wordtext` leaves them, into their text; other lists are of ``LISTS``.

    Raises:
        Exception: ``numbering`` is no XML, or a number in it is none.
    """
    lists = _Lists(parsed(numbering))
    for text in texts:
        boxed: set[Element] = set()
        for cell in text.iter(f"{W}tc"):
            if cell not in boxed:
                boxed.update(cell.iter())
        for paragraph in text.iter(f"{W}p"):
            lists.number(paragraph, paragraph in boxed)


class _Lists:
    """How far each list of a document has come."""

    def __init__(self, numbering: Element) -> None:
        kinds = {each.get(f"{W}abstractNumId", ""): each for each in numbering.iterfind(f"{W}abstractNum")}
        named = {value(each, "styleLink"): key for key, each in kinds.items()}
        levels = {key: _levels(each.iterfind(f"{W}lvl")) for key, each in kinds.items()}
        self._lists = {each.get(f"{W}numId", ""): each for each in numbering.iterfind(f"{W}num")}
        self._names: dict[str, str] = {}
        """The kind of each list; one may only name the style that has it."""
        self._levels: dict[str, dict[int, _Level]] = {}
        for key, each in self._lists.items():
            name = value(each, "abstractNumId")
            linked = value(kinds[name], "numStyleLink") if name in kinds else ""
            self._names[key] = name = named.get(linked, name) if linked else name
            self._levels[key] = levels.get(name, {}) | _levels(each.iterfind(f"{W}lvlOverride/{W}lvl"))
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        self._begun: set[str] = set()
        self._before = ""
        """The list of the paragraph before, if Markdown numbers that."""

    def number(self, paragraph: Element, boxed: bool) -> None:
        """Count the paragraph if it is numbered, and type its number unless Markdown has the same."""
        before, self._before = self._before, ""
        mark = paragraph.find(f"{W}pPr/{W}numPr")
        if mark is None:
            return
        number, depth = value(mark, "numId"), int(value(mark, "ilvl") or 0)
        level = self._levels.get(number, {}).get(depth)
        if level is None or level.kind == "bullet":
            self._before = before
            _set(mark, _BULLETS if level else "")
            return
        self._count(number, depth)
        alone = boxed or paragraph.find(f"{W}pPr/{W}pStyle") is not None
        listed = not alone and not _CHINESE.match(level.kind) and _PLAIN.fullmatch(level.text)
        if listed and (before == number or (depth == 0 and self._counts[self._names[number]][depth] == 1)):
            self._before = number
            _set(mark, _ORDERED)
            return
        _set(mark, "")
        if (shown := self._shown(number, level)) and (boxed or paragraph.find(f".//{W}t") is not None):
            run = Element(f"{W}r")
            SubElement(run, f"{W}t").text = shown
            paragraph.insert(1, run)

    def _count(self, number: str, depth: int) -> None:
        counts, levels = self._counts[self._names[number]], self._levels[number]
        if number not in self._begun:
            self._begun.add(number)
            for each in self._lists[number].iterfind(f"{W}lvlOverride[{W}startOverride]"):
                if (begun := each.get(f"{W}ilvl", "")) in _DEPTHS:
                    counts[int(begun)] = min(int(value(each, "startOverride")), _MOST) - 1
        counts[depth] = counts.get(depth, levels[depth].start - 1) + 1
        for deeper in [each for each in counts if each > depth]:
            del counts[deeper]

    def _shown(self, number: str, level: _Level) -> str:
        levels, counts = self._levels[number], self._counts[self._names[number]]

        def show(found: re.Match[str]) -> str:
            depth = int(found[1]) - 1
            return _said(counts.get(depth, 1), levels[depth].kind) if depth in levels else ""

        shown = re.sub(r"%([1-9])", show, level.text)
        return shown + " " if shown and shown[-1].isascii() else shown


def _levels(said: Iterable[Element]) -> dict[int, _Level]:
    return {
        int(depth): _Level(
            value(each, "numFmt"), value(each, "lvlText")[:_LONGEST], min(int(value(each, "start") or 1), _MOST)
        )
        for each in said
        if (depth := each.get(f"{W}ilvl", "")) in _DEPTHS
    }


def _set(mark: Element, number: str) -> None:
    for each in mark.iterfind(f"{W}numId"):
        each.set(f"{W}val", number)


def _said(number: int, kind: str) -> str:
    if kind == "none":
        return ""
    if number - 1 in range(len(series := _SERIES.get(kind, ""))):
        return series[number - 1]
    if not _CHINESE.match(kind) or not 1 <= number <= 99:
        return str(number)
    tens, ones = divmod(number, 10)
    said = f"{_DIGITS[tens] if tens > 1 else ''}{'十' if tens else ''}{_DIGITS[ones] if ones else ''}"
    return said.translate(_LEGAL) if "Legal" in kind else said
