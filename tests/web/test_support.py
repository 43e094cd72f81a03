"""Giving money: the form, the way to payment and back, the studio's page, and where the site leads to it."""

import re

import pytest

from podcastsvc.billing.kinds import donation_offers
from podcastsvc.billing.kinds.donation_offers import DonationOffer
from tests.web.conftest import make_member, read_token, sign_in
from tests.web.people import read_letters
from tests.web.test_join import pay

FORM = {"amount": "500", "interval": "once", "name": "Ben", "message": "Keep going."}


@pytest.fixture
def opened(services):
    """The host takes donations."""
    with services.db.transaction() as session:
        donation_offers.save_offer(session, DonationOffer(is_open=True))


def give(client, path="/support", **change):
    """Sends the form as a browser does."""
    page = client.get(path)
    order = re.search(r'name="order" value="(\w+)"', page.text)[1]
    return client.post(path, data={"csrf_token": read_token(page), "order": order, **FORM, **change})


def test_while_the_host_takes_nothing_the_page_says_so_and_nothing_leads_to_it(client):
    page = client.get("/support")

    assert "Donations are not open" in page.text
    assert 'href="/support"' not in client.get("/join").text
    reply = client.post("/support", data={"csrf_token": read_token(client.get("/join")), **FORM})
    assert reply.status_code == 409


@pytest.mark.usefixtures("opened")
def test_the_footer_leads_to_the_form_once_it_is_open(client):
    assert 'href="/support"' in client.get("/join").text
    assert 'href="/es/support"' in client.get("/es/join").text


@pytest.mark.usefixtures("opened")
def test_a_visitor_gives_without_an_account_and_is_thanked(client, services):
    reply = give(client)

    page = client.get(pay(client, reply.location))

    assert (page.status_code, "Thank you." in page.text) == (200, True)
    assert "ben@example.org" not in page.text
    (letter,) = read_letters(services, "ben@example.org")
    assert letter.subject.startswith("Thank you for your donation")
    assert "€5" in letter.text


@pytest.mark.usefixtures("opened")
def test_a_mistake_is_said_beside_its_field_and_the_words_stay(client):
    reply = give(client, amount="other", own="0.10")

    assert reply.status_code == 422
    assert "Enter an amount between the lowest and the highest." in reply.text
    assert "Keep going." in reply.text
    assert re.search(r'value="other"[^>]* checked', reply.text)


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    ("change", "shown"),
    [({"amount": "500"}, 'value="500" checked'), ({"amount": "other", "own": "7.25"}, 'value="7.25"')],
)
def test_coming_back_without_paying_finds_everything_still_filled_in(client, change, shown):
    give(client, interval="month", **change)

    page = client.get("/support?back=1").text

    assert "Nothing was charged" in page
    assert "Keep going." in page
    assert re.search(r'value="month"[^>]* checked', page)
    assert shown in re.sub(r'"([^"]*)" checked', r'"\1" checked', page)


@pytest.mark.usefixtures("opened")
def test_a_member_sees_what_they_give_each_month_and_can_stop_it(client, services):
    sign_in(client, services, make_member(services, "ben@example.org"))
    client.get(pay(client, give(client, interval="month").location))

    page = client.get("/account")
    portal = client.post("/account/billing", data={"csrf_token": read_token(page)})

    assert "You give €5 a month. Thank you." in page.text
    assert "/portal/" in portal.location


@pytest.mark.usefixtures("opened")
def test_the_letter_s_link_leads_to_the_portal_without_a_sign_in(client, services):
    client.get(pay(client, give(client, interval="month").location))
    (letter,) = read_letters(services, "ben@example.org")
    link = re.search(r"http://127.0.0.1:8000(/billing/give/\S+)", letter.text)[1]

    assert "/portal/" in client.get(link).location
    assert client.get(link[:-3] + "abc").status_code == 404


def test_the_host_opens_donations_and_sees_them(client, studio, services):
    page = studio.get("/studio/donations")
    values = {
        "csrf_token": read_token(page),
        "is_open": "1",
        "amounts": "5, 12.50, 30",
        "least": "2",
        "most": "500",
        "currency": "eur",
        "has_monthly": "1",
    }
    saved = studio.post("/studio/donations", data=values)
    client.get(pay(client, give(client, amount="1250").location))

    assert "Saved." in studio.get(saved.location).text
    found = studio.get("/studio/donations").text
    assert "€12.50" in found
    assert "Keep going." in found
    assert "ben@example.org" in found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amounts": ""}, "Name one to five amounts"),
        ({"amounts": "five"}, "Name one to five amounts"),
        ({"least": "20"}, "The lowest amount must be the smallest"),
        ({"most": ""}, "Enter an amount."),
        ({"currency": "X"}, "Enter a currency"),
    ],
)
def test_settings_that_cannot_be_used_are_said_beside_their_field(studio, change, words):
    values = {"amounts": "5, 10", "least": "1", "most": "100", "currency": "EUR", **change}

    reply = studio.post("/studio/donations", data={"csrf_token": read_token(studio.get("/studio/donations")), **values})

    assert reply.status_code == 422
    assert words in reply.text
