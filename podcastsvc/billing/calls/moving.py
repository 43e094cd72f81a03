"""Moving a running subscription to another price, number of seats or day of its next charge, as Stripe does it."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from podcastsvc.billing.calls import writing
from podcastsvc.billing.facts import ItemChange, PreviewFacts, SubscriptionFacts
from podcastsvc.billing.gateway import Gateway, Missing, Refused, any_of
from podcastsvc.kit.money import Money


def preview_change(gateway: Gateway, subscription_id: str, item: ItemChange, *, proration_at: datetime) -> PreviewFacts:
    """What another price, or another number of seats, would cost now."""
    params = any_of(writing.write_change_preview(subscription_id, item, proration_at))
    due = gateway.fetch(_read_due, lambda client: client.v1.invoices.create_preview(params))
    return PreviewFacts(due=due, proration_at=proration_at)


def change_item(
    gateway: Gateway, subscription_id: str, item: ItemChange, *, proration_at: datetime
) -> SubscriptionFacts:
    """Moves to another price or number now; ``proration_at`` is the preview's. If the card fails, all stays as it was."""
    return gateway.update_subscription(subscription_id, writing.write_item_change(item, proration_at), "price")


def move_item(gateway: Gateway, subscription_id: str, item: ItemChange) -> SubscriptionFacts:
    """Another price of the same interval, or another number, which is charged from the next period on; nothing is charged
    or given back now."""
    return gateway.update_subscription(subscription_id, writing.write_item_move(item), "move")


def release_schedule(gateway: Gateway, schedule_id: str) -> None:
    """Takes back what is planned; the subscription goes on as it is. One that is over already is no matter."""
    with suppress(Missing, Refused):
        gateway.fetch(dict, lambda client: client.v1.subscription_schedules.release(schedule_id), quiet=True)


def move_next_charge(gateway: Gateway, subscription_id: str, at: datetime) -> SubscriptionFacts:
    """Moves the next charge to an instant in the future, without proration."""
    return gateway.update_subscription(subscription_id, writing.write_next_charge(at), "charge")


def _read_due(found: Mapping[str, Any]) -> Money:
    return Money(found["amount_due"], found["currency"])
