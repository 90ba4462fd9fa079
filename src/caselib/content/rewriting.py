"""Changing keys of a file's front matter and nothing else in it.

The bytes of every other key, every comment, the line ends and the body are copied, not written anew: a round-trip
emitter keeps most of a writer's spacing, a splice keeps all of it. Each result is read back before it is returned.
"""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

import yaml
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from caselib.content import frontmatter
from caselib.content.documents import Document
from caselib.content.encoding import without_controls
from caselib.content.files import read_bounded
from caselib.content.report import FileFault
from caselib.errors import CaselibError, Conflict

Value = str | int | float | bool | date | list[Any] | dict[str, Any] | None


def with_changes(document: Document, changes: Mapping[str, Value]) -> bytes:
    """The bytes of the document's file with these keys set; a value of None removes its key.

    Raises:
        Conflict: the file is no longer the one that was read.
        CaselibError: the front matter is written in a way that cannot be changed safely by a program.
    """
    data = read_bounded(document.path)
    if sha256(data).hexdigest() != document.digest:
        raise Conflict(f"{document.path.name} 在读出之后被改过。", "重新打开这篇文档，再改一次。")
    return rewrite(data, changes)


def compose_file(values: Mapping[str, Value], body: str) -> bytes:
    """A new file: the keys in their order, those that are None left out, and the body."""
    return rewrite(f"---\n---\n{body}".encode(), values)


def rewrite(data: bytes, changes: Mapping[str, Value]) -> bytes:
    """``data`` (UTF-8, with or without a byte-order mark, any line ends) with these keys set or removed.

    Raises:
        FileFault: there is no front matter that can be read.
        CaselibError: it is written in a way that cannot be changed safely by a program.
    """
    text = data.decode("utf-8")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    parts = frontmatter.split(text[len(mark) :])
    newline = "\r\n" if "\r" in text[: parts.start + len(mark)] else "\n"
    wanted = {key: _plain(value) for key, value in changes.items()}
    front = parts.front
    for key, value in wanted.items():
        front = _set(front, key, value, newline)
    _verify(parts.front, front, wanted)
    start = len(mark) + parts.start
    return (text[:start] + front + text[start + len(parts.front) :]).encode()


def _plain(value: Any) -> Any:
    """The value in plain types, so that enums, tuples and models' own strings are written like any other.

    Control characters, which no file of ours may have, are left out.
    """
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return without_controls(str(value)) if isinstance(value, str) else value


def _verify(before: str, after: str, wanted: Mapping[str, Any]) -> None:
    if before == after:
        return
    removed = {key for key, value in wanted.items() if value is None}
    expected = {key: value for key, value in {**frontmatter.load(before), **wanted}.items() if key not in removed}
    try:
        same = frontmatter.load(after) == expected
    except FileFault:
        same = False
    if not same:
        raise _refusal("、".join(wanted))


def _refusal(key: str) -> CaselibError:
    return CaselibError(f"文件头的写法太特殊，程序不能改 {key}。", "请直接编辑这个文件。")


def _set(front: str, key: str, value: Any, newline: str) -> str:
    root = frontmatter.compose(front)
    if root is None:
        return front if value is None else front + _entry(key, value, 0, newline)
    if not isinstance(root, MappingNode) or root.flow_style:
        raise _refusal(key)
    column = root.start_mark.column
    for name, node in root.value:
        if name.value == key:
            return _replace(front, name, node, value, column, newline)
    return front if value is None else front + _entry(key, value, column, newline)


def _entry(key: str, value: Any, column: int, newline: str) -> str:
    inline, block = _written(value, column, newline)
    return f"{' ' * column}{_dump(key)}:{' ' * bool(inline)}{inline}{block}{newline}"


def _replace(front: str, key: Node, node: Node, value: Any, column: int, newline: str) -> str:
    after_key, first, last = key.end_mark.index, node.start_mark.index, _end(front, node)
    colon = front.find(":", after_key) + 1
    if first < colon or front[after_key:colon].strip() != ":":
        raise _refusal(str(key.value))
    line_end = _line_end(front, last)
    if value is None:
        return front[: key.start_mark.index - column] + front[line_end:].removeprefix("\r").removeprefix("\n")
    if repr(frontmatter.load(front)[key.value]) == repr(value):
        return front
    inline, block = _written(value, column, newline)
    if first <= _line_end(front, colon):
        space, comment = front[colon:first], front[last:line_end]
    else:
        space, comment = "", front[colon : _line_end(front, colon)]
    space = (space or " ") if inline else ""
    return f"{front[:colon]}{space}{inline}{comment}{block}{front[line_end:]}"


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1] == "\r" and end > position else end


def _end(text: str, node: Node) -> int:
    """Where a node's own text ends; libyaml's mark for a block lies after the comments that follow it."""
    if isinstance(node, CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(node, MappingNode) else last)
    index: int = node.end_mark.index
    is_block = isinstance(node, ScalarNode) and node.style in ("|", ">")
    return len(text[:index].rstrip()) if is_block else index


_LINE_ENDS = frozenset("\n\u2028\u2029")
"""What YAML takes for an end of a line: between double quotes it is written as an escape."""
_TEXT = "tag:yaml.org,2002:str"


class _Dumper(yaml.CSafeDumper):
    """The house style: double quotes where quotes are needed for a type, nothing shared by anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> ScalarNode:
    resolved = dumper.resolve(ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    quoted = not _LINE_ENDS.isdisjoint(text) or resolved != _TEXT or not isinstance(frontmatter.plain(text), str)
    return dumper.represent_scalar(_TEXT, text, style='"' if quoted else None)


_Dumper.add_representer(str, _represent_text)


def _dump(value: Any) -> str:
    shown: str = yaml.dump(
        [value], Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=1 << 30, sort_keys=False
    )
    return shown.strip()[1:-1]


def _written(value: Any, column: int, newline: str) -> tuple[str, str]:
    """What follows the colon on the key's line, and the lines below it."""
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        indent = " " * (column + 2)
        return "", "".join(f"{newline}{indent}- {_dump(item)}" for item in value)
    return _dump(value), ""
