"""``/v1/subscriptions`` and the schedules the portal makes."""

from podcastsvc.billing.standin.api.lists import PAGING, answer_list
from podcastsvc.billing.standin.books import changes, subscriptions
from podcastsvc.billing.standin.forms import Params
from podcastsvc.billing.standin.refusals import invalid, missing, unsupported
from podcastsvc.billing.standin.work import Body, Work

UPDATE = frozenset(
    "add_invoice_items application_fee_percent automatic_tax billing_cycle_anchor billing_schedules billing_thresholds"
    " cancel_at cancel_at_period_end cancellation_details collection_method days_until_due default_payment_method"
    " default_source default_tax_rates description discounts expand invoice_settings items metadata off_session"
    " on_behalf_of pause_collection payment_behavior payment_settings pending_invoice_item_interval proration_behavior"
    " proration_date transfer_data trial_end trial_from_plan trial_settings".split()
)
DELETE = frozenset({"cancellation_details", "expand", "invoice_now", "prorate"})
LIST = PAGING | {
    "automatic_tax", "collection_method", "created", "current_period_end", "current_period_start", "customer",
    "customer_account", "plan", "price", "status", "test_clock",
}  # fmt: skip
FEEDBACK = (
    "customer_service low_quality missing_features other switched_service too_complex too_expensive unused".split()
)
_AFTER_THE_END = frozenset({"cancellation_details", "expand", "metadata"})
_NOT_BUILT = ("add_invoice_items", "collection_method", "discounts", "transfer_data", "on_behalf_of", "automatic_tax")
STATUSES = (
    "active", "all", "canceled", "ended", "incomplete", "incomplete_expired", "past_due", "paused", "trialing", "unpaid",
)  # fmt: skip


def retrieve(work: Work, params: Params, subscription_id: str) -> Body:
    return work.get("subscription", subscription_id)


def list_all(work: Work, params: Params) -> Body:
    """Without ``status`` everything that has not ended; ``all`` lists everything."""
    status, customer, price = params.choice("status", STATUSES), params.text("customer"), params.text("price")

    def keeps(body: Body) -> bool:
        ended = body["status"] in {"canceled", "incomplete_expired"}
        fits = {"": body["status"] != "canceled", "all": True, "ended": ended}.get(status, body["status"] == status)
        return fits and (not price or any(item["price"]["id"] == price for item in body["items"]["data"]))

    return answer_list(work, params, "/v1/subscriptions", work.rows("subscription", customer), keeps)


def update(work: Work, params: Params, subscription_id: str) -> Body:
    subscription = work.get("subscription", subscription_id)
    if not subscriptions.is_running(subscription) and set(params.values) - _AFTER_THE_END:
        raise invalid("A canceled subscription can only update its cancellation_details and metadata.")
    for name in _NOT_BUILT:
        if params.has(name):
            raise unsupported(f"changing {name} of a subscription", name)
    if params.has("metadata"):
        subscription["metadata"] = params.metadata(subscription["metadata"])
    _take_plain(work, subscription, params)
    _take_cancel(work, subscription, params)
    _take_trial(work, subscription, params)
    changed = work.change(subscription, subscriptions.UPDATED)
    if params.has("items") or params.has("billing_cycle_anchor"):
        changes.change(work, changed, changes.read_change(work, changed, params))
    return work.get("subscription", subscription_id)


def _take_plain(work: Work, subscription: Body, params: Params) -> None:
    if params.has("description"):
        subscription["description"] = params.text("description") or None
    if params.has("default_payment_method"):
        method = work.get("payment_method", params.text("default_payment_method"), "default_payment_method")
        if method["customer"] != subscription["customer"]:
            raise invalid("The customer does not have this payment method.", "default_payment_method")
        subscription["default_payment_method"] = method["id"]
    if params.has("pause_collection"):
        sent = params.nested("pause_collection")
        behaviour = sent.choice("behavior", ("keep_as_draft", "mark_uncollectible", "void"))
        resumes_at = sent.whole("resumes_at")
        subscription["pause_collection"] = {"behavior": behaviour, "resumes_at": resumes_at} if sent.values else None
    ending = params.nested("trial_settings").nested("end_behavior")
    if ending.has("missing_payment_method"):
        chosen = ending.choice("missing_payment_method", ("cancel", "create_invoice", "pause"))
        subscription["trial_settings"]["end_behavior"]["missing_payment_method"] = chosen
    _take_reason(subscription, params)


def _take_reason(subscription: Body, params: Params) -> None:
    sent = params.nested("cancellation_details")
    if sent.has("comment"):
        subscription["cancellation_details"]["comment"] = sent.text("comment") or None
    if sent.has("feedback"):
        subscription["cancellation_details"]["feedback"] = sent.choice("feedback", tuple(FEEDBACK)) or None


def _take_cancel(work: Work, subscription: Body, params: Params) -> None:
    """``cancel_at_period_end`` and ``cancel_at``, each taken back by the one that set it."""
    if params.has("cancel_at") and params.has("cancel_at_period_end"):
        raise invalid("You may only specify one of these parameters: cancel_at, cancel_at_period_end.", "cancel_at")
    if params.has("cancel_at_period_end"):
        wanted = params.flag("cancel_at_period_end")
        if wanted or subscription["cancel_at_period_end"]:
            subscriptions.plan_end(work, subscription, None, at_period_end=wanted)
    elif params.has("cancel_at"):
        at = _read_cancel_at(work, subscription, params)
        if at is not None or not subscription["cancel_at_period_end"]:
            subscriptions.plan_end(work, subscription, at, at_period_end=False)


def _read_cancel_at(work: Work, subscription: Body, params: Params) -> int | None:
    ends = [item["current_period_end"] for item in subscription["items"]["data"]]
    word = params.text("cancel_at")
    if word in {"min_period_end", "max_period_end"}:
        return int(min(ends) if word == "min_period_end" else max(ends))
    at = params.whole("cancel_at")
    if at is not None and at <= work.now:
        raise invalid("`cancel_at` must be in the future.", "cancel_at")
    return at


def _take_trial(work: Work, subscription: Body, params: Params) -> None:
    """``trial_end`` moves the next charge: the subscription counts as on trial until then."""
    if not params.has("trial_end"):
        return
    at = work.now if params.text("trial_end") == "now" else params.whole("trial_end")
    if at is None or (at < work.now):
        raise invalid("`trial_end` must be in the future.", "trial_end")
    if at > work.now + 5 * 366 * 86400:
        raise invalid("`trial_end` must be within five years.", "trial_end")
    if params.text("proration_behavior", "create_prorations") != "none" and subscription["status"] != "trialing":
        raise unsupported("moving the next charge with prorations; pass proration_behavior=none", "proration_behavior")
    subscription |= {
        "trial_end": at,
        "billing_cycle_anchor": at,
        "trial_start": subscription["trial_start"] or work.now,
    }
    for item in subscription["items"]["data"]:
        item["current_period_end"] = at
    if at > work.now:
        subscription["status"] = "trialing"
    work.change(subscription, subscriptions.UPDATED)
    subscriptions.note_dates(work, subscription)


def delete(work: Work, params: Params, subscription_id: str) -> Body:
    """Ends a subscription now. One that has ended is not there any more, as at Stripe."""
    subscription = work.get("subscription", subscription_id)
    if not subscriptions.is_running(subscription):
        raise missing("subscription", subscription_id)
    if params.flag("prorate") or params.flag("invoice_now"):
        raise unsupported("crediting unused time when a subscription is ended", "prorate")
    _take_reason(subscription, params)
    subscriptions.end(work, subscription, "cancellation_requested")
    return work.get("subscription", subscription_id)


def pause(work: Work, params: Params, subscription_id: str) -> Body:
    subscription = work.get("subscription", subscription_id)
    if subscription["status"] not in {"active", "trialing", "past_due"}:
        raise invalid(f"A subscription that is {subscription['status']} cannot be paused.")
    subscriptions.pause(work, subscription, "pause_requested")
    return work.get("subscription", subscription_id)


def resume(work: Work, params: Params, subscription_id: str) -> Body:
    subscription = work.get("subscription", subscription_id)
    if subscription["status"] != "paused":
        raise invalid("Only a paused subscription can be resumed.")
    subscriptions.resume(work, subscription)
    return work.get("subscription", subscription_id)


def retrieve_schedule(work: Work, params: Params, schedule_id: str) -> Body:
    return work.get("subscription_schedule", schedule_id)


def release_schedule(work: Work, params: Params, schedule_id: str) -> Body:
    """Takes a planned price back."""
    schedule = work.get("subscription_schedule", schedule_id)
    if schedule["status"] not in {"active", "not_started"}:
        raise invalid(f"A schedule that is {schedule['status']} cannot be released.")
    changes.release(work, schedule)
    return work.get("subscription_schedule", schedule_id)
