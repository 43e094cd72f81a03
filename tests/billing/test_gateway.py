"""How the gateway speaks to Stripe: its requests, its failures, its time limits, its signatures."""

import json
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import stripe

from podcastsvc.billing import portal
from podcastsvc.billing.calls import ensuring, moving, payments
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
)
from podcastsvc.billing.following import notices
from podcastsvc.billing.gateway import PACKAGE_VERSION, Forbidden, Gateway, Missing, Refused, verify
from podcastsvc.errors import Failure, Invalid, Misconfigured, Unavailable
from podcastsvc.kit import guard
from podcastsvc.kit.money import Money
from tests.billing.contract import check_request

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BEN = Payer(member_id=7, email="ben@example.org", name="Ben", language="es")
CHECKOUT = CheckoutRequest(
    order_id="01ORDER",
    kind="membership",
    line=CheckoutLine("month", price_id="price_1"),
    language="es",
    success_url="http://127.0.0.1:8000/welcome?s={CHECKOUT_SESSION_ID}",
    cancel_url="http://127.0.0.1:8000/join",
    expires_at=NOON,
    email="ben@example.org",
)
LINE = CheckoutLine("month", price_id="price_1")
MONTHLY = PriceRequest("all", "All of it", "7", "site:all:month:eur", Money(600, "EUR"), "month")
COUPON = CouponRequest("spring", "SPRING", "Spring", percent_off=20, months=3, redeem_by=NOON, max_redemptions=5)
ITEM = ItemChange("si_1", "price_2", 3)

FUNCTIONS = {
    "fetch_account": lambda g: g.fetch_account(),
    "ensure_customer": lambda g: g.ensure_customer(BEN),
    "update_customer": lambda g: g.update_customer("cus_1", BEN),
    "fetch_customer": lambda g: g.fetch_customer("cus_1"),
    "create_checkout": lambda g: g.create_checkout(CHECKOUT),
    "create_checkout with code": lambda g: g.create_checkout(
        CheckoutRequest("02", "membership", LINE, "en", "http://a/b", "http://a/c", NOON, "cus_1", None, "promo_1")
    ),
    "create_checkout with a trial": lambda g: g.create_checkout(
        replace(CHECKOUT, trial_days=14, trial_needs_card=False)
    ),
    "create_checkout of an amount": lambda g: g.create_checkout(
        replace(CHECKOUT, kind="donation", line=CheckoutLine("month", product_id="prod_1", money=Money(500, "EUR")))
    ),
    "create_checkout of a donation": lambda g: g.create_checkout(
        replace(CHECKOUT, kind="donation", line=CheckoutLine("once", product_id="prod_1", money=Money(500, "EUR")))
    ),
    "create_checkout of a gift": lambda g: g.create_checkout(
        replace(CHECKOUT, kind="gift", line=CheckoutLine("once", product_id="prod_1", money=Money(500, "EUR")))
    ),
    "fetch_checkout": lambda g: g.fetch_checkout("cs_1"),
    "expire_checkout": lambda g: g.expire_checkout("cs_1"),
    "create_portal": lambda g: portal.create_portal(g, PortalRequest("cus_1", "http://a/account", "es", "bpc_1")),
    "create_portal for the card": lambda g: portal.create_portal(
        g, PortalRequest("cus_1", "http://a", "en", None, "card")
    ),
    "ensure_portal_settings": lambda g: ensuring.ensure_portal_settings(g, [], "http://a/account"),
    "ensure_portal_settings with prices": lambda g: ensuring.ensure_portal_settings(
        g, [PortalProduct("prod_1", ("price_1", "price_2"))], "http://a/account"
    ),
    "fetch_subscription": lambda g: g.fetch_subscription("sub_1"),
    "list_subscriptions": lambda g: g.list_subscriptions(),
    "list_subscriptions of one": lambda g: g.list_subscriptions("cus_1"),
    "cancel_now": lambda g: g.cancel_now("sub_1"),
    "change_item": lambda g: moving.change_item(g, "sub_1", ITEM, proration_at=NOON),
    "preview_change": lambda g: moving.preview_change(g, "sub_1", ITEM, proration_at=NOON),
    "move_item": lambda g: moving.move_item(g, "sub_1", ITEM),
    "release_schedule": lambda g: moving.release_schedule(g, "sub_sched_1"),
    "void_invoice": lambda g: payments.void_invoice(g, "in_1"),
    "create_portal for another plan": lambda g: portal.create_portal(
        g,
        PortalRequest(
            "cus_1", "http://a", "en", "bpc_1", "plan", subscription_id="sub_1", item=ItemChange("si_1", "price_2", 1)
        ),
    ),
    "move_next_charge": lambda g: moving.move_next_charge(g, "sub_1", NOON),
    "fetch_payment": lambda g: payments.fetch_payment(g, "pi_1"),
    "fetch_invoice": lambda g: payments.fetch_invoice(g, "in_1"),
    "find_invoice_of": lambda g: payments.find_invoice_of(g, "pi_1"),
    "find_payment_of charge": lambda g: payments.find_payment_of(g, "charge", "ch_1"),
    "find_payment_of refund": lambda g: payments.find_payment_of(g, "refund", "re_1"),
    "find_payment_of dispute": lambda g: payments.find_payment_of(g, "dispute", "dp_1"),
    "find_dispute_of": lambda g: payments.find_dispute_of(g, "pi_1"),
    "list_unpaid": lambda g: payments.list_unpaid(g, "sub_1"),
    "refund": lambda g: payments.refund(g, "pi_1", Money(300, "EUR"), "requested_by_customer"),
    "refund all": lambda g: payments.refund(g, "pi_1", None, "duplicate", number=2),
    "ensure_price": lambda g: ensuring.ensure_price(g, MONTHLY),
    "ensure_coupon": lambda g: ensuring.ensure_coupon(g, COUPON),
    "ensure_coupon of an amount": lambda g: ensuring.ensure_coupon(
        g, CouponRequest("five", "FIVE", "Five", amount_off=Money(500, "EUR"), months=0, is_first_time_only=True)
    ),
    "ensure_coupon for one plan": lambda g: ensuring.ensure_coupon(
        g, replace(COUPON, product=ProductRequest("Member", "members"))
    ),
    "close_code": lambda g: ensuring.close_code(g, "promo_1"),
    "ensure_webhook": lambda g: ensuring.ensure_webhook(g, "http://127.0.0.1:8000/webhooks/stripe"),
    "list_past": lambda g: notices.list_past(g, NOON),
}


class Recorder:
    """Answers lists with nothing, products and coupons with "no such", all else with a bare object; keeps the requests."""

    def __init__(self):
        self.requests = []

    def __call__(self, method, url, headers, body):
        self.requests.append((method, url, headers, body))
        path = url.split("?")[0].rstrip("/")
        if method == "get" and path.split("/")[-2] in {"products", "coupons"}:
            return 404, {}, b'{"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "id"}}'
        if method == "get" and path.endswith("s"):
            return 200, {}, b'{"object": "list", "data": [], "has_more": false, "url": "/v1/x"}'
        return 200, {}, b'{"id": "x_1", "object": "x", "url": "http://a", "name": "All of it"}'


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_request_keeps_the_contract(name):
    recorder = Recorder()

    with suppress(Failure):
        FUNCTIONS[name](make_gateway(recorder))

    assert recorder.requests
    assert [problem for request in recorder.requests for problem in check_request(*request[:2], request[3])] == []


@pytest.mark.parametrize(
    "ends", [{"cancel_at": 1796000000}, {"cancel_at": 1796000000, "cancel_at_period_end": True}, {}]
)
@pytest.mark.parametrize("at_period_end", [True, False])
def test_every_request_to_leave_or_stay_keeps_the_contract(ends, at_period_end):
    requests = []

    def answer(method, url, headers, body):
        requests.append((method, url, body))
        return 200, {}, json.dumps(make_subscription(**ends)).encode()

    make_gateway(answer).set_cancel("sub_1", at_period_end=at_period_end, feedback="unused", comment="no time")

    assert [problem for request in requests for problem in check_request(*request)] == []
    assert len(requests) == (1 if at_period_end == bool(ends) else 2)


@pytest.mark.parametrize(
    ("ends", "sent"),
    [
        ({"cancel_at": 1796000000}, b"cancel_at=&"),
        ({"cancel_at": 1796000000, "cancel_at_period_end": True}, b"cancel_at_period_end=false&"),
    ],
)
def test_staying_clears_the_field_that_ends_it(ends, sent):
    bodies = []

    def answer(method, url, headers, body):
        bodies.append(body)
        return 200, {}, json.dumps(make_subscription(**ends)).encode()

    make_gateway(answer).set_cancel("sub_1", at_period_end=False)

    assert bodies[1].startswith(sent)


def test_calls_that_move_money_carry_a_key_that_follows_the_parameters():
    recorder = Recorder()
    gateway = make_gateway(recorder)

    for amount in (300, 300, 200):
        with suppress(Failure):
            payments.refund(gateway, "pi_1", Money(amount, "EUR"), "requested_by_customer")

    first, second, other = [headers["Idempotency-Key"] for _, _, headers, _ in recorder.requests]
    assert first == second
    assert first.startswith("refund.1:pi_1:")
    assert len(first.rsplit(":", 1)[1]) == 16
    assert other != first


def test_version_of_the_requests_is_the_packages():
    recorder = Recorder()

    with suppress(Failure):
        make_gateway(recorder).fetch_account()

    assert recorder.requests[0][2]["Stripe-Version"] == PACKAGE_VERSION == stripe.api_version


def test_nothing_about_this_machine_is_sent(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    recorder = Recorder()

    for _ in range(2):
        with suppress(Failure):
            make_gateway(recorder).fetch_account()

    assert "platform" not in recorder.requests[1][2]["X-Stripe-Client-User-Agent"]
    assert "X-Stripe-Client-Telemetry" not in recorder.requests[1][2]
    assert list(tmp_path.iterdir()) == []


ERRORS = {
    (500, "api_error", None): Unavailable,
    (429, "invalid_request_error", "rate_limit"): Unavailable,
    (401, "invalid_request_error", None): Misconfigured,
    (403, "invalid_request_error", None): Forbidden,
    (404, "invalid_request_error", "resource_missing"): Missing,
    (400, "invalid_request_error", "parameter_unknown"): Refused,
    (400, "idempotency_error", None): Refused,
    (402, "card_error", "card_declined"): Invalid,
}


@pytest.mark.parametrize("error", ERRORS)
def test_each_failure_becomes_one_of_ours(error):
    status, kind, code = error
    body = {"type": kind, "code": code, "message": "needs 'rak_customer_write'", "param": "customer"}
    gateway = make_gateway(lambda *_: (status, {}, json.dumps({"error": body}).encode()))

    with pytest.raises(ERRORS[error]) as caught:
        gateway.fetch_subscription("sub_1")

    assert type(caught.value) is ERRORS[error]
    if status == 403:
        assert "rak_customer_write" in caught.value.message
    if code == "resource_missing":
        assert caught.value.parameter == "customer"
    if status == 402:
        assert caught.value.message == "needs 'rak_customer_write'"


@pytest.mark.parametrize("broken", [b"", b"<html>", b"[]", b'{"id": "sub_1"}', b"\xff"])
def test_answer_that_is_no_object_of_stripes_is_an_outage_not_a_crash(broken):
    gateway = make_gateway(lambda *_: (200, {}, broken))

    with pytest.raises(Unavailable):
        gateway.fetch_subscription("sub_1")


@pytest.mark.parametrize("fault", [ConnectionError, TimeoutError])
def test_cut_connection_is_an_outage(fault):
    def fail(*_):
        raise fault("cut")

    with pytest.raises(Unavailable):
        make_gateway(fail).fetch_account()


def test_job_waits_when_stripe_asks_for_it_and_page_does_not():
    waits = []
    answers = iter([429, 429, 200, 429])

    def answer(*_):
        status = next(answers)
        return (
            status,
            {},
            b'{"error": {"message": "slow down"}}' if status == 429 else b'{"id": "acct_1", "object": "account"}',
        )

    gateway = Gateway("sk_test_1", "site", call=answer, retries=0, sleep=waits.append)

    account = gateway.fetch_account()

    assert account.id == "acct_1"
    assert waits == [1.0, 2.0]
    with pytest.raises(Unavailable):
        gateway.for_page().fetch_account()


def test_call_inside_a_transaction_is_refused_before_it_leaves():
    recorder = Recorder()

    with guard.writing(), pytest.raises(guard.NetworkInTransaction):
        make_gateway(recorder).fetch_account()

    assert recorder.requests == []


def test_clock_of_the_account_is_read_from_the_answer():
    gateway = make_gateway(
        lambda *_: (200, {"Date": "Mon, 01 Jun 2026 12:00:00 GMT"}, b'{"id": "acct_1", "object": "account"}')
    )

    assert gateway.fetch_account().clock_at == NOON


@pytest.fixture
def slow_stripe():
    """A real server that takes two seconds for each answer, unless its path says so."""
    stop = threading.Event()

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self):
            if "quick" not in self.path:
                stop.wait(2)
            body = b'{"id": "acct_1", "object": "account"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    stop.set()
    server.shutdown()
    server.server_close()


def test_page_gives_up_within_its_time_though_each_call_is_tried_again(slow_stripe):
    gateway = Gateway("sk_test_1", "site", base_address=slow_stripe)
    started = time.monotonic()

    page = gateway.for_page(0.4)
    with pytest.raises(Unavailable):
        page.fetch_account()

    assert time.monotonic() - started < 10


def test_job_waits_for_a_slow_answer(slow_stripe):
    gateway = Gateway("sk_test_1", "site", base_address=slow_stripe)

    assert gateway.fetch_account().id == "acct_1"


def test_package_logs_no_answers_at_debug_level(caplog):
    caplog.set_level("DEBUG")

    make_gateway(
        lambda *_: (200, {}, b'{"id": "cus_1", "livemode": false, "email": "ben@example.org"}')
    ).fetch_customer("cus_1")

    assert "ben@example.org" not in caplog.text


def test_refused_connection_is_an_outage():
    gateway = Gateway("sk_test_1", "site", base_address="http://127.0.0.1:9", retries=0)

    with pytest.raises(Unavailable):
        gateway.fetch_account()


SECRETS = ("whsec_new", "whsec_old")
BODY = json.dumps(
    {
        "id": "evt_1",
        "object": "event",
        "type": "invoice.paid",
        "created": 1780315200,
        "livemode": False,
        "data": {"object": {"id": "in_1", "object": "invoice"}},
    }
)


@pytest.mark.parametrize("secret", SECRETS)
def test_notice_signed_with_either_secret_is_read(secret):
    notice = verify(BODY.encode(), sign(BODY, secret), SECRETS)

    assert (notice.id, notice.type, notice.object_kind, notice.object_id) == (
        "evt_1",
        "invoice.paid",
        "invoice",
        "in_1",
    )
    assert notice.created_at == NOON


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "t=1,v1=",
        "v1=abc",
        "t=x,v1=abc",
        "t=1780315200,v1=\xe9\xe9",
        "t=,v1==",
        "," * 1000,
        f"t={'9' * 5000},v1=a",
    ],
)
def test_bad_signature_is_invalid(header):
    with pytest.raises(Invalid):
        verify(BODY.encode(), header, SECRETS)


def test_signature_of_another_secret_is_invalid():
    with pytest.raises(Invalid):
        verify(BODY.encode(), sign(BODY, "whsec_other"), SECRETS)


def test_signature_from_six_minutes_ago_is_invalid():
    with pytest.raises(Invalid):
        verify(BODY.encode(), sign(BODY, SECRETS[0], time.time() - 360), SECRETS)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "7",
        '"text"',
        "{",
        "{}",
        '{"id": "evt_1"}',
        '{"id": 1, "type": 2, "created": 3, "livemode": false, "data": {"object": {"id": 4, "object": 5}}}',
        '{"id": "e", "type": "t", "created": 1e400, "livemode": false, "data": {"object": {"id": "i", "object": "o"}}}',
        '{"id": "e", "type": "t", "created": 1e300, "livemode": false, "data": {"object": {"id": "i", "object": "o"}}}',
        '{"id": "e", "type": "t", "created": null, "livemode": false, "data": {"object": {"id": "i", "object": "o"}}}',
        "[" * 200_000,
        BODY.replace("in_1", "x" * 300),
    ],
)
def test_signed_nonsense_is_invalid_not_a_crash(body):
    with pytest.raises(Invalid):
        verify(body.encode(), sign(body, SECRETS[0]), SECRETS)


def test_body_that_is_no_text_is_invalid():
    with pytest.raises(Invalid):
        verify(b"\xff\xfe", "t=1,v1=a", SECRETS)


@pytest.mark.parametrize("secrets", [(), ("",), ("  ",)])
def test_empty_secret_never_verifies(secrets):
    with pytest.raises(Misconfigured):
        verify(BODY.encode(), sign(BODY, ""), secrets)


def sign(body: str, secret: str, at: float | None = None) -> str:
    stamp = int(time.time() if at is None else at)
    return stripe.WebhookSignature.generate_signature_header(body, secret, stamp)


def make_gateway(call) -> Gateway:
    return Gateway("sk_test_1", "site", call=call, retries=0, sleep=lambda seconds: None)


def make_subscription(**changes):
    return {
        "id": "sub_1",
        "object": "subscription",
        "status": "active",
        "livemode": False,
        "customer": "cus_1",
        "items": {"object": "list", "data": [], "has_more": False, "url": "/v1/subscription_items"},
        "currency": "eur",
        "created": 1780000000,
        "start_date": 1780000000,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "metadata": {},
    } | changes
