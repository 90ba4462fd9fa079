"""The letters people get: what they say, in Chinese. Sending them is the mailer's business."""

from caselib.mail import Letter
from caselib.people.links import Purpose
from caselib.people.models import Account

_INVITATION = """{name}：

您好！“{site}”已为您开设账号。

    用户名：{username}
    身份：{roles}

请在 {days} 天内打开下面的链接，设置密码后即可登录：

{link}

链接只能使用一次，请勿转发。如果您不清楚为什么收到这封邮件，不必理会。

{site}
"""

_RESET = """{name}：

您好！有人为“{site}”的账号“{username}”申请重设密码。

如果是您本人，请在 {hours} 小时内打开下面的链接，设置新密码：

{link}

链接只能使用一次，请勿转发。如果不是您本人，不必理会，密码不会改变。

{site}
"""


def write_letter(purpose: Purpose, account: Account, *, link: str, site: str) -> Letter:
    """The letter that brings ``link`` to the account's owner."""
    form, subject = {
        Purpose.INVITATION: (_INVITATION, f"{site}：请设置您的密码"),
        Purpose.RESET: (_RESET, f"{site}：重设密码"),
    }[purpose]
    text = form.format(
        name=account.name,
        site=site,
        username=account.username,
        roles="、".join(role.label for role in sorted(account.roles)) or "（未分配）",
        days=purpose.value.days,
        hours=purpose.value.seconds // 3600,
        link=link,
    )
    return Letter(to=account.email, subject=subject, text=text)
