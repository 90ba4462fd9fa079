"""What a warm case page costs beside a bare Flask page with a template of the same size, called in turn in one process.

The bare page is the least that Flask can do: one view, one template, no headers of its own. Both are called as a
server calls them (WSGI), without a network.
"""

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask, render_template
from jinja2 import DictLoader
from werkzeug.test import EnvironBuilder, run_wsgi_app

from caselib.app import create_app
from caselib.config import Settings, shipped
from caselib.content import ContentStore, Kind
from caselib.search import SearchRoom

TITLE = "Pages: one warm answer, microseconds, and how many times a bare Flask page"
ROUNDS = 40
CALLS = 50


def bare_app(pages: dict[str, str]) -> Flask:
    """A Flask application that has, at the path of each page, one that fills a template as long as it."""
    app = Flask("bare")
    filled = {path: page.replace("{", " ").replace("}", " ")[len("<title></title>") :] for path, page in pages.items()}
    app.jinja_loader = DictLoader({path: "<title>{{ title }}</title>" + words for path, words in filled.items()})
    for path in pages:
        app.add_url_rule(path, path, partial(render_template, path, title="案例"))
    return app


def run() -> list[dict[str, object]]:
    """One row for each kind of answer."""
    with tempfile.TemporaryDirectory(prefix="caselib-bench-") as folder:
        os.environ.setdefault("CASELIB_SECRET_KEY", "only for this measurement")
        settings = Settings(content=shipped("content"), data=Path(folder))
        store = ContentStore(settings.content)
        SearchRoom.open(settings.search_url, store.taxonomy).rebuild(store)
        app = create_app(settings)
        slug = min(slug for _, slug in store.scan(Kind.CASE))
        page = app.test_client().get(f"/cases/{slug}")
        calls = {
            "bare Flask page": _call(bare_app({"/": page.text})),
            "case page": _call(app, f"/cases/{slug}"),
            "case page, visitor holds it (304)": _call(app, f"/cases/{slug}", page.headers["ETag"]),
        }
        times = _in_turn(calls)
    bare = times["bare Flask page"]
    return [
        {"answer": name, "bytes": len(page.data), "µs": round(seconds * 1e6), "× bare": seconds / bare}
        for name, seconds in times.items()
    ]


def _call(app: Flask, path: str = "/", held: str = "") -> Callable[[], None]:
    headers = [("If-None-Match", held)] if held else []
    environ: dict[str, Any] = EnvironBuilder(path=path, headers=headers).get_environ()

    def call() -> None:
        body, status, _ = run_wsgi_app(app.wsgi_app, dict(environ))
        assert status[:3] == ("304" if held else "200"), status
        assert held or b"".join(body)

    return call


def _in_turn(calls: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Seconds of one call: the median over rounds in which each had its turn, so that all meet the same machine."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(CALLS):
                call()
            seconds[name].append((time.perf_counter() - start) / CALLS)
    return {name: median(found) for name, found in seconds.items()}
