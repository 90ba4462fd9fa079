"""The desk's first page: what is to be done now; and where things stand with the library: which files are bad."""

import threading
from itertools import groupby

from flask import current_app, render_template
from flask.blueprints import BlueprintSetupState

from caselib.content import ContentStore, Fault
from caselib.content.check import Checker
from caselib.content.report import bad_files
from caselib.people import Actor, Role
from caselib.publishing.next_steps import next_steps
from caselib.review.models import Call
from caselib.review.next_steps import Step
from caselib.review.queries import list_calls
from caselib.review.states import CallState
from caselib.web.access import current_actor, requires
from caselib.web.editing import blueprint
from caselib.web.rooms import rooms

_SHOWN = 5
"""Calls that the first page goes into: each costs some reads, and more than two or three hardly ever run."""


class CheckedContent:
    """The check of the content tree for several threads: the first look costs about 1 ms a file, the next what changed."""

    def __init__(self, store: ContentStore) -> None:
        self._checker = Checker(store)
        self._lock = threading.Lock()

    def faults(self) -> list[Fault]:
        """Every fault of every file now on disk."""
        with self._lock:
            return self._checker.faults()


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    extensions = state.app.extensions
    extensions["caselib-checked"] = CheckedContent(extensions["caselib"].store)


@blueprint.get("/")
@requires(Role.EDITOR, Role.OPERATOR)
def desk() -> str:
    """What is to be done now in the calls that run, and where the desk's other pages are."""
    bad = bad_files([*rooms.store.taxonomy.faults, *rooms.search.refused])
    running, more = _running(current_actor()) if current_actor().has(Role.EDITOR) else ([], 0)
    return render_template("desk/desk.html", bad=len(bad), running=running, more=more)


@blueprint.get("/content")
@requires(Role.EDITOR, Role.OPERATOR)
def content() -> str:
    """Which files are bad, line by line, and whether the index follows the files."""
    checked: CheckedContent = current_app.extensions["caselib-checked"]
    faults = checked.faults()
    found, bad = by_file(faults), bad_files(faults)
    return render_template(
        "desk/content.html",
        total=len(rooms.store.scan()),
        bad={path: told for path, told in found.items() if path in bad},
        doubtful={path: told for path, told in found.items() if path not in bad},
        index_ready=rooms.search.ready,
        trouble=rooms.search.trouble,
        generation=rooms.search.generation,
    )


def _running(editor: Actor) -> tuple[list[tuple[Call, list[Step]]], int]:
    """The newest calls that are not published yet, each with its next steps, and how many more of them there are."""
    with rooms.database.reading() as session:
        found = [call for call in list_calls(session, editor) if call.state != CallState.PUBLISHED]
        first = [(call, next_steps(session=session, actor=editor, call=call)) for call in found[:_SHOWN]]
    return first, len(found) - len(first)


def by_file(faults: list[Fault]) -> dict[str, list[Fault]]:
    """Faults under the file they are in, in the order given (by path)."""
    return {path: list(found) for path, found in groupby(faults, key=lambda fault: fault.path)}
