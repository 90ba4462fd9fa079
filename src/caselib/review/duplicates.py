"""Texts that are much like another: the share of overlapping runs of characters that two texts have in common.

Pure. Which texts somebody may be told about is decided by who asks for them (``queries.comparable_texts``).
"""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from caselib.content.plaintext import sections
from caselib.review.prechecks import Finding, Other

WIDTH = 8
"""Characters of a run: long enough that two texts on one subject share few by chance."""
FEWEST = 40
"""Texts with fewer runs than this are too short to compare."""
ALIKE = 0.4
"""The share from which two texts are reported."""


class Known(NamedTuple):
    """A text to compare with, and its runs."""

    other: Other
    runs: frozenset[str]


def runs(body: str) -> frozenset[str]:
    """Every run of :data:`WIDTH` letters and digits of the text under the headings, width and case folded."""
    text = unicodedata.normalize("NFKC", "".join(section.text for section in sections(body))).casefold()
    plain = "".join(filter(str.isalnum, text))
    return frozenset(plain[start : start + WIDTH] for start in range(len(plain) - WIDTH + 1))


def known(texts: Iterable[tuple[Other, str]]) -> list[Known]:
    """Texts and their bodies, made ready to compare with."""
    return [Known(other, runs(body)) for other, body in texts]


def share(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of the shorter text is in the other, 0 to 1 (Broder's containment); 0 when one is too short to say."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter >= FEWEST else 0.0


def check(body: str, others: Iterable[Known]) -> list[Finding]:
    """A warning for each text that this one is much like, the most alike first."""
    own = runs(body)
    alike = sorted(((share(own, each.runs), each.other) for each in others), key=lambda pair: (-pair[0], pair[1]))
    said, remedy = "与{}约有 {:.0%} 的文字相同。", "请核对是否重复申报，或改用自己的叙述。"
    return [
        Finding("warning", "body", said.format(other.name, part), remedy, other)
        for part, other in alike
        if part >= ALIKE
    ]
