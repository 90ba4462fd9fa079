"""Typst in a process of its own: ``python -m caselib.publishing.press VERB``, an order on its input, what it gives on its output.

It keeps what it has set and every picture it has decoded; here that goes with the process, and so would a crash.
"""

import json
import re
import resource
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

_MEMORY = 2 << 30
_NOBODYS = "\U0010fffd"
_GLYPH = re.compile(rb'<use xlink:href="#(\w+)"')

_ENDS = """query(<end>).map(each => (
  each.value,
  query(label(each.value)).first().location().page(),
  each.location().page(),
  each.location().position().y / 1pt,
))"""
"""Of each case its name, the page it begins on, the page it ends on, and how far down."""
_FEW_LINES = 170
"""Points from the edge of the paper: its margin and five lines."""


def main() -> int:
    """Do what was ordered; the exit code is 1 if it cannot be set, and the error output says why."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    most = _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    try:
        done = VERBS[sys.argv[1]](**json.load(sys.stdin))
    except typst.TypstError as error:
        sys.stderr.write(error.message)
        return 1
    sys.stdout.buffer.write(done)
    return 0


def _set(root: str, inputs: dict[str, str], moment: str) -> bytes:
    """The PDF of ``main.typ``, set once to see where its cases end and once more for that."""
    main, fonts = f"{root}/main.typ", typst.Fonts(include_embedded_fonts=False)
    ends = json.loads(typst.Compiler(main, root=root, font_paths=fonts, sys_inputs=inputs).eval(_ENDS))
    snug = json.dumps([name for name, first, last, down in ends if first < last and down < _FEW_LINES])
    return typst.compile(
        main,
        root=root,
        font_paths=fonts,
        sys_inputs={**inputs, "snug": snug},
        timestamp=datetime.fromisoformat(moment),
    )


def _pictures(root: str, names: list[str]) -> bytes:
    """Those that Typst can read: one damaged file must not cost the book."""
    return json.dumps([name for name in names if _shows(root, name)]).encode()


def _shows(root: str, name: str) -> bool:
    probe = Path(root) / "probe.typ"
    probe.write_text(f'#image("{name}")', "utf-8")
    try:
        typst.compile(str(probe), root=root, ignore_system_fonts=True)
    except typst.TypstError:
        return False
    return True


def _characters(root: str, characters: list[str], font: str) -> bytes:
    """Those that Typst would print as the box of a character that does not exist."""
    probe = Path(root) / "probe.typ"
    probe.write_text(
        '#set text(font: sys.inputs.font)\n#for each in sys.inputs.text.split(" ") { page(each) }', "utf-8"
    )
    pages: Any = typst.compile(
        str(probe),
        root=root,
        font_paths=typst.Fonts(include_embedded_fonts=False),
        sys_inputs={"font": font, "text": " ".join([_NOBODYS, *characters])},
        format="svg",
    )
    box, *drawn = [set(_GLYPH.findall(page)) for page in pages]
    return json.dumps([each for each, glyphs in zip(characters, drawn, strict=True) if glyphs & box]).encode()


VERBS: dict[str, Callable[..., bytes]] = {"set": _set, "pictures": _pictures, "characters": _characters}
"""What can be ordered; everything happens in the folder ``root``."""

if __name__ == "__main__":
    sys.exit(main())
