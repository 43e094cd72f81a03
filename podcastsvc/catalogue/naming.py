"""Tags and people of the episodes that are out, under the names that pages give them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.episodes import HOSTS, is_out_anywhere
from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.storage.tables.episode import Episode


@dataclass(slots=True)
class Tag:
    """One tag, spelled as its newest episode spells it. ``episode_ids`` are newest first."""

    slug: str
    name: str
    episode_ids: list[int] = field(default_factory=list)


@dataclass(slots=True)
class KnownPerson:
    """Somebody heard in an episode, or who makes a show. Their link is that of their newest episode which has one.

    ``is_host``: they make a show, or were a host of an episode. ``episode_ids`` are newest first.
    """

    slug: str
    name: str
    url: str = ""
    is_host: bool = False
    episode_ids: list[int] = field(default_factory=list)


def list_tags(session: Session, now: datetime, show_id: int | None = None) -> list[Tag]:
    """All tags, or those of one show; those of most episodes first. One query without the episodes' texts."""
    found: dict[str, Tag] = {}
    query = select(Episode.id, Episode.tags).where(_is_listed(now, show_id))
    for episode_id, tags in session.execute(query.order_by(Episode.published_at.desc(), Episode.id)):
        for name in tags:
            slug = make_slug(name)
            if slug:
                tag = found.setdefault(slug, Tag(slug, name))
                if episode_id not in tag.episode_ids:
                    tag.episode_ids.append(episode_id)
    return sorted(found.values(), key=lambda tag: (-len(tag.episode_ids), tag.name.casefold()))


def list_people(
    session: Session, of_shows: Sequence[tuple[str, str]], now: datetime, show_id: int | None = None
) -> list[KnownPerson]:
    """All people, or those of one show's episodes; hosts first, then by name. ``of_shows`` are the names and links of those
    who make the shows."""
    found: dict[str, KnownPerson] = {}
    for name, url in of_shows:
        _know(found, name, url, is_host=True)
    query = select(Episode.id, Episode.people).where(_is_listed(now, show_id))
    for episode_id, people in session.execute(query.order_by(Episode.published_at.desc(), Episode.id)):
        for name, url, is_host in _read_people(people):
            person = _know(found, name, url, is_host=is_host)
            if person is not None and episode_id not in person.episode_ids:
                person.episode_ids.append(episode_id)
    return sorted(found.values(), key=lambda each: (not each.is_host, each.name.casefold()))


def _is_listed(now: datetime, show_id: int | None) -> ColumnElement[bool]:
    is_out = is_out_anywhere(now)
    return is_out if show_id is None else and_(is_out, Episode.show_id == show_id)


def _read_people(people: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str, bool]]:
    for person in people:
        yield person["name"], person.get("url") or "", person.get("role") in HOSTS


def _know(found: dict[str, KnownPerson], name: str, url: str, *, is_host: bool) -> KnownPerson | None:
    """The person of a name; None for a name of which no address can be made."""
    slug = make_slug(name)
    if not slug:
        return None
    person = found.setdefault(slug, KnownPerson(slug, name))
    person.url = person.url or url
    person.is_host = person.is_host or is_host
    return person
