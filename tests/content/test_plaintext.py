import time

import pytest
from hypothesis import given

from caselib.content import Section
from caselib.content.anchors import slug
from caselib.content.plaintext import first_paragraph, sections
from tests.content.markdown_texts import markdown


def words(body: str) -> str:
    """The plain text of a body that has no heading."""
    return "\n".join(section.text for section in sections(body))


class TestSections:
    def test_a_body_without_headings_is_one_section_without_an_anchor(self) -> None:
        assert sections("第一段。\n\n第二段。\n") == [Section("", "", 1, "第一段。\n第二段。")]

    def test_an_empty_body_has_no_sections(self) -> None:
        assert sections("") == []
        assert sections("\n \n") == []

    def test_three_headings_with_their_levels_and_texts(self) -> None:
        body = "开头。\n\n## 做法\n\n### 第一步：查\n\n查。\n\n## 成效 ##\n好。\n"
        assert sections(body) == [
            Section("", "", 1, "开头。"),
            Section("做法", "做法", 2, ""),
            Section("第一步-查", "第一步：查", 3, "查。"),
            Section("成效", "成效", 2, "好。"),
        ]

    def test_windows_line_ends_change_nothing(self) -> None:
        body = "开头。\n\n## 做法\n\n- 甲\n- 乙\n"
        assert sections(body.replace("\n", "\r\n")) == sections(body)

    @pytest.mark.parametrize(
        ("body", "headings"),
        [
            ("做法\n===\n\n成效\n---\n", [("做法", 2), ("成效", 3)]),
            ("##没有空格\n#也没有\n", [("没有空格", 2), ("也没有", 2)]),
            ("#hashtag\n#!/bin/sh\n#1\n", []),
            ("####### 七个\n", []),
            ("    # 代码\n", []),
            ("> # 引文里\n- # 列表里\n", []),
            ("一\n二\n---\n", []),
            ("- 项\n---\n", []),
            ("| 甲 |\n---\n", []),
            ("# <br>\n#\n", []),
            ("### 三\n# 一\n## 二\n", [("三", 2), ("一", 2), ("二", 3)]),
        ],
    )
    def test_what_counts_as_a_heading(self, body: str, headings: list[tuple[str, int]]) -> None:
        assert [(found.heading, found.level) for found in sections(body) if found.anchor] == headings

    @pytest.mark.parametrize(
        "body",
        [
            "```sh\n# 不是标题\n```\n",
            "~~~~\n# 不是标题\n~~~\n# 也不是\n~~~~~\n",
            "- 项\n\n  ```\n# 不是标题\n  ```\n",
            "> ```\n> # 不是标题\n> ```\n",
            "<!--\n# 不是标题\n-->\n",
            "<pre>\n# 不是标题\n</pre>\n",
            "<script>\n# 不是标题\n</script>\n",
        ],
    )
    def test_nothing_inside_code_or_a_comment_is_a_heading(self, body: str) -> None:
        assert [found.heading for found in sections(body + "# 标题\n") if found.anchor] == ["标题"]

    @pytest.mark.parametrize("opening", ["```\n", "~~~\n", "<!--\n", "<pre>\n", "<script>\n"])
    def test_what_was_left_open_hides_no_heading(self, opening: str) -> None:
        assert [found.heading for found in sections(f"{opening}\n# 标题\n") if found.anchor] == ["标题"]

    def test_headings_around_fenced_code_keep_their_texts_apart(self) -> None:
        body = "# 甲\n一\n```\n# 注释\n```\n二\n# 乙\n```py\nx_y = 2 * 3\n```\n三\n"
        assert sections(body) == [
            Section("甲", "甲", 2, "一\n# 注释\n二"),
            Section("乙", "乙", 2, "x_y = 2 * 3\n三"),
        ]


class TestWords:
    @pytest.mark.parametrize(
        ("body", "text"),
        [
            ("**重点：**后*文*，***都***", "重点：后文，都"),
            ("__重点__ 与 file_name 与 _斜_", "重点 与 file_name 与 斜"),
            ("2 * 3 * 4 ~~旧~~ `6S`", "2 * 3 * 4 旧 6S"),
            ('[链接](http://a.example/x_(y) "题")、[引用][1]、[文]', "链接、引用、[文]"),
            ("[1]: http://a.example\n文", "文"),
            ("![流程图](a.png)与[![图](b.png)](c)", "流程图与图"),
            ("产值[^1]增长\n\n[^1]: 据*报告*。", "产值增长\n据报告。"),
            ("| 项 | 前 |\n|:--|--:|\n| 合格率 | **98.2%** |", "项 前\n合格率 98.2%"),
            ("甲 | 乙\n--- | ---\n1 | 2", "甲 乙\n1 2"),
            ("- 甲\n  * 乙\n    1. 丙\n> 引\n> > 深", "甲\n乙\n丙\n引\n深"),
            ("质量\n管理\nISO\n9001", "质量管理\nISO\n9001"),
            ("甲<br>乙<b>丙</b><img src=x alt='图'>", "甲\n乙丙图"),
            ("<table><tr><td>甲</td><td>乙</td></tr></table>", "甲\n乙"),
            ("甲<!-- 注 -->乙 <https://a.example/b_c_d>", "甲乙 https://a.example/b_c_d"),
            ("甲 | 乙", "甲 | 乙"),
            ("甲 --> 乙<!-- 丙 -->丁<!-- 戊 -->", "甲 --> 乙丁"),
            ("a &lt; b &amp; c \\*不是\\*", "a < b & c *不是*"),
            ("甲\n\n***\n\n乙\n- - -\n丙", "甲\n乙\n丙"),
            ("<!-- 没有结束", "<!-- 没有结束"),
            ("1 < 2 > 0", "1 < 2 > 0"),
        ],
    )
    def test_markup_goes_and_words_stay(self, body: str, text: str) -> None:
        assert words(body) == text


class TestFirstParagraph:
    @pytest.mark.parametrize(
        ("body", "text"),
        [
            ("", ""),
            ("# 标题\n\n第一段\n接着。\n\n第二段。", "第一段接着。"),
            ("![](a.png)\n\n文字。", "文字。"),
            ("```\n代码\n\n代码\n```\n\n文字。", "文字。"),
            ("| 甲 |\n|---|\n\n文字。", "文字。"),
            ("---\n\n<!-- 注\n\n注 -->\n\n文字 abc\ndef。", "文字 abc def。"),
            ("## 只有标题", ""),
            ("- 甲\n- 乙", "甲 乙"),
            ("![](a.png)\n\n- 甲\n- 乙", "甲 乙"),
        ],
    )
    def test_it_is_the_first_text_that_says_something(self, body: str, text: str) -> None:
        assert first_paragraph(body) == text


class TestAnchors:
    @pytest.mark.parametrize(
        ("heading", "anchor"),
        [
            ("做法", "做法"),
            ("（一）完善 评估机制！", "一-完善-评估机制"),
            ("ISO 9001", "s-iso-9001"),
            ("ＩＳＯ认证", "iso认证"),
            ("！！！", "s-section"),
            ("a_b 中", "a-b-中"),
            ("长" * 100, "长" * 60),
        ],
    )
    def test_an_anchor_is_readable_in_an_address(self, heading: str, anchor: str) -> None:
        assert slug(heading) == anchor

    @given(markdown)
    def test_anchors_are_unique_and_levels_leave_none_out(self, body: str) -> None:
        found = [section for section in sections(body) if section.anchor]
        assert len({section.anchor for section in found}) == len(found)
        level = 1
        for section in found:
            assert 2 <= section.level <= min(level + 1, 6)
            level = section.level


class TestCost:
    def test_three_thousand_characters_take_less_than_a_millisecond(self) -> None:
        paragraph = "企业对照[指南](guide.md)逐项检查，**产品合格率**由98.2%提高到99.8%[^1]，客户满意度提升。\n\n"
        body = "".join(f"## 第{number}步\n\n{paragraph * 6}- 甲\n- 乙\n\n" for number in range(8))[:3000]
        best = min(_seconds(body) for _ in range(30))
        assert best < 0.001

    @pytest.mark.parametrize(
        "sign", ["[", "![", "*a", "_a ", "`", "<", "<!--", "# a\n", "a\n-\n", "```\n", "~~~~\n", "|", "> "]
    )
    def test_a_long_run_of_any_sign_takes_time_in_proportion(self, sign: str) -> None:
        assert _seconds(sign * 50_000) < 2


def _seconds(body: str) -> float:
    begun = time.process_time()
    sections(body)
    return time.process_time() - begun
