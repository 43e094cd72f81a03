"""A podcast feed in RSS that somebody else publishes, read into plain values: one document at a time. Pure.

Nothing of the document reaches out: entities stay unread and nothing is loaded. What cannot be used is left
at its default, since a feed of many years always has something odd, and one odd line must not cost an episode.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from podcastsvc.catalogue.categories import find_category
from podcastsvc.catalogue.show import Person
from podcastsvc.catalogue.shownotes import TYPES, clean_tags
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.text import clean_line, clean_text, is_web_address

MOST_PAGE_BYTES = 32 * 1024 * 1024
NO_FEED = N_("This is no podcast feed: it has no <rss> with a <channel>. Give the address that apps use.")

_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_PODCAST = ("https://podcastindex.org/namespace/1.0", "https://github.com/Podcastindex-org/podcast-namespace")
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_ATOM = "http://www.w3.org/2005/Atom"
_YES = frozenset(("yes", "true", "explicit"))
_NUMBER = re.compile(r"\d{1,6}")
_XML_SPACE = " \t\r\n"
_MOST_TAGS = 20


@dataclass(frozen=True, slots=True)
class TranscriptLink:
    """A transcript that an item offers; ``mime`` and ``language`` as the feed says, "" where it says nothing."""

    url: str
    mime: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item. ``guid`` is exact to the byte; where an item has none it is the address of its audio, as apps take it.

    ``date`` is aware, with the offset that the feed gives, None where it cannot be read. ``html`` are the notes as they
    came, HTML or plain text.
    """

    guid: str
    title: str
    date: datetime | None
    audio: str
    html: str = ""
    summary: str = ""
    link: str = ""
    author: str = ""
    season: int | None = None
    season_name: str = ""
    number: int | None = None
    number_display: str = ""
    type: str = "full"
    explicit: bool | None = None
    picture: str = ""
    people: tuple[Person, ...] = ()
    tags: tuple[str, ...] = ()
    transcripts: tuple[TranscriptLink, ...] = ()
    chapters: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says of its show. ``locked_for`` is the owner's address where the feed says that nobody may move it."""

    title: str
    guid: str = ""
    language: str = ""
    description: str = ""
    author: str = ""
    owner_name: str = ""
    owner_email: str = ""
    copyright: str = ""
    categories: tuple[str, ...] = ()
    explicit: bool = False
    type: str = "episodic"
    is_complete: bool = False
    picture: str = ""
    people: tuple[Person, ...] = ()
    is_locked: bool = False
    locked_for: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One document of a feed; ``next_url`` leads to older entries (RFC 5005 section 3), "" on the last."""

    channel: Channel
    entries: tuple[Entry, ...]
    next_url: str = ""


def read_page(raw: bytes) -> Page:
    """Reads a document. Raises Invalid, with the line, for what is no XML, and for XML that is no RSS."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as problem:
        raise Invalid(
            sentence("The feed is broken in line %(line)s: %(problem)s", line=problem.lineno or 1, problem=problem.msg)
        ) from problem
    channel = root.find("channel") if root.tag == "rss" else None
    if channel is None:
        raise Invalid(NO_FEED)
    entries = tuple(_read_entry(item) for item in channel.iterfind("item"))
    following = next((link for link in channel.iterfind(f"{{{_ATOM}}}link") if link.get("rel") == "next"), None)
    return Page(_read_channel(channel), entries, "" if following is None else _address(following.get("href")))


def _read_channel(channel: Any) -> Channel:
    owner = channel.find(f"{{{_ITUNES}}}owner")
    locked = _first(channel, "locked")
    is_locked = locked is not None and _said(locked).lower() == "yes"
    return Channel(
        title=clean_line(_text(channel, "title")),
        guid=_said(_first(channel, "guid")),
        language=clean_line(_text(channel, "language")).lower().replace("_", "-"),
        description=clean_text(_text(channel, "description") or _text(channel, f"{{{_ITUNES}}}summary")).strip(),
        author=clean_line(_text(channel, f"{{{_ITUNES}}}author")),
        owner_name="" if owner is None else clean_line(_text(owner, f"{{{_ITUNES}}}name")),
        owner_email="" if owner is None else clean_line(_text(owner, f"{{{_ITUNES}}}email")),
        copyright=clean_line(_text(channel, "copyright")),
        categories=tuple(dict.fromkeys(_list_categories(channel))),
        explicit=_text(channel, f"{{{_ITUNES}}}explicit").lower() in _YES,
        type="serial" if _text(channel, f"{{{_ITUNES}}}type").lower() == "serial" else "episodic",
        is_complete=_text(channel, f"{{{_ITUNES}}}complete").lower() == "yes",
        picture=_find_picture(channel) or _address(_text(channel, "image/url")),
        people=_read_people(channel),
        is_locked=is_locked,
        locked_for=clean_line(locked.get("owner") or "") if is_locked else "",
    )


def _list_categories(channel: Any) -> Iterator[str]:
    """Apple's categories as ``show.yaml`` writes them; what the list does not know is left out."""
    for outer in channel.iterfind(f"{{{_ITUNES}}}category"):
        name = outer.get("text") or ""
        inner = [f"{name} > {each.get('text') or ''}" for each in outer.iterfind(f"{{{_ITUNES}}}category")]
        for written in inner or [name]:
            found = find_category(written)
            if found is not None:
                yield " > ".join(part for part in found if part)


def _read_entry(item: Any) -> Entry:
    enclosure = item.find("enclosure")
    audio = "" if enclosure is None else _address(enclosure.get("url"))
    kind = _text(item, f"{{{_ITUNES}}}episodeType").lower()
    number, season = _first(item, "episode"), _first(item, "season")
    return Entry(
        guid=_said(item.find("guid")) or audio,
        title=clean_line(_text(item, "title") or _text(item, f"{{{_ITUNES}}}title")),
        date=_read_date(_text(item, "pubDate")),
        audio=audio,
        html=clean_text(_find_notes(item)).strip(),
        summary=clean_line(_text(item, f"{{{_ITUNES}}}subtitle"), limit_chars=1000),
        link=_address(_text(item, "link")),
        author=clean_line(_text(item, f"{{{_ITUNES}}}author")),
        season=_number(_text(item, f"{{{_ITUNES}}}season") or _said(season)),
        season_name="" if season is None else clean_line(season.get("name") or "", limit_chars=128),
        number=_number(_text(item, f"{{{_ITUNES}}}episode") or _said(number)),
        number_display="" if number is None else clean_line(number.get("display") or "", limit_chars=32),
        type=kind if kind in TYPES else "full",
        explicit=_read_explicit(_text(item, f"{{{_ITUNES}}}explicit").lower()),
        picture=_find_picture(item),
        people=_read_people(item),
        tags=_read_tags(item),
        transcripts=tuple(
            TranscriptLink(url, each.get("type") or "", (each.get("language") or "").lower())
            for each in _all(item, "transcript")
            if (url := _address(each.get("url")))
        ),
        chapters=next((url for each in _all(item, "chapters") if (url := _address(each.get("url")))), ""),
    )


def _find_notes(item: Any) -> str:
    """The fullest of the texts that an item may have."""
    names = (f"{{{_CONTENT}}}encoded", "description", f"{{{_ITUNES}}}summary")
    return next((text for name in names if (text := _text(item, name).strip())), "")


def _read_date(written: str) -> datetime | None:
    """RFC 822 with its offset; a date without one, or with -0000, is in UTC."""
    try:
        date = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)


def _read_explicit(said: str) -> bool | None:
    return said in _YES if said else None


def _read_people(element: Any) -> tuple[Person, ...]:
    people = [
        Person(
            name=clean_line(_said(each), limit_chars=128),
            role=clean_line(each.get("role") or "host", limit_chars=128).lower(),
            group=clean_line(each.get("group") or "cast", limit_chars=128).lower(),
            url=_address(each.get("href")),
            image=_address(each.get("img")),
        )
        for each in _all(element, "person")
    ]
    return tuple(person for person in people if person.name)


def _read_tags(item: Any) -> tuple[str, ...]:
    written = [each.text or "" for each in item.iterfind("category")]
    written += _text(item, f"{{{_ITUNES}}}keywords").split(",")
    return clean_tags(written)[:_MOST_TAGS]


def _find_picture(element: Any) -> str:
    found = element.find(f"{{{_ITUNES}}}image")
    return "" if found is None else _address(found.get("href"))


def _number(written: str) -> int | None:
    found = _NUMBER.fullmatch(written)
    return int(written) if found is not None and int(written) > 0 else None


def _address(written: str | None) -> str:
    """An http address without white space around it, "" for everything else. Spaces inside are a habit of old feeds."""
    address = (written or "").strip(_XML_SPACE).replace(" ", "%20")
    return address if is_web_address(address) else ""


def _text(element: Any, name: str) -> str:
    return _said(element.find(name))


def _said(element: Any) -> str:
    """An element's own text as it stands, without the white space around it."""
    return "" if element is None else (element.text or "").strip(_XML_SPACE)


def _all(element: Any, name: str) -> list[Any]:
    return [found for namespace in _PODCAST for found in element.iterfind(f"{{{namespace}}}{name}")]


def _first(element: Any, name: str) -> Any:
    return next(iter(_all(element, name)), None)
