"""What an expert may see of a submission, as blind as the call says.

Under double blind nothing tells whose case it is: only known keys of the front matter are shown, the names of firm,
certification body, submitter and region are masked wherever the text says them, links, images, HTML and ways to reach
anybody are taken out, and attachments are not shown. Marks that pages carry are keyed, so that they tell nothing either.
Pure: who may see anything at all is decided in ``expert_queries``.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import unescape
from typing import Any

from caselib.content import Taxonomy, Term
from caselib.content.models import as_list
from caselib.people import Actor
from caselib.review.conflicts import province_key
from caselib.review.models import Call, Revision, Submission

_ALONE = ("year", "firm_size")
_TERMS = {"industry": "industries", "problems": "problems", "measures": "measures", "effects": "effects"}
"""Keys that a double-blind text keeps: choices from lists, and below them the texts that are masked."""


@dataclass(frozen=True)
class View:
    """What the expert reads.

    Attributes:
        number: empty under double blind.
        front: keys of a case besides title and summary, those that may be seen.
        attachments: whether they may be seen.
    """

    number: str
    title: str
    summary: str
    body: str
    front: Mapping[str, Any]
    attachments: bool


def view(
    call: Call, submission: Submission, revision: Revision, taxonomy: Taxonomy, *, also: Iterable[str] = ()
) -> View:
    """The submission's sent text as its expert may see it.

    Args:
        also: more names that must not be told, those of the account that sent it.
    """
    front, hidden = revision.front, call.rulebook.blind == "double"
    mask = masker(call, submission, taxonomy, also=also)
    return View(
        number="" if hidden else submission.number or "",
        title=mask.line(str(front.get("title") or "")),
        summary=mask.line(str(front.get("summary") or "")),
        body=mask.markdown(revision.body),
        front=dict(_seen(front, mask, taxonomy) if hidden else _besides(front)),
        attachments=not hidden,
    )


def masker(call: Call, submission: Submission, taxonomy: Taxonomy, *, also: Iterable[str] = ()) -> "Mask":
    """What masks the submission's names, or nothing where the call is not double blind."""
    if call.rulebook.blind != "double":
        return Mask({})
    places = [name for term in own_places(submission.region, taxonomy) for name in (term.name, term.short)]
    known = _Known.of(taxonomy)
    names = {
        "企业": organisation_forms(submission.firm, known),
        "认证机构": organisation_forms(submission.certifier, known),
        "报送单位": [form for name in (submission.submitter, *also) for form in organisation_forms(name, known)],
        "地区": places,
    }
    return Mask({fold(form): word for word, forms in reversed(names.items()) for form in forms})


def own_places(region: str, taxonomy: Taxonomy) -> list[Term]:
    """The region's province and all of its cities: a text may name another than the form does. Counties are in no list."""
    cities = (term.key for term in taxonomy.regions.children(province_key(region)))
    return list(dict.fromkeys(term for code in (region, *cities) for term in taxonomy.region_path(code)))


def _besides(front: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in front.items() if key not in ("title", "summary"))


def _seen(front: Mapping[str, Any], mask: "Mask", taxonomy: Taxonomy) -> Iterator[tuple[str, Any]]:
    for key in _ALONE:
        if front.get(key):
            yield key, mask.line(str(front[key]))
    for key, vocabulary in _TERMS.items():
        known = getattr(taxonomy, vocabulary)
        yield key, [code for code in map(str, as_list(front.get(key) or [])) if code in known]
    metrics = [each for each in as_list(front.get("metrics") or []) if isinstance(each, Mapping)]
    yield "metrics", [dict(_figures(each, mask)) for each in metrics]


def _figures(metric: Mapping[str, Any], mask: "Mask") -> Iterator[tuple[str, Any]]:
    for key in ("name", "unit"):
        yield key, mask.line(str(metric.get(key) or ""))
    for key in ("before", "after", "change"):
        if isinstance(metric.get(key), int | float):
            yield key, metric[key]


_LEGAL_FORM = re.compile(r"(?:集团)?(?:股份)?(?:有限)?(?:责任)?(?:公司|集团|合作社|事务所|厂|中心|院|所|局)$")
_BRACKETS = re.compile(r"\([^()]*\)")
_GENERIC = re.compile(
    r"某|本|该|有限|股份|集团|中国|国家|市场|质量|标准|认证|检验|检测|管理|监督|安全|创新|服务|客户|产品|生产|小微|企业|公司"
    r"|精密|精工|智能|科技|环保|绿色|现代|工业|实业|五金|模具|数控|自动|协会|研究|包装|机械|机电|电子|电器|塑料|塑胶|纸箱|设备|阀门|玻璃|粮油|茶叶|果蔬"
)
"""Words that an organisation's name may begin with after its place, and that tell nobody which one it is."""


@dataclass(frozen=True)
class _Known:
    """What is told of every organisation: ``places`` match at the front of its name, ``common`` holds words of all trades."""

    places: re.Pattern[str]
    common: str

    @classmethod
    def of(cls, taxonomy: Taxonomy) -> "_Known":
        """What the taxonomy tells."""
        places = (name for term in taxonomy.regions.values() for name in (term.name, term.short))
        trades = (taxonomy.industries, taxonomy.problems, taxonomy.measures, taxonomy.effects)
        return _known(tuple(places), tuple(term.name for terms in trades for term in terms.values()))


@lru_cache(maxsize=4)
def _known(places: tuple[str, ...], names: tuple[str, ...]) -> _Known:
    ordered = sorted({fold(place) for place in places if len(place) > 1}, key=len, reverse=True)
    return _Known(re.compile(f"(?:{'|'.join(map(re.escape, ordered))})+"), "\0".join(map(fold, names)))


NOTHING_KNOWN = _Known(re.compile(""), "")


def organisation_forms(name: str, known: _Known = NOTHING_KNOWN) -> list[str]:
    """How a text may call an organisation: in full, without its legal form, its place or both, and by its trade name.

    嘉兴华美包装有限公司 is also 嘉兴华美包装, 华美包装有限公司, 华美包装, and 华美. Two characters are taken for a trade name where
    they are no common word; anything else must have three, or it would mask common words.
    """
    full = fold(name)
    forms = [full, _BRACKETS.sub("", full)]
    forms += [known.places.sub("", form, count=1) if known.places.match(form) else form for form in forms]
    forms += [_LEGAL_FORM.sub("", form) for form in forms]
    core = forms[-1]
    kept = [form for form in dict.fromkeys(forms) if len(form) >= 3]
    short = core[:2]
    if len(core) in (0, 1, 3) or _GENERIC.match(core) or short in known.common:
        return kept
    return [*kept, short]


def fold(text: str) -> str:
    """Text as it is compared: one width, one case, without spaces, invisible characters and marks of emphasis."""
    return "".join(filter(None, map(_folded, text)))


_IGNORED = frozenset("*_~`\\^·•")


@lru_cache(maxsize=8192)
def _folded(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).casefold()
    return "".join(
        each for each in plain if each not in _IGNORED and not each.isspace() and unicodedata.category(each) != "Cf"
    )


_CHARACTER = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});|.", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\[\]]*\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\[\]]*\])?")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)")
_REFERENCE = re.compile(r"^[ ]{0,3}\[(?!\^)[^\[\]]+\]:.*$", re.MULTILINE)
_TAG = re.compile(r"<!--.*?(?:-->|\Z)|</?[A-Za-z!?][^<>]*>", re.DOTALL)
_GAP = "[ －–—-]?"
_MOBILE = rf"[1１][3-9３-９]\d{_GAP}\d{{4}}"
_FIXED = rf"(?:[0０]\d{{2,3}}|[(（][0０]\d{{2,3}}[)）]){_GAP}\d{{3,4}}"
_SERVICE = rf"[4４][0０]{{2}}{_GAP}\d{{3}}"
"""Telephone numbers but for their last four digits; a digit is one of either width."""
_REACHED = (
    (re.compile(r"(?:https?|ftp)://[!-~]+|\bwww\.[!-~]+", re.IGNORECASE), "〔网址〕"),
    (re.compile(r"[A-Za-z0-9._%+-]{1,64}+[@＠][A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)++"), "〔邮箱〕"),
    (re.compile(r"\b(?:[A-Za-z0-9-]{1,63}\.){1,8}(?:com|cn|net|org|top|shop|vip|中国)\b", re.IGNORECASE), "〔网址〕"),
    (re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])"), "〔代码〕"),
    (re.compile(rf"(?<!\d)(?<!\d\.)(?:{_MOBILE}|{_FIXED}|{_SERVICE}){_GAP}\d{{4}}(?!\.?\d)"), "〔电话〕"),
)
"""Ways to reach or look up somebody; the code is the unified social credit code (GB 32100-2015).

Parts of addresses are as long as they may be (RFC 1035, RFC 5321) and no longer: or a long run of letters is read from each of them.
"""


@dataclass(frozen=True)
class Mask:
    """Masks names in a text; ``forms`` are folded names, with the word that stands for each. Without any it does nothing."""

    forms: Mapping[str, str]

    def line(self, text: str) -> str:
        """A line of plain text."""
        return self._names(_unreachable(text)) if self.forms else text

    def markdown(self, text: str) -> str:
        """A Markdown text: also without links, images and HTML."""
        if not self.forms:
            return text
        bare = _LINK.sub(r"\1", _IMAGE.sub("〔图片〕", _TAG.sub("", text)))
        return self._names(_unreachable(_REFERENCE.sub("", bare)))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, sorted(self.forms, key=len, reverse=True))))

    def _names(self, text: str) -> str:
        folded: list[str] = []
        places: list[tuple[int, int]] = []
        for found in _CHARACTER.finditer(text):
            for each in fold(unescape(found[0])):
                folded.append(each)
                places.append(found.span())
        parts, end = [], 0
        for name in self._pattern.finditer("".join(folded)):
            start = places[name.start()][0]
            parts += [text[end:start], f"〔{self.forms[name[0]]}〕"]
            end = places[name.end() - 1][1]
        return "".join([*parts, text[end:]])


def _unreachable(text: str) -> str:
    for pattern, word in _REACHED:
        text = pattern.sub(word, text)
    return text


def mark(key: str, *parts: object) -> str:
    """A keyed digest: a page may carry it or a list be in its order, and it tells nothing of the parts."""
    return hmac.new(key.encode(), "\0".join(map(str, parts)).encode(), hashlib.sha256).hexdigest()[:32]


def order_mark(key: str, actor: Actor, submission: Submission) -> str:
    """By this an expert's submissions are ordered: stable, and of no relation to number, region or time."""
    return mark(key, "order", actor.id, submission.id)


def text_mark(key: str, actor: Actor, revision: Revision) -> str:
    """What tells a changed text from the one a page showed; the digest itself would let a guess at a name be tested."""
    return mark(key, "text", actor.id, revision.submission_id, revision.digest)
