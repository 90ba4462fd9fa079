"""What a page says of itself to machines: the tags Chinese public sites owe, Open Graph, and JSON-LD.

An empty value is left out, nothing is made up to fill a tag. Kept pages serve every visitor, so addresses come from
``CASELIB_BASE_URL`` and never from the request's host.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, request
from markupsafe import Markup

from caselib.content import CaseMeta, Document, GuideMeta, Kind
from caselib.web import addresses
from caselib.web.feeds import FEED, SUBSCRIBE
from caselib.web.filters import NAVIGATION, terms
from caselib.web.parameters import Parameters
from caselib.web.rooms import rooms
from caselib.web.searching import DEFAULTS, Scope, address

blueprint = Blueprint("meta", __name__)

DESCRIPTION_LENGTH = 160
MAX_KEYWORDS = 10
SAMPLE = "【示范内容】"
HOME_DESCRIPTION = "按行业、地区和共性质量问题查找小微企业质量提升优良案例和质量管理体系实施指南。"
_UNESCAPED = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class About:
    """One page: ``tags`` are ``<meta name>``, ``properties`` ``<meta property>``, ``data`` is JSON-LD as text."""

    tags: Pairs
    properties: Pairs = field(default_factory=list)
    canonical: str = ""
    data: str = ""


@blueprint.app_template_global()
def about_page(document: object = None, title: str = "") -> About:
    """What to say of the page being made: of ``document`` if it shows one, else under ``title``."""
    shown = document if isinstance(document, Document) else None
    site = rooms.settings.site
    tags = [
        ("SiteName", site.name),
        ("SiteDomain", site.domain),
        ("SiteIDCode", site.id_code),
        ("ColumnName", column()),
    ]
    if request.query_string:
        return About([*_filled(tags), ("robots", "noindex, follow")])
    url = addresses.configured(request.path)
    description = describe(shown)
    if shown:
        tags += _article(shown)
    tags += [("Description", description), ("Url", url)]
    properties = [
        ("og:site_name", site.name),
        ("og:title", shown.meta.title if shown else title or column() or site.name),
        ("og:type", "article" if shown else "website"),
        ("og:url", url),
        ("og:description", description),
        ("og:locale", "zh_CN"),
    ]
    return About(_filled(tags), _filled(properties), url, json_ld(shown) if shown else "")


def _filled(pairs: Pairs) -> Pairs:
    return [(name, value) for name, value in pairs if value]


def column() -> str:
    """The part of the site the page is in: the name of its entry in the navigation."""
    if request.path == "/":
        return "首页"
    return next((name for name, path in NAVIGATION if request.path.startswith(path)), "")


def describe(document: Document | None) -> str:
    """One or two sentences about the page; none is better than a wrong one."""
    if document is None:
        return HOME_DESCRIPTION if request.path == "/" else ""
    text = f"{SAMPLE}{document.summary}" if document.meta.sample else document.summary
    return text if len(text) <= DESCRIPTION_LENGTH else f"{text[: DESCRIPTION_LENGTH - 1]}…"


def _article(document: Document) -> Pairs:
    meta = document.meta
    # The convention asks for a time of day; a document knows its day.
    published = f"{meta.published.isoformat()} 00:00" if meta.published else ""
    return [
        ("ArticleTitle", meta.title),
        ("PubDate", published),
        ("ContentSource", author(document)),
        ("Keywords", ",".join(keywords(document))),
    ]


def author(document: Document) -> str:
    """Who answers for the text: who sent the case in, who issued the guide, else, and for samples, the site's host."""
    meta, site = document.meta, rooms.settings.site
    named = meta.submitter if isinstance(meta, CaseMeta) else meta.issuer if isinstance(meta, GuideMeta) else ""
    return ("" if meta.sample else named) or site.issuer


def keywords(document: Document) -> list[str]:
    """The names of the document's taxonomy terms, each once."""
    meta = document.meta
    names = [
        each.name
        for vocabulary, key in (
            ("industries", "industry"),
            ("problems", "problems"),
            ("measures", "measures"),
            ("effects", "effects"),
        )
        for each in terms(vocabulary, getattr(meta, key, ()))
    ]
    return list(dict.fromkeys(names))[:MAX_KEYWORDS]


def json_ld(document: Document) -> Markup:
    """The case or guide and where it stands, in schema.org's words, ready to stand inside ``<script>``."""
    if document.kind not in (Kind.CASE, Kind.GUIDE):
        return Markup("")
    graph = {"@context": "https://schema.org", "@graph": [_thing(document), _trail(document)]}
    return Markup(json.dumps(graph, ensure_ascii=False).translate(_UNESCAPED))  # noqa: S704 - nothing here can end the element


def _thing(document: Document) -> dict[str, Any]:
    meta, site = document.meta, rooms.settings.site
    said = {
        "@type": "Article" if document.kind is Kind.CASE else "TechArticle",
        "headline": meta.title,
        "description": describe(document),
        "inLanguage": "zh-CN",
        "keywords": keywords(document),
        "datePublished": meta.published.isoformat() if meta.published else "",
        "author": {"@type": "Organization", "name": author(document)},
        "publisher": {"@type": "Organization", "name": site.issuer},
        "mainEntityOfPage": addresses.configured(document.url),
    }
    return {key: value for key, value in said.items() if value}


def _trail(document: Document) -> dict[str, Any]:
    steps = [("首页", "/"), (document.kind.label, f"/{document.kind.folder}/"), (document.meta.title, document.url)]
    items = [
        {"@type": "ListItem", "position": place, "name": name, "item": addresses.configured(path)}
        for place, (name, path) in enumerate(steps, 1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}


@blueprint.app_template_global()
def feed_of(asked: Parameters, scope: Scope) -> str:
    """The address of the feed of a search, so that what is found today can be followed; order and length of pages are its own."""
    return address(FEED, asked, per_page=FEED.per_page, sort=DEFAULTS["sort"], **scope.fixed)


@blueprint.app_template_global()
def subscribe_to(asked: Parameters, scope: Scope) -> str:
    """The page that tells how to follow a search."""
    return address(SUBSCRIBE, asked, per_page=SUBSCRIBE.per_page, sort=DEFAULTS["sort"], **scope.fixed)
