"""What is recognised in a text, where, and what is offered for it."""

from pathlib import Path

import pytest

from caselib.config import shipped
from caselib.content import ContentStore, Taxonomy
from caselib.search import SearchRoom
from caselib.search.index.vocabulary import cutter_for
from caselib.search.stories.classifying import NONE
from caselib.search.stories.recognising import Story, _classifier, industries, names_of_industries
from tests.search.conftest import Library, text

CARTONS = "我们厂做纸箱，最近客户老是退货，说尺寸不准，工人换得勤，老师傅一走新人就不会了，也没钱请专家"


PROBLEMS = """
entries:
  - {key: talent-shortage, name: 质量人才匮乏, terms: [工人换得勤, 老师傅走了, 招不到质检员]}
  - {key: process-control, name: 过程控制不到位, terms: [尺寸不准, 混料, 不检验就出货]}
  - {key: quality-bottleneck, name: 产品质量水平低, terms: [客户退货, 返工多, 被客户投诉]}
"""
STORIES = """
entries:
  - {problems: [talent-shortage], told: [验货的小姑娘又走了，今年第三个, 没人会看图纸]}
  - {problems: [process-control, quality-bottleneck], told: [刻度印歪了也没人拦，货都到了客户那里才说, 灯珠装反了没人看，人家退了一车]}
  - {problems: [], told: [从来没有退过货, 没有被投诉过, 返工比以前少多了, 想问怎么认证, 今天天气很好, 厂里有三台机器]}
"""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> SearchRoom:
    folder = tmp_path_factory.mktemp("described")
    (folder / "content" / "taxonomy").mkdir(parents=True)
    (folder / "content" / "taxonomy" / "problems.yml").write_text(PROBLEMS, "utf-8")
    (folder / "content" / "taxonomy" / "stories.yml").write_text(STORIES, "utf-8")
    library = Library(folder)
    for slug, title, code, body, more in (
        ("carton", "纸箱厂量准每一刀", "C23", "纸箱的尺寸每班校准，退货少了。", "problems: [process-control]\n"),
        ("tea", "茶叶渥堆有记录", "C15", "渥堆温度每天记录。", "problems: [talent-shortage]\n"),
        ("other", "不相干的一篇", "I65", "软件按月更新，图纸归档。", ""),
    ):
        library.write(f"cases/{slug}", text(title, code, "330400", 2022, body, more))
    guide = text(
        "制伞业实施指南", "C41", "330400", 2022, "抽检拉力，比对色差，首件 首件。", "problems: [quality-bottleneck]\n"
    )
    library.write("guides/umbrella", guide)
    library.room.rebuild(library.store)
    return library.room


def recognised(room: SearchRoom, said: str) -> dict[str, list[tuple[str, str]]]:
    found = room.describe(said)
    return {
        each.key: [(said[reason.start : reason.end], reason.said) for reason in each.reasons]
        for each in (*found.problems, *found.industries)
    }


def test_each_problem_is_recognised_by_the_clause_that_says_so_most(room: SearchRoom) -> None:
    assert recognised(room, CARTONS) == {
        "talent-shortage": [("工人换得勤", "质量人才匮乏")],
        "process-control": [("说尺寸不准", "过程控制不到位")],
        "quality-bottleneck": [("最近客户老是退货", "产品质量水平低")],
        "C22": [("纸箱", "纸箱")],
        "C23": [("纸箱", "纸箱")],
    }


@pytest.mark.parametrize(
    ("said", "problems"),
    [
        ("客户把货退了", ["quality-bottleneck"]),  # in other words than any example
        ("质检的小姑娘又走了", ["talent-shortage"]),
        ("病人投诉", ["quality-bottleneck"]),  # whoever their customer is
        ("刻度又印歪了", ["process-control", "quality-bottleneck"]),
        ("ＲＥＴＵＲＮ，客戶退貨", ["quality-bottleneck"]),  # traditional, full width
        ("工人换得勤，客户退货，尺寸不准，被客户投诉", ["quality-bottleneck", "talent-shortage", "process-control"]),
        ("从来没有退过货", []),  # what is denied or over, as the stories without a problem tell it
        ("没有被投诉过", []),
        ("返工比以前少多了", []),
        ("今天天气很好", []),
        ("齉齾龘", []),
        ("", []),
    ],
)
def test_problems_are_recognised_by_what_examples_have_in_common(
    room: SearchRoom, said: str, problems: list[str]
) -> None:
    assert [each.key for each in room.describe(said).problems] == problems


def test_two_clauses_at_most_are_told_as_reasons_in_the_order_of_the_text(room: SearchRoom) -> None:
    found = recognised(room, "返工多，我们做杯子，客户退货，被客户投诉")["quality-bottleneck"]
    assert [clause for clause, _ in found] == ["客户退货", "被客户投诉"]


@pytest.mark.parametrize(
    "said",
    [
        "工人换得勤，客户退货",
        "工人换得勤 客户退货",  # dictated
        "工人换得勤\n客户退货",
        "，  工人换得勤！！客户退货",
    ],
)
def test_clauses_are_parted_by_whatever_parts_them(room: SearchRoom, said: str) -> None:
    found = recognised(room, said)
    assert (found["talent-shortage"], found["quality-bottleneck"]) == (
        [("工人换得勤", "质量人才匮乏")],
        [("客户退货", "产品质量水平低")],
    )


def test_of_what_is_dictated_without_a_pause_the_stretch_that_says_it_is_the_reason(room: SearchRoom) -> None:
    said = "我们厂里去年搬到新区今年工人换得勤老板愁得很隔壁车间也是这样可是客户退货又多起来"
    assert recognised(room, said) == {
        "talent-shortage": [("搬到新区今年工人换得勤", "质量人才匮乏")],
        "quality-bottleneck": [("这样可是客户退货又多起来", "产品质量水平低")],
    }


def test_a_clause_that_is_hardly_more_than_a_word_is_no_reason(room: SearchRoom) -> None:
    assert recognised(room, "老师傅，老师傅走了") == {"talent-shortage": [("老师傅走了", "质量人才匮乏")]}


@pytest.mark.parametrize(
    ("said", "problems"),
    [
        ("看别人怎么办的", []),
        ("请问怎么办", []),
        ("帮我看看怎么办", []),
        ("同行怎么解决的", []),
        ("有没有做卤味的案例可以参考", []),
        ("这个案例能发我一份吗", []),
        ("老师您好，想咨询个事", []),
        ("我们是做五金的，想了解一下政策", []),
        ("往返工厂", []),  # no 返工
        ("返工多，想看看别人怎么办的", ["quality-bottleneck"]),
        ("返工多，想看看同行怎么解决的", ["quality-bottleneck"]),
        ("不知道怎么办", ["solution-shortage"]),  # a saying
    ],
)
def test_who_only_asks_tells_no_problem(shipped_room: SearchRoom, said: str, problems: list[str]) -> None:
    assert [each.key for each in shipped_room.describe(said).problems] == problems


@pytest.mark.parametrize("said", ["1.工人换得勤 2.客户退货", "①工人换得勤 ②客户退货", "1、工人换得勤 2、客户退货"])
def test_what_is_numbered_in_a_line_is_parted(room: SearchRoom, said: str) -> None:
    found = recognised(room, said)
    clauses = [found[key][0][0] for key in ("talent-shortage", "quality-bottleneck")]
    assert clauses == said.split()


def test_white_space_beside_letters_parts_nothing(room: SearchRoom) -> None:
    assert recognised(room, "客户退货 PPM 3000")["quality-bottleneck"] == [("客户退货 PPM 3000", "产品质量水平低")]


def test_what_has_nothing_to_do_with_it_does_not_silence_a_sentence(room: SearchRoom) -> None:
    said = "我是本地人，早年跑过运输，爱喝茶。客户退货。今年五十二，儿子在省城读书，媳妇管账，一家人都好。"
    assert recognised(room, said) == {"quality-bottleneck": [("客户退货", "产品质量水平低")]}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("定制衣柜", {"C21": [("衣柜", "衣柜")]}),  # not inside words: 制衣
        ("纸箱包装", {"C22": [("纸箱", "纸箱")], "C23": [("纸箱", "纸箱")]}),  # nor 箱包 in the middle of one
        ("我们做门锁，塑料把手", {"C33": [("门锁", "门锁")]}),  # one's own trade counts alone …
        ("有门锁和塑料把手", {"C29": [("塑料", "塑料")], "C33": [("门锁", "门锁")]}),  # … where it is known
        ("给酒店洗床单", {"O80": [("洗床单", "洗床单")]}),  # a customer's does not
        ("给马桶做盖板", {"C30": [("马桶", "马桶")]}),  # but what one works for is no customer
        ("馒头店说硬，面包店嫌干", {}),
        ("开面包店的，今年面包店投诉多", {"C14": [("面包", "面包")]}),  # one place is theirs, the other is not
        ("我们搅拌站，施工队说太干", {"C30": [("搅拌站", "搅拌站")]}),
        ("雨伞，塑料把手掉了", {"C41": [("雨伞", "雨伞")]}),  # what is named first
        ("做电动车充电器的", {"C38": [("充电器", "充电器")]}),  # the last of words that stand together
        ("我们是供水公司", {"D46": [("供水公司", "供水公司")]}),  # whose name begins like a customer
        ("做雨伞的，酒店来订", {"C41": [("雨伞", "雨伞")]}),  # and before a place in passing
        ("不做家具", {}),
        ("不是做家具的，开家具厂", {"C21": [("家具厂", "家具厂")]}),
        ("好" * 1000 + "我们做门锁", {}),  # behind what is looked at
    ],
)
def test_industries_are_recognised_by_what_they_are_called(
    room: SearchRoom, said: str, found: dict[str, list[tuple[str, str]]]
) -> None:
    assert {key: value for key, value in recognised(room, said).items() if "-" not in key} == found


def test_advice_comes_with_the_clause_the_words_and_what_is_shared(room: SearchRoom) -> None:
    found = room.describe(CARTONS)
    assert [(each.hit.slug, each.problems, each.industries) for each in found.cases] == [
        ("carton", ["process-control"], ["C23"]),
        ("tea", ["talent-shortage"], []),
    ]
    assert (found.cases[0].said, found.cases[0].words) == ("我们厂做纸箱", ["纸箱"])
    assert "<mark>尺寸</mark>" in found.cases[0].hit.snippet_html
    assert found.guides == []


@pytest.mark.parametrize(
    ("said", "guides"),
    [
        ("客户退货，我们做雨伞", ["umbrella"]),
        ("客户退货", []),  # the same problem is none of the trade
        ("客户退货，也没测过拉力", ["umbrella"]),
        ("我们做门锁，也没测过拉力", []),
        ("我们做门锁，也没测过拉力，色差也大", ["umbrella"]),
    ],
)
def test_a_guide_is_offered_to_its_trade_or_for_two_reasons(room: SearchRoom, said: str, guides: list[str]) -> None:
    assert [each.hit.slug for each in room.describe(said).guides] == guides


@pytest.mark.parametrize(
    ("said", "cases"),
    [
        ("渥堆", ["tea"]),
        ("渥堆这个词儿我是头一回听人讲起", []),
        ("渥堆这个词儿我是头一回听人讲起，温度也是", ["tea"]),
        ("渥堆这个词儿我们做门锁的头一回听人讲", ["tea"]),
    ],
)
def test_a_word_alone_is_no_reason_where_much_was_said_and_nothing_understood(
    room: SearchRoom, said: str, cases: list[str]
) -> None:
    assert [each.hit.slug for each in room.describe(said).cases] == cases


def test_of_few_words_none_is_usual(room: SearchRoom) -> None:
    brief, long = (room.describe(said).cases for said in ("做法", "说来说去，做法是哪些我也讲不清"))
    assert ({each.hit.slug for each in brief}, long) == ({"carton", "tea", "other"}, [])


def test_a_part_of_a_word_is_a_reason_once_however_often_it_stands_there(room: SearchRoom) -> None:
    (advice,) = room.describe("客户退货，首件检验没人做").guides
    assert (advice.said, advice.words) == ("首件检验没人做", ["首件"])


@pytest.mark.parametrize(
    ("said", "clause", "words"),
    [
        ("我们做门锁，客户要mes看板", "客户要mes看板", ["ＭＥＳ看板"]),
        ("我们做门锁，客户要 iso9001", "客户要 iso9001", ["ISO 9001"]),
        ("我們做門鎖，客戶要首件檢驗", "客戶要首件檢驗", ["首件检验"]),
        ("我们做门锁，客户要样品，封存也没有", "客户要样品", ["樣品"]),
    ],
)
def test_a_clause_is_quoted_as_it_was_typed_and_its_words_as_the_document_writes_them(
    tmp_path: Path, said: str, clause: str, words: list[str]
) -> None:
    library = Library(tmp_path)
    library.shelve({"a": "车间装了ＭＥＳ看板。", "b": "按ISO 9001做。", "c": "每班首件检验。", "d": "封存樣品。"})
    (advice,) = library.room.describe(said).cases
    assert (advice.said, advice.words) == (clause, words)


def test_words_that_are_synonyms_of_what_was_said_have_no_clause(room: SearchRoom) -> None:
    (advice,) = room.describe("图样，找来找去").cases
    assert (advice.hit.slug, advice.said, advice.words) == ("other", "", ["图纸"])


def test_characters_told_apart_are_no_word_where_they_meet(room: SearchRoom) -> None:
    assert [each.words for each in room.describe("少，尺，寸").cases if each.words] == []


def test_single_characters_are_not_marked(room: SearchRoom) -> None:
    (advice,) = room.describe("渥堆温度，每 录").cases
    assert advice.hit.snippet_html == "做法：<mark>渥堆温度每</mark>天记录。"
    assert advice.words == ["渥堆", "温度"]


def test_what_was_meant_helps_too(room: SearchRoom) -> None:
    assert [(each.hit.slug, each.said, each.words) for each in room.describe("tuihuo").cases] == [
        ("carton", "tuihuo", ["退货"])
    ]


def test_only_the_beginning_of_a_very_long_text_is_looked_at(room: SearchRoom) -> None:
    assert recognised(room, "好" * 1000 + "客户退货") == {}


def test_search_syntax_in_a_text_is_only_words(room: SearchRoom) -> None:
    said = '客户说"尺寸不准" -退货 标题:没有 iso*'
    assert [each.hit.slug for each in room.describe(said).cases] == ["carton"]


def test_what_was_dictated_is_quoted_by_its_clauses(room: SearchRoom) -> None:
    words, lines = (
        room.describe(said).cases for said in ("我们做门锁的 今天说渥堆温度 明天说什么我也不知道", "渥堆温度\n退货少了")
    )
    assert [(each.hit.slug, each.said, each.words) for each in words] == [("tea", "今天说渥堆温度", ["渥堆温度"])]
    assert {each.hit.slug: each.said for each in lines} == {"tea": "渥堆温度", "carton": "退货少了"}


def test_what_is_learned_of_a_taxonomy_is_learned_once(room: SearchRoom) -> None:
    room.describe(CARTONS)
    before = (_classifier.cache_info().misses, names_of_industries.cache_info().misses)
    room.describe("客户老是退货")
    assert (_classifier.cache_info().misses, names_of_industries.cache_info().misses) == before


def test_a_name_of_nothing_is_found_nowhere(tmp_path: Path) -> None:
    (tmp_path / "taxonomy").mkdir()
    (tmp_path / "taxonomy" / "industries.yml").write_text(
        "entries:\n  - {key: C, name: 制造业}\n  - {key: C21, name: 家具制造业, parent: C, terms: ['', ' ', 家具]}\n",
        "utf-8",
    )
    taxonomy = Taxonomy.load(tmp_path / "taxonomy")
    found = industries(Story.of("我们做家具", cutter_for(taxonomy)), taxonomy)
    assert [(each.key, each.reasons) for each in found] == [("C21", [(3, 5, "家具")])]


def test_stories_of_other_problems_teach_nothing(tmp_path: Path) -> None:
    def scores(stories: str) -> dict[str, float]:
        (tmp_path / "taxonomy").mkdir(exist_ok=True)
        (tmp_path / "taxonomy" / "problems.yml").write_text(PROBLEMS, "utf-8")
        (tmp_path / "taxonomy" / "stories.yml").write_text(stories, "utf-8")
        return _classifier(Taxonomy.load(tmp_path / "taxonomy")).score("客户退货")

    others = "  - {problems: [other], told: [客户退货了, 又被退货]}\n"
    assert scores(STORIES + others) == scores(STORIES)
    assert scores(STORIES + others.replace("other", ""))[NONE] > scores(STORIES)[NONE]


def test_a_taxonomy_without_problems_and_stories_recognises_none(tmp_path: Path) -> None:
    (tmp_path / "content" / "taxonomy").mkdir(parents=True)
    for name in ("problems", "stories"):
        (tmp_path / "content" / "taxonomy" / f"{name}.yml").write_text("entries: []\n", "utf-8")
    library = Library(tmp_path)
    library.write("cases/carton", text("纸箱厂", "C22", "330400", 2022, "纸箱的尺寸每班校准。"))
    library.room.rebuild(library.store)
    assert library.room.describe(CARTONS).problems == []


def test_a_room_without_an_index_understands_nothing(tmp_path: Path) -> None:
    room = SearchRoom.open(f"whoosh:{tmp_path}", ContentStore(shipped("content")).taxonomy)
    assert room.describe(CARTONS) == ([], [], [], [])
