"""What a visitor typed, taken apart: words to rank by, phrases to insist on or leave out, strings to highlight.

Any text is a valid question. The little syntax there is: ``"…"`` (also “…” and 「…」) is found exactly, ``-词`` leaves out,
``标题:词`` and ``企业:词`` (title:, firm:) look in that part, ``iso*`` is a beginning. All else is words. Nothing here opens the index.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain, pairwise, repeat
from typing import NamedTuple

from caselib.search.index.records import Part
from caselib.search.text.dictionary import Cutter
from caselib.search.text.numerals import otherwise
from caselib.search.text.tokens import HAN_RUN, fold, latin_tokens, pairs, word_list

LONGEST = 1000
"""Characters of a question that are looked at."""

WORD_PAIR, PAIR, CHARACTER, LETTERS, SYNONYM = 1.5, 1.0, 0.3, 2.0, 0.5
"""Weights: a pair that is a word, any other pair, a character inside a word or a number inside a token (5 of 5S), any other Latin
or number token; a synonym's share."""

_LONGEST_UNKNOWN = 4
_PARTS = {"title": Part.TITLE, "标题": Part.TITLE, "firm": Part.FIRM, "企业": Part.FIRM}
_PIECE = re.compile(
    rf'(?P<minus>(?<!\S)-(?=["“「『]|[^\W_]))?(?:(?(minus)|(?<!\S))(?P<part>{"|".join(_PARTS)}):)?'
    r'(?:["“「『](?P<quoted>[^"“”「」『』]*)["”」』]|(?P<bare>[^\s"“”「」『』]+))'
)


class Unit(NamedTuple):
    """One word asked for. A document has it if one of its passages holds all terms of one of the ``options``.

    ``alone`` are its characters that are no stop words. If no document has any term of the ``options``, each of them weighs as
    a word of its own.
    """

    text: str
    options: tuple[tuple[str, ...], ...]
    start: int
    end: int
    alone: str = ""


class Phrase(NamedTuple):
    """A run of characters, found exactly; ``part`` is the only part it counts in, if any."""

    text: str
    part: Part | None
    terms: tuple[str, ...]


class Marks(NamedTuple):
    """What to highlight: runs with Han characters, whole Latin and number tokens, beginnings of such."""

    runs: tuple[str, ...]
    tokens: frozenset[str]
    beginnings: tuple[str, ...]


NO_MARKS = Marks((), frozenset(), ())


@dataclass(frozen=True)
class Question:
    """A question taken apart. ``text`` is all of it, folded; ``weights`` what ranks: each term and how much it counts."""

    text: str
    weights: dict[str, float] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    phrases: list[Phrase] = field(default_factory=list)
    excluded: list[Phrase] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    synonyms: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing ranks: every document is as good as any other."""
        return not self.weights and not self.prefixes

    @cached_property
    def marks(self) -> Marks:
        """What to highlight: what was asked for and its synonyms, and the words inside.

        Of a phrase with letters or figures its pieces, since it may be spaced in another way where it is found.
        """
        mixed = [phrase.text for phrase in self.phrases if _latin_units(phrase.text)]
        whole = [phrase.text for phrase in self.phrases if phrase.text not in mixed]
        texts = [*(unit.text for unit in self.units), *whole, *self.synonyms]
        inside = [pair for unit in self.units for pair in unit.options[0] if self.weights.get(pair, 0) >= WORD_PAIR]
        inside += [run for text in mixed for run in HAN_RUN.findall(text)]
        runs = dict.fromkeys(text for text in (*texts, *inside) if HAN_RUN.search(text))
        latin = {unit.options[0][0] for text in (*texts, *mixed) if text not in runs for unit in _latin_units(text)}
        return Marks(tuple(runs), frozenset(latin), tuple(self.prefixes))

    def add_options(self, text: str, words: Sequence[str]) -> None:
        """Ask for any of ``words``, under the name of ``text``."""
        self.units.append(Unit(text, tuple((word,) for word in words) or ((text,),), 0, 0))
        self.weights.update(dict.fromkeys(words, LETTERS))


def terms_of(folded: str) -> tuple[str, ...]:
    """The terms that must all be there where this text is: pairs of Han characters, whole Latin and number tokens."""
    han = [term for run in HAN_RUN.findall(folded) for term in pairs(run)]
    return tuple(dict.fromkeys([*han, *(unit.options[0][0] for unit in _latin_units(folded))]))


def _latin_units(folded: str, apart: frozenset[str] = frozenset()) -> list[Unit]:
    """Latin and number tokens; letters and the number after them (ISO 9001) are one, and need not stand together.

    Not so those that ``apart`` has.
    """
    units: list[Unit] = []
    for token in latin_tokens(folded):
        if token.parts == 2:
            if folded[token.start : token.end] in apart:
                continue
            number, letters = units.pop(), units.pop()
            options = ((token.text,), letters.options[0] + number.options[0])
            units.append(Unit(folded[token.start : token.end], options, token.start, token.end))
        elif token.whole:
            units.append(Unit(token.text, ((token.text,),), token.start, token.end))
    return units


def _name(word: str) -> str:
    """The term that a word without Han characters is, however it is spaced: gbt19001 for gb/t 19001; else nothing."""
    units = _latin_units(word)
    return units[0].options[0][0] if len(units) == 1 and not HAN_RUN.search(word) else ""


@lru_cache(maxsize=2)  # every change of the library asks for it
def _groups(synonyms: tuple[tuple[str, ...], ...]) -> list[list[tuple[str, str]]]:
    """The groups, each word folded and with its :func:`_name`."""
    folded = ([fold(word).text.strip() for word in group] for group in synonyms)
    return [[(word, _name(word)) for word in group if terms_of(word)] for group in folded]


def _span(text: str, word: str) -> tuple[int, int] | None:
    start = text.find(word)
    return None if start < 0 else (start, start + len(word))


def _share(typed: Sequence[str], other: str, weights: Mapping[str, float]) -> float:
    """What each term of another spelling weighs, so that all of them weigh what the two spellings do not have in common."""
    return sum(weights.get(term, 0.0) for term in typed if term not in other) / len(terms_of(other))


class Reader:
    """Takes questions apart, with the words and synonyms of this library."""

    def __init__(self, cutter: Cutter, synonyms: Sequence[tuple[str, ...]] = ()) -> None:
        self.cutter = cutter
        self._stop = frozenset(word_list("stop"))
        variants = (tuple(pair.split("=")) for pair in word_list("variants"))
        self._synonyms = _groups((*synonyms, *variants))
        words = [(word, name) for group in self._synonyms for word, name in group]
        self._named = frozenset(name for _, name in words if name)
        self._written = re.compile("|".join(re.escape(word) for word, name in words if not name) or r"(?!)")

    def read(
        self, typed: str, *, quotes: bool = True, plain: bool = False, apart: frozenset[str] = frozenset()
    ) -> Question:
        """Take a question apart.

        For when insisting found nothing: without ``quotes``, a phrase is only words; ``plain`` insists on no phrase and no whole word.
        The words ``apart`` are asked for by their parts, as if they had been typed with spaces between.
        """
        text = fold(typed[:LONGEST]).text
        question = Question(text)
        free = list(text)
        for piece in _PIECE.finditer(text):
            insists = quotes or piece["quoted"] is None or piece["part"]
            if (piece["minus"] or (insists and not plain)) and self._take(piece, question):
                free[slice(*piece.span())] = " " * len(piece[0])
        if not (words := "".join(free)).isspace():
            self._words(words, question, plain, apart)
        return question

    def can_part(self, unit: Unit) -> bool:
        """Whether a word has parts that can be asked for by themselves: a longer word of the dictionary, letters with a number.

        Not 说了算, of which one part says nothing.
        """
        if HAN_RUN.fullmatch(unit.text):
            longer = len(unit.text) > 2 and unit.text in self.cutter
            return longer and self._stop.isdisjoint(self.cutter.parts(unit.text))
        return len(_latin_units(unit.text, frozenset([unit.text]))) > 1

    def _take(self, piece: re.Match[str], question: Question) -> bool:
        """Note a piece that is more than words; tell whether it was."""
        quoted = piece["quoted"]
        text = (piece["bare"] if quoted is None else quoted).strip()
        terms = terms_of(text)
        bare = quoted is None and not piece["minus"] and not piece["part"]
        if bare and text.endswith("*") and len(terms) == 1 and not HAN_RUN.search(text):
            question.prefixes.append(terms[0])
            return True
        if bare or not terms:
            return False
        phrase = Phrase(text.strip("*"), _PARTS.get(piece["part"]), terms)
        if piece["minus"]:
            question.excluded.append(phrase)
            return True
        question.phrases.append(phrase)
        for term in terms:
            question.weights[term] = max(question.weights.get(term, 0), WORD_PAIR)
        return True

    def _words(self, text: str, question: Question, plain: bool, apart: frozenset[str]) -> None:
        weights: defaultdict[str, float] = defaultdict(float)
        runs = [list(self._cut(run[0], run.start(), apart)) for run in HAN_RUN.finditer(text)]
        latin = [unit for unit in _latin_units(text, apart) if unit.text not in self._stop]
        if not (latin or question.phrases or question.prefixes or any(not stop for run in runs for *_, stop in run)):
            runs = [[(word, at, False) for word, at, _ in run] for run in runs]  # 怎么办, and nothing else
        for words in runs:
            question.units.extend(self._unit(word, at, plain) for word, at, stop in words if not stop)
            self._weigh(words, weights)
        for character in "".join(apart):
            if character in weights and character not in self._stop:
                weights[character] = max(weights[character], PAIR)
        question.units.extend(latin)
        for token in latin_tokens(text):
            if token.text not in self._stop:
                weights[token.text] = max(weights[token.text], LETTERS if token.parts else CHARACTER)
        for term, weight in weights.items():
            question.weights[term] = max(question.weights.get(term, 0), weight)
        for start, end, others in otherwise(text):
            typed = terms_of(text[start:end])
            self._widen(question, start, end, {other: _share(typed, other, question.weights) for other in others})
        self._add_synonyms(text, question)

    def _unit(self, word: str, at: int, plain: bool) -> Unit:
        """A word, of which a document must hold all pairs; if ``plain``, those of a word inside it will do."""
        shorter = self.cutter.inside(word)[:-1] if plain else []
        options = tuple(tuple(dict.fromkeys(pairs(each))) for each in (word, *shorter))
        return Unit(word, options, at, at + len(word), "".join(each for each in word if each not in self._stop))

    def _cut(self, run: str, at: int, apart: frozenset[str]) -> Iterator[tuple[str, int, bool]]:
        """Words with their places and whether they say nothing; what jieba leaves in single characters is one word."""
        loose = ""
        for word, parted in chain.from_iterable(map(self._parted, [*self.cutter.cut(run), ""], repeat(apart))):
            stop = word in self._stop
            if len(word) == 1 and not (stop or parted) and len(loose) < _LONGEST_UNKNOWN:
                loose += word
                continue
            if loose:
                yield loose, at, False
                at += len(loose)
                loose = ""
            if word:
                yield word, at, stop
                at += len(word)

    def _parted(self, word: str, apart: frozenset[str]) -> list[tuple[str, bool]]:
        """The word, or its parts where it is to be taken apart; and whether it is such a part."""
        return [(part, True) for part in self.cutter.parts(word)] if word in apart else [(word, False)]

    def _weigh(self, words: list[tuple[str, int, bool]], weights: defaultdict[str, float]) -> None:
        for word, _, stop in words:
            if stop:
                continue
            if len(word) == 1:
                weights[word] += PAIR
                continue
            for pair in pairs(word):
                weights[pair] += WORD_PAIR if pair in self.cutter else PAIR
            for character in word:
                weights[character] += CHARACTER
        for (left, _, stop), (right, _, after) in pairwise(words):
            if not (stop and after):
                weights[left[-1] + right[0]] += PAIR

    def _add_synonyms(self, text: str, question: Question) -> None:
        """Let other words of a group count where one of them was asked for, at a lower weight."""
        latin = {unit.options[0][0]: (unit.start, unit.end) for unit in question.units}
        if self._named.isdisjoint(latin) and not self._written.search(text):
            return
        for group in self._synonyms:
            asked = {word: span for word, name in group if (span := latin.get(name) if name else _span(text, word))}
            if asked:
                start, end = next(iter(asked.values()))
                others = (word for word, _ in group if word not in asked)
                self._widen(question, start, end, dict.fromkeys(others, SYNONYM * WORD_PAIR))

    def _widen(self, question: Question, start: int, end: int, others: Mapping[str, float]) -> None:
        """Accept ``others``, too, for the words from ``start`` to ``end``; each term of one weighs so much unless it weighs
        something already.
        """
        options = {terms_of(other): weight for other, weight in others.items()}
        covered = [n for n, unit in enumerate(question.units) if start <= unit.start and unit.end <= end]
        for number in covered:
            unit = question.units[number]
            question.units[number] = unit._replace(options=(*unit.options, *options))
        if covered:
            question.synonyms.extend(others)
            for term, weight in ((term, weight) for option, weight in options.items() for term in option):
                question.weights.setdefault(term, weight)
