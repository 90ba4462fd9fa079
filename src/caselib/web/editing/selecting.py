"""Picking at the desk: the pick tried out with all that explains it, recorded, and its decision file."""

import json
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from caselib.errors import CaselibError, Forbidden, NotFound
from caselib.people import Actor, Role
from caselib.publishing import drafting, queries, trials
from caselib.publishing.actions.selections import record_selection
from caselib.publishing.models import Selection
from caselib.publishing.trials import Trial
from caselib.review.models import Call
from caselib.review.queries import get_call
from caselib.review.scoring import METHODS, NAMES
from caselib.review.states import CallState, season
from caselib.web.access import current_actor, requires
from caselib.web.attempts import attempt
from caselib.web.editing import blueprint
from caselib.web.filters import called
from caselib.web.requests import form_version
from caselib.web.rooms import rooms

_OVER = (CallState.NOTICE, CallState.PUBLISHED)
_SIDES = ("include", "exclude")


@blueprint.get("/calls/<int:call_id>/selection")
@requires(Role.EDITOR)
def selection(call_id: int) -> str:
    """What would be picked, or what was."""
    return _show(call_id)


@blueprint.post("/calls/<int:call_id>/selection")
@requires(Role.EDITOR)
def record(call_id: int) -> ResponseReturnValue:
    """Record the pick by the call's rules."""
    actor = current_actor()
    include, exclude = (choices(request.form.get(name, "")) for name in _SIDES)
    with attempt(partial(_show, call_id)) as session:
        kept = record_selection(
            session=session,
            actor=actor,
            call=get_call(session, actor, call_id),
            expected_version=form_version(),
            key=rooms.settings.signing_key,
            include=include,
            exclude=exclude,
        )
        if include or exclude:
            _require_free_hand(trials.ties_among(session, actor, kept.submissions))
    flash(f"遴选结果已记录，入选 {len(kept.decision['selected'])} 篇。核对后可以公示。")
    return redirect(url_for(".selection", call_id=call_id), code=303)


@blueprint.get("/calls/<int:call_id>/decision.json")
@requires(Role.EDITOR)
def decision_file(call_id: int) -> Response:
    """The decision file of the newest recorded pick, for ``caselib replay`` on any machine."""
    actor = current_actor()
    with rooms.database.reading() as session:
        call = get_call(session, actor, call_id)
        kept = queries.newest_selection(session, call)
        if kept is None:
            raise NotFound("还没有记录遴选结果。", "请先在遴选页试算并记录。")
        if ties := trials.ties_among(session, actor, kept.submissions):
            raise Forbidden(f"决定文件里有您应当回避的申报（{_some(ties)}）的评分。", "请由其他编辑下载。")
    response = Response(json.dumps(kept.decision, ensure_ascii=False, indent=1) + "\n", mimetype="application/json")
    response.headers.set("Content-Disposition", "attachment", filename=f"decision-{call.year}-{call.batch}.json")
    return response


def choices(text: str) -> dict[str, str]:
    """``编号 原因``, one a line, as numbers with their reasons."""
    lines = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return {unicodedata.normalize("NFKC", number): "".join(reason) for number, *reason in lines}


def _show(call_id: int, error: CaselibError | None = None) -> str:
    actor = current_actor()
    trial = None
    with rooms.database.reading() as session:
        call = get_call(session, actor, call_id)
        kept = queries.list_selections(session, actor, call)
        carried = _carried(session, call, kept)
        if CallState(call.state) in (CallState.CLOSED, *_OVER):
            try:
                trial = _trial(session, actor, call, carried)
            except CaselibError as found:
                error = error or found
        ties = _ties(session, actor, trial, kept)
        stale = bool(kept) and call.state == CallState.CLOSED and queries.changed_since(session, call, kept[0])
    return render_template(
        "desk/selection.html",
        call=call,
        rules=call.rulebook,
        trial=trial,
        ties=ties,
        places={each.number: each for each in trial.places} if trial else {},
        kept=kept,
        stale=stale,
        over=call.state in _OVER,
        closed=CallState(call.state) in season("select"),
        methods=NAMES,
        asked={**request.values.to_dict(), **carried},
        carried=any(carried.values()),
        dropped=_dropped(),
        error=error,
    )


def _carried(session: Session, call: Call, kept: Sequence[Selection]) -> dict[str, str]:
    """The choices of the newest record as one types them; none where others were typed, or it is not the time to."""
    if not kept or CallState(call.state) not in season("select") or any(side in request.values for side in _SIDES):
        return {}
    found = drafting.chosen_by_hand(session, call, kept[0])
    return {side: "\n".join(map(_line, found[side].items())) for side in _SIDES}


def _ties(session: Session, actor: Actor, trial: Trial | None, kept: Sequence[Selection]) -> list[str]:
    """What the actor must leave alone: of the trial, or of the newest record where a trial failed or is not in season."""
    if trial:
        return trial.ties
    return list(trials.ties_among(session, actor, kept[0].submissions)) if kept else []


def _line(choice: tuple[str, str]) -> str:
    number, reason = choice
    return f"{number} {' '.join(reason.split())}"


def _trial(session: Session, actor: Actor, call: Call, carried: Mapping[str, str]) -> Trial | None:
    if call.state in _OVER:
        kept = queries.newest_selection(session, call)
        return trials.look_again(session, actor, kept, called) if kept else None
    include, exclude = (choices((carried or request.values).get(name, "")) for name in _SIDES)
    method = request.values.get("method", "")
    trial = trials.try_out(
        session,
        actor,
        call,
        key=rooms.settings.signing_key,
        method=method if method in METHODS else None,
        dropped=_dropped(),
        include=include,
        exclude=exclude,
        called=called,
    )
    if (not carried and (include or exclude)) or not trial.by_the_rules:
        _require_free_hand(trial.ties)
    return trial


def _require_free_hand(ties: Collection[str]) -> None:
    """Do nothing if nothing ties the actor to a submission of the round.

    Picks made otherwise, one after another, would tell the figure of a submission by when it comes in and when it falls out.

    Raises:
        Forbidden: something does.
    """
    if ties:
        raise Forbidden(
            f"您应当回避其中的 {_some(ties)}，不能试算别的方法、约束和名单。",
            "按规则遴选的结果仍可查看和记录；要试算，请由其他编辑办理。",
        )


def _some(numbers: Collection[str]) -> str:
    return "、".join(sorted(numbers)[:5]) + (" 等" if len(numbers) > 5 else "")


def _dropped() -> set[int]:
    """Places of the quotas that the trial does without."""
    return set(request.args.getlist("without", int))
