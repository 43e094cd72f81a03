"""Personal feed links: making them, showing them again, finding them by their secrets, replacing and revoking them.

A link has two secrets of one form, the feed token and the listen token, worked out from the display key and the row's
salt. The row keeps only their hashes, so a copy of the database gives no working address, and a lost key keeps every
feed alive: it only cannot be shown again (rules A4, A10, T-M1).
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast

from sqlalchemy import ColumnElement, Table, bindparam, exists, func, literal, select, update
from sqlalchemy.orm import Session

from podcastsvc.errors import Conflict, Misconfigured
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.language import N_
from podcastsvc.kit.secrets import derive_token, hash_secret
from podcastsvc.kit.text import clean_line
from podcastsvc.members.opening import LinkRow
from podcastsvc.storage.inserts import change_rows
from podcastsvc.storage.tables.base import Instant
from podcastsvc.storage.tables.member import FeedAnswer, FeedLink, Member

KEY_PURPOSE = "feed-links"
MOST_LINKS = 10
NO_LINKS = N_("The host has taken your link away. Write to the host.")
ENOUGH_LINKS = N_("Ten links are the most. Use one of them in two apps, or replace one.")
REPLACED_FOR = timedelta(days=30)
_SALT_BYTES = 16
_LONGEST_LABEL_CHARS = 60
# Apps ask every few minutes. Noting each fetch would turn the cheapest answer into a write.
_NOTED_EVERY = timedelta(minutes=10)


# A link as the table has it, or as it is read for an answer.
AnyLink = FeedLink | LinkRow


class LinkState(StrEnum):
    """What a link's addresses answer with (feeds, section 6.3)."""

    LIVE = "live"
    REPLACED = "replaced"
    """The member made a new one less than 30 days ago: one notice item, no audio."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class LinkSecrets:
    """The two secrets of a link: one opens the feed, the other audio, chapters and transcripts."""

    feed_token: str
    listen_token: str


def make_link(session: Session, keys: Keys, member_id: int, *, label: str = "", now: datetime) -> FeedLink:
    """A further link for a member. It is flushed, because the caller needs its id."""
    salt = secrets.token_bytes(_SALT_BYTES)
    found = _derive(keys, keys.current_id, salt)
    if found is None:
        raise Misconfigured("The key file holds no key.")
    link = FeedLink(
        member_id=member_id,
        label=clean_line(label, limit_chars=_LONGEST_LABEL_CHARS),
        salt=salt,
        key_id=keys.current_id,
        feed_hash=hash_secret(found.feed_token),
        listen_hash=hash_secret(found.listen_token),
        created_at=now,
    )
    session.add(link)
    session.flush()
    return link


def add_link(session: Session, keys: Keys, member_id: int, *, label: str, now: datetime) -> FeedLink:
    """A further link that a member asks for, to give each app its own.

    Raises Conflict beyond ten, and where the host has taken all of them away: that is not the member's to undo.
    """
    links = list_links(session, member_id)
    if not links:
        raise Conflict(NO_LINKS)
    if len(links) >= MOST_LINKS:
        raise Conflict(ENOUGH_LINKS)
    return make_link(session, keys, member_id, label=label, now=now)


def show_link(keys: Keys, link: FeedLink) -> LinkSecrets | None:
    """The secrets of a link; None for an imported one, or where its key is lost: it works on, and can be replaced."""
    if link.salt is None or link.key_id is None:
        return None
    found = _derive(keys, link.key_id, link.salt)
    # Another key under the same id would give secrets that open nothing.
    return found if found is not None and hash_secret(found.feed_token) == link.feed_hash else None


def find_listen_token(keys: Keys, link: AnyLink) -> str | None:
    """The listen token of a link, which its feed carries; None where its key is lost."""
    if link.salt is None or link.key_id is None:
        return None
    found = _derive(keys, link.key_id, link.salt)
    return found.listen_token if found is not None and hash_secret(found.listen_token) == link.listen_hash else None


def renew_listen_token(session: Session, keys: Keys, link: AnyLink) -> str:
    """A new listen token for a link whose old one cannot be worked out any more; the feed token goes on opening it.

    Apps then see new addresses for the audio, once. Without this a lost key would leave the feed without any. Of two
    processes that do it at once the first one's token stands, and both give it out.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    found = _derive(keys, keys.current_id, salt)
    if found is None:
        raise Misconfigured("The key file holds no key.")
    values = {"salt": salt, "key_id": keys.current_id, "listen_hash": hash_secret(found.listen_token)}
    unchanged = (FeedLink.id == link.id, FeedLink.listen_hash == link.listen_hash)
    if change_rows(session, update(FeedLink).where(*unchanged).values(**values)):
        return found.listen_token
    current = session.get_one(FeedLink, link.id, populate_existing=True)
    # A rival with another key file has put there what we cannot work out either: ours follows it.
    return find_listen_token(keys, current) or renew_listen_token(session, keys, current)


def _derive(keys: Keys, key_id: str, salt: bytes) -> LinkSecrets | None:
    key = keys.derive(KEY_PURPOSE, key_id=key_id)
    if key is None:
        return None
    return LinkSecrets(derive_token(key, "feed", salt), derive_token(key, "listen", salt))


def state_of(link: AnyLink, now: datetime) -> LinkState:
    """The state of a link at an instant. Pure."""
    if link.revoked_at is not None and link.revoked_at <= now:
        return LinkState.GONE
    if link.replaced_at is None or link.replaced_at > now:
        return LinkState.LIVE
    return LinkState.REPLACED if now < link.replaced_at + REPLACED_FOR else LinkState.GONE


def list_links(session: Session, member_id: int) -> list[FeedLink]:
    """A member's live links, oldest first."""
    return list(
        session.scalars(
            select(FeedLink)
            .where(FeedLink.member_id == member_id, FeedLink.replaced_at.is_(None), FeedLink.revoked_at.is_(None))
            .order_by(FeedLink.id)
        )
    )


def list_links_ever(session: Session, member_id: int) -> list[FeedLink]:
    """All links a member ever had: the live ones, oldest first, then the others, newest first."""
    links = list(session.scalars(select(FeedLink).where(FeedLink.member_id == member_id).order_by(FeedLink.id)))
    live = [link for link in links if link.replaced_at is None and link.revoked_at is None]
    return [*live, *reversed([link for link in links if link not in live])]


def find_link(session: Session, member_id: int, link_id: int) -> FeedLink | None:
    """One live link of this member; None for somebody else's (rule T-A10)."""
    return next((link for link in list_links(session, member_id) if link.id == link_id), None)


def get_first_link(session: Session, keys: Keys, member_id: int, *, now: datetime) -> FeedLink:
    """A member's oldest live link; a new one where the host has revoked all of them and gives access again."""
    links = list_links(session, member_id)
    return links[0] if links else make_link(session, keys, member_id, now=now)


def replace_link(session: Session, keys: Keys, link: FeedLink, *, now: datetime) -> FeedLink:
    """Puts a new link in place of one, with the same label; the old one gives nothing to hear from now on.

    A second request for the same link (two clicks) makes no second one.
    """
    live = (FeedLink.id == link.id, FeedLink.replaced_at.is_(None))
    if not change_rows(session, update(FeedLink).where(*live).values(replaced_at=now)):
        return get_first_link(session, keys, link.member_id, now=now)
    return make_link(session, keys, link.member_id, label=link.label, now=now)


def revoke_link(session: Session, link: FeedLink, *, now: datetime) -> None:
    """Takes a link away for good: its addresses answer 410."""
    session.execute(
        update(FeedLink).where(FeedLink.id == link.id, FeedLink.revoked_at.is_(None)).values(revoked_at=now)
    )


def revoke_links(session: Session, member_id: int, *, now: datetime) -> None:
    """Takes all links of a member away."""
    session.execute(
        update(FeedLink).where(FeedLink.member_id == member_id, FeedLink.revoked_at.is_(None)).values(revoked_at=now)
    )


def rename_link(session: Session, link: FeedLink, label: str) -> None:
    """Sets the label that the member gives a link, such as "kitchen radio"."""
    name = clean_line(label, limit_chars=_LONGEST_LABEL_CHARS)
    session.execute(update(FeedLink).where(FeedLink.id == link.id).values(label=name))


def is_worth_noting(link: AnyLink, app: str, answer: FeedAnswer, now: datetime) -> bool:
    """Whether a fetch by an app tells anybody anything new: another app or answer, or ten minutes since the last.

    That nothing has changed is no other answer: apps hear it all day, between the answers that say something.
    """
    if link.fetched_at is None or is_waited_for(link):
        return True
    if link.fetched_by != app or now - link.fetched_at >= _NOTED_EVERY:
        return True
    return answer not in {link.fetched_answer, FeedAnswer.UNCHANGED}


def is_waited_for(link: AnyLink) -> bool:
    """Whether a page may be waiting for an app to read this link: none has, or none since it was opened in one."""
    # Instants are whole seconds: what was fetched in the second of the tap may have come before it.
    return link.fetched_at is None or (link.opened_at is not None and link.fetched_at <= link.opened_at)


@dataclass(frozen=True, slots=True)
class LastFetch:
    """One app's last request for the feed of a link, and what it got."""

    link_id: int
    app: str
    answer: FeedAnswer
    at: datetime


def record_fetches(session: Session, fetches: Iterable[LastFetch]) -> None:
    """Notes when and by which app feeds were asked for, one fetch for each link (rule H3). Ask ``is_worth_noting`` first.

    Of members who were removed nothing is noted, here and below (rule T-S4): their apps go on asking for long.
    """
    rows = [
        {
            "link": fetch.link_id,
            "at": fetch.at,
            "app": clean_line(fetch.app, limit_chars=_LONGEST_LABEL_CHARS),
            "answer": fetch.answer,
        }
        # Always in the same order, so that two processes never wait for each other.
        for fetch in sorted(fetches, key=lambda each: each.link_id)
    ]
    if rows:
        session.execute(_NOTE_FETCH, rows)


def record_listen(session: Session, link_ids: Sequence[int], now: datetime) -> None:
    """Notes when audio was last fetched through these links, and when for the first time."""
    values = {"heard_at": now, "first_heard_at": func.coalesce(FeedLink.first_heard_at, literal(now, Instant()))}
    session.execute(update(FeedLink).where(FeedLink.id.in_(link_ids), is_of_member()).values(**values))


def is_of_member() -> ColumnElement[bool]:
    """Whether a link's member is still there: removing one keeps the links' rows, which answer 410."""
    # Not "in (select …)": SQLite lists all members for it, and again for each link that is written.
    return exists().where(Member.id == FeedLink.member_id, Member.removed_at.is_(None))


_LINKS = cast("Table", FeedLink.__table__)
# Of the table and not of its class: many rows go through it at once, after an episode those of all members.
_NOTE_FETCH = (
    update(_LINKS)
    .where(_LINKS.c.id == bindparam("link"), is_of_member())
    .values(fetched_at=bindparam("at"), fetched_by=bindparam("app"), fetched_answer=bindparam("answer"))
)


def write_feed_path(feed_token: str, show: str | None = None) -> str:
    """The path of a member feed; ``show`` is the key of a further show (rules A1, A3)."""
    return f"/private/{feed_token}/{show or 'feed'}.xml"
