"""At the desk: what people search for and do not find, and the form that makes a word a synonym."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from caselib.errors import CaselibError
from caselib.people import Role
from caselib.publishing.synonyms import LONGEST, add_synonym
from caselib.questions import FEWEST, KEPT
from caselib.search import SearchQuery
from caselib.web.access import current_actor, requires
from caselib.web.attempts import attempt
from caselib.web.counting import questions
from caselib.web.editing import blueprint
from caselib.web.filters import search_url
from caselib.web.rooms import rooms

PERIODS = (7, 30, 90, 365)
SHOWN = 200
OUTCOMES = {"": "全部", "none": "没有结果", "relaxed": "只有相近的", "left": "没有点开"}


@blueprint.get("/questions")
@requires(Role.EDITOR)
def asked() -> str:
    """What was asked, the most often first."""
    return _show()


@blueprint.post("/questions")
@requires(Role.EDITOR)
def make_synonym() -> ResponseReturnValue:
    """Add a word to a group of synonyms."""
    word, of = request.form.get("word", ""), request.form.get("of", "")
    with attempt(_show) as session:
        add_synonym(session=session, actor=current_actor(), store=rooms.store, word=word, of=of)
    rooms.search.sync(rooms.store)
    flash(*_effect(word.strip(), of.strip()))
    shown = {name: request.args.get(name) for name in ("days", "outcome")}
    return redirect(search_url(url_for(".asked"), **shown), code=303)


def _effect(word: str, of: str) -> tuple[str, str]:
    """What a visitor who searches for the word finds now, and how good that is."""
    answer = rooms.search.search(SearchQuery(word))
    if answer.total and not answer.corrected:
        return f"已把“{word}”加为“{of}”的同义词，现在搜“{word}”有 {answer.total} 篇。", "success"
    return f"已把“{word}”加为“{of}”的同义词，但是还没有一篇写到“{of}”，搜“{word}”仍然没有结果。", "warning"


def _show(error: CaselibError | None = None) -> str:
    days = next((each for each in PERIODS if request.args.get("days") == str(each)), 30)
    outcome = request.args.get("outcome", "") if request.args.get("outcome") in OUTCOMES else ""
    found = [each for each in questions().asked(days) if not outcome or getattr(each, outcome)]
    return render_template(
        "desk/questions.html", found=found[:SHOWN], days=days, outcome=outcome, periods=PERIODS, outcomes=OUTCOMES,
        fewest=FEWEST, kept=KEPT.days, on=rooms.settings.count_questions, groups=rooms.store.taxonomy.synonyms,
        typed=request.values, longest=LONGEST, error=error,
    )  # fmt: skip
