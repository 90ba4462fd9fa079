import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.content.trees import CASE, case, put


class TestCheck:
    def test_a_good_library_passes(self, run: Run, tmp_path: Path) -> None:
        put(tmp_path, "content/cases/a.md", CASE)
        result = run("check")
        assert (result.exit_code, result.output) == (0, "1 个文件，没有问题。\n")

    def test_an_empty_library_passes(self, run: Run) -> None:
        assert run("check").output == "0 个文件，没有问题。\n"

    def test_every_problem_is_printed_with_place_and_remedy_and_errors_exit_1(self, run: Run, tmp_path: Path) -> None:
        put(tmp_path, "content/cases/a.md", case("year: x", "frim: 甲", without="year"))
        put(tmp_path, "content/cases/b.md", CASE.encode("gbk"))
        put(tmp_path, "content/cases/c.md", CASE)
        result = run("check")
        assert result.exit_code == 1
        assert result.output.split("\n") == [
            "cases/a.md:5: 错误: year（年份）的值“x”不对。 办法: 应为：2000 到 2100 之间的年份，例如 2022。",
            "cases/a.md:6: 警告: 不认识的键 frim，站点不会用到。 办法: 如果是 firm（企业），请改正；否则可以保留。",
            "cases/b.md:2: 错误: 文件是 GBK 编码。 办法: 另存为 UTF-8，或运行 iconv -f GBK -t UTF-8 原文件 > 新文件。",
            "2 个错误，1 个警告，涉及 2 个文件，其中 2 个有错误。",
            "",
        ]

    def test_warnings_alone_pass(self, run: Run, tmp_path: Path) -> None:
        put(tmp_path, "content/cases/a.md", case("guides: gone"))
        result = run("check")
        assert result.exit_code == 0
        assert result.output.split("\n")[-2] == "0 个错误，1 个警告，涉及 1 个文件。"

    def test_nothing_is_changed(self, run: Run, tmp_path: Path) -> None:
        path = put(tmp_path, "content/cases/a.md", b"\xef\xbb\xbf" + CASE.replace("\n", "\r\n").encode())
        before = (path.read_bytes(), path.stat().st_mtime_ns)
        run("check")
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before
        assert [item.name for item in (tmp_path / "content").rglob("*")] == ["cases", "a.md"]


def broken(content: Path) -> None:
    """A good case, and one file of each kind that is kept out."""
    put(content, "cases/good.md")
    put(content, "cases/warned.md", case("frim: 甲"))
    put(content, "cases/twice.md", case("year: x", without="year"))
    for name in ("twice.markdown", "Good.md", "bad name.md"):
        put(content, f"cases/{name}")
    put(content, "cases/gbk.md", CASE.encode("gbk"))
    (content / "cases" / "folder.md").mkdir()
    (content / "cases" / "gone.md").symlink_to(content / "nothing")
    (content / "guides").symlink_to(content.parent)
    put(content, "taxonomy/effects.yml", "entries: 3\n")


@pytest.mark.parametrize("command", ["index", "index --changed"])
def test_check_and_index_name_the_same_files_with_errors(run: Run, tmp_path: Path, command: str) -> None:
    def named(output: str) -> list[str]:
        return sorted({line.partition(":")[0] for line in output.splitlines() if ": 错误: " in line})

    broken(tmp_path / "content")
    checked, indexed = run("check"), run(*command.split())
    assert (checked.exit_code, indexed.exit_code) == (1, 1)
    assert named(checked.output) == named(indexed.output) == [
        "cases/Good.md", "cases/bad name.md", "cases/folder.md", "cases/gbk.md", "cases/gone.md", "cases/twice.md",
        "guides", "taxonomy/effects.yml",
    ]  # fmt: skip
    assert "，涉及 10 个文件，其中 8 个有错误。" in checked.output
    assert "，8 个文件有错误、没有收入，" in indexed.output


class TestWithoutContent:
    @pytest.mark.parametrize("command", ["check", "index", "index --changed", "export out", "import inbox"])
    @pytest.mark.parametrize("content", ["nowhere", "a-file"])
    def test_what_reads_or_fills_the_library_refuses_and_writes_nothing(
        self, run: Run, tmp_path: Path, command: str, content: str
    ) -> None:
        put(tmp_path, "content/cases/a.md", CASE)
        put(tmp_path, "inbox/b.md", CASE)
        put(tmp_path, "a-file", "x")
        assert run("index").exit_code == 0
        before = files(tmp_path)
        done = run(*command.split(), content=content)
        assert (done.exit_code, done.stdout, done.stderr) == (
            1,
            "",
            f"错误：没有找到内容文件夹 {tmp_path / content}。\n"
            "办法：请用 CASELIB_CONTENT 指明它在哪里，或先建一个空文件夹。\n",
        )
        assert files(tmp_path) == before


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


REQUIRED = {
    "case": ["title", "industry", "region", "year"],
    "guide": ["title", "industry", "year"],
    "batch": ["title", "year", "published"],
    "page": ["title"],
}


class TestSchema:
    @pytest.mark.parametrize("kind", list(REQUIRED))
    def test_the_schema_names_every_key_in_chinese(self, run: Run, kind: str) -> None:
        result = run("schema", kind)
        schema = json.loads(result.output)
        assert (result.exit_code, schema["$schema"]) == (0, "https://json-schema.org/draft/2020-12/schema")
        assert sorted(schema["required"]) == sorted(REQUIRED[kind])
        described = {**schema["properties"], kind: schema}
        lacking = [
            key
            for key, value in described.items()
            for word in ("title", "description")
            if not any("一" <= character <= "龥" for character in value[word])
        ]
        assert lacking == []

    def test_what_the_reader_accepts_the_schema_accepts(self, run: Run) -> None:
        properties = json.loads(run("schema", "case").output)["properties"]
        code = {"pattern": r"^[A-T](\d\d)?$", "type": "string"}
        assert properties["industry"]["anyOf"] == [{"items": code, "type": "array"}, code]
        assert [kind["type"] for kind in properties["region"]["anyOf"]] == ["string", "integer"]

    @pytest.mark.parametrize(
        ("key", "kinds"),
        [
            ("title", ["string", "number"]),
            ("firm", ["string", "number", "null"]),
            ("year", ["integer", "string"]),
            ("batch", ["integer", "string", "null"]),
            ("published", ["string", "null"]),
            ("firm_size", ["string", "null"]),
            ("sample", ["boolean", "null"]),
            ("problems", ["array", "string", "number", "null"]),
            ("metrics", ["array", "null"]),
        ],
    )
    def test_numbers_as_text_and_empty_values_are_accepted_where_the_reader_does(
        self, run: Run, key: str, kinds: list[str]
    ) -> None:
        field = json.loads(run("schema", "case").output)["properties"][key]
        told = [each["type"] for each in field.get("anyOf", [field])]
        assert [kind for each in told for kind in ([each] if isinstance(each, str) else each)] == kinds

    def test_bounds_of_a_number_hold_in_the_schema_too(self, run: Run) -> None:
        schema = json.loads(run("schema", "case").output)
        batch, _ = schema["properties"]["batch"]["anyOf"]
        before, _ = schema["$defs"]["Metric"]["properties"]["before"]["anyOf"]
        pattern = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
        assert batch == {"type": ["integer", "string"], "pattern": pattern, "minimum": 1, "maximum": 9999}
        assert before == {"type": ["number", "string"], "pattern": pattern}

    def test_an_unknown_kind_is_told_the_known_ones(self, run: Run) -> None:
        result = run("schema", "firm")
        assert result.exit_code == 2
        assert result.stderr == (
            "错误：参数 类型 不对：只能是 case、guide、batch、page 之一。\n办法：用 caselib schema --help 看用法。\n"
        )
