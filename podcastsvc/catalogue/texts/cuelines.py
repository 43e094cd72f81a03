"""A transcript as lines of text that a person can type, ``00:12 Ada: words``, and back; or VTT and SRT as they are pasted.

Lines say when something begins. The ends of cues that were there before stay theirs; those of others are judged.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from podcastsvc.catalogue.limits import MOST_TEXT_BYTES, too_large
from podcastsvc.catalogue.remarks import Remark
from podcastsvc.catalogue.texts import transcripts
from podcastsvc.catalogue.texts.lines import (
    MOST_PROBLEMS,
    LineProblem,
    looks_timed,
    no_time,
    read_timed,
    too_early,
    too_late,
    write_time,
)
from podcastsvc.catalogue.texts.transcripts import Cue
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.text import clean_line

_NAME = "text"
_SHORTEST_MS = 2_000
_MS_A_CHARACTER = 65
_SLACK_SECONDS = 10
# What VTT can say and lines cannot.
_MORE_THAN_LINES = ("\nNOTE", "\nSTYLE", "\nREGION", "position:", "align:", "line:", "size:", "region:", "vertical:")


@dataclass(frozen=True, slots=True)
class Written:
    """A transcript as a file: its extension, and its bytes."""

    extension: str
    content: bytes


def write_cues(cues: Iterable[Cue]) -> str:
    """One line for each cue."""
    return "\n".join(
        f"{write_time(cue.start_ms)} {f'{cue.speaker}: ' if cue.speaker else ''}{cue.text}" for cue in cues
    )


def show(raw: bytes, people: Sequence[str] = ()) -> str:
    """A file's text for the form: as lines where those say all of it, else as it is, so that nothing of it is lost."""
    remarks: list[Remark] = []
    cues = transcripts.read_transcript(raw, remarks, file=_NAME, people=people)
    text = raw.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    if remarks or any(mark in text for mark in _MORE_THAN_LINES):
        return text
    lines = write_cues(cues)
    return lines if _read_lines(lines, 0, cues, []) == cues else text


def read(
    text: str, *, seconds: int, before: bytes, people: Sequence[str], problems: list[LineProblem]
) -> Written | None:
    """The file that a text means; None for an empty text, or where ``problems`` says what is wrong with which line.

    ``before`` is the file as it was, whose cues keep their ends; ``seconds`` the length of the longest audio, 0 for none.
    """
    raw = text.encode()
    if len(raw) > MOST_TEXT_BYTES:
        problems.append(LineProblem(1, too_large(MOST_TEXT_BYTES)))
        return None
    if not text.strip():
        return None
    if "-->" in text:
        return _read_pasted(text, problems)
    old = transcripts.read_transcript(before, [], file=_NAME, people=people)
    cues = _read_lines(text, seconds, old, problems)
    return None if problems else Written(".vtt", transcripts.build_vtt(cues).encode())


def _read_pasted(text: str, problems: list[LineProblem]) -> Written | None:
    """VTT or SRT stays as it was pasted, if every one of its times can be used."""
    remarks: list[Remark] = []
    transcripts.read_transcript(text.encode(), remarks, file=_NAME)
    problems += [LineProblem(each.line or 1, each.message) for each in remarks if each.is_mistake]
    extension = ".vtt" if text.lstrip("\ufeff").startswith("WEBVTT") else ".srt"
    return None if problems else Written(extension, text.strip().encode() + b"\n")


def _read_lines(text: str, seconds: int, before: Sequence[Cue], problems: list[LineProblem]) -> tuple[Cue, ...]:
    """Cues of lines that begin with times; a line without one goes on with what the line above says."""
    starts: list[tuple[int, list[str]]] = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        timed = read_timed(line)
        if not line or len(problems) >= MOST_PROBLEMS:
            continue
        if timed is None and starts and not looks_timed(line):
            starts[-1][1].append(line)
            continue
        if timed is None:
            problems.append(no_time(number, line))
            continue
        if starts and timed.at_ms < starts[-1][0]:
            problems.append(too_early(number, timed.at_ms, starts[-1][0]))
        if seconds and timed.at_ms > (seconds + _SLACK_SECONDS) * 1000:
            problems.append(too_late(number, timed.at_ms, seconds))
        starts.append((timed.at_ms, [timed.text]))
    if len(starts) > transcripts.MOST_CUES:
        problems.append(LineProblem(1, sentence("There are more than %(most)s lines.", most=transcripts.MOST_CUES)))
    if not starts and not problems:
        problems.append(LineProblem(1, N_("Nothing here begins with a time such as 00:12.")))
    return () if problems else tuple(_make_cues(starts, before))


def _make_cues(starts: list[tuple[int, list[str]]], before: Sequence[Cue]) -> Iterator[Cue]:
    ends = {cue.start_ms: cue.end_ms for cue in before}
    for index, (start_ms, parts) in enumerate(starts):
        speaker, words = transcripts.split_speaker(clean_line(" ".join(parts)))
        following = starts[index + 1][0] if index + 1 < len(starts) else None
        judged = start_ms + max(_SHORTEST_MS, len(words) * _MS_A_CHARACTER)
        if following is not None and following > start_ms:
            judged = min(judged, following)
        if words:
            yield Cue(start_ms, ends.get(start_ms, judged), words, speaker)
