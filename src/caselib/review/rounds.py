"""The totals of a round as arrays, and what every method makes of them: a figure and a standard error a submission.

No method is here, and nothing that knows what a figure is for.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Round:
    """The totals of one round as parallel arrays, one entry a review.

    Attributes:
        size: number of submissions; those without a review have no figure (NaN).
        experts: number of experts.
        submission: index of the submission reviewed, shape (n,).
        expert: index of the expert, shape (n,).
        total: 0 to 100, shape (n,).
    """

    size: int
    experts: int
    submission: Ints
    expert: Ints
    total: Floats

    @cached_property
    def reviews(self) -> Ints:
        """Reviews of each submission, shape (size,)."""
        return np.bincount(self.submission, minlength=self.size)

    @cached_property
    def mean(self) -> Floats:
        """Raw mean of each submission, NaN without a review, shape (size,)."""
        return divide(np.bincount(self.submission, self.total, self.size), self.reviews)

    @cached_property
    def components(self) -> int:
        """Connected parts of the graph in which a review joins a submission and an expert."""
        if not len(self.total):
            return 0
        nodes = self.size + self.experts
        edges = coo_array((np.ones(len(self.total)), (self.submission, self.size + self.expert)), shape=(nodes, nodes))
        _, label = connected_components(edges, directed=False)
        return len(np.unique(label[self.submission]))

    @property
    def identifiable(self) -> bool:
        """Whether harshness can be told from merit: one connected part, and experts who share submissions."""
        return self.components == 1 and self.experts > 1 and bool((self.reviews > 1).any())


@dataclass(frozen=True)
class Estimate:
    """A figure for every submission and its standard error, both on the scale of the totals, shape (size,).

    Attributes:
        shared: what errors have in common, because the same experts review many: a row's squares, summed, are the part
            of ``se`` squared that is not the submission's ``own``, and the product of two rows is the covariance of two
            figures; shape (size, k). None where figures err independently.
    """

    value: Floats
    se: Floats
    shared: Floats | None = None

    @property
    def own(self) -> Floats:
        """The part of the standard error that no other submission shares, shape (size,)."""
        if self.shared is None:
            return self.se
        own: Floats = np.sqrt(np.maximum(self.se**2 - (self.shared**2).sum(axis=1), 0.0))
        return own

    @property
    def apart(self) -> Floats:
        """``shared`` less what moves all figures alike, which is no doubt about their order."""
        if self.shared is None:
            return np.zeros((len(self.value), 0))
        seen = ~np.isnan(self.value)
        return np.where(seen[:, None], self.shared - self.shared[seen].mean(axis=0), 0.0)


def divide(above: Floats | Ints, below: Floats | Ints) -> Floats:
    """Quotients, NaN where the divisor is not positive."""
    quotient = np.full(len(above), np.nan)
    np.divide(above, below, out=quotient, where=below > 0)
    return quotient


def shares(round_: Round) -> csr_array:
    """Share of each expert in a submission's reviews, shape (size, experts)."""
    weights = 1 / round_.reviews[round_.submission]
    return csr_array((weights, (round_.submission, round_.expert)), shape=(round_.size, round_.experts))
