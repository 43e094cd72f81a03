"""Tables of consultations: what can be booked, and the times that are taken."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base


class Consultation(Base):
    """A talk with the host that can be booked. ``texts``: ``{language: {"title", "summary"}}``."""

    __tablename__ = "consultation"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("amount_minor >= 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    texts: Mapped[dict[str, Any]]
    minutes: Mapped[int]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    is_open: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class Booking(Base):
    """A time that is held while somebody pays (until ``held_until``), or booked."""

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint("state in ('held', 'booked', 'cancelled')", name="state"),
        CheckConstraint("ends_at > starts_at", name="span"),
        Index("ix_booking_span", "starts_at", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"), unique=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="held")
    held_until: Mapped[datetime | None]
    name: Mapped[str]
    email: Mapped[str]
    topic: Mapped[str]
    zone: Mapped[str]
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
