"""Hours and days as a host writes them: ``16:00-19:00, 20:00-21:30``, and a line for each day that differs. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_, sentence

MOST_DAYS = 200
BAD_HOURS = N_("Write hours such as 16:00-19:00. Several are separated by commas.")
_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*[-–]\s*(\d{1,2})(?::(\d{2}))?", re.ASCII)
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Part of a day, in minutes since midnight on the clock of the show's zone; ``end`` may be 1440."""

    start: int
    end: int


def read_spans(text: str) -> tuple[Span, ...]:
    """The spans of one line, earliest first. Raises Invalid for a line that is none, or whose spans overlap."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    spans = sorted(_read_span(part) for part in parts)
    for first, second in pairwise(spans):
        if second.start < first.end:
            raise Invalid(sentence("%(hours)s overlap.", hours=text.strip()))
    return tuple(spans)


def _read_span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise Invalid(BAD_HOURS)
    start = int(found[1]) * 60 + int(found[2] or 0)
    end = int(found[3]) * 60 + int(found[4] or 0)
    if not start < end <= _DAY_MINUTES or int(found[2] or 0) > 59 or int(found[4] or 0) > 59:
        raise Invalid(BAD_HOURS)
    return Span(start, end)


def write_spans(spans: tuple[Span, ...]) -> str:
    """The line that ``read_spans`` reads."""
    return ", ".join(f"{_write_clock(span.start)}-{_write_clock(span.end)}" for span in spans)


def _write_clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def read_days(text: str) -> dict[date, tuple[Span, ...]]:
    """Days that differ from their week: ``2027-03-14`` for a day off, ``2027-03-15 10:00-12:00`` for other hours.

    Raises Invalid, with the line, for what is no day, for a day named twice, and for more than 200 of them.
    """
    days: dict[date, tuple[Span, ...]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        written, _, rest = line.strip().partition(" ")
        try:
            day = date.fromisoformat(written)
        except ValueError:
            raise Invalid(sentence("Line %(line)s begins with no day such as 2027-03-14.", line=number)) from None
        if day in days:
            raise Invalid(sentence("Line %(line)s names a day for the second time.", line=number))
        try:
            days[day] = read_spans(rest)
        except Invalid as problem:
            raise Invalid(sentence("Line %(line)s: %(problem)s", line=number, problem=problem.message)) from problem
    if len(days) > MOST_DAYS:
        raise Invalid(sentence("Name at most %(most)s days.", most=MOST_DAYS))
    return dict(sorted(days.items()))


def write_days(days: Mapping[date, tuple[Span, ...]]) -> str:
    """The lines that ``read_days`` reads."""
    return "\n".join(f"{day.isoformat()} {write_spans(spans)}".strip() for day, spans in sorted(days.items()))
