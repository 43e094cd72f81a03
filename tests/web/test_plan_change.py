"""Changing the plan on the account's pages: choosing, seeing what it costs, and confirming."""

import re

import pytest
from sqlalchemy import select

from podcastsvc.billing import plans
from podcastsvc.billing.changing import plan_change
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.storage.tables.billing import Price, Subscription
from tests.web.conftest import make_member, read_token, sign_in
from tests.web.test_join import join, pay

HOST = "http://127.0.0.1:8000"


@pytest.fixture
def prices(services):
    """The first plan's prices by interval."""
    with services.db.transaction() as session:
        plans.make_first_plan(session, clock.now())
        return {price.interval: str(price.id) for price in session.scalars(select(Price))}


@pytest.fixture
def subscribe(client, services, prices):
    """Ben joins, and stays signed in."""

    def buy(interval="month", **card):
        sign_in(client, services, make_member(services, "ben@example.org"))
        client.get(pay(client, join(client, prices, interval=interval).location, **card))

    return buy


def read_row(services):
    with services.db.reading() as session:
        return session.scalars(select(Subscription)).one()


def confirm(client, price):
    """Opens the confirmation of a price and sends it."""
    page = client.get(f"/account/plan?price={price}")
    fields = dict(re.findall(r'name="(token|later)" value="([^"]+)"', page.text))
    return client.post("/account/plan", data={"csrf_token": read_token(page), **fields})


def test_monthly_member_sees_the_price_of_today_and_changes_to_the_year(client, services, prices, subscribe):
    subscribe()
    chosen = client.get("/account/plan").text
    shown = client.get(f"/account/plan?price={prices['year']}").text

    reply = confirm(client, prices["year"])

    assert "You pay €6 a month now." in chosen
    assert "Pay €54 and change" in shown
    assert reply.location == "/account?done=plan"
    page = client.get(reply.location).text
    assert "Your plan is changed." in page
    assert "€60 a year" in page


def test_19_declined_card_is_said_and_the_old_plan_stays(client, services, prices, subscribe):
    subscribe(number="4000000000000341")

    reply = confirm(client, prices["year"])

    page = client.get(reply.location).text
    assert "The card was declined, so nothing has changed." in page
    assert "€6 a month" in page


def test_20_shorter_plan_is_shown_as_planned_and_can_be_taken_back(client, services, prices, subscribe):
    subscribe("year")
    shown = client.get(f"/account/plan?price={prices['month']}").text

    opened = confirm(client, prices["month"])
    portal = client.get(opened.location.removeprefix(HOST)).location.removeprefix(HOST)
    back = client.post(portal, data={"price": plans.prepare_price(services.make_desk(), int(prices["month"]))})
    client.get(back.location.removeprefix(HOST))
    page = client.get("/account").text
    client.post("/account/plan/keep", data={"csrf_token": read_token(client.get("/account/profile"))})

    assert "Nothing is charged" in shown
    assert re.search(r"<dt>From [^<]+</dt><dd>€6 a month</dd>", page)
    assert "<dd>€6 a month</dd>" not in client.get("/account").text


def test_confirmation_that_is_too_old_is_shown_anew(client, services, prices, subscribe, monkeypatch):
    subscribe()
    monkeypatch.setattr(plan_change, "LIFETIME_SECONDS", -1)

    reply = confirm(client, prices["year"])

    assert reply.location == f"/account/plan?price={prices['year']}&old=1"
    assert "This took a while, so here is what it costs now." in client.get(reply.location).text
    assert read_row(services).interval == "month"


@pytest.mark.parametrize("price", ["0", "99999", "x", "1'", "-1"])
def test_price_that_is_no_choice_is_refused(client, prices, subscribe, price):
    subscribe()

    page = client.get("/account/plan", query_string={"price": price})

    assert page.status_code == 422
    assert "Choose one of the plans." in page.text


@pytest.mark.parametrize("token", ["", "none of ours"])
def test_forged_confirmation_changes_nothing(client, services, subscribe, token):
    subscribe()

    reply = client.post(
        "/account/plan", data={"csrf_token": read_token(client.get("/account/profile")), "token": token}
    )

    assert reply.location.startswith("/account/plan")
    assert read_row(services).interval == "month"


def test_sent_twice_changes_once(client, services, prices, subscribe):
    subscribe()
    page = client.get(f"/account/plan?price={prices['year']}")
    token = re.search(r'name="token" value="([^"]+)"', page.text)[1]

    replies = [
        client.post("/account/plan", data={"csrf_token": read_token(page), "token": token}).location for _ in range(2)
    ]

    assert replies == ["/account?done=plan", "/account"]


def test_35_other_currency_is_explained(client, services, prices, subscribe):
    subscribe()
    with services.db.transaction() as session:
        plans.set_price(session, plans.FIRST_KEY, "year", Money(7000, "USD"), clock.now())

    page = client.get("/account/plan").text

    assert "A running membership keeps its currency." in page
    assert "$70" not in page


def test_without_a_membership_there_is_nothing_to_change(client, services, finn):
    sign_in(client, services, finn)

    assert client.get("/account/plan").location == "/account"


def test_visitor_signs_in_first(client):
    assert client.get("/account/plan").location.startswith("/sign-in")
