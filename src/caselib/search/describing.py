"""A problem told in somebody's own words: which common problems it is, which cases and guides help, and why each.

A problem (or an industry) is recognised by what the taxonomy says of it and what people say, found in the text word after word
with little between; what was found is the reason given. Nothing here is learned, and nothing is kept.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from html import unescape
from itertools import chain
from typing import NamedTuple

from caselib.content import Taxonomy, Term
from caselib.search.index.tokens import HAN, HAN_RUN, Cutter, fold
from caselib.search.model import Answer, Hit, SearchQuery

LONGEST = 1000
"""Characters of a text that are looked at."""
KINDS = ("case", "guide")
CANDIDATES, CASES, GUIDES = 40, 5, 3
"""Documents looked at, and how many are told of."""
SHARED, SAME = 0.15, 0.4
"""What a document gets for all recognised problems, and for the industry, where the best one by its words gets 1."""
A_WORD = 2
"""Characters of what is only a word in a description, and no saying."""
CLEAR = 0.6
"""The share of the best score by words from which on they are a reason to tell of a document."""
_BETWEEN = r"[^不没无未，。！？；、,!?;\s]{0,3}"
_NOT = ("没有", "没再", "不是", "不存在", "没出过", "没出现过", "没有出现过", "除了")
_DENIED = "(?<![不没无未])" + "".join(f"(?<!{each})" for each in _NOT)
_INSIDE = "[了着过得的个一有]{0,2}"
_CUSTOMER = re.compile("[给供][^，。！？；,!?;\\s做配加洗焊装修产卖送]{0,10}$")
_TRADE = re.compile("[做产造开种养卖搞办修织印染焊酿洗装][^，。！？；,!?;\\s]{0,6}$")
_PLACE = re.compile("厂|店|坊|铺|场|公司|车间|合作社|机构|院|队|的")
_MARKED, _CLAUSE = re.compile("<mark>([^<]{2,})</mark>"), re.compile(r"[^，、。；！？,;!?\n]+")
_PAIRS, _SYNTAX = re.compile(f"[{HAN}]{{1,2}}|[^{HAN}]+"), re.compile(r'["“”「」『』*:：-]')


class Reason(NamedTuple):
    """Where something was recognised: from ``start`` to ``end`` in the text, as what the taxonomy has ``said``."""

    start: int
    end: int
    said: str


class Recognised(NamedTuple):
    """A problem or industry by its key, with every reason to think of it in the order of the text."""

    key: str
    reasons: list[Reason]


class Advice(NamedTuple):
    """A case or guide: the clause that fits it best with its words in the passage shown, and what else it shares."""

    hit: Hit
    said: str
    words: list[str]
    problems: list[str]
    industries: list[str]


class Description(NamedTuple):
    """What a text was understood as, the likeliest first."""

    problems: list[Recognised]
    industries: list[Recognised]
    cases: list[Advice]
    guides: list[Advice]


def describe(text: str, taxonomy: Taxonomy, cutter: Cutter, search: Callable[[SearchQuery], Answer]) -> Description:
    """Understand ``text`` (its first ``LONGEST`` characters) and find what helps."""
    text = text[:LONGEST]
    problems, industries = (
        _recognised(text, terms, taxonomy, cutter) for terms in (taxonomy.problems, taxonomy.industries)
    )
    industries = _own(text, industries)
    advice = _advice(text, problems, industries, search)
    cases, guides = ([each for each in advice if each.hit.kind == kind] for kind in KINDS)
    return Description(problems, industries, cases[:CASES], guides[:GUIDES])


def _recognised(text: str, terms: Mapping[str, Term], taxonomy: Taxonomy, cutter: Cutter) -> list[Recognised]:
    folded, found = fold(text), list[Recognised]()
    words = chain.from_iterable([number] * len(word) for number, word in enumerate(cutter.cut(folded.text)))
    told = _Told(folded.text, frozenset(folded.text), list(words))
    for term in terms.values():
        described = (clause for clause in _CLAUSE.findall(term.description) if len(clause) > A_WORD)
        places = [
            Reason(*folded.original(start, end, len(text)), said)
            for said in dict.fromkeys((term.name, *term.terms, *described))
            for characters, pattern in _ways(said, taxonomy, cutter)
            if characters <= told.characters
            for start, end in told.places(pattern)
        ]
        reasons: list[Reason] = []
        for place in sorted(places, key=lambda each: each.start - each.end):
            if all(place.end <= each.start or each.end <= place.start for each in reasons):
                reasons.append(place)
        if reasons:
            found.append(Recognised(term.key, sorted(reasons)))
    return sorted(found, key=lambda each: -len({reason.said for reason in each.reasons}))


def _own(text: str, industries: list[Recognised]) -> list[Recognised]:
    """The industries that may be the teller's own: not a customer's (给酒店洗床单); only those said to be so, if any is (做门锁的)."""
    reasons = [
        [each for each in found.reasons if not _CUSTOMER.search(text, 0, each.start + 1)] for found in industries
    ]
    perhaps = [found._replace(reasons=left) for found, left in zip(industries, reasons, strict=True) if left]
    return [each for each in perhaps if any(_is_own(text, reason) for reason in each.reasons)] or perhaps


def _is_own(text: str, reason: Reason) -> bool:
    place = _PLACE.search(reason.said) or _PLACE.match(text, reason.end)
    return bool(place or _TRADE.search(text, 0, reason.start))


class _Told(NamedTuple):
    """A folded text, its characters, and for each place the number of the word that it is in."""

    text: str
    characters: frozenset[str]
    words: list[int]

    def places(self, pattern: str) -> Iterator[tuple[int, int]]:
        """Where it is found; not where it begins or ends inside a word that holds more than it (制衣 in 定制衣柜)."""
        for match in _compiled(pattern).finditer(self.text):
            start, end = match.span()
            first, last = self.words[start], self.words[end - 1]
            if first == last or not (self.words[:start][-1:] == [first] or self.words[end : end + 1] == [last]):
                yield start, end


@lru_cache(maxsize=8192)
def _ways(said: str, taxonomy: Taxonomy, cutter: Cutter) -> list[tuple[frozenset[str], str]]:
    """How this is found, and the same with a word of it changed for its synonyms: the characters it needs and a pattern."""
    ways = [said]
    for group in taxonomy.synonyms:
        if word := next((each for each in group if each in said), ""):
            ways += [said.replace(word, other) for other in group if other != word]
    words = [_words(way, cutter) for way in ways]
    return [(frozenset("".join(each)), _DENIED + _BETWEEN.join(map(_loosely, each))) for each in words if each]


_compiled = lru_cache(maxsize=8192)(re.compile)


def _loosely(word: str) -> str:
    """Two characters as they may stand apart: 退了货 for 退货, 没一个人 for 没人."""
    return f"{word[0]}{_INSIDE}{word[1]}" if len(word) == 2 and HAN_RUN.fullmatch(word) else re.escape(word)


def _words(said: str, cutter: Cutter) -> list[str]:
    """Its words, those of three characters and more in two: the taxonomy's own names are words of the dictionary."""
    return [part for word in cutter.cut(fold(said).text) for part in _PAIRS.findall(word)]


def _advice(
    text: str, problems: list[Recognised], industries: list[Recognised], search: Callable[[SearchQuery], Answer]
) -> list[Advice]:
    """Documents that hold words of the text, share the problems or are of the industry, the most helpful first."""
    weights, codes = {each.key: len(each.reasons) for each in problems}, tuple(each.key for each in industries)
    base = SearchQuery(kind=KINDS, sort="newest", per_page=CANDIDATES)
    alike = [replace(base, problem=tuple(weights))] * bool(weights) + [replace(base, industry=codes)] * bool(codes)
    hits: dict[str, Hit] = {}
    for query in (*alike, replace(base, q=_SYNTAX.sub(" ", text), sort="relevance")):
        hits.update((hit.url, hit) for hit in search(query).hits)
    top, total = max((hit.score for hit in hits.values()), default=0.0) or 1.0, sum(weights.values()) or 1
    clauses, told = [clause.strip() for clause in _CLAUSE.findall(text)], "".join(text.split())
    found: list[tuple[float, Advice]] = []
    for hit in hits.values():
        words = _marked(hit, told) if hit.score >= CLEAR * top else []
        keys = [key for key in weights if key in hit.problems]
        own = [code for code in codes if any(each.startswith(code) for each in hit.industry)]
        if keys or own or words:
            shared = SHARED * sum(map(weights.__getitem__, keys)) / total + SAME * bool(own)
            found.append((hit.score / top + shared, Advice(hit, *_said(clauses, words), keys, own)))
    return [each for _, each in sorted(found, key=lambda pair: -pair[0])]


def _marked(hit: Hit, told: str) -> list[str]:
    """The words marked, but for those that only happen to be made of characters that were told apart (成 and 分: 成分)."""
    marked = dict.fromkeys(map(unescape, _MARKED.findall(hit.snippet_html)))
    return [word for word in marked if word in told or not set(told).issuperset(word)]


def _said(clauses: list[str], words: list[str]) -> tuple[str, list[str]]:
    """The clause that has the most of the words, and these; of several that have none, nothing, since all are synonyms or corrected."""
    held = [(clause, [word for word in words if word in "".join(clause.split())]) for clause in clauses]
    said, own = max(held, key=lambda pair: len("".join(pair[1])), default=("", []))
    return (said, own or words) if own or len(clauses) == 1 else ("", words)
