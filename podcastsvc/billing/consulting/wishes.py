"""What somebody who books a consultation asks for, as the form sends it and as the order keeps it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_
from podcastsvc.kit.text import clean_line, clean_text

LONGEST_NAME_CHARS = 100
LONGEST_QUESTION_CHARS = 2000
CHOOSE_TIME = N_("Choose a time.")
TIME_GONE = N_("This time has just been taken. Choose another one.")
NO_NAME = N_("Enter your name.")


@dataclass(frozen=True, slots=True)
class ConsultationWish:
    """``starts_at`` is in UTC; ``zone`` (IANA) is where the buyer's clock goes."""

    starts_at: datetime
    minutes: int
    name: str
    question: str
    zone: str


def read_wish(free: Sequence[datetime], minutes: int, form: Mapping[str, str], zone: str) -> ConsultationWish:
    """What a form asks for. Fields: ``time`` (as ``write_time`` writes one of ``free``), ``name``, ``question``.

    Raises Invalid with a message for each field that cannot be used.
    """
    errors: dict[str, str] = {}
    typed = form.get("time", "")
    starts_at = next((at for at in free if write_time(at) == typed), None)
    if starts_at is None:
        errors["time"] = TIME_GONE if typed else CHOOSE_TIME
    name = clean_line(form.get("name", ""), limit_chars=LONGEST_NAME_CHARS)
    if not name:
        errors["name"] = NO_NAME
    if errors or starts_at is None:
        raise Invalid(next(iter(errors.values())), errors)
    question = clean_text(form.get("question", ""), limit_chars=LONGEST_QUESTION_CHARS).strip()
    return ConsultationWish(starts_at, minutes, name, question, zone)


def write_time(at: datetime) -> str:
    """``2027-03-14T15:00Z``: an instant as a form's value."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def read_time(typed: str) -> datetime | None:
    """The instant of a form's value; None for what ``write_time`` does not write."""
    try:
        found = datetime.strptime(typed, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return found if write_time(found) == typed else None


def read_zone(typed: str, default: str) -> str:
    """The time zone that a browser or a reader names; ``default`` for none that we know."""
    return typed if typed in list_zones() else default


def list_zones() -> list[str]:
    """The zones to choose from, by name: those of cities, and UTC."""
    return _ZONES


_ZONES = sorted(
    zone
    for zone in available_timezones()
    if zone == "UTC" or ("/" in zone and not zone.startswith(("Etc/", "SystemV/")))
)


def write_details(wish: ConsultationWish, consultation_id: str) -> dict[str, Any]:
    """What the order keeps."""
    return {
        "consultation": consultation_id,
        "starts_at": wish.starts_at.isoformat(),
        "minutes": wish.minutes,
        "name": wish.name,
        "question": wish.question,
        "zone": wish.zone,
    }


def read_details(details: Mapping[str, Any]) -> ConsultationWish:
    """The wish of an order."""
    return ConsultationWish(
        starts_at=datetime.fromisoformat(details["starts_at"]),
        minutes=int(details["minutes"]),
        name=str(details.get("name", "")),
        question=str(details.get("question", "")),
        zone=str(details["zone"]),
    )
