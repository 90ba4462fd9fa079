"""字号 and 长者模式: how a visitor wants to see pages, kept in one cookie so that it works without JavaScript.

Nothing about the visitor is stored on the server.
"""

from dataclasses import dataclass
from functools import lru_cache

from flask import Blueprint, Response, redirect, request

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
        """After the visitor chose ``choice``: a size (which ends 长者模式), or ``elder`` to switch that mode."""
        if choice == "elder":
            return View(self.text, not self.elder)
        return View.parse(choice)


def current_view() -> View:
    """The view the visitor chose."""
    return View.parse(request.cookies.get(COOKIE, ""))


@blueprint.app_context_processor
def _expose() -> dict[str, object]:
    return {"display": current_view()}


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
