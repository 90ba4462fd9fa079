"""Screening at the desk: a call's submissions in a list, one of them whole, and what an editor decides about them.

Of several at once an editor first sees exactly which will be touched; then all of them are, or none.
"""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from caselib.content.rendering import render
from caselib.db import key_of
from caselib.errors import CaselibError
from caselib.mail import Letter
from caselib.people import Role
from caselib.publishing.queries import decided_objections
from caselib.review import queries
from caselib.review.actions import screening
from caselib.review.actions.reviews import stale_letters
from caselib.review.actions.screening import Verb
from caselib.review.differences import revision_difference
from caselib.review.filtering import Filter
from caselib.review.models import Call, Submission
from caselib.review.prechecks import Finding
from caselib.review.states import VERBS, CallState, SubmissionState, submission_verbs
from caselib.web.access import current_actor, requires
from caselib.web.attempts import attempt, or_again
from caselib.web.editing import blueprint
from caselib.web.editing.assigning import region_names
from caselib.web.mailing import letters_about, post
from caselib.web.prechecking import all_findings
from caselib.web.requests import form_version, row_number
from caselib.web.rooms import rooms

DECISIONS: tuple[Verb, ...] = ("accept", "return", "refuse", "reinstate")
PER_PAGE = 200


@blueprint.get("/calls/<int:call_id>/submissions")
@requires(Role.EDITOR)
def submissions(call_id: int) -> str:
    """What was sent for the call, filtered."""
    return _show_list(call_id)


@blueprint.post("/calls/<int:call_id>/submissions")
@requires(Role.EDITOR)
def preview_decision(call_id: int) -> ResponseReturnValue:
    """Which of those ticked would be touched, and which not; changes nothing."""
    verb, ids = _verb(), request.form.getlist("id", row_number)
    with or_again(partial(_show_list, call_id)):
        if not ids:
            raise CaselibError("没有选中申报。", "请先在列表中勾选。")
    return _show_preview(call_id, verb, ids)


@blueprint.post("/calls/<int:call_id>/submissions/decide")
@requires(Role.EDITOR)
def decide_many(call_id: int) -> ResponseReturnValue:
    """Touch what the preview listed, all of it or nothing."""
    actor, verb, chosen = current_actor(), _verb(), _chosen()
    with attempt(partial(_show_preview, call_id, verb, chosen)) as session:
        screening.require_of(session, queries.get_call(session, actor, call_id), chosen)
        count = screening.apply(
            session=session, actor=actor, verb=verb, chosen=chosen, reason=request.form.get("reason", "")
        )
        letters = _letters(session, verb, chosen)
    post(letters)
    flash(f"已对 {count} 份申报“{VERBS[verb]}”。")
    return redirect(url_for(".submissions", call_id=call_id), code=303)


@blueprint.get("/submissions/<int:submission_id>")
@requires(Role.EDITOR)
def submission(submission_id: int) -> str:
    """One submission whole: text, attachments, what it lacks, how it changed, and the buttons."""
    return _show(submission_id)


@blueprint.post("/submissions/<int:submission_id>")
@requires(Role.EDITOR)
def decide(submission_id: int) -> ResponseReturnValue:
    """Accept, return or refuse it, or take it up again."""
    actor = current_actor()
    with attempt(partial(_show, submission_id)) as session:
        verb = _verb()
        screening.decide(
            session=session,
            actor=actor,
            submission=queries.get_submission(session, actor, submission_id),
            expected_version=form_version(),
            verb=verb,
            reason=request.form.get("reason", ""),
        )
        letters = _letters(session, verb, [submission_id])
    post(letters)
    flash(f"已{VERBS[verb]}，并已通知报送单位。")
    return redirect(url_for(".submission", submission_id=submission_id), code=303)


def _show_list(call_id: int, error: CaselibError | None = None) -> str:
    actor, known = current_actor(), rooms.store.taxonomy
    wanted = Filter(*(request.args.get(name, "").strip() for name in Filter._fields))
    with rooms.database.reading() as session:
        call = queries.get_call(session, actor, call_id)
        everything = queries.list_submissions(session, actor, call)
    found = wanted.of(everything)
    page = max(1, min(request.args.get("page", 1, int), -(-len(found) // PER_PAGE) or 1))
    return render_template(
        "desk/submissions.html",
        call=call,
        found=found[(page - 1) * PER_PAGE : page * PER_PAGE],
        count=len(found),
        total=len(everything),
        page=page,
        more=len(found) > page * PER_PAGE,
        wanted=wanted,
        provinces=known.regions.children(None),
        letters=known.industries.children(None),
        decisions=[(verb, VERBS[verb]) for verb in DECISIONS],
        error=error,
    )


def _show_preview(call_id: int, verb: Verb, ids: Collection[int], error: CaselibError | None = None) -> str:
    actor = current_actor()
    with rooms.database.reading() as session:
        call = queries.get_call(session, actor, call_id)
        screening.require_of(session, call, ids)
        found = screening.preview(session=session, actor=actor, verb=verb, ids=ids)
    return render_template(
        "desk/decision.html",
        call=call,
        found=found,
        word=VERBS[found.verb],
        needs_reason=found.verb in ("return", "refuse"),
        reason=request.form.get("reason", ""),
        error=error,
    )


def _show(submission_id: int, error: CaselibError | None = None) -> str:
    actor = current_actor()
    with rooms.database.reading() as session:
        found = queries.get_submission(session, actor, submission_id)
        call = session.get_one(Call, found.call_id)
        sent = queries.list_revisions(session, actor, found)
        front, body = (sent[0].front, sent[0].body) if sent else ({}, "")
        findings = all_findings(session, actor, found, call, front, body)
        others = queries.list_submissions(session, actor, call)
        values: dict[str, Any] = {
            "attachments": queries.list_attachments(session, actor, found),
            "history": sorted(
                [*queries.history(session, actor, found), *decided_objections(session, actor, found)],
                key=lambda entry: entry.at,
            ),
            "conflicts": _conflicts(session, found),
            "following": _following(others, found),
            "alike": _alike(findings, others),
        }
    verbs = submission_verbs(SubmissionState(found.state), CallState(call.state))
    return render_template(
        "desk/submission.html",
        submission=found,
        call=call,
        front=front,
        text=render(body, base_url="", title=str(front.get("title") or "")),
        findings=_by_weight(findings),
        difference=revision_difference(sent[1], sent[0]) if len(sent) > 1 else None,
        decisions=[(verb, VERBS[verb]) for verb in DECISIONS if verb in verbs],
        reason=request.form.get("reason", ""),
        error=error,
        **values,
    )


def _conflicts(session: Session, found: Submission) -> list[str]:
    """Why this editor must leave the decision to another."""
    return queries.reasons_against(session, current_actor(), [found], region_names()).get(key_of(found), [])


def _following(others: Sequence[Submission], found: Submission) -> Submission | None:
    """The next submission that waits to be screened, round about."""
    waiting = [each for each in others if each.state == SubmissionState.SENT and each.id != found.id]
    place = [each.id for each in others].index(found.id)
    after = {each.id for each in others[place:]}
    return next((each for each in waiting if each.id in after), waiting[0] if waiting else None)


def _alike(findings: list[Finding], others: Sequence[Submission]) -> list[tuple[str, str]]:
    """Links to the texts that the findings say this one is much like."""
    numbered = {each.number: f"/desk/submissions/{each.id}" for each in others}
    found = [finding.alike for finding in findings if finding.alike]
    return [(other.name, other.address or numbered.get(other.name, "")) for other in found]


def _by_weight(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.level != "error")


def _letters(session: Session, verb: Verb, ids: Collection[int]) -> list[Letter]:
    """To the owners and, when an amended text is accepted, to the experts who judged the former one."""
    found = [session.get_one(Submission, each) for each in ids]
    letters = letters_about(session, verb, found)
    if verb == "accept":
        site, base_url = rooms.settings.site.name, rooms.settings.base_url
        letters += stale_letters(session, found, site=site, base_url=base_url)
    return letters


def _verb() -> Verb:
    """What the pressed button asks for.

    Raises:
        CaselibError: it is none of the decisions.
    """
    verb = request.form.get("verb", "")
    if verb not in DECISIONS:
        raise CaselibError("没有说明要怎样处理。", "请返回上一页，按受理、退回或不予受理的按钮。")
    return verb


def _chosen() -> dict[int, int]:
    """Submissions and the versions in which the preview showed them, from fields such as ``12:3``."""
    return dict(request.form.getlist("item", _item))


def _item(text: str) -> tuple[int, int]:
    one, _, version = text.partition(":")
    return row_number(one), row_number(version)
