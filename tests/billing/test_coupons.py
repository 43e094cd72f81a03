"""Coupons: made here and at Stripe, what they take off, and what happens to those that cannot be used."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.billing import leaving, plans
from podcastsvc.billing.checkout import CouponRefused, Opened
from podcastsvc.billing.joining import coupons, terms
from podcastsvc.billing.joining.coupons import CouponView, lower, read_code
from podcastsvc.errors import Invalid, NotFound
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.mail.addresses import read_address
from podcastsvc.storage.tables.billing import Payment
from podcastsvc.storage.tables.offer import Coupon

HALF = CouponView("SPRING", percent_off=50.0)


@pytest.fixture
def make(till):
    """Makes a coupon here and, by the job, at Stripe."""

    def make_coupon(wish=HALF, **more):
        with till.db.transaction() as session:
            coupon_id = coupons.make(session, replace(wish, **more), clock.now())
        till.work()
        return coupon_id

    return make_coupon


def charged(till):
    return [payment.amount_minor for payment in sorted(till.rows(Payment), key=lambda each: each.paid_at)]


def find_problem(till, code, member_id=None):
    with till.db.reading() as session:
        prices = [price for plan in plans.list_plans(session, "en") for price in plan.prices]
        coupon = coupons.find_coupon(session, code)
        return terms.find_problem(session, coupon, prices, member_id=member_id, now=clock.now())


@pytest.mark.parametrize(
    ("more", "payments"),
    [({}, [300, 600, 600]), ({"months": 2}, [300, 300, 600]), ({"months": 0}, [300, 300, 300])],
)
def test_coupon_of_a_link_lowers_what_is_charged_as_long_as_it_says(till, make, more, payments):
    make(**more)

    till.subscribe(code="SPRING")
    till.live(65)

    assert charged(till) == payments


def test_amount_off_in_its_own_currency(till, make):
    make(percent_off=None, amount_off=Money(100, "EUR"))

    till.subscribe(code="SPRING")

    assert charged(till) == [500]


def test_code_can_be_typed_on_stripes_page(till, make):
    make()
    opened = till.join()

    till.post(opened.url, {"do": "use-code", "code": "SPRING", "email": "ben@example.org"})
    till.pay(opened.url)
    till.settle()

    assert charged(till) == [300]


def test_coupon_for_another_plan_lowers_nothing(till, make):
    till.add_plan("gold", 2000)
    make(plan="gold")

    till.subscribe(code="SPRING")

    assert charged(till) == [600]


def test_coupon_for_one_plan_lowers_that_plan(till, make):
    make(plan="members")

    till.subscribe(code="SPRING")

    assert charged(till) == [300]


def test_30_used_up_code_is_dropped_and_the_order_can_go_on_without_it(till, make):
    make(max_redemptions=1)
    till.subscribe("dev@example.org", code="SPRING")

    with pytest.raises(CouponRefused):
        till.join(order_id="01JZZZZZZZZZZZZZZZZZZZZZZZ", code="SPRING")
    opened = till.join(order_id="01JZZZZZZZZZZZZZZZZZZZZZZZ")

    assert isinstance(opened, Opened)
    assert "€6" in till.get(opened.url).text


def test_30_expired_code_says_so_before_anything_is_asked(till, make):
    make(redeem_by=clock.now() + timedelta(days=2))
    before = find_problem(till, "SPRING")

    till.move(days=3)

    assert (before, find_problem(till, "SPRING")) == ("", terms.CODE_OVER)


def test_30_closed_code_can_be_used_nowhere(till, make):
    coupon_id = make()

    with till.db.transaction() as session:
        coupons.close(session, coupon_id)
    till.work()

    assert find_problem(till, "SPRING") == terms.CODE_OVER
    assert [code.active for code in till.client().promotion_codes.list({"code": "SPRING"}).data] == [False]


def test_30_code_in_another_currency_says_so(till, make):
    make(percent_off=None, amount_off=Money(100, "USD"))

    assert find_problem(till, "SPRING") == terms.CODE_UNFIT


def test_30_code_for_new_members_says_so_to_who_has_paid_and_drops_silently_for_a_visitor(till, make):
    make(is_first_time_only=True)
    row, price_id = till.subscribe(), till.find_price()

    with till.db.reading() as session:
        price = plans.find_price(session, price_id, "en")
        coupon = coupons.find_coupon(session, "SPRING")
        known = terms.settle(
            session,
            till.desk.keys,
            price,
            coupon,
            member_id=None,
            address=read_address("ben@example.org"),
            now=clock.now(),
        )
        new = terms.settle(
            session,
            till.desk.keys,
            price,
            coupon,
            member_id=None,
            address=read_address("eve@example.org"),
            now=clock.now(),
        )

    assert find_problem(till, "SPRING", row.member_id) == terms.CODE_FOR_NEW
    assert (find_problem(till, "SPRING"), known.coupon_id, new.coupon_id) == ("", None, coupon.id)


def test_30_coupon_takes_the_place_of_a_trial(till, make):
    with till.db.transaction() as session:
        plans.set_trial(session, "members", 14, needs_card=True)
    make()

    till.subscribe(code="SPRING")

    assert charged(till) == [300]


def test_second_run_makes_nothing_more_at_stripe(till, make):
    make()

    with till.db.transaction() as session:
        session.query(Coupon).update({"promotion_code_id": None})
    coupons.prepare_all(till.desk, clock.now())

    assert len(till.client().promotion_codes.list().data) == 1
    assert till.rows(Coupon)[0].promotion_code_id is not None


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"code": "no"}, "code"),
        ({"code": "SPÄT"}, "code"),
        ({"percent_off": None}, "percent_off"),
        ({"amount_off": Money(100, "EUR")}, "percent_off"),
        ({"percent_off": 0.0}, "percent_off"),
        ({"percent_off": 101.0}, "percent_off"),
    ],
)
def test_coupon_that_cannot_be_is_not_made(till, make, more, field):
    with pytest.raises(Invalid) as refusal:
        make(**more)

    assert list(refusal.value.fields) == [field]


def test_code_is_used_once_for_ever(till, make):
    make()

    with pytest.raises(Invalid, match=coupons.CODE_TAKEN):
        make()


@pytest.mark.parametrize(
    ("typed", "code"), [("spring", "SPRING"), (" Spring 27 ", "SPRING27"), ("a", ""), ("x" * 31, ""), ("<b>", "")]
)
def test_code_is_read_as_people_type_it(typed, code):
    assert read_code(typed) == code


@given(percent=st.floats(0.01, 100), amount=st.integers(1, 10**8), months=st.one_of(st.none(), st.integers(0, 36)))
def test_lowered_price_is_never_below_nothing_nor_above_itself(percent, amount, months):
    found = lower(CouponView("A", percent_off=percent, months=months), Money(amount, "EUR"), "month")

    assert 0 <= found.money.amount_minor <= amount
    assert found.payments is None if months == 0 else found.payments >= 1


def test_months_are_counted_in_payments():
    coupon = CouponView("A", percent_off=50, months=14)

    found = [lower(coupon, Money(600, "EUR"), interval).payments for interval in ("month", "year", "once")]

    assert found == [14, 2, 1]


def test_an_account_that_is_gone_is_not_called_a_code_that_is_over(till):
    """Removed in another window between the form and the click."""
    member_id = till.sign_up("ben@example.org")
    leaving.remove_member(till.db, till.desk.gateway, member_id, clock.now())

    with pytest.raises(NotFound) as refused:
        till.join(member_id=member_id)

    assert not isinstance(refused.value, CouponRefused)
