"""What of a text is shown, and which characters of it are marked.

Matches are found in the folded text and marked in the author's own, so a mark never splits a character. All text is
escaped here, piece by piece; the only tag is ``<mark>``.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from html import escape

from caselib.search.question import NO_MARKS, Marks
from caselib.search.text.tokens import Folded, fold, latin_tokens

LENGTH = 90
_STOPS = "。！？；\n"
_PAUSES = "，、：,;: "
_TO_STOP = re.compile(f".*[{_STOPS}]", re.DOTALL)
_TO_PAUSE = re.compile(f".*[{_PAUSES}]", re.DOTALL)
_TO_EITHER = re.compile(f".*[{_STOPS}{_PAUSES}]", re.DOTALL)
_AFTER_STOP = re.compile(f"([{_STOPS[:-1]}{_PAUSES.rstrip()}…”）](?:</mark>)?)\n")
_SPECIAL = re.compile("[&<>\"']")
_MOST = 24  # spans looked at for the best window

Span = tuple[int, int]


def highlight(text: str, marks: Marks, folded: Folded | None = None) -> str:
    """The whole text, escaped and marked; ``folded`` is the folded text, if the caller has it."""
    return _marked(text, _spans(text, folded, marks), 0, len(text))


def snippet(text: str, marks: Marks, folded: Folded | None = None) -> str:
    """About ``LENGTH`` characters around where most is matched, escaped and marked, with … where it was cut.

    ``folded`` is the folded text, if the caller has it.
    """
    spans = _spans(text, folded, marks)
    start, end = _window(text, spans)
    shown = _marked(text, spans, start, end)
    head, _, rest = text.partition("\n")
    if start == 0 and _is_heading(head) and rest.strip():
        shown = shown.replace("\n", "：", 1)
    shown = _AFTER_STOP.sub(r"\1", shown.strip()).replace("\n", "；").replace("□ ", "").removesuffix("□")
    return ("…" if start else "") + shown + ("…" if end < len(text) else "")


def _spans(text: str, folded: Folded | None, marks: Marks) -> list[Span]:
    """Where the marks are in the original text: sorted, joined where they touch."""
    if marks == NO_MARKS:
        return []
    folded = folded or fold(text)
    found = _places(folded.text, marks.runs)
    if marks.tokens or marks.beginnings:
        found += [
            (token.start, token.end)
            for token in latin_tokens(folded.text)
            if token.text in marks.tokens or token.text.startswith(marks.beginnings)
        ]
    if folded.starts is not None:
        found = [folded.original(start, end) for start, end in found]
    joined: list[Span] = []
    for start, end in sorted(found):
        if joined and (start <= joined[-1][1] or text[joined[-1][1] : start] == " "):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _places(text: str, runs: Iterable[str]) -> list[Span]:
    found: list[Span] = []
    for run in runs:
        start = text.find(run)
        while start >= 0:
            found.append((start, start + len(run)))
            start = text.find(run, start + len(run))
    return found


def _window(text: str, spans: list[Span]) -> Span:
    """The stretch that shows the most different matches, cut after punctuation where some is near."""
    if len(text) <= LENGTH * 4 // 3:
        return 0, len(text)
    at = _densest(text, spans)
    low = max(0, at - LENGTH // 3)
    start = _last(_TO_STOP, text, low, at) or _last(_TO_PAUSE, text, low, at) or max(0, at - LENGTH // 6)
    start = _whole(text, start if low or start > LENGTH // 6 else 0)
    if start + LENGTH >= len(text):
        return start, len(text)
    covered = max((end for begin, end in spans if begin < start + LENGTH), default=0)
    pause = _last(_TO_EITHER, text, max(covered, start + LENGTH * 2 // 3), start + LENGTH + 10)
    return start, _whole(text, pause or max(start + LENGTH, covered))


def _is_heading(line: str) -> bool:
    """Whether a passage's first line is its section's heading, which runs on without a stop of its own."""
    return 0 < len(line) <= LENGTH // 3 and line[-1] not in _STOPS + _PAUSES


def _densest(text: str, spans: list[Span]) -> int:
    """Where the window begins in which the different matches have the most characters: at one of the first ``_MOST``."""
    best = most = worth = last = 0
    shown: defaultdict[str, int] = defaultdict(int)
    for number, (start, end) in enumerate(spans[:_MOST]):
        while last < len(spans) and spans[last][1] <= start + LENGTH * 4 // 5:
            match = text[slice(*spans[last])]
            worth += 0 if shown[match] else len(match)
            shown[match] += 1
            last += 1
        if worth > most or not number:
            best, most = start, worth
        if last > number:
            shown[text[start:end]] -= 1
            worth -= 0 if shown[text[start:end]] else end - start
        last = max(last, number + 1)
    return best


def _last(up_to: re.Pattern[str], text: str, low: int, high: int) -> int:
    """The place after the last mark that ``up_to`` ends with in this stretch; 0 if there is none."""
    found = up_to.match(text, low, high)
    return found.end() if found else 0


def _whole(text: str, at: int) -> int:
    """The place moved forward until it does not split a character from what combines with it."""
    while 0 < at < len(text) and (unicodedata.combining(text[at]) or text[at] in "\u200d\ufe0f"):
        at += 1
    return at


def _marked(text: str, spans: list[Span], start: int, end: int) -> str:
    safe = escape if _SPECIAL.search(text, start, end) else str
    pieces, at = [], start
    for begin, stop in spans:
        begin, stop = max(begin, at), min(stop, end)
        if begin < stop:
            pieces += [safe(text[at:begin]), "<mark>", safe(text[begin:stop]), "</mark>"]
            at = stop
    return "".join([*pieces, safe(text[at:end])])
