"""Reading: home, cases, guides, industries, regions, problems, batches and pages about the site.

A page shows one document or one list. Lists are asked of the search room, at most twice a page; no page reads every
file. Rendered text is kept by content, finished pages by ``caching``.
"""

from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, redirect, render_template, send_file

from caselib.content import BatchMeta, CaseMeta, Document, GuideMeta, Kind, PageMeta
from caselib.content.rendering import Rendered, render
from caselib.errors import CaselibError
from caselib.search import Answer, FacetValue, Hit, SearchQuery
from caselib.web import caching, listing
from caselib.web.filters import industry_links, region_links
from caselib.web.metrics import draw
from caselib.web.rooms import rooms
from caselib.web.searching import flat

blueprint = Blueprint("reading", __name__)

ON_HOME = 6
"""Cases of the latest batch on the home page, and guides on an industry's, a region's or a problem's page."""
IN_BATCH = 100
"""Cases of a batch that are listed at once; a batch is about 25."""
ON_TOPIC = 20
"""Cases on such a page; the rest is one link away."""
EXAMPLES = ("合格率上不去", "返工多", "没人懂质量", "ISO 9001")
"""Searches to try, on the home page."""


def text_of(document: Document) -> Rendered:
    """The document's body as HTML with its table of contents."""
    return _rendered(document.body, f"{document.url}/")


@lru_cache(maxsize=256)
def _rendered(body: str, base_url: str) -> Rendered:
    return render(body, base_url=base_url)


def find(**filters: object) -> Answer:
    """A list: everything that matches, newest first."""
    return rooms.search.search(SearchQuery(**({"sort": "newest", "per_page": ON_TOPIC} | filters)))  # type: ignore[arg-type]


@blueprint.get("/")
def home() -> Response:
    """The search box first; then ways in by problem, industry and region, and the latest batch."""
    return caching.page(_home)


def _home() -> str:
    facets = find(per_page=1).facets
    latest = max((int(value.value) for value in facets.get("batch", [])), default=None)
    newest = find(kind=("case",), per_page=IN_BATCH, **({"batch": (latest,)} if latest else {}))
    entries = listing.entries(newest.hits)
    return render_template(
        "reading/home.html",
        examples=EXAMPLES,
        kinds_held={value.value: value.count for value in facets.get("kind", [])},
        problems=grouped_problems(facets),
        industries=facets.get("industry", []),
        regions=facets.get("region", []),
        latest=latest,
        batch=_read_or_none(Kind.BATCH, str(latest)) if latest else None,
        newest=entries[:ON_HOME],
        featured=next((each for each in entries if each.figure and each.figure.before), None),
        newest_total=newest.total,
    )


def grouped_problems(facets: dict[str, list[FacetValue]]) -> list[tuple[str, str, list[tuple[str, str, int]]]]:
    """``(group, note, [(key, name, count)])`` for every group of common problems, in the taxonomy's order."""
    taxonomy = rooms.store.taxonomy
    counts = {value.value: value.count for value in facets.get("problem", [])}
    return [
        (
            group.name,
            group.description,
            [(each.key, each.name, counts.get(each.key, 0)) for each in taxonomy.problems.children(group.key)],
        )
        for group in taxonomy.problem_groups.values()
    ]


def _read_or_none(kind: Kind, slug: str) -> Document | None:
    """A document that a page can do without."""
    try:
        return rooms.store.read(kind, slug)
    except CaselibError:
        return None


@blueprint.get("/cases/<slug>")
def case(slug: str) -> Response:
    """One case."""
    document = rooms.store.read(Kind.CASE, slug)
    return caching.page(lambda: _case(document), document.digest)


def _case(document: Document) -> str:
    meta = document.meta
    assert isinstance(meta, CaseMeta)
    before, after = _neighbours(document.slug, meta.batch)
    return render_template(
        "reading/case.html",
        document=document,
        meta=meta,
        text=text_of(document),
        metrics=[draw(metric) for metric in meta.metrics],
        guides=[guide for slug in meta.guides if (guide := _read_or_none(Kind.GUIDE, slug))],
        related=listing.entries(rooms.search.related(Kind.CASE, document.slug)),
        before=before,
        after=after,
    )


def _neighbours(slug: str, batch: int | None) -> tuple[Hit | None, Hit | None]:
    """The cases before and after this one in its batch's list."""
    if batch is None:
        return None, None
    hits = find(kind=("case",), batch=(batch,), per_page=IN_BATCH).hits
    place = next((number for number, hit in enumerate(hits) if hit.slug == slug), None)
    if place is None:
        return None, None
    return hits[place - 1] if place else None, hits[place + 1] if place + 1 < len(hits) else None


@blueprint.get("/guides/<slug>")
def guide(slug: str) -> Response:
    """One guide, with its other editions and the cases that follow it."""
    document = rooms.store.read(Kind.GUIDE, slug)
    return caching.page(lambda: _guide(document), document.digest)


def _guide(document: Document) -> str:
    meta = document.meta
    assert isinstance(meta, GuideMeta)
    followers = find(kind=("case",), guide=(document.slug,))
    editions = _editions(document)
    newer = [each for each in editions if getattr(each.meta, "supersedes", "") == document.slug]
    return render_template(
        "reading/guide.html",
        document=document,
        meta=meta,
        text=text_of(document),
        editions=editions,
        newer=newer[0] if newer else None,
        followers=listing.entries(followers.hits),
        followers_total=followers.total,
    )


def _editions(document: Document) -> list[Document]:
    """Every edition of this guide, newest first; editions share the file name up to its year."""
    stem = document.slug.rpartition("-")[0]
    slugs = [slug for _, slug in rooms.store.scan(Kind.GUIDE) if stem and slug.rpartition("-")[0] == stem]
    found = [each for slug in slugs if (each := _read_or_none(Kind.GUIDE, slug))]
    return sorted(found or [document], key=lambda each: (-each.meta.year, each.slug))  # type: ignore[union-attr]


@blueprint.get("/cases/<slug>/<name>", defaults={"kind": "case"})
@blueprint.get("/guides/<slug>/<name>", defaults={"kind": "guide"})
@blueprint.get("/batches/<slug>/<name>", defaults={"kind": "batch"})
@blueprint.get("/about/<slug>/<name>", defaults={"kind": "page"})
def asset(kind: str, slug: str, name: str) -> Response:
    """An image that lies beside its document."""
    path: Path = rooms.store.asset(Kind(kind), slug, name)
    return send_file(path, conditional=True, max_age=3600)


@blueprint.get("/industries/")
def industries() -> Response:
    """Every industry that has something, letters with their divisions."""
    return caching.page(
        lambda: render_template("reading/industries.html", industries=find(per_page=1).facets.get("industry", []))
    )


@blueprint.get("/industries/<code>")
def industry(code: str) -> Response:
    """What there is for one industry."""
    path = rooms.store.taxonomy.industry_path(code)
    if not path:
        abort(404)
    return caching.page(
        lambda: _topic(
            "industry",
            code,
            path[-1].name,
            "行业",
            "/industries/",
            steps=industry_links(each.key for each in path[:-1]),
        )
    )


@blueprint.get("/regions/<code>")
def region(code: str) -> Response:
    """What there is for one province or city."""
    path = rooms.store.taxonomy.region_path(code)
    if not path:
        abort(404)
    return caching.page(
        lambda: _topic("region", code, path[-1].name, "地区", "", steps=region_links(path[0].key) if path[1:] else [])
    )


@blueprint.get("/problems/")
def problems() -> Response:
    """The common problems by group."""
    return caching.page(
        lambda: render_template("reading/problems.html", groups=grouped_problems(find(per_page=1).facets))
    )


@blueprint.get("/problems/<key>")
def problem(key: str) -> Response:
    """One common problem: what it is, and who solved it."""
    term = rooms.store.taxonomy.problems.get(key)
    if term is None:
        abort(404)
    return caching.page(lambda: _topic("problem", key, term.name, "问题", "/problems/", topic=term))


def _topic(facet: str, value: str, title: str, above: str, above_path: str, **shown: object) -> str:
    """The page of one value of a facet: guides first, then cases, then ways on."""
    guides = find(kind=("guide",), per_page=ON_HOME, **{facet: (value,)})
    cases = find(kind=("case",), **{facet: (value,)})
    own = {key: {each.value: each for each in flat(cases.facets.get(key, []))} for key in ("industry", "region")}
    return render_template(
        "reading/topic.html",
        below=own.get(facet, {})[value].children if value in own.get(facet, {}) else [],
        facet=facet,
        value=value,
        title=title,
        above=above,
        above_path=above_path,
        guides=guides,
        cases=cases,
        entries=listing.entries(cases.hits),
        **shown,
    )


@blueprint.get("/batches/")
def batches() -> Response:
    """Every batch, newest first."""
    return caching.page(_batches, *_digests(Kind.BATCH))


def _digests(kind: Kind) -> list[str]:
    return [document.digest for document in _all(kind)]


def _all(kind: Kind) -> list[Document]:
    """Every readable document of a kind that has few."""
    return [each for _, slug in rooms.store.scan(kind) if (each := _read_or_none(kind, slug))]


def _batches() -> str:
    counts = {value.value: value.count for value in find(per_page=1, kind=("case",)).facets.get("batch", [])}
    numbered = sorted((each for each in _all(Kind.BATCH) if each.slug.isdigit()), key=lambda each: -int(each.slug))
    return render_template("reading/batches.html", batches=numbered, counts=counts)


@blueprint.get("/batches/<int:number>")
def batch(number: int) -> Response:
    """One batch: its notice and its list."""
    document = rooms.store.read(Kind.BATCH, str(number))
    return caching.page(lambda: _batch(number, document), document.digest)


def _batch(number: int, document: Document) -> str:
    assert isinstance(document.meta, BatchMeta)
    cases = find(kind=("case",), batch=(number,), per_page=IN_BATCH)
    return render_template(
        "reading/batch.html",
        number=number,
        document=document,
        meta=document.meta,
        text=text_of(document),
        cases=cases,
        entries=listing.entries(cases.hits),
    )


@blueprint.get("/about")
def about() -> Response:
    """The pages about the site: the first one whole, the others as a list."""
    pages = _pages()
    if not pages:
        abort(404)
    return caching.page(lambda: _page(pages[0], pages), *(each.digest for each in pages))


@blueprint.get("/about/<slug>")
def about_page(slug: str) -> Response:
    """One page about the site."""
    document = rooms.store.read(Kind.PAGE, slug)
    pages = _pages()
    if pages and pages[0].slug == slug:
        return redirect("/about", code=301)  # type: ignore[return-value]
    return caching.page(lambda: _page(document, pages), *(each.digest for each in pages))


@blueprint.app_template_global("pages_about")
def _pages() -> list[Document]:
    """The pages about the site in their order; the first is /about itself."""

    def order(document: Document) -> tuple[int, str]:
        meta = document.meta
        return (meta.order if isinstance(meta, PageMeta) and meta.order is not None else 1000, document.slug)

    return sorted(_all(Kind.PAGE), key=order)


def _page(document: Document, pages: list[Document]) -> str:
    return render_template(
        "reading/page.html", document=document, meta=document.meta, text=text_of(document), pages=pages
    )
