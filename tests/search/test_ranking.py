"""The order of documents, compared with a slow scorer that looks at everything; however documents came into segments."""

import json
import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import whoosh.index
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from whoosh.query import Term
from whoosh.scoring import BM25F

from caselib.search.index import durable, scoring
from caselib.search.index.postings import IMPACT_SCALE, SETS
from caselib.search.index.reading import Index
from caselib.search.index.records import Part, Record
from caselib.search.question import PAIR, Question, Reader
from caselib.search.ranking import ABOUT, SPREAD, Ranked, Ranking, rank
from tests.search.index.test_postings import impact, terms
from tests.search.shelves import cutter, index_of, record

LETTERS = "质量管理体系认证链怀a9，"  # the filter of terms cannot tell 怀 (U+6000) from the 0 that parts tokens
PASSAGES = st.lists(st.text(alphabet=LETTERS, min_size=1, max_size=12), min_size=1, max_size=2 * SETS + 2)
SHELF = st.lists(PASSAGES, min_size=1, max_size=6)


def records(shelf: Sequence[Sequence[str]], prefix: str) -> list[Record]:
    """Cases of these passages; every other one has the first as its summary."""
    return [
        record(f"{prefix}{number}", *passages[number % 2 :], summary=passages[0] * (number % 2))
        for number, passages in enumerate(shelf)
    ]


def slowly(documents: list[Record], question: Question) -> dict[str, float]:
    """Every document's score, straight from the definition."""
    held = {each.key: [terms(p.text) for p in each.passages] for each in documents}
    texts = {each.key: [p.text for p in each.passages] for each in documents}
    abouts = {
        each.key: [n for n, p in enumerate(each.passages) if p.part in (Part.TITLE, Part.SUMMARY)] for each in documents
    }
    passages = [counts for own in held.values() for counts in own]
    weights = dict(question.weights)
    for unit in question.units:
        if not any(term in counts for counts in passages for option in unit.options for term in option):
            weights |= {character: max(weights[character], PAIR) for character in unit.alone}
    scores = {}
    for key, own in held.items():
        gains = []
        for term, weight in weights.items():
            found = sum(term in counts for counts in passages)
            rarity = math.log1p((len(passages) - found + 0.5) / (found + 0.5)) / IMPACT_SCALE
            gains.append(
                [
                    impact(c[term], t) * weight * rarity if term in c else 0.0
                    for c, t in zip(own, texts[key], strict=True)
                ]
            )
        best = max(map(sum, zip(*gains, strict=True))) if gains else 0.0
        about = sum(own_gains[n] for own_gains in gains for n in abouts[key])
        scores[key] = best + SPREAD * sum(map(max, gains)) + ABOUT * about
    return scores


def quickly(index: Index, question: Question, count: int) -> dict[str, float]:
    """The best ``count`` documents of all segments by their scores."""
    living = np.flatnonzero(index.alive)
    found = [(-best.score, index.names[best.doc]) for best in rank(index, question).best(living, count)]
    return {name: -score for score, name in sorted(found)[:count]}


@given(SHELF, SHELF, st.text(alphabet=LETTERS, max_size=10), st.data())
def test_scores_and_order_are_those_of_the_slow_scorer(
    tmp_path: Path, one: list[list[str]], two: list[list[str]], typed: str, data: st.DataObject
) -> None:
    first, second = records(one, "a"), records(two, "b")
    dead = data.draw(st.sets(st.integers(0, len(first) - 1)))
    question = Reader(cutter()).read(typed)
    index = index_of(tmp_path, first, second, dead=[sorted(dead)])
    living = [each for number, each in enumerate(first) if number not in dead] + second
    expected = slowly(living, question)
    for count in (1, 2, 3, 100):
        found = quickly(index, question, count)
        order = sorted(expected, key=lambda key: (-round(expected[key], 9), key))[:count]
        assert [round(score, 6) for score in found.values()] == [round(expected[key], 6) for key in order]
        assert all(math.isclose(score, expected[key], abs_tol=1e-9) for key, score in found.items())


def test_what_a_document_says_that_it_is_about_comes_before_what_is_said_in_passing(tmp_path: Path) -> None:
    said, aside = "毛刺怎样去除", "客户来看过毛刺怎样去除"
    index = index_of(
        tmp_path,
        [record("about", said, aside, summary=aside), record("aside", said, aside, aside)],
        [record("bare", said, aside)],
    )
    found = quickly(index, Reader(cutter()).read("毛刺"), 3)
    assert list(found) == ["case/about", "case/aside", "case/bare"]
    assert len(set(found.values())) == 2  # only the summary counts once more


def scores(ranking: Ranking, doc: int) -> NDArray[np.float64]:
    """Those of one document's passages, first to last."""
    segment, own = ranking.index.place(doc)
    ends = pairwise(segment.begins[segment.first[own] : segment.first[own + 1] + 1])
    return np.array([scoring._passage(segment.stream, begin, end, ranking.terms.sought) for begin, end in ends])


@given(SHELF, SHELF, st.text(alphabet=LETTERS, max_size=10))
def test_the_best_passage_of_a_part_is_the_first_with_the_greatest_score(
    tmp_path: Path, one: list[list[str]], two: list[list[str]], typed: str
) -> None:
    ranking = rank(index_of(tmp_path, records(one, "a"), records(two, "b")), Reader(cutter()).read(typed))
    docs = range(len(one) + len(two))
    expected = {}
    for doc in docs:
        body = scores(ranking, doc)[1:]  # the first is the title
        expected[doc] = int(body.argmax()) + 1 if body.any() else 0
    assert ranking.best_passages([Ranked(0.0, doc) for doc in docs]) == expected
    scored = ranking.best(np.array(docs), len(docs))
    assert ranking.best_passages(scored) == {each.doc: expected[each.doc] for each in scored}
    assert all(each.passage == scores(ranking, each.doc).argmax() for each in scored if each.passage >= 0)


def as_whoosh_ranks(folder: Path, word: str) -> list[str]:
    """The keys of the documents that Whoosh's own BM25F finds for one word in the durable copy, best first."""
    (copy,) = folder.glob("*/whoosh")
    with whoosh.index.open_dir(str(copy), durable.NAME).searcher(weighting=BM25F()) as searcher:
        return [json.loads(hit["record"])["key"] for hit in searcher.search(Term("text", word), limit=None)]


@given(st.permutations(range(1, 8)))
def test_one_word_in_texts_of_one_length_or_once_in_each_ranks_as_whooshs_bm25f(order: list[int]) -> None:
    """There the two mean the same: nothing but how often, or in how long a text. Passages, titles and neighbours are ours."""
    often = [record(f"d{n}", "，".join(["检验"] * n + ["仓库"] * (8 - n))) for n in order]
    long = [record(f"d{n}", "，".join(["检验"] + ["仓库"] * 2**n)) for n in order]
    for documents, best_first in ((often, range(7, 0, -1)), (long, range(1, 8))):
        with TemporaryDirectory() as folder:
            index = index_of(Path(folder), documents)
            found = list(quickly(index, Reader(cutter()).read("检验"), 7))
            assert found == as_whoosh_ranks(Path(folder), "检验") == [f"case/d{n}" for n in best_first]


@given(SHELF, st.text(alphabet=LETTERS, min_size=1, max_size=8))
def test_how_documents_came_into_segments_changes_nothing(tmp_path: Path, shelf: list[list[str]], typed: str) -> None:
    documents = records(shelf, "d")
    question = Reader(cutter()).read(typed)
    whole = index_of(tmp_path, documents)
    split = index_of(
        tmp_path, [*documents[::2], record("old", "质量链")], documents[1::2], dead=[[len(documents[::2])]]
    )
    assert quickly(whole, question, 100) == quickly(split, question, 100)

    def matching(index: Index) -> set[str]:
        return {index.names[number] for number in rank(index, question).matching()}

    assert matching(whole) == matching(split)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    documents = [
        record("all", "数字化改造和首件检验都做了", "另一段"),
        record("apart", "数字化改造做了", "首件检验也做了"),
        record("half", "只做了首件检验"),
        record("none", "只说天气"),
        record("title", "没有别的", title="首件检验"),
        *(record(f"other{number}", f"第{number}家说的是别的事") for number in range(10)),
    ]
    return index_of(tmp_path_factory.mktemp("index"), documents)


def matching(index: Index, typed: str, **options: float) -> list[str]:
    docs = rank(index, Reader(cutter()).read(typed)).matching(**options)
    return [index.names[number].removeprefix("case/") for number in docs]


@pytest.mark.parametrize(
    ("typed", "options", "found"),
    [
        ("首件检验", {}, ["all", "apart", "half", "title"]),
        ("数字化改造 首件检验", {}, ["all", "apart"]),
        ("数字化改造 首件检验", {"enough": 0}, ["all", "apart", "half", "title"]),
        ("首件检验 霹雳舞蹈", {"enough": 0}, ["all", "apart", "half", "title"]),
        ("“首件检验”", {}, ["all", "apart", "half", "title"]),
        ("“检验也”", {}, ["apart"]),
        ("title:检验", {}, ["title"]),
        ("标题：首件检验", {}, ["title"]),
        ("首件检验 -数字化", {}, ["half", "title"]),
    ],
)
def test_a_document_matches_if_it_has_enough_of_the_words(
    index: Index, typed: str, options: dict[str, float], found: list[str]
) -> None:
    assert matching(index, typed, **options) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("“检验记录”", {"early", "late", "folded", "title"}),
        ("标题:“检验记录”", {"title"}),
        ("“检验”", {"early", "late", "folded", "torn", "title"}),
        ("标题:检验", {"title"}),
        ("“验记录”", {"early", "late", "folded", "title"}),
        ("“检iso”", {"whole"}),
    ],
)
def test_a_phrase_is_looked_for_in_the_passages_that_hold_all_its_pairs(
    tmp_path: Path, typed: str, found: set[str]
) -> None:
    filler = ["天气"] * 9
    documents = [
        record("early", "检验记录", *filler),
        record("late", *filler, "检验", "检验记录"),
        record("folded", "检验", *filler[:7], "检验记录"),
        record("torn", *filler, "检验", "验记", *filler, "记录"),
        record("title", *filler, title="检验记录"),
        record("parted", "天气检", "iso天气检"),
        record("whole", "检天气", "检 iso"),
    ]
    question, index = Reader(cutter()).read(typed), index_of(tmp_path, documents)
    assert {index.names[number].removeprefix("case/") for number in rank(index, question).matching()} == found


def test_words_that_nobody_has_are_named(index: Index) -> None:
    ranking = rank(index, Reader(cutter()).read("首件检验 霹雳 xyz"))
    assert [unit.text for unit in ranking.unknown] == ["霹雳", "xyz"]


def test_words_in_one_passage_count_more_than_apart(index: Index) -> None:
    found = quickly(index, Reader(cutter()).read("数字化改造 首件检验"), 2)
    assert list(found) == ["case/all", "case/apart"]
    assert found["case/all"] > found["case/apart"]


def test_the_best_are_found_behind_many_that_promise_more(tmp_path: Path) -> None:
    apart = [record(f"apart{number:03d}", "数字化改造", "首件检验") for number in range(150)]
    together = [record(f"together{number}", "数字化改造首件检验" + "加长" * (4 + number)) for number in range(2)]
    index = index_of(tmp_path, [*apart, *together])
    ranking = rank(index, Reader(cutter()).read("数字化改造 首件检验"))
    assert ranking.sums[-2:].max() < ranking.sums[:-2].min()
    best = sorted(ranking.best(np.arange(len(index.names)), 2), reverse=True)[:2]
    assert [index.names[each.doc] for each in best] == ["case/together0", "case/together1"]


def test_a_word_that_nobody_has_does_not_outweigh_those_that_are_there(index: Index) -> None:
    assert matching(index, "首件检验 霹雳") == ["all", "apart", "half", "title"]


def test_one_character_beside_an_unknown_word_is_not_enough(index: Index) -> None:
    assert (matching(index, "天霹雳"), matching(index, "天")) == ([], ["none"])
