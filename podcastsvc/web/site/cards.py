"""Episodes as lists show them: what the person who looks may play, and the way to the rest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.access import PUBLIC, Access, Audience, is_members_first, is_public, may_hear, read_access
from podcastsvc.catalogue.chapters import Chapter
from podcastsvc.kit.language import format_length
from podcastsvc.storage.tables.episode import AudioFile, Episode
from podcastsvc.web.context import language, now, services
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext, ngettext
from podcastsvc.web.site.addresses import Picture, make_picture
from podcastsvc.web.site.shows import PageShow, main_show

AccessWord = Literal["public", "first", "members"]


@dataclass(frozen=True, slots=True)
class EpisodeCard:
    """One episode in a list; the names are those of the macro ``episode_row``. ``seconds`` is what may be played."""

    title: str
    href: str
    play_href: str | None
    picture: Picture | None
    published_at: datetime | None
    number: str
    summary: str
    seconds: int
    length: str
    access: AccessWord
    public_on: datetime | None
    is_preview: bool
    join_href: str | None
    join_label: str
    extras: str
    language: str | None


def make_cards(found: Iterable[Episode], show: PageShow, audience: Audience) -> list[EpisodeCard]:
    """Cards for episodes of one show, whose audio, artwork and transcripts are loaded."""
    return [make_card(episode, show, audience) for episode in found]


def make_card(episode: Episode, show: PageShow, audience: Audience) -> EpisodeCard:
    access = read_access(episode)
    hears = may_hear(access, audience, now())
    audio = episodes.pick_audio(episode, audience, now())
    seconds = audio.seconds if audio is not None else 0
    href = write_episode_path(episode, show)
    return EpisodeCard(
        title=episode.title,
        href=href,
        play_href=f"{href}?play=1" if audio is not None else None,
        picture=make_picture(episode.artwork) or show.artwork,
        published_at=episode.published_at,
        number=write_number(episode),
        summary=episode.summary,
        seconds=seconds,
        length=write_length(seconds),
        access=name_access(access, now()),
        public_on=access.public_from if is_members_first(access, now()) else None,
        is_preview=not hears,
        # A member who may not hear it has a plan without it.
        join_href=None if hears or not audience.is_public else make_path("join.page"),
        join_label="" if hears or not audience.is_public else write_join_for_all(count_full_seconds(episode)),
        extras=write_extras(episode, audio) if hears else "",
        language=episode.language if episode.language != language() else None,
    )


def list_latest(limit: int) -> list[EpisodeCard]:
    """The newest episodes of the site's first show as everyone sees them, for pages that lead nowhere else."""
    show = main_show()
    if show is None:
        return []
    with services().db.reading() as session:
        return make_cards(episodes.list_out(session, show.id, now(), limit=limit), show, PUBLIC)


def write_episode_path(episode: Episode, show: PageShow, endpoint: str = "episodes.page") -> str:
    """The path of an episode's page in the present language; below the show's key where it is a further show."""
    return make_path(endpoint, slug=episode.slug, key=show.key_in_path)


def name_access(access: Access, at: datetime) -> AccessWord:
    """Who hears an episode at an instant, in the three kinds that lists tell apart."""
    if is_public(access, at):
        return "public"
    return "first" if is_members_first(access, at) else "members"


def count_full_seconds(episode: Episode) -> int:
    """How long the whole episode is, in the members' cut where there is one; 0 where there is no audio."""
    current = episodes.list_current(episode)
    whole = current.get("members") or current.get("public")
    return whole.seconds if whole is not None else 0


def write_number(episode: Episode) -> str:
    """ "Episode 215"; for one without a number what it is, if it is no usual one."""
    number = episode.number_display or episode.number
    if number:
        return gettext("Episode %(number)s") % {"number": number}
    return {"trailer": gettext("Trailer"), "bonus": gettext("Bonus")}.get(episode.type, "")


def list_chapters(episode: Episode, heard: AudioFile | None) -> list[Chapter]:
    """The chapters of what is heard that lists show: all but those that say they are for the player only."""
    return [chapter for chapter in episodes.list_chapters(episode, heard) if chapter.toc]


def write_length(seconds: int) -> str:
    return format_length(seconds, language())


def write_join_for_all(seconds: int) -> str:
    if not seconds:
        return gettext("Join to hear it")
    return gettext("Join for all %(length)s") % {"length": write_length(seconds)}


def write_extras(episode: Episode, heard: AudioFile | None) -> str:
    """What there is beside the audio: "Transcript · 9 chapters"."""
    number = len(list_chapters(episode, heard))
    if number and episode.transcripts:
        text = ngettext("Transcript · %(number)s chapter", "Transcript · %(number)s chapters", number)
        return text % {"number": number}
    if number:
        return ngettext("%(number)s chapter", "%(number)s chapters", number) % {"number": number}
    return gettext("Transcript") if episode.transcripts else ""
