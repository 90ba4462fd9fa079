"""What an editor is told to do next, all through the life of a call."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from caselib.content import ContentStore
from caselib.db import Database, key_of
from caselib.errors import Forbidden
from caselib.publishing.actions import notices, objections
from caselib.publishing.models import Objection
from caselib.publishing.next_steps import next_steps
from caselib.publishing.queries import standing_notice
from caselib.review.actions import calls, screening, stages
from caselib.review.models import Call, CriterionScore, Submission
from caselib.review.next_steps import Step
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.publishing.rounds import EVE, LATER, NOW, Publishing, die_at, publisher, rules
from tests.review.assigned import REVIEW_DEADLINE, Assigned
from tests.review.rounds import AFTER
from tests.review.rounds import NOW as BEGINNING


class Life(Assigned, Publishing):
    """One call from its draft to its batch, by the real actions."""

    def __init__(self, database: Database, store: ContentStore) -> None:
        super().__init__(database)
        self.store = store
        self.experts(2)
        self.written = self.call(CallState.DRAFT, rules=rules(reviews=2, size=1), review_deadline=REVIEW_DEADLINE)
        self.sent: list[Submission] = []
        self.objection = Objection(notice_id=0, submission_id=0, name="", contact="", text="")

    def do(self, action: Callable[..., Any], **values: Any) -> Any:
        return self.act(action, self.stored(self.written), **values)

    def steps(self, now: datetime, username: str = "editor") -> list[Step]:
        with self.database.reading() as session:
            call = session.get_one(Call, self.written.id)
            return next_steps(session=session, actor=self[username], call=call, now=now)

    def send(self) -> None:
        self.sent.append(self.submission(self.written))

    def accept_all(self) -> None:
        for each in self.sent:
            self.act(screening.decide, self.stored(each), verb="accept")

    def review_all(self) -> None:
        for row in self.rows(self.written):
            self.put(row, AssignmentState.SUBMITTED)
            with self.database.writing() as session:
                session.add(CriterionScore(assignment_id=key_of(row), criterion="whole", score=80.0))

    def object(self) -> None:
        with self.database.reading() as session:
            notice = standing_notice(session, session.get_one(Call, self.written.id))
        self.objection = self.object_to(notice)

    def publish(self) -> None:
        publisher(self, self.store).publish(actor=self["editor"], call_id=self.written.id or 0, now=LATER)


LIFE: list[tuple[Callable[[Life], object], datetime, list[Step]]] = [
    (lambda life: None, BEGINNING, [Step("核对征集说明、评分表和期限，然后开始征集。", "call")]),
    (
        lambda life: life.do(calls.open_call, now=BEGINNING),
        BEGINNING,
        [Step("征集到2022年9月30日为止，可以随到随审。", "submissions")],
    ),
    (
        Life.send,
        AFTER,
        [Step("有 1 份申报等待形式审查。", "submissions"), Step("征集已于2022年9月30日到期，请截止征集。", "call")],
    ),
    (
        lambda life: life.do(calls.close_call, now=AFTER),
        AFTER,
        [Step("有 1 份申报等待形式审查。", "submissions"), Step("还没有受理的申报，不能分派。", "submissions")],
    ),
    (Life.accept_all, AFTER, [Step("有 1 份申报的评审专家没有配齐，请提出分派方案。", "assignment")]),
    (
        lambda life: life.apply(life.written),
        AFTER,
        [Step("分派已经齐全，看过设计检查就可以开始评审。", "assignment")],
    ),
    (
        lambda life: life.do(stages.start_review, now=AFTER),
        AFTER,
        [Step("还有 2 份评审没有完成（2022年11月30日截止）。", "progress")],
    ),
    (Life.review_all, AFTER, [Step("全部评审已经完成，可以结束评审。", "call")]),
    (
        lambda life: life.do(stages.end_review, now=NOW),
        NOW,
        [Step("查看得分，对分歧大的申报组织合议。", "figures"), Step("遴选，并记录结果。", "selection")],
    ),
    (lambda life: life.select(life.stored(life.written)), NOW, [Step("遴选结果已经记录，核对后开始公示。", "notice")]),
    (
        lambda life: life.announce(life.stored(life.written)),
        EVE,
        [Step("公示从2023年3月1日开始，到2023年3月7日为止。", "notice")],
    ),
    (
        Life.object,
        NOW,
        [Step("还有 1 条异议没有结案。", "notice"), Step("公示到2023年3月7日为止，期满后发布。", "notice")],
    ),
    (
        lambda life: life.act(objections.answer, life.stored(life.objection), text="已核实。"),
        LATER,
        [Step("还有 1 条异议没有结案。", "notice")],
    ),
    (
        lambda life: life.act(objections.close, life.stored(life.objection), upheld=False),
        NOW,
        [Step("公示到2023年3月7日为止，期满后发布。", "notice")],
    ),
    (lambda life: None, LATER, [Step("公示已经期满，可以发布。", "notice")]),
    (Life.publish, LATER, []),
]


@pytest.fixture
def life(database: Database, store: ContentStore) -> Life:
    return Life(database, store)


def test_all_through_the_life_of_a_call(life: Life) -> None:
    told = []
    for act, now, _ in LIFE:
        act(life)
        told.append(life.steps(now))
    assert told == [steps for *_, steps in LIFE]


def told(round_: Publishing, call: Call, now: datetime = NOW, username: str = "editor") -> list[Step]:
    with round_.database.reading() as session:
        row = session.get_one(Call, call.id)
        return next_steps(session=session, actor=round_[username], call=row, now=now)


def test_a_pick_that_the_data_left_behind_is_to_be_made_again(round_: Publishing) -> None:
    call = round_.closed()
    round_.select(call)
    round_.submission(call, SubmissionState.ACCEPTED)
    assert told(round_, call) == [
        Step("遴选以后，评审、申报、异议或规则又有变动，请重新遴选并记录。", "selection"),
    ]


def test_a_review_that_must_not_count_comes_before_the_pick(life: Life) -> None:
    for act, *_ in LIFE[:9]:
        act(life)
    life.change("e2", province="330000")
    assert life.steps(NOW)[0] == Step("有 1 份申报已提交的评审里有利害关系，请登记利害关系，使专家回避。", "assignment")


def test_objections_to_a_notice_that_was_retracted_still_wait(round_: Publishing) -> None:
    call, notice = round_.announced()
    round_.object_to(notice)
    round_.act(notices.retract, call, reason="名单有误")
    assert told(round_, call) == [
        Step("还有 1 条异议没有结案。", "notice"),
        Step("遴选结果已经记录，核对后开始公示。", "notice"),
    ]


def test_a_release_that_was_cut_off_comes_first(round_: Publishing, store: ContentStore) -> None:
    call, _ = round_.announced()
    die_at(round_, store, "prepared", lambda it: it.publish(actor=round_["editor"], call_id=call.id or 0, now=LATER))
    assert told(round_, call, LATER) == [Step("上一次发布中断了，请再点一次“发布”，它会接着做完。", "notice")]


@pytest.mark.parametrize("username", ["zhejiang", "expert01", "operator"])
def test_next_steps_are_for_editors(round_: Publishing, username: str) -> None:
    call, _ = round_.announced()
    with pytest.raises(Forbidden):
        told(round_, call, username=username)
