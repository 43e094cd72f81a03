"""Tags of the whole site: under each name its episodes and its articles."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.catalogue import naming
from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.content import writings
from podcastsvc.content.kinds import article
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.storage.tables.writing import Writing


@dataclass(slots=True)
class SiteTag:
    """One tag. ``episode_ids`` and ``articles`` are newest first; the articles have no body."""

    slug: str
    name: str
    episode_ids: list[int] = field(default_factory=list)
    articles: list[Writing] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.episode_ids) + len(self.articles)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a mixed list: the id of an episode, or an article."""

    out_at: datetime
    episode_id: int | None = None
    article: Writing | None = None


def list_tags(session: Session, now: datetime, language: str) -> list[SiteTag]:
    """All tags, those of most episodes and articles first."""
    every = naming.list_tags(session, now)
    found = {tag.slug: SiteTag(tag.slug, tag.name, tag.episode_ids) for tag in every}
    for row in writings.list_brief(session, article.KIND.name, now, language):
        for slug, name in _fold(row.tags).items():
            found.setdefault(slug, SiteTag(slug, name)).articles.append(row)
    return sorted(found.values(), key=lambda tag: (-tag.count, tag.name.casefold()))


def mix(session: Session, tag: SiteTag) -> list[Entry]:
    """The episodes and articles of a tag in one list, newest first."""
    dates = select(Episode.id, Episode.published_at).where(Episode.id.in_(tag.episode_ids))
    entries = [Entry(at, episode_id=episode_id) for episode_id, at in session.execute(dates) if at is not None]
    entries += [Entry(row.published_at, article=row) for row in tag.articles if row.published_at is not None]
    return sorted(entries, key=lambda entry: (entry.out_at, entry.episode_id or 0), reverse=True)


def _fold(names: Iterable[str]) -> dict[str, str]:
    """Names by their slugs, each once; those of which no address can be made are left out."""
    return {slug: name for name in names if (slug := make_slug(name))}
