"""Filters and counts over what the front matter says, on arrays of codes.

A facet's counts leave out that facet's own filter, so that a visitor sees what another choice would give.
"""

from collections.abc import Sequence

import numpy as np

from caselib.content import Taxonomy, Vocabulary
from caselib.search.index import Index, Mask, Numbers, Slice
from caselib.search.model import FACETS, TREES, FacetValue, SearchQuery
from caselib.search.postings import ranges

_KINDS = {"case": "案例", "guide": "指南", "batch": "批次", "page": "页面"}
_SIZES = ("大型", "中型", "小型", "微型")


class Filters:
    """The filters of one query, ready to be put on each segment."""

    def __init__(self, index: Index, query: SearchQuery, taxonomy: Taxonomy) -> None:
        self._index = index
        self._taxonomy = taxonomy
        self.chosen = {name: self._known(name, query.chosen(name)) for name in FACETS if query.chosen(name)}

    def _known(self, facet: str, values: Sequence[str]) -> tuple[str, ...]:
        """A county that no document names exactly stands for its city."""
        if facet != "region":
            return tuple(values)
        codes = self._index.facet_codes
        paths = [(value, self._taxonomy.region_path(value)) for value in values]
        return tuple(path[-1].key if path and (facet, value) not in codes else value for value, path in paths)

    def masks(self, part: Slice) -> dict[str, Mask]:
        """For each facet filtered by, the documents of a segment that pass."""
        return {facet: part.with_values((facet, value) for value in values) for facet, values in self.chosen.items()}

    def count(self, matching: list[tuple[Slice, Mask]]) -> dict[str, list[FacetValue]]:
        """Every facet of the documents that match, as trees where the values nest."""
        masks = [self.masks(part) for part, _ in matching]
        everything = self._totals(matching, masks, None)
        counts = {
            facet: self._totals(matching, masks, facet) if facet in self.chosen else everything for facet in FACETS
        }
        return {facet: self._values(facet, counts[facet]) for facet in FACETS}

    def _totals(self, matching: list[tuple[Slice, Mask]], masks: list[dict[str, Mask]], without: str | None) -> Numbers:
        totals = np.zeros(len(self._index.facet_values), np.int64)
        for (part, mask), own, codes in zip(matching, masks, self._index.facet_maps, strict=True):
            for facet, passing in own.items():
                if facet != without:
                    mask = mask & passing
            counts = _count(part, mask, len(codes))
            totals[codes] += counts
        return totals

    def _values(self, facet: str, totals: Numbers) -> list[FacetValue]:
        chosen = self.chosen.get(facet, ())
        codes = self._index.facet_codes
        counts = {value: int(totals[code]) for (name, value), code in codes.items() if name == facet}
        counts = {
            value: count
            for value, count in (counts | dict.fromkeys(set(chosen) - counts.keys(), 0)).items()
            if count or value in chosen
        }
        names = self._names(facet)
        if facet not in TREES or names is None:
            label = _label(facet, names)
            return _sorted(facet, [FacetValue(v, label(v), n, v in chosen) for v, n in counts.items()])
        return _tree(names, counts, chosen, None)

    def _names(self, facet: str) -> Vocabulary | None:
        taxonomy = self._taxonomy
        return {
            "industry": taxonomy.industries, "region": taxonomy.regions, "problem": taxonomy.problems,
            "effect": taxonomy.effects, "measure": taxonomy.measures,
        }.get(facet)  # fmt: skip


def _count(part: Slice, mask: Mask, codes: int) -> Numbers:
    """How many of the masked documents have each code: their codes gathered, then counted."""
    segment = part.segment
    if mask.all():
        return np.diff(segment.code_at)
    docs = np.flatnonzero(mask)
    begins = segment.facet_at[docs]
    own = segment.facet_code[ranges(begins, segment.facet_at[docs + 1] - begins)]
    return np.bincount(own, minlength=codes)


def _label(facet: str, names: Vocabulary | None):  # type: ignore[no-untyped-def]
    def label(value: str) -> str:
        if names is not None:
            return names[value].name if value in names else value
        return {"kind": _KINDS.get(value, value), "year": f"{value}年", "batch": f"第{value}批"}.get(facet, value)

    return label


def _sorted(facet: str, values: list[FacetValue]) -> list[FacetValue]:
    if facet in ("year", "batch"):
        return sorted(values, key=lambda v: (-int(v.value) if v.value.isdigit() else 0, v.value))
    if facet == "firm_size":
        return sorted(values, key=lambda v: _SIZES.index(v.value) if v.value in _SIZES else len(_SIZES))
    return sorted(values, key=lambda v: (-v.count, v.value))


def _tree(names: Vocabulary, counts: dict[str, int], chosen: tuple[str, ...], above: str | None) -> list[FacetValue]:
    """The values under ``above``; those that the taxonomy does not know are left out."""
    return _sorted("", [
        FacetValue(term.key, term.name, counts.get(term.key, 0), term.key in chosen, _tree(names, counts, chosen, term.key))
        for term in names.children(above)
        if term.key in counts
    ])  # fmt: skip
