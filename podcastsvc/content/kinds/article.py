"""Articles: dated writing with authors, tags and access, as episodes have them."""

from dataclasses import asdict
from datetime import tzinfo
from typing import Any

from podcastsvc.catalogue.show import Person
from podcastsvc.catalogue.texts.frontmatter import Value
from podcastsvc.catalogue.texts.values import Reader
from podcastsvc.content.kinds.kind import Kind, OwnFacts, write_fact

_MOST_AUTHORS = 20


def read_own(reader: Reader, _zone: tzinfo) -> OwnFacts:
    """``authors`` as a list of names, or of mappings with a link: ``[{name: Ada Lind, url: https://…}]``."""
    authors = [
        Person(
            name=each.text("name", limit_chars=128), role="author", url=each.address("url"), image=each.address("image")
        )
        for each in reader.mappings("authors")
        if each.text("name")
    ]
    return OwnFacts({"authors": [asdict(author) for author in authors[:_MOST_AUTHORS]]})


def write_own(authors: Any) -> Value:
    """Authors with what ``read_own`` does not add by itself."""
    return write_fact(
        [{name: author[name] for name in ("name", "url", "image") if name in author} for author in authors]
    )


KIND = Kind(
    "article",
    "articles",
    "/articles/{slug}/",
    is_dated=True,
    keys=frozenset(("authors",)),
    read_own=read_own,
    write_fact=write_own,
)
