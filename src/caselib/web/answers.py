"""What the public API answers, and what is sent to it, as types: they write and read the JSON and describe it (``openapi``).

These are a promise to people who wrote programs: a key may be added, none may change its meaning or go. A field that a
room adds for itself does not show here by accident.
"""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from caselib import search
from caselib.content import CaseMeta, Document, GuideMeta, Metric, Term
from caselib.content.rendering import render, with_drawn_boxes
from caselib.search import Answer
from caselib.search.question import LONGEST
from caselib.web.written import Written


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class Hit(_Answer):
    """一条结果。"""

    kind: str = Field(description="case 案例，guide 指南，batch 批次公告，page 本站页面。")
    slug: str = Field(description="文件名，与类型一起确定一篇内容。")
    title: str
    title_html: str = Field(description="标题，已转义，只含 mark 标记。")
    url: str = Field(description="页面在本站的路径。")
    anchor: str = Field(description="最相关的一节的锚点，可能为空；接在 url 后面用 # 隔开。")
    score: float = Field(description="相关度，只用于比较同一次查询的结果。")
    summary: str
    snippet_html: str = Field(description="命中的片段，已转义，只含 mark 标记。")
    industry: list[str] = Field(description="GB/T 4754-2017 代码。")
    region: str | None = Field(description="GB/T 2260 代码。")
    year: int | None
    batch: int | None = Field(description="案例所在的批次；批次公告自己的批次号。")
    problems: list[str]
    effects: list[str]
    firm: str
    firm_size: str | None
    published: str | None = Field(description="发布日期，YYYY-MM-DD。")
    updated: str = Field(description="文件最后修改的时间，ISO 8601，UTC。")
    sample: bool = Field(description="是否示范内容；示范内容不是真实企业的实绩。")


class FacetValue(_Answer):
    """一个筛选值。"""

    value: str
    label: str
    count: int = Field(description="选它会得到的篇数。")
    selected: bool
    children: list["FacetValue"] = Field(description="下一级，例如门类下的大类、省份下的城市。")


class Facets(_Answer):
    """各个筛选项的计数；每一项的计数不受它自己已选的值影响。"""

    kind: list[FacetValue] = []
    industry: list[FacetValue] = []
    region: list[FacetValue] = []
    year: list[FacetValue] = []
    batch: list[FacetValue] = []
    problem: list[FacetValue] = []
    effect: list[FacetValue] = []
    measure: list[FacetValue] = []
    firm_size: list[FacetValue] = []


class SearchAnswer(_Answer):
    """一页搜索结果。"""

    query: str = Field(description="所用的搜索内容。")
    total: int = Field(description="结果总数。")
    page: int
    per_page: int
    took_ms: float = Field(description="搜索用时，毫秒。")
    did_you_mean: str | None = Field(description="可能想搜的写法。")
    relaxed: bool = Field(description="没有一篇写到足够多的词，因此写到任何一个词的都算。")
    corrected: bool = Field(description="所写的词一篇也没有，这里是按 did_you_mean 搜索的结果。")
    unknown: list[str] = Field(description="所写的词里一篇也没有写到的。")
    hits: list[Hit]
    facets: Facets


_SAID = tuple(name for name in SearchAnswer.model_fields if name not in ("hits", "facets"))
_HIT, _FACETS = tuple(Hit.model_fields), tuple(Facets.model_fields)
_fields_of_hit = attrgetter(*_HIT)


def search_json(answer: Answer) -> bytes:
    """The JSON of :class:`SearchAnswer`, written straight from what the search room gives: its types hold already."""
    said: dict[str, object] = {name: getattr(answer, name) for name in _SAID}
    said["hits"] = [dict(zip(_HIT, _fields_of_hit(hit), strict=True)) for hit in answer.hits]
    facets = [b'"%b":[%b]' % (name.encode(), _values(answer.facets.get(name, ()))) for name in _FACETS]
    return b'%b,"facets":{%b}}' % (to_json(said)[:-1], b",".join(facets))


def _values(values: Iterable[search.FacetValue]) -> bytes:
    """Facet values as JSON, put together by hand: an answer has hundreds, and of one only the numbers change."""
    return b",".join(
        [
            b"%b%d%b%b]}"
            % (_named[v.value, v.label], v.count, _TICKED[v.selected], _values(v.children) if v.children else b"")
            for v in values
        ]
    )


def _beginning(value: str, label: str) -> bytes:
    return b'{"value":%b,"label":%b,"count":' % (to_json(value), to_json(label))


_named = Written(_beginning)
_TICKED = b',"selected":false,"children":[', b',"selected":true,"children":['


class Suggestion(_Answer):
    """一条输入提示。"""

    text: str
    url: str = Field(description="选中后去的路径。")
    kind: Literal["case", "guide", "term", "problem", "industry"]


class Reason(_Answer):
    """在哪句话、哪几个字里听出来的。"""

    start: int = Field(description="从所写内容的第几个字符开始，从0数起。")
    end: int = Field(description="到第几个字符之前为止。")
    said: str = Field(description="听成了什么：问题是它的名称，行业是词表里的哪个说法。")


class Recognised(_Answer):
    """听出来的一个问题或行业。"""

    key: str = Field(description="词表里的键。")
    reasons: list[Reason]


class Advice(_Answer):
    """一篇可以看看的案例或指南，和推荐它的理由。"""

    hit: Hit
    said: str = Field(description="与它最相近的一句；只因问题或行业相同而推荐的，为空。")
    words: list[str] = Field(description="这句话里的哪些词在 snippet_html 里写到。")
    problems: list[str] = Field(description="相同的问题。")
    industries: list[str] = Field(description="相同的行业。")


STORY_EXAMPLE = "我们厂做纸箱，最近客户老是退货，说尺寸不准"


class Story(BaseModel):
    """要听懂的一段话。"""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(description=f"用自己的话写的问题，只看前{LONGEST}个字；不保存。", examples=[STORY_EXAMPLE])


class DescriptionAnswer(_Answer):
    """从一段话里听出来的问题和行业，以及可以看看的案例和指南。"""

    problems: list[Recognised]
    industries: list[Recognised]
    cases: list[Advice]
    guides: list[Advice]


class Section(_Answer):
    """正文的一节，纯文本。"""

    anchor: str
    heading: str = Field(description="第一个标题之前的一节为空。")
    level: int
    text: str


class _DocumentAnswer(_Answer):
    kind: str
    slug: str
    url: str
    title: str
    summary: str
    html: str = Field(description="正文，已清洗的 HTML。")
    sections: list[Section]
    digest: str = Field(description="文件的 SHA-256。")

    @classmethod
    def of(cls, document: Document) -> Self:
        """The answer for ``document``; keys that the front matter's model does not know stay at home."""
        return cls(**_shown(document))


class CaseAnswer(_DocumentAnswer):
    """一篇案例。"""

    front_matter: CaseMeta


class GuideAnswer(_DocumentAnswer):
    """一份指南。"""

    front_matter: GuideMeta


def _shown(document: Document) -> dict[str, Any]:
    meta = document.meta
    html = render(document.body, base_url=document.kind.files_url(document.slug)).html
    known = {name: getattr(meta, name) for name in type(meta).model_fields}
    if "metrics" in known:
        known["metrics"] = [{name: getattr(each, name) for name in Metric.model_fields} for each in known["metrics"]]
    return {
        "kind": document.kind.value,
        "slug": document.slug,
        "url": document.url,
        "title": meta.title,
        "summary": document.summary,
        "front_matter": known,
        "html": with_drawn_boxes(html),
        "sections": document.sections,
        "digest": document.digest,
    }


class TermAnswer(_Answer):
    """一个词条。"""

    key: str
    name: str
    parent: str | None = Field(description="上级的键。")
    description: str
    terms: tuple[str, ...] = Field(description="企业常用的说法。")
    editable: bool = Field(description="由本站归纳、编辑可以改写的为 true。")
    source: str
    firms: int | None = Field(description="只有提升成效有：2022年度报告图3的企业数。")
    share: float | None = Field(description="只有提升成效有：占有效问卷的百分比。")


class TaxonomyAnswer(_Answer):
    """一个词表。"""

    name: str
    terms: list[TermAnswer]

    @classmethod
    def of(cls, name: str, terms: list[Term]) -> Self:
        """The vocabulary ``name``."""
        return cls(name=name, terms=[TermAnswer.model_validate(term) for term in terms])


class Error(_Answer):
    """哪里不对，怎样改。"""

    message: str
    remedy: str
    field: str | None = Field(description="出错的参数；与参数无关时为 null。")


class ErrorAnswer(_Answer):
    """出错时的回答。"""

    error: Error
