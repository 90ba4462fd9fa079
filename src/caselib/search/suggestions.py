"""Suggestions while somebody types: terms of the library and titles, by their text, their pinyin or their initials; and the
industries of trades and products.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import accumulate, islice

from caselib.content import Taxonomy, Term
from caselib.pinyin import readings
from caselib.search.index.reading import Index
from caselib.search.model import Suggestion
from caselib.search.text import pinyin
from caselib.search.text.tokens import HAN_RUN, fold, unspaced, word_list

_MOST_TERMS, _MOST_INDUSTRIES = 5, 3
_SHORTEST_TRADE = 2
_SHORTEST_PINYIN = 2
_FEWEST_INITIALS = 4
"""Three letters are some term's initials by chance too often: MES, ERP and SOP mean themselves."""


class Suggester:
    """The titles and terms of one state of the index; ``finds`` tells whether a question has an answer, ``names`` what is said
    of each industry, as it is written and folded.
    """

    def __init__(
        self,
        index: Index,
        taxonomy: Taxonomy,
        names: Mapping[str, Sequence[tuple[str, str]]],
        finds: Callable[[str], bool],
    ) -> None:
        self._finds = cache(finds)
        self._words = index.words
        self._terms = {unspaced(fold(suggestion.text).text): suggestion for suggestion in _terms(taxonomy)}
        self._titles = [
            (segment, number, unspaced(segment.folded(first)))
            for segment, start in zip(index.segments, index.starts, strict=False)
            for number, first in enumerate(segment.first[:-1].tolist())
            if index.alive[start + number] and segment.names[number].startswith(("case/", "guide/"))
        ]
        self._trades = [
            (unspaced(folded), _industry(taxonomy.industries[key])) for key, said in names.items() for _, folded in said
        ]
        self._joined = "\n".join(title for _, _, title in self._titles)
        self._starts = list(accumulate((len(title) + 1 for _, _, title in self._titles), initial=0))

    def suggest(self, typed: str, limit: int) -> list[Suggestion]:
        """What the typed text may become: terms that begin with it, then that hold it, the usual first; then titles; then the
        industries that have trades or products beginning with it.

        Only what leads somewhere: to a page of its own, or to what is found by it.
        """
        text = unspaced(fold(typed).text)
        if not text:
            return []
        names = list(dict.fromkeys([*self._by_text(text), *self._by_pinyin(text)]))
        terms = (self._terms[name] for name in names)
        found = list(islice((term for term in terms if term.url or self._finds(term.text)), max(_MOST_TERMS, limit)))
        titles = self._by_title(text, limit) or [t for name in names[:3] for t in self._by_title(name, limit)]
        kept = found[: max(_MOST_TERMS, limit - len(titles))]
        return list(dict.fromkeys([*kept, *titles, *self._by_trade(text)]))[:limit]

    def _by_text(self, text: str) -> list[str]:
        held = [name for name in self._terms if text in name]
        return sorted(held, key=lambda name: (not name.startswith(text), -self._words[name], len(name), name))

    def _by_pinyin(self, typed: str) -> list[str]:
        if len(typed) < _SHORTEST_PINYIN or not (typed.isascii() and typed.isalpha()):
            return []
        held: dict[str, int] = {}
        for name, at in self._by_letter.get(typed[0], ()):
            if pinyin.begins(name, typed, at):
                held[name] = min(at, held.get(name, at))
        return sorted(held, key=lambda name: (held[name], -self._words[name], len(name), name))

    def by_initials(self, typed: str) -> str | None:
        """The most usual term that these letters are the initials of; None for fewer than ``_FEWEST_INITIALS``."""
        letters = unspaced(typed)
        names = self._by_pinyin(letters) if len(letters) >= _FEWEST_INITIALS else []
        return next((name for name in names if len(name) == len(letters) and HAN_RUN.fullmatch(name)), None)

    @cached_property
    def _by_letter(self) -> dict[str, list[tuple[str, int]]]:
        """Each term with each of its characters, by the letters that this may be typed with."""
        letters: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for name in self._terms:
            for at, character in enumerate(name):
                for letter in {syllable[0] for syllable in readings(character) if syllable}:
                    letters[letter].append((name, at))
        return letters

    def _by_title(self, text: str, limit: int) -> list[Suggestion]:
        """Titles that hold the text, found in all of them at once."""
        found: list[Suggestion] = []
        at = self._joined.find(text)
        while at >= 0 and len(found) < limit:
            place = bisect_right(self._starts, at) - 1
            segment, number, _ = self._titles[place]
            shown, _ = segment.shown(number)
            found.append(Suggestion(shown.title, shown.url, "guide" if shown.kind == "guide" else "case"))
            at = self._joined.find(text, self._starts[place + 1])
        return found

    def _by_trade(self, text: str) -> list[Suggestion]:
        """The industries with documents that have trades or products beginning with the text, first those with the most: 餐饮业 for 奶茶."""
        if len(text) < _SHORTEST_TRADE:
            return []
        named = Counter(industry for trade, industry in self._trades if trade.startswith(text)).most_common()
        return list(islice((industry for industry, _ in named if self._finds(industry.text)), _MOST_INDUSTRIES))


def _industry(term: Term) -> Suggestion:
    return Suggestion(term.name, f"/industries/{term.key}", "industry")


def _terms(taxonomy: Taxonomy) -> Iterator[Suggestion]:
    """Everything with a name; later ones win, so that a problem or an industry leads to its own page."""
    words: Iterable[str] = [*word_list("domain"), *(word for group in taxonomy.synonyms for word in group)]
    yield from (Suggestion(word, None, "term") for word in words)
    for vocabulary in (taxonomy.measures, taxonomy.effects):
        yield from (Suggestion(term.name, None, "term") for term in vocabulary.values())
    yield from map(_industry, taxonomy.industries.values())
    yield from (Suggestion(term.name, f"/problems/{term.key}", "problem") for term in taxonomy.problems.values())
