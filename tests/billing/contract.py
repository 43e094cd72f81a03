"""Contract 1: a request to Stripe, decoded from its bytes and held against the types that ship with the package."""

import re
import typing
from decimal import Decimal
from functools import cache
from importlib import import_module
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import parse_qsl, urlsplit

import typing_extensions
from stripe import RequestOptions

_TYPES = {
    ("GET", r"/v1/account"): "_account_retrieve_current_params.AccountRetrieveCurrentParams",
    ("POST", r"/v1/customers"): "_customer_create_params.CustomerCreateParams",
    ("GET", r"/v1/customers/[^/]+"): "_customer_retrieve_params.CustomerRetrieveParams",
    ("POST", r"/v1/customers/[^/]+"): "_customer_update_params.CustomerUpdateParams",
    ("DELETE", r"/v1/customers/[^/]+"): "_customer_delete_params.CustomerDeleteParams",
    ("POST", r"/v1/checkout/sessions"): "checkout._session_create_params.SessionCreateParams",
    ("GET", r"/v1/checkout/sessions/[^/]+"): "checkout._session_retrieve_params.SessionRetrieveParams",
    ("POST", r"/v1/checkout/sessions/[^/]+/expire"): "checkout._session_expire_params.SessionExpireParams",
    ("POST", r"/v1/billing_portal/sessions"): "billing_portal._session_create_params.SessionCreateParams",
    ("GET", r"/v1/billing_portal/configurations"): "billing_portal._configuration_list_params.ConfigurationListParams",
    (
        "POST",
        r"/v1/billing_portal/configurations",
    ): "billing_portal._configuration_create_params.ConfigurationCreateParams",
    ("POST", r"/v1/billing_portal/configurations/[^/]+"): (
        "billing_portal._configuration_update_params.ConfigurationUpdateParams"
    ),
    ("GET", r"/v1/prices/[^/]+"): "_price_retrieve_params.PriceRetrieveParams",
    ("GET", r"/v1/subscriptions"): "_subscription_list_params.SubscriptionListParams",
    ("GET", r"/v1/subscriptions/[^/]+"): "_subscription_retrieve_params.SubscriptionRetrieveParams",
    ("POST", r"/v1/subscriptions/[^/]+"): "_subscription_update_params.SubscriptionUpdateParams",
    ("DELETE", r"/v1/subscriptions/[^/]+"): "_subscription_cancel_params.SubscriptionCancelParams",
    ("POST", r"/v1/subscription_schedules/[^/]+/release"): (
        "_subscription_schedule_release_params.SubscriptionScheduleReleaseParams"
    ),
    ("POST", r"/v1/invoices/create_preview"): "_invoice_create_preview_params.InvoiceCreatePreviewParams",
    ("POST", r"/v1/invoices/[^/]+/void"): "_invoice_void_invoice_params.InvoiceVoidInvoiceParams",
    ("GET", r"/v1/invoices"): "_invoice_list_params.InvoiceListParams",
    ("GET", r"/v1/invoices/[^/]+"): "_invoice_retrieve_params.InvoiceRetrieveParams",
    ("GET", r"/v1/invoice_payments"): "_invoice_payment_list_params.InvoicePaymentListParams",
    ("GET", r"/v1/payment_intents/[^/]+"): "_payment_intent_retrieve_params.PaymentIntentRetrieveParams",
    ("GET", r"/v1/charges/[^/]+"): "_charge_retrieve_params.ChargeRetrieveParams",
    ("POST", r"/v1/refunds"): "_refund_create_params.RefundCreateParams",
    ("GET", r"/v1/refunds"): "_refund_list_params.RefundListParams",
    ("GET", r"/v1/refunds/[^/]+"): "_refund_retrieve_params.RefundRetrieveParams",
    ("GET", r"/v1/disputes"): "_dispute_list_params.DisputeListParams",
    ("GET", r"/v1/disputes/[^/]+"): "_dispute_retrieve_params.DisputeRetrieveParams",
    ("POST", r"/v1/products"): "_product_create_params.ProductCreateParams",
    ("GET", r"/v1/products/[^/]+"): "_product_retrieve_params.ProductRetrieveParams",
    ("POST", r"/v1/products/[^/]+"): "_product_update_params.ProductUpdateParams",
    ("GET", r"/v1/prices"): "_price_list_params.PriceListParams",
    ("POST", r"/v1/prices"): "_price_create_params.PriceCreateParams",
    ("POST", r"/v1/coupons"): "_coupon_create_params.CouponCreateParams",
    ("GET", r"/v1/coupons/[^/]+"): "_coupon_retrieve_params.CouponRetrieveParams",
    ("GET", r"/v1/promotion_codes"): "_promotion_code_list_params.PromotionCodeListParams",
    ("POST", r"/v1/promotion_codes"): "_promotion_code_create_params.PromotionCodeCreateParams",
    ("POST", r"/v1/promotion_codes/[^/]+"): "_promotion_code_update_params.PromotionCodeUpdateParams",
    ("GET", r"/v1/webhook_endpoints"): "_webhook_endpoint_list_params.WebhookEndpointListParams",
    ("POST", r"/v1/webhook_endpoints"): "_webhook_endpoint_create_params.WebhookEndpointCreateParams",
    ("POST", r"/v1/webhook_endpoints/[^/]+"): "_webhook_endpoint_update_params.WebhookEndpointUpdateParams",
    ("GET", r"/v1/events"): "_event_list_params.EventListParams",
}


def check_request(method: str, url: str, body: bytes) -> list[str]:
    """What is wrong with a request; empty where every name, nesting, required field, enumeration and type is right."""
    parts = urlsplit(url)
    sent = decode_form(body.decode() if method.upper() == "POST" else parts.query)
    types = [name for (verb, path), name in _TYPES.items() if verb == method.upper() and re.fullmatch(path, parts.path)]
    if not types:
        return [f"{method} {parts.path} is no call of the gateway's table"]
    # "/v1/invoices/create_preview" fits the pattern of a single invoice too; the first in the table is the nearest.
    module, name = types[0].rsplit(".", 1)
    return list(_check_fields(sent, getattr(import_module(f"stripe.params.{module}"), name), name))


def decode_form(text: str) -> dict[str, Any]:
    """``a[b][0]=c`` as nested dicts; lists stay dicts with their numbers as keys."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text)):
        path = re.findall(r"[^\[\]]+", name)
        place = found
        for step in path[:-1]:
            place = place.setdefault(step, {})
        assert path[-1] not in place, f"{name} was sent twice"
        place[path[-1]] = value
    return found


def _check_fields(sent: Any, typed: Any, where: str):
    if not isinstance(sent, dict):
        yield f"{where}: {sent!r} stands where fields belong"
        return
    hints = _read_hints(typed)
    for name in typed.__required_keys__ - sent.keys():
        yield f"{where}.{name} is required"
    for name, value in sent.items():
        if name not in hints:
            yield f"{where}.{name} does not exist"
        else:
            yield from _check_value(value, hints[name], f"{where}.{name}")


@cache
def _read_hints(typed: Any) -> dict[str, Any]:
    only_for_checkers = {"UntypedStripeObject": _Untyped, "StripeContext": str}
    hints = typing_extensions.get_type_hints(typed, globalns=_names_of(typed), localns=only_for_checkers)
    # The classes also take the options of a call, which travel as headers.
    return {name: hint for name, hint in hints.items() if name not in RequestOptions.__annotations__}


class _Untyped:
    def __class_getitem__(cls, _):
        return cls


def _names_of(typed):
    return {**vars(typing), **vars(import_module(typed.__module__))}


def _check_value(sent: Any, hint: Any, where: str):
    choices = _list_choices(hint)
    literals = {value for choice in choices if get_origin(choice) is Literal for value in get_args(choice)}
    named = literals - {""}
    if isinstance(sent, str) and (named or sent == ""):
        other = [choice for choice in choices if get_origin(choice) is not Literal and choice is not str]
        if sent in literals or (sent != "" and any(not list(_check_one(sent, each, where)) for each in other)):
            return
        if sent == "" and not literals and str in choices:
            yield f"{where} is empty"
            return
        yield f"{where}: {sent!r} is none of {sorted(map(str, literals))[:12]}"
        return
    problems = [list(_check_one(sent, choice, where)) for choice in choices if get_origin(choice) is not Literal]
    if problems and all(problems):
        yield from min(problems, key=len)


def _list_choices(hint: Any) -> list[Any]:
    if get_origin(hint) in {Union, UnionType}:
        return [choice for each in get_args(hint) for choice in _list_choices(each)]
    return [hint]


def _check_one(sent: Any, hint: Any, where: str):
    if get_origin(hint) is list:
        yield from _check_list(sent, get_args(hint)[0], where)
    elif get_origin(hint) is dict:
        yield from _check_mapping(sent, get_args(hint)[1], where)
    elif typing_extensions.is_typeddict(hint) or typing.is_typeddict(hint):
        yield from _check_fields(sent, hint, where)
    elif hint is _Untyped:
        yield f"{where}: not a choice for us"
    elif isinstance(sent, dict):
        yield f"{where}: fields stand where one value belongs"
    elif not re.fullmatch(_PATTERNS[hint], sent):
        yield f"{where}: {sent!r} is no {hint.__name__}"


def _check_list(sent: Any, inner: Any, where: str):
    if not isinstance(sent, dict) or list(sent) != [str(number) for number in range(len(sent))]:
        yield f"{where}: {sent!r} is no list"
        return
    for number, value in sent.items():
        yield from _check_value(value, inner, f"{where}[{number}]")


def _check_mapping(sent: Any, inner: Any, where: str):
    if not isinstance(sent, dict):
        yield f"{where}: {sent!r} is no mapping"
        return
    for name, value in sent.items():
        yield from _check_value(value, inner, f"{where}.{name}")


_PATTERNS = {bool: r"true|false", int: r"-?\d+", float: r"-?\d+(\.\d+)?", Decimal: r"-?\d+(\.\d+)?", str: r"(?s).+"}
