"""The join page's terms: trials, coupons from links, amounts that buyers choose, and plans that are paid once."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from podcastsvc.billing import fulfil, plans, portal
from podcastsvc.billing.joining import coupons
from podcastsvc.billing.joining.coupons import CouponView
from podcastsvc.billing.plans import Bounds
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.storage.tables.billing import Order, Payment, Price
from podcastsvc.storage.tables.offer import Trial
from tests.web.conftest import make_client, make_member, sign_in
from tests.web.people import work
from tests.web.test_join import count, is_member, join, pay

NOW = datetime(2027, 3, 14, 12, tzinfo=UTC)


@pytest.fixture
def prices(services):
    """The first plan's prices by interval."""
    with services.db.transaction() as session:
        plans.make_first_plan(session, clock.now())
        return {price.interval: str(price.id) for price in session.scalars(select(Price))}


def set_up(services, *, trial_days=0, coupon=None, once=None, bounds=None):
    """Changes what the first plan offers; the prices by interval."""
    with services.db.transaction() as session:
        plans.set_trial(session, plans.FIRST_KEY, trial_days, needs_card=True)
        if coupon is not None:
            coupons.make(session, coupon, clock.now())
        if once is not None:
            plans.set_price(session, plans.FIRST_KEY, "once", Money(9000, "EUR"), clock.now(), months=once)
        if bounds is not None:
            plans.set_price(session, plans.FIRST_KEY, "month", Money(600, "EUR"), clock.now(), bounds=bounds)
    with services.db.reading() as session:
        plan = plans.list_plans(session, "en")[0]
    return {price.interval: str(price.id) for price in plan.prices}


def read_open_order(services):
    with services.db.reading() as session:
        return session.scalars(select(Order).where(Order.state == "open")).one()


@time_machine.travel(NOW, tick=False)
def test_trial_says_what_is_free_and_the_day_of_the_first_payment(client, services, prices):
    set_up(services, trial_days=14)

    page = client.get("/join").text

    assert "14 days free, then €60 a year. First payment on 28 March 2027." in page
    assert "One free trial for each person." in page


def test_visitor_begins_a_trial_without_paying(client, services, prices):
    set_up(services, trial_days=14)

    client.get(pay(client, join(client, prices).location))

    assert is_member(services, "ben@example.org")
    assert (count(services, Trial), count(services, Payment)) == (1, 0)
    assert "Free until" in client.get("/account").text


def test_22_member_who_had_a_trial_is_told_before_paying(client, services, prices):
    set_up(services, trial_days=14)
    ben = make_member(services, "ben@example.org")
    sign_in(client, services, ben)
    client.get(pay(client, join(client, prices).location))
    desk = services.make_desk()
    fulfil.end_subscription(desk, portal.leave(desk, ben.id).stripe_id)

    page = client.get("/join").text

    assert "You have had your free trial, so the first payment is today." in page
    assert "days free" not in page


def test_22_visitor_is_told_nothing_about_a_known_address(app, client, services, prices):
    set_up(services, trial_days=14)
    client.get(pay(client, join(client, prices).location))
    other = make_client(app)

    reply = join(other, prices)

    assert (reply.status_code, read_open_order(services).trial_days) == (303, 0)
    assert "14 days free" in other.get("/join").text


def test_coupon_of_a_link_shows_what_is_charged_now_and_later(client, services, prices):
    set_up(services, coupon=CouponView("SPRING", percent_off=50.0))

    page = client.get("/join?coupon=spring").text

    assert "€30 for the first payment, then €60 a year." in page
    assert "€3 for the first payment, then €6 a month." in page
    assert 'name="coupon" value="SPRING"' in page


def test_price_shown_with_a_coupon_is_the_price_on_stripes_page_and_the_price_paid(client, services, prices):
    set_up(services, coupon=CouponView("SPRING", percent_off=50.0))

    opened = join(client, prices, path="/join?coupon=SPRING", coupon="SPRING")

    assert "€30" in client.get(opened.location.removeprefix("http://127.0.0.1:8000")).text
    client.get(pay(client, opened.location))
    work(services)
    with services.db.reading() as session:
        assert session.scalars(select(Payment.amount_minor)).all() == [3000]


@pytest.mark.parametrize("code", ["NONE", "<script>", "x" * 500])
def test_30_unknown_code_is_dropped_and_the_page_says_so(client, services, prices, code):
    page = client.get("/join", query_string={"coupon": code}).text

    assert "This code cannot be used any more, so these are the usual prices." in page
    assert 'name="coupon"' not in page


def test_30_code_that_ends_while_the_form_is_open_is_shown_before_anything_is_paid(client, services, prices):
    set_up(services, coupon=CouponView("SPRING", percent_off=50.0, redeem_by=clock.now() + timedelta(hours=1)))
    with services.db.transaction() as session:
        coupons.close(session, coupons.find_coupon(session, "SPRING").id)

    reply = join(client, prices, coupon="SPRING")

    assert reply.status_code == 409
    assert "This code cannot be used any more" in reply.text
    assert 'value="ben@example.org"' in reply.text
    assert count(services, Order) == 0


def test_30_used_up_code_comes_back_with_the_usual_prices(client, services, prices):
    set_up(services, coupon=CouponView("SPRING", percent_off=50.0, max_redemptions=1))
    client.get(pay(client, join(client, prices, coupon="SPRING", email="dev@example.org").location))
    client.delete_cookie("sid", domain="127.0.0.1")

    reply = join(client, prices, coupon="SPRING")

    assert reply.status_code == 409
    assert "This code cannot be used any more, so these are the usual prices." in reply.text
    assert 'name="coupon"' not in reply.text


def test_page_with_a_coupon_is_not_kept_for_others(client, services, prices):
    set_up(services, coupon=CouponView("SPRING", percent_off=50.0))

    assert "no-store" in client.get("/join?coupon=SPRING").headers["Cache-Control"]


def test_buyer_chooses_the_amount(client, services, prices):
    found = set_up(services, bounds=Bounds(Money(300, "EUR"), Money(5000, "EUR")))
    page = client.get("/join").text
    assert "From €3 to €50. We suggest €6." in page

    opened = join(client, found, interval="month", **{f"amount_{found['month']}": "12,50"})
    client.get(pay(client, opened.location))
    work(services)

    with services.db.reading() as session:
        assert session.scalars(select(Payment.amount_minor)).all() == [1250]
    assert "€12.50 a month" in client.get("/account").text


@pytest.mark.parametrize("typed", ["2.99", "50.01", "", "free", "-5", "1e3", "٣", "5.001"])
def test_amount_out_of_bounds_comes_back_beside_its_field(client, services, prices, typed):
    found = set_up(services, bounds=Bounds(Money(300, "EUR"), Money(5000, "EUR")))
    name = f"amount_{found['month']}"

    reply = join(client, found, interval="month", **{name: typed})

    assert reply.status_code == 422
    assert f'id="{name}-error"' in reply.text
    assert count(services, Order) == 0


def test_amount_for_a_price_that_leaves_no_choice_is_not_read(client, services, prices):
    join(client, prices, **{f"amount_{prices['year']}": "1"})

    assert read_open_order(services).amount_minor == 6000


def test_plan_is_paid_once_and_lasts_for_its_months(client, services, prices):
    found = set_up(services, once=12)
    assert "Lasts for 12 months; nothing renews" in client.get("/join").text

    client.get(pay(client, join(client, found, interval="once").location))

    page = client.get("/account").text
    assert "It ends by itself, and nothing more is charged." in page
    assert "Another single payment is added to that." in client.get("/join").text


def test_plan_that_is_theirs_for_good_is_not_sold_again(client, services, prices):
    with services.db.transaction() as session:
        price_id = plans.set_price(session, plans.FIRST_KEY, "once", Money(9000, "EUR"), clock.now())

    client.get(pay(client, join(client, {"once": str(price_id)}, interval="once").location))

    assert "Paid once, yours for good." in client.get("/account").text
    assert "You are a member" in client.get("/join").text
