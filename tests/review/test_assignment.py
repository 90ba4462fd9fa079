"""Plans for a round: what every plan keeps, what a recusal changes, and what is said when there is no plan."""

from collections import Counter
from dataclasses import replace as changed
from datetime import UTC, datetime

import numpy as np
import pytest

from caselib.errors import CaselibError
from caselib.review.assignment import Pair, Plan, assign, replace
from caselib.review.conflicts import Conflict, Kind, Submission, find
from caselib.review.roster import Expert, Match, Roster, Rules
from caselib.review.shortage import Unassignable

NOW = datetime(2023, 3, 1, tzinfo=UTC)
PROVINCES = ("110000", "320000", "330000", "370000", "440000", "500000", "610000")
DIVISIONS = ("C13", "C14", "C23", "C29", "C33", "C34", "F51", "F52", "I65")
PANELS = {"C1": "食品组", "C2": "轻工组", "C3": "机械组", "F5": "服务组", "I6": "服务组"}


def a_round(n: int, m: int, seed: int = 1) -> Roster:
    rng = np.random.default_rng(seed)
    codes = rng.choice(DIVISIONS, n)
    known = [rng.choice(DIVISIONS, 2, replace=False).tolist() for _ in range(m)]
    submissions = [
        Submission(f"s{i:03d}", str(rng.choice(PROVINCES)), (code,), panel=PANELS[code[:2]])
        for i, code in enumerate(codes.tolist())
    ]
    experts = [
        Expert(f"e{j:02d}", province=str(rng.choice(PROVINCES)), industries=tuple(own), panel=PANELS[own[0][:2]])
        for j, own in enumerate(known)
    ]
    return Roster(submissions, experts, find(submissions, experts))


PAIRS = Rules(reviews=2, outside=0)


def a_small_round(rules: Rules = PAIRS, *conflicts: Conflict, n: int = 3, m: int = 3) -> Roster:
    submissions = [Submission(f"s{i}", industry=("C23",)) for i in range(n)]
    return Roster(submissions, [Expert(f"e{j}", industries=("C23",)) for j in range(m)], conflicts, rules)


def conflict(submission: str, expert: str, reason: str = "曾任顾问") -> Conflict:
    return Conflict(submission, expert, Kind.DECLARED, reason, NOW)


def loads(plan: Plan) -> list[int]:
    return sorted(Counter(pair.expert for pair in plan.pairs).values())


@pytest.fixture(scope="module")
def whole() -> tuple[Roster, Plan]:
    roster = a_round(142, 32)
    return roster, assign(roster)


def test_every_submission_gets_exactly_three_different_experts(whole) -> None:
    _, plan = whole
    assert Counter(Counter(pair.submission for pair in plan.pairs).values()) == {3: 142}
    assert len(plan.ids) == 426


def test_loads_are_as_even_as_they_can_be(whole) -> None:
    assert (loads(whole[1])[0], loads(whole[1])[-1]) == (13, 14)


def test_no_conflict_is_assigned(whole) -> None:
    roster, plan = whole
    assert plan.ids & {(c.submission, c.person) for c in roster.conflicts} == set()


def test_every_submission_has_a_reviewer_from_outside_its_panel(whole) -> None:
    roster, plan = whole
    panel = {party.id: party.panel for party in (*roster.submissions, *roster.experts)}
    outside = {pair.submission for pair in plan.pairs if panel[pair.expert] != panel[pair.submission]}
    assert len(outside) == 142


def test_the_graph_is_connected_and_the_optimum_proven(whole) -> None:
    assert (whole[1].components, whole[1].gap, whole[1].connection_cost, whole[1].notes) == (1, 0.0, 0, ())


def test_the_score_counts_the_matches_it_lists(whole) -> None:
    assert whole[1].score == sum(pair.match for pair in whole[1].pairs) == whole[1].bound


def test_the_order_of_the_lists_changes_nothing(whole) -> None:
    roster, plan = whole
    turned = Roster(roster.submissions[::-1], roster.experts[::-1], list(roster.conflicts)[::-1], roster.rules)
    assert assign(turned) == plan


def test_an_expert_of_the_division_comes_before_one_of_the_letter_and_that_one_before_others() -> None:
    experts = [
        Expert("a", industries=("F51",)),
        Expert("b", industries=("C13",)),
        Expert("c", industries=("C23", "I65")),
    ]
    one = [Submission("s", industry=("C23",))]
    found = [assign(Roster(one, experts, rules=Rules(reviews=k, outside=0))).pairs for k in (1, 2, 3)]
    assert found == [
        (Pair("s", "c", Match.DIVISION),),
        (Pair("s", "b", Match.LETTER), Pair("s", "c", Match.DIVISION)),
        (Pair("s", "a", Match.OTHER), Pair("s", "b", Match.LETTER), Pair("s", "c", Match.DIVISION)),
    ]


def test_a_letter_alone_matches_the_letter() -> None:
    experts = [Expert("a", industries=("C",)), Expert("b", industries=("I",))]
    plan = assign(Roster([Submission("s", industry=("C23",))], experts, rules=Rules(reviews=1, outside=0)))
    assert plan.pairs == (Pair("s", "a", Match.LETTER),)


def test_an_experts_own_limit_holds_and_the_others_share_the_rest() -> None:
    roster = a_small_round(n=6, m=4)
    busy = changed(roster.experts[0], max_load=1)
    plan = assign(changed(roster, experts=(busy, *roster.experts[1:])))
    assert Counter(pair.expert for pair in plan.pairs)["e0"] == 1
    assert loads(plan) == [1, 3, 4, 4]


def test_a_round_without_submissions_has_an_empty_plan() -> None:
    plan = assign(Roster([], [Expert("e0")]))
    assert (plan.pairs, plan.score, plan.gap, plan.components) == ((), 0, 0.0, 0)


def test_one_review_each_cannot_be_connected_and_this_is_said() -> None:
    plan = assign(a_small_round(Rules(reviews=1, outside=0)))
    assert (plan.components, plan.notes) == (
        3,
        ("评审关系分成互不相连的 3 块，各块之间无法校准宽严。增加每份申报的评审数可以把它们连起来。",),
    )


def test_connecting_two_panels_says_what_it_cost() -> None:
    submissions = [Submission(f"s{i}", industry=("C23" if i < 3 else "I65",)) for i in range(6)]
    experts = [Expert(f"e{j}", industries=("C23" if j < 3 else "I65",)) for j in range(6)]
    plan = assign(Roster(submissions, experts, rules=Rules(reviews=2, outside=0)))
    assert (plan.components, plan.bound, plan.score, plan.connection_cost) == (1, 24, 20, 4)
    assert plan.gap == 4 / 24


def test_assigning_again_changes_nothing() -> None:
    roster = a_round(40, 12)
    plan = assign(roster)
    again = assign(roster, existing=plan.ids)
    assert (again.pairs, again.added, again.removed) == (plan.pairs, (), ())


def test_a_recusal_changes_one_assignment() -> None:
    roster = a_round(40, 12)
    plan = assign(roster)
    gone = plan.pairs[7]
    after = assign(
        changed(roster, conflicts=[*roster.conflicts, conflict(gone.submission, gone.expert)]), existing=plan.ids
    )
    assert after.removed == ((gone.submission, gone.expert),)
    assert [pair.submission for pair in after.added] == [gone.submission]


def test_where_one_change_does_not_do_the_fewest_are_made() -> None:
    """s0 loses e0; e3, the only one left for it, is full and must give s1 away, to e0."""
    experts = [Expert("e0"), Expert("e1"), Expert("e3", max_load=1)]
    roster = Roster([Submission("s0"), Submission("s1")], experts, [conflict("s0", "e0")], Rules(2, outside=0))
    plan = assign(roster, existing=[("s0", "e0"), ("s0", "e1"), ("s1", "e1"), ("s1", "e3")])
    assert (plan.removed, [(p.submission, p.expert) for p in plan.added]) == (
        (("s0", "e0"), ("s1", "e3")),
        [("s0", "e3"), ("s1", "e0")],
    )


def test_a_review_that_has_begun_stays_even_where_others_would_be_better() -> None:
    experts = [Expert("e0"), Expert("e1"), Expert("e3", max_load=1)]
    roster = Roster([Submission("s0"), Submission("s1")], experts, [conflict("s0", "e0")], Rules(2, outside=0))
    with pytest.raises(Unassignable):
        assign(roster, existing=[("s0", "e1"), ("s1", "e1"), ("s1", "e3")], started=[("s1", "e3")])


def test_a_review_that_has_begun_does_not_outlast_a_conflict() -> None:
    roster = a_small_round(PAIRS, conflict("s0", "e0"))
    plan = assign(roster, started=[("s0", "e0")])
    assert (plan.removed, ("s0", "e0") in plan.ids) == ((("s0", "e0"),), False)


def test_more_reviews_begun_than_asked_for_are_all_kept() -> None:
    roster = a_small_round(Rules(reviews=1, outside=0))
    plan = assign(roster, started=[("s0", "e0"), ("s0", "e1")])
    assert {pair.expert for pair in plan.pairs if pair.submission == "s0"} == {"e0", "e1"}


def test_where_fewer_reviews_are_asked_for_than_exist_the_rest_is_taken_back() -> None:
    roster = a_small_round(Rules(reviews=1, outside=0))
    plan = assign(roster, existing=[("s0", "e0"), ("s0", "e1"), ("s1", "e1"), ("s2", "e2")])
    assert (len(plan.pairs), len(plan.removed), plan.added) == (3, 1, ())


def test_reviews_begun_all_inside_the_panel_are_kept_and_this_is_said() -> None:
    experts = [Expert("e0", panel="甲"), Expert("e1", panel="甲"), Expert("e2", panel="乙")]
    roster = Roster([Submission("s0", panel="甲")], experts, rules=Rules(reviews=2))
    plan = assign(roster, started=[("s0", "e0"), ("s0", "e1")])
    assert plan.notes == ("已开始的评审不能改派，s0 的组外专家因此不足 1 位。",)


def test_assignments_of_somebody_who_has_left_are_given_to_others() -> None:
    plan = assign(a_small_round(), existing=[("s0", "gone"), ("s0", "e1")])
    assert plan.removed == (("s0", "gone"),)


def test_a_replacement_is_the_best_alternate_and_nothing_else_changes() -> None:
    roster = a_round(40, 12)
    plan = assign(roster)
    gone = plan.pairs[3]
    after = replace(roster, plan, gone.submission, gone.expert)
    same = assign(
        changed(roster, conflicts=[*roster.conflicts, conflict(gone.submission, gone.expert)]), existing=plan.ids
    )
    assert after.removed == ((gone.submission, gone.expert),)
    assert (len(after.added), after.components, after.gap) == (1, 1, 0.0)
    assert after.score == same.score


def test_who_stands_in_for_the_only_one_from_outside_comes_from_outside() -> None:
    experts = [Expert(f"e{j}", panel="甲" if j in (0, 1, 3, 4) else "乙", industries=("C23",)) for j in range(5)]
    experts.append(Expert("e5", panel="乙"))
    roster = Roster([Submission("s", industry=("C23",), panel="甲")], experts, rules=Rules(reviews=2))
    plan = assign(roster, started=[("s", "e0"), ("s", "e2")])
    assert replace(roster, plan, "s", "e2").added == (Pair("s", "e5", Match.OTHER),)
    assert replace(roster, plan, "s", "e0").added[0].match == Match.DIVISION


def test_a_replacement_prefers_whoever_keeps_the_graph_in_one_part() -> None:
    experts = [Expert(e, industries=("C23",)) for e in ("a", "b", "x")] + [Expert("c")]
    submissions = [Submission("s0", industry=("C23",)), Submission("s1")]
    roster = Roster(submissions, experts, rules=PAIRS)
    plan = assign(roster, started=[("s0", "a"), ("s0", "b"), ("s1", "b"), ("s1", "c")])
    after = replace(roster, plan, "s0", "b")
    assert (after.components, after.added, after.connection_cost) == (1, (Pair("s0", "c", Match.OTHER),), 2)


def test_nobody_to_stand_in_is_said_with_who_may_not() -> None:
    roster = a_small_round(PAIRS, conflict("s0", "e2"))
    with pytest.raises(Unassignable) as error:
        replace(roster, assign(roster), "s0", "e0")
    assert "s0 没有可以接替 e0 的评审专家" in error.value.message
    assert error.value.message.endswith("因回避不能评的：e2（曾任顾问）。")


def test_replacing_somebody_who_is_not_assigned_is_refused() -> None:
    roster = a_small_round(PAIRS, conflict("s0", "e2"))
    with pytest.raises(CaselibError, match="s0 没有分派给 e2"):
        replace(roster, assign(roster), "s0", "e2")


def test_a_submission_with_too_few_experts_is_named_with_the_conflicts_that_block_it() -> None:
    roster = a_small_round(PAIRS, conflict("s1", "e0"), conflict("s1", "e2", "同一单位"))
    with pytest.raises(Unassignable) as error:
        assign(roster)
    assert error.value.message == (
        "1 份申报配不齐 2 位评审专家：\ns1：只有 1 位专家可评，缺 1 位。因回避不能评的：e0（曾任顾问）、e2（同一单位）。"
    )
    assert error.value.remedy == (
        "可以这样放宽：解除其中已失效的回避，或增聘没有这些回避关系的评审专家；减少每份申报的评审数。"
    )


def test_a_panel_without_anybody_from_outside_is_said() -> None:
    experts = [Expert(f"e{j}", panel="甲") for j in range(3)]
    with pytest.raises(Unassignable) as error:
        assign(Roster([Submission("s", panel="甲")], experts))
    assert error.value.message == "1 份申报配不齐 3 位评审专家：\ns：可评的组外专家只有 0 位，须有 1 位。"
    assert error.value.remedy == "可以这样放宽：增聘评审专家；调整评审组；减少每份申报的评审数。"


def test_experts_whose_limits_are_too_small_together_are_named_together() -> None:
    roster = a_small_round(Rules(reviews=2, outside=0), n=4, m=5)
    experts = [changed(e, max_load=1) if e.id in ("e0", "e1") else e for e in roster.experts]
    walls = [conflict(s, e) for s in ("s1", "s2") for e in ("e2", "e3", "e4")]
    with pytest.raises(Unassignable) as error:
        assign(changed(roster, experts=experts, conflicts=walls))
    assert error.value.message.splitlines()[1] == (
        "s1、s2：这 2 份申报只能由 e0、e1 这 2 位专家来评，他们的上限合计 2 份，还缺 2 份。"
    )
    assert error.value.remedy == (
        "可以这样放宽：把 e0、e1 的上限合计调高 2 份以上，或增聘能评这些申报的专家；减少每份申报的评审数。"
    )


@pytest.mark.parametrize(
    ("former", "advice"),
    [
        ({"e0"}, "把 e1 的上限合计调高 2 份以上，或增聘能评这些申报的专家"),
        ({"e0", "e1"}, "增聘能评这些申报的专家"),
    ],
)
def test_nobody_is_told_to_raise_the_limit_of_who_is_no_expert_any_more(former: set[str], advice: str) -> None:
    roster = a_small_round(Rules(reviews=2, outside=0), n=4, m=5)
    experts = [changed(e, former=e.id in former, max_load=1 if e.id in ("e0", "e1") else None) for e in roster.experts]
    walls = [conflict(s, e) for s in ("s1", "s2") for e in ("e2", "e3", "e4")]
    with pytest.raises(Unassignable) as error:
        assign(changed(roster, experts=experts, conflicts=walls))
    assert error.value.remedy == f"可以这样放宽：{advice}；减少每份申报的评审数。"


def test_too_many_submissions_for_everybody_names_everybody() -> None:
    with pytest.raises(Unassignable) as error:
        assign(a_small_round(Rules(reviews=2, outside=0, max_load=3), n=12))
    assert (
        "s0、s1、s10、s11、s2、s3、s4、s5 等 12 个：这 12 份申报只能由 e0、e1、e2 这 3 位专家来评"
        in error.value.message
    )
    assert "上限合计 9 份，还缺 15 份" in error.value.message


def test_no_experts_at_all_is_said() -> None:
    with pytest.raises(Unassignable, match="s0：只有 0 位专家可评，缺 3 位") as error:
        assign(Roster([Submission("s0")], []))
    assert error.value.remedy == "可以这样放宽：增聘评审专家；减少每份申报的评审数。"


def test_an_id_that_occurs_twice_is_refused() -> None:
    with pytest.raises(CaselibError, match="评审专家编号“e”出现多次"):
        Roster([], [Expert("e"), Expert("e")])


@pytest.mark.parametrize("rules", [Rules(reviews=0, outside=0), Rules(reviews=2, outside=3), Rules(outside=-1)])
def test_rules_that_cannot_be_meant_are_refused(rules: Rules) -> None:
    with pytest.raises(CaselibError, match="这样的规则无法执行"):
        Roster([], [], rules=rules)


def test_a_few_submissions_for_many_experts_are_one_part_and_who_is_left_out_is_said() -> None:
    plan = assign(a_small_round(Rules(reviews=3, outside=0), n=6, m=32))
    assert (plan.components, loads(plan)) == (1, [2] * 9)
    assert plan.notes == ("评审总量不够让每位专家都评两份以上，23 位专家没有分派：分得太散，各位的宽严就无从比较。",)
