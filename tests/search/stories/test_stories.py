"""The shipped library told problems as owners tell them: what is recognised, and what is offered first?

Each line has a story, the problems a consultant would name, the firm's industry where one can know it, and which documents
help (2: just this; 1: somewhat), all written from the texts by somebody who had not seen the taxonomy's sayings and stories. By
``stories.jsonl`` (two hands) sayings and weights were chosen; ``stories_after.jsonl`` is by four more, 60 each, was asked afterwards and shall
never choose anything. ``stories_no_problem.jsonl`` (one hand) tells of none: denied, over, going well, only asked, or somebody else's.
"""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from caselib.search import Advice, Description, SearchRoom


class Counts(NamedTuple):
    """Of so many stories: something was recognised, the first problem is right, the industry is; a document that helps is first.

    And how many documents were offered in all, and how many of these help.
    """

    stories: int
    recognised: int
    problem: int
    industry: int
    case: int
    guide: int
    offered: int
    helpful: int


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("stories", Counts(120, 115, 94, 103, 93, 58, 634, 223)),
        ("stories_after", Counts(240, 224, 178, 166, 182, 113, 1206, 422)),
    ],
)
def test_so_many_stories_are_understood_and_helped(shipped_room: SearchRoom, name: str, counts: Counts) -> None:
    lines = Path(__file__).with_name(f"{name}.jsonl").read_text("utf-8").splitlines()
    each = [_understood(story, shipped_room.describe(story["told"])) for story in map(json.loads, lines)]
    assert Counts(len(each), *map(sum, zip(*each, strict=True))) == counts


def test_dictated_without_a_pause_nearly_as_much_is_understood(shipped_room: SearchRoom) -> None:
    """The 240 of ``stories_after.jsonl`` without their signs: something is recognised, the first problem is right."""
    stories = [
        json.loads(line) for line in Path(__file__).with_name("stories_after.jsonl").read_text("utf-8").splitlines()
    ]
    found = [
        shipped_room.describe(re.sub(r"[，。！？；、：,!?;:“”\"\s]", "", story["told"])).problems for story in stories
    ]
    right = [bool(own) and own[0].key in story["problems"] for story, own in zip(stories, found, strict=True)]
    assert (sum(map(bool, found)), sum(right)) == (217, 171)


def test_of_those_who_tell_no_problem_so_many_are_told_one(shipped_room: SearchRoom) -> None:
    lines = Path(__file__).with_name("stories_no_problem.jsonl").read_text("utf-8").splitlines()
    found = [bool(shipped_room.describe(json.loads(line)["told"]).problems) for line in lines]
    assert (sum(found), len(found)) == (15, 60)


def test_so_many_plain_texts_are_told_from_those_without_a_problem(shipped_room: SearchRoom) -> None:
    """By an eighth hand, asked only afterwards too: whether the first problem is right, or whether one is heard in what tells none."""
    path = Path(__file__).with_name("stories_plain.jsonl")
    right, heard = [], []
    for story in map(json.loads, path.read_text("utf-8").splitlines()):
        problems = [each.key for each in shipped_room.describe(story["told"]).problems]
        if story["problems"]:
            right.append(bool(problems) and problems[0] in story["problems"])
        else:
            heard.append(bool(problems))
    assert (sum(right), len(right), sum(heard), len(heard)) == (89, 100, 12, 60)


def _understood(story: dict[str, Any], found: Description) -> tuple[int, ...]:
    first = found.problems[0].key if found.problems else ""
    trades = {trade.key for trade in found.industries}
    offered = [f"{advice.hit.kind}/{advice.hit.slug}" for advice in (*found.cases, *found.guides)]
    return (
        bool(found.problems),
        first in story["problems"],
        bool(trades & {*story["industries"]}),
        _helps(found.cases, story["helps"]),
        _helps(found.guides, story["helps"]),
        len(offered),
        len([each for each in offered if each in story["helps"]]),
    )


def _helps(advice: list[Advice], helps: dict[str, int]) -> bool:
    return bool(advice) and f"{advice[0].hit.kind}/{advice[0].hit.slug}" in helps
