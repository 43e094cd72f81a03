"""An episode's page as plain values: everything that the person who looks may know, and nothing else (rule T-A11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from markupsafe import Markup
from sqlalchemy.orm import Session

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.access import State, read_access, state_of
from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.content import people
from podcastsvc.content.people import SitePerson
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.web.context import language, now
from podcastsvc.web.episodes import person_view
from podcastsvc.web.episodes.person_view import PersonView
from podcastsvc.web.episodes.player import (
    Mark,
    Player,
    TranscriptView,
    find_heard,
    hears_whole,
    list_marks,
    load_transcript,
    make_player,
    may_preview,
)
from podcastsvc.web.site.addresses import Picture, make_picture
from podcastsvc.web.site.cards import (
    AccessWord,
    EpisodeCard,
    count_full_seconds,
    make_cards,
    name_access,
    write_episode_path,
)
from podcastsvc.web.site.shows import PageLink, PageShow
from podcastsvc.web.site.viewing import Viewing

_RELATED = 3
_UPDATED_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody heard in the episode; ``role`` is of the podcast taxonomy, ``href`` may be empty.

    ``page`` is their own page on the site; None for who has none, or while nobody may know that they are heard.
    """

    name: str
    role: str
    href: str
    page: PersonView | None

    @property
    def site(self) -> str:
        """The link's words: the host it leads to."""
        return (urlsplit(self.href).hostname or "").removeprefix("www.")


@dataclass(frozen=True, slots=True)
class TagLink:
    """A tag, and what its page's address names it by; "" where there is none."""

    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class EpisodeView:
    """One episode for one person.

    ``hears`` says whether the whole is open to them; where it is not, there are no chapters and no transcript.
    ``full_seconds`` is the length of the whole, ``more_seconds`` what the members' cut has beyond what this person hears.
    ``preview_state`` is set for the host while nobody else sees the page. ``language`` is None where it is the page's.
    """

    title: str
    guid: str
    number_alone: str
    notes: Markup
    summary: str
    language: str | None
    picture: Picture | None
    published_at: datetime | None
    updated_at: datetime | None
    public_from: datetime | None
    access: AccessWord
    hears: bool
    is_listed: bool
    full_seconds: int
    more_seconds: int
    player: Player | None
    chapters: list[Mark]
    transcript: TranscriptView | None
    guests: list[Guest]
    tags: list[TagLink]
    previous: PageLink | None
    next: PageLink | None
    related: list[EpisodeCard]
    preview_state: str | None

    @property
    def heard_seconds(self) -> int:
        """The length to tell: of what this person hears, and of the whole where that is still to be had."""
        is_whole = self.hears and self.player is not None and not self.player.is_preview
        return self.player.seconds if self.player is not None and is_whole else self.full_seconds

    @property
    def is_named(self) -> bool:
        """Whether the pages of its tags and people list it."""
        return self.is_listed and self.preview_state is None


def make_view(session: Session, episode: Episode, show: PageShow, viewing: Viewing) -> EpisodeView:
    """The view of an episode whose page answers this person. Its session must be the one that loaded it."""
    access = read_access(episode)
    hears = hears_whole(episode, viewing)
    heard = find_heard(episode, viewing) if hears else None
    neighbours = episodes.find_neighbours(session, episode, now())
    preview_state = str(state_of(access, now())) if may_preview(access, viewing) else None
    related = episodes.list_related(session, episode, now(), limit=_RELATED)
    return EpisodeView(
        title=episode.title,
        guid=episode.guid,
        number_alone=write_number_alone(episode),
        # Cleaned by the allow list of the catalogue when it was read (rule T-X1).
        notes=Markup(episode.notes_html),  # noqa: S704
        summary=episode.summary,
        language=episode.language if episode.language != language() else None,
        picture=make_picture(episode.artwork) or show.artwork,
        published_at=episode.published_at,
        updated_at=find_update(episode),
        public_from=access.public_from if access.public_from is not None and access.public_from > now() else None,
        access=name_access(access, now()),
        hears=hears,
        is_listed=episode.listed,
        full_seconds=count_full_seconds(episode),
        more_seconds=_count_more(episode, viewing) if hears else 0,
        player=make_player(episode, viewing),
        chapters=list_marks(episode, heard) if hears else [],
        transcript=load_transcript(episode, show, viewing, heard) if hears else None,
        guests=list_guests(session, episode, with_pages=episode.listed and preview_state is None),
        tags=[TagLink(tag, make_slug(tag)) for tag in episode.tags],
        previous=_link(neighbours.previous, show),
        next=_link(neighbours.next, show),
        related=make_cards(related, show, viewing.audience),
        preview_state=preview_state,
    )


def is_gone(episode: Episode) -> bool:
    """Whether the episode was out and has been taken back."""
    return state_of(read_access(episode), now()) is State.WITHDRAWN


def find_update(episode: Episode) -> datetime | None:
    """When an episode's words or audio were last changed after it had come out; None where they never were.

    Reading the folder for the first time, or again into an empty database, is no change.
    """
    known_at = max(episode.published_at or episode.created_at, episode.created_at)
    return episode.changed_at if episode.changed_at - known_at >= _UPDATED_AFTER else None


def list_guests(session: Session, episode: Episode, *, with_pages: bool) -> list[Guest]:
    """Everybody whom the episode names besides its hosts; three queries where there is somebody ``with_pages``."""
    found = [person for person in episode.people if person.get("role") not in episodes.HOSTS]
    known = people.list_people(session, (), now(), language()) if found and with_pages else []
    return [
        Guest(person["name"], person.get("role") or "guest", person.get("url") or "", _find_page(known, person["name"]))
        for person in found
    ]


def _find_page(known: Sequence[SitePerson], name: str) -> PersonView | None:
    about = people.find_person(known, make_slug(name))
    return None if about is None else person_view.make_view(about)


def write_number_alone(episode: Episode) -> str:
    """ "215", "B31"; "" where there is none."""
    return episode.number_display or str(episode.number or "")


def _count_more(episode: Episode, viewing: Viewing) -> int:
    """Seconds that the members' cut is longer than the public one, for those who hear the public one."""
    if episodes.hears_as_member(read_access(episode), viewing.audience):
        return 0
    current = episodes.list_current(episode)
    if "public" not in current or "members" not in current:
        return 0
    return max(current["members"].seconds - current["public"].seconds, 0)


def _link(episode: Episode | None, show: PageShow) -> PageLink | None:
    if episode is None:
        return None
    number = write_number_alone(episode)
    name = f"{number} · {episode.title}" if number else episode.title
    return PageLink(name, write_episode_path(episode, show))
