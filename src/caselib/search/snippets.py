"""What of a text is shown, and which characters of it are marked.

Matches are found in the folded text and marked in the author's own, so a mark never splits a character. All text is
escaped here, piece by piece; the only tag is ``<mark>``.
"""

import re
import unicodedata
from collections.abc import Sequence
from html import escape

from caselib.search.tokens import HAN_RUN, Folded, fold, latin_tokens, pairs

LENGTH = 90
_STOPS = "。！？；\n"
_PAUSES = _STOPS + "，、：,;:"
_SPACE = re.compile(r"\s+")

Span = tuple[int, int]


def highlight(text: str, marks: Sequence[str]) -> str:
    """The whole text, escaped and marked."""
    return _marked(text, _spans(text, marks), 0, len(text))


def snippet(text: str, marks: Sequence[str], length: int = LENGTH) -> str:
    """About ``length`` characters around where most is matched, escaped and marked, with … where it was cut."""
    text = _SPACE.sub(" ", text.strip())
    spans = _spans(text, marks)
    start, end = _window(text, spans, length)
    return ("…" if start else "") + _marked(text, spans, start, end) + ("…" if end < len(text) else "")


def _spans(text: str, marks: Sequence[str]) -> list[Span]:
    """Where the marks are in the original text: sorted, joined where they touch."""
    folded = fold(text)
    tokens: dict[str, list[Span]] = {}
    for token in latin_tokens(folded.text):
        tokens.setdefault(token.text, []).append((token.start, token.end))
    found = [span for mark in marks for span in _places(mark, folded.text, tokens)]
    return _joined(folded, found, len(text))


def _places(mark: str, folded: str, tokens: dict[str, list[Span]]) -> list[Span]:
    """Every place of one mark; of a word that is not there as a whole, the places of its pairs."""
    if not HAN_RUN.search(mark):
        wanted = [token.text for token in latin_tokens(mark)]
        return [span for name in wanted for span in tokens.get(name, ())] if wanted else []
    whole = _occurrences(mark, folded)
    if whole or len(mark) <= 2:
        return whole
    return [span for run in HAN_RUN.findall(mark) for pair in pairs(run) for span in _occurrences(pair, folded)]


def _occurrences(needle: str, text: str) -> list[Span]:
    return [match.span() for match in re.finditer(re.escape(needle), text)]


def _joined(folded: Folded, spans: list[Span], length: int) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(folded.original(start, end, length) for start, end in spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _window(text: str, spans: list[Span], length: int) -> Span:
    """The stretch that shows the most matched characters, begun after punctuation where one is near."""
    if len(text) <= length * 4 // 3:
        return 0, len(text)
    start = max(
        (_begin(text, at, length) for at, _ in spans or [(0, 0)]), key=lambda s: (_shown(spans, s, s + length), -s)
    )
    end = min(start + length, len(text))
    pause = max(text.rfind(mark, start + length * 2 // 3, end + 12) for mark in _PAUSES) + 1
    covered = max((e for s, e in spans if s < end), default=0)
    return start, _whole(text, max(pause or end, min(covered, end)))


def _begin(text: str, at: int, length: int) -> int:
    low = max(0, at - length // 2)
    stop = max(text.rfind(mark, low, at) for mark in _STOPS) + 1
    pause = stop or max(text.rfind(mark, low, at) for mark in _PAUSES) + 1
    return _whole(text, pause or max(0, at - length // 6)) if low else 0


def _whole(text: str, at: int) -> int:
    """The place moved forward until it does not split a character from what combines with it."""
    while 0 < at < len(text) and (unicodedata.combining(text[at]) or text[at] in "\u200d\ufe0f"):
        at += 1
    return at


def _shown(spans: list[Span], start: int, end: int) -> int:
    return sum(min(e, end) - max(s, start) for s, e in spans if s < end and e > start)


def _marked(text: str, spans: list[Span], start: int, end: int) -> str:
    pieces, at = [], start
    for begin, stop in spans:
        begin, stop = max(begin, at), min(stop, end)
        if begin < stop:
            pieces += [escape(text[at:begin]), "<mark>", escape(text[begin:stop]), "</mark>"]
            at = stop
    return "".join([*pieces, escape(text[at:end])])
