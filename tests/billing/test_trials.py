"""Trials: who gets one, what is charged when, and the letters around it."""

from datetime import UTC, datetime, timedelta

import pytest

from podcastsvc.billing import plans, portal
from podcastsvc.billing.joining import trials
from podcastsvc.billing.letters.trial import is_due
from podcastsvc.kit.keys import Keys
from podcastsvc.members.entitlements import Standing
from podcastsvc.storage.tables.billing import Order, Payment, Subscription
from podcastsvc.storage.tables.offer import Trial
from tests.billing.conftest import START

NOON = datetime(2027, 3, 14, 12, tzinfo=UTC)


@pytest.fixture
def offer(till):
    """Offers a trial with the first plan."""

    def set_trial(days=14, *, needs_card=True):
        with till.db.transaction() as session:
            plans.set_trial(session, "members", days, needs_card=needs_card)

    return set_trial


def begin(till, **wish):
    """The whole way without a card: form, page, notices."""
    opened = till.join(**wish)
    answer = till.post(opened.url, {"do": "pay", "email": "ben@example.org"})
    assert answer.status_code == 303
    till.settle()


def test_trial_with_a_card_is_free_at_first_and_charged_on_its_day(till, offer):
    offer()

    till.subscribe()

    found = till.entitlement()
    assert (found.standing, found.until.date()) == (Standing.TRIAL, (START + timedelta(days=14)).date())
    assert "free until 14 February 2026, then €6 a month" in till.letter_text("welcome")
    assert till.rows(Payment) == []
    till.live(16)
    assert [payment.amount_minor for payment in till.rows(Payment)] == [600]
    assert till.entitlement().standing is Standing.ACTIVE
    assert till.letters() == ["welcome", "trial_ending"]
    assert "Then €6 a month is charged to the card •• 4242" in till.letter_text("trial_ending")


def test_21_trial_without_a_card_ends_with_a_letter_before_and_after(till, offer):
    offer(needs_card=False)
    begin(till)

    till.live(12)
    before = till.letters()
    till.live(4)

    assert before == ["welcome", "trial_ending"]
    assert "there is no card" in till.letter_text("trial_ending")
    assert till.letters() == ["welcome", "trial_ending", "ended"]
    assert "Your free trial has ended, and nothing was charged." in till.letter_text("ended")
    assert not till.entitlement().has_access
    assert till.rows(Payment) == []


def test_card_given_during_the_trial_makes_it_go_on(till, offer):
    offer(needs_card=False)
    begin(till)

    till.pay_with_new_card(portal.open_portal(till.desk, till.get_member().id, language="en", flow="card"))
    till.live(16)

    assert till.entitlement().standing is Standing.ACTIVE
    assert [payment.amount_minor for payment in till.rows(Payment)] == [600]


def test_22_second_trial_is_refused_and_the_first_payment_is_at_once(till, offer):
    offer()
    row = till.subscribe()
    portal.leave(till.desk, row.member_id)
    till.live(16)

    again = till.subscribe(member_id=row.member_id)

    assert again.status == "active"
    assert [payment.amount_minor for payment in till.rows(Payment)] == [600]
    assert len(till.rows(Trial)) == 1


def test_22_visitor_with_an_address_that_had_a_trial_pays_at_once(till, offer):
    offer()
    row = till.subscribe()
    portal.leave(till.desk, row.member_id)
    till.live(16)

    opened = till.join("Ben@Example.org")

    assert "free" not in till.get(opened.url).text.lower()
    assert max(till.rows(Order), key=lambda order: order.created_at).trial_days == 0


def test_22_address_keeps_its_mark_when_its_member_is_gone(till, offer):
    offer()
    row = till.subscribe()
    portal.leave(till.desk, row.member_id)
    till.live(16)
    with till.db.transaction() as session:
        session.query(Trial).update({"member_id": None})
    price = _find_price(till)

    with till.db.reading() as session:
        days = trials.find_days(session, till.desk.keys, price, member_id=row.member_id, address=None)

    assert days == 0


def test_22_mark_of_an_earlier_key_counts(till, offer):
    offer()
    row = till.subscribe()
    with till.db.transaction() as session:
        session.query(Trial).update({"member_id": None})
    newer = Keys({"new": b"n" * 16 + b"k" * 16, **till.desk.keys.by_id})
    price = _find_price(till)

    with till.db.reading() as session:
        days = trials.find_days(session, newer, price, member_id=row.member_id, address=None)

    assert days == 0


def test_22_of_two_pages_open_at_once_one_trial_begins(till, offer):
    offer()
    first, second = till.join(), till.join()
    till.pay(first.url)
    till.settle()
    row = till.rows(Subscription)[0]
    till.end_at_stripe(row.stripe_id)
    till.settle()

    till.pay(second.url)
    till.settle()

    assert [order.state for order in sorted(till.rows(Order), key=lambda each: each.state)] == ["paid", "refunded"]
    assert {each.status for each in till.rows(Subscription)} == {"canceled"}
    assert len(till.rows(Trial)) == 1


def test_plan_without_a_trial_offers_none(till, offer):
    offer(0)

    assert till.subscribe().status == "active"


@pytest.mark.parametrize(
    ("begun", "ends", "due"),
    [(-11, 3, True), (-11, 3.1, False), (-0.5, 2, False), (-1, 2, True), (-14, 0, False)],
)
def test_letter_comes_three_days_before_and_never_on_the_heels_of_the_welcome(begun, ends, due):
    assert is_due(NOON + timedelta(days=begun), NOON + timedelta(days=ends), NOON) is due


def _find_price(till):
    price_id = till.find_price()
    with till.db.reading() as session:
        return plans.find_price(session, price_id, "en")
