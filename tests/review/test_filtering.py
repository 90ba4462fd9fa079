"""Which submissions of a list are shown."""

import pytest

from caselib.review.filtering import Filter
from caselib.review.models import Submission

ROWS = [
    Submission(number="2022-001", state="sent", title="甲法", region="330400", industry=["C23"], firm="嘉兴ABC厂"),
    Submission(number="2022-002", state="accepted", title="乙法", region="330000", industry=["A01", "C13"]),
    Submission(state="draft", title="", region="", industry=[]),
]


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        (Filter(), [0, 1, 2]),
        (Filter(state="sent"), [0]),
        (Filter(province="330000"), [0, 1]),
        (Filter(province="440000"), []),
        (Filter(letter="C"), [0, 1]),
        (Filter(letter="A"), [1]),
        (Filter(words="２０２２ abc"), [0]),
        (Filter(words="甲法 乙法"), []),
        (Filter("accepted", "330000", "C", "乙"), [1]),
    ],
)
def test_what_is_kept(wanted: Filter, kept: list[int]) -> None:
    assert wanted.of(ROWS) == [ROWS[number] for number in kept]
