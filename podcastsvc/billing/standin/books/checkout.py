"""Checkout sessions: what they cost, and how they end: paid, waiting for a bank, or expired."""

from dataclasses import dataclass
from typing import Literal

from podcastsvc.billing.standin.books import discounts, subscriptions
from podcastsvc.billing.standin.books.customers import make_customer
from podcastsvc.billing.standin.books.invoices import describe, make_line
from podcastsvc.billing.standin.books.payments import card_of, collect, make_intent, make_payment_method
from podcastsvc.billing.standin.books.periods import DAY
from podcastsvc.billing.standin.cards import TypedCard, asks_bank, refuse
from podcastsvc.billing.standin.refusals import invalid
from podcastsvc.billing.standin.work import Body, Work, make_id

SMALLEST_CHARGE = 50
"""The least that can be charged, in the smallest unit; Stripe's differs a little by currency."""
SETTLES_AFTER = 3 * DAY
"""How long a delayed method takes."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What a session costs now, in the smallest unit. ``due_now`` is 0 while a trial runs."""

    subtotal: int
    discount: int
    due_now: int


def make_line_items(work: Work, session: Body) -> list[Body]:
    """The session's lines as ``line_items`` lists them, discounts spread over them in order."""
    off = _discount(work, session, _subtotal(work, session))
    lines = []
    for entry in session["_items"]:
        price = work.get("price", entry["price"])
        amount = entry["unit_amount"] * entry["quantity"]
        taken = min(off, amount)
        off -= taken
        product = work.find(price["product"], "product") or {}
        lines.append(
            {
                "id": entry["id"],
                "object": "item",
                "adjustable_quantity": None,
                "amount_discount": taken,
                "amount_subtotal": amount,
                "amount_tax": 0,
                "amount_total": 0 if _trial_end(work, session) and price["recurring"] else amount - taken,
                "currency": price["currency"],
                "description": product.get("name"),
                "metadata": {},
                "price": price,
                "quantity": entry["quantity"],
            }
        )
    return lines


def _subtotal(work: Work, session: Body) -> int:
    return sum(entry["unit_amount"] * entry["quantity"] for entry in session["_items"])


def _trial_end(work: Work, session: Body) -> int | None:
    data = session["_subscription_data"]
    if data.get("trial_period_days"):
        return work.now + int(data["trial_period_days"]) * DAY
    trial_end: int | None = data.get("trial_end")
    return trial_end


def is_trial(work: Work, session: Body) -> bool:
    """Whether nothing is charged today because a trial begins."""
    return session["mode"] == "subscription" and _trial_end(work, session) is not None


def _discount(work: Work, session: Body, amount: int) -> int:
    coupon = work.find(session["_coupon"] or "", "coupon")
    return discounts.amount_off(coupon, amount) if coupon else 0


def count(work: Work, session: Body) -> Totals:
    """What the session costs."""
    subtotal = _subtotal(work, session)
    off = _discount(work, session, subtotal)
    if is_trial(work, session):
        once = sum(
            entry["unit_amount"] * entry["quantity"]
            for entry in session["_items"]
            if work.get("price", entry["price"])["type"] == "one_time"
        )
        return Totals(once, 0, once)
    return Totals(subtotal, off, subtotal - off)


def refresh_totals(work: Work, session: Body) -> None:
    """Writes the amounts, and the discount as the session shows it, into the session."""
    totals = count(work, session)
    session |= {
        "amount_subtotal": totals.subtotal,
        "amount_total": totals.due_now,
        "total_details": {"amount_discount": totals.discount, "amount_shipping": 0, "amount_tax": 0},
        "discounts": [{"coupon": session["_coupon"], "promotion_code": session["_code"]}] if session["_coupon"] else [],
    }


def use_code(work: Work, session: Body, typed: str) -> None:
    """Takes a promotion code that was typed on the page. Raises Refusal saying why it cannot be used."""
    wanted = typed.strip().casefold()
    found = [code for code in work.rows("promotion_code") if code["code"].casefold() == wanted]
    # A code may exist twice, once for everybody and once for a customer; the active one counts.
    code = next((one for one in found if one["active"]), found[0] if found else None)
    if code is None:
        raise invalid("This code is invalid.", "promotion_code", "promotion_code_unusable")
    coupon = discounts.check_code(
        work,
        code,
        currency=session["currency"],
        amount=_subtotal(work, session),
        products=[work.get("price", entry["price"])["product"] for entry in session["_items"]],
        customer=session["customer"] or "",
        param="promotion_code",
    )
    session |= {"_coupon": coupon["id"], "_code": code["id"]}
    refresh_totals(work, session)
    work.put(session)


def drop_code(work: Work, session: Body) -> None:
    """Takes the code off again."""
    session |= {"_coupon": None, "_code": None}
    refresh_totals(work, session)
    work.put(session)


def set_amount(work: Work, session: Body, amount: int) -> None:
    """Takes the amount a person chose where the price leaves it to them. Raises Refusal outside its limits."""
    for entry in session["_items"]:
        limits = work.get("price", entry["price"])["custom_unit_amount"]
        if limits is None:
            continue
        if amount < max(limits["minimum"] or 0, SMALLEST_CHARGE) or amount > (limits["maximum"] or amount):
            raise invalid("This amount is outside the limits.", "amount")
        entry["unit_amount"] = amount
    refresh_totals(work, session)
    work.put(session)


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays and with what: a card just typed, or one the customer saved, or none for a trial without a card."""

    email: str
    card: TypedCard | None = None
    saved: str = ""


def submit(work: Work, session: Body, payer: Payer, *, confirmed: bool = False) -> Literal["complete", "asks-bank"]:
    """Pays a session. Raises Refusal for a card that is declined, which leaves nothing behind (rule of payments 6)."""
    if session["status"] != "open":
        raise invalid("This checkout session is no longer open.", "session")
    method = work.get("payment_method", payer.saved, "payment_method") if payer.saved else None
    card = card_of(method) if method else payer.card.card if payer.card else None
    if card is None and not may_skip_card(work, session):
        raise invalid("A card is needed.", "card")
    if card is not None:
        if (refusal := refuse(card, "first")) is not None:
            raise refusal
        before = bool(method and method["_confirmed"])
        if not confirmed and asks_bank(card, confirmed_before=before):
            return "asks-bank"
    _complete(work, session, payer, method, confirmed=confirmed)
    return "complete"


def may_skip_card(work: Work, session: Body) -> bool:
    """Whether the session completes without a card: nothing is due, and the host asked for cards only when needed."""
    return count(work, session).due_now == 0 and (
        session["payment_method_collection"] == "if_required" or session["mode"] == "payment"
    )


def _complete(work: Work, session: Body, payer: Payer, method: Body | None, *, confirmed: bool) -> None:
    name = payer.card.name if payer.card else ""
    customer = _customer(work, session, payer, name)
    if method is None and payer.card is not None:
        method = make_payment_method(work, payer.card, payer.email, customer["id"] if customer else None)
    if method is not None and confirmed:
        method = work.put(method | {"_confirmed": True})
    if session["mode"] == "subscription" and customer is not None:
        paid = _begin_subscription(work, session, customer, method)
    else:
        paid = _take_payment(work, session, customer, method)
    session |= {
        "status": "complete",
        "url": None,
        "payment_status": paid,
        "customer": customer["id"] if customer else None,
        "customer_details": _details(payer.email or (customer or {}).get("email") or "", name),
    }
    refresh_totals(work, session)
    work.put(session)
    work.emit("checkout.session.completed", session)
    if paid == "unpaid" and work.faults.unpaid in {"succeeds", "fails"}:
        work.later(work.now + SETTLES_AFTER, f"checkout.{work.faults.unpaid}", session["id"])


def _details(email: str, name: str) -> Body:
    return {
        "address": None,
        "business_name": None,
        "email": email or None,
        "individual_name": None,
        "name": name or None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }


def _customer(work: Work, session: Body, payer: Payer, name: str) -> Body | None:
    """The session's customer, or a new one where the mode wants one; a guest pays without."""
    if session["customer"]:
        customer = work.get("customer", session["customer"], "customer")
        if not customer["email"] and payer.email:
            customer = work.change(customer | {"email": payer.email}, "customer.updated")
        return customer
    if session["mode"] == "subscription" or session["customer_creation"] == "always":
        locale = session["locale"] if session["locale"] not in {None, "auto"} else ""
        return make_customer(work, email=payer.email, name=name, locale=locale)
    return None


def _begin_subscription(work: Work, session: Body, customer: Body, method: Body | None) -> str:
    data = session["_subscription_data"]
    priced = [(work.get("price", entry["price"]), entry["quantity"]) for entry in session["_items"]]
    subscription = subscriptions.make_subscription(
        work,
        customer,
        [(price, quantity) for price, quantity in priced if price["type"] == "recurring"],
        metadata=data["metadata"],
        trial_end=_trial_end(work, session),
        missing_card=data["missing_payment_method"],
        mode=data["billing_mode"],
        description=data["description"],
    )
    subscription["default_payment_method"] = method["id"] if method else None
    if session["_coupon"]:
        subscription["discounts"] = [_redeem(work, session, customer["id"], subscription["id"])]
    once = [
        _one_time_line(work, subscription, price, quantity) for price, quantity in priced if price["type"] == "one_time"
    ]
    invoice = subscriptions.begin(work, subscription, extra=once)
    session |= {"subscription": subscription["id"], "invoice": invoice["id"]}
    if invoice["amount_due"] > 0 and work.faults.unpaid:
        _wait_for_bank(work, invoice["_intent"], method)
        return "unpaid"
    subscriptions.pay(work, invoice, "first", method=method, confirmed=True)
    return "paid" if invoice["amount_due"] > 0 else "no_payment_required"


def _one_time_line(work: Work, subscription: Body, price: Body, quantity: int) -> Body:
    item = {"id": make_id("ii"), "subscription": subscription["id"], "quantity": quantity}
    name = describe(work, price)
    line = make_line(
        item,
        price,
        amount=price["unit_amount"] * quantity,
        start=work.now,
        end=work.now,
        description=f"{quantity} × {name}",
    )
    details = {
        "invoice_item": item["id"],
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": subscription["id"],
    }
    line["parent"] = {
        "invoice_item_details": details,
        "subscription_item_details": None,
        "type": "invoice_item_details",
    }
    return line


def _take_payment(work: Work, session: Body, customer: Body | None, method: Body | None) -> str:
    due = count(work, session).due_now
    if session["_coupon"]:
        _redeem(work, session, customer["id"] if customer else None, None)
    if due == 0:
        return "no_payment_required"
    data = session["_payment_data"]
    intent = make_intent(
        work,
        due,
        session["currency"],
        customer=customer["id"] if customer else None,
        description=data["description"],
        metadata=data["metadata"],
    )
    session["payment_intent"] = intent["id"]
    if work.faults.unpaid:
        _wait_for_bank(work, intent["id"], method)
        return "unpaid"
    collect(work, intent, method, "first", confirmed=True)
    return "paid"


def _redeem(work: Work, session: Body, customer: str | None, subscription: str | None) -> str:
    coupon = work.get("coupon", session["_coupon"])
    code = work.find(session["_code"] or "", "promotion_code")
    discount = discounts.redeem(work, coupon, code, customer=customer, subscription=subscription)
    work.put(discount | {"checkout_session": session["id"]})
    return str(discount["id"])


def _wait_for_bank(work: Work, intent_id: str, method: Body | None) -> None:
    intent = work.get("payment_intent", intent_id)
    intent |= {
        "status": "processing",
        "payment_method": method["id"] if method else None,
        "processing": {"type": "card"},
    }
    work.put(intent)
    work.emit("payment_intent.processing", intent)


def settle(work: Work, session: Body, *, succeeds: bool) -> None:
    """A delayed method comes through, or does not."""
    if session["status"] != "complete" or session["payment_status"] != "unpaid":
        return
    subscription = work.find(session["subscription"] or "", "subscription")
    if succeeds:
        session["payment_status"] = "paid"
        work.put(session)
    if subscription is not None:
        _settle_subscription(work, session, subscription, succeeds=succeeds)
    else:
        intent = work.get("payment_intent", session["payment_intent"])
        method = work.find(intent["payment_method"] or "", "payment_method")
        _settle_intent(work, intent, method, succeeds=succeeds)
    work.emit(
        "checkout.session.async_payment_succeeded" if succeeds else "checkout.session.async_payment_failed", session
    )


def _settle_intent(work: Work, intent: Body, method: Body | None, *, succeeds: bool) -> None:
    if succeeds:
        collect(work, intent, method, "first", confirmed=True)
        return
    intent |= {"status": "requires_payment_method", "payment_method": None, "processing": None}
    work.put(intent)
    work.emit("payment_intent.payment_failed", intent)


def _settle_subscription(work: Work, session: Body, subscription: Body, *, succeeds: bool) -> None:
    invoice = work.get("invoice", session["invoice"])
    if succeeds:
        subscriptions.pay(work, invoice, "first", confirmed=True)
        return
    _settle_intent(work, work.get("payment_intent", invoice["_intent"]), None, succeeds=False)
    work.put(invoice | {"attempted": True, "attempt_count": 1})
    work.emit("invoice.payment_failed", invoice)
    subscription["status"] = "incomplete_expired"
    work.change(subscription, subscriptions.UPDATED)


def expire(work: Work, session: Body) -> None:
    """The session's time is over, or the host ended it: nobody can pay it any more."""
    session |= {"status": "expired", "url": None}
    work.put(session)
    work.emit("checkout.session.expired", session)
