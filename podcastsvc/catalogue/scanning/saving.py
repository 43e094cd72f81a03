"""Saving what was read of episodes' folders: rows, audio, transcripts and old addresses, in the caller's transaction."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.access import Access, State, list_instants, read_access, state_of
from podcastsvc.catalogue.addresses import write_episode_path
from podcastsvc.catalogue.artwork.keeping import save_picture
from podcastsvc.catalogue.old_addresses import keeping as old_addresses
from podcastsvc.catalogue.remarks import Remark, advise
from podcastsvc.catalogue.scanning import parts, rows
from podcastsvc.catalogue.scanning.reading import ReadFolder
from podcastsvc.catalogue.scanning.report import Change
from podcastsvc.catalogue.scanning.rows import Shelf
from podcastsvc.kit.language import sentence
from podcastsvc.storage import jobs
from podcastsvc.storage.tables.episode import AudioFile, Episode, EpisodeAlias, Transcript
from podcastsvc.storage.tables.show import Show

PUBLISHED_JOB = "episode.published"
"""Told once when an episode comes out: payload ``{"episode_id": …}``. Its handler asks again whether it is out."""
CHANGED_JOB = "show.changed"
"""Told when a show's feeds change, by a write or because an instant has come: payload ``{"show_id": …}``."""

# An episode whose date is older was not published now: it came with a show that moved in, or with a rebuilt catalogue.
_NEWS = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of one folder. ``displaced`` is a folder whose episode this one took over, since it sorts first."""

    change: Change
    episode_id: int | None
    remarks: tuple[Remark, ...] = ()
    displaced: str | None = None


@dataclass(slots=True)
class _Desk:
    """One transaction in which folders are saved, and what is left for its end, when it is written in one go."""

    session: Session
    shows: dict[str, Show]
    shelf: Shelf
    now: datetime
    is_there: Callable[[str], bool]
    later: list[AudioFile | Transcript] = field(default_factory=list)
    changed: dict[str, list[Access]] = field(default_factory=dict)


def save_folders(
    session: Session, reads: list[ReadFolder], *, now: datetime, is_there: Callable[[str], bool]
) -> list[Saved]:
    """Brings the catalogue in line with folders that were read, those that are usable.

    ``is_there`` tells whether a folder of this name is still in the tree. A show's version rises if anything changed
    that its feeds or pages show.
    """
    with session.no_autoflush:
        desk = _Desk(session, lock_shows(session), Shelf(session, reads), now, is_there)
        saved = [_save_folder(desk, read) if read.is_usable else Saved(Change.REFUSED, None) for read in reads]
        session.add_all(desk.later)
        for folder, accesses in desk.changed.items():
            touch_show(session, desk.shows[folder], accesses, now)
        return saved


def lock_shows(session: Session) -> dict[str, Show]:
    """All shows by folder, the first one first. Who saves next to us waits, so that no version is given twice."""
    query = select(Show).order_by(Show.position, Show.id).with_for_update(key_share=True)
    return {show.folder: show for show in session.scalars(query)}


def _save_folder(desk: _Desk, read: ReadFolder) -> Saved:
    session, show, now = desk.session, desk.shows[read.folder.show], desk.now
    rivals = desk.shelf.list_rivals(show, read)
    found = rows.find_row(session, show, read, rivals, desk.is_there)
    if found.remark is not None:
        return Saved(Change.REFUSED, None, (found.remark,))
    is_new = found.row is None
    row = found.row or Episode(show_id=show.id, slug="", shown_hash="", changed_at=now, created_at=now)
    before = None if is_new else read_access(row)
    old_slug, remarks = row.slug, list[Remark]()
    slug = rows.choose_slug(session, row, read, rivals, desk.is_there, remarks)
    if slug is None:
        return Saved(Change.REFUSED, None, tuple(remarks))
    _fill(session, row, read, slug, now)
    audio, gone = parts.plan_audio(session, row, read.audio, desk.shelf, now)
    spoken, unspoken = parts.plan_transcripts(session, row, read.transcripts)
    shown = _hash_shown(row, audio, spoken)
    change = Change.ADDED if is_new else Change.UNCHANGED if shown == row.shown_hash else Change.CHANGED
    if change is not Change.UNCHANGED:
        row.shown_hash, row.changed_at = shown, now
    if is_new:
        session.add(row)
        desk.shelf.add(row)
    session.flush()  # What belongs to the episode needs its id, and what it left the next folder may take.
    for file in audio:
        file.episode_id = row.id
    for transcript in spoken:
        transcript.episode_id = row.id
    desk.later += (*audio, *spoken)
    parts.retire_audio(session, gone, was_out=before is not None and _is_out(before, now), now=now)
    for each in unspoken:
        session.delete(each)
    if not is_new and old_slug != slug:
        old, new = (_write_page_path(desk, show, each) for each in (old_slug, slug))
        _save_aliases(session, row, (old,), [])
        old_addresses.follow_page(session, old, new, now)
    _save_aliases(session, row, read.notes.aliases, remarks)
    if change is not Change.UNCHANGED:
        desk.changed.setdefault(show.folder, []).append(read_access(row))
        _announce(session, row, before, now)
    return Saved(change, row.id, tuple(remarks), found.displaced)


def drop_episode(session: Session, row: Episode, show: Show, now: datetime) -> None:
    """Takes an episode out of the index, because its folder is gone. Files stay where they are."""
    touch_show(session, show, (), now)
    session.execute(delete(Episode).where(Episode.id == row.id))


def touch_show(session: Session, show: Show, changed: Iterable[Access], now: datetime) -> None:
    """Raises the show's version, adds the instants at which changed episodes will change by themselves (rule F5), and
    enqueues the jobs that tell of it, now and then."""
    show.version += 1
    show.changed_at = now
    listed = [access for access in changed if access.listed]
    coming = {instant.isoformat() for instant in list_instants(listed) if instant > now}
    if not coming <= set(show.instants):
        show.instants = sorted({*show.instants, *coming})
    _tell_of_change(session, show, now)
    for instant in coming:
        _tell_of_change(session, show, datetime.fromisoformat(instant))


def _tell_of_change(session: Session, show: Show, at: datetime) -> None:
    session.flush()  # A new show gets its id here.
    key = f"{CHANGED_JOB}:{show.id}:{at:%Y%m%d%H%M%S}"
    jobs.enqueue(session, CHANGED_JOB, {"show_id": show.id}, run_at=at, unique_key=key, priority=1)


def tidy_instants(session: Session, show: Show, now: datetime) -> None:
    """The show's coming instants, counted anew from its episodes: those of earlier versions of them are dropped."""
    rows = session.execute(
        select(Episode.published_at, Episode.public_from, Episode.public_until, Episode.expires_at).where(
            Episode.show_id == show.id, Episode.listed
        )
    )
    accesses = (
        Access(published_at=at, public_from=from_, public_until=until, expires_at=end) for at, from_, until, end in rows
    )
    coming = [instant.isoformat() for instant in list_instants(accesses) if instant > now]
    if coming != [written for written in show.instants if datetime.fromisoformat(written) > now]:
        show.instants = coming
        show.version += 1


# ---- columns and old addresses


def _fill(session: Session, row: Episode, read: ReadFolder, slug: str, now: datetime) -> None:
    for name, value in read.values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    row.folder, row.slug = read.folder.name, slug
    if read.notes.guid or row.guid is None or rows.is_provisional(row.guid):
        row.guid = read.notes.guid or rows.make_provisional_guid(row.show_id, read.folder.name)
    if read.has_picture:
        row.artwork_id = save_picture(session, read.picture, now)
    if read.chapters is not None or row.chapters is None:
        row.chapters = [chapter.as_json() for chapter in read.chapters or ()]


def _save_aliases(session: Session, row: Episode, paths: Iterable[str], remarks: list[Remark]) -> None:
    """Old addresses of the episode's page; they redirect for ever. One that another episode has stays there."""
    for path in paths:
        found = session.get(EpisodeAlias, path)
        if found is None:
            session.add(EpisodeAlias(path=path, episode_id=row.id))
            session.flush()
        elif found.episode_id != row.id:
            owner = session.scalar(select(Episode.folder).where(Episode.id == found.episode_id))
            message = sentence(
                "the old address %(path)s leads to %(folder)s already, and stays there.", path=path, folder=owner
            )
            remarks.append(advise("notes.md", message))


def _write_page_path(desk: _Desk, show: Show, slug: str) -> str:
    is_first = show is next(iter(desk.shows.values()))
    return write_episode_path(slug, None if is_first else show.key)


# ---- what follows


def _hash_shown(row: Episode, audio: Iterable[AudioFile], spoken: Iterable[Transcript]) -> str:
    """A hash over all that feeds and pages show of an episode."""
    columns: dict[str, Any] = {name: getattr(row, name) for name in _SHOWN}
    names = [f"{each.variant} {each.name}.{each.extension}" for each in audio]
    marks = sorted(f"{each.language} {each.name} {each.sha256}" for each in spoken)
    text = json.dumps([columns, names, marks], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


_NOT_SHOWN = frozenset(("id", "folder", "shown_hash", "changed_at", "created_at", "notes", "extras"))
_SHOWN = tuple(column.name for column in Episode.__table__.columns if column.name not in _NOT_SHOWN)


def _announce(session: Session, row: Episode, before: Access | None, now: datetime) -> None:
    """Enqueues the job that tells of an episode, for now or for its hour, unless it was told of or is old."""
    access = read_access(row)
    state = state_of(access, now)
    if state not in {State.PUBLISHED, State.SCHEDULED} or access.published_at is None:
        return
    if before is not None and before.published_at is not None and _is_out(before, now):
        return
    if access.published_at < now - _NEWS:
        return
    due_at = max(access.published_at, now)
    jobs.enqueue(
        session,
        PUBLISHED_JOB,
        {"episode_id": row.id},
        run_at=due_at,
        unique_key=f"{PUBLISHED_JOB}:{row.id}:{access.published_at.isoformat()}",
    )


def _is_out(access: Access, now: datetime) -> bool:
    return state_of(access, now) in {State.PUBLISHED, State.WITHDRAWN}
