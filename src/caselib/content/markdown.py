"""Markdown as our writers write it: CommonMark with tables, footnotes and ~~strikes~~, made fit for Chinese text.

What differs from the standard parser: emphasis works beside full-width punctuation (``**重点：**后文``), a line break
between Chinese characters is no space, and the headings are those of ``outline``: each part between two headings is
parsed by itself, so nothing left open in one part reaches the next. Raw HTML passes tag by tag, rewritten. The HTML
made here still has to pass the sanitiser (``rendering``).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from caselib.content.outline import Heading, Outline
from caselib.content.rawhtml import rewrite
from caselib.content.stripping import HAN

MAX_DEPTH = 32
"""Levels of nested lists and quotes (a list takes two); a part with more is shown as it is written."""
MAX_MARKS = 40_000
"""Characters with a meaning in Markdown in one body; the part that goes beyond, and those after it, are shown so."""
AS_WRITTEN = "这一部分的 Markdown 标记太多或嵌套太深，以下按原文显示。"

_MARKS = re.compile(r"[\n\\`*_~\[\]()!<>&|]")
_IS_HAN = re.compile(f"[{HAN}]").match
_EMPTY = "\n"


@dataclass(frozen=True)
class Part:
    """The HTML of a heading's text (without the heading element; empty beyond the budget) and of what stands under it."""

    heading: Heading | None
    heading_html: str
    html: str


def render_parts(lines: Outline) -> Iterator[Part]:
    """The parts of a body in order; footnotes are a last part of their own, without a heading."""
    parser = _parser()
    env: dict[str, Any] = {"outline": lines}
    tokens = parser.parse(_EMPTY, env)
    starts = [at for at, token in enumerate(tokens) if token.type in ("part", "footnote_block_open")]
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        heading, heading_html = tokens[start].meta.get("heading"), ""
        if heading:
            heading_html = parser.renderer.render(tokens[start + 1 : start + 2], parser.options, env)
            start += 2
        yield Part(heading, heading_html, parser.renderer.render(tokens[start:end], parser.options, env))


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_DEPTH}).enable(["table", "strikethrough"]).disable("lheading")
    parser.use(footnote_plugin)
    parser.core.ruler.at("block", _parse_parts)
    parser.core.ruler.after("inline", "unused_footnotes", _keep_unused_footnotes)
    parser.core.ruler.push("chinese_lines", _join_chinese_lines)
    inline = _ChineseInline()
    inline.ruler, inline.ruler2 = parser.inline.ruler, parser.inline.ruler2
    parser.inline = inline
    for name, rule in _RENDER_RULES.items():
        parser.add_render_rule(name, rule)
    return parser


def _parse_parts(state: StateCore) -> None:
    """Parse every part of the outline by itself, within one budget of marks for all."""
    lines: Outline = state.env["outline"]
    left = MAX_MARKS
    for heading, start, end in lines.parts():
        text = lines.text[start:end]
        state.tokens.append(Token("part", "", 0, meta={"heading": heading}))
        left -= len(_MARKS.findall(text)) + (len(_MARKS.findall(heading.source)) if heading else 0)
        if heading:
            state.tokens.append(Token("inline", "", 0, content=heading.source if left >= 0 else "", children=[]))
        tokens: list[Token] = []
        if left >= 0:
            state.md.block.parse(text, state.md, state.env, tokens)
        if left < 0 or any(token.level >= MAX_DEPTH - 1 for token in tokens):
            tokens = [Token("as_written", "", 0, content=text)] if text.strip() else []
        state.tokens += tokens


def _keep_unused_footnotes(state: StateCore) -> None:
    """A footnote that nothing refers to stays where it is written, as text."""
    refs = state.env.get("footnotes", {}).get("refs", {})
    unused = False
    for token in state.tokens:
        if token.type == "footnote_reference_open":
            unused = refs.get(":" + token.meta["label"], -1) < 0
        if unused and token.type in ("footnote_reference_open", "footnote_reference_close"):
            unused = token.type == "footnote_reference_open"
            token.type = "nothing"


def _join_chinese_lines(state: StateCore) -> None:
    """A line break between Chinese characters, also across markup, comes to nothing."""
    for token in state.tokens:
        line_break, last = None, ""
        for child in token.children or ():
            if child.type == "softbreak":
                line_break = child
            elif child.content:
                if line_break and _IS_HAN(last) and _IS_HAN(child.content):
                    line_break.type = "nothing"
                line_break, last = None, child.content[-1]


class _ChineseDelimiters(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803
        """Whether a run of ``*``, ``_`` or ``~`` may open or close: CommonMark's flanking rule, for Chinese text.

        Full-width punctuation counts as a letter, and a Chinese neighbour lets Western punctuation stand inside.
        """
        end = start
        while end < self.posMax and self.src[end] == self.src[start]:
            end += 1
        before = self.src[start - 1] if start else " "
        after = self.src[end] if end < self.posMax else " "
        opens = not after.isspace() and (not _is_western_mark(after) or _is_boundary(before))
        closes = not before.isspace() and (not _is_western_mark(before) or _is_boundary(after))
        if canSplitWord:
            return Scanned(opens, closes, end - start)
        return Scanned(
            opens and (not closes or not before.isalnum()), closes and (not opens or not after.isalnum()), end - start
        )


def _is_western_mark(character: str) -> bool:
    return not _IS_HAN(character) and (isMdAsciiPunct(ord(character)) or isPunctChar(character))


def _is_boundary(character: str) -> bool:
    return character.isspace() or bool(_IS_HAN(character)) or _is_western_mark(character)


class _ChineseInline(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> list[Token]:
        """As the standard one, with our delimiters."""
        state = _ChineseDelimiters(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def _as_written(_: Any, tokens: Sequence[Token], at: int, *__: Any) -> str:
    blocks = (escape(block.strip("\n")).replace("\n", "<br>") for block in re.split(r"\n\s*\n", tokens[at].content))
    return f"<p><em>{AS_WRITTEN}</em></p>\n" + "".join(f"<p>{block}</p>\n" for block in blocks if block)


def _cell(_: Any, tokens: Sequence[Token], at: int, *__: Any) -> str:
    side = str(tokens[at].attrs.get("style", "")).removeprefix("text-align:")
    return f'<{tokens[at].tag} class="align-{side}">' if side else f"<{tokens[at].tag}>"


def _raw_html(_: Any, tokens: Sequence[Token], at: int, *__: Any) -> str:
    return rewrite(tokens[at].content)


def _nothing(*_: Any) -> str:
    return ""


def _text(html: str) -> Any:
    return lambda *_: html


_RENDER_RULES: dict[str, Any] = {
    "as_written": _as_written,
    "th_open": _cell,
    "td_open": _cell,
    "html_block": _raw_html,
    "html_inline": _raw_html,
    "part": _nothing,
    "nothing": _nothing,
    "heading_open": _text("<p><strong>"),
    "heading_close": _text("</strong></p>\n"),
    "footnote_block_open": _text('<section class="footnotes"><ol>\n'),
    "footnote_block_close": _text("</ol></section>\n"),
}
