"""Pinyin as people type it: whole syllables, initials, or a mixture, with the sounds that many people mix up.

Nothing here knows the index.
"""

from collections.abc import Sequence
from functools import cache

from caselib.pinyin import readings
from caselib.search.text.tokens import word_list

_MIXED_UP = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("l", "n"), ("f", "h"))


@cache
def _typed_as(character: str) -> tuple[str, ...]:
    """What somebody in a hurry types for a character: a syllable or the beginning of it."""
    full = readings(character)
    begins = [syllable[:size] for syllable in full for size in (1, 2) if size == 1 or syllable[1:2] == "h"]
    return tuple(dict.fromkeys([*full, *begins]))


@cache
def _polyphones() -> frozenset[str]:
    return frozenset(word_list("polyphones"))


def spoken(character: str) -> list[str]:
    """The syllables that words say a character with: the usual one, and others if several words do (行 hang, but not 机 wei)."""
    usual, *others = readings(character)
    return [usual, *(other for other in others if character + other in _polyphones())]


@cache
def sounds_like(character: str) -> tuple[str, ...]:
    """The syllables of a character, and those that are mixed up with them."""
    return mixed_up(readings(character))


def mixed_up(syllables: Sequence[str]) -> tuple[str, ...]:
    """These syllables, and those that many people mix up with them."""
    sounds = dict.fromkeys(syllables)
    for one, other in _MIXED_UP:
        for sound in list(sounds):
            for begin, instead in ((one, other), (other, one)):
                if sound.startswith(begin) and not sound.startswith(begin + "h"):
                    sounds[instead + sound[len(begin) :]] = None
    for sound in list(sounds):
        sounds[sound[:-1] if sound.endswith("ng") else sound + "g" if sound.endswith("n") else sound] = None
    return tuple(sounds)


def begins(word: str, typed: str, at: int = 0) -> bool:
    """Whether what was typed may be the beginning of the word's pinyin, or its initials, from character ``at`` on."""
    if not typed:
        return True
    if at == len(word):
        return False
    if any(syllable.startswith(typed) for syllable in readings(word[at])):
        return True
    return any(begins(word, typed[len(s) :], at + 1) for s in _typed_as(word[at]) if typed.startswith(s))


def spelled(word: str, typed: str, place: int = 0) -> int:
    """How many letters of ``typed``, from ``place`` on, spell the whole word, sounds mixed up allowed; 0 if they do not."""
    ends = {place}
    for character in word:
        ends = {end + len(sound) for end in ends for sound in sounds_like(character) if typed.startswith(sound, end)}
    return max(ends) - place if ends else 0
