"""How a long feed is cut into pages: by number of items and by size (rules 5.3 to 5.5). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from podcastsvc.feeds.notes import CONTENT_BYTES, DESCRIPTION_BYTES
from podcastsvc.settings import Settings

# Directories refuse 5,000,000 bytes; the rest is room for what an estimate misses.
PAGE_BYTES = 4_000_000

_ITEM_BYTES = 1_800
# The names of an element and its attributes, and white space.
_PART_BYTES = 110
# A title stands in an item three times at most: twice as such, and as the notes of an episode that has none.
_TITLES = 3

_ADDRESSES = frozenset({"url", "image"})
_IN_ADDRESSES = "%/:=&?~#+!$,;'@()*[]-._"

Part = Mapping[str, object]
"""A chapter, person or transcript: its texts and addresses, by name."""


@dataclass(frozen=True, slots=True)
class Page:
    """The items ``start`` to before ``stop`` of all items, newest first."""

    start: int
    stop: int


def plan_pages(sizes_bytes: Sequence[int], settings: Settings) -> list[Page]:
    """The pages for items of these sizes. Page 1 holds the newest; there is always one, maybe empty."""
    pages: list[Page] = []
    start = 0
    while start < len(sizes_bytes) or not pages:
        most = settings.feed_page_items if pages else settings.feed_max_items
        stop, used = start, 0
        while stop < min(start + most, len(sizes_bytes)):
            used += sizes_bytes[stop]
            # One item alone always fits, since texts are cut; so the loop moves on.
            if used > PAGE_BYTES and stop > start:
                break
            stop += 1
        pages.append(Page(start, stop))
        start = stop
    return pages


def estimate_bytes(title: str, *, notes_bytes: int, parts: Iterable[Part], has_full_notes: bool) -> int:
    """About what one item takes in a feed, rather too much than too little."""
    description = min(notes_bytes, DESCRIPTION_BYTES)
    content = min(notes_bytes, CONTENT_BYTES) if has_full_notes and notes_bytes > DESCRIPTION_BYTES else 0
    own = _ITEM_BYTES + _TITLES * _measure("title", title) + description + content
    return own + sum(_PART_BYTES + sum(_measure(*each) for each in part.items()) for part in parts)


def _measure(name: str, value: object) -> int:
    """Bytes of one text as XML writes it, escaped; of an address with what is no ASCII in hexadecimal."""
    if not isinstance(value, str) or not value:
        return 0
    return len(escape(quote(value, safe=_IN_ADDRESSES) if name in _ADDRESSES else value).encode())
