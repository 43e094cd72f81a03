"""Contract 2: every answer of the stand-in is what Stripe's published description says (rules of payments 16)."""

import json
import re
from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

import pytest

from podcastsvc.billing.standin.api.routes import ROUTES
from podcastsvc.billing.standin.faults import Faults
from tests.billing.standin.playing import ASKS_ALWAYS, DISPUTED, FAILS_LATER, PAYS, SITE, InProcess, Player
from tests.billing.standin.schema import Contract

# Operations that the description leaves out; their answers are checked by the kind of object they hold.
BY_OBJECT = {
    "GET /v1/account": "account",
    "GET /v1/charges": "charge",
    "GET /v1/charges/{id}": "charge",
    "DELETE /v1/coupons/{id}": "deleted_coupon",
}


@pytest.fixture(scope="module")
def contract(shared_data):
    path = shared_data / "stripe_openapi.json"
    if not path.is_file():
        pytest.skip(f"{path} is missing; name its folder with PODCASTSVC_TEST_SHARED_DATA")
    return Contract(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def answers():
    """Every answer of one long story, by operation."""
    player = Player()
    kept: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    _record(player, kept)
    _tell_story(player)
    yield kept
    player.standin.close()


def _record(player, kept):
    http = player.client._requestor._get_http_client()
    assert isinstance(http, InProcess)
    inner = http.call

    def call(method, url, headers, body):
        status, answered, text = inner(method, url, headers, body)
        path = urlsplit(url).path
        route = next(one for one in ROUTES if one.method == method.upper() and one.pattern.fullmatch(path))
        kept[f"{route.method} {route.path}"].append((status, json.loads(text)))
        return status, answered, text

    http.call = call


def _tell_story(player):
    api = player.api
    api.accounts.retrieve_current()
    _sell(player, api)
    _pay_and_renew(player, api)
    _change(player, api)
    _take_back(player, api)
    _steer(player, api)


def _sell(player, api):
    extra = api.products.create({"name": "Extra", "metadata": {"site": "s"}})
    api.products.update(extra.id, {"description": "More"})
    api.products.retrieve(extra.id)
    api.products.list()
    price = player.price(900, "month", lookup_key="month", transfer_lookup_key=True)
    api.prices.update(price.id, {"nickname": "new"})
    api.prices.retrieve(price.id, {"expand": ["product"]})
    api.prices.list({"lookup_keys": ["month", "year"], "expand": ["data.product"]})
    coupon = api.coupons.create({"percent_off": 20, "duration": "repeating", "duration_in_months": 3})
    api.coupons.update(coupon.id, {"name": "Spring"})
    api.coupons.retrieve(coupon.id)
    api.coupons.list()
    code = api.promotion_codes.create({"code": "SPRING", "promotion": {"type": "coupon", "coupon": coupon.id}})
    api.promotion_codes.update(code.id, {"metadata": {"site": "s"}})
    api.promotion_codes.retrieve(code.id, {"expand": ["promotion.coupon"]})
    api.promotion_codes.list({"code": "spring"})
    other = api.coupons.create({"amount_off": 100, "currency": "eur", "duration": "once"})
    api.coupons.delete(other.id)


def _pay_and_renew(player, api):
    code = api.promotion_codes.list({"code": "SPRING"}).data[0]
    session = player.open(discounts=[{"promotion_code": code.id}])
    api.checkout.sessions.update(session.id, {"metadata": {"more": "yes"}})
    player.pay(session.url)
    api.checkout.sessions.retrieve(session.id, {"expand": ["line_items", "subscription.latest_invoice", "customer"]})
    api.checkout.sessions.line_items.list(session.id)
    late = player.join(FAILS_LATER)
    player.join(ASKS_ALWAYS)
    player.join(subscription_data={"trial_period_days": 14, "metadata": {"site": "s"}})
    player.standin.advance(32)
    player.post(f"{player.portal(late.customer).url}/card", {"number": PAYS, "expiry": "12/34", "cvc": "123"})
    api.invoices.pay(player.fetch(late.id).latest_invoice.id)
    gift = player.open(
        mode="payment",
        line_items=[
            {"price_data": {"currency": "eur", "unit_amount": 5000, "product_data": {"name": "Gift"}}, "quantity": 1}
        ],
        customer_creation="always",
        payment_intent_data={"metadata": {"site": "s"}},
    )
    player.pay(gift.url)
    guest = player.open(
        mode="payment", line_items=[{"price": player.price(2500).id, "quantity": 1}], submit_type="donate"
    )
    player.pay(guest.url)
    lost = player.open()
    api.checkout.sessions.expire(lost.id)
    api.checkout.sessions.list({"limit": 100})


def _change(player, api):
    subscription = player.join(price=player.month)
    item = subscription["items"].data[0].id
    api.invoices.create_preview({"subscription": subscription.id})
    wanted = {"items": [{"id": item, "price": player.year.id}], "proration_behavior": "always_invoice"}
    api.invoices.create_preview({"subscription": subscription.id, "subscription_details": wanted})
    api.subscriptions.update(subscription.id, {**wanted, "payment_behavior": "pending_if_incomplete"})
    api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    api.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    portal = player.portal(subscription.customer)
    player.post(f"{portal.url}/switch/{subscription.id}", {"price": player.month.id})
    planned = player.fetch(subscription.id, "schedule", "default_payment_method", "customer")
    api.subscription_schedules.retrieve(planned.schedule.id)
    api.subscription_schedules.release(planned.schedule.id)
    api.subscriptions.pause(subscription.id)
    api.subscriptions.resume(subscription.id)
    stuck = player.join(ASKS_ALWAYS)
    pending = {**wanted, "items": [{"id": stuck["items"].data[0].id, "price": player.year.id}]}
    api.subscriptions.update(stuck.id, {**pending, "payment_behavior": "pending_if_incomplete"})
    with pytest.raises(Exception, match="confirmed"):
        api.invoices.pay(str(player.fetch(stuck.id).latest_invoice.id))
    api.invoices.void_invoice(str(player.fetch(stuck.id).latest_invoice.id))
    api.subscriptions.cancel(stuck.id)
    api.subscriptions.list({"status": "all", "limit": 100, "expand": ["data.latest_invoice"]})
    api.customers.payment_methods.list(str(subscription.customer))
    methods = api.payment_methods.list({"customer": str(subscription.customer)})
    api.payment_methods.retrieve(methods.data[0].id)


def _take_back(player, api):
    subscription = player.join(DISPUTED)
    invoice = subscription.latest_invoice
    payment = api.invoice_payments.list({"invoice": invoice.id}).data[0]
    api.invoice_payments.retrieve(payment.id)
    disputed = api.payment_intents.retrieve(payment.payment.payment_intent, {"expand": ["latest_charge"]})
    dispute = api.disputes.list({"payment_intent": disputed.id}).data[0]
    api.disputes.retrieve(dispute.id, {"expand": ["charge"]})
    api.disputes.update(dispute.id, {"evidence": {"customer_name": "Ben"}, "submit": True})
    api.disputes.close(dispute.id)
    other = player.join()
    payment = api.invoice_payments.list({"invoice": other.latest_invoice.id}).data[0].payment.payment_intent
    player.standin.set_faults(Faults(refunds_fail=True))
    refund = api.refunds.create({"payment_intent": payment, "amount": 100, "reason": "requested_by_customer"})
    player.standin.advance(2)
    player.standin.set_faults(Faults())
    api.refunds.update(refund.id, {"metadata": {"site": "s"}})
    api.refunds.retrieve(refund.id, {"expand": ["charge"]})
    api.refunds.list({"payment_intent": payment})
    api.charges.list({"payment_intent": payment})
    api.charges.retrieve(str(refund.charge), {"expand": ["refunds"]})
    api.payment_intents.list({"customer": str(other.customer)})
    api.invoices.list({"customer": str(other.customer), "expand": ["data.payments"]})
    api.invoices.retrieve(other.latest_invoice.id, {"expand": ["payments", "customer"]})
    api.customers.create({"email": "ada@example.org", "name": "Ada", "metadata": {"site": "s"}})
    api.customers.update(str(other.customer), {"name": "Ben", "address": {"country": "ES"}})
    api.customers.retrieve(str(other.customer), {"expand": ["subscriptions"]})
    api.customers.list()
    api.customers.delete(str(other.customer))
    api.customers.retrieve(str(other.customer))
    with pytest.raises(Exception, match="No such"):
        api.subscriptions.retrieve("sub_none")


def _steer(player, api):
    configuration = player.portal(api.customers.create({"email": "cleo@example.org"}).id).configuration
    api.billing_portal.configurations.update(str(configuration), {"name": "Members"})
    api.billing_portal.configurations.retrieve(str(configuration))
    api.billing_portal.configurations.list()
    customer = api.customers.create({"email": "dev@example.org"}).id
    after = {"type": "redirect", "redirect": {"return_url": SITE}}
    player.portal(customer, flow_data={"type": "payment_method_update", "after_completion": after})
    endpoint = api.webhook_endpoints.create({"url": f"{SITE}/second", "enabled_events": ["invoice.paid"]})
    api.webhook_endpoints.update(endpoint.id, {"disabled": True})
    api.webhook_endpoints.retrieve(endpoint.id)
    api.webhook_endpoints.list()
    api.webhook_endpoints.delete(endpoint.id)
    latest = api.events.list({"limit": 100}).data[0]
    api.events.retrieve(latest.id)


@pytest.mark.parametrize("operation", [f"{route.method} {route.path}" for route in ROUTES])
def test_answers_are_what_is_published(operation, answers, contract):
    method, path = operation.split(" ")
    schema = contract.find_answer(method, path)
    given = answers[operation]
    good = [body for status, body in given if status == 200]
    if schema is None:
        schema = {"$ref": f"#/components/schemas/{BY_OBJECT[operation]}"}
        good = [entry for body in good for entry in (body["data"] if body["object"] == "list" else [body])]

    problems = [problem for body in good for problem in contract.list_problems(body, schema)]

    assert good
    assert problems == []


def test_refusals_are_what_is_published(answers, contract):
    refused = [body for given in answers.values() for status, body in given if status != 200]

    problems = [
        problem for body in refused for problem in contract.list_problems(body, {"$ref": "#/components/schemas/error"})
    ]

    assert refused
    assert problems == []


def test_objects_in_notices_are_what_is_published(answers, contract):
    events = [event for status, body in answers["GET /v1/events"] for event in body["data"]]
    objects = [event["data"]["object"] for event in events]

    problems = [
        problem
        for body in objects
        for problem in contract.list_problems(body, {"$ref": f"#/components/schemas/{body['object']}"})
    ]

    assert objects
    assert problems == []


def test_types_of_events_are_published(answers, contract, shared_data):
    description = json.loads((shared_data / "stripe_openapi.json").read_text(encoding="utf-8"))
    published = set(description["info"]["x-event-types"])

    used = {event["type"] for status, body in answers["GET /v1/events"] for event in body["data"]}

    assert used <= published


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda body: body.pop("livemode"), "customer.livemode is missing"),
        (lambda body: body.update(balance="0"), "customer.balance is '0', not integer"),
        (lambda body: body.update(tax_exempt="maybe"), "customer.tax_exempt is 'maybe', none of"),
        (lambda body: body.update(name="x" * 6000), "customer.name has 6000 characters, at most"),
        (lambda body: body.update(shoe_size=43), "customer.shoe_size is not described"),
        (lambda body: body["invoice_settings"].update(footer=7), "customer.invoice_settings.footer is 7, not"),
    ],
)
def test_the_check_finds_what_is_wrong(change, complaint, contract, player):
    customer = player.api.customers.create({"name": "Ada"}).to_dict()

    change(customer)

    problems = contract.list_problems(customer, {"$ref": "#/components/schemas/customer"})
    assert len(problems) == 1
    assert re.match(re.escape(complaint), problems[0])
