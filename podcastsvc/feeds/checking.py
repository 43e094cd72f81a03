"""A finished feed held against our rules, byte for byte as an app gets it. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from html import escape
from io import BytesIO
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from podcastsvc.catalogue.categories import CATEGORIES
from podcastsvc.catalogue.limits import LEAST_NOTICE_BYTES
from podcastsvc.feeds.notes import CONTENT_BYTES, DESCRIPTION_BYTES
from podcastsvc.feeds.notices import NoticeKind
from podcastsvc.feeds.rules import RULES, Broken
from podcastsvc.feeds.values import PLAIN_CHARS
from podcastsvc.feeds.views import FeedView
from podcastsvc.feeds.vocabulary import NAMESPACES, qualify
from podcastsvc.kit.language import sentence

LARGEST_BYTES = 5_000_000
# The types of rule M2 for what an enclosure may be.
MIME_TYPES = {
    "mp3": "audio/mpeg",
    "m4a": "audio/x-m4a",
    "mp4": "video/mp4",
    "m4v": "video/x-m4v",
    "mov": "video/quicktime",
    "pdf": "application/pdf",
}
_TOKEN = re.compile(rb"/private/([a-z2-7]{32})(?![a-z2-7])")
_BEGINNING = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_TRUTHS = {"true", "false"}
_PLAIN = ("title", "itunes:title", "itunes:author", "copyright")

# lxml's elements are untyped; they do not leave this file.
Element = Any


@dataclass(frozen=True, slots=True)
class Finding:
    """What there is to say about a feed: what is wrong and what to do, both to be translated.

    ``items`` are the titles of the episodes that it is about, as they stand in the feed; none where it is about the
    whole. ``pages`` are the numbers of the feed's pages that it is about; none where it is about all of them. What is no
    mistake works, and could be better.
    """

    rule: str
    problem: str
    advice: str
    items: tuple[str, ...] = ()
    is_mistake: bool = True
    pages: tuple[int, ...] = ()

    @property
    def page_numbers(self) -> str:
        """``2–4, 7``; "" where it is about all pages."""
        # Numbers that follow each other have the same distance from their places.
        runs = [
            [number for _, number in run] for _, run in groupby(enumerate(self.pages), lambda each: each[1] - each[0])
        ]
        return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


@dataclass(frozen=True, slots=True)
class Frame:
    """What the feed is for: its view, the site's address, how many pages it has, the two secrets that stand in it."""

    view: FeedView
    base_url: str
    pages: int = 1
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """``items`` are the episodes of all pages, without a notice; ``first_items`` those of the first. ``changed_at`` is what
    the first page says of the feed's last change; None where it cannot be read."""

    items: int
    first_items: int
    changed_at: datetime | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Breach:
    """A broken rule on one page; ``title`` is the episode's, "" where it is about the page."""

    broken: Broken
    page: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """What of an item is compared with others; the element itself would keep its whole page in memory."""

    page: int
    title: str
    guid: str
    url: str
    date: datetime | None
    is_notice: bool


@dataclass(frozen=True, slots=True)
class _Page:
    """One page as it was found; ``unreadable`` is what the parser says where it is no XML."""

    whole: tuple[_Breach, ...] = ()
    parts: tuple[_Breach, ...] = ()
    items: tuple[_Known, ...] = ()
    changed_at: datetime | None = None
    unreadable: str = ""

    @property
    def count(self) -> int:
        return sum(1 for item in self.items if not item.is_notice)


def check_feed(bodies: Sequence[bytes], frame: Frame, now: datetime) -> Checked:
    """A feed's pages, the first one first, held against the rules of sections 1 to 6; findings about the whole come first."""
    pages = [_check_page(body, number, frame, now) for number, body in enumerate(bodies, 1)]
    breaches = [*(each for page in pages for each in page.whole), *(each for page in pages for each in page.parts)]
    breaches += _compare(item for page in pages for item in page.items)
    findings = (*_list_unreadable(pages, frame), *_gather(breaches, frame))
    return Checked(sum(page.count for page in pages), pages[0].count, pages[0].changed_at, findings)


def _check_page(body: bytes, number: int, frame: Frame, now: datetime) -> _Page:
    from lxml import etree

    try:
        tree = etree.parse(BytesIO(body), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as problem:
        return _Page(unreadable=str(problem))
    whole = [_Breach(each, number) for each in _check_whole(body, tree, frame)]
    found = tree.getroot().find("channel")
    if found is None:
        return _Page((*whole, _Breach(Broken.CHANNEL, number)))
    channel, items = _Part(found), [_Item(item) for item in found.findall("item")]
    whole += [_Breach(each, number) for each in _check_channel(channel, number, frame)]
    is_serial = channel.read("itunes:type") == "serial"
    parts = [_Breach(each, number, title) for each, title in _check_items(items, is_serial, frame, now)]
    known = tuple(_Known(number, item.title, item.guid, item.url, item.date, item.is_notice) for item in items)
    return _Page(tuple(whole), tuple(parts), known, _read_date(channel.read("lastBuildDate")))


def _list_unreadable(pages: Sequence[_Page], frame: Frame) -> Iterator[Finding]:
    for number, page in enumerate(pages, 1):
        if page.unreadable:
            said = sentence("Apps cannot read the feed: %(problem)s", problem=page.unreadable)
            yield Finding("X1", said, RULES[Broken.FRAME].advice, pages=_name_pages({number}, frame))


def _gather(breaches: Iterable[_Breach], frame: Frame) -> Iterator[Finding]:
    """One finding for each rule, with all the items and pages that break it."""
    found: dict[Broken, list[_Breach]] = {}
    for each in breaches:
        found.setdefault(each.broken, []).append(each)
    for broken, places in found.items():
        rule, pages = RULES[broken], _name_pages({each.page for each in places}, frame)
        titles = tuple(dict.fromkeys(each.title for each in places if each.title))
        yield Finding(rule.number, rule.problem, rule.advice, titles, rule.is_mistake, pages)


def _name_pages(numbers: Set[int], frame: Frame) -> tuple[int, ...]:
    return () if len(numbers) == frame.pages else tuple(sorted(numbers))


# ---- the whole document


def _check_whole(body: bytes, tree: Element, frame: Frame) -> Iterator[Broken]:
    is_framed = body.startswith(_BEGINNING) and body.endswith((b"</rss>", b"</rss>\n"))
    if not is_framed or tree.docinfo.doctype or tree.getroot().get("version") != "2.0":
        yield Broken.FRAME
    if tree.getroot().nsmap != NAMESPACES:
        yield Broken.NAMESPACES
    if len(body) > LARGEST_BYTES:
        yield Broken.TOO_LARGE
    if {found.decode() for found in _TOKEN.findall(body)} - set(frame.secrets):
        yield Broken.TOKEN


# ---- the head


def _check_channel(channel: "_Part", number: int, frame: Frame) -> Iterator[Broken]:
    always = ("title", "link", "description", "language", "generator", "itunes:author", "podcast:medium")
    is_whole = all(channel.read(name) for name in always)
    is_whole &= channel.read("itunes:explicit") in _TRUTHS
    is_whole &= channel.read("itunes:type") in {"episodic", "serial"}
    is_whole &= bool(_list_links(channel, "self")) and bool(channel.read("podcast:locked"))
    if not is_whole:
        yield Broken.CHANNEL
    if _read_date(channel.read("lastBuildDate")) is None:
        yield Broken.DATE
    if channel.find("itunes:image") is None or channel.find("image") is None:
        yield Broken.NO_ARTWORK
    if _is_too_long(channel) or len(channel.read("description").encode()) > DESCRIPTION_BYTES:
        yield Broken.TOO_LONG
    if not all(_list_links(channel, rel) for rel in _list_ways(number, frame.pages)):
        yield Broken.PAGE_LINKS
    yield from _check_personal(channel) if frame.view.is_personal else _check_public(channel)


def _list_ways(number: int, pages: int) -> Iterator[str]:
    """The links that lead from one page to the others (rule 5.4)."""
    if pages > 1:
        yield from ("first", "last")
    if number > 1:
        yield "prev"
    if number < pages:
        yield "next"


def _check_public(channel: "_Part") -> Iterator[Broken]:
    if not channel.read("podcast:guid"):
        yield Broken.CHANNEL
    if channel.read("description") == channel.read("title"):
        yield Broken.NO_DESCRIPTION
    owner = channel.find("itunes:owner")
    if owner is None or not _Part(owner).read("itunes:email"):
        yield Broken.NO_OWNER
    yield from _check_categories(channel)
    if channel.read("itunes:block") == "Yes":
        yield Broken.HIDDEN
    if channel.read("itunes:complete") == "Yes":
        yield Broken.COMPLETE


def _check_categories(channel: "_Part") -> Iterator[Broken]:
    categories = channel.element.findall("itunes:category", NAMESPACES)
    if not categories:
        yield Broken.NO_CATEGORY
    for category in categories:
        known = CATEGORIES.get(category.get("text"))
        inner = {each.get("text") for each in category}
        if known is None or not inner <= set(known) or len(categories) > 3:
            yield Broken.CATEGORY


def _check_personal(channel: "_Part") -> Iterator[Broken]:
    left_out = ("itunes:owner", "itunes:new-feed-url", "podcast:guid", "podcast:txt", "podcast:podping")
    is_blocked = channel.read("itunes:block") == "Yes" and channel.read("podcast:block") == "yes"
    if not is_blocked or any(channel.find(name) is not None for name in left_out) or _list_links(channel, "hub"):
        yield Broken.PRIVATE_MARKS


# ---- episodes


def _check_items(
    items: Sequence["_Item"], is_serial: bool, frame: Frame, now: datetime
) -> Iterator[tuple[Broken, str]]:
    for item in items:
        for each in (*_check_item(item, is_serial, now), *_check_audio(item, frame), *_check_notes(item)):
            yield each, item.title


def _check_item(item: "_Item", is_serial: bool, now: datetime) -> Iterator[Broken]:
    guid, duration = item.find("guid"), item.read("itunes:duration")
    is_whole = bool(item.read("title") and item.read("link") and item.read("itunes:title"))
    is_whole &= guid is not None and bool(guid.text) and guid.get("isPermaLink") == "false"
    is_whole &= duration.isdigit() and int(duration) > 0
    is_whole &= item.read("itunes:explicit") in _TRUTHS
    is_whole &= item.read("itunes:episodeType") in {"full", "trailer", "bonus"}
    if not is_whole:
        yield Broken.ITEM
    if _is_too_long(item):
        yield Broken.TOO_LONG
    if item.date is None:
        yield Broken.DATE
    elif item.date > now:
        yield Broken.FUTURE
    # A preview has the number of its episode; a notice is no episode at all.
    if is_serial and item.find("itunes:episode") is None and not item.is_notice:
        yield Broken.NO_NUMBER
    chapters = item.find("psc:chapters")
    starts = [] if chapters is None else [each.get("start") for each in chapters]
    if starts and (starts[0] != "00:00:00.000" or starts != sorted(starts) or len(starts) < 2):
        yield Broken.CHAPTERS


def _check_audio(item: "_Item", frame: Frame) -> Iterator[Broken]:
    enclosure = item.find("enclosure")
    length = "" if enclosure is None else enclosure.get("length", "")
    if enclosure is None or not length.isdigit() or int(length) < 1 or not enclosure.get("url"):
        yield Broken.ENCLOSURE
        return
    url = enclosure.get("url")
    if MIME_TYPES.get(urlsplit(url).path.rpartition(".")[2]) != enclosure.get("type"):
        yield Broken.MIME_TYPE
    if frame.base_url.startswith("https:") and not url.startswith("https:"):
        yield Broken.PLAIN_HTTP
    if item.is_notice:
        if int(length) < LEAST_NOTICE_BYTES:
            yield Broken.NOTICE
    elif ("/private/" in url) != _has_secrets(frame.view):
        yield Broken.WRONG_SECRET


def _has_secrets(view: FeedView) -> bool:
    """Whether the audio of a view has members' addresses: not after the end of a membership (rule S1)."""
    return view.is_personal and view.notice in {None, NoticeKind.PAYMENT_FAILED}


def _check_notes(item: "_Item") -> Iterator[Broken]:
    description, content = item.read("description"), item.read("content:encoded")
    if not description:
        yield Broken.ITEM
    elif description == escape(item.title, quote=False):
        yield Broken.NO_NOTES
    if len(description.encode()) > DESCRIPTION_BYTES or len(content.encode()) > CONTENT_BYTES:
        yield Broken.NOTES_SIZE
    image = item.find("itunes:image")
    shown = (description, content, item.read("link"), "" if image is None else image.get("href", ""))
    if any(_TOKEN.search(each.encode()) for each in shown if "/private/" in each):
        yield Broken.TOKEN


def _compare(items: Iterable[_Known]) -> Iterator[_Breach]:
    """What only shows between two items, also of two pages. A notice stands first, whatever its date."""
    guids: set[str] = set()
    addresses: set[str] = set()
    twins: set[tuple[str, str]] = set()
    before: datetime | None = None
    for item in items:
        twin = (item.title.casefold(), "" if item.date is None else item.date.date().isoformat())
        if item.guid in guids:
            yield _Breach(Broken.GUID, item.page, item.title)
        if twin in twins:
            yield _Breach(Broken.TWINS, item.page, item.title)
        if item.url in addresses:
            yield _Breach(Broken.SAME_AUDIO, item.page, item.title)
        if before is not None and item.date is not None and item.date > before:
            yield _Breach(Broken.ORDER, item.page, item.title)
        guids.add(item.guid)
        twins.add(twin)
        addresses.add(item.url)
        before = before if item.is_notice else item.date


# ---- reading elements


class _Part:
    """An element with its children by name, of several the first: looking each up anew took most of the time."""

    def __init__(self, element: Element) -> None:
        self.element = element
        self._children: dict[object, Element] = {}
        for child in element:
            self._children.setdefault(child.tag, child)

    def find(self, name: str) -> Element:
        return self._children.get(qualify(name))

    def read(self, name: str) -> str:
        """The text of a child; "" where it has none, or is not there."""
        found = self.find(name)
        return "" if found is None else str(found.text or "")


class _Item(_Part):
    """An item with what several rules ask for."""

    def __init__(self, element: Element) -> None:
        super().__init__(element)
        enclosure = self.find("enclosure")
        self.title = self.read("title")
        self.guid = self.read("guid")
        self.date = _read_date(self.read("pubDate"))
        self.url: str = "" if enclosure is None else enclosure.get("url", "")
        self.is_notice = self.guid.startswith("notice-")


def _list_links(channel: _Part, rel: str) -> list[str]:
    links = channel.element.findall("atom:link", NAMESPACES)
    return [each.get("href", "") for each in links if each.get("rel") == rel and each.get("href")]


def _is_too_long(part: _Part) -> bool:
    return any(len(part.read(name)) > PLAIN_CHARS for name in _PLAIN)


def _read_date(written: str) -> datetime | None:
    """A date in the one form of rule X8; None for any other."""
    try:
        found = parsedate_to_datetime(written)
    except ValueError:
        return None
    return found if found.tzinfo is not None and format_datetime(found) == written else None
