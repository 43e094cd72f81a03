"""What the studio says about a file: the line beside its name, and the list "Ready for the apps"."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from podcastsvc.catalogue.uploads import Kind, UploadFacts
from podcastsvc.kit import language as languages
from podcastsvc.web.context import language
from podcastsvc.web.pages import gettext, ngettext


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list."""

    state: Literal["ok", "warn"]
    text: str


def write_length(seconds: int) -> str:
    """``52 min``, ``1 h 06 min``."""
    hours, rest = divmod(round(seconds / 60), 60)
    if not hours:
        return languages.format_minutes(seconds, language())
    return gettext("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": f"{rest:02d}"}


def write_shown(facts: UploadFacts, extension: str) -> str:
    """``1 h 06 min · mp3 128 kbit/s``."""
    return " · ".join((write_length(facts.seconds), f"{extension.removeprefix('.')} {facts.bitrate_kbps} kbit/s"))


def list_checks(facts: UploadFacts, present: Iterable[Kind] = ()) -> list[Check]:
    """Checks of the main audio file; ``present`` are the other files that the episode has."""
    there = set(present)
    return [
        _check_artwork(facts, there),
        _check_bitrate(facts),
        _check_chapters(facts),
        _check_transcript(there),
        *(Check("warn", gettext(sentence)) for sentence in facts.advice),
    ]


def as_json(checks: Iterable[Check]) -> list[dict[str, str]]:
    """The list as the upload script reads it."""
    return [{"state": check.state, "text": check.text} for check in checks]


def _check_artwork(facts: UploadFacts, there: set[Kind]) -> Check:
    if Kind.COVER in there:
        return Check("ok", gettext("Artwork of its own"))
    if facts.cover_bytes:
        return Check("ok", gettext("Artwork found in the file"))
    return Check("ok", gettext("No artwork in the file: the show's own is used"))


def _check_bitrate(facts: UploadFacts) -> Check:
    if facts.is_vbr:
        return Check("warn", gettext("Variable bitrate: some apps jump to the wrong place. A constant one is safer."))
    return Check("ok", gettext("Constant bitrate, seeks cleanly"))


def _check_chapters(facts: UploadFacts) -> Check:
    if not facts.chapters:
        return Check("ok", gettext("No chapters in the file: a list of times in the notes becomes chapters"))
    found = ngettext("%(count)s chapter found in the file", "%(count)s chapters found in the file", facts.chapters)
    return Check("ok", found % {"count": facts.chapters})


def _check_transcript(there: set[Kind]) -> Check:
    if Kind.TRANSCRIPT in there:
        return Check("ok", gettext("Transcript is there"))
    return Check("warn", gettext("No transcript yet. Add a .vtt or .srt file below, or publish without one."))
