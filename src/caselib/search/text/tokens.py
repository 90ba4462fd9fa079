"""How text becomes terms: one folding, and one rule for letters and numbers, for documents and questions alike.

A *term* is a Han character, a pair of neighbouring Han characters, or a Latin or number token. Characters and pairs need no
dictionary, so whatever a document says is found. Nothing here knows words, documents or the index.
"""

import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import numpy as np
import opencc
from numpy.typing import NDArray

HAN_RANGES = ((0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
IS_HAN = np.zeros(sys.maxunicode + 1, bool)
for _low, _high in HAN_RANGES:
    IS_HAN[_low : _high + 1] = True
HAN = "".join(f"{chr(low)}-{chr(high)}" for low, high in HAN_RANGES)
HAN_RUN = re.compile(f"[{HAN}]+")
_LATIN = re.compile(
    rf"(?=[^\W_{HAN}])"  # first, since it passes over Han characters three times as fast as the alternatives do
    rf"(?:(?P<gbt>[a-z]{{1,4}}\d{{0,4}}/[a-z](?![a-z]))|(?P<word>[^\W\d_{HAN}]+(?:\+\+|\#)?)"
    rf"|(?P<number>\d+(?:\.\d+)*)(?P<unit>[a-z]{{1,3}}(?![a-z])|%)?)"
)
_PAIRED = re.compile(r"[ \-–—]?")
_WORDS = Path(__file__).with_name("words")
CHARACTER_BITS = 18
LATIN_KEY = 1 << (2 * CHARACTER_BITS)
"""Keys of Latin and number tokens have this bit; those of characters and pairs have not."""
LATIN_BIT = 1 << 31
"""The same of their codes in a stream of tokens, where a character is its code point."""


Codes = NDArray[np.uint32]


def codes_of(text: str) -> Codes:
    """The characters of a text as numbers."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


class Folded(NamedTuple):
    """Folded text; ``starts[i]`` is where character ``i`` begins in the original, with one more for its end (None: at ``i``)."""

    text: str
    starts: list[int] | None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that the folded span stands for."""
        if self.starts is None:
            return start, end
        last = self.starts[end - 1]
        return self.starts[start], next(at for at in self.starts[end:] if at > last)


_UNEVEN = 0xFFFFFFFF
_FOLDED = np.zeros(sys.maxunicode + 1, np.uint32)
"""What each character becomes: 0 while nobody asked, ``_UNEVEN``, which is no character, if it does not become just one."""


@lru_cache(maxsize=65536)
def _folded(character: str) -> str:
    """Its compatibility form, in lower case; control characters become spaces, what only tells how to set a text nothing."""
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    if category in ("Cc", "Cs"):
        return "\n" if character == "\n" else " "
    return unicodedata.normalize("NFKC", character).casefold()


@lru_cache(maxsize=65536)
def _composed(cluster: str) -> str:
    """A character with what combines with it, folded."""
    return unicodedata.normalize("NFKC", "".join(map(_folded, cluster))).casefold()


def _evenly(text: str) -> str | None:
    """The text folded character by character; None if that does not leave as many."""
    codes = codes_of(text)
    folded = _FOLDED[codes]
    if not folded.all():
        for code in set(codes[folded == 0].tolist()):
            one = _folded(chr(code))
            _FOLDED[code] = ord(one) if len(one) == 1 else _UNEVEN
        folded = _FOLDED[codes]
    try:
        return folded.tobytes().decode("utf-32-le") if unicodedata.is_normalized("NFC", text) else None
    except UnicodeDecodeError:
        return None


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def _simplified(text: str) -> str:
    """In simplified characters; always as many, since no entry of OpenCC's dictionaries is of another length than its key."""
    simplified: str = _simplifier().convert(text)
    assert len(simplified) == len(text)
    return simplified


def fold(text: str) -> Folded:
    """Full-width to half-width, traditional to simplified, lower case, with the way back to the original."""
    if (plain := _evenly(text)) is not None:
        return Folded(_simplified(plain), None)
    pieces: list[str] = []
    starts: list[int] = []
    for start, cluster in _clusters(text):
        piece = _composed(cluster)
        pieces.append(piece)
        starts.extend([start] * len(piece))
    return Folded(_simplified("".join(pieces)), [*starts, len(text)])


def fold_each(texts: Sequence[str]) -> list[Folded]:
    """The same of each of several texts; as one where that comes to the same, which takes a third of the time."""
    plain = _evenly("\n".join(texts))
    if plain is None:
        return [fold(text) for text in texts]
    whole = _simplified(plain)
    ends = accumulate(len(text) + 1 for text in texts)
    return [Folded(whole[end - len(text) - 1 : end - 1], None) for text, end in zip(texts, ends, strict=True)]


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or not unicodedata.combining(text[end]):
            yield start, text[start:end]
            start = end


class Token(NamedTuple):
    """A Latin or number token and its span in the folded text; ``parts`` is 0 inside another, 2 where it joins two."""

    text: str
    start: int
    end: int
    parts: int = 1

    @property
    def whole(self) -> bool:
        """Whether it stands for itself."""
        return self.parts == 1


def latin_tokens(folded: str) -> Iterator[Token]:
    """``ISO 9001``: iso, 9001, iso9001; ``GB/T19001``: gbt, 19001, gbt19001; ``6S``: 6, 6s; ``98.2%``: 98.2, 98.2%; ``c++``."""
    before: Token | None = None
    for match in _LATIN.finditer(folded):
        start, end = match.span()
        if number := match["number"]:
            yield Token(number, start, match.end("number"), 0 if match["unit"] else 1)
            if match["unit"]:
                yield Token(number + match["unit"], start, end)
            if before and _PAIRED.fullmatch(folded, before.end, start):
                yield Token(before.text + number, before.start, match.end("number"), 2)
            before = None
        else:
            before = Token(match[0].replace("/", ""), start, end)
            yield before


@lru_cache(maxsize=65536)
def token_code(token: str) -> int:
    """A Latin or number token as an integer below 2**32: 31 bits of its hash and ``LATIN_BIT``."""
    return int.from_bytes(blake2b(token.encode("utf-8", "replace"), digest_size=4).digest()) | LATIN_BIT


@lru_cache(maxsize=65536)
def term_key(term: str) -> int:
    """The term as an integer below 2**37: code points for characters and pairs, else a hash with ``LATIN_KEY``."""
    if HAN_RUN.fullmatch(term):
        key = 0
        for character in term:
            key = key << CHARACTER_BITS | ord(character)
        return key
    return token_code(term) ^ LATIN_BIT | LATIN_KEY


def pairs(run: str) -> list[str]:
    """The terms that a run of Han characters consists of: its pairs, or itself if it is one character."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def unspaced(text: str) -> str:
    """Without white space, so that texts are compared however either was spaced."""
    return "".join(text.split())


@cache
def word_list(name: str) -> tuple[str, ...]:
    """A shipped list of words; ``#`` begins a comment."""
    lines = (_WORDS / f"{name}.txt").read_text("utf-8").splitlines()
    return tuple(word for line in lines for word in line.partition("#")[0].split())
