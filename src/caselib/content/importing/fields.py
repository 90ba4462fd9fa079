"""Which key of ours a stranger's key is: 标题 and ``Title`` are ``title``, ``date`` and 发布日期 are ``published``.

Keys that say nothing we have a place for (``tags``, ``author``, ``layout``) are not here: they are kept as they are.
"""

from functools import lru_cache
from typing import Any
from unicodedata import normalize

from caselib.content.importing import values
from caselib.content.importing.values import Converter
from caselib.content.models import META, Kind

ALIASES = {
    "title": "题目 文章标题 案例名称 案例标题 指南名称",
    "industry": "所属行业 行业代码 行业类别 行业领域 industry_code industry_name",
    "region": "所在地 所在地区 所属地区 省份 省 省市 地域 区域 城市 area location province city",
    "year": "年度 所属年度",
    "published": "发布时间 发布日 日期 时间 date pubdate publish_date published_at date_published created created_at"
    " create_time creation_date post_date",
    "firm": "企业名称 公司 公司名称 company enterprise",
    "firm_size": "规模 企业类型 company_size enterprise_size",
    "certifier": "帮扶机构 认证公司 certification_body",
    "submitter": "推荐单位 申报单位 上报单位",
    "problems": "问题 共性问题 质量问题 存在问题 problem",
    "measures": "措施 主要做法 measure",
    "effects": "成效 效果 主要成效 effect",
    "metrics": "指标 metric",
    "summary": "简介 概要 概述 内容提要 description desc excerpt abstract 描述",
    "source": "来源 出处 原文 原文链接 来源链接 via source_url original original_url origin",
    "issuer": "编制单位 发布机构 发文单位",
    "edition": "版次 version",
    "standards": "标准 引用标准 standard",
    "guides": "指南 guide",
}
"""Other names of our keys, besides the keys themselves and their Chinese titles; the first found in a file counts."""

_YES = ("true", "yes", "1", "是")
_NO = ("false", "no", "0")
_REFUSALS = ("否", "不", "未", "暂", "非", "依申请")
"""How an answer in Chinese begins that does not let the public see: 否（涉及商业秘密）, 不同意, 未定, 暂缓."""
_STATES = (
    "draft",
    "private",
    "pending",
    "草稿",
    "不公开",
    "未公开",
    "暂不公开",
    "不同意",
    "不宜公开",
    "未发布",
    "不发布",
)
_UNPUBLISHED = {
    **dict.fromkeys(("draft", "private", "hidden", "草稿", "unlisted", "不公开"), _YES),
    **dict.fromkeys(("published", "publish", "发布", "是否发布", "是否同意发布", "已发布"), (*_NO, *_REFUSALS)),
    **dict.fromkeys(("status", "visibility", "状态"), _STATES),
}
"""Keys, folded, by which a stranger's file says that it is not for the public, with how it says so."""


def unpublished(key: str, value: Any) -> bool:
    """Whether a stranger's file says by this that it is not for the public; a key that is there twice has a number."""
    name, said = fold(key).rstrip("0123456789"), fold(str(value))
    known = (*_NO, *_REFUSALS) if "公开" in name else ()
    signs = _UNPUBLISHED.get(name, known)
    return said in signs or said.startswith(tuple(sign for sign in signs if not sign.isascii()))


CONVERTERS: dict[str, Converter] = {
    "title": values.title,
    "industry": values.industry,
    "region": values.region,
    "year": values.year,
    "published": values.day,
    "batch": values.batch,
    "firm_size": values.firm_size,
    "problems": values.terms_of("problems"),
    "measures": values.terms_of("measures"),
    "effects": values.terms_of("effects"),
    "metrics": values.metrics,
    "guides": values.lines,
    "standards": values.standards,
    "sample": values.flag,
}


def converter(field: str) -> Converter:
    """How a value for ``field`` is read."""
    return CONVERTERS.get(field, values.text)


@lru_cache
def names(kind: Kind) -> dict[str, list[str]]:
    """For each key of ``kind`` the names it goes by, folded, the best first."""
    return {
        field: [fold(field), fold(info.title or field), *map(fold, ALIASES.get(field, "").split())]
        for field, info in META[kind].model_fields.items()
    }


def fold(key: str) -> str:
    """``key`` without case, width, spaces, hyphens and underscores."""
    return "".join(sign for sign in normalize("NFKC", key).casefold() if sign.isalnum())
