"""The description of the API as an OpenAPI 3.1 document.

Written by hand from pydantic's JSON Schema, which is the dialect OpenAPI 3.1 uses: a framework for it would bring a
second way of routing, parsing and refusing. Parameters come from the model that parses them, answers from the models
that write them, so that the description cannot say something else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, TypeAdapter

from caselib import __version__
from caselib.web import parameters
from caselib.web.answers import (
    STORY_EXAMPLE,
    CaseAnswer,
    DescriptionAnswer,
    ErrorAnswer,
    GuideAnswer,
    SearchAnswer,
    Story,
    Suggestion,
    TaxonomyAnswer,
)
from caselib.web.suggesting import MAX_SUGGESTIONS, MAX_TYPED

TAXONOMIES = ("industries", "regions", "problems", "measures", "effects")
_REFERENCE = "#/components/schemas/{model}"

Json = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One address and method: what it is for, an example to try, what it answers and how it can fail.

    ``example`` is empty where it depends on what the library holds.
    """

    path: str
    name: str
    summary: str
    example: str
    answer: Any
    failures: dict[int, str]
    parameters: tuple[Json, ...] = field(default=(), repr=False)
    body: type[BaseModel] | None = None
    """What is sent, by POST."""

    @property
    def method(self) -> str:
        """As OpenAPI writes it."""
        return "post" if self.body else "get"


def _query_parameters() -> Iterator[Json]:
    for name in parameters.NAMES:
        about = dict(parameters.schema(name))
        description = f"{about.pop('title')}。{about.pop('description')}"
        example = about.pop("examples")[0]
        yield {
            "name": name,
            "in": "query",
            "description": description,
            "schema": about,
            "example": [example] if about["type"] == "array" else example,
        }


def _path_parameter(name: str, description: str, **schema: Any) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string"} | schema,
    }


_FAILURES = {400: "参数名不对。", 404: "没有这篇内容。", 503: "文件正在修订，暂时不能提供。"}
_SLUG = "文件名，不带 .md；搜索结果里的 slug。"
_TYPED = {
    "name": "q",
    "in": "query",
    "description": f"已输入的字，汉字或拼音。只看前{MAX_TYPED}个字。",
    "schema": {"type": "string", "default": ""},
    "example": "zlgl",
}

_TOLD = {
    "name": "q",
    "in": "query",
    "required": True,
    "description": "用自己的话写的问题。请求的地址可能留在沿途的访问日志里，长的和不便留在地址里的，请用 POST 发送。",
    "schema": {"type": "string", "minLength": 1},
    "example": STORY_EXAMPLE,
}
OPERATIONS = (
    Operation(
        "/api/v1/search",
        "search",
        "搜索案例和指南，附各筛选项的计数",
        "/api/v1/search?q=产品合格率&industry=C&per_page=3",
        SearchAnswer,
        {400: "参数名或参数值不对。", 503: "搜索暂时不能用。"},
        tuple(_query_parameters()),
    ),
    Operation(
        "/api/v1/cases/{slug}",
        "case",
        "读取一篇案例",
        "",
        CaseAnswer,
        _FAILURES | {410: "这篇案例已经撤下。"},
        (_path_parameter("slug", _SLUG),),
    ),
    Operation(
        "/api/v1/guides/{slug}",
        "guide",
        "读取一份指南",
        "",
        GuideAnswer,
        _FAILURES,
        (_path_parameter("slug", _SLUG),),
    ),
    Operation(
        "/api/v1/suggest",
        "suggest",
        f"输入提示，最多{MAX_SUGGESTIONS}条",
        "/api/v1/suggest?q=zlgl",
        list[Suggestion],
        {400: "参数名不对。"},
        (_TYPED,),
    ),
    Operation(
        "/api/v1/describe",
        "describe",
        "听懂一段话：是哪些共性质量问题，有哪些案例和指南，各附理由",
        f"/api/v1/describe?q={STORY_EXAMPLE}",
        DescriptionAnswer,
        {400: "没有写问题，或参数名不对。", 503: "搜索暂时不能用。"},
        (_TOLD,),
    ),
    Operation(
        "/api/v1/describe",
        "tell",
        "同上，内容放在请求体里",
        f'{{"q": "{STORY_EXAMPLE}"}}',
        DescriptionAnswer,
        {400: "没有写问题，或请求体不是所要的 JSON。", 413: "请求体太长。", 503: "搜索暂时不能用。"},
        body=Story,
    ),
    Operation(
        "/api/v1/taxonomy/{name}",
        "taxonomy",
        "读取一个词表：行业、地区、问题、做法或成效",
        "/api/v1/taxonomy/problems",
        TaxonomyAnswer,
        {400: "参数名不对。", 404: "没有这个词表。"},
        (_path_parameter("name", "词表名称。", enum=list(TAXONOMIES)),),
    ),
)


@lru_cache(maxsize=4)
def document(server: str) -> Json:
    """The whole document, for a site reached at ``server`` (an address, or ``/``)."""
    schemas: Json = {}
    paths: dict[str, Json] = {}
    for each in OPERATIONS:
        paths.setdefault(each.path, {})[each.method] = _operation(each, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "小微企业质量提升案例库开放接口",
            "version": __version__,
            "description": "只读，不需要登录。出错时回答里有 error，说明哪里不对、怎样改。",
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _operation(operation: Operation, schemas: Json) -> Json:
    failures = operation.failures | {405: "这个地址不接受所用的请求方法。", 406: "接口只提供 JSON。"}
    unchanged = {"304": {"description": "内容没有变化（请求带了 If-None-Match）。"}}
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": list(operation.parameters),
        **({"requestBody": {"required": True} | _content(operation.body, schemas)} if operation.body else {}),
        "responses": {"200": _response("成功。", operation.answer, schemas)}
        | ({} if operation.body else unchanged)
        | {str(status): _response(said, ErrorAnswer, schemas) for status, said in sorted(failures.items())},
    }


def _response(description: str, answer: Any, schemas: Json) -> Json:
    return {"description": description} | _content(answer, schemas)


def _content(model: Any, schemas: Json) -> Json:
    """JSON of this type, whose models are put among the schemas."""
    schema = TypeAdapter(model).json_schema(mode="serialization", ref_template=_REFERENCE)
    schemas |= schema.pop("$defs", {})
    if isinstance(model, type) and issubclass(model, BaseModel):
        schemas[model.__name__] = schema
        schema = {"$ref": _REFERENCE.format(model=model.__name__)}
    return {"content": {"application/json": {"schema": schema}}}
