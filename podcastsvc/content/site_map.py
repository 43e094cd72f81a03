"""What of the host's texts the site's menu and footer lead to: which kinds there are, and pages by their place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.content.kinds import page
from podcastsvc.content.writings import is_out_now
from podcastsvc.storage.tables.writing import Writing


@dataclass(frozen=True, slots=True)
class PagePlace:
    """A page of the host's own. ``titles`` by language; ``place`` is None where only links lead to it."""

    path: str
    titles: Mapping[str, str]
    place: int | None


@dataclass(frozen=True, slots=True)
class WrittenPlaces:
    """The kinds of texts of which any is out, and all pages, those with a place first and in its order."""

    kinds: frozenset[str] = frozenset()
    pages: tuple[PagePlace, ...] = ()


def read_places(session: Session, now: datetime) -> WrittenPlaces:
    """What is out and listed at an instant."""
    is_shown = (Writing.listed, is_out_now(now))
    kinds = session.scalars(select(Writing.kind).where(*is_shown).distinct())
    query = select(Writing.slug, Writing.language, Writing.title, Writing.facts)
    titles: dict[str, dict[str, str]] = {}
    places: dict[str, int | None] = {}
    for slug, language, title, facts in session.execute(
        query.where(Writing.kind == page.KIND.name, *is_shown).order_by(Writing.slug, Writing.language)
    ):
        titles.setdefault(slug, {})[language] = title
        places[slug] = places.get(slug) or facts.get("menu")
    order = sorted(titles, key=lambda slug: (places[slug] is None, places[slug] or 0, slug))
    pages = (PagePlace(page.KIND.write_path(slug), titles[slug], places[slug]) for slug in order)
    return WrittenPlaces(frozenset(kinds), tuple(pages))
