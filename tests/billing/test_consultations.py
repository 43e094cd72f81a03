"""Consultations: a time held while somebody pays, booked once, moved, cancelled, given back; and letters with calendars."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import update

from podcastsvc.billing import checkout, fulfil, leaving
from podcastsvc.billing.accounting import overview
from podcastsvc.billing.consulting import bookings
from podcastsvc.billing.consulting.offers import find_offer
from podcastsvc.billing.letters import consulting
from podcastsvc.billing.returning import refunds
from podcastsvc.billing.returning.refunds import RefundWish
from podcastsvc.billing.standin.faults import Faults
from podcastsvc.errors import Conflict, Invalid, NotFound, Unavailable
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.mail.outbox import build_message
from podcastsvc.storage.tables.billing import Order, Payment
from podcastsvc.storage.tables.consultation import Consultation
from podcastsvc.storage.tables.letter import Letter
from tests.billing.till import DECLINED


@pytest.fixture
def talks(till):
    """Ada can be booked on weekday afternoons."""
    till.open_consultations()
    return till


def buy(till, email="ben@example.org", **wish):
    """Books and pays; the row."""
    opened = till.book(email, **wish)
    till.pay(opened.url, email=email)
    till.settle()
    return find(till, opened.order_id)


def find(till, order_id):
    with till.db.reading() as session:
        return bookings.find_of_order(session, order_id)


def change(till, action, row, *arguments, **values):
    with till.db.transaction() as session:
        action(session, row.id, *arguments, now=clock.now(), **values)
    till.settle()


def kinds(till, to="ben@example.org"):
    """What was written to an address: kinds and periods, oldest first."""
    rows = sorted(till.rows(Letter), key=lambda each: (each.created_at, each.id))
    return [
        f"{each.kind} {each.period.split(':', each.kind == 'host_consultation')[-1]}" for each in rows if each.to == to
    ]


def test_paid_time_is_booked_once_and_both_are_told(talks):
    at = talks.list_times()[0]

    row = buy(talks)
    talks.come_back(talks.rows(Order)[0].checkout_id)
    talks.settle()

    assert (row.state, row.starts_at, row.ends_at - row.starts_at) == ("booked", at, timedelta(hours=1))
    assert (row.name, row.email, row.question) == ("Ben", "ben@example.org", "How to begin?")
    assert [(each.kind, each.amount_minor) for each in talks.rows(Payment)] == [("consultation", 8000)]
    assert kinds(talks) == ["consultation booked:0"]
    assert kinds(talks, "ada@example.org") == ["host_consultation booked:0"]
    assert at not in talks.list_times()


def test_the_letter_says_when_on_the_buyer_s_clock_and_brings_a_calendar(talks):
    row = buy(talks)

    letter = next(each for each in talks.rows(Letter) if each.kind == "consultation")
    message = build_message(letter)

    (part,) = [each for each in message.walk() if each.get_content_type() == "text/calendar"]
    assert part["Content-Type"].params["method"] == "REQUEST"
    assert f"DTSTART:{row.starts_at:%Y%m%dT%H%M%SZ}" in part.get_content()
    assert "America/New_York" in letter.text
    assert "https://meet.example/ada" in letter.text
    assert message.get_body(("plain",)).get_content().strip() == letter.text.strip()
    host = next(each for each in talks.rows(Letter) if each.kind == "host_consultation")
    assert "How to begin?" in host.text
    assert "Europe/Madrid" in host.text


def test_held_time_is_offered_to_nobody_else_until_the_hold_is_over(talks):
    at = talks.list_times()[0]
    talks.book(at=at)

    with pytest.raises(Invalid) as refusal:
        talks.book("cleo@example.org", at=at)
    talks.move(hours=3)

    assert set(refusal.value.fields) == {"time"}
    assert at in talks.list_times()


def test_hold_lasts_longer_than_the_checkout():
    assert bookings.HELD_FOR > checkout.SESSION_LIFETIME


def test_one_time_wanted_by_four_at_once_is_held_once(talks):
    at, barrier, outcomes = talks.list_times()[0], Barrier(4), []

    def want(number):
        barrier.wait()
        try:
            talks.book(f"dev{number}@example.org", at=at)
        except Invalid:
            outcomes.append("refused")
        else:
            outcomes.append("held")

    threads = [Thread(target=want, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["held", "refused", "refused", "refused"]
    assert len(talks.rows(Consultation)) == 1


def test_double_click_is_one_order_one_hold_and_one_session(talks):
    at = talks.list_times()[0]
    first = talks.book(at=at)
    second = talks.book(at=at, order_id=first.order_id)

    assert first.url == second.url
    assert (len(talks.rows(Order)), len(talks.rows(Consultation))) == (1, 1)


def test_another_choice_frees_the_first_time(talks):
    first, second = talks.list_times()[0], talks.list_times()[6]
    opened = talks.book(at=first)

    again = talks.book(at=second, order_id=opened.order_id)
    talks.pay(again.url)
    talks.settle()

    assert again.url != opened.url
    assert first in talks.list_times()
    assert find(talks, again.order_id).starts_at == second


def test_payment_that_comes_when_the_time_is_somebody_else_s_goes_back(talks):
    at = talks.list_times()[0]
    late = talks.book(at=at)
    with talks.db.transaction() as session:
        session.execute(update(Consultation).values(held_until=clock.now() - timedelta(seconds=1)))
    other = buy(talks, "cleo@example.org", at=at)

    talks.pay(late.url)
    talks.settle()

    order = next(each for each in talks.rows(Order) if each.id == late.order_id)
    payment = next(each for each in talks.rows(Payment) if each.order_id == late.order_id)
    assert (order.state, payment.refunded_minor) == ("refunded", 8000)
    assert kinds(talks) == ["consultation_taken "]
    assert find(talks, other.order_id).state == "booked"
    assert talks.come_back(order.checkout_id).state == "given_back"


def test_payment_after_the_hold_is_over_books_a_time_that_is_free_still(talks):
    opened = talks.book()
    with talks.db.transaction() as session:
        bookings.sweep(session, clock.now() + timedelta(hours=3))
    gone = talks.rows(Consultation)

    talks.pay(opened.url)
    talks.settle()

    assert gone == []
    assert find(talks, opened.order_id).state == "booked"


def test_payment_for_a_time_that_has_passed_goes_back(talks):
    opened = talks.book()
    talks.standin.set_faults(Faults(unpaid="succeeds"))
    talks.pay(opened.url)
    talks.settle()

    talks.live(5)

    assert talks.rows(Order)[0].state == "refunded"
    assert [each.refunded_minor for each in talks.rows(Payment)] == [8000]
    assert [each.state for each in talks.rows(Consultation)] == ["held"]
    assert kinds(talks) == ["consultation_taken "]


def test_time_is_kept_while_a_payment_is_on_its_way(talks):
    at = talks.list_times()[10]
    opened = talks.book(at=at)
    talks.standin.set_faults(Faults(unpaid="waits"))
    talks.pay(opened.url)
    talks.settle()
    waiting = talks.come_back(talks.rows(Order)[0].checkout_id).state

    talks.move(hours=5)

    assert waiting == "waiting"
    assert at not in talks.list_times()


def test_declined_card_books_nothing(talks):
    opened = talks.book()
    talks.pay(opened.url, DECLINED)
    talks.settle()

    assert [each.state for each in talks.rows(Consultation)] == ["held"]
    assert talks.rows(Payment) == []


def test_buyer_who_cancels_in_time_gets_the_money_back_and_frees_the_time(talks):
    row = buy(talks, at=talks.list_times()[6])

    change(talks, bookings.cancel, row, by="buyer", gives_back=True)

    assert [each.refunded_minor for each in talks.rows(Payment)] == [8000]
    assert row.starts_at in talks.list_times()
    assert kinds(talks) == ["consultation booked:0", "consultation cancelled:1"]
    assert kinds(talks, "ada@example.org")[-1] == "host_consultation cancelled:1"
    cancelled = build_message(next(each for each in talks.rows(Letter) if each.period == "cancelled:1"))
    assert "METHOD:CANCEL" in next(
        each.get_content() for each in cancelled.walk() if each.get_content_type() == "text/calendar"
    )
    assert "goes back to you" in cancelled.get_body(("plain",)).get_content()


def test_cancelling_right_after_paying_gives_back_what_is_not_mirrored_yet(till):
    till.open_consultations()
    opened = till.book(at=till.list_times()[6])
    till.pay(opened.url)
    till.come_back(till.rows(Order)[0].checkout_id)

    change(till, bookings.cancel, find(till, opened.order_id), by="buyer", gives_back=True)

    assert [each.refunded_minor for each in till.rows(Payment)] == [8000]


def test_cancelling_twice_gives_back_once_and_the_second_is_told(talks):
    row = buy(talks)
    change(talks, bookings.cancel, row, by="buyer", gives_back=True)

    with pytest.raises(Conflict):
        change(talks, bookings.cancel, row, by="host", gives_back=True)

    assert len(talks.refunds()) == 1


def test_host_may_cancel_and_keep_the_money(talks):
    row = buy(talks)

    change(talks, bookings.cancel, row, by="host", gives_back=False)

    assert [each.refunded_minor for each in talks.rows(Payment)] == [0]
    text = next(each.text for each in talks.rows(Letter) if each.period == "cancelled:1")
    assert "goes back" not in text


def test_moved_consultation_has_a_new_time_and_one_reminder_for_it(talks):
    first, second = talks.list_times()[6], talks.list_times()[12]
    row = buy(talks, at=first)

    change(talks, bookings.move, row, second, zone=talks.desk.zone)
    talks.live(7)

    assert find(talks, row.order_id).starts_at == second
    assert kinds(talks) == ["consultation booked:0", "consultation moved:1", "consultation reminder:1"]
    moved = next(each for each in talks.rows(Letter) if each.period == "moved:1")
    assert "SEQUENCE:1" in moved.calendar
    assert f"UID:{row.id.lower()}@consultations" in moved.calendar


def test_moving_to_a_time_that_is_taken_changes_nothing(talks):
    other = buy(talks, "cleo@example.org", at=talks.list_times()[0])
    row = buy(talks)

    with pytest.raises(Invalid):
        change(talks, bookings.move, row, other.starts_at, zone=talks.desk.zone)

    assert find(talks, row.order_id).sequence == 0


def test_refund_in_stripe_s_dashboard_cancels_what_is_to_come(talks):
    row = buy(talks, at=talks.list_times()[6])

    talks.client().refunds.create({"payment_intent": talks.rows(Payment)[0].stripe_id})
    talks.settle()

    found = find(talks, row.order_id)
    assert (found.state, found.cancelled_by, found.is_returned) == ("cancelled", "refund", True)
    assert kinds(talks)[-1] == "consultation cancelled:1"


@pytest.mark.parametrize(("ends", "state"), [(True, "cancelled"), (False, "booked")])
def test_refund_by_the_host_s_page_cancels_where_the_host_says_so(talks, ends, state):
    row, payment = buy(talks, at=talks.list_times()[6]), talks.rows(Payment)[0]
    host = talks.get_member("ada@example.org").id
    wish = RefundWish(payment.stripe_id, Money(8000, "EUR"), ends_access=ends, number=0, by=host)

    with talks.db.transaction() as session:
        refunds.decide(session, wish, (payment.account, payment.livemode), clock.now())
    talks.settle()

    assert find(talks, row.order_id).state == state


def test_partial_refund_leaves_the_time_booked(talks):
    row = buy(talks, at=talks.list_times()[6])

    talks.client().refunds.create({"payment_intent": talks.rows(Payment)[0].stripe_id, "amount": 1000})
    talks.settle()

    assert find(talks, row.order_id).state == "booked"


def test_dispute_cancels_what_is_to_come(talks):
    opened = talks.book(at=talks.list_times()[6])

    talks.pay(opened.url, "4000000000000259")
    talks.settle()

    assert find(talks, opened.order_id).state == "cancelled"


def test_refund_that_comes_after_it_was_held_changes_nothing(talks):
    row = buy(talks)
    talks.move(days=10)

    talks.client().refunds.create({"payment_intent": talks.rows(Payment)[0].stripe_id})
    talks.settle()

    assert find(talks, row.order_id).state == "booked"


def test_nobody_is_reminded_of_what_was_cancelled_and_everybody_of_what_is_tomorrow(talks):
    first = buy(talks, at=talks.list_times()[12])
    buy(talks, "cleo@example.org", at=talks.list_times()[14])
    change(talks, bookings.cancel, first, by="buyer", gives_back=True)

    talks.live(9)

    assert "consultation reminder:0" not in kinds(talks)
    assert kinds(talks, "cleo@example.org")[-1] == "consultation reminder:0"
    assert kinds(talks, "ada@example.org").count("host_consultation reminder:0") == 1


def test_last_hours_belong_to_the_host(talks):
    row = buy(talks, at=talks.list_times()[6])
    with talks.db.reading() as session:
        offer = find_offer(session)

    assert bookings.may_change(offer, row, row.starts_at - timedelta(hours=25))
    assert not bookings.may_change(offer, row, row.starts_at - timedelta(hours=24))


def test_a_link_opens_its_own_consultation_only(talks):
    row = buy(talks)
    token = consulting.write_token(talks.desk.keys, row.id)

    assert consulting.read_token(talks.desk.keys, token) == row.id
    for wrong in ("", "x", token[:-1], token + "x"):
        with pytest.raises(NotFound):
            consulting.read_token(talks.desk.keys, wrong)


def test_personal_words_go_after_ninety_days(talks):
    row = buy(talks)

    with talks.db.transaction() as session:
        bookings.sweep(session, row.ends_at + timedelta(days=89))
    kept = find(talks, row.order_id).question
    with talks.db.transaction() as session:
        bookings.sweep(session, row.ends_at + timedelta(days=90))

    found = find(talks, row.order_id)
    assert kept == "How to begin?"
    assert (found.name, found.email, found.question) == ("", "", "")
    assert talks.rows(Order)[0].details == {}


def test_words_of_who_never_paid_go_after_ninety_days(talks):
    opened = talks.book()
    talks.live(1)
    order = talks.rows(Order)[0]

    with talks.db.transaction() as session:
        bookings.sweep(session, order.created_at + timedelta(days=89))
    kept = talks.rows(Order)[0].details
    with talks.db.transaction() as session:
        bookings.sweep(session, order.created_at + timedelta(days=90))

    assert (order.id, order.state) == (opened.order_id, "expired")
    assert kept["question"] == "How to begin?"
    assert talks.rows(Order)[0].details == {}


def test_removed_member_s_words_go_once_it_is_over(talks):
    member_id = talks.sign_up("cleo@example.org")
    to_come = buy(talks, "cleo@example.org", member_id=member_id, at=talks.list_times()[20])
    over = buy(talks, "cleo@example.org", member_id=member_id)
    talks.machine.move_to(over.ends_at + timedelta(hours=1), tick=False)

    leaving.remove_member(talks.db, talks.desk.gateway, member_id, clock.now())

    assert find(talks, over.order_id).email == ""
    assert find(talks, to_come.order_id).email == "cleo@example.org"
    assert [each.details for each in talks.rows(Order)] == [{}, {}]


def test_income_counts_consultations(talks):
    buy(talks)

    with talks.db.reading() as session:
        found = overview.read_overview(session, clock.now())

    assert [(each.kind, each.money) for each in found.income] == [("consultation", Money(8000, "EUR"))]


def test_fulfilling_at_once_books_once(talks):
    opened = talks.book()
    talks.pay(opened.url)
    checkout_id, barrier, states = talks.rows(Order)[0].checkout_id, Barrier(4), []

    def look():
        barrier.wait()
        states.append(fulfil.fulfil(talks.desk.for_page(), checkout_id, clock.now()).state)

    threads = [Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    talks.settle()

    assert states == ["paid"] * 4
    assert kinds(talks) == ["consultation booked:0"]


def test_stripe_away_keeps_the_hold_and_the_form_can_be_sent_again(talks):
    order_id = "01" + "A" * 24
    talks.standin.set_faults(Faults(answer="500"))
    with pytest.raises(Unavailable):
        talks.book(order_id=order_id)
    talks.standin.set_faults(Faults())

    opened = talks.book(order_id=order_id)

    assert opened.order_id == order_id
    assert len(talks.rows(Consultation)) == 1
