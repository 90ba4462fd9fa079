"""Reviewing: an expert's own assignments, the text of each beside its score form, and what the expert does with it.

Views ask the review room and show its answers; what may be seen of a text is what ``blinding`` hands out. Whatever is
typed into the form is shown again when it could not be kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from caselib import db
from caselib.content.rendering import render
from caselib.errors import CaselibError, Conflict, NotFound
from caselib.people import Actor, Role
from caselib.review import blinding, expert_queries, judgements, queries
from caselib.review.actions import assignment as assigning
from caselib.review.actions import attachments, reviews
from caselib.review.calendar import end_of, today
from caselib.review.expert_queries import Opened, Standing, Task
from caselib.review.models import Call
from caselib.review.states import CallState
from caselib.web import score_form
from caselib.web.access import current_actor, requires
from caselib.web.attempts import attempt
from caselib.web.mailing import invite
from caselib.web.requests import form_version
from caselib.web.rooms import rooms

blueprint = Blueprint("reviewing", __name__, url_prefix="/review")

REVIEW = "/<int:assignment_id>"
"""The address of one review."""


@dataclass(frozen=True)
class Line:
    """One line of the list: the task and its title as the expert may see it."""

    task: Task
    title: str
    total: float | None


@dataclass(frozen=True)
class Work:
    """One call's part of the list. ``days`` is how many days are left, today included; None without a deadline."""

    call: Call
    groups: dict[Standing, list[Line]]
    days: int | None

    @property
    def is_open(self) -> bool:
        """Whether reviews can be written."""
        return self.call.state == CallState.REVIEWING

    def count(self, *standings: Standing) -> int:
        """How many lines have one of these standings."""
        return sum(len(lines) for standing, lines in self.groups.items() if standing in standings)


@blueprint.get("/")
@requires(Role.EXPERT)
def mine() -> str:
    """What is to do, call by call."""
    actor = current_actor()
    with rooms.database.reading() as session:
        tasks = expert_queries.list_tasks(session, actor, key=rooms.settings.signing_key)
    works = [_work(list(found)) for _, found in groupby(tasks, key=lambda task: task.call.id)]
    return render_template("reviewing/mine.html", works=works, Standing=Standing)


def _work(tasks: list[Task]) -> Work:
    call = tasks[0].call
    groups: dict[Standing, list[Line]] = {standing: [] for standing in Standing}
    for task in tasks:
        mask = blinding.masker(task.call, task.submission, rooms.store.taxonomy, also=task.sender)
        total = task.judgement.total(call.rulebook.rubric)
        groups[task.standing].append(Line(task, mask.line(task.submission.title), total))
    due = call.review_deadline
    return Work(call, groups, (due - today(db.now())).days + 1 if due else None)


@blueprint.get(REVIEW)
@requires(Role.EXPERT)
def form(assignment_id: int) -> str:
    """The text and the score form."""
    return _show(assignment_id)


@blueprint.post(REVIEW)
@requires(Role.EXPERT)
def keep(assignment_id: int) -> ResponseReturnValue:
    """Save, submit, or save and go on to the next."""
    actor, key = current_actor(), rooms.settings.signing_key
    wanted = request.form.get("do", "save")
    with attempt(partial(_show, assignment_id, request.form)) as session:
        opened = expert_queries.open_review(session, actor, assignment_id)
        _keep(session, actor, opened, submit=wanted == "submit")
        following = expert_queries.next_for(session, actor, opened.call, key=key, after=opened.assignment)
    if wanted == "next":
        flash("已保存，这是下一份。" if following else "已保存，没有别的要评审了。")
        return _to(following)
    flash("已提交。" if wanted == "submit" else "已保存，还没有提交。")
    return _to(assignment_id)


def _keep(session: Session, actor: Actor, opened: Opened, *, submit: bool) -> None:
    judgement = judgements.read(request.form, opened.call.rulebook.rubric)
    row, version = opened.assignment, form_version()
    if not submit:
        reviews.save(session=session, actor=actor, assignment=row, judgement=judgement, expected_version=version)
        return
    reviews.submit(
        session=session,
        actor=actor,
        assignment=row,
        judgement=judgement,
        expected_version=version,
        key=rooms.settings.signing_key,
        seen=request.form.get("text", ""),
    )


@blueprint.get("/calls/<int:call_id>/next")
@requires(Role.EXPERT)
def following(call_id: int) -> ResponseReturnValue:
    """On to the least reviewed of the call's submissions that wait for this expert."""
    with rooms.database.reading() as session:
        tasks = expert_queries.list_tasks(session, current_actor(), key=rooms.settings.signing_key)
        call = next((task.call for task in tasks if task.call.id == call_id), None)
        found = (
            expert_queries.next_for(session, current_actor(), call, key=rooms.settings.signing_key) if call else None
        )
    return _to(found)


@blueprint.post(f"{REVIEW}/reopen")
@requires(Role.EXPERT)
def reopen(assignment_id: int) -> ResponseReturnValue:
    """Work on a submitted review again, or take an abstention back."""
    actor = current_actor()
    with attempt(partial(_show, assignment_id, None)) as session:
        opened = expert_queries.open_review(session, actor, assignment_id)
        reviews.reopen(
            session=session,
            actor=actor,
            assignment=opened.assignment,
            expected_version=form_version(),
        )
    taken_back = opened.standing is Standing.ABSTAINED
    flash("已取消弃权，请评分后提交。" if taken_back else "可以修改了。改好后请重新提交，否则不计入。")
    return _to(assignment_id)


@blueprint.post(f"{REVIEW}/abstain")
@requires(Role.EXPERT)
def abstain(assignment_id: int) -> ResponseReturnValue:
    """Leave this one unjudged, and say why."""
    actor = current_actor()
    with attempt(partial(_show, assignment_id, request.form, at_reason=True)) as session:
        reviews.abstain(
            session=session,
            actor=actor,
            assignment=expert_queries.open_review(session, actor, assignment_id).assignment,
            expected_version=form_version(),
            reason=request.form.get("reason", ""),
        )
    flash("已弃权。评审结束前可以取消。")
    return _to(None)


@blueprint.post(f"{REVIEW}/recuse")
@requires(Role.EXPERT)
def recuse(assignment_id: int) -> ResponseReturnValue:
    """Give the assignment back for good, because of a tie."""
    actor = current_actor()
    with attempt(partial(_show, assignment_id, request.form, at_reason=True)) as session:
        opened = expert_queries.open_review(session, actor, assignment_id)
        given = assigning.recuse(
            session=session,
            actor=actor,
            assignment=opened.assignment,
            reason=request.form.get("reason", ""),
        )
    invite(given.invitations)
    flash("已回避，这一份不再由您评审。")
    return _to(None)


@blueprint.get(f"{REVIEW}/attachments/<int:attachment_id>")
@requires(Role.EXPERT)
def attachment(assignment_id: int, attachment_id: int) -> Response:
    """A file of the submission, where the call lets experts see it; always saved, never opened in the page."""
    with rooms.database.reading() as session:
        opened = expert_queries.open_review(session, current_actor(), assignment_id)
        found = {each.id: each for each in expert_queries.attachments(session, opened)}.get(attachment_id)
    path = attachments.stored_at(rooms.settings.data / "uploads", found) if found else None
    if found is None or path is None or not path.is_file():
        raise NotFound("没有这个附件。", "请从我的评审进入。")
    answer = send_file(
        path,
        mimetype=found.media_type,
        as_attachment=True,
        download_name=found.name,
        etag=False,
        last_modified=found.created_at,  # the file's own time is that of whoever had the very same one first
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _to(assignment_id: int | None) -> ResponseReturnValue:
    """On to a review, or to the list."""
    address = url_for(".form", assignment_id=assignment_id) if assignment_id else url_for(".mine")
    return redirect(address, code=303)


def _show(
    assignment_id: int,
    typed: Mapping[str, str] | None = None,
    error: CaselibError | None = None,
    *,
    at_reason: bool = False,
) -> str:
    actor, key = current_actor(), rooms.settings.signing_key
    with rooms.database.reading() as session:
        opened = expert_queries.open_review(session, actor, assignment_id)
        files = expert_queries.attachments(session, opened)
        others = expert_queries.others_totals(session, opened)
        final = opened.standing is Standing.SUBMITTED and queries.is_final(session, opened.assignment)
    view = blinding.view(opened.call, opened.submission, opened.revision, rooms.store.taxonomy, also=opened.sender)
    comment = opened.judgement.comment if typed is None else typed.get("comment", "")
    met = isinstance(error, Conflict) and form_version() != opened.assignment.version
    return render_template(
        "reviewing/form.html",
        opened=opened,
        view=view,
        text=render(view.body, base_url=f"/review/{assignment_id}/"),
        text_mark=blinding.text_mark(key, actor, opened.revision),
        attachments=files,
        others=others,
        fields=[
            score_form.field(criterion, opened.judgement, typed, error) for criterion in opened.call.rulebook.rubric
        ],
        comment=comment,
        met=met,
        kept_comment=opened.judgement.comment if met and opened.judgement.comment != comment else "",
        wrong_comment=error.comments.get("", "") if isinstance(error, judgements.Misfit) else "",
        total=opened.judgement.total(opened.call.rulebook.rubric),
        is_open=opened.call.state == CallState.REVIEWING,
        is_final=final,
        may_write=opened.standing in (Standing.UNREAD, Standing.STARTED),
        is_late=bool(opened.call.review_deadline and db.now() >= end_of(opened.call.review_deadline)),
        typed=typed,
        error=error,
        at_reason=at_reason,
    )
