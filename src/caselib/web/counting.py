"""Counting what is searched for, and whether something of the answer was opened. Knows no visitor.

That a hit was opened is told by the page its link was on: a browser names it when it asks for a case or guide of the same site
(``Referer``). Where a browser does not, the question looks abandoned; the desk's page says so.
"""

from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, Flask, Response, current_app, request
from flask.blueprints import BlueprintSetupState

from caselib.questions import Questions
from caselib.search import Answer
from caselib.web.parameters import clean

blueprint = Blueprint("counting", __name__)
LISTS = ("/search", "/cases/", "/guides/")


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    rooms = state.app.extensions["caselib"]
    state.app.extensions["caselib-questions"] = Questions(rooms.database, on=rooms.settings.count_questions)


def questions() -> Questions:
    """The counts of this application."""
    found: Questions = current_app.extensions["caselib-questions"]
    return found


def note(answer: Answer) -> None:
    """Count a search by its words alone: filters and further pages say nothing about the words."""
    if not answer.query or set(request.args) - {"q"}:
        return
    near = answer.relaxed or answer.corrected
    questions().note(answer.query, "none" if not answer.total else "relaxed" if near else "found")


@blueprint.after_app_request
def _opened(response: Response) -> Response:
    if (
        request.endpoint in ("reading.case", "reading.guide")
        and request.referrer
        and response.status_code in (200, 304)
    ):
        try:
            came = urlsplit(request.referrer)
        except ValueError:
            return response
        asked = parse_qs(came.query)
        if came.netloc == request.host and came.path in LISTS and asked.keys() == {"q"}:
            questions().note(clean(asked["q"][0]), "opened")
    return response


def start(app: Flask) -> None:
    """Begin to write the counts, in the process that serves."""
    app.extensions["caselib-questions"].start()
