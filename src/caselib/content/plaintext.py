"""The words of a Markdown body, section by section, for search, summaries and lists.

Fast, because the index reads every document: nothing is rendered. The anchors are those of the page (``outline``).
"""

from caselib.content.models import Section
from caselib.content.outline import Outline, outline
from caselib.content.stripping import strip_blocks


def sections(body: str) -> list[Section]:
    """The sections of ``body`` in order, as plain text; what stands before the first heading has no anchor.

    ``level`` is that of the heading on the page: 2 to 6, and 1 before the first heading, where an empty one is left
    out. A section's text has one line for each paragraph, list item or table row.
    """
    lines = outline(body)
    found: list[Section] = []
    for heading, start, end in lines.parts():
        text = _text(lines, start, end)
        if heading:
            found.append(Section(heading.anchor, heading.text, heading.depth + 1, text))
        elif text:
            found.append(Section("", "", 1, text))
    return found


def first_paragraph(body: str) -> str:
    """The first lines that say something, as plain text on one line; empty if there are none."""
    lines = outline(body)
    for _, start, end in lines.parts():
        for block in _blocks(lines, start, end):
            words = strip_blocks(block)
            if words:
                return " ".join(words.split("\n"))
    return ""


def _text(lines: Outline, start: int, end: int) -> str:
    code = lines.code_between(start, end)
    if not code:
        return strip_blocks(lines.text[start:end])
    pieces: list[str] = []
    for span in code:
        pieces += [strip_blocks(lines.text[start : span.start]), lines.text[span.inner : span.inner_end].strip("\n")]
        start = span.end
    pieces.append(strip_blocks(lines.text[start:end]))
    return "\n".join(piece for piece in pieces if piece)


def _blocks(lines: Outline, start: int, end: int) -> list[str]:
    """The blocks of text between blank lines, without tables and fenced code."""
    text = lines.text
    for span in reversed(lines.code_between(start, end)):
        text, end = text[: span.start] + "\n\n" + text[span.end :], end - (span.end - span.start) + 2
    return [block for block in text[start:end].split("\n\n") if not block.lstrip().startswith("|")]
