"""People: who makes the show, was heard in it or writes for it, in their own words and with a picture."""

from datetime import tzinfo

from podcastsvc.catalogue.texts.values import Reader
from podcastsvc.content.kinds.kind import Kind, OwnFacts

_MOST_LINKS = 20


def read_own(reader: Reader, _zone: tzinfo) -> OwnFacts:
    """``role`` in a few words ("Historian"), ``links: [{name, url}]``; the file's title is the person's name."""
    links = [
        {"name": each.text("name", limit_chars=60), "url": each.address("url")} for each in reader.mappings("links")
    ]
    named = [link for link in links if link["name"] and link["url"]]
    return OwnFacts({"role": reader.text("role", limit_chars=128), "links": named[:_MOST_LINKS]})


KIND = Kind("person", "people", "/people/{slug}/", is_dated=False, keys=frozenset(("role", "links")), read_own=read_own)
