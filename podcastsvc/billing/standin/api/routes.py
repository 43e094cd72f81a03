"""The table of what the stand-in answers: method, path, who does it, and which parameters there are."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from podcastsvc.billing.standin.api import (
    account,
    catalogue,
    checkout,
    checkout_rules,
    coupons,
    customers,
    invoices,
    notices,
    payments,
    portal,
    subscriptions,
)
from podcastsvc.billing.standin.api.lists import PAGING
from podcastsvc.billing.standin.forms import Params
from podcastsvc.billing.standin.refusals import Refusal
from podcastsvc.billing.standin.work import Body, Work

Act = Callable[..., Body]
ONLY_EXPAND = frozenset({"expand"})


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. ``known`` are all parameters that Stripe's version of it has, used here or not."""

    method: str
    path: str
    act: Act
    known: frozenset[str] = ONLY_EXPAND

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{\w+\}", r"([^/]+)", self.path))

    @property
    def noun(self) -> str:
        """The word a key's permissions go by: ``customers``, ``checkout``, ``billing_portal``."""
        return self.path.split("/")[2]


ROUTES = (
    Route("GET", "/v1/account", account.retrieve),
    Route("POST", "/v1/customers", customers.create, customers.CREATE),
    Route("GET", "/v1/customers", customers.list_all, customers.LIST),
    Route("GET", "/v1/customers/{id}", customers.retrieve),
    Route("POST", "/v1/customers/{id}", customers.update, customers.UPDATE),
    Route("DELETE", "/v1/customers/{id}", customers.delete),
    Route("GET", "/v1/customers/{id}/payment_methods", customers.list_methods, PAGING | {"allow_redisplay", "type"}),
    Route(
        "GET",
        "/v1/payment_methods",
        customers.list_methods_of,
        PAGING | {"allow_redisplay", "customer", "customer_account", "type"},
    ),
    Route("GET", "/v1/payment_methods/{id}", customers.retrieve_method),
    Route("POST", "/v1/products", catalogue.create_product, catalogue.CREATE_PRODUCT),
    Route("GET", "/v1/products", catalogue.list_products, catalogue.LIST_PRODUCTS),
    Route("GET", "/v1/products/{id}", catalogue.retrieve_product),
    Route("POST", "/v1/products/{id}", catalogue.update_product, catalogue.UPDATE_PRODUCT),
    Route("POST", "/v1/prices", catalogue.create_price, catalogue.CREATE_PRICE),
    Route("GET", "/v1/prices", catalogue.list_prices, catalogue.LIST_PRICES),
    Route("GET", "/v1/prices/{id}", catalogue.retrieve_price),
    Route("POST", "/v1/prices/{id}", catalogue.update_price, catalogue.UPDATE_PRICE),
    Route("POST", "/v1/coupons", coupons.create_coupon, coupons.CREATE_COUPON),
    Route("GET", "/v1/coupons", coupons.list_coupons, coupons.LIST_COUPONS),
    Route("GET", "/v1/coupons/{id}", coupons.retrieve_coupon),
    Route("POST", "/v1/coupons/{id}", coupons.update_coupon, coupons.UPDATE_COUPON),
    Route("DELETE", "/v1/coupons/{id}", coupons.delete_coupon, frozenset()),
    Route("POST", "/v1/promotion_codes", coupons.create_code, coupons.CREATE_CODE),
    Route("GET", "/v1/promotion_codes", coupons.list_codes, coupons.LIST_CODES),
    Route("GET", "/v1/promotion_codes/{id}", coupons.retrieve_code),
    Route("POST", "/v1/promotion_codes/{id}", coupons.update_code, coupons.UPDATE_CODE),
    Route("POST", "/v1/checkout/sessions", checkout.create, checkout_rules.CREATE),
    Route("GET", "/v1/checkout/sessions", checkout.list_all, checkout.LIST),
    Route("GET", "/v1/checkout/sessions/{id}", checkout.retrieve),
    Route(
        "POST",
        "/v1/checkout/sessions/{id}",
        checkout.update,
        frozenset(
            {
                "collected_information",
                "expand",
                "line_items",
                "metadata",
                "payment_intent_data",
                "shipping_options",
            }
        ),
    ),
    Route("POST", "/v1/checkout/sessions/{id}/expire", checkout.expire),
    Route("GET", "/v1/checkout/sessions/{id}/line_items", checkout.list_line_items, PAGING),
    Route("GET", "/v1/subscriptions", subscriptions.list_all, subscriptions.LIST),
    Route("GET", "/v1/subscriptions/{id}", subscriptions.retrieve),
    Route("POST", "/v1/subscriptions/{id}", subscriptions.update, subscriptions.UPDATE),
    Route("DELETE", "/v1/subscriptions/{id}", subscriptions.delete, subscriptions.DELETE),
    Route(
        "POST",
        "/v1/subscriptions/{id}/pause",
        subscriptions.pause,
        frozenset({"bill_for", "expand", "invoicing_behavior", "type"}),
    ),
    Route(
        "POST",
        "/v1/subscriptions/{id}/resume",
        subscriptions.resume,
        frozenset({"billing_cycle_anchor", "expand", "payment_behavior", "proration_behavior", "proration_date"}),
    ),
    Route("GET", "/v1/subscription_schedules/{id}", subscriptions.retrieve_schedule),
    Route(
        "POST",
        "/v1/subscription_schedules/{id}/release",
        subscriptions.release_schedule,
        frozenset({"expand", "preserve_cancel_date"}),
    ),
    Route("GET", "/v1/invoices", invoices.list_all, invoices.LIST),
    Route("POST", "/v1/invoices/create_preview", invoices.create_preview, invoices.PREVIEW),
    Route("GET", "/v1/invoices/{id}", invoices.retrieve),
    Route("POST", "/v1/invoices/{id}/pay", invoices.pay, invoices.PAY),
    Route("POST", "/v1/invoices/{id}/void", invoices.void),
    Route("GET", "/v1/invoice_payments", invoices.list_payments, invoices.LIST_PAYMENTS),
    Route("GET", "/v1/invoice_payments/{id}", invoices.retrieve_payment),
    Route("GET", "/v1/payment_intents", payments.list_intents, payments.LIST_INTENTS),
    Route("GET", "/v1/payment_intents/{id}", payments.retrieve_intent, ONLY_EXPAND | {"client_secret"}),
    Route("GET", "/v1/charges", payments.list_charges, payments.LIST_CHARGES),
    Route("GET", "/v1/charges/{id}", payments.retrieve_charge),
    Route("POST", "/v1/refunds", payments.create_refund, payments.CREATE_REFUND),
    Route("GET", "/v1/refunds", payments.list_refunds, payments.LIST_REFUNDS),
    Route("GET", "/v1/refunds/{id}", payments.retrieve_refund),
    Route("POST", "/v1/refunds/{id}", payments.update_refund, payments.UPDATE_REFUND),
    Route("GET", "/v1/disputes", payments.list_disputes, payments.LIST_DISPUTES),
    Route("GET", "/v1/disputes/{id}", payments.retrieve_dispute),
    Route("POST", "/v1/disputes/{id}", payments.update_dispute, payments.UPDATE_DISPUTE),
    Route("POST", "/v1/disputes/{id}/close", payments.close_dispute),
    Route("POST", "/v1/billing_portal/configurations", portal.create_configuration, portal.CREATE_CONFIGURATION),
    Route("GET", "/v1/billing_portal/configurations", portal.list_configurations, portal.LIST_CONFIGURATIONS),
    Route("GET", "/v1/billing_portal/configurations/{id}", portal.retrieve_configuration),
    Route("POST", "/v1/billing_portal/configurations/{id}", portal.update_configuration, portal.UPDATE_CONFIGURATION),
    Route("POST", "/v1/billing_portal/sessions", portal.create_session, portal.CREATE_SESSION),
    Route("POST", "/v1/webhook_endpoints", notices.create, notices.CREATE),
    Route("GET", "/v1/webhook_endpoints", notices.list_all, PAGING),
    Route("GET", "/v1/webhook_endpoints/{id}", notices.retrieve),
    Route("POST", "/v1/webhook_endpoints/{id}", notices.update, notices.UPDATE),
    Route("DELETE", "/v1/webhook_endpoints/{id}", notices.delete, frozenset()),
    Route("GET", "/v1/events", notices.list_events, notices.LIST_EVENTS),
    Route("GET", "/v1/events/{id}", notices.retrieve_event),
)
_COMPILED = tuple((route, route.pattern) for route in ROUTES)


@dataclass(frozen=True, slots=True)
class Found:
    """The operation a request asks for, and the ids in its path."""

    route: Route
    ids: tuple[str, ...]


def find_route(method: str, path: str) -> Found:
    """Raises Refusal (404) for an address the stand-in does not have."""
    for route, pattern in _COMPILED:
        if route.method == method and (match := pattern.fullmatch(path)) is not None:
            return Found(route, match.groups())
    raise Refusal(
        f"Unrecognized request URL ({method}: {path}). The stand-in answers only what the site uses.",
        status=404,
        code="url_invalid",
    )


def act(work: Work, found: Found, params: Params) -> Body:
    """Carries an operation out; the answer is the object as it is kept."""
    params.refuse_unknown(found.route.known)
    if (noun := found.route.noun) in work.faults.forbidden.split():
        level = "read" if found.route.method == "GET" else "write"
        raise Refusal(
            "The provided key does not have the required permissions for this endpoint. Having the"
            f" 'rak_{noun}_{level}' permission would allow this request to continue.",
            status=403,
        )
    return found.route.act(work, params, *found.ids)
