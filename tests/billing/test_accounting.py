"""The host's figures, added up from what a year of paying, leaving and giving has left."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from podcastsvc.billing import plans, portal
from podcastsvc.billing.accounting import orders as order_list
from podcastsvc.billing.accounting.export import EXPORTS
from podcastsvc.billing.accounting.overview import list_borders, read_overview, spread
from podcastsvc.billing.accounting.risk import list_at_risk
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.kit.spreadsheets import write_rows
from podcastsvc.members import grants
from podcastsvc.storage.tables.billing import Payment, Subscription
from tests.billing.till import FAILS_LATER


def read(till):
    with till.db.reading() as session:
        return read_overview(session, clock.now())


def at_risk(till):
    with till.db.reading() as session:
        return list_at_risk(session, clock.now())


def test_twelve_months_end_with_the_present_one():
    borders = list_borders(datetime(2027, 3, 14, 23, tzinfo=UTC))

    assert [f"{each:%Y-%m}" for each in borders[:2]] == ["2026-04", "2026-05"]
    assert [f"{each:%Y-%m}" for each in borders[-2:]] == ["2027-03", "2027-04"]
    assert len(borders) == 13


@pytest.mark.parametrize(("minor", "interval", "each"), [(6000, "year", 500), (600, "month", 600), (1000, "year", 83)])
def test_yearly_prices_count_a_twelfth(minor, interval, each):
    assert spread(minor, interval) == each


def test_nothing_is_a_page_of_zeros(till):
    found = read(till)

    assert (found.plans, found.monthly, found.income) == ([], [], [])
    assert [each.joined for each in found.months] == [0] * 12


def test_members_by_plan_and_what_comes_in_each_month(till):
    till.subscribe()
    till.subscribe("cleo@example.org", interval="year")
    till.pay(till.donate(minor=500).url)
    till.redeem(till.buy_gift("gina@example.org"))
    member_id = till.sign_up("eve@example.org")
    with till.db.transaction() as session:
        grants.give(session, member_id, "members", until=None, zone="UTC", now=clock.now())
    till.settle()

    found = read(till)

    (plan,) = found.plans
    assert (plan.plan, plan.month, plan.year, plan.gift, plan.given, plan.total) == ("members", 1, 1, 1, 1, 4)
    (monthly,) = found.monthly
    assert (monthly.memberships, monthly.donations) == (Money(600 + 500, "EUR"), Money(500, "EUR"))


def test_income_is_by_month_and_plan_less_what_went_back(till):
    till.subscribe()
    till.live(40, step=8)
    till.client().refunds.create({"payment_intent": newest_payment(till), "amount": 100})
    till.pay(till.donate(interval="once", minor=500).url)
    till.settle()

    rows = read(till).income

    assert [(f"{each.month:%Y-%m}", each.kind, each.plan, each.money.amount_minor) for each in rows] == [
        ("2026-03", "donation", "", 500),
        ("2026-02", "membership", "members", 500),
        ("2026-01", "membership", "members", 600),
    ]


def newest_payment(till):
    return max(till.rows(Payment), key=lambda each: each.paid_at).stripe_id


def test_a_disputed_payment_is_no_income_until_the_dispute_is_won(till):
    till.subscribe(card="4000000000000259")
    till.live(1)
    disputed = read(till).income
    (payment,) = till.rows(Payment)

    till.post(f"/disputes/{payment.dispute_id}/won", {})
    till.settle()

    assert disputed == []
    assert [each.money for each in read(till).income] == [Money(600, "EUR")]


def test_income_after_a_change_counts_for_the_plan_that_is_paid_now(till):
    row = till.subscribe()
    till.add_plan("gold", 900)
    with till.db.transaction() as session:
        gold = next(plan for plan in plans.list_plans(session, "en") if plan.key == "gold")
        session.execute(
            update(Subscription).where(Subscription.stripe_id == row.stripe_id).values(price_id=gold.prices[0].id)
        )

    assert {each.plan for each in read(till).income} == {"gold"}


def test_who_leaves_with_a_payment_missing_is_gone_from_the_list_once_the_grace_is_over(till):
    till.subscribe(card=FAILS_LATER)
    till.live(32, step=8)
    portal.leave(till.desk, till.get_member().id)

    till.move(days=40)

    assert at_risk(till) == []


def test_currencies_stay_apart(till):
    with till.db.transaction() as session:
        price_id = plans.set_price(session, "members", "month", Money(900, "USD"), clock.now())
    till.work()
    till.subscribe()
    till.subscribe("dev@example.org", price_id=price_id)

    found = read(till)

    assert {each.memberships for each in found.monthly} == {Money(600, "EUR"), Money(900, "USD")}
    assert {each.money for each in found.income} == {Money(600, "EUR"), Money(900, "USD")}


def test_joins_and_leavings_stand_in_their_months(till):
    till.subscribe()
    till.subscribe("dev@example.org")
    portal.leave(till.desk, till.get_member("dev@example.org").id)
    till.live(40, step=8)

    months = read(till).months

    assert [each.joined for each in months if each.joined] == [2]
    assert [each.left for each in months if each.left] == [1]


def test_a_failed_payment_that_comes_after_all_counts_as_recovered(till):
    row = till.subscribe(card=FAILS_LATER)
    till.live(32, step=8)
    (risk,) = at_risk(till)
    till.pay_with_new_card(portal.open_card_form(till.desk, row.stripe_id, language="en"))
    till.live(14)

    assert (risk.why, risk.email, risk.letters) == ("unpaid", "ben@example.org", 1)
    assert risk.until > clock.now() - timedelta(days=14)
    assert sum(each.recovered for each in read(till).months) == 1
    assert at_risk(till) == []


def test_whoever_leaves_is_at_risk_with_a_reason_and_soonest_first(till):
    till.subscribe(interval="year")
    till.subscribe("dev@example.org")
    for email in ("ben@example.org", "dev@example.org"):
        portal.leave(till.desk, till.get_member(email).id, reason="unused")

    found = at_risk(till)

    assert [(each.email, each.why, each.reason) for each in found] == [
        ("dev@example.org", "leaving", "unused"),
        ("ben@example.org", "leaving", "unused"),
    ]


def test_a_trial_without_a_card_is_at_risk_in_its_last_week(till):
    with till.db.transaction() as session:
        plans.set_trial(session, "members", 14, needs_card=False)
    till.post(till.join().url, {"do": "pay", "email": "ben@example.org"})
    till.settle()
    early = at_risk(till)

    till.live(8)

    assert early == []
    assert [each.why for each in at_risk(till)] == ["trial"]
    assert [(each.trial, each.total) for each in read(till).plans] == [(1, 1)]
    assert read(till).monthly == []


def test_who_only_gives_is_neither_a_member_nor_at_risk(till):
    till.pay(till.donate(member_id=till.sign_up("ben@example.org")).url, FAILS_LATER)
    till.settle()
    till.live(33, step=11)

    assert read(till).plans == []
    assert at_risk(till) == []
    assert sum(each.joined for each in read(till).months) == 0


def test_orders_are_found_by_address_and_number(till):
    till.subscribe()
    open_order = till.join("dev@example.org").order_id

    def find(words, state=""):
        with till.db.reading() as session:
            return [each.order.id for each in order_list.list_orders(session, words=words, state=state, limit=10)]

    with till.db.reading() as session:
        counts = order_list.count_states(session, "")
    assert find("DEV@") == [open_order]
    assert find(open_order.lower()) == [open_order]
    assert find("", "open") == [open_order]
    assert len(find("")) == 2
    assert find("%") == []
    assert (counts["open"], counts["paid"]) == (1, 1)


def test_an_order_shows_its_newest_payment(till):
    row = till.subscribe()
    till.live(100, step=10)

    with till.db.reading() as session:
        (found,) = order_list.list_orders(session, words="", state="", limit=10)

    assert len(till.rows(Payment)) == 4
    assert found.order.id == row.order_id
    assert found.payment_id == newest_payment(till)


@pytest.mark.parametrize("what", EXPORTS)
def test_exports_hold_everybody_and_no_secret(till, what):
    row = till.subscribe()
    till.join("=cmd@example.org")
    till.desk.gateway.set_cancel(row.stripe_id, at_period_end=True)
    till.settle()

    with till.db.reading() as session:
        head, rows = EXPORTS[what](session, clock.now())
        text = b"".join(write_rows(head, rows)).decode()

    lines = text.strip().split("\r\n")
    assert "ben@example.org" in text
    assert len(lines) == {"members": 3, "payments": 2, "orders": 3, "at-risk": 2}[what]
    assert len({line.count('","') for line in lines}) == 1
    assert ',"=' not in text
    assert "private/" not in text
