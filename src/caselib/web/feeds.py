"""For readers who are programs: the Atom feed, the sitemap, robots.txt and the OpenSearch description.

Every list here is a search, like every list on the pages. Addresses are whole (``addresses``). The one page is for people: it
tells them how to hand the feed to their program.
"""

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from flask import Blueprint, Response, render_template, request

from caselib.errors import CaselibError, NotFound
from caselib.search import Answer, Hit
from caselib.web import addresses, caching, listing, parameters
from caselib.web.filters import NAVIGATION
from caselib.web.parameters import FieldNote, Parameters
from caselib.web.rooms import rooms, search_room
from caselib.web.searching import DEFAULTS, SEARCH, Scope, address, flat, label

blueprint = Blueprint("feeds", __name__)

ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
SINCE = "2023"
"""The year that the permanent identifiers (tag: URIs, RFC 4151) carry; it never changes."""
FEED = Scope("/feed.atom", "订阅", per_page=50)
"""Few readers follow the link to the next page, so a whole batch has to fit."""
SUBSCRIBE = Scope("/subscribe", "怎样订阅", per_page=FEED.per_page)
DAY = 24 * 3600
NEVER = "1970-01-01T00:00:00Z"
PER_SITEMAP = 50_000
"""The most addresses a sitemap file may hold (sitemaps.org)."""
UNLISTED = ("/login", "/account", "/submit/", "/review/", "/desk/", "/preferences")
WASTEFUL = ("/search", "/suggest", "/subscribe?", "/qr.svg", "/api/v1/")
"""Open to everybody, but without an end for a crawler, or of no use to one."""


@blueprint.get("/feed.atom")
def feed() -> Response:
    """What is new, in the whole library or in any search: the parameters of ``/search``.

    A wrong value is refused: a feed has no place to say that it was left out, and would follow something else.
    """
    asked, notes = _asked()
    for note in notes:
        if note.shown:
            raise CaselibError(note.message, note.remedy)
    search_room()
    return caching.data(lambda: _feed(asked), "application/atom+xml", addresses.base())


def _asked() -> tuple[Parameters, list[FieldNote]]:
    """What to follow, without the order it was looked at: a feed has its own, and one address and identifier in all."""
    asked, notes = parameters.parse(request.args, rooms.names.taxonomy())
    return asked.model_copy(update={"sort": DEFAULTS["sort"]}), notes


def _feed(asked: Parameters) -> bytes:
    answer = rooms.search.search(asked.query(sort="newest", per_page=FEED.size(asked)))
    exact = not (answer.relaxed or answer.corrected)
    hits = answer.hits if exact else []
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": "zh-CN"})
    _text(root, "title", _title(asked))
    _text(root, "id", _tag(address(FEED, asked)))
    _text(root, "updated", max((hit.updated for hit in hits), default=NEVER))
    _text(ET.SubElement(root, "author"), "name", rooms.settings.site.issuer)
    _links(root, asked, answer.total if exact else 0)
    for hit in hits:
        _entry(root, hit)
    return _xml(root)


def _title(asked: Parameters) -> str:
    """The site's name, and what was asked for."""
    return f"{rooms.settings.site.name}－{_said(asked) or '最新内容'}"


def _said(asked: Parameters) -> str:
    """What was asked for, in words; nothing if that is the whole library."""
    said = [f"“{asked.q}”"] if asked.q else []
    for name in parameters.FILTERS:
        if values := getattr(asked, name):
            said.append(f"{parameters.TITLES[name]}：{'或'.join(label(name, value) for value in values)}")
    return "，".join(said)


def _links(root: ET.Element, asked: Parameters, total: int) -> None:
    """Where this feed is, the page it goes with, and the feeds before and after it (RFC 5005)."""

    def link(rel: str, scope: Scope, page: int) -> None:
        kind = "text/html" if scope is SEARCH else "application/atom+xml"
        whole = addresses.absolute(address(scope, asked, page=page))
        ET.SubElement(root, "link", {"rel": rel, "type": kind, "href": whole})

    link("self", FEED, asked.page)
    link("alternate", SEARCH, 1)
    last = max(1, -(-total // FEED.size(asked)))
    if asked.page > 1:
        link("previous", FEED, min(asked.page - 1, last))
    if asked.page < last:
        link("next", FEED, asked.page + 1)


def _entry(root: ET.Element, hit: Hit) -> None:
    entry = ET.SubElement(root, "entry")
    _text(entry, "title", f"{hit.title}（示范）" if hit.sample else hit.title)
    _text(entry, "id", _tag(hit.url))
    _text(entry, "updated", hit.updated)
    if hit.published:
        _text(entry, "published", f"{hit.published}T00:00:00+08:00")
    ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": addresses.absolute(hit.url)})
    for code in hit.industry:
        ET.SubElement(entry, "category", {"term": code, "label": label("industry", code)})
    _text(entry, "summary", hit.summary)


def _tag(path: str) -> str:
    return f"tag:{addresses.authority()},{SINCE}:{path}"


@blueprint.get("/subscribe")
def subscribe() -> Response:
    """How to follow the library or a search, and the address of its feed, for people whose browser shows a feed as code.

    A stylesheet in the feed would do without this page, but browsers are giving up XSLT.
    """
    return caching.page(_subscribe, addresses.base())


def _subscribe() -> str:
    asked, notes = _asked()
    return render_template(
        "feeds/subscribe.html",
        faults=[note.shown for note in notes if note.shown],
        said=_said(asked),
        feed=address(FEED, asked),
        whole=addresses.absolute(address(FEED, asked)),
        list_address=address(SEARCH, asked, per_page=SEARCH.per_page, sort="newest" if asked.q else asked.sort),
    )


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """Every public address, or the list of the files that hold them once one cannot."""
    search_room()
    return caching.data(_sitemap, "application/xml", addresses.base())


@blueprint.get("/sitemap-<int:number>.xml")
def sitemap_part(number: int) -> Response:
    """One file of a long list: 0 has the pages that are lists themselves, the others the documents."""
    search_room()
    answer = _documents(number) if number else None
    if answer and not answer.hits:
        raise NotFound("没有这一部分网站地图。", "从 /sitemap.xml 开始。")
    return caching.data(lambda: _urls(_located(answer) if answer else _lists()), "application/xml", addresses.base())


def _sitemap() -> bytes:
    lists, answer = _lists(), _documents(1)
    if len(lists) + answer.total <= PER_SITEMAP:
        return _urls([*lists, *_located(answer)])
    root = ET.Element("sitemapindex", {"xmlns": SITEMAP})
    for number in range(1 + -(-answer.total // PER_SITEMAP)):
        _text(ET.SubElement(root, "sitemap"), "loc", addresses.absolute(f"/sitemap-{number}.xml"))
    return _xml(root)


def _lists() -> list[tuple[str, str]]:
    """Addresses of the pages that are made from the library, without a day of their own."""
    facets = listing.find(per_page=1).facets
    found = ["/", *(path for _, path in NAVIGATION if path != "/about"), "/api/"]
    for facet, folder in (("industry", "industries"), ("region", "regions"), ("problem", "problems")):
        found += [f"/{folder}/{each.value}" for each in flat(facets.get(facet, []))]
    return [(path, "") for path in found]


def _documents(page: int) -> Answer:
    return listing.find(page=page, per_page=PER_SITEMAP)


def _located(answer: Answer) -> list[tuple[str, str]]:
    return [(hit.url, hit.updated[:10]) for hit in answer.hits]


def _urls(found: Iterable[tuple[str, str]]) -> bytes:
    root, here = ET.Element("urlset", {"xmlns": SITEMAP}), addresses.base()
    for path, day in found:
        url = ET.SubElement(root, "url")
        _text(url, "loc", here + path)
        if day:
            _text(url, "lastmod", day)
    return _xml(root)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """What a crawler may leave alone, and where the sitemap is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in (*UNLISTED, *WASTEFUL))]
    lines += ["", f"Sitemap: {addresses.absolute('/sitemap.xml')}", ""]
    return caching.data(lambda: "\n".join(lines), "text/plain", addresses.base(), max_age=DAY)


@blueprint.get("/opensearch.xml")
def opensearch() -> Response:
    """How a browser adds this site to its search engines."""
    return caching.data(_opensearch, "application/opensearchdescription+xml", addresses.base(), max_age=DAY)


def _opensearch() -> bytes:
    name = rooms.settings.site.name
    root = ET.Element("OpenSearchDescription", {"xmlns": OPENSEARCH})
    _text(root, "ShortName", name[:16])
    _text(root, "Description", f"在{name}中搜索案例和指南")
    _text(root, "InputEncoding", "UTF-8")
    _text(root, "Language", "zh-CN")
    for kind, path in (
        ("text/html", "/search?q={searchTerms}"),
        ("application/atom+xml", "/feed.atom?q={searchTerms}"),
    ):
        ET.SubElement(root, "Url", {"type": kind, "template": addresses.absolute(path)})
    return _xml(root)


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = parameters.clean(text)


def _xml(root: ET.Element) -> bytes:
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written
