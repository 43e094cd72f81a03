"""What was found as pages show it: a card for each thing, with its excerpts and where they lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.access import is_members_first, read_access
from podcastsvc.catalogue.shows import get_card, list_shows
from podcastsvc.content import writings
from podcastsvc.content.kinds.table import KINDS
from podcastsvc.content.search.excerpts import Excerpt, Matcher, Piece, mark
from podcastsvc.content.search.finding import Mark, Result
from podcastsvc.kit.language import N_
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.storage.tables.writing import Writing
from podcastsvc.web.context import language, now, settings
from podcastsvc.web.language import add_prefix
from podcastsvc.web.pages import gettext
from podcastsvc.web.site.addresses import Picture, make_picture
from podcastsvc.web.site.cards import AccessWord, name_access, write_episode_path, write_number
from podcastsvc.web.site.menu import localize
from podcastsvc.web.site.shows import PageShow

KIND_NAMES = {
    "episode": N_("Episode"),
    "article": N_("Article"),
    "page": N_("Page"),
    "person": N_("Person"),
    "call": N_("Members' call"),
}
KIND_LISTS = {
    "episode": N_("Episodes"),
    "article": N_("Articles"),
    "page": N_("Pages"),
    "person": N_("People"),
    "call": N_("Members' calls"),
}
_MARKS = {
    ("episode", Mark.CLOSED): N_("In an episode for members"),
    ("episode", Mark.PARTLY): N_("In the part that members hear"),
    ("article", Mark.CLOSED): N_("In an article for members"),
}


@dataclass(frozen=True, slots=True)
class ShownExcerpt:
    """An excerpt with its link: to a second of the audio, or None where it is read on the thing's page."""

    pieces: tuple[Piece, ...]
    seconds: int | None
    href: str | None
    language: str | None


@dataclass(frozen=True, slots=True)
class FoundCard:
    """One result. ``closed`` says what is found where this person may not look; "" where nothing is."""

    kind: str
    label: str
    href: str
    title: tuple[Piece, ...]
    summary: tuple[Piece, ...]
    picture: Picture | None
    published_at: datetime | None
    access: AccessWord
    public_on: datetime | None
    closed: str
    excerpts: list[ShownExcerpt]
    language: str | None


def make_cards(session: Session, results: Sequence[Result], matcher: Matcher) -> list[FoundCard]:
    """The cards of results, in their order."""
    rows = list_shows(session)
    shows = {show.id: PageShow(get_card(session, show), is_first=not at) for at, show in enumerate(rows)}
    of_episodes = [each.ref_id for each in results if each.kind == "episode"]
    of_texts = [each.ref_id for each in results if each.kind != "episode"]
    known = {each.id: each for each in episodes.list_by_id(session, of_episodes)} if of_episodes else {}
    texts = {each.id: each for each in writings.list_by_id(session, of_texts)} if of_texts else {}
    cards = []
    for each in results:
        if each.kind == "episode" and each.ref_id in known:
            episode = known[each.ref_id]
            cards.append(_make_episode_card(each, episode, shows[episode.show_id], matcher))
        elif each.kind != "episode" and each.ref_id in texts:
            cards.append(_make_text_card(each, texts[each.ref_id], matcher))
    return cards


def _make_episode_card(result: Result, episode: Episode, show: PageShow, matcher: Matcher) -> FoundCard:
    access = read_access(episode)
    href = write_episode_path(episode, show)
    return FoundCard(
        kind=result.kind,
        label=write_number(episode) or gettext(KIND_NAMES[result.kind]),
        href=href,
        title=mark(episode.title, matcher),
        summary=mark(episode.summary, matcher),
        picture=make_picture(episode.artwork) or show.artwork,
        published_at=episode.published_at,
        access=name_access(access, now()),
        public_on=access.public_from if is_members_first(access, now()) else None,
        closed=_write_closed(result),
        excerpts=[_show_excerpt(each, href) for each in result.excerpts],
        language=_name_other(episode.language),
    )


def _make_text_card(result: Result, text: Writing, matcher: Matcher) -> FoundCard:
    access = read_access(text)
    path = KINDS[text.kind].write_path(text.slug)
    # The page in the language of the words that were found, where the site speaks it.
    href = add_prefix(path, text.language) if text.language in settings().languages else localize(path)
    return FoundCard(
        kind=result.kind,
        label=gettext(KIND_NAMES[result.kind]),
        href=href,
        title=mark(text.title, matcher),
        summary=mark(text.summary, matcher),
        picture=None,
        published_at=_find_day(text),
        access=name_access(access, now()),
        public_on=access.public_from if is_members_first(access, now()) else None,
        closed=_write_closed(result),
        excerpts=[_show_excerpt(each, None) for each in result.excerpts],
        language=_name_other(text.language),
    )


def _find_day(text: Writing) -> datetime | None:
    """The day to tell: when an article came out, when a call is; other texts stand by no day."""
    return {"article": text.published_at, "call": text.starts_at}.get(text.kind)


def _show_excerpt(excerpt: Excerpt, href: str | None) -> ShownExcerpt:
    leads_on = href is not None and excerpt.seconds is not None
    return ShownExcerpt(
        pieces=excerpt.pieces,
        seconds=excerpt.seconds,
        # A player that is told to start at the very beginning need not be told.
        href=f"{href}?t={excerpt.seconds}" if leads_on and excerpt.seconds else href if leads_on else None,
        language=_name_other(excerpt.language),
    )


def _write_closed(result: Result) -> str:
    if result.mark is Mark.NONE:
        return ""
    return gettext(_MARKS.get((result.kind, result.mark), N_("In a text for members")))


def _name_other(code: str) -> str | None:
    return code if code != language() else None
