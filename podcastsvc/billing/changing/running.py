"""What every change of a running subscription needs: whether it may be changed, its one item, and a charge that waits."""

from typing import Literal

from sqlalchemy.orm import Session

from podcastsvc.billing.calls import payments
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import ItemFacts, SubscriptionFacts
from podcastsvc.errors import Conflict
from podcastsvc.kit.language import N_
from podcastsvc.members import subscriptions
from podcastsvc.storage.tables.billing import Subscription

NOT_NOW = N_("Your membership cannot be changed at the moment. Look at your account page.")

Outcome = Literal["changed", "declined"]


def may_change(row: Subscription) -> bool:
    """Whether a subscription goes on and owes nothing. One that is to end is kept first. Pure."""
    is_good = row.status in subscriptions.GOOD and row.cancel_at is None and row.ended_at is None
    return is_good and row.kind == "membership" and not row.is_collection_paused and len(row.plans) == 1


def find_row(session: Session, member_id: int) -> Subscription | None:
    """The member's subscription that may be changed; None where there is none."""
    rows = subscriptions.list_of_member(session, member_id)
    return next((row for row in rows if may_change(row)), None)


def get_item(facts: SubscriptionFacts) -> ItemFacts:
    """The one item; what the host has put together at Stripe is changed there. Raises Conflict for that."""
    if len(facts.items) != 1:
        raise Conflict(NOT_NOW)
    return facts.items[0]


def settle_waiting(desk: Desk, facts: SubscriptionFacts) -> Outcome | str:
    """Where the payment did not go through at once: on to the bank, or the attempt is taken back."""
    invoice = facts.latest_invoice
    if invoice is None:
        return "declined"
    attempt = payments.fetch_payment(desk.gateway, invoice.payment_id) if invoice.payment_id is not None else None
    if attempt is not None and attempt.status == "requires_action" and invoice.page_url is not None:
        return invoice.page_url
    # Otherwise it would stay open for a day, and a card that is changed in the portal would pay it.
    payments.void_invoice(desk.gateway, invoice.id)
    return "declined"
