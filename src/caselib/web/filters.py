"""What templates may call: names of codes, Chinese numbers and dates, addresses of static files and of searches.

Formatting only: nothing here asks the search room or reads a document.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote_plus

from flask import Blueprint, Flask, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup, escape

from caselib.content import Kind, Taxonomy, Term
from caselib.content.figures import number
from caselib.content.rendering import unbroken
from caselib.publishing.documents import batch_name
from caselib.publishing.wording import action_name, kind_name
from caselib.review.calendar import ZONE, written
from caselib.web.requests import has_session
from caselib.web.rooms import rooms

NAVIGATION = (
    ("案例", "/cases/"),
    ("指南", "/guides/"),
    ("问题", "/problems/"),
    ("行业", "/industries/"),
    ("批次", "/batches/"),
    ("成效", "/insights"),
    ("关于", "/about"),
)
KINDS = {kind.value: kind.label for kind in Kind}

blueprint = Blueprint("filters", __name__)
_JOINTS = re.compile("|".join("(?:</?mark>)*".join(word) for word in ("小微企业", "提升行动", "实施指南")))
"""Words on either side of which the long names of guides, of batches and of this site may break."""


@blueprint.record_once
def _note_addresses(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        static_url=static_url, search_url=search_url, term=term, terms=terms, place=place, kinds=KINDS
    )
    state.app.jinja_env.globals.update(
        industry_links=industry_links, region_links=region_links, topic_links=topic_links, has_session=has_session
    )


@blueprint.app_context_processor
def _expose() -> dict[str, object]:
    return {"site": rooms.settings.site}


@blueprint.after_app_request
def _keep_static(response: Response) -> Response:
    if request.endpoint == "static" and "v" in request.args and response.status_code < 400:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def static_url(name: str) -> str:
    """The address of a static file, with its version, so that browsers may keep it for a year."""
    return _static_address(current_app._get_current_object(), name)  # type: ignore[attr-defined]


@lru_cache(maxsize=64)
def _static_address(app: Flask, name: str) -> str:
    version = blake2b((Path(str(app.static_folder)) / name).read_bytes(), digest_size=4).hexdigest()
    return f"{app.static_url_path}/{name}?v={version}"


def search_url(path: str = "/search", **changes: object) -> str:
    """``path`` with a query string of ``changes``; a list or tuple repeats its key, empty values are left out."""
    pairs = [
        (key, each)
        for key, value in changes.items()
        for each in (value if isinstance(value, list | tuple) else [value])
        if each not in (None, "")
    ]
    return f"{path}?{'&'.join([f'{key}={_quoted(str(each))}' for key, each in pairs])}" if pairs else path


_quoted = lru_cache(maxsize=1024)(quote_plus)
"""A page has the address of its own search in several forms."""


def term(vocabulary: str, key: str) -> Term:
    """The term of ``vocabulary`` (``industries``, ``problems`` …); an unknown key is its own name."""
    found: Term | None = getattr(rooms.names.taxonomy(), vocabulary).get(key)
    return found or Term(key, key)


def terms(vocabulary: str, keys: Iterable[str]) -> list[Term]:
    """The terms of several keys."""
    return [term(vocabulary, key) for key in keys]


def place(code: str | None) -> str:
    """A region for display, province and city: 浙江嘉兴."""
    return place_in(rooms.names.taxonomy(), code) if code else ""


@lru_cache(maxsize=4096)
def place_in(known: Taxonomy, code: str) -> str:
    """The same, by the names of one taxonomy."""
    return "".join(each.short for each in known.region_path(code))


Links = list[tuple[str, str]]
"""Texts and the addresses they lead to."""


def industry_links(codes: Iterable[str]) -> Links:
    """A link for each code; the text names its letter too, where it is not the letter itself."""
    return [(term("industries", code).name, f"/industries/{code}") for code in codes]


def region_links(code: str | None) -> Links:
    """A link for the province and for the city of a code."""
    found = rooms.names.taxonomy().region_path(code) if code else []
    return [(each.name, f"/regions/{each.key}") for each in found]


def topic_links(facet: str, keys: Iterable[str]) -> Links:
    """Problems lead to their pages; measures and effects to the search for them."""
    named = terms(f"{facet}s", keys)
    return [
        (each.name, f"/problems/{each.key}" if facet == "problem" else search_url(**{facet: each.key}))
        for each in named
    ]


@blueprint.app_template_filter("phrases")
def phrases(title: str) -> str:
    """The class of a title made of phrases, which break between and not inside; empty for any other."""
    return "phrases" if " " in title or "：" in title else ""


@blueprint.app_template_filter("breakable")
def breakable(title: str) -> Markup:
    """A long name, escaped, that breaks beside the words such names are made of and not inside one."""
    broken, joints = _JOINTS.subn(r"<wbr>\g<0><wbr>", str(escape(title)))
    return Markup(f'<span class="phrases">{broken}</span>' if joints else broken)  # noqa: S704 - escaped above


@blueprint.app_template_filter("standard")
def standard(text: str) -> Markup:
    """The number of a standard, and its name if it has one, escaped: the number stays on one line."""
    return Markup(unbroken(str(escape(text))))  # noqa: S704 - escaped


@blueprint.app_template_global()
def called(code: str) -> str:
    """The name of a region or industry, for what a room says in codes."""
    known = rooms.store.taxonomy
    vocabulary = known.regions if code[:1].isdigit() else known.industries
    return vocabulary[code].name if code in vocabulary else code


blueprint.add_app_template_filter(number)
blueprint.add_app_template_filter(batch_name)
blueprint.add_app_template_filter(action_name)
blueprint.add_app_template_filter(kind_name)


@blueprint.app_template_filter("day")
def day(value: date | str | None) -> str:
    """A date as public sites write it: 2023-04-20."""
    return str(value)[:10] if value else ""


@blueprint.app_template_filter("written_day")
def written_day(value: date | str) -> str:
    """A date, or one that the journal keeps in ISO 8601, in a sentence: 2022年9月30日."""
    return written(date.fromisoformat(value) if isinstance(value, str) else value)


@blueprint.app_template_filter("moment")
def moment(value: datetime | None) -> str:
    """A moment on the clock of Asia/Shanghai: 2022-09-30 16:05."""
    return f"{value.astimezone(ZONE):%Y-%m-%d %H:%M}" if value else ""


@blueprint.app_template_filter("file_size")
def file_size(count: int) -> str:
    """The size of a file: 640 KB, 2.5 MB."""
    kilobytes = max(1, round(count / 1024))
    return f"{count / 1024 / 1024:.1f} MB" if kilobytes >= 1024 else f"{kilobytes} KB"
