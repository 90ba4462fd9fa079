"""A stranger's header as our front matter: what is mapped, what is kept under its own name, what is missing.

Nothing is lost: a value that cannot be read as ours, or says more than ours can hold, stays beside it; under its own
name, or as ``imported_<key>`` where that is one of our keys.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError

from caselib.content.importing import fields
from caselib.content.importing.headers import Header
from caselib.content.importing.values import Converted, title
from caselib.content.models import META, Kind
from caselib.content.outline import outline
from caselib.content.plaintext import sections
from caselib.content.taxonomy import Taxonomy
from caselib.errors import CaselibError

_NUMBERED = re.compile(r"[（(]?[一二三四五六七八九十\d]{1,3}[)）、.．]")
_DATED = re.compile(r"((?:19|20)\d\d)[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])(?!\d)[-_. ]*")
_NO_HEADER = "没有认出文件头（文件最前面，上下各有一行 ---，中间每行一个“键: 值”）。"


@dataclass
class Draft:
    """Front matter in the making, and what the report says of it."""

    values: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    mapped: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    """The original key of each kept one that had to take another name."""
    unread: dict[str, Any] = field(default_factory=dict)
    """What the file says first of a key of ours that could not be read."""

    def front_matter(self, kind: Kind) -> dict[str, Any]:
        """Our keys in the order of the model, then the kept ones."""
        return {key: self.values[key] for key in META[kind].model_fields if key in self.values} | self.kept


def convert(header: Header, stem: str, kind: Kind, taxonomy: Taxonomy, defaults: dict[str, Any]) -> Draft:
    """The front matter of a file called ``stem`` with this header; ``defaults`` fill what it lacks.

    Raises:
        CaselibError: the file lacks a required key.
    """
    draft = Draft()
    used = _map(draft, header.values, kind, taxonomy)
    _keep(draft, {key: value for key, value in header.values.items() if key not in used}, kind)
    _derive(draft, header, stem, taxonomy)
    for key, value in defaults.items():
        if key not in draft.values:
            draft.values[key] = value
            draft.mapped.append(f"{key} ← --set")
    _refuse_incomplete(draft, kind, taxonomy, has_header=bool(header.values))
    header.notes.extend(_unread_notes(draft, kind, taxonomy))
    return draft


def _unread_notes(draft: Draft, kind: Kind, taxonomy: Taxonomy) -> list[str]:
    """What is said of each key of ours that is nowhere in the file in a form that can be read."""
    return [
        f"{name}（{META[kind].model_fields[name].title}）的值不认识，原样留着。{_expected(kind, name, taxonomy, value)}"
        for name, value in draft.unread.items()
        if name not in draft.values
    ]


def as_it_is(values: dict[str, Any], kind: Kind, defaults: dict[str, Any]) -> Draft | None:
    """The front matter of a file of ours, if nothing in it goes by another name and ``defaults`` add nothing."""
    said = {key: value for key, value in values.items() if value not in (None, "", [])}
    ours = {key: value for key, value in said.items() if key in META[kind].model_fields}
    meant = {name for names in fields.names(kind).values() for name in names}
    if not defaults.keys() <= ours.keys() or any(fields.fold(key) in meant for key in said.keys() - ours.keys()):
        return None
    return Draft(ours, {key: value for key, value in said.items() if key not in ours}, list(ours))


def defaults_for(kind: Kind, given: dict[str, str], taxonomy: Taxonomy) -> dict[str, Any]:
    """The values of ``--set``, read like those of a file.

    Raises:
        CaselibError: an unknown key, or a value that cannot be read.
    """
    found: dict[str, Any] = {}
    for name, written in given.items():
        key = next((key for key, names in fields.names(kind).items() if fields.fold(name) in names), None)
        if key is None:
            keys = "、".join(META[kind].model_fields)
            raise CaselibError(f"--set 的键 {name} 不是{kind.label}的键。", f"可用的键：{keys}。")
        converted = _converted(key, written, kind, taxonomy)
        if not converted:
            raise CaselibError(f"--set {name}={written} 的值不认识。", _expected(kind, key, taxonomy, written))
        found[key] = converted.value
    return found


def refuse_unpublished(header: Header) -> None:
    """Refuse a file that says that it is not for the public.

    Raises:
        CaselibError: it does.
    """
    for key, value in (header.values or _answers(header.body)).items():
        if fields.unpublished(key, value):
            raise CaselibError(
                f"文件标为未公开（{key}: {str(value).lower()}），导入后会直接公开。",
                f"确认可以公开后，删去 {key} 这一行再导入。",
            )


def _answers(body: str) -> dict[str, str]:
    """What a text without a header says in short lines at its top: **是否公开**：否."""
    pairs = (line.replace("：", ":").split(":") for line in body[:2000].split("\n") if len(line) <= 20)
    return {pair[0].strip(" *"): pair[1].strip(" *") for pair in pairs if len(pair) == 2}


def _map(draft: Draft, values: dict[str, Any], kind: Kind, taxonomy: Taxonomy) -> set[str]:
    """Fill ``draft`` from the keys that mean one of ours; the keys that need not be kept any more."""
    folded = {fields.fold(key): key for key in reversed(values)}
    used: set[str] = set()
    for field_name, names in fields.names(kind).items():
        for key in dict.fromkeys(folded[name] for name in names if name in folded):
            converted = _converted(field_name, values[key], kind, taxonomy)
            if converted is None:
                if values[key] not in (None, "", []):
                    draft.unread.setdefault(field_name, values[key])
                continue
            draft.values[field_name] = converted.value
            draft.mapped.append(_said(field_name, key, values[key], converted.value))
            if converted.complete:
                used.add(key)
            break
    return used


def _said(field_name: str, key: str, value: Any, ours: Any) -> str:
    if field_name == key and value == ours:
        return field_name
    was, now = str(value), ", ".join(ours) if isinstance(ours, list) and isinstance(ours[0], str) else str(ours)
    if was == now or len(was) > 40 or len(now) > 40:
        return f"{field_name} ← {key}"
    return f"{field_name} ← {key}（{was} → {now}）"


def _converted(field_name: str, value: Any, kind: Kind, taxonomy: Taxonomy) -> Converted | None:
    if value is None or value == "":
        return None
    converted = fields.converter(field_name)(value, taxonomy)
    if converted is None or converted.value in ("", []):
        return None
    try:
        META[kind].model_validate({field_name: converted.value})
    except ValidationError as error:
        if any(fault["loc"][0] == field_name for fault in error.errors()):
            return None
    return converted


def _keep(draft: Draft, values: dict[str, Any], kind: Kind) -> None:
    for key, value in values.items():
        if value is None or value in ("", []):
            continue
        name = f"imported_{key}" if key in META[kind].model_fields else key or "imported_text"
        while name in draft.kept:
            name += "_2"
        draft.kept[name] = value
        if name != key:
            draft.renamed[name] = key


def _derive(draft: Draft, header: Header, stem: str, taxonomy: Taxonomy) -> None:
    """Title and year from where else a file may say them; no year where it says one that cannot be read."""
    found = _DATED.match(stem)
    candidates = (
        (_title_in_body(header.body), "正文的第一个标题"),
        (str(header.values.get("subject") or ""), "subject"),
        (stem[found.end() if found else 0 :].replace("_", " "), "文件名"),
        (stem, "文件名"),
    )
    for words, origin in candidates:
        converted = title(words, taxonomy)
        if "title" not in draft.values and converted:
            draft.values["title"] = converted.value
            draft.mapped.append(f"title ← {origin}")
    published = draft.values.get("published")
    year = published.year if isinstance(published, date) else int(found[1]) if found else 0
    if "year" not in draft.values | draft.unread and 2000 <= year <= 2100:
        draft.values["year"] = year
        draft.mapped.append(f"year ← {'published' if published else '文件名'}（{year}）")


def _title_in_body(body: str) -> str:
    """The first heading, if the text begins with it and it does not look like that of a section."""
    headings = outline(body[:20_000]).headings
    if not headings or _NUMBERED.match(headings[0].text) or sections(body[: headings[0].start])[:1]:
        return ""
    return headings[0].text


def _refuse_incomplete(draft: Draft, kind: Kind, taxonomy: Taxonomy, *, has_header: bool) -> None:
    missing = [
        name for name, info in META[kind].model_fields.items() if info.is_required() and name not in draft.values
    ]
    if not missing:
        return
    told = [f"{name}（{META[kind].model_fields[name].title}{_unread(draft.unread.get(name))}）" for name in missing]
    options = " ".join(f"--set {name}=…" for name in missing)
    expected = "".join(f" {name} {_expected(kind, name, taxonomy, draft.unread.get(name))}" for name in missing)
    without = "" if has_header else _NO_HEADER
    raise CaselibError(f"{without}缺少必填的 {'、'.join(told)}。", f"在文件里补上，或用 {options} 给出。{expected}")


def _unread(value: Any) -> str:
    written = "、".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"，文件里写的“{written[:30]}”不认识" if isinstance(value, str | int | list) else ""


def _expected(kind: Kind, name: str, taxonomy: Taxonomy, written: Any) -> str:
    """What a value for the key ``name`` looks like, and what ``written`` may have meant."""
    vocabulary = taxonomy.by_key.get(name)
    meant = vocabulary.meant(written) if vocabulary and isinstance(written, str) else ""
    return f"应为：{META[kind].model_fields[name].description}" + (f"最接近的有：{meant}。" if meant else "")
