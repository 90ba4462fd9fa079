"""A document as the index sees it: what is shown of it, what it can be filtered by, and its passages.

A passage is the unit of scoring: the title, the firm, the summary that somebody wrote, the names of its taxonomy terms, and
pieces of about 300 characters of its sections. Nothing here tokenises or opens files.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import cache
from time import gmtime, strftime
from typing import Any, NamedTuple

from caselib.content import Document, Kind, Metric, Section, Stamp, Taxonomy
from caselib.search.model import Hit

PASSAGE_LENGTH = 300
_ENDS = "。；！？!?;\n"
"""After each of these a sentence ends."""
_PAUSES = "，、：,: "
"""After each of these a sentence can be cut that is much too long."""


class Part(IntEnum):
    """Which part of a document a passage is."""

    TITLE = 0
    SUMMARY = 1
    FIRM = 2
    NAMES = 3
    BODY = 4


class Passage(NamedTuple):
    """One passage: ``anchor`` is that of its section (body only)."""

    part: Part
    anchor: str
    text: str


@dataclass(frozen=True)
class Record:
    """All the index keeps of one document; ``durable`` writes it as JSON and reads it back."""

    key: str
    """``kind/slug``; records are kept in the order of their keys, compared by kind and slug."""
    mtime_ns: int
    size: int
    digest: str
    newest: int
    """Sorts by publication day, or by the year where there is none, and then year."""
    shown: Hit
    """The document as a hit before anything is asked."""
    facets: list[tuple[str, str]]
    passages: list[Passage]

    @classmethod
    def of(cls, document: Document, stamp: Stamp, taxonomy: Taxonomy) -> "Record":
        """The record of one document as its file was when ``stamp`` was taken."""
        meta = document.meta
        published: date | None = meta.published
        year = getattr(meta, "year", None) or (published.year if published else None)
        told = ("industry", "region", "problems", "effects", "firm", "firm_size")
        shown = Hit(
            kind=document.kind.value, slug=document.slug, url=document.url,
            title=meta.title, summary=document.summary, year=year,
            published=published.isoformat() if published else None, sample=meta.sample,
            updated=strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(stamp.mtime_ns // 10**9)),
            figure=_figure(getattr(meta, "metrics", ())),
            batch=int(document.slug) if document.kind is Kind.BATCH else getattr(meta, "batch", None),
            **{name: value for name in told if (value := getattr(meta, name, None))},
        )  # fmt: skip
        # Without a day, the beginning of the year: never ahead of what is known to have come in it.
        day = int(published.strftime("%Y%m%d")) if published else (year or 0) * 10_000
        return cls(
            f"{document.kind.value}/{document.slug}", stamp.mtime_ns, stamp.size, document.digest,
            day * 10_000 + (year or 0), shown,
            list(dict.fromkeys(_facets(document, year, taxonomy))), list(_passages(document, taxonomy)),
        )  # fmt: skip


_VOCABULARIES = {"problems": "problem", "measures": "measure", "effects": "effect"}
_NAMED = {**_VOCABULARIES, "guides": "guide"}


def _facets(document: Document, year: int | None, taxonomy: Taxonomy) -> Iterator[tuple[str, str]]:
    """Each value with the codes above it: a division's letter, a county's city and province. Some may come twice."""
    meta = document.meta
    yield "kind", document.kind.value
    if year:
        yield "year", str(year)
    for name in ("batch", "firm_size"):
        if value := getattr(meta, name, None):
            yield name, str(value)
    for name, facet in _NAMED.items():
        yield from ((facet, value) for value in getattr(meta, name, ()))
    for code in getattr(meta, "industry", ()):
        yield from (("industry", term.key) for term in taxonomy.industry_path(code))
        yield "industry", code
    if region := getattr(meta, "region", None):
        yield from (("region", code) for code in taxonomy.region_codes(region))


def _figure(metrics: Iterable[Metric]) -> dict[str, Any] | None:
    """The figure that stands for a case in a list: the first that says before and after, else the first."""
    said = [each.model_dump(include=set(Metric.model_fields), exclude_none=True) for each in metrics]
    return next((each for each in said if {"before", "after"} <= each.keys()), said[0] if said else None)


def _passages(document: Document, taxonomy: Taxonomy) -> Iterator[Passage]:
    meta = document.meta
    yield Passage(Part.TITLE, "", _tidy(meta.title))
    firm = " ".join(filter(None, (getattr(meta, name, "") for name in ("firm", "certifier", "submitter", "issuer"))))
    about = {
        Part.SUMMARY: _tidy(meta.summary),
        Part.FIRM: _tidy(firm),
        Part.NAMES: " ".join(_names(document, taxonomy)),
    }
    yield from (Passage(part, "", text) for part, text in about.items() if text)
    for section in document.sections:
        for text in _pieces(section):
            yield Passage(Part.BODY, section.anchor, text)


def _names(document: Document, taxonomy: Taxonomy) -> Iterator[str]:
    """In words, what the front matter says in codes and numbers: no visitor types ``C23`` or ``quality-awareness``."""
    meta = document.meta
    for name, said in (("year", "{}年"), ("batch", "第{}批")):
        if number := getattr(meta, name, None):
            yield said.format(number)
    for code in getattr(meta, "industry", ()):
        yield from (term.name for term in taxonomy.industry_path(code))
    if region := getattr(meta, "region", None):
        yield from (term.name for term in taxonomy.region_path(region))
    for name in _VOCABULARIES:
        vocabulary = getattr(taxonomy, name)
        yield from (vocabulary[key].name for key in getattr(meta, name, ()) if key in vocabulary)
    yield from map(_metric, getattr(meta, "metrics", ()))
    yield from getattr(meta, "standards", ())
    yield from filter(None, (getattr(meta, name, "") for name in ("firm_size", "edition", "series")))


def _metric(metric: Metric) -> str:
    figures = (metric.before, metric.after, metric.change)
    return " ".join([metric.name, *(f"{figure:g}{metric.unit}" for figure in figures if figure is not None)])


def _pieces(section: Section) -> Iterator[str]:
    """The section's heading and text in pieces of whole sentences, each about ``PASSAGE_LENGTH`` characters."""
    heading, text = f"{section.heading}\n" if section.heading else "", _tidy(section.text)
    first = _piece(max(1, PASSAGE_LENGTH - len(heading))).match(text)
    if piece := (heading + (first[0] if first else "")).strip():
        yield piece
    if first:
        yield from map(str.strip, _piece(PASSAGE_LENGTH).findall(text, first.end()))


@cache
def _piece(length: int) -> re.Pattern[str]:
    """As many sentences as fit into ``length``, or one that is longer, or the beginning of one that is much longer."""
    longest = PASSAGE_LENGTH * 3 // 2
    return re.compile(
        rf"(?s:.{{1,{length}}})(?:(?<=[{_ENDS}])|\Z)|[^{_ENDS}]{{0,{longest - 1}}}[{_ENDS}]|[^{_ENDS}]{{1,{longest}}}\Z"
        rf"|(?s:.{{1,{PASSAGE_LENGTH}}})(?<=[{_PAUSES}])|(?s:.{{{PASSAGE_LENGTH}}})"
    )


def _tidy(text: str) -> str:
    """The text without runs of white space and empty lines, so that it can be shown as it is."""
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n"))))
