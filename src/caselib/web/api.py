"""开放接口: the public, read-only JSON API under ``/api/``.

Everything here is open to anyone, holds no session and changes nothing. A request that is wrong is refused with a
sentence that says how to mend it; what an address may ask is ``parameters``' to say, what is found the rooms'.
"""

import json
from collections.abc import Callable

from flask import Blueprint, Response, render_template, request
from pydantic import ValidationError

from caselib.content import Kind, Term
from caselib.errors import CaselibError, Gone, NotFound
from caselib.search import SearchRoom
from caselib.web import addresses, asking, caching, listing, openapi, parameters, suggesting
from caselib.web.answers import (
    CaseAnswer,
    DescriptionAnswer,
    Error,
    ErrorAnswer,
    GuideAnswer,
    Story,
    TaxonomyAnswer,
    search_json,
)
from caselib.web.noticing import tombstone_of
from caselib.web.openapi import TAXONOMIES
from caselib.web.requests import needs_no_token
from caselib.web.rooms import rooms, search_room

blueprint = Blueprint("api", __name__)
needs_no_token(blueprint)

PREFIX = "/api/"
JSON = "application/json"


class Refused(CaselibError):
    """A request that names a parameter or a value that does not exist; ``field`` is the parameter."""

    def __init__(self, message: str, remedy: str, field: str | None = None, status: int = 400) -> None:
        super().__init__(message, remedy)
        self.field = field
        self.status = status


def problem(status: int, message: str, remedy: str, field: str | None = None) -> Response:
    """The JSON of an error."""
    body = ErrorAnswer(error=Error(message=message, remedy=remedy, field=field)).model_dump_json()
    return open_to_all(Response(body, status, content_type=JSON, headers={"Cache-Control": "no-store"}))


@blueprint.after_request
def open_to_all(response: Response) -> Response:
    """Scripts of any site may read the answer; it never depends on who asks."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS, POST"
    response.headers["Access-Control-Allow-Headers"] = "Accept, Content-Type, If-None-Match"
    response.headers["Access-Control-Expose-Headers"] = "ETag"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.errorhandler(Refused)
def refused(error: Refused) -> Response:
    """What was asked for wrongly; every other error is answered by ``errors``."""
    return problem(error.status, error.message, error.remedy, error.field)


@blueprint.before_request
def _only_json() -> None:
    accepted = request.accept_mimetypes
    if request.endpoint != "api.index" and accepted and not accepted.accept_json:
        raise Refused("接口只提供 JSON。", "把请求头 Accept 写成 application/json，或者不写。", status=406)


@blueprint.get("/api/")
def index() -> Response:
    """The page about the API, for people."""
    return caching.page(
        lambda: render_template(
            "api/index.html", operations=openapi.OPERATIONS, examples=_examples(), parameters=parameters
        )
    )


def _examples() -> dict[str, str]:
    """The newest case and guide, by the operation that reads such; none without an index."""
    kinds = (Kind.CASE, Kind.GUIDE) if rooms.search.ready else ()
    hits = {kind.value: listing.find(kind=(kind.value,), per_page=1).hits for kind in kinds}
    return {name: f"/api/v1{found[0].url}" for name, found in hits.items() if found}


@blueprint.get("/api/openapi.json")
def description() -> Response:
    """The page about the API, for programs."""
    return _answer(lambda: json.dumps(openapi.document(addresses.configured("") or "/"), ensure_ascii=False))


@blueprint.get("/api/v1/search")
def search() -> Response:
    """A page of results with facets."""
    asked, notes = parameters.parse(request.args, rooms.names.taxonomy())
    for note in notes:
        raise Refused(note.message, note.remedy, note.field)
    room = search_room()
    return _answer(lambda: search_json(room.search(asked.query())))


@blueprint.get("/api/v1/cases/<slug>")
def case(slug: str) -> Response:
    """One case."""
    _no_parameters()
    try:
        document = rooms.store.read(Kind.CASE, slug)
    except NotFound:
        if tombstone := tombstone_of(slug):
            raise Gone(f"案例“{tombstone.title}”已经撤下。", f"原因：{tombstone.reason}") from None
        raise
    return _answer(lambda: CaseAnswer.of(document).model_dump_json(), document.digest)


@blueprint.get("/api/v1/guides/<slug>")
def guide(slug: str) -> Response:
    """One guide."""
    _no_parameters()
    document = rooms.store.read(Kind.GUIDE, slug)
    return _answer(lambda: GuideAnswer.of(document).model_dump_json(), document.digest)


@blueprint.get("/api/v1/suggest")
def suggest() -> Response:
    """What a half-written query may become."""
    _no_parameters("q")
    typed = request.args.get("q", "")
    return _answer(lambda: json.dumps(suggesting.suggestions(typed), ensure_ascii=False))


@blueprint.get("/api/v1/describe")
def describe() -> Response:
    """What a problem told in somebody's own words is, and what helps."""
    _no_parameters("q")
    text = asking.typed_text(request.args.get("q", ""))
    if not text:
        raise Refused("没有写问题。", "用参数 q 写一段话，例如 q=客户老是退货。", "q")
    room = search_room()
    return _answer(lambda: _described(room, text))


@blueprint.post("/api/v1/describe")
def tell() -> Response:
    """The same of a text that is too long or too personal for an address; the answer is for whoever asks alone."""
    _no_parameters()
    request.max_content_length = asking.MOST_SENT
    try:
        text = asking.typed_text(Story.model_validate_json(request.get_data()).q)
    except ValidationError:
        raise Refused("请求体不是所要的 JSON。", '只写 q 这一项，例如 {"q": "客户老是退货"}。', "q") from None
    if not text:
        raise Refused("没有写问题。", '在 q 里写一段话，例如 {"q": "客户老是退货"}。', "q")
    return Response(_described(search_room(), text), content_type=f"{JSON}; charset=utf-8")


def _described(room: SearchRoom, text: str) -> str:
    return DescriptionAnswer.model_validate(room.describe(text)).model_dump_json()


@blueprint.get("/api/v1/taxonomy/<name>")
def taxonomy(name: str) -> Response:
    """A vocabulary with all its terms; problems come with their groups."""
    _no_parameters()
    if name not in TAXONOMIES:
        raise NotFound(f"没有“{name[:40]}”这个词表。", f"词表有：{'、'.join(TAXONOMIES)}。")
    return _answer(lambda: TaxonomyAnswer.of(name, _terms(name)).model_dump_json())


def _terms(name: str) -> list[Term]:
    known = rooms.names.taxonomy()
    groups = list(known.problem_groups.values()) if name == "problems" else []
    return [*groups, *getattr(known, name).values()]


def _no_parameters(*known: str) -> None:
    for name in request.args:
        if name not in known:
            remedy = f"这个地址只有 {'、'.join(known)} 这个参数。" if known else "这个地址不带参数。"
            raise Refused(f"没有“{name[:40]}”这个参数。", remedy, name[:40])


def _answer(render: Callable[[], str | bytes], *made_from: object) -> Response:
    return caching.data(render, JSON, *made_from)
