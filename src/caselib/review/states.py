"""What may happen in which state: the state machines of a call, a submission and an assignment, as tables.

A table names, for every verb, the states it may start from and the one it leads to. Nothing else in the package
decides whether an action is in season.
"""

from collections.abc import Mapping
from typing import TypeVar

from caselib.errors import Conflict
from caselib.labels import Labelled

S = TypeVar("S", bound=Labelled)
"""The states of one machine."""


class CallState(Labelled):
    """Where a call stands."""

    DRAFT = "draft", "筹备中"
    OPEN = "open", "征集中"
    SCREENING = "screening", "形式审查"
    REVIEWING = "reviewing", "评审中"
    CLOSED = "closed", "评审结束"
    NOTICE = "notice", "公示中"
    PUBLISHED = "published", "已发布"


class SubmissionState(Labelled):
    """Where a submission stands."""

    DRAFT = "draft", "草稿"
    SENT = "sent", "已报送"
    RETURNED = "returned", "已退回"
    ACCEPTED = "accepted", "已受理"
    REFUSED = "refused", "不予受理"
    WITHDRAWN = "withdrawn", "已撤回"


class AssignmentState(Labelled):
    """Where one expert's review of one submission stands; whether it is stale is a matter of its text."""

    ASSIGNED = "assigned", "未读"
    STARTED = "started", "评审中"
    SUBMITTED = "submitted", "已提交"
    ABSTAINED = "abstained", "弃权"
    RECUSED = "recused", "已回避"
    RELEASED = "released", "已撤销"


# One table for each machine: members of two string enumerations that have the same value are the same key.
Table = Mapping[str, Mapping[S, S]]
"""Verb → state it may start from → state it leads to."""

_BEFORE_REVIEW = (CallState.DRAFT, CallState.OPEN, CallState.SCREENING)
_FROZEN = (CallState.REVIEWING, CallState.CLOSED)

CALL: Table[CallState] = {
    "change": {state: state for state in _BEFORE_REVIEW},
    "extend": {state: state for state in (CallState.OPEN, CallState.SCREENING, CallState.REVIEWING)},
    "amend": {state: state for state in _FROZEN},
    "open": {CallState.DRAFT: CallState.OPEN},
    "close": {CallState.OPEN: CallState.SCREENING},
    "reopen": {CallState.SCREENING: CallState.OPEN},
    "start_review": {CallState.SCREENING: CallState.REVIEWING},
    "end_review": {CallState.REVIEWING: CallState.CLOSED},
    "resume_review": {CallState.CLOSED: CallState.REVIEWING},
    "announce": {CallState.CLOSED: CallState.NOTICE},
    "retract": {CallState.NOTICE: CallState.CLOSED},
    "publish": {CallState.NOTICE: CallState.PUBLISHED},
}

_OPEN_SUBMISSION = (SubmissionState.DRAFT, SubmissionState.RETURNED)

SUBMISSION: Table[SubmissionState] = {
    "edit": {state: state for state in _OPEN_SUBMISSION},
    "send": dict.fromkeys(_OPEN_SUBMISSION, SubmissionState.SENT),
    "accept": {SubmissionState.SENT: SubmissionState.ACCEPTED},
    "return": {SubmissionState.SENT: SubmissionState.RETURNED, SubmissionState.ACCEPTED: SubmissionState.RETURNED},
    "refuse": {SubmissionState.SENT: SubmissionState.REFUSED},
    "reinstate": {SubmissionState.REFUSED: SubmissionState.SENT},
    "withdraw": dict.fromkeys(
        (*_OPEN_SUBMISSION, SubmissionState.SENT, SubmissionState.ACCEPTED), SubmissionState.WITHDRAWN
    ),
}

_UNFINISHED = (AssignmentState.ASSIGNED, AssignmentState.STARTED)

ASSIGNMENT: Table[AssignmentState] = {
    "assign": {AssignmentState.RELEASED: AssignmentState.ASSIGNED},
    "save": dict.fromkeys(_UNFINISHED, AssignmentState.STARTED),
    "submit": dict.fromkeys(_UNFINISHED, AssignmentState.SUBMITTED),
    "reopen": dict.fromkeys((AssignmentState.SUBMITTED, AssignmentState.ABSTAINED), AssignmentState.STARTED),
    "abstain": dict.fromkeys(_UNFINISHED, AssignmentState.ABSTAINED),
    "recuse": dict.fromkeys(
        (*_UNFINISHED, AssignmentState.SUBMITTED, AssignmentState.ABSTAINED), AssignmentState.RECUSED
    ),
    "release": dict.fromkeys((*_UNFINISHED, AssignmentState.SUBMITTED), AssignmentState.RELEASED),
}


_RUNNING = frozenset({CallState.OPEN, CallState.SCREENING, CallState.REVIEWING})
_SEASONS: dict[str, frozenset[CallState]] = {
    "create": frozenset({CallState.OPEN}),
    "withdraw": _RUNNING | {CallState.CLOSED},
    **dict.fromkeys(("edit", "send", "accept", "return", "refuse", "reinstate"), _RUNNING),
    **dict.fromkeys(("assign", "release"), frozenset({CallState.SCREENING, CallState.REVIEWING})),
    **dict.fromkeys(("save", "submit", "abstain", "reopen", "recuse"), frozenset({CallState.REVIEWING})),
    "declare": _RUNNING | {CallState.CLOSED},
    **dict.fromkeys(("discuss", "select"), frozenset({CallState.CLOSED})),
    "adjust": frozenset({CallState.NOTICE}),
}
"""Verb of submissions, their reviews or the pick → states of its call in which it is in season (a deadline may end it earlier)."""


VERBS: dict[str, str] = {
    "change": "修改说明和规则",
    "extend": "延长期限",
    "amend": "修订规则",
    "create": "新建申报",
    "open": "开始征集",
    "close": "截止征集",
    "reopen": "重新打开",
    "start_review": "开始评审",
    "end_review": "结束评审",
    "resume_review": "恢复评审",
    "announce": "公示",
    "retract": "撤回公示",
    "publish": "发布",
    "edit": "修改",
    "send": "报送",
    "accept": "受理",
    "return": "退回修改",
    "refuse": "不予受理",
    "reinstate": "恢复审查",
    "withdraw": "撤回",
    "save": "保存",
    "submit": "提交",
    "abstain": "弃权",
    "recuse": "回避",
    "release": "撤销分派",
    "assign": "分派",
    "declare": "登记利害关系",
    "discuss": "记录合议",
    "select": "遴选",
    "adjust": "调整公示",
}
"""What an editor calls each verb."""
CALL_VERBS = VERBS | {"reopen": "重新征集"}
"""The same for a call: a review is only opened again, a call takes submissions again."""

ACTIONS: dict[str, str] = {
    "call.create": "新建征集",
    **{f"call.{verb}": CALL_VERBS[verb] for verb in CALL},
    "call.remind": "提醒评审专家",
    "submission.create": VERBS["create"],
    "submission.save": VERBS["save"],
    "submission.attach": "上传附件",
    "submission.detach": "移除附件",
    **{f"submission.{verb}": VERBS[verb] for verb in SUBMISSION if verb != "edit"},  # it is saved, attached or detached
    **{f"assignment.{verb}": VERBS[verb] for verb in ASSIGNMENT},
    "tie.declare": VERBS["declare"],
    "discussion.record": VERBS["discuss"],
}
"""What the history of this room calls each action that is in it."""


def move(table: Table[S], verb: str, state: S, words: Mapping[str, str] = VERBS) -> S:
    """The state that ``verb`` leads to from ``state``; ``words`` are what its reader calls the verbs.

    Raises:
        Conflict: the verb is out of season there.
    """
    allowed = table[verb]
    if state not in allowed:
        seasons = "、".join(other.label for other in allowed)
        raise Conflict(f"现在是“{state.label}”，不能“{words[verb]}”。", f"只有在“{seasons}”时才可以；请刷新页面再看。")
    return allowed[state]


def season(verb: str) -> frozenset[CallState]:
    """The states of a call in which ``verb`` may be done to submissions, reviews or the pick."""
    return _SEASONS[verb]


def require_season(verb: str, state: CallState) -> None:
    """Do nothing if the call's state is one in which ``verb`` may be done to submissions, reviews or the pick.

    Raises:
        Conflict: it is out of season.
    """
    seasons = season(verb)
    if state not in seasons:
        names = "、".join(other.label for other in CallState if other in seasons)
        raise Conflict(f"这次征集现在是“{state.label}”，不能“{VERBS[verb]}”。", f"只有在“{names}”时才可以。")


def possible(table: Table[S], state: S) -> list[str]:
    """The verbs in season."""
    return [verb for verb, allowed in table.items() if state in allowed]


def submission_verbs(state: SubmissionState, call: CallState) -> list[str]:
    """The verbs in season for a submission in ``state`` of a call in ``call``; a deadline may end some earlier."""
    return [verb for verb in possible(SUBMISSION, state) if call in _SEASONS[verb]]
