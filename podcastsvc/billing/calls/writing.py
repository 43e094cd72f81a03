"""Our values written as the parameters of Stripe's calls, and the keys that make a repeated call harmless. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from podcastsvc.billing.facts import (
    CheckoutLine,
    CheckoutRequest,
    CouponRequest,
    ItemChange,
    Payer,
    PortalProduct,
    PortalRequest,
    PriceRequest,
    ProductRequest,
    SubscriptionFacts,
)
from podcastsvc.billing.tax import TaxRules, write_tax
from podcastsvc.kit.money import Money

Params = dict[str, Any]

INTEGRATION = "podcastsvc"

# Exactly these; Stripe's list of past notices takes at most 20 types, so catching up is one query.
NOTICE_TYPES = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.finalization_failed",
    "charge.refunded",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.closed",
    "customer.updated",
    "customer.deleted",
)

# What one answer about a subscription has to carry: its newest invoice with the payment, what is planned, and its card.
SUBSCRIPTION_PARTS = [
    "latest_invoice.payments",
    "schedule",
    "default_payment_method",
    "customer.invoice_settings.default_payment_method",
]


def make_key(purpose: str, our_id: object, params: Mapping[str, Any]) -> str:
    """``purpose:id:hash``. Stripe keeps a key for a day, answers the stored result, and refuses other parameters with it;
    the hash keeps a changed form from hitting that refusal."""
    written = json.dumps(params, sort_keys=True, separators=(",", ":"), default=str)
    return f"{purpose}:{our_id}:{hashlib.sha256(written.encode()).hexdigest()[:16]}"


def write_customer(payer: Payer, site: str) -> Params:
    params: Params = {
        "email": payer.email,
        "preferred_locales": [payer.language],
        "metadata": {"site": site, "member": str(payer.member_id)},
    }
    if payer.name:
        params["name"] = payer.name
    return params


def write_checkout(request: CheckoutRequest, site: str) -> Params:
    """Any checkout. ``payment_method_types`` is never sent: the host chooses methods at Stripe."""
    metadata = {"site": site, "order": request.order_id, "kind": request.kind}
    renews = request.line.interval != "once"
    params: Params = {
        "mode": "subscription" if renews else "payment",
        "ui_mode": "hosted_page",
        "line_items": [_write_line(request.line, request.tax)],
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "client_reference_id": request.order_id,
        "metadata": metadata,
        "subscription_data" if renews else "payment_intent_data": {"metadata": metadata},
        "locale": "es" if request.language == "es" else "auto",
        "expires_at": _seconds(request.expires_at),
        "integration_identifier": INTEGRATION,
    }
    if request.customer_id is not None:
        params["customer"] = request.customer_id
    elif request.email is not None:
        params["customer_email"] = request.email
    if not renews:
        params |= _write_once(request)
    elif request.trial_days or request.free_until is not None:
        params |= _write_trial(request, metadata)
    if request.promotion_code_id is not None:
        params["discounts"] = [{"promotion_code": request.promotion_code_id}]
    elif request.kind == "membership":
        params["allow_promotion_codes"] = True
    return params | write_tax(request.tax, request.kind, renews=renews, has_customer=request.customer_id is not None)


def _write_line(line: CheckoutLine, tax: TaxRules) -> Params:
    if line.money is None:
        return {"price": line.price_id, "quantity": line.quantity}
    price: Params = {
        "product": line.product_id,
        "currency": line.money.currency.lower(),
        "unit_amount": line.money.amount_minor,
        "tax_behavior": tax.behavior,
    }
    if line.interval != "once":
        price["recurring"] = {"interval": line.interval}
    return {"price_data": price, "quantity": line.quantity}


def _write_once(request: CheckoutRequest) -> Params:
    """A single payment. Who gives money need not become a customer; who buys has a receipt to find again."""
    if request.kind == "donation":
        submit: Params = {"submit_type": "donate"}
        return submit if request.customer_id is not None else {**submit, "customer_creation": "if_required"}
    return {} if request.customer_id is not None else {"customer_creation": "always"}


def _write_trial(request: CheckoutRequest, metadata: Mapping[str, str]) -> Params:
    """A trial that ends by itself where nobody gave a card, or a first payment that waits for the end of a gift."""
    until = request.free_until
    data = {
        "metadata": metadata,
        **({"trial_period_days": request.trial_days} if until is None else {"trial_end": _seconds(until)}),
        "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
    }
    method = "always" if request.trial_needs_card or until is not None else "if_required"
    return {"subscription_data": data, "payment_method_collection": method}


def write_product(request: ProductRequest, site: str) -> Params:
    mark = {"plan": request.plan_key} if request.plan_key is not None else {"kind": request.kind}
    params: Params = {"id": name_product(request.key, site), "name": request.title, "metadata": {"site": site, **mark}}
    return params | ({"tax_code": request.tax_code} if request.tax_code else {})


def name_product(key: str, site: str) -> str:
    """The product's id at Stripe, which we choose, so that a second run finds what the first one made."""
    return f"{INTEGRATION}_{site}_{key}"


def write_price(request: PriceRequest, site: str) -> Params:
    params: Params = {
        "product": name_product(request.plan_key, site),
        "currency": request.money.currency.lower(),
        "unit_amount": request.money.amount_minor,
        "lookup_key": request.lookup_key,
        "transfer_lookup_key": True,
        "tax_behavior": request.tax.behavior,
        "metadata": {"site": site, "plan": request.plan_key, "price": request.price_key},
    }
    if request.interval != "once":
        params["recurring"] = {"interval": request.interval}
    return params


def write_cancel(subscription: SubscriptionFacts, *, at_period_end: bool, feedback: str | None, comment: str) -> Params:
    """Ending at the period's end, or taking that back.

    Taking back clears whichever of the two fields ends it now: the portal sets ``cancel_at`` alone in flexible mode, and
    Stripe refuses both in one call.
    """
    if at_period_end:
        params: Params = {"cancel_at_period_end": True}
        if feedback or comment:
            params["cancellation_details"] = {"feedback": feedback or "", "comment": comment}
        return params
    return {"cancel_at_period_end": False} if subscription.cancel_at_period_end else {"cancel_at": ""}


def _write_item(item: ItemChange) -> Params:
    return {"id": item.item_id, "price": item.price_id, "quantity": item.quantity}


def write_item_change(item: ItemChange, proration_at: datetime) -> Params:
    """Takes effect now. If the card fails all stays as it was (``pending_if_incomplete``)."""
    return {
        "items": [_write_item(item)],
        "proration_behavior": "always_invoice",
        "proration_date": _seconds(proration_at),
        "payment_behavior": "pending_if_incomplete",
    }


def write_item_move(item: ItemChange) -> Params:
    """Takes effect with the next charge."""
    return {"items": [_write_item(item)], "proration_behavior": "none"}


def write_change_preview(subscription_id: str, item: ItemChange, proration_at: datetime) -> Params:
    return {
        "subscription": subscription_id,
        "subscription_details": {
            "items": [_write_item(item)],
            "proration_behavior": "always_invoice",
            "proration_date": _seconds(proration_at),
        },
    }


def write_next_charge(at: datetime) -> Params:
    """Moves the next charge by a trial that ends then; nothing is charged or given back for the time between."""
    return {"trial_end": _seconds(at), "proration_behavior": "none"}


def write_refund(payment_id: str, amount: Money | None, reason: str, site: str, number: int) -> Params:
    metadata = {"site": site, "number": str(number)}
    params: Params = {"payment_intent": payment_id, "reason": reason, "metadata": metadata}
    if amount is not None:
        params["amount"] = amount.amount_minor
    return params


def write_portal(request: PortalRequest) -> Params:
    params: Params = {
        "customer": request.customer_id,
        "return_url": request.return_url,
        "locale": "es" if request.language == "es" else "auto",
    }
    if request.configuration_id is not None:
        params["configuration"] = request.configuration_id
    if request.flow == "card":
        params["flow_data"] = {
            "type": "payment_method_update",
            "after_completion": {"type": "redirect", "redirect": {"return_url": request.return_url}},
        }
    elif request.flow == "plan" and request.item is not None:
        item = _write_item(request.item)
        params["flow_data"] = {
            "type": "subscription_update_confirm",
            "subscription_update_confirm": {"subscription": request.subscription_id, "items": [item]},
            "after_completion": {"type": "redirect", "redirect": {"return_url": request.return_url}},
        }
    return params


def write_portal_settings(products: Sequence[PortalProduct], return_url: str, *, may_pause: bool = False) -> Params:
    """What members may do in the portal. The e-mail is not editable there: it is ours to change, with a confirmation."""
    switch: Params = {"enabled": bool(products)}
    if products:
        switch |= {
            "default_allowed_updates": ["price"],
            "proration_behavior": "always_invoice",
            "products": [{"product": each.product_id, "prices": list(each.price_ids)} for each in products],
            "schedule_at_period_end": {
                "conditions": [{"type": "shortening_interval"}, {"type": "decreasing_item_amount"}]
            },
        }
    return {
        "default_return_url": return_url,
        "features": {
            "customer_update": {"enabled": True, "allowed_updates": ["address", "name", "tax_id"]},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {
                "enabled": True,
                "mode": "at_period_end",
                "cancellation_reason": {
                    "enabled": True,
                    "options": [
                        "too_expensive",
                        "missing_features",
                        "switched_service",
                        "unused",
                        "low_quality",
                        "other",
                    ],
                },
            },
            "subscription_pause": {"enabled": may_pause},
            "subscription_update": switch,
        },
    }


def write_coupon(request: CouponRequest, site: str) -> Params:
    params: Params = {
        "id": f"{INTEGRATION}_{site}_{request.key}",
        "name": request.name,
        "metadata": {"site": site, "coupon": request.key},
        "duration": "once" if request.months is None else "repeating" if request.months else "forever",
    }
    if request.months:
        params["duration_in_months"] = request.months
    if request.amount_off is not None:
        params |= {"amount_off": request.amount_off.amount_minor, "currency": request.amount_off.currency.lower()}
    else:
        params["percent_off"] = request.percent_off
    if request.redeem_by is not None:
        params["redeem_by"] = _seconds(request.redeem_by)
    if request.product is not None:
        params["applies_to"] = {"products": [name_product(request.product.key, site)]}
    return params


def write_promotion_code(request: CouponRequest, coupon_id: str, site: str) -> Params:
    params: Params = {
        "code": request.code,
        "promotion": {"type": "coupon", "coupon": coupon_id},
        "metadata": {"site": site, "coupon": request.key},
    }
    if request.max_redemptions is not None:
        params["max_redemptions"] = request.max_redemptions
    if request.redeem_by is not None:
        params["expires_at"] = _seconds(request.redeem_by)
    if request.is_first_time_only:
        params["restrictions"] = {"first_time_transaction": True}
    return params


def write_webhook(url: str, version: str, site: str) -> Params:
    return {
        "url": url,
        "enabled_events": list(NOTICE_TYPES),
        "api_version": version,
        "description": INTEGRATION,
        "metadata": {"site": site},
    }


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
