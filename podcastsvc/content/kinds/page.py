"""Pages: standing text such as the FAQ, with a place in the menu; and the sponsors and reviews that theirs list."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from podcastsvc.catalogue.texts.values import Reader
from podcastsvc.content.kinds.kind import Kind, OwnFacts
from podcastsvc.content.markup.shown import Shown

RESERVED = frozenset(
    "account add art articles billing calls chapters consultation donate embed episodes feed feeds follow forgot-password"
    " gift group healthz hooks icons join lost-password media members newsletter oembed people pictures private reminders rss"
    " search shows sign-in sign-out sitemap standin static stripe-stand-in studio support tags theme transcripts webhooks"
    " welcome wp-login".split()
)
"""First parts of addresses at which something else answers."""

SHARED = frozenset(("contact",))
"""Addresses of the site's own that also show what the host writes under their names."""

FIXED = frozenset(("privacy", "terms", "accessibility"))
"""Pages that each site has; what the host writes under these names comes in their place."""

_MOST_ENTRIES = 100
_LANGUAGE_CHARS = 2


def is_reserved(slug: str) -> bool:
    """Whether something else of the site answers at a slug, or a language of the site may."""
    return slug in RESERVED or len(slug) == _LANGUAGE_CHARS


def read_own(reader: Reader, _zone: tzinfo) -> OwnFacts:
    """``menu`` is the page's place in the site map, from 1; without one only links lead to it.

    ``sponsors: [{name, url, logo, text}]``, ``reviews: [{text, by, source, url, stars}]``.
    """
    return OwnFacts(
        {
            "menu": reader.whole("menu", least=1, most=999),
            "sponsors": [_read_sponsor(each) for each in reader.mappings("sponsors")[:_MOST_ENTRIES]],
            "reviews": [_read_review(each) for each in reader.mappings("reviews")[:_MOST_ENTRIES]],
        }
    )


def _read_sponsor(reader: Reader) -> dict[str, Any]:
    return {
        "name": reader.text("name", limit_chars=128),
        "url": reader.address("url"),
        "logo": reader.text("logo"),
        "text": reader.text("text", limit_chars=500),
    }


def _read_review(reader: Reader) -> dict[str, Any]:
    return {
        "text": reader.text("text", limit_chars=2000) or reader.text("name", limit_chars=2000),
        "by": reader.text("by", limit_chars=128),
        "source": reader.text("source", limit_chars=128),
        "url": reader.address("url"),
        "stars": reader.whole("stars", least=1, most=5),
    }


def finish_facts(facts: dict[str, Any], find: Callable[[str], Shown | None]) -> dict[str, Any]:
    """``logos``: the pictures of the sponsors that have one, by their files' names."""
    found = {sponsor["logo"]: find(sponsor["logo"]) for sponsor in facts["sponsors"] if sponsor["logo"]}
    return {"logos": {file: shown.as_json() for file, shown in found.items() if shown is not None}}


KIND = Kind(
    "page",
    "pages",
    "/{slug}/",
    is_dated=False,
    keys=frozenset(("menu", "sponsors", "reviews")),
    read_own=read_own,
    is_reserved=is_reserved,
    fixed=FIXED,
    finish_facts=finish_facts,
)
