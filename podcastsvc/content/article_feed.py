"""What stands in the feed of articles: those that everyone may read now, newest first for the public."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.access import PUBLIC, came_out_at, read_access
from podcastsvc.content import writings
from podcastsvc.content.kinds import article
from podcastsvc.content.markup.rendering import write_feed
from podcastsvc.feeds.articles import ArticleItem
from podcastsvc.storage.tables.writing import Writing

MOST_ITEMS = 50


@dataclass(frozen=True, slots=True)
class PublicArticles:
    """The newest articles that everyone may read, and when the last of them changed or came out."""

    items: list[ArticleItem]
    changed_at: datetime | None


def list_public(session: Session, now: datetime, language: str, write_address: Callable[[str], str]) -> PublicArticles:
    """``write_address`` makes the whole address of an article's page of its slug."""
    dated = [
        (out_at, row)
        for row in writings.list_brief(session, article.KIND.name, now, language)
        if (out_at := came_out_at(read_access(row), PUBLIC, now)) is not None
    ]
    newest = sorted(dated, key=lambda pair: (pair[0], pair[1].id), reverse=True)[:MOST_ITEMS]
    query = select(Writing.id, Writing.html).where(Writing.id.in_([row.id for _out_at, row in newest]))
    bodies = dict(session.execute(query).all())
    items = [_make_item(row, out_at, bodies[row.id], write_address(row.slug)) for out_at, row in newest]
    return PublicArticles(items, max((max(out_at, row.changed_at) for out_at, row in newest), default=None))


def _make_item(row: Writing, out_at: datetime, html: str, address: str) -> ArticleItem:
    return ArticleItem(
        guid=row.guid or address,
        title=row.title,
        link=address,
        published_at=out_at,
        summary=row.summary,
        html=write_feed(html, address),
        authors=tuple(each["name"] for each in row.people if each.get("role") == "author"),
        tags=tuple(row.tags),
    )
