"""Tables of what the studio holds before an episode has it: whole uploads, unfinished ones, and forms that save themselves."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base


class Upload(Base):
    """One whole file in the spool folder; ``id`` is a ULID and, with the extension, the stored name (rule T-F1)."""

    __tablename__ = "upload"

    id: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id", ondelete="SET NULL"))
    declared_name: Mapped[str]
    extension: Mapped[str]
    length_bytes: Mapped[int]
    sha256: Mapped[str]
    facts: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class UnfinishedUpload(Base):
    """A file of which the first ``offset_bytes`` are on the disk for certain; more of it may be.

    ``fingerprint`` is what its sender's browser says of the file (name, size, time), so that the same one is known again.
    ``turn`` counts the requests that brought parts of it: only the last one may write.
    """

    __tablename__ = "unfinished_upload"
    __table_args__ = (CheckConstraint("offset_bytes between 0 and length_bytes", name="offset"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    declared_name: Mapped[str]
    fingerprint: Mapped[str]
    length_bytes: Mapped[int] = mapped_column(BigInteger)
    offset_bytes: Mapped[int] = mapped_column(BigInteger)
    turn: Mapped[int]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class KeptForm(Base):
    """A form of the studio as somebody left it, not saved yet: ``fields`` are its values by name, each a list.

    ``episode_id`` is None for an episode that is not there yet. ``place`` is that of a text's form below the studio
    ("articles/new", "articles/12"), None for an episode's.
    """

    __tablename__ = "kept_form"

    id: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    episode_id: Mapped[int | None] = mapped_column(ForeignKey("episode.id", ondelete="CASCADE"))
    place: Mapped[str | None]
    fields: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
