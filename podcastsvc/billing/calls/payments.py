"""Payments, their invoices, refunds and disputes, as Stripe answers for them."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from podcastsvc.billing.calls import reading, writing
from podcastsvc.billing.facts import DisputeFacts, InvoiceFacts, PaymentFacts, RefundFacts
from podcastsvc.billing.gateway import Gateway, Missing, Refused, any_of, make_options
from podcastsvc.kit.money import Money


def fetch_payment(gateway: Gateway, payment_id: str) -> PaymentFacts:
    """The present state, with what was given back and the card. Raises Missing."""
    params = any_of({"expand": ["latest_charge"]})
    return gateway.fetch(reading.read_payment, lambda client: client.v1.payment_intents.retrieve(payment_id, params))


def fetch_invoice(gateway: Gateway, invoice_id: str) -> InvoiceFacts:
    """With its subscription, its payment and its page, whose address works for a while."""
    params = any_of({"expand": ["payments"]})
    return gateway.fetch(reading.read_invoice, lambda client: client.v1.invoices.retrieve(invoice_id, params))


def void_invoice(gateway: Gateway, invoice_id: str) -> None:
    """Takes back an invoice that waits for its payment; one that is paid or void already stays as it is."""
    with suppress(Missing, Refused):
        gateway.fetch(_read_id, lambda client: client.v1.invoices.void_invoice(invoice_id), quiet=True)


def list_unpaid(gateway: Gateway, subscription_id: str) -> list[InvoiceFacts]:
    """A subscription's invoices that wait for their payment, newest first."""
    params = any_of({"subscription": subscription_id, "status": "open", "limit": 100})
    return gateway.fetch_all(reading.read_invoice, lambda client: client.v1.invoices.list(params))


def find_invoice_of(gateway: Gateway, payment_id: str) -> str | None:
    """The invoice that a payment pays; neither the payment nor its charge names it."""
    params = any_of({"payment": {"type": "payment_intent", "payment_intent": payment_id}, "limit": 1})
    found = gateway.fetch_all(_read_invoice_id, lambda client: client.v1.invoice_payments.list(params))
    return found[0] if found else None


def find_payment_of(gateway: Gateway, object_kind: str, object_id: str) -> str | None:
    """The payment behind a charge, refund or dispute; None for charges made without one. Raises Missing."""
    if object_kind == "charge":
        return gateway.fetch(_read_payment_id, lambda client: client.v1.charges.retrieve(object_id))
    if object_kind == "refund":
        return gateway.fetch(_read_payment_id, lambda client: client.v1.refunds.retrieve(object_id))
    return gateway.fetch(_read_payment_id, lambda client: client.v1.disputes.retrieve(object_id))


def refund(gateway: Gateway, payment_id: str, amount: Money | None, reason: str, *, number: int = 1) -> RefundFacts:
    """Gives money back, all of it where ``amount`` is None. ``number`` counts this payment's refunds of ours."""
    params = writing.write_refund(payment_id, amount, reason, gateway.site, number)
    key = make_options(f"refund.{number}", payment_id, params)
    return gateway.fetch(reading.read_refund, lambda client: client.v1.refunds.create(any_of(params), key))


def has_refunded(gateway: Gateway, payment_id: str, number: int) -> bool:
    """Whether our refund with this number was made: Stripe forgets a repeated call's key after a day, but not its refunds."""
    params = any_of({"payment_intent": payment_id, "limit": 100})
    found = gateway.fetch_all(dict, lambda client: client.v1.refunds.list(params))
    ours = [each.get("metadata") or {} for each in found if gateway.is_ours(each.get("metadata") or {})]
    return any(metadata.get("number") == str(number) for metadata in ours)


def find_dispute_of(gateway: Gateway, payment_id: str) -> DisputeFacts | None:
    """The newest dispute over a payment."""
    params = any_of({"payment_intent": payment_id, "limit": 100})
    found = gateway.fetch_all(reading.read_dispute, lambda client: client.v1.disputes.list(params))
    return found[0] if found else None


def _read_id(found: Mapping[str, Any]) -> str | None:
    return reading.read_id(found)


def _read_invoice_id(found: Mapping[str, Any]) -> str | None:
    return reading.read_id(found["invoice"])


def _read_payment_id(found: Mapping[str, Any]) -> str | None:
    return reading.read_id(found.get("payment_intent"))
