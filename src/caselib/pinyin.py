"""How Han characters are read.

Only this module imports pypinyin, and that only when it is first asked something: its list of phrases, which takes half a
second to load, is left out, since every reading of a character is given. Nothing here knows words or people.
"""

import os
import unicodedata
from functools import cache


@cache
def _dictionary() -> dict[int, str]:
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    from pypinyin.constants import PINYIN_DICT

    table: dict[int, str] = PINYIN_DICT
    return table


@cache
def readings(character: str) -> tuple[str, ...]:
    """The syllables of a Han character without tones, the usual one first; any other character reads as itself."""
    marked = _dictionary().get(ord(character), character)
    apart = unicodedata.normalize("NFD", marked).replace("u\u0308", "v")
    plain = "".join(c for c in apart if not unicodedata.combining(c))
    return tuple(dict.fromkeys(plain.split(",")))
