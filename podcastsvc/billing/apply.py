"""Writes what Stripe states into the mirror: the one writer of subscriptions and of payments.

Notices, return page, buttons, commands and reconciliation all end here. A fetch that began before somebody else's write
never overwrites it, so nothing depends on the order in which things arrive.
"""

import logging
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from podcastsvc.billing import customers, owing, plans
from podcastsvc.billing.account import require_account
from podcastsvc.billing.calls import payments
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import PaymentFacts, SubscriptionFacts
from podcastsvc.billing.following.rules import KNOWN, Links, Seen, is_over, list_owed, make_lost, make_mirror
from podcastsvc.billing.gateway import Missing
from podcastsvc.billing.groups import seating
from podcastsvc.billing.returning import effects
from podcastsvc.errors import NotFound, Unavailable
from podcastsvc.kit import clock
from podcastsvc.kit.language import N_
from podcastsvc.members import subscriptions
from podcastsvc.members.subscriptions import Account, Mirror
from podcastsvc.storage.inserts import change_rows, insert_if_absent
from podcastsvc.storage.tables.billing import Order, Payment, Subscription

log = logging.getLogger(__name__)

_MOST_ROUNDS = 3


def sync_subscription(desk: Desk, stripe_id: str) -> None:
    """Brings one subscription's row to Stripe's present state, with the letters that its change calls for.

    Raises NotFound for a subscription that is not ours, Unavailable where Stripe is away or others keep writing.
    """
    account = require_account(desk)
    for _ in range(_MOST_ROUNDS):
        with desk.db.reading() as session:
            before = subscriptions.find_subscription(session, stripe_id)
        seen = _look(desk, stripe_id, before)
        if seen is not None and seen.facts.livemode != account.livemode:
            raise NotFound(N_("This subscription belongs to another mode."))
        with desk.db.transaction() as session:
            after = _mirror(session, desk, account, seen, before, clock.now())
            version = before.version if before is not None else 0
            if subscriptions.save_mirror(session, after, version=version, now=clock.now()):
                _follow_up(session, before, after, seen)
                return
    raise Unavailable(N_("This subscription changes all the time. It is tried again."))


def _look(desk: Desk, stripe_id: str, before: Subscription | None) -> Seen | None:
    """Everything that has to be asked, before anything is written. None where Stripe has it no more and we do."""
    try:
        facts = desk.gateway.fetch_subscription(stripe_id)
    except Missing:
        if before is None:
            raise
        return None
    if facts.status != "past_due":
        return Seen(facts)
    unpaid_since = None
    if before is None or before.past_due_since is None:
        unpaid = payments.list_unpaid(desk.gateway, stripe_id)
        unpaid_since = min((each.created_at for each in unpaid), default=None)
    return Seen(facts, unpaid_since, _fetch_attempt(desk, facts))


def _fetch_attempt(desk: Desk, facts: SubscriptionFacts) -> PaymentFacts | None:
    invoice = facts.latest_invoice
    if invoice is None or invoice.payment_id is None:
        return None
    return payments.fetch_payment(desk.gateway, invoice.payment_id)


def _mirror(
    session: Session, desk: Desk, account: Account, seen: Seen | None, before: Subscription | None, now: datetime
) -> Mirror:
    if seen is None:
        assert before is not None  # noqa: S101 -- what neither side knows has raised before
        return make_lost(before, now)
    site = desk.gateway.site
    found = plans.read_plans_of(session, (item.price for item in seen.facts.items), site)
    order = _find_order(session, seen.facts, site)
    kind = order.kind if order is not None else before.kind if before is not None else "membership"
    if before is None and not found and kind != "donation":
        raise NotFound(N_("This subscription is not ours."))
    member_id = before.member_id if before is not None else None
    if member_id is None:
        # Until its order is paid a subscription is nobody's: a delayed payment may still fail.
        if order is None:
            member_id = customers.find_member_of(session, seen.facts.customer_id)
        elif order.state == "paid":
            member_id = order.member_id
    links = Links(
        member_id,
        order.id if order is not None else None,
        found,
        kind=kind,
        order_price_id=order.price_id if order is not None else None,
        order_details=order.details if order is not None and kind == "donation" else {},
        planned_price_id=plans.find_sold(session, seen.facts.planned.price_id)
        if seen.facts.planned is not None
        else None,
    )
    return make_mirror(seen, before, links, account, grace=desk.grace, now=now)


def _find_order(session: Session, facts: SubscriptionFacts, site: str) -> Order | None:
    order_id = facts.metadata.get("order") if facts.metadata.get("site") == site else None
    return session.get(Order, order_id) if order_id else None


def _follow_up(session: Session, before: Subscription | None, after: Mirror, seen: Seen | None) -> None:
    """The jobs that a change calls for, in the transaction that writes it."""
    needs_confirmation = seen is not None and seen.needs_confirmation
    for owed in list_owed(before, after, needs_confirmation=needs_confirmation):
        owing.owe_letter(session, owed.kind, after.stripe_id, owed.period)
    if is_over(after.status) and (before is None or not is_over(before.status)) and after.member_id is not None:
        seating.owe_ended(session, after.member_id, f"{after.stripe_id}:{after.status}")
    invoice = seen.facts.latest_invoice if seen is not None else None
    is_new = before is None or (before.latest_invoice, before.member_id) != (after.latest_invoice, after.member_id)
    if invoice is not None and invoice.payment_id is not None and (is_new or invoice.status == "paid"):
        owing.enqueue_payment(session, invoice.payment_id)
    if after.status not in KNOWN:
        log.warning("unknown subscription status", extra={"subscription": after.stripe_id, "status": after.status})
        owing.owe_note(session, "host_unknown", after.stripe_id, after.status)


def sync_invoice(desk: Desk, invoice_id: str) -> None:
    """Brings an invoice's subscription and payment up to date. Raises NotFound for an invoice that is not ours."""
    require_account(desk)
    facts = payments.fetch_invoice(desk.gateway, invoice_id)
    if facts.subscription_id is None:
        raise NotFound(N_("This invoice belongs to no subscription."))
    sync_subscription(desk, facts.subscription_id)
    if facts.payment_id is not None:
        sync_payment(desk, facts.payment_id)


def sync_payment(desk: Desk, payment_id: str, *, may_be_disputed: bool = False) -> None:
    """Brings one payment's row to Stripe's present state; a payment that has not been made yet gets none.

    A dispute is asked for where the charge, our row or the caller speaks of one: a charge does not of a bank that only
    asks, nor of one that has lost.

    Raises NotFound for a payment that is not ours.
    """
    account = require_account(desk)
    for _ in range(_MOST_ROUNDS):
        with desk.db.reading() as session:
            before = session.get(Payment, payment_id)
        facts = payments.fetch_payment(desk.gateway, payment_id)
        if facts.livemode != account.livemode:
            raise NotFound(N_("This payment belongs to another mode."))
        if before is None and facts.paid_at is None:
            return
        invoice_id = before.invoice_id if before is not None else payments.find_invoice_of(desk.gateway, payment_id)
        subscription_id = before.subscription_id if before is not None else _find_subscription(desk, invoice_id)
        is_disputed = may_be_disputed or facts.is_disputed or (before is not None and before.dispute_id is not None)
        dispute = payments.find_dispute_of(desk.gateway, payment_id) if is_disputed else None
        with desk.db.transaction() as session:
            values = _link_payment(session, desk, facts, subscription_id, before) | {
                "subscription_id": subscription_id,
                "invoice_id": invoice_id,
                "account": account.id,
                "livemode": facts.livemode,
                "amount_minor": facts.money.amount_minor,
                "currency": facts.money.currency,
                "refunded_minor": facts.refunded.amount_minor,
                "dispute_id": dispute.id if dispute is not None else None,
                "dispute_state": dispute.status if dispute is not None else None,
                "dispute_due_at": dispute.evidence_due_at if dispute is not None else None,
                "paid_at": facts.paid_at,
                "synced_at": clock.now(),
            }
            if _save_payment(session, payment_id, values, before):
                effects.follow(session, before, session.get_one(Payment, payment_id), clock.now())
                return
    raise Unavailable(N_("This payment changes all the time. It is tried again."))


def _find_subscription(desk: Desk, invoice_id: str | None) -> str | None:
    return payments.fetch_invoice(desk.gateway, invoice_id).subscription_id if invoice_id is not None else None


def _link_payment(
    session: Session, desk: Desk, facts: PaymentFacts, subscription_id: str | None, before: Payment | None
) -> dict[str, object]:
    """Whose payment it is and what for. Raises NotFound where neither its metadata nor its subscription is ours."""
    subscription = subscriptions.find_subscription(session, subscription_id) if subscription_id is not None else None
    is_marked = desk.gateway.is_ours(facts.metadata)
    if before is None and subscription is None and not is_marked:
        raise NotFound(N_("This payment is not ours."))
    order_id = subscription.order_id if subscription is not None else None
    if order_id is None and is_marked:
        order_id = session.scalar(select(Order.id).where(Order.id == facts.metadata.get("order")))
    member_id = before.member_id if before is not None else None
    if member_id is None and subscription is not None:
        member_id = subscription.member_id
    order = session.get(Order, order_id) if order_id is not None else None
    if member_id is None and order is not None:
        member_id = order.member_id
    return {"order_id": order_id, "member_id": member_id, "kind": order.kind if order is not None else "membership"}


def _save_payment(session: Session, payment_id: str, values: dict[str, object], before: Payment | None) -> bool:
    if before is None:
        return insert_if_absent(session, Payment, {"stripe_id": payment_id, "version": 1, **values})
    same = (Payment.stripe_id == payment_id, Payment.version == before.version)
    return bool(change_rows(session, update(Payment).where(*same).values(version=before.version + 1, **values)))
