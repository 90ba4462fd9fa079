from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from caselib.config import shipped
from caselib.content import ContentStore, Kind, compose_file, with_changes
from caselib.content.frontmatter import load, split
from caselib.content.rewriting import rewrite
from caselib.errors import CaselibError, Conflict
from tests.content.trees import CASE, put

FILE = """\
---
# 写给编辑：发布前核对
title:   "旧标题 😀"    # 标题
batch:   # 由发布写入
problems:  # 键见 problems.yml
  - quality-awareness   # 一

  - process-control
# 年份之前
"year": 2022
metrics:
  - name: 合格率
    before: 1
    # 里面的注释
    after: 2
  - {name: 产量, change: 2}

note: |
  第一行

  第二行

folded: >-
  甲
  乙
many: [a,
  b]  # 两行
# 最后
---
正文 ---
---
"""
SHIPPED = sorted((shipped("content")).glob("*/*.md"))


def changed(text: str, **changes: Any) -> str:
    return rewrite(text.encode(), changes).decode()


def after(old: str, new: str) -> str:
    assert FILE.count(old) == 1
    return FILE.replace(old, new)


class TestUnchanged:
    @pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
    def test_every_shipped_file_is_the_same_after_reading_and_writing(self, path: Path) -> None:
        data = path.read_bytes()
        assert rewrite(data, {}) == data
        assert rewrite(data, load(split(data.decode()).front)) == data

    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    def test_odd_spacing_line_ends_and_byte_order_mark_stay(self, end: str, mark: str) -> None:
        data = (mark + FILE.replace("\n", end)).encode()
        assert rewrite(data, {}) == data
        assert rewrite(data, {"title": "旧标题 😀", "year": 2022, "absent": None}) == data


class TestChanged:
    @pytest.mark.parametrize(
        ("key", "value", "old", "new"),
        [
            ("title", "新标题", 'title:   "旧标题 😀"    # 标题', "title:   新标题    # 标题"),
            ("title", "甲: 乙", 'title:   "旧标题 😀"    # 标题', "title:   '甲: 乙'    # 标题"),
            ("batch", 3, "batch:   # 由发布写入", "batch: 3   # 由发布写入"),
            ("year", 2023, '"year": 2022', '"year": 2023'),
            ("note", "一行", "note: |\n  第一行\n\n  第二行\n", "note: 一行\n"),
            ("folded", "两\n行", "folded: >-\n  甲\n  乙\n", 'folded: "两\\n行"\n'),
            ("many", ["c"], "many: [a,\n  b]  # 两行", "many: [c]  # 两行"),
            (
                "problems",
                ["efficiency-low"],
                "problems:  # 键见 problems.yml\n  - quality-awareness   # 一\n\n  - process-control\n",
                "problems: [efficiency-low]  # 键见 problems.yml\n",
            ),
            (
                "metrics",
                [{"name": "能耗", "change": -7.8, "unit": "%"}],
                "metrics:\n  - name: 合格率\n    before: 1\n    # 里面的注释\n    after: 2\n  - {name: 产量, change: 2}\n",
                "metrics:\n  - {name: 能耗, change: -7.8, unit: '%'}\n",
            ),
        ],
    )
    def test_one_key_changes_and_every_other_byte_stays(self, key: str, value: Any, old: str, new: str) -> None:
        assert changed(FILE, **{key: value}) == after(old, new)

    def test_a_list_on_one_line_becomes_lines_of_metrics_and_keeps_its_comment(self) -> None:
        assert changed("---\nmetrics: []  # 待补\nb: 1\n---\n", metrics=[{"name": "甲", "change": 1}]) == (
            "---\nmetrics:  # 待补\n  - {name: 甲, change: 1}\nb: 1\n---\n"
        )

    def test_a_new_key_is_added_at_the_end(self) -> None:
        assert changed(FILE, published=date(2023, 4, 20)) == after("# 最后\n", "# 最后\npublished: 2023-04-20\n")

    def test_a_key_is_removed_with_its_value_and_nothing_else(self) -> None:
        assert changed(FILE, year=None) == after('"year": 2022\n', "")
        assert changed(FILE, note=None) == after("note: |\n  第一行\n\n  第二行\n", "")

    def test_text_that_would_be_read_as_something_else_is_quoted(self) -> None:
        front = changed("---\n---\n", region="330400", a="yes", b="2023-04-20", c="", d="true", e="12:30", f="null")
        assert front == (
            '---\nregion: "330400"\na: "yes"\nb: "2023-04-20"\nc: ""\nd: "true"\ne: "12:30"\nf: "null"\n---\n'
        )

    def test_windows_line_ends_are_used_for_new_lines_too(self) -> None:
        text = FILE.replace("\n", "\r\n")
        result = changed(text, batch=3, metrics=[{"name": "甲", "change": 1}] * 2, new="x", note="一\n二")
        assert result.count("\n") == result.count("\r\n") != 0
        assert load(split(result).front.replace("\r\n", "\n"))["new"] == "x"

    def test_the_same_list_given_twice_is_written_out_twice(self) -> None:
        shared = ["a"]
        assert changed("---\n---\n", one=shared, two=shared) == "---\none: [a]\ntwo: [a]\n---\n"

    def test_enums_and_tuples_are_written_as_plain_values(self) -> None:
        assert changed("---\n---\n", kind=Kind.CASE, of=("a", "b")) == "---\nkind: case\nof: [a, b]\n---\n"

    @pytest.mark.parametrize("sign", ["\u2028", "\u2029"])
    def test_what_only_yaml_takes_for_a_line_end_is_written_so_that_it_is_none(self, sign: str) -> None:
        assert load(split(changed("---\n---\n", a=f"上{sign}下")).front) == {"a": f"上{sign}下"}

    def test_control_characters_are_not_written(self) -> None:
        assert changed("---\n---\n", a="一\x08二\x0b三", b=["\x00"]) == '---\na: 一二 三\nb: [""]\n---\n'

    def test_a_change_after_which_the_file_would_say_something_else_is_refused(self) -> None:
        with pytest.raises(CaselibError) as caught:
            changed("---\ntitle: &t a\nother: *t\n---\n", title="b")
        assert caught.value.message == "文件头的写法太特殊，程序不能改 title。"

    def test_line_ends_of_the_body_do_not_count_for_new_lines(self) -> None:
        assert changed("---\na: 1\n---\n甲\r\n乙\n", b="x") == "---\na: 1\nb: x\n---\n甲\r\n乙\n"

    @pytest.mark.parametrize("front", ["{title: a, year: 2022}\n", "title: &t a\nother: *t\n", "title: a\ntitle: b\n"])
    def test_what_cannot_be_changed_safely_is_refused(self, front: str) -> None:
        with pytest.raises(CaselibError) as caught:
            changed(f"---\n{front}---\n", title="b", other="c")
        assert caught.value.remedy != ""


class TestDocuments:
    def test_a_document_is_changed_and_written_back(self, tmp_path: Path) -> None:
        store = ContentStore(tmp_path)
        put(tmp_path, "cases/a.md", CASE)
        store.write(Kind.CASE, "a", with_changes(store.read(Kind.CASE, "a"), {"batch": 3}))
        assert (tmp_path / "cases" / "a.md").read_text() == CASE.replace("year: 2022\n", "year: 2022\nbatch: 3\n")

    def test_a_file_changed_by_somebody_else_in_between_is_a_conflict(self, tmp_path: Path) -> None:
        put(tmp_path, "cases/a.md", CASE)
        document = ContentStore(tmp_path).read(Kind.CASE, "a")
        put(tmp_path, "cases/a.md", CASE + "另一段。\n")
        with pytest.raises(Conflict) as caught:
            with_changes(document, {"batch": 3})
        assert caught.value.message == "a.md 在读出之后被改过。"

    def test_a_new_file_is_composed_of_keys_in_order_and_a_body(self) -> None:
        data = compose_file({"title": "甲", "industry": ["C23"], "region": "330400", "batch": None}, "正文。\n")
        assert data.decode() == '---\ntitle: 甲\nindustry: [C23]\nregion: "330400"\n---\n正文。\n'


KEYS = st.text("abcdefgh", min_size=1, max_size=4)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t: #'\"[]{}-?!&*%@`中，。"), max_size=20
)
SCALARS = st.one_of(
    TEXTS, st.integers(-(10**9), 10**9), st.booleans(), st.dates(), st.floats(-1e6, 1e6).map(lambda f: round(f, 2))
)
VALUES = st.one_of(
    SCALARS, st.lists(SCALARS, max_size=3), st.lists(st.dictionaries(KEYS, SCALARS, min_size=1, max_size=3), max_size=3)
)
SPACES = st.sampled_from(["", " ", "  "])


@st.composite
def entries(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Keys and the text of each entry, in many ways of writing YAML, with comments and blank lines."""
    written = []
    for key in draw(st.lists(KEYS, min_size=1, max_size=5, unique=True)):
        value, flow = draw(VALUES), draw(st.booleans())
        shown = yaml.safe_dump({key: value}, allow_unicode=True, default_flow_style=flow, width=30, sort_keys=False)
        if flow:
            shown = f"{key}:{yaml.safe_dump([value], allow_unicode=True, default_flow_style=True, width=1 << 20)}"
            shown = shown.replace(":[", ": ", 1).rstrip()[:-1] + "\n"
        before = draw(st.sampled_from(["", "# 注释\n", "\n", "\n# 注释: [x\n"]))
        comment = draw(st.sampled_from(["", " # 尾注", "   # [b: c"])) if shown.count("\n") == 1 else ""
        written.append((key, f"{before}{shown.rstrip(chr(10))}{comment}\n"))
    return written


@given(entries(), KEYS, VALUES, st.booleans(), st.booleans())
def test_whatever_is_changed_all_else_stays_byte_for_byte(
    written: list[tuple[str, str]], key: str, value: Any, windows: bool, marked: bool
) -> None:
    text = "---\n" + "".join(entry for _, entry in written) + "---\n正文\n---\n"
    data = (("\ufeff" if marked else "") + (text.replace("\n", "\r\n") if windows else text)).encode()
    assert rewrite(data, {}) == data
    try:
        before = load(split(text).front)
    except CaselibError:
        return
    result = rewrite(data, {key: value})
    plain = result.decode().removeprefix("\ufeff").replace("\r\n", "\n")
    assert load(split(plain).front) == {**before, key: value}
    rest = result
    for other, entry in written:
        if other != key:
            piece = (entry.replace("\n", "\r\n") if windows else entry).encode()
            assert piece in rest
            rest = rest[rest.index(piece) + len(piece) :]
    assert rewrite(result, {}) == result
