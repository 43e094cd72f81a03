"""The studio's payments, and members who ask for theirs back: what is shown, and what each button leads to."""

import re

import pytest
from sqlalchemy import select

from podcastsvc.billing import apply
from podcastsvc.kit import clock
from podcastsvc.members.entitlements import get_entitlement
from podcastsvc.storage.tables.billing import Grant, Payment
from podcastsvc.storage.tables.member import Member
from tests.web.conftest import make_client, read_token, sign_in
from tests.web.people import read_letters, work
from tests.web.studio.conftest import buy_year, read_field

pytestmark = pytest.mark.usefixtures("show")

BEN = "ben@example.org"
DISPUTED = {"number": "4000 0000 0000 0259"}


def read_payment(services):
    with services.db.reading() as session:
        return session.scalars(select(Payment)).one()


def has_access(services):
    with services.db.reading() as session:
        member = session.scalars(select(Member).where(Member.email == BEN)).one()
        return get_entitlement(session, member.id, clock.now()).has_access


@pytest.fixture
def send(press, services):
    """Sends a form of the payment's page."""

    def post(what, **values):
        path = f"/studio/payments/{read_payment(services).stripe_id}"
        return press(path, f"{path}/{what}", **values)

    return post


def test_payments_are_listed_and_lead_to_their_page_and_their_member(ben, studio, services):
    payment_id = read_payment(services).stripe_id

    page = studio.get("/studio/payments").text
    one = studio.get(f"/studio/payments/{payment_id}")

    assert f'href="/studio/payments/{payment_id}"' in page
    assert BEN in page
    assert "Payment of €60" in one.text
    assert read_field(one, "amount") == "60.00"
    member_page = re.search(r'href="(/studio/members/\d+)"', one.text)[1]
    assert f'href="/studio/payments/{payment_id}"' in studio.get(member_page).text


def test_nobody_has_paid_yet(studio):
    assert "Nothing was paid yet." in studio.get("/studio/payments").text


def test_full_refund_of_the_present_period_ends_access_unless_the_host_says_otherwise(ben, studio, services, send):
    page = studio.get(f"/studio/payments/{read_payment(services).stripe_id}").text
    assert re.search(r'value="end"[^>]* checked', page)

    reply = send("refund", amount="60", ending="end", number="0")
    work(services)

    assert "The money is on its way back." in studio.get(reply.location).text
    assert read_payment(services).refunded_minor == 6000
    assert not has_access(services)
    assert any("comes back to you" in letter.subject for letter in read_letters(services, BEN))


def test_part_goes_back_and_they_go_on_listening(ben, studio, services, send):
    reply = send("refund", amount="12.50", ending="keep", number="0")
    work(services)

    page = studio.get(reply.location)
    assert "Partly given back" in page.text
    assert read_field(page, "amount") == "47.50"
    assert re.search(r'value="keep"[^>]* checked', page.text)
    assert has_access(services)


@pytest.mark.parametrize("amount", ["", "0", "-1", "61", "six", "1e1", "0.001"])
def test_amount_that_cannot_be_returned_is_said_beside_the_field(ben, services, send, amount):
    reply = send("refund", amount=amount, ending="end", number="0")

    assert reply.status_code == 422
    assert "not above what is left" in reply.text
    assert read_payment(services).refunded_minor == 0
    assert has_access(services)


def test_form_of_a_page_that_is_out_of_date_gives_nothing_back(ben, services, send):
    send("refund", amount="10", ending="keep", number="0")

    reply = send("refund", amount="10", ending="keep", number="0")
    work(services)

    assert reply.status_code == 409
    assert "Something was given back since" in reply.text
    assert read_payment(services).refunded_minor == 1000


def test_unknown_payment_is_not_found(studio, press):
    assert studio.get("/studio/payments/pi_other").status_code == 404
    assert press("/studio/plans", "/studio/payments/pi_other/refund", amount="1", number="0").status_code == 404


def test_disputed_payment_has_evidence_and_no_refund(app, studio, services):
    buy_year(app, services, **DISPUTED)
    work(services)
    path = f"/studio/payments/{read_payment(services).stripe_id}"

    page = studio.get(path).text
    file = studio.get(f"{path}/evidence")

    assert "Answer in Stripe until" in page
    assert "Give the money back" not in page
    assert file.headers["Content-Disposition"].startswith('attachment; filename="evidence-pi_')
    assert file.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert BEN in file.text
    assert "/private/" not in file.text
    assert not has_access(services)


def test_won_dispute_is_restored_by_a_button_once(app, studio, services, send, press):
    buy_year(app, services, **DISPUTED)
    work(services)
    closed = studio.post(f"/stripe-stand-in/disputes/{read_payment(services).dispute_id}/won")
    assert closed.status_code == 303, closed.text
    apply.sync_payment(services.make_desk(), read_payment(services).stripe_id)

    reply = send("restore")
    again = press("/studio/plans", f"/studio/payments/{read_payment(services).stripe_id}/restore")

    assert "They can listen again." in studio.get(reply.location).text
    assert again.status_code == 409
    assert has_access(services)
    with services.db.reading() as session:
        reasons = session.scalars(select(Grant.source_id).where(Grant.reason == "comp")).all()
    assert [name for name in reasons if name.startswith("dispute:")]


def ask(client, services, reason="I pressed twice."):
    path = f"/account/receipts/{read_payment(services).stripe_id}/back"
    page = client.get(path)
    assert page.status_code == 200
    return client.post(path, data={"csrf_token": read_token(page), "reason": reason})


def test_member_asks_and_the_host_declines_with_a_word(ben, studio, services, send):
    asked = ben.get(ask(ben, services).location).text
    work(services)
    queue = studio.get("/studio/payments").text
    page = studio.get(f"/studio/payments/{read_payment(services).stripe_id}").text
    empty = send("decline", answer=" ")

    reply = send("decline", answer="You heard it all.")
    work(services)

    assert "The host has your message" in asked
    assert "You have asked for it back." in asked
    assert "They ask for money back" in queue
    assert "I pressed twice." in queue
    assert "I pressed twice." in page
    assert (empty.status_code, "Write them a sentence" in empty.text) == (422, True)
    assert "Your answer is on its way." in studio.get(reply.location).text
    assert "They ask for money back" not in studio.get("/studio/payments").text
    assert any(letter.subject.startswith("About your payment of") for letter in read_letters(services, BEN))


def test_member_asks_once_with_a_reason_and_only_for_what_is_theirs(ben, app, services, finn):
    empty = ask(ben, services, reason=" ")
    ask(ben, services)
    twice = ask(ben, services)
    stranger = sign_in(make_client(app), services, finn)

    assert (empty.status_code, "Say in a sentence" in empty.text) == (422, True)
    assert twice.status_code == 409
    assert stranger.get(f"/account/receipts/{read_payment(services).stripe_id}/back").status_code == 404


def test_receipts_no_longer_offer_what_has_come_back(ben, services, send):
    before = ben.get("/account/receipts").text

    send("refund", amount="60", ending="keep", number="0")
    work(services)

    assert "Ask for it back" in before
    assert "Ask for it back" not in ben.get("/account/receipts").text
