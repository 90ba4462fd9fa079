"""The loops over lists, compiled: adding postings up, matching, counting facet values and putting them in order.

Plain loops over the arrays of ``postings`` and ``segment``, one pass each (see ``compiling``). Nothing here knows documents,
files or text.
"""

from typing import Any

import numpy as np

from caselib.search.compiling import compiled

_COUNT_BIT, _OWNER_BIT, _MOST = 16, 46, (1 << 30) - 1
"""Where a count and an owner begin in the number that a facet value is sorted by, and the most that a count can be."""
_RANK = (1 << _COUNT_BIT) - 1
_FIRST_TWO = 0b11
"""Of the bits of ``where``, those of the title and the summary (or what else stands in its place)."""


@compiled
def add(at: Any, doc: Any, peak: Any, where: Any, places: Any, weights: Any, sums: Any, about: Any) -> None:
    """Add to each document's sum, for each term, weight times greatest impact; place -1 is a term that nobody has.

    And the same to ``about`` for each of its first two passages that holds the term, since none gets more for it. Slices are gone
    through, not the arrays: a place in a slice is known not to be negative, which else is asked each time.
    """
    for term in range(len(places)):
        place = places[term]
        if place >= 0:
            weight, begin, end = weights[term], at[place], at[place + 1]
            docs, peaks, sets = doc[begin:end], peak[begin:end], where[begin:end]
            for number in range(len(docs)):
                most = weight * peaks[number]
                sums[docs[number]] += most
                if sets[number] & _FIRST_TWO:
                    about[docs[number]] += most * ((sets[number] & 1) + (sets[number] >> 1 & 1))


@compiled
def mark_units(at: Any, doc: Any, places: Any, ends: Any, units: Any, bits: Any) -> None:
    """Set bit ``units[o]`` of every document that holds all terms of option ``o``, ``places[ends[o-1]:ends[o]]``; as above, -1 is
    a term that nobody has.

    ``seen[d]`` counts how many of the option's terms, one after the other, document ``d`` has had; who misses one falls out.
    """
    seen = np.zeros(len(bits), np.uint8)
    begin = 0
    for option in range(len(ends)):
        own, begin = places[begin : ends[option]], ends[option]
        if -1 in own:
            continue
        bit = np.uint64(1) << np.uint64(units[option])
        for number in range(len(own)):
            for held in doc[at[own[number]] : at[own[number] + 1]]:
                if seen[held] == number:
                    seen[held] += 1
                    if seen[held] == len(own):
                        bits[held] |= bit
        for place in own[:1]:  # what was seen has the first term
            for held in doc[at[place] : at[place + 1]]:
                seen[held] = 0


@compiled
def count_units(bits: Any, required: Any, units: int) -> Any:
    """How many of the required documents have each of the units."""
    counts = np.zeros(units, np.int64)
    for unit in range(units):
        for doc in range(len(bits)):
            counts[unit] += required[doc] & np.int64((bits[doc] >> np.uint64(unit)) & np.uint64(1))
    return counts


@compiled
def match(bits: Any, sums: Any, required: Any, weights: Any, need: float, close: float) -> Any:
    """The documents that cover ``need`` of the units' weight, or else come within ``close`` of the best sum; as numbers.

    Written without branches, which no processor could foretell here.
    """
    cover = np.zeros(len(bits))
    for unit in range(len(weights)):
        for doc in range(len(bits)):
            cover[doc] += weights[unit] * np.int64((bits[doc] >> np.uint64(unit)) & np.uint64(1))
    most, some = 0.0, 0
    for doc in range(len(bits)):
        most = max(most, sums[doc] * required[doc])
        some += required[doc] & (cover[doc] >= need)
    found = np.empty(len(bits), np.int64)
    count = 0
    for doc in range(len(bits) if some else 0):
        found[count] = doc
        count += required[doc] & ((cover[doc] >= need) | (sums[doc] >= close * most))
    return found[:count]


@compiled
def count_values(docs: Any, fails: Any, at: Any, codes: Any, facet_of: Any, values: int) -> Any:
    """The documents that fail no filter, and how many documents each value has that fail no filter but its own facet's.

    ``fails`` has, for each of ``docs``, a bit for each facet whose filter it fails.
    """
    counts = np.zeros(values, np.int64)
    passing = np.empty(len(docs), np.int64)
    passed = 0
    for place in range(len(docs)):
        doc = docs[place]
        failed = fails[place]
        if failed == 0:
            passing[passed] = doc
            passed += 1
            for entry in range(at[doc], at[doc + 1]):
                counts[codes[entry]] += 1
        elif failed & (failed - 1) == 0:
            for entry in range(at[doc], at[doc + 1]):
                if failed >> facet_of[codes[entry]] & 1:
                    counts[codes[entry]] += 1
    return passing[:passed], counts


@compiled
def values_in_order(counts: Any, selected: Any, known: Any, by_count: Any, owners: Any, order: Any) -> Any:
    """The facet values to show, list after list; whose list each is, and how long it is.

    Shown is what is selected, what is ``known`` and counts, and the ``owners`` of these among the values. A list is in the order
    of the counts, the greatest first, if its values go ``by_count``, and then in the ``order`` of all values.
    """
    values = len(counts)
    shown = selected | (known & (counts > 0))
    for code in range(values):
        if shown[code] and owners[code] < values:
            shown[owners[code]] = True
    keys, size = np.empty(values, np.int64), 0
    for rank in range(values):
        code = order[rank]
        if shown[code]:
            count = counts[code] if by_count[code] else 0
            keys[size] = (owners[code] << _OWNER_BIT) + (_MOST - count << _COUNT_BIT) + rank
            size += 1
    keys = np.sort(keys[:size])
    codes, lists, sizes, made = np.empty(size, np.int64), np.empty(size, np.int64), np.zeros(size, np.int64), 0
    for place in range(size):
        codes[place], owner = order[keys[place] & _RANK], keys[place] >> _OWNER_BIT
        if made == 0 or lists[made - 1] != owner:
            lists[made] = owner
            made += 1
        sizes[made - 1] += 1
    return codes, lists[:made], sizes[:made]


@compiled
def together(at: Any, doc: Any, where: Any, spot: Any, places: Any, sets: int) -> Any:
    """The documents with passages that hold all of the terms, in one of the ``sets``; for each the bits of such sets, and where
    the rarest of the terms first is.

    The rarest term is gone through; in the lists of the others, which are in the same order, each search begins where the one
    before ended.
    """
    rarest = -1
    for place in places:
        if place < 0:
            rarest = -1
            break
        if rarest < 0 or at[place + 1] - at[place] < at[rarest + 1] - at[rarest]:
            rarest = place
    begin, end = (at[rarest], at[rarest + 1]) if rarest >= 0 else (0, 0)
    docs, masks, spots = (
        doc[begin:end].astype(np.int64),
        where[begin:end] & np.uint8(sets),
        spot[begin:end].astype(np.int64),
    )
    size = _keep(docs, masks, spots)
    for place in places:
        if place >= 0 and place != rarest:
            held, own, near = doc[at[place] : at[place + 1]], where[at[place] : at[place + 1]], 0
            for number in range(size):
                near = _reach(held, near, docs[number])
                masks[number] &= own[near] if near < len(held) and held[near] == docs[number] else 0
            size = _keep(docs[:size], masks[:size], spots[:size])
    return docs[:size], masks[:size], spots[:size]


@compiled
def _keep(docs: Any, masks: Any, spots: Any) -> int:
    """Move to the front what has a mask left; how many do."""
    size = 0
    for number in range(len(docs)):
        docs[size], masks[size], spots[size] = docs[number], masks[number], spots[number]
        size += masks[number] > 0
    return size


@compiled
def _reach(docs: Any, begin: int, doc: int) -> int:
    """The first place, from ``begin`` on, of what is not before ``doc`` among ``docs``, which are sorted; the end if there is none."""
    low, step = begin, 1
    while low + step < len(docs) and docs[low + step] < doc:
        low, step = low + step, 2 * step
    high = min(low + step, len(docs))
    while low < high:
        half = (low + high) >> 1
        if docs[half] < doc:
            low = half + 1
        else:
            high = half
    return low
