from pathlib import Path

import pytest

from caselib.content import Kind
from caselib.search import Answer, SearchQuery
from caselib.web.listing import Entry, _answer, entries, last_page, paging
from caselib.web.rooms import rooms
from tests.web.sites import case, guide, open_site

BOTH = 'metrics: [{name: 产量, change: 40, unit: "%"}, {name: 合格率, before: 85, after: 95, unit: "%"}]'
CHANGE = 'metrics: [{name: 产量, change: 40, unit: "%"}]'


def answer(total: int, page: int = 1, per_page: int = 10) -> Answer:
    return Answer("", total, page, per_page, 0.0, None, False, [], {})


def listed(folder: Path, files: dict[str, str]) -> dict[str, str | None]:
    """The figure shown for each file, by slug."""
    app = open_site(folder, files, only=True)
    with app.test_request_context("/"):
        found: list[Entry] = entries(rooms.search.search(SearchQuery()).hits)
    return {each.hit.slug: each.figure and each.figure.short for each in found}


def test_the_figure_shown_is_the_first_with_before_and_after(tmp_path: Path) -> None:
    files = {"cases/both.md": case("甲", BOTH), "cases/change.md": case("乙", CHANGE), "cases/none.md": case("丙")}
    assert listed(tmp_path, files) == {"both": "85% → 95%", "change": "提高40%", "none": None}


def test_a_guide_has_no_figure(tmp_path: Path) -> None:
    assert listed(tmp_path, {"guides/wire.md": guide("丝网指南", "year: 2022")}) == {"wire": None}


def test_a_figure_with_only_one_end_is_shown_by_its_change(tmp_path: Path) -> None:
    half = 'metrics: [{name: 能耗, before: 8, change: -5, unit: "%"}]'
    assert listed(tmp_path, {"cases/half.md": case("甲", half)}) == {"half": "降低5%"}


def test_a_case_that_the_index_has_not_yet_is_escaped_as_the_index_would(tmp_path: Path) -> None:
    app = open_site(tmp_path, {"cases/a.md": case('"<b>甲</b> & 乙"', "summary: 说了<script>的事。")}, only=True)
    document = app.extensions["caselib"].store.read(Kind.CASE, "a")
    (later,) = app.extensions["caselib"].search.search(SearchQuery()).hits
    (now,) = _answer([document]).hits
    assert (now.title_html, now.snippet_html) == (later.title_html, later.snippet_html)
    assert (now.title_html, now.snippet_html) == ("&lt;b&gt;甲&lt;/b&gt; &amp; 乙", "说了&lt;script&gt;的事。")


def test_a_case_whose_file_has_just_gone_is_listed_as_the_index_knows_it(tmp_path: Path) -> None:
    app = open_site(tmp_path, {"cases/gone.md": case("甲", BOTH)}, only=True)
    (tmp_path / "content" / "cases" / "gone.md").unlink()
    with app.test_request_context("/"):
        (found,) = entries(rooms.search.search(SearchQuery()).hits)
    assert found.figure is not None
    assert (found.figure.name, found.figure.short) == ("合格率", "85% → 95%")


@pytest.mark.parametrize(("total", "last"), [(0, 1), (1, 1), (10, 1), (11, 2), (100, 10)])
def test_the_last_page_is_the_last_that_holds_something(total: int, last: int) -> None:
    assert last_page(answer(total)) == last


@pytest.mark.parametrize(
    ("page", "numbers"),
    [
        (1, [1, 2, 3, 0, 9]),
        (2, [1, 2, 3, 4, 0, 9]),
        (5, [1, 0, 3, 4, 5, 6, 7, 0, 9]),
        (9, [1, 0, 7, 8, 9]),
    ],
)
def test_pages_near_the_current_one_are_linked_and_gaps_are_shown(page: int, numbers: list[int]) -> None:
    pages = paging(answer(90, page), lambda number: f"?page={number}")
    assert [number for number, _ in pages.links] == numbers
    assert (pages.previous, pages.next) == (
        f"?page={page - 1}" if page > 1 else "",
        f"?page={page + 1}" if page < 9 else "",
    )
