"""What a text lacks, finding by finding."""

from pathlib import Path
from typing import Any

import pytest

from caselib.content import Kind, compose_file
from caselib.content.documents import read
from caselib.review.prechecks import Finding, check, count_characters
from caselib.review.rulebook import Rulebook
from tests.review.rounds import BODY, FRONT, RULES, TAXONOMY


def found(front: dict[str, Any] | None = None, body: str = BODY, **rules: Any) -> list[tuple[str, str, str]]:
    findings = check({**FRONT, **(front or {})}, body, Rulebook.model_validate(RULES | rules), TAXONOMY)
    return [(finding.level, finding.field, finding.message) for finding in findings]


def test_a_complete_text_has_no_findings() -> None:
    assert found() == []


def test_a_text_without_errors_is_a_case_that_can_be_published() -> None:
    read_back = read(Kind.CASE, "a", Path("cases/a.md"), compose_file(FRONT, BODY), TAXONOMY)
    assert (read_back.document is not None, read_back.faults) == (True, [])


@pytest.mark.parametrize(
    ("front", "finding"),
    [
        ({"title": ""}, ("error", "title", "标题没有填。")),
        ({"title": "长" * 121}, ("error", "title", "标题超过 120 字。")),
        ({"industry": []}, ("error", "industry", "行业没有填。")),
        ({"industry": ["C99"]}, ("error", "industry", "行业里没有“C99”。")),
        ({"region": None}, ("error", "region", "地区没有填。")),
        ({"region": "990000"}, ("error", "region", "地区里没有“990000”。")),
        ({"year": "去年"}, ("error", "year", "年份没有填对。")),
        ({"problems": ["nothing"]}, ("error", "problems", "共性质量问题里没有“nothing”。")),
        ({"firm_size": "巨型"}, ("error", "firm_size", "企业规模没有填对。")),
        ({"metrics": []}, ("error", "metrics", "没有量化指标。")),
        ({"firm": ""}, ("warning", "firm", "企业名称没有填。")),
        ({"problems": []}, ("warning", "problems", "没有选共性质量问题。")),
        ({"metrics": [FRONT["metrics"][0], {"name": "产量"}]}, ("error", "metrics", "量化指标第 2 项没有填对。")),
        ({"metrics": FRONT["metrics"] * 500}, ("error", "metrics", "各栏内容合起来太长，写不成案例文件。")),
    ],
)
def test_a_field_that_does_not_fit_is_named(front: dict[str, Any], finding: tuple[str, str, str]) -> None:
    assert found(front) == [finding]


def test_an_unknown_key_names_the_nearest_ones() -> None:
    [finding] = check({**FRONT, "industry": ["造纸"]}, BODY, Rulebook.model_validate(RULES), TAXONOMY)
    assert "造纸和纸制品业（C22）" in finding.remedy


@pytest.mark.parametrize(("key", "remedy"), [("industry", "请从列表里选一个大类。"), ("region", "请从列表里选。")])
def test_what_is_chosen_from_a_list_is_not_asked_for_as_a_code(key: str, remedy: str) -> None:
    [finding] = check({**FRONT, key: None}, BODY, Rulebook.model_validate(RULES), TAXONOMY)
    assert finding.remedy == remedy


def test_figures_are_asked_for_only_where_the_call_needs_them() -> None:
    assert found({"metrics": []}, figures_needed=False) == []


@pytest.mark.parametrize(
    ("body", "findings"),
    [
        (BODY.replace("## 成效", "## 结果"), [("error", "body", "缺少“成效”一节。")]),
        (BODY.replace("## 成效", "### 成效"), [("error", "body", "缺少“成效”一节。")]),
        (BODY.replace("## 问题", "## 二、问题").replace("## 做法", "## （三） 做法"), []),
        (BODY.replace("## 成效", "## 4. 成效"), []),
        (BODY.replace("产品合格率由 98.2% 提高到 99.8%。", ""), [("error", "body", "“成效”一节是空的。")]),
        (BODY.replace("## 成效\n", "## 成效\n\n### 质量\n"), []),
        (BODY.replace("## 问题", "## x").replace("## 做法", "## 问题").replace("## x", "## 做法"), "order"),
        ("", "everything"),
    ],
)
def test_the_sections_that_a_call_asks_for(body: str, findings: Any) -> None:
    special = {
        "order": [("warning", "body", "各节的次序与要求不同。")],
        "everything": [
            *(("error", "body", f"缺少“{name}”一节。") for name in RULES["sections"]),
            ("error", "body", "正文 0 字，不足 60 字。"),
        ],
    }
    assert found(body=body) == (special[findings] if isinstance(findings, str) else findings)


def test_the_length_is_counted_without_spaces() -> None:
    length = count_characters(BODY)
    assert length == len(BODY.replace("\n", "").replace(" ", ""))
    assert found(shortest=length, longest=length) == []
    assert found(shortest=length + 1) == [("error", "body", f"正文 {length} 字，不足 {length + 1} 字。")]
    assert found(shortest=1, longest=length - 1) == [("error", "body", f"正文 {length} 字，超过 {length - 1} 字。")]


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("电话13800138000联系", [("warning", "body", "文中有手机号。")]),
        ("电话１３８-００１３-８０００联系", [("warning", "body", "文中有手机号。")]),
        ("证号11010519491231002X。", [("error", "body", "文中有身份证号。")]),
        ("证号110105194912310021。", []),
        ("产量 12345678901 件，编号2138001380001", []),
    ],
)
def test_personal_data_is_pointed_out(text: str, findings: list[tuple[str, str, str]]) -> None:
    assert found(body=BODY + text) == findings


def test_personal_data_is_found_in_the_fields_too() -> None:
    metrics = [{"name": "合格率（13800138000）", "before": 1, "after": 2}]
    assert found({"metrics": metrics, "summary": "见13900139000"}) == [
        ("warning", "metrics", "文中有手机号。"),
        ("warning", "summary", "文中有手机号。"),
    ]


@pytest.mark.parametrize(
    ("front", "body", "field", "name"),
    [
        ({}, BODY + "嘉兴甲包装有限公司成立于 2014 年。", "body", "企业名称“嘉兴甲包装有限公司”"),
        ({}, BODY + "嘉兴甲包装成立于 2014 年。", "body", "企业名称“嘉兴甲包装”"),
        ({}, BODY + "嘉兴甲\n包装", "body", "企业名称“嘉兴甲包装”"),
        ({"title": "嘉兴甲包装的工艺卡"}, BODY, "title", "企业名称“嘉兴甲包装”"),
        ({"summary": "丙省市场监督管理局推荐"}, BODY, "summary", "报送单位名称“丙省市场监督管理局”"),
        ({}, BODY + "由乙认证有限公司帮扶。", "body", "认证机构名称“乙认证有限公司”"),
    ],
)
def test_a_double_blind_text_names_nobody(front: dict[str, Any], body: str, field: str, name: str) -> None:
    assert found(front, body, blind="double") == [("error", field, f"实行双盲评审，但文中出现了{name}。")]
    assert found(front, body, blind="single") == []


@pytest.mark.parametrize("region", ["330000", "330400"])
def test_a_double_blind_text_is_warned_of_the_places_of_its_province(region: str) -> None:
    front = {"region": region, "title": "嘉 兴市纸箱厂提升合格率", "summary": "浙江、嘉兴和台州的做法，也学苏州。"}
    assert found(front, blind="double") == [
        ("warning", "title", "实行双盲评审，但文中出现了地名“嘉兴”。"),
        ("warning", "summary", "实行双盲评审，但文中出现了地名“浙江”“嘉兴”“台州”。"),
    ]
    assert found(front, blind="single") == []


@pytest.mark.parametrize(
    ("firm", "text", "named"),
    [
        ("Huamei精密包装有限公司", "HUAMEI 精密包装", ["huamei精密包装"]),
        ("Huamei精密包装有限公司", "**Ｈua**mei精密\u200b包装", ["huamei精密包装"]),
        ("华美（杭州）包装有限公司", "华美包装有限公司", ["华美包装有限公司"]),
        ("丙丁戊己集团股份有限公司", "丙丁戊己", ["丙丁戊己"]),
        ("甲乙有限公司", "甲乙", []),
        ("甲乙", "甲乙", []),
        ("", "", []),
    ],
)
def test_a_name_is_found_however_it_is_written(firm: str, text: str, named: list[str]) -> None:
    assert found({"firm": firm}, BODY + text, blind="double")[not firm :] == [
        ("error", "body", f"实行双盲评审，但文中出现了企业名称“{name}”。") for name in named
    ]


def test_what_every_bureau_is_called_names_none() -> None:
    assert found({"submitter": "浙江省市场监督管理局"}, BODY + "在市场监督管理局帮助下", blind="double") == []


def test_a_front_matter_of_the_wrong_shape_is_told_and_not_a_fault_of_the_program() -> None:
    strange = {"title": ["甲"], "industry": {"a": 1}, "metrics": "无", "problems": 3, "region": [1]}
    findings = check(strange, BODY, Rulebook.model_validate(RULES), TAXONOMY)
    assert {finding.field for finding in findings if finding.level == "error"} >= {
        "title",
        "industry",
        "metrics",
        "year",
    }
    assert all(isinstance(finding, Finding) for finding in findings)
