"""The rules of a call: what a submission must hold, how it is scored, how the batch is picked.

A typed value, kept as JSON with the call, frozen and fingerprinted when review opens. It decides nothing by itself.
"""

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from caselib.canonical import canonical_sha256
from caselib.review.scoring import Method
from caselib.review.texts import LONGEST_BODY

Blind = Literal["none", "single", "double"]
"""Who sees whom: ``single`` hides experts from submitters, ``double`` also submitters and firms from experts."""

Heading = Annotated[str, Field(max_length=60)]
Attribute = Literal["province", "industry_letter", "industry", "firm_size", "submitter"]
ATTRIBUTE_NAMES: dict[Attribute, str] = {
    "province": "省份",
    "industry_letter": "行业门类",
    "industry": "行业",
    "firm_size": "企业规模",
    "submitter": "报送单位",
}
_CODES: dict[str, tuple[str, str]] = {
    "province": (r"[1-8]\d0000", "省份代码，应为六位、后四位是 0，如 330000"),
    "industry_letter": (r"[A-T]", "行业门类代码，应为一个大写字母，如 C"),
    "industry": (r"[A-T](\d\d)?", "行业代码，应为门类字母加两位数字，如 C23"),
    "firm_size": (r"[大中小微]型", "企业规模，应为大型、中型、小型或微型"),
}
"""What a quota's value must look like to be met by anything (GB/T 2260, GB/T 4754-2017)."""
Called = Callable[[str], str]
"""What a region or industry is called that a sentence tells of; ``str`` where its reader knows the codes."""
MOST = 1_000_000
"""The largest count or score that rules may name: far above any round, and far below what arithmetic loses."""
TieKey = Literal["calibrated", "raw_mean", "trimmed_mean", "reviews", "id"]


class Part(BaseModel):
    """Common to all parts: immutable, and tolerant of keys it does not know."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


class Level(Part):
    """What a range of scores of one criterion means, from ``at`` points up."""

    at: float = Field(ge=0, le=MOST)
    meaning: str = Field(max_length=500)


class Criterion(Part):
    """A line of the rubric."""

    key: str = Field(max_length=64)
    name: str = Field("", max_length=120)
    max: float = Field(gt=0, le=MOST)
    weight: float = Field(1.0, ge=0, le=MOST)
    levels: tuple[Level, ...] = ()


class Quota(Part):
    """At least ``min`` and at most ``max`` of the picked have ``value``; without it, for every value there is."""

    attribute: Attribute
    value: str | None = Field(None, min_length=1, max_length=128)
    min: int | None = Field(None, ge=0, le=MOST)
    max: int | None = Field(None, ge=0, le=MOST)

    @property
    def fault(self) -> str:
        """What is wrong with it, for its reader; empty if nothing is."""
        if self.min is None and self.max is None:
            return "既没有下限也没有上限"
        if self.min is not None and self.max is not None and self.min > self.max:
            return f"下限 {self.min} 大于上限 {self.max}"
        form, called = _CODES.get(self.attribute, ("(?s).*", ""))
        if self.value is not None and not re.fullmatch(form, self.value):
            return f"“{self.value}”不是{called}"
        return ""

    def __str__(self) -> str:
        return self.described()

    def described(self, called: Called = str) -> str:
        """The quota in words, its value as it is ``called``."""
        whose = ATTRIBUTE_NAMES[self.attribute] + (f"“{self.of(self.value, called)}”" if self.value else "（每一个）")
        bounds = [f"至少 {self.min} 篇"] * (self.min is not None) + [f"至多 {self.max} 篇"] * (self.max is not None)
        return whose + "、".join(bounds)

    def of(self, value: str, called: Called) -> str:
        """One of the values that it counts, as it is ``called`` if it is a code."""
        return called(value) if self.attribute in ("province", "industry_letter", "industry") else value


TIE_NAMES: dict[TieKey, str] = {
    "calibrated": "校准分高者",
    "raw_mean": "平均分高者",
    "trimmed_mean": "去高去低平均分高者",
    "reviews": "评审份数多者",
    "id": "编号在前者",
}


def _lines(value: object) -> object:
    return [line.strip() for line in value.splitlines() if line.strip()] if isinstance(value, str) else value


class Rulebook(Part):
    """Everything a call fixes before review opens.

    Attributes:
        sections: level-two headings a submission must have, in order.
        shortest: characters of the body, at least.
        longest: characters of the body, at most.
        figures_needed: at least one metric must be stated.
        reviews: reviews each submission gets.
        blind: who sees whom.
        rubric: the criteria.
        method: how totals become a figure.
        size: how many are picked.
        quotas: what must hold of the pick.
        tie_rule: what decides between equal figures, in order.
        notice_days: how long the public notice runs, in days.
    """

    sections: Annotated[tuple[Heading, ...], BeforeValidator(_lines), Field(max_length=50)] = (
        "企业概况",
        "问题",
        "做法",
        "成效",
        "可借鉴之处",
    )
    shortest: int = Field(600, ge=0, le=LONGEST_BODY)
    longest: int = Field(5000, ge=1, le=LONGEST_BODY)
    figures_needed: bool = True
    reviews: int = Field(3, ge=1, le=9)
    blind: Blind = "single"
    rubric: tuple[Criterion, ...] = Field(min_length=1)
    method: Method = "robust"
    size: int = Field(25, ge=1, le=MOST)
    quotas: tuple[Quota, ...] = ()
    tie_rule: tuple[TieKey, ...] = ("calibrated", "raw_mean", "id")
    notice_days: int = Field(7, ge=1, le=60)

    def fingerprint(self) -> str:
        """SHA-256 over the canonical JSON of the rules."""
        return canonical_sha256(self.model_dump(mode="json"))


USUAL_RUBRIC = (
    Criterion(
        key="typical",
        name="典型性",
        max=20,
        levels=(
            Level(at=0, meaning="问题不清，或与小微企业关系不大"),
            Level(at=8, meaning="问题真实，在本行业有一定代表性"),
            Level(at=14, meaning="共性质量问题突出，同类企业普遍遇到"),
        ),
    ),
    Criterion(
        key="method",
        name="做法的科学性",
        max=30,
        levels=(
            Level(at=0, meaning="只有口号，看不出做了什么"),
            Level(at=12, meaning="做法具体，步骤基本完整"),
            Level(at=21, meaning="方法得当，步骤、责任和记录都交代清楚"),
        ),
    ),
    Criterion(
        key="effect",
        name="成效",
        max=30,
        levels=(
            Level(at=0, meaning="没有数据，或数据与做法对不上"),
            Level(at=12, meaning="有前后对比，口径基本清楚"),
            Level(at=21, meaning="数据可核实，改进明显且能保持"),
        ),
    ),
    Criterion(
        key="spread",
        name="可推广性",
        max=20,
        levels=(
            Level(at=0, meaning="依赖特殊条件，别家学不了"),
            Level(at=8, meaning="同行业可以借鉴"),
            Level(at=14, meaning="跨行业、跨地区也可以照着做"),
        ),
    ),
)
"""A rubric to begin a call with; an editor changes it as the call needs."""

RULE_NAMES = {
    "sections": "必备章节",
    "shortest": "正文最少字数",
    "longest": "正文最多字数",
    "figures_needed": "是否需要量化指标",
    "reviews": "每份申报的评审数",
    "blind": "盲审方式",
    "rubric": "评分表",
    "method": "汇总方法",
    "size": "入选数",
    "quotas": "名额约束",
    "tie_rule": "同分规则",
    "notice_days": "公示天数",
}
"""What each rule is called."""
