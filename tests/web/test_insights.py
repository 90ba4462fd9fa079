import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from caselib.config import shipped
from caselib.content import insights as figures
from caselib.web.charts import Axis, Bar, Pair, bars, dots
from caselib.web.insights import changes
from tests.web.sites import open_site


class Page(HTMLParser):
    """The page's tables as rows of text, its ids, its inline styles and scripts, and the text of each element seen."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.charts: list[dict[str, str | None]] = []
        self._cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.inline += [f"{tag} {name}" for name, _ in attrs if name == "style" or name.startswith("on")]
        if tag == "svg" and ("class", "chart") in attrs:
            self.charts.append(dict(attrs))
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("th", "td"):
            self._cell = True
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._cell = self._cell and tag not in ("th", "td")

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.tables[-1][-1][-1] += data


@pytest.fixture
def html(reader: FlaskClient) -> str:
    return reader.get("/insights").get_data(as_text=True)


@pytest.fixture
def page(html: str) -> Page:
    return Page(html)


def test_the_reports_figures_stand_in_tables_word_for_word(page: Page) -> None:
    assert page.tables[0] == [
        ["项目", "2021年", "2022年"],
        ["认为提升行动成效明显的企业", "95.88%", "96.95%"],
        ["对提升行动的满意度", "97.4%", "99.23%"],
        ["参与精准帮扶的小微企业", "5639家", "2.1万余家"],
        ["帮扶后获得质量管理体系认证证书的小微企业", "报告未给出", "2728家"],
    ]
    assert page.tables[1][:3] == [["满意的方面", "占比"], ["认证机构专业能力", "76.56%"], ["政府服务措施", "72.74%"]]
    assert page.tables[2][0] == ["提升成效", "企业数", "占比"]
    assert page.tables[2][1] == ["质量意识提升", "12900家", "90.42%"]
    assert page.tables[2][-1] == ["数字化、智能化水平提升", "3206家", "22.47%"]
    assert [len(table) for table in page.tables[:3]] == [5, 8, 12]


def test_the_librarys_own_cases_are_counted(page: Page) -> None:
    assert page.tables[3:] == [
        [
            ["行业", "案例数"],
            ["制造业", "3"],
            ["酒、饮料和精制茶制造业", "1"],
            ["印刷和记录媒介复制业", "1"],
            ["非金属矿物制品业", "1"],
            ["农、林、牧、渔业", "1"],
            ["农业", "1"],
        ],
        [
            ["地区", "案例数"],
            ["浙江省", "1"],
            ["嘉兴市", "1"],
            ["福建省", "1"],
            ["泉州市", "1"],
            ["广西壮族自治区", "1"],
            ["梧州市", "1"],
        ],
        [["共性质量问题", "案例数"], ["质量意识不强", "2"]],
        [["提升成效", "案例数"], ["成本下降", "1"], ["产品质量水平提升", "1"]],
        [["年份", "案例数"], ["2022年", "2"], ["2021年", "1"]],
    ]


def test_samples_and_discrepancies_are_owned_up_to(html: str) -> None:
    assert "现有案例3篇、指南1份" in html
    assert "统计包括标有“示范”的内容" in html
    assert "图3为90.42%（12900家），报告正文为90.46%，两处不一致" in html
    assert "没有给出2021年的数，这里不作推算" in html
    assert "比例的横轴从95%起" in html


def test_the_source_of_a_figure_is_linked_where_the_library_has_its_text(html: str, tmp_path: Path) -> None:
    files = {"pages/2022-report.md": "---\ntitle: 报告\n---\n正文。\n"}
    with_text = open_site(tmp_path, files).test_client().get("/insights").get_data(as_text=True)
    linked = '<p>来源：<a href="/about/2022-report">'
    assert [(page.count("<p>来源："), page.count(linked)) for page in (html, with_text)] == [(3, 0), (3, 3)]


def test_every_chart_has_a_name_and_a_description_of_its_own(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    said = [(each["aria-labelledby"], each["aria-describedby"]) for each in page.charts]
    names = ["figure-1", "figure-1-0", "figure-2", "figure-3"]
    names += [f"count-{name}" for name in ("industry", "region", "problem", "effect", "year")]
    assert said == [(f"{name}-title", f"{name}-desc") for name in names]
    assert {each for pair in said for each in pair if each} <= set(page.ids)


def test_nothing_on_the_page_needs_a_looser_policy(page: Page, html: str) -> None:
    assert page.inline == []
    assert re.findall(r"<style|<script(?! src=\"/)", html) == []


def test_bars_lead_to_the_cases_behind_them(html: str, reader: FlaskClient) -> None:
    chart = html[html.index('aria-labelledby="count-industry-title"') :]
    links = re.findall(r'<a href="([^"]+)">', chart[: chart.index("</svg>")])
    assert links == ["/industries/C", "/industries/A"]
    assert [reader.get(link).status_code for link in links] == [200, 200]


def test_figure_1_is_drawn_from_the_data_and_not_from_the_template() -> None:
    report, _ = figures.load(shipped("content"))
    block = changes(report)
    ends = ("2021年", "2022年")
    pairs = [Pair("认为提升行动成效明显的企业", 95.88, 96.95), Pair("对提升行动的满意度", 97.4, 99.23)]
    assert block.charts == [
        ("", dots("figure-1", report.changes.title, pairs, Axis(95, 100), unit="%", ends=ends)),
        (
            "参与精准帮扶的小微企业",
            bars(
                "figure-1-0",
                "参与精准帮扶的小微企业",
                [Bar("2021年", 5639, "5639家", tone="before"), Bar("2022年", 21000, "2.1万余家", tone="after")],
            ),
        ),
    ]
