"""Reading the studio's forms: plain values and a message for each field that cannot be used."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from podcastsvc.errors import Invalid
from podcastsvc.kit.text import clean_line, clean_text
from podcastsvc.web.pages import gettext

LONGEST_TEXT_CHARS = 200_000


@dataclass(slots=True)
class FormReader:
    """Reads one form. ``errors`` maps a field's name to the sentence that the page shows beside it.

    ``lists`` has the values of fields that may come several times.
    """

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def line(self, name: str, *, limit_chars: int = 255, needed: str = "") -> str:
        """One line, cleaned. Longer than the limit is an error, as is nothing where ``needed`` says what to do."""
        text = clean_line(self.values.get(name, ""), limit_chars=LONGEST_TEXT_CHARS)
        if not text and needed:
            self.errors[name] = needed
        return self._fit(name, text, limit_chars)

    def text(self, name: str, *, limit_chars: int = LONGEST_TEXT_CHARS) -> str:
        """Text of several lines, cleaned."""
        return self._fit(name, clean_text(self.values.get(name, "")).strip(), limit_chars)

    def lines(self, name: str, *, limit_chars: int = 2000) -> list[str]:
        """The lines of a text that are not empty."""
        return [line for line in map(clean_line, self.text(name, limit_chars=limit_chars).split("\n")) if line]

    def words(self, name: str, *, limit_chars: int = 500) -> list[str]:
        """What stands between commas, without repeats."""
        parts = (clean_line(part) for part in self.line(name, limit_chars=limit_chars).split(","))
        return list(dict.fromkeys(part for part in parts if part))

    def choice(self, name: str, allowed: tuple[str, ...], *, error: str = "") -> str:
        """One of some words; the first where the form says nothing. Another word is an error."""
        value = self.values.get(name, "") or allowed[0]
        if value not in allowed:
            self.errors[name] = error or gettext("Choose one of these.")
            return allowed[0]
        return value

    def flag(self, name: str) -> bool:
        """Whether a switch or box is on."""
        return bool(self.values.get(name))

    def whole(self, name: str, *, least: int = 1, most: int = 999_999) -> int | None:
        """A whole number within bounds; None where the field is empty."""
        raw = self.line(name)
        if not raw:
            return None
        if raw.isascii() and raw.isdigit() and len(raw) < 10 and least <= int(raw) <= most:
            return int(raw)
        self.errors[name] = gettext("Enter a whole number from %(least)s to %(most)s.") % {"least": least, "most": most}
        return None

    def day(self, name: str) -> date | None:
        """A day as browsers send it, ``2027-03-14``; None where the field is empty."""
        raw = self.line(name)
        if not raw:
            return None
        with suppress(ValueError):
            if len(raw) == 10:
                return date.fromisoformat(raw)
        self.errors[name] = gettext("Enter a day such as 2027-03-14.")
        return None

    def instant(self, name: str, zone: str) -> datetime | None:
        """A day and time of day in a zone, ``2027-03-14T06:00`` or with a space; None where the field is empty."""
        raw = self.line(name).replace(" ", "T")
        if not raw:
            return None
        found = None
        with suppress(ValueError):
            found = datetime.fromisoformat(raw)
        if found is None or found.tzinfo is not None or "T" not in raw or not 2000 <= found.year <= 9000:
            self.errors[name] = gettext("Enter a day and time such as 2027-03-14 06:00.")
            return None
        return found.replace(second=0, tzinfo=ZoneInfo(zone))

    def take(self, refusal: Invalid, name: str) -> None:
        """Notes what a room refused; what it names no field for goes to ``name``."""
        found = {key: gettext(sentence) for key, sentence in refusal.fields.items()}
        self.errors.update(found or {name: gettext(refusal.message)})

    def _fit(self, name: str, text: str, limit_chars: int) -> str:
        if len(text) > limit_chars:
            self.errors[name] = gettext("This has %(count)s characters; at most %(most)s fit.") % {
                "count": len(text),
                "most": limit_chars,
            }
        return text
