"""What an amendment changed, in words."""

from typing import Any

import pytest

from caselib.review.amended import changed_rules
from caselib.review.rulebook import USUAL_RUBRIC, Rulebook

RULES = Rulebook(rubric=USUAL_RUBRIC[:2]).model_dump(mode="json")
FIRST, SECOND = RULES["rubric"]
LEVELS = "0 分起：问题不清，或与小微企业关系不大，8 分起：问题真实，在本行业有一定代表性，14 分起：共性质量问题突出，同类企业普遍遇到"
CAP = {"attribute": "province", "max": 2}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {}, []),
        ({}, {"size": 20, "method": "mean"}, [("汇总方法", "稳健校准", "原始平均分"), ("入选数", "25", "20")]),
        ({}, {"figures_needed": False}, [("是否需要量化指标", "需要", "不需要")]),
        ({}, {"quotas": [CAP]}, [("名额约束", "（没有）", "省份（每一个）至多 2 篇")]),
        (
            {"quotas": [CAP, {"attribute": "industry_letter", "value": "C", "min": 9}]},
            {"quotas": [CAP, {"attribute": "industry_letter", "value": "C", "min": 8}]},
            [("名额约束", "行业门类“C”至少 9 篇", "行业门类“C”至少 8 篇")],
        ),
        (
            {"quotas": [CAP, {"attribute": "firm_size", "max": 9}]},
            {"quotas": [{"attribute": "firm_size", "max": 9}, CAP]},
            [
                (
                    "名额约束",
                    "省份（每一个）至多 2 篇；企业规模（每一个）至多 9 篇",
                    "企业规模（每一个）至多 9 篇；省份（每一个）至多 2 篇",
                )
            ],
        ),
        ({}, {"tie_rule": ["id"]}, [("同分规则", "校准分高者；平均分高者；编号在前者", "编号在前者")]),
        ({}, {"sections": ["问题", "做法", "成效"]}, [("必备章节", "企业概况；可借鉴之处", "（没有）")]),
        (
            {},
            {"rubric": [FIRST | {"weight": 2, "levels": []}, SECOND]},
            [("评分表", f"典型性（满分 20，权重 1，{LEVELS}）", "典型性（满分 20，权重 2）")],
        ),
    ],
)
def test_what_differs_is_told_and_nothing_else(before: dict[str, Any], after: dict[str, Any], told: list[Any]) -> None:
    assert changed_rules(RULES | before, RULES | after) == told
