"""What stands around every page: the links to sheets and scripts, head and foot, made once for all pages alike.

Only somebody who signed in has a head made for each page. Nothing here knows what stands in between.
"""

from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

from flask import Blueprint, Flask, current_app, request, session
from flask.templating import Environment
from flask_login import current_user
from markupsafe import Markup

from caselib.web import caching
from caselib.web.access import Nobody
from caselib.web.filters import NAVIGATION
from caselib.web.preferences import SIZES, View, current_view
from caselib.web.reading import pages_about_the_site
from caselib.web.rooms import rooms

blueprint = Blueprint("frame", __name__)

Entries = tuple[tuple[str, str, str], ...]
"""Name, address and ``aria-current`` of each entry of the navigation."""


class Templates(Environment):
    """Flask's Jinja with plain globals. Jinja overlays those of a template, of which we have none, on those of all: a chain that
    each page walked several times, for a tenth of its time.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of a template: those of all, as they are when it is loaded."""
        return {**self.globals, **(d or {})}


@blueprint.app_template_global()
def assets() -> Markup:
    """What every page loads."""
    return _assets(_app())


@lru_cache(maxsize=8)
def _assets(_of: Flask) -> Markup:
    return _made("_assets.html")


@blueprint.app_template_global()
def header(own_search: bool = False) -> Markup:
    """The head of a page: how to show it, the way around, and a search box unless the page has its own."""
    here = request.path
    entries = tuple([(name, path, _current(path, here)) for name, path in navigation()])
    if session:
        return _header(current_user, own_search, current_view(), entries)
    return _header_for_nobody(_app(), own_search, current_view(), entries)


@lru_cache(maxsize=128)
def _header_for_nobody(_of: Flask, own_search: bool, view: View, entries: Entries) -> Markup:
    return _header(Nobody(), own_search, view, entries)


def _header(reader: object, own_search: bool, view: View, entries: Entries) -> Markup:
    return _made("_header.html", reader=reader, own_search=own_search, view=view, text_sizes=SIZES, entries=entries)


@blueprint.app_template_global()
def navigation() -> tuple[tuple[str, str], ...]:
    """The entries that lead somewhere: that of the pages about the site only if there are any."""
    return caching.shared(_navigation)


def _navigation() -> tuple[tuple[str, str], ...]:
    about = bool(pages_about_the_site())
    return tuple((name, path) for name, path in NAVIGATION if path != "/about" or about)


def _current(path: str, here: str) -> str:
    """The ``aria-current`` of a link to ``path``: the page itself, or the part of the site it is in."""
    return "page" if here == path else "true" if here.startswith(path) else ""


@blueprint.app_template_global()
def footer() -> Markup:
    """The foot of a page, with the pages about the site."""
    return caching.shared(_footer)


def _footer() -> Markup:
    pages = [(page.meta.title, page.url) for page in pages_about_the_site()]
    return _made("_footer.html", pages=pages)


def _made(name: str, **shown: object) -> Markup:
    template = current_app.jinja_env.get_template(name)
    return Markup(template.render(site=rooms.settings.site, **shown))  # noqa: S704 - a template escapes


def _app() -> Flask:
    found: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return found
