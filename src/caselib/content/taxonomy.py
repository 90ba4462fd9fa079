"""The controlled vocabularies: industries, regions, problems, measures, effects, and the synonym list.

Read from ``taxonomy/*.yml`` under the content root; a file that is absent or broken is taken from the shipped
taxonomy, and ``problems`` says so. Nothing here knows about documents.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Self

from caselib.config import shipped
from caselib.content import frontmatter
from caselib.content.frontmatter import FrontMatterError
from caselib.content.report import Problem

FILES = ("industries", "regions", "problems", "measures", "effects", "synonyms")

_PEOPLES = "朝鲜族|土家族|苗族|藏族|羌族|彝族|布依族|侗族|哈尼族|壮族|傣族|白族|景颇族|傈僳族|回族|蒙古族?|哈萨克|柯尔克孜|维吾尔"
_SUFFIX = re.compile(rf"(?<=..)(?:(?:{_PEOPLES})*自治[区州]|特别行政区|地区|省|市)$")
_PLACEHOLDERS = ("市辖区", "县")
"""Level-two entries of the four municipalities: codes without a place of their own."""


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
    """Terms by key, in the order of their file."""

    def __init__(self, terms: Mapping[str, Term]) -> None:
        self._terms = dict(terms)
        self._children: dict[str | None, list[Term]] = {}
        for term in self._terms.values():
            self._children.setdefault(term.parent, []).append(term)
        self.nearest = lru_cache(maxsize=1024)(self._nearest)
        """``nearest(key, n=3)``: the valid keys that the writer of ``key`` may have meant, best first."""

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
        while term and term.parent and (term := self._terms.get(term.parent)):
            above.insert(0, term)
        return above

    def _nearest(self, key: str, n: int = 3) -> list[str]:
        scored = [
            (max(_likeness(key, word) for word in (term.key, term.name, *term.terms)), term.key)
            for term in self.values()
        ]
        good = [(score, candidate) for score, candidate in scored if score >= 0.5]
        return [candidate for _, candidate in sorted(good, key=lambda pair: -pair[0])[:n]]


def _likeness(asked: str, word: str) -> float:
    """0 to 1; a word that contains the other counts as close, since people write names in part."""
    asked, word = asked.strip().casefold(), word.casefold()
    if asked == word:
        return 1.0
    if len(asked) >= 2 and asked in word:
        return 0.9
    if len(word) >= 2 and word in asked:
        return 0.85
    matcher = SequenceMatcher(None, asked, word)
    return matcher.ratio() if matcher.real_quick_ratio() >= 0.5 and matcher.quick_ratio() >= 0.5 else 0.0


@dataclass(frozen=True)
class Taxonomy:
    """All vocabularies of one content tree, and what was wrong with their files."""

    industries: Vocabulary
    regions: Vocabulary
    problems: Vocabulary
    problem_groups: Vocabulary
    measures: Vocabulary
    effects: Vocabulary
    synonyms: list[tuple[str, ...]]
    faults: tuple[Problem, ...] = ()
    """Problems of the files in ``folder``; the shipped file stands in for one that has errors."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the six files of ``folder``, each falling back to the shipped one; never fails on their content."""
        faults: list[Problem] = []
        data = {name: _read(folder, name, faults) for name in FILES}
        return cls(
            industries=_vocabulary(data["industries"]),
            regions=_vocabulary(data["regions"], parent_of=_region_parent),
            problems=_vocabulary(data["problems"], parent="group"),
            problem_groups=_vocabulary({"entries": data["problems"].get("groups", [])}),
            measures=_vocabulary(data["measures"]),
            effects=_vocabulary(data["effects"]),
            synonyms=[tuple(map(str, group)) for group in data["synonyms"].get("entries", [])],
            faults=tuple(faults),
        )

    def region_path(self, code: str) -> list[Term]:
        """Province, then city, of a six-digit code (a county's belongs to its city); empty if unknown.

        The placeholders 市辖区 and 县 of the municipalities are left out: a district of Beijing is in 北京市.
        """
        keys = [code[:2] + "0000", code[:4] + "00", code] if len(code) == 6 and code.isdigit() else []
        known = [self.regions[key] for key in dict.fromkeys(keys) if key in self.regions]
        if code not in self.regions and len(known) < 2:
            return []
        return [term for term in known if term.name not in _PLACEHOLDERS]

    def industry_path(self, code: str) -> list[Term]:
        """Letter, then division, of a code; empty if unknown."""
        return [*self.industries.ancestors(code), self.industries[code]] if code in self.industries else []


def _region_parent(code: str) -> str | None:
    return None if code.endswith("0000") else code[:2] + "0000"


def _read(folder: Path, name: str, faults: list[Problem]) -> dict[str, Any]:
    path = folder / f"{name}.yml"
    try:
        return frontmatter.load(path.read_text("utf-8-sig"), first_line=1)
    except FileNotFoundError:
        pass
    except FrontMatterError as error:
        faults.append(Problem(f"taxonomy/{name}.yml", error.line, "error", error.message, error.remedy))
    own = shipped("content") / "taxonomy" / f"{name}.yml"
    return frontmatter.load(own.read_text("utf-8"), first_line=1)


def _vocabulary(data: dict[str, Any], parent: str = "parent", parent_of: Any = None) -> Vocabulary:
    terms: dict[str, Term] = {}
    for entry in data.get("entries", []):
        key = str(entry["key"])
        terms[key] = Term(
            key=key,
            name=str(entry["name"]),
            parent=parent_of(key) if parent_of else entry.get(parent),
            description=entry.get("description") or entry.get("note") or "",
            terms=tuple(map(str, entry.get("terms", ()))),
            editable=bool(entry.get("editable", False)),
            source=entry.get("source", ""),
            official=entry.get("official", True),
            firms=entry.get("firms"),
            share=entry.get("share"),
        )
    return Vocabulary(terms)
