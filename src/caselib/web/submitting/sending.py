"""Sending a case in, withdrawing it, and looking at how its text changed."""

from collections.abc import Sequence
from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from caselib.errors import CaselibError
from caselib.people import Role
from caselib.review import queries
from caselib.review.actions import submissions
from caselib.review.differences import revision_difference
from caselib.review.models import Call, Revision
from caselib.review.states import CallState, SubmissionState, submission_verbs
from caselib.web.access import current_actor, requires
from caselib.web.attempts import attempt
from caselib.web.mailing import letters_about, post
from caselib.web.prechecking import all_findings
from caselib.web.requests import form_version
from caselib.web.rooms import rooms
from caselib.web.submitting import blueprint


@blueprint.get("/submit/<int:submission_id>/send")
@requires(Role.SUBMITTER)
def send_form(submission_id: int) -> str:
    """What is still missing; if nothing is, the button that sends."""
    return _show_send(submission_id)


@blueprint.post("/submit/<int:submission_id>/send")
@requires(Role.SUBMITTER)
def send(submission_id: int) -> ResponseReturnValue:
    """Hand the text in."""
    actor = current_actor()
    with attempt(partial(_show_send, submission_id)) as session:
        submission = queries.get_submission(session, actor, submission_id)
        submissions.send(
            session=session,
            actor=actor,
            submission=submission,
            expected_version=form_version(),
            taxonomy=rooms.store.taxonomy,
        )
        letters = letters_about(session, "send", [submission])
    post(letters)
    flash(f"已报送，编号 {submission.number}。形式审查的结果会显示在这里，也会发邮件告诉您。")
    return redirect(url_for(".form", submission_id=submission_id), code=303)


@blueprint.get("/submit/<int:submission_id>/withdraw")
@requires(Role.SUBMITTER)
def withdraw_form(submission_id: int) -> str:
    """What withdrawing means, and why it is done."""
    return _show_withdraw(submission_id)


@blueprint.post("/submit/<int:submission_id>/withdraw")
@requires(Role.SUBMITTER)
def withdraw(submission_id: int) -> ResponseReturnValue:
    """Take the submission back for good."""
    actor = current_actor()
    with attempt(partial(_show_withdraw, submission_id)) as session:
        submissions.withdraw(
            session=session,
            actor=actor,
            submission=queries.get_submission(session, actor, submission_id),
            expected_version=form_version(),
            reason=request.form.get("reason", ""),
        )
    flash("申报已撤回。")
    return redirect(url_for(".mine"), code=303)


@blueprint.get("/submit/<int:submission_id>/revisions")
@requires(Role.SUBMITTER)
def revisions(submission_id: int) -> str:
    """The revisions, and what differs between two of them."""
    actor = current_actor()
    with rooms.database.reading() as session:
        submission = queries.get_submission(session, actor, submission_id)
        found = queries.list_revisions(session, actor, submission)
    before, after = compared(found)
    return render_template(
        "submitting/revisions.html",
        submission=submission,
        revisions=found,
        before=before,
        after=after,
        difference=revision_difference(before, after) if before and after else None,
    )


def compared(found: Sequence[Revision]) -> tuple[Revision | None, Revision | None]:
    """The two revisions that ``a`` and ``b`` name, the older first; without them the newest and the one before it."""
    by_number = {each.number: each for each in found}
    numbers = sorted(by_number)
    wanted = sorted(request.args.get(name, 0, int) for name in ("a", "b"))
    first, second = wanted if set(wanted) <= set(numbers) else ([0, 0, *numbers])[-2:]
    return by_number.get(first), by_number.get(second)


def _show_send(submission_id: int, error: CaselibError | None = None) -> str:
    actor = current_actor()
    with rooms.database.reading() as session:
        submission = queries.get_submission(session, actor, submission_id)
        call = session.get_one(Call, submission.call_id)
        revision = queries.shown_revision(session, actor, submission)
        front, body = (revision.front, revision.body) if revision else ({}, "")
        findings = all_findings(session, actor, submission, call, front, body)
        attached = len(queries.list_attachments(session, actor, submission))
    return render_template(
        "submitting/send.html",
        submission=submission,
        call=call,
        front=front,
        findings=findings,
        attached=attached,
        error=error,
        sendable="send" in submission_verbs(SubmissionState(submission.state), CallState(call.state)),
    )


def _show_withdraw(submission_id: int, error: CaselibError | None = None) -> str:
    with rooms.database.reading() as session:
        submission = queries.get_submission(session, current_actor(), submission_id)
        call = session.get_one(Call, submission.call_id)
    return render_template(
        "submitting/withdraw.html",
        submission=submission,
        reason=request.form.get("reason", ""),
        error=error,
        withdrawable="withdraw" in submission_verbs(SubmissionState(submission.state), CallState(call.state)),
    )
