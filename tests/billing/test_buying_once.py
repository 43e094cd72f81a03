"""Plans that one payment buys: until a day, added to what was bought before, or for good."""

from datetime import timedelta

import pytest

from podcastsvc.billing import plans
from podcastsvc.billing.checkout import AlreadyMember
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.members.entitlements import Standing
from podcastsvc.storage.tables.billing import Grant, Order, Subscription
from tests.billing.conftest import START


@pytest.fixture
def sell(till):
    """Offers the first plan for one payment of €90, for some months or (None) for good."""

    def offer(months=12):
        with till.db.transaction() as session:
            price_id = plans.set_price(session, "members", "once", Money(9000, "EUR"), clock.now(), months=months)
        till.work()
        return price_id

    return offer


def buy(till, price_id, **wish):
    opened = till.join(price_id=price_id, **wish)
    till.pay(opened.url)
    till.settle()
    return opened


def test_one_payment_gives_a_year_and_a_letter_that_says_until_when(till, sell):
    buy(till, sell())

    found, letter = till.entitlement(), till.letter_text("welcome_once")
    assert (found.standing, found.has_access) == (Standing.BOUGHT, True)
    assert found.until.date() == START.replace(year=2027).date()
    assert "Plan: Member, €90 once." in letter
    assert "It lasts until 31 January 2027 and ends by itself." in letter
    assert till.letters() == ["welcome_once"]
    assert till.rows(Subscription) == []


def test_it_ends_by_itself_and_nothing_more_is_charged(till, sell):
    buy(till, sell())

    found = till.entitlement(now=START + timedelta(days=366))

    assert (found.standing, found.has_access) == (Standing.ENDED, False)


def test_what_is_bought_again_is_added_at_the_end(till, sell):
    price_id = sell(months=1)

    buy(till, price_id)
    buy(till, price_id, member_id=till.get_member().id)

    ends = sorted(grant.ends_at.date().isoformat() for grant in till.rows(Grant) if grant.reason == "once")
    assert ends == ["2026-02-28", "2026-03-28"]
    assert till.letters() == ["welcome_once", "welcome_once"]


def test_bought_for_good_has_no_end_and_cannot_be_bought_again(till, sell):
    price_id = sell(months=None)
    buy(till, price_id)

    again = till.join(price_id=price_id, member_id=till.get_member().id)

    assert till.entitlement().until is None
    assert "It is yours for good. Nothing more is charged." in till.letter_text("welcome_once")
    assert again == AlreadyMember(None)


def test_second_payment_for_what_is_theirs_for_good_is_given_back(till, sell):
    price_id = sell(months=None)
    buy(till, price_id)

    buy(till, price_id)

    assert sorted(order.state for order in till.rows(Order)) == ["paid", "refunded"]
    assert [refund.amount for refund in till.refunds()] == [9000]
    assert len([grant for grant in till.rows(Grant) if grant.reason == "once"]) == 1
