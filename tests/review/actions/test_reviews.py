"""Reviews by their experts: every verb from every state and season, by everyone, with its event; staleness."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlmodel import select

from caselib import journal
from caselib.db import key_of
from caselib.errors import CaselibError, Conflict, NotFound
from caselib.people import Role
from caselib.people.models import AccountRole
from caselib.review.actions import reviews, stages
from caselib.review.actions.assignment import release
from caselib.review.judgements import Judgement, Misfit
from caselib.review.models import Assignment, Call, CriterionScore, DeclaredConflict, Submission
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.reviewing import FULL, amend, assign, reviewing, rules, save, submit, task
from tests.review.rounds import BODY, NOW, Round


def reopen(round_: Round, assignment: Assignment, username: str = "expert01", **more: Any) -> None:
    with round_.doing(username) as who:
        row = who["session"].get_one(Assignment, assignment.id)
        reviews.reopen(**who, assignment=row, **{"expected_version": row.version, **more})


def abstain(round_: Round, assignment: Assignment, username: str = "expert01", **more: Any) -> None:
    with round_.doing(username) as who:
        row = who["session"].get_one(Assignment, assignment.id)
        reviews.abstain(**who, assignment=row, **{"expected_version": row.version, "reason": "不熟悉这个行业", **more})


ACTIONS: dict[str, Any] = {"save": save, "submit": submit, "reopen": reopen, "abstain": abstain}
LEADS_TO = {
    "save": {"assigned": "started", "started": "started"},
    "submit": {"assigned": "submitted", "started": "submitted"},
    "abstain": {"assigned": "abstained", "started": "abstained"},
    "reopen": {"submitted": "started", "abstained": "started"},
}
GONE = ("recused", "released")


def put(round_: Round, row: Any, **values: Any) -> None:
    """Set columns without an action."""
    with round_.database.writing() as session:
        stored = session.get_one(type(row), row.id)
        for key, value in values.items():
            setattr(stored, key, value)


def kept(round_: Round, assignment: Assignment) -> dict[str, tuple[float | None, bool, str]]:
    with round_.database.reading() as session:
        rows = session.exec(select(CriterionScore).where(CriterionScore.assignment_id == assignment.id)).all()
    return {row.criterion: (row.score, row.unable, row.comment) for row in rows}


@pytest.mark.parametrize("verb", ACTIONS)
@pytest.mark.parametrize("state", AssignmentState)
def test_every_verb_from_every_state(round_: Round, verb: str, state: AssignmentState) -> None:
    assignment = task(round_, reviewing(round_))
    put(round_, assignment, state=state)
    if target := LEADS_TO[verb].get(state):
        ACTIONS[verb](round_, assignment)
        assert (round_.stored(assignment).state, round_.stored(assignment).version) == (target, 1)
        assert [(who, action) for who, action, _, _ in round_.events(assignment)] == [("专家一", f"assignment.{verb}")]
    else:
        with pytest.raises(NotFound if state in GONE else Conflict):
            ACTIONS[verb](round_, assignment)
        assert (round_.stored(assignment).state, round_.events(assignment)) == (state, [])


@pytest.mark.parametrize("verb", ACTIONS)
def test_who_is_tied_writes_no_review(round_: Round, verb: str) -> None:
    assignment = task(round_, reviewing(round_))
    put(round_, assignment, state=next(iter(LEADS_TO[verb])))
    with round_.database.writing() as session:
        session.add(
            DeclaredConflict(account_id=assignment.expert_id, submission_id=assignment.submission_id, reason="曾任顾问")
        )
    with pytest.raises(Conflict) as error:
        ACTIONS[verb](round_, assignment)
    assert str(error.value) == "您与这份申报有利害关系（曾任顾问），不能评审。 请点“回避”，交回这一份。"
    assert (round_.stored(assignment).version, kept(round_, assignment)) == (0, {})


@pytest.mark.parametrize("verb", ACTIONS)
@pytest.mark.parametrize("season", CallState)
def test_reviews_are_written_while_the_round_is_open_and_not_known_before(
    round_: Round, verb: str, season: CallState
) -> None:
    assignment = task(round_, call := reviewing(round_))
    put(round_, assignment, state=next(iter(LEADS_TO[verb])))
    round_.now_in(season, call)
    if season is CallState.REVIEWING:
        ACTIONS[verb](round_, assignment)
        assert round_.stored(assignment).version == 1
    else:
        before = season in (CallState.DRAFT, CallState.OPEN, CallState.SCREENING)
        with pytest.raises(NotFound if before else Conflict):
            ACTIONS[verb](round_, assignment)
        assert round_.stored(assignment).version == 0


@pytest.mark.parametrize("verb", ACTIONS)
@pytest.mark.parametrize("username", ["editor", "zhejiang", "jiangsu", "operator", "expert02", "former"])
def test_nobody_else_knows_of_a_review(round_: Round, verb: str, username: str) -> None:
    round_.add("expert02", Role.EXPERT)
    assignment = task(round_, reviewing(round_), "expert02" if username == "former" else "expert01")
    if username == "former":
        round_.actors["former"] = round_.add("former", Role.SUBMITTER)
        put(round_, assignment, expert_id=round_["former"].id)
    put(round_, assignment, state=next(iter(LEADS_TO[verb])))
    with pytest.raises(NotFound) as error:
        ACTIONS[verb](round_, assignment, username=username)
    assert str(error.value) == "没有这项评审。 请从我的评审进入。"


@pytest.mark.parametrize("state", [SubmissionState.WITHDRAWN, SubmissionState.REFUSED])
def test_what_has_left_the_round_is_not_reviewed(round_: Round, state: SubmissionState) -> None:
    assignment = task(round_, reviewing(round_))
    put(round_, Submission(id=assignment.submission_id), state=state)
    with pytest.raises(NotFound):
        save(round_, assignment)


def test_what_counted_when_review_ended_stays_when_it_is_resumed(round_: Round) -> None:
    done, amended, undone = (task(round_, call) for call in [reviewing(round_)] * 3)
    elsewhere = task(round_, round_.call(CallState.REVIEWING, rules=rules(), batch=5))
    for assignment in (done, amended, elsewhere):
        submit(round_, assignment)
    with round_.doing("editor") as who:
        call = who["session"].get_one(Call, done.call_id)
        stages.end_review(**who, call=call, expected_version=call.version, reason="先看一看")
    with round_.doing("editor") as who:
        call = who["session"].get_one(Call, done.call_id)
        stages.resume_review(**who, call=call, expected_version=call.version, reason="还缺一份")
    amend(round_, round_.stored(Submission(id=amended.submission_id)), BODY + "\n补充一句。\n")
    with pytest.raises(Conflict) as error:
        reopen(round_, done)
    assert str(error.value) == (
        "评审结束过一次，各位专家的总分已经可以看到，已提交的评审不能再改。 确有错误的，请告诉编辑，由合议处理。"
    )
    with pytest.raises(Conflict) as error, round_.doing("editor") as who:
        row = who["session"].get_one(Assignment, done.id)
        release(**who, assignment=row, expected_version=row.version, reason="分太低")
    assert str(error.value) == (
        "评审结束过一次，得分已经可以查看，已提交的评审不能撤销。"
        " 专家与这份申报有利害关系的，请登记利害关系；分歧大的，请组织合议。"
    )
    reopen(round_, amended)
    submit(round_, undone)
    reopen(round_, undone)
    reopen(round_, elsewhere)
    states = [round_.stored(row).state for row in (done, amended, undone, elsewhere)]
    assert states == ["submitted", "started", "started", "started"]


def test_half_done_work_is_kept_and_told_in_the_journal(round_: Round) -> None:
    assignment = task(round_, reviewing(round_))
    save(round_, assignment, Judgement({"typical": 12.5, "method": None}, {"effect": " 要核对\r\n"}, "还没看完"))
    assert kept(round_, assignment) == {
        "typical": (12.5, False, ""),
        "method": (None, True, ""),
        "effect": (None, False, "要核对"),
    }
    save(round_, assignment, Judgement({"typical": 13, "method": None}, {}, "还没看完"))
    assert kept(round_, assignment)["typical"] == (13, False, "")
    assert kept(round_, assignment)["effect"] == (None, False, "")
    assert round_.events(assignment) == [
        (
            "专家一",
            "assignment.save",
            {"state": "assigned", "comment": "", "scores": {}, "comments": {}},
            {
                "state": "started",
                "comment": "还没看完",
                "scores": {"typical": 12.5, "method": None},
                "comments": {"effect": "要核对"},
            },
        ),
        (
            "专家一",
            "assignment.save",
            {"scores": {"typical": 12.5}, "comments": {"effect": "要核对"}},
            {"scores": {"typical": 13.0}, "comments": {}},
        ),
    ]


def test_a_submitted_review_keeps_the_text_it_judged(round_: Round) -> None:
    assignment = task(round_, reviewing(round_))
    submit(round_, assignment)
    stored = round_.stored(assignment)
    with round_.database.reading() as session:
        revision = reviews.sent_revision(session, session.get_one(Submission, assignment.submission_id))
        assert revision is not None
    assert (stored.state, stored.judged, stored.comment) == ("submitted", revision.digest, FULL.comment)
    assert stored.submitted_at is not None
    assert kept(round_, assignment) == {
        "typical": (16, False, ""),
        "method": (24, False, ""),
        "effect": (27, False, "数据有前后对比。"),
        "spread": (14, False, ""),
    }


@pytest.mark.parametrize(
    ("scores", "message", "where"),
    [
        ({"typical": 16}, "还有 3 项没有打分，评审没有提交。", ["method", "effect", "spread"]),
        (dict.fromkeys(FULL.scores), "各项都无法评价，算不出总分，评审没有提交。", []),
    ],
)
def test_a_review_that_is_not_whole_is_not_submitted(
    round_: Round, scores: dict[str, float | None], message: str, where: list[str]
) -> None:
    assignment = task(round_, reviewing(round_))
    with pytest.raises(Misfit) as error:
        submit(round_, assignment, Judgement(scores))
    assert (error.value.message, list(error.value.scores)) == (message, where)
    assert (round_.stored(assignment).state, kept(round_, assignment)) == ("assigned", {})


def test_one_criterion_may_be_marked_as_beyond_judging(round_: Round) -> None:
    assignment = task(round_, reviewing(round_))
    submit(round_, assignment, Judgement({**FULL.scores, "spread": None}))
    assert round_.stored(assignment).state == "submitted"
    assert kept(round_, assignment)["spread"] == (None, True, "")


@pytest.mark.parametrize("verb", ["save", "submit"])
def test_scores_out_of_bounds_are_not_kept(round_: Round, verb: str) -> None:
    assignment = task(round_, reviewing(round_))
    with pytest.raises(Misfit) as error:
        ACTIONS[verb](round_, assignment, Judgement({**FULL.scores, "typical": 20.5, "method": -1}))
    assert error.value.scores == {"typical": "20.5 分不在 0 到 20 之间。", "method": "-1 分不在 0 到 30 之间。"}
    assert kept(round_, assignment) == {}


@pytest.mark.parametrize("verb", ACTIONS)
def test_of_two_windows_the_second_is_told(round_: Round, verb: str) -> None:
    assignment = task(round_, reviewing(round_))
    save(round_, assignment, Judgement({"typical": 1}))
    put(round_, assignment, state=next(iter(LEADS_TO[verb])))
    with pytest.raises(Conflict, match="这一项刚被您自己在别处修改过。"):
        ACTIONS[verb](round_, assignment, expected_version=0)
    assert kept(round_, assignment) == {"typical": (1, False, "")}


def test_a_form_that_was_sent_twice_is_no_conflict(round_: Round) -> None:
    assignment = task(round_, reviewing(round_))
    judgement = Judgement({"typical": 15.0, "effect": None}, {"typical": "数据全"}, "可以推荐")
    for _ in range(2):
        save(round_, assignment, judgement, expected_version=0)
    assert kept(round_, assignment) == {"typical": (15, False, "数据全"), "effect": (None, True, "")}


def test_a_text_that_changed_under_the_reader_is_not_judged(round_: Round) -> None:
    assignment = task(round_, reviewing(round_))
    with pytest.raises(Conflict) as error:
        submit(round_, assignment, seen="的旧文")
    assert error.value.message == "您打开之后，这份申报的正文有改动。"
    assert round_.stored(assignment).state == "assigned"


@pytest.mark.parametrize("state", [SubmissionState.RETURNED, SubmissionState.SENT])
def test_a_text_that_is_being_amended_is_saved_and_not_submitted(round_: Round, state: SubmissionState) -> None:
    assignment = task(round_, reviewing(round_))
    put(round_, Submission(id=assignment.submission_id), state=state)
    with pytest.raises(Conflict, match="已退回修改，暂时不能提交"):
        submit(round_, assignment)
    save(round_, assignment)
    assert round_.stored(assignment).state == "started"


def test_an_abstention_needs_a_reason_and_keeps_what_was_written(round_: Round) -> None:
    assignment = task(round_, reviewing(round_))
    save(round_, assignment, Judgement({"typical": 3}))
    with pytest.raises(CaselibError, match="没有写原因。 请写明原因，它会记入历史。"):
        abstain(round_, assignment, reason=" ")
    abstain(round_, assignment)
    assert (round_.stored(assignment).state, round_.stored(assignment).reason) == ("abstained", "不熟悉这个行业")
    assert kept(round_, assignment) == {"typical": (3, False, "")}
    reopen(round_, assignment)
    assert (round_.stored(assignment).state, round_.stored(assignment).reason) == ("started", "")
    submit(round_, assignment)
    reopen(round_, assignment)
    assert round_.stored(assignment).submitted_at is None


def test_experts_whose_reviews_went_stale_get_a_letter_that_names_nobody(round_: Round) -> None:
    round_.add("expert02", Role.EXPERT, name="专家二", email="two@example.cn")
    round_.add("expert03", Role.EXPERT, name="专家三", email="three@example.cn")
    call = reviewing(round_, "double")
    first = task(round_, call, "expert02")
    submission = round_.stored(Submission(id=first.submission_id))
    assign(round_, submission, "expert03")
    submit(round_, first, username="expert02")

    def letters() -> list[tuple[str, str, str]]:
        with round_.database.reading() as session:
            row = session.get_one(Submission, submission.id)
            found = reviews.stale_letters(session, [row], site="案例库", base_url="https://cases.example.cn")
        return [(letter.to, letter.subject, letter.text) for letter in found]

    assert letters() == []
    amend(round_, submission, BODY + "\n又补了一句。\n")
    ((to, subject, text),) = letters()
    assert (to, subject) == ("two@example.cn", "案例库：请重看一份有改动的申报")
    assert f"请登录后打开：https://cases.example.cn/review/{first.id}\n" in text
    assert [word for word in ("嘉兴", "浙江", "丙省", "乙认证", "工艺卡", "2022-001") if word in text] == []
    put(round_, round_.account("expert02"), disabled_at=NOW)
    assert letters() == []
    put(round_, round_.account("expert02"), disabled_at=None, grants=[])
    assert letters() == []
    put(round_, round_.account("expert02"), grants=[AccountRole(role=Role.EXPERT)])
    reopen(round_, first, "expert02")
    submit(round_, first, username="expert02")
    assert letters() == []


@pytest.mark.both_databases
def test_thirty_two_experts_save_at_once_and_nothing_is_lost(round_: Round) -> None:
    call = reviewing(round_)
    submission = round_.submission(call, SubmissionState.ACCEPTED)
    names = [round_.add(f"judge{number:02d}", Role.EXPERT).username for number in range(32)]
    assignments = {name: assign(round_, submission, name) for name in names}
    events = journal_length(round_)
    barrier = Barrier(32)

    def act(number: int) -> None:
        barrier.wait()
        save(round_, assignments[names[number]], Judgement({"typical": number / 2}), username=names[number])

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(act, range(32)))
    assert [kept(round_, assignments[name])["typical"][0] for name in names] == [number / 2 for number in range(32)]
    with round_.database.reading() as session:
        assert journal.verify(session) == (events + 32, [])
    assert {round_.stored(assignment).version for assignment in assignments.values()} == {1}
    assert key_of(submission) == 1


def journal_length(round_: Round) -> int:
    with round_.database.reading() as session:
        return journal.verify(session)[0]
