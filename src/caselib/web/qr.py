"""A QR code that carries a page of this site to a phone, and to paper.

Only for pages that exist here: a code anyone could fill would put this site's name on any address.
"""

from io import BytesIO
from urllib.parse import quote, unquote

import segno
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException

from caselib.content import Kind
from caselib.errors import CaselibError, NotFound
from caselib.web import addresses, caching
from caselib.web.rooms import rooms

blueprint = Blueprint("qr", __name__)

KEEP_SECONDS = 24 * 3600
QUIET_ZONE = 4
"""Modules of white around the code (ISO/IEC 18004)."""
_DOCUMENTS = {
    "reading.case": Kind.CASE,
    "reading.guide": Kind.GUIDE,
    "reading.batch": Kind.BATCH,
    "reading.about_page": Kind.PAGE,
}
_PUBLIC = ("browsing.", "reading.", "searching.", "insights.")


@blueprint.get("/qr.svg")
def qr() -> Response:
    """The code of ``path``.

    Raises:
        NotFound: no public page has this path.
    """
    path = unquote(request.args.get("path", ""))
    if not is_page(path):
        raise NotFound("没有这个页面，不能生成二维码。", "从页面上的“用手机看”打开。")
    return caching.data(
        lambda: draw(addresses.absolute(quote(path))), "image/svg+xml", addresses.base(), max_age=KEEP_SECONDS
    )


def is_page(path: str) -> bool:
    """Whether ``path``, decoded and without a query, is a page that anyone may read."""
    if not path.startswith("/") or path.startswith("//") or not path.isprintable() or set(path) & set("?#\\"):
        return False
    try:
        endpoint, values = current_app.url_map.bind("localhost").match(path, "GET")
    except HTTPException:
        return False
    kind = _DOCUMENTS.get(endpoint)
    if kind is None:
        return endpoint.startswith(_PUBLIC) and not values
    try:
        rooms.store.read(kind, str(values.get("slug", values.get("number"))))
    except CaselibError:
        return False
    return True


def draw(address: str) -> bytes:
    """``address`` as SVG: black on white, for eyes that cannot see it a title."""
    written = BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(
        written, kind="svg", border=QUIET_ZONE, light="#fff", title="本页地址的二维码", omitsize=True, xmldecl=False
    )
    return written.getvalue()
