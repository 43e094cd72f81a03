"""Another plan or interval: what can be chosen, what it costs today, and what happens to the card and the feed."""

import pytest

from podcastsvc.billing import plans, portal
from podcastsvc.billing.changing import plan_change
from podcastsvc.billing.changing.plan_change import is_later
from podcastsvc.errors import Conflict, NotFound
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.members.entitlements import Standing
from podcastsvc.storage.tables.billing import Payment, Subscription
from tests.billing.till import CONFIRMS_EACH_TIME, FAILS_LATER


def look(till, row, interval="year", price_id=None):
    price_id = price_id or till.find_price(interval)
    return plan_change.preview(till.desk, row.member_id, price_id, "en", clock.now())


def change(till, row, token):
    return plan_change.change_now(till.desk, row.member_id, token, "en")


def paid(till):
    return [
        each.amount_minor for each in sorted(till.rows(Payment), key=lambda each: (each.paid_at, each.amount_minor))
    ]


def read_row(till, row):
    return next(each for each in till.rows(Subscription) if each.stripe_id == row.stripe_id)


def plan_month(till, row):
    """From year to month, by Stripe's page."""
    url = plan_change.open_planning(till.desk, row.member_id, till.find_price("month"), "en")
    page = till.get(till.get(url).location)
    price = plans.prepare_price(till.desk, till.find_price("month"))
    answer = till.post(till.get(url).location, {"price": price})
    till.settle()
    return page, answer


def test_month_to_year_costs_today_what_the_preview_said(till):
    row = till.subscribe()
    till.move(days=10)

    preview = look(till, row)
    till.move(minutes=10)
    outcome = change(till, row, preview.token)
    till.settle()

    after = read_row(till, row)
    assert (outcome, after.interval, after.amount_minor) == ("changed", "year", 6000)
    assert 5500 < preview.due.amount_minor < 6000
    assert paid(till) == [600, preview.due.amount_minor]
    assert till.entitlement().standing is Standing.ACTIVE
    assert after.price_id == till.find_price("year")


def test_dearer_plan_of_the_same_interval_costs_the_difference(till):
    row = till.subscribe()
    till.add_plan("gold", 2000)
    with till.db.reading() as session:
        gold = plans.list_plans(session, "en")[1].prices[0].id

    preview = look(till, row, price_id=gold)
    change(till, row, preview.token)

    assert 1390 <= preview.due.amount_minor <= 1400
    assert read_row(till, row).plans == ["gold"]
    assert till.entitlement().audience.plans == {"gold"}


def test_19_month_to_year_with_a_declined_card_leaves_the_old_plan_and_nothing_owed(till):
    row = till.subscribe(card=FAILS_LATER)
    till.move(days=10)

    outcome = change(till, row, look(till, row).token)
    till.settle()

    after = read_row(till, row)
    assert outcome == "declined"
    assert (after.interval, after.amount_minor, after.status) == ("month", 600, "active")
    assert till.entitlement().standing is Standing.ACTIVE
    assert [invoice.status for invoice in till.client().invoices.list().data if invoice.status == "open"] == []
    assert paid(till) == [600]
    assert "payment_failed" not in till.letters()


def test_19_after_a_declined_card_a_new_one_can_be_tried(till):
    row = till.subscribe(card=FAILS_LATER)
    change(till, row, look(till, row).token)
    till.pay_with_new_card(portal.open_portal(till.desk, row.member_id, language="en", flow="card"))
    till.settle()
    still = read_row(till, row).interval
    till.move(minutes=5)

    outcome = change(till, row, look(till, row).token)

    assert (still, outcome, read_row(till, row).interval) == ("month", "changed", "year")


def test_19_bank_that_wants_an_answer_is_answered_first(till):
    row = till.subscribe(card=CONFIRMS_EACH_TIME)

    page = change(till, row, look(till, row).token)
    before = read_row(till, row).interval
    answer = till.post(page, {"do": "saved"})
    till.decide(answer)
    till.settle()

    assert (before, read_row(till, row).interval) == ("month", "year")


def test_20_year_to_month_is_planned_for_the_end_of_the_year(till):
    row = till.subscribe(interval="year")

    page, answer = plan_month(till, row)

    planned = read_row(till, row)
    assert "€6" in page.text
    assert answer.location.endswith("/account/billing/back?from=plan")
    assert (planned.interval, planned.planned_price_id) == ("year", till.find_price("month"))
    assert planned.planned_at == row.period_end
    assert paid(till) == [6000]
    till.live(370, step=5)
    after = read_row(till, row)
    assert (after.interval, after.planned_price_id, after.planned_at) == ("month", None, None)
    assert sorted(set(paid(till))) == [600, 6000]
    assert till.entitlement().has_access


def test_20_planned_change_can_be_taken_back(till):
    row = till.subscribe(interval="year")
    plan_month(till, row)

    plan_change.keep_plan(till.desk, row.member_id)

    assert read_row(till, row).planned_price_id is None


def test_20_leaving_ends_what_was_planned(till):
    row = till.subscribe(interval="year")
    plan_month(till, row)

    after = portal.leave(till.desk, row.member_id)

    assert (after.planned_price_id, after.cancel_at) == (None, row.period_end)


def test_change_in_a_trial_costs_nothing_today(till):
    with till.db.transaction() as session:
        plans.set_trial(session, "members", 14, needs_card=True)
    row = till.subscribe()

    preview = look(till, row)
    change(till, row, preview.token)

    assert preview.due.amount_minor == 0
    assert (read_row(till, row).interval, till.entitlement().standing) == ("year", Standing.TRIAL)


def test_same_confirmation_twice_charges_once(till):
    row = till.subscribe()
    token = look(till, row).token

    change(till, row, token)
    with pytest.raises(NotFound):
        change(till, row, token)
    till.settle()

    assert len(paid(till)) == 2


@pytest.mark.parametrize("token", ["", "abc", "W10.x.y"])
def test_confirmation_that_is_none_of_ours_changes_nothing(till, token):
    row = till.subscribe()

    with pytest.raises(Conflict):
        change(till, row, token)

    assert plan_change.read_price_id(till.desk.keys, token) is None


def test_confirmation_is_good_for_an_hour(till):
    row = till.subscribe()
    token = look(till, row).token

    till.move(minutes=61)

    with pytest.raises(Conflict):
        change(till, row, token)
    assert plan_change.read_price_id(till.desk.keys, token) == till.find_price("year")


def test_confirmation_of_another_member_changes_nothing(till):
    row, other = till.subscribe(), till.subscribe("dev@example.org")

    with pytest.raises(Conflict):
        change(till, other, look(till, row).token)

    assert read_row(till, other).interval == "month"


def test_nothing_can_be_changed_while_it_ends_or_owes(till):
    row = till.subscribe()
    portal.leave(till.desk, row.member_id)

    with pytest.raises(Conflict):
        look(till, row)


def test_35_price_in_another_currency_is_no_choice_beside_a_running_subscription(till):
    row = till.subscribe()
    with till.db.transaction() as session:
        dollars = plans.set_price(session, "members", "year", Money(7000, "USD"), clock.now())
    with till.db.reading() as session:
        offer = plan_change.find_offer(session, row.member_id, "en")

    assert (offer.others, [option.price.money.currency for option in offer.options]) == (True, ["EUR"])
    with pytest.raises(NotFound):
        look(till, row, price_id=dollars)


def test_35_after_the_end_another_currency_makes_a_new_customer(till):
    row = till.subscribe()
    till.end_at_stripe(row.stripe_id)
    till.settle()
    with till.db.transaction() as session:
        dollars = plans.set_price(session, "members", "month", Money(700, "USD"), clock.now())
    till.work()

    first = till.subscribe(member_id=row.member_id, price_id=dollars)
    till.end_at_stripe(first.stripe_id)
    till.settle()
    second = till.subscribe(member_id=row.member_id)

    assert (first.currency, first.amount_minor) == ("USD", 700)
    assert first.customer_id != row.customer_id
    assert second.customer_id == row.customer_id
    assert till.entitlement().has_access


def test_newer_price_of_the_same_plan_is_no_choice(till):
    row = till.subscribe()
    with till.db.transaction() as session:
        plans.set_price(session, "members", "month", Money(800, "EUR"), clock.now())

    with till.db.reading() as session:
        offer = plan_change.find_offer(session, row.member_id, "en")

    assert [option.price.interval for option in offer.options] == ["year"]


@pytest.mark.parametrize(
    ("interval", "amount", "to", "to_amount", "later"),
    [
        ("month", 600, "year", 6000, False),
        ("year", 6000, "month", 600, True),
        ("year", 600, "month", 6000, True),
        ("month", 600, "month", 2000, False),
        ("month", 2000, "month", 600, True),
        ("year", 9000, "year", 6000, True),
    ],
)
def test_shorter_or_cheaper_waits_for_the_end_of_the_period(interval, amount, to, to_amount, later):
    assert is_later(interval, amount, to, to_amount) is later
