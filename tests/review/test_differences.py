"""What differs between two revisions."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caselib.review.differences import Difference, FieldChange, Piece, revision_difference
from caselib.review.models import Revision


def revision(body: str = "", **front: Any) -> Revision:
    return Revision(submission_id=1, number=1, front=front, body=body, digest="")


def test_nothing_differs() -> None:
    same = revision("一\n二\n", title="甲")
    assert revision_difference(same, same) == Difference([], [Piece("same", "一\n二\n")])
    assert revision_difference(revision(), revision()) == Difference([], [])


def test_fields_are_told_with_both_values() -> None:
    before, after = revision(title="甲", year=2022, gone=1), revision(title="乙", year=2022, new=[1])
    assert revision_difference(before, after).fields == [
        FieldChange("title", "甲", "乙"),
        FieldChange("gone", 1, None),
        FieldChange("new", None, [1]),
    ]


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("合格率98%\n", "合格率99%\n", [("same", "合格率9"), ("removed", "8"), ("added", "9"), ("same", "%\n")]),
        ("一\n二\n三\n", "一\n三\n", [("same", "一\n"), ("removed", "二\n"), ("same", "三\n")]),
        ("一\n", "一\n二\n", [("same", "一\n"), ("added", "二\n")]),
        ("天地玄黄\n", "宇宙洪荒\n", [("removed", "天地玄黄\n"), ("added", "宇宙洪荒\n")]),
        ("", "一", [("added", "一")]),
        (
            "天一地\n玄二黄\n",
            "天三地\n玄四黄\n",
            [
                ("same", "天"),
                ("removed", "一"),
                ("added", "三"),
                ("same", "地\n玄"),
                ("removed", "二"),
                ("added", "四"),
                ("same", "黄\n"),
            ],
        ),
    ],
)
def test_the_body_is_compared_by_line_and_then_by_character(
    before: str, after: str, pieces: list[tuple[str, str]]
) -> None:
    assert [tuple(piece) for piece in revision_difference(revision(before), revision(after)).body] == pieces


def test_a_passage_too_long_is_shown_whole() -> None:
    before, after = "甲" * 1000 + "乙", "甲" * 1000 + "丙"
    assert revision_difference(revision(before), revision(after)).body == [
        Piece("removed", before),
        Piece("added", after),
    ]


@settings(deadline=None)  # a shared machine's pauses are no fault of the code
@given(st.text("甲乙\n", max_size=60), st.text("甲乙\n", max_size=60))
def test_the_pieces_give_back_both_texts(before: str, after: str) -> None:
    pieces = revision_difference(revision(before), revision(after)).body
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after
    assert all(one.kind != other.kind for one, other in pairwise(pieces))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n" * 100_000, "\nx\n" * 33_000),
        ("的" * 999 + "\n", "是" * 400 + "的" * 599 + "\n"),
        ("甲\n" * 9000, "乙\n" * 9000),
    ],
)
def test_a_text_made_to_be_slow_is_compared_all_the_same(before: str, after: str) -> None:
    pieces = revision_difference(revision(before), revision(after)).body
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before


def test_once_the_budget_is_spent_the_rest_is_shown_whole() -> None:
    before = "".join("甲" * 997 + f"{number}一\n" for number in range(3))
    after = before.replace("一", "二")
    pieces = revision_difference(revision(before), revision(after)).body
    assert [len(piece.text) for piece in pieces if piece.kind == "removed"] == [1, 1, 1000]
