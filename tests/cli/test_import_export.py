import json
from pathlib import Path

import pytest

from caselib.content import ContentStore, Kind
from tests.cli.conftest import Run
from tests.content.trees import GUIDE, PAGE, case, put

SET = ("--set", "industry=C14", "--set", "地区=浙江省嘉兴市", "--set", "year=2022")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.md").write_text("---\n标题: 甲\ntags: [x]\n---\n正文。\n", "utf-8")
    (folder / "b.md").write_bytes("# 乙\n\n质量管理体系认证提升行动。\n".encode("gbk"))
    return folder


class TestImport:
    def test_each_file_and_the_count_are_told(self, run: Run, inbox: Path, tmp_path: Path) -> None:
        result = run("import", str(inbox), *SET)
        assert (result.exit_code, result.output) == (
            0,
            f"{inbox}/a.md：导入为 cases/a.md\n"
            "    映射：title ← 标题；industry ← --set；region ← --set；year ← --set\n"
            "    保留：tags\n"
            f"{inbox}/b.md：导入为 cases/b.md\n"
            "    映射：title ← 正文的第一个标题；industry ← --set；region ← --set；year ← --set\n"
            "    说明：从 GBK 转成了 UTF-8\n"
            "共 2 个文件：导入 2 个。\n",
        )
        assert {slug for _, slug in ContentStore(tmp_path / "content").scan(Kind.CASE)} == {"a", "b"}

    def test_one_refused_file_makes_the_exit_code_1_and_hides_no_other(self, run: Run, inbox: Path) -> None:
        (inbox / "c.md").write_bytes(b"\0")
        result = run("import", str(inbox), *SET)
        assert result.exit_code == 1
        assert result.output.endswith("共 3 个文件：导入 2 个，拒绝 1 个。\n")

    def test_a_refusal_quotes_what_a_terminal_would_act_upon_as_an_escape(self, run: Run, inbox: Path) -> None:
        (inbox / "c.md").write_text('{"title": "丙", "region": "\\u001b[2J\\ud800"}\n正文。\n', "utf-8")
        result = run("import", str(inbox / "c.md"), "--set", "industry=C14", "--set", "year=2022")
        assert result.exit_code == 1
        assert result.output.startswith(
            f"{inbox}/c.md：没有导入。缺少必填的 region（地区，文件里写的“\\x1b[2J\ufffd”不认识）。\n    办法："
        )

    def test_a_dry_run_writes_nothing(self, run: Run, inbox: Path, tmp_path: Path) -> None:
        assert run("import", str(inbox), *SET, "--dry-run").exit_code == 0
        assert ContentStore(tmp_path / "content").scan() == {}

    def test_overwrite_replaces(self, run: Run, inbox: Path) -> None:
        run("import", str(inbox), *SET)
        (inbox / "a.md").write_text("# 新\n", "utf-8")
        assert run("import", str(inbox / "a.md"), *SET).exit_code == 1
        result = run("import", str(inbox / "a.md"), *SET, "--overwrite")
        assert result.output.startswith(f"{inbox}/a.md：替换了 cases/a.md\n")

    def test_json_holds_every_answer(self, run: Run, inbox: Path) -> None:
        told = json.loads(run("import", str(inbox / "a.md"), *SET, "--kind", "guide", "--json").output)
        assert told == {
            "files": [
                {
                    "path": f"{inbox}/a.md",
                    "outcome": "created",
                    "slug": "a",
                    "mapped": ["title ← 标题", "industry ← --set", "region ← --set", "year ← --set"],
                    "kept": ["tags"],
                    "notes": [],
                    "why": "",
                    "remedy": "",
                }
            ],
            "counts": {"created": 1},
            "dry_run": False,
        }

    @pytest.mark.parametrize(
        ("written", "code", "said"),
        [
            ("industry", 2, "--set 要写成 键=值，例如 --set industry=C14；“industry”不是。"),
            ("颜色=红", 1, "--set 的键 颜色 不是案例的键。"),
            ("industry=食品", 1, "最接近的有：C13（农副食品加工业）、C14（食品制造业）。"),
        ],
    )
    def test_a_wrong_set_says_how_to_write_it(self, run: Run, inbox: Path, written: str, code: int, said: str) -> None:
        result = run("import", str(inbox), "--set", written)
        assert result.exit_code == code
        assert said in result.output


class TestExport:
    def test_what_was_imported_comes_out_again(self, run: Run, inbox: Path, tmp_path: Path) -> None:
        run("import", str(inbox), *SET)
        result = run("export", "out.zip", "--kind", "case", "--format", "json")
        assert (result.exit_code, result.output) == (0, "导出了 2 篇，写成 1 个文件：out.zip\n")
        assert (tmp_path / "out.zip").is_file()

    def test_a_library_that_is_exported_and_imported_is_the_same_library(self, run: Run, tmp_path: Path) -> None:
        odd = case('batch: "1000"', "guides: [a--b]", without="year").replace("---\n", "---\n# 注\nyear: 2100\n", 1)
        for name in ("index", "a-b", "a--b", "a_", "汉-", "长" * 66):
            put(tmp_path, f"content/cases/{name}.md", odd + f"正\x08文 {name}，见 [乙](a--b.md) ![](img/1.png)\n")
        put(tmp_path, "content/cases/index/1.png", b"1")
        put(tmp_path, "content/guides/a--b.md", GUIDE)
        before = {path: path.read_bytes() for path in (tmp_path / "content").rglob("*") if path.is_file()}
        assert run("export", "out").exit_code == 0
        (tmp_path / "content").rename(tmp_path / "old")
        (tmp_path / "content").mkdir()
        assert [run("import", "out/cases").exit_code, run("import", "out/guides", "--kind", "guide").exit_code] == [
            0,
            0,
        ]
        assert {path: path.read_bytes() for path in (tmp_path / "content").rglob("*") if path.is_file()} == before

    @pytest.mark.parametrize(
        ("kind", "taken", "left"),
        [
            ("case", "cases/a", ["guides/g.md：跳过。在 guides/ 里，是指南。要导入它，用 --kind guide。"]),
            ("guide", "guides/g", ["cases/a.md：跳过。在 cases/ 里，是案例。要导入它，用 --kind case。"]),
        ],
    )
    def test_of_a_whole_library_only_the_one_kind_is_taken(
        self, run: Run, tmp_path: Path, kind: str, taken: str, left: list[str]
    ) -> None:
        inbox = tmp_path / "inbox"
        for folder, name, text in (("cases", "a", case()), ("guides", "g", GUIDE), ("pages", "p", PAGE)):
            put(inbox, f"{folder}/{name}.md", text)
        result = run("import", str(inbox), "--kind", kind, "--set", "region=330400")
        skipped = [line.removeprefix(f"{inbox}/") for line in result.output.splitlines() if "跳过。" in line]
        page = "pages/p.md：跳过。在 pages/ 里，是页面，不用导入，直接复制文件。"
        assert (result.exit_code, skipped) == (0, [*left, page])
        assert [f"{found.folder}/{slug}" for found, slug in ContentStore(tmp_path / "content").scan()] == [taken]

    def test_a_zip_file_is_to_be_unpacked_before_it_is_imported(self, run: Run, tmp_path: Path) -> None:
        put(tmp_path, "content/cases/a.md")
        assert run("export", "out.zip").exit_code == 0
        result = run("import", "out.zip")
        assert (result.exit_code, result.output) == (
            1,
            "out.zip：没有导入。压缩包要先解开才能导入。\n"
            "    办法：解开后导入其中的文件夹；本站导出的，案例在 cases/，指南在 guides/（加 --kind guide）。\n"
            "共 1 个文件：拒绝 1 个。\n",
        )

    def test_a_bad_file_is_named_and_left_out(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "content" / "cases").mkdir()
        (tmp_path / "content" / "cases" / "bad.md").write_text("没有头\n", "utf-8")
        result = run("export", "out")
        assert result.exit_code == 1
        assert "没有导出，因为有错误：cases/bad.md:1: 错误" in result.output
        assert "导出了 0 篇" in result.output

    def test_only_the_kinds_that_are_named_are_exported(self, run: Run, tmp_path: Path) -> None:
        for folder, name, text in (("cases", "a", case()), ("guides", "g", GUIDE), ("pages", "p", PAGE)):
            put(tmp_path / "content", f"{folder}/{name}.md", text)
        assert run("export", "out", "--kind", "case", "--kind", "guide").exit_code == 0
        found = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.md"))
        assert found == ["cases/a.md", "guides/g.md"]

    def test_an_existing_target_is_an_error(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "out.zip").write_text("x")
        result = run("export", "out.zip")
        assert (result.exit_code, "out.zip 已经存在。" in result.output) == (1, True)
