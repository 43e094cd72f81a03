"""Invoices: lines, totals, the try to collect, and what a paid or failed one means for its subscription."""

from podcastsvc.billing.standin.books import discounts
from podcastsvc.billing.standin.books.customers import default_card
from podcastsvc.billing.standin.books.payments import Outcome, collect, make_intent
from podcastsvc.billing.standin.cards import Moment
from podcastsvc.billing.standin.work import Body, Work, make_id

NO_TAX: Body = {"disabled_reason": None, "enabled": False, "liability": None, "provider": None, "status": None}


def make_line(
    item: Body, price: Body, *, amount: int, start: int, end: int, description: str, proration: bool = False
) -> Body:
    """One line for a subscription item; the invoice's id is filled in when the line is put on one."""
    quantity = item.get("quantity", 1)
    return {
        "id": make_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": description,
        "discount_amounts": [],
        "discountable": not proration,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": proration,
                "proration_details": {"credited_items": None},
                "subscription": item["subscription"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"start": start, "end": end},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": str(price["unit_amount"]),
        },
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": item["subscription"],
        "subtotal": amount,
        "taxes": [],
    }


def describe(work: Work, price: Body) -> str:
    """What a line says it is for: the product's name."""
    product = work.find(price["product"], "product") or {}
    return str(product.get("name") or price["id"])


def make_invoice(work: Work, customer: Body, lines: list[Body], *, reason: str, subscription: Body | None) -> Body:
    """An invoice with its totals, discounts and the customer's balance worked in; nothing is written yet."""
    invoice_id = make_id("in")
    subtotal = sum(line["amount"] for line in lines)
    running = discounts.list_running(work, subscription) if subscription else []
    taken = discounts.take_off(work, sum(line["amount"] for line in lines if line["discountable"]), running)
    total = subtotal - sum(entry["amount"] for entry in taken)
    due = max(total + min(customer["balance"], 0), 0)
    for line in lines:
        line["invoice"] = invoice_id
    return {
        "id": invoice_id,
        "object": "invoice",
        "account_country": "ES",
        "account_name": "Stand-in",
        "account_tax_ids": None,
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": due,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": dict(NO_TAX),
        "automatically_finalizes_at": None,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "confirmation_secret": None,
        "created": work.now,
        "currency": lines[0]["currency"] if lines else customer["currency"],
        "custom_fields": None,
        "customer": customer["id"],
        "customer_account": None,
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [discount["id"] for discount in running],
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": {"object": "list", "data": lines, "has_more": False, "url": f"/v1/invoices/{invoice_id}/lines"},
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "on_behalf_of": None,
        "parent": _parent(subscription),
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": work.now,
        "period_start": work.now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": customer["balance"],
        "statement_descriptor": None,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "test_clock": None,
        "total": total,
        "total_discount_amounts": taken,
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": None,
    }


def _parent(subscription: Body | None) -> Body | None:
    if subscription is None:
        return None
    details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
    return {"quote_details": None, "subscription_details": details, "type": "subscription_details"}


def subscription_of(work: Work, invoice: Body) -> Body | None:
    """The subscription an invoice belongs to."""
    details = (invoice["parent"] or {}).get("subscription_details") or {}
    return work.find(details.get("subscription", ""), "subscription")


def open_invoice(work: Work, invoice: Body) -> Body:
    """Numbers an invoice, gives it its pages, uses the customer's balance, and makes the intent that will pay it."""
    customer = work.get("customer", invoice["customer"])
    invoice |= {
        "number": f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}",
        "status": "open",
        "effective_at": work.now,
        "hosted_invoice_url": f"{work.site}/invoice/{invoice['id']}",
        "invoice_pdf": f"{work.site}/invoice/{invoice['id']}/pdf",
        "ending_balance": min(invoice["total"] + min(invoice["starting_balance"], 0), 0),
    }
    invoice["status_transitions"]["finalized_at"] = work.now
    customer["next_invoice_sequence"] += 1
    customer["balance"] = invoice["ending_balance"] if invoice["starting_balance"] <= 0 else invoice["starting_balance"]
    customer["currency"] = customer["currency"] or invoice["currency"]
    work.put(customer)
    if invoice["amount_due"] > 0:
        subscription = subscription_of(work, invoice)
        description = (
            "Subscription update" if subscription and invoice["billing_reason"] != "subscription_create" else None
        )
        intent = make_intent(
            work,
            invoice["amount_due"],
            invoice["currency"],
            customer=customer["id"],
            description=description or "Subscription creation",
        )
        _make_invoice_payment(work, invoice, intent)
        invoice["_intent"] = intent["id"]
    work.put(invoice)
    work.emit("invoice.created", invoice | {"status": "draft"})
    work.emit("invoice.finalized", invoice)
    return invoice


def _make_invoice_payment(work: Work, invoice: Body, intent: Body) -> None:
    payment_id = make_id("inpay")
    work.put(
        {
            "id": payment_id,
            "object": "invoice_payment",
            "amount_paid": None,
            "amount_requested": invoice["amount_due"],
            "created": work.now,
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": False,
            "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
            "_customer": invoice["customer"],
        }
    )
    invoice["_payment"] = payment_id


def try_to_collect(
    work: Work, invoice: Body, moment: Moment, *, method: Body | None = None, confirmed: bool = False
) -> Outcome:
    """One attempt on an open invoice. Tells of success, of failure, and of a bank that wants to be asked.

    What a failure means for the subscription is the caller's matter; success is settled here.
    """
    if invoice["amount_remaining"] == 0:
        mark_paid(work, invoice)
        return Outcome("paid")
    customer = work.get("customer", invoice["customer"])
    subscription = subscription_of(work, invoice)
    card = method or default_card(work, customer, subscription)
    intent = work.get("payment_intent", invoice["_intent"])
    outcome = collect(work, intent, card, moment, confirmed=confirmed)
    if not confirmed:
        invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
    if outcome.state == "paid":
        mark_paid(work, invoice)
        return outcome
    work.put(invoice)
    if outcome.state == "asks-bank":
        work.emit("invoice.payment_action_required", invoice)
    work.emit("invoice.payment_failed", invoice)
    return outcome


def mark_paid(work: Work, invoice: Body) -> None:
    """The invoice is settled; its payment and the customer's standing say so."""
    invoice |= {
        "status": "paid",
        "attempted": True,
        "attempt_count": max(invoice["attempt_count"], 1 if invoice["amount_due"] else 0),
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "next_payment_attempt": None,
    }
    invoice["status_transitions"]["paid_at"] = work.now
    work.put(invoice)
    if payment := work.find(invoice.get("_payment", ""), "invoice_payment"):
        payment |= {"status": "paid", "amount_paid": invoice["amount_due"]}
        payment["status_transitions"]["paid_at"] = work.now
        work.put(payment)
        work.emit("invoice_payment.paid", payment)
    work.emit("invoice.paid", invoice)
    work.emit("invoice.payment_succeeded", invoice)
    customer = work.get("customer", invoice["customer"])
    if customer["delinquent"]:
        work.change(customer | {"delinquent": False}, "customer.updated")


def void(work: Work, invoice: Body) -> None:
    """The invoice is owed no longer."""
    invoice |= {"status": "void", "next_payment_attempt": None}
    invoice["status_transitions"]["voided_at"] = work.now
    work.put(invoice)
    if intent := work.find(invoice.get("_intent", ""), "payment_intent"):
        intent |= {"status": "canceled", "canceled_at": work.now, "cancellation_reason": "void_invoice"}
        work.put(intent)
    work.emit("invoice.voided", invoice)
