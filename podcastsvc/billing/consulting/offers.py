"""What consultations the host offers: lengths with prices, hours, and the rules around them; kept as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.billing.consulting.hours import Span, read_days, read_spans, write_days, write_spans
from podcastsvc.billing.plans import BAD_AMOUNT, BAD_CURRENCY, MOST_MINOR
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.money import Money, is_currency
from podcastsvc.storage.facts import find_fact, save_fact
from podcastsvc.storage.tables.job import Fact

FACT = "consultations"
MOST_LENGTHS = 6
LEAST_MINUTES, MOST_MINUTES = 10, 480
MOST_DAYS_AHEAD = 365
LONGEST_INTRO_CHARS = 3000
NO_LENGTH = N_("Enter at least one length with its price.")
NO_HOURS = N_("Enter hours for at least one day of the week, or for a single day.")
NO_ROOM = N_("Enter the address of the room where you meet, such as a video call's link.")
BAD_ROOM = N_("Enter an address that begins with https://.")
TWICE = N_("Each length stands once.")


@dataclass(frozen=True, slots=True)
class Length:
    """How long a consultation takes, and what it costs in the smallest unit of the offer's currency."""

    minutes: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ConsultationOffer:
    """What the host has settled. ``weekly`` has the hours of each weekday (Monday is 0), ``days`` those of days that
    differ; both on the clock of the show's zone.

    ``notice_hours`` lie between now and the earliest time, ``ahead_days`` is how far the latest is away, ``pause_minutes``
    lie between two consultations. ``most_a_day`` 0 is no limit. Up to ``change_hours`` before it begins the buyer may move
    or cancel; None leaves that to the host. ``intros`` are words for the page, by language. ``room_url`` is told to
    buyers by e-mail.
    """

    is_open: bool = False
    currency: str = "EUR"
    lengths: tuple[Length, ...] = ()
    weekly: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    days: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    notice_hours: int = 24
    ahead_days: int = 42
    pause_minutes: int = 15
    most_a_day: int = 0
    change_hours: int | None = 24
    room_url: str = ""
    intros: Mapping[str, str] = field(default_factory=dict)

    def find_price(self, minutes: int) -> Money | None:
        """What a length costs; None for one that is not offered."""
        found = next((each for each in self.lengths if each.minutes == minutes), None)
        return Money(found.amount_minor, self.currency) if found is not None else None


def find_offer(session: Session) -> ConsultationOffer:
    """The host's settings; closed until they are saved."""
    found = find_fact(session, FACT)
    return _read(found) if found is not None else ConsultationOffer()


def hold_calendar(session: Session) -> ConsultationOffer:
    """The host's settings; nobody else takes or frees a time until the transaction ends."""
    session.execute(select(Fact.name).where(Fact.name == FACT).with_for_update())
    return find_offer(session)


def save_offer(session: Session, offer: ConsultationOffer) -> None:
    """Keeps the host's settings. Raises Invalid, by the form's field, for what cannot be offered."""
    check_offer(offer)
    save_fact(session, FACT, _write(offer))


def check_offer(offer: ConsultationOffer) -> None:
    """Raises Invalid, by field. Only an open offer must be complete. Pure."""
    problems: dict[str, str] = {}
    if not is_currency(offer.currency):
        problems["currency"] = BAD_CURRENCY
    minutes = [each.minutes for each in offer.lengths]
    if any(not LEAST_MINUTES <= each <= MOST_MINUTES for each in minutes):
        problems["lengths"] = sentence(
            "A consultation lasts from %(least)s to %(most)s minutes.", least=LEAST_MINUTES, most=MOST_MINUTES
        )
    elif len(minutes) != len(set(minutes)):
        problems["lengths"] = TWICE
    elif any(not 0 < each.amount_minor <= MOST_MINOR for each in offer.lengths):
        problems["lengths"] = BAD_AMOUNT
    elif len(minutes) > MOST_LENGTHS:
        problems["lengths"] = sentence("Enter at most %(most)s lengths.", most=MOST_LENGTHS)
    if offer.room_url and not _is_https(offer.room_url):
        problems["room_url"] = BAD_ROOM
    if offer.is_open:
        problems |= _find_missing(offer, problems)
    if problems:
        raise Invalid(next(iter(problems.values())), problems)


def _find_missing(offer: ConsultationOffer, problems: Mapping[str, str]) -> dict[str, str]:
    missing = {}
    if not offer.lengths and "lengths" not in problems:
        missing["lengths"] = NO_LENGTH
    if not any(offer.weekly.values()) and not any(offer.days.values()):
        missing["weekly_0"] = NO_HOURS
    if not offer.room_url:
        missing["room_url"] = NO_ROOM
    return missing


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and parts.username is None


def _write(offer: ConsultationOffer) -> dict[str, Any]:
    return {
        "is_open": offer.is_open,
        "currency": offer.currency,
        "lengths": [[each.minutes, each.amount_minor] for each in offer.lengths],
        "weekly": {str(day): write_spans(spans) for day, spans in offer.weekly.items() if spans},
        "days": write_days(offer.days),
        "notice_hours": offer.notice_hours,
        "ahead_days": offer.ahead_days,
        "pause_minutes": offer.pause_minutes,
        "most_a_day": offer.most_a_day,
        "change_hours": offer.change_hours,
        "room_url": offer.room_url,
        "intros": dict(offer.intros),
    }


def _read(found: Mapping[str, Any]) -> ConsultationOffer:
    return ConsultationOffer(
        **{
            **found,
            "lengths": tuple(Length(minutes, amount) for minutes, amount in found["lengths"]),
            "weekly": {int(day): read_spans(text) for day, text in found["weekly"].items()},
            "days": read_days(found["days"]),
        }
    )
