"""What a visitor may have meant who typed what no document holds: pinyin, a word that sounds alike, one wrong character.

Corrections come from the index's own words and the library's vocabulary, so a correction is always something to be found.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache, partial
from weakref import proxy

import numpy as np
from numpy.typing import NDArray

from caselib.pinyin import readings
from caselib.search.index.postings import Numbers
from caselib.search.index.reading import Index
from caselib.search.question import Unit
from caselib.search.text import pinyin
from caselib.search.text.dictionary import LONGEST_WORD, Cutter
from caselib.search.text.tokens import HAN_RUN, codes_of, latin_tokens, word_list

_LONGEST_PINYIN = 40
_LONG = range(3, 9)  # characters of a long name
_MOST = 3  # unknown words that are corrected
_LOOK_ALIKE = {"0": "o", "o": "0"}
MOST_SLIPS = 1
"""A word of which more than one sound was mixed up is another word."""
ONCE = "一"
"""So begins what no dictionary can have: 一测, 一洗就, 一大片."""
LEAST, SHARE = 3, 0.001
"""So many documents, and this share of all, have a word in which a mistake is seen."""


class LongNames:
    """The longer of the vocabulary's names and the documents' words, folded, in which one mistaken character shows: 质量管里体系."""

    def __init__(self, index: Index, cutter: Cutter) -> None:
        self._held = index.words
        least = max(LEAST, SHARE * index.doc_count)
        names = (*cutter.names, *word_list("domain"), *(word for word, docs in index.words.items() if docs >= least))
        self._names = {name for name in names if len(name) in _LONG and HAN_RUN.fullmatch(name)}
        self._with: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for name in sorted(self._names):
            self._with[name[:2]].append((0, name))
            if name[1:] not in cutter:  # 搞质量 is no 高质量
                self._with[name[-2:]].append((len(name) - 2, name))

    def mend(self, text: str, loose: Iterable[Unit], no_words: Iterable[Unit] = ()) -> str:
        """A folded question with a name put right that has one other character in or beside a ``loose`` word.

        The other character sounds the same; in what is no word anywhere (``no_words``) it may be any, if the name is long or documents
        hold it: of the many names that none has, some one is like whatever a firm makes.
        """
        lost = {place for unit in no_words for place in range(unit.start, unit.end)}
        for unit in loose:
            for place in range(max(0, unit.end - _LONG[-1]), unit.start + _LONG[-1] - 1):
                for at, name in self._with.get(text[place : place + 2], ()):
                    start, end = place - at, place - at + len(name)
                    typed = text[start:end] if 0 <= start <= unit.start and unit.end <= end else ""
                    any_other = lost if len(name) > LONGEST_WORD or name in self._held else set[int]()
                    if len(typed) == len(name) and typed not in self._names and _is_slip(typed, name, start, any_other):
                        return text[:start] + name + text[end:]
        return text


def _is_slip(typed: str, name: str, start: int, lost: set[int]) -> bool:
    others = [at for at in range(len(name)) if typed[at] != name[at]]
    at = others[0]
    return len(others) == 1 and (start + at in lost or readings(typed[at])[0] == readings(name[at])[0])


class Speller:
    """The words of one state of the index, to correct questions with."""

    def __init__(self, index: Index, long_names: LongNames, cutter: Cutter) -> None:
        self._cutter = cutter
        self._long_names = long_names
        self._known = index.words
        docs_with = Counter(cutter.names)
        docs_with.update(index.words)
        self._docs_with = {
            word: count for word, count in docs_with.items() if len(word) > 1 and HAN_RUN.fullmatch(word)
        }
        self._by_length: defaultdict[int, list[str]] = defaultdict(list)
        for word in sorted(self._docs_with):
            self._by_length[len(word)].append(word)
        self._likest = lru_cache(maxsize=4096)(partial(Speller._find_likest, proxy(self)))  # which keeps no old speller
        self._tables = {size: codes_of("".join(words)).reshape(-1, size) for size, words in self._by_length.items()}

    @cached_property
    def _by_letter(self) -> dict[str, list[str]]:
        """The words by each letter that what is typed for them may begin with."""
        letters: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._docs_with:
            for letter in {sound[0] for sound in pinyin.sounds_like(word[0]) if sound}:
                letters[letter].append(word)
        return letters

    @cached_property
    def _usually(self) -> defaultdict[str, list[int]]:
        """The characters of any word, by the syllable that each is usually read as."""
        return self._sounding(lambda character: readings(character)[:1])

    @cached_property
    def _ever(self) -> defaultdict[str, list[int]]:
        """The same by each of the syllables that words have."""
        return self._sounding(pinyin.spoken)

    def _sounding(self, syllables: Callable[[str], Iterable[str]]) -> defaultdict[str, list[int]]:
        sounds: defaultdict[str, list[int]] = defaultdict(list)
        for character in {character for word in self._docs_with for character in word}:
            for syllable in syllables(character):
                sounds[syllable].append(ord(character))
        return sounds

    def correct(self, text: str, units: Sequence[Unit], unknown: Sequence[Unit]) -> str | None:
        """The folded question with its unknown words replaced; None if nothing better is known.

        A word of the dictionary that no document holds is no mistake and stays; with the character behind it
        it is one only where that sounds the same: 牙刷厂 is as good a word as 印刷厂. What begins with ``ONCE`` is said of any verb.
        """
        no_words = [unit for unit in unknown if unit.text not in self._cutter]
        corrected = self._long_names.mend(text, unknown, no_words)
        for unit in reversed([unit for unit in unknown if HAN_RUN.fullmatch(unit.text)][:_MOST]):
            if corrected[unit.start : unit.end] != unit.text:
                continue
            for start, end in self._windows(unit, units):
                if text[start] == ONCE or text[start:end] in self._cutter:
                    continue
                if better := self._likest(text[start:end], end <= unit.end or unit in no_words):
                    corrected = corrected[:start] + better + corrected[end:]
                    break
        for token in latin_tokens(corrected):
            if token.parts == 2 and (better := self._swapped(token.text)):
                corrected = corrected[: token.start] + better + corrected[token.end :]
                break
        if not HAN_RUN.search(text):
            letters = "".join(token.text for token in latin_tokens(text) if token.whole)
            corrected = self._from_pinyin(letters[:_LONGEST_PINYIN]) or corrected
        return corrected if corrected != text else None

    def _windows(self, unit: Unit, units: Sequence[Unit]) -> Iterator[tuple[int, int]]:
        """Where the mistake may be: with a single character that jieba cut off beside it, or the word itself."""
        for other in units:
            beside = other.end == unit.start or other.start == unit.end
            if beside and len(other.text) == 1 and not self._is_part(other, units):
                yield min(other.start, unit.start), max(other.end, unit.end)
        yield unit.start, unit.end

    def _is_part(self, unit: Unit, units: Sequence[Unit]) -> bool:
        """Whether it was cut off a word that had to be taken apart."""
        return any(
            (each.end == unit.start and each.text + unit.text in self._cutter)
            or (unit.end == each.start and unit.text + each.text in self._cutter)
            for each in units
        )

    def _find_likest(self, word: str, by_looks: bool) -> str | None:
        """The word most like it, with a character of it, that sounds like it, or that documents hold and differs in one character;
        not ``by_looks``, one that sounds the same.
        """
        size = len(word)
        if size in self._tables:
            table = self._tables[size]
            same = (table == np.array([ord(character) for character in word])).sum(axis=1)
            sounds = (self._slips(word, table) <= (MOST_SLIPS if by_looks else 0)) & (same > 0) & (same < size)
            looks = (same == size - 1) & (by_looks and size > 2)
            words = self._by_length[size]
            good = (n for n in np.flatnonzero(sounds | looks).tolist() if sounds[n] or words[n] in self._known)
            if found := [(same[n], self._docs_with[words[n]], words[n]) for n in good]:
                return max(found)[2]
        return None

    def _swapped(self, token: str) -> str:
        """Letters with a number that the index knows if one 0 is read as an o, or the other way round; else nothing."""
        ways = (token[:at] + _LOOK_ALIKE[c] + token[at + 1 :] for at, c in enumerate(token) if c in _LOOK_ALIKE)
        return "" if token in self._known else next((way for way in ways if way in self._known), "")

    def _slips(self, word: str, table: NDArray[np.uint32]) -> Numbers:
        """In how many places each word has not the usual sound of what was typed, but one mixed up with it, or has it seldom."""
        slips = np.zeros(len(table), np.int64)
        for place, character in enumerate(word):
            usual = readings(character)[0]
            same = [ord(character), *self._usually[usual]]
            alike = [code for sound in pinyin.mixed_up([usual]) for code in self._usually[sound]] + self._ever[usual]
            slips += np.where(
                np.isin(table[:, place], same), 0, np.where(np.isin(table[:, place], alike), 1, len(word) + 1)
            )
        return slips

    def _from_pinyin(self, letters: str) -> str | None:
        """The words that the letters spell one after the other: the fewest, then the most usual."""
        best: dict[int, tuple[int, int, str]] = {0: (0, 0, "")}
        for at in range(len(letters)):
            if at not in best:
                continue
            count, usual, before = best[at]
            for word in self._by_letter.get(letters[at], ()):
                if size := pinyin.spelled(word, letters, at):
                    candidate = (count - 1, usual + self._docs_with[word], before + word)
                    best[at + size] = max(best.get(at + size, candidate), candidate)
        return best[len(letters)][2] if letters and len(letters) in best else None
