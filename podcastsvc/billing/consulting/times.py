"""Which times are free: from the host's hours, what is taken, and the rules around them. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from podcastsvc.billing.consulting.hours import Span
from podcastsvc.billing.consulting.offers import ConsultationOffer

STEP = timedelta(minutes=30)
_LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """A time that is booked or held."""

    starts_at: datetime
    ends_at: datetime


def list_free(
    offer: ConsultationOffer, taken: Sequence[Taken], minutes: int, zone: str, now: datetime
) -> list[datetime]:
    """The instants, in UTC and earliest first, at which a consultation of a length may begin: each half hour of the host's
    hours, as long as it ends within them."""
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    a_day = Counter(each.starts_at.astimezone(place).date() for each in taken)
    earliest = now + timedelta(hours=offer.notice_hours)
    found = []
    for ahead in range(offer.ahead_days + 1):
        day = today + timedelta(days=ahead)
        if offer.most_a_day and a_day[day] >= offer.most_a_day:
            continue
        near = _list_near(offer, taken, day, place)
        starts = _list_starts(offer, day, timedelta(minutes=minutes), place)
        found += [at for at in starts if at >= earliest and _is_free(offer, near, at, minutes)]
    return sorted(set(found))


def _list_near(offer: ConsultationOffer, taken: Sequence[Taken], day: date, place: ZoneInfo) -> list[Taken]:
    """What could meet a consultation that begins on a day; so a full calendar costs no more than its days."""
    start, end = find_instants(day, Span(0, 24 * 60), place)
    reach = timedelta(minutes=offer.pause_minutes) + _LONGEST
    return [each for each in taken if each.ends_at > start - reach and each.starts_at < end + reach]


def _list_starts(offer: ConsultationOffer, day: date, length: timedelta, place: ZoneInfo) -> Iterator[datetime]:
    spans = offer.days.get(day)
    for span in spans if spans is not None else offer.weekly.get(day.weekday(), ()):
        # Counted in real time from the span's beginning, so that the hours of a change of the clock are no trouble.
        start, end = find_instants(day, span, place)
        while start + length <= end:
            yield start
            start += STEP


def find_instants(day: date, span: Span, place: ZoneInfo) -> tuple[datetime, datetime]:
    """A span of a day as instants in UTC. Of a wall time that comes twice the first is meant; one that does not come is as
    much later as the clock is moved."""
    midnight = datetime.combine(day, time())
    start, end = (
        (midnight + timedelta(minutes=minutes)).replace(tzinfo=place).astimezone(UTC)
        for minutes in (span.start, span.end)
    )
    return start, end


def _is_free(offer: ConsultationOffer, taken: Sequence[Taken], at: datetime, minutes: int) -> bool:
    pause = timedelta(minutes=offer.pause_minutes)
    until = at + timedelta(minutes=minutes)
    return all(at >= each.ends_at + pause or until + pause <= each.starts_at for each in taken)


def overlaps(taken: Sequence[Taken], starts_at: datetime, ends_at: datetime) -> bool:
    """Whether a time meets one that is taken, without regard to pauses."""
    return any(starts_at < each.ends_at and ends_at > each.starts_at for each in taken)
