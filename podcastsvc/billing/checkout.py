"""Opening Stripe's checkout for a membership: one order, one session, however often somebody clicks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import update

from podcastsvc.billing import customers, orders, plans
from podcastsvc.billing.account import require_account
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import CheckoutFacts, CheckoutRequest
from podcastsvc.billing.gateway import Missing
from podcastsvc.billing.plans import PriceView
from podcastsvc.errors import Conflict, Invalid
from podcastsvc.kit.language import N_
from podcastsvc.mail.addresses import Address
from podcastsvc.members import subscriptions
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
class JoinRequest:
    """What the join form asks for. ``order_id`` comes with the form (``orders.make_order_id``).

    ``member_id`` for a signed-in person, else ``address``. ``cancel_path`` is where Stripe's "back" leads, without the
    language. ``attribution`` is kept with the order (where the visitor came from).
    """

    order_id: str
    price_id: int
    language: str
    cancel_path: str
    member_id: int | None = None
    address: Address | None = None
    attribution: Mapping[str, str] = field(default_factory=dict)

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
    """The signed-in person has a running subscription: the account page is the place to change it."""

    subscription_id: str


@dataclass(frozen=True, slots=True)
class AlreadyPaid:
    """This order was paid: go on to ``/welcome?s=<checkout_id>``."""

    checkout_id: str


Outcome = Opened | AlreadyMember | AlreadyPaid


def open_checkout(desk: Desk, request: JoinRequest, now: datetime) -> Outcome:
    """Steps 1 to 5 of joining: order, customer, session, and where to send the visitor.

    Raises Invalid without an address, Conflict for a price that is not offered, Unavailable where Stripe is away. The
    order is kept then, so the same form can be sent again.
    """
    if request.member_id is None and request.address is None:
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


def _find_running(desk: Desk, request: JoinRequest, now: datetime) -> AlreadyMember | None:
    if request.member_id is None:
        return None
    with desk.db.reading() as session:
        found = subscriptions.find_running(session, request.member_id, now)
    return None if found is None else AlreadyMember(found.stripe_id)


def _use_earlier(desk: Desk, request: JoinRequest, now: datetime) -> Opened | AlreadyPaid | str:
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
    if _is_same(order, request):
        facts = desk.gateway.fetch_checkout(order.checkout_id)
    else:
        facts = desk.gateway.expire_checkout(order.checkout_id)
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


def _is_same(order: Order, request: JoinRequest) -> bool:
    wanted = (request.price_id, request.member_id, request.email, request.language)
    return (order.price_id, order.member_id, order.email, order.language) == wanted


def _place(desk: Desk, request: JoinRequest, account: Account, now: datetime) -> Order | None:
    """The order's row, made or brought to this choice, with the instant at which its session will end.

    That instant is written down before Stripe is asked: a second click then asks for exactly the same session. None
    where that other click has its session already.
    """
    with desk.db.transaction() as session:
        price = plans.find_price(session, request.price_id, request.language)
        if price is None:
            raise Conflict(plans.NOT_OFFERED)
        is_new = insert_if_absent(session, Order, _write_row(desk, request, price, account, now))
        order = session.get(Order, request.order_id, with_for_update=True)
        if order is None or order.state != "open" or order.checkout_id is not None:
            return None
        if not price.is_open and (is_new or order.price_id != price.id):
            raise Conflict(plans.NOT_OFFERED)
        ends_at = order.checkout_expires_at
        if not _is_same(order, request) or ends_at is None or ends_at < now + LEAST_LEFT:
            order.checkout_expires_at = now + SESSION_LIFETIME
        order.price_id, order.member_id, order.email = price.id, request.member_id, request.email
        order.amount_minor, order.currency = price.money.amount_minor, price.money.currency
        order.language, order.account, order.livemode = request.language, account.id, account.livemode
    return order


def _write_row(
    desk: Desk, request: JoinRequest, price: PriceView, account: Account, now: datetime
) -> dict[str, object]:
    return {
        "id": request.order_id,
        "member_id": request.member_id,
        "email": request.email,
        "kind": "membership",
        "price_id": price.id,
        "amount_minor": price.money.amount_minor,
        "currency": price.money.currency,
        "language": request.language,
        "attribution": dict(request.attribution),
        "state": "open",
        "browser_hash": orders.hash_browser(desk.keys, request.order_id),
        "account": account.id,
        "livemode": account.livemode,
        "created_at": now,
        "checkout_expires_at": now + SESSION_LIFETIME,
    }


def _create(desk: Desk, request: JoinRequest, order: Order) -> CheckoutFacts:
    """Opens the session. A customer or price that Stripe has lost is made anew, once."""
    try:
        return desk.gateway.create_checkout(_write_request(desk, request, order))
    except Missing as problem:
        parameter = problem.parameter or ""
        if parameter == "customer" and request.member_id is not None:
            customers.mark_deleted(desk, customers.ensure_customer(desk, request.member_id))
        elif parameter.startswith("line_items"):
            plans.forget_price(desk, request.price_id)
        else:
            raise
    return desk.gateway.create_checkout(_write_request(desk, request, order))


def _write_request(desk: Desk, request: JoinRequest, order: Order) -> CheckoutRequest:
    price_id = plans.prepare_price(desk, request.price_id)
    is_known = request.member_id is not None
    # Without a sign-in never an existing customer: Stripe's page would show that person's name and saved card.
    customer_id = customers.ensure_customer(desk, request.member_id) if request.member_id is not None else None
    assert order.checkout_expires_at is not None  # noqa: S101 -- set when the order was placed
    return CheckoutRequest(
        order_id=order.id,
        kind="membership",
        price_id=price_id,
        language=request.language,
        success_url=desk.sender.link("/welcome?s={CHECKOUT_SESSION_ID}", request.language),
        cancel_url=desk.sender.link(request.cancel_path, request.language),
        expires_at=order.checkout_expires_at,
        customer_id=customer_id,
        email=None if is_known else request.email,
    )


def _note_session(desk: Desk, order: Order, facts: CheckoutFacts) -> Opened:
    if facts.url is None:
        # A repeated request is answered with the session made first, which may be over by now.
        raise Conflict(CHANGED_ELSEWHERE)
    noted = {"checkout_id": facts.id, "checkout_expires_at": facts.expires_at}
    with desk.db.transaction() as session:
        same = (
            Order.id == order.id,
            Order.state == "open",
            Order.price_id == order.price_id,
            Order.email.is_not_distinct_from(order.email),
            Order.member_id.is_not_distinct_from(order.member_id),
        )
        is_free = Order.checkout_id.is_(None) | (Order.checkout_id == facts.id)
        is_noted = change_rows(session, update(Order).where(*same, is_free).values(**noted))
        if is_noted:
            jobs.enqueue(session, OPENED_JOB, {"order": order.id}, unique_key=f"{OPENED_JOB}:{order.id}")
    if not is_noted:
        desk.gateway.expire_checkout(facts.id)
        raise Conflict(CHANGED_ELSEWHERE)
    return Opened(facts.url, order.id, orders.write_cookie(desk.keys, order.id))
