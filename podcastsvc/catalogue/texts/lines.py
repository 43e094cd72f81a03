"""What chapters and cues typed as lines share: times at their beginning, and what is wrong with which line."""

import re
from dataclasses import dataclass

from podcastsvc.kit.language import sentence

_TIME = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?:[.,](\d{1,3}))?(?=\s|$)")
# What was meant as a time: digits on both sides of something that could part them.
_NEARLY = re.compile(r"[\[(]?\d+\s?[:.,;'’h]\s?\d[\d:.,;]*")
_SHOWN_CHARS = 40
MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What cannot be used, for the person who typed it; ``line`` counts from 1."""

    line: int
    said: str


@dataclass(frozen=True, slots=True)
class Timed:
    """A line that begins with a time."""

    at_ms: int
    text: str


def read_timed(line: str) -> Timed | None:
    """The time at a line's beginning and what follows it; None where there is none that can be."""
    found = _TIME.match(line)
    if found is None:
        return None
    hours, minutes, seconds, fraction = found.groups()
    if int(seconds) > 59 or (hours is not None and int(minutes) > 59):
        return None
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return Timed(whole * 1000 + int((fraction or "0").ljust(3, "0")), line[found.end() :].strip())


def looks_timed(line: str) -> bool:
    """Whether a line seems to begin with a time, good or not."""
    return _NEARLY.match(line) is not None


def write_time(at_ms: int) -> str:
    """``00:12``, ``1:02:03``, ``00:12.345``."""
    seconds, ms = divmod(at_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    point = f".{ms:03d}" if ms else ""
    return f"{hours}:{minutes:02d}:{seconds:02d}{point}" if hours else f"{minutes:02d}:{seconds:02d}{point}"


def no_time(line: int, text: str) -> LineProblem:
    """A line whose beginning is no time."""
    said = sentence("%(text)s does not begin with a time such as 12:34 or 1:02:03.", text=repr(text[:_SHOWN_CHARS]))
    return LineProblem(line, said)


def too_early(line: int, at_ms: int, before_ms: int) -> LineProblem:
    """A line whose time lies before that of the line above."""
    said = sentence(
        "%(time)s does not come after %(before)s in the line above.",
        time=write_time(at_ms),
        before=write_time(before_ms),
    )
    return LineProblem(line, said)


def too_late(line: int, at_ms: int, seconds: int) -> LineProblem:
    """A line whose time lies behind the end of the audio."""
    said = sentence(
        "%(time)s lies after the end of the audio, %(end)s.", time=write_time(at_ms), end=write_time(seconds * 1000)
    )
    return LineProblem(line, said)
