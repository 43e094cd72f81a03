"""Tables about money: plans, prices, orders, the mirror of Stripe, grants, notices."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base


class Plan(Base):
    """What a member can join. ``texts``: ``{language: {"title", "summary", "benefits": [...]}}``.

    ``trial_days`` 0 offers no trial. ``most_seats`` above 1 makes it a plan for groups, which is bought by the seat.
    """

    __tablename__ = "plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    texts: Mapped[dict[str, Any]]
    position: Mapped[int] = mapped_column(default=0)
    is_open: Mapped[bool] = mapped_column(default=True)
    trial_days: Mapped[int] = mapped_column(default=0)
    trial_needs_card: Mapped[bool] = mapped_column(default=True)
    most_seats: Mapped[int] = mapped_column(default=1)
    tax_code: Mapped[str] = mapped_column(default="")
    stripe_id: Mapped[str | None]
    account: Mapped[str | None]
    livemode: Mapped[bool | None]
    created_at: Mapped[datetime]


class Price(Base):
    """Amount, currency and interval of a plan; never changed, only followed by another.

    With ``least_minor`` buyers choose the amount themselves: from there to ``most_minor``, and ``amount_minor`` is what we
    suggest. ``months`` is how long a price that is paid once lasts; None for good.
    """

    __tablename__ = "price"
    __table_args__ = (
        CheckConstraint("interval in ('month', 'year', 'once')", name="interval"),
        CheckConstraint("amount_minor >= 0", name="amount"),
        Index(
            "uq_price_open",
            "plan_id",
            "interval",
            "currency",
            unique=True,
            sqlite_where=text("is_open"),
            postgresql_where=text("is_open"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"))
    interval: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    least_minor: Mapped[int | None]
    most_minor: Mapped[int | None]
    months: Mapped[int | None]
    lookup_key: Mapped[str]
    is_open: Mapped[bool] = mapped_column(default=True)
    stripe_id: Mapped[str | None] = mapped_column(unique=True)
    account: Mapped[str | None]
    livemode: Mapped[bool | None]
    created_at: Mapped[datetime]


class BillingCustomer(Base):
    """A member's customer at Stripe; a member may have several (another currency, a merge)."""

    __tablename__ = "billing_customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    stripe_id: Mapped[str] = mapped_column(unique=True)
    account: Mapped[str]
    livemode: Mapped[bool]
    currency: Mapped[str | None]
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class Order(Base):
    """Something that someone set out to buy; ``id`` is a ULID that travels through Stripe as the link back to us.

    ``refunded``: the money goes back whole and what was bought ends; the nightly pass sees to it until both are true.
    ``amount_minor`` is for one of ``quantity`` (seats); ``revision`` rises with each change of what is wanted. ``details``
    is what its kind needs to know besides: see the file of that kind in ``billing/kinds/``.
    """

    __tablename__ = "order"
    __table_args__ = (
        CheckConstraint("kind in ('membership', 'donation', 'gift', 'consultation')", name="kind"),
        CheckConstraint("state in ('open', 'paid', 'failed', 'expired', 'refunded')", name="state"),
        Index("ix_order_state_created", "state", "created_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    email: Mapped[str | None]
    kind: Mapped[str]
    price_id: Mapped[int | None] = mapped_column(ForeignKey("price.id"))
    amount_minor: Mapped[int]
    currency: Mapped[str]
    interval: Mapped[str] = mapped_column(default="once")
    quantity: Mapped[int] = mapped_column(default=1)
    coupon_id: Mapped[int | None] = mapped_column(ForeignKey("coupon.id"))
    trial_days: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    details: Mapped[dict[str, Any]]
    language: Mapped[str]
    attribution: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="open")
    browser_hash: Mapped[str | None]
    checkout_id: Mapped[str | None] = mapped_column(unique=True)
    checkout_expires_at: Mapped[datetime | None]
    account: Mapped[str | None]
    livemode: Mapped[bool | None]
    created_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]

    @property
    def total_minor(self) -> int:
        """What all of it costs, before a coupon or a tax."""
        return self.amount_minor * self.quantity


class Subscription(Base):
    """The mirror of one subscription at Stripe, written by ``billing.apply.sync_subscription`` only.

    ``kind`` is its order's: a monthly donation is one too, and has no plans unless the host ties its amount to one.
    ``plans`` are the keys of all our plans among its items; ``period_end`` the earliest of theirs. ``version`` rises with
    each write, so that no fetch that began earlier can overwrite a later one. ``paused_since`` is when we first saw that
    it is paused: Stripe does not say since when.
    """

    __tablename__ = "subscription"

    stripe_id: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    customer_id: Mapped[str] = mapped_column(index=True)
    order_id: Mapped[str | None]
    account: Mapped[str]
    livemode: Mapped[bool]
    kind: Mapped[str] = mapped_column(default="membership")
    plans: Mapped[list[str]]
    price_id: Mapped[int | None] = mapped_column(ForeignKey("price.id"))
    status: Mapped[str]
    interval: Mapped[str | None]
    quantity: Mapped[int] = mapped_column(default=1)
    amount_minor: Mapped[int]
    currency: Mapped[str]
    planned_price_id: Mapped[int | None] = mapped_column(ForeignKey("price.id"))
    planned_at: Mapped[datetime | None]
    started_at: Mapped[datetime]
    period_start: Mapped[datetime | None]
    period_end: Mapped[datetime | None]
    trial_end: Mapped[datetime | None]
    cancel_at: Mapped[datetime | None]
    canceled_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    past_due_since: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    paused_since: Mapped[datetime | None]
    is_collection_paused: Mapped[bool] = mapped_column(default=False)
    latest_invoice: Mapped[str | None]
    card_brand: Mapped[str | None]
    card_last4: Mapped[str | None]
    card_expires: Mapped[str | None]
    access_kept_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    synced_at: Mapped[datetime]


class Payment(Base):
    """The mirror of one payment at Stripe; the row stays when its member is removed."""

    __tablename__ = "payment"

    stripe_id: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    order_id: Mapped[str | None] = mapped_column(ForeignKey("order.id"))
    subscription_id: Mapped[str | None] = mapped_column(index=True)
    invoice_id: Mapped[str | None] = mapped_column(index=True)
    kind: Mapped[str]
    account: Mapped[str]
    livemode: Mapped[bool]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    refunded_minor: Mapped[int] = mapped_column(default=0)
    refunds_made: Mapped[int] = mapped_column(default=0)
    dispute_id: Mapped[str | None]
    dispute_state: Mapped[str | None]
    dispute_due_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    synced_at: Mapped[datetime]


class Grant(Base):
    """A plan given without a subscription, with a reason and maybe an end; ``once`` was paid for by one payment."""

    __tablename__ = "grant"
    __table_args__ = (
        CheckConstraint("reason in ('gift', 'comp', 'import', 'staff', 'once')", name="reason"),
        UniqueConstraint("reason", "source_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    plan: Mapped[str]
    reason: Mapped[str]
    source_id: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Notice(Base):
    """One webhook message from Stripe: only which object changed, never a body."""

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint("state in ('new', 'done', 'ignored', 'failed', 'dead')", name="state"),
        Index("ix_notice_state", "state", "next_try_at"),
    )

    notice_id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[str]
    created_at: Mapped[datetime]
    livemode: Mapped[bool]
    received_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(default="new")
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    error: Mapped[str | None]
    done_at: Mapped[datetime | None]
