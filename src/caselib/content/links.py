"""The files beside a document that its body names: images and attachments by relative address, in Markdown or in HTML.

Of an image or attachment the page counts the name alone, so one that begins with a slash is one of these too.
"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import PurePosixPath
from urllib.parse import unquote

from caselib.content.files import ASSET_SUFFIXES

_LINK = re.compile(
    r"!?\[(?:[^\[\]\n]|\[[^\[\]\n]*+\](?!\())*+\]\([ \t]*+(?:<([^<>\n]*+)>|((?:\\[()]|[^()\s]|\([^()\s]*+\))++))"
    r"|^ {0,3}\[[^\]\n^]+\]:[ \t]*<?([^\s>]+)"
    r"|<(?i:img|a)(?=\s)((?:[^<>\"']++|\"[^<\"]*+\"|'[^<']*+')*+)>",
    re.MULTILINE,
)
_EMBED = re.compile(r"!\[\[([^\[\]|\n]++)(?:\|[^\[\]\n]*+)?\]\]")
_ADDRESS = re.compile(r"\s(?i:src|href)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+))")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_FENCE = re.compile(r" {0,3}(`{3,}(?![^`]*`)|~{3,})(.*)")
_CODE = re.compile(r"(?<!`)(`++).*?(?<!`)\1(?!`)")
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|#|\?|$")


def relative_targets(body: str) -> Iterator[tuple[int, str]]:
    """Line in ``body`` (from 1) and decoded path of every relative link and image outside of code."""
    for line, target in targets(body):
        if not _ELSEWHERE.match(target):
            path = unquote(re.split(r"[?#]", target, maxsplit=1)[0])
            if not path.startswith("/") or PurePosixPath(path).suffix.lower() in ASSET_SUFFIXES:
                yield line, path.lstrip("/")


def targets(body: str) -> Iterator[tuple[int, str]]:
    """Line in ``body`` (from 1) and address, as written, of every link and image outside of code."""
    if not any(sign in body for sign in ("](", "]:", "<")):
        return
    text = _without_code(body)
    line, counted = 1, 0
    for found in _LINK.finditer(text):
        line, counted = line + text.count("\n", counted, found.start()), found.start()
        yield line, _target(found)


def embeds(body: str) -> Iterator[str]:
    """What ``body`` shows as note-taking programs write it, ``![[name|size]]``: the names. To Markdown it is text."""
    if "![[" in body:
        yield from (found[1].strip() for found in _EMBED.finditer(_without_code(body)))


def _without_code(body: str) -> str:
    """``body`` with its lines, those of fenced code empty; as on the page, a fence that nothing closes hides nothing."""
    written = body.split("\n")
    lines: list[str] = []
    fence, opened = "", 0
    for line in written:
        marker = _FENCE.match(line)
        if fence:
            fence = "" if marker and marker[1].startswith(fence) and not marker[2].strip() else fence
        elif marker:
            fence, opened = marker[1], len(lines)
        else:
            lines.append(_CODE.sub("", line) if "`" in line else line)
            continue
        lines.append("")
    return "\n".join([*lines[:opened], *written[opened:]] if fence else lines)


def _target(found: re.Match[str]) -> str:
    if found[4] is None:
        return _ESCAPE.sub(r"\1", found[1] or found[2] or found[3] or "")
    address = _ADDRESS.search(found[4])
    return unescape(address[1] or address[2] or address[3] or "").strip() if address else ""
