"""Requests as the site reads them: whatever bytes come, the address is text.

Nothing here decides what an address means.
"""

from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from werkzeug.routing import IntegerConverter

from caselib.db import LARGEST


class TolerantRequest(Request):
    """A request whose query string is always UTF-8: bytes that are not become U+FFFD, as in a path or a form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.query_string = self.query_string.decode("utf-8", "replace").encode()


class LazySessions(SecureCookieSessionInterface):
    """Sessions as Flask keeps them; a visitor without one costs no signer and no work on headers, on any page."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The visitor's session, or an empty one."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the session back if there is anything in it, or was."""
        if session or session.modified:
            super().save_session(app, session, response)
        else:
            response.headers.setdefault("Vary", "Cookie")


class RowNumber(IntegerConverter):
    """The ``int`` of our addresses: no larger than a row's number can be, so that a database never meets a larger one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"max": LARGEST} | options)


def row_number(text: str) -> int:
    """A row's number as a form or an address says it: for ``form.get(name, 0, row_number)``.

    Raises:
        ValueError: it is none; a larger one than a row can have is refused here and not by the database.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST)) and int(text) <= LARGEST):
        raise ValueError(f"no row has the number {text[:20]!r}")
    return int(text)
