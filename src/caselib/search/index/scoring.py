"""The loops over streams of tokens, compiled: terms and runs found in passages, and documents scored by their best ones.

What the lists tell of a document decides whether its passages are read at all. Nothing here knows files or text (see
``compiling``).
"""

from typing import Any

import numpy as np

from caselib.search.compiling import compiled
from caselib.search.index.postings import ALONE, SETS, impact, place_of, set_of
from caselib.search.index.records import Part
from caselib.search.text.tokens import CHARACTER_BITS, LATIN_BIT, LATIN_KEY

_LOW = 0xFFF
_SINGLE, _SECOND, _FIRST, _LATIN = 1, 2, 4, 8
_LATIN_MASK = LATIN_BIT - 1
_IN_SET = np.array([[float(held >> each & 1) for each in range(SETS)] for held in range(1 << SETS)])
"""Which sets each byte of ``where`` stands for; as numbers to multiply by, which is faster than to take bits apart."""
_SUMMARY = int(Part.SUMMARY)


@compiled
def sought(keys: Any, weights: Any) -> Any:
    """Terms as the loops look for them: their keys, the weights, and two tables.

    The first tells for the low 12 bits of a token whether some term may be it or begin or end with it; the second has the
    terms' numbers, each at the first free place from its hash on, and else -1.
    """
    table = np.zeros(_LOW + 1, np.uint8)
    places = 4
    while places < 4 * len(keys):
        places *= 2
    numbers = np.full(places, -1, np.int32)
    for number in range(len(keys)):
        key = np.int64(keys[number])
        if key & LATIN_KEY:
            table[key & _LOW] |= _LATIN
        elif key >> CHARACTER_BITS:
            table[key & _LOW] |= _SECOND
            table[key >> CHARACTER_BITS & _LOW] |= _FIRST
        else:
            table[key & _LOW] |= _SINGLE
        place = _hash(keys[number], places)
        while numbers[place] >= 0:
            place = (place + 1) & (places - 1)
        numbers[place] = number
    return keys, weights, table, numbers


@compiled
def _hash(key: Any, places: int) -> Any:
    return np.int64(key * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(40)) & (places - 1)


@compiled
def _find(keys: Any, numbers: Any, key: Any) -> Any:
    """The number of a term; -1 if it is none."""
    place = _hash(key, len(numbers))
    while numbers[place] >= 0 and keys[numbers[place]] != key:
        place = (place + 1) & (len(numbers) - 1)
    return numbers[place]


@compiled
def tally(stream: Any, begin: int, end: int, terms: Any, counts: Any) -> int:
    """Add to ``counts`` how often each of the ``sought`` terms is in a stretch of the stream; its length in tokens."""
    keys, _, table, numbers = terms
    length, before = 0, np.int64(0)
    for token in stream[begin:end]:
        code = np.int64(token)
        if code == 0:
            before = np.int64(0)
            continue
        length += 1
        flag = table[code & _LOW]
        if code & LATIN_BIT:
            if flag & _LATIN:
                term = _find(keys, numbers, np.uint64(code & _LATIN_MASK | LATIN_KEY))
                if term >= 0:
                    counts[term] += 1
            before = np.int64(0)
            continue
        if flag & _SINGLE:
            term = _find(keys, numbers, np.uint64(code))
            if term >= 0:
                counts[term] += 1
        if before and flag & _SECOND and table[before & _LOW] & _FIRST:
            term = _find(keys, numbers, np.uint64(before << CHARACTER_BITS | code))
            if term >= 0:
                counts[term] += 1
        before = code
    return length


@compiled
def _passage(stream: Any, begin: int, end: int, terms: Any) -> float:
    """The score of one passage: BM25 with the impacts of ``postings``."""
    weights = terms[1]
    counts = np.zeros(len(weights), np.int64)
    length = tally(stream, begin, end, terms, counts)
    score = 0.0
    for term in range(len(weights)):
        if counts[term]:
            score += weights[term] * impact(counts[term], length)
    return score


@compiled
def _bounded(
    at: Any, doc: Any, peak: Any, where: Any, places: Any, weights: Any, own: Any, most: float, enough: float, bounds: Any
) -> bool:  # fmt: skip
    """Work out for each set of a document's passages what none of the set scores above, in ``bounds``. False, and no further than
    that was needed, if no passage of the document has ``enough``.

    Term by term, the heaviest first: ``most`` is the document's sum, and what is left of it all other terms add at most. Most
    documents are ruled out by a few terms.
    """
    bounds[:] = 0.0
    for term in range(len(places)):
        begin, end = (at[places[term]], at[places[term] + 1]) if places[term] >= 0 else (0, 0)
        found = place_of(doc, begin, end, own)
        if found >= 0:
            gain, best = weights[term] * peak[found], 0.0
            for each in range(SETS):
                bounds[each] += gain * _IN_SET[where[found], each]
                best = max(best, bounds[each])
            most -= gain
            if best + most < enough:
                return False
    return True


@compiled
def _best(
    stream: Any, begins: Any, part: Any, parts: int, low: int, high: int, bounds: Any, enough: float, terms: Any
) -> Any:  # fmt: skip
    """The best score among a document's passages ``low`` to ``high - 1``, and the first that has it (-1: none has any).

    Of all parts that ``parts`` has a bit for. The most promising sets are looked at first. Below ``enough`` the score may be too
    low and the place wrong, since sets that cannot reach it are not read.
    """
    best, place, left = 0.0, -1, (1 << SETS) - 1
    while left:
        chosen = -1
        for each in range(SETS):
            if left >> each & 1 and (chosen < 0 or bounds[each] > bounds[chosen]):
                chosen = each
        if bounds[chosen] <= 0 or bounds[chosen] < max(best, enough):
            break
        left ^= 1 << chosen
        last, step = (high, SETS - ALONE) if chosen >= ALONE else (min(low + chosen + 1, high), 1)
        for passage in range(low + chosen, last, step):
            if parts >> part[passage] & 1:
                score = _passage(stream, begins[passage], begins[passage + 1], terms)
                if score > best or (score == best and passage < place):
                    best, place = score, passage
    return best, place


@compiled
def score(
    at: Any, doc: Any, peak: Any, where: Any, places: Any, stream: Any, begins: Any, first: Any, part: Any,
    docs: Any, sums: Any, most: Any, terms: Any, spread: float, about: float, tops: Any, sure: float,
) -> Any:  # fmt: skip
    """Each document's best passage + ``spread`` × sum + ``about`` × (title + summary), 0 where that is below all of ``tops``; and
    which passage of the document it is, -1 where that was not looked for.

    The documents come with the greatest of ``most`` first, what they score at most. ``tops`` are the best totals so far, a heap
    with the least first, and are kept so; a bound is low enough if it is below ``sure`` times the least. Of a single term the
    bound is the score: no passage is read for it but the title and the summary.
    """
    totals, found, bounds = np.zeros(len(docs)), np.full(len(docs), -1, np.int64), np.zeros(SETS)
    least = tops[0] * sure
    for number in range(len(docs)):
        if most[number] < least:
            break
        low, high, rest = first[docs[number]], first[docs[number] + 1], spread * sums[number]
        enough = least - (most[number] - sums[number])
        if not _bounded(at, doc, peak, where, places, terms[1], docs[number], sums[number], enough, bounds):
            continue
        rest += about * _passage(stream, begins[low], begins[low + 1], terms) if bounds[0] else 0.0
        if bounds[1] and low + 1 < high and part[low + 1] == _SUMMARY:
            rest += about * _passage(stream, begins[low + 1], begins[low + 2], terms)
        best = bounds.max()
        if len(places) > 1:
            best, place = _best(stream, begins, part, -1, low, high, bounds, least - rest, terms)
            found[number] = max(place - low, -1)
        if best + rest >= least:
            totals[number] = best + rest
            if totals[number] > tops[0]:
                _replace_least(tops, totals[number])
                least = tops[0] * sure
    return totals, found


@compiled
def _replace_least(heap: Any, value: Any) -> None:
    """Put a greater value in the place of the least, and the heap in order again."""
    place, child = 0, 1
    while child < len(heap):
        if child + 1 < len(heap) and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= value:
            break
        heap[place] = heap[child]
        place, child = child, 2 * child + 1
    heap[place] = value


@compiled
def best_passages(
    at: Any, doc: Any, peak: Any, where: Any, places: Any, stream: Any, begins: Any, first: Any, part: Any,
    docs: Any, parts: int, terms: Any,
) -> Any:  # fmt: skip
    """The first of each document's best passages among those of ``parts``, counted from its first one; 0 if there is none."""
    found, bounds = np.zeros(len(docs), np.int64), np.zeros(SETS)
    for number in range(len(docs)):
        low, high = first[docs[number]], first[docs[number] + 1]
        _bounded(at, doc, peak, where, places, terms[1], docs[number], 0.0, -np.inf, bounds)
        _, place = _best(stream, begins, part, parts, low, high, bounds, 0.0, terms)
        found[number] = max(place - low, 0)
    return found


@compiled
def _runs(stream: Any, begin: int, end: int, run: Any, known: Any) -> bool:
    """Whether a stretch of the stream holds the run. A token that is not ``known`` to be in it rules out all starts before it."""
    last = len(run) - 1
    start = begin
    while start + last < end:
        if not known >> np.uint64(stream[start + last] & 63) & np.uint64(1):
            start += len(run)
            continue
        same = 0
        while same <= last and stream[start + same] == run[same]:
            same += 1
        if same > last:
            return True
        start += 1
    return False


@compiled
def with_run(
    stream: Any, begins: Any, first: Any, part: Any, docs: Any, masks: Any, spots: Any, run: Any, only: int
) -> Any:  # fmt: skip
    """Which of the documents hold the run of tokens, in a passage that their ``masks`` leave and of part ``only`` (-1: any).

    It is looked for around the ``spots`` first, where the rarest of its terms is for the first time: of nearly all that hold
    the run, that is the place. A document's passages are in the order of their parts.
    """
    found = np.zeros(len(docs), np.bool_)
    known = np.uint64(0)
    for token in run:
        known |= np.uint64(1) << np.uint64(token & 63)
    for number in range(len(docs)):
        low, high, mask = first[docs[number]], first[docs[number] + 1], masks[number]
        spot, near = begins[low] + spots[number], low
        while near + 1 < high and begins[near + 1] <= spot:
            near += 1
        if only < 0 or part[near] == only:
            begin, end = max(begins[near], spot - len(run) + 1), min(begins[near + 1], spot + len(run))
            found[number] = _runs(stream, begin, end, run, known)
        for passage in range(low, high):
            if found[number] or 0 <= only < part[passage]:
                break
            found[number] = (
                mask >> set_of(passage - low) & 1
                and (only < 0 or part[passage] == only)
                and _runs(stream, begins[passage], begins[passage + 1], run, known)
            )
    return found
