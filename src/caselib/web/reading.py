"""Reading: one case, guide, batch or page about the site, with what belongs beside it, and the images in it.

Whatever is listed beside a document is asked of the search room, at most twice a page; finished pages are kept by
``caching``. Nothing here decides what is published: a file that can be read is.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file

from caselib.content import BatchMeta, CaseMeta, Document, GuideMeta, Kind, PageMeta
from caselib.content.figures import draw
from caselib.content.rendering import Rendered, render
from caselib.errors import NotFound
from caselib.publishing.models import Tombstone
from caselib.publishing.tombstones import missing_from
from caselib.search import Hit
from caselib.web import caching, listing
from caselib.web.filters import terms
from caselib.web.noticing import all_tombstones, tombstone_of
from caselib.web.rooms import readable, rooms

blueprint = Blueprint("reading", __name__)


def text_of(document: Document) -> Rendered:
    """The document's body as HTML with its table of contents."""
    return _rendered(document.body, document.kind.files_url(document.slug), document.meta.title)


@lru_cache(maxsize=256)
def _rendered(body: str, base_url: str, title: str) -> Rendered:
    return render(body, base_url=base_url, title=title)


@blueprint.get("/cases/<slug>")
def case(slug: str) -> Response:
    """One case; where one was withdrawn, what stands in its place."""
    try:
        document = rooms.store.read(Kind.CASE, slug)
    except NotFound:
        return _withdrawn(slug)
    return caching.page(lambda: _case(document), document.digest)


def _withdrawn(slug: str) -> Response:
    """Why the case is no longer here.

    Raises:
        NotFound: it never was.
    """
    tombstone = tombstone_of(slug)
    if tombstone is None:
        raise NotFound("没有这个案例。", "它可能改了名，请从列表或搜索里找。")
    page = render_template("noticing/tombstone.html", tombstone=tombstone)
    return Response(page, 410, headers={"Cache-Control": "no-cache"})


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
        guides=[guide for slug in meta.guides if (guide := readable(Kind.GUIDE, slug))],
        related=[(hit, _why(meta, hit)) for hit in rooms.search.related(Kind.CASE, document.slug)],
        before=before,
        after=after,
    )


def _why(meta: CaseMeta, hit: Hit) -> str:
    """What the hit and the case have in common, in plain words; similar words if nothing that has a name."""
    other = readable(Kind(hit.kind), hit.slug)
    shared = {
        "问题相同": terms("problems", [key for key in meta.problems if key in hit.problems]),
        "做法相同": terms(
            "measures", [key for key in meta.measures if key in getattr(other and other.meta, "measures", ())]
        ),
        "行业相同": terms("industries", [code for code in meta.industry if code in hit.industry]),
    }
    said = [f"{what}：{'、'.join(term.name for term in found)}" for what, found in shared.items() if found]
    return "；".join(said) or "标题和摘要的用词相近"


def _neighbours(slug: str, batch: int | None) -> tuple[Hit | None, Hit | None]:
    """The cases before and after this one in its batch's list."""
    if batch is None:
        return None, None
    hits = listing.find(kind=("case",), batch=(batch,), per_page=listing.IN_BATCH).hits
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
    followers = listing.find(kind=("case",), guide=(document.slug,))
    editions = _editions(document)
    newer = [
        each for each in editions if each is not document and getattr(each.meta, "supersedes", "") == document.slug
    ]
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
    """Every edition of this guide, newest first: its series, what it supersedes or is superseded by, and theirs."""
    found, others = [document], [each for each in _all(Kind.GUIDE) if each.slug != document.slug]
    for edition in found:  # which grows meanwhile
        found += [each for each in others if _akin(edition, each)]
        others = [each for each in others if each not in found]
    return sorted(found, key=lambda each: (-each.meta.year, each.slug))  # type: ignore[union-attr]


def _akin(one: Document, other: Document) -> bool:
    """Whether these are editions of one guide by what either says."""
    assert isinstance(one.meta, GuideMeta) and isinstance(other.meta, GuideMeta)
    same_series = one.meta.series != "" and one.meta.series == other.meta.series
    return same_series or one.meta.supersedes == other.slug or other.meta.supersedes == one.slug


@blueprint.get("/cases/<slug>/<name>", defaults={"kind": "case"})
@blueprint.get("/guides/<slug>/<name>", defaults={"kind": "guide"})
@blueprint.get("/batches/<slug>/<name>", defaults={"kind": "batch"})
@blueprint.get("/about/<slug>/<name>", defaults={"kind": "page"})
def asset(kind: str, slug: str, name: str) -> Response:
    """An image that lies beside its document, and goes with it when it is withdrawn.

    Raises:
        NotFound: nobody may read the document, or it has no such image.
    """
    rooms.store.read(Kind(kind), slug)
    path: Path = rooms.store.asset(Kind(kind), slug, name)
    return send_file(path, conditional=True, max_age=3600)


@blueprint.get("/batches/")
def batches() -> Response:
    """Every batch, newest first."""
    return caching.page(_batches, *(each.digest for each in _all(Kind.BATCH)))


def _all(kind: Kind) -> list[Document]:
    """Every readable document of a kind that has few."""
    return [each for _, slug in rooms.store.scan(kind) if (each := readable(kind, slug))]


def _batches() -> str:
    counts = {value.value: value.count for value in listing.find(per_page=1, kind=("case",)).facets.get("batch", [])}
    return render_template("reading/batches.html", batches=every_batch(), counts=counts)


def every_batch() -> list[Document]:
    """The batches that can be read, newest first."""
    return sorted(_all(Kind.BATCH), key=lambda each: -int(each.slug))


@blueprint.get("/batches/<int:number>")
def batch(number: int) -> Response:
    """One batch: its notice and its list."""
    document = rooms.store.read(Kind.BATCH, str(number))
    if request.path != document.url:  # 03 is read as 3
        return redirect(document.url, code=308)  # type: ignore[return-value]
    tombstones = all_tombstones()
    known = [(each.slug, each.withdrawn_at) for each in tombstones]
    return caching.page(lambda: _batch(number, document, tombstones), document.digest, known)


def _batch(number: int, document: Document, tombstones: Sequence[Tombstone]) -> str:
    assert isinstance(document.meta, BatchMeta)
    cases = listing.of_batch(number, document.meta.selected)
    return render_template(
        "reading/batch.html",
        number=number,
        document=document,
        meta=document.meta,
        text=text_of(document),
        cases=cases,
        entries=listing.entries(cases.hits),
        withdrawn=missing_from(rooms.store, number, listing.released(number), tombstones) if tombstones else [],
    )


@blueprint.get("/about")
def about() -> Response:
    """The page called ``about``, with the others as a list; where there is none, the first of the others."""
    pages = pages_about_the_site()
    if not pages:
        abort(404)
    if pages[0].url != "/about":
        return redirect(pages[0].url)  # type: ignore[return-value]
    return caching.page(lambda: _page(pages[0], pages), *(each.digest for each in pages))


@blueprint.get("/about/<slug>")
def about_page(slug: str) -> Response:
    """One page about the site."""
    document = rooms.store.read(Kind.PAGE, slug)
    pages = pages_about_the_site()
    if document.url == "/about":
        return redirect(document.url, code=301)  # type: ignore[return-value]
    return caching.page(lambda: _page(document, pages), *(each.digest for each in pages))


def pages_about_the_site() -> list[Document]:
    """The pages about the site in their order, after the one called ``about``."""

    def order(document: Document) -> tuple[bool, int, str]:
        meta = document.meta
        place = meta.order if isinstance(meta, PageMeta) and meta.order is not None else 1000
        return document.slug != "about", place, document.slug

    return sorted(_all(Kind.PAGE), key=order)


def _page(document: Document, pages: list[Document]) -> str:
    return render_template(
        "reading/page.html", document=document, meta=document.meta, text=text_of(document), pages=pages
    )
