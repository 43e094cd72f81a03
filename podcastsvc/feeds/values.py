"""One value of a feed at a time: cleaned, within its limit, in its written form (rules X3, X4, X7, X8, X10, X11)."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from podcastsvc.feeds.document import Gap, PrivateUrl, Url
from podcastsvc.feeds.notes import make_absolute
from podcastsvc.kit.text import clean_line, clean_text

PLAIN_CHARS = 255
PODCAST_CHARS = 128
TXT_CHARS = 4_000
DISPLAY_CHARS = 32
URL_CHARS = 2_048
LARGEST_NUMBER = 999_999

# A gap is marked by a noncharacter. Every text of people is freed of them, so none can come from there.
GAP_MARKS = {gap: chr(0xFDD0 + number) for number, gap in enumerate(Gap)}

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
_ANGLES = str.maketrans({"<": "‹", ">": "›"})
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")
_COPYRIGHT = re.compile(r"^(?:\s|©|\(c\)|copyright\b|\d{4}\b|[-–,])+", re.IGNORECASE)


def text(value: str | None, limit_chars: int = PLAIN_CHARS) -> str:
    """A plain value on one line, without anything XML refuses; empty where nothing is left. XML escaping is lxml's."""
    return clean_line(value or "", limit_chars=limit_chars)


def title(value: str | None) -> str:
    """A title: clients read it as HTML and lose what stands in angle brackets, so they become ‹ and › (rule X4)."""
    return text((value or "").translate(_ANGLES))


def url(value: Url | None) -> str | None:
    """An http or https address in ASCII, with a gap for its secret; None where there is none that can be used."""
    if isinstance(value, PrivateUrl):
        rest = quote(clean_text(value.rest), safe="/-._~?=")
        return f"{value.base}/private/{GAP_MARKS[value.secret]}/{rest}"
    absolute = make_absolute(value or "", "")
    if absolute is None or absolute.startswith("mailto:"):
        return None
    written = quote(absolute, safe="%/:=&?~#+!$,;'@()*[]-._")
    return written if len(written) <= URL_CHARS else None


def guid(value: str) -> str:
    """An episode's guid, byte for byte but for characters that XML has no place for (rules G1, X12)."""
    return _NOT_XML.sub("", value)


def date(instant: datetime) -> str:
    """``Tue, 20 Oct 2026 06:00:00 +0000`` whatever the process locale says (rule X8). Takes aware instants only."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone")
    return format_datetime(instant.astimezone(UTC))


def language(value: str) -> str:
    """``es_MX`` as ``es-mx`` (rule X10); ``en`` where it is no language tag at all."""
    written = value.strip().lower().replace("_", "-")
    return written if _LANGUAGE.fullmatch(written) else "en"


def number(value: int | None) -> str | None:
    """A season or episode number within 1 to 999,999 (rule X7); None outside."""
    return str(value) if value is not None and 1 <= value <= LARGEST_NUMBER else None


def truth(value: bool) -> str:
    return "true" if value else "false"


def copyright_owner(value: str | None) -> str:
    """The owner's name alone: apps put "©" and the year before it themselves."""
    return text(_COPYRIGHT.sub("", value or ""))


def chapter_start(start_ms: int) -> str:
    """``HH:MM:SS.mmm``, as psc:chapters wants it."""
    seconds, millis = divmod(max(start_ms, 0), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{millis:03d}"
