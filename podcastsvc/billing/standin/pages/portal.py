"""The portal: cards, ending and keeping a subscription, switching price, invoices, details."""

from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from podcastsvc.billing.standin.api.portal import REASONS
from podcastsvc.billing.standin.books import changes, self_service, subscriptions
from podcastsvc.billing.standin.books.customers import default_card, forget_card, list_cards, use_card
from podcastsvc.billing.standin.pages.cardform import CardForm, empty_form, explain, read_form, with_error
from podcastsvc.billing.standin.pages.view import View
from podcastsvc.billing.standin.refusals import Refusal, invalid, missing
from podcastsvc.billing.standin.work import Body, Work
from podcastsvc.kit.language import N_

LINK_SECONDS = 3600

REASON_TEXTS = {
    "customer_service": N_("I was not happy with the service"),
    "low_quality": N_("The quality was not what I expected"),
    "missing_features": N_("Something is missing"),
    "other": N_("Another reason"),
    "switched_service": N_("I moved to something else"),
    "too_complex": N_("It is too complicated"),
    "too_expensive": N_("It is too expensive"),
    "unused": N_("I do not listen enough"),
}
NEWS = {
    "kept": N_("Your subscription goes on."),
    "ends": N_("Your subscription ends as shown. Until then nothing changes."),
    "ended": N_("Your subscription has ended."),
    "switched": N_("Your price was changed."),
    "planned": N_("Your price changes with the next period."),
    "stays": N_("Your price stays as it is."),
    "card": N_("Your card was saved."),
    "cards": N_("Your cards were changed."),
    "details": N_("Your details were saved."),
    "paused": N_("Your subscription is paused."),
    "resumed": N_("Your subscription runs again."),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A portal session that may still be used, with whose it is and what its settings allow."""

    view: View
    work: Work
    session: Body
    customer: Body
    features: Body

    @property
    def path(self) -> str:
        return f"/portal/{self.session['id']}"

    @property
    def leads_to(self) -> tuple[str | None, ...]:
        flow = self.session["flow"] or {}
        redirect = (flow.get("after_completion") or {}).get("redirect") or {}
        return (self.session["return_url"], redirect.get("return_url"))

    def need(self, feature: str) -> Body:
        """A feature's settings. Raises Refusal where it is switched off."""
        found: Body = self.features[feature]
        if not found["enabled"]:
            raise invalid("The portal's settings do not offer this.")
        return found

    def subscription(self, subscription_id: str) -> Body:
        """One of the customer's own running subscriptions. Raises Refusal otherwise."""
        found = self.work.get("subscription", subscription_id)
        if found["customer"] != self.customer["id"] or not subscriptions.is_running(found):
            raise missing("subscription", subscription_id)
        return found

    def show(self, name: str, *, status: int = 200, **context: Any) -> Response:
        return self.view.show(
            name,
            status=status,
            leads_to=self.leads_to,
            session=self.session,
            customer=self.customer,
            portal=self,
            **context,
        )

    def finish(self, flow: str, news: str) -> Response:
        """After something was done: on to where the session's flow leads, or back to the portal's first page."""
        wanted = self.session["flow"]
        if wanted and (wanted["type"] == flow or wanted["type"] == f"{flow}_confirm"):
            after = wanted["after_completion"]
            if after["type"] == "redirect":
                return self.view.leave(after["redirect"]["return_url"])
            if after["type"] == "hosted_confirmation":
                return self.view.go(f"{self.path}/done")
        return self.view.go(f"{self.path}?news={news}&home=1")


def open_portal(view: View, work: Work, session_id: str) -> Opened:
    """Raises Refusal for a session that is unknown, too old, or whose customer is gone."""
    session = work.get("billing_portal.session", session_id)
    if work.wall > session["_opened_at"] + LINK_SECONDS:
        raise missing("billing portal session", session_id)
    customer = work.get("customer", session["customer"])
    configuration = work.get("billing_portal.configuration", session["configuration"])
    locales = customer["preferred_locales"] or [None]
    chosen = session["locale"] if session["locale"] not in {None, "auto"} else locales[0]
    return Opened(view.speaking(chosen), work, session, customer, configuration["features"])


def show(view: View, session_id: str) -> Response:
    with view.standin.work(writes=False) as work:
        opened = open_portal(view, work, session_id)
        flow = opened.session["flow"]
        if flow and not view.request.args.get("home"):
            return view.go(_flow_path(opened, flow))
        news = view.request.args.get("news", "")
        return opened.show(
            "portal",
            subscriptions=[_describe(opened, one) for one in work.rows("subscription", opened.customer["id"])],
            cards=list_cards(work, opened.customer["id"]),
            used=opened.customer["invoice_settings"]["default_payment_method"]
            or _used_by_subscription(work, opened.customer),
            invoices=[one for one in work.rows("invoice", opened.customer["id"]) if one["status"] != "draft"],
            news=NEWS.get(news, ""),
        )


def _used_by_subscription(work: Work, customer: Body) -> str | None:
    for subscription in work.rows("subscription", customer["id"]):
        if subscriptions.is_running(subscription) and subscription["default_payment_method"]:
            return str(subscription["default_payment_method"])
    return None


def _flow_path(opened: Opened, flow: Body) -> str:
    kind = flow["type"]
    if kind == "payment_method_update":
        return f"{opened.path}/card"
    if kind == "customer_update":
        return f"{opened.path}/details"
    subscription = flow[kind]["subscription"]
    if kind == "subscription_cancel":
        return f"{opened.path}/cancel/{subscription}"
    if kind == "subscription_update_confirm":
        return f"{opened.path}/switch/{subscription}?price={flow[kind]['items'][0]['price']}"
    return f"{opened.path}/switch/{subscription}"


def _describe(opened: Opened, subscription: Body) -> Body:
    """A subscription as the first page shows it."""
    work = opened.work
    schedule = work.find(subscription["schedule"] or "", "subscription_schedule")
    planned = work.find(schedule["phases"][-1]["items"][0]["price"], "price") if schedule else None
    return {
        "id": subscription["id"],
        "status": subscription["status"],
        "name": _product_name(work, subscription),
        "price": subscription["items"]["data"][0]["price"],
        "period_end": subscriptions.period_end(subscription),
        "cancel_at": subscription["cancel_at"],
        "ended_at": subscription["ended_at"],
        "trial_end": subscription["trial_end"],
        "planned": planned,
        "card": default_card(work, opened.customer, subscription),
        "open": [
            one
            for one in self_service.list_open(work, opened.customer["id"])
            if (one["parent"] or {}).get("subscription_details", {}).get("subscription") == subscription["id"]
        ],
    }


def _product_name(work: Work, subscription: Body) -> str:
    price = subscription["items"]["data"][0]["price"]
    product = work.find(price["product"], "product") or {}
    return str(product.get("name") or price["id"])


def show_done(view: View, session_id: str) -> Response:
    with view.standin.work(writes=False) as work:
        opened = open_portal(view, work, session_id)
        after = (opened.session["flow"] or {}).get("after_completion") or {}
        message = (after.get("hosted_confirmation") or {}).get("custom_message")
        return opened.show("portal_done", message=message)


def show_cancel(view: View, session_id: str, subscription_id: str) -> Response:
    with view.standin.work(writes=False) as work:
        opened = open_portal(view, work, session_id)
        feature = opened.need("subscription_cancel")
        subscription = opened.subscription(subscription_id)
        reasons = feature["cancellation_reason"]
        return opened.show(
            "portal_cancel",
            subscription=_describe(opened, subscription),
            at_once=feature["mode"] == "immediately",
            reasons={word: REASON_TEXTS[word] for word in reasons["options"]} if reasons["enabled"] else {},
        )


def cancel(view: View, session_id: str, subscription_id: str) -> Response:
    with view.standin.work() as work:
        opened = open_portal(view, work, session_id)
        feature = opened.need("subscription_cancel")
        subscription = opened.subscription(subscription_id)
        if subscription["cancel_at"] is None:
            reason = view.field("feedback")
            comment = view.field("comment", 500)
            self_service.cancel(
                work, subscription, feature, feedback=reason if reason in REASONS else "", comment=comment
            )
        return opened.finish("subscription_cancel", "ended" if feature["mode"] == "immediately" else "ends")


def keep(view: View, session_id: str, subscription_id: str) -> Response:
    with view.standin.work() as work:
        opened = open_portal(view, work, session_id)
        opened.need("subscription_cancel")
        self_service.keep(work, opened.subscription(subscription_id))
        return opened.finish("subscription_cancel", "kept")


def show_switch(view: View, session_id: str, subscription_id: str) -> Response:
    with view.standin.work(writes=False) as work:
        opened = open_portal(view, work, session_id)
        return _switch_page(opened, opened.subscription(subscription_id))


def _switch_page(opened: Opened, subscription: Body, *, error: str = "") -> Response:
    feature = opened.need("subscription_update")
    only = opened.view.request.args.get("price", "")
    offers = [
        offer
        for offer in self_service.list_offers(opened.work, subscription, feature)
        if not only or offer.price["id"] == only
    ]
    return opened.show(
        "portal_switch",
        status=422 if error else 200,
        subscription=_describe(opened, subscription),
        offers=offers,
        error=error,
    )


def switch(view: View, session_id: str, subscription_id: str) -> Response:
    with view.standin.work() as work:
        opened = open_portal(view, work, session_id)
        feature = opened.need("subscription_update")
        subscription = opened.subscription(subscription_id)
        wanted = view.field("price", 60)
        offered = [offer.price for offer in self_service.list_offers(work, subscription, feature)]
        price = next((one for one in offered if one["id"] == wanted), None)
        if price is None:
            return _switch_page(opened, subscription, error=opened.view.gettext(N_("Choose one of the prices.")))
        try:
            ended = self_service.switch(work, subscription, price, feature)
        except Refusal as refusal:
            return _switch_page(opened, work.get("subscription", subscription_id), error=explain(opened.view, refusal))
        if ended == "asks-bank":
            invoice = work.get("invoice", work.get("subscription", subscription_id)["_pending_invoice"])
            return view.go(f"/confirm/{invoice['_intent']}")
        return opened.finish("subscription_update", "planned" if ended == "planned" else "switched")


def stay(view: View, session_id: str, subscription_id: str) -> Response:
    with view.standin.work() as work:
        opened = open_portal(view, work, session_id)
        subscription = opened.subscription(subscription_id)
        if subscription["schedule"]:
            changes.release(work, work.get("subscription_schedule", subscription["schedule"]))
        return opened.finish("subscription_update", "stays")


def pause(view: View, session_id: str, what: str, subscription_id: str) -> Response:
    with view.standin.work() as work:
        opened = open_portal(view, work, session_id)
        opened.need("subscription_pause")
        subscription = opened.subscription(subscription_id)
        if what == "pause" and subscription["status"] in {"active", "trialing"}:
            subscriptions.pause(work, subscription, "pause_requested")
        elif what == "resume" and subscription["status"] == "paused":
            subscriptions.resume(work, subscription)
        return opened.finish("subscription_pause", "paused" if what == "pause" else "resumed")


def show_card(view: View, session_id: str) -> Response:
    with view.standin.work(writes=False) as work:
        opened = open_portal(view, work, session_id)
        opened.need("payment_method_update")
        form = empty_form(opened.view)
        if view.request.args.get("refused"):
            form = CardForm(errors={"number": opened.view.gettext(N_("Your bank did not confirm this card."))})
        return opened.show("portal_card", card_form=form, errors=form.errors)


def add_card(view: View, session_id: str) -> Response:
    with view.standin.work() as work:
        opened = open_portal(view, work, session_id)
        opened.need("payment_method_update")
        typed, form = read_form(opened.view, work.now)
        if typed is not None:
            try:
                waiting = self_service.add_card(work, opened.customer, typed, session_id=session_id)
            except Refusal as refusal:
                form = with_error(opened.view, form, refusal)
            else:
                return view.go(f"/confirm/{waiting}") if waiting else opened.finish("payment_method_update", "card")
        return opened.show("portal_card", status=422, card_form=form, errors=form.errors)


def change_card(view: View, session_id: str, method_id: str, what: str) -> Response:
    with view.standin.work() as work:
        opened = open_portal(view, work, session_id)
        opened.need("payment_method_update")
        method = work.get("payment_method", method_id)
        if method["customer"] != opened.customer["id"]:
            raise missing("PaymentMethod", method_id)
        if what == "use":
            use_card(work, opened.customer, method)
        else:
            forget_card(work, method)
        return opened.finish("", "cards")


def show_details(view: View, session_id: str) -> Response:
    with view.standin.work(writes=False) as work:
        opened = open_portal(view, work, session_id)
        feature = opened.need("customer_update")
        return opened.show("portal_details", allowed=feature["allowed_updates"], errors={})


def change_details(view: View, session_id: str) -> Response:
    with view.standin.work() as work:
        opened = open_portal(view, work, session_id)
        allowed = opened.need("customer_update")["allowed_updates"]
        customer = opened.customer
        for name in ("email", "name", "phone"):
            if name in allowed:
                customer[name] = view.field(name) or None
        if "email" in allowed and "@" not in (customer["email"] or ""):
            errors = {"email": opened.view.gettext(N_("Enter an e-mail address, such as name@example.org."))}
            return opened.show("portal_details", status=422, allowed=allowed, errors=errors)
        if "address" in allowed:
            parts = ("line1", "line2", "postal_code", "city", "state", "country")
            address = {part: view.field(part) or None for part in parts}
            customer["address"] = address if any(address.values()) else None
        work.change(customer, "customer.updated")
        return opened.finish("customer_update", "details")
