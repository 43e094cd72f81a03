"""Free times of consultations as pages offer them: day by day on the reader's clock, some days at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from podcastsvc.billing.consulting import bookings
from podcastsvc.billing.consulting.offers import ConsultationOffer
from podcastsvc.billing.consulting.wishes import write_time
from podcastsvc.kit.language import format_time, format_weekday
from podcastsvc.web.context import language, now, services
from podcastsvc.web.pages import zone_of_show

_DAYS_AT_ONCE = 7


@dataclass(frozen=True, slots=True)
class TimeChoice:
    """One time; ``value`` is what the form sends, ``words`` what the clock shows."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class DayChoice:
    """One day that has free times, in the reader's zone."""

    words: str
    times: list[TimeChoice]


@dataclass(frozen=True, slots=True)
class TimesPage:
    """Some days with free times. ``earlier`` and ``later`` begin the pages beside it; None where there is none."""

    days: list[DayChoice]
    earlier: date | None
    later: date | None


def find_free(offer: ConsultationOffer, minutes: int, *, but: str = "") -> list[datetime]:
    """The times, in UTC, that can be booked for a length; ``but`` names one whose own time counts as free."""
    zone = zone_of_show()
    with services().db.reading() as session:
        return bookings.list_open_times(session, offer, minutes, zone, now(), but=but)


def cut_times(free: Sequence[datetime], zone: str, first_day: date | None) -> TimesPage:
    """The page whose days begin with ``first_day``; the first one for None, and for a day after all of them."""
    place = ZoneInfo(zone)
    by_day = [(day, list(group)) for day, group in groupby(free, key=lambda at: at.astimezone(place).date())]
    start = next((at for at, (day, _) in enumerate(by_day) if first_day is not None and day >= first_day), 0)
    shown, rest = by_day[start : start + _DAYS_AT_ONCE], by_day[start + _DAYS_AT_ONCE :]
    return TimesPage(
        days=[_make_day(day, times, zone) for day, times in shown],
        earlier=by_day[max(start - _DAYS_AT_ONCE, 0)][0] if start else None,
        later=rest[0][0] if rest else None,
    )


def _make_day(day: date, times: Sequence[datetime], zone: str) -> DayChoice:
    choices = [TimeChoice(write_time(at), format_time(at, language(), zone)) for at in times]
    return DayChoice(format_weekday(day, language(), now=now()), choices)


def read_day(typed: str) -> date | None:
    """A day as our own links write it; None for anything else."""
    try:
        return date.fromisoformat(typed) if len(typed) == len("2027-03-14") else None
    except ValueError:
        return None
