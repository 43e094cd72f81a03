"""Members' calls: when they are, who finds the room and when, the calendar's file, and what is left afterwards."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from lxml import html

from podcastsvc.content import scan
from tests.content.texts import write_text
from tests.kit.test_calendars import parse
from tests.web.conftest import make_client, make_member, sign_in
from tests.web.shelf import NOW, give, main_of, read, words

STARTS = datetime(2026, 6, 9, 17, 0, tzinfo=UTC)
"""Tuesday 9 June 2026, 19:00 in Madrid."""
ROOM = "https://meet.example/secret-room"
CALL = {"title": "Open questions", "starts": "2026-06-09 19:00", "minutes": "45", "room": ROOM, "access": "members"}

pytestmark = pytest.mark.usefixtures("show")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def write(services, settings):
    """Writes a call's file and scans it."""

    def put(file="calls/open-questions.md", *, body="Bring your *questions*.\n", **head):
        path = write_text(settings.data.parent / "episodes", file, body=body, **{**CALL, **head})
        scan.scan_writing(services.db, services.media, settings, file)
        return path

    return put


@pytest.fixture
def ben(app, services):
    """A member's browser."""
    member = make_member(services, "ben@example.org", name="Ben")
    give(services, member)
    return sign_in(make_client(app), services, member)


def read_calendar(client, slug="open-questions"):
    reply = client.get(f"/calls/{slug}.ics")
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "text/calendar; charset=utf-8"
    return parse(reply.text)[1]


def test_a_visitor_sees_when_it_is_and_for_whom(client, write):
    write()

    shown = main_of(client.get("/calls/open-questions"))

    assert "Tuesday 9 June at 19:00, Europe/Madrid" in shown
    assert "Tuesday 9 June at 17:00, UTC" in shown
    assert "Members find the link here on the day." in shown
    assert "Bring your questions" in shown


def test_the_reader_s_own_clock_has_the_instant_to_show(client, write):
    write()

    (place,) = read(client.get("/calls/open-questions")).xpath("//*[@data-clock]")

    assert place.get("data-clock") == "2026-06-09T17:00:00+00:00"
    assert place.get("hidden") is not None


@pytest.mark.parametrize(
    ("before", "is_shown"),
    [
        (timedelta(hours=24, seconds=1), False),
        (timedelta(hours=24), True),
        (timedelta(0), True),
        (timedelta(minutes=-44), True),
        (timedelta(minutes=-45), False),
    ],
)
def test_members_find_the_room_on_the_day_and_not_before_or_after(ben, write, clock, before, is_shown):
    write()
    clock.move_to(STARTS - before)

    page = ben.get("/calls/open-questions")

    assert (ROOM in page.text) is is_shown
    assert page.headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize("before", [timedelta(days=3), timedelta(hours=1), timedelta(0), timedelta(hours=-3)])
def test_nobody_else_finds_the_room_anywhere(app, client, services, finn, write, clock, before):
    write()
    clock.move_to(STARTS - before)
    account = sign_in(make_client(app), services, finn)

    for browser in (client, account):
        for path in (
            "/calls/open-questions",
            "/calls/open-questions.ics",
            "/calls/",
            "/",
            "/sitemap.xml",
            "/es/calls/",
        ):
            assert "secret-room" not in browser.get(path).text


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/calls/open-questions", "A call of The Long Meridian with its members: Tuesday 9 June at 19:00"),
        (
            "/es/calls/open-questions",
            "Una llamada de El meridiano largo con sus miembros: martes 9 de junio a las 19:00",
        ),
    ],
)
def test_a_call_whose_words_are_for_members_is_described_by_when_it_is(client, write, path, says):
    write()

    (described,) = html.fromstring(client.get(path).text).xpath("//meta[@name='description']/@content")

    assert described.startswith(says)
    assert "Bring your" not in described


def test_a_call_for_some_plans_keeps_its_room_from_other_members(ben, write, clock):
    write(access="[patrons]")
    clock.move_to(STARTS)

    assert ROOM not in ben.get("/calls/open-questions").text
    assert ROOM not in ben.get("/calls/open-questions.ics").text


def test_a_call_for_everyone_has_an_open_door_on_the_day(client, write, clock):
    write(access="public")
    early = client.get("/calls/open-questions").text
    clock.move_to(STARTS)

    shown = client.get("/calls/open-questions").text

    assert ROOM not in early
    assert f'href="{ROOM}"' in shown


def test_a_kept_page_does_not_outlive_the_call(client, write, clock):
    write()
    seen = []
    for moment in (STARTS - timedelta(hours=25), STARTS, STARTS + timedelta(minutes=45)):
        clock.move_to(moment)
        seen.append("This call is over" in client.get("/calls/open-questions").text)

    assert seen == [False, False, True]


def test_the_calendar_has_the_room_for_members_alone(client, ben, write):
    write()

    everybody_s, member_s = read_calendar(client), read_calendar(ben)

    assert everybody_s["METHOD"] == "PUBLISH"
    assert (everybody_s["DTSTART"], everybody_s["DTEND"]) == ("20260609T170000Z", "20260609T174500Z")
    assert everybody_s["URL"] == "http://127.0.0.1:8000/calls/open-questions"
    assert "LOCATION" not in everybody_s
    assert "ATTENDEE" not in everybody_s
    assert member_s["LOCATION"] == ROOM
    assert member_s["UID"] == everybody_s["UID"]


def test_a_change_reaches_the_calendar_by_a_higher_number_under_the_same_name(client, write, clock):
    write()
    first = read_calendar(client)
    clock.shift(timedelta(hours=1))

    write(starts="2026-06-10 19:00")
    second = read_calendar(client)

    assert second["UID"] == first["UID"]
    assert int(second["SEQUENCE"]) > int(first["SEQUENCE"])
    assert second["DTSTART"] == "20260610T170000Z"


def test_a_cancelled_call_says_so_on_its_page_and_in_the_calendar(client, ben, write, clock):
    write()
    clock.shift(timedelta(hours=1))
    write(expires="2026-06-02 12:30")

    page, entry = client.get("/calls/open-questions"), read_calendar(ben)

    assert page.status_code == 410
    assert "This call was cancelled." in words(html.fromstring(page.text).find(".//main"))
    assert (entry["METHOD"], entry["STATUS"]) == ("CANCEL", "CANCELLED")
    assert "LOCATION" not in entry


def test_afterwards_the_recording_is_linked(client, write, clock):
    write(recording="canal")
    clock.move_to(STARTS + timedelta(hours=2))

    links = [link.get("href") for link in read(client.get("/calls/open-questions")).iter("a")]

    assert "/episodes/canal/" in links


def test_a_recording_that_is_not_out_is_not_linked(client, write, clock):
    write(recording="not-yet")
    clock.move_to(STARTS + timedelta(hours=2))

    assert "If it was recorded" in main_of(client.get("/calls/open-questions"))


def test_the_list_has_what_comes_first_and_what_is_over_last(client, write):
    write()
    write("calls/july.md", title="July", starts="2026-07-09 19:00")
    write("calls/may.md", title="May", starts="2026-05-09 19:00")

    titles = [words(each) for each in read(client.get("/calls/")).iter("h3")]

    assert titles == ["Open questions", "July", "May"]


def test_the_list_says_when_no_call_is_planned(client):
    assert "No call is planned right now." in main_of(client.get("/calls/"))


def test_a_draft_is_the_host_s_alone(client, studio, write):
    write(draft="true")

    assert client.get("/calls/open-questions").status_code == 404
    assert client.get("/calls/open-questions.ics").status_code == 404
    assert "Only you see this page like this." in studio.get("/calls/open-questions").text


def test_a_reader_gets_the_call_in_their_language(client, write):
    write()
    write("calls/open-questions.es.md", title="Preguntas abiertas")

    assert "Preguntas abiertas" in main_of(client.get("/es/calls/open-questions"))
    assert "Open questions" in main_of(client.get("/calls/open-questions"))


def test_home_names_the_next_call_until_it_begins(client, write, clock):
    write()

    before = main_of(client.get("/"))
    clock.move_to(STARTS)
    after = main_of(client.get("/"))

    assert "Members' call Open questions Tuesday 9 June at 19:00, Europe/Madrid" in before
    assert "Open questions" not in after


def test_machines_are_told_of_the_page_and_not_of_the_room(client, write):
    write()

    found = json.loads(read(client.get("/calls/open-questions")).xpath("//script[@type='application/ld+json']")[0].text)

    assert found["@type"] == "Event"
    assert found["startDate"] == "2026-06-09T17:00:00+00:00"
    assert found["location"] == {"@type": "VirtualLocation", "url": "http://127.0.0.1:8000/calls/open-questions"}
    assert "<loc>http://127.0.0.1:8000/calls/open-questions</loc>" in client.get("/sitemap.xml").text


def test_both_forms_of_the_address_answer(client, write):
    write()

    assert client.get("/calls").location.endswith("/calls/")
    assert client.get("/calls/open-questions/").location.endswith("/calls/open-questions")
