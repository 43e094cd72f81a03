"""Transcripts: WebVTT and SRT read into cues with their speakers, and both written anew, one made from the other.

One reader serves both formats. It takes what editors and speech recognisers really write, and names the line of what
it cannot take. Sources: rule C3; W3C WebVTT section 4; the SRT that players read (it has no standard).
"""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from podcastsvc.catalogue.limits import MOST_TEXT_BYTES, too_large
from podcastsvc.catalogue.remarks import NOT_UTF8, Remark, advise
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.text import clean_line, clean_text

MOST_CUES = 50_000
VTT_LINE_CHARS = 65
SRT_LINE_CHARS = 32
SRT_LINES = 2
_MOST_REMARKS = 20
_LONGEST_CUE_CHARS = 2000
_MOST_RAW_CHARS = 20_000
_SHORTEST_MS = 2000

_TIME = r"(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2})(?:[.,:](\d{1,3})\d*)?"
_TIMES = re.compile(rf"\s*{_TIME}\s*-+>\s*{_TIME}(?:\s.*)?")
# No pattern here looks beyond the next "<", nor back: what strangers write takes as long as it is long (rule T-X7).
_VOICE = re.compile(r"<v(?:\.[^\s<>]*+)?[ \t]++([^<>]*+)>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z0-9.:][^<>]*+>|\{\\[^{}]*+\}", re.IGNORECASE)
_NAME = re.compile(r"(?:>>\s*|-\s*)?\[?((?:[^\W\d_][\w.'’-]*)(?: [^\W\d_][\w.'’-]*){0,3})\]?:\s+(?=\S)")

# The beginning of a cue as it is written here: SRT's number, and the start.
_BUILT_CUE = re.compile(r"(\d+\n)?(\d{2,4}):(\d\d):(\d\d)[.,](\d{3}) --> ")
FIRST_CUE_CHARS = 64
"""So much of a transcript of ours holds the start of its first cue."""


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said from one instant of the audio to another; ``speaker`` is empty where nobody is named."""

    start_ms: int
    end_ms: int
    text: str
    speaker: str = ""


def read_transcript(raw: bytes, remarks: list[Remark], *, file: str, people: Iterable[str] = ()) -> tuple[Cue, ...]:
    """The cues of a VTT or SRT file, by start. What cannot be used is left out and remarked upon with its line.

    A text that begins ``Name: `` names its speaker if the name is one of ``people`` or begins at least two cues.
    """
    if len(raw) > MOST_TEXT_BYTES:
        remarks.append(Remark(file, too_large(MOST_TEXT_BYTES)))
        return ()
    try:
        text = clean_text(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        remarks.append(Remark(file, NOT_UTF8, line))
        return ()
    found: list[Remark] = []
    cues = [cue for block in _list_blocks(text) for cue in _read_block(*block, file, found)]
    if not cues and not found:
        found.append(Remark(file, N_("has no cue such as 00:00:01.000 --> 00:00:04.000 with a line of text below it.")))
    if len(cues) > MOST_CUES:
        found.append(advise(file, sentence("has more than %(most)s cues; the rest is left out.", most=MOST_CUES)))
    remarks += found[:_MOST_REMARKS]
    if len(found) > _MOST_REMARKS:
        remarks.append(
            Remark(file, sentence("has more lines like these: %(count)s.", count=len(found) - _MOST_REMARKS))
        )
    cues.sort(key=lambda cue: cue.start_ms)
    return tuple(_name_speakers(cues[:MOST_CUES], frozenset(people)))


def build_vtt(cues: Sequence[Cue]) -> str:
    """WebVTT: ``HH:MM:SS.mmm``, speakers as ``<v Name>``, lines of at most 65 characters."""
    parts = ["WEBVTT\n"]
    for cue in cues:
        lines = "\n".join(html.escape(line, quote=False) for line in _wrap(cue.text, VTT_LINE_CHARS))
        voice = f"<v {html.escape(cue.speaker, quote=False)}>" if cue.speaker else ""
        parts.append(f"{_write_time(cue.start_ms, '.')} --> {_write_time(cue.end_ms, '.')}\n{voice}{lines}\n")
    return "\n".join(parts)


def build_srt(cues: Sequence[Cue]) -> str:
    """SRT: at most two lines of 32 characters, ``Name: `` where the speaker changes; longer cues become several."""
    parts: list[str] = []
    speaker = ""
    for cue in cues:
        text = f"{cue.speaker}: {cue.text}" if cue.speaker and cue.speaker != speaker else cue.text
        speaker = cue.speaker
        lines = [line.replace("-->", "→") for line in _wrap(text, SRT_LINE_CHARS)]
        pieces = ["\n".join(lines[at : at + SRT_LINES]) for at in range(0, len(lines), SRT_LINES)]
        for start_ms, end_ms, piece in _share_time(cue.start_ms, cue.end_ms, pieces):
            times = f"{_write_time(start_ms, ',')} --> {_write_time(end_ms, ',')}"
            parts.append(f"{len(parts) + 1}\n{times}\n{piece}\n")
    return "\n".join(parts)


# ---- cutting what was built


def cut(built: str, seconds: int) -> str:
    """What a transcript of ours, in either form, has of the first ``seconds`` of the sound; "" where nothing is left.

    Who hears a shorter cut reads no further than it goes (rule T-A11). A cue is kept whole if it begins in time.
    """
    head: list[str] = []
    kept: list[str] = []
    for block in built.rstrip("\n").split("\n\n"):
        found = _BUILT_CUE.match(block)
        if found is None:
            head.append(block)
        elif _starts_by(found, seconds):
            kept.append(f"{len(kept) + 1}\n{block[found.end(1) :]}" if found[1] else block)
    return "\n\n".join([*head, *kept]) + "\n" if kept else ""


def starts_by(vtt: str, seconds: int) -> bool:
    """Whether ``cut`` would leave something of VTT of ours; ``FIRST_CUE_CHARS`` of it are enough to tell."""
    found = _BUILT_CUE.match(vtt.partition("\n\n")[2])
    return found is not None and _starts_by(found, seconds)


def _starts_by(found: re.Match[str], seconds: int) -> bool:
    start_ms = _read_time(found.groups()[1:])
    return start_ms is not None and start_ms < seconds * 1000


# ---- reading


def _list_blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines without a blank one, each with the number of its first line."""
    block: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _read_block(first_line: int, lines: list[str], file: str, remarks: list[Remark]) -> Iterator[Cue]:
    """The cues of one block: usually one; several where an editor left out the blank lines between them."""
    head = lines[0].lstrip()
    if head.startswith("WEBVTT") or re.match(r"(NOTE|STYLE|REGION)(\s|$)", head):
        # Times directly below the first line belong to a cue whose blank line is missing; other blocks are whole.
        lines = lines[1:] if head.startswith("WEBVTT") else []
        first_line += 1
    at_times = [index for index, line in enumerate(lines) if "->" in line]
    for position, index in enumerate(at_times):
        until = at_times[position + 1] if position + 1 < len(at_times) else len(lines)
        words = lines[index + 1 : until]
        if position + 1 < len(at_times) and words and words[-1].strip().isdecimal():
            words = words[:-1]
        times = _read_times(lines[index])
        where = first_line + index
        if times is None:
            message = sentence(
                "%(line)s are no times such as 00:00:01.000 --> 00:00:04.000; the cue is left out.",
                line=repr(lines[index].strip()[:60]),
            )
            remarks.append(Remark(file, message, where))
        elif not words:
            continue
        else:
            start_ms, end_ms = times
            if end_ms <= start_ms:
                remarks.append(advise(file, N_("this cue ends before it starts; two seconds are assumed."), where))
                end_ms = start_ms + _SHORTEST_MS
            yield from _split_voices(start_ms, end_ms, " ".join(words)[:_MOST_RAW_CHARS])


def _read_times(line: str) -> tuple[int, int] | None:
    found = _TIMES.fullmatch(line)
    if found is None:
        return None
    groups = found.groups()
    start_ms, end_ms = _read_time(groups[:4]), _read_time(groups[4:])
    return None if start_ms is None or end_ms is None else (start_ms, end_ms)


def _read_time(groups: tuple[str | None, ...]) -> int | None:
    hours, minutes, seconds, fraction = groups
    if int(seconds or 0) > 59 or (hours is not None and int(minutes or 0) > 59):
        return None
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole * 1000 + int((fraction or "0").ljust(3, "0"))


def _split_voices(start_ms: int, end_ms: int, text: str) -> Iterator[Cue]:
    """One cue for each voice of a cue; the time is shared by the length of what each says."""
    parts = _VOICE.split(text)
    spoken = [("", _clean(parts[0]))]
    spoken += [(_clean(name), _clean(words)) for name, words in zip(parts[1::2], parts[2::2], strict=True)]
    spoken = [(name, words) for name, words in spoken if words]
    shares = _share_time(start_ms, end_ms, [words for _, words in spoken])
    for (name, _), (from_ms, to_ms, words) in zip(spoken, shares, strict=True):
        yield Cue(from_ms, to_ms, words, name[:128])


def _clean(text: str) -> str:
    return clean_line(html.unescape(_TAG.sub("", text)), limit_chars=_LONGEST_CUE_CHARS)


def split_speaker(text: str) -> tuple[str, str]:
    """Who is named at the beginning, ``Ada: words``, and what follows; nobody where there is no such name."""
    found = _NAME.match(text)
    return (found[1], text[found.end() :]) if found is not None else ("", text)


def _name_speakers(cues: list[Cue], people: frozenset[str]) -> Iterator[Cue]:
    """Cues whose text begins with ``Name: `` get that speaker, and so do those that follow without a name."""
    named = Counter(found[1] for cue in cues if not cue.speaker and (found := _NAME.match(cue.text)))
    known = people | {name for name, times in named.items() if times > 1}
    speaker = ""
    for cue in cues:
        found = None if cue.speaker else _NAME.match(cue.text)
        if found is not None and found[1] in known:
            speaker = found[1]
            yield replace(cue, speaker=speaker, text=cue.text[found.end() :])
        elif cue.speaker:
            speaker = ""
            yield cue
        else:
            yield replace(cue, speaker=speaker)


# ---- writing


def _wrap(text: str, most_chars: int) -> list[str]:
    """Lines of whole words; a word that is longer than a line is cut."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        rest = word
        while rest:
            if len(line) + bool(line) + len(rest) <= most_chars:
                line = f"{line} {rest}" if line else rest
                rest = ""
            elif line:
                lines.append(line)
                line = ""
            else:
                lines.append(rest[:most_chars])
                rest = rest[most_chars:]
    return [*lines, line] if line else lines


def _share_time(start_ms: int, end_ms: int, pieces: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Each piece with its part of the time, by its number of characters."""
    whole = sum(len(piece) for piece in pieces)
    said = 0
    for piece in pieces:
        from_ms = start_ms + (end_ms - start_ms) * said // whole
        said += len(piece)
        yield from_ms, start_ms + (end_ms - start_ms) * said // whole, piece


def _write_time(at_ms: int, point: str) -> str:
    seconds, ms = divmod(at_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"
