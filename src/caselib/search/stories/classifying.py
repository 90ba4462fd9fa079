"""Labels of texts, learned from labelled examples: ridge regression on the characters of a text and their neighbours.

A text is a vector of length 1: for each term in it the logarithm of how often it is there, times how rare it is among the examples
(tf-idf; Salton and Buckley 1988). What no example has counts in the length only, so a text unlike all of them scores low. The
weights of a label are those that give its examples 1 and all others 0 with the least square error, large weights
costing too (Hoerl and Kennard 1970). Nothing here knows what the labels mean.
"""

from collections.abc import Collection, Sequence
from math import log, sqrt

import numpy as np

from caselib.search.index.postings import Numbers
from caselib.search.text.tokens import codes_of

NONE = ""
"""The label of examples that have no other."""
RIDGE = 0.5
"""What a weight's square costs, beside the square of an error."""
DISTANCES = (0, 1, 2)
"""A term is a character and the one so many places after it, in a run of letters, figures and Han characters; at 0 it is alone."""
_BITS = 21
"""A character's code takes so many."""
_NO_TERM = -1


class Classifier:
    """What the ``examples`` of each of the ``labels`` have in common; they and what is asked are folded text."""

    def __init__(self, examples: Sequence[tuple[str, Collection[str]]]) -> None:
        """Learn from texts with their labels. One that is empty has none, so there is always an example and a label."""
        from scipy.sparse import csr_array  # half a second that no search should wait for
        from scipy.sparse.linalg import lsqr

        told = [(text, labels or (NONE,)) for text, labels in (("", ()), *examples)]
        self.examples = frozenset(text for text, _ in told)
        self.labels = sorted(set().union(*(labels for _, labels in told)))
        terms, places = _terms("\n".join(text for text, _ in told))
        owners = np.searchsorted(np.cumsum([len(text) + 1 for text, _ in told]), places, "right")
        self._known = np.unique(np.append(terms, _NO_TERM))
        held, counts = np.unique(owners * len(self._known) + np.searchsorted(self._known, terms), return_counts=True)
        owners, numbers = np.divmod(held, len(self._known))
        self._rarest = log(1 + len(told)) + 1
        self._rarity = self._rarest - np.log(1 + np.bincount(numbers, minlength=len(self._known)))
        values = (1 + np.log(counts)) * self._rarity[numbers]
        values /= np.sqrt(np.bincount(owners, values**2))[owners]
        vectors = csr_array((values, (owners, numbers)), shape=(len(told), len(self._known)))
        wanted = ([float(label in labels) for _, labels in told] for label in self.labels)
        self._weights = np.array([lsqr(vectors, column, damp=sqrt(RIDGE))[0] for column in wanted]).T

    def score(self, text: str) -> dict[str, float]:
        """How much the text is like the examples of each label: about 1 for one of them, about 0 for what is unlike them all."""
        terms, counts = np.unique(_terms(text)[0], return_counts=True)
        found = np.minimum(np.searchsorted(self._known, terms), len(self._known) - 1)
        known = self._known[found] == terms
        values = (1 + np.log(counts)) * np.where(known, self._rarity[found], self._rarest)
        length = sqrt((values**2).sum()) or 1.0
        return dict(zip(self.labels, (known * values / length @ self._weights[found]).tolist(), strict=True))


def _terms(text: str) -> tuple[Numbers, Numbers]:
    """The terms of a text as numbers, and where each begins."""
    codes = codes_of(text).astype(np.int64)
    runs = np.array([character.isalnum() for character in text], bool)
    terms, places = [], []
    for distance in DISTANCES:
        size = max(len(codes) - distance, 0)
        at = np.flatnonzero(np.all([runs[step : step + size] for step in range(distance + 1)], axis=0))
        terms.append((distance << _BITS | codes[at]) << _BITS | codes[at + distance])
        places.append(at)
    return np.concatenate(terms), np.concatenate(places)
