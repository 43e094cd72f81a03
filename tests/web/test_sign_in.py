"""Signing in and out, as a browser without JavaScript does it."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from podcastsvc.kit import clock
from podcastsvc.members import accounts, attempts, codes, passwords
from podcastsvc.storage.tables.member import Member, MemberSession, SignInCode
from tests.web.conftest import make_client, read_token, sign_in
from tests.web.people import ask, read_code, read_letters, read_link, send

PASSWORD = "violet kettle under seven maps"


@pytest.fixture
def finn_with_password(services, finn):
    hashed = passwords.hash_password(PASSWORD)
    with services.db.transaction() as session:
        passwords.save_password(session, finn, hashed)
    return finn


def age(services, delta):
    """Makes every code older than it is."""
    with services.db.transaction() as session:
        for row in session.scalars(select(SignInCode)):
            row.code_expires_at -= delta
            row.link_expires_at -= delta


def test_code_from_the_letter_signs_in(client, services, finn):
    letter = ask(client, services, "finn@example.org")

    reply = send(client, "/sign-in/code", code=read_code(letter))

    assert (reply.status_code, reply.location) == (303, "/account")
    assert "Hello, Finn" in client.get("/account").text


def test_session_cookie_is_kept_from_scripts_and_other_sites(client, services, finn):
    letter = ask(client, services, "finn@example.org")

    cookies = send(client, "/sign-in/code", code=read_code(letter)).headers.getlist("Set-Cookie")

    (cookie,) = [each for each in cookies if each.startswith("sid=") and "Max-Age=0" not in each]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_wrong_code_is_told_beside_the_field_and_in_the_title(client, services, finn):
    letter = ask(client, services, "finn@example.org")
    wrong = f"{(int(read_code(letter)) + 1) % 1_000_000:06d}"

    reply = send(client, "/sign-in/code", code=wrong)

    assert reply.status_code == 422
    assert "<title>Error: Check your e-mail" in reply.text
    assert reply.text.count("That code is not right. Check the latest e-mail, or send a new one.") == 2
    assert f'value="{wrong}"' in reply.text


def test_five_wrong_codes_leave_one_button(client, services, finn):
    letter = ask(client, services, "finn@example.org")
    wrong = f"{(int(read_code(letter)) + 1) % 1_000_000:06d}"
    token = read_token(client.get("/sign-in/code"))

    for _ in range(5):
        reply = client.post("/sign-in/code", data={"csrf_token": token, "code": wrong})

    assert "That code does not work any more" in reply.text
    assert "Send a new one" in reply.text
    assert 'name="code"' not in reply.text
    again = client.post("/sign-in/code", data={"csrf_token": token, "code": read_code(letter)})
    assert again.status_code == 422


def test_spent_code_is_followed_by_a_new_one(client, services, finn):
    first = ask(client, services, "finn@example.org")
    age(services, timedelta(minutes=11))
    assert "Send a new one" in client.get("/sign-in/code").text

    send(client, "/sign-in/again", page="/sign-in/code")

    second = read_letters(services, "finn@example.org")[0]
    assert second.name != first.name
    assert send(client, "/sign-in/code", code=read_code(second)).status_code == 303


def test_known_and_unknown_addresses_get_the_same_answers_t_a6(app, services, finn):
    def collect(email):
        client = make_client(app)
        asked = send(client, "/sign-in", email=email)
        page = client.get("/sign-in/code")
        wrong = send(client, "/sign-in/code", code="abcdef")
        texts = [each.text.replace(email, "x").replace(read_token(each), "t") for each in (page, wrong)]
        return asked.status_code, asked.location, [name for name, _ in asked.headers], texts

    assert collect("finn@example.org") == collect("nobody@example.org")
    assert read_letters(services, "nobody@example.org") == []


def test_unreadable_address_is_told_at_its_field(client):
    reply = send(client, "/sign-in", email="finn at example")

    assert reply.status_code == 422
    assert "Enter an e-mail address in the form name@example.org." in reply.text
    assert 'value="finn at example"' in reply.text


def test_fourth_letter_in_an_hour_says_so(client, services, finn):
    for _ in range(3):
        send(client, "/sign-in", email="finn@example.org")

    reply = send(client, "/sign-in", email="finn@example.org")

    assert reply.status_code == 429
    assert len(read_letters(services, "finn@example.org")) == 1  # the newer ones voided the older


def test_looking_at_the_link_uses_nothing_up(client, services, finn):
    path = read_link(ask(client, services, "finn@example.org"))

    for _ in range(3):
        page = client.get(path)

    assert "Sign in as f•••@example.org" in page.text
    assert "finn@" not in page.text
    assert send(client, path).location == "/account"


def test_link_in_another_browser_says_so_and_shows_the_code(app, client, services, finn):
    letter = ask(client, services, "finn@example.org")
    other = make_client(app)

    page = other.get(read_link(letter))

    assert "You asked in another browser." in page.text
    assert read_code(letter) in page.text
    assert send(other, read_link(letter)).status_code == 303
    assert "Hello, Finn" in other.get("/account").text


def test_dead_link_says_only_that_it_does_not_work(client, services, finn):
    path = read_link(ask(client, services, "finn@example.org"))
    send(client, path)

    token, other = path.rpartition("/")[2], "a" * 32

    used, unknown = client.get(path), client.get(f"/sign-in/link/{other}")

    assert (used.status_code, unknown.status_code) == (404, 404)
    assert "This link does not work any more" in used.text
    assert used.text.replace(token, other) == unknown.text


def test_guessing_links_is_stopped(client):
    for _ in range(30):
        assert client.get("/sign-in/link/" + "a" * 32).status_code == 404

    assert client.get("/sign-in/link/" + "a" * 32).status_code == 429


def test_code_page_without_having_asked_goes_back(client):
    assert client.get("/sign-in/code").location == "/sign-in"


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/account/feeds", "javascript:alert(1)", "studio", "site.home"]
)
def test_target_of_a_sign_in_is_a_page_from_the_list_t_a8(client, services, finn, wanted):
    letter = ask(client, services, "finn@example.org")
    token = read_token(client.get("/sign-in/code"))

    reply = client.post("/sign-in/code?next=" + wanted, data={"csrf_token": token, "code": read_code(letter)})

    assert reply.location == "/account"


def test_page_that_asked_for_the_sign_in_comes_after_it(client, services, finn):
    asked = client.get("/account/feeds")
    assert asked.location == "/sign-in?next=account.feeds"

    onwards = send(client, asked.location, email="finn@example.org")
    code = read_code(read_letters(services, "finn@example.org")[0])
    reply = send(client, onwards.location, code=code)

    assert reply.location == "/account/feeds"


def test_host_goes_to_the_studio(client, services, ada):
    letter = ask(client, services, "ada@example.org")

    assert send(client, "/sign-in/code", code=read_code(letter)).location == "/studio/"


def test_new_sign_in_ends_the_session_before_it(client, services, finn):
    sign_in(client, services, finn)
    old = client.get_cookie("sid", domain="127.0.0.1").value
    with services.db.transaction() as session:
        token = codes.make_one_use_link(session, services.keys, accounts.get(session, finn.id), clock.now())

    send(client, f"/sign-in/link/{token}")

    assert client.get_cookie("sid", domain="127.0.0.1").value != old
    with services.db.reading() as session:
        assert len(session.scalars(select(MemberSession)).all()) == 1


def test_signing_out_needs_a_form_and_ends_the_session(client, services, finn):
    sign_in(client, services, finn)
    secret = client.get_cookie("sid", domain="127.0.0.1").value
    assert client.get("/sign-out").status_code == 405

    reply = send(client, "/sign-out", page="/account")

    assert reply.location == "/"
    client.set_cookie("sid", secret, domain="127.0.0.1")
    assert client.get("/account").status_code == 303


def test_password_signs_in(client, services, finn_with_password):
    reply = send(client, "/sign-in/password", email="Finn@Example.org", password=PASSWORD)

    assert reply.location == "/account"


@pytest.mark.parametrize(("email", "password"), [("finn@example.org", "wrong"), ("nobody@example.org", PASSWORD)])
def test_what_does_not_fit_a_password_is_told_in_one_way(client, services, finn_with_password, email, password):
    reply = send(client, "/sign-in/password", email=email, password=password)

    assert reply.status_code == 422
    assert "That e-mail address and password do not belong together." in reply.text
    assert password not in reply.text


def test_locked_out_password_leaves_the_letter_t_a7(client, services, finn_with_password):
    for _ in range(10):
        send(client, "/sign-in/password", email="finn@example.org", password="wrong")
    refused = send(client, "/sign-in/password", email="finn@example.org", password=PASSWORD)
    assert refused.status_code == 429

    letter = ask(client, services, "finn@example.org")

    assert send(client, "/sign-in/code", code=read_code(letter)).location == "/account"


def test_lost_password_is_set_anew(client, services, finn_with_password):
    send(client, "/sign-in/lost", email="finn@example.org")
    letter = read_letters(services, "finn@example.org")[0]
    reply = send(client, "/sign-in/code", code=read_code(letter))
    assert reply.location == "/account/password"

    send(client, "/account/password", password="seven maps under a violet kettle")

    with services.db.reading() as session:
        stored = session.scalars(select(Member.password_hash)).one()
    assert passwords.is_password(stored, "seven maps under a violet kettle")


def test_spanish_visitor_signs_in_in_spanish(client, services, finn):
    send(client, "/es/sign-in", email="finn@example.org")

    letter = read_letters(services, "finn@example.org")[0]
    assert read_link(letter).startswith("/es/sign-in/link/")
    assert '<html lang="es">' in client.get("/es/sign-in/code").text
    assert send(client, "/es/sign-in/code", code=read_code(letter)).location == "/es/account"


def test_sign_in_pages_are_stored_and_indexed_nowhere(client):
    headers = client.get("/sign-in").headers

    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in headers


def test_person_who_is_signed_in_is_not_asked_again(client, services, finn):
    sign_in(client, services, finn)

    assert client.get("/sign-in").location == "/account"


def test_removed_member_is_signed_out(client, services, finn):
    sign_in(client, services, finn)
    with services.db.transaction() as session:
        session.execute(update(Member).values(removed_at=clock.now()))

    assert client.get("/account").status_code == 303


def test_member_is_signed_out_after_thirty_silent_days(client, services, finn):
    sign_in(client, services, finn)

    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        assert client.get("/account").status_code == 303


def test_stranger_who_asks_for_somebody_leaves_the_browser_that_signed_in_before_its_letters_t_a7(
    app, client, services, finn
):
    send(client, "/sign-in/code", code=read_code(ask(client, services, "finn@example.org")))
    token = read_token(client.get("/account/profile"))
    client.post("/sign-out", data={"csrf_token": token})
    for number in range(4):
        stranger = make_client(app)
        stranger.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
        send(stranger, "/sign-in", email="finn@example.org")

    new_browser = make_client(app)
    new_browser.environ_base["REMOTE_ADDR"] = "192.0.2.9"

    assert send(new_browser, "/sign-in", email="finn@example.org").status_code == 429
    assert send(client, "/sign-in", email="finn@example.org").status_code == 303


def test_browser_that_has_only_asked_is_not_known_t_a7(client, services, finn):
    send(client, "/sign-in", email="finn@example.org")

    assert client.get_cookie("known", domain="127.0.0.1") is None


def test_hundred_sign_ups_in_an_hour_ask_for_one_more_press(client, services):
    with services.db.transaction() as session:
        for _ in range(attempts.SIGN_UPS_OF_SITE.most):
            attempts.note(session, attempts.SIGN_UPS_OF_SITE, "", clock.now())

    asked = send(client, "/join/free", email="dev@example.org")
    assert (asked.status_code, "Is this your address?" in asked.text) == (200, True)
    assert read_letters(services, "dev@example.org") == []

    mark = re.search(r'name="certain" value="([^"]+)"', asked.text)[1]
    assert send(client, "/join/free", email="eve@example.org", certain=mark).status_code == 200
    assert send(client, "/join/free", email="dev@example.org", certain=mark).status_code == 303
    assert len(read_letters(services, "dev@example.org")) == 1
