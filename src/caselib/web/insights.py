"""成效: the report's three figures, and what the library itself holds, as charts with their tables.

The report's numbers come from ``content`` (``insights/report-2022.yml`` and the taxonomy's effects), the library's from
one search. Nothing is worked out that the report does not give.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, render_template
from markupsafe import Markup

from caselib.content import Kind
from caselib.content import insights as figures
from caselib.content.figures import number
from caselib.content.insights import Change, Report
from caselib.search import Answer, FacetValue
from caselib.web import caching, listing
from caselib.web.charts import Axis, Bar, Pair, bars, dots
from caselib.web.filters import search_url
from caselib.web.parameters import TITLES
from caselib.web.rooms import readable, rooms

blueprint = Blueprint("insights", __name__)

SHOWN_BARS = 8
"""Values of a facet that are drawn; the table has all of them."""
PATHS = {"industry": "/industries/", "region": "/regions/", "problem": "/problems/", "effect": "", "year": ""}
"""The facets that are counted, and under what address each of their values has a page; empty if it has none."""


@dataclass(frozen=True)
class Block:
    """One figure of the page: its charts, each under its heading; its table, head and rows; what must be said about it."""

    name: str
    title: str
    charts: list[tuple[str, Markup]]
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    notes: list[str]


@dataclass(frozen=True)
class Counted:
    """How the cases spread over one facet: a chart of the largest, a table of ``(depth, name, address, count)``."""

    name: str
    title: str
    chart: Markup
    rows: list[tuple[int, str, str, int]]
    drawn: int


@blueprint.get("/insights")
def insights() -> Response:
    """The whole page."""
    report, _ = figures.load(rooms.store.root)
    return caching.page(lambda: _render(report), report)


def _render(report: Report) -> str:
    library = listing.find(per_page=1)
    cases = listing.find(kind=("case",), per_page=100)
    return render_template(
        "insights/insights.html",
        report=report,
        source=readable(Kind.PAGE, report.page),
        blocks=[changes(report), satisfaction(report), effects(report)],
        held={value.value: value.count for value in library.facets.get("kind", [])},
        samples=any(hit.sample for hit in cases.hits),
        counted=[counted(name, cases) for name in PATHS if cases.facets.get(name)],
    )


def changes(report: Report) -> Block:
    """Figure 1: shares as dots on one axis, numbers of firms as bars from zero."""
    entries = report.changes.entries
    ends = (f"{report.year - 1}年", f"{report.year}年")
    shares = [
        Pair(each.name, each.before, each.after) for each in entries if each.unit == "%" and each.before is not None
    ]
    axis = Axis.around([value for each in shares for value in (each.before, each.after)])
    drawn = [("", dots("figure-1", report.changes.title, shares, axis, unit="%", ends=ends))]
    numbers = [each for each in entries if each.unit != "%" and each.before is not None]
    drawn += [
        (each.name, bars(f"figure-1-{place}", each.name, list(_pair(each, ends)))) for place, each in enumerate(numbers)
    ]
    rows = [
        (each.name, _figure(each.before, each.unit), each.shown or _figure(each.after, each.unit)) for each in entries
    ]
    notes = [report.changes.note, f"比例的横轴从{axis.low}%起，以便看清差别。", *(each.note for each in entries)]
    return Block("changes", report.changes.title, drawn, ("项目", *ends), rows, list(filter(None, notes)))


def _pair(change: Change, ends: tuple[str, str]) -> Iterator[Bar]:
    if change.before is not None:
        yield Bar(ends[0], change.before, _figure(change.before, change.unit), tone="before")
    yield Bar(ends[1], change.after, change.shown or _figure(change.after, change.unit), tone="after")


def _figure(value: float | None, unit: str) -> str:
    return "报告未给出" if value is None else number(value) + unit


def satisfaction(report: Report) -> Block:
    """Figure 2."""
    given = report.satisfaction
    drawn = bars(
        "figure-2", given.title, [Bar(each.name, each.share, f"{each.share:.2f}%") for each in given.entries], full=100
    )
    rows = [(each.name, f"{each.share:.2f}%") for each in given.entries]
    return Block(
        "satisfaction", given.title, [("", drawn)], ("满意的方面", "占比"), rows, list(filter(None, [given.note]))
    )


def effects(report: Report) -> Block:
    """Figure 3, from the taxonomy: firms that reported each effect, and their share of the valid questionnaires."""
    terms = [each for each in rooms.store.taxonomy.effects.values() if each.share is not None]
    rows = [
        Bar(each.name, each.share or 0, f"{each.share:.2f}%", search_url("/cases/", effect=each.key)) for each in terms
    ]
    drawn = bars("figure-3", report.effects.title, rows, full=100)
    table = [(each.name, f"{each.firms}家" if each.firms else "", f"{each.share:.2f}%") for each in terms]
    notes = [f"占有效问卷{report.responses}份的比例。", report.effects.note]
    return Block(
        "effects", report.effects.title, [("", drawn)], ("提升成效", "企业数", "占比"), table, list(filter(None, notes))
    )


def counted(name: str, cases: Answer) -> Counted:
    """The cases by the values of one facet."""
    title, path = TITLES[name], PATHS[name]
    values = cases.facets[name]
    rows = [Bar(each.label, each.count, f"{each.count}篇", _address(name, path, each)) for each in values[:SHOWN_BARS]]
    chart = bars(f"count-{name}", f"案例按{title}的分布", rows)
    return Counted(name, title, chart, list(_flat(name, path, values)), len(rows))


def _address(name: str, path: str, value: FacetValue) -> str:
    return f"{path}{value.value}" if path else search_url("/cases/", **{name: value.value})


def _flat(name: str, path: str, values: Iterable[FacetValue], depth: int = 0) -> Iterator[tuple[int, str, str, int]]:
    for value in values:
        yield depth, value.label, _address(name, path, value), value.count
        yield from _flat(name, path, value.children, depth + 1)
