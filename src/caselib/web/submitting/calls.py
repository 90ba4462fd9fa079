"""Calls as the public and submitters see them, and one's own submissions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from caselib import db
from caselib.content.rendering import render
from caselib.people import Actor, Role
from caselib.publishing.results import public_results
from caselib.review import queries, rules
from caselib.review.actions import submissions
from caselib.review.models import Call, Submission
from caselib.review.rulebook import TIE_NAMES
from caselib.review.scoring import NAMES
from caselib.review.states import CallState, SubmissionState, submission_verbs
from caselib.web.access import current_actor, requires
from caselib.web.rooms import rooms
from caselib.web.submitting import blueprint

GROUPS = {"todo": "待我办理", "waiting": "审查和评审中", "done": "已有结果", "unsent": "没有报送"}


@blueprint.get("/calls/")
def calls() -> str:
    """Every call that was opened."""
    with rooms.database.reading() as session:
        found = queries.list_calls(session, current_user.actor)
    return render_template("submitting/calls.html", calls=found)


@blueprint.get("/calls/<int:call_id>")
def call(call_id: int) -> str:
    """A call's notice: what is wanted, until when, how it will be judged, and what was changed since."""
    actor: Actor | None = current_user.actor
    with rooms.database.reading() as session:
        found = queries.get_call(session, actor, call_id)
        changes = queries.amendments(session, actor, found)
    return render_template(
        "submitting/call.html",
        call=found,
        rules=found.rulebook,
        changes=changes,
        intro=render(found.intro, base_url=""),
        methods=NAMES,
        ties=TIE_NAMES,
        may_begin=actor is not None and rules.may_submit(actor) and rules.takes_submissions(found, db.now()),
    )


@blueprint.get("/submit/")
@requires(Role.SUBMITTER)
def mine() -> str:
    """One's own submissions by what is to be done about them, and the calls that take more."""
    actor = current_actor()
    with rooms.database.reading() as session:
        own = queries.list_own(session, actor)
        known = {found.id: found for found in queries.list_calls(session, actor)}
        results = public_results(session, rooms.store, [known[each.call_id] for each in own], db.now())
    return render_template(
        "submitting/mine.html",
        groups=_grouped(own, known, results),
        group_names=GROUPS,
        calls=known,
        results=results,
        open_calls=[found for found in known.values() if rules.takes_submissions(found, db.now())],
    )


@blueprint.get("/submit/calls/<int:call_id>/new")
@requires(Role.SUBMITTER)
def new(call_id: int) -> str:
    """What the call asks for, with the button that begins a draft."""
    with rooms.database.reading() as session:
        found = queries.get_call(session, current_actor(), call_id)
    return render_template(
        "submitting/new.html",
        call=found,
        rules=found.rulebook,
        intro=render(found.intro, base_url=""),
        open=rules.takes_submissions(found, db.now()),
    )


@blueprint.post("/submit/calls/<int:call_id>/new")
@requires(Role.SUBMITTER)
def begin(call_id: int) -> ResponseReturnValue:
    """Begin a draft and go to its form."""
    actor = current_actor()
    with rooms.database.writing() as session:
        found = queries.get_call(session, actor, call_id)
        made = submissions.create_submission(session=session, actor=actor, call=found)
    flash("草稿已建好，可以开始填写。内容会自动保存，报送之前只有您自己看得到。")
    return redirect(url_for(".form", submission_id=made.id), code=303)


def _grouped(
    own: Iterable[Submission], known: dict[int | None, Call], results: Mapping[int, object]
) -> dict[str, list[Submission]]:
    groups: dict[str, list[Submission]] = defaultdict(list)
    for submission in own:
        groups[_group(submission, known[submission.call_id], results)].append(submission)
    return groups


def _group(submission: Submission, found: Call, results: Mapping[int, object]) -> str:
    if "edit" in submission_verbs(SubmissionState(submission.state), CallState(found.state)):
        return "todo"
    if submission.number is None:
        return "unsent"
    waiting = submission.state in (SubmissionState.SENT, SubmissionState.ACCEPTED)
    return "waiting" if waiting and found.id not in results else "done"
