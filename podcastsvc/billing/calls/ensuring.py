"""What has to exist at Stripe before we can sell: prices, coupons, portal settings, the webhook. A second run changes nothing."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from podcastsvc.billing.calls import reading, writing
from podcastsvc.billing.facts import (
    CouponRequest,
    EndpointFacts,
    PortalProduct,
    PriceFacts,
    PriceRequest,
    ProductRequest,
)
from podcastsvc.billing.gateway import PACKAGE_VERSION, Gateway, Missing, Refused, any_of, make_options


def ensure_price(gateway: Gateway, request: PriceRequest) -> PriceFacts:
    """The price under its lookup key, made where none has this amount; the key moves from an older price to it.

    Where taxes are worked out, one that does not say whether it holds the tax, or says otherwise, is not taken.
    """
    asked = any_of({"lookup_keys": [request.lookup_key], "limit": 100})
    passed_over = ""
    for price in gateway.fetch_all(reading.read_price, lambda client: client.v1.prices.list(asked)):
        is_same = price.is_active and (price.money, price.interval) == (request.money, request.interval)
        if is_same and (request.tax.mode == "off" or price.tax_behavior == request.tax.behavior):
            return price
        passed_over = f"-{price.id}"
    ensure_product(gateway, ProductRequest(request.plan_title, request.plan_key))
    params = writing.write_price(request, gateway.site)
    # A repeated key is answered with what it made first, and that has lost its lookup key to the one passed over.
    key = make_options("price", request.price_key + passed_over, params)
    return gateway.fetch(reading.read_price, lambda client: client.v1.prices.create(any_of(params), key))


def ensure_product(gateway: Gateway, request: ProductRequest) -> str:
    """The product's id, made where it is missing and brought up to date where its title or tax code has changed."""
    params = writing.write_product(request, gateway.site)
    key = make_options("product", request.key, params)
    wanted = {name: params[name] for name in ("name", "tax_code") if name in params}
    try:
        there = gateway.fetch(dict, lambda client: client.v1.products.retrieve(params["id"]))
        if any(there.get(name) != value for name, value in wanted.items()):
            gateway.fetch(_read_id, lambda client: client.v1.products.update(params["id"], any_of(wanted)))
    except Missing:
        try:
            gateway.fetch(_read_id, lambda client: client.v1.products.create(any_of(params), key), quiet=True)
        except Refused as problem:
            # Another process made it between our two calls.
            if problem.code != "resource_already_exists":
                raise
    return str(params["id"])


def ensure_coupon(gateway: Gateway, request: CouponRequest) -> str:
    """The id of the promotion code that people type, made with its coupon where it is missing."""
    asked = any_of({"code": request.code, "active": True, "limit": 100})
    for code in gateway.fetch_all(dict, lambda client: client.v1.promotion_codes.list(asked)):
        metadata = code.get("metadata") or {}
        if gateway.is_ours(metadata) and metadata.get("coupon") == request.key:
            return str(code["id"])
    if request.product is not None:
        ensure_product(gateway, request.product)
    coupon = writing.write_coupon(request, gateway.site)
    try:
        gateway.fetch(_read_id, lambda client: client.v1.coupons.retrieve(coupon["id"]))
    except Missing:
        key = make_options("coupon", request.key, coupon)
        gateway.fetch(_read_id, lambda client: client.v1.coupons.create(any_of(coupon), key))
    params = writing.write_promotion_code(request, coupon["id"], gateway.site)
    options = make_options("code", request.key, params)
    return gateway.fetch(_read_id, lambda client: client.v1.promotion_codes.create(any_of(params), options))


def close_code(gateway: Gateway, promotion_code_id: str) -> None:
    """Takes a code out of use; one that Stripe does not know is."""
    change = any_of({"active": False})
    with suppress(Missing):
        gateway.fetch(_read_id, lambda client: client.v1.promotion_codes.update(promotion_code_id, change))


def ensure_portal_settings(
    gateway: Gateway, products: Sequence[PortalProduct], return_url: str, *, may_pause: bool = False
) -> str:
    """The id of our portal configuration, made, or brought up to date where it differs."""
    wanted = writing.write_portal_settings(products, return_url, may_pause=may_pause)
    options = make_options("portal", gateway.site, wanted)
    mark = options["idempotency_key"].rsplit(":", 1)[1]
    settings = any_of({**wanted, "metadata": {"site": gateway.site, "settings": mark}})
    asked = any_of({"active": True, "limit": 100})
    for found in gateway.fetch_all(dict, lambda client: client.v1.billing_portal.configurations.list(asked)):
        metadata = found.get("metadata") or {}
        if gateway.is_ours(metadata):
            ours = str(found["id"])
            if metadata.get("settings") == mark:
                return ours
            return gateway.fetch(
                _read_id,
                lambda client: client.v1.billing_portal.configurations.update(ours, settings),  # noqa: B023 -- called at once
            )
    return gateway.fetch(_read_id, lambda client: client.v1.billing_portal.configurations.create(settings, options))


def ensure_webhook(gateway: Gateway, url: str) -> EndpointFacts:
    """Our endpoint in the package's API version, made, or given the right types; its secret only where it is new.

    An endpoint's version cannot be edited, so an upgrade makes a second one and both run for a while. Two who ask at once
    get the same one.
    """
    params = writing.write_webhook(url, PACKAGE_VERSION, gateway.site)
    present = list_webhooks(gateway)
    same = [each for each in present if (each.url, each.api_version) == (url, PACKAGE_VERSION)]
    if not same:
        return _make_webhook(gateway, params, [each.id for each in present])
    endpoint = same[0]
    if set(endpoint.types) == set(writing.NOTICE_TYPES) and endpoint.status == "enabled":
        return endpoint
    change = any_of({"enabled_events": params["enabled_events"], "disabled": False})
    return gateway.fetch(reading.read_endpoint, lambda client: client.v1.webhook_endpoints.update(endpoint.id, change))


def _make_webhook(gateway: Gateway, params: Mapping[str, Any], present: Sequence[str]) -> EndpointFacts:
    """Makes the endpoint. Its key is the same for all who see the same ones there."""
    made = any_of(params)
    options = make_options("webhook", "-".join(sorted(present)) or "first", dict(params))
    endpoint = gateway.fetch(reading.read_endpoint, lambda client: client.v1.webhook_endpoints.create(made, options))
    if endpoint.id in {each.id for each in list_webhooks(gateway)}:
        return endpoint
    # Stripe keeps a key for a day: it was answered with one that has been deleted since.
    return _make_webhook(gateway, params, [*present, endpoint.id])


def list_webhooks(gateway: Gateway) -> list[EndpointFacts]:
    """All endpoints of the account, ours or not."""
    asked = any_of({"limit": 100})
    return gateway.fetch_all(reading.read_endpoint, lambda client: client.v1.webhook_endpoints.list(asked))


def list_portal_settings(gateway: Gateway) -> list[dict[str, str]]:
    """What is written on each of the portal's settings that are in use: the metadata."""
    asked = any_of({"active": True, "limit": 100})
    found = gateway.fetch_all(dict, lambda client: client.v1.billing_portal.configurations.list(asked))
    return [each.get("metadata") or {} for each in found]


def _read_id(found: Mapping[str, Any]) -> str:
    return str(found["id"])
