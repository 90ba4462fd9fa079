"""Indexes made from records without files, and words without a taxonomy."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import rjieba

from caselib.search.index.building import build
from caselib.search.index.manifest import Manifest
from caselib.search.index.reading import Index
from caselib.search.index.records import Part, Passage, Record
from caselib.search.model import Hit
from caselib.search.text.dictionary import Cutter
from caselib.search.text.tokens import HAN_RUN, word_list


@cache
def cutter() -> Cutter:
    return Cutter()


@cache
def jieba(*names: str) -> rjieba.Jieba:
    """jieba itself, in Rust, with the words that a ``Cutter`` of these names knows."""
    made = rjieba.Jieba()
    for word in sorted({*word_list("domain"), *word_list("trades"), *word_list("stop"), *names}):
        if 2 <= len(word) <= 4 and HAN_RUN.fullmatch(word):
            made.add_word(word, None, None)
    return made


def record(
    slug: str,
    *passages: str,
    title: str = "题",
    summary: str = "",
    facets: Sequence[tuple[str, str]] = (),
    newest: int = 0,
) -> Record:
    """A case with this title, this summary and these passages of text."""
    shown = Hit("case", slug, f"/cases/{slug}", title, summary, industry=[], problems=[], effects=[])
    body = [Passage(Part.BODY, f"s{number}", text) for number, text in enumerate(passages)]
    about = [Passage(Part.TITLE, "", title), *([Passage(Part.SUMMARY, "", summary)] if summary else [])]
    return Record(
        f"case/{slug}", 1, 2, "0" * 64, newest, shown, [("kind", "case"), *facets],
        [*about, *body],
    )  # fmt: skip


def index_of(folder: Path, *shelves: Sequence[Record], dead: Sequence[Sequence[int]] = ()) -> Index:
    """One segment for each list of records; ``dead`` are the numbers of the dead documents of each."""
    entries = []
    for number, records in enumerate(shelves):
        entry = build(folder, sorted(records, key=lambda each: each.key), cutter())
        if entry:
            entry.dead = list(dead[number]) if number < len(dead) else []
            entries.append(entry)
    return Index(folder, Manifest("g", "t", entries))
