"""YAML front matter: finding it in a text, and reading it with types a writer of Chinese text expects.

Reading uses libyaml and switches off what surprises in YAML 1.1: ``yes``, ``no``, ``on``, ``12:30`` and ``010`` stay
text; ``true``, ``false``, plain decimal numbers and ``2023-04-20`` have their types. Every fault names its line.
This module must not know what the keys mean (``models``) nor how a file is rewritten (``rewriting``).
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from caselib.errors import CaselibError

MAX_CHARACTERS = 64 * 1024
MAX_OPENINGS = 5000
"""More of ``[ { - ?`` than this is refused unread: each can nest, and libyaml recurses on the C stack."""
MAX_DEPTH = 12
MAX_VALUES = 5000
"""More values than this after aliases are expanded is taken for an alias bomb."""

_SCALARS = re.compile(
    r"(?P<none>~|null|Null|NULL|)|(?P<true>true|True|TRUE)|(?P<false>false|False|FALSE)"
    r"|(?P<int>[-+]?(?:0|[1-9]\d{0,17}))|(?P<float>[-+]?(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?(?:[eE][-+]?\d{1,2})?)"
    r"|(?P<date>\d{4}-\d{2}-\d{2})",
    re.ASCII,
)
_SUSPECTS = frozenset("0123456789+-~nNtTfF")
_TEXT_TAG = "tag:yaml.org,2002:str"
_PLAIN_TAG = "plain"


class FrontMatterError(CaselibError):
    """The front matter cannot be read; ``line`` is counted from 1 in the whole file."""

    def __init__(self, line: int, message: str, remedy: str) -> None:
        super().__init__(message, remedy)
        self.line = line


@dataclass(frozen=True)
class Parts:
    """A text cut in two: ``front`` begins on line 2 of the file, ``body`` on line ``body_line``."""

    front: str
    body: str
    body_line: int


def split(text: str) -> Parts:
    r"""Cut ``text`` (line ends already ``\n``) at the two ``---`` lines.

    Raises:
        FrontMatterError: there is no front matter, or its closing line is missing.
    """
    first, _, rest = text.partition("\n")
    if first.rstrip() != "---":
        raise _no_front_matter(first)
    start = 0
    while start < len(rest):
        end = rest.find("\n", start)
        end = len(rest) if end < 0 else end
        if rest.startswith("---", start) and not rest[start + 3 : end].strip():
            front = rest[:start]
            return Parts(front, rest[end + 1 :], front.count("\n") + 3)
        start = end + 1
    raise FrontMatterError(1, "front matter 没有结束。", "在最后一个键的下一行单独写一行 ---，正文从再下一行开始。")


def _no_front_matter(first: str) -> FrontMatterError:
    if first.startswith("[#]:"):
        return FrontMatterError(
            1,
            "文件用的是 “[#]: 键: 值” 式的头，不是 YAML front matter。",
            "用 caselib import 导入，它会换成本库的写法。",
        )
    return FrontMatterError(
        1, "文件开头没有 front matter。", "第一行写 ---，接着写 title: 等键，再单独写一行 ---，然后是正文。"
    )


class _Composer(CParser):
    """libyaml's composer with the slow tag resolution in Python left out."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)

    def resolve(self, kind: type[Node], value: str | None, implicit: tuple[bool, bool]) -> str:
        """The tag of an untagged node: only plain scalars are looked at further."""
        return _PLAIN_TAG if kind is ScalarNode and implicit[0] else _TEXT_TAG

    def descend_resolver(self, parent: Node | None, index: Any) -> None:
        """Path resolvers are not used."""

    def ascend_resolver(self) -> None:
        """Path resolvers are not used."""


def compose(text: str, first_line: int = 2) -> Node | None:
    """The YAML node tree of ``text``, whose first line is line ``first_line`` of its file.

    Raises:
        FrontMatterError: the text is not YAML, or larger or deeper than any real front matter.
    """
    if len(text) > MAX_CHARACTERS or sum(map(text.count, "[{-?")) > MAX_OPENINGS:
        raise FrontMatterError(first_line, "front matter 太大。", "检查结尾的 --- 是否写对了位置；正文要写在它后面。")
    try:
        return _Composer(text).get_single_node()
    except yaml.YAMLError as error:
        raise _in_chinese(error, text, first_line) from None


def load(text: str, first_line: int = 2) -> dict[str, Any]:
    """The mapping written in ``text``: str keys; str, int, float, bool, date, None, list and dict values.

    Raises:
        FrontMatterError: broken YAML, not a mapping, a key twice, a tag, an alias bomb.
    """
    root = compose(text, first_line)
    if root is None:
        return {}
    if type(root) is not MappingNode:
        raise FrontMatterError(first_line, "front matter 不是“键: 值”的形式。", "每行写一个键，例如 title: 标题。")
    return _Builder(first_line).mapping(root, MAX_DEPTH)


class _Builder:
    """Turns a node tree into values, and counts them so that a small text cannot become a large one."""

    def __init__(self, first_line: int) -> None:
        self.first_line = first_line
        self.left = MAX_VALUES

    def value(self, node: Node, depth: int) -> Any:
        self.left -= 1
        if self.left < 0 or depth == 0:
            raise self.fault(node, "结构太复杂（嵌套太深，或用 *别名 反复展开）。", "写成简单的键和列表，不用 & 和 *。")
        kind = type(node)
        if kind is ScalarNode:
            return self.scalar(node)
        if kind is SequenceNode:
            return [self.value(item, depth - 1) for item in node.value]
        return self.mapping(node, depth)

    def mapping(self, node: Node, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value
            if type(key) is not ScalarNode:
                raise self.fault(key, "键必须是文字。", "检查这一行的冒号和括号。")
            if name in result:
                raise self.fault(key, f"键 {name} 写了两次。", "留下一个，删去另一个。")
            result[name] = self.value(value, depth - 1)
        return result

    def scalar(self, node: ScalarNode) -> Any:
        tag = node.tag
        if tag == _PLAIN_TAG:
            return plain(node.value)
        if tag == _TEXT_TAG or tag == "!":
            return node.value
        raise self.fault(node, f"不支持 YAML 标签 {tag}。", "删去以 ! 开头的部分。")

    def fault(self, node: Node, message: str, remedy: str) -> FrontMatterError:
        return FrontMatterError(node.start_mark.line + self.first_line, message, remedy)


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


def key_lines(text: str, first_line: int = 2) -> dict[tuple[str | int, ...], int]:
    """The line of every key and item by its path, e.g. ``("metrics", 0, "before")``; ``text`` must be loadable."""
    lines: dict[tuple[str | int, ...], int] = {}

    def visit(node: Node, path: tuple[str | int, ...]) -> None:
        if type(node) is SequenceNode:
            children = [(index, item, item) for index, item in enumerate(node.value)]
        elif type(node) is MappingNode:
            children = [(key.value, key, value) for key, value in node.value]
        else:
            return
        for name, marked, value in children:
            lines[(*path, name)] = marked.start_mark.line + first_line
            visit(value, (*path, name))

    root = compose(text, first_line)
    if root is not None:
        visit(root, ())
    return lines


_FAULTS = (
    ("cannot start any token", "有 YAML 不认的字符。", "缩进用空格；以 @ ` % 等开头的值加上引号。"),
    ("mapping values are not allowed", "冒号的位置不对。", "值里有“: ”时把整个值放进引号；键与上一行对齐。"),
    ("unexpected end of stream", "引号没有配对。", "补上缺的引号。"),
    ("expected ',' or", "括号没有配对，或列表里少了逗号。", "补上 ] 或 }，各项之间用英文逗号。"),
    ("unknown escape", "双引号里的反斜杠写法不对。", "改用单引号，或把 \\ 写成 \\\\。"),
    ("another document", "有多余的 --- 或第二份文档。", "front matter 只能有一份。"),
    ("undefined alias", "以 * 开头的值被当作别名。", "给这个值加上引号。"),
    ("control characters", "有看不见的控制字符。", "删去这一行里的控制字符。"),
)


def _in_chinese(error: yaml.YAMLError, text: str, first_line: int) -> FrontMatterError:
    mark = getattr(error, "problem_mark", None)
    position = getattr(error, "position", None)
    line = mark.line if mark else text.count("\n", 0, position) if isinstance(position, int) else 0
    line = min(line, max(text.rstrip("\n").count("\n"), 0))
    if "\t" in text.split("\n")[line]:
        return FrontMatterError(first_line + line, "这一行有制表符（Tab）。", "YAML 不许用 Tab 缩进，换成空格。")
    said = f"{getattr(error, 'problem', '')} {error}"
    for sign, message, remedy in _FAULTS:
        if sign in said:
            return FrontMatterError(first_line + line, f"YAML 写错了：{message}", remedy)
    return FrontMatterError(
        first_line + line, "YAML 写错了：缩进或结构不对。", "同一级的键从同一列开始，列表项以“- ”开头。"
    )
