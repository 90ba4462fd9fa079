import os
from pathlib import Path
from unicodedata import normalize

import pytest

from caselib.config import shipped
from caselib.content import ContentStore
from caselib.content.check import Checker
from tests.content.trees import BATCH, CASE, GUIDE, case, put


def told(root: Path) -> list[tuple[str, int, str, str]]:
    return [(p.path, p.line, p.level, p.message) for p in ContentStore(root).check()]


class TestSingleFiles:
    def test_a_good_library_has_no_problem(self, tmp_path: Path) -> None:
        put(tmp_path, "cases/a.md", case("guides: [b]", "batch: 3"))
        put(tmp_path, "guides/b.md", GUIDE)
        put(tmp_path, "batches/3.md", BATCH)
        assert told(tmp_path) == []

    def test_the_shipped_library_has_no_problem(self) -> None:
        assert told(shipped("content")) == []

    @pytest.mark.parametrize(
        ("data", "line", "level", "message"),
        [
            (CASE.replace("[C23]", "[C23"), 3, "error", "YAML 写错了：括号没有配对，或列表里少了逗号。"),
            (case(without="title"), 1, "error", "缺少必填的 title（标题）。"),
            (case("industry: C99", without="industry"), 5, "error", "industry 里没有“C99”这个行业代码。"),
            (CASE.encode("gbk"), 2, "error", "文件是 GBK 编码。"),
            (CASE.encode() + b"\xff", 10, "error", "这一行第 1 个字节不是 UTF-8。"),
            (b"\xef\xbb\xbf" + CASE.encode(), 1, "warning", "文件开头有 BOM。"),
            (CASE.replace("\n", "\r\n"), 1, "warning", "换行是 Windows 式的（CRLF）。"),
            ('[#]: subject: "x"\n\n正文\n', 1, "error", "文件用的是 “[#]: 键: 值” 式的头，不是 YAML front matter。"),
            (b"", 1, "error", "文件开头没有文件头。"),
            (b"\x89PNG\r\n\x1a\n\0\0", 3, "error", "文件里有空字符，多半不是文本文件。"),
        ],
    )
    def test_one_bad_file_is_told_with_its_line_and_hides_no_other(
        self, tmp_path: Path, data: str | bytes, line: int, level: str, message: str
    ) -> None:
        put(tmp_path, "cases/bad.md", data)
        put(tmp_path, "cases/worse.md", case(without="year"))
        found = told(tmp_path)
        assert ("cases/bad.md", line, level, message) in found
        assert ("cases/worse.md", 1, "error", "缺少必填的 year（年份）。") in found

    @pytest.mark.parametrize(
        ("text", "line", "message"),
        [
            (case("published: 2099-01-01"), 6, "published 是将来的日期（2099-01-01），而这个文件现在就公开。"),
            (case("industry: [C23, C, C23]", without="industry"), 5, "industry 里“C23”写了不止一次。"),
            (
                case("problems: [quality-awareness, quality-awareness]"),
                6,
                "problems 里“quality-awareness”写了不止一次。",
            ),
            (case('title: "甲\\n乙"', without="title"), 5, "title 里有换行。"),
            (case(body=" \n"), 7, "没有正文。"),
            (
                case("metrics:", "  - {name: 产品合格率, unit: '%', before: 98, after: 99, change: -1}"),
                7,
                "metrics 里“产品合格率”的 change（-1）与 before、after 不符，页面按 before、after 显示。",
            ),
        ],
    )
    def test_what_is_allowed_and_hardly_meant_is_warned_of(
        self, tmp_path: Path, text: str, line: int, message: str
    ) -> None:
        put(tmp_path, "cases/a.md", text)
        assert told(tmp_path) == [("cases/a.md", line, "warning", message)]

    def test_a_change_may_be_the_difference_or_the_share_rounded_and_a_day_may_be_past(self, tmp_path: Path) -> None:
        figures = [(98.2, 99.8, 1.6), (30, 73.7, 145.7), (30, 32, 6.7), (0, 5, 5), (5, 5, 0), (200, 150, -25)]
        metrics = [f"  - {{name: 甲, before: {b}, after: {a}, change: {c}}}" for b, a, c in figures]
        put(tmp_path, "cases/a.md", case("published: 2023-04-20", "metrics:", *metrics))
        put(tmp_path, "batches/3.md", BATCH.replace("正文。\n", ""))
        assert told(tmp_path) == []

    def test_every_problem_has_a_remedy(self, tmp_path: Path) -> None:
        put(tmp_path, "cases/a.md", CASE.encode("gbk"))
        put(tmp_path, "cases/B.md", case("year: x", "zzz: 1", "guides: none", without="year", body="![](a.png)"))
        put(tmp_path, "taxonomy/effects.yml", "entries: 1\n")
        faults = ContentStore(tmp_path).check()
        assert len(faults) == 7
        assert [fault for fault in faults if not fault.remedy.endswith("。")] == []

    def test_a_file_of_50_mb_is_told_by_its_size(self, tmp_path: Path) -> None:
        os.truncate(put(tmp_path, "cases/a.md"), 50 * 1024 * 1024)
        assert told(tmp_path) == [("cases/a.md", 1, "error", "文件有 50.0 MB，超过 2 MB。")]

    def test_an_unreadable_file_and_an_unreadable_folder_are_told(self, unprivileged_root: Path) -> None:
        put(unprivileged_root, "cases/a.md").chmod(0)
        put(unprivileged_root, "guides/b.md", GUIDE).parent.chmod(0)
        try:
            found = told(unprivileged_root)
        finally:
            (unprivileged_root / "guides").chmod(0o700)
        assert found == [
            ("cases/a.md", 1, "error", "没有读取这个文件的权限。"),
            ("guides", 1, "error", "读不出这个文件夹（没有权限）。"),
        ]

    def test_problems_are_sorted_by_file_and_line(self, tmp_path: Path) -> None:
        put(tmp_path, "guides/a.md", GUIDE.replace("year: 2022", "year: x\nzzz: 1"))
        put(tmp_path, "cases/b.md", case("year: x", without="year"))
        put(tmp_path, "cases/a.md", case("zzz: 1", "year: x", without="year"))
        assert [fault[:2] for fault in told(tmp_path)] == [
            ("cases/a.md", 5),
            ("cases/a.md", 6),
            ("cases/b.md", 5),
            ("guides/a.md", 4),
            ("guides/a.md", 5),
        ]

    def test_the_files_of_the_taxonomy_are_checked_too(self, tmp_path: Path) -> None:
        put(tmp_path, "taxonomy/measures.yml", "entries:\n  - {key: a, name: 甲}\n  - {key: a, name: 乙}\n")
        assert told(tmp_path) == [("taxonomy/measures.yml", 3, "error", "键 a 写了两次。")]


class TestNames:
    @pytest.mark.parametrize("name", ["a b.md", "a.b.md", "-a.md", "案例：一.md", "a\\b.md"])
    def test_a_bad_slug_is_told(self, tmp_path: Path, name: str) -> None:
        put(tmp_path, f"cases/{name}")
        assert told(tmp_path) == [(f"cases/{name}", 1, "error", "文件名有不允许的字符。")]

    def test_a_name_that_cannot_be_printed_is_shown_escaped(self, tmp_path: Path) -> None:
        put(tmp_path, "cases/" + os.fsdecode("案例.md".encode("gbk")))
        put(tmp_path, "cases/a\nb.md")
        assert told(tmp_path) == [
            ("cases/\\xb0\\xb8\\xc0\\xfd.md", 1, "error", "文件名有不允许的字符。"),
            ("cases/a\\nb.md", 1, "error", "文件名有不允许的字符。"),
        ]

    def test_slugs_that_differ_in_case_only_are_duplicates(self, tmp_path: Path) -> None:
        put(tmp_path, "cases/x.md")
        put(tmp_path, "cases/X.md")
        assert told(tmp_path) == [
            ("cases/X.md", 1, "error", "与 x.md 是同一个地址，只差大小写或字符的写法。"),
            ("cases/X.md", 1, "error", "文件名有大写、全角或未规范的字符，应写成 x。"),
        ]

    def test_slugs_that_differ_in_unicode_normalisation_only_are_duplicates(self, tmp_path: Path) -> None:
        decomposed = normalize("NFD", "café")
        put(tmp_path, "cases/café.md")
        put(tmp_path, f"cases/{decomposed}.md")
        assert (f"cases/{decomposed}.md", 1, "error", "与 café.md 是同一个地址，只差大小写或字符的写法。") in told(
            tmp_path
        )
        assert [fault for fault in told(tmp_path) if fault[0] == "cases/café.md"] == []

    def test_what_is_kept_out_by_its_name_alone_is_told_without_a_look_at_the_others(self, tmp_path: Path) -> None:
        put(tmp_path, "cases/good.md")
        put(tmp_path, "cases/wrong.md", "没有 front matter。")
        put(tmp_path, "cases/Good.md")
        put(tmp_path, "cases/other.markdown")
        found = ContentStore(tmp_path).passed_over()
        assert [(each.path, each.level) for each in found] == [("cases/Good.md", "error")] * 2

    def test_the_same_slug_in_two_kinds_is_no_duplicate(self, tmp_path: Path) -> None:
        put(tmp_path, "cases/x.md")
        put(tmp_path, "guides/x.md", GUIDE)
        assert told(tmp_path) == []

    @pytest.mark.parametrize("name", ["a.markdown", "a.MD", "a.Md", "a.TXT"])
    def test_another_suffix_is_warned_of(self, tmp_path: Path, name: str) -> None:
        put(tmp_path, f"cases/{name}")
        assert told(tmp_path) == [(f"cases/{name}", 1, "warning", "扩展名不是 .md，不会被收录。")]

    def test_a_document_in_a_folder_is_warned_of(self, tmp_path: Path) -> None:
        put(tmp_path, "cases/2022/a.md")
        assert told(tmp_path) == [("cases/2022/a.md", 1, "warning", "子文件夹里的 .md 不会被收录。")]

    def test_a_folder_named_like_a_document_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "cases" / "a.md").mkdir(parents=True)
        assert told(tmp_path) == [("cases/a.md", 1, "error", "这不是一个普通文件。")]

    def test_hidden_and_temporary_files_and_images_are_passed_over(self, tmp_path: Path) -> None:
        for name in (".a.md", ".b.tmp", "c.md~", "#d.md#", ".e.md.swp", "f.png", "g/h.png"):
            put(tmp_path, f"cases/{name}", b"\xff")
        assert told(tmp_path) == []


class TestLinks:
    def test_a_link_out_of_the_tree_is_told_and_not_read(self, tmp_path: Path) -> None:
        put(tmp_path, "secret.md", b"\xff")
        (tmp_path / "content" / "cases").mkdir(parents=True)
        (tmp_path / "content" / "cases" / "a.md").symlink_to("../../secret.md")
        assert told(tmp_path / "content") == [("cases/a.md", 1, "error", "符号链接指向内容目录之外。")]

    def test_a_link_to_nowhere_or_to_itself_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "cases").mkdir()
        (tmp_path / "cases" / "a.md").symlink_to("b.md")
        (tmp_path / "cases" / "c.md").symlink_to("c.md")
        assert told(tmp_path) == [
            ("cases/a.md", 1, "error", "符号链接指向的文件不存在。"),
            ("cases/c.md", 1, "error", "符号链接指向的文件不存在。"),
        ]

    def test_a_folder_linked_out_of_the_tree_is_told(self, tmp_path: Path) -> None:
        put(tmp_path, "elsewhere/a.md", b"\xff")
        (tmp_path / "content").mkdir()
        (tmp_path / "content" / "cases").symlink_to(tmp_path / "elsewhere")
        assert told(tmp_path / "content") == [("cases", 1, "error", "文件夹是符号链接，指向内容目录之外。")]

    def test_a_file_in_place_of_a_folder_is_told(self, tmp_path: Path) -> None:
        put(tmp_path, "cases", "x")
        assert told(tmp_path) == [("cases", 1, "error", "读不出这个文件夹（它或它的上级不是文件夹）。")]


class TestReferences:
    def test_a_guide_or_batch_that_does_not_exist_is_warned_of(self, tmp_path: Path) -> None:
        put(tmp_path, "guides/here.md", GUIDE)
        put(tmp_path, "cases/a.md", case("guides: [here, gone]", "batch: 3"))
        assert told(tmp_path) == [
            ("cases/a.md", 6, "warning", "guides 指向的指南 gone 不存在。"),
            ("cases/a.md", 7, "warning", "batch 指向的批次 3 不存在。"),
        ]

    def test_a_superseded_guide_that_does_not_exist_is_warned_of(self, tmp_path: Path) -> None:
        put(tmp_path, "guides/a.md", GUIDE.replace("year:", "supersedes: gone\nyear:"))
        assert told(tmp_path) == [("guides/a.md", 4, "warning", "supersedes 指向的指南 gone 不存在。")]

    @pytest.mark.parametrize("written", ["3", "03", '"03"', "3.0", '" 3 "'])
    def test_a_batch_is_the_same_however_its_number_is_written(self, tmp_path: Path, written: str) -> None:
        put(tmp_path, "cases/a.md", case(f"batch: {written}", 'guides: [" b "]'))
        put(tmp_path, "guides/b.md", GUIDE)
        put(tmp_path, "batches/2.md", BATCH)
        assert told(tmp_path) == [("cases/a.md", 6, "warning", "batch 指向的批次 3 不存在。")]
        put(tmp_path, "batches/3.md", BATCH)
        assert told(tmp_path) == []

    def test_a_number_of_a_batch_that_cannot_be_one_is_told_once(self, tmp_path: Path) -> None:
        put(tmp_path, "cases/a.md", case("batch: third"))
        assert [(line, level) for _, line, level, _ in told(tmp_path)] == [(6, "error")]

    def test_guides_that_supersede_themselves_or_each_other_are_warned_of(self, tmp_path: Path) -> None:
        for slug, older in {"a": "a", "b": "c", "c": "d", "d": "b", "e": "b"}.items():
            put(tmp_path, f"guides/{slug}.md", GUIDE.replace("year:", f"supersedes: {older}\nyear:"))
        assert told(tmp_path) == [
            ("guides/a.md", 4, "warning", "supersedes 说这份指南代替了它自己。"),
            ("guides/b.md", 4, "warning", "supersedes 绕成了一圈：b 代替 c 代替 d 代替 b。"),
            ("guides/c.md", 4, "warning", "supersedes 绕成了一圈：c 代替 d 代替 b 代替 c。"),
            ("guides/d.md", 4, "warning", "supersedes 绕成了一圈：d 代替 b 代替 c 代替 d。"),
        ]

    def test_references_of_a_file_with_errors_are_looked_at_too(self, tmp_path: Path) -> None:
        put(tmp_path, "cases/a.md", case("year: x", "guides: gone", without="year", body="![](x.png)"))
        assert [(line, level) for _, line, level, _ in told(tmp_path)] == [(5, "error"), (6, "warning"), (8, "warning")]

    def test_a_missing_neighbour_is_warned_of_with_its_line_in_the_file(self, tmp_path: Path) -> None:
        for name in ("a.png", "x/b.png", "x/c.png"):
            put(tmp_path, f"cases/{name}", b"")
        body = "![](a.png) ![](b.png)\n\n![](x/c.png)\n![](gone.png) [旧](../guides/gone.md)\n"
        put(tmp_path, "cases/x.md", case(body=body))
        assert told(tmp_path) == [
            ("cases/x.md", 10, "warning", "找不到正文引用的文件 ../guides/gone.md。"),
            ("cases/x.md", 10, "warning", "找不到正文引用的文件 gone.png。"),
        ]

    def test_an_image_is_looked_for_where_the_site_serves_it_from(self, tmp_path: Path) -> None:
        put(tmp_path, "cases/x/a.png", b"")
        put(tmp_path, "cases/img/b.png", b"")
        put(tmp_path, "cases/x.md", case(body="![](img/a.png)\n![](img/b.png)\n"))
        assert told(tmp_path)[-1] == ("cases/x.md", 8, "warning", "找不到正文引用的文件 img/b.png。")
        assert len(told(tmp_path)) == 1

    def test_a_neighbour_that_would_not_be_served_is_warned_of(self, tmp_path: Path) -> None:
        put(tmp_path, "secret.png", b"")
        put(tmp_path, "content/cases/a.svg", b"")
        put(tmp_path, "content/cases/x.md", case(body="![](a.svg)\n![](../../secret.png)\n"))
        assert told(tmp_path / "content") == [
            ("cases/x.md", 7, "warning", "站点不提供 a.svg 这种文件。"),
            ("cases/x.md", 8, "warning", "正文引用的 ../../secret.png 在内容目录之外。"),
        ]

    def test_an_address_no_file_can_have_is_a_warning_and_no_traceback(self, tmp_path: Path) -> None:
        put(tmp_path, "cases/x.md", case(body=f"![](%00.png) ![]({'a' * 5000}.png)\n"))
        assert [(line, level) for _, line, level, _ in told(tmp_path)] == [(7, "warning"), (7, "warning")]


class TestLookingAgain:
    """A checker that has looked before says what a new one would, and reads only what changed."""

    def test_what_came_and_went_since_is_seen(self, tmp_path: Path) -> None:
        put(tmp_path, "cases/x.md", case("guides: [b]", body="![](a.png)\n"))
        put(tmp_path, "cases/y.md", "---\n")
        checker = Checker(ContentStore(tmp_path))
        changes = [
            lambda: put(tmp_path, "guides/b.md", GUIDE),
            lambda: put(tmp_path, "cases/a.png", b""),
            lambda: put(tmp_path, "cases/y.md"),
            lambda: put(tmp_path, "cases/y.md", case("colour: red")),
            lambda: put(tmp_path, "taxonomy/problems.yml", "nonsense"),
            lambda: (tmp_path / "cases/y.md").unlink(),
        ]
        counts = []
        for change in changes:
            change()
            found = checker.faults()
            assert found == ContentStore(tmp_path).check()
            counts.append(len([each for each in found if each.path.startswith("cases/")]))
        assert counts == [2, 1, 0, 1, 1, 0]

    def test_a_file_that_did_not_change_is_not_read(self, tmp_path: Path) -> None:
        bad, good = "---\n" + " " * (len(CASE.encode()) - 4), CASE
        path = put(tmp_path, "cases/x.md", good)
        checker = Checker(ContentStore(tmp_path))
        assert checker.faults() == []
        moment = path.stat().st_mtime_ns
        put(tmp_path, "cases/x.md", bad)
        os.utime(path, ns=(moment, moment))
        assert checker.faults() == []
        os.utime(path, ns=(moment, moment + 1))
        assert [each.path for each in checker.faults()] == ["cases/x.md"]
