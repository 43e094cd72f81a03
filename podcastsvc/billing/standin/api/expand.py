"""Answers as they leave: ``expand`` carried out, parts that only appear when asked for, nothing that is ours."""

from collections.abc import Callable
from typing import Any

from podcastsvc.billing.standin.books.checkout import make_line_items
from podcastsvc.billing.standin.refusals import invalid
from podcastsvc.billing.standin.work import Body, Work, public

MAX_DEPTH = 4


def _line_items(work: Work, session: Body) -> list[Body]:
    return make_line_items(work, session)


def _payments(work: Work, invoice: Body) -> list[Body]:
    return [one for one in work.rows("invoice_payment") if one["invoice"] == invoice["id"]]


def _subscriptions(work: Work, customer: Body) -> list[Body]:
    return [one for one in work.rows("subscription", customer["id"]) if one["status"] != "canceled"]


def _refunds(work: Work, charge: Body) -> list[Body]:
    return [one for one in work.rows("refund") if one["charge"] == charge["id"]]


def _nothing(work: Work, body: Body) -> list[Body]:
    return []


# Lists that an object carries only when they are asked for: (kind, field) to what they hold and their address.
_INCLUDED: dict[tuple[str, str], tuple[Callable[[Work, Body], list[Body]], str]] = {
    ("checkout.session", "line_items"): (_line_items, "/v1/checkout/sessions/{id}/line_items"),
    ("invoice", "payments"): (_payments, "/v1/invoice_payments?invoice={id}"),
    ("customer", "subscriptions"): (_subscriptions, "/v1/customers/{id}/subscriptions"),
    ("customer", "sources"): (_nothing, "/v1/customers/{id}/sources"),
    ("customer", "tax_ids"): (_nothing, "/v1/customers/{id}/tax_ids"),
    ("charge", "refunds"): (_refunds, "/v1/charges/{id}/refunds"),
}

# Fields that hold the id of another object, and may hold the object.
_EXPANDABLE: dict[str, frozenset[str]] = {
    "charge": frozenset({"customer", "payment_intent", "balance_transaction", "review"}),
    "checkout.session": frozenset({"customer", "invoice", "payment_intent", "subscription", "setup_intent"}),
    "customer": frozenset({"default_source", "test_clock"}),
    "discount": frozenset({"customer", "promotion_code"}),
    "dispute": frozenset({"charge", "payment_intent"}),
    "invoice": frozenset({"customer", "default_payment_method", "discounts", "default_source"}),
    "invoice_payment": frozenset({"invoice"}),
    "line_item": frozenset({"subscription", "discounts"}),
    "payment_intent": frozenset({"customer", "latest_charge", "payment_method", "review"}),
    "payment_method": frozenset({"customer"}),
    "price": frozenset({"product"}),
    "product": frozenset({"default_price"}),
    "promotion_code": frozenset({"customer"}),
    "refund": frozenset({"charge", "payment_intent", "payment_method", "balance_transaction"}),
    "subscription": frozenset(
        {
            "customer",
            "default_payment_method",
            "discounts",
            "latest_invoice",
            "pending_setup_intent",
            "schedule",
            "test_clock",
        }
    ),
    "subscription_item": frozenset({"discounts"}),
    "subscription_schedule": frozenset({"customer", "subscription", "test_clock"}),
    "billing_portal.session": frozenset({"configuration"}),
}

# Inner objects without a name of their own, by the field that holds them.
_INNER = {
    "payment": frozenset({"payment_intent", "charge"}),
    "source": frozenset({"coupon"}),
    "promotion": frozenset({"coupon"}),
    "invoice_settings": frozenset({"default_payment_method"}),
    "price_details": frozenset({"price"}),
    "discounts": frozenset({"coupon", "promotion_code"}),
    "parent": frozenset[str](),
    "pricing": frozenset[str](),
    "subscription_details": frozenset({"subscription"}),
    "total_discount_amounts": frozenset({"discount"}),
}


def render(work: Work, body: Body, expand: list[str] | None = None) -> Body:
    """An object as Stripe would send it. Raises Refusal for a path that cannot be expanded."""
    answer = public(_with_status_fault(work, body))
    for path in expand or []:
        steps = path.split(".")
        if len(steps) > MAX_DEPTH:
            raise invalid(f"You cannot expand more than {MAX_DEPTH} levels of a property: {path}", "expand")
        _walk(work, answer, steps, path, "")
    return answer


def render_list(work: Work, bodies: list[Body], url: str, *, has_more: bool, expand: list[str] | None = None) -> Body:
    """A list object; paths in ``expand`` begin with ``data``."""
    inner = [path.removeprefix("data.") for path in expand or []]
    if any(not path.startswith("data.") for path in expand or []):
        raise invalid("Paths to expand in a list begin with data.", "expand")
    return {
        "object": "list",
        "data": [render(work, body, inner) for body in bodies],
        "has_more": has_more,
        "url": url,
    }


def _with_status_fault(work: Work, body: Body) -> Body:
    if body.get("object") == "subscription" and work.faults.unknown_status and not body.get("deleted"):
        return body | {"status": work.faults.unknown_status}
    return body


def _walk(work: Work, node: Any, steps: list[str], path: str, field: str) -> None:
    """Follows one path into an answer and puts objects where ids stood."""
    if isinstance(node, list):
        for entry in node:
            _walk(work, entry, steps, path, field)
        return
    if not isinstance(node, dict) or node.get("deleted") or not steps:
        return
    step, rest = steps[0], steps[1:]
    kind = node.get("object", "")
    if (kind, step) in _INCLUDED:
        _include(work, node, kind, step)
    elif step in _EXPANDABLE.get(kind, frozenset()) or (not kind and step in _INNER.get(field, frozenset())):
        node[step] = _fetch(work, node.get(step))
    elif not rest or not isinstance(node.get(step, ""), (dict, list, type(None))):
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    _walk(work, node[step], rest, path, step)


def _include(work: Work, node: Body, kind: str, step: str) -> None:
    if step in node:
        return
    make, address = _INCLUDED[kind, step]
    kept = work.find(node["id"]) or node
    data = [public(entry) for entry in make(work, kept)]
    node[step] = {"object": "list", "data": data, "has_more": False, "url": address.format(id=node["id"])}


def _fetch(work: Work, value: Any) -> Any:
    if isinstance(value, list):
        return [_fetch(work, entry) for entry in value]
    if not isinstance(value, str):
        return value
    found = work.find(value)
    return public(_with_status_fault(work, found)) if found else value
