"""Filters, facets, order and paging, counted by hand."""

import pytest

from caselib.search import Answer, FacetValue, SearchQuery
from tests.search.conftest import Library


def ask(library: Library, **filters: object) -> Answer:
    return library.room.search(SearchQuery(**filters))  # type: ignore[arg-type]


def counts(values: list[FacetValue]) -> dict[str, int]:
    return {value.value: value.count for value in values}


def test_an_empty_question_lists_everything_newest_first(shelf: Library) -> None:
    answer = ask(shelf, sort="newest")
    assert (answer.total, [hit.year for hit in answer.hits]) == (5, [2022, 2022, 2021, 2021, 2020])


@pytest.mark.parametrize(
    ("typed", "empty"),
    [
        ("", True),
        ("%", True),
        ("！！", True),
        ("the", True),
        ("的", False),
        ("茶", False),
        ("-茶", False),
        ("齉龘", False),
    ],
)
def test_a_question_that_holds_nothing_to_search_for_is_known(shelf: Library, typed: str, empty: bool) -> None:
    assert ask(shelf, q=typed).empty is empty


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"industry": ("C",)}, {"digital", "iso", "rate", "firm"}),
        ({"industry": ("C33",)}, {"rate", "firm"}),
        ({"industry": ("C33", "A")}, {"rate", "firm", "tea"}),
        ({"region": ("330000",)}, {"digital", "rate"}),
        ({"region": ("330400",)}, {"digital"}),
        ({"year": (2021,)}, {"rate", "firm"}),
        ({"year": (2020, 2022)}, {"tea", "digital", "iso"}),
        ({"industry": ("C33",), "region": ("330000",)}, {"rate"}),
        ({"kind": ("guide",)}, set()),
        ({"kind": ("case",)}, {"digital", "iso", "rate", "firm", "tea"}),
    ],
)
def test_filters_are_any_of_one_and_all_of_several(shelf: Library, filters: dict[str, object], found: set[str]) -> None:
    assert set(shelf.find(**filters)) == found


def test_the_words_of_a_text_are_those_of_the_dictionary(shelf: Library) -> None:
    found = [shelf.room.words(each) for each in ("", "大同小异", "某大同廠，產品合格率98%", "湖南岳阳")]
    assert found == [[], ["大同小异"], ["大同", "产品", "合格率"], ["南岳"]]


def test_facets_nest_and_count(shelf: Library) -> None:
    facets = ask(shelf).facets
    assert counts(facets["industry"]) == {"C": 4, "A": 1}
    manufacturing = next(value for value in facets["industry"] if value.value == "C")
    assert counts(manufacturing.children) == {"C33": 2, "C23": 1, "C38": 1}
    assert counts(facets["region"]) == {"330000": 2, "440000": 1, "130000": 1, "450000": 1}
    assert counts(facets["year"]) == {"2022": 2, "2021": 2, "2020": 1}
    assert manufacturing.label == "制造业"


def test_a_facet_does_not_count_its_own_filter_and_counts_the_others(shelf: Library) -> None:
    facets = ask(shelf, industry=("C33",), year=(2021,)).facets
    assert counts(facets["industry"]) == {"C": 2}
    assert counts(facets["year"]) == {"2021": 2}
    assert [v.selected for v in facets["year"]] == [True]


def test_pages_cut_one_order_without_gap_or_repeat(shelf: Library) -> None:
    pages = [[hit.slug for hit in ask(shelf, per_page=2, page=n).hits] for n in (1, 2, 3, 4)]
    whole = [hit.slug for hit in ask(shelf, per_page=100).hits]
    assert ([len(page) for page in pages], [slug for page in pages for slug in page]) == ([2, 2, 1, 0], whole)


def test_a_page_far_away_is_empty_and_keeps_the_total(shelf: Library) -> None:
    answer = ask(shelf, page=1000)
    assert (answer.total, answer.hits) == (5, [])


def test_a_question_and_a_filter_meet(shelf: Library) -> None:
    assert shelf.find("首件检验", industry=("C33",)) == ["firm"]
    assert shelf.find("首件检验", industry=("A01",)) == []
