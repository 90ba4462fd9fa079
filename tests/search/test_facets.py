"""Counts beside each choice: what choosing it would give, nested where codes nest."""

from pathlib import Path

import pytest

from caselib.config import shipped
from caselib.content import Taxonomy
from caselib.search.answering import Answerer
from caselib.search.model import FacetValue, SearchQuery
from tests.search.shelves import cutter, index_of, record

PAPER = [("industry", "C"), ("industry", "C23"), ("region", "330000"), ("region", "330400"), ("year", "2022")]
CARS = [("industry", "C"), ("industry", "C36"), ("region", "330000"), ("region", "330500"), ("year", "2021")]
FARM = [("industry", "A"), ("industry", "A01"), ("region", "440000"), ("region", "440106"), ("year", "2022")]


@pytest.fixture(scope="module", params=[1, 2], ids=["one segment", "two segments"])
def answerer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    documents = [
        record("a", "首检", facets=[*PAPER, ("firm_size", "小型"), ("batch", "3")]),
        record("b", "首检", facets=[*CARS, ("firm_size", "微型"), ("batch", "10")]),
        record("c", "首检", facets=[*FARM, ("firm_size", "中型")]),
        record("dead", "首检", facets=FARM),
    ]
    folder: Path = tmp_path_factory.mktemp("index")
    shelves = [documents] if request.param == 1 else [documents[:2], documents[2:]]
    index = index_of(folder, *shelves, dead=[[3]] if request.param == 1 else [[], [1]])
    return Answerer(index, Taxonomy.load(shipped("content") / "taxonomy"), cutter())


def tree(values: list[FacetValue]) -> list[tuple[str, int, bool, list[tuple[str, int]]]]:
    return [(v.value, v.count, v.selected, [(c.value, c.count) for c in v.children]) for v in values]


def test_codes_nest_and_the_frequent_come_first(answerer: Answerer) -> None:
    facets = answerer.search(SearchQuery("首检")).facets
    assert tree(facets["industry"]) == [("C", 2, False, [("C23", 1), ("C36", 1)]), ("A", 1, False, [("A01", 1)])]
    assert tree(facets["region"]) == [("330000", 2, False, [("330400", 1), ("330500", 1)]), ("440000", 1, False, [])]


def test_years_and_batches_fall_and_sizes_go_from_large_to_small(answerer: Answerer) -> None:
    facets = answerer.search(SearchQuery()).facets
    assert [(v.value, v.count) for v in facets["year"]] == [("2022", 2), ("2021", 1)]
    assert [v.value for v in facets["batch"]] == ["10", "3"]
    assert [v.value for v in facets["firm_size"]] == ["中型", "小型", "微型"]


def test_a_facet_ignores_its_own_filter_and_no_other(answerer: Answerer) -> None:
    answer = answerer.search(SearchQuery("首检", year=(2022,), industry=("C",)))
    assert (answer.total, [hit.slug for hit in answer.hits]) == (1, ["a"])
    assert [(v.value, v.count, v.selected) for v in answer.facets["year"]] == [("2022", 1, True), ("2021", 1, False)]
    assert tree(answer.facets["industry"]) == [("A", 1, False, [("A01", 1)]), ("C", 1, True, [("C23", 1)])]
    assert tree(answer.facets["region"]) == [("330000", 1, False, [("330400", 1)])]


def test_a_chosen_value_that_nothing_has_stays_to_be_taken_back(answerer: Answerer) -> None:
    answer = answerer.search(SearchQuery(problem=("quality-awareness",), year=(1999,)))
    assert (answer.total, answer.hits) == (0, [])
    assert [(v.value, v.count, v.selected) for v in answer.facets["problem"]] == [("quality-awareness", 0, True)]
    assert ("1999", 0, True) in [(v.value, v.count, v.selected) for v in answer.facets["year"]]


def test_a_chosen_value_that_nothing_has_stays_below_what_is_above_it(answerer: Answerer) -> None:
    facets = answerer.search(SearchQuery(region=("330500",), year=(1999,))).facets
    assert tree(facets["region"]) == [("330000", 0, False, [("330500", 0)])]
    assert [(v.value, v.selected) for v in facets["region"][0].children] == [("330500", True)]


def test_a_chosen_city_that_no_document_is_of_stands_in_its_province(answerer: Answerer) -> None:
    found = tree(answerer.search(SearchQuery(region=("440300", "330400"))).facets["region"])
    assert found == [("330000", 2, False, [("330400", 1), ("330500", 1)]), ("440000", 1, False, [("440300", 0)])]


def test_what_is_chosen_twice_is_told_once(answerer: Answerer) -> None:
    facets = answerer.search(SearchQuery(year=(1999, 1999), region=("440304", "440305"))).facets
    assert [(v.value, v.selected) for v in facets["year"] if v.selected] == [("1999", True)]
    assert tree(facets["region"]) == [("440304", 0, True, []), ("440305", 0, True, [])]


def test_a_county_is_never_another_place(answerer: Answerer) -> None:
    codes = ("440106", "330402", "330499", "999999")  # one that a document names, one of 嘉兴, two that there are not
    assert [answerer.search(SearchQuery(region=(code,))).total for code in codes] == [1, 0, 0, 0]


def test_the_districts_and_counties_of_a_municipality_are_found_and_a_division_into_one_is_not_offered(
    tmp_path: Path,
) -> None:
    taxonomy = Taxonomy.load(shipped("content") / "taxonomy")
    codes = ("500000", "500100", "500101", "500200", "500233", "110000", "110100", "110101")
    below = [record(code, "首检", facets=[("region", each) for each in taxonomy.region_codes(code)]) for code in codes]
    answerer = Answerer(index_of(tmp_path, below), taxonomy, cutter())
    found = {code: answerer.search(SearchQuery(region=(code,))).total for code in codes}
    assert found == dict(zip(codes, (5, 2, 1, 2, 1, 3, 2, 1), strict=True))
    assert tree(answerer.search(SearchQuery(region=("500100",))).facets["region"]) == [
        ("500000", 5, False, [("500100", 2), ("500200", 2)]),
        ("110000", 3, False, []),
    ]
    chosen = tree(answerer.search(SearchQuery(region=("110100",))).facets["region"])
    assert chosen[1] == ("110000", 3, False, [("110100", 2)])
