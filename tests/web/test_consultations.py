"""Consultations in the browser: lengths, times on the reader's clock, payment, the buyer's own page, and the studio."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from podcastsvc.billing.consulting import offers
from podcastsvc.billing.consulting.hours import read_spans
from podcastsvc.billing.consulting.offers import ConsultationOffer, Length
from podcastsvc.kit import clock
from podcastsvc.members import attempts
from podcastsvc.storage.tables.billing import Order
from podcastsvc.storage.tables.consultation import Consultation
from tests.web.conftest import make_client, make_member, read_token, sign_in
from tests.web.people import read_letters, read_link, send, work
from tests.web.test_join import pay

BEN = "ben@example.org"
ROOM = "https://meet.example/ada"
WEEK = {day: read_spans("16:00-19:00") for day in range(7)}
OFFER = ConsultationOffer(True, "EUR", (Length(30, 4500), Length(60, 8000)), WEEK, room_url=ROOM)


def settle(services, offer=OFFER, **changes):
    with services.db.transaction() as session:
        offers.save_offer(session, replace(offer, **changes))


@pytest.fixture(autouse=True)
def _open(services):
    settle(services)


def list_values(page):
    return re.findall(r'name="time" value="([^"]+)"', page)


def book(client, minutes=60, *, path="", **form):
    """Sends the form as a browser does, with the first free time."""
    path = path or f"/consultation/{minutes}"
    page = client.get(path).text
    order = re.search(r'name="order" value="(\w+)"', page)[1]
    times = list_values(page)
    values = {
        "order": order,
        "zone": "America/New_York",
        "time": times[0] if times else "",
        "name": "Ben",
        "email": BEN,
    }
    return client.post(path, data={"csrf_token": read_token(client.get(path)), **values, **form})


def buy(client, services, **form):
    """Books and pays: the page that follows, and the row."""
    page = client.get(pay(client, book(client, **form).location))
    work(services)
    return page, rows(services, Consultation)[0]


def rows(services, table):
    with services.db.reading() as session:
        return list(session.scalars(select(table)))


def own_page(services):
    return read_link(read_letters(services, BEN)[0], "consultation/mine")


def test_lengths_stand_with_their_prices_and_one_alone_opens_at_once(client, services):
    page = client.get("/consultation")
    settle(services, lengths=(Length(45, 5000),))
    alone = client.get("/consultation")

    assert re.findall(r"<b>(\d+ minutes)</b>.*?<strong>(\S+)</strong>", page.text) == [
        ("30 minutes", "€45"),
        ("60 minutes", "€80"),
    ]
    assert (alone.status_code, alone.location) == (303, "/consultation/45")


def test_footer_leads_there_while_it_is_open(app, client, services):
    shown = client.get("/follow").text
    settle(services, is_open=False)

    assert "/consultation" in shown
    assert "/consultation" not in make_client(app).get("/follow").text
    assert "not open" in client.get("/consultation").text
    assert client.get("/consultation/60").location == "/consultation"


@time_machine.travel("2026-06-01T06:00:00Z", tick=False)
def test_times_are_shown_on_the_reader_s_clock(client):
    here = client.get("/consultation/60").text
    there = client.get("/consultation/60?zone=America/New_York").text
    nowhere = client.get("/consultation/60?zone=../../etc").text

    assert list_values(here) == list_values(there) == list_values(nowhere)
    assert "<span>12:00</span>" in there
    assert "<span>12:00</span>" not in here
    assert "Tuesday 2 June" in here


def test_further_days_are_a_page_of_their_own(client):
    first = client.get("/consultation/60").text
    later = re.search(r'href="([^"]+from=[^"]+)"', first)[1].replace("&amp;", "&")

    second = client.get(later).text

    assert set(list_values(first)).isdisjoint(list_values(second))
    assert "Earlier days" in second
    assert list_values(client.get("/consultation/60?from=9999-99-99").text) == list_values(first)


def test_paid_time_is_said_to_who_booked_and_to_nobody_else(app, client, services):
    page, row = buy(client, services)
    strange = make_client(app).get(f"/welcome?s={rows(services, Order)[0].checkout_id}")

    assert "Your consultation is booked" in page.text
    assert "America/New_York" in page.text
    assert "America/New_York" not in strange.text
    assert (row.state, row.email, row.zone) == ("booked", BEN, "America/New_York")
    assert ROOM in read_letters(services, BEN)[0].text
    assert ROOM not in client.get("/consultation").text + client.get("/consultation/60").text


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"time": ""}, "time"),
        ({"time": "2020-01-01T16:00Z"}, "time"),
        ({"time": "x" * 5000}, "time"),
        ({"name": " "}, "name"),
        ({"email": "nobody"}, "email"),
    ],
)
def test_a_form_that_cannot_be_used_says_why_beside_the_field(client, services, form, field):
    reply = book(client, **form)

    assert reply.status_code == 422
    assert f'id="{field}-error"' in reply.text
    assert rows(services, Consultation) == rows(services, Order) == []


def test_price_and_length_come_from_the_offer_alone(client, services):
    book(client, price="1", minutes_field="600", amount="1", currency="JPY")
    unknown = client.post("/consultation/600", data={"csrf_token": read_token(client.get("/consultation/60"))})

    order = rows(services, Order)[0]
    assert (order.amount_minor, order.currency, order.details["minutes"]) == (8000, "EUR", 60)
    assert unknown.status_code == 409


def test_time_that_somebody_else_took_is_said_and_the_form_kept(app, client, services):
    taken = list_values(client.get("/consultation/60").text)[0]
    book(client)

    reply = book(make_client(app), time=taken, question="How to begin?")

    assert reply.status_code in {409, 422}
    assert "has just been taken" in reply.text
    assert "How to begin?" in reply.text


def test_form_is_filled_again_for_who_came_back_without_paying(client, services):
    book(client, question="How to begin?")

    back = client.get(client.get("/consultation?back=1").location)

    assert "Nothing was charged" in back.text
    assert "How to begin?" in back.text
    assert re.search(r'value="[^"]+" checked', back.text)


def test_one_network_holds_three_times_an_hour(app, client):
    replies = [book(make_client(app), email=f"eve{number}@example.org").status_code for number in range(4)]

    assert replies == [303] * attempts.CONSULTATIONS.most + [429]


def test_forms_need_their_token(client, services):
    buy(client, services)
    mine = own_page(services)

    assert client.post("/consultation/60", data={}).status_code == 403
    assert client.post(f"{mine}/cancel", data={}).status_code == 403
    assert rows(services, Consultation)[0].state == "booked"


def test_buyer_moves_and_cancels_by_the_link_in_the_e_mail(app, client, services):
    settle(services, notice_hours=48)
    _, row = buy(client, services)
    mine, other = own_page(services), make_client(app)
    looked = other.get(mine).text
    times = list_values(looked)

    moved = send(other, f"{mine}/move", page=mine, time=times[-1])
    after_move = rows(services, Consultation)[0]
    said = other.get(moved.location).text
    cancelled = send(other, f"{mine}/cancel", page=mine)
    work(services)
    again = other.post(f"{mine}/cancel", data={"csrf_token": read_token(other.get("/sign-in"))})

    assert ROOM in looked
    assert after_move.starts_at > row.starts_at
    assert "has a new time" in said
    assert "is cancelled" in other.get(cancelled.location).text
    assert rows(services, Order)[0].state == "refunded"
    assert again.status_code == 409


def test_looking_at_ones_own_consultation_changes_nothing(client, services):
    _, row = buy(client, services)
    mine = own_page(services)
    for path in (mine, f"{mine}/cancel", f"{mine}/move"):
        client.get(path)
        client.head(path)

    assert (rows(services, Consultation)[0].state, rows(services, Consultation)[0].sequence) == ("booked", row.sequence)


def test_too_late_is_said_and_changes_nothing(client, services):
    buy(client, services)
    mine = own_page(services)
    settle(services, change_hours=720)

    page = client.get(mine).text
    reply = client.post(f"{mine}/cancel", data={"csrf_token": read_token(client.get("/sign-in"))})

    assert "too late to change this here" in page
    assert reply.status_code == 403
    assert rows(services, Consultation)[0].state == "booked"


def test_a_link_that_was_changed_opens_nothing_and_is_counted(app, client, services):
    buy(client, services)
    mine, eve = own_page(services), make_client(app)

    answers = [eve.get(f"{mine[:-1]}{'A' if mine[-1] != 'A' else 'B'}").status_code]
    answers += [eve.get("/consultation/mine/nothing").status_code for _ in range(attempts.UNKNOWN_TOKENS.most)]

    assert answers[0] == 404
    assert answers[-1] == 429


def test_member_books_with_their_own_address(app, services):
    ben = sign_in(make_client(app), services, make_member(services, BEN))

    reply = book(ben, email="eve@example.org")

    assert reply.status_code == 303
    assert rows(services, Consultation)[0].email == BEN


def test_host_saves_hours_and_prices(studio, services):
    page = "/studio/consultations/settings"
    week = {f"weekly_{day}": "9-12" if day < 2 else "" for day in range(7)}
    form = {
        "is_open": "1",
        "lengths": "30 45\n60 80.50",
        "currency": "eur",
        "room_url": ROOM,
        "days": "2026-12-24\n2026-12-28 10:00-12:00",
        "notice_hours": "12",
        "ahead_days": "30",
        "pause_minutes": "10",
        "most_a_day": "3",
        "intro_en": "Bring a question.",
    }

    saved = send(studio, page, **week, **form)
    shown = studio.get(page).text

    with services.db.reading() as session:
        offer = offers.find_offer(session)
    assert saved.location == "/studio/consultations?done=saved"
    assert [(each.minutes, each.amount_minor) for each in offer.lengths] == [(30, 4500), (60, 8050)]
    assert (offer.notice_hours, offer.ahead_days, offer.pause_minutes, offer.most_a_day) == (12, 30, 10, 3)
    assert offer.change_hours is None
    assert "2026-12-28 10:00-12:00" in shown
    assert "60 80.5" in shown


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"weekly_0": "9 to 12"}, "weekly_0"),
        ({"days": "tomorrow"}, "days"),
        ({"lengths": "an hour for 80"}, "lengths"),
        ({"lengths": "60 0"}, "lengths"),
        ({"room_url": "http://meet.example"}, "room_url"),
        ({"ahead_days": "0"}, "ahead_days"),
        ({"currency": "XX"}, "currency"),
    ],
)
def test_settings_that_cannot_be_are_refused_beside_their_field(studio, services, form, field):
    good = {
        "is_open": "1",
        "lengths": "60 80",
        "currency": "EUR",
        "room_url": ROOM,
        "weekly_1": "9-12",
        "ahead_days": "9",
    }

    reply = send(studio, "/studio/consultations/settings", **{**good, **form})

    assert reply.status_code == 422
    assert f'id="{field}-error"' in reply.text
    with services.db.reading() as session:
        assert offers.find_offer(session) == OFFER


def test_host_moves_and_cancels_and_the_buyer_is_told(studio, app, services):
    _, row = buy(make_client(app), services, question="How to begin?")
    page = f"/studio/consultations/{row.id}"
    shown = studio.get(page).text
    listed = studio.get("/studio/consultations").text

    moved = send(studio, f"{page}/move", page=page, time=list_values(shown)[-1])
    work(services)
    cancelled = send(studio, f"{page}/cancel", page=page, gives_back="1")
    work(services)

    assert "How to begin?" in shown
    assert BEN in listed
    assert moved.location == f"{page}?done=moved"
    assert cancelled.location == f"{page}?done=cancelled"
    assert rows(services, Order)[0].state == "refunded"
    letters = [letter.subject for letter in read_letters(services, BEN)]
    assert letters[0] == "Your consultation is cancelled"
    assert "Your consultation has a new time" in letters
    assert "Over or cancelled" in studio.get("/studio/consultations").text


def test_studio_says_what_is_not_there(studio):
    assert studio.get("/studio/consultations/NOTHING").status_code == 404
    assert "Nothing is booked." in studio.get("/studio/consultations").text


def test_a_day_later_it_is_over(app, client, services):
    _, row = buy(client, services)
    mine = own_page(services)
    with time_machine.travel(row.ends_at + timedelta(minutes=1), tick=False):
        page = client.get(mine).text

    assert "It is over" in page
    assert ROOM not in page
    assert clock.now() < row.ends_at


@pytest.mark.parametrize("path", ["/es/consultation", "/es/consultation/60"])
def test_pages_speak_spanish(client, path):
    page = client.get(path).text

    assert 'lang="es"' in page
    assert "Book a consultation" not in page
    assert "Continue to payment" not in page
