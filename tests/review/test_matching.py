"""The matching against brute force: every aim in its order, and a graph that has to be connected."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselib.review import matching
from caselib.review.matching import Load, Table, match, parts


def a_table(
    points: list[list[int]],
    *,
    k: int = 2,
    allowed: list[list[int]] | None = None,
    inside: list[list[int]] | None = None,
    kept: list[list[int]] | None = None,
    capacity: int | list[int] = 99,
) -> Table:
    worth = np.array(points, dtype=np.int8)
    n, m = worth.shape

    def mask(cells: list[list[int]] | None, default: int) -> np.ndarray:
        return np.full((n, m), default, dtype=bool) if cells is None else np.array(cells, dtype=bool)

    permitted = mask(allowed, 1)
    return Table(
        demand=np.full(n, k),
        inside_limit=np.full(n, k - 1),
        capacity=np.minimum(np.broadcast_to(capacity, m), n).astype(np.intp),
        allowed=permitted,
        points=worth,
        tie_break=np.zeros((n, m), dtype=np.float32),
        inside=mask(inside, 0),
        kept=mask(kept, 0) & permitted,
        fixed=np.zeros((n, m), dtype=bool),
    )


def aims(table: Table, chosen: np.ndarray) -> tuple[int, int, int]:
    """What brute force ranks by, better is larger: kept, even, points."""
    loads = chosen.sum(axis=0)
    return int((chosen & table.kept).sum()), -int((loads**2).sum()), int(table.points[chosen].sum())


def every_matching(table: Table) -> list[np.ndarray]:
    n, m = table.allowed.shape
    found = []
    for rows in product(combinations(range(m), int(table.demand[0])), repeat=n):
        chosen = np.zeros((n, m), dtype=bool)
        for i, experts in enumerate(rows):
            chosen[i, list(experts)] = True
        legal = not (chosen & ~table.allowed).any() and (chosen.sum(axis=0) <= table.capacity).all()
        if legal and ((chosen & table.inside).sum(axis=1) <= table.inside_limit).all():
            found.append(chosen)
    return found


cells = st.lists(st.lists(st.integers(0, 1), min_size=4, max_size=4), min_size=3, max_size=3)


@given(
    points=st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), min_size=3, max_size=3),
    forbidden=cells,
    inside=cells,
    kept=cells,
    capacity=st.lists(st.integers(0, 3), min_size=4, max_size=4),
    k=st.integers(1, 2),
)
def test_the_matching_is_the_best_of_all_aim_by_aim(points, forbidden, inside, kept, capacity, k) -> None:
    allowed = [
        [1 - cell * other for cell, other in zip(*rows, strict=True)] for rows in zip(forbidden, kept, strict=True)
    ]
    table = a_table(points, k=k, allowed=allowed, inside=inside, kept=kept, capacity=capacity)
    legal = every_matching(table)
    found = match(table)
    if not legal:
        assert found.missing.sum() > 0
        return
    best = max(aims(table, chosen) for chosen in legal)
    assert (found.missing.sum(), found.bound) == (0, best[2])
    assert any((found.chosen == chosen).all() for chosen in legal)
    if all(parts(chosen)[0] == found.components for chosen in legal if aims(table, chosen) == best):
        assert aims(table, found.chosen) == best


@given(points=st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), min_size=4, max_size=4), forbidden=cells)
def test_a_matching_is_connected_wherever_one_can_be(points, forbidden) -> None:
    table = a_table(points, allowed=[[1 - cell for cell in row] for row in [*forbidden, [0, 0, 0, 0]]])
    possible = [chosen for chosen in every_matching(table) if parts(chosen)[0] == 1]
    found = match(table)
    if not found.missing.any() and found.chosen.any(axis=0).all():
        assert (found.components == 1) is bool(any(chosen.any(axis=0).all() for chosen in possible))


def test_two_parts_are_joined_at_the_least_cost_and_it_is_told() -> None:
    own = [[2, 2, 2, 0, 0, 0]] * 3 + [[0, 0, 0, 2, 2, 2]] * 3
    found = match(a_table(own))
    assert (found.components, found.bound, int(np.array(own)[found.chosen].sum())) == (1, 24, 20)
    assert found.chosen.sum(axis=0).tolist() == [2] * 6


def test_too_few_reviews_to_connect_leave_the_parts_as_they_are() -> None:
    found = match(a_table([[2, 0], [0, 2]], k=1))
    assert (found.components, found.chosen.tolist()) == (2, [[True, False], [False, True]])


def test_parts_that_conflicts_keep_apart_stay_apart() -> None:
    walls = [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]
    found = match(a_table([[1] * 4] * 4, allowed=walls))
    assert (found.components, found.missing.sum()) == (2, 0)


def test_a_round_solved_on_part_of_its_pairs_is_as_good_as_one_solved_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    table = a_table(rng.choice(3, (60, 20), p=[0.7, 0.25, 0.05]).tolist(), k=3)
    table.inside[:] = rng.random((60, 20)) < 0.3
    whole = match(table)
    monkeypatch.setattr(matching, "ALL_PAIRS", 0)
    monkeypatch.setattr(matching, "CANDIDATES", 3)
    assert (match(table).bound, match(table).missing.sum()) == (whole.bound, 0)


def test_nobody_to_match_leaves_everything_missing() -> None:
    found = match(a_table([[], []]))
    assert (found.missing.tolist(), found.components, found.bound) == ([2, 2], 0, 0)


def test_nothing_to_match_is_no_plan_at_all() -> None:
    table = a_table([[1, 1]])
    empty = Table(
        *(getattr(table, name)[:0] for name in ("demand", "inside_limit")),
        table.capacity,
        *(getattr(table, name)[:0] for name in ("allowed", "points", "tie_break", "inside", "kept", "fixed")),
    )
    assert (match(empty).chosen.shape, match(empty).components) == ((0, 2), 0)


@pytest.mark.parametrize(
    ("capacity", "total", "low", "high"),
    [
        ([9, 9, 9], 6, [2, 2, 2], [2, 2, 2]),
        ([9, 9, 9], 7, [2, 2, 2], [3, 3, 3]),
        ([1, 9, 9], 7, [1, 3, 3], [1, 3, 3]),
        ([0, 9, 9], 5, [0, 2, 2], [0, 3, 3]),
        ([1, 1, 1], 9, [1, 1, 1], [1, 1, 1]),
    ],
)
def test_the_even_share_is_what_is_left_when_small_limits_are_filled(capacity, total, low, high) -> None:
    load = Load.of(np.array(capacity), total)
    assert (load.low[:3].tolist(), load.high[:3].tolist()) == (low, high)


def test_a_few_submissions_and_many_experts_are_one_part_of_experts_with_two_or_more() -> None:
    points = [[2] * 6 + [0] * 6 + [1] * 20] * 6
    inside = [[1] * 6 + [0] * 26] * 6
    found = match(a_table(points, k=3, inside=inside))
    loads = found.chosen.sum(axis=0)
    assert (found.components, found.missing.sum(), loads.sum()) == (1, 0, 18)
    assert (sorted(loads[loads > 0].tolist()), loads[6:12].sum()) == ([2] * 9, 0)
    assert (found.chosen & np.array(inside, dtype=bool)).sum(axis=1).max() <= 2


def test_what_is_assigned_already_stays_where_few_review_much() -> None:
    kept = [[0] * 19 + [1]] * 5 + [[0] * 20]
    found = match(a_table([[1] * 20] * 6, k=3, kept=kept))
    assert (found.components, found.missing.sum(), found.chosen[:, 19].tolist()) == (1, 0, [True] * 5 + [False])


def test_where_fewer_experts_would_leave_reviews_missing_nothing_is_joined() -> None:
    found = match(a_table([[1] * 9] * 4, k=2, capacity=1))
    assert (found.components, found.missing.sum(), found.chosen.sum(axis=0).max()) == (4, 0, 1)
