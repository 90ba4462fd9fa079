"""A problem told in somebody's own words: which common problems it is, which cases and guides help, and why each.

A problem (or an industry) is recognised by what the taxonomy says of it, found in the text word after word with little
between; what was found is the reason given. Nothing here is learned, and nothing is kept.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from caselib.content import Taxonomy, Term
from caselib.search.index.tokens import HAN, Cutter, fold
from caselib.search.model import Answer, Hit, SearchQuery

LONGEST = 1000
"""Characters of a text that are looked at."""
KINDS = ("case", "guide")
CLAUSES, CANDIDATES, CASES, GUIDES = 12, 40, 5, 3
"""Clauses that are searched for, documents looked at for each, and how many are told of."""
SHARED, SAME = 0.5, 0.8
"""What a document gets for all recognised problems, and for the industry, where the best one by its words gets 1."""
CLEAR = 0.6
"""The share of the best score by words that is reason enough to tell of a document."""
_BETWEEN, _DENIED = r"[^不没无未，。！？；、,!?;\s]{0,3}", "(?<![不没无未])(?<!没有)(?<!不是)(?<!除了)"
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
    advice = _advice(text, problems, industries, search)
    cases, guides = ([each for each in advice if each.hit.kind == kind] for kind in KINDS)
    return Description(problems, industries, cases[:CASES], guides[:GUIDES])


def _recognised(text: str, terms: Mapping[str, Term], taxonomy: Taxonomy, cutter: Cutter) -> list[Recognised]:
    folded, found = fold(text), []
    for term in terms.values():
        reasons: list[Reason] = []
        for said in dict.fromkeys((term.name, *term.terms, *_CLAUSE.findall(term.description))):
            for start, end in _places(said, folded.text, taxonomy, cutter):
                start, end = folded.original(start, end, len(text))
                if all(end <= each.start or each.end <= start for each in reasons):
                    reasons.append(Reason(start, end, said))
        if reasons:
            found.append(Recognised(term.key, sorted(reasons)))
    return sorted(found, key=lambda each: -len({reason.said for reason in each.reasons}))


def _places(said: str, text: str, taxonomy: Taxonomy, cutter: Cutter) -> Iterator[tuple[int, int]]:
    """Where this is said, in one way or another."""
    for words in _ways(said, taxonomy, cutter):
        if all(word in text for word in words):
            for match in re.finditer(_DENIED + _BETWEEN.join(map(re.escape, words)), text):
                yield match.span()


@lru_cache(maxsize=1024)
def _ways(said: str, taxonomy: Taxonomy, cutter: Cutter) -> list[list[str]]:
    """The words of this, and of the same with a word of it changed for its synonyms."""
    ways = [said]
    for group in taxonomy.synonyms:
        if word := next((each for each in group if each in said), ""):
            ways += [said.replace(word, other) for other in group if other != word]
    return [_words(way, cutter) for way in ways]


def _words(said: str, cutter: Cutter) -> list[str]:
    """Its words, those of three characters and more in two: the taxonomy's own names are words of the dictionary."""
    return [part for word in cutter.cut(fold(said).text) for part in _PAIRS.findall(word)]


def _advice(
    text: str, problems: list[Recognised], industries: list[Recognised], search: Callable[[SearchQuery], Answer]
) -> list[Advice]:
    """Documents that hold words of the clauses, share the problems or are of the industry, the most helpful first."""
    scores: defaultdict[str, float] = defaultdict(float)
    best: dict[str, tuple[Hit, str]] = {}
    weights, codes = {each.key: len(each.reasons) for each in problems}, tuple(each.key for each in industries)
    base = SearchQuery(kind=KINDS, sort="newest", per_page=CANDIDATES)
    alike = [replace(base, problem=tuple(weights))] * bool(weights) + [replace(base, industry=codes)] * bool(codes)
    clauses = [clause for each in _CLAUSE.findall(text) if len(clause := _SYNTAX.sub(" ", each).strip()) > 2]
    for query in [*alike, *(replace(base, q=clause, sort="relevance") for clause in clauses[:CLAUSES])]:
        answer = search(query)
        for hit in answer.hits:
            scores[hit.url] += hit.score
            if hit.url not in best or hit.score > best[hit.url][0].score:
                best[hit.url] = hit, query.q
    top, total = max(scores.values(), default=0.0) or 1.0, sum(weights.values()) or 1
    found: list[tuple[float, Advice]] = []
    for hit, said in best.values():
        words = list(dict.fromkeys(map(unescape, _MARKED.findall(hit.snippet_html))))
        keys = [key for key in weights if key in hit.problems]
        own = [code for code in codes if any(each.startswith(code) for each in hit.industry)]
        shared = SHARED * sum(map(weights.__getitem__, keys)) / total + SAME * bool(own)
        if keys or own or (words and scores[hit.url] >= CLEAR * top):
            found.append((scores[hit.url] / top + shared, Advice(hit, said, words, keys, own)))
    return [each for _, each in sorted(found, key=lambda pair: -pair[0])]
