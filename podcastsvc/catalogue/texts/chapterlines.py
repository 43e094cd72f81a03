"""Chapters as lines of text that a person can type, ``12:34 Title``, and back; and the JSON file they become.

A title may be a Markdown link; a picture stands behind it as ``![](address)``; ``#hidden`` at the end keeps it out of lists.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from podcastsvc.catalogue.chapters import LEAST_CHAPTERS, MOST_CHAPTERS, Chapter, build_json
from podcastsvc.catalogue.texts.lines import LineProblem, no_time, read_timed, too_early, too_late, write_time
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.text import clean_line, is_web_address

LONGEST_TITLE_CHARS = 128
_HIDDEN = "#hidden"
_PICTURE = re.compile(r"\s*!\[\]\(([^\s()]++)\)$")
_LINK = re.compile(r"\[(.+)\]\((\S+)\)")
_OURS = frozenset({"startTime", "title", "url", "img", "toc"})

NO_TITLE = N_("A title is missing behind the time.")
NO_ADDRESS = N_("An address begins with http:// or https://.")


def write_chapters(chapters: Iterable[Chapter]) -> str:
    """One line for each."""
    return "\n".join(_write(chapter) for chapter in chapters)


def _write(chapter: Chapter) -> str:
    title = f"[{chapter.title}]({chapter.url})" if chapter.url else chapter.title
    picture = f" ![]({chapter.image})" if chapter.image else ""
    return f"{write_time(chapter.start_ms)} {title}{picture}{'' if chapter.toc else f' {_HIDDEN}'}"


def read_chapters(text: str, *, seconds: int, problems: list[LineProblem]) -> tuple[Chapter, ...]:
    """The chapters of some lines; empty ones are passed over. What is wrong with which goes to ``problems``.

    ``seconds`` is the length of the longest audio, 0 where there is none yet.
    """
    chapters: list[Chapter] = []
    number = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            chapter = _read(number, line.strip(), seconds, chapters, problems)
            if chapter is not None:
                chapters.append(chapter)
    if not problems and 0 < len(chapters) < LEAST_CHAPTERS:
        problems.append(LineProblem(1, N_("One chapter alone is none. Add a second line, or leave the field empty.")))
    if len(chapters) > MOST_CHAPTERS:
        said = sentence("There are more than %(most)s chapters.", most=MOST_CHAPTERS)
        problems.append(LineProblem(number, said))
    return tuple(chapters)


def _read(number: int, line: str, seconds: int, before: list[Chapter], problems: list[LineProblem]) -> Chapter | None:
    timed = read_timed(line)
    if timed is None:
        problems.append(no_time(number, line))
        return None
    if before and timed.at_ms <= before[-1].start_ms:
        problems.append(too_early(number, timed.at_ms, before[-1].start_ms))
    if seconds and timed.at_ms >= seconds * 1000:
        problems.append(too_late(number, timed.at_ms, seconds))
    text, is_hidden = timed.text, timed.text.endswith(_HIDDEN)
    text = text.removesuffix(_HIDDEN).rstrip() if is_hidden else text
    picture = _PICTURE.search(text)
    text = text[: picture.start()] if picture else text
    link = _LINK.fullmatch(text)
    title = clean_line(link[1] if link else text, limit_chars=1000)
    found = {"url": link[2] if link else None, "image": picture[1] if picture else None}
    problems += [LineProblem(number, said) for said in _examine(title, found)]
    return Chapter(timed.at_ms, title, found["url"], found["image"], toc=not is_hidden)


def _examine(title: str, addresses: dict[str, str | None]) -> Iterable[str]:
    if not title:
        yield NO_TITLE
    if len(title) > LONGEST_TITLE_CHARS:
        yield sentence("The title has %(count)s characters; at most %(most)s fit.", count=len(title), most=128)
    if any(each is not None and not is_web_address(each) for each in addresses.values()):
        yield NO_ADDRESS


def edit_json(raw: bytes, chapters: Iterable[Chapter]) -> bytes:
    """The JSON file of the chapters; what else ``raw`` says of the same instants, and of the whole, stays."""
    made: dict[str, Any] = json.loads(build_json(list(chapters)))
    old = _read_object(raw)
    known = {_read_start(entry): entry for entry in old.get("chapters", ()) if isinstance(entry, dict)}
    for entry in made["chapters"]:
        further = known.get(entry["startTime"], {})
        # An end that was written for another length would be wrong now.
        entry |= {key: value for key, value in further.items() if key not in _OURS | {"endTime"}}
    rest = {key: value for key, value in old.items() if key not in {"version", "chapters"}}
    return json.dumps({**made, **rest}, ensure_ascii=False, indent=1).encode() + b"\n"


def _read_object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw.decode("utf-8-sig")) if raw else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("chapters", []), list) else {}


def _read_start(entry: dict[str, Any]) -> object:
    start = entry.get("startTime")
    return start if isinstance(start, int | float) else None
