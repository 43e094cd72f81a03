"""Payment methods, payment intents and charges: making them, and trying to collect."""

from dataclasses import dataclass
from typing import Literal

from podcastsvc.billing.standin.cards import CARDS, SENTENCES, Card, Moment, TypedCard, asks_bank, refuse
from podcastsvc.billing.standin.refusals import Refusal, declined
from podcastsvc.billing.standin.work import Body, Work, make_id

NO_ADDRESS: Body = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt to collect ended."""

    state: Literal["paid", "declined", "asks-bank", "waiting"]
    refusal: Refusal | None = None


def make_payment_method(work: Work, typed: TypedCard, email: str, customer: str | None) -> Body:
    """Keeps a test card as a payment method. The number is one of the published ones; nothing else is ever kept."""
    card = typed.card
    return work.put(
        {
            "id": make_id("pm"),
            "object": "payment_method",
            "allow_redisplay": "limited",
            "billing_details": {
                "address": dict(NO_ADDRESS),
                "email": email or None,
                "name": typed.name or None,
                "phone": None,
                "tax_id": None,
            },
            "card": {
                "brand": card.brand,
                "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
                "country": "US",
                "display_brand": card.brand,
                "exp_month": typed.exp_month,
                "exp_year": typed.exp_year,
                "fingerprint": f"standin{card.last4}",
                "funding": "credit",
                "generated_from": None,
                "last4": card.last4,
                "networks": {"available": [card.brand], "preferred": None},
                "regulated_status": "unregulated",
                "three_d_secure_usage": {"supported": True},
                "wallet": None,
            },
            "created": work.now,
            "customer": customer,
            "customer_account": None,
            "livemode": False,
            "metadata": {},
            "type": "card",
            "_number": card.number,
            "_confirmed": False,
        }
    )


def card_of(method: Body) -> Card:
    """The test card behind a payment method."""
    return CARDS[method["_number"]]


def make_intent(
    work: Work,
    amount: int,
    currency: str,
    *,
    customer: str | None = None,
    description: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Body:
    """A payment intent that nobody has tried yet."""
    intent_id = make_id("pi")
    return work.put(
        {
            "id": intent_id,
            "object": "payment_intent",
            "allowed_payment_method_types": None,
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": None,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic",
            "client_secret": f"{intent_id}_secret_{make_id('x', 24)[2:]}",
            "confirmation_method": "automatic",
            "created": work.now,
            "currency": currency,
            "customer": customer,
            "customer_account": None,
            "description": description,
            "excluded_payment_method_types": None,
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": metadata or {},
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_configuration_details": None,
            "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
            "payment_method_types": ["card"],
            "processing": None,
            "receipt_email": None,
            "review": None,
            "setup_future_usage": None,
            "shipping": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "requires_payment_method",
            "transfer_data": None,
            "transfer_group": None,
        }
    )


def collect(work: Work, intent: Body, method: Body | None, moment: Moment, *, confirmed: bool = False) -> Outcome:
    """Tries to collect an intent with a card and writes what came of it.

    ``confirmed`` says that the bank has just been asked and agreed.
    """
    if method is None:
        intent["status"] = "requires_payment_method"
        work.put(intent)
        return Outcome("declined", declined("There is no card to charge.", "invoice_no_payment_method_types"))
    intent["payment_method"] = method["id"]
    card = card_of(method)
    refusal = refuse(card, moment)
    if refusal is not None:
        return _decline(work, intent, method, refusal)
    if not confirmed and asks_bank(card, confirmed_before=method["_confirmed"]):
        return _ask_bank(work, intent, method, moment)
    if confirmed:
        work.put(method | {"_confirmed": True})
    succeed(work, intent, method)
    return Outcome("paid")


def _decline(work: Work, intent: Body, method: Body, refusal: Refusal) -> Outcome:
    charge = _make_charge(work, intent, method, refusal)
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "latest_charge": charge["id"],
        "last_payment_error": refusal.as_body()["error"] | {"charge": charge["id"]},
    }
    work.put(intent)
    work.emit("payment_intent.payment_failed", intent)
    return Outcome("declined", refusal)


def _ask_bank(work: Work, intent: Body, method: Body, moment: Moment) -> Outcome:
    address = f"{work.site}/confirm/{intent['id']}"
    intent |= {
        "status": "requires_action",
        "next_action": {"type": "redirect_to_url", "redirect_to_url": {"url": address, "return_url": None}},
        "_asked_with": method["id"],
    }
    work.put(intent)
    work.emit("payment_intent.requires_action", intent)
    refusal = declined(SENTENCES["authentication_required"], "authentication_required", "authentication_required")
    return Outcome("asks-bank", refusal)


def succeed(work: Work, intent: Body, method: Body) -> None:
    """The money is there: intent and charge say so, and a card that brings disputes brings one."""
    charge = _make_charge(work, intent, method, None)
    intent |= {
        "status": "succeeded",
        "payment_method": method["id"],
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "next_action": None,
        "processing": None,
        "last_payment_error": None,
    }
    work.put(intent)
    work.emit("payment_intent.succeeded", intent)
    work.emit("charge.succeeded", charge)
    if card_of(method).dispute:
        # After the invoice and the session have been told of, as the bank would.
        work.later(work.now, "charge.dispute", charge["id"])


def _make_charge(work: Work, intent: Body, method: Body, refusal: Refusal | None) -> Body:
    paid = refusal is None
    charge_id = make_id("ch")
    card = method["card"]
    return work.put(
        {
            "id": charge_id,
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": intent["amount"] if paid else 0,
            "amount_refunded": 0,
            "application": None,
            "application_fee": None,
            "application_fee_amount": None,
            "balance_transaction": None,
            "billing_details": method["billing_details"],
            "calculated_statement_descriptor": "STAND-IN",
            "captured": paid,
            "created": work.now,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_balance_transaction": None,
            "failure_code": None if refusal is None else refusal.code,
            "failure_message": None if refusal is None else refusal.message,
            "fraud_details": {},
            "livemode": False,
            "metadata": dict(intent["metadata"]),
            "on_behalf_of": None,
            "outcome": _outcome(refusal),
            "paid": paid,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": {
                "card": {
                    name: card[name] for name in ("brand", "country", "exp_month", "exp_year", "funding", "last4")
                },
                "type": "card",
            },
            "receipt_email": method["billing_details"]["email"],
            "receipt_number": None,
            "receipt_url": f"{work.site}/receipt/{charge_id}" if paid else None,
            "refunded": False,
            "review": None,
            "shipping": None,
            "source_transfer": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "succeeded" if paid else "failed",
            "transfer_data": None,
            "transfer_group": None,
        }
    )


def _outcome(refusal: Refusal | None) -> Body:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network" if refusal is None else "declined_by_network",
        "reason": None if refusal is None else refusal.decline_code or refusal.code,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "Payment complete." if refusal is None else "The bank did not return any further details.",
        "type": "authorized" if refusal is None else "issuer_declined",
    }
