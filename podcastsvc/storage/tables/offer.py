"""Tables of ways to join and to give: coupons, trials that were used, gifts, groups, and planned changes of price."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base


class Coupon(Base):
    """A code that lowers a price. One of ``percent_off`` and ``amount_off_minor`` is set; Stripe holds the limits.

    ``months``: None takes it off the first payment only, 0 off all of them. ``plan`` None is for every plan.
    """

    __tablename__ = "coupon"
    __table_args__ = (CheckConstraint("(percent_off is null) <> (amount_off_minor is null)", name="off"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    percent_off: Mapped[float | None]
    amount_off_minor: Mapped[int | None]
    currency: Mapped[str | None]
    months: Mapped[int | None]
    plan: Mapped[str | None]
    redeem_by: Mapped[datetime | None]
    max_redemptions: Mapped[int | None]
    is_first_time_only: Mapped[bool] = mapped_column(default=False)
    is_open: Mapped[bool] = mapped_column(default=True)
    stripe_id: Mapped[str | None]
    promotion_code_id: Mapped[str | None]
    account: Mapped[str | None]
    livemode: Mapped[bool | None]
    created_at: Mapped[datetime]


class Trial(Base):
    """A trial that was begun. ``email_hash`` outlives its member, so that nobody has two."""

    __tablename__ = "trial"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id", ondelete="SET NULL"), index=True)
    email_hash: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    begun_at: Mapped[datetime]


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


class Group(Base):
    """The link by which a member invites those that they pay for; made at the first look at it.

    Only the hash of the link's code is kept: the code is worked out from the key ``code_key_id``, the payer and
    ``code_number``, which rises with each new link.
    """

    __tablename__ = "group"

    payer_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(unique=True)
    code_number: Mapped[int] = mapped_column(default=1)
    code_key_id: Mapped[str]
    created_at: Mapped[datetime]


class Seat(Base):
    """A place in a group that somebody has taken. It gives access while ``position`` is below the number that is paid for.

    The payer's own place has no row: positions begin at 1, without gaps, in the order in which people came. Seats hang on
    the payer and not on a subscription, so that they are full again when the payer comes back.
    """

    __tablename__ = "seat"
    __table_args__ = (
        CheckConstraint("position > 0", name="position"),
        UniqueConstraint("payer_id", "position"),
        UniqueConstraint("payer_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    position: Mapped[int]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    taken_at: Mapped[datetime]


class PriceMove(Base):
    """Running subscriptions that go over to a newer price with the first period after ``takes_effect_at``."""

    __tablename__ = "price_move"
    __table_args__ = (UniqueConstraint("from_price_id", "to_price_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    from_price_id: Mapped[int] = mapped_column(ForeignKey("price.id"))
    to_price_id: Mapped[int] = mapped_column(ForeignKey("price.id"))
    takes_effect_at: Mapped[datetime]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
