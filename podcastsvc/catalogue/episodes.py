"""Reading episodes: the lists and look-ups that feeds, media, pages and the studio share.

What an audience may know is decided by ``catalogue.access``; the conditions here only spare reading what has not come out.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, or_, select
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from podcastsvc.catalogue import chapters
from podcastsvc.catalogue.access import Access, Audience, is_out, may_hear, read_access
from podcastsvc.catalogue.addresses import EpisodePlace
from podcastsvc.catalogue.chapters import Chapter
from podcastsvc.catalogue.shows import find_show
from podcastsvc.catalogue.texts import transcripts
from podcastsvc.storage.tables.episode import AudioFile, Episode, EpisodeAlias, Transcript

HOSTS = frozenset(("host", "co-host"))
"""The roles of those who make a show."""

# How many of the newest related episodes are compared before the best few are shown.
_MOST_WEIGHED = 50
_TEXTS = (defer(Episode.notes), defer(Episode.notes_html), defer(Episode.feed_html))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The episodes that came out just before and just after another one."""

    previous: Episode | None
    next: Episode | None


@dataclass(frozen=True, slots=True)
class PlaceOut:
    """The page of an episode that is out, and when what it shows last changed."""

    slug: str
    changed_at: datetime


def list_out(
    session: Session,
    show_id: int,
    now: datetime,
    *,
    season: int | None = None,
    only: Collection[int] | None = None,
    offset: int = 0,
    limit: int | None = None,
    with_notes: bool = False,
) -> list[Episode]:
    """Listed episodes that have come out for somebody, newest first, with audio, artwork and transcripts.

    ``only`` narrows the list down to some ids. The notes' three texts are read only ``with_notes``; three queries whatever
    the number of episodes.
    """
    query = _loaded(select(Episode).where(_is_among(show_id, now, season, only)), with_notes=with_notes)
    query = query.order_by(Episode.published_at.desc(), Episode.guid).offset(offset)
    return list(session.scalars(query if limit is None else query.limit(limit)).unique())


def count_out(
    session: Session,
    show_id: int,
    now: datetime,
    *,
    season: int | None = None,
    only: Collection[int] | None = None,
) -> int:
    """How many ``list_out`` would list."""
    return session.scalar(select(func.count(Episode.id)).where(_is_among(show_id, now, season, only))) or 0


def list_places_out(session: Session, show_id: int, now: datetime, *, limit: int) -> list[PlaceOut]:
    """Where the pages of episodes are that ``list_out`` would list, newest first; one query without their texts."""
    query = select(Episode.slug, Episode.changed_at).where(_is_out(show_id, now))
    rows = session.execute(query.order_by(Episode.published_at.desc(), Episode.guid).limit(limit))
    return [PlaceOut(row.slug, row.changed_at) for row in rows]


def list_by_id(session: Session, episode_ids: Sequence[int]) -> list[Episode]:
    """Episodes as ``list_out`` loads them, in any order; those that are not there are left out."""
    query = _loaded(select(Episode).where(Episode.id.in_(episode_ids)), with_notes=False)
    return list(session.scalars(query).unique())


def list_seasons(session: Session, show_id: int, now: datetime) -> list[int]:
    """The seasons that have an episode out, newest first."""
    query = select(Episode.season).where(_is_out(show_id, now), Episode.season.is_not(None)).distinct()
    return sorted((season for season in session.scalars(query) if season is not None), reverse=True)


def list_all(session: Session, show_id: int | None = None) -> list[Episode]:
    """Every episode in every state, drafts first, then newest first: for the studio."""
    query = _loaded(select(Episode), with_notes=False).order_by(
        Episode.published_at.is_not(None), Episode.published_at.desc(), Episode.id.desc()
    )
    return list(session.scalars(query if show_id is None else query.where(Episode.show_id == show_id)).unique())


def find_next_scheduled(session: Session, show_id: int, now: datetime) -> Episode | None:
    """The listed episode that comes out next."""
    query = select(Episode).where(Episode.show_id == show_id, Episode.listed, Episode.published_at > now)
    return session.scalars(query.order_by(Episode.published_at).limit(1)).first()


def find_by_slug(session: Session, show_id: int, slug: str) -> Episode | None:
    """The episode at ``/episodes/<slug>/`` in any state, with notes, audio, artwork and transcripts."""
    query = _loaded(select(Episode).where(Episode.show_id == show_id, Episode.slug == slug), with_notes=True)
    return session.scalars(query).unique().first()


def find_by_id(session: Session, episode_id: int) -> Episode | None:
    """The same by its row's id."""
    query = _loaded(select(Episode).where(Episode.id == episode_id), with_notes=True)
    return session.scalars(query).unique().first()


def find_by_alias(session: Session, path: str) -> Episode | None:
    """The episode that an old address belongs to; with and without a slash at its end."""
    paths = {path, path.rstrip("/"), path.rstrip("/") + "/"}
    query = (
        select(Episode).join(EpisodeAlias, EpisodeAlias.episode_id == Episode.id).where(EpisodeAlias.path.in_(paths))
    )
    return session.scalars(query.limit(1)).first()


def find_by_place(session: Session, place: EpisodePlace) -> Episode | None:
    """The episode whose page lies at a path, in any state and without its texts."""
    show = find_show(session, place.show_key)
    if show is None:
        return None
    query = select(Episode).where(Episode.show_id == show.id, Episode.slug == place.slug)
    return session.scalars(query.options(*_TEXTS)).first()


def find_neighbours(session: Session, episode: Episode, now: datetime) -> Neighbours:
    """What came out before and after an episode, for "previous" and "next"; nothing for one that is not out."""
    if episode.published_at is None:
        return Neighbours(None, None)
    query = select(Episode).options(*_TEXTS).where(_is_out(episode.show_id, now), Episode.id != episode.id).limit(1)
    before = query.where(Episode.published_at <= episode.published_at).order_by(
        Episode.published_at.desc(), Episode.guid
    )
    after = query.where(Episode.published_at > episode.published_at).order_by(Episode.published_at, Episode.guid)
    return Neighbours(session.scalars(before).first(), session.scalars(after).first())


def list_related(session: Session, episode: Episode, now: datetime, *, limit: int) -> list[Episode]:
    """Listed episodes of the show that share tags or guests with one, those that share most first, then the newest; with
    audio. Three queries, as ``list_out``."""
    tags, guests = _list_marks(episode)
    if not tags and not guests:
        return []
    # Narrows down by the lists' JSON text, which both databases keep as json.dumps wrote it; the count decides.
    has_one = or_(
        *(_holds(cast(Episode.tags, Text), tag) for tag in sorted(tags)),
        *(_holds(cast(Episode.people, Text), name) for name in sorted(guests)),
    )
    query = _loaded(select(Episode), with_notes=False).where(
        _is_out(episode.show_id, now), Episode.id != episode.id, has_one
    )
    found = session.scalars(query.order_by(Episode.published_at.desc(), Episode.guid).limit(_MOST_WEIGHED)).unique()
    shared = [(_count_shared((tags, guests), _list_marks(each)), each) for each in found]
    shared.sort(key=lambda pair: -pair[0])
    return [each for count, each in shared[:limit] if count]


def _holds(written: ColumnElement[str], text: str) -> ColumnElement[bool]:
    return func.lower(written).contains(json.dumps(text).lower(), autoescape=True)


def _list_marks(episode: Episode) -> tuple[set[str], set[str]]:
    """What an episode is about, and who is heard in it besides its hosts, who are heard in all of them."""
    guests = {person["name"] for person in episode.people if person.get("role") not in HOSTS}
    return set(episode.tags), guests


def _count_shared(some: Sequence[set[str]], others: Sequence[set[str]]) -> int:
    return sum(
        len({name.casefold() for name in mine} & {name.casefold() for name in theirs})
        for mine, theirs in zip(some, others, strict=True)
    )


def find_audio(session: Session, name: str) -> AudioFile | None:
    """The audio file at an address, current or replaced, with its episode and that one's other files."""
    of_episode = joinedload(AudioFile.episode).options(*_TEXTS, selectinload(Episode.audio))
    return session.scalars(select(AudioFile).where(AudioFile.name == name).options(of_episode)).first()


def find_transcript(session: Session, name: str) -> tuple[Transcript, Episode] | None:
    """A transcript by the name in its address, with its episode and that one's audio files."""
    query = (
        select(Transcript, Episode).join(Episode, Episode.id == Transcript.episode_id).where(Transcript.name == name)
    )
    found = session.execute(query.options(*_TEXTS, selectinload(Episode.audio))).first()
    return None if found is None else (found[0], found[1])


def list_current(episode: Episode) -> dict[str, AudioFile]:
    """The audio that an episode offers now, by variant; without what was replaced. Its ``audio`` must be loaded."""
    newest_last = sorted(episode.audio, key=lambda each: each.id)
    return {each.variant: each for each in newest_last if each.replaced_at is None}


def find_main_audio(episode: Episode) -> AudioFile | None:
    """The audio that stands for an episode where nobody in particular asks: the public's, else the members'."""
    current = list_current(episode)
    return current.get("public") or current.get("members")


def has_lost_audio(episode: Episode) -> bool:
    """Whether an episode that was heard before has nothing to hear any more. Its ``audio`` must be loaded."""
    return any(each.variant != "preview" for each in episode.audio) and find_main_audio(episode) is None


def pick_audio(episode: Episode, audience: Audience, now: datetime) -> AudioFile | None:
    """What an audience hears of an episode: the members' cut if they may, the public one if it is all there is, else
    the preview, else None. The episode's ``audio`` must be loaded."""
    current = list_current(episode)
    access = read_access(episode)
    if may_hear(access, audience, now):
        wanted = ("members", "public") if hears_as_member(access, audience) else ("public", "members")
        return next((current[variant] for variant in wanted if variant in current), None)
    return current.get("preview")


def list_chapters(episode: Episode, audio: AudioFile | None) -> list[Chapter]:
    """The chapters that may be shown to who hears this of an episode's audio; none with a preview (rules C1, T-A11)."""
    if audio is None or audio.variant == "preview":
        return []
    found = (Chapter(**each) for each in episode.chapters)
    return chapters.pick(found, variant=audio.variant, seconds=audio.seconds)


def cut_transcript(text: str, episode: Episode, audio: AudioFile | None) -> str:
    """What who hears this of an episode's audio may read of its transcript, in either form; "" for nothing (T-A11).

    An episode without audio has a transcript to read; one whose audio is not for this reader is not to be asked for.
    """
    return text if audio is None or not is_shortened(episode, audio) else transcripts.cut(text, audio.seconds)


def is_shortened(episode: Episode, audio: AudioFile) -> bool:
    """Whether somebody else hears more of an episode. Its ``audio`` must be loaded."""
    return any(each.seconds > audio.seconds for each in list_current(episode).values())


def hears_as_member(access: Access, audience: Audience) -> bool:
    """Whether an audience gets the members' cut of an episode: any plan for "public" and "members", a named one else."""
    if audience.is_public:
        return False
    return access.kind != "plans" or bool(access.plans & audience.plans)


def may_fetch(audio: AudioFile, audience: Audience, now: datetime) -> bool:
    """Whether an audience may fetch one audio file by its address at an instant (rules M8, T-A11).

    The preview is for everyone once the episode is out. The members' cut stays the members', unless it is all there is:
    a members' episode that became public is heard by everyone. ``audio.episode`` and its ``audio`` must be loaded.
    """
    access = read_access(audio.episode)
    if audio.variant == "preview":
        return is_out(access, now)
    if not may_hear(access, audience, now):
        return False
    if audio.variant == "public" or hears_as_member(access, audience):
        return True
    return "public" not in list_current(audio.episode)


def _is_among(show_id: int, now: datetime, season: int | None, only: Collection[int] | None) -> ColumnElement[bool]:
    """Whether an episode is out, and in a narrowed list of its show."""
    wanted = [_is_out(show_id, now)]
    if season is not None:
        wanted.append(Episode.season == season)
    if only is not None:
        wanted.append(Episode.id.in_(only))
    return and_(*wanted)


def _is_out(show_id: int, now: datetime) -> ColumnElement[bool]:
    return and_(Episode.show_id == show_id, is_out_anywhere(now))


def is_out_anywhere(now: datetime) -> ColumnElement[bool]:
    """Whether an episode is in a list of some show's: it is out for somebody, and listed."""
    return and_(
        Episode.listed,
        Episode.published_at <= now,
        or_(Episode.expires_at.is_(None), Episode.expires_at > now),
    )


def _loaded(query: Select[Episode], *, with_notes: bool) -> Select[Episode]:
    options = [
        joinedload(Episode.artwork),
        selectinload(Episode.audio),
        selectinload(Episode.transcripts).options(defer(Transcript.vtt), defer(Transcript.srt)),
    ]
    return query.options(*options) if with_notes else query.options(*options, *_TEXTS)
