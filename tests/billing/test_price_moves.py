"""Moving members to a newer price: told 30 days before, charged from the next period on, nobody without a letter."""

from datetime import timedelta

import pytest

from podcastsvc.billing import plans, portal
from podcastsvc.billing.changing import price_moves
from podcastsvc.errors import Invalid, NotFound
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.storage.tables.billing import Payment, Subscription
from podcastsvc.storage.tables.offer import PriceMove
from tests.billing.till import FAILS_LATER


def raise_price(till, amount_minor=800):
    with till.db.transaction() as session:
        plans.set_price(session, "members", "month", Money(amount_minor, "EUR"), clock.now())
    till.work()


def move(till, days=32):
    with till.db.reading() as session:
        (earlier,) = price_moves.list_earlier(session, "members")
    with till.db.transaction() as session:
        price_moves.plan_move(session, "members", earlier.price_id, clock.now() + timedelta(days=days), clock.now())
    till.work()
    return earlier


def paid(till):
    return [each.amount_minor for each in sorted(till.rows(Payment), key=lambda each: each.paid_at)]


def test_34_moved_member_is_told_and_pays_the_new_price_from_the_next_period_on(till):
    till.subscribe()
    raise_price(till)

    earlier = move(till)
    letter = till.letter_text("price_moves")
    till.live(100)

    assert (earlier.members, earlier.money.amount_minor, earlier.to_money.amount_minor) == (1, 600, 800)
    assert "your membership costs €8 a month instead of €6 a month" in letter
    assert paid(till) == [600, 600, 800, 800]
    assert till.letters().count("price_moves") == 1
    assert till.rows(PriceMove)[0].done_at is not None


def test_nothing_is_charged_on_the_day_of_the_move(till):
    till.subscribe()
    raise_price(till)
    move(till)

    till.live(33)
    amount = till.rows(Subscription)[0].amount_minor

    assert (amount, paid(till)) == (800, [600, 600])


def test_member_who_leaves_is_neither_told_nor_moved(till):
    row = till.subscribe()
    till.subscribe("dev@example.org")
    raise_price(till)
    portal.leave(till.desk, row.member_id)

    move(till)
    till.live(20)

    assert "price_moves" not in till.letters()
    assert "price_moves" in till.letters("dev@example.org")


def test_who_comes_to_the_price_late_is_told_then_and_moved_30_days_later(till):
    till.subscribe("dev@example.org")
    opened = till.join()
    raise_price(till)
    move(till, days=31)
    till.pay(opened.url)
    till.settle()
    (ben,) = (row for row in till.rows(Subscription) if row.member_id == till.get_member().id)

    till.live(1)
    told = till.letters()
    till.live(40)

    assert "price_moves" in told
    assert next(row for row in till.rows(Subscription) if row.stripe_id == ben.stripe_id).amount_minor == 800


def test_nobody_is_moved_without_a_letter_that_is_30_days_old(till):
    till.subscribe()
    raise_price(till)
    move(till)
    till.move(days=29)
    with till.db.transaction() as session:
        session.query(PriceMove).update({"takes_effect_at": clock.now()})

    problems = price_moves.run_due(till.desk, clock.now())

    assert (problems, till.rows(Subscription)[0].amount_minor) == ([], 600)


def test_move_that_is_called_off_moves_nobody(till):
    till.subscribe()
    raise_price(till)
    earlier = move(till)

    with till.db.transaction() as session:
        price_moves.call_off(session, earlier.price_id)
    till.live(40)

    assert set(paid(till)) == {600}


def test_one_that_cannot_be_moved_holds_up_nobody_and_is_tried_again(till):
    first = till.subscribe()
    till.subscribe("dev@example.org")
    raise_price(till)
    move(till)
    till.move(days=33)
    till.forget_at_stripe(first.stripe_id)

    problems = price_moves.run_due(till.desk, clock.now())

    assert [problem.partition(":")[0] for problem in problems] == [first.stripe_id]
    assert sorted(row.amount_minor for row in till.rows(Subscription)) == [600, 800]


def test_running_it_twice_changes_nothing(till):
    till.subscribe()
    raise_price(till)
    move(till)
    till.move(days=33)
    price_moves.run_due(till.desk, clock.now())
    before = till.snapshot()

    price_moves.run_due(till.desk, clock.now())

    assert till.snapshot() == before


def test_member_whose_card_fails_is_moved_too(till):
    till.subscribe(card=FAILS_LATER)
    raise_price(till)
    move(till)

    till.live(34)

    assert till.rows(Subscription)[0].amount_minor == 800


def test_day_that_is_too_near_is_refused(till):
    till.subscribe()
    raise_price(till)

    with pytest.raises(Invalid):
        move(till, days=30)

    assert till.rows(PriceMove) == []


def test_price_that_nobody_pays_cannot_be_moved(till):
    raise_price(till)

    with till.db.reading() as session:
        assert price_moves.list_earlier(session, "members") == []
    with till.db.transaction() as session, pytest.raises(NotFound):
        price_moves.plan_move(session, "members", 1, clock.now() + timedelta(days=40), clock.now())
