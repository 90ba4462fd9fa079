"""Filters and counts over what the front matter says, on arrays of codes.

A facet's counts leave out that facet's own filter, so that a visitor sees what another choice would give.
"""

from itertools import islice, repeat

import numpy as np

from caselib.content import Kind, Taxonomy
from caselib.content.models import FIRM_SIZES
from caselib.search.index import matching
from caselib.search.index.postings import Numbers
from caselib.search.index.reading import Index
from caselib.search.index.segment import Mask
from caselib.search.model import FACETS, TREES, FacetValue, SearchQuery

_KINDS = {kind.value: kind.label for kind in Kind}
_SIZES = {size: number for number, size in enumerate(FIRM_SIZES)}
_IN_ORDER = ("year", "batch", "firm_size")
"""Facets whose values have an order of their own; of the others the frequent come first."""


class Facets:
    """What the facet values of one index are called, in which order they stand and which are under which."""

    def __init__(self, index: Index, taxonomy: Taxonomy) -> None:
        self._index = index
        self._names = {
            "industry": taxonomy.industries, "region": taxonomy.regions, "problem": taxonomy.problems,
            "effect": taxonomy.effects, "measure": taxonomy.measures,
        }  # fmt: skip
        placed = ((facet, value) for facet in TREES for value in self._names[facet])
        values = list(dict.fromkeys((*index.facet_values, *placed)))  # what no document has may be chosen too
        self._codes = {value: code for code, value in enumerate(values)}
        self._values = np.array([value for _, value in values], object)
        self._labels = np.array([self._label(facet, value) for facet, value in values], object)
        idle = _idle(taxonomy)
        self._known = np.array([f not in TREES or (v in self._names[f] and v not in idle) for f, v in values], bool)
        self._by_count = np.array([facet not in _IN_ORDER for facet, _ in values], bool)
        self._number = np.array([FACETS.index(facet) for facet, _ in values], np.int64)
        self._owners = np.array([self._owner(facet, value) for facet, value in values], np.int64)
        self._order = np.array(sorted(range(len(values)), key=lambda code: _natural(*values[code])), np.int64)

    def _label(self, facet: str, value: str) -> str:
        if facet in self._names:
            term = self._names[facet].get(value)
            return term.name if term else value
        return {"kind": _KINDS.get(value, value), "year": f"{value}年", "batch": f"第{value}批"}.get(facet, value)

    def _owner(self, facet: str, value: str) -> int:
        """The list a value stands in: its parent's code, or, at the top of its facet, ``len(codes)`` + the facet's number."""
        term = self._names[facet].get(value) if facet in TREES else None
        above = term.parent if term else None
        return self._codes.get((facet, above or ""), len(self._codes) + FACETS.index(facet))

    def chosen(self, query: SearchQuery) -> dict[str, tuple[str, ...]]:
        """The values filtered by, as text."""
        return {facet: tuple(map(str, values)) for facet in FACETS if (values := getattr(query, facet))}

    def filter(self, docs: Numbers, chosen: dict[str, tuple[str, ...]]) -> tuple[Numbers, Numbers]:
        """Of the documents, those that pass every filter; and how many have each value, its own facet's filter left out."""
        index = self._index
        fails = np.zeros(len(docs), np.int64)
        for facet, values in chosen.items():
            passes = index.with_values((facet, value) for value in values)[docs]
            fails += ~passes * np.int64(1 << FACETS.index(facet))
        passing, counts = matching.count_values(
            docs, fails, index.facet_at, index.facet_code, self._number, len(self._values)
        )
        return passing, counts

    def tell(self, counts: Numbers, chosen: dict[str, tuple[str, ...]]) -> dict[str, list[FacetValue]]:
        """The values that were counted, as trees where they nest; those filtered by are always there, with what is above them."""
        taken = list(dict.fromkeys((facet, value) for facet, values in chosen.items() for value in values))
        selected = np.zeros(len(counts), bool)
        if known := [self._codes[each] for each in taken if each in self._codes]:
            selected[known] = True
        facets = self._trees(counts, selected)
        for facet, value in taken:
            if (facet, value) not in self._codes:
                facets[facet].append(FacetValue(value, self._label(facet, value), 0, True))
        return facets

    def _trees(self, counts: Numbers, selected: Mask) -> dict[str, list[FacetValue]]:
        """The values to show, in their order; an answer has hundreds, so one iterator makes them all.

        What is below a value comes before it, so that it is there when the value is made.
        """
        codes, owners, sizes = matching.values_in_order(
            counts, selected, self._known, self._by_count, self._owners, self._order
        )
        lists: dict[int, list[FacetValue]] = {}
        below = map(lists.get, codes.tolist(), repeat(()))
        columns = (each[codes].tolist() for each in (self._values, self._labels, counts, selected))
        made = map(tuple.__new__, repeat(FacetValue), zip(*columns, below, strict=True))
        for owner, size in zip(owners.tolist(), sizes.tolist(), strict=True):
            lists[owner] = list(islice(made, size))
        return {facet: lists.get(len(counts) + number, []) for number, facet in enumerate(FACETS)}


def _idle(taxonomy: Taxonomy) -> set[str]:
    """The codes 市辖区 that divide nothing: there is no 县 beside them, so they hold what their municipality holds."""
    provinces = (taxonomy.regions.children(province.key) for province in taxonomy.regions.children(None))
    return {city.key for cities in provinces for city in cities if len(cities) == 1 and taxonomy.is_placeholder(city)}


def _natural(facet: str, value: str) -> tuple[int, str]:
    """Years and batches fall, sizes go from large to small, all else goes by its value."""
    if facet == "firm_size":
        return _SIZES.get(value, len(_SIZES)), value
    return -int(value) if facet in _IN_ORDER and value.isdigit() else 0, value
