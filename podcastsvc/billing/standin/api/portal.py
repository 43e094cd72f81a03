"""``/v1/billing_portal``: configurations and sessions."""

from typing import Any

from podcastsvc.billing.standin.api.lists import PAGING, answer_list
from podcastsvc.billing.standin.forms import Params
from podcastsvc.billing.standin.refusals import invalid, needed
from podcastsvc.billing.standin.work import Body, Work, make_id

CREATE_CONFIGURATION = frozenset("business_profile default_return_url expand features login_page metadata name".split())
UPDATE_CONFIGURATION = CREATE_CONFIGURATION | {"active"}
LIST_CONFIGURATIONS = PAGING | {"active", "is_default"}
CREATE_SESSION = frozenset(
    "after_expiration configuration customer customer_account expand flow_data locale on_behalf_of return_url".split()
)
UPDATES = ("address", "email", "name", "phone", "shipping", "tax_id")
REASONS = (
    "customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex", "too_expensive",
    "unused",
)  # fmt: skip
FLOWS = (
    "customer_update", "payment_method_update", "subscription_cancel", "subscription_pause", "subscription_update",
    "subscription_update_confirm",
)  # fmt: skip
_PRORATIONS = ("always_invoice", "create_prorations", "none")


def _plain_features() -> Body:
    return {
        "customer_update": {"allowed_updates": [], "enabled": False},
        "invoice_history": {"enabled": False},
        "payment_method_update": {"enabled": False, "payment_method_configuration": None},
        "subscription_cancel": {
            "cancellation_reason": {"enabled": False, "options": list(REASONS)},
            "enabled": False,
            "mode": "at_period_end",
            "proration_behavior": "none",
        },
        "subscription_pause": {"enabled": False},
        "subscription_update": {
            "billing_cycle_anchor": None,
            "default_allowed_updates": [],
            "enabled": False,
            "products": [],
            "proration_behavior": "none",
            "schedule_at_period_end": {"conditions": []},
            "trial_update_behavior": "end_trial",
        },
    }


def create_configuration(work: Work, params: Params) -> Body:
    if not params.has("features"):
        raise needed("features")
    configuration: Body = {
        "id": make_id("bpc"),
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None},
        "created": work.now,
        "default_return_url": None,
        "features": _plain_features(),
        "is_default": not any(True for _ in work.rows("billing_portal.configuration")),
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": params.metadata(),
        "name": params.text("name") or None,
        "updated": work.now,
    }
    _take(work, configuration, params)
    return work.put(configuration)


def _take(work: Work, configuration: Body, params: Params) -> None:
    profile = params.nested("business_profile")
    for name in configuration["business_profile"]:
        if profile.has(name):
            configuration["business_profile"][name] = profile.text(name) or None
    if params.has("default_return_url"):
        configuration["default_return_url"] = params.text("default_return_url") or None
    features = configuration["features"]
    sent = params.nested("features")
    sent.refuse_unknown(frozenset(features))
    _take_customer_update(features["customer_update"], sent.nested("customer_update"))
    for name in ("invoice_history", "payment_method_update", "subscription_pause"):
        one = sent.nested(name)
        features[name]["enabled"] = one.flag("enabled", default=features[name]["enabled"])
    _take_cancel(features["subscription_cancel"], sent.nested("subscription_cancel"))
    _take_update(work, features["subscription_update"], sent.nested("subscription_update"))


def _take_customer_update(feature: Body, sent: Params) -> None:
    feature["enabled"] = sent.flag("enabled", default=feature["enabled"])
    if sent.has("allowed_updates"):
        feature["allowed_updates"] = [
            _word(word, UPDATES, sent.name("allowed_updates")) for word in sent.words("allowed_updates")
        ]


def _word(word: str, allowed: tuple[str, ...], param: str) -> str:
    if word not in allowed:
        raise invalid(f"Invalid {param}: must be one of {', '.join(allowed)}", param)
    return word


def _take_cancel(feature: Body, sent: Params) -> None:
    feature["enabled"] = sent.flag("enabled", default=feature["enabled"])
    feature["mode"] = sent.choice("mode", ("at_period_end", "immediately"), feature["mode"])
    feature["proration_behavior"] = sent.choice("proration_behavior", _PRORATIONS, feature["proration_behavior"])
    reason = sent.nested("cancellation_reason")
    kept = feature["cancellation_reason"]
    kept["enabled"] = reason.flag("enabled", default=kept["enabled"])
    if reason.has("options"):
        kept["options"] = [_word(word, REASONS, reason.name("options")) for word in reason.words("options")]


def _take_update(work: Work, feature: Body, sent: Params) -> None:
    feature["enabled"] = sent.flag("enabled", default=feature["enabled"])
    feature["proration_behavior"] = sent.choice("proration_behavior", _PRORATIONS, feature["proration_behavior"])
    if sent.has("default_allowed_updates"):
        feature["default_allowed_updates"] = [
            _word(word, ("price", "promotion_code", "quantity"), sent.name("default_allowed_updates"))
            for word in sent.words("default_allowed_updates")
        ]
    if sent.has("products"):
        feature["products"] = [_read_product(work, one) for one in sent.each("products")]
    conditions = sent.nested("schedule_at_period_end")
    if conditions.has("conditions"):
        kinds = ("decreasing_item_amount", "shortening_interval")
        feature["schedule_at_period_end"]["conditions"] = [
            {"type": one.choice("type", kinds)} for one in conditions.each("conditions")
        ]
    if feature["enabled"] and not (feature["products"] and feature["default_allowed_updates"]):
        raise invalid("subscription_update needs products and default_allowed_updates.", sent.name("products"))


def _read_product(work: Work, sent: Params) -> Body:
    product = work.get("product", sent.require("product"), sent.name("product"))
    prices = sent.words("prices")
    for price_id in prices:
        price = work.get("price", price_id, sent.name("prices"))
        if price["product"] != product["id"] or not price["recurring"]:
            raise invalid(f"{price_id} is no recurring price of {product['id']}.", sent.name("prices"))
    return {
        "adjustable_quantity": {"enabled": False, "maximum": None, "minimum": 1},
        "prices": prices,
        "product": product["id"],
    }


def retrieve_configuration(work: Work, params: Params, configuration_id: str) -> Body:
    return work.get("billing_portal.configuration", configuration_id)


def update_configuration(work: Work, params: Params, configuration_id: str) -> Body:
    configuration = work.get("billing_portal.configuration", configuration_id)
    configuration["metadata"] = params.metadata(configuration["metadata"])
    configuration["active"] = params.flag("active", default=configuration["active"])
    if params.has("name"):
        configuration["name"] = params.text("name") or None
    _take(work, configuration, params)
    configuration["updated"] = work.now
    return work.put(configuration)


def list_configurations(work: Work, params: Params) -> Body:
    def keeps(body: Body) -> bool:
        return all(not params.has(name) or body[name] == params.flag(name) for name in ("active", "is_default"))

    url = "/v1/billing_portal/configurations"
    return answer_list(work, params, url, work.rows("billing_portal.configuration"), keeps)


def create_session(work: Work, params: Params) -> Body:
    customer = work.get("customer", params.require("customer"), "customer")
    session_id = make_id("bps")
    configuration = _configuration(work, params)
    session: Body = {
        "id": session_id,
        "object": "billing_portal.session",
        "after_expiration": None,
        "configuration": configuration["id"],
        "created": work.now,
        "customer": customer["id"],
        "customer_account": None,
        "flow": _read_flow(work, customer, configuration, params) if params.has("flow_data") else None,
        "livemode": False,
        "locale": params.text("locale") or None,
        "on_behalf_of": None,
        "return_url": params.text("return_url") or configuration["default_return_url"],
        "url": f"{work.site}/portal/{session_id}",
        "_opened_at": work.wall,
    }
    return work.put(session)


def _configuration(work: Work, params: Params) -> Body:
    if params.has("configuration"):
        return work.get("billing_portal.configuration", params.text("configuration"), "configuration")
    for configuration in work.rows("billing_portal.configuration"):
        if configuration["is_default"] and configuration["active"]:
            return configuration
    raise invalid(
        "No configuration provided and your test mode default configuration has not been created.", "configuration"
    )


def _read_flow(work: Work, customer: Body, configuration: Body, params: Params) -> Body:
    sent = params.nested("flow_data")
    kind = sent.choice("type", FLOWS)
    if not kind:
        raise needed("flow_data[type]")
    feature = {"subscription_update_confirm": "subscription_update"}.get(kind, kind)
    if not configuration["features"][feature]["enabled"]:
        raise invalid(
            f"This session cannot start with {kind}: its configuration has {feature} disabled.", "flow_data[type]"
        )
    flow: Body = {name: None for name in FLOWS if name not in {"customer_update", "payment_method_update"}}
    flow |= {"type": kind, "after_completion": _read_completion(sent.nested("after_completion"))}
    if kind.startswith("subscription"):
        detail = sent.nested(kind)
        subscription = work.get("subscription", detail.require("subscription"), detail.name("subscription"))
        if subscription["customer"] != customer["id"]:
            raise invalid("The subscription belongs to another customer.", detail.name("subscription"))
        flow[kind] = _read_detail(work, kind, subscription, detail)
    return flow


def _read_detail(work: Work, kind: str, subscription: Body, detail: Params) -> Body:
    if kind == "subscription_cancel":
        return {"retention": None, "subscription": subscription["id"]}
    if kind != "subscription_update_confirm":
        return {"subscription": subscription["id"]}
    items: list[dict[str, Any]] = []
    for one in detail.each("items"):
        price = work.get("price", one.require("price"), one.name("price"))
        items.append({"id": one.require("id"), "price": price["id"], "quantity": one.whole("quantity") or 1})
    if not items:
        raise needed(detail.name("items"))
    return {"discounts": None, "items": items, "subscription": subscription["id"]}


def _read_completion(sent: Params) -> Body:
    kind = sent.choice("type", ("hosted_confirmation", "portal_homepage", "redirect"), "portal_homepage")
    redirect = sent.nested("redirect")
    return {
        "hosted_confirmation": {"custom_message": sent.nested("hosted_confirmation").text("custom_message") or None}
        if kind == "hosted_confirmation"
        else None,
        "redirect": {"return_url": redirect.require("return_url")} if kind == "redirect" else None,
        "type": kind,
    }
