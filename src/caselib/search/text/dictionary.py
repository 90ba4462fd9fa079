"""jieba's dictionary and its way of cutting, compiled: of all ways to cut a text, the one whose words are the most usual.

The words are jieba's own (without its model of unknown ones) and those of this domain, but as numbers: no word becomes an
object of Python's unless somebody wants it. A word is a path in a tree: a first character is a node of its own number, what
may follow a node lies in one hash table. Nothing here knows what the words are for.
"""

from collections.abc import Sequence
from importlib.metadata import distribution
from math import exp, inf, log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caselib.search.compiling import compiled
from caselib.search.text.tokens import HAN_RUN, Codes, codes_of, fold_each, word_list

LONGEST_WORD = 4  # a longer one would have to be found whole
_BITS = 20
"""The table has 2**20 places; half of them are taken."""
_PLACES = 1 << _BITS
_CHARACTERS = 0x110000
_SPACE, _ZERO, _LINE = map(ord, " 0\n")
_FIRST_HAN = 0x3400


class Cutter:
    """jieba with the words of this domain: ``names``, which are folded and kept so, are added to the shipped lists.

    Reading its dictionary takes a twentieth of a second.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._nodes = np.zeros(_PLACES, np.uint64)
        self._logs = np.full(_CHARACTERS + _PLACES, -inf)
        self._total = 0
        self._learn(Path(str(distribution("jieba").locate_file("jieba/dict.txt"))).read_text("utf-8"))
        self.names = [each.text for each in fold_each(names)]
        for word in sorted({*word_list("domain"), *word_list("trades"), *word_list("stop"), *self.names}):
            if 2 <= len(word) <= LONGEST_WORD and HAN_RUN.fullmatch(word):
                self._add(word)

    def _learn(self, lines: str) -> None:
        self._total += _learn(codes_of(lines), self._nodes, self._logs)

    def _add(self, word: str) -> None:
        """Add a word, or raise its frequency, so that it is cut as one, by jieba's own rule; nothing if it is already."""
        sizes = self.sizes(codes_of(word)).tolist()
        if sizes[0] == len(word):
            return
        parts = (max(self._log(word[at : at + size]), 0) - log(self._total) for at, size in enumerate(sizes) if size)
        count = max(int(exp(sum(parts) + log(self._total))) + 1, round(exp(self._log(word))))
        self._learn(f"{word} {count}\n")

    def __contains__(self, word: str) -> bool:
        return bool(word) and self._log(word) > -inf

    def _log(self, word: str) -> float:
        """The logarithm of the word's frequency; of what is none, that of 0."""
        found: float = _look_up(codes_of(word), self._nodes, self._logs)
        return found

    def sizes(self, codes: Codes) -> NDArray[np.uint8]:
        """How long the word is that begins at each character; 0 where none does."""
        sizes = np.empty(len(codes), np.uint8)
        _cut(codes, self._nodes, self._logs, log(self._total), sizes)
        return sizes

    def cut(self, folded: str) -> list[str]:
        """The text as words, without overlap; nothing is lost. What the dictionary does not hold is cut into characters."""
        sizes = self.sizes(codes_of(folded)).tolist()
        return [folded[at : at + size] for at, size in enumerate(sizes) if size]

    def inside(self, word: str) -> list[str]:
        """What jieba's search mode makes of a longer word: the shorter ones in it and itself; without what is not Han."""
        shorter = (word[at : at + size] for size in (2, 3) for at in range(len(word) - size + 1) if size < len(word))
        return list(filter(HAN_RUN.fullmatch, [*(part for part in shorter if part in self), word]))

    def parts(self, word: str) -> list[str]:
        """The fewest words that a longer one consists of, the longer first where that leaves a choice: 退货 and 率 of 退货率."""
        ways = ([*self.cut(word[:at]), *self.cut(word[at:])] for at in range(len(word) - 1, 0, -1))
        return min(ways, key=lambda way: (len(way), sum(len(part) == 1 for part in way)), default=[word])


@compiled
def _place(nodes: Any, parent: Any, code: Any) -> Any:
    """Where the table has the node of a character below another, or, if there is 0, would have it; and its key."""
    key = np.uint64(parent) << np.uint64(32) | np.uint64(code)
    place = np.int64(key * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(64 - _BITS))
    while nodes[place] and nodes[place] != key:
        place = (place + 1) & (_PLACES - 1)
    return place, key


@compiled
def _learn(codes: Any, nodes: Any, logs: Any) -> Any:
    """Take in lines of a word, a space, its frequency and what not; return by how much the sum of all grows."""
    at, total = 0, np.int64(0)
    while at < len(codes):
        node, count = np.int64(codes[at]), np.int64(0)
        at += 1
        while codes[at] != _SPACE:
            place, key = _place(nodes, node, codes[at])
            nodes[place] = key
            node = _CHARACTERS + place
            at += 1
        at += 1
        while codes[at] > _SPACE:
            count = count * 10 + np.int64(codes[at]) - _ZERO
            at += 1
        while codes[at] != _LINE:
            at += 1
        at += 1
        total += count - round(np.exp(logs[node]))
        logs[node] = np.log(count)
    return total


@compiled
def _look_up(codes: Any, nodes: Any, logs: Any) -> Any:
    node = np.int64(codes[0])
    for code in codes[1:]:
        node = _CHARACTERS + _place(nodes, node, code)[0]
    return logs[node]


@compiled
def _cut(codes: Any, nodes: Any, logs: Any, total: Any, sizes: Any) -> None:
    """Write the sizes of the words; ``total`` is the logarithm of the sum of all frequencies."""
    best = np.zeros(len(codes) + 1)
    for start in range(len(codes) - 1, -1, -1):
        sizes[start] = 1
        if codes[start] < _FIRST_HAN:
            continue  # before a mark, a text is cut as if it ended there, as jieba does: sums stay small, and so exact
        node, end = np.int64(codes[start]), start + 1
        best[start] = max(logs[node], 0.0) - total + best[end]
        while end < len(codes):
            place, _ = _place(nodes, node, codes[end])
            if not nodes[place]:
                break
            end, node = end + 1, _CHARACTERS + place
            whole = logs[node] - total + best[end]
            if whole >= best[start]:
                best[start], sizes[start] = whole, end - start
    start = 0
    while start < len(codes):
        end = start + sizes[start]
        sizes[start + 1 : end] = 0
        start = end
