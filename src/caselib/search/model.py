"""What the search room is asked and what it answers: plain frozen data, no index in sight.

Nothing here may import NumPy, Whoosh or jieba.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

FACETS = ("kind", "industry", "region", "year", "batch", "problem", "effect", "measure", "firm_size", "guide")
"""What can be filtered by, and counted; the values of ``TREES`` nest."""

TREES = ("industry", "region")


@dataclass(frozen=True)
class SearchQuery:
    """One question. Filters: any value inside one, all of them together; codes above cover those below."""

    q: str = ""
    kind: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    year: tuple[int, ...] = ()
    batch: tuple[int, ...] = ()
    problem: tuple[str, ...] = ()
    effect: tuple[str, ...] = ()
    measure: tuple[str, ...] = ()
    firm_size: tuple[str, ...] = ()
    guide: tuple[str, ...] = ()
    sort: Literal["relevance", "newest"] = "relevance"
    page: int = 1
    per_page: int = 10


class Hit(NamedTuple):
    """One document found; the last four fields depend on what was asked. ``snippet_html`` and ``title_html`` are escaped and hold no
    tag but ``<mark>``.

    ``anchor`` is the section of the best passage (may be empty); ``updated`` is the file's time, ISO 8601 in UTC.
    ``figure`` is the one metric of a case that is worth showing, as the fields of :class:`caselib.content.Metric` that it has.
    """

    kind: str
    slug: str
    url: str
    title: str
    summary: str
    industry: Sequence[str] = ()
    region: str | None = None
    year: int | None = None
    batch: int | None = None
    problems: Sequence[str] = ()
    effects: Sequence[str] = ()
    firm: str = ""
    firm_size: str | None = None
    published: str | None = None
    sample: bool = False
    updated: str = ""
    figure: dict[str, Any] | None = None
    title_html: str = ""
    snippet_html: str = ""
    score: float = 0.0
    anchor: str = ""


class FacetValue(NamedTuple):
    """One value of a facet, how many documents choosing it would give, and the values below it, which have none below them."""

    value: str
    label: str
    count: int  # type: ignore[assignment]  # tuples have a method of this name, which nobody needs here
    selected: bool = False
    children: Sequence["FacetValue"] = ()


@dataclass(frozen=True)
class Answer:
    """The whole answer.

    ``relaxed``: no document had enough of the words, so any word counted. ``corrected``: what was typed is in no
    document, and the answer is that to ``did_you_mean``. ``unknown``: the words asked for that no document has.
    ``empty``: nothing was asked for, or nothing that can be (``%``), so everything answers that passes the filters.
    """

    query: str
    total: int
    page: int
    per_page: int
    took_ms: float
    did_you_mean: str | None
    relaxed: bool
    hits: list[Hit]
    facets: dict[str, list[FacetValue]]
    corrected: bool = False
    unknown: tuple[str, ...] = ()
    empty: bool = False


@dataclass(frozen=True)
class Explanation:
    """Why a document ranks where it does.

    ``signals`` are the points of its best passage, of all its passages together, and of its title and summary; they add up to
    ``score``, and so do the points of the ``words``. ``part`` is the best passage's section, ``missing`` what it has not.
    """

    title: str
    url: str
    score: float
    part: str
    passage: str
    signals: tuple[float, float, float]
    words: dict[str, float]
    missing: list[str]


@dataclass(frozen=True)
class Suggestion:
    """One line under the search box; ``url`` is None for a word to search for."""

    text: str
    url: str | None
    kind: Literal["case", "guide", "term", "problem", "industry"]
