"""Signed-in browsers: rows on the server that end at once when they should (rules T-A1, T-A2)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from podcastsvc.kit.secrets import hash_secret
from podcastsvc.kit.text import clean_line
from podcastsvc.storage.inserts import change_rows
from podcastsvc.storage.tables.member import Member, MemberSession

_SECRET_BYTES = 32
_LONGEST_AGENT_CHARS = 200
# Noting each request would make every page a write; this is exact enough for the shortest idle time of 12 hours.
_TOUCHED_EVERY = timedelta(minutes=10)
FRESH_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts unused, and at all."""

    idle: timedelta
    absolute: timedelta


LIFETIMES = {
    "member": Lifetime(timedelta(days=30), timedelta(days=180)),
    "host": Lifetime(timedelta(hours=12), timedelta(days=14)),
}


class Span(Protocol):
    """What of a session says how long it lasts: the whole row, or these columns of it."""

    @property
    def created_at(self) -> datetime: ...
    @property
    def last_seen_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that is good, and whose it is."""

    row: MemberSession
    member: Member


def start_session(session: Session, member: Member, *, agent: str, now: datetime, is_proved: bool = True) -> str:
    """Signs a browser in and returns the secret for its cookie: 256 random bits. ``agent`` is its User-Agent header.

    ``is_proved`` is False for a browser that has only paid: whose the address is, nobody has shown (rule T-A2).
    """
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    session.add(
        MemberSession(
            id_hash=hash_secret(secret),
            member_id=member.id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + LIFETIMES[member.role].absolute,
            proved_at=now if is_proved else None,
            agent=clean_line(agent, limit_chars=_LONGEST_AGENT_CHARS),
        )
    )
    return secret


def find_session(session: Session, secret: str, now: datetime) -> SignedIn | None:
    """The session of a cookie, and its member; None where it has ended, was idle too long, or never was."""
    found = session.execute(
        select(MemberSession, Member)
        .join(Member, Member.id == MemberSession.member_id)
        .where(MemberSession.id_hash == hash_secret(secret), Member.removed_at.is_(None))
    ).one_or_none()
    if found is None or not is_good(found[0], found[1].role, now):
        return None
    return SignedIn(found[0], found[1])


def is_good(row: Span, role: str, now: datetime) -> bool:
    """Whether a session of someone with this role still counts. A host's limits apply to sessions of before, too."""
    lifetime = LIFETIMES[role]
    ends_at = min(row.expires_at, row.created_at + lifetime.absolute, row.last_seen_at + lifetime.idle)
    return now < ends_at


def is_fresh(found: SignedIn, now: datetime) -> bool:
    """Whether the person proved who they are within the last 15 minutes, as changes to sign-in ask for (rule T-A2).

    Never for an address of which nobody has shown that its letters reach them: its owner may be somebody else.
    """
    proved_at = found.row.proved_at
    return found.member.confirmed_at is not None and proved_at is not None and now < proved_at + FRESH_FOR


def needs_touch(row: MemberSession, now: datetime) -> bool:
    """Whether the last use is so long ago that it should be noted."""
    return now - row.last_seen_at >= _TOUCHED_EVERY


def touch(session: Session, id_hash: str, now: datetime) -> None:
    """Notes that the session was used."""
    session.execute(update(MemberSession).where(MemberSession.id_hash == id_hash).values(last_seen_at=now))


def renew_session(session: Session, id_hash: str) -> str:
    """Gives a session another secret, which is returned, at a change of rights; the old one is worth nothing now."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    session.execute(update(MemberSession).where(MemberSession.id_hash == id_hash).values(id_hash=hash_secret(secret)))
    return secret


def list_sessions(session: Session, member: Member, now: datetime) -> list[MemberSession]:
    """A member's good sessions, the one used last first."""
    rows = session.scalars(
        select(MemberSession)
        .where(MemberSession.member_id == member.id)
        .order_by(MemberSession.last_seen_at.desc(), MemberSession.id_hash)
    )
    return [row for row in rows if is_good(row, member.role, now)]


def end_session(session: Session, id_hash: str, *, member_id: int) -> bool:
    """Signs one browser of this member out; False where it is not signed in, or is somebody else's."""
    ended = delete(MemberSession).where(MemberSession.id_hash == id_hash, MemberSession.member_id == member_id)
    return change_rows(session, ended) > 0


def end_sessions(session: Session, member_id: int, *, but: str | None = None) -> int:
    """Signs a member out everywhere, except in the session with the id hash ``but``. Returns how many ended."""
    ended = delete(MemberSession).where(MemberSession.member_id == member_id)
    if but is not None:
        ended = ended.where(MemberSession.id_hash != but)
    return change_rows(session, ended)


def sweep(session: Session, now: datetime) -> None:
    """Removes sessions that are over."""
    session.execute(delete(MemberSession).where(MemberSession.expires_at < now))


_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"))
_MORE_BROWSERS = (("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"))
_MORE_SYSTEMS = (("Macintosh", "Mac"), ("Linux", "Linux"))


def name_browser(agent: str) -> str:
    """``Firefox, Android``: what the list of sessions calls a browser; "" where it does not say."""
    browser = next((name for mark, name in _BROWSERS + _MORE_BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS + _MORE_SYSTEMS if mark in agent), "")
    return ", ".join(part for part in (browser, system) if part)
