"""Days and deadlines: a deadline is a day in Asia/Shanghai and lasts to its end. No clock here: the caller says when it is."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from caselib.errors import CaselibError

ZONE = ZoneInfo("Asia/Shanghai")
YEARS = range(2000, 2101)
"""The years in which a call can be; a day far outside them has no moment that a computer can name."""


def start_of(day: date) -> datetime:
    """The first moment of ``day``."""
    return datetime.combine(day, time.min, ZONE)


def end_of(day: date) -> datetime:
    """The first moment that is no longer ``day``."""
    return start_of(day + timedelta(days=1))


def check_day(day: date) -> None:
    """Do nothing if a deadline can be on ``day``.

    Raises:
        CaselibError: it is in none of :data:`YEARS`.
    """
    if day.year not in YEARS:
        raise CaselibError(f"日期“{day}”不对。", f"请填 {YEARS[0]} 到 {YEARS[-1]} 年之间的日期。")


def today(now: datetime) -> date:
    """The day that it is in Asia/Shanghai at the moment ``now``."""
    return now.astimezone(ZONE).date()


def is_over(day: date, now: datetime) -> bool:
    """Whether ``day`` has ended at the moment ``now``."""
    return now >= end_of(day)


def written(day: date) -> str:
    """The day as a Chinese reader writes it: 2022年9月30日."""
    return f"{day.year}年{day.month}月{day.day}日"
