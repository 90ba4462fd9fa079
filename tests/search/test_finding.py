"""What a person types and what must be found: each trap of stock Whoosh with jieba's analyser, and what is marked."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselib.search import SearchQuery
from caselib.search.question import Reader
from tests.search.conftest import Library, text
from tests.search.shelves import cutter


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        ("數字化改造", "digital"),
        ("數字化", "digital"),
        ("数字化改造指南", "digital"),
        ("链", "digital"),
        ("产业链", "digital"),
        ("中小企", "digital"),
        ("mes", "digital"),
        ("MES", "digital"),
        ("ＭＥＳ", "digital"),
        ("ISO 9001", "iso"),
        ("iso9001", "iso"),
        ("ＩＳＯ９００１", "iso"),
        ("GB/T 19001", "iso"),
        ("GB/T19001", "iso"),
        ("gbt19001", "iso"),
        ("6s", "iso"),
        ("98.2%", "rate"),
        ("９８．２％", "rate"),
        ("98.2", "rate"),
        ("德鑫隆", "firm"),
        ("鑫隆", "firm"),
        ("堆", "tea"),
        ("渥堆", "tea"),
        ("茶葉品質", "tea"),
        ("title:六堡茶", "tea"),
        ("标题：六堡茶", "tea"),
    ],
)
def test_what_is_there_is_found_first(shelf: Library, typed: str, slug: str) -> None:
    assert shelf.find(typed)[:1] == [slug]


@pytest.mark.parametrize("typed", ["shuzihua", "数宇化", "shu zi hua"])
def test_a_misspelt_word_gives_the_answer_of_what_was_meant(shelf: Library, typed: str) -> None:
    answer = shelf.room.search(SearchQuery(typed))
    assert (answer.query, answer.did_you_mean, answer.corrected) == (typed, "数字化", True)
    assert [hit.slug for hit in answer.hits][:1] == ["digital"]


def test_a_word_that_is_there_is_not_corrected(shelf: Library) -> None:
    answer = shelf.room.search(SearchQuery("数字化"))
    assert (answer.did_you_mean, answer.corrected, answer.total) == (None, False, 1)


@pytest.mark.parametrize("typed", ["茶叶罐 胀瓶", "茶叶罐 “胀瓶”"])
def test_where_no_word_is_whole_a_word_inside_one_is_found_and_marked(shelf: Library, typed: str) -> None:
    assert cutter().cut("茶叶罐") == ["茶叶罐"]
    answer = shelf.room.search(SearchQuery(typed))
    assert ([hit.slug for hit in answer.hits], answer.relaxed) == (["tea"], True)
    assert "<mark>茶叶</mark>" in answer.hits[0].snippet_html


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("青瓷厂", "龙泉某<mark>青瓷厂</mark>"),
        ("GB/T 19580", "2022年 制造业 印刷和记录媒介复制业 浙江省 嘉兴市 <mark>GB/T 19580</mark>-2012"),
        ("盒子", "一次比一次好。"),
    ],
)
def test_what_only_the_names_hold_is_shown_with_them(empty: Library, typed: str, shown: str) -> None:
    more = "issuer: 龙泉某青瓷厂\nsummary: 一次比一次好。\nstandards: [GB/T 19580-2012]\n"
    empty.write("guides/a", text("盒子", "C23", "330400", 2022, "无", more))
    empty.room.rebuild(empty.store)
    assert [hit.snippet_html for hit in empty.room.search(SearchQuery(typed)).hits] == [shown]


def test_a_word_that_nobody_has_is_asked_for_by_its_parts(shelf: Library) -> None:
    """返工 and 率 are in one text, but not together; figures that nobody has do not take the letters along."""
    assert (cutter().cut("返工率"), cutter().cut("投诉率")) == (["返工率"], ["投诉率"])
    answers = [shelf.room.search(SearchQuery(typed)) for typed in ("返工率", "MES 3")]
    assert [([hit.slug for hit in each.hits], each.relaxed) for each in answers] == [
        (["rate"], False),
        (["digital"], False),
    ]


def test_a_number_with_its_unit_is_not_found_by_the_number_alone(empty: Library) -> None:
    """5S, for which 6S stands, is better told of by what says 6S twice than by what says it once and has many a 5."""
    bodies = {"report": "推行6S，分5个组，每组5人，走访5天，5家企业。", "shop": "推行6S，坚持6S，分六个组，每组六人。"}
    for slug, body in bodies.items():
        empty.write(f"cases/{slug}", text("题", "A01", "330400", 2022, body))
    empty.room.rebuild(empty.store)
    assert [hit.slug for hit in empty.room.search(SearchQuery("5S")).hits] == ["shop", "report"]


def test_where_half_of_the_words_are_known_their_order_does_not_matter(empty: Library) -> None:
    for slug, body in {"a": "返工，包装，仓库", "b": "仓库", "c": "无", "d": "无"}.items():
        empty.write(f"cases/{slug}", text("题", "A01", "330400", 2022, body))
    empty.room.rebuild(empty.store)
    answers = [
        empty.room.search(SearchQuery(q)) for q in ("返工 包装 仓库 霹雳 蟑螂 火星", "霹雳 蟑螂 火星 返工 包装 仓库")
    ]
    assert [([hit.slug for hit in each.hits], each.relaxed) for each in answers] == [(["a"], False)] * 2


def test_a_beginning_finds_each_of_many_words(empty: Library) -> None:
    for number in range(60):
        empty.write(
            f"cases/p{number}",
            text("题", "A01", "330400", 2022, f"abc{'abcdef'[number // 10]}{'ghijklmnop'[number % 10]}"),
        )
    empty.room.rebuild(empty.store)
    found = [empty.room.search(SearchQuery(typed)) for typed in ("abc*", "xyz*")]
    assert [(each.total, each.empty) for each in found] == [(60, False), (0, False)]


def test_of_a_word_that_nobody_has_the_characters_that_say_something_count_and_are_marked(shelf: Library) -> None:
    """Without them the five would tie but for their lengths; 用 and 做 say nothing."""
    plain, asked = (shelf.room.search(SearchQuery(typed)).hits for typed in ("做法", "茶具 用具 做法"))
    assert (plain[0].slug, asked[0].slug) == ("firm", "tea")
    assert asked[0].title_html == "六堡<mark>茶</mark>渥堆有了记录"
    assert [unit.alone for unit in Reader(cutter()).read("茶具 用具 做法").units] == ["茶具", "具", "法"]


def test_what_is_nowhere_finds_nothing_and_says_so(shelf: Library) -> None:
    answer = shelf.room.search(SearchQuery("齉齾龘"))
    assert (answer.total, answer.hits, answer.did_you_mean) == (0, [], None)


def test_a_phrase_is_found_as_it_stands_and_not_otherwise(shelf: Library) -> None:
    exact, turned = (shelf.room.search(SearchQuery(typed)) for typed in ("“首件检验”", '"检验首件"'))
    assert ([hit.slug for hit in exact.hits], exact.relaxed) == (["firm"], False)
    assert turned.relaxed is True
    bare = shelf.room.search(SearchQuery("检验首件"))
    assert ([hit.slug for hit in turned.hits], turned.hits[0].snippet_html) == (["firm"], bare.hits[0].snippet_html)


def test_without_its_quotes_a_question_still_leaves_out(shelf: Library) -> None:
    assert shelf.find("“检验首件” -铸造") == []


def test_words_that_no_document_has_are_told(shelf: Library) -> None:
    answers = [shelf.room.search(SearchQuery(typed)) for typed in ("渥堆 霹雳", "渥堆 霹雳舞", "渥堆")]
    assert [(each.total, each.unknown) for each in answers] == [(1, ("霹雳",)), (1, ("霹雳", "舞")), (1, ())]


def test_a_word_can_be_excluded(shelf: Library) -> None:
    assert set(shelf.find("少了")) >= {"rate", "firm"}
    assert "firm" not in shelf.find("少了 -首件检验")


@pytest.mark.parametrize(
    "typed",
    ["AND", "OR NOT", "(", ")", "a:b^", "[a TO", "*", "?", '"', "“", "-", "- -", "title:", "~2", "\\", "\x00", "😀", "+", "{}", "a" * 10_000, "质" * 10_000, "( " * 500],
)  # fmt: skip
def test_query_syntax_of_any_kind_gives_an_answer(shelf: Library, typed: str) -> None:
    assert shelf.room.search(SearchQuery(typed)).query == typed


@given(typed=st.text(alphabet='数字化mesMES 98.2%*?:"“”()-+^~[]TOANDR\n链企&<>', max_size=30))
def test_no_text_makes_search_fail_and_snippets_are_whole_html(shelf: Library, typed: str) -> None:
    for hit in shelf.room.search(SearchQuery(typed)).hits:
        for shown in (hit.snippet_html, hit.title_html):
            bare = re.sub(r"</?mark>", "", shown)
            assert "<" not in bare
            assert html.escape(html.unescape(bare)) == bare
            assert shown.count("<mark>") == shown.count("</mark>")


@pytest.mark.parametrize(
    ("typed", "marked"),
    [("數字化", ["数字化"]), ("ISO9001", ["ISO 9001"]), ("产品合格率", ["产品合格率"]), ("链", ["链"])],
)
def test_the_words_that_matched_are_marked_as_the_author_wrote_them(
    shelf: Library, typed: str, marked: list[str]
) -> None:
    hit = shelf.room.search(SearchQuery(typed)).hits[0]
    found = re.findall(r"<mark>(.*?)</mark>", hit.snippet_html + hit.title_html)
    assert set(marked) <= set(found)


def test_markup_in_a_text_is_text_in_a_snippet(shelf: Library) -> None:
    hit = shelf.room.search(SearchQuery("返修")).hits[0]
    assert hit.slug == "rate"
    assert "&amp; <mark>返修</mark>" in hit.snippet_html


def test_a_hit_says_the_section_it_was_found_in(shelf: Library) -> None:
    hit = shelf.room.search(SearchQuery("返潮复晒")).hits[0]
    assert (hit.slug, hit.url, hit.anchor) == ("tea", "/cases/tea", "可借鉴之处")


def test_suggestions_by_pinyin_initials_prefix_and_inside(shelf: Library) -> None:
    def texts(typed: str) -> list[str]:
        return [s.text for s in shelf.room.suggest(typed)]

    assert any("质量管理" in text for text in texts("zlgl"))
    assert any("质量管理" in text for text in texts("zhiliang"))
    assert "六堡茶渥堆有了记录" in texts("渥堆")
    assert (texts(""), len(texts("质量")) <= 8) == ([], True)


def test_what_is_typed_of_a_product_leads_to_its_industries(empty: Library) -> None:
    for code in ("C15", "C33", "H62"):
        empty.write(f"cases/{code.lower()}", text("一篇", code, "330400", 2022, "正文。"))
    empty.room.rebuild(empty.store)
    found = {typed: empty.room.suggest(typed) for typed in ("奶茶", "奶茶店", "水龙", "龙头", "锁", "酱油")}
    assert {
        typed: [(each.text, each.url, each.kind) for each in each_found] for typed, each_found in found.items()
    } == {
        "奶茶": [("餐饮业", "/industries/H62", "industry"), ("酒、饮料和精制茶制造业", "/industries/C15", "industry")],
        "奶茶店": [("餐饮业", "/industries/H62", "industry")],
        "水龙": [("金属制品业", "/industries/C33", "industry")],
        "龙头": [],  # no beginning
        "锁": [],  # too short to tell
        "酱油": [],  # an industry without documents
    }


def test_no_other_writing_of_a_word_and_no_word_of_a_trade_is_suggested(empty: Library) -> None:
    empty.write("cases/a", text("题", "A01", "330400", 2022, "返工，订单，封样，拼缝"))
    empty.room.rebuild(empty.store)
    assert [[each.text for each in empty.room.suggest(typed, 8)] for typed in ("翻", "定单", "封样", "pinfeng")] == [
        []
    ] * 4


def test_no_term_is_suggested_that_finds_nothing(shelf: Library) -> None:
    iso = [each.text for each in shelf.room.suggest("iso")]
    assert ("ISO 9001" in iso, "ISO 13485" in iso) == (True, False)


def test_related_documents_leave_out_the_document_itself(shelf: Library) -> None:
    related = [hit.slug for hit in shelf.room.related("case", "rate")]
    assert "rate" not in related
    assert related[:1] == ["firm"]


def test_a_batch_and_a_page_are_related_to_nothing(empty: Library) -> None:
    title = "title: 首件检验怎么做\n"
    files = {
        "cases/one": text("首件检验怎么做", "C33", "330400", 2022, "首件"),
        "guides/two": f"---\n{title}industry: [C33]\nissuer: 某局\nedition: 2022版\nyear: 2022\n---\n首件\n",
        "batches/3": f"---\n{title}year: 2022\npublished: 2023-04-20\n---\n首件\n",
        "pages/about": f"---\n{title}---\n首件\n",
    }
    for path, content in files.items():
        empty.write(path, content)
    empty.room.rebuild(empty.store)
    assert empty.room.search(SearchQuery("首件检验")).total == 4
    assert [(hit.kind, hit.slug) for hit in empty.room.related("case", "one")] == [("guide", "two")]


def test_what_is_related_does_not_depend_on_documents_that_are_gone(empty: Library) -> None:
    """``words`` has the title, ``facets`` a problem more in common; the one that is gone had far more of the words than any."""
    about, problem = "summary: 车间首件检验\n", "problems: [quality-awareness]\n"
    files = {
        "a": text(
            "首件检验怎么做", "I65", "330400", 2022, "首件", f"{about}problems: [quality-awareness, process-control]\n"
        ),
        "words": text("首件检验怎么做", "A01", "330400", 2022, "车间"),
        "facets": text("题", "I65", "330400", 2022, "无", problem),
        "gone": text(
            "首件检验怎么做" * 6, "A01", "330400", 2022, "首件检验怎么做", "summary: " + "车间首件检验" * 6 + "\n"
        ),
    }
    for slug, content in {**files, **{f"z{n}": text("题", "A01", "330400", 2022, "无") for n in range(2)}}.items():
        empty.write(f"cases/{slug}", content)
    empty.room.rebuild(empty.store)
    (empty.folder / "content/cases/gone.md").unlink()
    empty.room.sync(empty.store)
    synced = [hit.slug for hit in empty.room.related("case", "a", 2)]
    empty.room.rebuild(empty.store)
    assert synced == [hit.slug for hit in empty.room.related("case", "a", 2)] == ["words", "facets"]


def test_a_name_with_a_comma_can_be_typed_by_its_letters_too(empty: Library) -> None:
    names = "entries:\n  - {key: own, name: 退货多，返工多, terms: []}\n"
    (empty.folder / "content" / "taxonomy").mkdir(parents=True)
    (empty.folder / "content" / "taxonomy" / "problems.yml").write_text(names, "utf-8")
    library = Library(empty.folder)
    library.room.rebuild(library.store)
    assert [each.text for each in library.room.suggest("thd")] == ["退货多，返工多"]
    assert library.find("thdzz") == []


def test_a_synonym_without_a_letter_stands_for_nothing() -> None:
    (unit,) = Reader(cutter(), [("退货", "！！")]).read("退货").units
    assert unit.options == (("退货",),)
