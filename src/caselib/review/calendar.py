"""Days and deadlines: a deadline is a day in Asia/Shanghai and lasts to its end. No clock here: the caller says when it is."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def start_of(day: date) -> datetime:
    """The first moment of ``day``."""
    return datetime.combine(day, time.min, ZONE)


def end_of(day: date) -> datetime:
    """The first moment that is no longer ``day``."""
    return start_of(day + timedelta(days=1))


def today(now: datetime) -> date:
    """The day that it is in Asia/Shanghai at the moment ``now``."""
    return now.astimezone(ZONE).date()


def is_over(day: date, now: datetime) -> bool:
    """Whether ``day`` has ended at the moment ``now``."""
    return now >= end_of(day)


def written(day: date) -> str:
    """The day as a Chinese reader writes it: 2022年9月30日."""
    return f"{day.year}年{day.month}月{day.day}日"
