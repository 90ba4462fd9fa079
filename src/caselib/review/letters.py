"""The letters a submitter gets about a submission: received, accepted, returned, refused, looked at again.

Wording only. Who gets one is decided by whoever acted; sending is the mailer's business.
"""

from caselib.mail import Letter
from caselib.people import Account
from caselib.review.calendar import written
from caselib.review.models import Call, Submission
from caselib.review.states import CallState

_SAID = {
    "send": ("已收到申报", "您报送的案例已经收到，编号是 {number}。接下来由编辑作形式审查，结果会另行通知。"),
    "accept": ("已受理", "您报送的案例已通过形式审查，进入评审。评审期间不能修改；确需修改的，请联系编辑退回。"),
    "return": (
        "请修改后重新报送",
        "您报送的案例经形式审查，需要修改后重新报送。{until}\n\n需要修改的地方：\n\n{reason}",
    ),
    "refuse": ("不予受理", "您报送的案例经形式审查，没有受理。\n\n原因：\n\n{reason}"),
    "reinstate": ("恢复审查", "您报送的案例已恢复形式审查，结果会另行通知。"),
}

_FORM = """{name}：

您好！

{said}

    征集：{call}
    编号：{number}
    案例：{title}

{where}

{site}
"""


def write_letter(verb: str, submission: Submission, call: Call, *, owner: Account, link: str, site: str) -> Letter:
    """The letter that tells the owner what ``verb`` (of :data:`caselib.review.states.SUBMISSION`) did.

    Args:
        link: the whole address of the submission's page; empty when the site does not know its own address.
    """
    subject, said = _SAID[verb]
    number = submission.number or ""
    text = _FORM.format(
        name=owner.name,
        said=said.format(number=number, reason=submission.reason, until=_until(call)),
        call=call.title,
        number=number,
        title=submission.title,
        where=f"打开这份申报：{link}" if link else f"请登录“{site}”查看这份申报。",
        site=site,
    )
    return Letter(to=owner.email, subject=f"{site}：{subject}（{number}）", text=text)


def _until(call: Call) -> str:
    """What a returned submission's writer should know of the time there is."""
    if call.state == CallState.OPEN:
        return f"征集于{written(call.deadline)}截止，退回的申报在截止后仍可重新报送，请尽早办理。"
    return "退回的申报不受征集截止日期限制，请尽早办理。"
