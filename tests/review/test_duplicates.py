"""Likeness of texts: shares worked out by hand, and what is reported."""

import pytest

from caselib.review.duplicates import FEWEST, check, known, runs, share
from caselib.review.prechecks import Other

LONG = "".join(chr(0x4E00 + number) for number in range(200))
OTHER = "".join(chr(0x6E00 + number) for number in range(200))


def test_runs_are_of_letters_and_digits_and_not_of_headings() -> None:
    assert runs("## 做法\n\n每道工序，一张ＫＡ！\n") == {"每道工序一张ka"}
    assert runs("太短") == frozenset()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (LONG, LONG, 1.0),
        (LONG, OTHER, 0.0),
        (LONG[:100], LONG, 1.0),
        (LONG, LONG[:100] + OTHER[:100], 93 / 193),
        (LONG[: FEWEST + 6], LONG, 0.0),
        (LONG[: FEWEST + 7], LONG, 1.0),
        ("", LONG, 0.0),
    ],
)
def test_the_share_is_of_the_shorter_text(one: str, other: str, expected: float) -> None:
    assert share(runs(one), runs(other)) == expected


def test_only_texts_much_alike_are_reported_the_most_alike_first() -> None:
    far, half, same = Other("“远”"), Other("“半”", "/cases/half"), Other("“同”")
    others = known([(far, OTHER), (half, LONG[:100] + OTHER[:100]), (same, LONG)])
    assert [(finding.message, finding.alike) for finding in check(LONG, others)] == [
        ("与“同”约有 100% 的文字相同。", same),
        ("与“半”约有 48% 的文字相同。", half),
    ]
    assert check(LONG, []) == []
