"""Coupons and promotion codes: whether one may be used, and what it takes off."""

from podcastsvc.billing.standin.books.periods import add_months
from podcastsvc.billing.standin.refusals import Refusal, invalid
from podcastsvc.billing.standin.work import Body, Work, make_id


def amount_off(coupon: Body, amount: int) -> int:
    """What a coupon takes off an amount in the smallest unit; never more than the amount."""
    if coupon["percent_off"] is not None:
        return min(amount, round(amount * float(coupon["percent_off"]) / 100))
    return min(amount, int(coupon["amount_off"] or 0))


def is_spent(coupon: Body, now: int) -> bool:
    """Whether a coupon is past its day or used up."""
    late = coupon["redeem_by"] is not None and coupon["redeem_by"] <= now
    used = coupon["max_redemptions"] is not None and coupon["times_redeemed"] >= coupon["max_redemptions"]
    return late or used


def check_coupon(work: Work, coupon: Body, currency: str, products: list[str], param: str) -> None:
    """Raises Refusal where a coupon cannot lower this price."""
    if not coupon["valid"] or is_spent(coupon, work.now):
        raise invalid(f"Coupon {coupon['id']} is expired or used up.", param, "coupon_expired")
    if coupon["amount_off"] is not None and coupon["currency"] != currency:
        raise invalid(f"Coupon {coupon['id']} is in {coupon['currency']}, not in {currency}.", param)
    only = (coupon.get("applies_to") or {}).get("products")
    if only and not set(only) & set(products):
        raise invalid(f"Coupon {coupon['id']} does not apply to anything in the cart.", param)


def check_code(
    work: Work, code: Body, *, currency: str, amount: int, products: list[str], customer: str, param: str
) -> Body:
    """The coupon behind a promotion code that may be used here. Raises Refusal saying why it may not."""
    coupon = work.get("coupon", code["promotion"]["coupon"], param)
    late = code["expires_at"] is not None and code["expires_at"] <= work.now
    used = code["max_redemptions"] is not None and code["times_redeemed"] >= code["max_redemptions"]
    if not code["active"] or late or used:
        raise _refuse("This promotion code has expired or is no longer active.", param)
    limits = code["restrictions"]
    if code["customer"] is not None and code["customer"] != customer:
        raise _refuse("This promotion code belongs to someone else.", param)
    if limits["first_time_transaction"] and customer and _has_paid(work, customer):
        raise _refuse("This promotion code is for first-time orders only.", param)
    if limits["minimum_amount"] is not None:
        if limits["minimum_amount_currency"] != currency:
            raise _refuse("This promotion code is for another currency.", param)
        if amount < limits["minimum_amount"]:
            raise _refuse("This order is too small for this promotion code.", param)
    check_coupon(work, coupon, currency, products, param)
    return coupon


def _refuse(message: str, param: str) -> Refusal:
    return invalid(message, param, "promotion_code_unusable")


def _has_paid(work: Work, customer: str) -> bool:
    return any(charge["paid"] for charge in work.rows("charge", customer))


def redeem(work: Work, coupon: Body, code: Body | None, *, customer: str | None, subscription: str | None) -> Body:
    """Counts one use and makes the discount it gives."""
    work.put(coupon | {"times_redeemed": coupon["times_redeemed"] + 1})
    if code is not None:
        work.put(code | {"times_redeemed": code["times_redeemed"] + 1})
    months = coupon["duration_in_months"]
    return work.put(
        {
            "id": make_id("di"),
            "object": "discount",
            "checkout_session": None,
            "customer": customer,
            "customer_account": None,
            "end": add_months(work.now, months) if coupon["duration"] == "repeating" and months else None,
            "invoice": None,
            "invoice_item": None,
            "promotion_code": code["id"] if code else None,
            "source": {"coupon": coupon["id"], "type": "coupon"},
            "start": work.now,
            "subscription": subscription,
            "subscription_item": None,
        }
    )


def list_running(work: Work, subscription: Body) -> list[Body]:
    """Discounts that still lower a subscription's next invoice."""
    found = [work.get("discount", discount) for discount in subscription["discounts"]]
    return [discount for discount in found if discount["end"] is None or discount["end"] > work.now]


def take_off(work: Work, amount: int, discounts: list[Body]) -> list[Body]:
    """What each discount takes off, one after the other, as ``total_discount_amounts`` lists it."""
    taken = []
    for discount in discounts:
        off = amount_off(work.get("coupon", discount["source"]["coupon"]), max(amount, 0))
        taken.append({"amount": off, "discount": discount["id"]})
        amount -= off
    return taken


def drop_used(work: Work, subscription: Body) -> None:
    """Takes discounts off a subscription that were for one invoice only, or whose time is over."""
    kept = []
    for discount in list_running(work, subscription):
        if work.get("coupon", discount["source"]["coupon"])["duration"] != "once":
            kept.append(discount["id"])
    subscription["discounts"] = kept
