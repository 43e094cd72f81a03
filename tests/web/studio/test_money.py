"""The studio's money: figures, who may be lost, orders, and files for a spreadsheet."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from podcastsvc.kit import clock
from podcastsvc.storage.tables.billing import Order, Price
from podcastsvc.storage.tables.member import MemberSession
from tests.web.conftest import make_client, read_token
from tests.web.people import work
from tests.web.studio.conftest import buy_year
from tests.web.test_join import join

pytestmark = pytest.mark.usefixtures("show")


@pytest.fixture
def ben(app, services):
    """Has paid €60 for a year; Cleo has begun an order."""
    client = buy_year(app, services)
    with services.db.reading() as session:
        prices = {price.interval: str(price.id) for price in session.scalars(select(Price))}
    join(make_client(app), prices, email="=cleo@example.org")
    work(services)
    return client


def test_before_the_first_payment_the_page_says_what_comes(studio):
    page = studio.get("/studio/money")

    assert page.status_code == 200
    assert "Figures begin with the first member." in page.text


def test_figures_charts_and_their_tables(ben, studio):
    page = studio.get("/studio/money").text

    assert "€5" in page
    assert "1 member joined in the last twelve months." in page
    assert "€60 came in over the last twelve months." in page
    assert page.count('<svg class="chart"') == 2
    assert '<td class="number">€60</td>' in page


def test_who_leaves_is_at_risk_with_the_reason(ben, studio, services):
    page = ben.get("/account/cancel")
    ben.post("/account/cancel", data={"csrf_token": read_token(page), "reason": "too_expensive"})

    found = studio.get("/studio/money").text

    assert "At risk" in found
    assert "Leaves" in found
    assert "ben@example.org" in found


def test_orders_are_listed_narrowed_and_searched(ben, studio):
    everything = studio.get("/studio/orders").text
    paid = studio.get("/studio/orders?state=paid").text
    searched = studio.get("/studio/orders?q=CLEO").text
    nothing = studio.get("/studio/orders?q=nobody").text

    assert "ben@example.org" in everything
    assert "=cleo@example.org" in everything
    assert "=cleo@example.org" not in paid
    assert "ben@example.org" not in searched
    assert "=cleo@example.org" in searched
    assert "No order fits that." in nothing
    assert studio.get("/studio/orders?state=nonsense").status_code == 200
    assert studio.get("/studio/orders?page=-3").status_code == 404


def test_orders_of_one_kind_are_shown_alone_and_keep_the_other_choices(ben, studio, app, services):
    with services.db.transaction() as session:
        session.execute(update(Order).where(Order.email == "=cleo@example.org").values(kind="donation"))

    memberships = studio.get("/studio/orders?kind=membership&q=example").text

    assert "=cleo@example.org" in studio.get("/studio/orders?kind=donation").text
    assert "=cleo@example.org" not in memberships
    assert "ben@example.org" in memberships
    assert "/studio/orders?kind=membership&amp;q=example&amp;state=paid" in memberships.replace(
        "q=example&amp;state=paid&amp;kind=membership", "kind=membership&amp;q=example&amp;state=paid"
    )
    assert "=cleo@example.org" in studio.get("/studio/orders?kind=nonsense").text


def test_an_order_has_a_page_with_what_was_paid_for_it(ben, studio, services):
    with services.db.reading() as session:
        orders = {each.state: each.id for each in session.scalars(select(Order))}

    paid = studio.get(f"/studio/orders/{orders['paid']}").text
    begun = studio.get(f"/studio/orders/{orders['open']}").text

    assert "€60 a year" in paid
    assert "/studio/payments/pi_" in paid
    assert "Nothing was paid for it." in begun
    assert studio.get("/studio/orders/01NOTHING").status_code == 404


def test_those_at_risk_can_be_taken_along(ben, studio):
    page = ben.get("/account/cancel")
    ben.post("/account/cancel", data={"csrf_token": read_token(page), "reason": "too_expensive"})

    reply = export(studio, "at-risk")

    rows = list(csv.DictReader(io.StringIO(reply.data.decode("utf-8-sig"), newline="")))
    assert [(row["email"], row["why"], row["reason"], row["amount"]) for row in rows] == [
        ("ben@example.org", "leaving", "too_expensive", "60.00")
    ]


def export(studio, what):
    return studio.post(f"/studio/money/export/{what}", data={"csrf_token": read_token(studio.get("/studio/money"))})


@pytest.mark.parametrize("what", ["members", "payments", "orders"])
def test_files_open_in_a_spreadsheet_and_run_nothing(ben, studio, what):
    reply = export(studio, what)

    rows = list(csv.reader(io.StringIO(reply.data.decode("utf-8-sig"), newline="")))
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert reply.headers["Content-Disposition"] == f'attachment; filename="{what}-2026-06-02.csv"'
    assert any("ben@example.org" in row for row in rows)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]


def test_who_signed_in_long_ago_proves_it_first(ben, studio, services):
    with services.db.transaction() as session:
        session.execute(update(MemberSession).values(proved_at=clock.now() - timedelta(hours=1)))

    reply = export(studio, "members")

    assert reply.status_code == 303
    assert reply.location == "/account/prove?next=studio.export"


def test_an_unknown_file_is_not_found(ben, studio):
    assert export(studio, "passwords").status_code == 404
