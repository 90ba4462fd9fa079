"""The YAML files of the taxonomy: their shape, and what can be wrong in them. Reading them is the business of ``yaml_files``."""

from collections.abc import Collection, Iterator

from pydantic import BaseModel, ConfigDict, Field

from caselib.content import explain
from caselib.content.frontmatter import KeyLines
from caselib.content.report import Fault
from caselib.content.vocabulary import Term


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True, str_strip_whitespace=True)


class Entry(_Model):
    """One entry as written; ``parent`` and ``group`` both name the key above it."""

    key: str = Field(min_length=1, title="键", description="小写字母、数字和连字符，或加引号的标准代码。")
    name: str = Field(min_length=1, title="名称", description="显示给读者的名称。")
    parent: str | None = Field(None, title="上级", description="上级的 key。")
    group: str | None = Field(None, title="组", description="groups 里的 key。")
    description: str = Field("", title="说明", description="一两句话。")
    note: str = Field("", title="注", description="一句话。")
    terms: tuple[str, ...] = Field((), title="常用说法", description="列表，例如 [贯标, 体系认证]。")
    editable: bool = Field(False, title="可由编辑改写", description="true 或 false。")
    source: str = Field("", title="来源", description="出自哪里。")
    official: bool = Field(True, title="标准代码", description="自编的代码写 false。")
    firms: int | None = Field(None, title="企业数", description="整数。")
    share: float | None = Field(None, title="占比", description="百分数，例如 90.42。")

    def term(self, parent: str | None) -> Term:
        """The entry under ``parent``."""
        return Term(
            key=self.key,
            name=self.name,
            parent=parent,
            description=self.description or self.note,
            terms=self.terms,
            editable=self.editable,
            source=self.source,
            official=self.official,
            firms=self.firms,
            share=self.share,
        )


class TermFile(_Model):
    """``entries``, and for the problems the ``groups`` they belong to."""

    entries: list[Entry] = Field(title="条目", description="列表，每项有 key 和 name。")
    groups: list[Entry] = Field([], title="组", description="列表，每项有 key 和 name。")


class SynonymFile(_Model):
    """Groups of words that mean the same."""

    entries: list[list[str]] = Field(title="同义词", description="列表的列表，例如 - [不合格率, 不良率]。")


class Stories(_Model):
    """What people say who have the same problems: their keys, the clearest first."""

    problems: tuple[str, ...] = Field(
        title="问题", description="problems.yml 里的 key 的列表；没有说到质量问题的话，写 []。"
    )
    told: tuple[str, ...] = Field(title="说的话", description="列表，每项是一个人的一两句话或一小段话。")


class StoryFile(_Model):
    """Stories by which telling problems apart is learned."""

    entries: list[Stories] = Field(title="条目", description="列表，每项有 problems 和 told。")


def inconsistencies(file: TermFile, lines: KeyLines, place: str) -> Iterator[Fault]:
    """Keys that stand there twice or name one above them that does not, and keys of entries that are none of ours."""
    known = {"parent": {entry.key for entry in file.entries}, "group": {entry.key for entry in file.groups}}
    for section, entries in (("entries", file.entries), ("groups", file.groups)):
        seen: set[str] = set()
        for index, entry in enumerate(entries):
            yield from explain.unknown_keys(entry.model_extra or {}, Entry, lines, place, (section, index))
            for message, remedy in _faults(entry, seen, known):
                yield Fault(place, lines(section, index), "error", message, remedy)
            seen.add(entry.key)


def strangers(known: Collection[str], file: StoryFile, lines: KeyLines, place: str) -> Iterator[Fault]:
    """Keys of problems that are none of the ``known``, and keys of entries that are none of ours."""
    for index, stories in enumerate(file.entries):
        yield from explain.unknown_keys(stories.model_extra or {}, Stories, lines, place, ("entries", index))
        for key in stories.problems:
            if key not in known:
                message = f"problems.yml 里没有 {key}，这些话不会用来认它。"
                yield Fault(place, lines("entries", index), "warning", message, "改成 problems.yml 里有的 key。")


def _faults(entry: Entry, seen: set[str], known: dict[str, set[str]]) -> Iterator[tuple[str, str]]:
    if entry.key in seen:
        yield f"键 {entry.key} 写了两次。", "留下一个，删去另一个。"
    for above, keys in ((entry.parent, known["parent"]), (entry.group, known["group"])):
        if above and (above not in keys or above == entry.key):
            yield f"{entry.key} 的上级 {above} 不存在。", "改成文件里有的 key。"
