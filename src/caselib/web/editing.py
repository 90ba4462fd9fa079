"""The desk of editors and operators: where things stand with the library, and what to do about it."""

from itertools import groupby

from flask import Blueprint, render_template

from caselib.content import Problem
from caselib.people import Role
from caselib.web.access import requires
from caselib.web.health import content_problems
from caselib.web.rooms import rooms

blueprint = Blueprint("editing", __name__, url_prefix="/desk")


@blueprint.get("/")
@requires(Role.EDITOR, Role.OPERATOR)
def desk() -> str:
    """Where the desk's pages are, each with its one number."""
    bad = by_file(content_problems())
    return render_template("desk/desk.html", bad=sum(has_errors(found) for found in bad.values()))


@blueprint.get("/content")
@requires(Role.EDITOR, Role.OPERATOR)
def content() -> str:
    """Which files are bad, line by line, and whether the index follows the files."""
    files = rooms.store.scan()
    found = by_file(content_problems())
    bad = {path: problems for path, problems in found.items() if has_errors(problems)}
    doubtful = {path: problems for path, problems in found.items() if path not in bad}
    return render_template(
        "desk/content.html",
        total=len(files),
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
