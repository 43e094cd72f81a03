"""Money back by the host's page, in Stripe's dashboard and by a bank, and members who ask for it (situations 31 to 33)."""

from datetime import timedelta

import pytest

from podcastsvc.billing import apply, leaving, plans
from podcastsvc.billing.account import require_account
from podcastsvc.billing.returning import evidence, refunds, requests, restoring
from podcastsvc.billing.returning.refunds import RefundWish
from podcastsvc.billing.standin.faults import Faults
from podcastsvc.errors import Conflict, Invalid, NotFound, Unavailable
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.members.entitlements import Standing
from podcastsvc.storage.tables.billing import Payment, Subscription
from podcastsvc.storage.tables.offer import Gift
from podcastsvc.storage.tables.refund import RefundRequest

DISPUTED, ASKED_ABOUT = "4000000000000259", "4000000000001976"
HOST = "ada@example.org"


@pytest.fixture
def yearly(till):
    """Ben's yearly membership, three days old."""
    till.subscribe(interval="year")
    till.move(days=3)
    return till


def only_payment(till):
    (row,) = till.rows(Payment)
    return row


def make_wish(till, **more):
    row = only_payment(till)
    values = {
        "payment_id": row.stripe_id,
        "money": Money(row.amount_minor - row.refunded_minor, row.currency),
        "ends_access": True,
        "number": row.refunds_made,
        "by": till.get_member(HOST).id,
    }
    return RefundWish(**{**values, **more})


def decide(till, wish):
    account = require_account(till.desk)
    with till.db.transaction() as session:
        return refunds.decide(session, wish, (account.id, account.livemode), clock.now())


def give_back(till, **more):
    """What the studio's page does."""
    wish = make_wish(till, **more)
    refunds.check_dispute(till.desk, wish.payment_id)
    done = refunds.carry_out(till.desk, decide(till, wish))
    till.settle()
    return done


def test_31_annual_plan_refunded_in_full_ends_now(yearly):
    assert give_back(yearly)

    row = only_payment(yearly)
    assert (row.refunded_minor, row.amount_minor) == (6000, 6000)
    assert yearly.rows(Subscription)[0].status == "canceled"
    assert not yearly.entitlement().has_access
    assert [each.amount for each in yearly.refunds()] == [6000]
    assert "refunded" in yearly.letters()
    assert yearly.letters(HOST) == []


def test_31_goodwill_keeps_the_membership(yearly):
    give_back(yearly, ends_access=False)

    assert only_payment(yearly).refunded_minor == 6000
    assert yearly.entitlement().standing is Standing.ACTIVE
    assert "Nothing else changes." in yearly.letter_text("refunded")
    assert yearly.letters(HOST) == []


def test_32_partial_refund_shows_and_access_is_unchanged(yearly):
    give_back(yearly, money=Money(1000, "EUR"), ends_access=False)

    assert only_payment(yearly).refunded_minor == 1000
    assert yearly.entitlement().standing is Standing.ACTIVE
    assert "€10 of the €60" in yearly.letter_text("refunded")


def test_two_parts_are_two_refunds_and_two_letters(yearly):
    give_back(yearly, money=Money(1000, "EUR"), ends_access=False)
    give_back(yearly, money=Money(1000, "EUR"), ends_access=False)

    assert [each.amount for each in yearly.refunds()] == [1000, 1000]
    assert yearly.letters().count("refunded") == 2


def test_the_same_form_sent_twice_gives_back_once(yearly):
    wish = make_wish(yearly, money=Money(1000, "EUR"), ends_access=False)
    decide(yearly, wish)

    with pytest.raises(Conflict):
        decide(yearly, wish)

    yearly.settle()
    assert [each.amount for each in yearly.refunds()] == [1000]


@pytest.mark.parametrize("left", ["before Stripe", "after Stripe", "days after Stripe"])
def test_a_process_that_is_killed_in_between_loses_and_doubles_nothing(yearly, left):
    """The job was written with the decision; Stripe forgets a repeated call's key after a day."""
    payload = decide(yearly, make_wish(yearly, money=Money(1000, "EUR"), ends_access=True))
    if left != "before Stripe":
        yearly.interleave("/v1/refunds", stop)
        yearly.line.between = ("/v1/payment_intents", stop)
        with pytest.raises(Killed):
            refunds.carry_out(yearly.desk, payload)
    if left == "days after Stripe":
        yearly.move(days=3)

    yearly.settle()

    assert [each.amount for each in yearly.refunds()] == [1000]
    assert only_payment(yearly).refunded_minor == 1000
    assert yearly.letters().count("refunded") == 1
    assert not yearly.entitlement().has_access


class Killed(Exception):
    """The process is gone."""


def stop():
    raise Killed


@pytest.mark.parametrize("money", [Money(6001, "EUR"), Money(0, "EUR"), Money(-5, "EUR"), Money(600, "USD")])
def test_an_amount_that_is_not_left_is_refused(yearly, money):
    with pytest.raises(Invalid):
        decide(yearly, make_wish(yearly, money=money))

    assert yearly.refunds() == []


def test_a_payment_of_nobody_is_refused(yearly):
    with pytest.raises(NotFound):
        decide(yearly, make_wish(yearly, payment_id="pi_other"))


def test_while_stripe_is_away_the_refund_waits_and_then_happens(yearly):
    payload = decide(yearly, make_wish(yearly))
    yearly.standin.set_faults(Faults(answer="500", answer_path="/v1/refunds"))
    with pytest.raises(Unavailable):
        refunds.carry_out(yearly.desk, payload)
    yearly.work(strict=False)
    waiting = yearly.entitlement().has_access

    yearly.standin.set_faults(Faults())
    yearly.move(hours=6)
    yearly.settle()

    assert waiting
    assert not yearly.entitlement().has_access
    assert len(yearly.refunds()) == 1


def test_a_refund_that_stripe_refuses_is_told_to_the_host_and_ends_nothing(yearly):
    wish = make_wish(yearly)
    payload = decide(yearly, wish)
    yearly.client().refunds.create({"payment_intent": wish.payment_id, "amount": 100})

    assert refunds.carry_out(yearly.desk, payload) is False

    yearly.settle()
    assert yearly.entitlement().standing is Standing.ACTIVE
    assert yearly.letters(HOST) == ["host_note"]
    assert "Stripe refused" not in yearly.letters()


def test_a_refund_in_stripe_s_dashboard_leaves_access_and_tells_the_host(yearly):
    yearly.client().refunds.create({"payment_intent": only_payment(yearly).stripe_id})

    yearly.settle()

    assert only_payment(yearly).refunded_minor == 6000
    assert yearly.entitlement().standing is Standing.ACTIVE
    assert "still runs" in subject_of_note(yearly)


def subject_of_note(till):
    return till.letter_subject("host_note")


def test_a_partial_refund_in_the_dashboard_tells_nobody(yearly):
    yearly.client().refunds.create({"payment_intent": only_payment(yearly).stripe_id, "amount": 100})

    yearly.settle()

    assert yearly.letters(HOST) == []


def test_a_refund_that_does_not_arrive_is_put_back_and_told(yearly):
    yearly.standin.set_faults(Faults(refunds_fail=True))
    give_back(yearly, ends_access=False)

    yearly.live(days=2)

    assert only_payment(yearly).refunded_minor == 0
    assert "did not arrive" in subject_of_note(yearly)


def test_a_gift_whose_refund_does_not_arrive_can_be_accepted_after_all(till):
    code = till.buy_gift()
    till.standin.set_faults(Faults(refunds_fail=True))
    give_back(till)
    voided = till.rows(Gift)[0].state

    till.live(days=2)

    assert voided == "refunded"
    assert till.redeem(code).outcome == "taken"


def test_a_plan_that_was_paid_once_ends_with_its_refund(till):
    with till.db.transaction() as session:
        price_id = plans.set_price(session, "members", "once", Money(9000, "EUR"), clock.now(), months=12)
    till.work()
    till.pay(till.join(price_id=price_id).url)
    till.settle()
    assert till.entitlement().has_access

    give_back(till)

    assert not till.entitlement().has_access


def test_33_a_dispute_cancels_at_once_and_the_host_knows_until_when_to_answer(till):
    till.subscribe(card=DISPUTED, interval="year")
    till.live(days=1)

    row = only_payment(till)
    assert row.dispute_state == "needs_response"
    assert till.rows(Subscription)[0].status == "canceled"
    assert not till.entitlement().has_access
    assert "disputed" in subject_of_note(till)
    assert till.letters(HOST).count("host_note") == 1
    assert str(row.dispute_due_at.year) in till.letter_text("host_note")


def close(till, ending):
    till.post(f"/disputes/{only_payment(till).dispute_id}/{ending}", {})
    till.settle()


def test_33_a_dispute_that_is_lost_changes_nothing_more(till):
    till.subscribe(card=DISPUTED)
    till.live(days=1)

    close(till, "lost")

    assert only_payment(till).dispute_state == "lost"
    assert not till.entitlement().has_access
    assert "lost" in subject_of_note(till)


def test_33_after_a_dispute_that_is_won_the_host_restores_what_was_paid_for(till):
    till.subscribe(card=DISPUTED, interval="year")
    till.live(days=1)
    row = only_payment(till)
    with till.db.reading() as session:
        early = restoring.find_rest(session, row, clock.now())

    close(till, "won")
    before = till.entitlement().has_access
    with till.db.transaction() as session:
        rest = restoring.restore(session, row.stripe_id, clock.now())

    assert early is None
    assert not before
    assert till.entitlement().has_access
    assert rest.until - clock.now() > timedelta(days=360)
    assert "won" in subject_of_note(till)


def test_33_a_bank_that_only_asks_alerts_the_host_and_nothing_ends(till):
    till.subscribe(card=ASKED_ABOUT)
    till.live(days=1)

    assert only_payment(till).dispute_state == "warning_needs_response"
    assert till.entitlement().standing is Standing.ACTIVE
    assert "asks about" in subject_of_note(till)


def test_a_disputed_payment_is_not_refunded_here_but_one_that_is_asked_about_is(till):
    till.subscribe(card=DISPUTED)
    till.live(days=1)
    with pytest.raises(Conflict):
        give_back(till)


def test_a_payment_that_a_bank_asks_about_can_be_given_back(till):
    till.subscribe(card=ASKED_ABOUT)
    till.live(days=1)

    assert give_back(till)

    assert only_payment(till).refunded_minor == 600


def test_the_evidence_says_what_is_known_and_nobody_else_s(till):
    till.subscribe("dev@example.org")
    till.subscribe(card=DISPUTED)
    till.live(days=1)
    disputed = next(row for row in till.rows(Payment) if row.dispute_id is not None)

    with till.db.reading() as session:
        text = evidence.write_evidence(session, disputed.stripe_id, "Europe/Madrid")

    assert disputed.stripe_id in text
    assert "ben@example.org" in text
    assert "has ended" in text
    assert "dev@example.org" not in text


def ask(till, reason="I pressed twice.", email="ben@example.org"):
    payment_id, member_id = only_payment(till).stripe_id, till.get_member(email).id
    with till.db.transaction() as session:
        requests.ask(session, member_id, payment_id, reason, clock.now())
    till.work()


def test_a_request_reaches_the_host_and_a_refund_answers_it(yearly):
    ask(yearly)
    asked = subject_of_note(yearly)

    give_back(yearly)

    assert "asks for money back" in asked
    assert [each.state for each in yearly.rows(RefundRequest)] == ["refunded"]
    assert yearly.letters().count("refunded") == 1


def test_a_request_is_made_once_for_each_payment_and_by_its_payer(yearly):
    yearly.sign_up("eve@example.org")
    with pytest.raises(NotFound):
        ask(yearly, email="eve@example.org")
    with pytest.raises(Invalid):
        ask(yearly, reason=" \n ")
    ask(yearly)

    with pytest.raises(Conflict):
        ask(yearly)

    assert len(yearly.rows(RefundRequest)) == 1


def test_declining_writes_the_host_s_words_to_the_member(yearly):
    ask(yearly)
    (request,) = yearly.rows(RefundRequest)
    by = yearly.get_member(HOST).id

    with yearly.db.transaction() as session:
        requests.decline(session, request.id, "You listened for a year.", by=by, now=clock.now())
    yearly.work()
    with yearly.db.transaction() as session, pytest.raises(Conflict):
        requests.decline(session, request.id, "Again.", by=by, now=clock.now())

    assert "You listened for a year." in yearly.letter_text("refund_declined")
    assert yearly.rows(RefundRequest)[0].state == "declined"


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_removed_member_s_words_go_once_they_are_answered(yearly, is_answered):
    ask(yearly)
    (request,) = yearly.rows(RefundRequest)
    if is_answered:
        by = yearly.get_member(HOST).id
        with yearly.db.transaction() as session:
            requests.decline(session, request.id, "No.", by=by, now=clock.now())
    leaving.remove_member(yearly.db, yearly.desk.gateway, yearly.get_member().id, clock.now())

    (kept,) = yearly.rows(RefundRequest)

    assert kept.member_id is None
    assert (kept.reason, kept.answer) == (("", "") if is_answered else ("I pressed twice.", ""))


def test_what_was_given_back_cannot_be_asked_for(yearly):
    give_back(yearly)

    with pytest.raises(Conflict):
        ask(yearly)


def test_a_payment_is_mirrored_again_without_a_second_note(yearly):
    yearly.client().refunds.create({"payment_intent": only_payment(yearly).stripe_id})
    yearly.settle()

    apply.sync_payment(yearly.desk, only_payment(yearly).stripe_id)
    yearly.settle()

    assert yearly.letters(HOST).count("host_note") == 1
