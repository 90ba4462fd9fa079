"""Searching and browsing: the results page, and the lists of all cases and all guides, which are searches too.

Which documents match, and in which order, is for the search room to say. No answer is a dead end.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, render_template, request

from caselib.content import Kind, Taxonomy
from caselib.publishing.documents import batch_name
from caselib.search import Answer, FacetValue
from caselib.web import caching, counting, listing
from caselib.web.filters import KINDS, place, search_url, term
from caselib.web.parameters import FILTERS, TITLES, Parameters, parse
from caselib.web.rooms import readable, rooms, search_room

blueprint = Blueprint("searching", __name__)

FACETS = ("kind", "industry", "region", "problem", "effect", "batch", "year", "firm_size")
SORTS = {"relevance": "按相关度", "newest": "按时间"}
ORDER = (*FACETS, *(name for name in FILTERS if name not in FACETS))
"""The filters in their order on the page."""
WIDER = 10
"""Filter values that are left out by turns where nothing was found."""
NAMED = ("kind", "region", "batch", "year")
"""The filters whose values people type among their words."""
MISSING, SHORT = 3, 20
"""Words that are said to be nowhere, in a question of at most so many characters: of a long one, words are missing as a rule."""
FEW = 10
"""Of fewer results none may be of the visitor's own trade."""
QUOTES = '"“「『'
COUNTY = "地区“{}”不在本站的地区表里，按{}的区县代码查找，只列出写明这个代码的内容。"
DEFAULTS = {"sort": "relevance", "page": 1}
Filters = Mapping[str, tuple[Any, ...]]
Facets = Mapping[str, list[FacetValue]]


@dataclass(frozen=True)
class Scope:
    """A page that shows a search: its address, its words, and the kind it is held to (none on ``/search``)."""

    path: str
    title: str
    lead: str = ""
    kind: str = ""
    per_page: int = 10

    def size(self, asked: Parameters) -> int:
        """How many a page of it lists: as many as were asked for, else its own number."""
        return asked.per_page if "per_page" in asked.model_fields_set else self.per_page

    @property
    def unit(self) -> str:
        """The measure word of what is listed."""
        return "份" if self.kind == "guide" else "篇"

    @property
    def fixed(self) -> dict[str, tuple[str, ...]]:
        """What no visitor can change here."""
        return {"kind": (self.kind,)} if self.kind else {}


@dataclass(frozen=True)
class Chip:
    """One chosen filter: what it is, and the address without it."""

    title: str
    text: str
    address: str


SEARCH = Scope("/search", "搜索")
CASES = Scope("/cases/", "案例", "企业和地区怎样发现质量问题、用什么办法解决、取得什么成效，一篇讲一件事。", "case")
GUIDES = Scope("/guides/", "指南", "分行业的质量管理体系实施指南：先做什么、后做什么、留下什么记录。", "guide")


@blueprint.get("/search")
def search() -> Response:
    """Results for any kind."""
    return caching.page(lambda: _render(SEARCH))


@blueprint.get("/cases/")
def cases() -> Response:
    """All cases, newest first, with the same filters."""
    return caching.page(lambda: _render(CASES))


@blueprint.get("/guides/")
def guides() -> Response:
    """All guides, newest first, with the same filters."""
    return caching.page(lambda: _render(GUIDES))


def _render(scope: Scope) -> str:
    asked, notes = parse(request.args, rooms.names.taxonomy())
    faults = [note.shown for note in notes if note.shown]
    faults += [COUNTY.format(code, place(code)) for code in asked.region if not _is_known(code)]
    answer = search_room().search(asked.query(**scope.fixed))
    counting.note(answer)
    last = listing.last_page(answer)
    if asked.page > last:
        if answer.total:
            faults.append(f"没有第{asked.page}页，以下是最后一页。")
        answer = rooms.search.search(asked.query(page=last, **scope.fixed))
    filters = chosen(asked, scope)
    facets = _narrowing(answer, filters, scope)
    first = address(scope, asked)
    return render_template(
        "searching/results.html",
        scope=scope,
        asked=asked,
        filters=filters,
        faults=faults,
        answer=answer,
        entries=listing.entries(answer.hits),
        pages=listing.paging(answer, lambda number: _at_page(first, number)),
        chips=_chips(scope, asked, filters),
        narrower=_narrower(scope, asked, filters, facets, answer.total),
        peers=_peers(scope, asked, filters, answer),
        facets=[(name, TITLES[name], values) for name, values in facets.items()],
        carried=_carried(filters, facets),
        orders=[] if answer.empty else _orders(scope, asked),
        spelling=address(scope, asked, q=answer.did_you_mean) if answer.did_you_mean else "",
        missing=[word for word in answer.unknown if len(word) > 1][:MISSING] if len(asked.q) <= SHORT else [],
        quoted=any(mark in asked.q for mark in QUOTES),
        wider=[] if answer.total else _wider(scope, asked, filters),
        browse=_browse(scope) if not answer.total else {},
        clear=search_url(scope.path, q=asked.q),
    )


def chosen(asked: Parameters, scope: Scope) -> Filters:
    """The filters in use, in their order on the page."""
    return {name: values for name in ORDER if (values := getattr(asked, name)) and name not in scope.fixed}


def address(scope: Scope, asked: Parameters, **changes: object) -> str:
    """Where this search is, with ``changes``; defaults are left out, and a change goes back to the first page."""
    state: dict[str, object] = {"q": asked.q, **dict.fromkeys(ORDER), **chosen(asked, scope)}
    state |= {"sort": asked.sort, "per_page": scope.size(asked)} | changes
    defaults = DEFAULTS | {"per_page": scope.per_page}
    return search_url(scope.path, **{name: value for name, value in state.items() if defaults.get(name) != value})


def _at_page(first: str, number: int) -> str:
    """The address of another page of the search whose first page is at ``first``."""
    return first if number == 1 else f"{first}{'&' if '?' in first else '?'}page={number}"


def label(facet: str, value: object) -> str:
    """A filter value for its reader: 金属制品业 for C33, 第三批 for 3."""
    if facet == "region":
        code = str(value)
        return place(code) if _has_own_name(code) else f"{place(code)}（{term('regions', code).name}）"
    if facet == "batch":
        return batch_name(int(str(value)))
    if facet == "year":
        return f"{value}年"
    if facet in ("kind", "firm_size"):
        return KINDS.get(str(value), str(value))
    if facet == "guide":
        guide = readable(Kind.GUIDE, str(value))
        return guide.meta.title if guide else str(value)
    return term("industries" if facet == "industry" else f"{facet}s", str(value)).name


def _is_known(region: str) -> bool:
    """Whether the site has a name for it: a county has none."""
    return region in rooms.names.taxonomy().regions


def _has_own_name(region: str) -> bool:
    """Whether it is called by a name of its own: neither a county nor what the standard calls 市辖区 or 县 has one."""
    return any(each.key == region for each in rooms.names.taxonomy().region_path(region))


def _chips(scope: Scope, asked: Parameters, filters: Filters) -> list[Chip]:
    return [
        Chip(TITLES[name], label(name, value), address(scope, asked, **_without(filters, name, value)))
        for name, values in filters.items()
        for value in values
    ]


def _without(filters: Filters, name: str, value: object) -> dict[str, tuple[Any, ...]]:
    """The filter without one of its values."""
    return {name: tuple(each for each in filters[name] if each != value)}


def _wider(scope: Scope, asked: Parameters, filters: Filters) -> list[tuple[Chip, int]]:
    """Searches that find something where this one does not: each with one filter value less, then with none, and how many."""
    pairs = [(name, value) for name, values in filters.items() for value in values]
    less = [_without(filters, *pair) for pair in pairs]
    wider = list(zip(_chips(scope, asked, filters), less, strict=True))[:WIDER]
    if len(pairs) > 1:
        everything: dict[str, tuple[Any, ...]] = dict.fromkeys(filters, ())
        wider.append((Chip("", "", address(scope, asked, **everything)), everything))
    found = [
        (chip, rooms.search.search(asked.query(**less, page=1, per_page=1, **scope.fixed))) for chip, less in wider
    ]
    return [(chip, answer.total) for chip, answer in found if answer.total and not answer.corrected]


def _narrower(scope: Scope, asked: Parameters, filters: Filters, facets: Facets, total: int) -> list[tuple[Chip, int]]:
    """Filter values that were typed as words (浙江, 2022年, 第三批), and how many of these many documents each leaves."""
    named = [name for name in NAMED if name in facets and name not in filters]
    return [
        (Chip(TITLES[name], label(name, each.value), address(scope, asked, **{name: (each.value,)})), each.count)
        for name in named
        if (text := _placed(asked.q) if name == "region" else asked.q)
        for each in flat(facets[name])
        if each.count < total and any(word in text for word in _written(name, each.value))
    ]


def _peers(scope: Scope, asked: Parameters, filters: Filters, answer: Answer) -> list[tuple[Chip, int]]:
    """Where little was found: the industries of what was asked for (餐饮业 for 奶茶店), and how many documents each has.

    Not one of which this answer has all, unless it only comes near.
    """
    if "industry" in filters or not (answer.total < FEW or answer.relaxed or answer.unknown):
        return []
    found = {each.value: each.count for each in flat(answer.facets.get("industry", []))}
    peers = []
    meant = answer.did_you_mean if answer.corrected else None
    for code in rooms.search.industries_of(meant or asked.q):
        own: dict[str, Any] = {"q": "", "industry": (code,), "per_page": 1}
        total = rooms.search.search(asked.query(**own, **scope.fixed)).total
        chip = Chip(TITLES["industry"], label("industry", code), address(scope, asked, q="", industry=(code,)))
        peers += [(chip, total)] if total > (0 if answer.relaxed else found.get(code, 0)) else []
    return peers


def _placed(text: str) -> str:
    """A text without the longer words in which a place's name stands by chance (大同小异); nothing if it names no place.

    Of some hundred places seldom one was typed.
    """
    places, names = _places(rooms.names.taxonomy())
    if not places.search(text):
        return ""
    for word in rooms.search.words(text):
        if places.search(word) and not names.fullmatch(word):
            text = text.replace(word, " ")
    return text


@lru_cache(maxsize=2)
def _places(taxonomy: Taxonomy) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What finds a place's short name, and what a word is that is made of names of places: 山西大同, 大同市."""
    shorts, names = (
        [re.escape(getattr(region, each)) for region in taxonomy.regions.values()] for each in ("short", "name")
    )
    return re.compile("|".join(shorts)), re.compile(f"(?:{'|'.join(shorts + names)})+")


def _written(facet: str, value: str) -> tuple[str, ...]:
    """A value as it may be typed: 嘉兴 for 330400, where its label says 浙江嘉兴."""
    if facet == "region":
        return (term("regions", value).short,) if _has_own_name(value) else ()
    return (label(facet, value), *([f"第{value}批"] if facet == "batch" else []))


def _narrowing(answer: Answer, filters: Filters, scope: Scope) -> Facets:
    """The facets that can narrow this answer, or that are in use."""
    found = {name: answer.facets.get(name, []) for name in FACETS if name not in scope.fixed}
    return {name: values for name, values in found.items() if name in filters or _is_choice(values)}


def _is_choice(values: Sequence[FacetValue]) -> bool:
    """Whether two stand side by side: of 制造业 alone there may be many divisions."""
    return len(values) > 1 or any(_is_choice(each.children) for each in values)


def _carried(filters: Filters, facets: Facets) -> list[tuple[str, object]]:
    """The chosen values that have no box to tick on this page, and must not be lost for it."""
    shown = {(name, each.value) for name in filters for each in flat(facets.get(name, []))}
    return [(name, value) for name, values in filters.items() for value in values if (name, str(value)) not in shown]


def flat(values: Iterable[FacetValue]) -> list[FacetValue]:
    """Values with those below them."""
    return [each for value in values for each in (value, *flat(value.children))]


def _orders(scope: Scope, asked: Parameters) -> list[tuple[str, str]]:
    """``(name, address)`` for each order that makes sense; the one in use has no address."""
    return [(name, "" if sort == asked.sort else address(scope, asked, sort=sort)) for sort, name in SORTS.items()]


def _browse(scope: Scope) -> dict[str, list[FacetValue]]:
    """What there is, for somebody who found nothing."""
    return listing.find(per_page=1, **scope.fixed).facets
