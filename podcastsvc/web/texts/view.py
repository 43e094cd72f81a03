"""A text's page as plain values: everything that the person who looks may know, and nothing else (rule T-A11)."""

from dataclasses import dataclass
from datetime import datetime

from flask import abort
from markupsafe import Markup
from sqlalchemy.orm import Session

from podcastsvc.catalogue.access import State, is_out, may_hear, read_access, state_of
from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.content import versions, writings
from podcastsvc.content.kinds import article
from podcastsvc.content.markup.shown import Shown, read_shown
from podcastsvc.storage.tables.writing import Writing
from podcastsvc.web.context import language, now, settings
from podcastsvc.web.episodes.view import TagLink
from podcastsvc.web.guards.kept import leave_unkept
from podcastsvc.web.site.addresses import Picture
from podcastsvc.web.site.cards import AccessWord, name_access
from podcastsvc.web.site.shows import PageLink, PageShow
from podcastsvc.web.site.viewing import Viewing, get_viewing
from podcastsvc.web.site.written import write_reading_time
from podcastsvc.web.texts.authors import Author, list_authors
from podcastsvc.web.texts.cards import ArticleCard, make_card, write_path


@dataclass(frozen=True, slots=True)
class TextView:
    """One text for one person.

    ``reads`` says whether the whole is open to them; where it is not, ``body`` is empty and ``picture`` None, and
    ``opening`` are its first paragraphs. ``preview_state`` is set for the host while nobody else sees the page.
    ``language`` is None where it is the page's; ``languages`` are those in which the text is out.
    """

    title: str
    slug: str
    guid: str | None
    summary: str
    body: Markup
    opening: tuple[str, ...]
    language: str | None
    languages: list[str]
    published_at: datetime | None
    updated_at: datetime | None
    public_from: datetime | None
    reading: str
    access: AccessWord
    reads: bool
    is_listed: bool
    picture: Shown | None
    picture_alt: str
    picture_credit: str
    tags: list[TagLink]
    preview_state: str | None

    @property
    def head_picture(self) -> Picture | None:
        """The picture for those who share the page."""
        shown = self.picture
        return Picture(shown.src, shown.srcset, shown.large, shown.width, shown.height) if shown is not None else None


@dataclass(frozen=True, slots=True)
class Around:
    """Who wrote an article, and what stands beside it."""

    authors: list[Author]
    previous: PageLink | None
    next: PageLink | None
    related: list[ArticleCard]


def find_shown(session: Session, kind: str, slug: str, *, is_strict: bool = True) -> tuple[Writing, list[str]] | None:
    """The text at an address for whoever may know of it, and the languages in which it is out; None where there never was
    one. Answers 410 for one that was taken back, and 404 for one that is not out, to all but the host; None, too, where
    that is not ``is_strict``."""
    rows = writings.list_versions(session, kind, slug)
    if not rows:
        return None
    sees_all = get_viewing().is_host
    wanted = list(dict.fromkeys((language(), settings().default_language)))
    found = versions.choose(rows, wanted, now(), sees_all=sees_all)
    is_gone = found is not None and not sees_all and state_of(read_access(found), now()) is State.WITHDRAWN
    if found is None or is_gone:
        return abort(410 if is_gone else 404) if is_strict else None
    if not found.listed:
        leave_unkept()
    return found, versions.list_languages(rows, now())


def make_view(writing: Writing, languages: list[str], viewing: Viewing) -> TextView:
    """The view of a text whose page answers this person; its picture must be loaded."""
    access = read_access(writing)
    state = state_of(access, now())
    is_preview = viewing.is_host and not is_out(access, now())
    reads = is_preview or may_hear(access, viewing.audience, now())
    facts = writing.facts
    return TextView(
        title=writing.title,
        slug=writing.slug,
        guid=writing.guid,
        summary=writing.summary,
        # Passed the gate when it was read (rule T-X1).
        body=Markup(writing.html) if reads else Markup(),  # noqa: S704
        opening=() if reads else tuple(facts.get("opening", ())),
        language=writing.language if writing.language != language() else None,
        languages=languages,
        published_at=writing.published_at,
        updated_at=writing.updated_at,
        public_from=access.public_from if access.public_from is not None and access.public_from > now() else None,
        reading=write_reading_time(writing.words),
        access=name_access(access, now()),
        reads=reads,
        is_listed=writing.listed,
        picture=read_shown(writing.picture) if reads and writing.picture is not None else None,
        picture_alt=facts.get("picture_alt", ""),
        picture_credit=facts.get("picture_credit", ""),
        tags=[TagLink(tag, make_slug(tag)) for tag in writing.tags],
        preview_state=str(state) if is_preview else None,
    )


def look_around(session: Session, writing: Writing, show: PageShow | None, viewing: Viewing) -> Around:
    """What an article's page shows beside it."""
    rows = writings.list_brief(session, article.KIND.name, now(), language())
    beside = versions.look_beside(rows, writing.slug, writing.tags)
    return Around(
        authors=list_authors(session, writing, show.author if show is not None else ""),
        previous=_link(beside.previous),
        next=_link(beside.next),
        related=[make_card(each, viewing.audience) for each in beside.related],
    )


def _link(writing: Writing | None) -> PageLink | None:
    return PageLink(writing.title, write_path(writing)) if writing is not None else None
