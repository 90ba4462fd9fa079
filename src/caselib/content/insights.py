"""The published report's figures as data: ``insights/report-2022.yml`` under the content root.

Figure 3 is in the taxonomy (``effects.yml``). Nothing here draws; no number is worked out that the report does not give.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from caselib.content import yaml_files
from caselib.content.models import Figure, Line, Text
from caselib.content.report import Fault

FILE = "insights/report-2022.yml"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Change(_Model):
    """One figure in two years; ``shown`` is the report's own wording of ``after`` where that is not exact."""

    name: Line
    unit: str = ""
    before: Figure | None = None
    after: Figure
    shown: str = ""
    note: Text = ""


class Share(_Model):
    """One answer and the share of firms that gave it, in percent."""

    name: Line
    share: Figure = Field(ge=0, le=100)


class Captioned(_Model):
    """What is said about a figure: its title, and what a reader must know to trust it."""

    title: Line
    note: Text = ""


class Changes(Captioned):
    """Figure 1."""

    entries: list[Change]


class Shares(Captioned):
    """Figure 2."""

    entries: list[Share]


class Report(_Model):
    """A report's figures. ``page`` is the slug of its text among the pages; ``responses`` the valid questionnaires."""

    title: Line = Field(title="报告名称", description="一行文字。")
    page: Line = Field(title="报告页面", description="pages/ 里的文件名，不带 .md。")
    year: int = Field(title="年度", description="例如 2022。")
    responses: int = Field(title="有效问卷数", description="整数。")
    changes: Changes = Field(title="图1", description="title 和 entries，每项有 name 和 after。")
    satisfaction: Shares = Field(title="图2", description="title 和 entries，每项有 name 和 share。")
    effects: Captioned = Field(title="图3", description="title 和 note；数据在 taxonomy/effects.yml。")


def load(root: Path) -> tuple[Report, list[Fault]]:
    """The figures of the content tree ``root``, or the shipped ones if it has none or they have errors."""
    faults: list[Fault] = []
    return yaml_files.load(root / FILE, FILE, Report, faults), faults
