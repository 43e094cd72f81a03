"""Carries out what follows when money went back or is disputed, in the transaction that mirrors the payment."""

from datetime import datetime

from sqlalchemy.orm import Session

from podcastsvc.billing import owing
from podcastsvc.billing.consulting import bookings
from podcastsvc.billing.kinds import gifts
from podcastsvc.billing.returning.rules import NOTHING, Standing, list_effects
from podcastsvc.members import grants, subscriptions
from podcastsvc.storage.tables.billing import Order, Payment


def follow(session: Session, before: Payment | None, after: Payment, now: datetime) -> None:
    """Does what the change of a payment's row calls for; safe to run for a change that was followed already."""
    for effect in list_effects(_stand(before), _stand(after)):
        if effect == "returned":
            _follow_return(session, after, now)
        elif effect == "put_back":
            owing.owe_note(session, "host_refund_failed", after.stripe_id)
            if after.kind == "gift" and after.order_id is not None:
                gifts.revive(session, after.order_id)
        elif effect == "disputed":
            end_bought(session, after, now)
            due = after.dispute_due_at.isoformat() if after.dispute_due_at is not None else ""
            owing.owe_note(session, "host_disputed", after.stripe_id, due)
        else:
            owing.owe_note(session, f"host_dispute_{effect}", after.stripe_id)


def _stand(row: Payment | None) -> Standing:
    if row is None:
        return NOTHING
    return Standing(row.amount_minor, row.refunded_minor, row.dispute_id, row.dispute_state)


def _follow_return(session: Session, row: Payment, now: datetime) -> None:
    """By our page the host has said what happens to the access; a refund in Stripe's dashboard leaves it as it is."""
    if row.kind == "gift" and row.order_id is not None:
        gifts.end_refunded(session, row.order_id, now)
    elif row.kind == "consultation" and row.order_id is not None:
        # By our page the host's word decides, which is carried out after the refund.
        if row.refunds_made == 0:
            bookings.cancel_returned(session, row.order_id, now)
    elif row.refunds_made == 0 and _still_runs(session, row, now):
        owing.owe_note(session, "host_refunded_runs", row.stripe_id)


def _still_runs(session: Session, row: Payment, now: datetime) -> bool:
    """Whether what a payment paid for goes on: the present period of a subscription, or a plan that was bought once."""
    order = session.get(Order, row.order_id) if row.order_id is not None else None
    if order is not None and order.state == "refunded":
        # What should not have been bought is being ended, and given back by ourselves.
        return False
    if row.subscription_id is not None:
        running = subscriptions.find_subscription(session, row.subscription_id)
        return running is not None and running.ended_at is None and running.latest_invoice == row.invoice_id
    given = grants.find_of_source(session, "once", row.order_id) if row.order_id is not None else None
    return given is not None and (given.ends_at is None or given.ends_at > now)


def end_bought(session: Session, row: Payment, now: datetime) -> None:
    """Ends what a payment bought: its subscription at Stripe, by a job; a plan that was paid once, a gift
    and a consultation at once."""
    if row.subscription_id is not None:
        owing.enqueue_end(session, row.subscription_id)
    if row.order_id is None:
        return
    given = grants.find_of_source(session, "once", row.order_id)
    if given is not None:
        grants.end_grant(session, given.id, now)
    if row.kind == "gift":
        gifts.end_refunded(session, row.order_id, now, end_access=True)
    if row.kind == "consultation":
        bookings.cancel_returned(session, row.order_id, now)
