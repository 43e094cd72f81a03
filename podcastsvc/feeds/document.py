"""A feed as plain values, before it is XML: what the builder reads and the selection makes.

Field names follow the elements of RSS 2.0, Apple's itunes and the podcast namespace. The builder cleans and cuts every
text (rules X3 to X7), so values may stand here as people typed them. All instants are aware.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from typing import Literal


class Gap(StrEnum):
    """What differs between two members with the same audience; the builder leaves a gap of a fixed length for it.

    The two secrets of the feed link (rule A4), and the marks of a notice: its guid, its date, its day in words, and the
    last change of a feed that has one.
    """

    FEED_TOKEN = auto()
    LISTEN_TOKEN = auto()
    NOTICE_GUID = auto()
    NOTICE_DATE = auto()
    NOTICE_DAY = auto()
    NOTICE_CHANGE = auto()


# Stands for the day in the notes of a notice, until the builder makes it a gap.
NOTICE_DAY_WORD = "NOTICEDAY"


@dataclass(frozen=True, slots=True)
class PrivateUrl:
    """An address below ``/private/`` whose secret is filled in after rendering.

    ``base`` is the site's address without a slash at its end, ``rest`` what follows the secret: ``media/NAME.mp3``.
    """

    base: str
    secret: Literal[Gap.FEED_TOKEN, Gap.LISTEN_TOKEN]
    rest: str


Url = str | PrivateUrl

MIME_CHAPTERS = "application/json+chapters"

EpisodeType = Literal["full", "trailer", "bonus"]
ShowType = Literal["episodic", "serial"]


@dataclass(frozen=True, slots=True)
class Enclosure:
    """The audio as this feed offers it: exact bytes on disk, type from the table of rule M2."""

    url: Url
    length_bytes: int
    mime_type: str


@dataclass(frozen=True, slots=True)
class TranscriptLink:
    url: Url
    mime_type: str
    language: str | None = None
    rel: str | None = None


@dataclass(frozen=True, slots=True)
class ChapterMark:
    start_ms: int
    title: str
    url: str | None = None
    image_url: str | None = None


@dataclass(frozen=True, slots=True)
class Chapters:
    """An episode's chapters: the address of their JSON form, and the same marks for ``psc:chapters`` (rule C2)."""

    url: Url
    marks: tuple[ChapterMark, ...]


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    role: str | None = None
    group: str | None = None
    image_url: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Funding:
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class License:
    """``slug`` in the manner of SPDX, such as ``cc-by-4.0``; ``url`` where the licence is one's own."""

    slug: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Txt:
    value: str
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateFrequency:
    """``text`` for people ("Every Tuesday"), ``rrule`` as in RFC 5545 section 3.3.10."""

    text: str
    rrule: str | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """One of Apple's categories in its exact spelling, with one of its subcategories or none."""

    name: str
    sub: str | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Addresses of the other pages of a feed in several pages (rule 5.4); ``prev`` and ``next`` may be missing."""

    first: Url
    last: Url
    prev: Url | None = None
    next: Url | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One item (section 3.2).

    ``guid`` is written as it is, also with white space (rule G1). ``notes_html`` is any HTML; relative links in it count
    from ``link``. ``itunes_title`` is the title without the preview word. ``people`` is complete: where it is
    not empty it replaces the channel's. Of a notice, guid and date are gaps, and so is ``NOTICE_DAY_WORD`` in its notes.
    """

    title: str
    link: str
    guid: str
    published_at: datetime
    notes_html: str
    enclosure: Enclosure
    duration_seconds: int
    itunes_title: str | None = None
    episode: int | None = None
    season: int | None = None
    episode_type: EpisodeType = "full"
    is_explicit: bool = False
    image_url: str | None = None
    author: str | None = None
    season_name: str | None = None
    episode_display: str | None = None
    transcripts: tuple[TranscriptLink, ...] = ()
    chapters: Chapters | None = None
    people: tuple[Person, ...] = ()
    license: License | None = None
    txts: tuple[Txt, ...] = ()
    fundings: tuple[Funding, ...] = ()
    is_notice: bool = False


@dataclass(frozen=True, slots=True)
class Channel:
    """A feed's head (section 3.1, with the differences of 6.1).

    ``changed_at`` is the time of the last change to anything in the feed (rule X9); with ``has_notice`` it is a gap,
    since a notice began at an instant of each member's own. ``is_personal`` marks a member feed: it carries both block
    elements. ``guid`` and ``owner`` are missing there on purpose.
    """

    title: str
    link: str
    description: str
    language: str
    changed_at: datetime
    self_url: Url
    author: str
    image_url: str
    categories: tuple[Category, ...]
    copyright: str | None = None
    ttl_minutes: int | None = 60
    hub_url: str | None = None
    pages: PageLinks | None = None
    owner: Owner | None = None
    is_explicit: bool = False
    show_type: ShowType = "episodic"
    is_complete: bool = False
    new_feed_url: str | None = None
    is_blocked: bool = False
    is_personal: bool = False
    has_notice: bool = False
    guid: str | None = None
    is_locked: bool = True
    locked_owner: str | None = None
    fundings: tuple[Funding, ...] = ()
    people: tuple[Person, ...] = ()
    license: License | None = None
    txts: tuple[Txt, ...] = ()
    update_frequency: UpdateFrequency | None = None
    uses_podping: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """One page of one feed, newest item first. The first ``full_notes_items`` items may carry full notes (rule 5.3).

    ``pages`` is how many pages the feed has.
    """

    channel: Channel
    items: tuple[Item, ...]
    full_notes_items: int = 100
    pages: int = 1
