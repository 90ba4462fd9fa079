"""A broken header read line by line: each key by itself, as far as it can be read, and the rest as it stands.

Takes what people do: no space after the colon, a full-width colon, a tab, a colon or a bracket in a title, a key twice.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from caselib.content import frontmatter
from caselib.content.report import FileFault

KEY = re.compile(
    r"(?P<key>\"[^\"\n]+\"|'[^'\n]+'|[^\s#\"'&*!|>%@`{}\[\],:：=-][^:：=\n]{0,60}?)[ \t]*"
    r"(?::(?!//)|：|=)[ \t]*(?P<value>[^\n]*)"
)
_ITEM = re.compile(r"\s*-\s+(.*)")


def recover(front: str) -> tuple[dict[str, Any], str]:
    """The keys and values of a broken header, in order, and the lines that belong to no key."""
    pairs: list[tuple[str, Any]] = []
    rest: list[str] = []
    for block in _blocks(front):
        found = KEY.match(block[0])
        if found is None:
            rest += block
            continue
        key = found["key"].strip("\"'").strip()
        pairs.append((key, _value(key, found["value"], block)))
    return each_key(pairs), "\n".join(rest).strip("\n")


def _blocks(front: str) -> list[list[str]]:
    """Each key's line with the lines that continue it."""
    blocks: list[list[str]] = []
    for written in front.rstrip("\n").split("\n"):
        line = written.lstrip("　")  # a paragraph in Chinese begins with full-width spaces
        if line.startswith("#"):
            continue
        if blocks and not KEY.match(line):
            blocks[-1].append(line)
        elif line.strip():
            blocks.append([line])
    return blocks


def _value(key: str, first: str, block: list[str]) -> Any:
    try:
        loaded = frontmatter.load("\n".join(block).expandtabs(4))
        if list(loaded) == [key]:
            return loaded[key]
    except FileFault:
        pass
    items = [_ITEM.fullmatch(line) for line in block[1:] if line.strip()]
    if not first.strip() and items and all(items):
        return [_bare(item[1]) for item in items if item]
    return _bare("\n".join([first, *(line.strip() for line in block[1:])]))


def _bare(text: str) -> str:
    """``text`` without the quotes around it."""
    text = text.strip()
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'" else text


def each_key(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a mapping in which a key that comes again has a number."""
    values: dict[str, Any] = {}
    again: Counter[str] = Counter()
    for key, value in pairs:
        name = key
        while name in values:
            again[key] += 1
            name = f"{key}_{again[key] + 1}"
        values[name] = value
    return values
