"""What a monitor asks: is the process alive (``/healthz``), is it ready to serve (``/readyz``).

Open to everybody, so it tells numbers and versions and no content. A bad file never makes the site unready.
"""

import threading
from collections.abc import Mapping

from flask import Blueprint, Response, current_app, jsonify
from flask.blueprints import BlueprintSetupState
from sqlalchemy.exc import SQLAlchemyError

from caselib.content import Kind, Problem, Stamp
from caselib.web.rooms import Rooms, rooms

blueprint = Blueprint("health", __name__)


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.extensions["caselib-checked"] = CheckedContent(state.app.extensions["caselib"])


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers; nothing else is asked."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def ready() -> Response:
    """Whether pages, searches and sign-ins would work, and in which state the library is."""
    database, index = _database(), _index()
    answer = {
        "ready": bool(database["current"] and index["ready"]),
        "content": {"problems": sum(problem.level == "error" for problem in content_problems())},
        "index": index,
        "database": database,
    }
    response = jsonify(answer)
    response.status_code = 200 if answer["ready"] else 503
    return response


def content_problems() -> list[Problem]:
    """Every problem of every file now on disk."""
    checked: CheckedContent = current_app.extensions["caselib-checked"]
    return checked.problems()


class CheckedContent:
    """The last check of the whole content tree, made again when a file changed."""

    def __init__(self, site: Rooms) -> None:
        self._store = site.store
        self._seen: tuple[Mapping[tuple[Kind, str], Stamp], object] | None = None
        self._problems: list[Problem] = []
        self._lock = threading.Lock()

    def problems(self) -> list[Problem]:
        """Every problem of every file."""
        with self._lock:
            now = (self._store.scan(), self._store.taxonomy)
            if self._seen is None or self._seen[0] != now[0] or self._seen[1] is not now[1]:
                self._problems, self._seen = self._store.check(), now
            return self._problems


def _index() -> dict[str, object]:
    return {"ready": rooms.search.ready, "generation": rooms.search.generation}


def _database() -> dict[str, object]:
    try:
        revision = rooms.database.revision()
    except SQLAlchemyError:
        current_app.logger.exception("the database cannot be read")
        return {"revision": None, "current": False}
    return {"revision": revision, "current": revision == rooms.database.head}
