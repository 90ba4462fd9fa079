"""The parameters of a search, for pages, feeds and the API alike: one model, parsed once, worded once.

The same model is the API's documentation (``openapi``). A page shows what was wrong and searches without it, the API
refuses: that choice is the caller's. Which codes exist is the taxonomy's to say.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails, PydanticCustomError
from werkzeug.datastructures import MultiDict

from caselib.content import Taxonomy
from caselib.content.models import FirmSize
from caselib.search import SearchQuery

MAX_QUERY = 500
"""Characters of free text that are used: enough for a problem told in one's own words."""
MAX_PAGE = 10_000
MAX_PER_PAGE = 100
MAX_VALUES = 50
"""Values of one filter."""

_QUOTED = 40
"""Characters of a wrong value that are said back."""
NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]+")
"""Characters that no text holds and XML forbids, and those that part lines."""


def _known(vocabulary: str) -> AfterValidator:
    """A key of ``vocabulary`` of the taxonomy given as validation context."""

    def check(value: str, info: ValidationInfo) -> str:
        taxonomy = cast(Taxonomy, info.context)
        terms = getattr(taxonomy, vocabulary)
        if value in terms or (vocabulary == "regions" and taxonomy.region_path(value)):
            return value
        meant = terms.meant(value)
        remedy = (f"最接近的有：{meant}。" if meant else "") + f"全部取值见 /api/v1/taxonomy/{vocabulary}。"
        raise PydanticCustomError("unknown_term", "{remedy}", {"remedy": remedy})

    return AfterValidator(check)


def _digits(value: str) -> int:
    if value.isascii() and value.isdigit() and len(value) <= 7:
        return int(value)
    raise PydanticCustomError("not_a_number", "not a number")


Number = BeforeValidator(_digits)


def _filter(title: str, description: str, example: object) -> Any:
    """A field of which several values may be given, and none need be."""
    return Field((), title=title, max_length=MAX_VALUES, description=description, examples=[example])


class Parameters(BaseModel):
    """What an address may ask for. A filter given several times means any of its values; filters add up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: str = Field(
        "",
        title="搜索内容",
        max_length=MAX_QUERY,
        description="词语、企业名称或一句话，繁体、全角和大小写都可以。不写时列出全部内容。",
        examples=["产品合格率"],
    )
    kind: tuple[Literal["case", "guide", "batch", "page"], ...] = _filter(
        "类型", "case 案例，guide 指南，batch 批次公告，page 本站页面。", "case"
    )
    industry: tuple[Annotated[str, _known("industries")], ...] = _filter(
        "行业", "GB/T 4754-2017 的门类字母，或字母加两位大类代码。门类包括它的大类。", "C"
    )
    region: tuple[Annotated[str, _known("regions")], ...] = _filter(
        "地区", "GB/T 2260 的六位代码。省份包括它的城市，城市包括它的区县；区县代码只找写明这个代码的内容。", "330000"
    )
    problem: tuple[Annotated[str, _known("problems")], ...] = _filter(
        "共性质量问题", "共性质量问题的键，见 /api/v1/taxonomy/problems。", "quality-awareness"
    )
    effect: tuple[Annotated[str, _known("effects")], ...] = _filter(
        "提升成效", "提升成效的键，见 /api/v1/taxonomy/effects。", "product-quality"
    )
    measure: tuple[Annotated[str, _known("measures")], ...] = _filter(
        "做法", "做法的键，见 /api/v1/taxonomy/measures。", "lean-6s"
    )
    guide: tuple[str, ...] = _filter("所用指南", "指南的 slug，列出写明用了这份指南的案例。", "packaging-2022")
    batch: tuple[Annotated[int, Field(ge=1, le=9999), Number], ...] = _filter("批次", "批次号。", 3)
    year: tuple[Annotated[int, Field(ge=2000, le=2100), Number], ...] = _filter("年份", "四位年份。", 2022)
    firm_size: tuple[FirmSize, ...] = _filter("企业规模", "企业规模，按划型标准分四种。", "小型")
    sort: Literal["relevance", "newest"] = Field(
        "relevance",
        title="排序",
        description="relevance 按相关度，newest 按时间。没有搜索内容时一律按时间。",
        examples=["newest"],
    )
    page: Annotated[int, Field(ge=1, le=MAX_PAGE), Number] = Field(1, title="页码", description="从1起。", examples=[1])
    per_page: Annotated[int, Field(ge=1, le=MAX_PER_PAGE), Number] = Field(
        10, title="每页条数", description=f"最多{MAX_PER_PAGE}条。", examples=[10]
    )

    def query(self, **fixed: Any) -> SearchQuery:
        """The search these ask for; ``fixed`` values take the place of what was asked."""
        sort = self.sort if self.q else "newest"
        return SearchQuery(**vars(self) | {"sort": sort} | fixed)


NAMES = tuple(Parameters.model_fields)
TITLES = {name: str(field.title) for name, field in Parameters.model_fields.items()}
FILTERS = tuple(name for name, field in Parameters.model_fields.items() if field.default == ())


@dataclass(frozen=True)
class FieldNote:
    """One thing that was wrong with ``field``: said to a programmer as ``message`` and ``remedy``, on a page as ``shown``.

    ``shown`` is empty for what a page leaves alone: a parameter it does not know.
    """

    field: str
    message: str
    remedy: str
    shown: str


def parse(args: "MultiDict[str, str]", taxonomy: Taxonomy) -> tuple[Parameters, list[FieldNote]]:
    """The parameters of an address without its bad values, and a note for each of those; empty values count as absent."""
    given = {name: list(dict.fromkeys(filter(None, map(clean, values)))) for name, values in args.lists()}
    notes: list[FieldNote] = []
    values = {name: _value(name, found, notes) for name, found in given.items() if found}
    try:
        return Parameters.model_validate(values, context=taxonomy), notes
    except ValidationError as error:
        faults = error.errors()
    notes += [_note(fault) for fault in faults]
    return Parameters.model_validate(_without(values, [fault["loc"] for fault in faults]), context=taxonomy), notes


def clean(value: str) -> str:
    """``value`` without the characters that no text holds and XML forbids."""
    return NO_TEXT.sub(" ", value).strip()


def _value(name: str, found: list[str], notes: list[FieldNote]) -> object:
    """As the model takes it, cut to what is allowed: a list for a filter, text for the others."""
    title = TITLES.get(name, name)
    if name in FILTERS:
        if len(found) > MAX_VALUES:
            message = f"{title}最多选{MAX_VALUES}个，这里有{len(found)}个"
            notes.append(FieldNote(name, f"{message}。", "分几次查询。", f"{message}，多出的已忽略。"))
        return found[:MAX_VALUES]
    if name in NAMES and len(found) > 1:
        message = f"{title}只能写一次，这里写了{len(found)}次"
        notes.append(FieldNote(name, f"{message}。", "留下一个。", f"{message}，只用了第一个。"))
    if name == "q" and len(found[0]) > MAX_QUERY:
        message = f"搜索内容太长，最多{MAX_QUERY}个字"
        notes.append(FieldNote(name, f"{message}。", "删去次要的内容。", f"{message}，只搜了前{MAX_QUERY}个字。"))
        return found[0][:MAX_QUERY].strip()
    return found[0]


def _without(values: dict[str, Any], places: list[tuple[int | str, ...]]) -> dict[str, Any]:
    whole = {place[0] for place in places if len(place) == 1}
    return {
        name: [each for index, each in enumerate(value) if (name, index) not in places] if name in FILTERS else value
        for name, value in values.items()
        if name not in whole
    }


def _note(fault: ErrorDetails) -> FieldNote:
    name = str(fault["loc"][0])
    if fault["type"] == "extra_forbidden":
        near = get_close_matches(name.lower(), NAMES, 1, 0.4)
        remedy = f"您要用的是不是 {near[0]}？" if near else ""
        return FieldNote(
            name[:_QUOTED], f"没有“{name[:_QUOTED]}”这个参数。", f"{remedy}可用的参数有：{'、'.join(NAMES)}。", ""
        )
    about = f"{TITLES[name]}“{str(fault['input'])[:_QUOTED]}”"
    if fault["type"] == "unknown_term":
        return FieldNote(name, f"{about}不存在。", fault["msg"], f"{about}不存在，已忽略。")
    allowed = allowed_values(name)
    wrong = "不存在" if isinstance(allowed, list) else f"不是{allowed[0]}到{allowed[1]}之间的整数"
    remedy = (
        f"可用的值有：{'、'.join(allowed)}。"
        if isinstance(allowed, list)
        else f"写{allowed[0]}到{allowed[1]}之间的整数。"
    )
    return FieldNote(name, f"{about}{wrong}。", remedy, f"{about}{wrong}，已忽略。")


@cache
def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one parameter, with its title, description, default and example."""
    found: dict[str, Any] = dict(Parameters.model_json_schema()["properties"][name])
    return found


@cache
def allowed_values(name: str) -> list[str] | tuple[int, int]:
    """The words a parameter may be, or the least and largest number; empty for free text and codes."""
    one = schema(name)
    one = one.get("items", one)
    if "minimum" in one:
        return one["minimum"], one["maximum"]
    return list(one.get("enum", []))
