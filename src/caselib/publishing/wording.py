"""Words of this room: of a public notice, for an editor to begin with, and of what the history holds."""

import re
from datetime import date

from caselib.people import actions as people
from caselib.publishing import states
from caselib.publishing.documents import batch_name
from caselib.review import states as review
from caselib.review.calendar import written
from caselib.review.models import Call

ACTIONS = people.ACTIONS | review.ACTIONS | states.ACTIONS
"""What the history calls every action there is, named as in the journal (``submission.accept``)."""
KINDS = {
    "account": "账号",
    "call": "征集",
    "submission": "申报",
    "assignment": "评审",
    "tie": "利害关系",
    "discussion": "合议",
    "selection": "遴选",
    "notice": "公示",
    "objection": "异议",
    "release": "批次",
    "case": "案例",
    "synonym": "同义词",
}
"""What an action is done to, by the first part of its name."""


def action_name(action: str) -> str:
    """The action in words; an action without a word as it is."""
    return ACTIONS.get(action, action)


def kind_name(action: str) -> str:
    """What the action is done to; empty for an action of no known kind."""
    return KINDS.get(action.partition(".")[0], "")


_DAY = r"\d{4}年\d{1,2}月\d{1,2}日"


def period(starts: date, ends: date) -> str:
    """The days of a notice, as its text states them."""
    return f"公示期为{written(starts)}至{written(ends)}"


def dated(text: str, starts: date, ends: date) -> str:
    """The notice with these days wherever it states its period in the usual words: an official text must not contradict itself."""
    return re.sub(f"公示期为{_DAY}至{_DAY}", period(starts, ends), text)


def usual_notice(call: Call, count: int, starts: date, ends: date) -> str:
    """The notice as such notices are usually worded; Markdown."""
    return f"""各有关单位、社会各界：

根据“{call.title}”的安排，经申报、形式审查和专家评审，拟将以下{count}篇案例作为{batch_name(call.batch)}小微企业质量管理体系认证提升行动优良案例发布。现予公示，{period(starts, ends)}。

公示期内，任何单位和个人对拟入选案例有异议的，可以在本页提出。请写明姓名或单位名称、联系方式、具体事实和依据；匿名或者没有具体事实的，不予受理。姓名和联系方式只用于核实，不对外公开。
"""
