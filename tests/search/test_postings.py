"""Postings made by whole-array operations, compared with postings made one by one."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselib.search.postings import IMPACT_SCALE, K1, USUAL_LENGTH, B, Postings, merge, ranges
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


def read(postings: Postings) -> Lists:
    assert sorted(postings.keys.tolist()) == postings.keys.tolist()
    slices = [slice(*postings.at[n : n + 2]) for n in range(len(postings.keys))]
    return {
        key: list(zip(postings.passage[s].tolist(), postings.impact[s].tolist(), strict=True))
        for key, s in zip(postings.keys.tolist(), slices, strict=True)
    }


@given(TEXTS)
def test_postings_are_those_made_one_by_one(texts: list[str]) -> None:
    assert read(Postings.of(texts)) == slowly(texts)


@given(TEXTS, TEXTS)
def test_blocks_merged_are_what_was_indexed_at_once(first: list[str], second: list[str]) -> None:
    merged = merge([Postings.of(first), Postings.of(second)], [len(first), len(second)])
    assert read(merged) == slowly(first + second)


@given(TEXTS, st.data())
def test_the_lists_by_document_hold_each_document_once_with_its_greatest_impact(
    texts: list[str], data: st.DataObject
) -> None:
    owner = np.array(
        sorted(data.draw(st.lists(st.integers(0, 3), min_size=len(texts), max_size=len(texts)))), np.uint32
    )
    postings = Postings.of(texts).by_document(owner)
    by_document = postings._replace(at=postings.doc_at, passage=postings.doc, impact=postings.peak)
    expected = {
        key: sorted({(doc, max(i for p, i in held if owner[p] == doc)) for doc in {int(owner[p]) for p, _ in held}})
        for key, held in slowly(texts).items()
    }
    assert read(by_document) == expected


@pytest.mark.parametrize(
    ("begins", "sizes", "numbers"),
    [([], [], []), ([5], [3], [5, 6, 7]), ([4, 0, 9], [1, 0, 2], [4, 9, 10])],
)
def test_ranges_are_laid_end_to_end(begins: list[int], sizes: list[int], numbers: list[int]) -> None:
    assert ranges(np.array(begins, np.int64), np.array(sizes, np.int64)).tolist() == numbers


def test_a_short_passage_counts_more_and_no_impact_overflows() -> None:
    assert impact(1, "质") > impact(1, "质" + "量" * 300)
    assert max(Postings.of(["质" * 5000]).impact.tolist()) <= round((K1 + 1) * IMPACT_SCALE) < 256
