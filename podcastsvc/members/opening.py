"""What a secret in an address opens: the link, and what its member may hear, in one read (rules F5, M8).

Every feed, every 304 and every range begins here, so it makes no objects of the database's tables.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute

from podcastsvc.kit.secrets import hash_secret, read_token
from podcastsvc.members.entitlements import Entitlement, entitle_rows, select_claims
from podcastsvc.storage.db import Database
from podcastsvc.storage.glance import Glance
from podcastsvc.storage.tables.billing import Grant, Subscription
from podcastsvc.storage.tables.member import FeedLink
from podcastsvc.storage.tables.offer import Seat


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A feed link as it is read for an answer; the fields are those of the table."""

    id: int
    member_id: int
    salt: bytes | None
    key_id: str | None
    feed_hash: str
    listen_hash: str
    created_at: datetime
    replaced_at: datetime | None
    revoked_at: datetime | None
    opened_at: datetime | None
    fetched_at: datetime | None
    fetched_by: str
    fetched_answer: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A link, in whatever state, and what its member may hear at the instant that was asked for."""

    link: LinkRow
    entitlement: Entitlement


def open_feed(db: Database, token: str, now: datetime) -> Opened | None:
    """What a feed token opens, written in any case; a listen token opens nothing here."""
    return _open(db, _BY_FEED, token, now)


def open_audio(db: Database, token: str, now: datetime) -> Opened | None:
    """What a listen token opens; a feed token opens nothing here."""
    return _open(db, _BY_LISTEN, token, now)


def _open(db: Database, question: Glance, token: str, now: datetime) -> Opened | None:
    found = read_token(token)
    rows = [] if found is None else db.glance(question, hash=hash_secret(found))
    if not rows:
        return None
    link = LinkRow(*rows[0][: len(_COLUMNS)])
    return Opened(link, entitle_rows([row for row in rows if row.is_grant is not None], now))


_COLUMNS = tuple(FeedLink.__table__.c[name] for name in LinkRow.__dataclass_fields__)


def _select(hashed: InstrumentedAttribute[str]) -> Select[Any]:
    """The link in the first columns of every row, its member's claims in the others; a row without claims for none."""
    member = select(FeedLink.member_id).where(hashed == bindparam("hash")).scalar_subquery()
    claims = select_claims(
        Subscription.member_id == member, Grant.member_id == member, Seat.member_id == member
    ).subquery()
    # The claim's "id" and "member_id" would hide the link's.
    shown = [column.label("claim_member_id") if column.name == "member_id" else column for column in claims.c]
    return (
        select(*(column.label(f"link_{column.name}") for column in _COLUMNS), *shown)
        .select_from(FeedLink.__table__.outerjoin(claims, claims.c.member_id == FeedLink.member_id))
        .where(hashed == bindparam("hash"))
    )


_BY_FEED = Glance(_select(FeedLink.feed_hash))
_BY_LISTEN = Glance(_select(FeedLink.listen_hash))
