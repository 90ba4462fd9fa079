"""Postings made by whole-array operations, compared with postings made one by one."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselib.search.index.postings import FAR, IMPACT_SCALE, K1, USUAL_LENGTH, B, Postings, ranges, stream_of, streams
from caselib.search.text.tokens import (
    CHARACTER_BITS,
    HAN_RUN,
    LATIN_BIT,
    LATIN_KEY,
    latin_tokens,
    pairs,
    term_key,
    token_code,
)

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
    """Postings of passages; without owners each is a document of its own."""
    owner = list(range(len(texts))) if owner is None else owner
    stream, begins, _ = streams(texts, at_once=2)
    return Postings.of(stream, begins, np.searchsorted(owner, np.arange(max(owner) + 2)), block)


def read(postings: Postings) -> dict[int, list[tuple[int, int, int]]]:
    """For each key its documents with peaks and numbers of passages."""
    assert sorted(postings.keys.tolist()) == postings.keys.tolist()
    bounds = postings.at.tolist()
    columns = (postings.doc, postings.peak, postings.held)
    return {
        key: list(zip(*(column[b:e].tolist() for column in columns), strict=True))
        for key, b, e in zip(postings.keys.tolist(), bounds, bounds[1:], strict=False)
    }


@given(TEXTS)
def test_postings_are_those_made_one_by_one(texts: list[str]) -> None:
    assert read(of(texts)) == {key: [(p, i, 1) for p, i in held] for key, held in slowly(texts).items()}


@given(TEXTS)
def test_blocks_are_what_was_indexed_at_once(texts: list[str]) -> None:
    assert read(of(texts, block=1)) == read(of(texts))


@given(TEXTS, st.data())
def test_each_document_is_listed_once_with_its_greatest_impact_and_its_number_of_passages(
    texts: list[str], data: st.DataObject
) -> None:
    owner = sorted(data.draw(st.lists(st.integers(0, 3), min_size=len(texts), max_size=len(texts))))
    postings, expected = of(texts, owner), {}
    for key, held in slowly(texts).items():
        docs = sorted({owner[passage] for passage, _ in held})
        own = [[impact for passage, impact in held if owner[passage] == doc] for doc in docs]
        expected[key] = [(doc, max(impacts), len(impacts)) for doc, impacts in zip(docs, own, strict=True)]
    assert read(postings) == expected
    assert postings.passages_with.tolist() == [len(slowly(texts)[key]) for key in postings.keys.tolist()]


def test_more_passages_than_a_byte_holds_count_as_255() -> None:
    postings = of(["质"] * 300, [0] * 300)
    assert (postings.held.tolist(), postings.passages_with.tolist()) == ([255], [255])


@pytest.mark.parametrize("block", [1, 1000])
def test_of_each_document_it_is_known_which_set_of_passages_holds_a_term(block: int) -> None:
    texts = ["管", "质", "量", "质", *["管"] * 6, "质"]
    postings = of(texts, [0, *[1] * 10], block)
    held = {chr(key): (b, e) for key, b, e in zip(postings.keys.tolist(), postings.at, postings.at[1:], strict=False)}
    told = {term: (postings.doc[b:e].tolist(), postings.where[b:e].tolist()) for term, (b, e) in held.items()}
    assert told == {"质": ([1], [0b1101]), "量": ([1], [0b10]), "管": ([0, 1], [1, 0b11111100])}


@given(TEXTS, st.data())
def test_of_each_document_it_is_known_where_a_term_first_ends(texts: list[str], data: st.DataObject) -> None:
    owner = sorted(data.draw(st.lists(st.integers(0, 3), min_size=len(texts), max_size=len(texts))))
    postings = of(texts, owner, data.draw(st.sampled_from([1, 1000])))
    docs = np.repeat(postings.keys, np.diff(postings.at)).tolist()
    told = dict(zip(zip(docs, postings.doc.tolist(), strict=True), postings.spot.tolist(), strict=True))
    expected: dict[tuple[int, int], int] = {}
    stream, begins, _ = streams(texts, at_once=2)
    for passage, doc in enumerate(owner):
        before = 0
        for place in range(begins[passage], begins[passage + 1]):
            code = int(stream[place])
            han = code if code < LATIN_BIT else 0
            keys = [before << CHARACTER_BITS | code] * bool(before and han) + [han or code ^ LATIN_BIT | LATIN_KEY]
            for key in keys if code else []:
                expected.setdefault((key, doc), int(place - begins[owner.index(doc)]))
            before = han
    assert told == expected


def spots(postings: Postings) -> dict[str, int]:
    single = zip(postings.keys.tolist(), postings.at.tolist(), strict=False)
    return {chr(key): int(postings.spot[at]) for key, at in single if key < 1 << CHARACTER_BITS}


def test_what_is_far_into_a_document_is_told_as_far() -> None:
    assert spots(of(["管" * (FAR - 1), "量", "质"], [0, 0, 0], 100_000)) == {"管": 0, "量": FAR, "质": FAR}


def test_of_many_passages_the_places_far_into_one_are_not_told() -> None:
    texts = ["管" * 510 + "量质"]
    stream, begins, _ = streams(texts)
    stream = np.concatenate([np.full(FAR * 4, ord("业"), np.uint32), stream])
    begins = np.concatenate([np.arange(FAR * 4), begins + FAR * 4])
    told = spots(Postings.of(stream, begins, np.array([0, FAR * 4, FAR * 4 + 1])))
    assert told == {"业": 0, "管": 0, "量": 510, "质": FAR}


@pytest.mark.parametrize(
    ("text", "stream"),
    [
        ("", []),
        ("质量", ["质", "量"]),
        ("质，量", ["质", 0, "量"]),
        ("iso 9001质量", ["iso", "iso9001", "9001", 0, "质", "量"]),
        ("量6s", ["量", "6", "6s"]),
    ],
)
def test_a_stream_parts_characters_that_do_not_touch(text: str, stream: list[str | int]) -> None:
    codes = [ord(each) if len(str(each)) == 1 and str(each) > "z" else each for each in stream]
    assert streams([text]).stream.tolist() == [token_code(each) if isinstance(each, str) else each for each in codes]


def test_the_last_character_of_a_passage_and_the_first_of_the_next_are_no_pair() -> None:
    stream, begins, _ = streams(["质", "量", "", "管"])
    assert ([chr(code) if code else "" for code in stream.tolist()], begins.tolist()) == (
        ["质", "", "量", "", "管"], [0, 2, 3, 4, 5],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("begins", "sizes", "numbers"),
    [([], [], []), ([5], [3], [5, 6, 7]), ([4, 0, 9], [1, 0, 2], [4, 9, 10])],
)
def test_ranges_are_laid_end_to_end(begins: list[int], sizes: list[int], numbers: list[int]) -> None:
    assert ranges(np.array(begins, np.int64), np.array(sizes, np.int64)).tolist() == numbers


def test_a_short_passage_counts_more_and_no_impact_overflows() -> None:
    assert impact(1, "质") > impact(1, "质" + "量" * 300)
    assert max(of(["质" * 5000]).peak.tolist()) <= round((K1 + 1) * IMPACT_SCALE) < 256


@pytest.mark.parametrize("text", ["质量控制", "𠀀〇年", "iso 9001认证", "6s", "甲，乙"])
def test_a_phrase_is_looked_for_as_texts_are_kept(text: str) -> None:
    assert stream_of(text).tolist() == streams([text]).stream.tolist()
