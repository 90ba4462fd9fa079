"""Where an objection stands, and what may follow; the names of this room's actions.

The state machine of a call is in ``review.states``.
"""

from caselib.labels import Labelled
from caselib.review.states import Table


class ObjectionState(Labelled):
    """Where an objection stands."""

    FILED = "filed", "待答复"
    ANSWERED = "answered", "已答复，待结案"
    CLOSED = "closed", "已结案"


OBJECTION: Table[ObjectionState] = {
    "answer": dict.fromkeys((ObjectionState.FILED, ObjectionState.ANSWERED), ObjectionState.ANSWERED),
    "close": {ObjectionState.ANSWERED: ObjectionState.CLOSED},
}
VERBS = {"answer": "答复", "close": "结案"}

ACTIONS: dict[str, str] = {
    "selection.record": "记录遴选结果",
    "selection.adjust": "调整遴选结果",
    "notice.announce": "开始公示",
    "notice.retract": "撤回公示",
    "notice.adjust": "调整公示名单",
    "objection.file": "提出异议",
    **{f"objection.{verb}": VERBS[verb] for verb in OBJECTION},
    "release.prepare": "准备发布",
    "release.publish": "完成发布",
    "release.undo": "撤销发布",
    "case.withdraw": "撤下案例",
    "synonym.add": "添加同义词",
}
"""What the history of this room calls each action that is in it."""
