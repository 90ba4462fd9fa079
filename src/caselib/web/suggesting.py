"""Suggestions while somebody types: titles, terms and pinyin, as the search room knows them.

Never an error: a search box works without them.
"""

import json
import logging

from flask import Blueprint, Response, request

from caselib.web import caching
from caselib.web.filters import search_url
from caselib.web.rooms import rooms

blueprint = Blueprint("suggesting", __name__)
log = logging.getLogger("caselib.web")

MAX_SUGGESTIONS = 8
MAX_TYPED = 50
"""Characters of what is typed that are looked at."""
KEEP_SECONDS = 300


def suggestions(typed: str) -> list[dict[str, str]]:
    """What ``typed`` may become, best first: text, the address it leads to, and what it is."""
    found = rooms.search.suggest(typed.strip()[:MAX_TYPED], MAX_SUGGESTIONS)
    return [{"text": each.text, "url": each.url or search_url(q=each.text), "kind": each.kind} for each in found]


@blueprint.get("/suggest")
def suggest() -> Response:
    """A JSON list for the search box."""
    return caching.data(_list, "application/json", max_age=KEEP_SECONDS if rooms.search.ready else 0)


def _list() -> str:
    try:
        return json.dumps(suggestions(request.args.get("q", "")), ensure_ascii=False)
    except Exception:
        log.exception("no suggestions")
        return "[]"
