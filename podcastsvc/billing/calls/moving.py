"""Moving a running subscription to another price, or its next charge to another day, as Stripe does it."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from podcastsvc.billing.calls import writing
from podcastsvc.billing.facts import PreviewFacts, SubscriptionFacts
from podcastsvc.billing.gateway import Gateway, Missing, Refused, any_of
from podcastsvc.kit.money import Money


def preview_price(
    gateway: Gateway, subscription_id: str, *, item_id: str, price_id: str, proration_at: datetime
) -> PreviewFacts:
    """What the move would cost now."""
    params = any_of(writing.write_price_preview(subscription_id, item_id, price_id, proration_at))
    due = gateway.fetch(_read_due, lambda client: client.v1.invoices.create_preview(params))
    return PreviewFacts(due=due, proration_at=proration_at)


def set_price(
    gateway: Gateway, subscription_id: str, *, item_id: str, price_id: str, proration_at: datetime
) -> SubscriptionFacts:
    """Moves to another price now; ``proration_at`` is the preview's. If the card fails, the old price stays."""
    params = writing.write_price_change(item_id, price_id, proration_at)
    return gateway.update_subscription(subscription_id, params, "price")


def move_to_price(gateway: Gateway, subscription_id: str, *, item_id: str, price_id: str) -> SubscriptionFacts:
    """Moves to another price of the same interval, which is charged from the next period on; nothing is charged now."""
    params = writing.write_price_move(item_id, price_id)
    return gateway.update_subscription(subscription_id, params, "move")


def release_schedule(gateway: Gateway, schedule_id: str) -> None:
    """Takes back what is planned; the subscription goes on as it is. One that is over already is no matter."""
    with suppress(Missing, Refused):
        gateway.fetch(dict, lambda client: client.v1.subscription_schedules.release(schedule_id), quiet=True)


def move_next_charge(gateway: Gateway, subscription_id: str, at: datetime) -> SubscriptionFacts:
    """Moves the next charge to an instant in the future, without proration."""
    return gateway.update_subscription(subscription_id, writing.write_next_charge(at), "charge")


def _read_due(found: Mapping[str, Any]) -> Money:
    return Money(found["amount_due"], found["currency"])
