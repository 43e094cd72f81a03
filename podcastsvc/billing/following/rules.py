"""From what Stripe states to what the mirror keeps, and to what follows from the difference. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from podcastsvc.billing.facts import ItemFacts, PaymentFacts, SubscriptionFacts
from podcastsvc.billing.kinds.donation_offers import find_promised
from podcastsvc.members.entitlements import Agreement, find_stop
from podcastsvc.members.subscriptions import GOOD, Account, Mirror
from podcastsvc.storage.tables.billing import Subscription

KNOWN = frozenset(
    ("trialing", "active", "past_due", "unpaid", "paused", "incomplete", "incomplete_expired", "canceled")
)
# How long an unknown status leaves access as it was.
PATIENCE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was asked of Stripe about one subscription.

    ``unpaid_since`` is the creation of its oldest unpaid invoice, asked only where it has just become past due;
    ``attempt`` the payment that is being tried.
    """

    facts: SubscriptionFacts
    unpaid_since: datetime | None = None
    attempt: PaymentFacts | None = None

    @property
    def needs_confirmation(self) -> bool:
        """Whether the bank wants the member to confirm the payment that is being tried."""
        return self.attempt is not None and self.attempt.status == "requires_action"


@dataclass(frozen=True, slots=True)
class Links:
    """Whose it is, and which of our plans and prices its items are (Stripe's price id to plan key and our price id).

    ``kind`` and ``order_price_id`` are the order's: an amount that its buyer chose is a price of nobody else's.
    ``order_details`` are a donation's, which may promise a plan.
    """

    member_id: int | None
    order_id: str | None
    plans: Mapping[str, tuple[str, int | None]]
    kind: str = "membership"
    order_price_id: int | None = None
    order_details: Mapping[str, Any] = field(default_factory=dict)
    planned_price_id: int | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """A letter that a change calls for; ``period`` tells two of one kind apart."""

    kind: str
    period: str = ""


def make_mirror(
    seen: Seen, before: Subscription | None, links: Links, account: Account, *, grace: timedelta, now: datetime
) -> Mirror:
    """The new row. ``past_due_since`` stays while it is past due, so the grace counts from the first unpaid invoice."""
    facts = seen.facts
    ours = [item for item in facts.items if item.price.id in links.plans]
    first = ours[0] if ours else None
    # A donation has no plan among its items, and an amount all the same.
    sold = ours or (list(facts.items) if links.kind == "donation" else [])
    shown = sold[0] if sold else None
    amount_minor = sum(_cost(item) for item in sold)
    since = _find_since(seen, before)
    card = seen.attempt.card if seen.attempt is not None and seen.attempt.card is not None else facts.card
    return Mirror(
        stripe_id=facts.id,
        member_id=links.member_id,
        customer_id=facts.customer_id,
        order_id=links.order_id,
        account=account.id,
        livemode=facts.livemode,
        kind=links.kind,
        plans=sorted({links.plans[item.price.id][0] for item in ours} | _find_promised(links, amount_minor)),
        price_id=(links.plans[first.price.id][1] or links.order_price_id) if first else None,
        status=facts.status,
        interval=shown.price.interval if shown else None,
        quantity=shown.quantity if shown else 1,
        amount_minor=amount_minor,
        currency=facts.currency,
        planned_price_id=links.planned_price_id,
        planned_at=facts.planned.at if facts.planned is not None and links.planned_price_id is not None else None,
        started_at=facts.started_at,
        period_start=facts.period_start,
        period_end=facts.period_end,
        trial_end=facts.trial_end,
        cancel_at=facts.ends_at,
        canceled_at=facts.canceled_at,
        ended_at=facts.ended_at,
        cancel_reason=facts.cancel_feedback or facts.cancel_reason,
        past_due_since=since,
        next_try_at=facts.latest_invoice.next_try_at if since and facts.latest_invoice else None,
        paused_since=_find_pause(facts, before, now),
        is_collection_paused=facts.is_collection_paused,
        latest_invoice=facts.latest_invoice_id,
        card_brand=card.brand if card else None,
        card_last4=card.last4 if card else None,
        card_expires=card.expires if card else None,
        access_kept_until=since + grace if since else _keep_until(facts, before, now),
    )


def _find_promised(links: Links, amount_minor: int) -> set[str]:
    plan = find_promised(links.order_details, amount_minor)
    return {plan} if plan else set()


def make_lost(before: Subscription, now: datetime) -> Mirror:
    """The row of a subscription that Stripe has no more: over, whatever it said before."""
    values = {name: getattr(before, name) for name in Mirror.__slots__}
    ended = Mirror(**values)
    return replace(
        ended,
        status="canceled",
        ended_at=before.ended_at or now,
        cancel_reason=before.cancel_reason or "missing",
        past_due_since=None,
        next_try_at=None,
        paused_since=None,
        access_kept_until=None,
    )


def _find_since(seen: Seen, before: Subscription | None) -> datetime | None:
    if seen.facts.status != "past_due":
        return None
    if before is not None and before.past_due_since is not None:
        return before.past_due_since
    invoice = seen.facts.latest_invoice
    return seen.unpaid_since or (invoice.created_at if invoice else seen.facts.created_at)


def _find_pause(facts: SubscriptionFacts, before: Subscription | None, now: datetime) -> datetime | None:
    """When this pause was first seen, so that each pause has an instant of its own (rule G4)."""
    if facts.status != "paused":
        return None
    return before.paused_since if before is not None and before.paused_since is not None else now


def _keep_until(facts: SubscriptionFacts, before: Subscription | None, now: datetime) -> datetime | None:
    """For a status that we do not know: as last decided, at most seven days."""
    if facts.status in KNOWN or before is None:
        return None
    if before.status not in KNOWN:
        return before.access_kept_until
    stops_at = find_stop(read_agreement(before))
    return min(stops_at, now + PATIENCE) if stops_at is not None and stops_at > now else None


def read_agreement(row: Subscription) -> Agreement:
    """What the access rule reads of a row."""
    return Agreement(
        id=row.stripe_id,
        status=row.status,
        plans=frozenset(row.plans),
        period_end=row.period_end,
        trial_end=row.trial_end,
        cancel_at=row.cancel_at,
        ended_at=row.ended_at,
        kept_until=row.access_kept_until,
        paused_since=row.paused_since,
        is_collection_paused=row.is_collection_paused,
        is_donation=row.kind == "donation",
    )


def _cost(item: ItemFacts) -> int:
    return item.price.money.amount_minor * item.quantity if item.price.money else 0


def list_owed(before: Subscription | None, after: Mirror, *, needs_confirmation: bool = False) -> list[Owed]:
    """The letters that follow from a change; none for a subscription that is nobody's."""
    if after.member_id is None or after.kind != "membership":
        return []
    was = before.status if before is not None and before.member_id is not None else None
    owed = []
    # One that no order of ours began was moved here, or made by the host at Stripe: nobody has just joined.
    if after.status in GOOD and was not in {*GOOD, "past_due"} and after.order_id is not None:
        owed.append(Owed("welcome", "" if was in {None, "incomplete"} else after.latest_invoice or ""))
    if after.status == "past_due" and (was != "past_due" or needs_confirmation):
        owed.append(
            Owed("payment_confirm" if needs_confirmation else "payment_failed", write_stamp(after.past_due_since))
        )
    if was == "past_due" and before is not None and after.status in GOOD:
        owed.append(Owed("payment_thanks", write_stamp(before.past_due_since)))
    if (
        after.cancel_at is not None
        and after.status in {*GOOD, "past_due"}
        and (before is None or before.cancel_at is None)
    ):
        owed.append(Owed("cancelled", write_stamp(after.cancel_at)))
    if before is not None and _is_lapse(before, after, was):
        owed.append(Owed("ended", write_stamp(before.past_due_since) or after.latest_invoice or ""))
    return owed


def is_over(status: str) -> bool:
    """Whether a status is one from which no access comes any more."""
    return status in {"unpaid", "canceled", "incomplete_expired"}


def _is_lapse(before: Subscription, after: Mirror, was: str | None) -> bool:
    """Whether it ended without having been planned to."""
    if after.status == "unpaid":
        return was in {*GOOD, "past_due"}
    return after.status == "canceled" and was in {*GOOD, "past_due"} and (was == "past_due" or before.cancel_at is None)


def write_stamp(at: datetime | None) -> str:
    """An instant as the period of a letter; empty for none."""
    return at.strftime("%Y-%m-%dT%H:%MZ") if at is not None else ""
