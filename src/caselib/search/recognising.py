"""Which common problems and industries somebody speaks of, by what the taxonomy says of them and what people say.

A saying is found in the text word after word with little between; what was found is the reason given. Nothing here is
learned, and nothing knows documents.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from caselib.content import Taxonomy
from caselib.search.index.tokens import HAN, HAN_RUN, Cutter, Folded, fold, fold_each

A_WORD = 2
"""Characters of what is only a word in a description or as a name (卫生, 教育), and no saying."""
CLAUSE = re.compile(r"[^，、。；！？,;!?\n]+")
_PAIRS = re.compile(f"[{HAN}]{{1,2}}|[^{HAN}]+")
_STOPS = r"，。！？；、,!?;\s"
_BETWEEN, _INSIDE = f"[^不没无未{_STOPS}]{{0,3}}", "[了着过得的个一有]{0,2}"
_DENIED = re.compile(
    "(?:[不没无未]|没有|从不|不是|不存在|没怎么|几乎没|很少|除了)(?:[被人有过再]|客户|顾客|什么|任何|一[次个起例]|出现|发生|出)*"
    f"(?:[^{_STOPS}和或及]{{1,6}}[、和或及])*$"
)
"""What stands before something that is not so, or before a list of such."""
_GONE = re.compile(
    r"[也都]?(?:(?:很|比较|越来越)?少(?:了|多了|[，。；,;\s]|$)|(?:明显|慢慢)?(?:降下来|降低|下降|减少)|为零|[^，。；,;\s]{0,4}降到)"
)
"""What stands after something that is over."""
_CUSTOMER = re.compile(f"[给供][^{_STOPS}做配加洗焊装修产卖送]{{0,10}}$")
_THEY = re.compile(
    "(?:店|厂|公司|院|里|那边|方)?(?:都|又|老是|就)?(?:说|嫌|要我|要求|让|退|不收|不要|不认|扣|送来|拿来|投诉|骂)"
)
_TRADE = re.compile(f"[做产造开种养卖搞办修织印染焊酿洗装][^{_STOPS}]{{0,6}}$")
_PLACE = re.compile("厂|店|坊|铺|场|公司|车间|合作社|机构|[院队站所馆园室社校]|中心|基地|民宿|超市")


class Reason(NamedTuple):
    """Where something was recognised: from ``start`` to ``end`` in the text, as what the taxonomy has ``said``."""

    start: int
    end: int
    said: str


class Recognised(NamedTuple):
    """A problem or industry by its key, with every reason to think of it in the order of the text."""

    key: str
    reasons: list[Reason]


class Way(NamedTuple):
    """One way of saying something: what the taxonomy has ``said``, the characters it needs, and a pattern."""

    said: str
    needed: frozenset[str]
    pattern: str


class Told(NamedTuple):
    """A text of so many characters, folded; its words, and for each folded character the number of the word that it is in."""

    folded: Folded
    size: int
    words: list[str]
    owners: list[int]

    @classmethod
    def of(cls, text: str, cutter: Cutter) -> "Told":
        """A text, folded and cut."""
        folded = fold(text)
        words = cutter.cut(folded.text)
        return cls(folded, len(text), words, list(chain.from_iterable([n] * len(w) for n, w in enumerate(words))))

    @property
    def text(self) -> str:
        """The folded text."""
        return self.folded.text

    def is_whole(self, start: int, end: int) -> bool:
        """Whether a stretch neither begins nor ends inside a word that holds more than it (制衣 in 定制衣柜)."""
        first, last = self.owners[start], self.owners[end - 1]
        return first == last or not (self.owners[:start][-1:] == [first] or self.owners[end : end + 1] == [last])

    def says(self, word: str) -> bool:
        """Whether the word is one of its words, or some of them, however spaced."""
        places = (match.span() for match in re.finditer(r"\s*".join(map(re.escape, word)), self.text))
        return any(
            self.owners[:start][-1:] != self.owners[start : start + 1]
            and self.owners[end : end + 1] != self.owners[end - 1 : end]
            for start, end in places
        )


def recognise(told: Told, taxonomy: Taxonomy, cutter: Cutter) -> tuple[list[Recognised], list[Recognised]]:
    """The problems and the industries that a text speaks of, those with the most different reasons first."""
    characters = frozenset(told.text)

    def found(vocabulary: str) -> list[Recognised]:
        ways = _ways(vocabulary, taxonomy, cutter).items()
        places = {key: _longest(_places(said_of, told, characters)) for key, said_of in ways}
        return [Recognised(key, reasons) for key, reasons in places.items() if reasons]

    def original(each: Recognised) -> Recognised:
        spans = ((*told.folded.original(start, end, told.size), said) for start, end, said in each.reasons)
        return each._replace(reasons=[Reason(*span) for span in spans])

    def likeliest(recognised: list[Recognised]) -> list[Recognised]:
        return sorted(map(original, recognised), key=lambda each: -len({reason.said for reason in each.reasons}))

    return likeliest(found("problems")), likeliest(_own(told.text, found("industries")))


def _places(said_of: list[Way], told: Told, characters: frozenset[str]) -> Iterator[Reason]:
    """Wherever something is said of a term that is neither denied nor over."""
    for said, needed, pattern in said_of:
        for match in _compiled(pattern).finditer(told.text) if needed <= characters else ():
            start, end = match.span()
            if told.is_whole(start, end) and not (_DENIED.search(told.text, 0, start) or _GONE.match(told.text, end)):
                yield Reason(start, end, said)


def _longest(places: Iterator[Reason]) -> list[Reason]:
    """Of what overlaps the longest, in the order of the text."""
    kept: list[Reason] = []
    for place in sorted(places, key=lambda each: each.start - each.end):
        if all(place.end <= each.start or each.end <= place.start for each in kept):
            kept.append(place)
    return sorted(kept)


@lru_cache(maxsize=4)
def _ways(vocabulary: str, taxonomy: Taxonomy, cutter: Cutter) -> dict[str, list[Way]]:
    """For each term of a vocabulary all that is said of it, worked out once for as long as neither changes."""
    synonyms = re.compile("|".join(map(re.escape, chain.from_iterable(taxonomy.synonyms))) or "(?!)")
    found: dict[str, list[Way]] = {}
    said_of: list[tuple[str, str, str]] = []
    for key, term in getattr(taxonomy, vocabulary).items():
        found[key] = []
        written = (clause for clause in (term.name, *CLAUSE.findall(term.description)) if len(clause) > A_WORD)
        for said in dict.fromkeys((*written, *term.terms)):
            ways = [said, *(_otherwise(said, taxonomy.synonyms) if synonyms.search(said) else ())]
            said_of += [(key, said, way) for way in ways]
    for (key, said, _), way in zip(said_of, fold_each([way for _, _, way in said_of]), strict=True):
        if words := _words(way.text, cutter):
            found[key].append(Way(said, frozenset("".join(words)), _BETWEEN.join(map(_loosely, words))))
    return found


def _otherwise(said: str, synonyms: list[tuple[str, ...]]) -> Iterator[str]:
    """The same with a word of it changed for its synonyms."""
    for group in synonyms:
        if word := next((each for each in group if each in said), ""):
            yield from (said.replace(word, other) for other in group if other != word)


_compiled = lru_cache(maxsize=8192)(re.compile)


def _loosely(word: str) -> str:
    """Two characters as they may stand apart: 退了货 for 退货, 没一个人 for 没人."""
    return f"{word[0]}{_INSIDE}{word[1]}" if len(word) == 2 and HAN_RUN.fullmatch(word) else re.escape(word)


def _words(folded: str, cutter: Cutter) -> list[str]:
    """Its words, those of three characters and more in two: the taxonomy's own names are words of the dictionary."""
    return [part for word in cutter.cut(folded) for part in _PAIRS.findall(word)]


def _own(text: str, industries: list[Recognised]) -> list[Recognised]:
    """The industries that may be the teller's own: no customer's (给酒店洗床单, 面包店嫌), and of words that stand together that of
    the last (酒店布草); only those said to be so, if any is (做门锁的).
    """
    spans = {(reason.start, reason.end) for each in industries for reason in each.reasons}
    perhaps: list[Recognised] = []
    for each in industries:
        reasons = [reason for reason in each.reasons if not _in_other(reason, spans)]
        if reasons and not any(_is_theirs(text, reason) for reason in reasons):
            perhaps.append(each._replace(reasons=reasons))
    return [each for each in perhaps if any(_is_own(text, reason) for reason in each.reasons)] or perhaps


def _in_other(reason: Reason, spans: set[tuple[int, int]]) -> bool:
    """Whether it is part of a longer word for another industry, or only says of what kind the next one is."""
    start, end, _ = reason
    return any(a == end or (a <= start and end <= b and (a, b) != (start, end)) for a, b in spans)


def _is_theirs(text: str, reason: Reason) -> bool:
    place = _PLACE.search(reason.said) or _PLACE.match(text, reason.end)
    return bool(place and (_CUSTOMER.search(text, 0, reason.start + 1) or _THEY.match(text, reason.end)))


def _is_own(text: str, reason: Reason) -> bool:
    place = _PLACE.search(reason.said) or _PLACE.match(text, reason.end)
    return bool(not reason.start or place or _TRADE.search(text, 0, reason.start))
