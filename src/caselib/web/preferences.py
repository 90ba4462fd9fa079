"""字号 and 长者模式: how a visitor wants to see pages, kept in one cookie so that it works without JavaScript.

Nothing about the visitor is stored on the server.
"""

from dataclasses import dataclass
from functools import lru_cache

from flask import Blueprint, Response, current_app, redirect, request

from caselib.web.requests import needs_no_token

COOKIE = "caselib_view"
SIZES = {"small": "小", "normal": "中", "large": "大"}
ONE_YEAR = 365 * 24 * 3600

blueprint = Blueprint("preferences", __name__)
needs_no_token(blueprint)  # forged, a request could change the size of somebody's letters


@dataclass(frozen=True)
class View:
    """How to show pages: ``text`` is a key of ``SIZES``; ``elder`` is 长者模式, which has a size of its own."""

    text: str = "normal"
    elder: bool = False

    @classmethod
    @lru_cache(maxsize=64)
    def parse(cls, value: str) -> "View":
        """From the cookie's value; anything unknown counts as the default."""
        text, _, elder = value.partition(".")
        return cls(text if text in SIZES else "normal", elder == "elder")

    def __str__(self) -> str:
        return f"{self.text}.elder" if self.elder else self.text

    def changed(self, choice: str) -> "View":
        """After the visitor chose ``choice``: a size (which ends 长者模式), ``elder`` to switch that mode, or a view as text."""
        if choice == "elder":
            return View(self.text, not self.elder)
        return View.parse(choice)


def current_view() -> View:
    """The view the visitor chose."""
    return View.parse(request.cookies.get(COOKIE, ""))


@blueprint.app_context_processor
def _expose() -> dict[str, object]:
    return {"display": current_view()}


@blueprint.app_template_global()
def way_back() -> str:
    """Where a choice made on this page leads: to this page, or if it only answers a form, to the one that the form is on."""
    here = request.full_path if request.query_string else request.path
    if request.method != "POST" or _is_page(request.path):
        return here
    host, _, path = (request.referrer or "").partition("://")[2].partition("/")
    came_from = local_path(f"/{path}") if host == request.host else "/"
    return came_from if _is_page(came_from.partition("?")[0]) else "/"


def _is_page(path: str) -> bool:
    """Whether there is something to see at the address, and not only something to send to it."""
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(path, "GET")


@blueprint.post("/preferences")
def change() -> Response:
    """Keep the choice and go back to the page it was made on."""
    view = current_view().changed(request.form.get("view", ""))
    response = redirect(local_path(request.form.get("next", "")), code=303)
    response.set_cookie(COOKIE, str(view), max_age=ONE_YEAR, samesite="Lax", httponly=True, secure=request.is_secure)
    return response  # type: ignore[return-value]


def local_path(address: str) -> str:
    """``address`` if it is a path of this site, else the home page."""
    local = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if local and address.isprintable() else "/"
