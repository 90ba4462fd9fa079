"""The rooms that views ask, bound to the application they run in.

``from caselib.web.rooms import rooms`` works like ``flask.current_app``. Nothing is opened here: ``app`` does that.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar, cast

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from werkzeug.local import LocalProxy

from caselib.config import Settings
from caselib.content import ContentStore, Document, Kind, Taxonomy
from caselib.db import Database
from caselib.errors import CaselibError, Unavailable
from caselib.search import SearchRoom

T = TypeVar("T")
log = logging.getLogger("caselib.web")

TAXONOMY_SECONDS = 1.0
"""How long a page may show old names of terms: to look for a change means six system calls, a lot for a page."""


class Names:
    """The vocabularies by which public pages name their codes, at most ``TAXONOMY_SECONDS`` old."""

    def __init__(self, store: ContentStore) -> None:
        self._store = store
        self._known: Taxonomy | None = None
        self._due = 0.0

    def taxonomy(self) -> Taxonomy:
        """The same object as long as nothing changed."""
        known, moment = self._known, monotonic()
        if known is None or moment >= self._due:
            self._known = known = self._store.taxonomy
            self._due = moment + TAXONOMY_SECONDS
        return known


@dataclass(frozen=True)
class Rooms:
    """Everything a view may ask. What is written is checked by ``store.taxonomy``, what is shown is called by ``names``."""

    settings: Settings
    store: ContentStore
    search: SearchRoom
    database: Database
    names: Names


rooms = cast(Rooms, LocalProxy(lambda: current_app.extensions["caselib"]))
"""The rooms of the current application."""


def search_room() -> SearchRoom:
    """The search room, if it can answer.

    Raises:
        Unavailable: there is no index, or none that can be read; the room goes on trying.
    """
    if not rooms.search.ready:
        raise Unavailable("搜索暂时不能用。", "请几分钟后再试。")
    return rooms.search


def from_database(ask: Callable[[Session], T], what: str, otherwise: T) -> T:
    """What the database says to ``ask``, or ``otherwise`` where it cannot say: a page of the library does without it."""
    try:
        with rooms.database.reading() as session:
            return ask(session)
    except SQLAlchemyError:
        log.warning("the database cannot say %s", what, exc_info=True)
        return otherwise


def readable(kind: Kind, slug: str) -> Document | None:
    """A document that a page can do without: ``None`` if it is not there or has errors."""
    try:
        return rooms.store.read(kind, slug)
    except CaselibError:
        return None
