"""Moving members to a newer price, from the plan's page; and what the member sees of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from podcastsvc.billing import plans
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.storage.tables.billing import Price
from podcastsvc.storage.tables.offer import PriceMove
from tests.web.conftest import read_token
from tests.web.people import work
from tests.web.studio.conftest import read_field
from tests.web.test_join import join, pay

pytestmark = pytest.mark.usefixtures("show")


@pytest.fixture
def ben(client, services):
    """Pays €6 a month, and sees his account; the price is €8 by now."""
    with services.db.reading() as session:
        prices = {price.interval: str(price.id) for price in session.scalars(select(Price))}
    client.get(pay(client, join(client, prices, interval="month").location))
    with services.db.transaction() as session:
        plans.set_price(session, plans.FIRST_KEY, "month", Money(800, "EUR"), clock.now())
    return client


@pytest.fixture
def move(press, services):
    def send(day="2026-08-01", stop=""):
        with services.db.reading() as session:
            old = session.scalars(select(Price.id).where(~Price.is_open)).one()
        return press("/studio/plans/members", f"/studio/plans/members/moves/{old}{stop}", day=day)

    return send


def test_members_on_an_earlier_price_are_listed_with_the_first_possible_day(ben, studio):
    page = studio.get("/studio/plans/members")

    assert "Members on earlier prices" in page.text
    assert "Move to €8 a month with the first payment after" in page.text
    assert read_field(page, "day") == (clock.now() + timedelta(days=32)).date().isoformat()


def test_move_is_planned_and_its_member_sees_it(ben, studio, services, move):
    reply = move()
    work(services)

    assert "The members are told, and moved on that day." in studio.get(reply.location).text
    assert "<dt>After 1 August 2026</dt><dd>€8 a month</dd>" in ben.get("/account").text


def test_move_can_be_called_off(ben, studio, services, move):
    move()
    work(services)

    reply = move(stop="/stop")

    assert "Called off. The members keep their price." in studio.get(reply.location).text
    assert "€8 a month" not in ben.get("/account").text


@pytest.mark.parametrize("day", ["2026-06-20", "", "soon", "1999-01-01"])
def test_day_that_is_too_near_is_refused(ben, studio, services, move, day):
    reply = move(day)

    assert "at least 31 days away" in studio.get(reply.location).text
    with services.db.reading() as session:
        assert session.scalars(select(PriceMove)).all() == []


def test_only_hosts_move_prices(ben, services):
    token = read_token(ben.get("/account/profile"))

    reply = ben.post("/studio/plans/members/moves/1", data={"csrf_token": token, "day": "2026-08-01"})

    assert reply.status_code == 404
    with services.db.reading() as session:
        assert session.scalars(select(PriceMove)).all() == []
