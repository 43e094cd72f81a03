"""Table of consultations: times that are held for a payment, booked, or cancelled."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base


class Consultation(Base):
    """One time of the host's for one person. ``id`` is the first order's that asked for it, and outlives a change of order.

    Until ``held_until`` a time is kept for who is paying. ``sequence`` rises with each change, so that calendars take the
    newer one. ``zone`` (IANA) is the buyer's. ``name``, ``email`` and ``question`` are dropped a while after it is over.
    """

    __tablename__ = "consultation"
    __table_args__ = (
        CheckConstraint("state in ('held', 'booked', 'cancelled')", name="state"),
        CheckConstraint("ends_at > starts_at", name="length"),
        Index("ix_consultation_state_starts", "state", "starts_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str | None] = mapped_column(ForeignKey("order.id"), unique=True)
    state: Mapped[str] = mapped_column(default="held")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    name: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    question: Mapped[str] = mapped_column(default="")
    language: Mapped[str]
    zone: Mapped[str]
    sequence: Mapped[int] = mapped_column(default=0)
    cancelled_by: Mapped[str | None]
    is_returned: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60
