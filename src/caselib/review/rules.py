"""Who may do what, as pure predicates, and what a call's rules must be; the season of a verb is in ``states``.

Nothing here reads the database. What must not be known to exist is NotFound, never Forbidden.
"""

from caselib.errors import Forbidden, NotFound
from caselib.people import COMMAND_LINE, Actor, Role
from caselib.review.models import Call, Submission
from caselib.review.states import CallState

NO_CALL = "没有这次征集。"
NO_SUBMISSION = "没有这份申报。"


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


def may_submit(actor: Actor) -> bool:
    """Whether the actor may begin a submission."""
    return actor.has(Role.SUBMITTER)


def owns(actor: Actor, submission: Submission) -> bool:
    """Whether the submission is the actor's own."""
    return actor.id is not None and actor.id == submission.owner_id and actor.has(Role.SUBMITTER)


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
