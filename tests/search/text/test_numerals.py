"""Numbers written in figures and in words find the same."""

import pytest

from caselib.search.text.numerals import otherwise
from tests.search.conftest import Library


@pytest.mark.parametrize(
    ("said", "ways"),
    [
        ("3个月", [(0, 2, ("三个",))]),
        ("三个月", [(0, 2, ("3个",))]),
        ("两个月", [(0, 2, ("2个",))]),
        ("2个", [(0, 2, ("二个", "两个"))]),
        ("用了30天", [(2, 5, ("三十天",))]),
        ("三十天内", [(0, 3, ("30天",))]),
        ("第3批", [(0, 3, ("第三批",))]),
        ("第三批", [(0, 3, ("第3批",))]),
        ("二百五家", [(0, 4, ("250家",))]),
        ("三千五个", [(0, 4, ("3500个",))]),
        ("二百零五家", [(0, 5, ("205家",))]),
        ("第 33 届", [(0, 6, ("第三十三届",))]),
        ("第一批", [(0, 3, ("第1批",))]),
        ("95%", [(0, 3, ("百分之九十五",))]),
        ("0.5%", [(0, 4, ("百分之零点五",))]),
        ("百分之零点五", [(0, 6, ("0.5%",))]),
        ("98.05%", [(0, 6, ("百分之九十八点零五",))]),
        ("百分之九十八点五以上", [(0, 8, ("98.5%",))]),
        ("百分之百", [(0, 4, ("100%",))]),
        ("100%", [(0, 4, ("百分之一百", "百分之百"))]),
        ("2020年", [(0, 5, ("二〇二〇年", "二零二零年"))]),
        ("二〇二〇年", [(0, 5, ("2020年",))]),
        ("十二万元", [(0, 3, ("12万",))]),
        ("六s管理", [(0, 2, ("6s",))]),
    ],
)
def test_a_number_is_told_otherwise(said: str, ways: list[tuple[int, int, tuple[str, ...]]]) -> None:
    assert list(otherwise(said)) == ways


@pytest.mark.parametrize(
    "said",
    ["统一", "一起", "一次做好", "四川", "三角", "三五个", "两三天", "十几个", "iso9001认证", "gb/t19001标准", "24-10分", "1.2.3版",
     "12345件", "百分之九点点", "百分之点九", "三分之一", "二十", "二十五", "第二十五", "二〇二二",
     "十四五规划", "三四十人", "3", "0件", "", "百分之"],
)  # fmt: skip
def test_what_is_no_number_or_counts_nothing_stays(said: str) -> None:
    assert list(otherwise(said)) == []


def test_every_number_comes_back() -> None:
    for number in range(10, 10_000):
        ((_, _, (said,)),) = otherwise(f"{number}个")
        ((_, _, figures),) = otherwise(said)
        assert figures == (f"{number}个",)


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Library:
    library = Library(tmp_path_factory.mktemp("counted"))
    library.shelve(
        {
            "days": "返工用了30天才完。",
            "order": "列入第十二批名单。",
            "percent": "合格率百分之九十八点五。",
            "year": "二〇一九年建厂。",
            "tidy": "推行5S。",
            "other": "批量，合格，建厂，返工，第九，五月，三天，十个。",
        }
    )
    return library


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        ("返工三十天", "days"),
        ("返工30天", "days"),
        ("第十二批", "order"),
        ("第12批", "order"),
        ("第 12 批", "order"),
        ("98.5%", "percent"),
        ("百分之九十八点五", "percent"),
        ("二零一九年", "year"),
        ("2019年", "year"),
        ("五S", "tidy"),
        ("6S", "tidy"),
    ],
)
def test_it_is_found_however_it_is_written(counted: Library, typed: str, slug: str) -> None:
    assert counted.find(typed)[:1] == [slug]


@pytest.fixture(scope="module")
def spelt(tmp_path_factory: pytest.TempPathFactory) -> Library:
    library = Library(tmp_path_factory.mktemp("spelt"))
    library.shelve(
        {
            "figures": "合格率98.7%。",
            "words": "合格率百分之九十八点七。",
            "less": "合格率百分之九十八。",
            "more": "合格率百分之九十九点七。",
            "fourth": "列入第4批名单。",
            "fourth-said": "列入第四批名单。",
            "fourteenth": "列入第十四批名单。",
            **{f"other{number}": f"第{number + 20}家说的是别的事。" for number in range(9)},
        }
    )
    return library


@pytest.mark.parametrize(
    ("typed", "slugs"),
    [
        ("98.7%", ["figures", "words"]),  # nothing that has some of the characters
        ("百分之九十八点七", ["words", "figures", "less"]),
        ("第4批", ["fourth", "fourth-said", "fourteenth"]),
        ("第四批", ["fourth-said", "fourth"]),
    ],
)
def test_either_spelling_weighs_the_same(spelt: Library, typed: str, slugs: list[str]) -> None:
    assert spelt.find(typed)[: len(slugs)] == slugs
