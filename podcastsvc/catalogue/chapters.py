"""Chapters of an episode: from a JSON file, from the audio's ID3 tags, or from times in the notes; and as JSON for apps.

Sources: rule C1; JSON Chapters 1.2 of the podcast namespace; ID3v2 Chapter Frame Addendum 1.0.
"""

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from podcastsvc.catalogue.limits import MOST_TEXT_BYTES, too_large
from podcastsvc.catalogue.remarks import NOT_UTF8, Remark, advise
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.text import clean_line, is_web_address

VERSION = "1.2.0"
MOST_CHAPTERS = 1000
LEAST_CHAPTERS = 2
"""A single chapter is fetched again and again by one client (rule C1)."""

_NEAR_ZERO_MS = 1500
_MOST_ADDRESS_CHARS = 2000
_TIME = r"(?:(\d{1,2}):([0-5]?\d)|(\d{1,3})):([0-5]\d)(?:[.,](\d{1,3}))?"
_LINE = re.compile(
    rf"""\s{{0,7}}(?:[-*+•]\s+|\d{{1,3}}[.)]\s+)?   # a list's mark, or none
         (?:\*\*)?[(\[]?{_TIME}[)\]]?(?:\*\*)?      # the time, maybe in brackets or bold
         (?:\s*[-–—:|]\s*|\s+)                      # what stands between time and title
         (\S.*)""",
    re.VERBOSE,
)
# An address may hold brackets, in pairs. No way back, so that a line takes as long as it is long (rule T-X7).
_LINK = re.compile(r"\[([^\[\]]++)\]\(([^\s()]*+(?:\([^\s()]*+\)[^\s()]*+)*+)(?:\s++\"[^\"]*+\")?\)")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1")


@dataclass(frozen=True, slots=True)
class Chapter:
    """A start in milliseconds and a title, maybe with a link and a picture; ``toc`` False keeps it out of lists.

    ``variant`` names the one audio in whose tags it stood; it fits no other. None: it fits all of the episode's audio.
    """

    start_ms: int
    title: str
    url: str | None = None
    image: str | None = None
    toc: bool = True
    variant: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``storage.tables.episode.Episode.chapters``."""
        return {key: value for key, value in asdict(self).items() if key != "variant" or value is not None}


def arrange(chapters: Iterable[Chapter], *, seconds: int, opening: str) -> tuple[Chapter, ...]:
    """Chapters as apps want them: ascending, the first at 0, none twice or after the end; none unless there are two.

    Where the first starts later, a chapter titled ``opening`` is put before it.
    """
    arranged: list[Chapter] = []
    for chapter in sorted(chapters, key=lambda chapter: chapter.start_ms):
        if chapter.start_ms < seconds * 1000 and (not arranged or chapter.start_ms > arranged[-1].start_ms):
            arranged.append(chapter)
    if arranged and arranged[0].start_ms > 0:
        if arranged[0].start_ms <= _NEAR_ZERO_MS:
            arranged[0] = replace(arranged[0], start_ms=0)
        else:
            arranged.insert(0, Chapter(0, opening, variant=arranged[0].variant))
    return tuple(arranged[:MOST_CHAPTERS]) if len(arranged) >= LEAST_CHAPTERS else ()


def pick(chapters: Iterable[Chapter], *, variant: str, seconds: int) -> list[Chapter]:
    """Those that may be shown with one of an episode's audio files: none beyond its end, none of another's tags (rule
    T-A11), and none at all unless there are two (rule C1)."""
    fitting = [each for each in chapters if each.variant in {None, variant} and each.start_ms < seconds * 1000]
    return fitting if len(fitting) >= LEAST_CHAPTERS else []


def build_json(chapters: Sequence[Chapter]) -> bytes:
    """The JSON chapters file; whole seconds are written without a point, ``toc`` only where it is false."""
    entries: list[dict[str, object]] = []
    for chapter in chapters:
        whole, rest = divmod(chapter.start_ms, 1000)
        entry: dict[str, object] = {"startTime": whole + rest / 1000 if rest else whole, "title": chapter.title}
        if chapter.image:
            entry["img"] = chapter.image
        if chapter.url:
            entry["url"] = chapter.url
        if not chapter.toc:
            entry["toc"] = False
        entries.append(entry)
    return json.dumps({"version": VERSION, "chapters": entries}, ensure_ascii=False, indent=1).encode()


# ---- the JSON file


def read_json(raw: bytes, remarks: list[Remark], *, file: str = "chapters.json") -> tuple[Chapter, ...]:
    """Chapters of a JSON chapters file, in the file's order. What cannot be used is left out and remarked upon."""
    if len(raw) > MOST_TEXT_BYTES:
        remarks.append(Remark(file, too_large(MOST_TEXT_BYTES)))
        return ()
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        remarks.append(Remark(file, NOT_UTF8, raw.count(b"\n", 0, problem.start) + 1))
        return ()
    except json.JSONDecodeError as problem:
        remarks.append(Remark(file, sentence("is not JSON: %(error)s.", error=problem.msg), problem.lineno))
        return ()
    except (RecursionError, ValueError):
        remarks.append(Remark(file, N_("is not JSON that can be read.")))
        return ()
    entries = document.get("chapters") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        remarks.append(Remark(file, N_('has no list "chapters". It begins {"version": "1.2.0", "chapters": [ … ]}.')))
        return ()
    if len(entries) > MOST_CHAPTERS:
        remarks.append(
            advise(file, sentence("has more than %(most)s chapters; the rest is left out.", most=MOST_CHAPTERS))
        )
    read = [_read_entry(entry, number, file, remarks) for number, entry in enumerate(entries[:MOST_CHAPTERS], 1)]
    return tuple(chapter for chapter in read if chapter is not None)


def _read_entry(entry: Any, number: int, file: str, remarks: list[Remark]) -> Chapter | None:
    if not isinstance(entry, dict):
        remarks.append(
            Remark(
                file,
                sentence('chapter %(number)s is not an entry such as {"startTime": 60, "title": "…"}.', number=number),
            )
        )
        return None
    start = entry.get("startTime")
    if isinstance(start, bool) or not isinstance(start, int | float) or not math.isfinite(start) or start < 0:
        remarks.append(
            Remark(
                file,
                sentence(
                    "chapter %(number)s: 'startTime' is not a number of seconds: %(value)s.",
                    number=number,
                    value=repr(str(start)[:40]),
                ),
            )
        )
        return None
    title = entry.get("title")
    return Chapter(
        start_ms=round(min(start, 1_000_000) * 1000),
        title=(clean_line(title, limit_chars=128) if isinstance(title, str) else "") or f"{number}",
        url=_read_address(entry, "url", number, file, remarks),
        image=_read_address(entry, "img", number, file, remarks),
        toc=entry.get("toc") is not False,
    )


def _read_address(entry: dict[str, Any], key: str, number: int, file: str, remarks: list[Remark]) -> str | None:
    value = entry.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str) and len(value) <= _MOST_ADDRESS_CHARS and is_web_address(value):
        return clean_line(value, limit_chars=_MOST_ADDRESS_CHARS)
    message = sentence(
        "chapter %(number)s: %(key)s is no address that begins http:// or https://; it is left out.",
        number=number,
        key=repr(key),
    )
    remarks.append(Remark(file, message))
    return None


# ---- the audio's tags


def list_id3(tags: Any) -> list[dict[str, Any]]:
    """The CHAP frames of mutagen's tags as plain data; called inside the child process only."""
    tables = [frame for frame in tags.getall("CTOC") if getattr(frame, "flags", 0) & 1]
    named = {child for frame in tables for child in frame.child_element_ids}
    chapters = []
    for frame in tags.getall("CHAP")[:MOST_CHAPTERS]:
        titles = frame.sub_frames.getall("TIT2")
        links = frame.sub_frames.getall("WXXX")
        chapters.append(
            {
                "startTime": frame.start_time / 1000,
                "title": str(titles[0]) if titles else "",
                "url": links[0].url if links else None,
                "toc": not named or frame.element_id in named,
            }
        )
    return sorted(chapters, key=lambda chapter: float(chapter["startTime"]))


def make_chapters(entries: Any) -> tuple[Chapter, ...]:
    """Chapters from the plain data that ``list_id3`` gave; what is wrong with one is not worth a remark."""
    if not isinstance(entries, list):
        return ()
    read = [_read_entry(entry, number, "", []) for number, entry in enumerate(entries[:MOST_CHAPTERS], 1)]
    return tuple(chapter for chapter in read if chapter is not None)


# ---- times in the notes


def find_in_notes(notes: str) -> tuple[Chapter, ...]:
    """The longest run of lines such as ``- 12:34 Title`` or ``01:02:03 – Title`` whose times ascend; none below two.

    Blank lines may stand between them. A Markdown link in a title becomes the chapter's link.
    """
    runs: list[list[Chapter]] = [[]]
    for line in notes.splitlines():
        if not line.strip():
            continue
        chapter = _read_line(line)
        if chapter is None or (runs[-1] and chapter.start_ms <= runs[-1][-1].start_ms):
            runs.append([])
        if chapter is not None:
            runs[-1].append(chapter)
    best = max(runs, key=len)
    return tuple(best[:MOST_CHAPTERS]) if len(best) > 1 else ()


def _read_line(line: str) -> Chapter | None:
    found = _LINE.fullmatch(line.rstrip()) if len(line) < 500 else None
    if found is None:
        return None
    hours, minutes, minutes_alone, seconds, fraction, text = found.groups()
    start_ms = (int(hours or 0) * 3600 + int(minutes or minutes_alone) * 60 + int(seconds)) * 1000
    start_ms += int(fraction.ljust(3, "0")) if fraction else 0
    link = _LINK.search(text)
    title = clean_line(_EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text)).strip("*_ "), limit_chars=128)
    address = link[2] if link is not None and is_web_address(link[2]) else None
    return Chapter(start_ms, title, address) if title else None
