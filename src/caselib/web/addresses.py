"""Whole addresses of this site, for readers who are elsewhere: feeds, the sitemap, QR codes, metadata.

``CASELIB_BASE_URL`` says where the site is; without it the request does, if what it says can be a host. Pages that are
kept for other visitors must not repeat what one request said: ``configured`` is for them.
"""

import re

from flask import request
from werkzeug.exceptions import BadRequest

from caselib.web.rooms import rooms

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?", re.IGNORECASE)


def configured(path: str) -> str:
    """``path`` under ``CASELIB_BASE_URL``; the bare path if none is set."""
    return rooms.settings.base_url + path


def absolute(path: str) -> str:
    """``path`` as a whole address.

    Raises:
        BadRequest: no base address is set and the request names a host that cannot be one.
    """
    return base() + path


def base() -> str:
    """Scheme and host, without a slash at the end; raises as ``absolute`` does."""
    if known := rooms.settings.base_url:
        return known
    host = request.headers.get("Host", "")
    if not _HOST.fullmatch(host):
        raise BadRequest("the Host header is not a host name")
    return f"{request.scheme}://{host.lower()}"


def authority() -> str:
    """The host that the site's permanent identifiers carry: its configured domain, else where it is reached."""
    return rooms.settings.site.domain or re.sub(r"^[a-z]+://|(?::\d+)?(?:/.*)?$", "", base())
