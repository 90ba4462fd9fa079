"""Postings made by whole-array operations, compared with postings made one by one."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselib.search.postings import IMPACT_SCALE, K1, USUAL_LENGTH, B, Postings, ranges
from caselib.search.tokens import HAN_RUN, latin_tokens, pairs, term_key

TEXTS = st.lists(st.text(alphabet="质量管理a9 ,。\n", max_size=12), min_size=1, max_size=8)
Lists = dict[int, list[tuple[int, int]]]


def terms(text: str) -> Counter[str]:
    runs = HAN_RUN.findall(text)
    han = [term for run in runs for term in [*run, *(pairs(run) if len(run) > 1 else [])]]
    return Counter([*han, *(token.text for token in latin_tokens(text))])


def impact(count: int, text: str) -> int:
    length = sum(map(len, HAN_RUN.findall(text))) + sum(1 for _ in latin_tokens(text))
    return round(count * (K1 + 1) / (count + K1 * (1 - B + B * length / USUAL_LENGTH)) * IMPACT_SCALE)


def slowly(texts: list[str]) -> Lists:
    lists: Lists = {}
    for number, text in enumerate(texts):
        for term, count in terms(text).items():
            lists.setdefault(term_key(term), []).append((number, impact(count, text)))
    return lists


def of(texts: list[str], owner: list[int] | None = None, block: int = 1000) -> Postings:
    return Postings.of(texts, np.array(owner if owner is not None else [0] * len(texts), np.uint32), block)


def read(postings: Postings) -> Lists:
    assert sorted(postings.keys.tolist()) == postings.keys.tolist()
    bounds = postings.begin[postings.at].tolist()
    return {
        key: list(zip(postings.passage[b:e].tolist(), postings.impact[b:e].tolist(), strict=True))
        for key, b, e in zip(postings.keys.tolist(), bounds, bounds[1:], strict=False)
    }


@given(TEXTS)
def test_postings_are_those_made_one_by_one(texts: list[str]) -> None:
    assert read(of(texts)) == slowly(texts)


@given(TEXTS)
def test_blocks_are_what_was_indexed_at_once(texts: list[str]) -> None:
    assert read(of(texts, block=1)) == slowly(texts)


@given(TEXTS, st.data())
def test_each_document_is_listed_once_with_its_greatest_impact_and_its_own_passages(
    texts: list[str], data: st.DataObject
) -> None:
    owner = sorted(data.draw(st.lists(st.integers(0, 3), min_size=len(texts), max_size=len(texts))))
    postings = of(texts, owner)
    for number, held in enumerate(slowly(texts)[key] for key in postings.keys.tolist()):
        lists = range(*postings.at[number : number + 2].tolist())
        docs = sorted({owner[passage] for passage, _ in held})
        assert [int(postings.doc[n]) for n in lists] == docs
        assert [int(postings.peak[n]) for n in lists] == [max(i for p, i in held if owner[p] == d) for d in docs]
        runs = [postings.passage[slice(*postings.begin[n : n + 2].tolist())].tolist() for n in lists]
        assert runs == [[p for p, _ in held if owner[p] == d] for d in docs]


@pytest.mark.parametrize(
    ("begins", "sizes", "numbers"),
    [([], [], []), ([5], [3], [5, 6, 7]), ([4, 0, 9], [1, 0, 2], [4, 9, 10])],
)
def test_ranges_are_laid_end_to_end(begins: list[int], sizes: list[int], numbers: list[int]) -> None:
    assert ranges(np.array(begins, np.int64), np.array(sizes, np.int64)).tolist() == numbers


def test_a_short_passage_counts_more_and_no_impact_overflows() -> None:
    assert impact(1, "质") > impact(1, "质" + "量" * 300)
    assert max(of(["质" * 5000]).impact.tolist()) <= round((K1 + 1) * IMPACT_SCALE) < 256
