from pathlib import Path

import pytest

from caselib.config import shipped
from caselib.content import ContentStore, insights
from caselib.content.insights import Change, Share

SHIPPED, _ = insights.load(shipped("content"))


def written(root: Path, data: bytes) -> Path:
    (root / "insights").mkdir()
    (root / insights.FILE).write_bytes(data)
    return root


def test_figure_1_holds_what_the_report_says_and_no_more() -> None:
    assert SHIPPED.changes.entries == [
        Change(name="认为提升行动成效明显的企业", unit="%", before=95.88, after=96.95),
        Change(name="对提升行动的满意度", unit="%", before=97.4, after=99.23),
        Change(
            name="参与精准帮扶的小微企业",
            unit="家",
            before=5639,
            after=21000,
            shown="2.1万余家",
            note="报告写“2.1万余家”，条形按2.1万家绘制。",
        ),
        Change(
            name="帮扶后获得质量管理体系认证证书的小微企业",
            unit="家",
            after=2728,
            note="报告写“比2021年增长约1.6倍”，没有给出2021年的数，这里不作推算。",
        ),
    ]


def test_figure_2_holds_the_seven_shares() -> None:
    assert SHIPPED.satisfaction.entries == [
        Share(name="认证机构专业能力", share=76.56),
        Share(name="政府服务措施", share=72.74),
        Share(name="认证机构服务态度", share=69.27),
        Share(name="宣传培训", share=68.37),
        Share(name="政府激励引导政策", share=61.08),
        Share(name="认证机构持续跟踪服务", share=32.58),
        Share(name="其他", share=0.24),
    ]


def test_a_tree_without_figures_shows_the_shipped_ones(tmp_path: Path) -> None:
    assert insights.load(tmp_path) == (SHIPPED, [])


def test_a_tree_may_have_its_own_figures(tmp_path: Path) -> None:
    own = (shipped("content") / insights.FILE).read_text("utf-8").replace("responses: 14267", "responses: 3")
    report, faults = insights.load(written(tmp_path, own.encode()))
    assert (report.responses, faults) == (3, [])


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"title: [", 1, "YAML"),
        (b"title: \xff", 1, "UTF-8"),
        ("title: 报告\npage: x\nyear: 两千\n".encode(), 3, "year（年度）"),
    ],
    ids=["broken YAML", "not UTF-8", "wrong type"],
)
def test_wrong_figures_are_told_with_their_line_and_the_shipped_ones_shown(
    tmp_path: Path, data: bytes, line: int, message: str
) -> None:
    report, faults = insights.load(written(tmp_path, data))
    assert report == SHIPPED
    found = [each for each in faults if message in each.message]
    assert [(each.path, each.line, each.level) for each in found] == [(insights.FILE, line, "error")]


def test_a_key_that_no_figure_has_is_told_as_such(tmp_path: Path) -> None:
    own = (shipped("content") / insights.FILE).read_text("utf-8").replace("responses:", "respones: 1\nresponses:")
    own = own.replace("  entries:\n", "  entires: 1\n  entries:\n", 1)
    report, faults = insights.load(written(tmp_path, own.encode()))
    assert report == SHIPPED
    assert [(each.line, each.message, each.remedy) for each in faults] == [
        (12, "changes（图1）里有不认识的键 entires。", "改正它，或删去这一行。"),
        (6, "不认识的键 respones。", "改正它，或删去这一行。"),
    ]


def test_what_is_odd_in_a_file_of_figures_that_can_be_read_is_told_as_of_the_taxonomy(tmp_path: Path) -> None:
    own = (shipped("content") / insights.FILE).read_bytes().replace(b"\n", b"\r\n")
    report, faults = insights.load(written(tmp_path, own))
    assert report == SHIPPED
    assert [(each.line, each.level, each.message) for each in faults] == [
        (1, "warning", "换行是 Windows 式的（CRLF）。")
    ]


def test_wrong_figures_are_found_by_the_check_of_the_whole_tree(tmp_path: Path) -> None:
    faults = ContentStore(written(tmp_path, b"title: [")).check()
    assert [(each.path, each.level) for each in faults] == [(insights.FILE, "error")]
