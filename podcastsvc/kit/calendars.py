"""Calendar files: one entry as iCalendar writes it. Source: RFC 5545, and RFC 5546 for its methods."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

PRODUCT = "-//podcastsvc//EN"
_FOLD_BYTES = 75
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One meeting. ``sequence`` rises with each change, by which a calendar takes the newer of two with one ``uid``.

    ``organizer`` and ``attendee`` are plain e-mail addresses; without an attendee the entry is everybody's. ``url`` is where
    it takes place, "" where that is not told; ``page_url`` is the page that says more, where that is another one.
    """

    uid: str
    sequence: int
    stamp_at: datetime
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str
    url: str
    organizer: str
    attendee: str
    is_cancelled: bool = False
    page_url: str = ""


def write_calendar(entry: CalendarEntry) -> str:
    """The file: lines end in CRLF and are folded at 75 bytes. Its method asks the calendar to take the entry, or to drop it;
    one without an attendee is only published."""
    status = "CANCELLED" if entry.is_cancelled else "CONFIRMED"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        f"METHOD:{'CANCEL' if entry.is_cancelled else 'REQUEST' if entry.attendee else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:{escape(entry.uid)}",
        f"SEQUENCE:{entry.sequence}",
        f"DTSTAMP:{write_instant(entry.stamp_at)}",
        f"DTSTART:{write_instant(entry.starts_at)}",
        f"DTEND:{write_instant(entry.ends_at)}",
        f"SUMMARY:{escape(entry.summary)}",
        f"ORGANIZER:mailto:{_clean(entry.organizer)}",
        f"STATUS:{status}",
    ]
    if entry.attendee:
        lines.append(f"ATTENDEE;PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:{_clean(entry.attendee)}")
    if entry.description:
        lines.append(f"DESCRIPTION:{escape(entry.description)}")
    if entry.url:
        lines.append(f"LOCATION:{escape(entry.url)}")
    if page_url := entry.page_url or entry.url:
        lines.append(f"URL:{_clean(page_url)}")
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return "".join(f"{folded}\r\n" for line in lines for folded in fold(line))


def write_instant(at: datetime) -> str:
    """``20270314T150000Z``."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def escape(text: str) -> str:
    """A text as a value (section 3.3.11)."""
    plain = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _clean(text: str) -> str:
    """An address as it is: nothing that could end its line."""
    return _CONTROL.sub("", text.replace("\n", ""))


def fold(line: str) -> list[str]:
    """A line cut into parts of at most 75 bytes, none within a character; all but the first begin with a space."""
    parts, part, room = [], "", _FOLD_BYTES
    for character in line:
        if len((part + character).encode()) > room:
            parts.append(part)
            part, room = "", _FOLD_BYTES - 1
        part += character
    parts.append(part)
    return [parts[0], *(f" {rest}" for rest in parts[1:])]
