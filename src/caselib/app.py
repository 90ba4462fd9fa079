"""Wires the rooms into one Flask application, and nothing else.

A web module joins the site by exporting ``blueprint`` and being named in ``BLUEPRINTS``; what it needs once per
application (a login manager, a template filter) it sets up in ``@blueprint.record_once``.
"""

from pathlib import Path

from flask import Flask

from caselib.config import Settings, shipped
from caselib.content import ContentStore
from caselib.db import Database
from caselib.publishing.release import Publisher
from caselib.publishing.watching import ReleaseWatcher
from caselib.search import SearchRoom, Watcher
from caselib.web import (
    access,
    account,
    api,
    asking,
    browsing,
    counting,
    editing,
    errors,
    feeds,
    filters,
    frame,
    health,
    insights,
    markup,
    meta,
    noticing,
    preferences,
    qr,
    reading,
    reviewing,
    searching,
    submitting,
    suggesting,
)
from caselib.web.caching import PageCache
from caselib.web.requests import FormTokens, LazySessions, RowNumber, SecurityHeaders, TolerantRequest
from caselib.web.rooms import Names, Rooms

BLUEPRINTS = (
    filters,
    preferences,
    access,
    browsing,
    reading,
    searching,
    suggesting,
    asking,
    counting,
    insights,
    markup,
    frame,
    meta,
    feeds,
    qr,
    api,
    account,
    noticing,
    submitting,
    reviewing,
    editing,
    health,
    errors,
)

MAX_REQUEST_BYTES = 32 * 1024 * 1024
"""What a visitor may send at once. The form, the error and the manual say 30 MB: the rest is left to what a form sends beside files."""
WAIT = 5.0
"""Seconds that a page waits for another writer: its thread answers nobody meanwhile, not even whether the process lives."""


def open_rooms(settings: Settings) -> Rooms:
    """The rooms as the settings name them; nothing is created, read whole or connected yet."""
    store = ContentStore(settings.content)
    search = SearchRoom.open(settings.search_url, store.taxonomy)
    return Rooms(settings, store, search, Database.open(settings, WAIT), Names(store))


def create_app(settings: Settings | None = None) -> Flask:
    """The site as a WSGI application.

    Raises:
        CaselibError: no secret key is set outside the demo.
    """
    settings = settings or Settings()
    app = Flask(
        "caselib",
        template_folder=str(shipped("templates")),
        static_folder=str(Path(__file__).parent / "web" / "static"),
    )
    app.request_class = TolerantRequest
    app.url_map.converters["int"] = RowNumber
    app.session_interface = LazySessions()
    app.config.update(
        SECRET_KEY=settings.signing_key,
        SESSION_COOKIE_NAME="caselib",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=not (settings.demo or settings.base_url.startswith("http://")),
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        WTF_CSRF_TIME_LIMIT=None,
        # Browsers and gateways that strip Referer, and ports a proxy does not tell of, must not lock people out: that a
        # request is theirs is proved by the token, in a cookie that is not sent along from another site.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.jinja_environment = frame.Templates
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["caselib"] = open_rooms(settings)
    app.extensions["caselib-pages"] = PageCache(app)
    FormTokens(app)
    for module in BLUEPRINTS:
        app.register_blueprint(module.blueprint)
    app.wsgi_app = SecurityHeaders(app.wsgi_app)  # type: ignore[method-assign]
    return app


def create_running_app(settings: Settings | None = None) -> Flask:
    """The site as a server's worker runs it: it finishes what was cut off, then and later, and looks after changes of the content
    folder.

    To be called in the worker itself, since a thread does not survive a fork.

    Raises:
        CaselibError: no secret key is set outside the demo.
    """
    app = create_app(settings)
    rooms: Rooms = app.extensions["caselib"]
    publisher = Publisher(rooms.database, rooms.store, rooms.settings.data, rooms.search)
    publisher.recover()
    ReleaseWatcher(publisher).start()
    Watcher(rooms.search, rooms.store, rooms.settings.data / "watch.lock").start()
    counting.start(app)
    return app
