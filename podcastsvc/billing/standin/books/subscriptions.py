"""Subscriptions: beginning, renewing, falling behind, being paid after all, ending."""

from podcastsvc.billing.standin.books import discounts, invoices
from podcastsvc.billing.standin.books.customers import default_card
from podcastsvc.billing.standin.books.payments import Outcome
from podcastsvc.billing.standin.books.periods import DAY, add_interval, next_boundary
from podcastsvc.billing.standin.cards import Moment
from podcastsvc.billing.standin.work import Body, Work, make_id

RETRY_DAYS = (3, 7, 10, 14)
"""Days after the first failure at which a renewal is tried again: four attempts in 14 days."""
ENDED = frozenset({"canceled", "incomplete_expired"})
UPDATED = "customer.subscription.updated"


def make_item(work: Work, subscription_id: str, price: Body, quantity: int, start: int, end: int) -> Body:
    """A subscription item; the period stands here, not on the subscription."""
    return {
        "id": make_id("si", 14),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": work.now,
        "current_period_end": end,
        "current_period_start": start,
        "discounts": [],
        "metadata": {},
        "price": price,
        "quantity": quantity,
        "subscription": subscription_id,
        "tax_rates": [],
    }


def make_subscription(
    work: Work,
    customer: Body,
    wanted: list[tuple[Body, int]],
    *,
    metadata: dict[str, str],
    trial_end: int | None = None,
    missing_card: str = "create_invoice",
    mode: str = "flexible",
    description: str | None = None,
) -> Body:
    """A subscription to (price, quantity) pairs, not yet written: its first invoice decides its status."""
    subscription_id = make_id("sub")
    anchor = trial_end or work.now
    items = []
    for price, quantity in wanted:
        every = price["recurring"]
        end = trial_end or add_interval(work.now, every["interval"], every["interval_count"])
        items.append(make_item(work, subscription_id, price, quantity, work.now, end))
    flexible = {"proration_discounts": "included"} if mode == "flexible" else None
    return {
        "id": subscription_id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": anchor,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": flexible, "type": mode},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": work.now,
        "currency": wanted[0][0]["currency"],
        "customer": customer["id"],
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": description,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": {
            "object": "list",
            "data": items,
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={subscription_id}",
        },
        "latest_invoice": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": dict(metadata),
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": work.now,
        "status": "incomplete",
        "status_details": None,
        "test_clock": None,
        "transfer_data": None,
        "trial_end": trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": missing_card}},
        "trial_start": work.now if trial_end else None,
        "_pending_lines": [],
    }


def period_end(subscription: Body) -> int:
    """The earliest end among the items' periods."""
    return min(int(item["current_period_end"]) for item in subscription["items"]["data"])


def is_running(subscription: Body) -> bool:
    return subscription["status"] not in ENDED


def full_lines(work: Work, subscription: Body) -> list[Body]:
    """One line per item for its present period; free of charge while on trial."""
    trial = subscription["status"] == "trialing" or (subscription["trial_end"] or 0) > work.now
    lines = []
    for item in subscription["items"]["data"]:
        price = item["price"]
        amount = 0 if trial else price["unit_amount"] * item["quantity"]
        name = invoices.describe(work, price)
        start, end = item["current_period_start"], item["current_period_end"]
        text = f"Trial period for {name}" if trial else f"{item['quantity']} × {name}"
        lines.append(invoices.make_line(item, price, amount=amount, start=start, end=end, description=text))
    return lines


def begin(work: Work, subscription: Body, *, extra: list[Body] | None = None) -> Body:
    """Writes a new subscription with its first invoice, open and not yet collected; returns the invoice."""
    work.put(subscription)
    customer = work.get("customer", subscription["customer"])
    lines = full_lines(work, subscription) + (extra or [])
    invoice = invoices.make_invoice(work, customer, lines, reason="subscription_create", subscription=subscription)
    invoices.open_invoice(work, invoice)
    subscription["latest_invoice"] = invoice["id"]
    work.put(subscription)
    work.emit("customer.subscription.created", subscription)
    return invoice


def set_going(work: Work, subscription: Body) -> None:
    """The first invoice is settled: the subscription runs and the clock knows its dates."""
    subscription["status"] = "trialing" if (subscription["trial_end"] or 0) > work.now else "active"
    if subscription["status"] != "trialing":
        discounts.drop_used(work, subscription)
    work.change(subscription, UPDATED)
    note_dates(work, subscription)


def note_dates(work: Work, subscription: Body) -> None:
    """Leaves notes for everything this subscription's dates bring; notes left earlier are stale then."""
    if subscription["cancel_at_period_end"]:
        subscription["cancel_at"] = period_end(subscription)
        work.put(subscription)
    work.later(period_end(subscription), "subscription.cycle", subscription["id"])
    if subscription["cancel_at"]:
        work.later(subscription["cancel_at"], "subscription.cancel", subscription["id"])
    if subscription["status"] == "trialing" and subscription["trial_end"]:
        warn_at = max(subscription["trial_end"] - 3 * DAY, work.now)
        work.later(warn_at, "subscription.trial_will_end", subscription["id"])


def pay(work: Work, invoice: Body, moment: Moment, *, method: Body | None = None, confirmed: bool = False) -> Outcome:
    """One attempt on an invoice, with what it means for its subscription."""
    outcome = invoices.try_to_collect(work, invoice, moment, method=method, confirmed=confirmed)
    subscription = invoices.subscription_of(work, invoice)
    if subscription is None or not is_running(subscription):
        return outcome
    if outcome.state == "paid":
        settle(work, invoice, subscription)
    elif subscription.get("_pending_invoice") != invoice["id"] and subscription["status"] != "incomplete":
        fall_behind(work, invoice, subscription)
    return outcome


def settle(work: Work, invoice: Body, subscription: Body) -> None:
    """An invoice was paid: a subscription whose newest invoice this is stands well again."""
    if subscription.get("_pending_invoice") == invoice["id"]:
        # Here, not above: changes.py is built on this file.
        from podcastsvc.billing.standin.books.changes import apply_pending

        apply_pending(work, subscription)
        return
    if subscription["latest_invoice"] != invoice["id"]:
        return
    if subscription["status"] == "incomplete":
        set_going(work, subscription)
    elif subscription["status"] in {"past_due", "unpaid"}:
        subscription["status"] = "active"
        work.change(subscription, UPDATED)


def fall_behind(work: Work, invoice: Body, subscription: Body) -> None:
    """An attempt failed: past due, the next try, and after the last one what the account is set to."""
    customer = work.get("customer", subscription["customer"])
    if not customer["delinquent"]:
        work.change(customer | {"delinquent": True}, "customer.updated")
    first = invoice["status_transitions"]["finalized_at"]
    tries = [first + days * DAY for days in RETRY_DAYS if first + days * DAY > work.now]
    invoice["next_payment_attempt"] = tries[0] if tries else None
    work.change(invoice, "invoice.updated")
    if subscription["status"] in {"active", "trialing"}:
        subscription["status"] = "past_due"
        work.change(subscription, UPDATED)
    if tries:
        work.later(tries[0], "invoice.retry", invoice["id"])
    elif work.faults.after_last_retry == "cancel":
        end(work, subscription, "payment_failed")
    elif work.faults.after_last_retry == "unpaid":
        subscription["status"] = "unpaid"
        work.change(subscription, UPDATED)


def end(work: Work, subscription: Body, reason: str) -> None:
    """Ends a subscription now; nothing more is tried on its open invoices."""
    subscription |= {"status": "canceled", "ended_at": work.now, "pending_update": None}
    subscription["canceled_at"] = subscription["canceled_at"] or work.now
    subscription["cancellation_details"]["reason"] = reason
    work.put(subscription)
    for invoice in work.rows("invoice", subscription["customer"]):
        owner = invoices.subscription_of(work, invoice)
        if invoice["status"] == "open" and owner is not None and owner["id"] == subscription["id"]:
            work.put(invoice | {"auto_advance": False, "next_payment_attempt": None})
    work.emit("customer.subscription.deleted", subscription)


def plan_end(work: Work, subscription: Body, at: int | None, *, at_period_end: bool) -> None:
    """Schedules or takes back an end. ``at_period_end`` is how the API and classic subscriptions say it."""
    subscription |= {"cancel_at": at, "cancel_at_period_end": at_period_end}
    if at_period_end:
        subscription["cancel_at"] = period_end(subscription)
    planned = subscription["cancel_at"] is not None
    subscription["canceled_at"] = work.now if planned else None
    subscription["cancellation_details"]["reason"] = "cancellation_requested" if planned else None
    if not planned:
        subscription["cancellation_details"] |= {"comment": None, "feedback": None}
    work.change(subscription, UPDATED)
    note_dates(work, subscription)


def cycle(work: Work, subscription: Body) -> None:
    """A period is over: the next one begins with its invoice, or the subscription ends."""
    if subscription["cancel_at"] is not None and subscription["cancel_at"] <= work.now:
        end(work, subscription, "cancellation_requested")
        return
    trial_over = subscription["status"] == "trialing"
    customer = work.get("customer", subscription["customer"])
    if trial_over and default_card(work, customer, subscription) is None:
        behaviour = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
        if behaviour == "cancel":
            end(work, subscription, "cancellation_requested")
            return
        if behaviour == "pause":
            pause(work, subscription, "trial_end_without_payment_method")
            return
    _roll(work, subscription)
    if trial_over:
        subscription["status"] = "active"
    invoice = _renewal_invoice(work, customer, subscription)
    subscription["latest_invoice"] = invoice["id"]
    discounts.drop_used(work, subscription)
    work.change(subscription, UPDATED)
    note_dates(work, subscription)
    _collect_renewal(work, invoice, subscription)


def _roll(work: Work, subscription: Body) -> None:
    _take_scheduled_price(work, subscription)
    for item in subscription["items"]["data"]:
        if item["current_period_end"] <= work.now:
            every = item["price"]["recurring"]
            item["current_period_start"] = item["current_period_end"]
            item["current_period_end"] = next_boundary(
                subscription["billing_cycle_anchor"],
                every["interval"],
                every["interval_count"],
                item["current_period_start"],
            )


def _take_scheduled_price(work: Work, subscription: Body) -> None:
    """The price that was planned for the end of this period takes effect, counted from here."""
    schedule = work.find(subscription["schedule"] or "", "subscription_schedule")
    if schedule is None:
        return
    wanted = schedule["phases"][-1]["items"][0]
    item = subscription["items"]["data"][0]
    item |= {"price": work.get("price", wanted["price"]), "quantity": wanted["quantity"]}
    subscription |= {"schedule": None, "billing_cycle_anchor": item["current_period_end"]}
    work.put(
        schedule
        | {
            "status": "released",
            "released_at": work.now,
            "released_subscription": subscription["id"],
            "subscription": None,
        }
    )


def _renewal_invoice(work: Work, customer: Body, subscription: Body) -> Body:
    lines = full_lines(work, subscription) + subscription["_pending_lines"]
    subscription["_pending_lines"] = []
    return invoices.make_invoice(work, customer, lines, reason="subscription_cycle", subscription=subscription)


def _collect_renewal(work: Work, invoice: Body, subscription: Body) -> None:
    paused = subscription["pause_collection"]
    if paused and paused["resumes_at"] and paused["resumes_at"] <= work.now:
        subscription["pause_collection"] = paused = None
        work.change(subscription, UPDATED)
    if subscription["status"] == "unpaid" or (paused and paused["behavior"] == "keep_as_draft"):
        work.put(invoice | {"auto_advance": False})
        work.emit("invoice.created", invoice)
        return
    if work.faults.finalizing_fails:
        _fail_to_finalize(work, invoice)
        return
    invoices.open_invoice(work, invoice)
    if paused and paused["behavior"] == "void":
        invoices.void(work, invoice)
    elif paused:
        invoice["status"] = "uncollectible"
        invoice["status_transitions"]["marked_uncollectible_at"] = work.now
        work.put(invoice)
        work.emit("invoice.marked_uncollectible", invoice)
    else:
        pay(work, invoice, "renewal")


def _fail_to_finalize(work: Work, invoice: Body) -> None:
    """The invoice stays a draft that says why."""
    error = {
        "type": "invalid_request_error",
        "code": "customer_tax_location_invalid",
        "message": "The address is not valid.",
    }
    invoice["last_finalization_error"] = error
    invoice["automatic_tax"] |= {"enabled": True, "status": "requires_location_inputs"}
    work.put(invoice)
    work.emit("invoice.created", invoice)
    work.emit("invoice.finalization_failed", invoice)
    work.later(work.now + DAY, "invoice.finalize", invoice["id"])


def finalize_again(work: Work, invoice: Body) -> None:
    """A draft that could not be finalized is tried again."""
    subscription = invoices.subscription_of(work, invoice)
    if subscription is None or not is_running(subscription):
        return
    if work.faults.finalizing_fails:
        work.later(work.now + DAY, "invoice.finalize", invoice["id"])
        return
    invoices.open_invoice(work, invoice | {"last_finalization_error": None, "automatic_tax": dict(invoices.NO_TAX)})
    pay(work, work.get("invoice", invoice["id"]), "renewal")


def retry(work: Work, invoice: Body) -> None:
    """The next attempt on an invoice that was left open."""
    pay(work, invoice, "renewal")


def pause(work: Work, subscription: Body, reason: str) -> None:
    """No access and no invoices until it is resumed."""
    paused = {"subscription": {"type": reason}, "transitioned_at": work.now, "type": "subscription"}
    subscription |= {"status": "paused", "status_details": {"paused": paused}}
    work.put(subscription)
    work.emit("customer.subscription.paused", subscription)


def resume(work: Work, subscription: Body) -> Outcome:
    """Runs again from now on, once the first period is paid."""
    subscription |= {"status": "active", "status_details": None, "billing_cycle_anchor": work.now, "trial_end": None}
    for item in subscription["items"]["data"]:
        every = item["price"]["recurring"]
        item["current_period_start"] = work.now
        item["current_period_end"] = add_interval(work.now, every["interval"], every["interval_count"])
    customer = work.get("customer", subscription["customer"])
    invoice = _renewal_invoice(work, customer, subscription) | {"billing_reason": "subscription_update"}
    invoices.open_invoice(work, invoice)
    subscription["latest_invoice"] = invoice["id"]
    work.put(subscription)
    work.emit("customer.subscription.resumed", subscription)
    note_dates(work, subscription)
    return pay(work, invoice, "member-present")
