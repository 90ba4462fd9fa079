"""Exact picks under quotas, against brute force, and what is said when quotas collide."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselib.publishing.decision import Submission
from caselib.publishing.selection import Infeasible, Mandate, best_sum, pick, pick_each, satisfied, together
from caselib.review.rulebook import Quota

PROVINCES = ("330000", "320000", "440000")


def candidates(regions: str, industries: str = "") -> list[Submission]:
    industries = industries or "C" * len(regions)
    return [
        Submission(id=f"s{i}", region=PROVINCES["zjg".index(r)], industry=(f"{letter}23",), firm_size="小型")
        for i, (r, letter) in enumerate(zip(regions, industries, strict=True))
    ]


def a_mandate(size: int, submissions: list[Submission], *quotas: Quota, **fixed: bool) -> Mandate:
    index = {s.id: i for i, s in enumerate(submissions)}
    return Mandate(size, submissions, range(len(submissions)), quotas, {index[k]: v for k, v in fixed.items()})


def descending(n: int) -> np.ndarray:
    return np.arange(n, 0, -1, dtype=float)


def test_without_quotas_the_best_ranked_are_picked() -> None:
    assert pick(a_mandate(2, candidates("zzzz")), descending(4)) == [0, 1]


def test_a_maximum_for_every_province_lets_the_next_one_in() -> None:
    quota = Quota(attribute="province", max=1)
    assert pick(a_mandate(2, candidates("zzj"), quota), descending(3)) == [0, 2]


def test_a_minimum_for_one_letter_brings_it_in() -> None:
    quota = Quota(attribute="industry_letter", value="I", min=1)
    assert pick(a_mandate(2, candidates("zzzz", "CCCI"), quota), descending(4)) == [0, 3]


def test_must_include_and_exclude_hold() -> None:
    assert pick(a_mandate(2, candidates("zzzz"), s3=True, s0=False), descending(4)) == [1, 3]


def test_a_submission_of_two_industries_counts_for_both() -> None:
    both = Submission(id="a", industry=("C23", "I65"))
    rest = [Submission(id=f"b{i}", industry=("C23",)) for i in range(2)]
    quotas = (Quota(attribute="industry", value="C23", max=1), Quota(attribute="industry", value="I65", min=1))
    with pytest.raises(Infeasible):
        pick(a_mandate(2, [both, *rest], *quotas), descending(3))


def test_equal_sums_go_to_the_better_ranked() -> None:
    quota = Quota(attribute="province", max=1)
    assert pick(a_mandate(2, candidates("zzjj"), quota), np.array([5.0, 5.0, 5.0, 5.0])) == [0, 2]


def test_colliding_quotas_are_named_and_innocent_ones_are_not() -> None:
    innocent = Quota(attribute="firm_size", value="小型", min=1)
    clash = Quota(attribute="province", max=1)
    with pytest.raises(Infeasible) as error:
        pick(a_mandate(3, candidates("zzjj"), innocent, clash), descending(4))
    assert error.value.quotas == (clash,)
    assert "省份（每一个）至多 1 篇" in error.value.message
    assert "企业规模" not in error.value.message


def test_two_quotas_that_collide_are_both_named() -> None:
    first = Quota(attribute="province", value="330000", min=2)
    second = Quota(attribute="industry_letter", value="C", max=1)
    with pytest.raises(Infeasible) as error:
        pick(a_mandate(2, candidates("zzj", "CCI"), first, second), descending(3))
    assert error.value.quotas == (first, second)


def test_too_few_candidates_are_said_in_numbers() -> None:
    with pytest.raises(Infeasible) as error:
        pick(a_mandate(5, candidates("zzz"), s0=False), descending(3))
    assert (error.value.message, error.value.remedy) == (
        "要选 5 篇，可选的只有 2 篇。",
        "请修订规则里的入选篇数，或恢复评审补充申报。",
    )


def test_more_musts_than_places_are_said_in_numbers() -> None:
    with pytest.raises(Infeasible) as error:
        pick(a_mandate(1, candidates("zz"), s0=True, s1=True), descending(2))
    assert (error.value.message, error.value.remedy) == (
        "要选 1 篇，必须入选的却有 2 篇。",
        "请减少必须入选的，或修订规则里的入选篇数。",
    )


def test_a_must_that_collides_with_a_quota_is_named_and_other_musts_are_not() -> None:
    quota = Quota(attribute="province", max=1)
    with pytest.raises(Infeasible) as error:
        pick(a_mandate(3, candidates("zzjg"), quota, s0=True, s1=True, s2=True), descending(4))
    assert error.value.message == "选不出 3 篇：以下条件不能同时成立：省份（每一个）至多 1 篇；必须入选 s0、s1。"
    assert (error.value.quotas, error.value.submissions) == ((quota,), ("s0", "s1"))


@pytest.mark.parametrize(
    ("quota", "said"),
    [
        (Quota(attribute="province", value="330000", min=30), "省份“330000”至少 30 篇"),
        (Quota(attribute="province", max=1), "省份（每一个）至多 1 篇"),
    ],
)
def test_one_quota_that_nothing_could_keep_is_not_told_as_several(quota: Quota, said: str) -> None:
    loose = Quota(attribute="industry_letter", value="C", min=1)
    with pytest.raises(Infeasible) as error:
        pick(a_mandate(3, candidates("zzjj"), loose, quota), descending(4))
    assert (error.value.message, error.value.remedy, error.value.quotas) == (
        f"选不出 3 篇：单这一条名额约束就满足不了：{said}。",
        "请放宽这一条，或修订入选篇数、增加候选。",
        (quota,),
    )


def test_what_stays_out_is_named_where_a_minimum_needs_it() -> None:
    quota = Quota(attribute="industry_letter", value="I", min=1)
    with pytest.raises(Infeasible) as error:
        pick(a_mandate(2, candidates("zzzz", "CCCI"), quota, s3=False, s0=False), descending(4))
    assert error.value.message == "选不出 2 篇：以下条件不能同时成立：行业门类“I”至少 1 篇；不得入选 s3。"


def test_many_that_stay_out_are_counted() -> None:
    quota = Quota(attribute="industry_letter", value="I", min=1)
    out = {f"s{i}": False for i in range(2, 42)}
    with pytest.raises(Infeasible) as error:
        pick(a_mandate(2, candidates("z" * 42, "CC" + "I" * 40), quota, **out), descending(42))
    assert error.value.message == "选不出 2 篇：以下条件不能同时成立：行业门类“I”至少 1 篇；不得入选的 40 篇。"


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [([], []), (["s1"], ["s1"]), (["s0", "s1", "s2", "s3"], ["s0", "s2"]), (["s3", "s2", "s1"], ["s3", "s1"])],
)
def test_each_that_can_be_in_with_those_before_it_is_taken(wanted: list[str], taken: list[str]) -> None:
    assert together(a_mandate(2, candidates("zzjj"), Quota(attribute="province", max=1)), wanted) == taken


def test_of_equal_sums_and_equal_places_the_one_with_the_very_best_is_picked() -> None:
    """Only 0 with 3 and 1 with 2 keep the quotas: 8 points and five places both."""
    parties = zip("zzjj", ("A01", "B06", "A01", "B06"), strict=True)
    four = [Submission(id=f"s{i}", region=PROVINCES["zj".index(r)], industry=(c,)) for i, (r, c) in enumerate(parties)]
    mandate = a_mandate(2, four, Quota(attribute="province", max=1), Quota(attribute="industry", max=1))
    assert pick(mandate, np.array([5.0, 4.0, 4.0, 3.0])) == [0, 3]


def each_by_itself(mandate: Mandate, figures: np.ndarray) -> list[list[int]]:
    return [sorted(pick(mandate, figure, ties_by_rank=False)) for figure in figures]


def test_many_draws_are_picked_as_each_would_be_by_itself() -> None:
    parties = "zjg" * 10, "CCCCCCI" * 4 + "CC"
    quotas = (Quota(attribute="province", max=4), Quota(attribute="industry_letter", value="I", min=2))
    mandate = a_mandate(9, candidates(*parties), *quotas, s0=False, s29=True)
    figures = np.random.RandomState(7).standard_normal((400, 30))
    assert [np.flatnonzero(mask).tolist() for mask in pick_each(mandate, figures)] == each_by_itself(mandate, figures)


def test_of_many_draws_one_whose_relaxation_is_not_whole_is_picked_whole() -> None:
    figures = np.array([[9.0, 9.0, 8.0, 1.0, 0.0], [1.0, 2.0, 3.0, 0.0, 9.0]])
    assert [np.flatnonzero(mask).tolist() for mask in pick_each(halves(), figures)] == [[0, 3], [2, 4]]


def test_a_draw_that_is_not_whole_is_not_answered_with_the_plain_rank() -> None:
    """r0 and r1, first by rank, keep every quota, but not one draw ranks them first."""
    mandate = replace(halves(), order=[3, 4, 0, 1, 2])
    assert np.flatnonzero(pick_each(mandate, np.array([[9.0, 8.9, 8.8, 1.0, 0.0]]))[0]).tolist() == [0, 3]


def test_many_draws_of_what_cannot_be_picked_say_why() -> None:
    mandate = a_mandate(2, candidates("zzz"), Quota(attribute="province", max=1))
    with pytest.raises(Infeasible, match="省份"):
        pick_each(mandate, np.ones((3, 3)))


def halves() -> Mandate:
    """Three submissions of two industries each, every industry at most once: halves of all three would be better."""
    codes = (("A01", "B06"), ("B06", "C13"), ("A01", "C13"))
    both = [Submission(id=f"s{i}", industry=own) for i, own in enumerate(codes)]
    rest = [Submission(id=f"r{i}", industry=("D44",)) for i in range(2)]
    quotas = [Quota(attribute="industry", value=code, max=1) for code in ("A01", "B06", "C13")]
    return Mandate(2, [*both, *rest], range(5), quotas)


def test_where_the_relaxation_is_not_whole_the_pick_still_is() -> None:
    assert pick(halves(), np.array([9.0, 9.0, 9.0, 1.0, 0.0])) == [0, 3]


def test_the_best_sum_is_that_of_the_quotas_given() -> None:
    quota = Quota(attribute="province", max=1)
    mandate = a_mandate(2, candidates("zzj"), quota)
    assert (best_sum(mandate, descending(3), ()), best_sum(mandate, descending(3), (quota,))) == (5.0, 4.0)


def quota_strategy() -> st.SearchStrategy[Quota]:
    bounds = st.tuples(st.integers(0, 2), st.integers(1, 4)).filter(lambda b: b[0] <= b[1])
    targets = st.sampled_from(
        [
            ("province", None),
            ("province", "330000"),
            ("industry_letter", "C"),
            ("industry_letter", "I"),
            ("industry", None),
        ]
    )
    return st.builds(
        lambda target, bound: Quota(attribute=target[0], value=target[1], min=bound[0], max=bound[1]), targets, bounds
    )


@given(
    regions=st.text("zjg", min_size=4, max_size=9),
    letters=st.data(),
    quotas=st.lists(quota_strategy(), max_size=3),
    size=st.integers(1, 4),
)
def test_the_pick_is_the_best_of_all_combinations(regions, letters, quotas, size) -> None:
    submissions = candidates(regions, letters.draw(st.text("CI", min_size=len(regions), max_size=len(regions))))
    figure = np.array(letters.draw(st.lists(st.integers(0, 9), min_size=len(regions), max_size=len(regions))), float)
    order = sorted(range(len(regions)), key=lambda i: (-figure[i], i))
    mandate = Mandate(size, submissions, order, quotas)
    rows = mandate.rows()
    sums = [figure[list(c)].sum() for c in combinations(range(len(regions)), size) if satisfied(c, rows)]
    if not sums:
        with pytest.raises(Infeasible):
            pick(mandate, figure)
        return
    chosen = pick(mandate, figure)
    assert (len(set(chosen)), satisfied(chosen, rows), figure[chosen].sum()) == (size, True, max(sums))
