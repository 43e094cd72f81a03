"""What a paid checkout leads to: member, customer, subscription, or what else was bought. Return page and notice both come here.

Fulfilling twice, at once, or a year later gives one member, one subscription, one payment, one letter.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.billing import apply, customers, orders, owing, plans
from podcastsvc.billing.account import require_account
from podcastsvc.billing.calls import payments
from podcastsvc.billing.consulting import bookings
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import CheckoutFacts, OrderKind
from podcastsvc.billing.gateway import Missing, Refused
from podcastsvc.billing.joining import trials
from podcastsvc.billing.kinds import donations, gifts
from podcastsvc.errors import NotFound
from podcastsvc.kit import clock
from podcastsvc.kit.language import N_
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts, grants, subscriptions
from podcastsvc.members.subscriptions import Account
from podcastsvc.storage.tables.billing import Order, Payment
from podcastsvc.storage.tables.member import Member

UNKNOWN = N_("This link leads nowhere. If you have paid, we have sent you a letter.")
_ID = re.compile(r"cs_[A-Za-z0-9_]{1,250}")
_GONE = frozenset(("incomplete_expired", "canceled"))
_UNPAID = frozenset(("requires_payment_method", "canceled"))
# Why Stripe refuses a refund that is not needed any more: it was made before, or the bank has taken the money back.
_RETURNED = frozenset(("charge_already_refunded", "charge_disputed"))

State = Literal["open", "expired", "waiting", "failed", "paid", "given_back"]


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """What became of an order. The page shows nothing personal on the strength of a session id alone.

    ``waiting``: a bank transfer or the like is on its way. ``given_back``: it was a second subscription, or the account
    is gone; the money goes back.
    """

    state: State
    order_id: str
    price_id: int | None
    member_id: int | None = None
    kind: OrderKind = "membership"


def fulfil(desk: Desk, checkout_id: str, now: datetime) -> Fulfilled:
    """Carries out what a checkout session says. Raises NotFound for one that is not ours, Unavailable while Stripe is away."""
    account = require_account(desk)
    if not _ID.fullmatch(checkout_id):
        # It comes from an address: anything else could name another of Stripe's addresses.
        raise NotFound(UNKNOWN)
    try:
        facts = desk.gateway.fetch_checkout(checkout_id)
    except Missing as problem:
        raise NotFound(UNKNOWN) from problem
    if not desk.gateway.is_ours(facts.metadata) or facts.livemode != account.livemode or facts.order_id is None:
        raise NotFound(UNKNOWN)
    with desk.db.reading() as session:
        order = session.get(Order, facts.order_id)
    if order is None:
        raise NotFound(UNKNOWN)
    if facts.is_settled:
        return _settle(desk, account, facts, now)
    if facts.status == "complete":
        return _wait(desk, order, facts, now)
    if facts.status == "expired":
        with desk.db.transaction() as session:
            orders.expire(session, order.id, facts.id)
        return _describe("expired", order)
    return _describe("open", order)


def _describe(state: State, order: Order) -> Fulfilled:
    return Fulfilled(state, order.id, order.price_id, order.member_id, cast("OrderKind", order.kind))


def _wait(desk: Desk, order: Order, facts: CheckoutFacts, now: datetime) -> Fulfilled:
    """A delayed method: no access until it is paid; none at all where it failed."""
    if order.state == "failed":
        return _describe("failed", order)
    if not _has_failed(desk, facts):
        if order.kind in ON_WAIT:
            with desk.db.transaction() as session:
                ON_WAIT[order.kind](session, order, now)
        return _describe("waiting", order)
    with desk.db.transaction() as session:
        row = session.get(Order, order.id, with_for_update=True)
        if row is not None and row.state == "open":
            row.state, row.checkout_id = "failed", facts.id
            owing.owe_order_letter(session, "payment_undone", row.id)
    return _describe("failed", order)


def _has_failed(desk: Desk, facts: CheckoutFacts) -> bool:
    if facts.subscription_id is not None:
        return desk.gateway.fetch_subscription(facts.subscription_id).status in _GONE
    if facts.payment_id is not None:
        return payments.fetch_payment(desk.gateway, facts.payment_id).status in _UNPAID
    return False


def _settle(desk: Desk, account: Account, facts: CheckoutFacts, now: datetime) -> Fulfilled:
    with desk.db.transaction() as session:
        order = session.get(Order, facts.order_id, with_for_update=True)
        if order is None:
            raise NotFound(UNKNOWN)
        if order.state not in {"paid", "refunded"}:
            order.checkout_id, order.paid_at = facts.id, now
            TAKE_IN[order.kind](session, desk, account, order, facts, now)
            if facts.payment_id is not None:
                owing.enqueue_payment(session, facts.payment_id)
    if order.state == "refunded":
        return _describe("given_back", order)
    if facts.subscription_id is not None and not _is_linked(desk, facts.subscription_id):
        apply.sync_subscription(desk, facts.subscription_id)
    return _describe("paid", order)


def _is_linked(desk: Desk, subscription_id: str) -> bool:
    with desk.db.reading() as session:
        row = subscriptions.find_subscription(session, subscription_id)
        return row is not None and row.member_id is not None


def _take_in_membership(
    session: Session, desk: Desk, account: Account, order: Order, facts: CheckoutFacts, now: datetime
) -> None:
    """Decides, once and under a lock, whose the paid order is, or that the money goes back.

    The member is held as well as the order: of two tabs that both paid, the second finds the first (situation 25).
    """
    buyer = _find_buyer(session, desk, order, now)
    member = accounts.find_held(session, buyer.id) if buyer is not None else None
    new_id = facts.subscription_id or ""
    if (
        member is None
        or _has_another(session, member, order, new_id, now)
        or not trials.note_begun(session, desk.keys, member, order, now)
    ):
        owing.enqueue_give_back(session, order)
        return
    order.state, order.member_id = "paid", member.id
    if facts.customer_id is not None:
        customers.save_customer(session, account, facts.customer_id, member.id, now)
    if facts.subscription_id is None:
        _give_bought(session, order, member.id, now)
    for old_id in subscriptions.list_left_over(session, member.id, now, but=new_id):
        owing.enqueue_end(session, old_id)


def _give_bought(session: Session, order: Order, member_id: int, now: datetime) -> None:
    """A price that is paid once gives its plan by a grant, which begins where one bought before it ends."""
    price = plans.get_price(session, order.price_id)
    starts_at = grants.find_bought_end(session, member_id, price.plan_key, now) or now
    ends_at = None if price.months is None else clock.add_months(starts_at, price.months)
    grants.save_grant(
        session,
        member_id,
        price.plan_key,
        reason="once",
        source_id=order.id,
        starts_at=starts_at,
        ends_at=ends_at,
        now=now,
    )
    owing.owe_order_letter(session, "welcome_once", order.id)


TakeIn = Callable[[Session, Desk, Account, Order, CheckoutFacts, datetime], None]

TAKE_IN: dict[str, TakeIn] = {
    "membership": _take_in_membership,
    "gift": gifts.take_in,
    "donation": donations.take_in,
    "consultation": bookings.take_in,
}
"""What a paid order of each kind leads to, once, in the transaction that holds its row."""

ON_WAIT: dict[str, Callable[[Session, Order, datetime], None]] = {"consultation": bookings.keep_waiting}
"""What the kinds do meanwhile that keep something for a payment on its way."""


def _has_another(session: Session, member: Member, order: Order, new_id: str, now: datetime) -> bool:
    """Whether the member has it already; also by an order taken in just before, whose subscription has no row yet."""
    if subscriptions.find_running(session, member.id, now, but=new_id) is not None:
        return True
    if order.price_id is not None and grants.has_bought_for_good(
        session, member.id, plans.get_price(session, order.price_id).plan_key
    ):
        return True
    return bool(orders.list_unlinked(session, member.id, now, but=order.id))


def resume_giving_back(desk: Desk) -> int:
    """Takes up what should have gone back and has not; how many orders. Part of the nightly pass."""
    with desk.db.transaction() as session:
        unreturned = orders.list_owing(session)
        for order_id in unreturned:
            owing.resume_give_back(session, order_id)
    return len(unreturned)


def _find_buyer(session: Session, desk: Desk, order: Order, now: datetime) -> Member | None:
    """The order's member; made from the order's address where there is none. None where the account was deleted.

    What the buyer typed on Stripe's page or keeps in a wallet is information, not identity.
    """
    if order.member_id is not None:
        return accounts.find(session, order.member_id)
    address = read_address(order.email or "")
    known = accounts.find_by_email(session, address.email_key)
    if known is not None:
        # Only an address that is new to us signs the browser in: anybody can type somebody else's.
        order.browser_hash = None
        return known
    return accounts.sign_up(session, desk.keys, address, language=order.language, now=now)


def give_back(desk: Desk, order_id: str) -> None:
    """Ends a subscription that should not have been bought and returns its payments, once. The handler of ``order.give_back``.

    Every step can be repeated: what has ended stays so, and a refund's key belongs to its payment.
    """
    require_account(desk)
    bought = _find_bought(desk, order_id)
    if bought is None:
        return
    payment_ids = _list_unreturned(desk, order_id)
    if bought.payment_id is not None:
        payment_ids.add(bought.payment_id)
    if bought.subscription_id is not None:
        payment_ids |= _end_bought(desk, bought.subscription_id)
    for payment_id in sorted(payment_ids):
        _return(desk, payment_id)
    if bought.subscription_id is not None:
        apply.sync_subscription(desk, bought.subscription_id)
    for payment_id in sorted(payment_ids):
        apply.sync_payment(desk, payment_id)
    with desk.db.transaction() as session:
        _tell_given_back(session, order_id)


def _tell_given_back(session: Session, order_id: str) -> None:
    """A consultation that was cancelled has had its letters; one whose time was gone has none yet."""
    order = session.get(Order, order_id)
    if order is None or order.kind != "consultation":
        owing.owe_order_letter(session, "given_back", order_id)
        owing.owe_note(session, "host_given_back", order_id)
    elif bookings.find_of_order(session, order_id) is None:
        owing.owe_order_letter(session, "consultation_taken", order_id)


def _end_bought(desk: Desk, subscription_id: str) -> set[str]:
    """Ends it at Stripe; the payment of its newest invoice."""
    facts = desk.gateway.fetch_subscription(subscription_id)
    if facts.status != "canceled":
        with suppress(Missing):  # it may have ended between the two calls
            desk.gateway.cancel_now(subscription_id)
    invoice = facts.latest_invoice
    return {invoice.payment_id} if invoice is not None and invoice.payment_id is not None else set()


def _find_bought(desk: Desk, order_id: str) -> CheckoutFacts | None:
    """The checkout that an order was paid by; None where Stripe does not know it."""
    with desk.db.reading() as session:
        order = session.get(Order, order_id)
    if order is None or order.checkout_id is None:
        return None
    try:
        return desk.gateway.fetch_checkout(order.checkout_id)
    except Missing:
        return None


def _list_unreturned(desk: Desk, order_id: str) -> set[str]:
    """Payments of an order that we know of, also of renewals while it could not be ended."""
    with desk.db.reading() as session:
        query = select(Payment.stripe_id).where(
            Payment.order_id == order_id,
            Payment.refunded_minor < Payment.amount_minor,
            Payment.dispute_state.is_(None),
        )
        return set(session.scalars(query))


def _return(desk: Desk, payment_id: str) -> None:
    try:
        payments.refund(desk.gateway, payment_id, None, "duplicate")
    except Refused as problem:
        if problem.code not in _RETURNED:
            raise


def end_subscription(desk: Desk, subscription_id: str) -> None:
    """Ends a subscription at Stripe at once, without money back, and here. The handler of ``subscription.end``."""
    require_account(desk)
    with suppress(Missing):
        desk.gateway.cancel_now(subscription_id)
    apply.sync_subscription(desk, subscription_id)


def settle_overdue(desk: Desk, now: datetime, before: datetime) -> tuple[int, list[str]]:
    """Fetches the sessions of orders that are open since before an instant and fulfils or closes them.

    Returns how many are settled now, and a sentence for each that could not be; one bad order does not stop the rest.
    """
    with desk.db.reading() as session:
        overdue = orders.list_overdue(session, before)
    settled, problems = 0, []
    for order in overdue:
        try:
            settled += _settle_overdue(desk, order, now)
        except Refused as problem:
            problems.append(f"order {order.id}: {problem.message}")
    return settled, problems


def _settle_overdue(desk: Desk, order: Order, now: datetime) -> bool:
    if order.checkout_id is not None:
        with suppress(NotFound):
            return fulfil(desk, order.checkout_id, now).state not in {"open", "waiting"}
    with desk.db.transaction() as session:
        return orders.expire(session, order.id, order.checkout_id)


def fulfil_now(desk: Desk, checkout_id: str) -> Fulfilled:
    """``fulfil`` at this instant, for notices."""
    return fulfil(desk, checkout_id, clock.now())
