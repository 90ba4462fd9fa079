"""The demo's three calls: one whose review has ended, one under review, one that takes submissions.

Made by the rooms' own actions in one transaction, so that rights and rules hold and the journal tells everything. Its
events carry the time at which the demo was set up, because the journal's clock is nobody's to set; deadlines, sendings
and invitations lie on plausible days before. Every text says that it is made up; scores are drawn from a fixed seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlmodel import Session, col, select

from caselib import db
from caselib.content import Taxonomy
from caselib.db import Database
from caselib.operations.demo import BUREAUS
from caselib.operations.demo_texts import REMARKS, TRADES, VERDICTS, Text, compose
from caselib.people import Account
from caselib.people.queries import list_accounts
from caselib.review import blinding
from caselib.review.actions import assignment, calls, reviews, screening, stages, submissions
from caselib.review.calendar import today
from caselib.review.judgements import Judgement
from caselib.review.models import Assignment, Call, Revision, Submission, key_of
from caselib.review.proposals import propose
from caselib.review.queries import newest_revision, sent_revisions
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
        Quota(attribute="industry_letter", value="C", min=10, max=18),
        Quota(attribute="firm_size", value="微型", min=4),
    ),
)
_FOOD = ("C13", "C14", "C15", "A01", "A03")
_UNABLE = "不熟悉这一行业的工艺，判断不了做法是否得当。"
_KEY = "demo"
"""Key of the marks that tie a review to its text; only these actions ever see them."""


def set_calls(database: Database, taxonomy: Taxonomy) -> bool:
    """Make the three calls if there is no call yet; whether it did. The demo's accounts must be there."""
    with database.writing() as session:
        if session.exec(select(Call.id).limit(1)).first() is not None:
            return False
        stage = _Stage(session, taxonomy, list_accounts(session), db.now())
        _ended(stage)
        _under_review(stage)
        _taking_submissions(stage)
    return True


@dataclass
class _Stage:
    """Who acts, where and when."""

    session: Session
    taxonomy: Taxonomy
    accounts: Sequence[Account]
    now: datetime
    written: int = 0
    """Texts composed so far."""
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(2022))

    def __post_init__(self) -> None:
        self.actors = {account.username: account.actor for account in self.accounts}
        self.by_id = {account.id: account.actor for account in self.accounts}
        self.harshness = {account.id: float(self.random.normal(0, 5)) for account in self.accounts}
        self.editor = self.by("editor")

    def by(self, username: str) -> dict[str, Any]:
        """The arguments of an action of somebody."""
        return {"session": self.session, "actor": self.actors[username]}

    def ago(self, days: float) -> datetime:
        """The moment so many days before."""
        return self.now - timedelta(days=days)

    def call(
        self, title: str, batch: int, *, opened: int, deadline: int, review: int, rules: Rulebook, intro: str
    ) -> Call:
        """An open call; its days are counted back from today."""
        last = today(self.ago(deadline))
        call = calls.create_call(
            **self.editor,
            year=last.year,
            title=f"{last.year}年度{title}（演示）",
            intro=intro,
            deadline=last,
            review_deadline=today(self.ago(review)),
            batch=batch,
            rules=rules.model_dump(mode="json"),
        )
        calls.open_call(**self.editor, call=call, expected_version=call.version, now=self.ago(opened))
        return call

    def text(self, call: Call, username: str, number: int, trade: int, merit: float, certifier: int = -1) -> Text:
        """A text of the bureau's; what is better works in figures, too."""
        self.written += 1
        places = [self.taxonomy.region_path(term.key) for term in self.taxonomy.regions.children(BUREAUS[username])]
        cities = [path[-1] for path in places if path and "直辖" not in path[-1].name]
        place = cities[self.written * 5 % len(cities)] if cities else self.taxonomy.regions[BUREAUS[username]]
        size, staff = _size(self.written)
        firm = f"{place.short}某{TRADES[trade].firm}有限公司"
        known = {
            "region": place.key,
            "year": call.year,
            "firm": firm,
            "firm_size": size,
            "certifier": f"示例认证机构（{'甲乙丙丁戊己庚辛'[certifier if certifier >= 0 else self.written * 3 % 8]}）",
            "submitter": self.actors[username].employer,
        }
        gain = min(max((merit - 45) / 45, 0.2), 0.9)
        return compose(number, TRADES[trade], known, staff=staff, gain=gain)

    def draft(self, call: Call, username: str, text: Text, when: datetime) -> Submission:
        """A submission begun and saved, not sent."""
        who = self.by(username)
        submission = submissions.create_submission(**who, call=call, now=when)
        submissions.save_revision(
            **who, submission=submission, front=text.front, body=text.body, expected_version=submission.version
        )
        submission.created_at = when
        self._newest(submission).created_at = when
        return submission

    def send(self, submission: Submission, username: str, when: datetime) -> None:
        """The newest text sent."""
        submissions.send(
            **self.by(username),
            submission=submission,
            expected_version=submission.version,
            taxonomy=self.taxonomy,
            now=when,
        )

    def screen(self, verb: screening.Verb, found: Sequence[Submission], when: datetime, reason: str = "") -> None:
        """An editor's decision on each of them."""
        chosen = {key_of(submission): submission.version for submission in found}
        screening.apply(**self.editor, verb=verb, chosen=chosen, reason=reason, now=when)

    def mend(self, submission: Submission, reason: str, added: str, when: datetime) -> None:
        """Returned by an editor, amended by its bureau, sent again and accepted."""
        self.screen("return", [submission], when, reason)
        username = self.by_id[submission.owner_id].username
        revision = self._newest(submission)
        body = revision.body.replace("\n\n## 可借鉴之处", f"{added}\n\n## 可借鉴之处")
        submissions.save_revision(
            **self.by(username),
            submission=submission,
            front=revision.front,
            body=body,
            expected_version=submission.version,
        )
        self._newest(submission).created_at = when
        self.send(submission, username, when)
        self.screen("accept", [submission], when)

    def plan(self, call: Call, when: datetime) -> None:
        """The best assignment, proposed and applied."""
        proposal = propose(**self.editor, call=call, now=when)
        assignment.apply(**self.editor, call=call, proposal=proposal, expected=proposal.digest, now=when)

    def rows(self, call: Call, *states: AssignmentState) -> list[Assignment]:
        """The call's assignments in one of the states, in the order they were made."""
        mine = select(Assignment).where(Assignment.call_id == call.id, col(Assignment.state).in_(states))
        return list(self.session.exec(mine.order_by(col(Assignment.id))))

    def judge(self, row: Assignment, revision: Revision, total: float) -> None:
        """The review submitted by its expert."""
        actor = self.by_id[row.expert_id]
        seen = blinding.text_mark(_KEY, actor, revision)
        judgement = self.judgement(total)
        reviews.submit(
            **self.by(actor.username),
            assignment=row,
            judgement=judgement,
            expected_version=row.version,
            key=_KEY,
            seen=seen,
        )

    def begin(self, row: Assignment, total: float) -> None:
        """Half of the review saved by its expert."""
        whole = self.judgement(total)
        half = Judgement({key: whole.scores[key] for key in ("typical", "method")}, {}, "")
        who = self.by(self.by_id[row.expert_id].username)
        reviews.save(**who, assignment=row, judgement=half, expected_version=row.version)

    def total(self, row: Assignment, merit: float, *, wild: bool = False) -> float:
        """What the expert thinks of a submission of that merit: harshness, noise, and now and then a slip."""
        slip = (-28.0 if row.expert_id % 2 else 18.0) if wild else 0.0
        return merit + self.harshness[row.expert_id] + float(self.random.normal(0, 4)) + slip

    def judgement(self, total: float) -> Judgement:
        """Scores in half points that come to about ``total``, some with a remark; 无法评价 is rare."""
        scores: dict[str, float | None] = {}
        comments: dict[str, str] = {}
        for criterion in USUAL_RUBRIC:
            share = float(np.clip(total / 100 + self.random.normal(0, 0.05), 0, 1))
            scores[criterion.key] = round(share * criterion.max * 2) / 2
            if self.random.random() < 0.4:
                comments[criterion.key] = str(self.random.choice(REMARKS[criterion.key][_level(share)]))
        if self.random.random() < 0.01:
            scores["spread"] = None
        said = VERDICTS[_level(total / 100)] if self.random.random() < 0.5 else ""
        return Judgement(scores, comments, said)

    def _newest(self, submission: Submission) -> Revision:
        revision = newest_revision(self.session, submission)
        assert revision is not None  # a submission is made with its first text
        return revision


def _ended(stage: _Stage) -> None:
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
    stage.screen("accept", [each for place, each in enumerate(found) if place not in MENDED], stage.ago(45))
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


def _sent(stage: _Stage, call: Call, senders: Sequence[str], place: int, merit: float) -> Submission:
    """One submission of the ended call, sent in the order of their numbers."""
    number = COPIES.get(place, place)
    text = stage.text(call, senders[place], number, number * 7 % len(TRADES), merit)
    when = stage.ago(105 - place * 50 / len(senders))
    submission = stage.draft(call, senders[place], text, when)
    stage.send(submission, senders[place], when + timedelta(hours=3))
    return submission


def _gaps(stage: _Stage, call: Call) -> None:
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


def _under_review(stage: _Stage) -> None:
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
        text = stage.text(call, username, 150 + place, trades[place % len(trades)], 72, certifier=1 + place)
        found.append(stage.draft(call, username, text, stage.ago(30 - place)))
        stage.send(found[-1], username, stage.ago(29 - place))
    calls.close_call(**stage.editor, call=call, expected_version=call.version, now=stage.ago(19))
    stage.screen("accept", found, stage.ago(18))
    expert = next(account for account in stage.accounts if account.username == "expert01")
    for submission in found[:5]:
        assignment.assign_by_hand(**stage.editor, submission=submission, expert=expert, now=stage.ago(12))
    stage.plan(call, stage.ago(12))
    stages.start_review(**stage.editor, call=call, expected_version=call.version, now=stage.ago(10))
    _reviews_begun(stage, call, expert)
    stage.mend(found[4], "请补充量化指标的取数办法。", "取数自出厂检验台账。", stage.ago(1))


def _reviews_begun(stage: _Stage, call: Call, expert: Account) -> None:
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


def _taking_submissions(stage: _Stage) -> None:
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
    stage.screen("return", found["returned"], stage.now, "量化指标只有一项是前后对比，请再补充一项。")
    stage.screen("refuse", found["refused"], stage.now, "企业规模与申报范围不符。")
    stage.screen("accept", found["accepted"], stage.now)


def _waiting(stage: _Stage, call: Call, username: str, *, unfinished: bool) -> Submission:
    """A submission of the open call: sent, or broken off before its effects."""
    number = stage.written + 20
    text = stage.text(call, username, number, number * 7 % len(TRADES), 70)
    if unfinished:
        text = Text({**text.front, "metrics": []}, text.body.partition("## 成效")[0])
    when = stage.ago(12 - stage.written % 9)
    submission = stage.draft(call, username, text, when)
    if not unfinished:
        stage.send(submission, username, when + timedelta(hours=5))
    return submission


def _quantity(username: str) -> int:
    return 7 if username in LEADING else 3 if username in FEWER else 0 if username in ABSENT else 4


def _size(number: int) -> tuple[str, int]:
    """Firm size and staff; the bounds of manufacturing (2011) stand for all trades here."""
    if number % 10 == 0:
        return "中型", 300 + number % 90
    return ("微型", 8 + number % 12) if number % 10 in (3, 6, 9) else ("小型", 24 + number * 7 % 180)


def _level(share: float) -> int:
    """Which of three remarks: good, middling, weak."""
    return 0 if share >= 0.78 else 1 if share >= 0.6 else 2
