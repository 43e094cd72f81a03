"""Everybody whom the site names: heard in episodes, writing articles, or with a page of the host's; each of them once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from podcastsvc.catalogue import naming
from podcastsvc.catalogue.access import is_public, read_access
from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.content.kinds import article, person
from podcastsvc.content.writings import is_out_now, pick_languages
from podcastsvc.storage.tables.writing import Writing


@dataclass(slots=True)
class SitePerson:
    """Somebody with a page. ``slug`` is that of the host's page about them, else of their name; ``other_slugs`` are further
    ones by which they are known. ``episode_ids`` and ``article_ids`` are newest first.

    ``is_listed`` is False for somebody whom only an unlisted page names.
    """

    slug: str
    name: str
    url: str = ""
    is_host: bool = False
    is_listed: bool = True
    episode_ids: list[int] = field(default_factory=list)
    article_ids: list[int] = field(default_factory=list)
    profile: Writing | None = None
    other_slugs: set[str] = field(default_factory=set)


def list_people(
    session: Session, of_shows: Sequence[tuple[str, str]], now: datetime, language: str
) -> list[SitePerson]:
    """All people, hosts first, then by name. ``of_shows`` are the names and links of those who make the shows."""
    found = {
        each.slug: SitePerson(each.slug, each.name, each.url, each.is_host, episode_ids=each.episode_ids)
        for each in naming.list_people(session, of_shows, now)
    }
    _add_authors(session, found, now, language)
    _add_profiles(session, found, now, language)
    return sorted(found.values(), key=lambda each: (not each.is_host, each.name.casefold()))


def find_person(people: Sequence[SitePerson], slug: str) -> SitePerson | None:
    """Somebody by any slug that they are known by."""
    exact = next((each for each in people if each.slug == slug), None)
    return exact or next((each for each in people if slug in each.other_slugs), None)


def find_hidden(session: Session, slug: str, language: str) -> Writing | None:
    """The host's page of a slug in any state, for one that is not out."""
    query = select(Writing).where(Writing.kind == person.KIND.name, Writing.slug == slug)
    rows = pick_languages(session.scalars(query.options(joinedload(Writing.picture)).order_by(Writing.id)), language)
    return rows[0] if rows else None


def list_articles(session: Session, ids: Sequence[int]) -> list[Writing]:
    """Articles in the order of their ids."""
    query = select(Writing).where(Writing.id.in_(ids)).options(joinedload(Writing.picture))
    rows = {row.id: row for row in session.scalars(query)}
    return [rows[each] for each in ids if each in rows]


def _add_authors(session: Session, found: dict[str, SitePerson], now: datetime, language: str) -> None:
    query = select(Writing.id, Writing.slug, Writing.language, Writing.people)
    rows = session.execute(
        query.where(Writing.kind == article.KIND.name, Writing.listed, is_out_now(now)).order_by(
            Writing.published_at.desc(), Writing.id.desc()
        )
    ).all()
    spoken = {row.slug: row.id for row in reversed(rows)} | {
        row.slug: row.id for row in rows if row.language == language
    }
    for row in rows:
        if spoken[row.slug] != row.id:
            continue
        for each in row.people:
            slug = make_slug(each["name"])
            if each.get("role") != "author" or not slug:
                continue
            author = found.setdefault(slug, SitePerson(slug, each["name"]))
            author.url = author.url or each.get("url") or ""
            if row.id not in author.article_ids:
                author.article_ids.append(row.id)


def _add_profiles(session: Session, found: dict[str, SitePerson], now: datetime, language: str) -> None:
    """A page is about whoever has its slug, or the slug of its title in any language."""
    query = select(Writing).where(Writing.kind == person.KIND.name, is_out_now(now))
    every = session.scalars(query.options(joinedload(Writing.picture)).order_by(Writing.id))
    rows = [row for row in every if is_public(read_access(row), now)]
    titles: dict[str, set[str]] = {}
    for row in rows:
        titles.setdefault(row.slug, {row.slug}).add(make_slug(row.title))
    for profile in pick_languages(rows, language):
        slugs = titles[profile.slug] - {""}
        known = [found.pop(slug) for slug in sorted(slugs) if slug in found]
        about = SitePerson(profile.slug, profile.title, profile=profile, other_slugs=slugs - {profile.slug})
        about.is_listed = profile.listed or bool(known)
        for each in known:
            about.url = about.url or each.url
            about.is_host = about.is_host or each.is_host
            about.episode_ids += [episode_id for episode_id in each.episode_ids if episode_id not in about.episode_ids]
            about.article_ids += [article_id for article_id in each.article_ids if article_id not in about.article_ids]
        found[profile.slug] = about
