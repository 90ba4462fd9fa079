"""Assignment and selection at the size of a real round and far beyond, seconds of wall time.

``BENCH_LARGE=0`` leaves the large ones out.
"""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from bench.__main__ import table
from caselib.publishing.decision import parse
from caselib.publishing.outcome import decide, totals
from caselib.publishing.selection import Mandate, pick
from caselib.review.assignment import assign
from caselib.review.conflicts import Conflict, Kind, Submission, find
from caselib.review.design import check
from caselib.review.roster import Expert, Roster, Rules
from caselib.review.scoring import estimate

TITLE = "Deciding: assignment, figures and selection, seconds"
PROVINCES = [f"{code}0000" for code in (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45)]
PROVINCES += [f"{code}0000" for code in (50, 51, 52, 53, 61, 62, 63, 64, 65)]
DIVISIONS = [f"C{code}" for code in range(13, 44)]
DIVISIONS += ["A01", "A03", "E47", "F51", "F52", "G54", "H61", "I65", "L72", "M74", "N77", "O80"]
NOW = datetime(2023, 3, 1, tzinfo=UTC)


def a_roster(n: int, m: int, k: int, seed: int = 0) -> Roster:
    """Submissions over 29 provinces, 71 % in manufacturing; experts with one to three divisions and their conflicts."""
    rng = np.random.default_rng(seed)
    share = np.where(np.char.startswith(DIVISIONS, "C"), rng.gamma(1, 1, len(DIVISIONS)), 1.0)
    made = np.char.startswith(DIVISIONS, "C")
    share = np.where(made, 0.71 * share / share[made].sum(), 0.29 / (~made).sum())
    panel = {code: f"panel {k // 8}" for k, code in enumerate(DIVISIONS)}
    size = rng.gamma(2, 1, len(PROVINCES))
    submissions = [
        Submission(
            f"s{i:05d}",
            region=str(rng.choice(PROVINCES, p=size / size.sum())),
            industry=(code,),
            certifier=f"body {rng.integers(40)}",
            panel=panel[code],
        )
        for i, code in enumerate(rng.choice(DIVISIONS, n, p=share).tolist())
    ]
    experts = []
    for j in range(m):
        known = rng.choice(DIVISIONS, rng.integers(1, 4), replace=False, p=share).tolist()
        body = f"body {rng.integers(40)}" if rng.random() < 0.4 else ""
        province = str(rng.choice(PROVINCES))
        experts.append(
            Expert(
                f"e{j:03d}",
                province=province,
                certifier=body,
                industries=tuple(known),
                panel=panel[known[0]],
            )
        )
    return Roster(submissions, experts, find(submissions, experts), Rules(reviews=k))


def a_decision(n: int, m: int, size: int, quotas: list[dict[str, Any]]) -> dict[str, Any]:
    """A decision file for a simulated round of three reviews each."""
    rng = np.random.default_rng(0)
    merit, harsh = rng.normal(75, 6, n), rng.normal(0, 6, m)
    roster = a_roster(n, 1, 1)
    return {
        "format": "caselib-decision/1",
        "size": size,
        "method": "robust",
        "rubric": [{"key": "whole", "max": 100, "weight": 1}],
        "submissions": [
            {"id": s.id, "region": s.region, "industry": list(s.industry), "firm_size": ("小型", "微型")[i % 2]}
            for i, s in enumerate(roster.submissions)
        ],
        "scores": [
            {
                "submission": s.id,
                "expert": f"e{j}",
                "criterion": "whole",
                "score": round(float(np.clip(merit[i] + harsh[j] + rng.normal(0, 5), 0, 100)), 1),
            }
            for i, s in enumerate(roster.submissions)
            for j in rng.choice(m, 3, replace=False).tolist()
        ],
        "quotas": quotas,
    }


def _quotas(size: int) -> list[dict[str, Any]]:
    """Two of 25 at most for a province and an industry, bounds on manufacturing, a minimum of micro firms."""
    return [
        {"attribute": "province", "max": max(2, size // 16)},
        {"attribute": "industry_letter", "value": "C", "min": size * 2 // 5, "max": size * 16 // 25},
        {"attribute": "firm_size", "value": "微型", "min": size // 3},
        {"attribute": "industry", "max": max(2, size // 25)},
    ]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def run() -> list[dict[str, object]]:
    """One row for each thing measured."""
    sizes = [(142, 32, 25)] + [(5000, 500, 0), (10_000, 500, 500)] * (os.environ.get("BENCH_LARGE") != "0")
    rows: list[dict[str, object]] = []
    for n, m, size in sizes:
        if n <= 5000:
            rows += _assigning(n, m)
        if size:
            rows += _selecting(n, m, size)
    return rows


def _assigning(n: int, m: int) -> list[dict[str, object]]:
    roster = a_roster(n, m, 3)
    what = f"{n} × {m} × 3"
    seconds, plan = timed(lambda: assign(roster))
    looked, design = timed(lambda: check(plan))
    gone = plan.pairs[0]
    tie = Conflict(gone.submission, gone.expert, Kind.DECLARED, "tie", NOW)
    again, after = timed(lambda: assign(replace(roster, conflicts=[*roster.conflicts, tie]), existing=plan.ids))
    loads = f"loads {design.least_load}–{design.most_load}"
    found = f"gap {plan.gap:.4f}, parts {plan.components}, {loads}, score {plan.score}"
    return [
        {"what": f"assign {what}", "seconds": seconds, "result": found},
        {"what": f"design check {what}", "seconds": looked, "result": f"expected standard error {design.mean_se:.2f}"},
        {"what": f"assign again after a recusal {what}", "seconds": again, "result": f"{len(after.added)} changed"},
    ]


def _selecting(n: int, m: int, size: int) -> list[dict[str, object]]:
    decision = parse(a_decision(n, m, size, _quotas(size)))
    round_, _ = totals(decision)
    scored, figures = timed(lambda: np.round(estimate(round_, "robust").value, 6))
    order = np.argsort(-figures, kind="stable").tolist()
    mandate = Mandate(size, decision.submissions, order, decision.quotas)
    picked, _ = timed(lambda: pick(mandate, figures))
    whole, outcome = timed(lambda: decide(decision))
    return [
        {"what": f"robust figures of {n} × {m}", "seconds": scored},
        {
            "what": f"pick {size} of {n} under quotas",
            "seconds": picked,
            "result": f"{len(outcome.swaps)} off plain rank",
        },
        {"what": f"whole outcome {size} of {n}, p_selected too", "seconds": whole},
    ]


if __name__ == "__main__":
    print(table(run()))
