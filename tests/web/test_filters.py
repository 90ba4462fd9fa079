from datetime import UTC, date, datetime
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from caselib.publishing.documents import batch_name
from caselib.web import filters


@pytest.mark.parametrize(
    ("value", "shown"), [(99.8, "99.8"), (25.0, "25"), (-6.0, "−6"), (0.1 + 0.2, "0.3"), (1e6, "1000000")]
)
def test_numbers_are_written_without_needless_zeros(value: float, shown: str) -> None:
    assert filters.number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1, "第一批"),
        (3, "第三批"),
        (10, "第十批"),
        (12, "第十二批"),
        (20, "第二十批"),
        (99, "第九十九批"),
        (100, "第100批"),
    ],
)
def test_batches_are_counted_in_chinese(value: int, shown: str) -> None:
    assert batch_name(value) == shown


def test_a_day_is_written_as_public_sites_write_it() -> None:
    assert [filters.day(date(2023, 4, 20)), filters.day("2023-04-20T08:00"), filters.day(None)] == [
        "2023-04-20",
        "2023-04-20",
        "",
    ]


def test_a_day_is_written_in_a_sentence_as_people_do() -> None:
    assert [filters.written_day(date(2022, 9, 3)), filters.written_day("2022-09-03")] == ["2022年9月3日"] * 2


def test_a_moment_is_written_by_the_clock_of_shanghai() -> None:
    assert filters.moment(datetime(2022, 9, 30, 18, 5, tzinfo=UTC)) == "2022-10-01 02:05"
    assert filters.moment(None) == ""


def test_the_size_of_a_file_is_said_in_the_unit_that_fits() -> None:
    sizes = (0, 1536, 1024 * 1000, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 * 5 // 2)
    assert [filters.file_size(each) for each in sizes] == ["1 KB", "2 KB", "1000 KB", "1.0 MB", "1.0 MB", "2.5 MB"]


def test_an_address_leaves_out_what_is_empty_and_repeats_what_is_several() -> None:
    assert filters.search_url("/search", q="返工 多", industry=("C23", "C33"), year=(), page=None) == (
        "/search?q=%E8%BF%94%E5%B7%A5+%E5%A4%9A&industry=C23&industry=C33"
    )
    assert filters.search_url("/cases/") == "/cases/"


@given(st.lists(st.tuples(st.sampled_from(["q", "industry", "page"]), st.text(min_size=1) | st.integers()), max_size=5))
def test_an_address_is_read_back_as_it_was_meant(pairs: list[tuple[str, str | int]]) -> None:
    changes = {key: [value for name, value in pairs if name == key] for key, _ in pairs}
    written = filters.search_url("/search", **changes).removeprefix("/search").removeprefix("?")
    assert written == urlencode(changes, doseq=True)


def test_titles_of_phrases_break_between_them() -> None:
    assert [filters.phrases(title) for title in ("攻关 突破", "小课题：降低", "总结评估报告")] == [
        "phrases",
        "phrases",
        "",
    ]


def test_names_of_the_programme_break_at_their_words_and_stay_escaped() -> None:
    titles = ("餐饮行业小微企业质量管理体系实施指南", "第三批小微<b>企业", Markup("小微<mark>企业</mark>提升行动"))
    assert [filters.breakable(title) for title in titles] == [
        '<span class="phrases">餐饮行业<wbr>小微企业<wbr>质量管理体系<wbr>实施指南<wbr></span>',
        "第三批小微&lt;b&gt;企业",
        '<span class="phrases"><wbr>小微<mark>企业<wbr></mark><wbr>提升行动<wbr></span>',
    ]


def test_places_are_named_in_short_and_linked_in_full(library: Flask) -> None:
    with library.test_request_context("/"):
        assert filters.place("330400") == "浙江嘉兴"
        assert filters.place(None) == ""
        assert filters.region_links("330400") == [("浙江省", "/regions/330000"), ("嘉兴市", "/regions/330400")]


def test_a_key_that_the_taxonomy_does_not_know_is_its_own_name(library: Flask) -> None:
    with library.test_request_context("/"):
        assert filters.term("problems", "no-such-key").name == "no-such-key"
        assert filters.topic_links("problem", ["quality-awareness"]) == [
            ("质量意识不强", "/problems/quality-awareness")
        ]
        assert filters.topic_links("effect", ["cost-reduction"]) == [("成本下降", "/search?effect=cost-reduction")]


def test_a_static_file_carries_its_version_and_may_be_kept(library: Flask) -> None:
    with library.test_request_context("/"):
        address = filters.static_url("site.js")
    browser = library.test_client()
    assert browser.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert browser.get("/static/site.js").headers["Cache-Control"] == "no-cache"
    assert "immutable" not in browser.get("/cases/?v=1").headers["Cache-Control"]


def test_a_static_file_that_is_not_there_is_asked_for_again(reader: FlaskClient) -> None:
    answer = reader.get("/static/nothing.css?v=1")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "private, no-store")
