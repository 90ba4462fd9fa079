"""Recording a pick: the decision file whole, so that anyone can make it again."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, col, select

from caselib.db import key_of
from caselib.errors import Conflict
from caselib.people import Actor
from caselib.publishing.drafting import decided, draft
from caselib.publishing.models import Selection
from caselib.review.allocation import require_untied
from caselib.review.events import note, take
from caselib.review.models import Call, Submission
from caselib.review.queries import reasons_against
from caselib.review.rules import require_editor, require_unconflicted_editor
from caselib.review.states import CallState, require_season


def record_selection(
    *,
    session: Session,
    actor: Actor,
    call: Call,
    expected_version: int,
    key: str,
    include: Mapping[str, str] | None = None,
    exclude: Mapping[str, str] | None = None,
) -> Selection:
    """Pick by the call's rules and keep the decision.

    Method, quotas, size and tie rule are those of the call's frozen rules: another choice is an amendment of the rules,
    which everybody sees, and never a choice of the moment.

    Args:
        key: secret of the site, which orders the experts' pseudonyms.
        include: numbers of submissions that must be in, with the reason.
        exclude: likewise for those that must stay out.

    Raises:
        Forbidden: the actor is no editor, or is tied to a submission that is chosen by hand.
        Conflict: the call was changed meanwhile, its round is not closed, its rules are not those that were frozen, a
            review is by an expert who is tied to its submission, or a choice goes against a panel discussion or an
            upheld objection.
        Infeasible: the quotas collide.
        CaselibError: a choice has no reason, or there is nothing to pick from.
    """
    require_editor(actor)
    take(session, actor, call, expected_version)
    require_season("select", CallState(call.state))
    if call.rules_digest != call.rulebook.fingerprint():
        raise Conflict("征集规则与评审开始时固定下来的不一致。", "请联系运维人员执行 caselib audit verify 查明原因。")
    require_untied(session, call)
    drafted = draft(session, call, key=key, include=include, exclude=exclude)
    _require_unconflicted(session, actor, drafted.submissions, {**(include or {}), **(exclude or {})})
    content, _ = decided(drafted.content)
    call.version += 1
    session.add(call)
    return keep(session, actor, "record", call, content, drafted.submissions)


def keep(
    session: Session, actor: Actor, action: str, call: Call, content: dict[str, Any], submissions: dict[str, int]
) -> Selection:
    """Write a decided file as a selection of the call, with its event."""
    selection = Selection(
        call_id=key_of(call), decision=content, sha256=content["sha256"], submissions=submissions, recorded_by=actor.id
    )
    session.add(selection)
    told = {name: content[name] for name in ("method", "include", "exclude", "selected", "sha256")}
    note(session, actor, action, selection, after=told)
    return selection


def _require_unconflicted(session: Session, actor: Actor, ids: Mapping[str, int], chosen: Mapping[str, str]) -> None:
    wanted = [ids[number] for number in chosen]
    submissions = session.exec(select(Submission).where(col(Submission.id).in_(wanted))).all() if wanted else []
    against = reasons_against(session, actor, submissions)
    for submission in submissions:
        require_unconflicted_editor(actor, submission, against.get(key_of(submission), ()))
