"""说说您的问题: somebody tells what goes wrong in their own words, and sees what was understood, and why.

What was sent is answered and forgotten: it is not written to a file, a table, a log or an address. A short text can be
asked for in an address, for those who want to pass it on. What is recognised is for the search room to say.
"""

import re
from typing import NamedTuple

from flask import Blueprint, Response, render_template, request

from caselib.search import Description, Reason
from caselib.search.question import LONGEST
from caselib.web import caching
from caselib.web.filters import search_url
from caselib.web.parameters import NO_TEXT
from caselib.web.requests import has_session, needs_no_token
from caselib.web.rooms import search_room

blueprint = Blueprint("asking", __name__)
needs_no_token(blueprint)

SHAREABLE = 200
"""Characters of a text that an address may carry."""
MOST_SENT = 64 * 1024
"""Bytes that may be sent: the characters that are looked at, however they are escaped, several times over."""
EXAMPLE = "我们厂做纸箱，最近客户老是退货，说尺寸不准，工人换得勤，老师傅一走新人就不会了，也没钱请专家。"
AROUND, QUOTED = 12, 24
"""Characters repeated on either side of what was understood, and of a quotation: who dictates a story makes no pauses."""
_PAUSE = re.compile(r"[，。！？；,!?;\s]")


class Said(NamedTuple):
    """A clause of the visitor's text with the words that were understood in the middle, and as what they were."""

    before: str
    words: str
    after: str
    term: str


@blueprint.app_template_global()
def ask_url(text: str) -> str:
    """Where a text is answered; only the form if it is too long for an address."""
    return search_url("/ask", q=text) if 0 < len(text) <= SHAREABLE else "/ask"


@blueprint.get("/ask")
def ask() -> Response:
    """The form, and the answer to a short text in the address."""
    return caching.page(lambda: _page(request.args.get("q", "")))


@blueprint.post("/ask")
def tell() -> Response:
    """The answer to a text of any length; the browser of a visitor may keep it, for the way back from what was found.

    That of somebody signed in may not: on a shared computer the way back would lead to their page after they have left.
    """
    request.max_content_length = MOST_SENT
    typed = request.form.get("q", "").replace("\r\n", "\n")  # as the form itself counts its characters
    answer = Response(_page(typed))
    if not has_session():
        answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _page(typed: str) -> str:
    text = typed_text(typed)
    found = search_room().describe(text) if text else Description([], [], [], [])
    return render_template(
        "asking/ask.html",
        typed=typed,
        text=text,
        cut=len(typed.rstrip()) > LONGEST,
        found=found,
        understood=[(each.key, [said(text, reason) for reason in each.reasons]) for each in found.problems],
        trades=[(each.key, [said(text, reason) for reason in each.reasons]) for each in found.industries],
        missing=request.method == "POST" and not text,
        address=ask_url(text) if 0 < len(text) <= SHAREABLE else "",
        example=EXAMPLE,
        longest=LONGEST,
    )


def typed_text(typed: str) -> str:
    """What of a text is looked at: places in it are places in ``typed``, and its lines stay apart."""
    return NO_TEXT.sub(_space, typed[:LONGEST]).rstrip()


def _space(run: re.Match[str]) -> str:
    return "".join("\n" if character in "\r\n" else " " for character in run[0])


def said(text: str, reason: Reason) -> Said:
    """The clause that the reason is in, a long one cut to what stands around the reason."""
    start = max((match.end() for match in _PAUSE.finditer(text, 0, reason.start)), default=0)
    after = _PAUSE.search(text, reason.end)
    end = after.start() if after else len(text)
    before = text[start : reason.start]
    return Said(
        f"…{before[-AROUND:]}" if len(before) > AROUND else before,
        _beginning(text[reason.start : reason.end], QUOTED),
        _beginning(text[reason.end : end], AROUND),
        reason.said,
    )


def _beginning(text: str, most: int) -> str:
    return f"{text[:most]}…" if len(text) > most else text


@blueprint.app_template_filter("quoted")
def quoted(clause: str, words: list[str]) -> str:
    """The clause, a long one cut to what stands around the first of the words in it."""
    first = min((clause.index(word) for word in words if word in clause), default=0)
    start = max(0, min(first - AROUND, len(clause) - QUOTED))
    return ("…" if start else "") + _beginning(clause[start:], QUOTED)
