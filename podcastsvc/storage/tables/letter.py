"""Table of letters: the outbox, and the proof that each letter is owed only once."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base


class Letter(Base):
    """One letter to one person. What it says is dropped once it is sent (rule T-M6); the row stays as the proof.

    ``calendar`` is the file that it carries (``kit/calendars.py``), where it is about a meeting.
    """

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("kind", "object_id", "period"),
        CheckConstraint("state in ('queued', 'sent', 'dead')", name="state"),
        Index("ix_letter_created_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    object_id: Mapped[str]
    period: Mapped[str]
    member_id: Mapped[int | None]
    to: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str | None]
    html: Mapped[str | None]
    calendar: Mapped[str | None]
    headers: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
