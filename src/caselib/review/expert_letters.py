"""The letters experts get about their reviews: an invitation to what is new, and a reminder of what is left.

Wording only; they name neither submission nor firm. Sending is the mailer's business.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from sqlmodel import Session, col, select

from caselib.db import key_of
from caselib.mail import Letter
from caselib.people import Account
from caselib.review.calendar import written
from caselib.review.models import Assignment, Call
from caselib.review.states import CallState

_INVITATION = """{name}：

您好！“{call}”的评审已经开始，有 {count} 份申报请您评审。{until}

如与某份申报有利害关系，请打开它选择“回避”并写明原因，本站会另请专家。

{where}

{site}
"""

_REMINDER = """{name}：

您好！“{call}”{when}。您还有 {total} 份申报没有评完：{parts}。

{where}

{site}
"""

_STALE = """{name}：

您好！您在“{call}”中评审过的一份申报，正文有改动，原来的评审暂不计入。

请看过新的正文，修改或确认评分后重新提交。

{where}

{site}
"""


class Invitation(NamedTuple):
    """Somebody to be told of new assignments."""

    account: Account
    call: Call
    reviews: int

    def letter(self, *, site: str, base_url: str) -> Letter:
        """The letter; ``base_url`` is empty when the site does not know its own address."""
        day = self.call.review_deadline
        text = _INVITATION.format(
            name=self.account.name,
            call=self.call.title,
            count=self.reviews,
            until=f"评审截止日期是{written(day)}。" if day else "",
            where=_where(base_url),
            site=site,
        )
        return Letter(self.account.email, f"{site}：请评审 {self.reviews} 份申报", text)


def invitations(session: Session, call: Call, rows: Iterable[Assignment]) -> list[Invitation]:
    """Whom to tell of the new ``rows``, by user name; nobody before review has started. At most three statements."""
    counts = Counter(row.expert_id for row in rows)
    if call.state != CallState.REVIEWING or not counts:
        return []
    found = session.exec(select(Account).where(col(Account.id).in_(counts)).order_by(Account.username))
    return [Invitation(account, call, counts[key_of(account)]) for account in found]


def reminder(
    account: Account, call: Call, *, days: int, parts: Iterable[tuple[str, int]], site: str, base_url: str
) -> Letter:
    """The letter that reminds of open reviews.

    Args:
        days: until the deadline; negative after it.
        parts: what is left, by kind.
    """
    left = [(kind, count) for kind, count in parts if count]
    total = sum(count for _, count in left)
    when = f"距评审截止还有 {days} 天" if days > 0 else f"的评审截止日期已过 {-days} 天" if days else "的评审今天截止"
    text = _REMINDER.format(
        name=account.name,
        call=call.title,
        when=when,
        total=total,
        parts="、".join(f"{kind} {count} 份" for kind, count in left),
        where=_where(base_url),
        site=site,
    )
    return Letter(account.email, f"{site}：还有 {total} 份申报待评审", text)


def stale(name: str, email: str, *, call: str, assignment_id: int, site: str, base_url: str) -> Letter:
    """The letter that tells an expert that the text of a submitted review has changed.

    Args:
        call: its title.
    """
    where = f"请登录后打开：{base_url}/review/{assignment_id}" if base_url else _where("")
    text = _STALE.format(name=name, call=call, where=where, site=site)
    return Letter(email, f"{site}：请重看一份有改动的申报", text)


def _where(base_url: str) -> str:
    return f"请登录后评审：{base_url}/review/" if base_url else "请登录后从“我的评审”进入。"
