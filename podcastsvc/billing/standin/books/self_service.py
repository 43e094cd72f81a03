"""What a member may do in the portal: end and keep a subscription, take another price, change cards, pay what is open."""

from dataclasses import dataclass
from typing import Literal

from podcastsvc.billing.standin.books import changes, invoices, subscriptions
from podcastsvc.billing.standin.books.customers import use_card
from podcastsvc.billing.standin.books.payments import Outcome, make_payment_method
from podcastsvc.billing.standin.cards import TypedCard, refuse
from podcastsvc.billing.standin.refusals import Refusal
from podcastsvc.billing.standin.work import Body, Work, make_id

LENGTHS = {"day": 1, "week": 7, "month": 30, "year": 365}
PENDING_CARD = "standin.pending_card"


def cancel(work: Work, subscription: Body, feature: Body, *, feedback: str = "", comment: str = "") -> None:
    """Ends it as the portal's settings say. In flexible billing mode only ``cancel_at`` is set, as Stripe's portal does."""
    subscription["cancellation_details"] |= {"feedback": feedback or None, "comment": comment or None}
    if feature["mode"] == "immediately":
        subscriptions.end(work, subscription, "cancellation_requested")
        return
    flexible = subscription["billing_mode"]["type"] == "flexible"
    at = subscriptions.period_end(subscription) if flexible else None
    subscriptions.plan_end(work, subscription, at, at_period_end=not flexible)


def keep(work: Work, subscription: Body) -> None:
    """Takes a planned end back."""
    subscriptions.plan_end(work, subscription, None, at_period_end=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """Another price in the portal. ``due_now`` is in the smallest unit and None where it begins with the next period."""

    price: Body
    name: str
    due_now: int | None


def list_offers(work: Work, subscription: Body, feature: Body) -> list[Offer]:
    """The prices a subscription may be switched to, with what each costs today."""
    present = subscription["items"]["data"][0]["price"]
    offers = []
    for product in feature["products"]:
        for price_id in product["prices"]:
            price = work.find(price_id, "price")
            if price is None or not price["active"] or price["currency"] != subscription["currency"]:
                continue
            if price["id"] != present["id"]:
                due = None if _waits(present, price, feature) else _due_now(work, subscription, price, feature)
                offers.append(Offer(price, invoices.describe(work, price), due))
    return offers


def _waits(present: Body, price: Body, feature: Body) -> bool:
    """Whether a switch waits for the end of the period, by the portal's conditions."""
    kinds = {condition["type"] for condition in feature["schedule_at_period_end"]["conditions"]}
    shorter = _length(price) < _length(present)
    cheaper = price["unit_amount"] < present["unit_amount"]
    return bool(("shortening_interval" in kinds and shorter) or ("decreasing_item_amount" in kinds and cheaper))


def _length(price: Body) -> int:
    return LENGTHS[price["recurring"]["interval"]] * int(price["recurring"]["interval_count"])


def _change_to(work: Work, subscription: Body, price: Body, feature: Body) -> changes.Change:
    item = subscription["items"]["data"][0]
    old, new = item["price"]["recurring"], price["recurring"]
    return changes.Change(
        item_id=item["id"],
        price=price,
        quantity=item["quantity"],
        at=work.now,
        resets=(old["interval"], old["interval_count"]) != (new["interval"], new["interval_count"]),
        proration=feature["proration_behavior"],
        payment="pending_if_incomplete",
    )


def _due_now(work: Work, subscription: Body, price: Body, feature: Body) -> int:
    change = _change_to(work, subscription, price, feature)
    priced = changes.count(work, subscription, change)
    if not priced.full and change.proration != "always_invoice":
        return 0
    return max(sum(int(line["amount"]) for line in priced.lines), 0)


def switch(work: Work, subscription: Body, price: Body, feature: Body) -> Literal["planned", "done", "asks-bank"]:
    """Takes another price, now or with the next period. Raises Refusal where it must be paid now and is not.

    A declined switch leaves the old price and nothing owed. One that the bank wants confirmed waits for that.
    """
    if _waits(subscription["items"]["data"][0]["price"], price, feature):
        changes.plan(work, subscription, price)
        return "planned"
    changes.change(work, subscription, _change_to(work, subscription, price, feature))
    if subscription["pending_update"] is None:
        return "done"
    intent = work.get("payment_intent", work.get("invoice", subscription["_pending_invoice"])["_intent"])
    if intent["status"] == "requires_action":
        return "asks-bank"
    changes.drop_pending(work, subscription)
    error = intent["last_payment_error"] or {}
    raise Refusal(
        error.get("message", ""), code=error.get("code", ""), decline_code=error.get("decline_code", ""), keeps=True
    )


def add_card(work: Work, customer: Body, typed: TypedCard, *, session_id: str) -> str:
    """Keeps a card and makes it the default. Raises Refusal for one the bank refuses outright.

    Returns "" where that is done, or the id of the waiting card that the bank wants to be asked about first.
    """
    if typed.card.code and (refusal := refuse(typed.card, "first")) is not None:
        raise refusal
    if typed.card.confirm == "never":
        use_card(work, customer, make_payment_method(work, typed, customer["email"] or "", customer["id"]))
        return ""
    waiting = {
        "id": make_id("seti"),
        "object": PENDING_CARD,
        "customer": customer["id"],
        "number": typed.card.number,
        "exp_month": typed.exp_month,
        "exp_year": typed.exp_year,
        "name": typed.name,
        "session": session_id,
    }
    work.put(waiting)
    return str(waiting["id"])


def confirm_card(work: Work, waiting: Body, typed: TypedCard) -> None:
    """The bank agreed: the waiting card becomes the default."""
    customer = work.get("customer", waiting["customer"])
    method = make_payment_method(work, typed, customer["email"] or "", customer["id"])
    use_card(work, customer, work.put(method | {"_confirmed": True}))
    work.put(waiting | {"deleted": True})


def pay_invoice(work: Work, invoice: Body, *, method: Body | None = None, confirmed: bool = False) -> Outcome:
    """Pays an open invoice while the member looks on; a new card that pays becomes the default."""
    outcome = subscriptions.pay(work, invoice, "member-present", method=method, confirmed=confirmed)
    if outcome.state == "paid" and method is not None:
        use_card(work, work.get("customer", invoice["customer"]), method)
    return outcome


def list_open(work: Work, customer: str) -> list[Body]:
    """A customer's invoices that are still to be paid, newest first."""
    return [invoice for invoice in work.rows("invoice", customer) if invoice["status"] == "open"]
