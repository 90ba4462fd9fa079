"""HTML that is put together by hand: what a page of results holds by the hundred. Everything else is a template.

In a template each hit and each value of a facet would cost three to ten times as much, and the page most of its time. What
comes from elsewhere is escaped here, but for what the search room has escaped itself. Nothing here asks or decides.
"""

from collections.abc import Collection, Iterable
from functools import lru_cache, partial

from flask import Blueprint
from markupsafe import Markup, escape

from caselib.content import Kind, Taxonomy
from caselib.publishing.documents import batch_name
from caselib.search import FacetValue, Hit
from caselib.search.model import FACETS
from caselib.web.filters import KINDS, breakable, phrases, place_in
from caselib.web.listing import Entry
from caselib.web.rooms import rooms
from caselib.web.written import Written

blueprint = Blueprint("markup", __name__)

_SAMPLE = ' <span class="sample">示范</span>'
_DOWN = '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="m6 9 6 6 6-6"/></svg>'
_PHRASES = ' class="phrases"'


@blueprint.app_template_global()
def hit_list(entries: Iterable[Entry], without: Collection[str] = ()) -> Markup:
    """A list of cases and guides, without the tags named."""
    known = rooms.names.taxonomy()
    items = [f"<li>{_hit(each, known, without)}</li>\n" for each in entries]
    return Markup(f'<ol class="hits plain">\n{"".join(items)}</ol>\n')  # noqa: S704 - _hit escapes


def _hit(entry: Entry, known: Taxonomy, without: Collection[str]) -> str:
    hit, figure = entry.hit, entry.figure
    title = breakable(Markup(hit.title_html)) if hit.kind == Kind.GUIDE else hit.title_html  # noqa: S704 - escaped by search
    shown = "" if figure is None else (
        f'<p class="figure"><span>{escape(figure.name)}</span> <strong>{escape(figure.short)}</strong></p>\n'
    )  # fmt: skip
    return (
        f'<article class="hit{" has-figure" if figure else ""}">\n<h3{_PHRASES if phrases(hit.title) else ""}>'
        f'<a href="{escape(hit.url)}">{title}</a>{_SAMPLE if hit.sample else ""}</h3>\n'
        f"<p>{hit.snippet_html or escape(hit.summary)}{section_link(hit)}</p>\n"
        f'<ul class="tags plain">\n{"".join(_tags(entry, known, without))}</ul>\n{shown}</article>'
    )


@blueprint.app_template_global()
def section_link(hit: Hit) -> Markup:
    """The way to the section that the snippet is of, if it is of one."""
    if not hit.anchor:
        return Markup()
    address, title = escape(f"{hit.url}#{hit.anchor}"), escape(hit.title)
    return Markup(f' <a href="{address}">看这一节<span class="unseen">：{title}</span></a>')  # noqa: S704 - both are escaped


def _tags(entry: Entry, known: Taxonomy, without: Collection[str]) -> Iterable[str]:
    hit = entry.hit
    if "kind" not in without:
        yield f"<li>{KINDS[hit.kind]}</li>\n"
    for code in hit.industry:
        yield _link("/industries/", code, known.industries[code].name if code in known.industries else code)
    if hit.region:
        yield _link("/regions/", hit.region, place_in(known, hit.region))
    if hit.year and "year" not in without:
        yield f"<li>{hit.year}年</li>\n"
    if hit.batch and hit.kind != "batch" and "batch" not in without:
        yield _link("/batches/", str(hit.batch), batch_name(hit.batch))


@lru_cache(maxsize=4096)
def _link(path: str, key: str, text: str) -> str:
    return f'<li><a href="{path}{escape(key)}">{escape(text)}</a></li>\n'


@blueprint.app_template_global()
def boxes(facet: str, values: Iterable[FacetValue], chosen: bool = False, opened: bool = False) -> Markup:
    """The items of a list: a box to tick for each value, and below it a list that opens, where values nest.

    Lists that hold a ticked box are open, if any of the values may be ``chosen``; or all that are below these, if ``opened``.
    """
    parts: list[str] = []
    _boxes(parts, facet, values, chosen, opened)
    return Markup("".join(parts))  # noqa: S704 - _box and _below escape


def _boxes(parts: list[str], facet: str, values: Iterable[FacetValue], chosen: bool, opened: bool) -> None:
    empty, ticked = _EMPTY[facet], _TICKED[facet]
    for each in values:
        box = (ticked if each.selected else empty)[each.value, each.label]
        if children := each.children:
            attribute = " open" if opened or (chosen and any(child.selected for child in children)) else ""
            parts.append(f"{box}{each.count}</small></label><details{attribute}>{_BELOW[each.value, each.label]}")
            _boxes(parts, facet, children, chosen, False)
            parts.append("</ul></details></li>\n")
        else:
            parts.append(f"{box}{each.count}</small></label></li>\n")


def _box(facet: str, state: str, value: str, label: str) -> str:
    """A box up to its number."""
    named = batch_name(int(value)) if facet == "batch" else f"{value}年" if facet == "year" else label
    return (
        f'<li><label><input type="checkbox" name="{facet}" value="{escape(value)}"{state}>'
        f"<span>{escape(named)}</span><small>"
    )


def _below(_value: str, label: str) -> str:
    """How the list below a value begins."""
    return f'<summary><span class="unseen">{escape(label)}的下一级</span>{_DOWN}</summary><ul class="plain">'


_EMPTY = {facet: Written(partial(_box, facet, "")) for facet in FACETS}
_TICKED = {facet: Written(partial(_box, facet, " checked")) for facet in FACETS}
_BELOW = Written(_below)
