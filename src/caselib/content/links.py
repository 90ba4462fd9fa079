"""The files beside a document that its Markdown body names: images and attachments by relative address."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

_LINK = re.compile(r"!?\[[^\[\]\n]*+\]\(\s*+(?:<([^<>\n]*+)>|([^)\s]+))|^ {0,3}\[[^\]\n^]+\]:\s*<?([^\s>]+)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE = re.compile(r"(?<!`)(`++).*?(?<!`)\1(?!`)")
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|/|#|\?|$")


def relative_targets(body: str) -> Iterator[tuple[int, str]]:
    """Line in ``body`` (from 1) and decoded path of every relative link and image outside of code."""
    fence = ""
    for number, line in enumerate(body.split("\n"), 1):
        marker = _FENCE.match(line)
        if fence:
            fence = "" if marker and marker[1].startswith(fence) else fence
        elif marker:
            fence = marker[1]
        elif "](" in line or "]:" in line:
            for found in _LINK.finditer(_CODE.sub("", line)):
                target = found[1] or found[2] or found[3] or ""
                if not _ELSEWHERE.match(target):
                    yield number, unquote(re.split(r"[?#]", target, maxsplit=1)[0])
