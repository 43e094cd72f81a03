"""What feedgen lacks: the itunes, podcast and psc elements, further atom links, CDATA, and the order of elements."""

from collections.abc import Iterable
from typing import Any

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from lxml import etree

from podcastsvc.catalogue.chapters import LEAST_CHAPTERS
from podcastsvc.feeds import values
from podcastsvc.feeds.document import (
    MIME_CHAPTERS,
    Category,
    Channel,
    Chapters,
    Funding,
    Gap,
    Item,
    License,
    Person,
    TranscriptLink,
    Txt,
    Url,
)
from podcastsvc.feeds.notes import FeedNotes
from podcastsvc.feeds.vocabulary import NAMESPACES, qualify

MAX_CATEGORIES = 3
MIME_FEED = "application/rss+xml"

_CHANNEL_ORDER = """
    title link description language copyright generator lastBuildDate ttl atom:link image itunes:author itunes:owner
    itunes:image itunes:category itunes:explicit itunes:type itunes:complete itunes:new-feed-url itunes:block
    podcast:block podcast:guid podcast:locked podcast:medium podcast:funding podcast:person podcast:license podcast:txt
    podcast:updateFrequency podcast:podping
""".split()
_ITEM_ORDER = """
    title link guid pubDate description content:encoded enclosure itunes:title itunes:duration itunes:episode
    itunes:season itunes:episodeType itunes:explicit itunes:image itunes:author podcast:season podcast:episode
    podcast:transcript podcast:chapters podcast:person podcast:license podcast:txt podcast:funding psc:chapters
""".split()

# lxml's elements are untyped; they do not leave this file and build.py.
Element = Any


_CHANNEL_RANK = {qualify(name): rank for rank, name in enumerate(_CHANNEL_ORDER)}
_ITEM_RANK = {qualify(name): rank for rank, name in enumerate(_ITEM_ORDER)}


class ChannelExtension(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """Adds a channel's elements and puts all of them into the order of section 3.1 (rule X12)."""

    channel: Channel

    def extend_ns(self) -> dict[str, str]:
        """All five prefixes, always (rule X2)."""
        return dict(NAMESPACES)

    def extend_rss(self, rss: Element) -> Element:
        head, channel = rss[0], self.channel
        _add_links(head, channel)
        _add_itunes_channel(head, channel)
        _add_podcast_channel(head, channel)
        if channel.has_notice:
            head.find("lastBuildDate").text = values.GAP_MARKS[Gap.NOTICE_CHANGE]
        head[:] = sorted(head, key=lambda child: _CHANNEL_RANK[child.tag])
        return rss


class ItemExtension(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """Adds an item's elements and puts all of them into the order of section 3.2."""

    item: Item
    notes: FeedNotes
    with_full_notes: bool

    def extend_rss(self, entry: Element) -> Element:
        item, notes = self.item, self.notes
        entry.find("description").text = etree.CDATA(notes.description)
        if self.with_full_notes and notes.content is not None:
            _add(entry, "content:encoded").text = etree.CDATA(notes.content)
        _add_itunes_item(entry, item)
        _add_podcast_item(entry, item)
        if item.chapters is not None:
            _add_chapters(entry, item.chapters)
        if item.is_notice:
            entry.find("guid").text = values.GAP_MARKS[Gap.NOTICE_GUID]
            entry.find("pubDate").text = values.GAP_MARKS[Gap.NOTICE_DATE]
        entry[:] = sorted(entry, key=lambda child: _ITEM_RANK[child.tag])
        return entry


def _add(parent: Element, name: str, content: str | None = None, /, **attributes: str | None) -> Element:
    """A new element; attributes that are None or empty are left out. ``content`` and values are clean already."""
    element = etree.SubElement(parent, qualify(name))
    if content is not None:
        element.text = content
    for key, value in attributes.items():
        if value:
            element.set(key, value)
    return element


def _add_text(parent: Element, name: str, content: str | None, /, **attributes: str | None) -> None:
    """An element that only stands where it has content."""
    if content:
        _add(parent, name, content, **attributes)


def _add_links(head: Element, channel: Channel) -> None:
    if channel.hub_url:
        _add_link(head, "hub", channel.hub_url)
    if channel.pages:
        for rel in ("first", "prev", "next", "last"):
            address: Url | None = getattr(channel.pages, rel)
            if address is not None:
                _add_link(head, rel, address, MIME_FEED)


def _add_link(head: Element, rel: str, address: Url, mime_type: str | None = None) -> None:
    href = values.url(address)
    if href:
        _add(head, "atom:link", href=href, rel=rel, type=mime_type)


def _add_itunes_channel(head: Element, channel: Channel) -> None:
    _add_text(head, "itunes:author", values.text(channel.author))
    if channel.owner is not None:
        owner = _add(head, "itunes:owner")
        _add(owner, "itunes:name", values.text(channel.owner.name))
        _add(owner, "itunes:email", values.text(channel.owner.email))
    image = values.url(channel.image_url)
    if image:
        _add(head, "itunes:image", href=image)
    _add_categories(head, channel.categories)
    _add(head, "itunes:explicit", values.truth(channel.is_explicit))
    _add(head, "itunes:type", channel.show_type)
    if channel.is_complete:
        _add(head, "itunes:complete", "Yes")
    _add_text(head, "itunes:new-feed-url", values.url(channel.new_feed_url))
    if channel.is_blocked or channel.is_personal:
        _add(head, "itunes:block", "Yes")


def _add_categories(head: Element, categories: Iterable[Category]) -> None:
    """At most three; subcategories stand inside their category, which stands once."""
    parents: dict[str, Element] = {}
    for category in list(categories)[:MAX_CATEGORIES]:
        name = values.text(category.name)
        if name not in parents:
            parents[name] = _add(head, "itunes:category", text=name)
        if category.sub:
            _add(parents[name], "itunes:category", text=values.text(category.sub))


def _add_podcast_channel(head: Element, channel: Channel) -> None:
    if channel.is_personal:
        _add(head, "podcast:block", "yes")
    _add_text(head, "podcast:guid", values.text(channel.guid))
    owner = values.text(channel.locked_owner)
    _add(head, "podcast:locked", "yes" if channel.is_locked else "no", owner=owner)
    _add(head, "podcast:medium", "podcast")
    _add_fundings(head, channel.fundings)
    _add_people(head, channel.people)
    _add_license(head, channel.license)
    _add_txts(head, channel.txts)
    if channel.update_frequency is not None:
        frequency = channel.update_frequency
        words = values.text(frequency.text, values.PODCAST_CHARS)
        _add_text(head, "podcast:updateFrequency", words, rrule=values.text(frequency.rrule))
    if channel.uses_podping:
        _add(head, "podcast:podping", usesPodping="true")


def _add_itunes_item(entry: Element, item: Item) -> None:
    _add(entry, "itunes:title", values.title(item.itunes_title or item.title))
    _add(entry, "itunes:duration", str(max(item.duration_seconds, 1)))
    _add_text(entry, "itunes:episode", values.number(item.episode))
    _add_text(entry, "itunes:season", values.number(item.season))
    _add(entry, "itunes:episodeType", item.episode_type)
    _add(entry, "itunes:explicit", values.truth(item.is_explicit))
    image = values.url(item.image_url)
    if image:
        _add(entry, "itunes:image", href=image)
    _add_text(entry, "itunes:author", values.text(item.author))


def _add_podcast_item(entry: Element, item: Item) -> None:
    name = values.text(item.season_name, values.PODCAST_CHARS)
    display = values.text(item.episode_display, values.DISPLAY_CHARS)
    if name or display:
        _add_text(entry, "podcast:season", values.number(item.season), name=name)
        _add_text(entry, "podcast:episode", values.number(item.episode), display=display)
    for transcript in item.transcripts:
        _add_transcript(entry, transcript)
    _add_people(entry, item.people)
    _add_license(entry, item.license)
    _add_txts(entry, item.txts)
    _add_fundings(entry, item.fundings)


def _add_transcript(entry: Element, transcript: TranscriptLink) -> None:
    address = values.url(transcript.url)
    if address:
        language = values.language(transcript.language) if transcript.language else None
        _add(entry, "podcast:transcript", url=address, type=transcript.mime_type, language=language, rel=transcript.rel)


def _add_chapters(entry: Element, chapters: Chapters) -> None:
    """Both forms, or none where there are fewer than two chapters (rule C1)."""
    address = values.url(chapters.url)
    if not address or len(chapters.marks) < LEAST_CHAPTERS:
        return
    _add(entry, "podcast:chapters", url=address, type=MIME_CHAPTERS)
    parent = _add(entry, "psc:chapters", version="1.2")
    for mark in chapters.marks:
        _add(
            parent,
            "psc:chapter",
            start=values.chapter_start(mark.start_ms),
            title=values.title(mark.title),
            href=values.url(mark.url),
            image=values.url(mark.image_url),
        )


def _add_fundings(parent: Element, fundings: Iterable[Funding]) -> None:
    for funding in fundings:
        address, words = values.url(funding.url), values.text(funding.text, values.PODCAST_CHARS)
        if address and len(address) <= values.PODCAST_CHARS:
            _add(parent, "podcast:funding", words, url=address)


def _add_people(parent: Element, people: Iterable[Person]) -> None:
    for person in people:
        _add_text(
            parent,
            "podcast:person",
            values.text(person.name, values.PODCAST_CHARS),
            role=values.text(person.role, values.PODCAST_CHARS).lower(),
            group=values.text(person.group, values.PODCAST_CHARS).lower(),
            img=values.url(person.image_url),
            href=values.url(person.url),
        )


def _add_license(parent: Element, given: License | None) -> None:
    if given is not None:
        _add_text(
            parent, "podcast:license", values.text(given.slug, values.PODCAST_CHARS).lower(), url=values.url(given.url)
        )


def _add_txts(parent: Element, txts: Iterable[Txt]) -> None:
    for txt in txts:
        purpose = values.text(txt.purpose, values.PODCAST_CHARS)
        _add_text(parent, "podcast:txt", values.text(txt.value, values.TXT_CHARS), purpose=purpose)
