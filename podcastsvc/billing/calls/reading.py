"""Stripe's objects, as plain dicts, read into our facts. Pure; the only file that knows where Stripe puts what.

Fields that we do not use may be missing or of any shape. Fields that we do use and are missing raise KeyError or
TypeError, which the gateway reports as a bug with the request's id.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from podcastsvc.billing.facts import (
    AccountFacts,
    CardFacts,
    CheckoutFacts,
    CustomerFacts,
    DisputeFacts,
    EndpointFacts,
    Interval,
    InvoiceFacts,
    ItemFacts,
    NoticeFacts,
    PaymentFacts,
    PlannedPrice,
    PriceFacts,
    RefundFacts,
    SubscriptionFacts,
)
from podcastsvc.kit.clock import from_timestamp
from podcastsvc.kit.money import Money

Obj = Mapping[str, Any]


def read_account(obj: Obj, *, livemode: bool, clock_at: datetime | None) -> AccountFacts:
    """The mode is the key's, for an account has none; the clock comes from the answer's ``Date`` header."""
    settings = obj.get("settings") or {}
    business = obj.get("business_profile") or {}
    return AccountFacts(
        id=obj["id"],
        livemode=livemode,
        name=business.get("name") or (settings.get("dashboard") or {}).get("display_name") or "",
        descriptor=(settings.get("payments") or {}).get("statement_descriptor") or "",
        clock_at=clock_at,
    )


def read_customer(obj: Obj) -> CustomerFacts:
    if obj.get("deleted"):
        return CustomerFacts(id=obj["id"], is_deleted=True)
    return CustomerFacts(
        id=obj["id"],
        livemode=obj["livemode"],
        email=obj.get("email"),
        currency=(obj.get("currency") or "").upper() or None,
        metadata=_metadata(obj),
    )


def read_price(obj: Obj) -> PriceFacts:
    amount = obj.get("unit_amount")
    return PriceFacts(
        id=obj["id"],
        product_id=read_id(obj["product"]) or "",
        money=None if amount is None else Money(amount, obj["currency"]),
        interval=_interval(obj.get("recurring")),
        lookup_key=obj.get("lookup_key"),
        is_active=obj["active"],
        livemode=obj["livemode"],
        tax_behavior=obj.get("tax_behavior"),
        metadata=_metadata(obj),
    )


def read_subscription(obj: Obj) -> SubscriptionFacts:
    invoice = obj.get("latest_invoice")
    details = obj.get("cancellation_details") or {}
    return SubscriptionFacts(
        id=obj["id"],
        status=obj["status"],
        livemode=obj["livemode"],
        customer_id=read_id(obj["customer"]) or "",
        items=tuple(_read_item(item) for item in obj["items"]["data"]),
        currency=obj["currency"].upper(),
        created_at=from_timestamp(obj["created"]),
        started_at=from_timestamp(obj["start_date"]),
        trial_end=_instant(obj.get("trial_end")),
        cancel_at=_instant(obj.get("cancel_at")),
        cancel_at_period_end=obj["cancel_at_period_end"],
        canceled_at=_instant(obj.get("canceled_at")),
        ended_at=_instant(obj.get("ended_at")),
        cancel_reason=details.get("reason"),
        cancel_feedback=details.get("feedback"),
        is_collection_paused=bool(obj.get("pause_collection")),
        latest_invoice=read_invoice(invoice) if isinstance(invoice, Mapping) else None,
        latest_invoice_id=read_id(invoice),
        card=_card_of_method(obj.get("default_payment_method")) or _card_of_customer(obj["customer"]),
        metadata=_metadata(obj),
        has_pending_update=bool(obj.get("pending_update")),
        schedule_id=read_id(obj.get("schedule")),
        planned=_find_planned(obj.get("schedule")),
    )


def _find_planned(schedule: Any) -> PlannedPrice | None:
    """The price of the phase that follows the present one."""
    if not isinstance(schedule, Mapping) or schedule.get("status") != "active":
        return None
    ends = (schedule.get("current_phase") or {}).get("end_date")
    following = [phase for phase in schedule.get("phases") or [] if ends is not None and phase["start_date"] >= ends]
    if not following or not following[0]["items"]:
        return None
    price_id = read_id(following[0]["items"][0]["price"])
    return PlannedPrice(price_id, from_timestamp(following[0]["start_date"])) if price_id is not None else None


def _read_item(obj: Obj) -> ItemFacts:
    return ItemFacts(
        id=obj["id"],
        price=read_price(obj["price"]),
        quantity=obj.get("quantity") or 1,
        period_start=from_timestamp(obj["current_period_start"]),
        period_end=from_timestamp(obj["current_period_end"]),
    )


def read_invoice(obj: Obj) -> InvoiceFacts:
    """The subscription stands under ``parent.subscription_details``, the payment under ``payments`` (where expanded)."""
    parent = (obj.get("parent") or {}).get("subscription_details") or {}
    return InvoiceFacts(
        id=obj["id"],
        status=obj.get("status") or "draft",
        created_at=from_timestamp(obj["created"]),
        due=Money(obj["amount_due"], obj["currency"]),
        paid=Money(obj["amount_paid"], obj["currency"]),
        attempts=obj["attempt_count"],
        next_try_at=_instant(obj.get("next_payment_attempt")),
        paid_at=_instant((obj.get("status_transitions") or {}).get("paid_at")),
        customer_id=read_id(obj.get("customer")),
        subscription_id=read_id(parent.get("subscription")),
        payment_id=_find_payment((obj.get("payments") or {}).get("data") or []),
        page_url=obj.get("hosted_invoice_url"),
        pdf_url=obj.get("invoice_pdf"),
    )


def _find_payment(payments: list[Obj]) -> str | None:
    """The payment that counts: the paid one, else the newest of the rest."""
    ordered = sorted(payments, key=lambda each: (each.get("status") == "paid", each.get("created") or 0), reverse=True)
    return next((found for each in ordered if (found := read_id(each["payment"].get("payment_intent")))), None)


def read_checkout(obj: Obj) -> CheckoutFacts:
    return CheckoutFacts(
        id=obj["id"],
        status=obj.get("status") or "",
        payment_status=obj["payment_status"],
        livemode=obj["livemode"],
        url=obj.get("url"),
        expires_at=from_timestamp(obj["expires_at"]),
        order_id=obj.get("client_reference_id"),
        customer_id=read_id(obj.get("customer")),
        subscription_id=read_id(obj.get("subscription")),
        payment_id=read_id(obj.get("payment_intent")),
        email=(obj.get("customer_details") or {}).get("email") or obj.get("customer_email"),
        metadata=_metadata(obj),
    )


def read_payment(obj: Obj) -> PaymentFacts:
    """Needs ``latest_charge`` expanded; without it nothing counts as refunded."""
    charge = obj.get("latest_charge")
    charge = charge if isinstance(charge, Mapping) else {}
    problem = obj.get("last_payment_error") or {}
    is_paid = obj["status"] == "succeeded"
    return PaymentFacts(
        id=obj["id"],
        status=obj["status"],
        livemode=obj["livemode"],
        money=Money(obj["amount"], obj["currency"]),
        refunded=Money(charge.get("amount_refunded") or 0, obj["currency"]),
        is_disputed=bool(charge.get("disputed")),
        created_at=from_timestamp(obj["created"]),
        paid_at=from_timestamp(charge.get("created") or obj["created"]) if is_paid else None,
        customer_id=read_id(obj.get("customer")),
        card=_card_of_charge(charge)
        if is_paid
        else _card_of_method(problem.get("payment_method")) or _card_of_charge(charge),
        declined=None if is_paid else problem.get("message"),
        receipt_url=charge.get("receipt_url"),
        metadata=_metadata(obj),
    )


def read_dispute(obj: Obj) -> DisputeFacts:
    return DisputeFacts(
        id=obj["id"],
        status=obj["status"],
        livemode=obj["livemode"],
        payment_id=read_id(obj.get("payment_intent")),
        money=Money(obj["amount"], obj["currency"]),
        reason=obj["reason"],
        created_at=from_timestamp(obj["created"]),
        evidence_due_at=_instant((obj.get("evidence_details") or {}).get("due_by")),
        is_refundable=obj["is_charge_refundable"],
    )


def read_refund(obj: Obj) -> RefundFacts:
    return RefundFacts(
        id=obj["id"],
        status=obj.get("status") or "",
        money=Money(obj["amount"], obj["currency"]),
        payment_id=read_id(obj.get("payment_intent")),
    )


def read_endpoint(obj: Obj) -> EndpointFacts:
    return EndpointFacts(
        id=obj["id"],
        url=obj["url"],
        status=obj["status"],
        api_version=obj.get("api_version"),
        types=tuple(obj["enabled_events"]),
        secret=obj.get("secret"),
        created_at=from_timestamp(obj["created"]),
    )


def read_notice(obj: Obj) -> NoticeFacts:
    """Only these fields are looked at, so that a notice in another API version does no harm."""
    changed = obj["data"]["object"]
    fields = (obj["id"], obj["type"], changed["object"], changed["id"])
    if not all(isinstance(each, str) and 0 < len(each) <= 255 for each in fields):
        raise TypeError("a notice's names are not text")
    return NoticeFacts(
        id=obj["id"],
        type=obj["type"],
        object_kind=changed["object"],
        object_id=changed["id"],
        created_at=from_timestamp(int(obj["created"])),
        livemode=obj["livemode"] is True,
        account=obj.get("account"),
        api_version=obj.get("api_version"),
    )


def read_id(value: Any) -> str | None:
    """The id of a field that holds an id, an expanded object, or nothing."""
    found = value.get("id") if isinstance(value, Mapping) else value
    return str(found) if found else None


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else from_timestamp(seconds)


def _metadata(obj: Obj) -> dict[str, str]:
    return {str(name): str(value) for name, value in (obj.get("metadata") or {}).items()}


def _interval(recurring: Obj | None) -> Interval | None:
    if recurring is None:
        return "once"
    if (recurring.get("interval_count") or 1) != 1:
        return None
    found: Interval | None = {"month": "month", "year": "year"}.get(recurring["interval"])  # type: ignore[assignment]
    return found


def _card_of_method(method: Any) -> CardFacts | None:
    return _read_card(method.get("card")) if isinstance(method, Mapping) else None


def _card_of_customer(customer: Any) -> CardFacts | None:
    """The card that is charged where the subscription names none of its own."""
    settings = customer.get("invoice_settings") if isinstance(customer, Mapping) else None
    return _card_of_method((settings or {}).get("default_payment_method"))


def _card_of_charge(charge: Obj) -> CardFacts | None:
    return _read_card((charge.get("payment_method_details") or {}).get("card"))


def _read_card(card: Obj | None) -> CardFacts | None:
    if not card or not card.get("last4"):
        return None
    month, year = card.get("exp_month"), card.get("exp_year")
    return CardFacts(
        brand=card.get("brand") or "", last4=card["last4"], expires=f"{year}-{month:02d}" if month and year else ""
    )
