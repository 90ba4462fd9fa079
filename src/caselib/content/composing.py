"""A new file of the library: front matter in the house style, and a body that is taken as it is.

What was written is read back before it is given away.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import yaml
from yaml.nodes import ScalarNode

from caselib.content import frontmatter
from caselib.content.encoding import without_controls
from caselib.errors import CaselibError

Value = str | int | float | bool | date | list[Any] | dict[str, Any] | None


def compose_file(values: Mapping[str, Value], body: str, comments: Iterable[str] = ()) -> bytes:
    """The bytes of a file: ``comments``, the keys in their order, those that are None left out, and the body.

    Args:
        comments: lines that begin with ``#``, for the top of the front matter.

    Raises:
        CaselibError: it is more than a front matter may hold, or would be read as something else.
    """
    wanted = {key: _plain(value) for key, value in values.items() if value is not None}
    entries = (f"{_dump(key)}:{_written(value)}" for key, value in wanted.items())
    front = "".join(f"{line}\n" for line in (*comments, *entries))
    read = frontmatter.load(front)
    if read != wanted:
        wrong = "、".join(key for key, value in wanted.items() if key not in read or read[key] != value)
        raise CaselibError(f"{wrong} 的值写进文件头以后，读出来不一样。", "换一种写法。")
    return f"---\n{front}---\n{body}".encode()


def _plain(value: Any) -> Any:
    """The value in plain types, so that enums, tuples and models' own strings are written like any other.

    Control characters, which no file of ours may have, are left out.
    """
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return without_controls(str(value)) if isinstance(value, str) else value


def _written(value: Any) -> str:
    """What follows a key's colon; of a list of mappings each on a line of its own."""
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return "".join(f"\n  - {_dump(item)}" for item in value)
    return f" {_dump(value)}"


def _dump(value: Any) -> str:
    shown: str = yaml.dump(
        [value], Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=1 << 30, sort_keys=False
    )
    return shown.strip()[1:-1]


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
