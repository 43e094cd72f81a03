"""A feed document becomes XML, by feedgen; the same document always gives the same bytes (rules B1, X9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

import feedgen.entry
import feedgen.feed
import feedgen.util
from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from podcastsvc.feeds import values
from podcastsvc.feeds.document import NOTICE_DAY_WORD, Channel, Document, Gap, Item
from podcastsvc.feeds.extension import MIME_FEED, ChannelExtension, ItemExtension
from podcastsvc.feeds.notes import DESCRIPTION_BYTES, FeedNotes, fit_notes
from podcastsvc.kit.language import N_
from podcastsvc.kit.text import clean_text, cut_bytes

GENERATOR = "podcastsvc"
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_EXTENSION = "podcastsvc"

# feedgen 1.0.0 formats dates by switching the locale of the whole process, which changes the default encoding of other
# threads meanwhile (rule B3). Can go when feedgen no longer does.
for _module in (feedgen.util, feedgen.feed, feedgen.entry):
    _module.formatRFC2822 = values.date


@dataclass(frozen=True, slots=True)
class Fault:
    """An item that cannot stand in a feed, and why; the rest of the feed stands (rule T-X4)."""

    guid: str
    reason: str


def build_feed(document: Document) -> bytes:
    """The XML of one page in UTF-8, with a noncharacter of ``values.GAP_MARKS`` in each gap.

    Well-formed whatever the texts are. Items with a fault are left out: ask ``list_faults`` which those are.
    Raises ValueError if the channel lacks a title, a usable link or a usable address of its own.
    """
    feed = _start_feed(document.channel)
    faulty = {id(item) for item, _reason in _find_faults(document)}
    for position, item in enumerate(document.items):
        if id(item) not in faulty:
            _add_item(feed, item, with_full_notes=position < document.full_notes_items)
    xml: bytes = feed.rss_str(pretty=True, xml_declaration=False)
    return _DECLARATION + xml


def list_faults(document: Document) -> list[Fault]:
    """The items that ``build_feed`` leaves out."""
    return [Fault(item.guid, reason) for item, reason in _find_faults(document)]


def _find_faults(document: Document) -> Iterator[tuple[Item, str]]:
    seen: set[str] = set()
    for item in document.items:
        guid = values.guid(item.guid)
        reason = N_("another item has the same guid") if guid in seen else _find_fault(item)
        if reason is None:
            seen.add(guid)
        else:
            yield item, reason


def _find_fault(item: Item) -> str | None:
    if not values.guid(item.guid).strip():
        return N_("it has no guid")
    if not values.title(item.title):
        return N_("it has no title")
    if values.url(item.link) is None:
        return N_("the address of its page is none")
    if values.url(item.enclosure.url) is None or item.enclosure.length_bytes < 1:
        return N_("it has no audio")
    if item.published_at.tzinfo is None or not 1900 <= item.published_at.year < datetime.max.year:
        return N_("its date is none")
    return None


def _start_feed(channel: Channel) -> Any:
    title, link, self_url = values.title(channel.title), values.url(channel.link), values.url(channel.self_url)
    if not title or link is None or self_url is None:
        raise ValueError("a feed needs a title, a page and an address of its own")
    feed = FeedGenerator()
    feed.register_extension(_EXTENSION, ChannelExtension, ItemExtension, atom=False)
    getattr(feed, _EXTENSION).channel = channel
    feed.title(title)
    # The last link becomes the channel's page, so the feed's own address comes first.
    feed.link(href=self_url, rel="self", type=MIME_FEED)
    feed.link(href=link, rel="alternate")
    feed.description(_write_description(channel.description) or title)
    feed.language(values.language(channel.language))
    feed.copyright(values.copyright_owner(channel.copyright))
    feed.docs("")
    feed.generator(GENERATOR)
    feed.lastBuildDate(channel.changed_at)
    if channel.ttl_minutes:
        feed.ttl(channel.ttl_minutes)
    image = values.url(channel.image_url)
    if image:
        feed.image(url=image, title=title, link=link)
    return feed


def _write_description(raw: str) -> str:
    return cut_bytes(" ".join(clean_text(raw).split()), DESCRIPTION_BYTES)


def _add_item(feed: Any, item: Item, *, with_full_notes: bool) -> None:
    entry: FeedEntry = feed.add_entry(order="append")
    title = values.title(item.title)
    notes = fit_notes(item.notes_html, item.link)
    if not notes.description:
        notes = FeedNotes(escape(title, quote=False), None)
    if item.is_notice:
        notes = FeedNotes(notes.description.replace(NOTICE_DAY_WORD, values.GAP_MARKS[Gap.NOTICE_DAY]), None)
    entry.title(title)
    entry.link(href=values.url(item.link), rel="alternate")
    entry.guid(values.guid(item.guid), permalink=False)
    entry.pubDate(item.published_at)
    # The extension writes the notes themselves, in CDATA.
    entry.description(title)
    entry.enclosure(values.url(item.enclosure.url), str(item.enclosure.length_bytes), item.enclosure.mime_type)
    extension = getattr(entry, _EXTENSION)
    extension.item, extension.notes, extension.with_full_notes = item, notes, with_full_notes
