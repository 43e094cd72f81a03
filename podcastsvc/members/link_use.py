"""How a feed link is used: when its member opened it in an app, and which apps and other programs read its feed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, select, update
from sqlalchemy.orm import Session

from podcastsvc.kit.secrets import hash_secret
from podcastsvc.members import feed_tokens, sessions
from podcastsvc.storage.db import Database
from podcastsvc.storage.glance import Glance
from podcastsvc.storage.inserts import insert_or_take
from podcastsvc.storage.tables.member import FeedLink, LinkReader, Member, MemberSession

# Whoever loads the page of apps again and again writes once in this time.
_OPENED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Reading:
    """One answered request for a member's feed. ``name`` is the reader's, by the lists of agents."""

    link_id: int
    name: str
    is_app: bool
    at: datetime


# ---- written


def is_opening_worth_noting(link: FeedLink, now: datetime) -> bool:
    """Whether it is a minute since the last."""
    return link.opened_at is None or now - link.opened_at >= _OPENED_EVERY


def record_opening(session: Session, link_id: int, now: datetime) -> None:
    """Notes that the member tapped an app for this link, or opened the page that lists them."""
    session.execute(update(FeedLink).where(FeedLink.id == link_id, feed_tokens.is_of_member()).values(opened_at=now))


def record_readings(session: Session, readings: Iterable[Reading]) -> None:
    """Notes when each reader last had a feed (rule H3); links that are gone by now are passed over, and those of members
    who were removed (rule T-S4)."""
    last: dict[tuple[int, str], Reading] = {}
    for reading in sorted(readings, key=lambda each: each.at):
        last[reading.link_id, reading.name] = reading
    ids = {link_id for link_id, _name in last}
    kept = select(FeedLink.id).where(FeedLink.id.in_(ids), feed_tokens.is_of_member())
    there = set(session.scalars(kept)) if ids else set()
    # Always in the same order, so that two processes never wait for each other.
    rows = [
        {"feed_link_id": link_id, "name": name, "is_app": reading.is_app, "last_at": reading.at}
        for (link_id, name), reading in sorted(last.items())
        if link_id in there
    ]
    insert_or_take(session, LinkReader, rows, key=["feed_link_id", "name"], taken=["is_app", "last_at"])


def forget_use(session: Session, member_id: int) -> None:
    """Forgets when and by which apps a member listened, and what they called their links (rule T-S4).

    Call it once the member is marked as removed: what apps ask for later is not noted then.
    """
    links = select(FeedLink.id).where(FeedLink.member_id == member_id)
    session.execute(delete(LinkReader).where(LinkReader.feed_link_id.in_(links)))
    nothing = {
        "label": "",
        "opened_at": None,
        "fetched_at": None,
        "fetched_by": "",
        "fetched_answer": "",
        "first_heard_at": None,
        "heard_at": None,
    }
    session.execute(update(FeedLink).where(FeedLink.member_id == member_id).values(**nothing))


# ---- read


def list_readers(session: Session, link_ids: Sequence[int]) -> dict[int, list[LinkReader]]:
    """Who reads the feeds of these links, by link, the latest reader first; every link has its list."""
    found: dict[int, list[LinkReader]] = {link_id: [] for link_id in link_ids}
    if found:
        query = select(LinkReader).where(LinkReader.feed_link_id.in_(found))
        for row in session.scalars(query.order_by(LinkReader.last_at.desc(), LinkReader.name)):
            found[row.feed_link_id].append(row)
    return found


def list_readings_of_browser(db: Database, secret: str, now: datetime) -> dict[int, Reading] | None:
    """The latest reading by an app of each link whose member is signed in with this cookie; None where nobody is.

    One statement over indexes, and nothing written: pages that wait for an app ask for it every few seconds.
    """
    rows = db.glance(_OF_BROWSER, hash=hash_secret(secret))
    if not rows or not sessions.is_good(rows[0], rows[0].role, now):
        return None
    return _pick_latest(rows)


def find_reading(session: Session, link_id: int) -> dict[int, Reading] | None:
    """The same for one live link; None where it is none any more."""
    rows = session.execute(_OF_LINK, {"link": link_id}).all()
    return _pick_latest(rows) if rows else None


def _pick_latest(rows: Sequence[Any]) -> dict[int, Reading]:
    read = sorted((row for row in rows if row.name is not None), key=lambda row: row.last_at)
    return {row.feed_link_id: Reading(row.feed_link_id, row.name, True, row.last_at) for row in read}


_LIVE = and_(FeedLink.replaced_at.is_(None), FeedLink.revoked_at.is_(None))
_BY_APP = and_(LinkReader.feed_link_id == FeedLink.id, LinkReader.is_app)
_READ: tuple[Any, ...] = (LinkReader.feed_link_id, LinkReader.name, LinkReader.last_at)
_SIGNED_IN = (MemberSession.created_at, MemberSession.last_seen_at, MemberSession.expires_at, Member.role)
_OF_BROWSER = Glance(
    select(*_SIGNED_IN, *_READ)
    .select_from(MemberSession)
    .join(Member, Member.id == MemberSession.member_id)
    .outerjoin(FeedLink, and_(FeedLink.member_id == Member.id, _LIVE))
    .outerjoin(LinkReader, _BY_APP)
    .where(MemberSession.id_hash == bindparam("hash"), Member.removed_at.is_(None))
)
_OF_LINK = select(FeedLink.id, *_READ).outerjoin(LinkReader, _BY_APP).where(FeedLink.id == bindparam("link"), _LIVE)
