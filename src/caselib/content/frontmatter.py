"""YAML front matter: finding it in a text, and reading it with types a writer of Chinese text expects.

Reading uses libyaml and switches off what surprises in YAML 1.1: ``yes``, ``no``, ``on``, ``12:30`` and ``010`` stay
text; ``true``, ``false``, plain decimal numbers and ``2023-04-20`` have their types. Every fault names its line, and
a line is what an editor shows as one: what else YAML takes for a line end is read as a space.
This module must not know what the keys mean (``models``) nor how they are written (``composing``).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from caselib.content.encoding import CONTROLS, without_controls
from caselib.content.report import FileFault

MAX_CHARACTERS = 32 * 1024
MAX_VALUES = 2000
"""More values than this after aliases are expanded is taken for an alias bomb."""
MAX_DEPTH = 12
"""Refused while it is read: libyaml's composer recurses on the C stack."""

_FENCE = re.compile(r"^---[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_SCALARS = re.compile(
    r"(?P<none>~|null|Null|NULL|)|(?P<true>true|True|TRUE)|(?P<false>false|False|FALSE)"
    r"|(?P<int>[-+]?(?:0|[1-9]\d{0,17}))|(?P<float>[-+]?(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?(?:[eE][-+]?\d{1,2})?)"
    r"|(?P<date>\d{4}-\d{2}-\d{2})",
    re.ASCII,
)
_SUSPECTS = frozenset("0123456789+-~nNtTfF")
_ONLY_YAML = re.compile("[\x85\u2028\u2029]")
"""What ends a line for YAML, and for no editor."""
_SLIP = re.compile(r"\s*(?:- +)?(?P<key>[A-Za-z][a-z_-]*) *(?P<colon>：|:(?!//|[ \t]|$))(?P<space>\s?)")
"""A key whose colon is none to YAML, which then takes the line for a part of a longer text; ISO9001:2015 is no key."""
_KEY = re.compile(r"\s*(?:- +)?[^\s:：]+ *:(?:[ \t]|$)")
_TEXT_TAG = "tag:yaml.org,2002:str"
_PLAIN_TAG = "plain"


@dataclass(frozen=True)
class Parts:
    """A text cut in two: ``front`` begins on line 2, ``body`` on line ``body_line``."""

    front: str
    body: str
    body_line: int


def split(text: str) -> Parts:
    """Cut ``text`` at its two ``---`` lines.

    Raises:
        FileFault: there is no front matter, or its closing line is missing.
    """
    opening = _FENCE.match(text)
    if not opening:
        raise _no_front_matter(text[:100])
    closing = _FENCE.search(text, opening.end())
    if not closing:
        raise FileFault(1, "文件头没有结束。", "在最后一个键的下一行单独写一行 ---，正文从再下一行开始。")
    front = text[opening.end() : closing.start()]
    return Parts(front, text[closing.end() :], front.count("\n") + 3)


def _no_front_matter(start: str) -> FileFault:
    if start.startswith("[#]:"):
        return FileFault(
            1,
            "文件用的是 “[#]: 键: 值” 式的头，不是 YAML front matter。",
            "用 caselib import 导入，它会换成本库的写法。",
        )
    return FileFault(1, "文件开头没有文件头。", "第一行写 ---，接着写 title: 等键，再单独写一行 ---，然后是正文。")


class _Composer(CParser):
    """libyaml's composer with the slow tag resolution in Python left out."""

    def __init__(self, text: str, first_line: int) -> None:
        CParser.__init__(self, text)
        self._first_line = first_line
        self._depth = 0

    def resolve(self, kind: type[Node], value: str | None, implicit: tuple[bool, bool]) -> str:
        """The tag of an untagged node: only plain scalars are looked at further."""
        return _PLAIN_TAG if kind is ScalarNode and implicit[0] else _TEXT_TAG

    def descend_resolver(self, parent: Node | None, index: Any) -> None:
        """Called before each node inside ``parent``; path resolvers are not used."""
        self._depth += 1
        if parent is not None and self._depth > MAX_DEPTH:
            raise _too_complex(parent.start_mark.line + self._first_line)

    def ascend_resolver(self) -> None:
        """Called after each node."""
        self._depth -= 1


def _too_complex(line: int) -> FileFault:
    return FileFault(line, "结构太复杂（嵌套太深，或用 *别名 反复展开）。", "写成简单的键和列表，不用 & 和 *。")


def _compose(text: str, first_line: int, scale: int) -> Node | None:
    """The YAML node tree of ``text``."""
    if len(text) > MAX_CHARACTERS * scale:
        raise FileFault(first_line, "YAML 部分太大。", "检查结尾的 --- 是否写对了位置；正文要写在它后面。")
    text = _ONLY_YAML.sub(" ", text)
    try:
        return _Composer(text, first_line).get_single_node()
    except yaml.YAMLError as error:
        raise _in_chinese(error, text, first_line) from None


def load(text: str) -> dict[str, Any]:
    """The mapping written in the front matter ``text``: str keys; str, int, float, bool, date, None, list and dict values.

    Raises:
        FileFault: broken YAML, not a mapping, a key twice, a tag, an alias bomb, or more than any real front matter.
    """
    return load_with_lines(text)[0]


def load_with_lines(text: str, first_line: int = 2, scale: int = 1) -> tuple[dict[str, Any], "KeyLines"]:
    """What ``load`` reads, and where it stands.

    Args:
        first_line: the line of its file that ``text`` begins on.
        scale: how many times larger than a front matter it may be.

    Raises:
        FileFault: as ``load``.
    """
    root = _compose(text, first_line, scale)
    if root is not None and type(root) is not MappingNode:
        if slip := _slip(text.split("\n"), root.start_mark.line, first_line):
            raise slip
        raise FileFault(first_line, "YAML 部分不是“键: 值”的形式。", "每行写一个键，例如 title: 标题。")
    builder = _Builder(first_line, MAX_VALUES * scale)
    values = builder.mapping(root, MAX_DEPTH) if root else {}
    return values, KeyLines(root, first_line, builder.controls)


class _Builder:
    """Turns a node tree into values, and counts them so that a small text cannot become a large one."""

    def __init__(self, first_line: int, limit: int) -> None:
        self.first_line = first_line
        self.left = limit
        self.controls: list[tuple[int, str]] = []

    def value(self, node: Node, depth: int) -> Any:
        self.left -= 1
        if self.left < 0 or depth == 0:
            raise _too_complex(node.start_mark.line + self.first_line)
        if isinstance(node, ScalarNode):
            return self.scalar(node)
        if isinstance(node, SequenceNode):
            return [self.value(item, depth - 1) for item in node.value]
        return self.mapping(node, depth)

    def mapping(self, node: Node, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in node.value:
            if type(key) is not ScalarNode:
                raise self.fault(key, "键必须是文字。", "检查这一行的冒号和括号。")
            name = self.text(key)
            if name in result:
                raise self.fault(key, f"键 {name} 写了两次。", "留下一个，删去另一个。")
            result[name] = self.value(value, depth - 1)
        return result

    def scalar(self, node: ScalarNode) -> Any:
        tag = node.tag
        if tag == _PLAIN_TAG:
            return plain(node.value)
        if tag == _TEXT_TAG or tag == "!":
            return self.text(node)
        raise self.fault(node, f"不支持 YAML 标签 {tag}。", "删去以 ! 开头的部分。")

    def text(self, node: ScalarNode) -> str:
        if node.style == '"' and (found := CONTROLS.search(node.value)):  # elsewhere libyaml refuses them
            self.controls.append((node.start_mark.line + self.first_line, found[0]))
            return without_controls(node.value)
        return str(node.value)

    def fault(self, node: Node, message: str, remedy: str) -> FileFault:
        return FileFault(node.start_mark.line + self.first_line, message, remedy)


def plain(text: str) -> Any:
    """The value of an unquoted scalar."""
    if text and text[0] not in _SUSPECTS:
        return text
    match = _SCALARS.fullmatch(text)
    match match.lastgroup if match else "":
        case "none":
            return None
        case "true":
            return True
        case "false":
            return False
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "date":
            return _date(text)
    return text


def _date(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


class KeyLines:
    """The line of every key and item under ``root``, worked out only when one is asked for.

    ``controls`` are the lines of texts that a control character was left out of, each with the first of them.
    """

    def __init__(self, root: Node | None, first_line: int = 2, controls: Iterable[tuple[int, str]] = ()) -> None:
        self._root = root
        self._first_line = first_line
        self.controls = list(dict.fromkeys(controls))  # an alias repeats a text

    def __call__(self, *path: str | int) -> int:
        """The line of e.g. ``("metrics", 0, "before")``, else of what would hold it, else the opening line."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines[path] if path else max(self._first_line - 1, 1)

    @cached_property
    def _lines(self) -> dict[tuple[str | int, ...], int]:
        lines: dict[tuple[str | int, ...], int] = {}
        pending: list[tuple[tuple[str | int, ...], Node | None]] = [((), self._root)]
        while pending:
            path, node = pending.pop()
            for name, marked, value in _children(node):
                lines[(*path, name)] = marked.start_mark.line + self._first_line
                pending.append(((*path, name), value))
        return lines


def _children(node: Node | None) -> list[tuple[str | int, Node, Node]]:
    if type(node) is SequenceNode:
        return [(index, item, item) for index, item in enumerate(node.value)]
    if type(node) is MappingNode:
        return [(without_controls(key.value), key, value) for key, value in node.value]
    return []


_FAULTS = (
    ("cannot start any token", "有 YAML 不认的字符。", "缩进用空格；以 @ ` % 等开头的值加上引号。"),
    ("mapping values are not allowed", "冒号的位置不对。", "值里有“: ”时把整个值放进引号；键与上一行对齐。"),
    ("unknown escape", "双引号里的反斜杠写法不对。", "改用单引号，或把 \\ 写成 \\\\。"),
    ("another document", "有多余的 --- 或第二份文档。", "文件头只能有一份。"),
    ("undefined alias", "以 * 开头的值被当作别名。", "给这个值加上引号。"),
    ("control characters", "有看不见的控制字符。", "删去这一行里的控制字符。"),
)
_UNCLOSED = (
    ("unexpected end of stream", "引号没有配对。", "补上缺的引号。"),
    ("expected ',' or", "括号没有配对，或列表里少了逗号。", "补上 ] 或 }，各项之间用英文逗号。"),
)
"""Faults that libyaml sees where the text ends; the writer wants the line where the thing began."""


def _in_chinese(error: yaml.YAMLError, text: str, first_line: int) -> FileFault:
    said = f"{getattr(error, 'problem', '')} {error}"
    for sign, message, remedy in _UNCLOSED:
        if sign in said:
            return FileFault(first_line + _line(error, "context_mark", text), f"YAML 写错了：{message}", remedy)
    line = _line(error, "problem_mark", text)
    lines = text.split("\n")
    found = lines[line]
    if "\t" in found[: len(found) - len(found.lstrip())]:
        return FileFault(first_line + line, "这一行用制表符（Tab）缩进。", "YAML 不许用 Tab 缩进，换成空格。")
    if slip := _slip(lines, line, first_line):
        return slip
    for sign, message, remedy in _FAULTS:
        if sign in said:
            return FileFault(first_line + line, f"YAML 写错了：{message}", remedy)
    return FileFault(first_line + line, "YAML 写错了：缩进或结构不对。", "同一级的键从同一列开始，列表项以“- ”开头。")


def _slip(lines: list[str], line: int, first_line: int) -> FileFault | None:
    """The slip of a colon at ``line`` or in the text that runs on to it, which is where YAML only sees that all is wrong."""
    for number in range(line, -1, -1):
        if found := _SLIP.match(lines[number]):
            said = "后面没有空格" if not found["space"] else "后面的空格不是半角空格"
            said = "写成了全角“：”" if found["colon"] == "：" else said
            remedy = f"写成半角的“{found['key']}: ”（冒号后面留一个空格），再写值。"
            return FileFault(first_line + number, f"YAML 写错了：冒号{said}。", remedy)
        if number < line and _KEY.match(lines[number]):
            return None
    return None


def _line(error: yaml.YAMLError, which: str, text: str) -> int:
    """The line (from 0) that the error names; libyaml may name one after the last, or only a byte."""
    mark = getattr(error, which, None) or getattr(error, "problem_mark", None)
    position = getattr(error, "position", None)
    line = mark.line if mark else text.encode()[:position].count(b"\n") if isinstance(position, int) else 0
    return min(line, text.rstrip("\n").count("\n"))
