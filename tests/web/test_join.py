"""Joining: the form, the way to payment and back, and who sees what afterwards."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from podcastsvc.app import create_app
from podcastsvc.billing import plans
from podcastsvc.billing.letters import links
from podcastsvc.billing.standin.faults import Faults
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.members import attempts
from podcastsvc.members.entitlements import get_entitlement
from podcastsvc.services import Services
from podcastsvc.storage.tables.billing import Order, Price, Subscription
from podcastsvc.storage.tables.member import Member
from tests.web.conftest import make_client, make_member, read_token, sign_in
from tests.web.people import read_code, read_letters, send, work

STANDIN = "http://127.0.0.1:8000/stripe-stand-in"
CARD = {"number": "4242424242424242", "expiry": "12/34", "cvc": "123", "name": ""}


@pytest.fixture
def prices(services):
    """The first plan's prices by interval."""
    with services.db.transaction() as session:
        plans.make_first_plan(session, clock.now())
        return {price.interval: str(price.id) for price in session.scalars(select(Price))}


def join(client, prices, *, email="ben@example.org", interval="year", path="/join", **form):
    page = client.get(path).text
    token, order = read_token(client.get(path)), re.search(r'name="order" value="(\w+)"', page)[1]
    values = {"csrf_token": token, "order": order, "plan": prices[interval], "email": email}
    return client.post(path, data=values | form)


def pay(client, address, *, email="ben@example.org", **card):
    """Fills in the stand-in's page and gives the address that it leads back to."""
    reply = client.post(
        address.removeprefix("http://127.0.0.1:8000"), data={"do": "pay", "email": email, **CARD, **card}
    )
    return reply.location


def count(services, table):
    with services.db.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def is_member(services, email):
    with services.db.reading() as session:
        member = session.scalars(select(Member).where(Member.email == email)).one()
        return get_entitlement(session, member.id, clock.now()).has_access


def test_yearly_is_chosen_and_its_saving_said(client, prices):
    page = client.get("/join").text

    assert re.search(rf'value="{prices["year"]}" checked>\s*<b>Yearly</b>', page)
    assert "Comes to €5 a month: 2 months free" in page
    assert page.count(" checked") == 1


@pytest.mark.parametrize("path", ["/join?plan=month", "/join/month"])
def test_address_chooses_the_plan(client, prices, path):
    assert f'value="{prices["month"]}" checked' in client.get(path).text


def test_form_speaks_spanish_at_its_spanish_address(client, prices):
    page = client.get("/es/join").text

    assert '<html lang="es">' in page
    assert 'action="/es/join"' in page
    assert "60\xa0€" in page


def test_visitor_pays_and_is_in_with_the_app_list(client, services, prices):
    opened = join(client, prices)
    assert (opened.status_code, opened.location.startswith(f"{STANDIN}/pay/")) == (303, True)

    back = client.get(pay(client, opened.location))
    assert back.location == "/welcome"
    page = client.get("/welcome").text

    assert "You are in. Where do you listen?" in page
    assert "overcast://x-callback-url/add?url=http%3A%2F%2F127.0.0.1%3A8000%2Fprivate%2F" in page
    assert is_member(services, "ben@example.org")


def test_having_paid_for_an_address_sets_no_password_for_it_t_a2(client, services, prices):
    client.get(pay(client, join(client, prices, email="cleo@example.org").location, email="eve@example.org"))

    asked = client.get("/account/password")
    token = read_token(client.get("/account/profile"))
    client.post("/account/password", data={"csrf_token": token, "password": "violet kettle under seven maps"})
    client.post("/account/email", data={"csrf_token": token, "email": "eve@example.org"})

    assert asked.location == "/account/prove?next=account.password"
    with services.db.reading() as session:
        assert session.scalars(select(Member.password_hash).where(Member.email == "cleo@example.org")).one() is None
    assert read_letters(services, "eve@example.org") == []


def test_whoever_proves_an_address_signs_out_the_stranger_who_paid_for_it_t_a1(app, client, services, prices):
    client.get(pay(client, join(client, prices, email="cleo@example.org").location))
    cleos = make_client(app)

    send(cleos, "/sign-in", email="cleo@example.org")
    letters = read_letters(services, "cleo@example.org")
    send(cleos, "/sign-in/code", code=next(code for letter in letters if (code := read_code(letter))))

    assert cleos.get("/account").status_code == 200
    assert client.get("/account").status_code == 303


def test_coming_back_twice_makes_one_of_everything(client, services, prices):
    address = pay(client, join(client, prices).location)

    for _ in range(3):
        client.get(address)

    assert [count(services, table) for table in (Member, Subscription, Order)] == [1, 1, 1]


def test_session_id_alone_shows_nothing_personal(app, client, services, prices):
    address = pay(client, join(client, prices).location)

    page = make_client(app).get(address)

    assert "Paid. We sent you the links." in page.text
    assert "/private/" not in page.text
    assert "ben@" not in page.text
    assert "sid=" not in "".join(page.headers.getlist("Set-Cookie"))


def test_address_that_is_known_is_not_signed_in_by_paying(client, services, prices):
    make_member(services, "ben@example.org")

    page = client.get(pay(client, join(client, prices).location))

    assert "Paid. We sent you the links." in page.text
    assert is_member(services, "ben@example.org")


def test_member_who_types_the_own_address_again_is_written_to(client, services, prices):
    client.get(pay(client, join(client, prices).location))
    other = make_client(client.application)

    reply = join(other, prices)

    assert reply.location.startswith(f"{STANDIN}/pay/")
    assert any("already" in letter.subject for letter in read_letters(services, "ben@example.org"))


def test_visitor_who_turns_back_finds_the_choice(client, prices):
    join(client, prices, interval="month", email="ben@example.org")

    page = client.get("/join?back=1").text

    assert "Nothing was charged. Your choice is still here." in page
    assert f'value="{prices["month"]}" checked' in page
    assert 'value="ben@example.org"' in page


def test_choice_of_one_browser_is_not_shown_to_another(app, client, prices):
    join(client, prices, email="ben@example.org")

    assert "ben@" not in make_client(app).get("/join?back=1").text


def test_two_presses_are_one_order(client, services, prices):
    page = client.get("/join")
    order = re.search(r'name="order" value="(\w+)"', page.text)[1]
    form = {"csrf_token": read_token(page), "order": order, "plan": prices["year"], "email": "ben@example.org"}

    first, second = client.post("/join", data=form), client.post("/join", data=form)

    assert first.location == second.location
    assert count(services, Order) == 1


def test_unpaid_session_leads_back_to_the_form(client, prices):
    opened = join(client, prices)
    session_id = opened.location.rpartition("/")[2]

    back = client.get(f"/welcome?s={session_id}").location

    assert back == f"/join/{prices['year']}?back=1"
    assert "Nothing was charged." in client.get(back).text


def test_expired_session_says_that_it_took_too_long(client, prices):
    opened = join(client, prices)
    session_id = opened.location.rpartition("/")[2]

    with time_machine.travel(clock.now() + timedelta(hours=3), tick=False):
        reply = client.get(f"/welcome?s={session_id}")
        page = client.get(reply.location).text

    assert "That took too long, so nothing was charged." in page


@pytest.mark.parametrize("session_id", ["cs_test_unknown", "x" * 500, "\x00cs_1", "../../etc/passwd"])
def test_made_up_session_leads_nowhere(client, prices, session_id):
    reply = client.get("/welcome", query_string={"s": session_id})

    assert reply.status_code == 404
    assert "/private/" not in reply.text


def test_made_up_sessions_are_soon_refused(client, prices):
    for _ in range(30):
        client.get("/welcome?s=cs_test_unknown")

    assert client.get("/welcome?s=cs_test_unknown").status_code == 429


def test_looking_at_a_session_by_head_does_nothing(client, services, prices):
    address = pay(client, join(client, prices).location)

    client.head(address)

    assert count(services, Member) == 0


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"email": "ben"}, "Enter an e-mail address in the form name@example.org."),
        ({"plan": "999"}, "Choose a plan."),
        ({"plan": "free"}, "Choose a plan."),
        ({"plan": ""}, "Choose a plan."),
    ],
)
def test_mistakes_are_told_and_the_rest_is_kept(client, services, prices, form, sentence):
    reply = join(client, prices, **form)

    assert reply.status_code == 422
    assert sentence in reply.text
    assert f'value="{form.get("email", "ben@example.org")}"' in reply.text
    assert count(services, Order) == 0


def test_signed_in_person_is_not_asked_for_an_address(client, services, prices, finn):
    sign_in(client, services, finn)
    page = client.get("/join").text
    assert "You join as" in page
    assert 'name="email"' not in page

    client.get(pay(client, join(client, prices).location, email="other@example.org"))

    assert is_member(services, "finn@example.org")
    assert client.get("/join").text.count("You are a member") >= 1


def test_sixth_checkout_of_a_member_in_an_hour_is_refused(client, services, prices, finn):
    sign_in(client, services, finn)
    for _ in range(5):
        assert join(client, prices).status_code == 303

    assert join(client, prices).status_code == 429


def test_fourth_try_after_three_failed_cards_in_an_hour_is_refused(client, services, prices):
    finn = make_member(services, "finn@example.org")
    sign_in(client, services, finn)
    with services.db.transaction() as session:
        for _ in range(3):
            attempts.note_failed_card(session, finn.id, clock.now())

    refused = join(client, prices)
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        later = join(client, prices)

    assert refused.status_code == 429
    assert "Three payments did not go through." in refused.text
    assert later.status_code == 303


def test_eleventh_checkout_from_a_network_in_an_hour_is_refused(client, prices):
    for number in range(10):
        join(client, prices, email=f"x{number}@example.org")

    assert join(client, prices).status_code == 429


def test_price_that_is_sold_no_longer_asks_to_choose_again(client, services, prices):
    page = client.get("/join")
    order = re.search(r'name="order" value="(\w+)"', page.text)[1]
    with services.db.transaction() as session:
        plans.set_price(session, plans.FIRST_KEY, "year", Money(7000, "EUR"), clock.now())

    form = {"csrf_token": read_token(page), "order": order, "plan": prices["year"], "email": "ben@example.org"}
    reply = client.post("/join", data=form)

    assert reply.status_code == 422
    assert "€70" in reply.text
    assert 'value="ben@example.org"' in reply.text


def test_account_without_paying_is_made_when_the_letter_is_answered(client, services, prices):
    asked = send(client, "/join/free", email="finn@example.org")
    assert count(services, Member) == 0
    code = read_code(read_letters(services, "finn@example.org")[0])

    reply = send(client, asked.location, code=code)

    assert reply.location == "/welcome"
    assert not is_member(services, "finn@example.org")
    page = client.get("/welcome").text
    assert "/private/" in page
    assert "the public episodes in a feed of your own" in page


def test_free_account_of_a_known_address_is_told_the_same(client, services, prices, finn):
    known = send(client, "/join/free", email="finn@example.org")
    unknown = send(make_client(client.application), "/join/free", email="nobody@example.org")

    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
    work(services)
    assert count(services, Member) == 1


def test_unreadable_address_for_a_free_account_is_told(client, prices):
    reply = send(client, "/join/free", email="finn")

    assert reply.status_code == 422
    assert "Enter an e-mail address" in reply.text


class TestWithoutPayments:
    """The site before a key is set."""

    @pytest.fixture
    def services(self, settings, services):
        made = Services(replace(settings, payments_mode="off"))
        yield made
        made.close()

    @pytest.fixture
    def app(self, services):
        return create_app(services.settings, services)

    def test_membership_opens_soon_and_accounts_are_open(self, client, prices):
        page = client.get("/join").text

        assert "Membership opens soon" in page
        assert "Send a code" in page
        assert "Payments are not set up" not in page

    def test_host_reads_why(self, client, services, prices, ada):
        assert "Payments are not set up." in sign_in(client, services, ada).get("/join").text

    def test_form_of_before_is_answered_by_a_page(self, client, services, prices):
        token = read_token(client.get("/join"))

        reply = client.post("/join", data={"csrf_token": token, "plan": prices["year"], "email": "ben@example.org"})

        assert reply.status_code == 422
        assert count(services, Order) == 0

    def test_account_page_works(self, client, services, finn):
        assert sign_in(client, services, finn).get("/account").status_code == 200


def test_stripe_that_does_not_answer_leaves_the_form_filled(client, services, prices):
    services.standin.set_faults(Faults(answer="500"))

    reply = join(client, prices, interval="month")

    assert reply.status_code == 503
    assert "The payment page does not answer. Nothing was charged" in reply.text
    assert 'value="ben@example.org"' in reply.text
    assert f'value="{prices["month"]}" checked' in reply.text
    services.standin.set_faults(Faults())
    assert join(client, prices, interval="month").status_code == 303


def test_paid_while_stripe_does_not_answer_looks_again_and_then_promises_a_letter(client, services, prices):
    address = pay(client, join(client, prices).location)
    services.standin.set_faults(Faults(answer="500"))

    first, last = client.get(address), client.get(address + "&looks=20")

    assert "Payment received, setting up" in first.text
    assert re.search(r'http-equiv="refresh" content="3; url=/welcome\?s=\w+&amp;looks=1"', first.text)
    assert "http-equiv" not in last.text
    assert "We send you your links by e-mail" in last.text
    services.standin.set_faults(Faults())
    assert client.get(address).location == "/welcome"


def test_bank_transfer_waits_and_gives_nothing_yet(client, services, prices):
    services.standin.set_faults(Faults(unpaid="waits"))

    page = client.get(pay(client, join(client, prices).location))

    assert "We are waiting for your bank" in page.text
    assert "/private/" not in page.text


def test_declined_card_is_told_on_the_payment_page_and_makes_nobody_a_member(client, services, prices):
    opened = join(client, prices)

    assert pay(client, opened.location, number="4000000000000002") is None
    assert count(services, Member) == 0


class TestMember:
    """What a paying member does with the membership."""

    @pytest.fixture
    def bens(self, client, prices):
        """Ben's browser, after paying."""
        client.get(pay(client, join(client, prices).location))
        return client

    def test_leaving_takes_two_clicks_and_says_until_when(self, bens):
        page = bens.get("/account/cancel").text
        assert re.search(r"You keep everything until \d+ \w+ \d{4}\. After that the public episodes stay yours\.", page)

        reply = send(bens, "/account/cancel", reason="unused", comment="bye")

        assert reply.location == "/account?done=left"
        after = bens.get(reply.location).text
        assert "Done. We will not charge you again." in after
        assert "Ends on" in after

    def test_staying_after_all_is_one_click(self, bens):
        send(bens, "/account/cancel")

        reply = send(bens, "/account/keep", page="/account")

        assert reply.location == "/account?done=kept"
        assert "renews" in bens.get("/account").text

    def test_leaving_twice_is_no_failure(self, bens):
        token = read_token(bens.get("/account/cancel"))

        for _ in range(2):
            assert bens.post("/account/cancel", data={"csrf_token": token}).status_code == 303

        assert bens.get("/account/cancel").location == "/account"

    def test_card_is_changed_at_stripe_and_leads_back(self, bens):
        reply = send(bens, "/account/billing", page="/account")

        assert reply.location.startswith(f"{STANDIN}/portal/")
        assert bens.get("/account/billing/back?from=home").location == "/account"
        assert bens.get("/account/billing/back?from=card").location == "/account?done=paid"

    def test_way_back_works_while_stripe_does_not_answer(self, bens, services):
        services.standin.set_faults(Faults(answer="500"))

        assert bens.get("/account/billing/back?from=home").location == "/account"

    def test_receipts_are_listed_and_open_at_stripe(self, bens, services):
        work(services)
        page = bens.get("/account/receipts").text
        (path,) = re.findall(r'href="(/account/receipts/\w+)"', page)

        assert "€60" in page
        assert bens.get(path).location.startswith(STANDIN)

    def test_receipt_of_another_does_not_exist(self, app, bens, services, finn):
        work(services)
        (path,) = re.findall(r'href="(/account/receipts/\w+)"', bens.get("/account/receipts").text)

        assert sign_in(make_client(app), services, finn).get(path).status_code == 404

    def test_person_without_a_subscription_has_nothing_to_leave(self, app, services, finn):
        finns = sign_in(make_client(app), services, finn)

        assert finns.get("/account/cancel").location == "/account"
        assert send(finns, "/account/keep", page="/account").location == "/account"
        assert send(finns, "/account/billing", page="/account").status_code == 404


@pytest.mark.parametrize("path", ["/billing/fix/nonsense", "/billing/confirm/nonsense"])
def test_payment_link_that_is_over_offers_a_sign_in(client, path):
    reply = client.get(path)

    assert reply.status_code == 404
    assert "This link does not work any more" in reply.text


def test_payment_link_of_a_letter_opens_the_card_form_without_a_sign_in(app, client, services, prices):
    client.get(pay(client, join(client, prices).location))
    with services.db.reading() as session:
        subscription = session.scalars(select(Subscription.stripe_id)).one()
    address = links.write_link(services.make_desk(), "fix", subscription, "es")

    reply = make_client(app).get(address.removeprefix("http://127.0.0.1:8000"))

    assert address.startswith("http://127.0.0.1:8000/es/billing/fix/")
    assert reply.location.startswith(f"{STANDIN}/portal/")
