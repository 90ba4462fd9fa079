"""What the styles of a Word document say of its paragraphs and runs.

WPS and Chinese Word give styles numbers for keys, and official files have headings, numbers and hidden text by style alone.
"""

import re
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING = re.compile(r"heading(?: ?([1-9]))?|标题 ?([1-9])")
_TITLES = ("title", "subtitle")
"""Chinese Word gives them an outline level; yet they name the document, and head no part of it."""
_CONTENTS = re.compile(r"(?:toc|wpsoffice手动目录) .+")
_OFF = ("0", "false", "off")


class Style(NamedTuple):
    """What a style says, with what it takes from those that it is based on.

    Attributes:
        level: of a heading, from 1; 0 for none.
        number: the list that counts it, if one does; ``depth`` is the place in that.
        strong: whether its characters are Word's own strong ones.
        place: ``superscript``, ``subscript`` or nothing.
        contents: whether its paragraphs are the table of contents.
    """

    level: int = 0
    number: str = ""
    depth: str = ""
    hidden: bool = False
    strong: bool = False
    place: str = ""
    contents: bool = False


class Styles:
    """The styles of a document by their keys."""

    def __init__(self, styles: bytes, numbering: bytes) -> None:
        """Read the parts of a document, which may be empty.

        Raises:
            Exception: a part is no XML.
        """
        self._elements: dict[str, Element] = {}
        for each in parsed(styles).iterfind(f"{W}style"):
            self._elements.setdefault(each.get(f"{W}styleId", ""), each)
        self._depths = {
            value(level, "pStyle"): level.get(f"{W}ilvl", "") for level in parsed(numbering).iter(f"{W}lvl")
        }
        """A list says which style stands at which depth; Word believes that more than the style."""
        self._known: dict[str, Style] = {}

    def of(self, key: str) -> Style:
        """The style of this key; one that the document lacks is told by its key.

        Raises:
            Exception: a level is no number, or too many styles are based on each other.
        """
        if key not in self._known:
            self._known[key] = Style()
            self._known[key] = self._read(key, self._elements.get(key))
        return self._known[key]

    def _read(self, key: str, element: Element | None) -> Style:
        if element is None:
            return Style(level=_level(key.lower()) or 0)
        name = value(element, "name").lower()
        base = self.of(based) if (based := value(element, "basedOn")) else Style()
        outline = 0 if name in _TITLES else outline_level(element)
        mark = element.find(f"{W}pPr/{W}numPr")
        own = Style() if mark is None else Style(number=value(mark, "numId"), depth=value(mark, "ilvl"))
        return Style(
            level=next(each for each in (outline, _level(name), base.level) if each is not None),
            number=own.number or base.number,
            depth=base.depth if mark is None else self._depths.get(key) or own.depth or base.depth,
            hidden=_first(is_hidden(element), base.hidden),
            strong=name == "strong" or base.strong,
            place=value(element, "rPr/vertAlign") or base.place,
            contents=bool(_CONTENTS.fullmatch(name)) or base.contents,
        )


def outline_level(holder: Element) -> int | None:
    """The level of a heading that the properties of a paragraph or style give it; 0 for a text, None if they say nothing."""
    said = value(holder, "pPr/outlineLvl")
    return (int(said) + 1) % 10 if said else None


def is_hidden(holder: Element) -> bool | None:
    """Whether a run or style hides its text; None if it says nothing."""
    mark = holder.find(f"{W}rPr/{W}vanish")
    return None if mark is None else mark.get(f"{W}val", "") not in _OFF


def value(element: Element, path: str) -> str:
    """The value of the element that the path of names leads to; empty if there is none."""
    found = element.find("/".join(f"{W}{name}" for name in path.split("/")))
    return "" if found is None else found.get(f"{W}val", "")


def parsed(part: bytes) -> Element:
    """The root of a part, which has no document type; one without anything if the document lacks it."""
    return ElementTree.fromstring(part) if part else Element("")  # noqa: S314 - it has no document type


def _level(name: str) -> int | None:
    found = _HEADING.fullmatch(name)
    return int(found[1] or found[2] or 1) if found else None


def _first(said: bool | None, otherwise: bool) -> bool:
    return otherwise if said is None else said
