"""Ways in: the home page, and what there is for one industry, region or common problem.

Every list and every count is an answer of the search room, at most two a page; no page reads every file.
"""

from flask import Blueprint, Response, abort, redirect, render_template

from caselib.content import Kind
from caselib.search import FacetValue
from caselib.web import caching, listing
from caselib.web.filters import industry_links, region_links
from caselib.web.rooms import readable, rooms, search_room
from caselib.web.searching import flat

blueprint = Blueprint("browsing", __name__)

SHOWN = 6
"""Cases of the latest batch on the home page, and guides on an industry's, a region's or a problem's page."""
EXAMPLES = ("合格率上不去", "返工多", "没人懂质量", "ISO 9001")
"""Searches to try, on the home page."""


@blueprint.get("/")
def home() -> Response:
    """The search box first; then ways in by problem, industry and region, and the latest batch."""
    return caching.page(_home)


def _home() -> str:
    facets = listing.find(per_page=1).facets
    latest = max((int(value.value) for value in facets.get("batch", [])), default=None)
    newest = listing.find(kind=("case",), per_page=listing.IN_BATCH, **({"batch": (latest,)} if latest else {}))
    entries = listing.entries(newest.hits)
    return render_template(
        "browsing/home.html",
        examples=EXAMPLES,
        problems=grouped_problems(facets),
        industries=facets.get("industry", []),
        regions=facets.get("region", []),
        latest=latest,
        batch=readable(Kind.BATCH, str(latest)) if latest else None,
        newest=entries[:SHOWN],
        featured=next((each for each in entries if each.figure and each.figure.before), None),
        newest_total=newest.total,
    )


def grouped_problems(facets: dict[str, list[FacetValue]]) -> list[tuple[str, str, list[tuple[str, str, int]]]]:
    """``(group, note, [(key, name, count)])`` for every group of common problems, in the taxonomy's order."""
    taxonomy = rooms.names.taxonomy()
    counts = {value.value: value.count for value in facets.get("problem", [])}
    return [
        (
            group.name,
            group.description,
            [(each.key, each.name, counts.get(each.key, 0)) for each in taxonomy.problems.children(group.key)],
        )
        for group in taxonomy.problem_groups.values()
    ]


@blueprint.get("/industries/")
def industries() -> Response:
    """Every industry that has something, letters with their divisions."""
    search_room()
    return caching.page(
        lambda: render_template(
            "browsing/industries.html", industries=listing.find(per_page=1).facets.get("industry", [])
        )
    )


@blueprint.get("/industries/<code>")
def industry(code: str) -> Response:
    """What there is for one industry."""
    path = rooms.names.taxonomy().industry_path(code)
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
    known = rooms.names.taxonomy()
    path = known.region_path(code)
    if not path:
        abort(404)
    if code not in known.regions:  # a county, which is shown by the name of its city
        return redirect(f"/regions/{path[-1].key}", code=308)  # type: ignore[return-value]
    named = path[-1] is known.regions[code]
    title = path[-1].name if named else f"{path[-1].name}（{known.regions[code].name}）"  # 重庆市（县）
    steps = region_links(path[0].key) if path[1:] or not named else []
    return caching.page(lambda: _topic("region", code, title, "地区", "", steps=steps))


@blueprint.get("/problems/")
def problems() -> Response:
    """The common problems by group."""
    return caching.page(
        lambda: render_template("browsing/problems.html", groups=grouped_problems(listing.find(per_page=1).facets))
    )


@blueprint.get("/problems/<key>")
def problem(key: str) -> Response:
    """One common problem: what it is, and who solved it."""
    term = rooms.names.taxonomy().problems.get(key)
    if term is None:
        abort(404)
    return caching.page(lambda: _topic("problem", key, term.name, "问题", "/problems/", topic=term))


def _topic(facet: str, value: str, title: str, above: str, above_path: str, **shown: object) -> str:
    """The page of one value of a facet: guides first, then cases, then ways on."""
    search_room()
    guides = listing.find(kind=("guide",), per_page=SHOWN, **{facet: (value,)})
    cases = listing.find(kind=("case",), **{facet: (value,)})
    own = {key: {each.value: each for each in flat(cases.facets.get(key, []))} for key in ("industry", "region")}
    return render_template(
        "browsing/topic.html",
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
