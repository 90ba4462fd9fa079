"""The form of a case: its fields as front matter, and what there is to choose from.

Reads and shows; whether a value fits is said by ``review.prechecks``. What is not a number stays as it was typed, so that
nothing is lost and the fault can be shown.
"""

from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from caselib.content import CaseMeta, Kind, Taxonomy, Term
from caselib.content.encoding import without_controls
from caselib.content.models import FIRM_SIZES
from caselib.web.rooms import readable, rooms

TEXTS = ("title", "region", "firm", "firm_size", "certifier", "submitter", "summary", "source")
LISTS = ("industry", "problems", "measures", "effects", "guides")
METRIC = ("name", "unit", "before", "after", "change")
SPARE_ROWS = 2
_TYPED = str.maketrans("−－％", "--%", "，,")
"""As numbers are read: this site itself writes a minus that is no hyphen."""
_WHOLE = 10**15
"""Up to here a number is written in digits alone, and is the same with and without a fraction of nothing."""
INDUSTRIES = 3
"""How many industries a form takes."""

LABELS = {name: field.title or name for name, field in CaseMeta.model_fields.items()} | {"body": "正文"}

Form = MultiDict[str, str]
Choices = list[tuple[str, list[tuple[str, str]]]]
"""Groups: the group's name, and code and name of each of its members."""


def read(form: Form) -> tuple[dict[str, Any], str]:
    """Front matter and body as typed, without what was left empty and without characters that nobody sees."""
    form = MultiDict((key, without_controls(text)) for key, text in form.items(multi=True))
    front: dict[str, Any] = {key: form.get(key, "").strip() for key in TEXTS}
    front |= {key: list(dict.fromkeys(filter(None, map(str.strip, form.getlist(key))))) for key in LISTS}
    front["year"] = number(form.get("year", ""), int)
    front["metrics"] = _metrics(form)
    filled = {key: value for key, value in front.items() if value not in ("", [], None)}
    return filled, form.get("body", "")


def number(text: str, kind: type[int] | type[float] = float) -> int | float | str:
    """The number that was typed, 98 as 98 and not as 98.0; or the text if it is none, or one that no computer can hold."""
    try:
        found = kind(text.strip().translate(_TYPED).removesuffix("%").replace("_", "?"))  # to Python 1_5 is 15
        whole = int(found)  # not a number and infinity have none
        return whole if whole == found and abs(whole) < _WHOLE else found
    except (ValueError, OverflowError):
        return text.strip()


def _metrics(form: Form) -> list[dict[str, Any]]:
    rows = zip(*(form.getlist(f"metric-{key}") for key in METRIC), strict=False)
    found = [
        {
            key: number(text) if key not in ("name", "unit") else text.strip()
            for key, text in zip(METRIC, row, strict=True)
        }
        for row in rows
    ]
    kept = [{key: value for key, value in row.items() if value != ""} for row in found]
    return [row for row in kept if row]


@dataclass(frozen=True)
class Offer:
    """What the form offers to choose from."""

    industries: Choices
    regions: Choices
    problems: Choices
    measures: Choices
    effects: Choices
    guides: Choices
    firm_sizes: tuple[str, ...] = FIRM_SIZES


def offer() -> Offer:
    """What there is to choose from now."""
    known = rooms.store.taxonomy
    return Offer(
        industries=_tree(known.industries.children(None), known.industries.children),
        regions=_regions(known),
        problems=_tree(known.problem_groups.values(), known.problems.children, itself=False),
        measures=[("", _pairs(known.measures.values()))],
        effects=[("", _pairs(known.effects.values()))],
        guides=[("", _guides())],
    )


def _pairs(terms: Any) -> list[tuple[str, str]]:
    return [(term.key, term.name) for term in terms]


def _tree(groups: Any, children: Any, *, itself: bool = True) -> Choices:
    """Each group with its members; with ``itself`` the group may be chosen too."""
    return [
        (group.name, ([(group.key, f"{group.name}（门类）")] if itself else []) + _pairs(children(group.key)))
        for group in groups
    ]


def _regions(known: Taxonomy) -> Choices:
    return [
        (province.name, [(province.key, f"{province.name}（全域）"), *_pairs(_cities(known, province))])
        for province in known.regions.children(None)
    ]


def _cities(known: Taxonomy, province: Term) -> list[Term]:
    """The places under a province that have a name of their own."""
    found = known.regions.children(province.key)
    return [city for city in found if known.region_path(city.key)[-1] is city]


def _guides() -> list[tuple[str, str]]:
    found = [readable(Kind.GUIDE, slug) for _, slug in rooms.store.scan(Kind.GUIDE)]
    return [(guide.slug, guide.meta.title) for guide in found if guide]
