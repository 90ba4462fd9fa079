import threading
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselib.content.frontmatter import Parts, load, load_with_lines, plain, split
from caselib.content.report import FileFault

MARKS = "-[{?" * 2_000


def fault(text: str) -> tuple[int, str]:
    with pytest.raises(FileFault) as caught:
        load(text)
    assert caught.value.remedy != ""
    return caught.value.line, caught.value.message


class TestSplitting:
    def test_a_text_is_cut_at_its_two_fences(self) -> None:
        assert split("---\na: 1\nb: 2\n---\n正文\n") == Parts("a: 1\nb: 2\n", "正文\n", 5)

    def test_an_empty_front_matter_and_an_empty_body_are_fine(self) -> None:
        assert split("---\n---\n") == Parts("", "", 3)
        assert split("---\n---") == Parts("", "", 3)

    def test_spaces_after_a_fence_are_allowed(self) -> None:
        assert split("--- \na: 1\n---\t\n正文") == Parts("a: 1\n", "正文", 4)

    def test_a_rule_in_the_body_stays_in_the_body(self) -> None:
        assert split("---\na: 1\n---\n一\n\n---\n二\n").body == "一\n\n---\n二\n"

    def test_a_line_that_only_begins_like_a_fence_is_none(self) -> None:
        assert split("---\na: |\n  x\n---- \nb: 1\n---\n").front == "a: |\n  x\n---- \nb: 1\n"

    @pytest.mark.parametrize("text", ["", "正文\n", "\n---\na: 1\n---\n", "----\na: 1\n---\n"])
    def test_a_text_without_front_matter_is_told_how_to_begin(self, text: str) -> None:
        with pytest.raises(FileFault) as caught:
            split(text)
        assert caught.value.line == 1
        assert caught.value.message == "文件开头没有文件头。"
        assert caught.value.remedy == "第一行写 ---，接着写 title: 等键，再单独写一行 ---，然后是正文。"

    def test_a_missing_closing_fence_is_told(self) -> None:
        with pytest.raises(FileFault) as caught:
            split("---\na: 1\n正文\n")
        assert caught.value.message == "文件头没有结束。"

    def test_stranger_headers_are_recognised_and_sent_to_the_importer(self) -> None:
        with pytest.raises(FileFault) as caught:
            split('[#]: subject: "x"\n[#]: via: "y"\n\n正文\n')
        assert caught.value.message == "文件用的是 “[#]: 键: 值” 式的头，不是 YAML front matter。"
        assert caught.value.remedy == "用 caselib import 导入，它会换成本库的写法。"


class TestTypes:
    @pytest.mark.parametrize(
        "text",
        ["yes", "no", "on", "off", "y", "12:30", "010", "010000", "1_000", "0x1F", "0o17", ".5", "1.", ".inf", ".nan"],
    )
    def test_what_yaml_1_1_would_change_stays_text(self, text: str) -> None:
        assert load(f"a: {text}") == {"a": text}

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("true", True),
            ("False", False),
            ("0", 0),
            ("-7", -7),
            ("330400", 330400),
            ("98.2", 98.2),
            ("-0.5", -0.5),
            ("1e3", 1000.0),
            ("2023-04-20", date(2023, 4, 20)),
            ("~", None),
            ("null", None),
            ("", None),
        ],
    )
    def test_plain_values_have_their_types(self, text: str, value: object) -> None:
        found = load(f"a: {text}")["a"]
        assert (found, type(found)) == (value, type(value))

    @pytest.mark.parametrize("text", ["2023-02-30", "2023-4-2", "9" * 30, "1.2.3", "-", "+", "true-ish", "n/a"])
    def test_what_only_looks_like_a_type_is_text(self, text: str) -> None:
        assert plain(text) == text

    def test_quoted_and_block_values_are_text(self) -> None:
        assert load("a: '2022'\nb: \"true\"\nc: |\n  12\nd: >-\n  一\n  二\n") == {
            "a": "2022",
            "b": "true",
            "c": "12\n",
            "d": "一 二",
        }

    def test_an_explicit_text_tag_is_allowed(self) -> None:
        assert load("a: !!str 2022") == {"a": "2022"}

    def test_lists_and_mappings_nest(self) -> None:
        assert load("a: [1, {b: x}]\nc:\n  - d: 2\n") == {"a": [1, {"b": "x"}], "c": [{"d": 2}]}

    def test_nothing_and_comments_alone_are_an_empty_mapping(self) -> None:
        assert load("") == {}
        assert load("# 只有注释\n") == {}

    @given(st.text(alphabet="0123456789.-+:eE_xyesnotrufalTN~ 中", max_size=12))
    def test_any_plain_scalar_is_read_without_an_exception(self, text: str) -> None:
        assert plain(text) == plain(text)


class TestFaults:
    @pytest.mark.parametrize(
        ("text", "line", "message"),
        [
            ("a: 1\nb: [x\nc: 2\n", 3, "YAML 写错了：括号没有配对，或列表里少了逗号。"),
            ("a: 1\n\tb: 2\n", 3, "这一行用制表符（Tab）缩进。"),
            ("a: 1\nb:\n\t- c\n", 4, "这一行用制表符（Tab）缩进。"),
            ("a: 1\nb: [\n  x,\n  y\n", 3, "YAML 写错了：括号没有配对，或列表里少了逗号。"),
            ("a: x\ty: z\n", 2, "YAML 写错了：冒号的位置不对。"),
            ("a: x: y\n", 2, "YAML 写错了：冒号的位置不对。"),
            ("a: 1\nb: '没有配对\nc: 1\n", 3, "YAML 写错了：引号没有配对。"),
            ("a: @b\n", 2, "YAML 写错了：有 YAML 不认的字符。"),
            ('a: "\\d"\n', 2, "YAML 写错了：双引号里的反斜杠写法不对。"),
            ("a: *b\n", 2, "YAML 写错了：以 * 开头的值被当作别名。"),
            ("a: 1\n--- b\n", 3, "YAML 写错了：有多余的 --- 或第二份文档。"),
            ("a: 1\nb: \x07\n", 3, "YAML 写错了：有看不见的控制字符。"),
            ("a: 1\n  b: 2\n", 3, "YAML 写错了：冒号的位置不对。"),
            ("标题: 长长长长长长\na: \x0c\nb: 1\nc: 1\n", 3, "YAML 写错了：有看不见的控制字符。"),
            ("- a\nb: 1\n", 3, "YAML 写错了：缩进或结构不对。"),
            ("- a\n", 2, "YAML 部分不是“键: 值”的形式。"),
            ("只有一句话\n", 2, "YAML 部分不是“键: 值”的形式。"),
            ("a: 1\nb: 2\na: 3\n", 4, "键 a 写了两次。"),
            ("a: 1\nb: {c: 1, c: 2}\n", 3, "键 c 写了两次。"),
            ("a: 1\n? [x]\n: 2\n", 3, "键必须是文字。"),
            (
                "a: 1\nb: !!python/object:os.system ls\n",
                3,
                "不支持 YAML 标签 tag:yaml.org,2002:python/object:os.system。",
            ),
            ("a: !secret 'x'\n", 2, "不支持 YAML 标签 !secret。"),
        ],
    )
    def test_broken_yaml_is_told_with_its_line(self, text: str, line: int, message: str) -> None:
        assert fault(text) == (line, message)

    @pytest.mark.parametrize(
        ("sign", "meant", "kept"),
        [
            *[("\\0", "\0", ""), ("\\x08", "\b", ""), ("\\x1b", "\x1b", ""), ("\\x7f", "\x7f", "")],
            *[("\\v", "\v", " "), ("\\N", "\x85", " ")],
        ],
    )
    @pytest.mark.parametrize("text", ['b: "甲{}乙"', '"甲{}乙": b', 'b: [1, "{}"]'])
    def test_a_control_character_that_is_written_out_is_left_out_and_its_line_known(
        self, text: str, sign: str, meant: str, kept: str
    ) -> None:
        values, lines = load_with_lines(f"a: 1\n{text.format(sign)}\n")
        assert values == {"a": 1, **load(text.format(kept))}
        assert (lines.controls, lines(list(values)[1])) == ([(3, meant)], 3)

    @pytest.mark.parametrize(
        ("text", "line", "slip"),
        [
            ('title: 甲\nregion： "330400"\nyear: 2022\n', 3, "写成了全角“：”"),
            ('title: 甲\nindustry: C23\nregion： "330400"\nyear: 2022\n', 4, "写成了全角“：”"),
            ('title: 甲\nregion："330400"\n# 注\n\nyear: 2022\n', 3, "写成了全角“：”"),
            ("title: 甲\nregion：\n  - x\n  - y\nyear: 2022\n", 3, "写成了全角“：”"),
            ("title: 甲\nregion： 乙\n", 3, "写成了全角“：”"),
            ("title：甲\nregion： 乙\n", 2, "写成了全角“：”"),
            ("a:\n  - region：甲\n    before: 1\n", 3, "写成了全角“：”"),
            ("region:甲\nyear: 2022\n", 2, "后面没有空格"),
            ("region:[甲]\nyear: 2022\n", 2, "后面没有空格"),
            ("title: 甲\nregion:甲\n", 3, "后面没有空格"),
            ("region:\u00a0甲\nyear: 2022\n", 2, "后面的空格不是半角空格"),
            ("region:\u3000甲\nyear: 2022\n", 2, "后面的空格不是半角空格"),
        ],
    )
    def test_a_slip_of_a_colon_is_told_where_it_is_and_how_to_mend_it(self, text: str, line: int, slip: str) -> None:
        with pytest.raises(FileFault) as caught:
            load(text)
        assert (caught.value.line, caught.value.message) == (line, f"YAML 写错了：冒号{slip}。")
        assert caught.value.remedy == "写成半角的“region: ”（冒号后面留一个空格），再写值。".replace(
            "region", text.split("\n")[line - 2].lstrip(" -").split("：")[0].split(":")[0]
        )

    @pytest.mark.parametrize(
        "text",
        [
            "a: |\n  ISO：甲\nb: 1\n c: 2\n",
            "a: 1\nb: >\n  http://a.example\n c: x: y\n",
            "a: x: y\nb：c\n",
            "summary: 见\n  ISO9001:2015 标准\n firm: x\n",
            "summary: 见\n  ISO:9001 标准\n firm: x\n",
        ],
    )
    def test_a_colon_in_a_value_is_no_slip(self, text: str) -> None:
        assert fault(text)[1] in ("YAML 写错了：冒号的位置不对。", "YAML 写错了：缩进或结构不对。")

    @pytest.mark.parametrize("sign", ["\x85", "\u2028", "\u2029"])
    @pytest.mark.parametrize("value", ["上{}下", "'上{}下'", '"上{}下"', "|-\n  上{}下"])
    def test_what_no_editor_takes_for_a_line_end_is_a_space(self, value: str, sign: str) -> None:
        text = f"a: {value.format(sign)}\nb: 1\n"
        values, lines = load_with_lines(text)
        assert values == {"a": "上 下", "b": 1}
        assert lines("b") == 1 + text.count("\n")

    def test_an_alias_bomb_is_refused(self) -> None:
        bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
        for above, below in zip("abcdefgh", "bcdefghi", strict=True):
            bomb += f"{below}: &{below} [{', '.join([f'*{above}'] * 9)}]\n"
        line, message = fault(bomb)
        assert (line, message) == (2, "结构太复杂（嵌套太深，或用 *别名 反复展开）。")

    def test_a_value_that_contains_itself_is_refused(self) -> None:
        assert fault("a: &a [*a]\n") == (2, "结构太复杂（嵌套太深，或用 *别名 反复展开）。")

    @pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[? ", "- - "])
    def test_nesting_that_would_exhaust_the_stack_is_refused_before_it_does(self, opening: str) -> None:
        found: list[tuple[int, str]] = []
        text = f"a: 1\nb:\n  {opening * (32_000 // len(opening))}"
        thread = threading.Thread(target=lambda: found.append(fault(text)))
        thread.start()
        thread.join()
        assert found == [(4, "结构太复杂（嵌套太深，或用 *别名 反复展开）。")]

    def test_eleven_levels_are_read_and_twelve_are_not(self) -> None:
        deepest: object = 1
        for _ in range(11):
            deepest = {"a": deepest}
        assert load("a: " + "{a: " * 10 + "1" + "}" * 10) == deepest
        assert fault("a: " + "{a: " * 11 + "1" + "}" * 11)[1] == "结构太复杂（嵌套太深，或用 *别名 反复展开）。"

    @pytest.mark.parametrize(
        ("text", "value"),
        [("'{}'", MARKS), ('"{}"', MARKS), ("x{}", f"x{MARKS}"), ("|-\n  {}", MARKS), ("x # {}", "x")],
    )
    def test_marks_that_nest_nothing_are_text_however_many_they_are(self, text: str, value: str) -> None:
        assert load("a: " + text.format(MARKS)) == {"a": value}

    def test_a_front_matter_of_a_whole_book_is_refused(self) -> None:
        assert fault("a: " + "字" * 40_000) == (2, "YAML 部分太大。")

    @given(st.text(alphabet="ab: \n\t-[]{},'\"&*!|>#?%@`中1\\", max_size=60))
    def test_no_text_raises_anything_but_a_fault_with_a_line_of_the_text(self, text: str) -> None:
        try:
            load(text)
        except FileFault as caught:
            assert 2 <= caught.line <= 2 + text.count("\n")


class TestKeyLines:
    TEXT = "title: 标题\nmetrics:\n  - name: 甲\n    before: x\n  - {name: 乙,\n     after: y}\n"

    @pytest.mark.parametrize(
        ("place", "line"),
        [
            (("title",), 2),
            (("metrics",), 3),
            (("metrics", 0, "before"), 5),
            (("metrics", 1), 6),
            (("metrics", 1, "after"), 7),
            (("metrics", 1, "change"), 6),
            (("absent",), 1),
        ],
    )
    def test_every_key_has_its_line_and_an_absent_one_that_of_its_holder(
        self, place: tuple[str | int, ...], line: int
    ) -> None:
        assert load_with_lines(self.TEXT)[1](*place) == line
