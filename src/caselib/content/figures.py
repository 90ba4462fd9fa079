"""The figures of a case, worded and scaled for drawing: 产品合格率 98.2% → 99.8%, 提高1.6个百分点.

The site's pages and the book word them alike. Bars begin at zero, so that their lengths say no more than the figures do.
"""

from dataclasses import dataclass
from decimal import Decimal

from caselib.content.models import Metric

FULL = 100.0
"""The length of a whole bar."""


def number(value: float) -> str:
    """Without needless zeros, with a real minus sign: 99.8, 25, −6."""
    return f"{round(value, 6):.10g}".replace("-", "−")


@dataclass(frozen=True)
class Drawn:
    """One metric: its words, and the lengths of its two bars between 0 and ``FULL``.

    ``before`` and ``after`` are empty where only the change is known: the bars then take the state before as the unit.
    ``bars`` is ``None`` where there is nothing to draw to scale.
    """

    name: str
    before: str
    after: str
    change: str
    bars: tuple[float, float] | None

    @property
    def short(self) -> str:
        """The figure in one line: ``98.2% → 99.8%``, or the change alone."""
        return f"{self.before} → {self.after}" if self.before else self.change


def draw(metric: Metric) -> Drawn:
    """How to show ``metric``."""
    if metric.before is None or metric.after is None:
        change = metric.change or 0.0
        bars = _bars(1.0, 1.0 + change / 100) if metric.unit == "%" else None
        return Drawn(metric.name, "", "", _worded(Decimal(str(change)), metric.unit), bars)
    difference = Decimal(str(metric.after)) - Decimal(str(metric.before))
    return Drawn(
        metric.name,
        number(metric.before) + metric.unit,
        number(metric.after) + metric.unit,
        _worded(difference, "个百分点" if metric.unit == "%" else metric.unit),
        _bars(metric.before, metric.after, share=metric.unit == "%"),
    )


def _bars(before: float, after: float, *, share: bool = False) -> tuple[float, float] | None:
    """Lengths from zero; a share fills the bar at 100, anything else at the larger of the two."""
    largest = max(before, after)
    if min(before, after) < 0 or largest <= 0:
        return None
    whole = FULL if share and largest <= FULL else largest
    return round(FULL * before / whole, 2), round(FULL * after / whole, 2)


def _worded(difference: Decimal, unit: str) -> str:
    if not difference:
        return "持平"
    return f"{'提高' if difference > 0 else '降低'}{number(abs(float(difference)))}{unit}"
