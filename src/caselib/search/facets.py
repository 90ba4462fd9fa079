"""Filters and counts over what the front matter says, on arrays of codes.

A facet's counts leave out that facet's own filter, so that a visitor sees what another choice would give.
"""

from collections.abc import Callable, Sequence

import numpy as np

from caselib.content import Taxonomy
from caselib.search.index import Index
from caselib.search.model import FACETS, TREES, FacetValue, SearchQuery
from caselib.search.postings import ranges
from caselib.search.segment import Mask, Numbers, Segment

_KINDS = {"case": "案例", "guide": "指南", "batch": "批次", "page": "页面"}
_SIZES = ("大型", "中型", "小型", "微型")


class Filters:
    """The filters of one query, ready to be put on each segment."""

    def __init__(self, index: Index, query: SearchQuery, taxonomy: Taxonomy, labels: "Labels") -> None:
        self._index = index
        self._taxonomy = taxonomy
        self._labels = labels
        self.chosen = {name: self._known(name, query.chosen(name)) for name in FACETS if query.chosen(name)}

    def _known(self, facet: str, values: Sequence[str]) -> tuple[str, ...]:
        """A county that no document names exactly stands for its city."""
        if facet != "region":
            return tuple(values)
        codes = self._index.facet_values
        paths = [(value, self._taxonomy.region_path(value)) for value in values]
        return tuple(path[-1].key if path and (facet, value) not in codes else value for value, path in paths)

    def masks(self, segment: Segment) -> dict[str, Mask]:
        """For each facet filtered by, the documents of a segment that pass."""
        return {facet: segment.with_values((facet, value) for value in values) for facet, values in self.chosen.items()}

    def count(self, matching: list[Mask], passing: list[dict[str, Mask]]) -> dict[str, list[FacetValue]]:
        """Every facet of the documents that match, as trees where the values nest; both lists go by segment."""
        everything = self._totals(matching, passing, None)
        return {
            facet: self._labels.values(
                facet,
                self._totals(matching, passing, facet) if facet in self.chosen else everything,
                self.chosen.get(facet, ()),
            )
            for facet in FACETS
        }

    def _totals(self, matching: list[Mask], passing: list[dict[str, Mask]], without: str | None) -> list[int]:
        totals = np.zeros(len(self._index.facet_values), np.int64)
        segments = zip(self._index.segments, self._index.facet_maps, matching, passing, strict=True)
        for segment, codes, mask, masks in segments:
            totals[codes] += _count(segment, both(mask, masks, without), len(codes))
        counts: list[int] = totals.tolist()
        return counts


def both(mask: Mask, masks: dict[str, Mask], without: str | None = None) -> Mask:
    """The documents that match and pass every filter but ``without``."""
    for facet, passing in masks.items():
        if facet != without:
            mask = mask & passing
    return mask


class Labels:
    """What the facet values of one index are called, in which order they stand and which are under which."""

    def __init__(self, index: Index, taxonomy: Taxonomy) -> None:
        self._names = {
            "industry": taxonomy.industries, "region": taxonomy.regions, "problem": taxonomy.problems,
            "effect": taxonomy.effects, "measure": taxonomy.measures,
        }  # fmt: skip
        self._entries: dict[str, list[tuple[int, str, str]]] = {facet: [] for facet in FACETS}
        for code, (facet, value) in enumerate(index.facet_values):
            if facet not in TREES or value in self._names[facet]:
                self._entries[facet].append((code, value, self._label(facet, value)))

    def values(self, facet: str, counts: list[int], chosen: tuple[str, ...]) -> list[FacetValue]:
        """The values with their counts (by code); those chosen are there even if nothing has them."""
        found = {
            value: FacetValue(value, label, counts[code], value in chosen, [])
            for code, value, label in self._entries[facet]
            if counts[code]
        }
        for value in chosen:
            found.setdefault(value, FacetValue(value, self._label(facet, value), 0, True, []))
        ordered = sorted(found.values(), key=_ORDER.get(facet, _by_count))
        if facet not in TREES:
            return ordered
        top: list[FacetValue] = []
        for each in ordered:
            term = self._names[facet].get(each.value)
            above = found.get(term.parent) if term and term.parent else None
            (above.children if above else top).append(each)
        return top

    def _label(self, facet: str, value: str) -> str:
        if facet in self._names:
            term = self._names[facet].get(value)
            return term.name if term else value
        return {"kind": _KINDS.get(value, value), "year": f"{value}年", "batch": f"第{value}批"}.get(facet, value)


def _by_count(each: FacetValue) -> tuple[int, str]:
    return -each.count, each.value


def _downwards(each: FacetValue) -> tuple[int, str]:
    return -int(each.value) if each.value.isdigit() else 0, each.value


def _by_size(each: FacetValue) -> tuple[int, str]:
    return _SIZES.index(each.value) if each.value in _SIZES else len(_SIZES), each.value


_ORDER: dict[str, Callable[[FacetValue], tuple[int, str]]] = {
    "year": _downwards, "batch": _downwards, "firm_size": _by_size
}  # fmt: skip


def _count(segment: Segment, mask: Mask, codes: int) -> Numbers:
    """How many of the masked documents have each code: their codes gathered, then counted."""
    if mask.all():
        return np.diff(segment.code_at)
    docs = np.flatnonzero(mask)
    begins = segment.facet_at[docs]
    own = segment.facet_code[ranges(begins, segment.facet_at[docs + 1] - begins)]
    return np.bincount(own, minlength=codes)
