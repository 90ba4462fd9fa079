"""What is recognised in a text, where, and what is offered for it."""

from pathlib import Path

import pytest

from caselib.config import shipped
from caselib.content import ContentStore
from caselib.search import SearchRoom
from caselib.search.recognising import _ways
from tests.search.conftest import Library, text

CARTONS = "我们厂做纸箱，最近客户老是退货，说尺寸不准，工人换得勤，老师傅一走新人就不会了，也没钱请专家"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> SearchRoom:
    library = Library(tmp_path_factory.mktemp("described"))
    for slug, title, code, body, more in (
        ("carton", "纸箱厂量准每一刀", "C23", "纸箱的尺寸每班校准，退货少了。", "problems: [process-control]\n"),
        ("tea", "茶叶渥堆有记录", "C15", "渥堆温度每天记录。", "problems: [talent-shortage]\n"),
        ("other", "不相干的一篇", "I65", "软件按月更新，图纸归档。", ""),
    ):
        library.write(f"cases/{slug}", text(title, code, "330400", 2022, body, more))
    library.room.rebuild(library.store)
    return library.room


def recognised(room: SearchRoom, said: str) -> dict[str, list[tuple[str, str]]]:
    found = room.describe(said)
    return {
        each.key: [(said[reason.start : reason.end], reason.said) for reason in each.reasons]
        for each in (*found.problems, *found.industries)
    }


def test_a_firms_own_words_are_recognised_each_at_its_place(room: SearchRoom) -> None:
    assert recognised(room, CARTONS) == {
        "talent-shortage": [
            ("工人换得勤", "工人换得勤"),
            ("老师傅一走", "老师傅一走"),
            ("没钱请专家", "没钱请专家"),
        ],
        "solution-shortage": [("没钱请专家", "没钱请专家")],
        "system-incomplete": [("老师傅一走", "老师傅一走"), ("新人就不会", "新人不会")],
        "process-control": [("尺寸不准", "尺寸不准")],
        "quality-bottleneck": [("退货", "退货")],
        "C22": [("纸箱", "纸箱")],
        "C23": [("纸箱", "纸箱")],
    }


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("员工都不当回事", {"quality-awareness": [("员工都不当回事", "员工不当回事")]}),
        ("合格率老是上不去", {"quality-bottleneck": [("合格率老是上不去", "合格率上不去")]}),  # its description
        ("良品率上不去", {"quality-bottleneck": [("良品率上不去", "合格率上不去")]}),  # a synonym
        ("ＲＥＴＵＲＮ：客戶投訴", {"quality-bottleneck": [("客戶投訴", "客户投诉")]}),  # traditional, full width
        ("从不返工，没有退货，浪费不大", {}),  # what is denied is not said
        ("人员流动特别大", {"talent-shortage": [("人员流动特别大", "人员流动大")]}),  # 特别 denies nothing
        ("不是退货，除了退货都好", {}),
        ("没再返工，不存在价格战，没有出现过混料", {}),
        ("合格率99%，工人不是不认真，不怕麻烦，有作业指导书", {}),
        ("出现过混料", {"process-control": [("混料", "混料")]}),
        ("工人。换得勤", {"talent-shortage": [("换得勤", "换得勤")]}),  # not across sentences
        ("工人换得勤", {"talent-shortage": [("工人换得勤", "工人换得勤")]}),  # the longest of what overlaps
        (
            "返了工，没一个人记",
            {"quality-bottleneck": [("返了工", "返工")], "system-incomplete": [("没一个人记", "没人记")]},
        ),
        ("往返工厂，定制衣柜", {"C21": [("定制衣柜", "定制柜")]}),  # not inside words: 返工, 制衣
        ("我们做门锁，塑料把手", {"C33": [("门锁", "门锁")]}),  # one's own trade counts alone …
        ("有门锁和塑料把手", {"C29": [("塑料", "塑料")], "C33": [("门锁", "门锁")]}),  # … where it is known
        ("给酒店洗床单", {"O80": [("洗床单", "洗床单")]}),  # a customer's does not
        ("给马桶做盖板", {"C30": [("马桶", "马桶")]}),  # but what one works for is no customer
        ("馒头店说硬，面包店嫌干", {}),
        ("我们搅拌站，施工队说太干", {"C30": [("搅拌站", "搅拌站")]}),
        ("雨伞，塑料把手掉了", {"C41": [("雨伞", "雨伞")]}),  # what is named first
        ("做电动车充电器的", {"C38": [("充电器", "充电器")]}),  # the last of words that stand together
        ("没有一次投诉，没有客户投诉，从来没有被投诉过", {}),
        ("没有漏检、混料", {}),
        ("没" + "和" * 60 + "乙丙丁戊己庚辛退货", {"quality-bottleneck": [("退货", "退货")]}),  # told at once
        ("返工也降下来了，投诉很少", {}),
        (
            "没有检验就出货，退货多",
            {"quality-bottleneck": [("退货", "退货")], "process-control": [("没有检验就", "没验就")]},
        ),
        ("质量管理计划里写了生产和采购", {}),  # words of a description are no saying
        ("今天天气很好", {}),
        ("", {}),
    ],
)
def test_what_is_said_and_what_is_not(room: SearchRoom, said: str, found: dict[str, list[tuple[str, str]]]) -> None:
    assert recognised(room, said) == found


def test_advice_comes_with_the_clause_the_words_and_what_is_shared(room: SearchRoom) -> None:
    found = room.describe(CARTONS)
    assert [(each.hit.slug, each.problems, each.industries) for each in found.cases] == [
        ("carton", ["process-control"], ["C23"]),
        ("tea", ["talent-shortage"], []),
    ]
    assert (found.cases[0].said, found.cases[0].words) == ("我们厂做纸箱", ["纸箱"])
    assert "<mark>尺寸</mark>" in found.cases[0].hit.snippet_html
    assert found.guides == []


def test_words_that_are_synonyms_of_what_was_said_have_no_clause(room: SearchRoom) -> None:
    (advice,) = room.describe("图样，找来找去").cases
    assert (advice.hit.slug, advice.said, advice.words) == ("other", "", ["图纸"])


def test_characters_told_apart_are_no_word_where_they_meet(room: SearchRoom) -> None:
    assert [(each.hit.slug, each.words) for each in room.describe("少，尺，寸").cases] == []


def test_single_characters_are_not_marked(room: SearchRoom) -> None:
    (advice,) = room.describe("渥堆温度，每 录").cases
    assert advice.hit.snippet_html == "做法：<mark>渥堆温度每</mark>天记录。"
    assert advice.words == ["渥堆", "温度"]


def test_what_was_meant_helps_too(room: SearchRoom) -> None:
    assert [(each.hit.slug, each.said, each.words) for each in room.describe("tuihuo").cases] == [
        ("carton", "tuihuo", ["退货"])
    ]


def test_only_the_beginning_of_a_very_long_text_is_looked_at(room: SearchRoom) -> None:
    assert recognised(room, "好" * 1000 + "老是退货") == {}


def test_search_syntax_in_a_text_is_only_words(room: SearchRoom) -> None:
    said = '客户说"尺寸不准" -退货 标题:没有 iso*'
    assert [each.hit.slug for each in room.describe(said).cases] == ["carton"]


def test_words_with_spaces_between_them_are_one_clause_and_lines_are_not(room: SearchRoom) -> None:
    words, lines = (room.describe(said).cases for said in ("渥堆 温度", "渥堆温度\n退货少了"))
    assert [(each.hit.slug, each.said, each.words) for each in words] == [("tea", "渥堆 温度", ["渥堆温度"])]
    assert {each.hit.slug: each.said for each in lines} == {"tea": "渥堆温度", "carton": "退货少了"}


def test_what_is_said_of_all_terms_is_worked_out_once_however_much_it_is(room: SearchRoom) -> None:
    room.describe(CARTONS)
    before = _ways.cache_info().misses
    room.describe("客户老是退货")
    assert _ways.cache_info().misses == before


def test_a_room_without_an_index_understands_nothing(tmp_path: Path) -> None:
    room = SearchRoom.open(f"whoosh:{tmp_path}", ContentStore(shipped("content")).taxonomy)
    assert room.describe(CARTONS) == ([], [], [], [])
