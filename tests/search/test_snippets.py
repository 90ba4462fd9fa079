"""What is shown of a text: escaped, marked on whole characters, cut where it reads well."""

import html
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from caselib.search.question import Marks, Reader
from caselib.search.snippets import LENGTH, _densest, highlight, snippet
from caselib.search.text.tokens import fold
from tests.search.shelves import cutter


def marks(typed: str) -> Marks:
    return Reader(cutter(), [("质量管理体系", "ISO 9001"), ("6S", "6S管理")]).read(typed).marks


@pytest.mark.parametrize(
    ("typed", "text", "shown"),
    [
        ("數字化", "推进数字化改造", "推进<mark>数字化</mark>改造"),
        ("数字化", "推進數字化改造", "推進<mark>數字化</mark>改造"),
        ("iso9001", "按ＩＳＯ　９００１做", "按<mark>ＩＳＯ　９００１</mark>做"),
        ("GB/T 19001", "GB/T 19001-2016和GB/T 5330", "<mark>GB/T 19001</mark>-2016和GB/T 5330"),
        ("98.2%", "由９８．２％升", "由<mark>９８．２％</mark>升"),
        ("链", "产业链、供应链", "产业<mark>链</mark>、供应<mark>链</mark>"),
        ("质量 管理", "质量管理", "<mark>质量管理</mark>"),
        ("mes", "MES messages", "<mark>MES</mark> messages"),
        ("mes*", "MES messages", "<mark>MES messages</mark>"),
        ("6s", "推行6S管理", "推行<mark>6S管理</mark>"),
        ("质量管理体系", "通过ISO 9001认证", "通过<mark>ISO 9001</mark>认证"),
        ("不合格率", "合格率低", "<mark>合格</mark>率低"),
        ("如何提升产量", "如何都行，产量高", "如何都行，<mark>产量</mark>高"),
        ("返修", "<b>返修</b> & 返工", "&lt;b&gt;<mark>返修</mark>&lt;/b&gt; &amp; 返工"),
        ("“质&量”", "说质&量好", "说<mark>质&amp;量</mark>好"),
        ("amp", "a & b", "a &amp; b"),
        ("café", "去cafe\u0301坐", "去<mark>cafe\u0301</mark>坐"),
        ("", "什么也没问", "什么也没问"),
    ],
)
def test_what_was_asked_for_is_marked(typed: str, text: str, shown: str) -> None:
    assert highlight(text, marks(typed)) == shown


LONG = "第一句说的是天气。" * 20 + "车间每班做首件检验，废品明显少了。" + "后面还有很多别的话，" * 20


def test_a_snippet_begins_at_a_sentence_and_ends_after_a_pause() -> None:
    shown = snippet(LONG, marks("首件检验"))
    assert shown.startswith("…车间每班做<mark>首件检验</mark>，废品明显少了。后面")
    assert shown.endswith("，…")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("做法\n每班首检。", "做法：每班<mark>首检</mark>。"),
        ("首检制\n", "<mark>首检</mark>制"),
        ("先首检。\n再开机：\n后抽检。", "先<mark>首检</mark>。再开机：后抽检。"),
        ("首检表。\n□ 压力表在校准期内\n□ 样件", "<mark>首检</mark>表。压力表在校准期内；样件"),
        ("首检表。\n□ 压力表在校准期内。\n□", "<mark>首检</mark>表。压力表在校准期内。"),
    ],
)
def test_a_short_text_is_shown_whole_and_a_heading_leads_into_it(text: str, shown: str) -> None:
    assert snippet(text, marks("首检")) == shown


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 90), st.sampled_from("甲乙丙")), max_size=30))
def test_the_window_begins_where_the_different_matches_have_the_most_characters(
    parts: list[tuple[int, int, str]],
) -> None:
    text, spans = "", []
    for gap, size, letter in parts:
        text += "，" * gap
        spans.append((len(text), len(text) + size))
        text += letter * size

    def worth(start: int) -> int:
        shown = {text[begin:end] for begin, end in spans if start <= begin and end <= start + LENGTH * 4 // 5}
        return sum(map(len, shown))

    assert _densest(text, spans) == max((start for start, _ in spans[:24]), key=worth, default=0)


def test_the_window_with_more_of_the_words_is_chosen() -> None:
    text = "首件检验。" + "无关的话。" * 40 + "首件检验和数字化都做了。" + "无关的话。" * 40
    assert "<mark>首件检验</mark>和<mark>数字化</mark>" in snippet(text, marks("首件检验 数字化"))


def test_without_a_match_the_beginning_is_shown() -> None:
    shown = snippet("甲" * 300, marks("首检"))
    assert shown == "甲" * LENGTH + "…"


def test_a_cut_never_splits_what_belongs_together() -> None:
    text = "e\u0301" * 200
    shown = snippet(text, marks("首检")).rstrip("…")
    assert set(re.findall(".\u0301?", shown)) == {"e\u0301"}


@example("检验\u0301A\u0301", "首件检验")
@given(
    st.text(alphabet="首件检验數字化。，<&é\u0301𠀀A1 \n", max_size=400),
    st.sampled_from(["首件检验", "数字化 a1", "é"]),
)
def test_any_snippet_is_a_stretch_of_the_text_with_true_marks(text: str, typed: str) -> None:
    shown = snippet(text, marks(typed))
    bare = html.unescape(re.sub("</?mark>", "", shown)).strip("…")
    shown_letters, letters = (
        re.sub(r"[\s：；]", "", each) for each in (bare, text)
    )  # lines are joined by what reads well
    assert shown_letters in letters
    assert len(bare) <= LENGTH * 4 // 3 + 10
    wanted = set("".join(fold(typed).text.split()))
    for marked in re.findall("<mark>(.*?)</mark>", shown):  # an accent goes with its letter
        folded = fold(html.unescape(marked)).text
        assert {each for each in folded if not unicodedata.combining(each)} - {" "} <= wanted
