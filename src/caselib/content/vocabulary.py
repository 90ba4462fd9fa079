"""A controlled vocabulary: terms by key, their tree, and the key that a writer may have meant.

Where terms come from is ``taxonomy``'s business.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, lru_cache

_PEOPLES = "朝鲜族|土家族|苗族|藏族|羌族|彝族|布依族|侗族|哈尼族|壮族|傣族|白族|景颇族|傈僳族|回族|蒙古族?|哈萨克|柯尔克孜|维吾尔"
_SUFFIX = re.compile(rf"(?<=..)(?:(?:{_PEOPLES})*自治[区州]|特别行政区|地区|省|市)$")


@dataclass(frozen=True)
class Term:
    """One entry. ``parent`` is the key above it: a letter, a province, or a problem's group."""

    key: str
    name: str
    parent: str | None = None
    description: str = ""
    terms: tuple[str, ...] = ()
    editable: bool = False
    source: str = ""
    official: bool = True
    """False for codes of our own where the standard has none."""
    firms: int | None = None
    share: float | None = None
    """Effects only: firms that reported it, and their share in percent (Figure 3 of the 2022 report)."""

    @cached_property
    def short(self) -> str:
        """The name for display: 浙江 for 浙江省, 内蒙古 for 内蒙古自治区, 延边 for 延边朝鲜族自治州."""
        return _SUFFIX.sub("", self.name) if self.key.isdigit() else self.name


class Vocabulary(Mapping[str, Term]):
    """Terms by key, in the order of their ``file``; ``word`` is what one of them is called in a message."""

    def __init__(self, terms: Iterable[Term], file: str = "", word: str = "键") -> None:
        self.file = file
        self.word = word
        self._terms = {term.key: term for term in terms}
        self._children: dict[str | None, list[Term]] = {}
        for term in self._terms.values():
            self._children.setdefault(term.parent, []).append(term)
        self._guess = lru_cache(maxsize=1024)(self._ranked)

    def __getitem__(self, key: str) -> Term:
        return self._terms[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._terms)

    def __len__(self) -> int:
        return len(self._terms)

    def children(self, key: str | None) -> list[Term]:
        """The terms directly under ``key``; under ``None`` the top ones."""
        return list(self._children.get(key, ()))

    def ancestors(self, key: str) -> list[Term]:
        """The terms above ``key`` in this vocabulary, topmost first."""
        above: list[Term] = []
        term = self._terms.get(key)
        while term and term.parent and (term := self._terms.get(term.parent)) and term not in above:
            above.insert(0, term)
        return above

    def nearest(self, key: str) -> list[str]:
        """The valid keys, three at most, that the writer of ``key`` may have meant, best first; names and their words count too."""
        return list(self._guess(key[:100]))

    def meant(self, key: str) -> str:
        """The nearest for a message: C13（农副食品加工业）、C14（食品制造业）; empty if nothing is near."""
        return "、".join(f"{near}（{self[near].name}）" for near in self.nearest(key))

    def _ranked(self, key: str) -> tuple[str, ...]:
        scored = [(max(_likeness(key, word) for word in _words(term, key)), term.key) for term in self.values()]
        good = [pair for pair in scored if pair[0] > _ALIKE]
        return tuple(candidate for _, candidate in sorted(good, key=lambda pair: -pair[0])[:3])


_ALIKE = 0.5
"""Likeness of two words of two characters that share one (食品, 食堂): not enough to mean the other."""


def _words(term: Term, asked: str) -> list[str]:
    """What a term is called, and its words but those that only hold what was asked for: 食品 is no 食品机械."""
    return [term.key, term.name, *(word for word in term.terms if word == asked or asked not in word)]


def _likeness(asked: str, word: str) -> float:
    """0 to 1; a word that contains the other counts as close, since people write names in part, and codes nest: 3304 is in 33."""
    asked, word = asked.strip().casefold(), word.casefold()
    if asked == word:
        return 1.0
    if set(asked).isdisjoint(word):
        return 0.0
    if asked.isdigit() and word.isdigit():
        asked, word = asked.rstrip("0"), word.rstrip("0")
    if len(asked) >= 2 and asked in word:
        return 0.9
    if len(word) >= 2 and word in asked:
        return 0.86 + len(word) / 1000 if asked.startswith(word) else 0.85
    matcher = SequenceMatcher(None, asked, word)
    return matcher.ratio() if matcher.real_quick_ratio() >= 0.5 and matcher.quick_ratio() >= 0.5 else 0.0
