"""Requests as the site reads them: whatever bytes come, the address is text.

Nothing here decides what an address means.
"""

from typing import Any

from flask import Request


class TolerantRequest(Request):
    """A request whose query string is always UTF-8: bytes that are not become U+FFFD, as in a path or a form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.query_string = self.query_string.decode("utf-8", "replace").encode()
