"""Calendar files, read back by another reading of RFC 5545 than the one that writes them."""

import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.kit.calendars import CalendarEntry, fold, write_calendar

AT = datetime(2026, 6, 1, 14, tzinfo=UTC)


def make(**changes):
    values = {
        "uid": "01abc@consultations",
        "sequence": 2,
        "stamp_at": AT,
        "starts_at": AT,
        "ends_at": AT.replace(hour=15),
        "summary": "Consultation",
        "description": "",
        "url": "https://meet.example/ada",
        "organizer": "ada@example.org",
        "attendee": "ben@example.org",
    }
    return CalendarEntry(**{**values, **changes})


def parse(text):
    """Unfolds the lines, and takes the escapes of texts back (sections 3.1 and 3.3.11)."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    lines = text.replace("\r\n ", "").split("\r\n")[:-1]
    found = {}
    for line in lines:
        name, _, value = line.partition(":")
        found.setdefault(
            name.partition(";")[0], re.sub(r"\\(.)", lambda each: "\n" if each[1] in "nN" else each[1], value)
        )
    return lines, found


def test_an_entry_has_what_a_calendar_needs():
    lines, found = parse(write_calendar(make()))

    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VEVENT", "END:VCALENDAR"]
    assert found["METHOD"] == "REQUEST"
    assert (found["DTSTART"], found["DTEND"]) == ("20260601T140000Z", "20260601T150000Z")
    assert (found["UID"], found["SEQUENCE"], found["STATUS"]) == ("01abc@consultations", "2", "CONFIRMED")
    assert found["LOCATION"] == found["URL"] == "https://meet.example/ada"
    assert found["ORGANIZER"] == "mailto:ada@example.org"


def test_a_cancelled_entry_asks_to_be_dropped():
    _, found = parse(write_calendar(make(is_cancelled=True)))

    assert (found["METHOD"], found["STATUS"]) == ("CANCEL", "CANCELLED")


@given(st.text(max_size=300))
def test_any_text_comes_back_as_it_was_and_ends_no_line(text):
    _, found = parse(write_calendar(make(summary=text)))
    plain = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text.replace("\r\n", "\n").replace("\r", "\n"))

    assert found["SUMMARY"] == plain
    assert found["END"] == "VEVENT"


@given(st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=400))
def test_lines_are_folded_at_75_bytes_and_never_within_a_character(line):
    parts = fold(line)

    assert all(len(part.encode()) <= 75 for part in parts)
    assert parts[0] + "".join(part[1:] for part in parts[1:]) == line
