"""``/v1/products`` and ``/v1/prices``."""

from podcastsvc.billing.standin.api.lists import PAGING, answer_list
from podcastsvc.billing.standin.forms import Params
from podcastsvc.billing.standin.refusals import invalid, missing, needed, unsupported
from podcastsvc.billing.standin.work import Body, Work, make_id

PRODUCT_FIELDS = frozenset(
    "active description expand images marketing_features metadata name package_dimensions shippable"
    " statement_descriptor tax_code tax_details unit_label url".split()
)
CREATE_PRODUCT = PRODUCT_FIELDS | {"default_price_data", "id", "type"}
UPDATE_PRODUCT = PRODUCT_FIELDS | {"default_price"}
LIST_PRODUCTS = PAGING | {"active", "created", "ids", "shippable", "type", "url"}
CREATE_PRICE = frozenset(
    "active billing_scheme currency currency_options custom_unit_amount expand lookup_key metadata nickname product"
    " product_data recurring tax_behavior tiers tiers_mode transfer_lookup_key transform_quantity unit_amount"
    " unit_amount_decimal".split()
)
UPDATE_PRICE = frozenset(
    "active currency_options expand lookup_key metadata nickname tax_behavior transfer_lookup_key".split()
)
LIST_PRICES = PAGING | {"active", "created", "currency", "lookup_keys", "product", "recurring", "type"}
INTERVALS = ("day", "week", "month", "year")
TAX_BEHAVIOURS = ("exclusive", "inclusive", "unspecified")


def make_product(work: Work, params: Params) -> Body:
    """A product from a request, or from ``product_data`` inside one."""
    product_id = params.text("id") or make_id("prod", 14)
    if work.find(product_id) is not None:
        raise invalid("Product already exists.", "id", "resource_already_exists")
    product: Body = {
        "id": product_id,
        "object": "product",
        "active": params.flag("active", default=True),
        "created": work.now,
        "default_price": None,
        "description": params.text("description") or None,
        "images": params.words("images"),
        "livemode": False,
        "marketing_features": [{"name": entry.text("name")} for entry in params.each("marketing_features")],
        "metadata": params.metadata(),
        "name": params.require("name"),
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": params.text("statement_descriptor") or None,
        "tax_code": params.text("tax_code") or None,
        "unit_label": params.text("unit_label") or None,
        "updated": work.now,
        "url": params.text("url") or None,
    }
    work.put(product)
    work.emit("product.created", product)
    return product


def create_product(work: Work, params: Params) -> Body:
    if params.has("default_price_data"):
        raise unsupported("making a product and its price in one request", "default_price_data")
    return make_product(work, params)


def retrieve_product(work: Work, params: Params, product_id: str) -> Body:
    return work.get("product", product_id)


def update_product(work: Work, params: Params, product_id: str) -> Body:
    product = work.get("product", product_id)
    product["metadata"] = params.metadata(product["metadata"])
    product["active"] = params.flag("active", default=product["active"])
    for name in ("description", "name", "statement_descriptor", "tax_code", "unit_label", "url"):
        if params.has(name):
            product[name] = params.text(name) or None
    if not product["name"]:
        raise needed("name")
    if params.has("default_price"):
        product["default_price"] = work.get("price", params.text("default_price"), "default_price")["id"]
    product["updated"] = work.now
    return work.change(product, "product.updated")


def list_products(work: Work, params: Params) -> Body:
    ids = params.words("ids")
    return answer_list(
        work,
        params,
        "/v1/products",
        work.rows("product"),
        lambda body: (not ids or body["id"] in ids) and _is(params, "active", body["active"]),
    )


def make_price(work: Work, params: Params) -> Body:
    """A price from a request, or from ``price_data`` inside one; not yet written."""
    currency = params.require("currency").lower()
    if len(currency) != 3 or not currency.isalpha():
        raise invalid(f"Invalid currency: {currency}", params.name("currency"))
    for name in ("tiers", "tiers_mode", "transform_quantity", "currency_options", "unit_amount_decimal"):
        if params.has(name):
            raise unsupported(f"prices with {name}", params.name(name))
    custom = _custom_amount(params)
    amount = params.whole("unit_amount")
    if (amount is None) == (custom is None):
        raise invalid("Give either unit_amount or custom_unit_amount.", params.name("unit_amount"), "parameter_missing")
    if amount is not None and amount < 0:
        raise invalid("Invalid non-negative integer", params.name("unit_amount"), "parameter_invalid_integer")
    recurring = _recurring(params)
    if recurring and custom:
        raise invalid("Recurring prices cannot have a custom_unit_amount.", params.name("custom_unit_amount"))
    return {
        "id": make_id("price"),
        "object": "price",
        "active": params.flag("active", default=True),
        "billing_scheme": "per_unit",
        "created": work.now,
        "currency": currency,
        "custom_unit_amount": custom,
        "livemode": False,
        "lookup_key": None,
        "metadata": params.metadata(),
        "nickname": params.text("nickname") or None,
        "product": _product(work, params),
        "recurring": recurring,
        "tax_behavior": params.choice("tax_behavior", TAX_BEHAVIOURS, "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": None if amount is None else str(amount),
    }


def _product(work: Work, params: Params) -> str:
    if params.has("product_data"):
        if params.has("product"):
            raise invalid(
                "You may only specify one of these parameters: product, product_data.", params.name("product")
            )
        return str(make_product(work, params.nested("product_data"))["id"])
    product_id = params.text("product")
    if not product_id:
        raise needed(params.name("product"))
    product = work.get("product", product_id, params.name("product"))
    if not product["active"]:
        raise invalid("The product is not active.", params.name("product"), "product_inactive")
    return product_id


def _custom_amount(params: Params) -> Body | None:
    sent = params.nested("custom_unit_amount")
    if not sent.flag("enabled"):
        return None
    return {name: sent.whole(name) for name in ("maximum", "minimum", "preset")}


def _recurring(params: Params) -> Body | None:
    if not params.has("recurring"):
        return None
    sent = params.nested("recurring")
    sent.require("interval")
    count = sent.whole("interval_count")
    if count is not None and count < 1:
        raise invalid("Invalid positive integer", sent.name("interval_count"))
    if sent.choice("usage_type", ("licensed", "metered"), "licensed") == "metered":
        raise unsupported("metered prices", sent.name("usage_type"))
    return {
        "interval": sent.choice("interval", INTERVALS),
        "interval_count": count or 1,
        "meter": None,
        "usage_type": "licensed",
    }


def create_price(work: Work, params: Params) -> Body:
    price = make_price(work, params)
    work.put(price)
    _take_lookup_key(work, price, params)
    work.put(price)
    work.emit("price.created", price)
    return price


def _take_lookup_key(work: Work, price: Body, params: Params) -> None:
    """Gives a price its key; one that another price holds moves only with ``transfer_lookup_key``."""
    if not params.has("lookup_key"):
        return
    key = params.text("lookup_key", max_chars=200)
    for other in work.rows("price") if key else ():
        if other["lookup_key"] == key and other["id"] != price["id"]:
            if not params.flag("transfer_lookup_key"):
                raise invalid(f"A price (`{other['id']}`) already uses that lookup key.", "lookup_key")
            work.change(other | {"lookup_key": None}, "price.updated")
    price["lookup_key"] = key or None


def retrieve_price(work: Work, params: Params, price_id: str) -> Body:
    price = work.find(price_id, "price")
    if price is None:
        raise missing("price", price_id)
    return price


def update_price(work: Work, params: Params, price_id: str) -> Body:
    price = work.get("price", price_id)
    price["metadata"] = params.metadata(price["metadata"])
    price["active"] = params.flag("active", default=price["active"])
    if params.has("nickname"):
        price["nickname"] = params.text("nickname") or None
    if params.has("tax_behavior"):
        if price["tax_behavior"] != "unspecified":
            raise invalid("tax_behavior cannot be changed once it is set.", "tax_behavior")
        price["tax_behavior"] = params.choice("tax_behavior", TAX_BEHAVIOURS)
    _take_lookup_key(work, price, params)
    return work.change(price, "price.updated")


def list_prices(work: Work, params: Params) -> Body:
    keys = params.words("lookup_keys")
    if len(keys) > 10:
        raise invalid("You may specify at most 10 lookup_keys.", "lookup_keys")
    product, currency, kind = params.text("product"), params.text("currency"), params.text("type")

    def keeps(body: Body) -> bool:
        return (
            (not keys or body["lookup_key"] in keys)
            and (not product or body["product"] == product)
            and (not currency or body["currency"] == currency)
            and (not kind or body["type"] == kind)
            and _is(params, "active", body["active"])
            # Prices made inside a session are listed nowhere, as at Stripe.
            and not body.get("_inline")
        )

    return answer_list(work, params, "/v1/prices", work.rows("price"), keeps)


def _is(params: Params, name: str, value: bool) -> bool:
    return not params.has(name) or params.flag(name) == value
