"""The demo's three calls: one whose review has ended, one under review, one that takes submissions.

Made by the rooms' own actions in one transaction, so that rights and rules hold and the journal tells everything. Its
events carry the time at which the demo was set up, because the journal's clock is nobody's to set; deadlines, sendings
and invitations lie on plausible days before. Every text says that it is made up; scores are drawn from a fixed seed.
"""

from collections.abc import Mapping, Sequence

from sqlmodel import select

from caselib import db
from caselib.content import Taxonomy
from caselib.db import Database, key_of
from caselib.operations.demo import BUREAUS
from caselib.operations.demo_stage import Stage
from caselib.operations.demo_texts import TRADES, Text
from caselib.people import Account
from caselib.people.queries import list_accounts
from caselib.review.actions import assignment, calls, reviews, stages
from caselib.review.models import Call, Submission
from caselib.review.queries import sent_revisions
from caselib.review.rulebook import USUAL_RUBRIC, Quota, Rulebook
from caselib.review.states import AssignmentState

LEADING = ("zhejiang", "shandong", "jiangsu", "shanxi", "shanghai", "liaoning", "fujian", "hebei", "anhui", "guangdong")
FEWER = ("gansu", "qinghai", "ningxia", "xinjiang")
ABSENT = ("hainan", "xizang")
"""Who sends seven submissions, three, and none; all others send four. 142 in all, as in 2022."""
COPIES = {58: 57, 101: 20}
"""Submissions that repeat the text of another, for the look at likeness to find; counted from 0."""
MENDED = (11, 37, 64, 90, 127)
"""Submissions that were returned once, amended and sent again; counted from 0."""
WILD = 53
"""Every so many reviews one is far off the mark."""

RULES = Rulebook(
    rubric=USUAL_RUBRIC,
    blind="double",
    reviews=3,
    method="robust",
    size=25,
    quotas=(
        Quota(attribute="province", max=2),
        Quota(attribute="industry_letter", value="C", min=16, max=20),
        Quota(attribute="firm_size", value="微型", min=4),
    ),
)
_FOOD = ("C13", "C14", "C15", "A01", "A03")
_UNABLE = "不熟悉这一行业的工艺，判断不了做法是否得当。"


def set_calls(database: Database, taxonomy: Taxonomy) -> bool:
    """Make the three calls if there is no call yet; whether it did. The demo's accounts must be there."""
    with database.writing() as session:
        if session.exec(select(Call.id).limit(1)).first() is not None:
            return False
        stage = Stage(session, taxonomy, list_accounts(session), db.now())
        _ended(stage)
        _under_review(stage)
        _taking_submissions(stage)
    return True


def _ended(stage: Stage) -> None:
    """The year's call: 142 submissions of 29 bureaus, three reviews each, ready to select."""
    call = stage.call(
        "小微企业质量管理体系认证提升行动优良案例征集",
        4,
        opened=110,
        deadline=50,
        review=0,
        rules=RULES,
        intro="请各省级市场监管部门推荐本地区的优良案例。申报内容均为程序生成，仅供演示。",
    )
    senders = [username for username in BUREAUS for _ in range(_quantity(username))]
    merits = [float(merit) for merit in stage.random.normal(70, 8, len(senders))]
    found = [_sent(stage, call, senders, place, merit) for place, merit in enumerate(merits)]
    calls.close_call(**stage.editor, call=call, expected_version=call.version, now=stage.ago(48))
    stage.screen("accept", [each for place, each in enumerate(found) if place not in MENDED])
    for place in MENDED:
        stage.mend(found[place], "成效一节没有说明数据的统计时间，请补充。", "数据统计至去年年底。", stage.ago(40))
    stage.plan(call, stage.ago(30))
    stages.start_review(**stage.editor, call=call, expected_version=call.version, now=stage.ago(30))
    _gaps(stage, call)
    texts = sent_revisions(stage.session, call)
    merit_of = {key_of(each): merit for each, merit in zip(found, merits, strict=True)}
    for count, row in enumerate(stage.rows(call, AssignmentState.ASSIGNED), 1):
        total = stage.total(row, merit_of[row.submission_id], wild=count % WILD == 0)
        stage.judge(row, texts[row.submission_id], total)
    stages.end_review(**stage.editor, call=call, expected_version=call.version)


def _sent(stage: Stage, call: Call, senders: Sequence[str], place: int, merit: float) -> Submission:
    """One submission of the ended call, sent in the order of their numbers."""
    number = COPIES.get(place, place)
    text = stage.text(call, senders[place], number, number * 7 % len(TRADES), merit)
    day, minutes = 105 - place // 3, place % 3 * 150
    submission = stage.draft(call, senders[place], text, stage.ago(day, minutes))
    stage.send(submission, senders[place], stage.ago(day, minutes + 95))
    return submission


def _gaps(stage: Stage, call: Call) -> None:
    """One expert recuses and two abstain; alternates and a new plan fill what is open."""
    rows = stage.rows(call, AssignmentState.ASSIGNED)
    tied, *strange = rows[10], rows[120], rows[300]
    reason = "从工艺描述认出是曾经辅导过的企业，申请回避。"
    who = stage.by(stage.by_id[tied.expert_id].username)
    assignment.recuse(**who, assignment=tied, reason=reason, now=stage.ago(25))
    for row in strange:
        who = stage.by(stage.by_id[row.expert_id].username)
        reviews.abstain(**who, assignment=row, expected_version=row.version, reason=_UNABLE)
    stage.plan(call, stage.ago(20))


def _under_review(stage: Stage) -> None:
    """A small call in which expert01 has something unread, begun, submitted and stale."""
    call = stage.call(
        "食品行业优良案例专题征集",
        5,
        opened=45,
        deadline=20,
        review=-10,
        rules=RULES.model_copy(update={"size": 2, "quotas": ()}),
        intro="面向食品和农产品企业的专题征集。申报内容均为程序生成，仅供演示。",
    )
    senders = ("shandong", "henan", "sichuan", "hunan", "jilin", "yunnan")
    trades = [place for place, trade in enumerate(TRADES) if trade.industry in _FOOD]
    found = []
    for place, username in enumerate(senders):
        text = stage.text(call, username, 150 + place, trades[place % len(trades)], 72, helper=1 + place)
        found.append(stage.draft(call, username, text, stage.ago(30 - place)))
        stage.send(found[-1], username, stage.ago(29 - place))
    calls.close_call(**stage.editor, call=call, expected_version=call.version, now=stage.ago(19))
    stage.screen("accept", found)
    expert = next(account for account in stage.accounts if account.username == "expert01")
    for submission in found[:5]:
        assignment.assign_by_hand(**stage.editor, submission=submission, expert=expert, now=stage.ago(12))
    stage.plan(call, stage.ago(12))
    stages.start_review(**stage.editor, call=call, expected_version=call.version, now=stage.ago(10))
    _reviews_begun(stage, call, expert)
    stage.mend(found[4], "请补充量化指标的取数办法。", "取数自出厂检验台账。", stage.ago(1))


def _reviews_begun(stage: Stage, call: Call, expert: Account) -> None:
    """Two of expert01's stay unread, one is begun, two are submitted; of the others' a third each."""
    texts = sent_revisions(stage.session, call)
    rows = stage.rows(call, AssignmentState.ASSIGNED)
    own = [row for row in rows if row.expert_id == expert.id]
    others = [row for row in rows if row.expert_id != expert.id]
    begun, done = [own[2], *others[1::3]], [*own[3:], *others[2::3]]
    for row in begun:
        stage.begin(row, stage.total(row, 72))
    for row in done:
        stage.judge(row, texts[row.submission_id], stage.total(row, 72))


_WAITING: Mapping[str, tuple[str, ...]] = {
    "draft": ("zhejiang", "hubei"),
    "sent": ("zhejiang", "jiangsu", "guangdong"),
    "returned": ("zhejiang", "sichuan"),
    "refused": ("hunan",),
    "accepted": ("shandong",),
}
"""State → whose submissions of the open call are in it."""


def _taking_submissions(stage: Stage) -> None:
    """A call with a few submissions in every state of screening."""
    call = stage.call(
        "小微企业质量管理体系认证提升行动优良案例补充征集",
        6,
        opened=14,
        deadline=-30,
        review=-75,
        rules=RULES.model_copy(update={"size": 5, "quotas": (Quota(attribute="province", max=1),)}),
        intro="面向尚未入选的地区补充征集优良案例。申报内容均为程序生成，仅供演示。",
    )
    found: dict[str, list[Submission]] = {}
    for state, senders in _WAITING.items():
        found[state] = [_waiting(stage, call, username, unfinished=state == "draft") for username in senders]
    stage.screen("return", found["returned"], "量化指标只有一项是前后对比，请再补充一项。")
    stage.screen("refuse", found["refused"], "企业规模与申报范围不符。")
    stage.screen("accept", found["accepted"])


def _waiting(stage: Stage, call: Call, username: str, *, unfinished: bool) -> Submission:
    """A submission of the open call: sent, or broken off before its effects."""
    number = stage.written + 20
    text = stage.text(call, username, number, number * 7 % len(TRADES), 70)
    if unfinished:
        text = Text({**text.front, "metrics": []}, text.body.partition("## 成效")[0])
    day = 12 - stage.written % 9
    submission = stage.draft(call, username, text, stage.ago(day))
    if not unfinished:
        stage.send(submission, username, stage.ago(day, 310))
    return submission


def _quantity(username: str) -> int:
    return 7 if username in LEADING else 3 if username in FEWER else 0 if username in ABSENT else 4
