"""The list of members for the host: each person with what they may hear now, searched and narrowed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from podcastsvc.members.entitlements import Entitlement, Standing, get_entitlement, list_entitlements
from podcastsvc.storage.tables.member import FeedLink, LinkReader, Member

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One person and their entitlement."""

    member: Member
    entitlement: Entitlement


@dataclass(frozen=True, slots=True)
class LinkOwner:
    """A link that works, and whose it is."""

    link: FeedLink
    member: Member


def list_members(
    session: Session, now: datetime, *, words: str = "", standing: Standing | None = None
) -> list[MemberRow]:
    """All who were not removed, newest first. ``words`` are looked for in address and name, whatever their case."""
    query = select(Member).where(Member.removed_at.is_(None)).order_by(Member.created_at.desc(), Member.id.desc())
    if words.strip():
        pattern = words.strip()
        query = query.where(
            or_(Member.email_key.icontains(pattern, autoescape=True), Member.name.icontains(pattern, autoescape=True))
        )
    members = list(session.scalars(query))
    rows = [
        MemberRow(member, entitlement)
        for start in range(0, len(members), _AT_ONCE)
        for member, entitlement in _entitle(session, members[start : start + _AT_ONCE], now)
    ]
    return [row for row in rows if standing is None or row.entitlement.standing is standing]


def get_row(session: Session, member: Member, now: datetime) -> MemberRow:
    """One person with their entitlement."""
    return MemberRow(member, get_entitlement(session, member.id, now))


def list_last_heard(session: Session, member_ids: Sequence[int]) -> dict[int, datetime]:
    """When each of these members last fetched audio through any link; those who never did are left out."""
    query = select(FeedLink.member_id, func.max(FeedLink.heard_at)).where(
        FeedLink.member_id.in_(member_ids), FeedLink.heard_at.is_not(None)
    )
    rows = session.execute(query.group_by(FeedLink.member_id))
    return {member_id: heard_at for member_id, heard_at in rows if heard_at is not None}


def list_owners(session: Session, link_ids: Sequence[int]) -> dict[int, LinkOwner]:
    """Whose these links are, by link; those that stopped are left out."""
    query = (
        select(FeedLink, Member)
        .join(Member, Member.id == FeedLink.member_id)
        .where(FeedLink.id.in_(link_ids), FeedLink.replaced_at.is_(None), FeedLink.revoked_at.is_(None))
    )
    return {link.id: LinkOwner(link, member) for link, member in session.execute(query)}


def count_links_by_app(session: Session, since: datetime) -> Counter[str]:
    """How many members' links each app has read since an instant."""
    query = select(LinkReader.name, func.count()).where(LinkReader.is_app, LinkReader.last_at >= since)
    return Counter(dict(session.execute(query.group_by(LinkReader.name)).all()))


def count_standings(rows: list[MemberRow]) -> Counter[Standing]:
    """How many members have each standing; hosts are not counted."""
    return Counter(row.entitlement.standing for row in rows if row.member.role == "member")


def _entitle(session: Session, members: list[Member], now: datetime) -> list[tuple[Member, Entitlement]]:
    found = list_entitlements(session, [member.id for member in members], now)
    return [(member, found[member.id]) for member in members]
