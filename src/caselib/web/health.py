"""What a monitor asks: is the process alive (``/healthz``), is it ready to serve (``/readyz``).

Open to everybody, so it tells numbers and versions and no content. A bad file never makes the site unready.
"""

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

from caselib.operations.data_folder import SPACE_NEEDED, free_space
from caselib.web.rooms import rooms

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers; nothing else is asked."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def ready() -> Response:
    """Whether pages, searches and sign-ins would work, and in which state the library is."""
    database, index = _database(), _index()
    room = free_space(rooms.settings.data) >= SPACE_NEEDED
    answer = {
        "ready": bool(database["current"] and index["ready"] and room),
        "content": {"problems": _problems()},
        "index": index,
        "database": database,
        "disk": {"room": room},
    }
    response = jsonify(answer)
    response.status_code = 200 if answer["ready"] else 503
    return response


def _problems() -> int:
    """Errors in the files that are left out, as the index knows them: a monitor's question must not read every file."""
    known = [*rooms.search.refused, *rooms.store.taxonomy.faults]
    return sum(fault.level == "error" for fault in known)


def _index() -> dict[str, object]:
    return {"ready": rooms.search.ready, "generation": rooms.search.generation}


def _database() -> dict[str, object]:
    try:
        revision = rooms.database.revision()
    except SQLAlchemyError:
        current_app.logger.exception("the database cannot be read")
        return {"revision": None, "current": False}
    return {"revision": revision, "current": revision == rooms.database.head}
