"""Periods: where the next one ends, counted from the anchor so that the 31st comes back after a short month."""

import calendar
from datetime import UTC, datetime

DAY = 86400


def add_months(instant: int, months: int) -> int:
    """The same day and time some months on; the last day of a month that is shorter."""
    moment = datetime.fromtimestamp(instant, UTC)
    month = moment.month - 1 + months
    year, month = moment.year + month // 12, month % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return int(moment.replace(year=year, month=month, day=day).timestamp())


def add_interval(instant: int, interval: str, count: int) -> int:
    """An instant some intervals on; intervals are ``day``, ``week``, ``month``, ``year``."""
    if interval in {"day", "week"}:
        return instant + count * DAY * (7 if interval == "week" else 1)
    return add_months(instant, count * (12 if interval == "year" else 1))


def next_boundary(anchor: int, interval: str, count: int, after: int) -> int:
    """The first end of a period, counted from ``anchor``, that is later than ``after``."""
    if anchor > after:
        return anchor
    number = max((after - anchor) // ({"day": 1, "week": 7, "month": 31, "year": 366}[interval] * DAY * count), 0)
    while (end := add_interval(anchor, interval, count * number)) <= after:
        number += 1
    return end
