"""Which common problems and industries somebody speaks of, and by which of their words.

Problems are told in ever new words, so telling them apart is learned, from the sayings and stories of the taxonomy. What a firm makes
is named, and its name is found. Nothing here knows documents.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import chain, combinations
from typing import NamedTuple, TypeVar

from caselib.content import Taxonomy, Term
from caselib.search.stories.classifying import NONE, Classifier
from caselib.search.text.dictionary import Cutter
from caselib.search.text.tokens import HAN, Folded, fold, fold_each, word_list

HEARD = 0.14
"""A problem is recognised whose score is greater."""
SENTENCE, STRETCH, CLAUSE = 0.5, 0.4, 0.3
"""What the score of a sentence, of a stretch of a long clause and of a clause by themselves count, beside that of the whole text:
harmless words around it, or other troubles, silence none."""
SECOND = 0.3
"""A further problem has at least this share of the first one's score."""
BRIEF = 3
"""Characters of a text or clause that is hardly more than a word: 包装 and 小饭店 tell nothing; 退货 does, since it is a saying."""
LONGEST_CLAUSE, AT_ONCE = 20, 12
"""A clause of more characters is dictated without a pause: it is looked at in stretches of whole words that overlap by half."""
DOUBT = 0.35
"""What the score of telling no problem takes from the others."""
MOST = 4
"""Problems recognised in one text."""
REASONS = 2
"""Clauses told for one of them."""
A_WORD = 2
"""Characters of what is only a word in a description or as a name (卫生, 教育), and no saying."""
_SAID = r"[^，。；！？,;!?\s]"
CLAUSES = re.compile(rf"{_SAID}(?:{_SAID}|(?<![{HAN}])[^\S\n]|[^\S\n](?!\d*[.、)]?[{HAN}]))*")
"""A white space between Han characters parts clauses too, as in what is dictated, and before what is numbered."""
_SENTENCES = re.compile(r"[^。；！？;!?\n]+")
_PHRASES = re.compile("[^，、。；]+")
_STOPS = r"，。！？；、,!?;\s"
_DENIED = re.compile("[不没](?:是|有|再)?[做搞卖开]?$")
"""What stands before a trade that is not theirs."""
_FOR_CUSTOMER = re.compile(f"[给供][^{_STOPS}做配加洗焊装修产卖送]{{1,10}}$")
_THEY = re.compile(
    "(?:店|厂|公司|院|里|那边|方)?(?:都|又|老是|就)?(?:说|嫌|要我|要求|让|退|不收|不要|不认|扣|送来|拿来|投诉|骂)"
)
_CUSTOMERS = re.compile("|".join(word_list("customers")))
_TRADE = re.compile(f"[做产造开种养卖搞办修织印染焊酿洗装][^{_STOPS}]{{0,6}}$")
_WORKPLACE = re.compile("厂|店|坊|铺|场|公司|车间|合作社|机构|[院队站所馆园室社校]|中心|基地|民宿|超市")


class Reason(NamedTuple):
    """Where something was recognised: from ``start`` to ``end`` in the text, as what the taxonomy has ``said``."""

    start: int
    end: int
    said: str


Span = TypeVar("Span", Reason, tuple[int, int])


class Recognised(NamedTuple):
    """A problem or industry by its key, with the reasons to think of it in the order of the text."""

    key: str
    reasons: list[Reason]


class Story(NamedTuple):
    """A text, folded; its words, for each folded character the number of the word that it is in, and the
    words that longer ones are made of.
    """

    folded: Folded
    words: list[str]
    owners: list[int]
    parts: frozenset[str]

    @classmethod
    def of(cls, text: str, cutter: Cutter) -> "Story":
        """A text, folded and cut."""
        folded = fold(text)
        words = cutter.cut(folded.text)
        owners = list(chain.from_iterable([n] * len(w) for n, w in enumerate(words)))
        parts = frozenset(part for word in words for part in cutter.parts(word) if len(part) > 1)
        return cls(folded, words, owners, parts)

    @property
    def text(self) -> str:
        """The folded text."""
        return self.folded.text

    def original(self, reasons: list[Reason]) -> list[Reason]:
        """The same reasons, with their places in the text as it was written."""
        return [Reason(*self.folded.original(start, end), said) for start, end, said in reasons]

    def is_whole(self, start: int, end: int) -> bool:
        """Whether a stretch neither begins nor ends inside a word that holds more than it (制衣 in 定制衣柜); where it is itself
        inside one word, either will do (饭店 in 小饭店, not 箱包 in 纸箱包装).
        """
        first, last = self.owners[start], self.owners[end - 1]
        inside = (self.owners[:start][-1:] == [first]) + (self.owners[end : end + 1] == [last])
        return inside <= (first == last)

    def edge(self, start: int, at: int) -> int:
        """The last place up to ``at`` where a word begins, but for one that began at ``start`` or before."""
        return next((n for n in range(at, start, -1) if self.owners[n] != self.owners[n - 1]), at)

    def says(self, word: str) -> bool:
        """Whether the word is one of its words, or some of them, however spaced."""
        places = (match.span() for match in re.finditer(r"\s*".join(map(re.escape, word)), self.text))
        return any(
            self.owners[:start][-1:] != self.owners[start : start + 1]
            and self.owners[end : end + 1] != self.owners[end - 1 : end]
            for start, end in places
        )


def problems(story: Story, taxonomy: Taxonomy) -> list[Recognised]:
    """The common problems that a text speaks of, the likeliest first; the reasons are the clauses that say so most."""
    classifier = _classifier(taxonomy)
    text = _without_talk(story, classifier)
    clauses = [(span, worth, _scores(classifier, text[slice(*span)])) for span, worth in _clauses(story)]
    sentences = [_scores(classifier, sentence) for sentence in _SENTENCES.findall(text)]
    found: list[tuple[float, Recognised]] = []
    for key, whole in _scores(classifier, text).items():
        likely = sorted(((own[key], worth, span) for span, worth, own in clauses if own), reverse=True)
        best = likely[0][0] if likely else 0.0
        parts = [*(worth * own for own, worth, _ in likely[:1]), *(SENTENCE * own[key] for own in sentences if own)]
        score = max([whole, *parts])
        if score > HEARD:
            said = (span for own, _, span in likely if own >= max(best / 2, min(best, HEARD)))
            reasons = [Reason(*span, taxonomy.problems[key].name) for span in sorted(_apart(said)[:REASONS])]
            found.append((score, Recognised(key, story.original(reasons))))
    found.sort(key=lambda pair: -pair[0])
    return [each for score, each in found[:MOST] if score >= SECOND * found[0][0]]


def _without_talk(story: Story, classifier: Classifier) -> str:
    """The folded text, blank where a clause has but words of telling and asking, and no saying: 看别人怎么办的 asks, and tells nothing."""

    def told(clause: re.Match[str]) -> str:
        words = story.words[story.owners[clause.start()] : story.owners[clause.end() - 1] + 1]
        empty = talk().issuperset(words) and not _has_saying(classifier, _customers_alike(clause[0]))
        return " " * len(clause[0]) if empty else clause[0]

    return CLAUSES.sub(told, story.text)


@cache
def talk() -> frozenset[str]:
    """Words of telling and of asking, which say nothing of what is told."""
    return frozenset((*word_list("talk"), *word_list("stop")))


def _clauses(story: Story) -> Iterator[tuple[tuple[int, int], float]]:
    """Where each clause begins and ends, or each stretch of a long one, and what its score counts."""
    for match in CLAUSES.finditer(story.text):
        start, end = match.span()
        worth = STRETCH if end - start > LONGEST_CLAUSE else CLAUSE
        while worth == STRETCH and end - start > AT_ONCE:
            yield (start, story.edge(start, start + AT_ONCE)), worth
            start = story.edge(start, start + AT_ONCE // 2)
        yield (start, end), worth


def _apart(places: Iterable[Span]) -> list[Span]:
    """Of what overlaps the first."""
    kept: list[Span] = []
    for place in places:
        if all(place[1] <= each[0] or each[1] <= place[0] for each in kept):
            kept.append(place)
    return kept


def _scores(classifier: Classifier, text: str) -> dict[str, float]:
    """The score of each problem, lower where the text is like those that tell of none; brief ones say what holds a saying."""
    plain = _customers_alike(text).strip()
    if len(plain) <= BRIEF and not _has_saying(classifier, plain):
        return {}
    scores = classifier.score(plain)
    doubt = DOUBT * max(scores.pop(NONE, 0.0), 0.0)
    return {key: score - doubt for key, score in scores.items()}


def _has_saying(classifier: Classifier, plain: str) -> bool:
    return not classifier.examples.isdisjoint(plain[a:b] for a, b in combinations(range(len(plain) + 1), 2))


@lru_cache(maxsize=2)
def _classifier(taxonomy: Taxonomy) -> Classifier:
    """Learned from what the taxonomy says of the problems and from its stories.

    Stories of none but other problems, as the shipped ones are where somebody has a list of their own, teach nothing.
    """
    known = taxonomy.problems
    told = [(said, {key}) for key, term in known.items() for said in _sayings(term)]
    for stories in taxonomy.stories:
        labels = known.keys() & stories.problems
        if labels or not stories.problems:
            told += [(each, labels) for each in stories.told]
    folded = fold_each([text for text, _ in told])
    plain = (_customers_alike(text.text) for text in folded)
    return _learned(tuple((text, frozenset(labels)) for text, (_, labels) in zip(plain, told, strict=True)))


_learned = lru_cache(maxsize=2)(Classifier)
"""For every taxonomy that says the same: that of the start is not the workers'."""


def _customers_alike(text: str) -> str:
    """The text with every trade's customers called the same (业主投诉 and 家长投诉 are one thing)."""
    return _CUSTOMERS.sub("客户", text)


def _sayings(term: Term) -> Iterator[str]:
    """What is said of a term, once each."""
    written = (clause for clause in (term.name, *_PHRASES.findall(term.description)) if len(clause) > A_WORD)
    yield from dict.fromkeys((*written, *term.terms))


def industries(story: Story, taxonomy: Taxonomy) -> list[Recognised]:
    """The industries that may be the teller's own, those with the most different reasons first."""
    places = {key: _longest(_mentions(names, story)) for key, names in names_of_industries(taxonomy).items()}
    own = _own(story.text, [Recognised(key, reasons) for key, reasons in places.items() if reasons])
    ordered = sorted(own, key=lambda each: -len({reason.said for reason in each.reasons}))
    return [Recognised(key, story.original(reasons)) for key, reasons in ordered]


@lru_cache(maxsize=2)
def names_of_industries(taxonomy: Taxonomy) -> dict[str, list[tuple[str, str]]]:
    """For each industry all that is said of it, as it is written and folded."""
    named = [(key, said) for key, term in taxonomy.industries.items() for said in _sayings(term)]
    found: dict[str, list[tuple[str, str]]] = {key: [] for key in taxonomy.industries}
    for (key, said), folded in zip(named, fold_each([said for _, said in named]), strict=True):
        if folded.text.strip():
            found[key].append((said, folded.text))
    return found


def _mentions(names: list[tuple[str, str]], story: Story) -> Iterator[Reason]:
    """Wherever one of the names stands that is not denied."""
    for said, folded in names:
        if folded in story.text:
            for match in re.finditer(re.escape(folded), story.text):
                if story.is_whole(*match.span()) and not _DENIED.search(story.text, 0, match.start()):
                    yield Reason(*match.span(), said)


def _longest(places: Iterator[Reason]) -> list[Reason]:
    """Of what overlaps the longest, in the order of the text."""
    return sorted(_apart(sorted(places, key=lambda each: each.start - each.end)))


def _own(text: str, industries: list[Recognised]) -> list[Recognised]:
    """The industries that may be the teller's own: no customer's (给酒店洗床单, 面包店嫌), and of words that stand together that of
    the last (酒店布草); of these the surest.
    """
    spans = {(reason.start, reason.end) for each in industries for reason in each.reasons}
    perhaps: list[Recognised] = []
    for each in industries:
        reasons = [reason for reason in each.reasons if not (_in_other(reason, spans) or _is_theirs(text, reason))]
        if reasons:
            perhaps.append(each._replace(reasons=reasons))
    claims = [max(_claim(text, reason) for reason in each.reasons) for each in perhaps]
    return [each for each, claim in zip(perhaps, claims, strict=True) if claim == max(claims)]


def _in_other(reason: Reason, spans: set[tuple[int, int]]) -> bool:
    """Whether it is part of a longer word for another industry, or only says of what kind the next one is."""
    start, end, _ = reason
    return any(a == end or (a <= start and end <= b and (a, b) != (start, end)) for a, b in spans)


def _is_theirs(text: str, reason: Reason) -> bool:
    at_customers = _FOR_CUSTOMER.search(text, 0, reason.start + 1) or _THEY.match(text, reason.end)
    return bool(at_customers) and _is_workplace(text, reason)


def _claim(text: str, reason: Reason) -> int:
    """How surely it is the teller's own: 2 if said to be (做门锁的), 1 for a place and for what the text begins with, else 0."""
    if _TRADE.search(text, 0, reason.start):
        return 2
    return int(not text[: reason.start].strip() or _is_workplace(text, reason))


def _is_workplace(text: str, reason: Reason) -> bool:
    """Whether it is one, or stands before one."""
    return bool(_WORKPLACE.search(reason.said) or _WORKPLACE.match(text, reason.end))
