"""Opening Stripe's checkout for whatever is sold: one order, one session, however often somebody clicks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import update
from sqlalchemy.orm import Session

from podcastsvc.billing import customers, orders, plans
from podcastsvc.billing.account import require_account
from podcastsvc.billing.calls.ensuring import ensure_product
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import CheckoutFacts, CheckoutLine, CheckoutRequest, Interval, OrderKind, ProductRequest
from podcastsvc.billing.gateway import Missing, Refused
from podcastsvc.billing.joining import coupons, terms
from podcastsvc.billing.kinds.names import name_kind
from podcastsvc.errors import Conflict, Invalid, NotFound
from podcastsvc.kit.language import N_
from podcastsvc.kit.money import Money
from podcastsvc.mail.addresses import Address
from podcastsvc.members import grants, subscriptions
from podcastsvc.members.subscriptions import Account
from podcastsvc.storage import jobs
from podcastsvc.storage.inserts import change_rows, insert_if_absent
from podcastsvc.storage.tables.billing import Order

OPENED_JOB = "order.opened"
SESSION_LIFETIME = timedelta(hours=2)
# Stripe refuses a session that would end in less than 30 minutes.
LEAST_LEFT = timedelta(minutes=35)
_MOST_ROUNDS = 3
NO_ADDRESS = N_("Enter your e-mail address.")
CHANGED_ELSEWHERE = N_("Your choice was changed in another window. Check it and continue.")


@dataclass(frozen=True, slots=True)
class BuyRequest:
    """What a form asks for. ``order_id`` comes with the form (``orders.make_order_id``).

    ``member_id`` for a signed-in person, else ``address``. ``cancel_path`` is where Stripe's "back" leads, without the
    language. ``attribution`` is kept with the order (where the visitor came from).

    A membership names its ``price_id``, ``quantity`` people, and ``money`` only where that price leaves the amount to the
    buyer. Everything else states ``money``, worked out from our own tables (rule T-P3), ``interval`` and ``details``.
    ``coupon_id``, ``trial_days`` and ``free_until`` were checked by the caller.
    """

    order_id: str
    price_id: int | None
    language: str
    cancel_path: str
    member_id: int | None = None
    address: Address | None = None
    attribution: Mapping[str, str] = field(default_factory=dict)
    kind: OrderKind = "membership"
    money: Money | None = None
    interval: Interval = "once"
    quantity: int = 1
    coupon_id: int | None = None
    trial_days: int = 0
    free_until: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def email(self) -> str | None:
        return self.address.email if self.member_id is None and self.address is not None else None


@dataclass(frozen=True, slots=True)
class Opened:
    """Send the visitor to ``url`` with 303, and set the order cookie (``orders.write_cookie``)."""

    url: str
    order_id: str
    cookie: str


@dataclass(frozen=True, slots=True)
class AlreadyMember:
    """The signed-in person has a running subscription: the account page is the place to change it.

    None where the plan is theirs for good by one payment.
    """

    subscription_id: str | None


@dataclass(frozen=True, slots=True)
class AlreadyPaid:
    """This order was paid: go on to ``/welcome?s=<checkout_id>``."""

    checkout_id: str


class CouponRefused(Conflict):
    """Stripe takes the order's coupon no longer: it is used up, or was closed there. Nothing was opened."""


Outcome = Opened | AlreadyMember | AlreadyPaid


def open_checkout(desk: Desk, request: BuyRequest, now: datetime) -> Outcome:
    """Steps 1 to 5 of buying: order, customer, session, and where to send the visitor.

    Raises Invalid without an address (only a donation needs none) and for an amount that is out of bounds, Conflict for
    a price that is not offered, Unavailable where Stripe is away. The order is kept then, so the same form can be sent
    again.
    """
    if request.member_id is None and request.address is None and request.kind != "donation":
        raise Invalid(NO_ADDRESS, {"email": NO_ADDRESS})
    account = require_account(desk)
    running = _find_running(desk, request, now)
    if running is not None:
        return running
    for _ in range(_MOST_ROUNDS):
        kept = _use_earlier(desk, request, now)
        if not isinstance(kept, str):
            return kept
        request = replace(request, order_id=kept)
        placed = _place(desk, request, account, now)
        if placed is not None:
            return _note_session(desk, placed, _create(desk, request, placed))
    raise Conflict(CHANGED_ELSEWHERE)


def _find_running(desk: Desk, request: BuyRequest, now: datetime) -> AlreadyMember | None:
    if request.member_id is None or request.kind != "membership":
        return None
    with desk.db.reading() as session:
        found = subscriptions.find_running(session, request.member_id, now)
        price = plans.find_price(session, request.price_id, request.language) if request.price_id is not None else None
        is_owned = price is not None and grants.has_bought_for_good(session, request.member_id, price.plan_key)
    if found is None and not is_owned:
        return None
    return AlreadyMember(found.stripe_id if found is not None else None)


def _use_earlier(desk: Desk, request: BuyRequest, now: datetime) -> Opened | AlreadyPaid | str:
    """Goes on with the order's session where it has one; else the id of the order to go on with.

    A session with another choice in it is closed first, so that it cannot be paid beside the new one.
    """
    with desk.db.reading() as session:
        order = session.get(Order, request.order_id)
    if order is None:
        return request.order_id
    if order.state != "open":
        is_paid = order.state == "paid" and order.checkout_id is not None
        return AlreadyPaid(order.checkout_id or "") if is_paid else orders.make_order_id()
    if order.checkout_id is None:
        return order.id
    with desk.db.reading() as session:
        is_same = _is_same(order, _settle_choice(session, request))
    look = desk.gateway.fetch_checkout if is_same else desk.gateway.expire_checkout
    facts = look(order.checkout_id)
    if facts.status == "complete":
        return AlreadyPaid(facts.id)
    if facts.status == "open" and facts.url and facts.expires_at > now:
        return Opened(facts.url, order.id, orders.write_cookie(desk.keys, order.id))
    with desk.db.transaction() as session:
        session.execute(
            update(Order)
            .where(Order.id == order.id, Order.checkout_id == order.checkout_id, Order.state == "open")
            .values(checkout_id=None, checkout_expires_at=None)
        )
    return order.id


@dataclass(frozen=True, slots=True)
class _Choice:
    """What is bought, with the amount as it will be charged. The names are the order's columns."""

    price_id: int | None
    amount_minor: int
    currency: str
    interval: str
    quantity: int
    coupon_id: int | None
    trial_days: int
    details: dict[str, Any]
    member_id: int | None
    email: str | None
    language: str
    is_open: bool = True


def _settle_choice(session: Session, request: BuyRequest) -> _Choice:
    """The amount from our tables, or the buyer's own within the price's bounds. Raises Conflict, and Invalid for ``amount``
    and ``seats``."""
    money, interval, is_open = request.money, str(request.interval), True
    if request.price_id is not None:
        price = plans.find_price(session, request.price_id, request.language)
        if price is None:
            raise Conflict(plans.NOT_OFFERED)
        plans.check_seats(price, request.quantity)
        money, interval, is_open = plans.settle_amount(price, request.money), price.interval, price.is_open
    if money is None:
        raise Conflict(plans.NOT_OFFERED)
    return _Choice(
        price_id=request.price_id,
        amount_minor=money.amount_minor,
        currency=money.currency,
        interval=interval,
        quantity=request.quantity,
        coupon_id=request.coupon_id,
        trial_days=request.trial_days,
        details=_write_details(request),
        member_id=request.member_id,
        email=request.email,
        language=request.language,
        is_open=is_open,
    )


def _write_details(request: BuyRequest) -> dict[str, Any]:
    until = request.free_until
    return {**request.details, **({"free_until": until.isoformat()} if until is not None else {})}


def _is_same(order: Order, choice: _Choice) -> bool:
    return all(getattr(order, name) == value for name, value in _write_choice(choice).items())


def _write_choice(choice: _Choice) -> dict[str, Any]:
    return {name: getattr(choice, name) for name in _Choice.__slots__ if name != "is_open"}


def _place(desk: Desk, request: BuyRequest, account: Account, now: datetime) -> Order | None:
    """The order's row, made or brought to this choice, with the instant at which its session will end.

    That instant is written down before Stripe is asked: a second click then asks for exactly the same session. None
    where that other click has its session already.
    """
    with desk.db.transaction() as session:
        choice = _settle_choice(session, request)
        is_new = insert_if_absent(session, Order, _write_row(desk, request, choice, account, now))
        order = session.get(Order, request.order_id, with_for_update=True)
        if order is None or order.state != "open" or order.checkout_id is not None or order.kind != request.kind:
            return None
        if not choice.is_open and (is_new or order.price_id != choice.price_id):
            raise Conflict(plans.NOT_OFFERED)
        is_same = _is_same(order, choice)
        ends_at = order.checkout_expires_at
        if not is_same or ends_at is None or ends_at < now + LEAST_LEFT:
            order.checkout_expires_at = now + SESSION_LIFETIME
        if not is_same:
            order.revision += 1
            for name, value in _write_choice(choice).items():
                setattr(order, name, value)
        order.account, order.livemode = account.id, account.livemode
    return order


def _write_row(desk: Desk, request: BuyRequest, choice: _Choice, account: Account, now: datetime) -> dict[str, object]:
    return {
        **_write_choice(choice),
        "id": request.order_id,
        "kind": request.kind,
        "attribution": dict(request.attribution),
        "state": "open",
        "browser_hash": orders.hash_browser(desk.keys, request.order_id),
        "account": account.id,
        "livemode": account.livemode,
        "created_at": now,
        "checkout_expires_at": now + SESSION_LIFETIME,
    }


def _create(desk: Desk, request: BuyRequest, order: Order) -> CheckoutFacts:
    """Opens the session. A customer or price that Stripe has lost is made anew, once."""
    try:
        return desk.gateway.create_checkout(_write_request(desk, request, order))
    except (Refused, Missing) as problem:
        parameter = problem.parameter or ""
        if order.coupon_id is not None and parameter.startswith("discounts"):
            raise CouponRefused(terms.CODE_OVER) from problem
        if isinstance(problem, Refused):
            raise
        if parameter == "customer" and request.member_id is not None:
            customers.mark_deleted(desk, customers.ensure_customer(desk, request.member_id, order.currency))
        elif parameter.startswith("line_items") and request.price_id is not None:
            plans.forget_price(desk, request.price_id)
        else:
            raise
    return desk.gateway.create_checkout(_write_request(desk, request, order))


def _write_request(desk: Desk, request: BuyRequest, order: Order) -> CheckoutRequest:
    is_known = request.member_id is not None
    # Without a sign-in never an existing customer: Stripe's page would show that person's name and saved card.
    customer_id = None
    if request.member_id is not None:
        customer_id = customers.ensure_customer(desk, request.member_id, order.currency)
    assert order.checkout_expires_at is not None  # noqa: S101 -- set when the order was placed
    with desk.db.reading() as session:
        price = plans.find_price(session, order.price_id, request.language) if order.price_id is not None else None
    return CheckoutRequest(
        order_id=order.id,
        kind=request.kind,
        line=_write_line(desk, request, order),
        language=request.language,
        success_url=desk.sender.link("/welcome?s={CHECKOUT_SESSION_ID}", request.language),
        cancel_url=desk.sender.link(request.cancel_path, request.language),
        expires_at=order.checkout_expires_at,
        customer_id=customer_id,
        email=None if is_known else request.email,
        promotion_code_id=_prepare_code(desk, order),
        trial_days=order.trial_days,
        free_until=datetime.fromisoformat(until) if (until := order.details.get("free_until")) else None,
        trial_needs_card=price is None or price.trial_needs_card,
        tax=desk.tax,
        revision=order.revision,
    )


def _prepare_code(desk: Desk, order: Order) -> str | None:
    if order.coupon_id is None:
        return None
    try:
        return coupons.prepare_code(desk, order.coupon_id)
    except NotFound as problem:
        raise CouponRefused(terms.CODE_OVER) from problem


def _write_line(desk: Desk, request: BuyRequest, order: Order) -> CheckoutLine:
    """A price that is the same for all is named; an amount of the buyer's own is stated, for a product that exists."""
    interval = cast("Interval", order.interval)
    money = Money(order.amount_minor, order.currency)
    if order.price_id is None:
        title, code = name_kind(request.kind, desk.sender.default_language), desk.tax.code_of(request.kind)
        ensured_id = ensure_product(desk.gateway, ProductRequest(title, kind=request.kind, tax_code=code))
        return CheckoutLine(interval, order.quantity, product_id=ensured_id, money=money)
    price_id = plans.prepare_price(desk, order.price_id)
    with desk.db.reading() as session:
        product_id = plans.find_product_of_chosen(session, order.price_id)
    if product_id is None:
        return CheckoutLine(interval, order.quantity, price_id=price_id)
    return CheckoutLine(interval, order.quantity, product_id=product_id, money=money)


def _note_session(desk: Desk, order: Order, facts: CheckoutFacts) -> Opened:
    if facts.url is None:
        # A repeated request is answered with the session made first, which may be over by now.
        raise Conflict(CHANGED_ELSEWHERE)
    noted = {"checkout_id": facts.id, "checkout_expires_at": facts.expires_at}
    with desk.db.transaction() as session:
        same = (
            Order.id == order.id,
            Order.state == "open",
            Order.revision == order.revision,
        )
        is_free = Order.checkout_id.is_(None) | (Order.checkout_id == facts.id)
        is_noted = change_rows(session, update(Order).where(*same, is_free).values(**noted))
        if is_noted:
            jobs.enqueue(session, OPENED_JOB, {"order": order.id}, unique_key=f"{OPENED_JOB}:{order.id}")
    if not is_noted:
        desk.gateway.expire_checkout(facts.id)
        raise Conflict(CHANGED_ELSEWHERE)
    return Opened(facts.url, order.id, orders.write_cookie(desk.keys, order.id))
