"""Addresses of headings inside a page: ``#做法``, ``#做法-2``. One function for the page, its contents and the index.

An anchor without a Chinese letter gets the prefix ``s-``, so that no heading can take the place of an id or a global
name of the page around it. This module must not know Markdown.
"""

import re
import unicodedata

MAX_CHARACTERS = 60
_SEPARATORS = re.compile(r"[\W_]+")


def slug(heading: str) -> str:
    """The readable part of an anchor: letters and digits of ``heading``, joined by hyphens; never empty."""
    name = _SEPARATORS.sub("-", heading)
    if not unicodedata.is_normalized("NFKC", name):
        name = _SEPARATORS.sub("-", unicodedata.normalize("NFKC", name))
    name = name.lower().strip("-")[:MAX_CHARACTERS].rstrip("-") or "section"
    return f"s-{name}" if name.isascii() else name


def anchor(heading: str, taken: dict[str, int]) -> str:
    """An anchor for ``heading`` that is not in ``taken`` yet, which remembers it (by name, with the last number)."""
    base = name = slug(heading)
    number = taken.get(base, 0)
    while name in taken:
        number += 1
        name = f"{base}-{number + 1}"
    taken[base] = number
    taken[name] = 0
    return name
