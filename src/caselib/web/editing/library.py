"""The desk's first page, and where things stand with the library: which files are bad, and what to do about it."""

import threading
from itertools import groupby

from flask import current_app, render_template
from flask.blueprints import BlueprintSetupState

from caselib.content import ContentStore, Problem
from caselib.content.check import Checker
from caselib.people import Role
from caselib.web.access import requires
from caselib.web.editing import blueprint
from caselib.web.rooms import rooms


class CheckedContent:
    """The check of the content tree for several threads: the first look costs about 1 ms a file, the next what changed."""

    def __init__(self, store: ContentStore) -> None:
        self._checker = Checker(store)
        self._lock = threading.Lock()

    def problems(self) -> list[Problem]:
        """Every problem of every file now on disk."""
        with self._lock:
            return self._checker.problems()


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    extensions = state.app.extensions
    extensions["caselib-checked"] = CheckedContent(extensions["caselib"].store)


@blueprint.get("/")
@requires(Role.EDITOR, Role.OPERATOR)
def desk() -> str:
    """Where the desk's pages are, each with its one number."""
    bad = by_file([*rooms.store.taxonomy.faults, *rooms.search.refused])
    return render_template("desk/desk.html", bad=sum(has_errors(found) for found in bad.values()))


@blueprint.get("/content")
@requires(Role.EDITOR, Role.OPERATOR)
def content() -> str:
    """Which files are bad, line by line, and whether the index follows the files."""
    checked: CheckedContent = current_app.extensions["caselib-checked"]
    found = by_file(checked.problems())
    bad = {path: problems for path, problems in found.items() if has_errors(problems)}
    doubtful = {path: problems for path, problems in found.items() if path not in bad}
    return render_template(
        "desk/content.html",
        total=len(rooms.store.scan()),
        bad=bad,
        doubtful=doubtful,
        index_ready=rooms.search.ready,
        trouble=rooms.search.trouble,
        generation=rooms.search.generation,
    )


def by_file(problems: list[Problem]) -> dict[str, list[Problem]]:
    """Problems under the file they are in, in the order given (by path)."""
    return {path: list(found) for path, found in groupby(problems, key=lambda problem: problem.path)}


def has_errors(problems: list[Problem]) -> bool:
    """Whether a file with these problems is left out of the library."""
    return any(problem.level == "error" for problem in problems)
