"""What Stripe states and what we ask of it, in our own words: frozen values with aware UTC instants and Money."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from podcastsvc.billing.tax import NO_TAX, TaxRules
from podcastsvc.kit.money import Money

Interval = Literal["month", "year", "once"]
OrderKind = Literal["membership", "donation", "gift", "consultation"]


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The account behind the key. ``clock_at`` is Stripe's clock when it answered, None where the answer had no date."""

    id: str
    livemode: bool
    name: str
    descriptor: str
    clock_at: datetime | None


@dataclass(frozen=True, slots=True)
class CardFacts:
    """As much of a card as people need to recognise it. ``expires`` reads ``2034-08``."""

    brand: str
    last4: str
    expires: str


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """A customer; ``is_deleted`` where Stripe knows only that there was one."""

    id: str
    is_deleted: bool = False
    livemode: bool = False
    email: str | None = None
    currency: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PriceFacts:
    """A price. ``money`` is None for tiers and amounts that the buyer chooses; ``interval`` None for steps that we do not sell."""

    id: str
    product_id: str
    money: Money | None
    interval: Interval | None
    lookup_key: str | None
    is_active: bool
    livemode: bool
    tax_behavior: str | None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """One item of a subscription; the period stands here, not on the subscription."""

    id: str
    price: PriceFacts
    quantity: int
    period_start: datetime
    period_end: datetime


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """An invoice. The addresses expire, so they are fetched when clicked and never stored."""

    id: str
    status: str
    created_at: datetime
    due: Money
    paid: Money
    attempts: int
    next_try_at: datetime | None
    paid_at: datetime | None
    customer_id: str | None
    subscription_id: str | None
    payment_id: str | None
    page_url: str | None
    pdf_url: str | None


@dataclass(frozen=True, slots=True)
class PlannedPrice:
    """A price that a schedule puts in place of the present one, by Stripe's id."""

    price_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """A subscription as it is now, whatever notice made us ask.

    ``has_pending_update``: a change waits for its payment. ``planned`` is known only where the schedule was expanded.
    """

    id: str
    status: str
    livemode: bool
    customer_id: str
    items: tuple[ItemFacts, ...]
    currency: str
    created_at: datetime
    started_at: datetime
    trial_end: datetime | None
    cancel_at: datetime | None
    cancel_at_period_end: bool
    canceled_at: datetime | None
    ended_at: datetime | None
    cancel_reason: str | None
    cancel_feedback: str | None
    is_collection_paused: bool
    latest_invoice: InvoiceFacts | None
    latest_invoice_id: str | None
    card: CardFacts | None
    metadata: Mapping[str, str]
    has_pending_update: bool = False
    schedule_id: str | None = None
    planned: PlannedPrice | None = None

    @property
    def period_start(self) -> datetime | None:
        """The latest start among the items' periods; None without items."""
        return max((item.period_start for item in self.items), default=None)

    @property
    def period_end(self) -> datetime | None:
        """The earliest end among the items' periods; None without items."""
        return min((item.period_end for item in self.items), default=None)

    @property
    def ends_at(self) -> datetime | None:
        """When it is scheduled to end; None while it renews.

        The portal sets only ``cancel_at`` in flexible billing mode; older ones and the API set the other.
        """
        if self.cancel_at is not None:
            return self.cancel_at
        return self.period_end if self.cancel_at_period_end else None


@dataclass(frozen=True, slots=True)
class CheckoutFacts:
    """A checkout session. ``status``: open, complete, expired. ``payment_status``: paid, unpaid, no_payment_required."""

    id: str
    status: str
    payment_status: str
    livemode: bool
    url: str | None
    expires_at: datetime
    order_id: str | None
    customer_id: str | None
    subscription_id: str | None
    payment_id: str | None
    email: str | None
    metadata: Mapping[str, str]

    @property
    def is_settled(self) -> bool:
        """Whether nothing more has to be paid."""
        return self.status == "complete" and self.payment_status in {"paid", "no_payment_required"}


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """A payment. ``declined`` is what Stripe said of the last failed try; ``card`` the card of that try or of the charge."""

    id: str
    status: str
    livemode: bool
    money: Money
    refunded: Money
    is_disputed: bool
    created_at: datetime
    paid_at: datetime | None
    customer_id: str | None
    card: CardFacts | None
    declined: str | None
    receipt_url: str | None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """A dispute. An inquiry (``is_inquiry``) takes no money yet."""

    id: str
    status: str
    livemode: bool
    payment_id: str | None
    money: Money
    reason: str
    created_at: datetime
    evidence_due_at: datetime | None
    is_refundable: bool

    @property
    def is_inquiry(self) -> bool:
        return self.status.startswith("warning_")


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """A refund. ``status``: pending, requires_action, succeeded, failed, canceled."""

    id: str
    status: str
    money: Money
    payment_id: str | None


@dataclass(frozen=True, slots=True)
class PreviewFacts:
    """What a change of price would cost now; ``proration_at`` has to be sent again with the change itself."""

    due: Money
    proration_at: datetime


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    """A registered webhook. ``secret`` is known in the answer that made it, and never again."""

    id: str
    url: str
    status: str
    api_version: str | None
    types: tuple[str, ...]
    secret: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """All that is read of a notice: which object changed. ``account`` is set only where it came from another account."""

    id: str
    type: str
    object_kind: str
    object_id: str
    created_at: datetime
    livemode: bool
    account: str | None
    api_version: str | None


@dataclass(frozen=True, slots=True)
class Payer:
    """The member as Stripe needs to know one. ``earlier`` counts customers made before, so that a deleted one is not reused."""

    member_id: int
    email: str
    name: str = ""
    language: str = "en"
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class CheckoutLine:
    """What is bought: a price that exists at Stripe, or an amount of ours for a product that does (``money`` for one of
    ``quantity``)."""

    interval: Interval
    quantity: int = 1
    price_id: str | None = None
    product_id: str | None = None
    money: Money | None = None


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """Everything a checkout page needs. At most one of ``customer_id`` and ``email`` is set.

    ``expires_at`` follows from the order, not from now, so that a second click asks for exactly the same session.
    ``trial_days`` 0 and ``free_until`` None charge at once. ``revision`` tells a changed choice of one order from those before it.
    """

    order_id: str
    kind: OrderKind
    line: CheckoutLine
    language: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    customer_id: str | None = None
    email: str | None = None
    promotion_code_id: str | None = None
    trial_days: int = 0
    free_until: datetime | None = None
    trial_needs_card: bool = True
    tax: TaxRules = NO_TAX
    revision: int = 1


@dataclass(frozen=True, slots=True)
class ProductRequest:
    """Something that we sell, as it shall exist at Stripe: a plan (``plan_key``), or all of a kind such as donations.

    ``tax_code`` "" leaves what is there, or the account's own.
    """

    title: str
    plan_key: str | None = None
    kind: OrderKind = "membership"
    tax_code: str = ""

    @property
    def key(self) -> str:
        """No plan's key has the sign that tells the two apart."""
        return self.plan_key if self.plan_key is not None else f"kind_{self.kind}"


@dataclass(frozen=True, slots=True)
class PriceRequest:
    """A price of one of our plans, as it shall exist at Stripe. Its tax behavior is never "unspecified"."""

    plan_key: str
    plan_title: str
    price_key: str
    lookup_key: str
    money: Money
    interval: Interval
    tax: TaxRules = NO_TAX


@dataclass(frozen=True, slots=True)
class CouponRequest:
    """A coupon and the code that people type. One of ``percent_off`` and ``amount_off`` is set.

    ``months`` None takes it off the first invoice only, 0 off all of them. Limits and expiry live at Stripe. ``product``
    None is for all that we sell.
    """

    key: str
    code: str
    name: str
    percent_off: float | None = None
    amount_off: Money | None = None
    months: int | None = None
    redeem_by: datetime | None = None
    max_redemptions: int | None = None
    is_first_time_only: bool = False
    product: ProductRequest | None = None


@dataclass(frozen=True, slots=True)
class ItemChange:
    """An item of a subscription with another price."""

    item_id: str
    price_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class PortalRequest:
    """A visit to Stripe's portal. ``flow`` "card" opens the card form alone and comes back from it by itself, "plan" the
    confirmation of a change of ``item`` in ``subscription_id``.
    """

    customer_id: str
    return_url: str
    language: str
    configuration_id: str | None = None
    flow: Literal["home", "card", "plan"] = "home"
    subscription_id: str | None = None
    item: ItemChange | None = None


@dataclass(frozen=True, slots=True)
class PortalProduct:
    """A product and those of its prices that members may switch between in the portal."""

    product_id: str
    price_ids: tuple[str, ...]
