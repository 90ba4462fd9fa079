"""Charts as SVG that a server can write: horizontal bars, and dots for before → after.

Every chart has a ``<title>`` and a ``<desc>`` that says all its figures in words. Lengths are in ``rem`` and per cent, so
a chart follows the reader's letters and the width of the page without a script; colours are classes of ``charts.css``.
Nothing here knows what the figures mean.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Literal

from markupsafe import Markup

LABEL_EMS = 13
"""A label longer than this many Chinese characters takes a second line: what fits a phone in large letters."""
LINE = 1.6
BAR = 0.75
BAR_AREA = 62
"""The part of the width that bars may fill, in per cent; the figure stands in the rest."""
GAP = 0.75
EDGE = 6
"""Per cent kept free on both sides of an axis for half a label."""

_BREAKS = "、，；：及和与"


@dataclass(frozen=True)
class Bar:
    """One bar: its label, its length, the figure as shown, and where its label leads (nowhere if empty)."""

    label: str
    value: float
    shown: str
    href: str = ""
    tone: Literal["", "before", "after"] = ""


@dataclass(frozen=True)
class Pair:
    """One thing before and after."""

    label: str
    before: float
    after: float


@dataclass(frozen=True)
class Axis:
    """A scale from ``low`` to ``high`` with a mark at every ``step``."""

    low: int
    high: int
    step: int = 1

    @classmethod
    def around(cls, values: Sequence[float]) -> "Axis":
        """The shortest axis between whole numbers that holds every value."""
        low, high = floor(min(values, default=0)), ceil(max(values, default=0))
        return cls(low, max(high, low + 1), max(1, (high - low) // 5))

    def place(self, value: float) -> float:
        """Where ``value`` lies, in per cent of the width."""
        return round(EDGE + (100 - 2 * EDGE) * (value - self.low) / (self.high - self.low), 2)

    @property
    def marks(self) -> list[int]:
        """The values that are marked."""
        return list(range(self.low, self.high + 1, self.step))


def bars(name: str, title: str, rows: Sequence[Bar], *, full: float = 0) -> Markup:
    """A horizontal bar for every row, from zero.

    Args:
        name: distinguishes this chart's ids from those of others on the page.
        title: what the chart shows.
        rows: in the order to draw.
        full: the value of a whole, drawn behind each bar; without it the largest fills the width.
    """
    most = full or max((row.value for row in rows), default=0) or 1
    parts, top = [], 0.0
    for row in rows:
        drawn, height = _bar(row, top, most, bool(full))
        parts.append(drawn)
        top += height
    said = "；".join(f"{row.label}，{row.shown}" for row in rows)
    linked = any(row.href for row in rows)
    return _chart(name, title, f"{said}。" if said else "", top, parts, role="group" if linked else "img")


def _bar(row: Bar, top: float, full: float, bed: bool) -> tuple[Markup, float]:
    lines = wrap(row.label)
    middle = top + LINE * len(lines) + BAR / 2
    length = round(BAR_AREA * min(1, max(0, row.value / full)), 2)
    label = _lines(lines, top)
    if row.href:
        label = Markup('<a href="{}">{}</a>').format(row.href, label)
    drawn = Markup(
        '<g class="{}">{}{}{}<text class="value" x="{:g}%" y="{}rem" dx=".6em" dy=".36em">{}</text></g>'
    ).format(
        f"row {row.tone}".strip(),
        label,
        _rect("bed", middle, BAR_AREA) if bed else "",
        _rect("bar", middle, length),
        BAR_AREA if bed else length,
        _rem(middle),
        row.shown,
    )
    return drawn, LINE * len(lines) + BAR + GAP


def _rect(kind: str, middle: float, length: float) -> Markup:
    return Markup('<rect class="{}" y="{}rem" width="{:g}%" height="{}rem"/>').format(
        kind, _rem(middle - BAR / 2), length, BAR
    )


def dots(name: str, title: str, rows: Sequence[Pair], axis: Axis, *, unit: str, ends: tuple[str, str]) -> Markup:
    """Two dots and the line between them for every row, on an axis that need not begin at zero.

    Args:
        name: distinguishes this chart's ids from those of others on the page.
        title: what the chart shows.
        rows: in the order to draw.
        axis: the scale.
        unit: written after every figure.
        ends: what the first and the second dot are, for example ``("2021年", "2022年")``.
    """
    parts, top = [_legend(ends)], LINE + GAP
    for row in rows:
        drawn, height = _dots(row, top, axis, unit)
        parts.append(drawn)
        top += height
    parts.append(_scale(axis, top, unit))
    said = "；".join(f"{row.label}，{ends[0]}{row.before:g}{unit}，{ends[1]}{row.after:g}{unit}" for row in rows)
    return _chart(name, title, f"{said}。横轴从{axis.low}{unit}到{axis.high}{unit}。", top + LINE + 0.4, parts)


def _legend(ends: tuple[str, str]) -> Markup:
    return Markup(
        '<g class="legend"><circle class="before" cx=".5rem" cy=".8rem" r=".36rem"/><text class="value" x="1.2rem" y=".8rem" dy=".36em">{}</text>'
        '<circle class="after" cx="6.1rem" cy=".8rem" r=".42rem"/><text class="value" x="6.8rem" y=".8rem" dy=".36em">{}</text></g>'
    ).format(*ends)


def _dots(row: Pair, top: float, axis: Axis, unit: str) -> tuple[Markup, float]:
    lines = wrap(row.label)
    middle = top + LINE * len(lines) + 1.9
    first, second = axis.place(row.before), axis.place(row.after)
    marks = Markup("").join(
        Markup('<line class="mark" x1="{0}%" x2="{0}%" y1="{1}rem" y2="{2}rem"/>').format(
            axis.place(value), _rem(middle - 0.3), _rem(middle + 0.3)
        )
        for value in axis.marks
    )
    drawn = Markup(
        '<g>{0}<line class="axis" x1="{1}%" x2="{2}%" y1="{3}rem" y2="{3}rem"/>{4}<line class="change" x1="{5}%" x2="{6}%" y1="{3}rem" y2="{3}rem"/>'
        '<circle class="before" cx="{5}%" cy="{3}rem" r=".36rem"/><circle class="after" cx="{6}%" cy="{3}rem" r=".42rem"/>'
        '<text class="value middle" x="{5}%" y="{7}rem">{8}</text><text class="value middle after" x="{6}%" y="{9}rem">{10}</text></g>'
    ).format(
        _lines(lines, top), EDGE, 100 - EDGE, _rem(middle), marks, first, second,
        _rem(middle + 1.5), f"{row.before:g}{unit}", _rem(middle - 0.75), f"{row.after:g}{unit}",
    )  # fmt: skip
    return drawn, LINE * len(lines) + 3.6 + GAP


def _scale(axis: Axis, top: float, unit: str) -> Markup:
    return Markup("").join(
        Markup('<text class="value middle" x="{}%" y="{}rem">{}</text>').format(
            axis.place(value), _rem(top + 1), f"{value}{unit}"
        )
        for value in axis.marks
    )


def _lines(lines: Iterable[str], top: float) -> Markup:
    return Markup("").join(
        Markup('<text class="label" y="{}rem">{}</text>').format(_rem(top + LINE * number + 1.1), line)
        for number, line in enumerate(lines)
    )


def _chart(name: str, title: str, said: str, height: float, parts: Iterable[Markup], role: str = "img") -> Markup:
    return Markup(
        '<svg class="chart" xmlns="http://www.w3.org/2000/svg" role="{1}" aria-labelledby="{0}-title" aria-describedby="{0}-desc" '
        'width="100%" height="{2}rem"><title id="{0}-title">{3}</title><desc id="{0}-desc">{4}</desc>{5}</svg>'
    ).format(name, role, _rem(height), title, said, Markup("").join(parts))


def wrap(text: str) -> list[str]:
    """``text`` in lines of at most ``LABEL_EMS`` Chinese characters (a Latin one counts half).

    Cut after 、 or 和 where that leaves half a line, and never before a last lone character.
    """
    lines = []
    while width(text) > LABEL_EMS:
        fits = next(end for end in range(len(text) - 1, 0, -1) if width(text[:end]) <= LABEL_EMS or end == 1)
        if fits == len(text) - 1 > 1:
            fits -= 1
        cut = max((end for end in range(fits // 2, fits + 1) if end and text[end - 1] in _BREAKS), default=fits)
        lines.append(text[:cut])
        text = text[cut:]
    return [*lines, text]


def width(text: str) -> float:
    """How wide ``text`` is, in Chinese characters."""
    return sum(0.55 if ord(each) < 0x2000 else 1 for each in text)


def _rem(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.4g}"
