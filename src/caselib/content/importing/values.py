"""Strangers' values as ours: 浙江省嘉兴市 as 330400, 食品制造业 as C14, 2022年1月3日 as a date, 小型企业 as 小型.

A converter answers None when it is not sure; nothing is guessed. Which key a value stands under is for ``fields``,
and whether that key may have it for ``mapping``, which asks the model.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple
from unicodedata import normalize

from pydantic import TypeAdapter, ValidationError

from caselib.content.models import Batch, Metric, Year, as_region_code
from caselib.content.taxonomy import Taxonomy
from caselib.content.vocabulary import Term, Vocabulary


class Converted(NamedTuple):
    """A value for our front matter; ``complete`` is False when the original says more and must be kept too."""

    value: Any
    complete: bool = True


Converter = Callable[[Any, Taxonomy], Converted | None]

_SEPARATORS = ",，、;；/|\n"
_DATE = re.compile(
    r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})(?!\d)\s*日?(?P<rest>.*)", re.DOTALL
)
_COMPACT_DATE = re.compile(r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?P<rest>)")
_YEAR = re.compile(r"(?P<y>2\d{3})\s*(?:年度?)?(?P<rest>.*)", re.DOTALL)
_BATCH = re.compile(r"第?\s*(\d{1,4}|[一二三四五六七八九十])\s*批?")
_INDUSTRY_CODE = re.compile(r"(?P<code>[A-Ta-t](?:\d\d)?)(?P<digits>\d{0,2})(?![A-Za-z0-9])(?P<rest>.*)", re.DOTALL)
_PLACE_SEPARATORS = re.compile(r"[\s\-—/·,，、>]+")
_FLAG, _OUR_YEAR, _OUR_BATCH = TypeAdapter(bool), TypeAdapter(Year), TypeAdapter(Batch)
_METRIC_KEYS = {
    **dict.fromkeys(("name", "指标", "名称", "指标名称"), "name"),
    **dict.fromkeys(("unit", "单位"), "unit"),
    **dict.fromkeys(("before", "提升前", "改进前", "前"), "before"),
    **dict.fromkeys(("after", "提升后", "改进后", "后"), "after"),
    **dict.fromkeys(("change", "变化", "提升", "增幅"), "change"),
}


def text(value: Any, _: Taxonomy) -> Converted | None:
    """Text from text, a number, or a list of them."""
    if isinstance(value, list) and value and all(isinstance(item, str | int | float) for item in value):
        return Converted("；".join(map(str, value)).strip())
    if isinstance(value, bool | dict | list) or value is None:
        return None
    return Converted(str(value).strip())


def title(value: Any, taxonomy: Taxonomy) -> Converted | None:
    """One line of at most 200 characters."""
    found = text(value, taxonomy)
    if not found or not found.value:
        return None
    line = " ".join(found.value.split())
    return Converted(line) if len(line) <= 200 else Converted(line[:199] + "…", complete=False)


def day(value: Any, _: Taxonomy) -> Converted | None:
    """A date from what people write; a time of day with it stays behind."""
    if isinstance(value, date):
        return Converted(value)
    written = normalize("NFKC", str(value)).strip()
    found = _DATE.match(written) or _COMPACT_DATE.fullmatch(written)
    if not found:
        return None
    try:
        return Converted(date(int(found["y"]), int(found["m"]), int(found["d"])), not found["rest"].strip())
    except ValueError:
        return None


def year(value: Any, _: Taxonomy) -> Converted | None:
    """A year from 2022, 2022年度 or a date."""
    if ours := _number(_OUR_YEAR, value):
        return Converted(ours)
    found = _YEAR.match(normalize("NFKC", str(value)).strip())
    return Converted(int(found["y"]), not found["rest"].strip()) if found else None


def batch(value: Any, _: Taxonomy) -> Converted | None:
    """The number in 3, 第3批 or 第三批."""
    if ours := _number(_OUR_BATCH, value):
        return Converted(ours)
    found = _BATCH.fullmatch(normalize("NFKC", str(value)).strip())
    if not found:
        return None
    number = int(found[1]) if found[1].isdigit() else "一二三四五六七八九十".index(found[1]) + 1
    return Converted(number)


def _number(ours: TypeAdapter[int], value: Any) -> int | None:
    """What our own front matter takes the value for."""
    try:
        return ours.validate_python(value)
    except ValidationError:
        return None


def flag(value: Any, _: Taxonomy) -> Converted | None:
    """True or false, in every way that our own front matter may say it, or as 是 and 否."""
    try:
        return Converted(_FLAG.validate_python({"是": True, "否": False}.get(str(value).strip(), value)))
    except ValidationError:
        return None


def firm_size(value: Any, _: Taxonomy) -> Converted | None:
    """小型企业 and 小 as 小型; 小微企业 is two sizes and so becomes none that there is."""
    return Converted(str(value).strip().removesuffix("企业").removesuffix("型") + "型")


def lines(value: Any, _: Taxonomy) -> Converted | None:
    """A list of short texts from a list, or from text with separators."""
    return _listed(_items(value))


def standards(value: Any, _: Taxonomy) -> Converted | None:
    """A list of numbers of standards: the slash of GB/T belongs to the number."""
    return _listed(_items(value, separators=_SEPARATORS.replace("/", "")))


def _listed(items: list[str]) -> Converted | None:
    return Converted(list(filter(None, items)), all(items)) if any(items) else None


def industry(value: Any, taxonomy: Taxonomy) -> Converted | None:
    """Codes from codes (C14, C1411, C14 食品制造业) or names (食品制造业, 食品制造)."""
    names = {_bare_industry(term.name) for term in taxonomy.industries.values()}
    return _joined([_industry(item, taxonomy.industries) for item in _items(value, names)])


def _industry(item: str, industries: Vocabulary) -> Converted | None:
    written = normalize("NFKC", item).strip()
    found = _INDUSTRY_CODE.fullmatch(written)
    term = industries.get(found["code"].upper()) if found else None
    if found and term:
        rest = found["rest"].strip(" :()-")
        if len(term.key) > 1 or rest in ("", term.name):
            return Converted(term.key, not found["digits"] and rest in ("", term.name))
    named = _by_name(written, industries.values(), _bare_industry)
    return Converted(named.key) if named else None


def _bare_industry(name: str) -> str:
    return name.removesuffix("行业").removesuffix("业")


def region(value: Any, taxonomy: Taxonomy) -> Converted | None:
    """A six-digit code, or the place of a name: 浙江省嘉兴市, 嘉兴, 浙江-嘉兴-桐乡 (the county stays behind)."""
    written = normalize("NFKC", str(as_region_code(value))).strip(" “”‘’")
    if taxonomy.region_path(written):
        return Converted(written)
    name = _PLACE_SEPARATORS.sub("", "".join(map(str, value)) if isinstance(value, list) else written)
    regions = taxonomy.regions
    if found := _by_name(name, regions.values(), str):
        return Converted(found.key)
    province, rest = _place_at_start(name, regions.children(None))
    city, rest = _place_at_start(rest, regions.children(province.key) if province else regions.values())
    place = city or province
    if rest.startswith("区"):  # 朝阳区 is in Beijing, and 河北区 in Tianjin
        return None
    return Converted(place.key, not rest) if place else None


def _place_at_start(name: str, places: Iterable[Term]) -> tuple[Term | None, str]:
    for place in places:
        for word in (place.name, place.short):
            if len(word) >= 2 and name.startswith(word):
                return place, name.removeprefix(word)
    return None, name


def terms_of(vocabulary_name: str) -> Converter:
    """The converter of ``problems``, ``measures`` or ``effects``: keys from keys, names and their other words."""

    def convert(value: Any, taxonomy: Taxonomy) -> Converted | None:
        vocabulary: Vocabulary = getattr(taxonomy, vocabulary_name)
        names = {name for term in vocabulary.values() for name in (term.name, *term.terms)}
        found = [_by_name(item, vocabulary.values(), str.casefold) for item in _items(value, names)]
        return _joined([Converted(term.key) if term else None for term in found])

    return convert


def metrics(value: Any, _: Taxonomy) -> Converted | None:
    """A list of metrics whose keys are ours or Chinese; the whole list or nothing."""
    if not isinstance(value, list) or not value:
        return None
    found = []
    for item in value:
        if not isinstance(item, dict) or not all(key in _METRIC_KEYS for key in item):
            return None
        said = {key: figure for key, figure in item.items() if figure is not None}
        found.append({_METRIC_KEYS[key]: figure for key, figure in said.items()})
        if len(found[-1]) < len(said):
            return None
    try:
        for item in found:
            Metric.model_validate(item)
    except ValueError:
        return None
    return Converted(found)


def _items(value: Any, names: Iterable[str] = (), *, separators: str = _SEPARATORS) -> list[str]:
    """The items of a text with ``separators``, which do not cut one of ``names`` that holds them; or of a list.

    Of a list YAML has cut the text at its own commas only, and knows no other brackets than its own; what in it is no
    text is an empty item.
    """
    if isinstance(value, str):
        whole = sorted((name for name in names if set(name) & set(separators)), key=lambda name: (-len(name), name))
        item = "|".join([*map(re.escape, whole), f"[^{separators}]"])
        found = re.findall(f"(?i:(?:{item})+)", value.strip("【】［］"))
        return [each.strip() for each in found if each.strip()]
    if isinstance(value, list):
        texts = [str(item) if isinstance(item, str | int | float) else "" for item in value if item not in (None, "")]
        return [each for item in texts for each in _items(item, names, separators="，、；") or [""]]
    return [] if value is None or isinstance(value, dict | bool) else [str(value)]


def _by_name(asked: str, terms: Iterable[Term], fold: Callable[[str], str]) -> Term | None:
    """The one term with this key, name or other word; None if there is none, or more than one."""
    asked = fold(asked.strip())
    found: dict[str, Term] = {}
    for term in terms:
        if asked in (fold(term.key), fold(term.name)):
            return term
        if asked in map(fold, term.terms):
            found[term.key] = term
    return next(iter(found.values())) if len(found) == 1 else None


def _joined(found: list[Converted | None]) -> Converted | None:
    known = [item for item in found if item]
    if not known:
        return None
    whole = len(known) == len(found) and all(item.complete for item in known)
    return Converted(list(dict.fromkeys(item.value for item in known)), whole)
