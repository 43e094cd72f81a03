"""The host's texts as the home page shows them: the latest articles, and who supports the show."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from podcastsvc.content import writings
from podcastsvc.content.kinds import article, page
from podcastsvc.kit.text import is_web_address
from podcastsvc.storage.tables.writing import Writing
from podcastsvc.web.context import language, now
from podcastsvc.web.pages import ngettext
from podcastsvc.web.site.menu import answers, localize

LATEST = 3
SPONSORS = "sponsors"
"""The slug of the page whose sponsors the home page names."""

_WORDS_A_MINUTE = 230


@dataclass(frozen=True, slots=True)
class ArticleCard:
    """One article in a row of them. ``language`` is that of its words where it is not the page's."""

    title: str
    href: str
    authors: str
    published_at: datetime | None
    reading: str
    summary: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Sponsor:
    """Who supports the show; ``href`` is "" where no address is known."""

    name: str
    href: str


def list_latest_articles(session: Session) -> list[ArticleCard]:
    """The newest articles; none where the site has no pages for them."""
    found = writings.list_out(session, article.KIND.name, now(), limit=LATEST, language=language())
    return [make_article_card(each) for each in found if answers(article.KIND.write_path(each.slug))]


def list_sponsors(session: Session) -> list[Sponsor]:
    """Those of the page about sponsors, in its order."""
    found = writings.list_out(session, page.KIND.name, now(), language=language())
    return _read_sponsors(each for each in found if each.slug == SPONSORS)


def _read_sponsors(pages: Iterable[Writing]) -> list[Sponsor]:
    entries = [entry for each in pages for entry in each.facts.get("sponsors", ())]
    return [
        Sponsor(entry["name"], entry["url"] if is_web_address(entry.get("url") or "") else "")
        for entry in entries
        if entry.get("name")
    ]


def make_article_card(writing: Writing) -> ArticleCard:
    """The card of an article in the language of the page."""
    return ArticleCard(
        title=writing.title,
        href=localize(article.KIND.write_path(writing.slug)),
        authors=", ".join(each["name"] for each in writing.facts.get("authors", ())),
        published_at=writing.published_at,
        reading=write_reading_time(writing.words),
        summary=writing.summary,
        language=writing.language if writing.language != language() else None,
    )


def write_reading_time(words: int) -> str:
    """``6 min read``."""
    minutes = max(1, round(words / _WORDS_A_MINUTE))
    return ngettext("%(num)s min read", "%(num)s min read", minutes) % {"num": minutes}
