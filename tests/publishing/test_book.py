"""What is in the book: the batch as it can be read now, in the order of its page, and nothing that a file does not say."""

from pathlib import Path

import pytest

from caselib.errors import NotFound
from caselib.publishing.book import Book, gather
from caselib.publishing.release import Publisher
from caselib.publishing.tombstones import withdraw_case
from caselib.search import SearchQuery, SearchRoom
from tests.publishing.books import FIRST, SECOND, shelf
from tests.publishing.rounds import LATER, Publishing, library


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The book of the three cases."""
    return shelf(tmp_path_factory.mktemp("three")).book()


def titles(book: Book) -> list[str]:
    return [chapter.meta.title for chapter in book.chapters]


def test_the_cases_of_a_batch(three: Book) -> None:
    assert (titles(three), three.sample, three.samples) == (["首件三方确认", "渥堆有了记录", "检验到每道工序"], True, 1)


@pytest.mark.parametrize(
    ("count", "expected", "indexes"),
    [(0, [], []), (1, ["首件三方确认"], ["按行业", "按地区", "按共性质量问题"])],
)
def test_a_batch_of_none_or_one(tmp_path: Path, count: int, expected: list[str], indexes: list[str]) -> None:
    book = shelf(tmp_path, count).book()
    assert (titles(book), [index.name for index in book.indexes], book.sample) == (expected, indexes, False)


def test_the_order_is_that_of_the_batch_page(tmp_path: Path) -> None:
    found = shelf(tmp_path, files={"cases/0.md": SECOND.replace("04-20", "04-21"), "cases/d.md": FIRST})
    asked = SearchQuery(kind=("case",), batch=(4,), sort="newest", per_page=100)
    slugs = [chapter.document.slug for chapter in found.book().chapters]
    assert slugs == [hit.slug for hit in found.search.search(asked).hits] == ["0", "a", "b", "c", "d"]


def test_a_batch_of_more_than_one_page_of_answers(tmp_path: Path) -> None:
    found = shelf(tmp_path, 0, {f"cases/{n:03d}.md": SECOND for n in range(101)})
    assert [chapter.document.slug for chapter in found.book().chapters] == [f"{n:03d}" for n in range(101)]


def test_cases_of_other_batches_and_bad_files_stay_out(tmp_path: Path) -> None:
    files = {"cases/d.md": FIRST.replace("batch: 4", "batch: 3"), "cases/e.md": FIRST.replace("[C23]", "[X99]")}
    assert titles(shelf(tmp_path, 1, files).book()) == ["首件三方确认"]


def test_the_facts_are_those_of_the_file_and_no_others(three: Book) -> None:
    first, second, _ = three.chapters
    assert first.facts == (
        ("企业", "嘉兴某包装有限公司"),
        ("企业规模", "小型"),
        ("行业", "印刷和记录媒介复制业"),
        ("地区", "浙江省嘉兴市"),
        ("问题", "过程控制不到位"),
        ("年份", "2022年"),
        ("报送单位", "浙江省市场监督管理局"),
        ("认证机构", "甲认证有限公司"),
    )
    assert second.facts == (
        ("行业", "酒、饮料和精制茶制造业；农业"),
        ("地区", "广西壮族自治区梧州市"),
        ("年份", "2022年"),
    )


def test_the_figures_and_guides_of_a_case(three: Book) -> None:
    first, second, _ = three.chapters
    assert [(each.name, each.before, each.after, each.change) for each in first.metrics] == [
        ("产品合格率", "98.2%", "99.8%", "提高1.6个百分点"),
        ("人均产量", "", "", "提高145.7%"),
    ]
    assert (first.guides, second.metrics, second.guides) == (("《包装行业实施指南》（2022版）",), [], ())


def test_the_indexes_hold_each_case_under_each_of_its_words(three: Book) -> None:
    found = {
        index.name: {word: [each.place for each in cases] for word, cases in index.entries} for index in three.indexes
    }
    assert found == {
        "按行业": {"农业": [2], "酒、饮料和精制茶制造业": [2], "印刷和记录媒介复制业": [1, 3]},
        "按地区": {"浙江省": [1, 3], "广西壮族自治区": [2]},
        "按共性质量问题": {"质量意识不强": [3], "过程控制不到位": [1, 3]},
    }


def test_a_batch_that_is_not_published_has_no_book(round_: Publishing, tmp_path: Path) -> None:
    round_.announced()
    store = library(tmp_path / "library")
    with pytest.raises(NotFound) as caught:
        gather(store, SearchRoom.open(f"whoosh:{tmp_path / 'index'}", store.taxonomy), 4, "某局")
    assert str(caught.value) == "第四批还没有发布，没有汇编。 请核对批次号；发布以后再导出。"


def test_a_published_batch_has_its_book_at_once_and_a_withdrawn_case_leaves_it(
    round_: Publishing, tmp_path: Path
) -> None:
    call, _ = round_.announced()
    store = library(tmp_path / "library")
    search = SearchRoom.open(f"whoosh:{tmp_path / 'index'}", store.taxonomy)
    publisher = Publisher(round_.database, store, tmp_path / "var")
    publisher.publish(actor=round_["editor"], call_id=call.id or 0, now=LATER)
    before = titles(gather(store, search, 4, "某局"))
    editor = round_["editor"]
    withdraw_case(
        database=round_.database, store=store, data=tmp_path / "var", actor=editor, slug="2022-001", reason="停产"
    )
    assert (before, titles(gather(store, search, 4, "某局"))) == (["第一号案例", "第二号案例"], ["第二号案例"])
