"""Tables about people: members and hosts, sign-in codes, sessions, feed links and who reads them, set-up codes."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base


class Member(Base):
    """A person with an account, paying or not. ``email_key`` is the canonical form that makes addresses equal.

    ``no_reminders_at``: since when the person wants no letters that remind of a feed nobody reads.
    """

    __tablename__ = "member"
    __table_args__ = (CheckConstraint("role in ('member', 'host')", name="role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None]
    email_key: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    language: Mapped[str]
    role: Mapped[str] = mapped_column(default="member")
    password_hash: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    no_reminders_at: Mapped[datetime | None]


class SignInCode(Base):
    """One code and one link, sent together in one letter; the first use of either voids both (rule T-A5).

    ``member_id`` is empty where the address has no account: the row then only keeps the answers alike (rule T-A6).
    ``browser_hash`` binds it to the browser that asked.
    """

    __tablename__ = "sign_in_code"
    __table_args__ = (CheckConstraint("purpose in ('sign_in', 'email_change', 'password')", name="purpose"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    email_key: Mapped[str] = mapped_column(index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str | None]
    link_hash: Mapped[str | None] = mapped_column(unique=True)
    browser_hash: Mapped[str | None]
    new_email: Mapped[str | None]
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    code_expires_at: Mapped[datetime]
    link_expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class MemberSession(Base):
    """One signed-in browser; ``id_hash`` is SHA-256 of the cookie (rule T-A1).

    ``proved_at`` is empty where the person has paid for an address and never shown that its letters reach them.
    """

    __tablename__ = "member_session"

    id_hash: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    proved_at: Mapped[datetime | None]
    agent: Mapped[str] = mapped_column(default="")


class FeedAnswer(StrEnum):
    """What an app got that asked for a feed (rules 6.3, F4, F10)."""

    FULL = "full"
    ENDED = "ended"
    """The notice that no membership runs, and the public episodes."""
    REPLACED = "replaced"
    """The notice that the link was replaced, and nothing else."""
    UNCHANGED = "unchanged"
    GONE = "gone"
    TOO_OFTEN = "too_often"

    @property
    def is_refusal(self) -> bool:
        return self in {FeedAnswer.GONE, FeedAnswer.TOO_OFTEN}


class FeedLink(Base):
    """One personal feed address with its two secrets (rules A4, A10, T-M1).

    ``salt`` and ``key_id`` let the page show the address again; the hashes find the row. ``replaced_at``: the member made
    a new one; ``revoked_at``: the host took it away. ``fetched_answer`` is a ``FeedAnswer``, "" before the first fetch.
    ``opened_at``: the member last tapped an app for it, or opened the page that lists them.
    """

    __tablename__ = "feed_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(default="")
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str | None]
    feed_hash: Mapped[str] = mapped_column(unique=True)
    listen_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]
    fetched_by: Mapped[str] = mapped_column(default="")
    fetched_answer: Mapped[str] = mapped_column(default="")
    first_heard_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]


class LinkReader(Base):
    """One app or other program that reads a link's feed, and when last (rule H3).

    ``name`` is the one that the lists of agents give it; ``is_app`` is False for browsers and for robots of other sites.
    """

    __tablename__ = "link_reader"

    feed_link_id: Mapped[int] = mapped_column(ForeignKey("feed_link.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    is_app: Mapped[bool]
    last_at: Mapped[datetime]


class SetupCode(Base):
    """A short-lived code behind a QR picture: opens the app list of one feed link on a phone for 15 minutes."""

    __tablename__ = "setup_code"

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    feed_link_id: Mapped[int] = mapped_column(ForeignKey("feed_link.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
