"""Days in Shanghai, by the moment."""

from datetime import UTC, date, datetime

import pytest

from caselib.errors import CaselibError
from caselib.review.calendar import check_day, end_of, is_over, start_of, today, written

DAY = date(2022, 9, 30)


def test_a_day_begins_and_ends_at_midnight_in_shanghai() -> None:
    assert start_of(DAY).astimezone(UTC) == datetime(2022, 9, 29, 16, tzinfo=UTC)
    assert end_of(DAY).astimezone(UTC) == datetime(2022, 9, 30, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "over", "day"),
    [
        (datetime(2022, 9, 30, 15, 59, 59, 999999, tzinfo=UTC), False, DAY),
        (datetime(2022, 9, 30, 16, tzinfo=UTC), True, date(2022, 10, 1)),
        (datetime(2022, 9, 29, 15, tzinfo=UTC), False, date(2022, 9, 29)),
    ],
)
def test_a_day_is_over_when_the_next_begins(now: datetime, over: bool, day: date) -> None:
    assert (is_over(DAY, now), today(now)) == (over, day)


def test_a_day_is_written_as_people_write_it() -> None:
    assert written(date(2022, 9, 3)) == "2022年9月3日"


@pytest.mark.parametrize("day", [date.min, date(1999, 12, 31), date(2101, 1, 1), date.max])
def test_no_deadline_is_on_a_day_far_away(day: date) -> None:
    with pytest.raises(CaselibError, match=f"日期“{day}”不对"):
        check_day(day)


@pytest.mark.parametrize("day", [date(2000, 1, 1), date(2100, 12, 31)])
def test_a_deadline_is_on_any_other(day: date) -> None:
    check_day(day)
    assert end_of(day) > start_of(day)
