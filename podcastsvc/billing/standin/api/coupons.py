"""``/v1/coupons`` and ``/v1/promotion_codes``."""

import re

from podcastsvc.billing.standin.api.lists import PAGING, answer_list
from podcastsvc.billing.standin.books.discounts import is_spent
from podcastsvc.billing.standin.forms import Params
from podcastsvc.billing.standin.refusals import invalid, needed, unsupported
from podcastsvc.billing.standin.work import Body, Work, make_id

CREATE_COUPON = frozenset(
    "amount_off applies_to currency currency_options duration duration_in_months expand id max_redemptions metadata name"
    " percent_off redeem_by".split()
)
UPDATE_COUPON = frozenset({"currency_options", "expand", "metadata", "name"})
LIST_COUPONS = PAGING | {"created"}
CREATE_CODE = frozenset(
    "active code customer customer_account expand expires_at max_redemptions metadata promotion restrictions".split()
)
UPDATE_CODE = frozenset({"active", "expand", "metadata", "restrictions"})
LIST_CODES = PAGING | {"active", "code", "coupon", "created", "customer", "customer_account"}


def create_coupon(work: Work, params: Params) -> Body:
    coupon_id = params.text("id") or make_id("x", 8)[2:]
    if work.find(coupon_id) is not None:
        raise invalid("Coupon already exists.", "id", "resource_already_exists")
    if params.has("currency_options"):
        raise unsupported("coupons in several currencies", "currency_options")
    percent, amount = _read_size(params)
    duration = params.choice("duration", ("forever", "once", "repeating"), "once")
    months = params.whole("duration_in_months")
    if (duration == "repeating") != (months is not None):
        raise invalid("duration_in_months goes with duration=repeating, and only with it.", "duration_in_months")
    redeem_by = params.whole("redeem_by")
    if redeem_by is not None and redeem_by <= work.now:
        raise invalid("redeem_by must be in the future.", "redeem_by")
    coupon: Body = {
        "id": coupon_id,
        "object": "coupon",
        "amount_off": amount,
        "created": work.now,
        "currency": params.text("currency").lower() or None,
        "duration": duration,
        "duration_in_months": months,
        "livemode": False,
        "max_redemptions": _positive(params, "max_redemptions"),
        "metadata": params.metadata(),
        "name": params.text("name", max_chars=40) or None,
        "percent_off": percent,
        "redeem_by": redeem_by,
        "times_redeemed": 0,
        "valid": True,
    }
    products = params.nested("applies_to").words("products")
    if products:
        coupon["applies_to"] = {
            "products": [work.get("product", one, "applies_to[products]")["id"] for one in products]
        }
    work.put(coupon)
    work.emit("coupon.created", coupon)
    return coupon


def _read_size(params: Params) -> tuple[float | None, int | None]:
    percent, amount = params.text("percent_off"), params.whole("amount_off")
    if bool(percent) == (amount is not None):
        raise invalid("You must pass exactly one of percent_off and amount_off.", "percent_off", "parameter_missing")
    if percent:
        if not re.fullmatch(r"\d{1,3}(\.\d{1,2})?", percent, re.ASCII) or not 0 < float(percent) <= 100:
            raise invalid("percent_off must be above 0 and at most 100.", "percent_off")
        return float(percent), None
    if not params.text("currency"):
        raise needed("currency")
    return None, _positive(params, "amount_off")


def _positive(params: Params, name: str) -> int | None:
    number = params.whole(name)
    if number is not None and number < 1:
        raise invalid("Invalid positive integer", name, "parameter_invalid_integer")
    return number


def _as_of_now(work: Work, coupon: Body) -> Body:
    return coupon | {"valid": coupon["valid"] and not is_spent(coupon, work.now)}


def retrieve_coupon(work: Work, params: Params, coupon_id: str) -> Body:
    return _as_of_now(work, work.get("coupon", coupon_id))


def update_coupon(work: Work, params: Params, coupon_id: str) -> Body:
    coupon = work.get("coupon", coupon_id)
    coupon["metadata"] = params.metadata(coupon["metadata"])
    if params.has("name"):
        coupon["name"] = params.text("name", max_chars=40) or None
    return _as_of_now(work, work.change(coupon, "coupon.updated"))


def delete_coupon(work: Work, params: Params, coupon_id: str) -> Body:
    coupon = work.get("coupon", coupon_id)
    # Kept for the discounts it gave; it can be used no more.
    work.put(coupon | {"valid": False})
    return {"id": coupon_id, "object": "coupon", "deleted": True}


def list_coupons(work: Work, params: Params) -> Body:
    return answer_list(work, params, "/v1/coupons", (_as_of_now(work, one) for one in work.rows("coupon")))


def create_code(work: Work, params: Params) -> Body:
    sent = params.nested("promotion")
    if not sent.values:
        raise needed("promotion")
    if sent.choice("type", ("coupon",)) != "coupon":
        raise needed("promotion[type]")
    coupon = work.get("coupon", sent.text("coupon"), "promotion[coupon]")
    if params.has("customer"):
        work.get("customer", params.text("customer"), "customer")
    code = params.text("code", max_chars=500) or make_id("x", 8)[2:].upper()
    if not re.fullmatch(r"[A-Za-z0-9-]+", code):
        raise invalid("Promotion codes hold letters, digits and dashes only.", "code")
    _check_free(work, code, params.text("customer"))
    limits = params.nested("restrictions")
    made: Body = {
        "id": make_id("promo"),
        "object": "promotion_code",
        "active": params.flag("active", default=True),
        "code": code,
        "created": work.now,
        "customer": params.text("customer") or None,
        "customer_account": None,
        "expires_at": params.whole("expires_at"),
        "livemode": False,
        "max_redemptions": _positive(params, "max_redemptions"),
        "metadata": params.metadata(),
        "promotion": {"coupon": coupon["id"], "type": "coupon"},
        "restrictions": {
            "first_time_transaction": limits.flag("first_time_transaction"),
            "minimum_amount": limits.whole("minimum_amount"),
            "minimum_amount_currency": limits.text("minimum_amount_currency").lower() or None,
        },
        "times_redeemed": 0,
    }
    work.put(made)
    work.emit("promotion_code.created", made)
    return made


def _check_free(work: Work, code: str, customer: str) -> None:
    for other in work.rows("promotion_code"):
        same = other["code"].casefold() == code.casefold() and other["active"]
        if same and (other["customer"] or "") == customer:
            raise invalid("An active promotion code with this code already exists.", "code", "resource_already_exists")


def retrieve_code(work: Work, params: Params, code_id: str) -> Body:
    return work.get("promotion_code", code_id)


def update_code(work: Work, params: Params, code_id: str) -> Body:
    code = work.get("promotion_code", code_id)
    code["metadata"] = params.metadata(code["metadata"])
    code["active"] = params.flag("active", default=code["active"])
    return work.change(code, "promotion_code.updated")


def list_codes(work: Work, params: Params) -> Body:
    code, coupon, customer = params.text("code"), params.text("coupon"), params.text("customer")

    def keeps(body: Body) -> bool:
        return (
            (not code or body["code"].casefold() == code.casefold())
            and (not coupon or body["promotion"]["coupon"] == coupon)
            and (not customer or body["customer"] == customer)
            and (not params.has("active") or body["active"] == params.flag("active"))
        )

    return answer_list(work, params, "/v1/promotion_codes", work.rows("promotion_code"), keeps)
