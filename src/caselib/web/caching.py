"""Pages that need not be made twice: a strong ETag, the 304 answer, and a few finished pages in memory.

A page's version is a digest of everything it is made from: its document, the state of the index, the taxonomy, the
program and its templates, the site's identity, its address and the visitor's view. Pages for somebody who signed in
are never kept and never tagged.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request

from caselib.web.preferences import current_view
from caselib.web.requests import has_session
from caselib.web.rooms import Rooms, rooms

KEPT_PAGES = 512
KEPT_BYTES = 256 * 1024
"""A page larger than this is made anew each time."""

PROGRAM = Path(__file__).parents[1]

T = TypeVar("T")


class PageCache:
    """Finished pages by version, the least recently asked for leaving first; safe between threads."""

    def __init__(self, app: Flask) -> None:
        site: Rooms = app.extensions["caselib"]
        self.base = _digest(
            site.settings.site,
            site.settings.base_url,
            _digest_at_first(PROGRAM, names="*.py"),
            _digest_at_first(Path(str(app.template_folder)), Path(str(app.static_folder))),
        )
        self.shared: dict[Callable[[], Any], tuple[str, Any]] = {}
        self._pages: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, version: str) -> bytes | None:
        """The page of this version, if it is kept."""
        with self._lock:
            if version in self._pages:
                self._pages.move_to_end(version)
            return self._pages.get(version)

    def put(self, version: str, page: bytes) -> None:
        """Keep a page, unless it is too large."""
        if len(page) > KEPT_BYTES:
            return
        with self._lock:
            self._pages[version] = page
            if len(self._pages) > KEPT_PAGES:
                self._pages.popitem(last=False)


def page(render: Callable[[], str], *made_from: object) -> Response:
    """The page that ``render`` makes, or 304 if the visitor holds it, or the copy in memory.

    ``made_from``: digests of the documents it shows; the index, taxonomy, templates and address are added here. What was
    asked for with a query is not worth the memory.
    """
    if has_session():
        return Response(render(), mimetype="text/html", headers={"Cache-Control": "private, no-store"})
    cache = _cache()
    version = _digest(*_library(), request.full_path, current_view(), *made_from)
    if request.if_none_match.contains_weak(version):  # a proxy that compresses a page makes its tag weak
        return _answer(b"", version, 304)
    body = cache.get(version)
    if body is None:
        body = render().encode()
        if not request.query_string:
            cache.put(version, body)
    return _answer(body, version)


def data(render: Callable[[], str | bytes], mimetype: str, *made_from: object, max_age: int = 0) -> Response:
    """An answer for programs, the same for every visitor: with a weak ETag, or 304 if the caller holds it.

    ``max_age``: seconds for which a copy need not be asked about again.
    """
    version = _digest(*_library(), request.full_path, *made_from)
    held = request.if_none_match.contains_weak(version)
    response = Response(status=304) if held else Response(render(), content_type=f"{mimetype}; charset=utf-8")
    response.set_etag(version, weak=True)
    response.headers["Cache-Control"] = f"public, max-age={max_age}" if max_age else "no-cache"
    return response


def shared(make: Callable[[], T]) -> T:
    """What ``make`` makes of the library for every page alike, made anew when the index changed."""
    held, generation = _cache().shared, _generation()
    kept = held.get(make)
    if kept is None or kept[0] != generation or not generation:
        kept = held[make] = generation, make()
    found: T = kept[1]
    return found


def _cache() -> PageCache:
    cache: PageCache = current_app.extensions["caselib-pages"]
    return cache


def _library() -> tuple[str, str, str]:
    """What every answer is made from: the program, its templates and the site's identity, the taxonomy, the index."""
    return _cache().base, rooms.names.taxonomy().digest, _generation()


def _generation() -> str:
    """The state of the search room when the request first asked: to find out is a look at the disk."""
    if "generation" not in g:
        g.generation = rooms.search.generation
    found: str = g.generation
    return found


def _answer(body: bytes, version: str, status: int = 200) -> Response:
    headers = {"ETag": f'"{version}"', "Cache-Control": "no-cache"}
    return Response(body, status, headers, mimetype="text/html")


def files_digest(*folders: Path, names: str = "*") -> str:
    """A digest of every file under ``folders`` whose name is like ``names``."""
    total = blake2b(digest_size=16)
    for folder in folders:
        for path in sorted(path for path in folder.rglob(names) if path.is_file()):
            total.update(path.relative_to(folder).as_posix().encode())
            total.update(path.read_bytes())
    return total.hexdigest()


_digest_at_first = lru_cache(maxsize=4)(files_digest)  # the program of a process stays what it was


def _digest(*parts: object) -> str:
    return blake2b("\x00".join(map(repr, parts)).encode(), digest_size=16).hexdigest()
