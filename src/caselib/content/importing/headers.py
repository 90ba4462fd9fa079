"""The header of a stranger's Markdown file, in whatever form: its keys and values, and the body untouched.

YAML between ``---`` lines (Jekyll, Hugo, Hexo; the first line may be missing), TOML between ``+++`` lines, JSON in
braces, ``[#]: key: value`` lines, and ``Title: …`` lines up to the first blank one. What is broken is recovered line
by line (``recovery``). What the keys mean is not known here.
"""

import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from caselib.content import frontmatter
from caselib.content.importing.recovery import KEY, each_key, recover
from caselib.content.report import FileFault

MAX_LINES = 400


@dataclass(frozen=True)
class Header:
    """``values`` as str, int, float, bool, date, None, list and dict; ``notes`` say what had to be recovered."""

    values: dict[str, Any]
    body: str
    notes: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


_RULE = "(?:---|[－—–―]{2,})"
"""Word and Chinese input methods make other dashes of three hyphens."""
_OPENING = re.compile(rf"\s*^{_RULE}[ \t]*\n", re.MULTILINE)
_CLOSING = re.compile(rf"^(?:{_RULE}|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE)
_TOML = re.compile(r"\s*^\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.MULTILINE | re.DOTALL)
_BRACKETS = re.compile(r"\s*^((?:\[#\]:[^\n]*(?:\n|\Z))+)", re.MULTILINE)
_BRACKET_LINE = re.compile(r"\[#\]:[ \t]*([^:：\n]+?)[ \t]*[:：][ \t]*(.*)")
_HALF = re.compile("[\ud800-\udfff]")
"""Half a character, which JSON can write as an escape and no file can hold."""
_FIRST_KEY = re.compile(r"\s*(?:title|layout|题目|(?:文章|案例|指南)?标题|(?:案例|指南)名称)[ \t]*[:：]", re.IGNORECASE)
_END_OF_LINES = re.compile(rf"^(?:{_RULE}|\.\.\.)?[ \t]*(?:\n|\Z)", re.MULTILINE)


def read(text: str) -> Header:
    """The header of ``text``; one without a header has no values, and its body is all of it. Never fails."""
    readers: tuple[Callable[[str], Header | None], ...] = (_yaml, _toml, _json, _brackets, _lines)
    return next((header for reader in readers if (header := reader(text))), Header({}, text))


def _yaml(text: str) -> Header | None:
    opening = _OPENING.match(text)
    if not opening:
        return None
    closing = _CLOSING.search(text, opening.end())
    if closing:
        return _from_yaml(text[opening.end() : closing.start()], text[closing.end() :])
    end = _end_of_lines(text, opening.end())
    header = _from_yaml(text[opening.end() : end], text[end:])
    if not header or not header.values:
        return None
    header.notes.append("头部没有结束的 ---，在第一个不像“键: 值”的行之前结束")
    return header


def _from_yaml(front: str, body: str) -> Header | None:
    comments = [line for line in front.split("\n") if line.startswith("#")]
    try:
        return Header(frontmatter.load(front), body, comments=comments)
    except FileFault as fault:
        if front.count("\n") > MAX_LINES:
            return None
        line, said = fault.line, fault.message.rstrip("。")
    values, rest = recover(front)
    if not values:
        return None
    notes = [f"头部第 {line} 行不合 YAML（{said}），逐行读出了 {len(values)} 个键"]
    if rest:
        values["imported_text"] = rest
        notes.append("头部读不懂的行保留为 imported_text")
    return Header(values, body, notes, comments)


def _toml(text: str) -> Header | None:
    found = _TOML.match(text)
    if not found:
        return None
    try:
        return Header(_plain(tomllib.loads(found[1])), text[found.end() :])
    except (tomllib.TOMLDecodeError, RecursionError):
        values, rest = recover(found[1])
    if not values:
        return None
    values |= {"imported_text": rest} if rest else {}
    return Header(values, text[found.end() :], [f"头部不合 TOML，逐行读出了 {len(values)} 个键"])


def _json(text: str) -> Header | None:
    start = len(text) - len(text.lstrip())
    if not text.startswith("{", start):
        return None
    try:
        values, end = json.JSONDecoder(object_pairs_hook=_object).raw_decode(text, start)
        header = Header(_plain(values), text[end:].removeprefix("\n"))
    except (ValueError, RecursionError):
        return None
    return header if values and text[end : end + 1] in ("", "\n") else None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return each_key((_HALF.sub("\ufffd", key), value) for key, value in pairs)


def _brackets(text: str) -> Header | None:
    found = _BRACKETS.match(text)
    if not found:
        return None
    pairs: list[tuple[str, Any]] = []
    rest: list[str] = []
    for line in found[1].rstrip("\n").split("\n"):
        pair = _BRACKET_LINE.fullmatch(line.rstrip())
        if pair:
            pairs.append((pair[1], _unwrapped(pair[2])))
        else:
            rest.append(line.removeprefix("[#]:").strip())
    values = each_key(pairs)
    if any(rest):
        values["imported_text"] = "\n".join(filter(None, rest))
    return Header(values, text[found.end() :])


def _unwrapped(value: str) -> str:
    if len(value) >= 2 and value[0] + value[-1] in ('""', "()", "''"):
        value = value[1:-1]
    return value.strip()


def _lines(text: str) -> Header | None:
    if not _FIRST_KEY.match(text):
        return None
    start = len(text) - len(text.lstrip())
    end = _end_of_lines(text, start)
    closing = _END_OF_LINES.match(text, end)
    if text.count("\n", start, end) < 2:
        return None
    return _from_yaml(text[start:end], text[closing.end() if closing else end :])


def _end_of_lines(text: str, start: int) -> int:
    """Where the lines that look like a header end: before a blank line, a rule, a heading, or a line of text."""
    last = start
    for _ in range(MAX_LINES):
        end = text.find("\n", start) + 1 or len(text)
        line = text[start:end]
        continued = line.startswith((" ", "\t", "- ", "#"))
        if not line.strip() or _CLOSING.match(line) or not (continued or KEY.match(line.lstrip("　"))):
            return last
        start = end
        last = last if line.startswith("#") else end  # a comment, if a key follows; else a heading of the body
    return last


def _plain(value: Any) -> Any:
    """A value as the front matter can hold it."""
    match value:
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case datetime():
            return value.isoformat(" ")
        case str():
            return _HALF.sub("\ufffd", value)
        case bool() | date() | None:
            return value
        case int() | float() if isinstance(frontmatter.plain(str(value)), int | float):
            return value
    return str(value)
