from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from caselib.config import shipped
from caselib.content import Taxonomy
from caselib.search import SearchQuery
from caselib.web import parameters
from caselib.web.parameters import FieldNote, Parameters

TAXONOMY = Taxonomy.load(shipped("content") / "taxonomy")


def parse(*pairs: tuple[str, str]) -> tuple[Parameters, list[FieldNote]]:
    return parameters.parse(MultiDict(pairs), TAXONOMY)


def one_note(*pairs: tuple[str, str]) -> FieldNote:
    (note,) = parse(*pairs)[1]
    return note


def test_nothing_asked_lists_everything_newest_first() -> None:
    asked, notes = parse()
    assert notes == []
    assert asked.query() == SearchQuery(sort="newest")


def test_every_parameter_reaches_the_search() -> None:
    asked, notes = parse(
        ("q", " 产品合格率 "),
        ("kind", "case"),
        ("industry", "C"),
        ("industry", "A01"),
        ("region", "330400"),
        ("year", "2022"),
        ("year", "2021"),
        ("batch", "3"),
        ("problem", "quality-awareness"),
        ("effect", "product-quality"),
        ("measure", "lean-6s"),
        ("guide", "packaging-2022"),
        ("firm_size", "小型"),
        ("sort", "newest"),
        ("page", "2"),
        ("per_page", "100"),
    )
    assert notes == []
    assert asked.query() == SearchQuery(
        q="产品合格率",
        kind=("case",),
        industry=("C", "A01"),
        region=("330400",),
        year=(2022, 2021),
        batch=(3,),
        problem=("quality-awareness",),
        effect=("product-quality",),
        measure=("lean-6s",),
        guide=("packaging-2022",),
        firm_size=("小型",),
        sort="newest",
        page=2,
        per_page=100,
    )


def test_words_are_ranked_by_relevance_unless_asked_otherwise() -> None:
    assert parse(("q", "返工"))[0].query().sort == "relevance"
    assert parse(("q", "返工"), ("sort", "newest"))[0].query().sort == "newest"


def test_what_a_page_fixes_takes_the_place_of_what_was_asked() -> None:
    asked, _ = parse(("kind", "guide"), ("page", "7"))
    assert asked.query(kind=("case",), page=1) == SearchQuery(kind=("case",), sort="newest")


def test_empty_values_and_repetitions_count_for_nothing() -> None:
    asked, notes = parse(
        ("q", ""), ("industry", ""), ("industry", " "), ("year", "2022"), ("year", "2022"), ("page", "")
    )
    assert (asked, notes) == (Parameters.model_construct(year=(2022,)), [])


def test_a_county_is_accepted_and_as_a_region_only() -> None:
    assert parse(("region", "131125")) == (Parameters.model_construct(region=("131125",)), [])
    assert one_note(("industry", "131125")).message == "行业“131125”不存在。"


def test_a_wrong_value_is_left_out_and_the_good_ones_beside_it_stay() -> None:
    asked, notes = parse(("industry", "C"), ("industry", "X9"), ("year", "1066"), ("year", "2022"))
    assert (asked.industry, asked.year) == (("C",), (2022,))
    assert [note.field for note in notes] == ["industry", "year"]


WRONG = [
    (
        "industry",
        "制造",
        "行业“制造”不存在。",
        "最接近的有：C（制造业）、C14（食品制造业）、C15（酒、饮料和精制茶制造业）。全部取值见 /api/v1/taxonomy/industries。",
        "行业“制造”不存在，已忽略。",
    ),
    ("region", "999999", "地区“999999”不存在。", "全部取值见 /api/v1/taxonomy/regions。", "地区“999999”不存在，已忽略。"),
    ("kind", "cases", "类型“cases”不存在。", "可用的值有：case、guide、batch、page。", "类型“cases”不存在，已忽略。"),
    ("sort", "old", "排序“old”不存在。", "可用的值有：relevance、newest。", "排序“old”不存在，已忽略。"),
    ("sort", "o" * 501, f"排序“{'o' * 40}”不存在。", "可用的值有：relevance、newest。", f"排序“{'o' * 40}”不存在，已忽略。"),
    ("firm_size", "小", "企业规模“小”不存在。", "可用的值有：大型、中型、小型、微型。", "企业规模“小”不存在，已忽略。"),
    ("page", "0", "页码“0”不是1到10000之间的整数。", "写1到10000之间的整数。", "页码“0”不是1到10000之间的整数，已忽略。"),
    ("page", "+2", "页码“+2”不是1到10000之间的整数。", "写1到10000之间的整数。", "页码“+2”不是1到10000之间的整数，已忽略。"),
    ("page", "1_0", "页码“1_0”不是1到10000之间的整数。", "写1到10000之间的整数。", "页码“1_0”不是1到10000之间的整数，已忽略。"),
    ("per_page", "101", "每页条数“101”不是1到100之间的整数。", "写1到100之间的整数。", "每页条数“101”不是1到100之间的整数，已忽略。"),
    ("year", "２０２２", "年份“２０２２”不是2000到2100之间的整数。", "写2000到2100之间的整数。", "年份“２０２２”不是2000到2100之间的整数，已忽略。"),
    ("batch", "9" * 5000, f"批次“{'9' * 40}”不是1到9999之间的整数。", "写1到9999之间的整数。", f"批次“{'9' * 40}”不是1到9999之间的整数，已忽略。"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "message", "remedy", "shown"), WRONG, ids=[each[0] for each in WRONG])
def test_a_wrong_value_is_told_with_what_would_be_right(
    name: str, value: str, message: str, remedy: str, shown: str
) -> None:
    assert one_note((name, value)) == FieldNote(name, message, remedy, shown)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("regoin", "您要用的是不是 region？"), ("INDUSTRY", "您要用的是不是 industry？"), ("x" * 41, "")],
)
def test_an_unknown_parameter_names_the_nearest_and_a_page_leaves_it_alone(name: str, nearest: str) -> None:
    every = "q、kind、industry、region、problem、effect、measure、guide、batch、year、firm_size、sort、page、per_page"
    assert one_note((name, "1"), (name, "2")) == FieldNote(
        name[:40], f"没有“{name[:40]}”这个参数。", f"{nearest}可用的参数有：{every}。", ""
    )


def test_only_the_first_500_characters_of_a_question_are_used() -> None:
    asked, notes = parse(("q", "返" * 499 + " 工"))
    assert asked.q == "返" * 499
    assert notes == [
        FieldNote(
            "q", "搜索内容太长，最多500个字。", "删去次要的内容。", "搜索内容太长，最多500个字，只搜了前500个字。"
        )
    ]


def test_a_question_of_500_characters_is_not_too_long() -> None:
    assert parse(("q", "返" * 500))[1] == []


def test_a_single_parameter_given_twice_counts_once() -> None:
    asked, notes = parse(("page", "2"), ("page", "3"), ("q", "返工"), ("q", "返" * 501))
    assert (asked.page, asked.q) == (2, "返工")
    assert [note.message for note in notes] == ["页码只能写一次，这里写了2次。", "搜索内容只能写一次，这里写了2次。"]


def test_a_filter_takes_at_most_50_values() -> None:
    assert parse(*(("batch", str(number)) for number in range(1, 51)))[1] == []
    asked, notes = parse(*(("batch", str(number)) for number in range(1, 52)))
    assert asked.batch == tuple(range(1, 51))
    assert [note.shown for note in notes] == ["批次最多选50个，这里有51个，多出的已忽略。"]


def test_control_characters_become_spaces() -> None:
    assert parse(("q", "返\x00工\ud800\uffff多"))[0].q == "返 工 多"


def _values() -> Iterator[st.SearchStrategy[str]]:
    yield st.text(max_size=40)
    yield st.sampled_from(["C", "C23", "330000", "2022", "3", "newest", "case", "小型", "-1", "1e9", "None", "١٢"])


names = st.one_of(st.sampled_from([*parameters.NAMES, "Q", "regio"]), st.text(max_size=12))


@given(st.lists(st.tuples(names, st.one_of(*_values())), max_size=12))
def test_whatever_is_asked_what_remains_is_right(pairs: list[tuple[str, str]]) -> None:
    asked, _ = parse(*pairs)
    again = [(name, str(value)) for name, value in _pairs(asked)]
    assert parse(*again) == (asked, [])


def _pairs(asked: Parameters) -> Iterator[tuple[str, object]]:
    for name, value in asked:
        if name in parameters.FILTERS:
            yield from ((name, each) for each in value)
        else:
            yield name, value
