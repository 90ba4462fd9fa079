"""The usual words of a public notice, for an editor to begin with."""

from datetime import date

from caselib.publishing.documents import batch_name
from caselib.review.calendar import written
from caselib.review.models import Call


def usual_notice(call: Call, count: int, starts: date, ends: date) -> str:
    """The notice as such notices are usually worded; Markdown."""
    return f"""各有关单位、社会各界：

根据“{call.title}”的安排，经申报、形式审查和专家评审，拟将以下{count}项案例作为{batch_name(call.batch)}小微企业质量管理体系认证提升行动优良案例发布。现予公示，公示期为{written(starts)}至{written(ends)}。

公示期内，任何单位和个人对拟入选案例有异议的，可以在本页提出。请写明姓名或单位名称、联系方式、具体事实和依据；匿名或者没有具体事实的，不予受理。姓名和联系方式只用于核实，不对外公开。
"""
