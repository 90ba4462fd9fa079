"""Who may see and do what, and rules that contradict themselves."""

from datetime import timedelta
from typing import Any

import pytest

from caselib.errors import CaselibError, Forbidden, NotFound
from caselib.people import COMMAND_LINE, Actor, Role
from caselib.review import rules
from caselib.review.models import Assignment, Call, Submission
from caselib.review.rulebook import Rulebook
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.rounds import AFTER, DEADLINE, NOW, RULES


def somebody(*roles: Role, number: int | None = 1) -> Actor:
    return Actor(id=number, username="li", name="李", roles=frozenset(roles))


OWNER = somebody(Role.SUBMITTER)
EVERYBODY = {
    "owner": OWNER,
    "former owner": somebody(),
    "other submitter": somebody(Role.SUBMITTER, number=2),
    "expert": somebody(Role.EXPERT, number=3),
    "editor": somebody(Role.EDITOR, number=4),
    "operator": somebody(Role.OPERATOR, number=5),
    "command line": COMMAND_LINE,
    "nobody": somebody(Role.SUBMITTER, number=None),
}


def seen(number: str | None) -> set[str]:
    submission = Submission(call_id=1, owner_id=1, number=number)
    return {name for name, actor in EVERYBODY.items() if rules.may_see_submission(actor, submission)}


def test_a_draft_is_its_owners_alone() -> None:
    assert seen(None) == {"owner"}


def test_what_was_sent_is_seen_by_its_owner_and_editors() -> None:
    assert seen("2022-001") == {"owner", "editor", "command line"}


@pytest.mark.parametrize("state", CallState)
def test_a_call_is_public_once_opened(state: CallState) -> None:
    call = Call(year=2022, title="征集", deadline=DEADLINE, batch=3, state=state)
    seen = {name for name, actor in EVERYBODY.items() if rules.may_see_call(actor, call)}
    assert seen == ({"editor", "command line"} if state is CallState.DRAFT else set(EVERYBODY))
    assert rules.may_see_call(None, call) is (state is not CallState.DRAFT)


@pytest.mark.parametrize("state", CallState)
def test_only_an_open_call_takes_submissions_until_its_last_day_is_over(state: CallState) -> None:
    call = Call(year=2022, title="征集", deadline=DEADLINE, batch=3, state=state)
    taken = [rules.takes_submissions(call, now) for now in (NOW, AFTER - timedelta(microseconds=1), AFTER)]
    assert taken == ([True, True, False] if state is CallState.OPEN else [False, False, False])


@pytest.mark.parametrize("state", CallState)
def test_scores_are_open_once_review_has_ended_and_from_then_on(state: CallState) -> None:
    call = Call(year=2022, title="征集", deadline=DEADLINE, batch=3, state=state)
    assert rules.scores_are_open(call) is (state in ("closed", "notice", "published"))


@pytest.mark.parametrize("state", SubmissionState)
def test_a_review_is_shown_while_its_submission_is_in_the_round(state: SubmissionState) -> None:
    call = Call(year=2022, title="征集", deadline=DEADLINE, batch=3, state=CallState.REVIEWING)
    assignment = Assignment(call_id=1, submission_id=1, expert_id=3)
    submission = Submission(call_id=1, owner_id=1, number="2022-001", state=state)
    seen = rules.may_see_review(EVERYBODY["expert"], assignment, submission, call)
    assert seen is (state in ("sent", "returned", "accepted"))


def test_what_must_not_be_known_is_not_found() -> None:
    with pytest.raises(NotFound) as error:
        rules.require_owner(EVERYBODY["operator"], Submission(call_id=1, owner_id=1, number="2022-001"))
    assert str(error.value) == "没有这份申报。 请从申报列表进入。"


@pytest.mark.parametrize(
    ("text", "kept"), [(" 缺数据 \n", "缺数据"), ("长" * 2000, "长" * 2000), ("\0缺\r\n数\ud800据\0 ", "缺\n数?据")]
)
def test_a_reason_is_kept_without_its_edges(text: str, kept: str) -> None:
    assert rules.clean_reason(text) == kept


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "没有写原因。 请写明原因，它会记入历史。"),
        ("\n\0 ", "没有写原因。 请写明原因，它会记入历史。"),
        ("长" * 2001, "原因有 2001 字，超过 2000 字。 请写得简短一些。"),
    ],
)
def test_a_reason_is_needed_and_has_an_end(text: str, message: str) -> None:
    with pytest.raises(CaselibError) as error:
        rules.clean_reason(text)
    assert str(error.value) == message


def test_rules_hold_nothing_that_a_database_cannot() -> None:
    assert rules.clean_rules(RULES | {"sections": ["问\0题", "做\ud800法 "]}).sections == ("问题", "做?法")


ONE = {"key": "a", "max": 10}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"rubric": [ONE | {"levels": [{"at": 10, "meaning": "好"}]}]},
        {"shortest": 9, "longest": 9},
        {"quotas": [{"attribute": "industry_letter", "value": "C", "min": 25, "max": 25}]},
    ],
)
def test_good_rules_are_typed(change: dict[str, Any]) -> None:
    assert rules.clean_rules(RULES | change) == Rulebook.model_validate(RULES | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reviews": 0}, "每份申报的评审数没有填对（应不小于 1，现为 0）。"),
        (
            {"blind": "triple", "size": 0},
            "盲审方式没有填对（应为 none、single、double 之一，现为“triple”）；入选数没有填对（应不小于 1，现为 0）。",
        ),
        ({"rubric": [ONE, {"key": "b", "max": 0}]}, "评分表第 2 项没有填对（应大于 0，现为 0）。"),
        ({"size": 10**400}, f"入选数没有填对（应不大于 1000000，现为 1{'0' * 29}）。"),
        ({"longest": "9" * 400}, f"正文最多字数没有填对（应不大于 100000，现为“{'9' * 30}…”）。"),
        (
            {"quotas": [{"attribute": "province", "max": 10**400}]},
            f"名额约束第 1 项没有填对（应不大于 1000000，现为 1{'0' * 29}）。",
        ),
        ({"rubric": [ONE | {"weight": 1e308}]}, "评分表第 1 项没有填对（应不大于 1000000，现为 1e+308）。"),
        ({"sections": "节" * 61}, f"必备章节第 1 项没有填对（应不超过 60 个字，现为“{'节' * 30}…”）。"),
        ({"shortest": 10, "longest": 9}, "正文最少字数（10）大于最多字数（9）。"),
        ({"sections": "问题\n问题"}, "必备章节“问题”写了 2 次。"),
        ({"rubric": [ONE, ONE]}, "评分项的键“a”用了 2 次。"),
        ({"rubric": [ONE | {"weight": 0}]}, "评分项的权重全是 0。"),
        ({"rubric": [ONE | {"levels": [{"at": 11, "meaning": "好"}]}]}, "评分项“a”有等级超过满分 10 分。"),
        ({"quotas": [{"attribute": "province"}]}, "名额约束“省份（每一个）”：既没有下限也没有上限。"),
        (
            {"quotas": [{"attribute": "province", "min": 3, "max": 2}]},
            "名额约束“省份（每一个）至少 3 篇、至多 2 篇”：下限 3 大于上限 2。",
        ),
        (
            {"quotas": [{"attribute": "province", "value": "浙江", "max": 1}]},
            "名额约束“省份“浙江”至多 1 篇”：“浙江”不是省份代码，应为六位、后四位是 0，如 330000。",
        ),
        (
            {"quotas": [{"attribute": "firm_size", "value": "小", "min": 1}]},
            "名额约束“企业规模“小”至少 1 篇”：“小”不是企业规模，应为大型、中型、小型或微型。",
        ),
        (
            {"quotas": [{"attribute": "industry_letter", "value": "C", "min": 26}]},
            "名额约束“行业门类“C”至少 26 篇”无法满足（入选数是 25）。",
        ),
    ],
)
def test_rules_that_do_not_fit_say_everything_that_is_wrong(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CaselibError) as error:
        rules.clean_rules(RULES | change)
    assert error.value.message == message


def test_weights_and_names_of_criteria_can_still_be_amended() -> None:
    before = rules.clean_rules(RULES)
    changed = [criterion | {"weight": 2, "name": "新名称"} for criterion in RULES["rubric"]]
    assert list(rules.fixed_by_scores(before, rules.clean_rules(RULES | {"rubric": changed}))) == []


@pytest.mark.parametrize("who", EVERYBODY)
def test_an_assignment_is_its_experts_own(who: str) -> None:
    call = Call(year=2022, title="征集", deadline=DEADLINE, batch=3, state=CallState.REVIEWING)
    assignment = Assignment(call_id=1, submission_id=1, expert_id=3)
    assert rules.may_see_assignment(EVERYBODY[who], assignment, call) is (who == "expert")


@pytest.mark.parametrize("state", CallState)
def test_an_assignment_is_shown_once_review_has_started(state: CallState) -> None:
    call = Call(year=2022, title="征集", deadline=DEADLINE, batch=3, state=state)
    assignment = Assignment(call_id=1, submission_id=1, expert_id=3)
    seen = rules.may_see_assignment(EVERYBODY["expert"], assignment, call)
    assert seen is (state in ("reviewing", "closed", "notice", "published"))


@pytest.mark.parametrize("state", AssignmentState)
def test_an_assignment_that_was_taken_away_is_not_known_to_be(state: AssignmentState) -> None:
    call = Call(year=2022, title="征集", deadline=DEADLINE, batch=3, state=CallState.REVIEWING)
    assignment = Assignment(call_id=1, submission_id=1, expert_id=3, state=state)
    assert rules.may_see_assignment(EVERYBODY["expert"], assignment, call) is (state not in ("recused", "released"))


def test_an_editor_who_is_tied_is_refused_with_the_reasons() -> None:
    submission = Submission(call_id=1, owner_id=1, number="2022-001")
    rules.require_unconflicted_editor(EVERYBODY["editor"], submission, [])
    with pytest.raises(Forbidden) as error:
        rules.require_unconflicted_editor(EVERYBODY["editor"], submission, ["同省", "曾任顾问"])
    assert error.value.message == "您与申报 2022-001 有利害关系（同省、曾任顾问），应当回避。"
    with pytest.raises(Forbidden, match="只有编辑可以这样做"):
        rules.require_unconflicted_editor(EVERYBODY["expert"], submission, [])
