"""Situations 13 to 18: renewals that fail, are saved or not, and leaving and staying."""

import pytest

from podcastsvc.billing import portal
from podcastsvc.billing.letters import links
from podcastsvc.billing.standin.faults import Faults
from podcastsvc.errors import NotFound
from podcastsvc.kit import clock
from podcastsvc.members.entitlements import Standing
from podcastsvc.storage.tables.billing import Payment, Subscription
from tests.billing.till import CONFIRMS_EACH_TIME, FAILS_LATER, GOOD, session_of


def test_renewal_is_paid_and_seen(till):
    till.subscribe()

    till.live(40, step=8)

    found = till.entitlement()
    assert (found.standing, found.until) == (Standing.ACTIVE, None)
    assert len(till.rows(Payment)) == 2
    assert till.letters() == ["welcome"]


def test_13_card_fails_and_is_replaced_on_day_five(till):
    row = till.subscribe(card=FAILS_LATER)
    till.live(28, step=14)
    overdue = till.entitlement()
    till.live(5)

    till.pay_with_new_card(portal.open_portal(till.desk, row.member_id, language="en", flow="card"))
    till.live(4)

    assert (overdue.standing, overdue.has_access) == (Standing.PAST_DUE, True)
    found = till.entitlement()
    assert (found.standing, found.needs_card) == (Standing.ACTIVE, False)
    assert till.letters() == ["welcome", "payment_failed", "payment_thanks"]


def test_13_letter_about_a_failed_payment_says_what_and_until_when(till):
    till.subscribe(card=FAILS_LATER)

    till.live(28, step=14)

    text = till.letter_text("payment_failed")
    assert "The bank declined card •• 0341 for €6 on 28 February 2026." in text
    assert "your feed works until 21 March 2026" in text
    assert "We try again on " in text
    token = text.split("/billing/fix/")[1].split()[0]
    assert links.read_link(till.desk.keys, "fix", token) == till.rows(Subscription)[0].stripe_id


def test_13_link_of_the_letter_opens_the_card_form_alone_without_a_sign_in(till):
    row = till.subscribe(card=FAILS_LATER)
    till.live(28, step=14)

    url = portal.open_card_form(till.desk, row.stripe_id, language="en")
    page = till.get(url)
    page = till.get(page.location) if page.status_code == 303 else page

    assert 'name="number"' in page.get_data(as_text=True)


@pytest.mark.parametrize("bad", ["", "a.b.c", "x" * 500])
def test_link_that_was_changed_or_is_over_opens_nothing(till, bad):
    token = links.write_link(till.desk, "fix", "sub_1", "en").rsplit("/", 1)[1]

    with pytest.raises(NotFound):
        links.read_link(till.desk.keys, "fix", bad)
    with pytest.raises(NotFound):
        links.read_link(till.desk.keys, "confirm", token)
    till.move(days=41)
    with pytest.raises(NotFound):
        links.read_link(till.desk.keys, "fix", token)


def test_14_card_that_never_pays_ends_with_stripe_and_a_letter(till):
    till.subscribe(card=FAILS_LATER)
    till.live(28, step=14)

    till.live(16)

    found = till.entitlement()
    assert (found.standing, found.has_access) == (Standing.ENDED, False)
    assert till.rows(Subscription)[0].status == "canceled"
    assert till.letters() == ["welcome", "payment_failed", "ended"]
    assert "/join?plan=month" in till.letter_text("ended")


def test_14_member_who_comes_back_has_everything_again(till):
    first = till.subscribe(card=FAILS_LATER)
    till.live(45, step=9)

    second = till.subscribe()

    assert second.stripe_id != first.stripe_id
    assert second.member_id == first.member_id
    assert till.entitlement().has_access


def test_15_account_that_leaves_it_past_due_loses_access_on_day_21(till):
    till.standin.set_faults(Faults(after_last_retry="past_due"))
    till.subscribe(card=FAILS_LATER)
    till.live(28, step=14)
    (row,) = till.rows(Subscription)
    failed_on = row.past_due_since

    till.live(20)
    on_day_20 = till.entitlement()
    till.live(2)
    on_day_22 = till.entitlement()
    till.live(40, step=8)

    (row,) = till.rows(Subscription)
    assert row.status == "past_due"
    assert row.period_start > failed_on
    assert row.past_due_since == failed_on
    assert (on_day_20.has_access, on_day_22.has_access, till.entitlement().has_access) == (True, False, False)
    assert on_day_22.standing is Standing.ENDED
    assert till.letters() == ["welcome", "payment_failed", "payment_reminder", "payment_reminder", "ended"]


def test_15_who_joins_anew_is_not_charged_for_the_old_one_too(till):
    till.standin.set_faults(Faults(after_last_retry="past_due"))
    old = till.subscribe(card=FAILS_LATER)
    till.live(60, step=10)

    till.subscribe()

    rows = {row.stripe_id: row.status for row in till.rows(Subscription)}
    assert rows.pop(old.stripe_id) == "canceled"
    assert list(rows.values()) == ["active"]


def test_15_account_that_makes_it_unpaid_ends_access_at_once(till):
    till.standin.set_faults(Faults(after_last_retry="unpaid"))
    till.subscribe(card=FAILS_LATER)

    till.live(45, step=9)

    assert till.rows(Subscription)[0].status == "unpaid"
    assert till.entitlement().standing is Standing.ENDED
    assert till.letters()[-1] == "ended"


def test_16_bank_that_wants_confirmation_gets_a_letter_with_the_invoice(till):
    row = till.subscribe(card=CONFIRMS_EACH_TIME)
    till.live(28, step=14)

    assert till.letters() == ["welcome", "payment_confirm"]
    assert till.entitlement().standing is Standing.PAST_DUE
    till.move(minutes=1)
    page = portal.find_invoice_page(till.desk, row.stripe_id)
    till.decide(till.post(page, {"do": "saved"}))
    till.settle()
    assert till.entitlement().standing is Standing.ACTIVE
    assert till.letters() == ["welcome", "payment_confirm", "payment_thanks"]
    assert portal.find_invoice_page(till.desk, row.stripe_id) is None


def test_17_cancelling_in_the_portal_is_shown_with_its_day_and_keeps_the_feed_until_then(till):
    row = till.subscribe()
    url = portal.open_portal(till.desk, row.member_id, language="en")

    till.post(f"{url}/cancel/{row.stripe_id}", {"feedback": "unused", "comment": ""})
    till.settle()

    found = till.entitlement()
    (row,) = till.rows(Subscription)
    assert (found.standing, found.until) == (Standing.ENDING, row.period_end)
    assert till.letters() == ["welcome", "cancelled"]
    assert "28 February 2026" in till.letter_text("cancelled")
    till.live(27, step=9)
    assert till.entitlement().has_access
    till.live(2)
    assert till.entitlement().standing is Standing.ENDED
    assert till.letters() == ["welcome", "cancelled"]
    assert len(till.rows(Payment)) == 1


@pytest.mark.parametrize("where", ["portal", "site"])
def test_18_cancelling_and_staying_leaves_no_gap_and_charges_nothing(till, where):
    row = till.subscribe()
    if where == "portal":
        url = portal.open_portal(till.desk, row.member_id, language="en")
        till.post(f"{url}/cancel/{row.stripe_id}", {})
        till.settle()
    else:
        left = portal.leave(till.desk, row.member_id, reason="too_expensive", comment="no money")
        assert (left.cancel_at, left.cancel_reason) == (row.period_end, "too_expensive")

    stayed = portal.stay(till.desk, row.member_id)
    till.settle()

    assert stayed.cancel_at is None
    assert till.entitlement().standing is Standing.ACTIVE
    assert len(till.rows(Payment)) == 1
    till.live(30, step=10)
    assert till.entitlement().standing is Standing.ACTIVE
    assert len(till.rows(Payment)) == 2


def test_18_leaving_twice_and_staying_twice_change_nothing_more(till):
    row = till.subscribe()

    first, second = portal.leave(till.desk, row.member_id), portal.leave(till.desk, row.member_id)
    portal.stay(till.desk, row.member_id)
    portal.stay(till.desk, row.member_id)
    till.settle()

    assert first.cancel_at == second.cancel_at
    assert till.letters() == ["welcome"]


def test_leaving_without_a_membership_is_not_found(till):
    member_id = till.sign_up("finn@example.org")

    with pytest.raises(NotFound):
        portal.leave(till.desk, member_id)
    with pytest.raises(NotFound):
        portal.open_portal(till.desk, member_id, language="en")


def test_receipts_are_listed_from_our_table_and_fetched_when_clicked(till):
    row = till.subscribe()
    till.live(30, step=10)

    with till.db.reading() as session:
        receipts = portal.list_receipts(session, row.member_id)

    assert [each.money.format("en") for each in receipts] == ["€6", "€6"]
    assert "/invoice/" in portal.find_receipt(till.desk, row.member_id, receipts[0].payment_id)
    with pytest.raises(NotFound):
        portal.find_receipt(till.desk, row.member_id + 1, receipts[0].payment_id)


def test_card_on_the_account_page_is_the_one_that_is_charged(till):
    row = till.subscribe()
    assert (row.card_brand, row.card_last4, row.card_expires) == ("visa", "4242", "2034-12")

    till.pay_with_new_card(portal.open_portal(till.desk, row.member_id, language="en", flow="card"), "4000002500003155")
    till.settle()

    assert till.rows(Subscription)[0].card_last4 == "3155"


def test_portal_offers_our_prices_and_no_change_of_address(till):
    row = till.subscribe()

    page = till.get(portal.open_portal(till.desk, row.member_id, language="es", return_path="/account"))

    assert page.status_code == 200
    assert session_of(page.request.path).startswith("bps_")
    assert GOOD[-4:] in page.get_data(as_text=True)
    assert clock.now() < row.period_end
