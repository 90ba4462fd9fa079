"""The front matter of cases, guides, batches and pages as types: one pydantic model for each kind.

A field's ``title`` is its Chinese name and its ``description`` says what to write: together they are the JSON Schema
(``caselib schema``) and the wording of every message. Unknown keys are kept in ``model_extra``. Whether a key exists
in the taxonomy is not known here (``documents`` asks).
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from caselib.labels import Labelled


class Kind(Labelled):
    """What a file of the library is; each kind has its folder under the content root."""

    CASE = "case", "案例"
    GUIDE = "guide", "指南"
    BATCH = "batch", "批次"
    PAGE = "page", "页面"

    @property
    def folder(self) -> str:
        """The folder's name: ``cases``, ``guides``, ``batches`` or ``pages``."""
        return "batches" if self is Kind.BATCH else f"{self.value}s"

    def url(self, slug: str) -> str:
        """The address of a document of this kind on the site, percent-encoded; pages are all about the site.

        The page called ``about`` stands for all of them.
        """
        return "/about" if self is Kind.PAGE and slug == "about" else self.files_url(slug).removesuffix("/")

    def files_url(self, slug: str) -> str:
        """The address under which the images of such a document are."""
        return f"/{'about' if self is Kind.PAGE else self.folder}/{quote(slug)}/"


@dataclass(frozen=True)
class Section:
    """The plain text under one heading; ``anchor`` and ``heading`` are empty before the first one."""

    anchor: str
    heading: str
    level: int
    text: str


def as_list(value: Any) -> Any:
    """A single value written without brackets as a list of one."""
    return value if isinstance(value, list) else [value]


def as_region_code(value: Any) -> Any:
    """An unquoted code as text: 330400 as "330400"."""
    return str(value) if type(value) is int else value


NUMBER = r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*"
"""A number as text; Python, and so pydantic, would also take 1_5 for one."""
_NUMBER = re.compile(NUMBER, re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _as_number(value: Any) -> Any:
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value)):
        raise PydanticCustomError("not_a_number", "不是数")
    return value


def _as_date(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and _DATE.fullmatch(value.strip())):
        return value
    raise PydanticCustomError("not_a_date", "不是日期")


FIRM_SIZES = ("大型", "中型", "小型", "微型")
FirmSize = Literal["大型", "中型", "小型", "微型"]
Text = Annotated[str, StringConstraints(max_length=2000)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Lines = Annotated[list[Line], BeforeValidator(as_list, json_schema_input_type=list[Line] | Line)]
IndustryCode = Annotated[str, Field(json_schema_extra={"pattern": r"^[A-T](\d\d)?$"})]
IndustryCodes = Annotated[
    list[IndustryCode],
    BeforeValidator(as_list, json_schema_input_type=list[IndustryCode] | IndustryCode),
    Field(min_length=1),
]
RegionCode = Annotated[
    str,
    Field(json_schema_extra={"pattern": r"^\d{6}$"}),
    BeforeValidator(as_region_code, json_schema_input_type=str | int),
]
Year = Annotated[int, Field(ge=2000, le=2100), BeforeValidator(_as_number)]
Batch = Annotated[int, Field(ge=1, le=9999), BeforeValidator(_as_number)]
Day = Annotated[date, BeforeValidator(_as_date, json_schema_input_type=date)]
Count = Annotated[int, Field(ge=0), BeforeValidator(_as_number)]
Place = Annotated[int, BeforeValidator(_as_number)]
Figure = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_as_number)]

_YEAR = "2000 到 2100 之间的年份，例如 2022。"
_DAY = "写成 2023-04-20 的日期。"
_INDUSTRY = "GB/T 4754-2017 的一位字母，或字母加两位数字，例如 [C23]；可以有多个。"
_REGION = 'GB/T 2260 的六位数字，加引号，例如 "330400"。'


class Strict(BaseModel):
    """What all front matter shares: an empty value counts as absent, unknown keys are kept."""

    model_config = ConfigDict(extra="allow", frozen=True, str_strip_whitespace=True, coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: Any) -> Any:
        if isinstance(data, dict) and None in data.values():
            return {key: value for key, value in data.items() if value is not None}
        return data

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema of what is read, which is more than what is meant: see ``_as_read``."""
        schema = handler(core)
        described = handler.resolve_ref_schema(schema)
        for key, field in described["properties"].items():
            _as_read(field, optional=key not in described["required"])
        return schema


def _as_read(field: dict[str, Any], *, optional: bool) -> None:
    """Add what the reader takes besides: a number in quotes, a number for a text, and nothing for what may be absent."""
    choices = field.get("anyOf", [field])
    if {"string", "integer"} - {each.get("type") for each in choices}:
        for each in choices:
            _with_numbers(each)
    if optional and "anyOf" not in field:
        field["type"] = [*([field["type"]] if isinstance(field["type"], str) else field["type"]), "null"]
    elif optional and {"type": "null"} not in choices:
        choices.append({"type": "null"})


def _with_numbers(field: dict[str, Any]) -> None:
    match field:
        case {"type": "integer" | "number" as kind}:
            field |= {"type": [kind, "string"], "pattern": f"^{NUMBER}$"}
        case {"type": "string"} if not {"pattern", "format", "enum"} & field.keys():
            field["type"] = ["string", "number"]
        case {"type": "array", "items": items}:
            _with_numbers(items)


class Metric(Strict):
    """One figure of the effect: before and after, or the change alone."""

    model_config = ConfigDict(
        json_schema_extra={
            "title": "量化指标",
            "description": "提升前后的数，或变化。",
            "anyOf": [{"required": ["before", "after"]}, {"required": ["change"]}],
        }
    )

    name: Line = Field(title="指标名称", description="例如 产品合格率。")
    unit: str = Field("", title="单位", description='例如 "%"。')
    before: Figure | None = Field(None, title="提升前", description="只写数字，单位写在 unit。")
    after: Figure | None = Field(None, title="提升后", description="只写数字，单位写在 unit。")
    change: Figure | None = Field(None, title="变化", description="增加写正数，减少写负数，单位写在 unit。")

    @model_validator(mode="after")
    def _has_figures(self) -> Self:
        if self.change is None and (self.before is None or self.after is None):
            raise PydanticCustomError("metric_figures", "指标没有数")
        return self


class _Described(Strict):
    """The keys every kind may have."""

    title: Line = Field(title="标题", description="一行文字，不超过 200 字。")
    summary: Text = Field(
        "",
        title="摘要",
        description="一两句话，写明问题和做法；搜索时和标题一样格外看重。不写时，列表里显示正文第一段。",
    )
    source: Text = Field("", title="资料来源", description="事实出自哪里。")
    published: Day | None = Field(None, title="发布日期", description=_DAY)
    sample: bool = Field(False, title="示范内容", description="示范内容写 true，页面会注明。")


class CaseMeta(_Described):
    """案例 (``cases/*.md``)."""

    model_config = ConfigDict(json_schema_extra={"title": "案例", "description": "cases/ 下 Markdown 文件的文件头。"})

    industry: IndustryCodes = Field(title="行业", description=_INDUSTRY)
    region: RegionCode = Field(title="地区", description=_REGION)
    year: Year = Field(title="年份", description=_YEAR)
    batch: Batch | None = Field(None, title="批次", description="1 到 9999 的批次号，由发布时写入，例如 3。")
    firm: Text = Field("", title="企业", description="企业名称。")
    firm_size: FirmSize | None = Field(None, title="企业规模", description="大型、中型、小型、微型之一。")
    certifier: Text = Field("", title="认证机构", description="帮扶的认证机构名称。")
    submitter: Text = Field("", title="报送单位", description="例如 浙江省市场监督管理局。")
    problems: Lines = Field([], title="共性质量问题", description="taxonomy/problems.yml 里的键。")
    measures: Lines = Field([], title="做法", description="taxonomy/measures.yml 里的键。")
    effects: Lines = Field([], title="提升成效", description="taxonomy/effects.yml 里的键。")
    metrics: list[Metric] = Field(
        [], title="量化指标", description="每项有 name，并有 before 和 after，或者有 change。"
    )
    guides: Lines = Field([], title="所用指南", description="指南的文件名，不带 .md。")


class GuideMeta(_Described):
    """指南 (``guides/*.md``)."""

    model_config = ConfigDict(json_schema_extra={"title": "指南", "description": "guides/ 下 Markdown 文件的文件头。"})

    industry: IndustryCodes = Field(title="行业", description=_INDUSTRY)
    region: RegionCode | None = Field(None, title="地区", description=_REGION)
    issuer: Text = Field("", title="发布单位", description="编制或发布指南的单位。")
    edition: Text = Field("", title="版本", description="例如 2022版。")
    year: Year = Field(title="年份", description=_YEAR)
    series: Text = Field("", title="系列", description="同一指南各版本共用的名称。")
    supersedes: Text = Field("", title="代替", description="被代替的指南的文件名，不带 .md。")
    standards: Lines = Field([], title="依据标准", description="标准号，例如 [GB/T 19001-2016]。")
    problems: Lines = Field([], title="共性质量问题", description="taxonomy/problems.yml 里的键。")


class BatchMeta(_Described):
    """批次 (``batches/<n>.md``)."""

    model_config = ConfigDict(
        json_schema_extra={"title": "批次", "description": "batches/ 下 Markdown 文件的文件头；文件名是批次号。"}
    )

    year: Year = Field(title="年份", description=_YEAR)
    published: Day = Field(title="发布日期", description=_DAY)
    submitted: Count | None = Field(None, title="报送数", description="各地报送的案例数，例如 142。")
    selected: Count | None = Field(None, title="入选数", description="入选的案例数，例如 25。")


class PageMeta(_Described):
    """页面 (``pages/*.md``)."""

    model_config = ConfigDict(json_schema_extra={"title": "页面", "description": "pages/ 下 Markdown 文件的文件头。"})

    order: Place | None = Field(None, title="次序", description="整数，小的排在前面。")


Meta = CaseMeta | GuideMeta | BatchMeta | PageMeta
META: dict[Kind, type[CaseMeta] | type[GuideMeta] | type[BatchMeta] | type[PageMeta]] = {
    Kind.CASE: CaseMeta,
    Kind.GUIDE: GuideMeta,
    Kind.BATCH: BatchMeta,
    Kind.PAGE: PageMeta,
}
