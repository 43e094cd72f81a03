"""``/v1/checkout/sessions``."""

from podcastsvc.billing.standin.api.catalogue import make_price
from podcastsvc.billing.standin.api.checkout_rules import check_combinations, read_expiry
from podcastsvc.billing.standin.api.expand import render
from podcastsvc.billing.standin.api.lists import PAGING, answer_list
from podcastsvc.billing.standin.books import checkout, discounts
from podcastsvc.billing.standin.forms import Params
from podcastsvc.billing.standin.refusals import invalid, needed, unsupported
from podcastsvc.billing.standin.work import Body, Work, make_id

LIST = PAGING | {
    "created", "customer", "customer_account", "customer_details", "payment_intent", "payment_link", "status", "subscription",
}  # fmt: skip


def create(work: Work, params: Params) -> Body:
    mode = params.choice("mode", ("payment", "setup", "subscription"))
    if not mode:
        raise needed("mode")
    if mode == "setup":
        raise unsupported("checkout sessions in setup mode", "mode")
    check_combinations(work, params, mode)
    items = [_read_item(work, sent, mode) for sent in params.each("line_items")]
    currency = _check_items(work, items, mode, params)
    session = _make_session(work, params, mode, items, currency)
    _take_discounts(work, session, params)
    checkout.refresh_totals(work, session)
    if mode == "payment" and 0 < session["amount_total"] < checkout.SMALLEST_CHARGE and not session["_custom"]:
        raise invalid("The total is below the smallest amount that can be charged.", "line_items", "amount_too_small")
    work.put(session)
    work.later(session["_expires_due"], "checkout.expire", session["id"])
    return session


def _read_item(work: Work, sent: Params, mode: str) -> Body:
    """One line as the session keeps it: its price's id, its quantity, the amount of one."""
    if sent.has("price_data"):
        price = make_price(work, sent.nested("price_data"))
        if price["custom_unit_amount"]:
            raise invalid(
                "custom_unit_amount has no place in price_data.", sent.name("price_data"), "parameter_unknown"
            )
        # Kept inactive, so that nobody sells it again.
        work.put(price | {"_inline": True, "active": False})
    else:
        price_id = sent.text("price")
        if not price_id:
            raise needed(sent.name("price"))
        price = work.get("price", price_id, sent.name("price"))
        if not price["active"]:
            raise invalid("The price specified is inactive. This field only accepts active prices.", sent.name("price"))
    quantity = sent.whole("quantity")
    if quantity is None:
        raise invalid("Quantity is required for each line item.", sent.name("quantity"), "parameter_missing")
    if quantity < 1:
        raise invalid("Invalid positive integer", sent.name("quantity"), "parameter_invalid_integer")
    custom = price["custom_unit_amount"]
    amount = price["unit_amount"] if custom is None else custom["preset"] or custom["minimum"] or 0
    return {"id": make_id("li"), "price": price["id"], "quantity": quantity, "unit_amount": amount}


def _check_items(work: Work, items: list[Body], mode: str, params: Params) -> str:
    """The one currency of all lines. Raises Refusal for a mix, or for prices that do not fit the mode."""
    if not items:
        raise needed("line_items")
    prices = [work.get("price", item["price"]) for item in items]
    if mode == "payment" and any(price["recurring"] for price in prices):
        raise invalid("You specified `payment` mode but passed a recurring price.", "line_items")
    if mode == "subscription" and not any(price["recurring"] for price in prices):
        raise invalid("You must provide at least one recurring price in `subscription` mode.", "line_items")
    if len({price["currency"] for price in prices}) > 1:
        raise invalid("All prices in a checkout session must have the same currency.", "line_items")
    every = {
        (price["recurring"]["interval"], price["recurring"]["interval_count"]) for price in prices if price["recurring"]
    }
    if len(every) > 1:
        raise invalid("Checkout does not support multiple prices with different billing intervals.", "line_items")
    currency = str(prices[0]["currency"])
    customer = work.find(params.text("customer"), "customer")
    if customer and mode == "subscription":
        _check_currency(work, customer, currency)
    return currency


def _check_currency(work: Work, customer: Body, currency: str) -> None:
    """A customer with a running subscription stays in its currency."""
    for subscription in work.rows("subscription", customer["id"]):
        if subscription["status"] not in {"canceled", "incomplete_expired"} and subscription["currency"] != currency:
            raise invalid(
                "You cannot combine currencies on a single customer. This customer has an active subscription with"
                f" currency {subscription['currency']}.",
                "line_items",
            )


def _make_session(work: Work, params: Params, mode: str, items: list[Body], currency: str) -> Body:
    session_id = make_id("cs_test", 58)
    expires_at, due = read_expiry(work, params)
    custom = any(work.get("price", item["price"])["custom_unit_amount"] for item in items)
    payment = mode == "payment"
    return {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": params.flag("allow_promotion_codes") if params.has("allow_promotion_codes") else None,
        "allowed_payment_method_types": None,
        "amount_subtotal": 0,
        "amount_total": 0,
        "automatic_tax": _tax(params),
        "billing_address_collection": params.text("billing_address_collection") or None,
        "branding_settings": {
            "background_color": "#fbfaf7",
            "border_style": "rounded",
            "button_color": "#0f5b57",
            "display_name": "Stand-in",
            "font_family": "default",
            "icon": None,
            "logo": None,
        },
        "cancel_url": params.text("cancel_url") or None,
        "client_reference_id": params.text("client_reference_id", max_chars=200) or None,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": params.nested("consent_collection").values or None,
        "created": work.now,
        "currency": currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": params.text("customer") or None,
        "customer_account": None,
        "customer_creation": _creation(params, mode),
        "customer_details": _first_details(work, params),
        "customer_email": params.text("customer_email") or None,
        "discounts": [],
        "expires_at": expires_at,
        "integration_identifier": params.text("integration_identifier") or None,
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "locale": params.text("locale") or None,
        "managed_payments": {"enabled": params.nested("managed_payments").flag("enabled")},
        "metadata": params.metadata(),
        "mode": mode,
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": None if payment else params.text("payment_method_collection") or "always",
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.text("submit_type") or None,
        "subscription": None,
        "success_url": params.text("success_url") or None,
        "total_details": None,
        "ui_mode": "hosted_page",
        "url": f"{work.site}/pay/{session_id}",
        "wallet_options": {},
        "_items": items,
        "_custom": custom,
        "_coupon": None,
        "_code": None,
        "_expires_due": due,
        "_subscription_data": _subscription_data(params),
        "_payment_data": _payment_data(params),
    }


def _tax(params: Params) -> Body:
    enabled = params.nested("automatic_tax").flag("enabled")
    return {
        "enabled": enabled,
        "liability": {"type": "self"} if enabled else None,
        "provider": "stripe" if enabled else None,
        "status": "complete" if enabled else None,
    }


def _creation(params: Params, mode: str) -> str | None:
    if mode != "payment":
        return None if params.has("customer") else "always"
    return None if params.has("customer") else params.text("customer_creation") or "if_required"


def _first_details(work: Work, params: Params) -> Body | None:
    """What is known of the payer before they pay."""
    customer = work.find(params.text("customer"), "customer")
    email = customer["email"] if customer else params.text("customer_email") or None
    if email is None:
        return None
    return {
        "address": customer["address"] if customer else None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": customer["name"] if customer else None,
        "phone": None,
        "tax_exempt": customer["tax_exempt"] if customer else "none",
        "tax_ids": None,
    }


def _subscription_data(params: Params) -> Body:
    sent = params.nested("subscription_data")
    days = sent.whole("trial_period_days")
    if days is not None and days < 1:
        raise invalid("The minimum number of trial period days is 1.", sent.name("trial_period_days"))
    if days is not None and days > 730:
        raise invalid("The maximum number of trial period days is 730 (2 years).", sent.name("trial_period_days"))
    behaviour = sent.nested("trial_settings").nested("end_behavior")
    return {
        "metadata": sent.metadata(),
        "trial_period_days": days,
        "trial_end": sent.whole("trial_end"),
        "missing_payment_method": behaviour.choice(
            "missing_payment_method", ("cancel", "create_invoice", "pause"), "create_invoice"
        ),
        "description": sent.text("description") or None,
        "billing_mode": sent.nested("billing_mode").choice("type", ("classic", "flexible"), "flexible"),
    }


def _payment_data(params: Params) -> Body:
    sent = params.nested("payment_intent_data")
    return {"metadata": sent.metadata(), "description": sent.text("description") or None}


def _take_discounts(work: Work, session: Body, params: Params) -> None:
    sent = params.each("discounts")
    if not sent:
        return
    if len(sent) > 1:
        raise invalid("You may only specify one discount.", "discounts")
    entry = sent[0]
    products = [work.get("price", item["price"])["product"] for item in session["_items"]]
    if entry.has("promotion_code"):
        code = work.get("promotion_code", entry.text("promotion_code"), entry.name("promotion_code"))
        coupon = discounts.check_code(
            work,
            code,
            currency=session["currency"],
            amount=sum(item["unit_amount"] * item["quantity"] for item in session["_items"]),
            products=products,
            customer=session["customer"] or "",
            param=entry.name("promotion_code"),
        )
        session |= {"_coupon": coupon["id"], "_code": code["id"]}
        return
    coupon = work.get("coupon", entry.text("coupon"), entry.name("coupon"))
    discounts.check_coupon(work, coupon, session["currency"], products, entry.name("coupon"))
    session["_coupon"] = coupon["id"]


def retrieve(work: Work, params: Params, session_id: str) -> Body:
    return work.get("checkout.session", session_id)


def update(work: Work, params: Params, session_id: str) -> Body:
    session = work.get("checkout.session", session_id)
    session["metadata"] = params.metadata(session["metadata"])
    return work.put(session)


def expire(work: Work, params: Params, session_id: str) -> Body:
    session = work.get("checkout.session", session_id)
    if session["status"] != "open":
        raise invalid(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This one is {session["status"]}.',
            "session",
        )
    checkout.expire(work, session)
    return session


def list_all(work: Work, params: Params) -> Body:
    wanted = {name: params.text(name) for name in ("customer", "payment_intent", "status", "subscription")}
    email = params.nested("customer_details").text("email")

    def keeps(body: Body) -> bool:
        fits = all(not value or body[name] == value for name, value in wanted.items())
        return fits and (not email or (body["customer_details"] or {}).get("email") == email)

    return answer_list(work, params, "/v1/checkout/sessions", work.rows("checkout.session"), keeps)


def list_line_items(work: Work, params: Params, session_id: str) -> Body:
    session = work.get("checkout.session", session_id)
    lines = checkout.make_line_items(work, session)
    url = f"/v1/checkout/sessions/{session_id}/line_items"
    return {"object": "list", "data": [render(work, line) for line in lines], "has_more": False, "url": url}
