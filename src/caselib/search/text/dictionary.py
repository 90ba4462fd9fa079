"""jieba's dictionary and its way of cutting, compiled: of all ways to cut a text, the one whose words are the most usual.

The words are jieba's own (without its model of unknown ones), but as numbers: no word becomes an object of Python's unless
somebody wants it. A word is a path in a tree: a first character is a node of its own number, what may follow a node lies in
one hash table. Nothing here knows what the words are for.
"""

from importlib.metadata import distribution
from math import exp, inf, log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caselib.search.compiling import compiled

Codes = NDArray[np.uint32]

_BITS = 20
"""The table has 2**20 places; half of them are taken."""
_PLACES = 1 << _BITS
_CHARACTERS = 0x110000
_SPACE, _ZERO, _LINE = map(ord, " 0\n")
_FIRST_HAN = 0x3400


def codes_of(text: str) -> Codes:
    """The characters of a text as numbers."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


class Dictionary:
    """jieba's dictionary; words can be added. Reading it takes a twentieth of a second."""

    def __init__(self) -> None:
        self._nodes = np.zeros(_PLACES, np.uint64)
        self._logs = np.full(_CHARACTERS + _PLACES, -inf)
        self._total = 0
        self._learn(Path(str(distribution("jieba").locate_file("jieba/dict.txt"))).read_text("utf-8"))

    def _learn(self, lines: str) -> None:
        self._total += _learn(codes_of(lines), self._nodes, self._logs)

    def add(self, word: str) -> None:
        """Add a word, or raise its frequency, so that it is cut as one, by jieba's own rule; nothing if it is already."""
        sizes = self.sizes(codes_of(word)).tolist()
        if len(word) > 1 and sizes[0] == len(word):
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
