"""Simulated review rounds with known truth: how many of the truly best 25 of 142 each method finds.

32 experts who differ in harshness and noise; the same seeds for every setting and method. ``BENCH_ROUNDS`` sets how many
rounds (200). ``python -m bench.rounds`` prints the table alone.
"""

import os
from dataclasses import dataclass, replace

import numpy as np

from bench.__main__ import table
from bench.deciding import a_roster
from caselib.review.assignment import assign
from caselib.review.rounds import Round
from caselib.review.scoring import METHODS, estimate

TITLE = "Rounds with known truth: how many of the true best 25 of 142 are found (mean ± standard error)"
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "200"))
SUBMISSIONS, EXPERTS, PICKED = 142, 32, 25
PANELS = 4


@dataclass(frozen=True)
class World:
    """How totals come about; standard deviations in points of 100.

    Attributes:
        design: who reviews what: ``random`` (balanced), ``assigned`` (a plan of ours), or ``closed`` (panels of 8
            experts who see nothing else).
        noise: least and most of an expert's noise, drawn evenly between.
        wild: share of totals replaced by a draw from 0 to 100.
        wild_experts: experts all of whose totals are drawn from 30 to 100.
        step: totals are rounded to a multiple of this.
        uneven: two to five reviews in place of ``k``.
    """

    name: str
    design: str = "random"
    k: int = 3
    merit: float = 6
    harsh: float = 6
    noise: tuple[float, float] = (2, 8)
    wild: float = 0
    wild_experts: int = 0
    step: float = 0
    uneven: bool = False


def worlds() -> list[World]:
    usual = [
        World(f"{design}, k = {k}{', 5 % wild' if wild else ''}", design, k, wild=wild)
        for design in ("random", "assigned", "closed")
        for k in (3, 5)
        for wild in (0, 0.05)
    ]
    alike = World("experts all alike", harsh=0, noise=(5, 5))
    others = [
        alike,
        replace(alike, name="experts all alike, 5 % wild", wild=0.05),
        World("one noise, harshness differs", noise=(5, 5)),
        World("heavy harshness (15)", harsh=15),
        World("two experts wild", wild_experts=2),
        World("scores in steps of 5", step=5),
        World("two to five reviews", uneven=True),
        World("two to five reviews, 5 % wild", uneven=True, wild=0.05),
        World("merits close (3)", merit=3),
        World("merits close (3), 5 % wild", merit=3, wild=0.05),
        World("k = 2", k=2),
        World("10 % wild", wild=0.1),
    ]
    return usual + others


def run() -> list[dict[str, object]]:
    """One row for each world."""
    return [_row(world) for world in worlds()]


def _row(world: World) -> dict[str, object]:
    found = np.array([_overlaps(world, seed) for seed in range(ROUNDS)])
    names = list(METHODS)
    best = int(found[:, :-1].mean(axis=0).argmax())
    row: dict[str, object] = {"round": world.name}
    row |= {name: _figure(found[:, j]) for j, name in enumerate(names)}
    row["best other"] = names[best]
    row["robust − best other"] = _figure(found[:, -1] - found[:, best], sign="+")
    row["robust − trimmed"] = _figure(found[:, -1] - found[:, names.index("trimmed")], sign="+")
    return row


def _figure(values: np.ndarray, sign: str = "") -> str:
    return f"{values.mean():{sign}.2f} ± {values.std(ddof=1) / np.sqrt(len(values)):.2f}"


def _overlaps(world: World, seed: int) -> list[int]:
    merit, round_ = simulate(world, np.random.default_rng([seed, 7]))
    true = set(_best(merit))
    return [len(true & set(_best(estimate(round_, name).value))) for name in METHODS]


def _best(values: np.ndarray) -> list[int]:
    return [int(place) for place in np.argsort(-values, kind="stable")[:PICKED]]


def simulate(world: World, rng: np.random.Generator) -> tuple[np.ndarray, Round]:
    """True merits, and the round they gave."""
    merit, harshness = rng.normal(75, world.merit, SUBMISSIONS), rng.normal(0, world.harsh, EXPERTS)
    spread = rng.uniform(*world.noise, EXPERTS)
    submission, expert = _design(world, rng)
    total = merit[submission] + harshness[expert] + rng.normal(0, 1, len(submission)) * spread[expert]
    wild = rng.random(len(total)) < world.wild
    total[wild] = rng.uniform(0, 100, int(wild.sum()))
    unsound = expert < world.wild_experts
    total[unsound] = rng.uniform(30, 100, int(unsound.sum()))
    total = np.clip(total, 0, 100)
    if world.step:
        total = np.round(total / world.step) * world.step
    return merit, Round(SUBMISSIONS, EXPERTS, submission, expert, total)


_assigned: dict[int, tuple[np.ndarray, np.ndarray]] = {}


def _design(world: World, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    if world.design == "assigned":
        if world.k not in _assigned:
            _assigned[world.k] = _plan(world.k)
        return _assigned[world.k]
    load, chosen = np.zeros(EXPERTS), []
    for i in rng.permutation(SUBMISSIONS).tolist():
        pool = np.arange(EXPERTS)
        if world.design == "closed":
            pool = pool[pool % PANELS == i % PANELS]
        k = int(rng.integers(2, 6)) if world.uneven else world.k
        experts = pool[np.lexsort((rng.random(len(pool)), load[pool]))][:k]
        load[experts] += 1
        chosen += [(i, j) for j in experts.tolist()]
    pairs = np.array(sorted(chosen))
    return pairs[:, 0], pairs[:, 1]


def _plan(k: int) -> tuple[np.ndarray, np.ndarray]:
    roster = a_roster(SUBMISSIONS, EXPERTS, k)
    pairs = [(roster.row[pair.submission], roster.column[pair.expert]) for pair in assign(roster).pairs]
    columns = np.array(pairs, dtype=np.intp).T
    return columns[0], columns[1]


if __name__ == "__main__":
    print(table(run()))
