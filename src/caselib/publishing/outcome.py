"""From a decision file to ranking, pick, explanations and probabilities, the same figures on every machine.

Figures are rounded to six decimals before anything is compared, so that the last bits of a processor's arithmetic
decide nothing. Resampling draws from a generator whose stream NumPy has frozen, seeded by what decides in the file.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from caselib.canonical import canonical_json
from caselib.errors import CaselibError
from caselib.publishing.decision import Decision, Submission, fingerprint
from caselib.publishing.selection import Mandate, QuotaBound, best_sum, pick, pick_each
from caselib.review import scoring
from caselib.review.calibration import TINY
from caselib.review.rounds import Round
from caselib.review.rulebook import ATTRIBUTE_NAMES, Called, Quota
from caselib.review.scoring import Method

Floats = NDArray[np.float64]
Counted = tuple[Round, list[str]]
"""What :func:`totals` gives."""
DECIMALS = 6
DRAWS = 200
"""Resamples behind ``p_selected``, which is then good to 0.035; a fifth for rounds of more than a thousand submissions."""
NO_DOUBT = TINY**0.5
"""Standard errors up to this come from the floor under the robust fit's variances, and say nothing of the experts."""

_DECISIVE: Any = {
    **dict.fromkeys(("scores", "quotas", "size"), True),
    "submissions": {"__all__": {"id"}},
    "recusals": {"__all__": {"submission", "expert"}},
    "include": {"__all__": {"submission"}},
    "exclude": {"__all__": {"submission"}},
}


@dataclass(frozen=True)
class RankedSubmission:
    """One submission's place in the ranking; figures are points of 100, None where there is none."""

    id: str
    reviews: int
    raw_mean: float | None
    trimmed_mean: float | None
    calibrated: float | None
    se: float | None
    p_selected: float | None
    selected: bool


class Ground(NamedTuple):
    """Why one is in and another out: what somebody decided, in their ``words``, or a ``quota`` with how many have its ``value``."""

    words: str = ""
    quota: Quota | None = None
    value: str = ""
    having: int = 0
    full: bool = False

    def described(self, called: Called = str) -> str:
        """The ground in words; those of people are left as they are."""
        if self.quota is None:
            return self.words
        who, quota = self.quota.of(self.value, called), self.quota.described(called)
        if self.full:
            return f"{who}已有 {self.having} 篇，达到上限（{quota}）"
        return f"{who}须有 {self.having} 篇才够下限（{quota}）"


@dataclass(frozen=True)
class Swap:
    """A departure from plain rank: ``out`` would have been picked by rank, ``in_`` took the place."""

    out: str
    in_: str
    grounds: tuple[Ground, ...]

    @property
    def because(self) -> str:
        """Every rule that stands against the plain order of these two, in words and codes."""
        return self.described()

    def described(self, called: Called = str) -> str:
        """The same with names for codes."""
        return "；".join(ground.described(called) for ground in self.grounds) or "在全部名额约束下，这样换总分最高"


@dataclass(frozen=True)
class QuotaCost:
    """Points of the method's figure, summed over the pick, that one quota costs: what dropping it alone would gain."""

    quota: Quota
    cost: float


@dataclass(frozen=True)
class Outcome:
    """Everything ``select`` says."""

    method: Method
    components: int
    identifiable: bool
    ranking: tuple[RankedSubmission, ...]
    selected: tuple[str, ...]
    swaps: tuple[Swap, ...]
    total_cost: float
    quota_costs: tuple[QuotaCost, ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The answer in the contract's words."""
        return {
            "method": self.method,
            "graph": {"components": self.components, "identifiable": self.identifiable},
            "ranking": [asdict(line) for line in self.ranking],
            "selected": list(self.selected),
            "swaps": [{"out": s.out, "in": s.in_, "because": s.because} for s in self.swaps],
            "quota_cost": {
                "total": self.total_cost,
                "quotas": [{"quota": str(c.quota), "cost": c.cost} for c in self.quota_costs],
            },
            "notes": list(self.notes),
        }


def decide(decision: Decision, method: Method | None = None) -> Outcome:
    """Rank and pick.

    Raises:
        Infeasible: the quotas collide; the error names those that do.
        CaselibError: there is nothing to rank.
    """
    return _Evaluation(decision, method or decision.method).outcome()


def picked(decision: Decision, method: Method, counted: Counted | None = None) -> tuple[str, ...]:
    """The pick alone, in the order of rank, without what explains it: some hundred times quicker.

    Args:
        counted: the file's totals, for who asks for one method after another.

    Raises:
        Infeasible: the quotas collide.
        CaselibError: there is nothing to rank.
    """
    evaluation = _Evaluation(decision, method, counted)
    return tuple(evaluation.ids[i] for i in pick(evaluation.mandate, evaluation.known))


def mandate_of(decision: Decision) -> Mandate:
    """What is to be picked, from what, and what must hold of it."""
    return _Evaluation(decision, decision.method).mandate


def totals(decision: Decision) -> Counted:
    """The totals of each review in the file, without recused experts, and notes on what was left out."""
    index = {s.id: i for i, s in enumerate(decision.submissions)}
    weights = {c.key: c.weight for c in decision.rubric}
    maxima = {c.key: c.max for c in decision.rubric}
    recused = {(r.submission, r.expert) for r in decision.recusals}
    reviews: dict[tuple[str, str], dict[str, float]] = {}
    for score in decision.scores:
        if score.score is not None:
            reviews.setdefault((score.submission, score.expert), {})[score.criterion] = score.score
    dropped = sorted(set(reviews) & recused)
    counted = {
        pair: value
        for pair, scores in sorted(reviews.items())
        if pair not in recused and (value := scoring.total(scores, weights, maxima)) is not None
    }
    experts = {name: j for j, name in enumerate(sorted({expert for _, expert in counted}))}
    round_ = Round(
        size=len(index),
        experts=len(experts),
        submission=np.array([index[s] for s, _ in counted], dtype=np.intp),
        expert=np.array([experts[e] for _, e in counted], dtype=np.intp),
        total=np.array(list(counted.values()), dtype=float),
    )
    return round_, [f"专家 {e} 已回避 {s}，其评分不计入。" for s, e in dropped]


class _Evaluation:
    def __init__(self, decision: Decision, method: Method, counted: Counted | None = None) -> None:
        self.decision, self.method = decision, method
        self.submissions: Sequence[Submission] = decision.submissions
        self.ids = [s.id for s in self.submissions]
        self.round, notes = counted or totals(decision)
        quotas = Counter(decision.quotas)
        self.quotas = tuple(quotas)
        twice = [f"名额约束“{quota}”写了 {count} 次，按一次计算。" for quota, count in quotas.items() if count > 1]
        self.notes = [*decision.unknown_keys(), *twice, *notes]
        if not len(self.round.total):
            raise CaselibError("决定文件里没有一份可以计入的评分。", "请在评审结束后重新导出。")
        self.estimate = scoring.estimate(self.round, method)
        self.figure, self.se = np.round(self.estimate.value, DECIMALS), np.round(self.estimate.se, DECIMALS)
        self.raw = np.round(self.round.mean, DECIMALS)
        self.trimmed = np.round(scoring.trimmed_mean(self.round).value, DECIMALS)
        if method in scoring.CALIBRATED and not self.round.identifiable:
            self.notes.append("评审关系不足以区分专家宽严，已改用原始平均分。")

    @cached_property
    def order(self) -> list[int]:
        """Plain rank: the figure, then the tie rule, then the smaller id; submissions without a review last."""
        keys = {
            "calibrated": self.figure,
            "raw_mean": self.raw,
            "trimmed_mean": self.trimmed,
            "reviews": self.round.reviews.astype(float),
        }
        rule = ["calibrated", *self.decision.tie_rule, "id"]

        def key(i: int) -> list[Any]:
            return [self.ids[i] if name == "id" else _descending(keys[name][i]) for name in rule]

        return sorted(range(len(self.ids)), key=key)

    @cached_property
    def mandate(self) -> Mandate:
        index = {identifier: i for i, identifier in enumerate(self.ids)}
        fixed = dict.fromkeys(np.flatnonzero(self.round.reviews == 0).tolist(), False)
        fixed |= {index[c.submission]: True for c in self.decision.include}
        fixed |= {index[c.submission]: False for c in self.decision.exclude}
        return Mandate(self.decision.size, self.submissions, self.order, self.quotas, fixed)

    @cached_property
    def known(self) -> Floats:
        """The figure with the lowest in place of none, for must-include submissions nobody reviewed."""
        return np.where(np.isnan(self.figure), np.nanmin(self.figure), self.figure)

    def outcome(self) -> Outcome:
        chosen = pick(self.mandate, self.known)
        inside = set(chosen)
        probability = self._probabilities(chosen)
        notes = [*self.notes, *self._unreviewed(), *self._silent()]
        lines = tuple(
            RankedSubmission(
                self.ids[i],
                int(self.round.reviews[i]),
                _figure(self.raw[i]),
                _figure(self.trimmed[i]),
                _figure(self.figure[i]),
                _figure(self.se[i]),
                _figure(probability[i]),
                i in inside,
            )
            for i in self.order
        )
        total_cost, costs = self._costs(chosen)
        return Outcome(
            method=self.method,
            components=self.round.components,
            identifiable=self.round.identifiable,
            ranking=lines,
            selected=tuple(self.ids[i] for i in chosen),
            swaps=tuple(self._swaps(chosen)),
            total_cost=total_cost,
            quota_costs=costs,
            notes=tuple(notes),
        )

    def _unreviewed(self) -> Iterator[str]:
        """Who has no figure: left out, unless it must be in."""
        there = [int(i) for i in np.flatnonzero(self.round.reviews == 0)]
        musts = sorted(self.ids[i] for i in there if self.mandate.fixed[i])
        if left := len(there) - len(musts):
            yield f"{left} 份申报没有评审结果，不参与排名遴选。"
        if musts:
            yield f"{len(musts)} 份申报没有评审结果，按决定入选：{'、'.join(musts)}。"

    def _silent(self) -> Iterator[str]:
        """Who does not state what a quota counts, and so counts for none of its values."""
        for attribute, name in ATTRIBUTE_NAMES.items():
            if any(quota.attribute == attribute for quota in self.quotas):
                count = sum(not submission.values(attribute) for submission in self.submissions)
                if count:
                    yield f"{count} 份申报没有填写{name}，不计入按{name}设的名额。"

    def _costs(self, chosen: Sequence[int]) -> tuple[float, tuple[QuotaCost, ...]]:
        now = float(self.known[list(chosen)].sum())

        def cost(kept: Sequence[Quota]) -> float:
            return round(max(best_sum(self.mandate, self.known, kept) - now, 0.0), DECIMALS)

        return cost(()), tuple(QuotaCost(each, cost([q for q in self.quotas if q is not each])) for each in self.quotas)

    def _swaps(self, chosen: Sequence[int]) -> list[Swap]:
        inside = set(chosen)
        by_rank = [i for i in self.order if self.round.reviews[i] > 0][: self.decision.size]
        outs = [i for i in by_rank if i not in inside]
        ins = [i for i in chosen if i not in set(by_rank)]
        rows = self.mandate.rows()
        return [
            Swap(self.ids[out], self.ids[in_], tuple(self._grounds(out, in_, rows, inside)))
            for out, in_ in zip(outs, ins, strict=False)
        ]

    def _grounds(self, out: int, in_: int, rows: Sequence[QuotaBound], inside: set[int]) -> Iterator[Ground]:
        """Every rule that stands against the plain order of these two."""
        yield from self._choice(self.decision.exclude, out, "按决定不入选")
        yield from self._choice(self.decision.include, in_, "按决定必须入选")
        for row in rows:
            count = int(row.members[list(inside)].sum())
            if row.members[out] and not row.members[in_] and count >= row.high:
                yield Ground(quota=row.quota, value=row.value, having=count, full=True)
            if row.members[in_] and not row.members[out] and count <= row.low:
                yield Ground(quota=row.quota, value=row.value, having=count)

    def _choice(self, choices: Sequence[Any], i: int, what: str) -> Iterator[Ground]:
        for choice in choices:
            if choice.submission == self.ids[i]:
                yield Ground(f"{choice.submission}{what}" + (f"：{choice.reason}" if choice.reason else ""))

    def _probabilities(self, chosen: Sequence[int]) -> Floats:
        """Share of resamples, all figures drawn together from a normal around them, in which a submission is picked.

        Where every expert agrees there is nothing to draw: the pick, which breaks ties as drawn figures need not, is certain.
        """
        if np.isnan(self.se[self.round.reviews > 0]).any():
            return np.full(len(self.ids), np.nan)
        own, shared = np.round(np.nan_to_num(self.estimate.own), DECIMALS), self.estimate.apart
        if np.sqrt(own**2 + (shared**2).sum(axis=1)).max() <= NO_DOUBT:
            return np.isin(np.arange(len(self.ids)), chosen).astype(float)
        seed = int(fingerprint(_decisive(self.decision, self.method))[:8], 16)
        stream = np.random.RandomState(seed)
        draws = DRAWS if len(self.ids) <= 1000 else DRAWS // 5
        drawn = self.known + own * stream.standard_normal((draws, len(own)))
        drawn += stream.standard_normal((draws, shared.shape[1])) @ shared.T
        return np.asarray(pick_each(self.mandate, np.round(drawn, DECIMALS)).mean(axis=0))


def _decisive(decision: Decision, method: Method) -> dict[str, Any]:
    """What seeds the draws: what decides, in a fixed order, and no titles, names or reasons.

    So a corrected word and a moved line move no figure.
    """
    parts = decision.model_dump(mode="json", include=_DECISIVE) | {"method": method}
    return {key: sorted(part, key=canonical_json) if isinstance(part, list) else part for key, part in parts.items()}


def _descending(value: float) -> tuple[bool, float]:
    return (True, 0.0) if np.isnan(value) else (False, -float(value))


def _figure(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


_ITS_OWN = ("reviews", "raw_mean", "trimmed_mean")
_DRAWN = "p_selected"
"""Not compared: its draws, unlike what decides, may change from version to version."""


def differences(decision: Decision, outcome: Outcome) -> list[str]:
    """What the file records and the computation does not give, in words; empty when both agree.

    ``p_selected``, an estimate from random draws that decides nothing, is not compared.

    Raises:
        CaselibError: the file records no result to compare with.
    """
    if decision.selected is None:
        raise CaselibError(
            "决定文件没有记录入选名单（selected），无从复核。",
            "请用编辑台导出的已决定文件，或改用 caselib select。",
        )
    said = [f"“{i}”记录为入选，重算未入选。" for i in decision.selected if i not in outcome.selected]
    said += [f"“{i}”重算入选，记录中没有。" for i in outcome.selected if i not in decision.selected]
    if not said and tuple(decision.selected) != outcome.selected:
        said.append("入选名单相同，次序不同。")
    if decision.ranking is not None:
        said += _ranking_differences(decision.ranking, outcome)
    return said


def _ranking_differences(recorded: Sequence[dict[str, Any]], outcome: Outcome) -> Iterator[str]:
    """Submission by submission; first the figures that hang on its own scores alone, which show where scores differ."""
    old, new = _by_id(recorded), _by_id(outcome.as_json()["ranking"])
    if len(recorded) != len(new):
        yield f"排名记录 {len(recorded)} 行，重算 {len(new)} 行。"
    yield from (f"“{i}”重算有名次，记录中没有。" for i in new if i not in old)
    yield from (f"“{i}”记录了名次，重算没有。" for i in old if i not in new)
    both = [(i, old[i], new[i]) for i in new if i in old]
    keys = dict.fromkeys((*_ITS_OWN, "名次", *(key for _, *lines in both for line in lines for key in line)))
    for key in (key for key in keys if key != _DRAWN):
        for i, was, is_ in both:
            if was.get(key) != is_.get(key):
                yield f"“{i}”的 {key}：记录 {was.get(key)}，重算 {is_.get(key)}。"


def _by_id(lines: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {str(line.get("id")): {"名次": place, **line} for place, line in enumerate(lines, start=1)}
