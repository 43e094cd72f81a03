"""Table of gifts."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base


class Gift(Base):
    """A paid gift. ``deliver_on`` is a day in the show's zone; None sends it at once.

    Only the code's hash is kept: the code is worked out from the key ``code_key_id``, the order and ``code_number``,
    which rises with each new code.
    """

    __tablename__ = "gift"
    __table_args__ = (
        CheckConstraint("state in ('paid', 'redeemed', 'refunded')", name="state"),
        CheckConstraint("months > 0", name="months"),
        Index("ix_gift_due", "delivered_at", "deliver_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"), unique=True)
    code_hash: Mapped[str] = mapped_column(unique=True)
    code_number: Mapped[int] = mapped_column(default=1)
    code_key_id: Mapped[str]
    plan: Mapped[str]
    months: Mapped[int]
    buyer_email: Mapped[str]
    buyer_name: Mapped[str]
    recipient_email: Mapped[str | None]
    recipient_name: Mapped[str]
    message: Mapped[str]
    language: Mapped[str]
    deliver_on: Mapped[date | None]
    delivered_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default="paid")
    redeemed_by: Mapped[int | None] = mapped_column(ForeignKey("member.id", ondelete="SET NULL"), index=True)
    redeemed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
