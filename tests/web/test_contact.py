"""Writing to the host: the form, its letter, what it refuses, and that nothing typed is lost."""

from datetime import timedelta

import pytest
import time_machine
from lxml import html
from sqlalchemy import select

from podcastsvc.content import scan
from podcastsvc.mail.outbox import build_message, send_letter
from podcastsvc.storage.tables.letter import Letter
from tests.content.texts import write_text
from tests.web.conftest import make_client, make_member, sign_in
from tests.web.shelf import NOW, main_of, words
from tests.web.studio.conftest import read_field

pytestmark = pytest.mark.usefixtures("show")
TYPED = {
    "name": "Finn",
    "email": "finn@example.org",
    "subject": "A question",
    "message": "How do maps lie?\n\nAnd why?",
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def write(client, ada, clock):
    """Fills in the form as somebody who takes their time, unless ``after`` says otherwise."""

    def send(page=None, *, after=20, browser=client, **typed):
        page = page or browser.get("/contact/")
        hidden = {name: read_field(page, name) for name in ("csrf_token", "once", "begun")}
        clock.shift(timedelta(seconds=after))
        return browser.post("/contact/", data={**hidden, **TYPED, **typed})

    return send


def list_letters(services):
    with services.db.reading() as session:
        return list(session.scalars(select(Letter).where(Letter.kind == "host_contact").order_by(Letter.to)))


def main_of_refusal(reply):
    return words(html.fromstring(reply.data).find(".//main"))


def test_a_message_becomes_a_letter_to_each_host_in_their_language(write, services, client):
    make_member(services, "ana@example.org", role="host", name="Ana", language="es")

    reply = write()
    ada_s, ana_s = sorted(list_letters(services), key=lambda letter: letter.language)
    message = build_message(ada_s)

    assert reply.location == "/contact/sent"
    assert "Your message is on its way" in main_of(client.get(reply.location))
    assert (ada_s.to, ana_s.to) == ("ada@example.org", "ana@example.org")
    assert (message["Reply-To"], message["Subject"]) == ("Finn <finn@example.org>", "A question")
    assert "Finn (finn@example.org) writes by the form on your site:" in ada_s.text
    assert "How do maps lie?\n\nAnd why?" in ada_s.text
    assert "escribe con el formulario de tu sitio" in ana_s.text


def test_what_was_written_and_by_whom_is_let_go_once_it_is_sent(write, services):
    write()
    (letter,) = list_letters(services)

    send_letter(services.db, services.transport, letter.id)

    (sent,) = list_letters(services)
    assert (sent.state, sent.text, sent.html, sent.headers) == ("sent", None, None, {})


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "Finn\r\nBcc: eve@example.org"},
        {"subject": "Hello\r\nBcc: eve@example.org\r\n\r\nBuy"},
        {"name": 'Finn" <eve@example.org>, "x'},
        {"name": "Finn\u2028Bcc: eve@example.org", "subject": "=?utf-8?q?=0d=0aBcc:_eve@example.org?="},
    ],
)
def test_nothing_that_is_typed_becomes_a_header(write, services, typed):
    write(**typed)

    (letter,) = list_letters(services)
    message = build_message(letter)
    raw = message.as_bytes()

    assert message["Bcc"] is None
    assert b"\nBcc:" not in raw.partition(b"\r\n\r\n")[0]
    assert [address.addr_spec for address in message["Reply-To"].addresses] == ["finn@example.org"]
    assert [address.addr_spec for address in message["To"].addresses] == ["ada@example.org"]


def test_markup_in_a_message_stays_text(write, services):
    write(message="<script>alert(1)</script> {{ 7 * 7 }}", name="<b>Finn</b>")

    (letter,) = list_letters(services)

    assert "<script>" not in letter.html
    assert "&lt;script&gt;" in letter.html
    assert "{{ 7 * 7 }}" in letter.text


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"email": ""}, "email", "Enter an e-mail address"),
        ({"email": "finn@example.org\r\nBcc: eve@example.org"}, "email", "Enter an e-mail address"),
        ({"message": " \n "}, "message", "Write your message."),
        ({"message": "x" * 10_001}, "message", "This has 10,001 characters; at most 10,000 fit."),
        ({"subject": "x" * 121}, "subject", "at most 120 fit"),
        ({"name": "x" * 101}, "name", "at most 100 fit"),
        ({"website": "https://spam.example"}, "website", "This field stays empty"),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_is_lost(write, services, typed, field, said):
    reply = write(**typed)
    document = html.fromstring(reply.data)

    assert reply.status_code == 422
    assert said in main_of_refusal(reply)
    assert document.get_element_by_id(field).get("aria-invalid") == "true"
    assert document.findtext(".//title").startswith("Error: ")
    assert read_field(reply, "subject") == typed.get("subject", "A question")
    assert list_letters(services) == []


def test_ten_thousand_characters_fit(write, services):
    reply = write(message="ñ" * 10_000)

    assert reply.status_code == 303
    assert len(list_letters(services)) == 1


def test_a_program_is_too_quick_and_a_person_sends_again(write, services):
    quick = write(after=1)
    again = write(quick, after=5)

    assert (quick.status_code, again.status_code) == (422, 303)
    assert "That was very quick." in main_of_refusal(quick)
    assert read_field(quick, "message") == TYPED["message"]
    assert len(list_letters(services)) == 1


@pytest.mark.parametrize("begun", ["", "x", "12345", "WyJ4Il0.x"])
def test_a_form_that_we_did_not_make_is_not_taken(write, services, begun):
    reply = write(begun=begun)

    assert reply.status_code == 422
    assert list_letters(services) == []


def test_a_second_press_writes_no_second_letter(write, services, client):
    page = client.get("/contact/")

    replies = [write(page).status_code for _ in range(2)]

    assert replies == [303, 303]
    assert len(list_letters(services)) == 1


def test_one_sender_is_stopped_after_five_a_day_and_loses_nothing(write, services, app, clock):
    codes = []
    for number in range(6):
        browser = make_client(app)
        browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        reply = write(browser=browser, email=f"finn+{number}@example.org")
        codes.append(reply.status_code)

    assert codes == [303] * 5 + [429]
    assert "Wait until" in main_of_refusal(reply)
    assert read_field(reply, "message") == TYPED["message"]


def test_one_network_is_stopped_after_five_an_hour(write):
    codes = [write(email=f"finn{number}@example.org").status_code for number in range(6)]

    assert codes == [303] * 5 + [429]


def test_without_any_host_nothing_is_lost(client, clock, services):
    page = client.get("/contact/")
    hidden = {name: read_field(page, name) for name in ("csrf_token", "once", "begun")}
    clock.shift(timedelta(seconds=20))

    reply = client.post("/contact/", data={**hidden, **TYPED})

    assert reply.status_code == 503
    assert read_field(reply, "message") == TYPED["message"]


def test_the_host_s_own_words_stand_above_the_form(client, services, settings):
    write_text(settings.data.parent / "episodes", "pages/contact.md", title="Talk to me", body="I read *everything*.\n")
    write_text(settings.data.parent / "episodes", "pages/contact.es.md", title="Escríbeme", body="Lo leo todo.\n")
    scan.scan_writings(services.db, services.media, settings, settle_seconds=0)

    page = client.get("/contact/")

    assert "Talk to me I read everything" in main_of(page)
    assert "Escríbeme" in main_of(client.get("/es/contact/"))
    assert read_field(page, "begun")


def test_who_is_signed_in_finds_name_and_address_filled_in(app, services):
    finn = make_member(services, "finn@example.org", name="Finn")
    browser = sign_in(make_client(app), services, finn)

    page = browser.get("/contact/")

    assert (read_field(page, "name"), read_field(page, "email")) == ("Finn", "finn@example.org")
    assert "no-store" in page.headers["Cache-Control"]


def test_the_trap_is_no_trap_for_people(client):
    trap = html.fromstring(client.get("/contact/").data).get_element_by_id("website")

    assert trap.get("tabindex") == "-1"
    assert trap.getparent().getparent().get("aria-hidden") == "true"


def test_both_forms_of_the_address_answer(client):
    assert client.get("/contact").location.endswith("/contact/")
