"""A problem told in somebody's own words: which common problems it is, which cases and guides help, and why each.

The text is searched for as a whole; what shares a problem or the industry is looked at too. Nothing is kept.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from html import unescape
from itertools import chain
from typing import NamedTuple

from caselib.content import Taxonomy
from caselib.search.model import Answer, Hit, SearchQuery
from caselib.search.question import LONGEST
from caselib.search.stories import recognising
from caselib.search.stories.recognising import Recognised, Story
from caselib.search.text.dictionary import Cutter
from caselib.search.text.tokens import HAN, fold, unspaced

KINDS = ("case", "guide")
CANDIDATES, CASES, GUIDES = 40, 5, 3
"""Documents looked at, and how many are told of …"""
ALIKE = 1
"""… of which so many of a kind may share nothing but a problem."""
KEYWORDS = 10
"""Characters of a text that is hardly more than what to search for."""
SHARED, SAME = 0.15, 0.6
"""What a document gets for all recognised problems, and for the industry, where the best one by its words gets 1."""
CLEAR = 0.6
"""The share of the best score by words from which on they are a reason to tell of a document."""
_MARKED, _ALONE = re.compile("<mark>([^<]{2,})</mark>"), re.compile("<mark>([^<])</mark>")
_APART = re.compile(rf"(?<=[{HAN}])\s+(?=[{HAN}])")
"""What parts the words of two cells or lines, marked as one run."""
_SYNTAX = re.compile(r'["“”「」『』*:：-]')

Words = dict[str, str]
"""Words folded and without white space, and as the document writes them."""


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


def describe(
    text: str, taxonomy: Taxonomy, cutter: Cutter, search: Callable[[SearchQuery], Answer], usual: Callable[[str], bool]
) -> Description:
    """Understand ``text`` (its first ``LONGEST`` characters) and find what helps; ``usual`` tells which words many documents have."""
    text = text[:LONGEST]
    story = Story.of(text, cutter)
    clauses = [(clause.strip(), unspaced(fold(clause).text)) for clause in recognising.CLAUSES.findall(text)]
    told = cache(partial(_told, story))
    problems, industries = recognising.problems(story, taxonomy), recognising.industries(story, taxonomy)
    heard = tuple(each.key for each in problems)
    codes = tuple(each.key for each in industries)
    understood, brief = bool(heard or codes), len(text.strip()) <= KEYWORDS
    found: list[tuple[float, Advice]] = []
    hits = _hits(story, heard, codes, search)
    top = max((hit.score for hit in hits), default=0.0) or 1.0
    for hit in hits:
        words = _words(hit, told, (lambda _: False) if brief else usual) if hit.score >= CLEAR * top else {}
        keys = [key for key in heard if key in hit.problems]
        own = [code for code in codes if any(each.startswith(code) for each in hit.industry)]
        reasons = len(words) + bool(keys) + 2 * bool(own)
        if reasons >= (1 if (hit.kind == "case" if understood else brief) else 2):
            shared = SHARED * len(keys) / (len(heard) or 1) + SAME * bool(own)
            shown = hit._replace(snippet_html=_ALONE.sub(r"\1", hit.snippet_html))  # single characters distract
            found.append((hit.score / top + shared, Advice(shown, *_said(clauses, words), keys, own)))
    best = [each for _, each in sorted(found, key=lambda pair: -pair[0])]
    return Description(problems, industries, _kept(best, "case", CASES), _kept(best, "guide", GUIDES))


def _hits(
    story: Story, problems: tuple[str, ...], industries: tuple[str, ...], search: Callable[[SearchQuery], Answer]
) -> list[Hit]:
    """What holds words of the text, and what shares a problem or the industry."""
    base = SearchQuery(kind=KINDS, sort="newest", per_page=CANDIDATES)
    said = "".join(" " if word in recognising.talk() else word for word in story.words)
    alike = [replace(base, problem=problems)] * bool(problems)
    alike += [replace(base, industry=industries)] * bool(industries)
    hits: dict[str, Hit] = {}
    for query in (*alike, replace(base, q=_SYNTAX.sub(" ", said), sort="relevance")):
        hits.update((hit.url, hit) for hit in search(query).hits)
    return list(hits.values())


def _words(hit: Hit, told: Callable[[str], Words], usual: Callable[[str], bool]) -> Words:
    """The words marked that are a reason, those that many documents have left out."""
    runs = (run for marked in _MARKED.findall(hit.snippet_html) for run in _APART.split(unescape(marked)))
    words = dict(chain.from_iterable(told(run).items() for run in runs))
    said = [word for word in words if word not in recognising.talk() and not usual(word)]
    return {word: words[word] for word in said if not any(word in other for other in said if other != word)}


def _told(story: Story, run: str) -> Words:
    """What of a marked run was told: itself, words in it, or it stands for other words; nothing if its characters only meet here."""
    folded = fold(run)
    plain = unspaced(folded.text)
    if plain in story.parts or story.says(plain):
        return {plain: run}
    places = ((word, folded.text.find(word)) for word in story.words if len(word) > 1)
    spans = {word: folded.original(at, at + len(word)) for word, at in places if at >= 0}
    inside = {word: run[slice(*span)] for word, span in spans.items()}
    return inside or ({} if set(story.text).issuperset(plain) else {plain: run})


def _said(clauses: list[tuple[str, str]], words: Words) -> tuple[str, list[str]]:
    """The clause that has the most of the words, and these; of several that have none, nothing, since all are synonyms or corrected."""
    held = [(clause, [word for word in words if word in plain]) for clause, plain in clauses]
    said, own = max(held, key=lambda pair: len("".join(pair[1])), default=("", []))
    return (said if own or len(clauses) == 1 else "", [words[word] for word in own or words])


def _kept(best: list[Advice], kind: str, most: int) -> list[Advice]:
    """The first of a kind, few of them with nothing but a problem in common."""
    kept: list[Advice] = []
    alike = 0
    for each in best:
        if each.hit.kind == kind:
            alike += not (each.words or each.industries)
            if each.words or each.industries or alike <= ALIKE:
                kept.append(each)
    return kept[:most]
