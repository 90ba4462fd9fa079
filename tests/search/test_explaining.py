"""A score taken apart: the parts add up, name the right passage and say what is missing."""

from pathlib import Path

import pytest

from caselib.config import shipped
from caselib.content import Taxonomy
from caselib.search.answering import Answerer
from caselib.search.explaining import BETWEEN
from caselib.search.model import Explanation, SearchQuery
from tests.search.shelves import cutter, index_of, record


@pytest.fixture(scope="module", params=[1, 2], ids=["one segment", "two segments"])
def answerer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    documents = [
        record("a", "天气不错", "每班做首件检验，返工少了", title="首件检验"),
        record("b", "首件要看", "返工多"),
        *(record(f"o{number}", f"第{number}家说的是别的事") for number in range(6)),
    ]
    shelves = [documents] if request.param == 1 else [documents[:1], documents[1:]]
    index = index_of(tmp_path_factory.mktemp("index"), *shelves)
    return Answerer(index, Taxonomy.load(shipped("content") / "taxonomy"), cutter())


def explained(answerer: Answerer, typed: str) -> list[Explanation]:
    return answerer.explain(SearchQuery(typed))


@pytest.mark.parametrize("typed", ["首件检验", "首件检验 返工", "首件检验返工 浪费", "返工 -多", "“首件检验”"])
def test_signals_and_words_add_up_to_the_score_of_the_hit(answerer: Answerer, typed: str) -> None:
    hits = answerer.search(SearchQuery(typed)).hits
    found = explained(answerer, typed)
    assert [(each.url, round(each.score, 2)) for each in found] == [(hit.url, hit.score) for hit in hits]
    assert [round(sum(each.signals), 9) for each in found] == [round(each.score, 9) for each in found]
    assert [round(sum(each.words.values()), 9) for each in found] == [round(each.score, 9) for each in found]


def test_the_best_passage_is_named_and_what_is_missing(answerer: Answerer) -> None:
    (first, *_) = explained(answerer, "首件检验 返工 浪费")
    assert (first.title, first.part, first.passage) == ("首件检验", "s1", "每班做首件检验，返工少了")
    assert (set(first.words), first.missing) == ({"首件检验", "返工"}, ["浪费"])


def test_a_title_that_has_the_words_gets_points_for_it(answerer: Answerer) -> None:
    found = {each.url: each.signals[2] > 0 for each in explained(answerer, "首件检验 返工")}
    assert found["/cases/a"] is True


def test_pairs_across_words_are_told_apart(answerer: Answerer) -> None:
    found = {typed: BETWEEN in explained(answerer, typed)[0].words for typed in ("检验返工", "做首件检验")}
    assert found == {"检验返工": False, "做首件检验": True}


def test_a_beginning_is_called_what_was_typed(tmp_path: Path) -> None:
    index = index_of(tmp_path, [record("a", "abc aba")])
    beginning = Answerer(index, Taxonomy.load(shipped("content") / "taxonomy"), cutter())
    assert [set(each.words) for each in explained(beginning, "ab*")] == [{"ab"}]


def test_a_question_that_ranks_nothing_explains_nothing(answerer: Answerer) -> None:
    assert (explained(answerer, ""), explained(answerer, "霹雳")) == ([], [])
