"""The YAML files beside the documents: each read whole, or else the one that came with the program.

A file that is absent or has an error is not used in part: half a vocabulary would be worse than another one.
"""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from caselib.config import shipped
from caselib.content import encoding, explain, frontmatter
from caselib.content.files import read_bounded
from caselib.content.frontmatter import KeyLines
from caselib.content.report import Fault, FileFault

_SCALE = 16
"""How many times larger than a front matter such a file may be."""

Model = TypeVar("Model", bound=BaseModel)
Look = Callable[[Model, KeyLines, str], Iterable[Fault]]
"""Finds what a model cannot know: by what the file says, where it stands, and the file's path from the content root."""


def load(file: Path, place: str, model: type[Model], faults: list[Fault], look: Look[Model] | None = None) -> Model:
    """What ``file`` says, or the shipped file; what is wrong is added to ``faults``. ``place`` is its path from the content root."""
    found: Model | None = None
    try:
        found, told = _parse(read_bounded(file), place, model, look)
        faults += told
    except FileNotFoundError:
        pass
    except FileFault as fault:
        faults.append(fault.at(place))
    return found or _shipped(place, model)


@cache
def _shipped(place: str, model: type[Model]) -> Model:
    """The file that came with the program, read once: it does not change while this runs."""
    return model.model_validate(_values((shipped("content") / place).read_bytes())[0])


def _values(data: bytes) -> tuple[dict[str, object], KeyLines]:
    return frontmatter.load_with_lines(encoding.decode(data), 1, _SCALE)


def _parse(data: bytes, place: str, model: type[Model], look: Look[Model] | None) -> tuple[Model | None, list[Fault]]:
    faults = encoding.complaints(data, place)
    try:
        values, lines = _values(data)
    except FileFault as fault:
        return None, [*faults, fault.at(place)]
    faults += explain.controls(lines, place)
    try:
        found = model.model_validate(values)
    except ValidationError as error:
        return None, [*faults, *explain.errors(error, model, lines, place)]
    faults += explain.unknown_keys(values, model, lines, place)
    faults += look(found, lines, place) if look else ()
    wrong = any(fault.level == "error" for fault in faults)
    return (None if wrong else found), faults
