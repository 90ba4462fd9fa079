"""What a submission lacks, said while it is written and again when it is sent.

Pure: a text and the call's rules in, findings out. An ``error`` keeps the submission from being sent, a ``warning`` is for
its writer and the editor to weigh. Likeness to other texts is ``duplicates``' business.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from caselib.content import CaseMeta, Taxonomy, compose_file
from caselib.content.models import as_list, as_region_code
from caselib.content.plaintext import sections
from caselib.content.report import Level
from caselib.errors import CaselibError
from caselib.review.blinding import fold, organisation_forms, own_places
from caselib.review.rulebook import Rulebook


class Other(NamedTuple):
    """A text to compare with: how a message calls it, and its address if it is published."""

    name: str
    address: str = ""


class Finding(NamedTuple):
    """One fault of a text: in which ``field`` (a key of the front matter, or ``body``), what to do about it, and which text it is like."""

    level: Level
    field: str
    message: str
    remedy: str
    alike: Other | None = None


def check(front: Mapping[str, Any], body: str, rules: Rulebook, taxonomy: Taxonomy) -> list[Finding]:
    """Everything that is wrong with the text by itself, in the order of the form."""
    found = [*_fields(front), *_wanted(front), *_room(front), *_terms(front, taxonomy), *_figures(front, rules)]
    found += [*_sections(body, rules), *_length(body, rules), *_personal(front, body)]
    return found + (list(_names(front, body, taxonomy)) if rules.blind == "double" else [])


_FROM_A_LIST = {"industry": "请从列表里选一个大类。", "region": "请从列表里选。"}
"""What to do in a form, where the model's description tells how to write the code into a file."""


def _fields(front: Mapping[str, Any]) -> Iterator[Finding]:
    """What does not fit a published case; the wording comes from the model's titles and descriptions."""
    try:
        CaseMeta.model_validate(_filled(front))
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False):
            key = str(found["loc"][0])
            field = CaseMeta.model_fields[key]
            place = "".join(f"第 {step + 1} 项" for step in found["loc"][1:] if isinstance(step, int))
            wrong = "没有填" if found["type"] == "missing" else "没有填对"
            remedy = _FROM_A_LIST.get(key) or field.description or ""
            yield Finding("error", key, f"{field.title or key}{place}{wrong}。", remedy)
    if len(str(front.get("title") or "")) > 120:
        yield Finding("error", "title", "标题超过 120 字。", "请缩短标题，细节写进摘要或正文。")


def _wanted(front: Mapping[str, Any]) -> Iterator[Finding]:
    """What most cases have; one of a whole region, of many firms, names none, so that this keeps nothing back."""
    if not front.get("firm"):
        remedy = "一家企业的案例，请填营业执照上的全称；一个地区多家企业的，可以不填。"
        yield Finding("warning", "firm", "企业名称没有填。", remedy)
    if not front.get("problems"):
        remedy = "读者常按问题找案例，请选最贴近的一至三项。"
        yield Finding("warning", "problems", "没有选共性质量问题。", remedy)


def _room(front: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether all of it together can be the front matter of a file, which is bounded."""
    kept = {key: value for key, value in _filled(front).items() if key in CaseMeta.model_fields}
    try:
        compose_file(kept, "")
    except CaselibError:
        longest = max(kept, key=lambda key: len(str(kept[key])))
        remedy = f"请精简，先从最长的“{CaseMeta.model_fields[longest].title}”开始。"
        yield Finding("error", longest, "各栏内容合起来太长，写不成案例文件。", remedy)


def _terms(front: Mapping[str, Any], taxonomy: Taxonomy) -> Iterator[Finding]:
    for key, vocabulary in taxonomy.by_key.items():
        for value in as_list(front.get(key) or []):
            code = str(as_region_code(value))
            if code in vocabulary or (key == "region" and taxonomy.region_path(code)):
                continue
            nearest = "、".join(f"{vocabulary[near].name}（{near}）" for near in vocabulary.nearest(code))
            name = CaseMeta.model_fields[key].title
            remedy = f"请从列表中选择，最接近的有：{nearest}。" if nearest else "请从列表中选择。"
            yield Finding("error", key, f"{name}里没有“{code[:30]}”。", remedy)


def _figures(front: Mapping[str, Any], rules: Rulebook) -> Iterator[Finding]:
    if rules.figures_needed and not front.get("metrics"):
        yield Finding("error", "metrics", "没有量化指标。", "请至少填一项提升前后的数据，例如产品合格率。")


_NUMBERING = re.compile(
    r"^\s*(?:第?[一二三四五六七八九十百]+[、.．章节部分]*|[（(][一二三四五六七八九十\d]+[)）]|\d+[、.．)）]*)\s*"
)


def bare_heading(heading: str) -> str:
    """A heading without its number: 一、企业概况 and 1. 企业概况 are 企业概况."""
    return _NUMBERING.sub("", heading).strip() or heading.strip()


def _sections(body: str, rules: Rulebook) -> Iterator[Finding]:
    said: dict[str, int] = {}
    name = ""
    for section in sections(body):
        if section.level == 2:
            name = bare_heading(section.heading)
        said[name] = said.get(name, 0) + len(section.text.strip())
    for wanted in rules.sections:
        if wanted not in said:
            yield Finding("error", "body", f"缺少“{wanted}”一节。", f"请加上一行“## {wanted}”，再写这一节的内容。")
        elif not said[wanted]:
            yield Finding("error", "body", f"“{wanted}”一节是空的。", "请写上内容。")
    present = [heading for heading in said if heading in rules.sections]
    if present != [wanted for wanted in rules.sections if wanted in said]:
        yield Finding("warning", "body", "各节的次序与要求不同。", f"要求的次序是：{'、'.join(rules.sections)}。")


def count_characters(body: str) -> int:
    """How long a body is: its characters without spaces and line ends."""
    return len("".join(body.split()))


def _length(body: str, rules: Rulebook) -> Iterator[Finding]:
    length = count_characters(body)
    if length < rules.shortest:
        yield Finding("error", "body", f"正文 {length} 字，不足 {rules.shortest} 字。", "请把做法和成效写具体。")
    if length > rules.longest:
        yield Finding("error", "body", f"正文 {length} 字，超过 {rules.longest} 字。", "请精简，细节放到附件里。")


_MOBILE = re.compile(r"(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _personal(front: Mapping[str, Any], body: str) -> Iterator[Finding]:
    for field, text in (*_texts(front), ("body", body)):
        folded = unicodedata.normalize("NFKC", text)
        if any(map(_is_identity_number, _IDENTITY.findall(folded))):
            yield Finding("error", field, "文中有身份证号。", "请删去，案例不得公开个人的证件号码。")
        if _MOBILE.search(folded):
            yield Finding("warning", field, "文中有手机号。", "案例会公开，请删去个人的联系方式。")


def _is_identity_number(number: str) -> bool:
    """Whether the last of eighteen characters checks the others (GB 11643-1999, ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()


_ORGANISATIONS = {"firm": "企业", "submitter": "报送单位", "certifier": "认证机构"}


def _names(front: Mapping[str, Any], body: str, taxonomy: Taxonomy) -> Iterator[Finding]:
    """Organisations and places that a double-blind text must not name; their own fields are hidden anyway.

    Names are not looked for without their place here: 市场监督管理局 is no error, though ``blinding`` masks it for experts.
    """
    organisations = [
        (word, [form for form in organisation_forms(str(front.get(key) or "")) if len(form) >= 4])
        for key, word in _ORGANISATIONS.items()
    ]
    places = [term.short for term in own_places(str(as_region_code(front.get("region"))), taxonomy)]
    for field, text in (*((key, str(front.get(key) or "")) for key in ("title", "summary")), ("body", body)):
        folded = fold(text)
        for word, forms in organisations:
            if named := next((form for form in forms if form in folded), ""):
                message = f"实行双盲评审，但文中出现了{word}名称“{named}”。"
                yield Finding("error", field, message, "请改成“本企业”“某企业”之类的说法。")
                folded = folded.replace(named, "")
        if said := "".join(f"“{place}”" for place in places if place in folded):
            message = f"实行双盲评审，但文中出现了地名{said}。"
            yield Finding("warning", field, message, "请改成“本地”“当地”之类的说法；留下的，专家看到的是〔地区〕。")


def _filled(front: Mapping[str, Any]) -> dict[str, Any]:
    """The front matter without what was left empty in the form."""
    return {key: value for key, value in front.items() if value not in (None, "", [])}


def _texts(front: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Every text of the front matter with its key."""
    for key, value in front.items():
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, list | dict):
            parts = value if isinstance(value, list) else [value]
            words = [word for part in parts for word in (part.values() if isinstance(part, dict) else [part])]
            yield key, " ".join(word for word in words if isinstance(word, str))
