"""The programme's vocabularies: industries, regions, problems, measures, effects, the synonym list and the stories.

Read from ``taxonomy/*.yml`` under the content root, whose shape is in ``taxonomy_files``. Nothing here knows about documents.
"""

from dataclasses import dataclass, field
from functools import cached_property, partial
from hashlib import blake2b
from pathlib import Path
from typing import Self

from caselib.content import yaml_files
from caselib.content.report import Fault
from caselib.content.taxonomy_files import Stories, StoryFile, SynonymFile, TermFile, inconsistencies, strangers
from caselib.content.vocabulary import Term, Vocabulary
from caselib.content.yaml_files import Look, Model

FILES = ("industries.yml", "regions.yml", "problems.yml", "measures.yml", "effects.yml", "synonyms.yml", "stories.yml")
_PLACEHOLDERS = ("市辖区", "县")
"""Level-two entries of the four municipalities: codes without a place of their own."""


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """All vocabularies of one content tree, and what was wrong with their files. Equal to itself alone: a key for caches."""

    industries: Vocabulary
    regions: Vocabulary
    problems: Vocabulary
    problem_groups: Vocabulary
    measures: Vocabulary
    effects: Vocabulary
    synonyms: list[tuple[str, ...]]
    stories: list[Stories]
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the seven files of ``folder``, each falling back to the shipped one; never fails on their content."""
        faults: list[Fault] = []

        def read(name: str, model: type[Model], look: Look[Model] | None = None) -> Model:
            return yaml_files.load(folder / name, f"taxonomy/{name}", model, faults, look)

        names = ("industries", "regions", "measures", "effects", "problems")
        industries, regions, measures, effects, problems = (
            read(f"{name}.yml", TermFile, inconsistencies) for name in names
        )
        keys = {entry.key for entry in problems.entries}
        return cls(
            industries=Vocabulary((e.term(e.parent) for e in industries.entries), "industries.yml", "行业代码"),
            regions=Vocabulary((e.term(_province(e.key)) for e in regions.entries), "regions.yml", "地区代码"),
            problems=Vocabulary((e.term(e.group) for e in problems.entries), "problems.yml"),
            problem_groups=Vocabulary((e.term(None) for e in problems.groups), "problems.yml"),
            measures=Vocabulary((e.term(None) for e in measures.entries), "measures.yml"),
            effects=Vocabulary((e.term(None) for e in effects.entries), "effects.yml"),
            synonyms=[tuple(words) for words in read("synonyms.yml", SynonymFile).entries],
            stories=read("stories.yml", StoryFile, partial(strangers, keys)).entries,
            faults=faults,
        )

    @cached_property
    def by_key(self) -> dict[str, Vocabulary]:
        """The vocabulary of each key of the front matter that has one."""
        return {
            "industry": self.industries,
            "region": self.regions,
            "problems": self.problems,
            "measures": self.measures,
            "effects": self.effects,
        }

    @cached_property
    def digest(self) -> str:
        """Changes whenever anything that the files say does."""
        vocabularies = (*self.by_key.values(), self.problem_groups)
        said = [list(each.values()) for each in vocabularies], self.synonyms, self.stories
        return blake2b(repr(said).encode(), digest_size=16).hexdigest()

    def region_path(self, code: str) -> list[Term]:
        """Province, then city, of a six-digit code (a county's belongs to its city); empty if unknown.

        The placeholders 市辖区 and 县 of the municipalities are left out: a district of Beijing is in 北京市.
        """
        province, city = code[:2] + "0000", code[:4] + "00"
        if len(code) != 6 or (code not in self.regions and (city not in self.regions or city == province)):
            return []
        known = (self.regions[key] for key in self.region_codes(code) if key in self.regions)
        return [term for term in known if not self.is_placeholder(term)]

    @staticmethod
    def is_placeholder(region: Term) -> bool:
        """Whether a region is 市辖区 or 县 of a municipality, which is no place of its own."""
        return region.name in _PLACEHOLDERS

    def region_codes(self, code: str) -> list[str]:
        """The codes by which a place is found: its province's, its city's (500100 for a district of 重庆) and its own."""
        above = (each for each in (code[:2] + "0000", code[:4] + "00") if each in self.regions)
        return list(dict.fromkeys((*above, code)))

    def industry_path(self, code: str) -> list[Term]:
        """Letter, then division, of a code; empty if unknown."""
        return [*self.industries.ancestors(code), self.industries[code]] if code in self.industries else []


def _province(code: str) -> str | None:
    return None if code.endswith("0000") else code[:2] + "0000"
