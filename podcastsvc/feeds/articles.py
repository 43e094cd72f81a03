"""The feed of articles: plain RSS for news readers, without audio; the same values always give the same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feedgen.feed import FeedGenerator

from podcastsvc.feeds import values
from podcastsvc.feeds.build import GENERATOR
from podcastsvc.feeds.extension import MIME_FEED
from podcastsvc.kit.text import clean_text

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_SUMMARY_CHARS = 1000


@dataclass(frozen=True, slots=True)
class ArticleItem:
    """One article that everyone may read. ``html`` has whole addresses only."""

    guid: str
    title: str
    link: str
    published_at: datetime
    summary: str
    html: str
    authors: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArticleFeed:
    """The whole feed; items are newest first."""

    title: str
    link: str
    self_url: str
    description: str
    language: str
    image_url: str
    changed_at: datetime
    items: Sequence[ArticleItem]


def build_articles(feed: ArticleFeed) -> bytes:
    """RSS 2.0 in UTF-8, well-formed whatever the texts are."""
    made = FeedGenerator()
    made.load_extension("dc", atom=False)
    made.title(values.title(feed.title))
    # The last link becomes the channel's page, so the feed's own address comes first.
    made.link(href=feed.self_url, rel="self", type=MIME_FEED)
    made.link(href=feed.link, rel="alternate")
    made.description(values.text(feed.description, _SUMMARY_CHARS) or values.title(feed.title))
    made.language(values.language(feed.language))
    made.docs("")
    made.generator(GENERATOR)
    made.lastBuildDate(feed.changed_at)
    if feed.image_url:
        made.image(url=feed.image_url, title=values.title(feed.title), link=feed.link)
    for item in feed.items:
        _add(made, item)
    xml: bytes = made.rss_str(pretty=True, xml_declaration=False)
    return _DECLARATION + xml


def _add(feed: Any, item: ArticleItem) -> None:
    entry = feed.add_entry(order="append")
    entry.title(values.title(item.title))
    entry.link(href=item.link, rel="alternate")
    entry.guid(values.guid(item.guid), permalink=False)
    entry.pubDate(item.published_at)
    entry.description(values.text(item.summary, _SUMMARY_CHARS) or values.title(item.title))
    if item.html:
        entry.content(clean_text(item.html))
    for name in item.authors:
        entry.dc.dc_creator(values.text(name))
    entry.category([{"term": values.text(tag)} for tag in item.tags])
