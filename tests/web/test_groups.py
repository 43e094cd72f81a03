"""Groups in the browser: paying for several, the link, taking a seat with and without an account, taking it back, leaving."""

import re

import pytest
from sqlalchemy import select

from podcastsvc.billing import plans
from podcastsvc.billing.groups import links
from podcastsvc.kit import clock
from podcastsvc.members import attempts
from podcastsvc.members.entitlements import Standing, get_entitlement
from podcastsvc.storage.tables.billing import Order, Subscription
from podcastsvc.storage.tables.member import Member
from podcastsvc.storage.tables.offer import Seat
from tests.web.conftest import make_client, make_member, sign_in
from tests.web.people import read_code, read_letters, send
from tests.web.test_join import join, pay

BEN = "ben@example.org"


@pytest.fixture(autouse=True)
def prices(services):
    """The ids of the prices of a plan for up to ten, by their interval."""
    with services.db.transaction() as session:
        plans.make_first_plan(session, clock.now())
        plans.set_seats(session, "members", 10)
        return {price.interval: str(price.id) for price in plans.list_plans(session, "en")[0].prices}


def find(services, email):
    with services.db.reading() as session:
        return session.scalars(select(Member).where(Member.email == email)).one()


def standing(services, email):
    member = find(services, email)
    with services.db.reading() as session:
        return get_entitlement(session, member.id, clock.now()).standing


def rows(services, table):
    with services.db.reading() as session:
        return list(session.scalars(select(table)))


def code_of(services, email=BEN):
    payer_id = find(services, email).id
    with services.db.transaction() as session:
        return links.show_code(services.keys, links.get_link(session, services.keys, payer_id, clock.now()))


@pytest.fixture
def ben(client, prices):
    """A browser in which Ben has just paid for three."""
    client.get(pay(client, join(client, prices, interval="month", email=BEN, seats="3").location))
    return client


def test_join_form_asks_for_how_many_where_a_plan_is_for_groups(app, client, services):
    with_groups = client.get("/join").text
    with services.db.transaction() as session:
        plans.set_seats(session, "members", 1)

    assert re.search(r'id="seats"[^>]*max="10"', with_groups)
    assert 'id="seats"' not in make_client(app).get("/join").text


@pytest.mark.parametrize("typed", ["11", "0", "-1", "two", "2.5", "९", "9" * 400])
def test_number_that_cannot_be_sold_is_refused_beside_its_field(client, services, prices, typed):
    reply = join(client, prices, interval="month", email=BEN, seats=typed)

    assert reply.status_code == 422
    assert "Enter a number from 1 to 10." in reply.text
    assert rows(services, Order) == []


def test_form_is_filled_again_for_who_came_back_without_paying(client, prices):
    join(client, prices, interval="month", email=BEN, seats="3")

    page = client.get("/join?back=1").text

    assert re.search(r'name="seats"[^>]*value="3"|value="3"[^>]*name="seats"', page)


def test_payer_sees_the_link_and_who_came_by_it(app, ben, services):
    shown = ben.get("/account/group").text
    dev = sign_in(make_client(app), services, make_member(services, "dev@example.org"))
    taken = send(dev, f"/group/{code_of(services)}")
    after = ben.get("/account/group").text

    assert f"/group/{code_of(services)}" in shown
    assert "for yourself and 2 more people" in shown
    assert (taken.status_code, taken.location) == (303, "/welcome")
    assert standing(services, "dev@example.org") is Standing.SEAT
    assert "dev@example.org" in after
    assert "One seat is free." in after


def test_visitor_without_account_takes_a_seat_by_a_code(app, ben, services):
    dev = make_client(app)
    page = dev.get(f"/group/{code_of(services)}")

    asked = send(dev, f"/group/{code_of(services)}", email="dev@example.org")
    digits = read_code(read_letters(services, "dev@example.org")[-1])
    entered = send(dev, "/sign-in/code", code=digits, next="seat.page")
    again = dev.get(entered.location)
    taken = send(dev, again.location)

    assert "invites you to listen" in page.text
    assert BEN not in page.text
    assert asked.status_code == 303
    assert again.location == f"/group/{code_of(services)}"
    assert taken.location == "/welcome"
    assert standing(services, "dev@example.org") is Standing.SEAT
    assert "pays for your place" in dev.get("/account").text


def test_looking_at_an_invitation_changes_nothing(ben, services):
    path = f"/group/{code_of(services)}"
    ben.get(path)
    ben.head(path)
    refused = ben.post(path, data={})

    assert refused.status_code == 403
    assert rows(services, Seat) == []


def test_invitation_is_kept_from_stores_and_search_engines(ben, services, app):
    reply = make_client(app).get(f"/group/{code_of(services)}")

    assert "no-store" in reply.headers["Cache-Control"]
    assert reply.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
    assert "noindex" in reply.headers.get("X-Robots-Tag", "") + reply.text


def test_wrong_links_say_so_and_are_counted(app, services):
    eve = make_client(app)
    words = eve.get("/group/nothing").text

    tries = [eve.get(f"/group/{'a' * 32}").status_code for _ in range(attempts.UNKNOWN_TOKENS.most + 1)]

    assert tries[0] == 404
    assert tries[-1] == 429
    assert "does not work any more" in words


def test_seat_taken_back_is_gone_and_a_strangers_number_does_nothing(app, ben, services):
    dev = make_member(services, "dev@example.org")
    send(sign_in(make_client(app), services, dev), f"/group/{code_of(services)}")
    eve = sign_in(make_client(app), services, make_member(services, "eve@example.org"))

    stolen = send(eve, f"/account/group/take-back/{dev.id}", page="/account")
    before = standing(services, "dev@example.org")
    reply = send(ben, f"/account/group/take-back/{dev.id}", page="/account")

    assert stolen.status_code == 303
    assert before is Standing.SEAT
    assert standing(services, "dev@example.org") is Standing.NONE
    assert "The seat is free again." in ben.get(reply.location).text


def test_whoever_sits_there_may_leave(app, ben, services):
    dev = sign_in(make_client(app), services, make_member(services, "dev@example.org"))
    send(dev, f"/group/{code_of(services)}")

    reply = send(dev, f"/account/group/leave/{find(services, BEN).id}", page="/account")

    assert "You have left the group." in dev.get(reply.location).text
    assert rows(services, Seat) == []


def test_new_link_replaces_the_old_one(ben, services, app):
    old = code_of(services)

    send(ben, "/account/group/link", page="/account/group")

    assert code_of(services) != old
    assert make_client(app).get(f"/group/{old}").status_code == 404
    assert make_client(app).get(f"/group/{code_of(services)}").status_code == 200


def test_more_seats_are_bought_by_two_presses(ben, services):
    shown = ben.get("/account/group?size=5")
    token = re.search(r'name="token" value="([^"]+)"', shown.text)[1]

    reply = send(ben, "/account/group", token=token, page="/account/group")

    assert "For 5 people" in shown.text
    assert "Your group is changed." in ben.get(reply.location).text
    assert rows(services, Subscription)[0].quantity == 5
    assert send(ben, "/account/group", token=token, page="/account/group").status_code == 303
    assert rows(services, Subscription)[0].quantity == 5


@pytest.mark.parametrize("size", ["0", "11", "x", "3", "1" * 9])
def test_size_that_cannot_be_is_refused_on_the_page(ben, size):
    reply = ben.get(f"/account/group?size={size}")

    assert reply.status_code == 422
    assert 'id="size-error"' in reply.text


def test_member_with_a_plan_for_one_has_no_group(client, services, prices):
    with services.db.transaction() as session:
        plans.set_seats(session, "members", 1)
    client.get(pay(client, join(client, prices, interval="month", email=BEN).location))

    reply = client.get("/account/group")

    assert (reply.status_code, reply.location) == (303, "/account")
    assert "/account/group" not in client.get("/account").text


def test_pages_speak_spanish(app, ben, services):
    dev = make_client(app)

    page = dev.get(f"/es/group/{code_of(services)}").text

    assert 'lang="es"' in page
    assert "invites you" not in page
    assert "Your group" not in ben.get("/es/account/group").text
