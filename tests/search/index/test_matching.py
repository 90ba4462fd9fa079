"""The loops over lists beside the same said in sets."""

import numpy as np
import pytest

from caselib.search.index import matching

DOCUMENTS = 2000
FAR = 65_536


@pytest.mark.parametrize("sets", [1, 255])
@pytest.mark.parametrize(
    "shares", [[1.0], [0.0], [0.5, 0.5], [0.9, 0.01], [0.002, 0.6], [0.3, 1.0, 0.2], [0.4, 0.0], [0.6, 0.7, 0.5, 0.8]]
)
def test_documents_with_all_terms_in_one_set_are_those_of_every_list(shares: list[float], sets: int) -> None:
    """``shares`` is how many of the documents hold each term."""
    random = np.random.default_rng(len(shares))
    lists = [np.flatnonzero(random.random(DOCUMENTS) < share).tolist() for share in shares]
    held = [{doc: (int(random.integers(1, 256)), int(random.integers(FAR))) for doc in docs} for docs in lists]
    rarest = min(held, key=len)
    expected = []
    for each in sorted(set.intersection(*map(set, lists))):
        if common := sets & int(np.bitwise_and.reduce([own[each][0] for own in held])):
            expected.append((each, common, rarest[each][1]))
    at = np.cumsum([0, *map(len, lists)])
    doc = np.array([doc for docs in lists for doc in docs], np.uint32)
    where, spot = np.array([own[doc] for own in held for doc in own]).reshape(-1, 2).T
    arrays = at, doc, where.astype(np.uint8), spot.astype(np.uint16)
    found = matching.together(*arrays, np.arange(len(lists)), sets)
    assert list(zip(*(column.tolist() for column in found), strict=True)) == expected
    nowhere = matching.together(*arrays, np.array([0, -1]), sets)
    assert [len(column) for column in nowhere] == [0, 0, 0]
