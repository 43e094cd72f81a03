"""Changing what a running subscription costs: prorations, at once or planned for the end of the period."""

from dataclasses import dataclass

from podcastsvc.billing.standin.books import discounts, invoices, subscriptions
from podcastsvc.billing.standin.books.periods import add_interval
from podcastsvc.billing.standin.forms import Params
from podcastsvc.billing.standin.refusals import invalid, missing, unsupported
from podcastsvc.billing.standin.work import Body, Work, make_id

PENDING_FOR = 23 * 3600
"""How long an update waits for its payment."""
_NOT_WHILE_PENDING = (
    "cancel_at",
    "cancel_at_period_end",
    "collection_method",
    "default_payment_method",
    "pause_collection",
)


@dataclass(frozen=True, slots=True)
class Change:
    """One item's new price and quantity, when it counts from, and how it is to be charged."""

    item_id: str
    price: Body
    quantity: int
    at: int
    resets: bool
    proration: str
    payment: str


@dataclass(frozen=True, slots=True)
class Priced:
    """What a change costs: lines to invoice now (a new full period), and prorations."""

    full: list[Body]
    prorations: list[Body]
    item: Body
    anchor: int

    @property
    def lines(self) -> list[Body]:
        return self.prorations + self.full


def read_change(work: Work, subscription: Body, params: Params) -> Change:
    """A change from the parameters of an update or a preview. Raises Refusal for one that cannot be."""
    if params.has("billing_cycle_anchor") and not isinstance(params.values["billing_cycle_anchor"], dict):
        raise invalid("Invalid object", "billing_cycle_anchor")
    anchor = params.nested("billing_cycle_anchor").choice("type", ("now", "unchanged"), "unchanged")
    payment = params.choice(
        "payment_behavior",
        ("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"),
        "allow_incomplete",
    )
    if payment == "default_incomplete":
        raise unsupported("default_incomplete when a subscription is changed", "payment_behavior")
    for name in _NOT_WHILE_PENDING:
        if payment == "pending_if_incomplete" and params.has(name):
            raise invalid(f"`{name}` cannot be passed when payment_behavior is pending_if_incomplete.", name)
    item, price, quantity = _read_item(work, subscription, params)
    old = item["price"]["recurring"]
    every = price["recurring"]
    resets = anchor == "now" or (old["interval"], old["interval_count"]) != (every["interval"], every["interval_count"])
    return Change(
        item_id=item["id"],
        price=price,
        quantity=quantity,
        at=_read_date(work, item, params),
        resets=resets,
        proration=params.choice(
            "proration_behavior", ("always_invoice", "create_prorations", "none"), "create_prorations"
        ),
        payment=payment,
    )


def _read_item(work: Work, subscription: Body, params: Params) -> tuple[Body, Body, int]:
    items = subscription["items"]["data"]
    sent = params.each("items")
    if not sent:
        return items[0], items[0]["price"], items[0]["quantity"]
    entry = sent[0]
    if len(sent) > 1 or not entry.has("id") or entry.flag("deleted"):
        raise unsupported("anything but changing one item, named by its id", "items")
    item = next((one for one in items if one["id"] == entry.text("id")), None)
    if item is None:
        raise missing("subscription_item", entry.text("id"), entry.name("id"))
    if entry.has("price_data"):
        raise unsupported("price_data when a subscription is changed", entry.name("price_data"))
    price = work.get("price", entry.text("price"), entry.name("price")) if entry.has("price") else item["price"]
    if not price["recurring"]:
        raise invalid("The price specified is not recurring.", entry.name("price"))
    if not price["active"] and price["id"] != item["price"]["id"]:
        raise invalid("The price specified is inactive. This field only accepts active prices.", entry.name("price"))
    if price["currency"] != subscription["currency"]:
        raise invalid(f"The price is in {price['currency']}, the subscription in {subscription['currency']}.", "items")
    return item, price, entry.whole("quantity") or item["quantity"]


def _read_date(work: Work, item: Body, params: Params) -> int:
    """``proration_date``, which must lie in the running period. One near the client's own clock is our now."""
    sent = params.whole("proration_date")
    if sent is None:
        return work.now
    at = sent + (work.now - work.wall) if abs(sent - work.wall) <= 3600 else sent
    if not item["current_period_start"] <= at <= item["current_period_end"]:
        raise invalid("Invalid proration_date: it must be inside the current period.", "proration_date")
    return at


def count(work: Work, subscription: Body, change: Change) -> Priced:
    """What a change costs. Nothing is written."""
    old = next(item for item in subscription["items"]["data"] if item["id"] == change.item_id)
    start, end = old["current_period_start"], old["current_period_end"]
    item = old | {"price": change.price, "quantity": change.quantity}
    prorations = []
    if change.proration != "none" and subscription["status"] != "trialing":
        left = (end - change.at) / max(end - start, 1)
        credit = round(_net(work, subscription, old) * left)
        text = f"Unused time on {old['quantity']} × {invoices.describe(work, old['price'])}"
        prorations.append(_proration(old, -credit, change.at, end, text))
        if not change.resets:
            debit = round(_net(work, subscription, item) * left)
            text = f"Remaining time on {item['quantity']} × {invoices.describe(work, item['price'])}"
            prorations.append(_proration(item, debit, change.at, end, text))
    if not change.resets or subscription["status"] == "trialing":
        return Priced([], prorations, item, subscription["billing_cycle_anchor"])
    every = change.price["recurring"]
    end = add_interval(change.at, every["interval"], every["interval_count"])
    item |= {"current_period_start": change.at, "current_period_end": end}
    amount = change.price["unit_amount"] * change.quantity
    text = f"{change.quantity} × {invoices.describe(work, change.price)}"
    full = [invoices.make_line(item, change.price, amount=amount, start=change.at, end=end, description=text)]
    return Priced(full, prorations, item, change.at)


def _net(work: Work, subscription: Body, item: Body) -> int:
    """An item's price for a whole period, less what its discounts take off."""
    amount = item["price"]["unit_amount"] * item["quantity"]
    taken = discounts.take_off(work, amount, discounts.list_running(work, subscription))
    return int(amount - sum(entry["amount"] for entry in taken))


def _proration(item: Body, amount: int, start: int, end: int, text: str) -> Body:
    return invoices.make_line(
        item, item["price"], amount=amount, start=start, end=end, description=text, proration=True
    )


def change(work: Work, subscription: Body, wanted: Change) -> None:
    """Carries a change out. Raises Refusal (402) where it must be paid first and is not."""
    priced = count(work, subscription, wanted)
    at_once = priced.full or (wanted.proration == "always_invoice" and priced.lines)
    if not at_once:
        subscription["_pending_lines"] = subscription["_pending_lines"] + priced.prorations
        apply(work, subscription, priced)
        return
    customer = work.get("customer", subscription["customer"])
    invoice = invoices.make_invoice(
        work, customer, priced.lines, reason="subscription_update", subscription=subscription
    )
    if invoice["total"] <= 0 or wanted.payment == "allow_incomplete":
        subscription["latest_invoice"] = invoice["id"]
        apply(work, subscription, priced)
        invoices.open_invoice(work, invoice)
        subscriptions.pay(work, invoice, "member-present")
        return
    _pay_first(work, subscription, priced, wanted, invoice)


def _pay_first(work: Work, subscription: Body, priced: Priced, wanted: Change, invoice: Body) -> None:
    invoices.open_invoice(work, invoice)
    outcome = invoices.try_to_collect(work, invoice, "member-present")
    subscription["latest_invoice"] = invoice["id"]
    if outcome.state == "paid":
        apply(work, subscription, priced)
        return
    if wanted.payment == "error_if_incomplete" and outcome.refusal is not None:
        # Everything this request did is undone with it.
        raise outcome.refusal
    expires_at = work.now + PENDING_FOR
    subscription |= {
        "pending_update": {
            "billing_cycle_anchor": priced.anchor if wanted.resets else None,
            "discount": None,
            "discounts": None,
            "expires_at": expires_at,
            "metadata": None,
            "subscription_items": [priced.item],
            "trial_end": None,
            "trial_from_plan": None,
        },
        "_pending_invoice": invoice["id"],
    }
    work.change(subscription, subscriptions.UPDATED)
    work.later(expires_at, "subscription.update_expires", subscription["id"])


def apply(work: Work, subscription: Body, priced: Priced) -> None:
    """The new price stands."""
    items = [priced.item if item["id"] == priced.item["id"] else item for item in subscription["items"]["data"]]
    subscription["items"]["data"] = items
    subscription |= {"billing_cycle_anchor": priced.anchor, "pending_update": None, "_pending_invoice": None}
    if subscription["schedule"]:
        release(work, work.get("subscription_schedule", subscription["schedule"]))
        subscription["schedule"] = None
    work.change(subscription, subscriptions.UPDATED)
    subscriptions.note_dates(work, subscription)


def apply_pending(work: Work, subscription: Body) -> None:
    """The invoice an update waited for was paid."""
    pending = subscription["pending_update"]
    item = pending["subscription_items"][0]
    anchor = pending["billing_cycle_anchor"] or subscription["billing_cycle_anchor"]
    apply(work, subscription, Priced([], [], item, anchor))
    work.emit("customer.subscription.pending_update_applied", work.get("subscription", subscription["id"]))


def drop_pending(work: Work, subscription: Body) -> None:
    """An update that waited for its payment is given up: the old price stays and nothing is owed."""
    invoices.void(work, work.get("invoice", subscription["_pending_invoice"]))
    subscription |= {"pending_update": None, "_pending_invoice": None}
    work.put(subscription)
    work.emit("customer.subscription.pending_update_expired", subscription)


def plan(work: Work, subscription: Body, price: Body) -> Body:
    """Plans another price for the end of the period, as the portal does: a schedule of two phases."""
    if subscription["schedule"]:
        release(work, work.get("subscription_schedule", subscription["schedule"]))
    item = subscription["items"]["data"][0]
    start, end = item["current_period_start"], item["current_period_end"]
    every = price["recurring"]
    schedule = {
        "id": make_id("sub_sched"),
        "object": "subscription_schedule",
        "application": None,
        "billing_mode": subscription["billing_mode"],
        "canceled_at": None,
        "completed_at": None,
        "created": work.now,
        "current_phase": {"start_date": start, "end_date": end},
        "customer": subscription["customer"],
        "customer_account": None,
        "default_settings": {
            "application_fee_percent": None,
            "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
            "billing_cycle_anchor": "automatic",
            "billing_thresholds": None,
            "collection_method": "charge_automatically",
            "default_payment_method": None,
            "description": None,
            "invoice_settings": {"account_tax_ids": None, "days_until_due": None, "issuer": {"type": "self"}},
            "on_behalf_of": None,
            "transfer_data": None,
        },
        "end_behavior": "release",
        "livemode": False,
        "metadata": {},
        "phases": [
            _phase(item["price"], item["quantity"], start, end),
            _phase(price, item["quantity"], end, add_interval(end, every["interval"], every["interval_count"])),
        ],
        "released_at": None,
        "released_subscription": None,
        "status": "active",
        "subscription": subscription["id"],
        "test_clock": None,
    }
    work.put(schedule)
    subscription["schedule"] = schedule["id"]
    work.change(subscription, subscriptions.UPDATED)
    work.emit("subscription_schedule.created", schedule)
    return schedule


def _phase(price: Body, quantity: int, start: int, end: int) -> Body:
    return {
        "add_invoice_items": [],
        "application_fee_percent": None,
        "billing_cycle_anchor": None,
        "billing_thresholds": None,
        "collection_method": None,
        "currency": price["currency"],
        "default_payment_method": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "end_date": end,
        "invoice_settings": None,
        "items": [
            {
                "billing_thresholds": None,
                "discounts": [],
                "metadata": {},
                "price": price["id"],
                "quantity": quantity,
                "tax_rates": [],
            }
        ],
        "metadata": {},
        "on_behalf_of": None,
        "proration_behavior": "none",
        "start_date": start,
        "transfer_data": None,
        "trial_end": None,
    }


def release(work: Work, schedule: Body) -> None:
    """Takes a planned price back; the subscription goes on as it is."""
    subscription = work.find(schedule["subscription"] or "", "subscription")
    schedule |= {
        "status": "released",
        "released_at": work.now,
        "released_subscription": schedule["subscription"],
        "subscription": None,
        "current_phase": None,
    }
    work.put(schedule)
    work.emit("subscription_schedule.released", schedule)
    if subscription is not None and subscription["schedule"] == schedule["id"]:
        subscription["schedule"] = None
        work.change(subscription, subscriptions.UPDATED)
