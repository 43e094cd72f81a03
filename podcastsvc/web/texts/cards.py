"""Articles as lists show them: title, who, when, how long to read, and for whom."""

from dataclasses import dataclass
from datetime import datetime

from podcastsvc.catalogue.access import Audience, is_members_first, may_hear, read_access
from podcastsvc.content.markup.shown import Shown, read_shown
from podcastsvc.storage.tables.writing import Writing
from podcastsvc.web.context import language, now
from podcastsvc.web.language import make_path
from podcastsvc.web.site.cards import AccessWord, name_access
from podcastsvc.web.site.written import write_reading_time


@dataclass(frozen=True, slots=True)
class ArticleCard:
    """One article in a list; the names are those of the macro ``article_row``. ``picture`` is None for a text that is
    closed to who looks."""

    title: str
    href: str
    authors: str
    published_at: datetime | None
    reading: str
    summary: str
    access: AccessWord
    public_on: datetime | None
    picture: Shown | None
    language: str | None


def make_card(writing: Writing, audience: Audience) -> ArticleCard:
    """The card of an article whose picture is loaded."""
    access = read_access(writing)
    reads = may_hear(access, audience, now())
    return ArticleCard(
        title=writing.title,
        href=write_path(writing),
        authors=", ".join(each["name"] for each in writing.people if each.get("role") == "author"),
        published_at=writing.published_at,
        reading=write_reading_time(writing.words),
        summary=writing.summary,
        access=name_access(access, now()),
        public_on=access.public_from if is_members_first(access, now()) else None,
        picture=read_shown(writing.picture) if reads and writing.picture is not None else None,
        language=writing.language if writing.language != language() else None,
    )


def write_path(writing: Writing) -> str:
    """The path of an article's page in the present language."""
    return make_path("articles.page", slug=writing.slug)
