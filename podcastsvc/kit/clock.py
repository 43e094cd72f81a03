"""The clock, and instants as text."""

import calendar
from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC, without microseconds (both databases then keep it exactly)."""
    return datetime.now(UTC).replace(microsecond=0)


def from_timestamp(seconds: float) -> datetime:
    """An aware UTC instant from seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def add_months(at: datetime, months: int) -> datetime:
    """The same day so many months later; the last of the month where that day does not exist."""
    months += at.month - 1
    year, month = at.year + months // 12, months % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))
