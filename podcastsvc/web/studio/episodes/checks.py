"""What the studio says about a file: the line beside its name, and the list "Ready for the apps"."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from podcastsvc.catalogue.artwork.drawing import LEAST_PIXELS, is_square
from podcastsvc.catalogue.uploads import Kind, UploadFacts
from podcastsvc.kit import language as languages
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.web.context import language
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext, ngettext

TARGET_LUFS, MAY_DIFFER_LU = -16.0, 1.0
"""What apps and directories ask for: -16 LUFS, one up or down."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list. A problem has one ``fix``, and ``href`` is where on the page that is done, if it is there."""

    state: Literal["ok", "warn"]
    text: str
    fix: str = ""
    href: str = ""


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
        *_check_loudness(facts),
        _check_bitrate(facts),
        _check_chapters(facts),
        _check_transcript(there),
        *(Check("warn", gettext(sentence)) for sentence in facts.advice),
    ]


def list_standing_checks(episode: Episode, there: Iterable[Kind]) -> list[Check]:
    """The same of an episode as it stands: what can be mended has a page of its own or a field on this one."""
    present = set(there)
    if not present & {Kind.AUDIO, Kind.MEMBERS}:
        return []
    own = episode.artwork is not None
    checks = [Check("ok", gettext("Artwork of its own") if own else gettext("The show's artwork is used"))]
    count = len(episode.chapters or ())
    if count:
        said = ngettext("%(count)s chapter", "%(count)s chapters", count) % {"count": count}
        checks.append(Check("ok", said))
    else:
        href = make_path("studio.episode_chapters", episode_id=episode.id)
        checks.append(Check("warn", gettext("No chapters yet."), gettext("Type them"), href))
    if Kind.TRANSCRIPT in present:
        checks.append(Check("ok", gettext("Transcript is there")))
    else:
        href = make_path("studio.episode_transcript", episode_id=episode.id)
        checks.append(Check("warn", gettext("No transcript yet."), gettext("Type or paste it"), href))
    return checks


def as_json(checks: Iterable[Check]) -> list[dict[str, str]]:
    """The list as the upload script reads it."""
    return [asdict(check) for check in checks]


def _check_artwork(facts: UploadFacts, there: set[Kind]) -> Check:
    if Kind.COVER in there:
        return Check("ok", gettext("Artwork of its own"))
    if not facts.cover_bytes:
        return Check("ok", gettext("No artwork in the file: the show's own is used"))
    if not facts.width:
        return Check("ok", gettext("Artwork found in the file"))
    size = {"size": f"{facts.width} × {facts.height}"}
    choose = gettext("Choose a square picture.")
    if min(facts.width, facts.height) < LEAST_PIXELS:
        return Check("warn", gettext("The artwork in the file is too small: %(size)s.") % size, choose, "#cover")
    if not is_square(facts.width, facts.height):
        return Check("warn", gettext("The artwork in the file is not square: %(size)s.") % size, choose, "#cover")
    return Check("ok", gettext("Artwork %(size)s, from the file") % size)


def _check_loudness(facts: UploadFacts) -> Iterable[Check]:
    """Only where the file tells its loudness: measuring it would take longer than the upload."""
    found = facts.loudness_lufs
    if found is None:
        return
    shown = {"lufs": languages.format_number(found, language())}
    if abs(found - TARGET_LUFS) <= MAY_DIFFER_LU:
        yield Check("ok", gettext("Loudness %(lufs)s LUFS, right on target") % shown)
        return
    said = gettext("Loudness %(lufs)s LUFS; apps expect about −16.") % shown
    yield Check("warn", said, gettext("Export it again at −16 LUFS."))


def _check_bitrate(facts: UploadFacts) -> Check:
    if facts.is_vbr:
        said = gettext("Variable bitrate: some apps jump to the wrong place.")
        return Check("warn", said, gettext("Export it again with a constant bitrate."))
    return Check("ok", gettext("Constant bitrate, seeks cleanly"))


def _check_chapters(facts: UploadFacts) -> Check:
    if not facts.chapters:
        return Check("ok", gettext("No chapters in the file: a list of times in the notes becomes chapters"))
    found = ngettext("%(count)s chapter found in the file", "%(count)s chapters found in the file", facts.chapters)
    return Check("ok", found % {"count": facts.chapters})


def _check_transcript(there: set[Kind]) -> Check:
    if Kind.TRANSCRIPT in there:
        return Check("ok", gettext("Transcript is there"))
    fix = gettext("Add a .vtt or .srt file, or publish without one.")
    return Check("warn", gettext("No transcript yet."), fix, "#transcript")
