"""The decision file from the database: what is in it, what is not, and that anyone can make it again."""

import json
from pathlib import Path
from typing import Any

import pytest

from caselib.db import key_of
from caselib.errors import CaselibError, Conflict
from caselib.publishing import drafting
from caselib.publishing.actions import objections
from caselib.publishing.decision import load
from caselib.publishing.drafting import Draft, Flip
from caselib.publishing.outcome import decide, differences
from caselib.review.models import Assignment, Call, CriterionScore, Discussion
from caselib.review.states import AssignmentState, SubmissionState
from tests.publishing.rounds import KEY, Publishing
from tests.statements import asked


def draft(round_: Publishing, call: Call, **more: Any) -> Draft:
    with round_.database.reading() as session:
        return drafting.draft(session, call, **{"key": KEY, **more})


def discuss(round_: Publishing, number: str, outcome: str, reason: str = "材料扎实") -> None:
    with round_.database.writing() as session:
        session.add(Discussion(submission_id=key_of(round_.numbered(number)), outcome=outcome, reason=reason))


def test_the_file_holds_what_the_contract_says(round_: Publishing) -> None:
    call = round_.closed((90, 80), quotas=[{"attribute": "province", "max": 2}])
    found = draft(round_, call)
    assert found.submissions == {number: round_.numbered(number).id for number in ("2022-001", "2022-002")}
    assert {key: found.content[key] for key in ("format", "size", "method", "tie_rule", "quotas", "include")} == {
        "format": "caselib-decision/1",
        "size": 2,
        "method": "mean",
        "tie_rule": ["calibrated", "raw_mean", "id"],
        "quotas": [{"attribute": "province", "max": 2}],
        "include": [],
    }
    assert found.content["rubric"] == [{"key": "whole", "name": "总体", "max": 100.0, "weight": 1.0}]
    assert found.content["submissions"][1] == {
        "id": "2022-002",
        "title": "第二号案例",
        "region": "330400",
        "industry": ["C23"],
        "firm_size": "小型",
        "submitter": "丙省市场监督管理局",
    }
    assert [(s["submission"], s["criterion"], s["score"]) for s in found.content["scores"]] in (
        [("2022-001", "whole", 89.0), ("2022-001", "whole", 91.0), ("2022-002", "whole", 79.0), ("2022-002", "whole", 81.0)],
        [("2022-001", "whole", 91.0), ("2022-001", "whole", 89.0), ("2022-002", "whole", 81.0), ("2022-002", "whole", 79.0)],
    )  # fmt: skip


def test_nobody_can_be_found_in_it(round_: Publishing) -> None:
    call = round_.closed((90, 80))
    text = json.dumps(draft(round_, call).content, ensure_ascii=False)
    assert [word for word in ("专家", "expert0", "编辑", "甲0厂", "乙认证") if word in text] == []


def test_pseudonyms_stay_with_the_key_and_change_with_it(round_: Publishing) -> None:
    call = round_.closed(())
    submission = round_.submission(call, SubmissionState.ACCEPTED)
    for place in range(1, 7):
        round_.review(submission, f"expert{place:02d}", float(place))

    def order(key: str) -> list[float]:
        scores = draft(round_, call, key=key).content["scores"]
        assert [score["expert"] for score in scores] == ["e01", "e02", "e03", "e04", "e05", "e06"]
        return [score["score"] for score in scores]

    assert order(KEY) == order(KEY)
    assert len({tuple(order(key)) for key in "abcdef"}) > 1
    assert len({tuple(drafting._pseudonyms(KEY, number, range(6))) for number in range(6)}) > 1  # of each call its own
    assert min(drafting._pseudonyms(KEY, 1, range(100)).values()) == "e001"


@pytest.mark.parametrize("state", [state for state in AssignmentState if state is not AssignmentState.SUBMITTED])
def test_only_submitted_reviews_count(round_: Publishing, state: AssignmentState) -> None:
    call = round_.closed((90, 80))
    round_.review(round_.numbered("2022-001"), "expert09", 5.0, state, reason="我与该企业法人是同学")
    content = draft(round_, call).content
    assert 5.0 not in [score["score"] for score in content["scores"]]
    assert len(content["scores"]) == 4
    recused = [(each["submission"], each["reason"]) for each in content["recusals"]]
    assert recused == ([("2022-001", "回避")] if state is AssignmentState.RECUSED else [])


def test_recusals_stand_in_an_order_that_does_not_tell_whose_was_first(round_: Publishing) -> None:
    call = round_.closed((90, 80))
    for number in ("2022-002", "2022-001"):
        round_.review(round_.numbered(number), "expert09", None, AssignmentState.RECUSED, reason="同学")
    assert [each["submission"] for each in draft(round_, call).content["recusals"]] == ["2022-001", "2022-002"]


def test_a_review_of_another_text_and_a_criterion_left_out_do_not_count(round_: Publishing) -> None:
    call = round_.closed((90, 80))
    round_.review(round_.numbered("2022-001"), "expert08", 5.0, judged="0" * 64)
    round_.review(round_.numbered("2022-001"), "expert09", None)
    assert len(draft(round_, call).content["scores"]) == 4


def test_only_accepted_submissions_are_in_it(round_: Publishing) -> None:
    call = round_.closed((90, 80, 70))
    round_.now_in(SubmissionState.WITHDRAWN, round_.numbered("2022-002"))
    content = draft(round_, call).content
    assert [each["id"] for each in content["submissions"]] == ["2022-001", "2022-003"]
    assert {each["submission"] for each in content["scores"]} == {"2022-001", "2022-003"}


def test_what_a_panel_came_to_counts_beside_what_the_editor_adds(round_: Publishing) -> None:
    call = round_.closed((90, 80, 70, 60))
    discuss(round_, "2022-004", "exclude", "先前的结论")
    discuss(round_, "2022-004", "include")
    discuss(round_, "2022-003", "stand")
    content = draft(round_, call, exclude={"2022-002": "材料失实 "}).content
    assert content["include"] == [{"submission": "2022-004", "reason": "合议：材料扎实"}]
    assert content["exclude"] == [{"submission": "2022-002", "reason": "材料失实"}]
    assert drafting.decided(content)[0]["selected"] == ["2022-001", "2022-004"]


def test_an_upheld_objection_outweighs_panel_and_editor(round_: Publishing) -> None:
    call, notice = round_.announced()
    discuss(round_, "2022-001", "include")
    objection = round_.object_to(notice)
    round_.act(objections.answer, objection, text="数据失实。")
    round_.act(objections.close, round_.stored(objection), upheld=True)
    content = draft(round_, call, exclude={"2022-001": "再议"}).content
    assert (content["include"], content["exclude"]) == (
        [],
        [{"submission": "2022-001", "reason": "异议成立：数据失实。"}],
    )
    with pytest.raises(Conflict) as error:
        draft(round_, call, include={"2022-001": "好", "2022-002": "好"})
    assert str(error.value) == "对 2022-001 的异议已经成立，不能再入选。 请从“必须入选”中去掉。"


@pytest.mark.parametrize(
    ("more", "kind", "said"),
    [
        ({"exclude": {"2022-001": "失实"}}, Conflict, "2022-001 的合议结果与您的决定相反。"),
        ({"include": {"2022-003": "好"}}, Conflict, "2022-003 的合议结果与您的决定相反。"),
        (
            {"include": {"2022-002": "好"}, "exclude": {"2022-002": "差"}},
            CaselibError,
            "2022-002 既写在必须入选里，又写在不得入选里。",
        ),
        ({"exclude": {"2022-009": "差"}}, CaselibError, "没有编号为“2022-009”的已受理申报。"),
        ({"include": {"2022-009": "好"}}, CaselibError, "没有编号为“2022-009”的已受理申报。"),
        ({"include": {"2022-002": " "}}, CaselibError, "必须入选的 2022-002 后面没有写原因。"),
    ],
)
def test_choices_that_cannot_be_made(
    round_: Publishing, more: dict[str, Any], kind: type[CaselibError], said: str
) -> None:
    call = round_.closed((90, 80, 70))
    discuss(round_, "2022-001", "include")
    discuss(round_, "2022-003", "exclude")
    with pytest.raises(kind) as error:
        draft(round_, call, **more)
    assert error.value.message == said


def test_there_must_be_something_to_pick_from(round_: Publishing) -> None:
    with pytest.raises(CaselibError, match="没有已受理的申报"):
        draft(round_, round_.closed(()))


def test_the_decided_file_can_be_made_again_from_itself(round_: Publishing, tmp_path: Path) -> None:
    content, outcome = drafting.decided(draft(round_, round_.closed()).content)
    text = json.dumps(content, ensure_ascii=False)
    (tmp_path / "decision.json").write_text(text, "utf-8-sig")  # as an editor of texts may save it
    loaded = load(tmp_path / "decision.json")
    assert (content["selected"], differences(loaded, decide(loaded))) == (["2022-001", "2022-002"], [])
    assert drafting.decided(content)[0] == content
    assert outcome.selected == ("2022-001", "2022-002")


def test_without_one_the_next_takes_its_place_and_the_reason_is_kept(round_: Publishing) -> None:
    content, _ = drafting.decided(draft(round_, round_.closed(), include={"2022-001": "好"}).content)
    again, _ = drafting.decided(drafting.without(content, "2022-001", "异议成立"))
    assert (again["selected"], again["include"]) == (["2022-002", "2022-003"], [])
    assert again["exclude"] == [{"submission": "2022-001", "reason": "异议成立"}]
    assert drafting.without(again, "2022-001", "再次成立")["exclude"] == [
        {"submission": "2022-001", "reason": "再次成立"}
    ]


def test_what_is_kept_in_takes_the_place_of_what_was_and_leaves_what_was_chosen(round_: Publishing) -> None:
    content = draft(round_, round_.closed(), include={"2022-001": "好"}).content
    own = {"submission": "2022-001", "reason": "好"}
    kept = drafting.keeping(content, ["2022-001", "2022-002"])
    assert kept["include"] == [own, {"submission": "2022-002", "reason": drafting.STAYS}]
    again = drafting.keeping(kept, ["2022-003"])
    assert again["include"] == [own, {"submission": "2022-003", "reason": drafting.STAYS}]


def test_what_was_chosen_by_hand_is_given_back_as_long_as_it_can_be_chosen(round_: Publishing) -> None:
    call = round_.closed()
    discuss(round_, "2022-001", "include")
    selection = round_.select(call, include={"2022-002": "有代表性"}, exclude={"2022-003": "与往年重复"})
    selection.decision = drafting.keeping(selection.decision, ["2022-004"])  # as an adjustment of its notice does

    def by_hand() -> dict[str, dict[str, str]]:
        with round_.database.reading() as session:
            return drafting.chosen_by_hand(session, call, selection)

    assert by_hand() == {"include": {"2022-002": "有代表性"}, "exclude": {"2022-003": "与往年重复"}}
    discuss(round_, "2022-003", "include")
    assert by_hand() == {"include": {"2022-002": "有代表性"}, "exclude": {}}
    discuss(round_, "2022-003", "stand")
    round_.now_in(SubmissionState.WITHDRAWN, round_.numbered("2022-002"))
    assert by_hand() == {"include": {}, "exclude": {"2022-003": "与往年重复"}}


def test_what_an_objection_bars_is_not_given_back_as_chosen_by_hand(round_: Publishing) -> None:
    call = round_.closed()
    selection = round_.select(call, include={"2022-002": "有代表性"})
    objection = round_.object_to(round_.announce(call), "2022-002")
    round_.act(objections.answer, objection, text="数据失实。")
    round_.act(objections.close, round_.stored(objection), upheld=True)
    with round_.database.reading() as session:
        assert drafting.chosen_by_hand(session, call, selection) == {"include": {}, "exclude": {}}


def test_what_if_names_what_flips_under_each_other_method(round_: Publishing) -> None:
    call = round_.closed((), size=1)
    for marks in ((90, 90, 0), (70, 70, 70)):
        round_.reviewed(round_.submission(call, SubmissionState.ACCEPTED), *marks)
    flips = drafting.what_if(draft(round_, call).content)
    assert flips[0] == Flip("trimmed", ("2022-001",), ("2022-002",))
    assert [flip.method for flip in flips] == ["trimmed", "zscore", "mixed", "robust"]


@pytest.mark.parametrize("count", [1, 3])
def test_a_draft_costs_the_same_however_many_there_are(round_: Publishing, count: int) -> None:
    call = round_.closed((90, 80, 70)[:count])
    with asked(round_.database) as statements:
        draft(round_, call)
    assert len(statements) == 6


def test_scores_of_other_calls_are_not_in_it(round_: Publishing) -> None:
    first = round_.closed((90, 80))
    second = round_.closed((50, 40), batch=5)
    assert {each["submission"] for each in draft(round_, second).content["scores"]} == {"2022-003", "2022-004"}
    assert {each["submission"] for each in draft(round_, first).content["scores"]} == {"2022-001", "2022-002"}


def test_no_row_of_the_round_is_touched(round_: Publishing) -> None:
    call = round_.closed((90, 80))
    draft(round_, call)
    with round_.database.reading() as session:
        from sqlmodel import func, select

        counted = [session.exec(select(func.count()).select_from(t)).one() for t in (Assignment, CriterionScore)]
    assert counted == [4, 4]
