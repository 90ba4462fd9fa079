"""Who may do what, as pure predicates, and what a call's rules must be; the season of a verb is in ``states``.

Nothing here reads the database. What must not be known to exist is NotFound, never Forbidden.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from caselib.errors import CaselibError, Conflict, Forbidden, NotFound
from caselib.people import COMMAND_LINE, Actor, Role
from caselib.review.calendar import is_over
from caselib.review.faults import said
from caselib.review.models import Assignment, Attachment, Call, Submission
from caselib.review.rulebook import RULE_NAMES, Rulebook
from caselib.review.states import AssignmentState, CallState, SubmissionState
from caselib.review.texts import plain_text, plain_values

NO_CALL = "没有这次征集。"
NO_SUBMISSION = "没有这份申报。"
NO_ASSIGNMENT = "没有这项评审。"
TO_OWN_REVIEWS = "请从我的评审进入。"


def is_editor(actor: Actor | None) -> bool:
    """Whether the actor runs calls: an editor, or whoever runs commands on the server."""
    return actor is not None and (actor.has(Role.EDITOR) or actor == COMMAND_LINE)


def require_editor(actor: Actor) -> None:
    """Do nothing if the actor runs calls.

    Raises:
        Forbidden: the actor does not.
    """
    if not is_editor(actor):
        raise Forbidden("只有编辑可以这样做。", "如需这项权限，请联系本站运维人员。")


def may_see_call(actor: Actor | None, call: Call) -> bool:
    """A call in preparation is the editors' own; once opened it is public."""
    return is_editor(actor) or call.state != CallState.DRAFT


def require_call_seen(actor: Actor | None, call: Call) -> None:
    """Do nothing if the actor may know of the call.

    Raises:
        NotFound: the actor may not.
    """
    if not may_see_call(actor, call):
        raise NotFound(NO_CALL, "请从征集列表进入。")


def takes_submissions(call: Call, now: datetime) -> bool:
    """Whether a submission can be begun, or sent for the first time: the call is open and its last day is not over."""
    return call.state == CallState.OPEN and not is_over(call.deadline, now)


def may_submit(actor: Actor) -> bool:
    """Whether the actor may begin a submission."""
    return actor.has(Role.SUBMITTER)


def owns(actor: Actor, submission: Submission) -> bool:
    """Whether the submission is the actor's own."""
    return actor.id is not None and actor.id == submission.owner_id and actor.has(Role.SUBMITTER)


def is_attached(submission: Submission, attachment: Attachment, *, sent: bool) -> bool:
    """Whether the file belongs to the submission as it is now, or as it was ``sent``: its owner may change what came back."""
    at = submission.sent_at
    if sent and at and submission.state in (SubmissionState.RETURNED, SubmissionState.WITHDRAWN):
        return attachment.created_at <= at and (attachment.removed_at is None or attachment.removed_at > at)
    return attachment.removed_at is None


def may_see_submission(actor: Actor, submission: Submission) -> bool:
    """Its owner always; an editor once it has been sent, because a draft is its writer's own.

    What an expert sees of it comes from the expert's assignment.
    """
    return owns(actor, submission) or (is_editor(actor) and submission.number is not None)


def require_submission_seen(actor: Actor, submission: Submission) -> None:
    """Do nothing if the actor may know of the submission.

    Raises:
        NotFound: the actor may not.
    """
    if not may_see_submission(actor, submission):
        raise NotFound(NO_SUBMISSION, "请从申报列表进入。")


def require_owner(actor: Actor, submission: Submission) -> None:
    """Do nothing if the submission is the actor's own.

    Raises:
        NotFound: the actor may not know of it.
        Forbidden: the actor may see it only.
    """
    require_submission_seen(actor, submission)
    if not owns(actor, submission):
        raise Forbidden("只有报送单位自己可以这样做。", "需要修改时，请退回给报送单位。")


def require_unconflicted_editor(actor: Actor, submission: Submission, reasons: Iterable[str]) -> None:
    """Do nothing if the actor runs calls and nothing ties the actor to the submission.

    Who is tied may neither decide on the submission nor see its scores and figures.

    Args:
        reasons: what ties the actor to it (``queries.reasons_against``).

    Raises:
        Forbidden: the actor is no editor, or is tied to it.
    """
    require_editor(actor)
    if own := "、".join(reasons):
        message = f"您与申报 {submission.number} 有利害关系（{own}），应当回避。"
        raise Forbidden(message, "请由其他编辑处理。")


_SCORES_OPEN = (CallState.CLOSED, CallState.NOTICE, CallState.PUBLISHED)


def scores_are_open(call: Call) -> bool:
    """Whether scores and figures may be looked at: once review has ended, so that nobody steers those still to come.

    Review may be resumed; what counted when it ended is then final (``queries.is_final``), but for a conflict of interest.
    """
    return call.state in _SCORES_OPEN


def require_scores_open(actor: Actor, call: Call) -> None:
    """Do nothing if the actor runs calls and review of this one has ended.

    Raises:
        Forbidden: the actor is no editor.
        Conflict: it has not.
    """
    require_editor(actor)
    if not scores_are_open(call):
        raise Conflict("评审还没有结束，不能查看得分。", "结束评审以后再来；现在可以查看进度。")


_BEFORE_INVITATIONS = (CallState.DRAFT, CallState.OPEN, CallState.SCREENING)
_TAKEN_AWAY = (AssignmentState.RECUSED, AssignmentState.RELEASED)


def may_see_assignment(actor: Actor, assignment: Assignment, call: Call) -> bool:
    """Its expert alone, from the start of review and until it is taken away."""
    own = actor.id is not None and actor.id == assignment.expert_id and actor.has(Role.EXPERT)
    return own and call.state not in _BEFORE_INVITATIONS and assignment.state not in _TAKEN_AWAY


def require_assignment_seen(actor: Actor, assignment: Assignment, call: Call) -> None:
    """Do nothing if the assignment is the actor's own to work on.

    Raises:
        NotFound: the actor may not know of it.
    """
    if not may_see_assignment(actor, assignment, call):
        raise NotFound(NO_ASSIGNMENT, TO_OWN_REVIEWS)


def is_counted(assignment: Assignment, digest: str | None) -> bool:
    """Whether the review counts: it is submitted, and judged the text that counts now, whose digest is ``digest``."""
    return assignment.state == AssignmentState.SUBMITTED and assignment.judged == digest


_IN_THE_ROUND = (SubmissionState.SENT, SubmissionState.RETURNED, SubmissionState.ACCEPTED)


def may_see_review(actor: Actor, assignment: Assignment, submission: Submission, call: Call) -> bool:
    """Whoever may see the assignment, while its submission is in the round."""
    return may_see_assignment(actor, assignment, call) and submission.state in _IN_THE_ROUND


def require_review_seen(actor: Actor, assignment: Assignment, submission: Submission, call: Call) -> None:
    """Do nothing if the actor may read the submission for review.

    Raises:
        NotFound: the actor may not know of it.
    """
    if not may_see_review(actor, assignment, submission, call):
        raise NotFound(NO_ASSIGNMENT, TO_OWN_REVIEWS)


def clean_reason(text: str, *, public: bool = False) -> str:
    """The reason as kept.

    Args:
        public: everybody will read it, not only those who may see the history.

    Raises:
        CaselibError: there is none, or it is longer than 2,000 characters.
    """
    reason = plain_text(text).strip()
    if not reason:
        raise CaselibError("没有写原因。", f"请写明原因，它会{'对外公开' if public else '记入历史'}。")
    if len(reason) > 2000:
        raise CaselibError(f"原因有 {len(reason)} 字，超过 2000 字。", "请写得简短一些。")
    return reason


def clean_rules(values: Mapping[str, Any]) -> Rulebook:
    """A call's rules, typed and free of contradictions.

    Raises:
        CaselibError: what does not fit, everything at once.
    """
    try:
        rulebook = Rulebook.model_validate(plain_values(values))
    except ValidationError as error:
        faults = list(_misfits(error.errors()))
    else:
        faults = list(_contradictions(rulebook))
        if not faults:
            return rulebook
    raise CaselibError("；".join(dict.fromkeys(faults)) + "。", "请改正后再保存。")


def _misfits(errors: list[ErrorDetails]) -> Iterator[str]:
    within = {place for place, *inner in (error["loc"] for error in errors) if inner}
    for error in errors:
        place, *inner = error["loc"]
        if not inner and place in within:
            continue  # a list with a bad item also counts as too short
        item = f"第 {inner[0] + 1} 项" if inner and isinstance(inner[0], int) else ""
        wanted = said(error["type"], error.get("ctx", {}), error["input"])
        yield f"{RULE_NAMES.get(str(place), str(place))}{item}没有填对（{wanted}）"


def _contradictions(rules: Rulebook) -> Iterator[str]:
    if rules.shortest > rules.longest:
        yield f"正文最少字数（{rules.shortest}）大于最多字数（{rules.longest}）"
    for name, count in Counter(rules.sections).items():
        if count > 1:
            yield f"必备章节“{name}”写了 {count} 次"
    for key, count in Counter(criterion.key for criterion in rules.rubric).items():
        if count > 1:
            yield f"评分项的键“{key}”用了 {count} 次"
    if not any(criterion.weight for criterion in rules.rubric):
        yield "评分项的权重全是 0"
    for criterion in rules.rubric:
        if any(level.at > criterion.max for level in criterion.levels):
            yield f"评分项“{criterion.name or criterion.key}”有等级超过满分 {criterion.max:g} 分"
    for quota in rules.quotas:
        if quota.fault:
            yield f"名额约束“{quota}”：{quota.fault}"
        elif quota.min is not None and quota.min > rules.size:
            yield f"名额约束“{quota}”无法满足（入选数是 {rules.size}）"


def fixed_by_scores(before: Rulebook, after: Rulebook) -> Iterator[str]:
    """What of the rules can no longer be amended once reviews may exist, and yet differs, in its reader's words."""
    if before.blind != after.blind:
        yield "盲审方式"
    if [(c.key, c.max) for c in before.rubric] != [(c.key, c.max) for c in after.rubric]:
        yield "评分项及其满分"
