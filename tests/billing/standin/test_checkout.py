"""Checkout: what is refused, what paying makes, trials, gifts, codes, delayed methods, expiry."""

import pytest
import stripe

from podcastsvc.billing.standin.faults import Faults
from tests.billing.standin.playing import ASKS_ONCE, BASE, DECLINED, SITE


def gift(player, amount=5000):
    data = {"currency": "eur", "unit_amount": amount, "product_data": {"name": "Gift"}}
    return {"mode": "payment", "line_items": [{"price_data": data, "quantity": 1}]}


def test_paying_makes_customer_subscription_and_invoice(player):
    session = player.open(customer_email="ben@example.org", subscription_data={"metadata": {"site": "s"}})

    answer = player.pay(session.url)

    done = player.api.checkout.sessions.retrieve(session.id, {"expand": ["subscription.latest_invoice", "customer"]})
    assert answer.location == f"{SITE}/welcome?s={session.id}"
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    assert (done.customer.email, done.customer_details.email) == ("ben@example.org", "ben@example.org")
    assert (done.subscription.status, done.subscription.metadata.to_dict()) == ("active", {"site": "s"})
    assert done.subscription.latest_invoice.status == "paid"
    assert done.subscription.latest_invoice.parent.subscription_details.subscription == done.subscription.id


def test_address_of_the_page_is_absolute(player):
    session = player.open()

    assert session.url == f"{BASE}/pay/{session.id}"


def test_period_stands_on_the_item_and_ends_with_a_short_month(player):
    subscription = player.join()

    item = subscription["items"].data[0]
    assert "current_period_end" not in subscription.to_dict()
    assert item.current_period_start == subscription.created
    assert item.current_period_end - subscription.created == 28 * 86400


def test_declined_card_leaves_no_subscription_and_no_invoice(player):
    session = player.open()

    answer = player.pay(session.url, DECLINED)

    assert answer.status_code == 422
    assert player.api.subscriptions.list({"status": "all"}).data == []
    assert player.api.invoices.list().data == []
    assert player.api.customers.list().data == []
    assert player.api.checkout.sessions.retrieve(session.id).status == "open"


def test_signed_in_member_pays_as_the_customer_they_are(player):
    ben = player.api.customers.create({"email": "ben@example.org"})

    subscription = player.join(customer=ben.id)

    assert subscription.customer == ben.id
    assert len(player.api.customers.list().data) == 1


def test_address_that_is_known_cannot_be_changed_on_the_page(player):
    session = player.open(customer_email="ben@example.org")

    player.pay(session.url, email="eve@example.org")

    assert player.api.customers.list().data[0].email == "ben@example.org"


REFUSALS = [
    ({"payment_method_types": ["card"]}, "Received unknown parameter: payment_method_types"),
    ({"customer_update": {"address": "auto"}}, "can only be used with `customer`"),
    ({"allow_promotion_codes": True, "discounts": [{"coupon": "x"}]}, "allow_promotion_codes, discounts"),
    ({"customer": "CUSTOMER", "customer_email": "ben@example.org"}, "customer, customer_email"),
    ({"customer": "CUSTOMER", "automatic_tax": {"enabled": True}}, "requires a valid address"),
    ({"mode": "payment"}, "passed a recurring price"),
    ({"payment_intent_data": {"metadata": {"a": "b"}}}, "can not pass `payment_intent_data`"),
    ({"customer_creation": "always"}, "can not pass `customer_creation`"),
    ({"subscription_data": {"trial_period_days": 0}}, "minimum number of trial period days is 1"),
    ({"subscription_data": {"trial_end": 1}}, "at least 2 days in the future"),
    ({"ui_mode": "hosted"}, "must be one of elements, embedded_page, form, hosted_page"),
    ({"locale": "kl"}, "Invalid locale"),
    ({"line_items": []}, "line_items"),
    ({"success_url": ""}, "success_url"),
    ({"success_url": "javascript:alert(1)"}, "Not a valid URL"),
    ({"expires_at": 1}, "between 30 minutes and 24 hours"),
    ({"customer_email": "nobody"}, "Invalid email"),
    ({"mode": "setup"}, "stand-in for Stripe does not do this"),
    ({"managed_payments": {"enabled": True}, "mode": "payment"}, "recurring price|managed payments"),
]


@pytest.mark.parametrize(("change", "complaint"), REFUSALS)
def test_what_stripe_refuses_is_refused(player, change, complaint):
    if change.get("customer"):
        change = {**change, "customer": player.api.customers.create({}).id}

    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        player.open(**change)

    assert player.api.checkout.sessions.list().data == []


def test_subscription_mode_needs_a_repeating_price(player):
    with pytest.raises(stripe.InvalidRequestError, match="at least one recurring price"):
        player.open(player.price(500))


def test_mixed_currencies_are_refused(player):
    dollars = player.api.prices.create({"product": player.product.id, "currency": "usd", "unit_amount": 500})

    with pytest.raises(stripe.InvalidRequestError, match="same currency"):
        player.open(line_items=[{"price": player.month.id, "quantity": 1}, {"price": dollars.id, "quantity": 1}])


def test_member_with_a_running_subscription_keeps_its_currency(player):
    subscription = player.join()
    dollars = player.price(700, "month", currency="usd")

    with pytest.raises(stripe.InvalidRequestError, match="cannot combine currencies"):
        player.open(dollars, customer=str(subscription.customer))


def test_too_small_amount_is_refused(player):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        player.open(**gift(player, 49))

    assert caught.value.code == "amount_too_small"


# Single payments


def test_gift_makes_a_customer_and_a_payment_with_its_metadata(player):
    session = player.open(**gift(player), customer_creation="always", payment_intent_data={"metadata": {"order": "7"}})

    player.pay(session.url)

    done = player.api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert done.customer.startswith("cus_")
    assert (done.payment_intent.status, done.payment_intent.amount_received) == ("succeeded", 5000)
    assert done.payment_intent.metadata.to_dict() == {"order": "7"}
    assert done.payment_intent.latest_charge.paid
    assert done.subscription is None


def test_donor_without_account_stays_a_guest(player):
    session = player.open(**gift(player), submit_type="donate", customer_creation="if_required")

    page = player.get(session.url).text
    player.pay(session.url)

    done = player.api.checkout.sessions.retrieve(session.id)
    assert "Donate €50" in page
    assert (done.payment_status, done.customer, done.customer_details.email) == ("paid", None, "ben@example.org")


def test_amount_left_to_the_donor_is_taken_within_its_limits(player):
    price = player.api.prices.create(
        {
            "product": player.product.id,
            "currency": "eur",
            "custom_unit_amount": {"enabled": True, "minimum": 500, "maximum": 10000, "preset": 1000},
        }
    )
    session = player.open(mode="payment", line_items=[{"price": price.id, "quantity": 1}])
    form = {"do": "pay", "email": "ben@example.org", "number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}

    refused = player.post(session.url, {**form, "amount": "4.99"})
    taken = player.post(session.url, {**form, "amount": "12,50"})

    assert refused.status_code == 422
    assert taken.status_code == 303
    assert player.api.checkout.sessions.retrieve(session.id).amount_total == 1250


# Trials


def test_trial_begins_without_a_charge_and_is_paid_at_its_end(player):
    subscription = player.join(subscription_data={"trial_period_days": 14})
    session = player.api.checkout.sessions.list().data[0]

    player.standin.advance(14.1)

    after = player.fetch(subscription.id)
    assert (subscription.status, session.payment_status, session.amount_total) == ("trialing", "no_payment_required", 0)
    assert subscription.latest_invoice.amount_due == 0
    assert (after.status, after.latest_invoice.amount_paid) == ("active", 600)
    assert player.kinds().count("customer.subscription.trial_will_end") == 1


@pytest.mark.parametrize(("behaviour", "status"), [("cancel", "canceled"), ("pause", "paused")])
def test_trial_without_a_card_ends_as_it_was_set(player, behaviour, status):
    session = player.open(
        payment_method_collection="if_required",
        subscription_data={
            "trial_period_days": 7,
            "trial_settings": {"end_behavior": {"missing_payment_method": behaviour}},
        },
    )
    player.post(session.url, {"do": "pay", "email": "ben@example.org"})
    subscription = player.api.subscriptions.list({"status": "trialing"}).data[0]

    player.standin.advance(8)

    assert player.fetch(subscription.id).status == status


# Codes


@pytest.fixture
def spring(player):
    coupon = player.api.coupons.create({"percent_off": 25, "duration": "once"})
    return player.api.promotion_codes.create({"code": "SPRING", "promotion": {"type": "coupon", "coupon": coupon.id}})


def test_code_typed_on_the_page_lowers_the_first_payment_only(player, spring):
    session = player.open(allow_promotion_codes=True)

    player.post(session.url, {"do": "use-code", "code": " spring "})
    player.pay(session.url)
    done = player.api.checkout.sessions.retrieve(session.id, {"expand": ["subscription.latest_invoice"]})
    player.standin.advance(32)

    assert (done.amount_total, done.total_details.amount_discount) == (450, 150)
    assert done.subscription.latest_invoice.amount_paid == 450
    assert player.fetch(done.subscription.id).latest_invoice.amount_paid == 600
    assert player.api.promotion_codes.retrieve(spring.id).times_redeemed == 1


def test_discount_for_three_months_ends_after_them(player):
    coupon = player.api.coupons.create(
        {"amount_off": 200, "currency": "eur", "duration": "repeating", "duration_in_months": 3}
    )
    subscription = player.join(discounts=[{"coupon": coupon.id}])

    player.standin.advance(120)

    paid = [invoice.amount_paid for invoice in player.api.invoices.list({"subscription": subscription.id}).data]
    assert paid == [600, 600, 400, 400, 400]


def test_code_can_be_taken_off_again(player, spring):
    session = player.open(allow_promotion_codes=True)
    player.post(session.url, {"do": "use-code", "code": "SPRING"})

    player.post(session.url, {"do": "drop-code"})

    assert player.api.checkout.sessions.retrieve(session.id).amount_total == 600


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"expires_at": 1769900000}, "has expired or is no longer active"),
        ({"max_redemptions": 1}, "has expired or is no longer active"),
        ({"restrictions": {"minimum_amount": 1000, "minimum_amount_currency": "eur"}}, "too small for this promotion"),
        ({"restrictions": {"minimum_amount": 100, "minimum_amount_currency": "usd"}}, "another currency"),
        ({"active": False}, "has expired or is no longer active"),
    ],
)
def test_code_that_cannot_be_used_says_why(player, limits, sentence):
    coupon = player.api.coupons.create({"percent_off": 25})
    player.api.promotion_codes.create({"code": "ONCE", "promotion": {"type": "coupon", "coupon": coupon.id}, **limits})
    if "max_redemptions" in limits:
        first = player.open(allow_promotion_codes=True)
        player.post(first.url, {"do": "use-code", "code": "ONCE"})
        player.pay(first.url)
    player.standin.advance(1)
    session = player.open(allow_promotion_codes=True)

    page = player.post(session.url, {"do": "use-code", "code": "ONCE"})

    assert page.status_code == 422
    assert sentence in page.text


def test_code_for_first_orders_refuses_one_who_has_paid(player):
    coupon = player.api.coupons.create({"percent_off": 25})
    code = player.api.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "restrictions": {"first_time_transaction": True}}
    )
    ben = player.join().customer

    with pytest.raises(stripe.InvalidRequestError, match="first-time orders only"):
        player.open(customer=str(ben), discounts=[{"promotion_code": code.id}])


def test_spent_coupon_is_refused_and_shown_as_invalid(player):
    coupon = player.api.coupons.create({"percent_off": 25, "max_redemptions": 1})
    player.join(discounts=[{"coupon": coupon.id}])

    with pytest.raises(stripe.InvalidRequestError) as caught:
        player.open(discounts=[{"coupon": coupon.id}])

    assert caught.value.code == "coupon_expired"
    assert not player.api.coupons.retrieve(coupon.id).valid


# The bank


def test_bank_is_asked_before_anything_is_made(player):
    session = player.open()

    refused = player.pay(session.url, ASKS_ONCE, allow=False)
    told = player.get(refused.location).text
    before = player.api.subscriptions.list({"status": "all"}).data
    allowed = player.pay(session.url, ASKS_ONCE)

    assert refused.location.endswith(f"/pay/{session.id}?refused=1")
    assert "Your bank did not confirm" in told
    assert before == []
    assert allowed.location == f"{SITE}/welcome?s={session.id}"


def test_bank_page_left_open_ends_with_the_session(player):
    session = player.open()
    form = {"do": "pay", "email": "ben@example.org", "number": ASKS_ONCE, "expiry": "12/34", "cvc": "123"}
    asked = player.post(session.url, form)

    player.standin.advance(0.1)

    assert player.api.checkout.sessions.retrieve(session.id).status == "expired"
    assert player.post(asked.location, {"do": "allow"}).location.endswith(f"/pay/{session.id}")
    assert player.api.subscriptions.list({"status": "all"}).data == []
    assert player.kinds()[-1] == "checkout.session.expired"


def test_session_expires_by_the_callers_clock_after_ours_was_moved(player):
    player.standin.advance(40)
    session = player.open()

    player.watch.go(hours=1.9)
    before = player.api.checkout.sessions.retrieve(session.id).status
    player.watch.go(hours=0.2)
    after = player.api.checkout.sessions.retrieve(session.id)

    assert (before, after.status) == ("open", "expired")


def test_expired_session_is_not_payable_and_says_so(player):
    session = player.open()
    player.api.checkout.sessions.expire(session.id)

    answer = player.pay(session.url)

    assert "This link has expired" in answer.text
    assert player.api.subscriptions.list({"status": "all"}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        player.api.checkout.sessions.expire(session.id)


def test_paid_session_is_not_paid_twice(player):
    session = player.open()
    player.pay(session.url)

    again = player.pay(session.url)

    assert "Already paid" in again.text
    assert len(player.api.subscriptions.list({"status": "all"}).data) == 1


# Delayed methods


@pytest.mark.parametrize("mode", ["subscription", "payment"])
@pytest.mark.parametrize(
    ("ending", "event", "status"), [("succeeds", "succeeded", "active"), ("fails", "failed", "incomplete_expired")]
)
def test_delayed_method_completes_unpaid_and_settles_later(player, mode, ending, event, status):
    player.standin.set_faults(Faults(unpaid=ending))
    session = player.open(**(gift(player) if mode == "payment" else {}))
    player.pay(session.url)
    first = player.api.checkout.sessions.retrieve(session.id)
    waiting = player.fetch(str(first.subscription)).status if first.subscription else "incomplete"

    player.standin.advance(3.1)

    after = player.api.checkout.sessions.retrieve(session.id)
    assert (first.status, first.payment_status, waiting) == ("complete", "unpaid", "incomplete")
    assert after.payment_status == ("paid" if ending == "succeeds" else "unpaid")
    assert player.kinds()[-1] == f"checkout.session.async_payment_{event}"
    if after.subscription:
        assert player.fetch(str(after.subscription)).status == status
