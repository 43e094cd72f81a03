"""The search index follows what is published: whatever differs from what was indexed is indexed anew, little by little.

Nobody has to tell it what has changed: it compares the stamps. So it heals by itself after anything, and fills itself
at the first start.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, literal, select
from sqlalchemy.orm import Session, selectinload

from podcastsvc.content.search.texts import VERSION, WRITING_KINDS, make_episode_item, make_writing_item
from podcastsvc.storage import jobs, search
from podcastsvc.storage.db import Database
from podcastsvc.storage.search import Item
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.storage.tables.search import SearchItem
from podcastsvc.storage.tables.writing import Writing

log = logging.getLogger(__name__)

FOLLOW_JOB = "search.follow"
"""Brings the index in line; without payload."""

SECONDS_AT_ONCE = 10.0
"""So long the worker stays with it before it does what else is due, such as letters."""

_AT_ONCE = 5
_LISTED_AT_ONCE = 500
_GONE_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Source:
    """Things of which some are to be found. ``wanted`` selects kind, id and the hash of what is shown, under the names
    ``kind``, ``ref_id`` and ``hash``; ``load`` makes their items, out of the given session."""

    kinds: tuple[str, ...]
    wanted: Select[str, int, str]
    load: Callable[[Session, Sequence[int]], list[Item]]


@dataclass(frozen=True, slots=True)
class Followed:
    """What one pass did. ``is_done``: nothing is left to do."""

    indexed: int
    removed: int
    is_done: bool


def enqueue(session: Session, now: datetime, *, priority: int = 0) -> None:
    """Has the index follow a change, in the caller's transaction; once for all changes of a second."""
    jobs.enqueue(session, FOLLOW_JOB, unique_key=f"{FOLLOW_JOB}:{now:%Y%m%d%H%M%S}", priority=priority)


def follow(db: Database, *, seconds: float | None = SECONDS_AT_ONCE) -> Followed:
    """Indexes what is new or has changed and takes out what is gone, a few at a time, each few in a short transaction of
    their own. ``seconds`` is when to stop with some left; None works on to the end."""
    began = time.monotonic()
    indexed = removed = 0
    for source in SOURCES:
        removed += _remove_gone(db, source)
        while stale := _list_stale(db, source):
            for at in range(0, len(stale), _AT_ONCE):
                indexed += _index(db, source, stale[at : at + _AT_ONCE])
                if seconds is not None and time.monotonic() - began > seconds:
                    return Followed(indexed, removed, is_done=False)
    if indexed or removed:
        log.info("search index brought up to date", extra={"indexed": indexed, "removed": removed})
    return Followed(indexed, removed, is_done=True)


def rebuild(db: Database) -> Followed:
    """Indexes everything anew. What is there already is found meanwhile."""
    with db.transaction() as session:
        search.forget_stamps(session)
    return follow(db, seconds=None)


def _list_stale(db: Database, source: Source) -> list[int]:
    """What differs from what was indexed, the newest first: those are looked for most."""
    wanted = source.wanted.subquery()
    is_item = and_(SearchItem.kind == wanted.c.kind, SearchItem.ref_id == wanted.c.ref_id)
    is_old = (SearchItem.id.is_(None)) | (SearchItem.stamp != literal(f"{VERSION}.").concat(wanted.c.hash))
    query = select(wanted.c.ref_id).outerjoin_from(wanted, SearchItem, is_item).where(is_old)
    with db.reading() as session:
        return list(session.scalars(query.order_by(wanted.c.ref_id.desc()).limit(_LISTED_AT_ONCE)))


def _index(db: Database, source: Source, ids: Sequence[int]) -> int:
    with db.reading() as session:
        items = source.load(session, ids)
    with db.transaction() as session:
        for item in items:
            search.put(session, item)
    return len(items)


def _remove_gone(db: Database, source: Source) -> int:
    wanted = source.wanted.subquery()
    is_item = and_(SearchItem.kind == wanted.c.kind, SearchItem.ref_id == wanted.c.ref_id)
    query = (
        select(SearchItem.id)
        .outerjoin_from(SearchItem, wanted, is_item)
        .where(SearchItem.kind.in_(source.kinds), wanted.c.ref_id.is_(None))
        .limit(_GONE_AT_ONCE)
    )
    removed = 0
    while True:
        with db.reading() as session:
            gone = list(session.scalars(query))
        if not gone:
            return removed
        with db.transaction() as session:
            search.remove(session, gone)
        removed += len(gone)


def _load_episodes(session: Session, ids: Sequence[int]) -> list[Item]:
    query = select(Episode).where(Episode.id.in_(ids)).options(selectinload(Episode.transcripts))
    return [make_episode_item(episode) for episode in session.scalars(query)]


def _load_writings(session: Session, ids: Sequence[int]) -> list[Item]:
    return [make_writing_item(writing) for writing in session.scalars(select(Writing).where(Writing.id.in_(ids)))]


# Drafts, and what is in no list, are not indexed at all; what has not come out is, and is found from then on.
SOURCES = (
    Source(
        ("episode",),
        select(literal("episode").label("kind"), Episode.id.label("ref_id"), Episode.shown_hash.label("hash")).where(
            Episode.published_at.is_not(None), Episode.listed
        ),
        _load_episodes,
    ),
    Source(
        WRITING_KINDS,
        select(Writing.kind.label("kind"), Writing.id.label("ref_id"), Writing.shown_hash.label("hash")).where(
            Writing.published_at.is_not(None), Writing.listed
        ),
        _load_writings,
    ),
)
