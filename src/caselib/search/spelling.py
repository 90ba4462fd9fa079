"""What a visitor may have meant who typed what no document holds: pinyin, a word that sounds alike, one wrong character.

Corrections come from the index's own words and the library's vocabulary, so a correction is always something to be found.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from caselib.search import pinyin
from caselib.search.index import Index
from caselib.search.tokens import HAN, HAN_RUN, latin_tokens

_LONGEST_PINYIN = 40


class Speller:
    """The words of one state of the index, to correct questions with."""

    def __init__(self, index: Index, names: Iterable[str]) -> None:
        self._spread: defaultdict[str, int] = defaultdict(int)
        for segment in index.segments:
            for word, count in segment.words.items():
                self._spread[word] += count
        for name in names:
            self._spread[name] += 1
        self._words = [word for word in self._spread if HAN_RUN.fullmatch(word) and len(word) > 1]
        self._by_letter: defaultdict[str, list[str]] = defaultdict(list)

    def correct(self, text: str, unknown: Iterable[str]) -> str | None:
        """The folded question with each of its unknown words replaced; None if nothing better is known."""
        corrected = text
        for word in filter(HAN_RUN.fullmatch, unknown):
            for around in (rf"[{HAN}]{word}", rf"{word}[{HAN}]", word):  # jieba may have cut a character off
                match = re.search(around, corrected)
                better = self._word(match[0]) if match else None
                if match and better:
                    corrected = corrected.replace(match[0], better)
                    break
        letters = "".join(token.text for token in latin_tokens(corrected) if token.whole)
        if corrected == text and letters.isalpha() and not HAN_RUN.search(text):
            corrected = self._from_pinyin(letters[:_LONGEST_PINYIN]) or text
        return corrected if corrected != text else None

    def _word(self, word: str) -> str | None:
        """The word most like it that sounds like it or differs in one character; else one for a part of it."""
        alike = [
            (len(word) - differing, self._spread[other], other)
            for other in self._words
            if len(other) == len(word) and (differing := sum(a != b for a, b in zip(word, other, strict=True)))
            and ((differing == 1 and len(word) > 2) or pinyin.sound_alike(word, other))
        ]  # fmt: skip
        if alike or len(word) <= 3:
            return max(alike)[2] if alike else None
        tail, head = self._word(word[1:]), self._word(word[:-1])
        return word[0] + tail if tail else head + word[-1] if head else None

    def _from_pinyin(self, letters: str) -> str | None:
        """The words that the letters spell one after the other: the fewest, then the most usual."""
        if not self._by_letter:
            for word in self._words:
                for letter in pinyin.first_letters(word):
                    self._by_letter[letter].append(word)
        best: dict[int, tuple[int, int, str]] = {0: (0, 0, "")}
        for at in range(len(letters)):
            if at not in best:
                continue
            count, usual, before = best[at]
            for word in self._by_letter[letters[at]]:
                if size := pinyin.spelled(word, letters, at):
                    candidate = (count - 1, usual + self._spread[word], before + word)
                    best[at + size] = max(best.get(at + size, candidate), candidate)
        return best[len(letters)][2] if letters and len(letters) in best else None
