"""Requests as the site reads them and what all answers carry, at the least cost to every page.

Nothing here decides what an address means.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Request, Response, current_app, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf import CSRFProtect
from werkzeug.routing import IntegerConverter

from caselib.db import LARGEST

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer carries."""
UNLESS_SAID = {"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "private, no-store"}
"""What an answer carries if its view says nothing else: the API is open to other sites, public pages may be kept."""


class SecurityHeaders:
    """Adds the headers behind Flask, which would copy and check each of them four times for a page."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application
        self._headers = list(SECURITY_HEADERS.items())

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request, as WSGI says."""

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            said = {name for name, _ in headers}
            own = [header for header in UNLESS_SAID.items() if header[0] not in said]
            return start_response(status, [*headers, *self._headers, *own], *error)

        return self._application(environ, start)


class FormTokens(CSRFProtect):  # type: ignore[misc]  # flask-wtf has no types
    """Checks the token of what is sent, as Flask-WTF does; what is only read costs no look at exemptions."""

    def protect(self, apply_exemptions: bool = False) -> None:
        """Refuse the request unless it carries the token of its session, where its method needs one."""
        if request.method in current_app.config["WTF_CSRF_METHODS"]:
            super().protect(apply_exemptions)


def needs_no_token(blueprint: Blueprint) -> None:
    """Exempt the blueprint from CSRF: a token would need a cookie for every visitor, and forgery is harmless here."""
    blueprint.record_once(lambda state: state.app.extensions["csrf"].exempt(blueprint))


class TolerantRequest(Request):
    """A request whose query string is always UTF-8: bytes that are not become U+FFFD, as in a path or a form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.query_string = self.query_string.decode("utf-8", "replace").encode()


def has_session() -> bool:
    """Whether the visitor brings a session: is signed in, or has been given a form."""
    return current_app.config["SESSION_COOKIE_NAME"] in request.cookies


class LazySessions(SecureCookieSessionInterface):
    """Sessions as Flask keeps them; a visitor without one costs no signer and no work on headers, on any page."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The visitor's session, or an empty one."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the session back if there is anything in it, or was; unchanged, not with what a cache may give to others."""
        shared = "Cache-Control" in response.headers and not response.cache_control.private
        if session.modified or (session and not shared):
            super().save_session(app, session, response)
        else:
            response.headers.setdefault("Vary", "Cookie")


class RowNumber(IntegerConverter):
    """The ``int`` of our addresses: no larger than a row's number can be, so that a database never meets a larger one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"max": LARGEST} | options)


def form_version() -> int:
    """The version with which the form was opened; one that is none matches nothing."""
    return request.form.get("version", -1, row_number)


def row_number(text: str) -> int:
    """A row's number as a form or an address says it: for ``form.get(name, 0, row_number)``.

    Raises:
        ValueError: it is none; a larger one than a row can have is refused here and not by the database.
    """
    if not (text.isascii() and text.isdigit() and int(text) <= LARGEST):
        raise ValueError(f"no row has the number {text[:20]!r}")
    return int(text)
