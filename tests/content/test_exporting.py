import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from caselib.content import ContentStore, Kind
from caselib.content.exporting import Exported, Format, export
from caselib.errors import CaselibError, Conflict

CASE = """---
title: 定制方案
industry: [C14, C13]
region: "330400"
year: 2022
firm: =1+1
problems: [quality-awareness]
metrics:
  - {name: 产品合格率, unit: "%", before: 98.2, after: 99.8}
  - {name: 人均产量, change: 145.7, unit: "%"}
published: 2023-04-20
sample: true
url: http://a.example
---
## 做法

企业**改进**。<img alt="图" src="图.png">
"""
GUIDE = "---\ntitle: 包装指南\nindustry: C23\nyear: 2022\n---\n正文。\n"


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    root = tmp_path / "content"
    (root / "cases" / "jia").mkdir(parents=True)
    (root / "guides").mkdir()
    (root / "cases" / "jia.md").write_text(CASE, "utf-8")
    (root / "cases" / "jia" / "图.png").write_bytes(b"png")
    (root / "cases" / "unused.png").write_bytes(b"unused")
    (root / "cases" / "bad.md").write_text("---\ntitle: 坏\nurl: http://a.example\n---\n", "utf-8")
    (root / "guides" / "baozhuang.md").write_text(GUIDE, "utf-8")
    return ContentStore(root)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


class TestMarkdown:
    def test_the_files_go_out_as_they_are_with_the_images_they_show(self, store: ContentStore, tmp_path: Path) -> None:
        done = export(store, tmp_path / "out")
        assert tree(tmp_path / "out") == {
            "cases/jia.md": CASE.encode(),
            "cases/jia/图.png": b"png",
            "guides/baozhuang.md": GUIDE.encode(),
        }
        assert (done.documents, done.files) == (2, 3)

    def test_a_file_with_errors_is_left_out_and_told(self, store: ContentStore, tmp_path: Path) -> None:
        left_out = export(store, tmp_path / "out").left_out
        assert {fault.path for fault in left_out} == {"cases/bad.md"}
        assert {fault.level for fault in left_out} == {"error"}

    def test_one_kind_alone(self, store: ContentStore, tmp_path: Path) -> None:
        assert export(store, tmp_path / "out", kinds=[Kind.GUIDE]) == Exported(1, 1, [])

    @pytest.mark.parametrize("form", ["markdown", "json", "csv"])
    def test_a_kind_named_twice_goes_out_once(self, store: ContentStore, tmp_path: Path, form: Format) -> None:
        twice = export(store, tmp_path / "2", kinds=[Kind.GUIDE, Kind.CASE, Kind.GUIDE], format=form)
        once = export(store, tmp_path / "1", kinds=[Kind.GUIDE, Kind.CASE], format=form)
        assert (twice, tree(tmp_path / "2")) == (once, tree(tmp_path / "1"))

    def test_a_zip_file_holds_the_same_and_is_the_same_each_time(self, store: ContentStore, tmp_path: Path) -> None:
        export(store, tmp_path / "out")
        for name in ("1.zip", "2.zip"):
            export(store, tmp_path / name)
        with zipfile.ZipFile(tmp_path / "1.zip") as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == tree(tmp_path / "out")
            assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}  # else nobody can open them
        assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()

    def test_an_image_that_two_documents_show_goes_out_once(self, store: ContentStore, tmp_path: Path) -> None:
        for slug in ("yi", "er"):
            text = (
                f"---\ntitle: {slug}\nindustry: C\nregion: '330400'\nyear: 2022\n---\n![](unused.png) ![](gone.png)\n"
            )
            (store.root / "cases" / f"{slug}.md").write_text(text, "utf-8")
        assert export(store, tmp_path / "out.zip", kinds=[Kind.CASE]).files == 5


class TestJson:
    def test_each_line_is_a_document(self, store: ContentStore, tmp_path: Path) -> None:
        export(store, tmp_path / "out", format="json")
        case, guide = map(json.loads, (tmp_path / "out" / "library.jsonl").read_text("utf-8").splitlines())
        assert (case["kind"], case["slug"], case["url"]) == ("case", "jia", "/cases/jia")
        assert (case["meta"]["published"], case["meta"]["url"]) == ("2023-04-20", "http://a.example")
        assert case["sections"] == [{"anchor": "做法", "heading": "做法", "level": 2, "text": "企业改进。图"}]
        assert case["body"].startswith("## 做法\n")
        assert (guide["kind"], guide["summary"]) == ("guide", "正文。")


class TestSheet:
    def test_a_row_tells_a_case_in_words(self, store: ContentStore, tmp_path: Path) -> None:
        export(store, tmp_path / "out", format="csv")
        (row,) = rows((tmp_path / "out" / "cases.csv").read_bytes())
        assert {name: cell for name, cell in row.items() if cell} == {
            "标题": "定制方案",
            "摘要": "企业改进。图",
            "发布日期": "2023-04-20",
            "示范内容": "是",
            "行业": "C14 食品制造业；C13 农副食品加工业",
            "地区": "浙江省嘉兴市",
            "年份": "2022",
            "企业": "'=1+1",
            "共性质量问题": "质量意识不强",
            "量化指标": "产品合格率：98.2%→99.8%；人均产量：+145.7%",
            "网址": "/cases/jia",
            "正文字数": "6",
        }
        assert len(rows((tmp_path / "out" / "guides.csv").read_bytes())) == 1

    def test_a_figure_that_lacks_one_of_its_ends_is_told_by_its_change(
        self, store: ContentStore, tmp_path: Path
    ) -> None:
        text = CASE.replace("metrics:\n", "metrics:\n  - {name: 能耗, before: 9, change: -2}\n")
        (store.root / "cases" / "jia.md").write_text(text, "utf-8")
        export(store, tmp_path / "out", kinds=[Kind.CASE], format="csv")
        (row,) = rows((tmp_path / "out" / "cases.csv").read_bytes())
        assert row["量化指标"] == "能耗：-2；产品合格率：98.2%→99.8%；人均产量：+145.7%"

    @pytest.mark.parametrize("cell", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", " =1"])
    def test_no_cell_is_a_formula(self, store: ContentStore, tmp_path: Path, cell: str) -> None:
        text = GUIDE.replace(
            "title: 包装指南", f"title: 指南\nissuer: {json.dumps('x')}\nsource: {json.dumps('正' + cell)}"
        )
        (store.root / "guides" / "baozhuang.md").write_text(text.replace('"x"', json.dumps(cell)), "utf-8")
        export(store, tmp_path / "out", kinds=[Kind.GUIDE], format="csv")
        (row,) = rows((tmp_path / "out" / "guides.csv").read_bytes())
        assert row["发布单位"] == "'" + cell.strip()
        assert row["资料来源"].startswith("正")


class TestTargets:
    @pytest.mark.parametrize("form", ["markdown", "json", "csv"])
    def test_an_empty_library_gives_an_empty_folder_of_results(self, tmp_path: Path, form: Format) -> None:
        done = export(ContentStore(tmp_path / "none"), tmp_path / "out", format=form)
        assert done == Exported(0, 1 if form == "json" else 0, [])

    def test_nothing_there_is_overwritten(self, store: ContentStore, tmp_path: Path) -> None:
        used = tmp_path / "used"
        used.mkdir()
        (used / "a.txt").write_text("a")
        (link := tmp_path / "link.zip").symlink_to("nowhere")
        for target in (used, used / "a.txt", link):
            with pytest.raises(Conflict) as error:
                export(store, target)
            assert error.value.message == f"{target} 已经存在。"
        assert tree(used) == {"a.txt": b"a"}

    def test_an_empty_folder_may_be_filled(self, store: ContentStore, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        assert export(store, tmp_path / "empty").documents == 2

    def test_a_place_that_cannot_be_written_is_named(self, store: ContentStore, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("a")
        with pytest.raises(CaselibError) as error:
            export(store, tmp_path / "file" / "out.zip")
        assert error.value.message.startswith(f"写不进 {tmp_path / 'file' / 'out.zip'}")
