"""A transcript as pages show it: cues gathered into lines that read well, with the speaker where it changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from podcastsvc.catalogue.texts.transcripts import Cue, read_transcript

# A line ends at the first end of a sentence behind the first length, and at the second length in any case.
_ENOUGH_CHARS = 160
_MOST_CHARS = 480
_LONG_PAUSE_MS = 3000
_ENDS = (".", "?", "!", "…", "”", "»", '"')


@dataclass(frozen=True, slots=True)
class Line:
    """What is said from a second on; ``speaker`` is empty where the one before goes on speaking."""

    seconds: int
    text: str
    speaker: str


@lru_cache(maxsize=16)
def read_lines(vtt: str) -> tuple[Line, ...]:
    """The lines of a transcript as we keep it. An hour of talk takes tens of milliseconds, so the last few are kept."""
    return tuple(gather(read_transcript(vtt.encode(), [], file="transcript.vtt")))


def gather(cues: Iterable[Cue]) -> Iterator[Line]:
    """Lines of one to a few sentences of one speaker, each timed by its first cue. Pure."""
    line: list[Cue] = []
    speaker = ""
    for cue in cues:
        if line and _is_whole(line, cue):
            yield _join(line, speaker)
            speaker, line = line[0].speaker, []
        line.append(cue)
    if line:
        yield _join(line, speaker)


def _is_whole(line: list[Cue], following: Cue) -> bool:
    last = line[-1]
    chars = sum(len(cue.text) + 1 for cue in line)
    return (
        following.speaker != last.speaker
        or following.start_ms - last.end_ms >= _LONG_PAUSE_MS
        or (chars >= _ENOUGH_CHARS and last.text.endswith(_ENDS))
        or chars + len(following.text) > _MOST_CHARS
    )


def _join(line: list[Cue], speaker_before: str) -> Line:
    first = line[0]
    speaker = first.speaker if first.speaker != speaker_before else ""
    return Line(first.start_ms // 1000, " ".join(cue.text for cue in line), speaker)
