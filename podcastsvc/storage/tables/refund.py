"""Table of members who ask for money back."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base


class RefundRequest(Base):
    """A member's wish for a payment back, and the host's answer to it."""

    __tablename__ = "refund_request"
    __table_args__ = (
        CheckConstraint("state in ('open', 'refunded', 'declined')", name="state"),
        Index("ix_refund_request_state", "state", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.stripe_id"), unique=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id", ondelete="SET NULL"), index=True)
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    answer: Mapped[str]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("member.id", ondelete="SET NULL"))
