"""The rooms that views ask, bound to the application they run in.

``from caselib.web.rooms import rooms`` works like ``flask.current_app``. Nothing is opened here: ``app`` does that.
"""

from dataclasses import dataclass
from typing import cast

from flask import current_app
from werkzeug.local import LocalProxy

from caselib.config import Settings
from caselib.content import ContentStore, Document, Kind
from caselib.db import Database
from caselib.errors import CaselibError
from caselib.search import SearchRoom


@dataclass(frozen=True)
class Rooms:
    """Everything a view may ask."""

    settings: Settings
    store: ContentStore
    search: SearchRoom
    database: Database


rooms = cast(Rooms, LocalProxy(lambda: current_app.extensions["caselib"]))
"""The rooms of the current application."""


def readable(kind: Kind, slug: str) -> Document | None:
    """A document that a page can do without: ``None`` if it is not there or has errors."""
    try:
        return rooms.store.read(kind, slug)
    except CaselibError:
        return None
