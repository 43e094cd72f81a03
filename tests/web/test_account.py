"""The account pages in every standing, and what a member changes there."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event, select, update

from podcastsvc.kit import clock
from podcastsvc.members import feed_tokens, passwords, setup_codes, subscriptions
from podcastsvc.storage.tables.billing import Grant, Subscription
from podcastsvc.storage.tables.member import FeedLink, Member, MemberSession
from tests.web.conftest import make_client, make_member, read_token, sign_in
from tests.web.people import read_code, read_letters, read_link, send

DAY = timedelta(days=1)


@pytest.fixture
def finns(client, services, finn):
    """Finn's browser, signed in."""
    return sign_in(client, services, finn)


@pytest.fixture
def subscribe(services, finn):
    """Gives Finn a subscription."""

    def run(**changes):
        now = clock.now()
        values = {
            "stripe_id": "sub_1",
            "member_id": finn.id,
            "customer_id": "cus_1",
            "account": "acct_1",
            "livemode": False,
            "plans": ["members"],
            "status": "active",
            "interval": "year",
            "amount_minor": 6000,
            "currency": "EUR",
            "started_at": now - 400 * DAY,
            "period_end": now + 110 * DAY,
            "card_brand": "visa",
            "card_last4": "4242",
            "card_expires": "2028-08",
            "synced_at": now,
        } | changes
        with services.db.transaction() as session:
            subscriptions.save_account(session, subscriptions.Account("acct_1", False))
            session.add(Subscription(**values))

    return run


def get_link(services, member):
    with services.db.reading() as session:
        return feed_tokens.list_links(session, member.id)[0]


def get_feed_address(services, member):
    token = feed_tokens.show_link(services.keys, get_link(services, member)).feed_token
    return f"http://127.0.0.1:8000/private/{token}/feed.xml"


def get_member(services, member):
    with services.db.reading() as session:
        return session.get(Member, member.id)


def test_free_member_is_offered_a_membership_and_has_a_feed(finns, services, finn):
    page = finns.get("/account").text

    assert "Hello, Finn" in page
    assert ">Free<" in page
    assert re.search(r'<a class="button primary" href="/join"[^>]*><span>Become a member', page)
    assert get_feed_address(services, finn) in page


def test_active_member_sees_plan_payment_and_card(finns, subscribe):
    subscribe()

    page = finns.get("/account").text

    assert "Yearly member since" in page
    assert "€60 a year" in page
    assert "Visa •• 4242, 08/28" in page
    assert "Cancel membership" in page


def test_failed_payment_is_said_first_with_its_one_button(finns, subscribe):
    now = clock.now()
    subscribe(
        status="past_due", past_due_since=now - 2 * DAY, access_kept_until=now + 19 * DAY, next_try_at=now + 3 * DAY
    )

    page = finns.get("/account").text

    assert page.index("Your last payment did not go through.") < page.index("<h1>")
    assert "The bank declined card •• 4242 on" in page
    assert "Your feed keeps working until" in page
    # The search dialog waits in a template of its own.
    assert page.partition("<template")[0].count('class="button primary"') == 1
    assert "Update your card" in page


def test_cancelled_member_may_stay(finns, subscribe):
    subscribe(cancel_at=clock.now() + 110 * DAY)

    page = finns.get("/account").text

    assert "Ends on" in page
    assert "Keep my membership" in page
    assert "Cancel membership" not in page


def test_ended_member_may_join_again(finns, subscribe):
    subscribe(status="canceled", ended_at=clock.now() - 20 * DAY)

    page = finns.get("/account").text

    assert "Ended on" in page
    assert "Join again" in page
    assert "Plan and payment" not in page


def test_trial_says_what_follows(finns, subscribe):
    subscribe(status="trialing", trial_end=clock.now() + 10 * DAY)

    assert re.search(r"Free until \d+ \w+ \d+, then €60 a year\.", finns.get("/account").text)


@pytest.mark.parametrize(("reason", "words"), [("comp", "Given by the show"), ("gift", "Gift")])
def test_given_membership_says_so(finns, services, finn, reason, words):
    now = clock.now()
    with services.db.transaction() as session:
        session.add(
            Grant(member_id=finn.id, plan="members", reason=reason, source_id="1", starts_at=now - DAY, created_at=now)
        )

    page = finns.get("/account").text

    assert words in page
    assert "without an end" in page


def test_unfinished_payment_looks_again_twenty_times_at_most(finns, subscribe):
    subscribe(status="incomplete")

    assert '<meta http-equiv="refresh" content="3; url=/account?looks=1">' in finns.get("/account").text
    assert "/account?looks=20" in finns.get("/account?looks=19").text
    assert "http-equiv" not in finns.get("/account?looks=20").text
    assert "http-equiv" not in finns.get("/account?looks=-5").text


def test_account_page_writes_nothing(finns, services):
    finns.get("/account")
    seen = []
    event.listen(services.db.engine, "before_cursor_execute", lambda *args: seen.append(args[2].split()[0]))

    finns.get("/account")

    assert set(seen) <= {"SELECT", "BEGIN"}


def test_account_pages_cost_the_same_with_many_links(finns, services, finn):
    def count():
        seen = []
        listener = lambda *args: seen.append(1)  # noqa: E731
        # Whatever is kept for half a second is read anew, both times.
        services.db.writes += 1
        event.listen(services.db.engine, "before_cursor_execute", listener)
        finns.get("/account/feeds")
        event.remove(services.db.engine, "before_cursor_execute", listener)
        return len(seen)

    finns.get("/account/feeds")
    before = count()
    with services.db.transaction() as session:
        for _ in range(8):
            feed_tokens.make_link(session, services.keys, finn.id, now=clock.now())

    assert count() == before


def test_personal_pages_are_stored_nowhere(finns):
    for path in ("/account", "/account/feeds", "/account/profile", "/account/receipts", "/welcome"):
        headers = finns.get(path).headers
        assert headers["Cache-Control"] == "private, no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize(
    "path",
    [
        "/account",
        "/account/feeds",
        "/account/profile",
        "/account/email",
        "/account/password",
        "/account/cancel",
        "/welcome",
    ],
)
def test_visitors_are_sent_to_sign_in(client, path):
    reply = client.get(path)

    assert reply.status_code == 303
    assert reply.location.startswith("/sign-in?next=")


def test_qr_code_opens_the_app_list_without_signing_in(app, finns, services, finn):
    code = setup_codes.make_setup_code(services.keys, get_link(services, finn), now=clock.now())
    assert '<svg viewBox="0 0' in finns.get("/account").text

    page = make_client(app).get(f"/add/{code}", headers={"User-Agent": "Mozilla/5.0 (Linux; Android 15) Chrome/140"})

    assert page.status_code == 200
    assert page.text.index("AntennaPod") < page.text.index("Apple Podcasts")
    assert get_feed_address(services, finn) in page.text
    assert "finn@" not in page.text
    assert page.headers["Cache-Control"] == "private, no-store"


def test_setup_page_is_over_after_fifteen_minutes(app, services, finn):
    code = setup_codes.make_setup_code(services.keys, get_link(services, finn), now=clock.now())

    with time_machine.travel(clock.now() + timedelta(minutes=16), tick=False):
        page = make_client(app).get(f"/add/{code}")

    assert page.status_code == 404
    assert "This page is over" in page.text


def test_links_come_by_letter(finns, services, finn):
    reply = send(finns, f"/account/feeds/{get_link(services, finn).id}/send", page="/account")

    assert reply.location == "/account?done=sent"
    (letter,) = read_letters(services, "finn@example.org")
    assert get_feed_address(services, finn) in letter.text
    assert finns.get(read_link(letter, "add")).status_code == 200


def test_link_is_replaced_after_asking(finns, services, finn):
    old = get_link(services, finn)
    page = finns.get(f"/account/feeds/{old.id}/replace")
    assert "The old link stops at once." in page.text
    assert get_link(services, finn).id == old.id

    reply = send(finns, f"/account/feeds/{old.id}/replace")

    assert reply.location == "/account?done=replaced"
    assert get_link(services, finn).id != old.id


def test_two_presses_make_one_new_link(finns, services, finn):
    old = get_link(services, finn)
    token = read_token(finns.get(f"/account/feeds/{old.id}/replace"))
    for _ in range(2):
        assert finns.post(f"/account/feeds/{old.id}/replace", data={"csrf_token": token}).status_code == 303

    with services.db.reading() as session:
        assert len(session.scalars(select(FeedLink)).all()) == 2


def test_links_of_others_do_not_exist(finns, services):
    eves = get_link(services, make_member(services, "eve@example.org"))

    assert finns.get(f"/account/feeds/{eves.id}/replace").status_code == 404
    for path in (f"/account/feeds/{eves.id}/send", f"/account/feeds/{eves.id}/name"):
        assert send(finns, path, page="/account").status_code == 404
    send(finns, f"/account/feeds/{eves.id}/replace", page="/account")
    with services.db.reading() as session:
        assert session.get(FeedLink, eves.id).replaced_at is None


def test_each_app_can_have_its_own_named_link(finns, services, finn):
    send(finns, "/account/feeds", label="  Kitchen\x00 radio ")

    page = finns.get("/account/feeds").text
    assert "Kitchen radio" in page
    with services.db.reading() as session:
        assert len(feed_tokens.list_links(session, finn.id)) == 2


def test_eleventh_link_is_refused(finns, services, finn):
    with services.db.transaction() as session:
        for _ in range(9):
            feed_tokens.make_link(session, services.keys, finn.id, now=clock.now())

    reply = send(finns, "/account/feeds", page="/account", label="one more")

    assert reply.status_code == 409
    assert "Ten links are the most." in reply.text


def test_member_does_not_undo_what_the_host_has_taken_away(finns, services, finn):
    with services.db.transaction() as session:
        feed_tokens.revoke_links(session, finn.id, now=clock.now())

    assert "The host has taken your private link away." in finns.get("/account").text
    assert send(finns, "/account/feeds", page="/account", label="x").status_code == 409


def test_name_and_language_are_saved_and_the_page_speaks_it(finns, services, finn):
    reply = send(finns, "/account/profile", name="Finn Ø", language="es")

    assert reply.location == "/es/account/profile?done=saved"
    found = get_member(services, finn)
    assert (found.name, found.language) == ("Finn Ø", "es")


def test_language_that_the_site_does_not_speak_changes_nothing(finns, services, finn):
    send(finns, "/account/profile", name="Finn", language="xx")

    assert get_member(services, finn).language == "en"


def test_email_changes_once_the_new_address_is_confirmed(finns, services, finn):
    cookie = finns.get_cookie("sid", domain="127.0.0.1").value
    asked = send(finns, "/account/email", email="fionn@example.com")
    assert get_member(services, finn).email == "finn@example.org"

    (letter,) = read_letters(services, "fionn@example.com")
    reply = send(finns, "/sign-in/code", page=asked.location, code=read_code(letter))

    assert reply.location == "/account/profile?done=email"
    assert get_member(services, finn).email == "fionn@example.com"
    assert "f•••@example.com" in read_letters(services, "finn@example.org")[0].text
    assert finns.get_cookie("sid", domain="127.0.0.1").value != cookie
    assert finns.get("/account/profile").status_code == 200


def test_changed_email_signs_out_the_other_browsers_and_keeps_this_one_t_a1(app, finns, services, finn):
    other = sign_in(make_client(app), services, finn)
    onwards = send(finns, "/account/email", email="finn@example.com")

    send(finns, onwards.location, code=read_code(read_letters(services, "finn@example.com")[0]))

    assert other.get("/account").status_code == 303
    assert finns.get("/account").status_code == 200


def test_link_confirms_the_address_in_another_browser_without_signing_it_in(app, finns, services, finn):
    send(finns, "/account/email", email="fionn@example.com")
    other = make_client(app)

    reply = send(other, read_link(read_letters(services, "fionn@example.com")[0]))

    assert "Your address is confirmed" in reply.text
    assert get_member(services, finn).email == "fionn@example.com"
    assert other.get("/account").status_code == 303


def test_address_of_another_account_gets_nothing_and_nobody_is_told(finns, services):
    make_member(services, "cleo@example.org")

    reply = send(finns, "/account/email", email="cleo@example.org")

    assert reply.status_code == 303
    assert read_letters(services, "cleo@example.org") == []


def test_own_address_is_no_new_one(finns):
    reply = send(finns, "/account/email", email="FINN@example.org")

    assert reply.status_code == 422
    assert "That is your address already." in reply.text


@pytest.mark.parametrize("path", ["/account/email", "/account/password"])
def test_changing_how_one_signs_in_needs_a_fresh_proof_t_a2(finns, services, path):
    with services.db.transaction() as session:
        session.execute(update(MemberSession).values(proved_at=clock.now() - timedelta(minutes=16)))
    asked = finns.get(path)
    assert asked.location == f"/account/prove?next=account.{path.rpartition('/')[2]}"

    onwards = send(finns, "/account/prove?next=account." + path.rpartition("/")[2])
    code = read_code(read_letters(services, "finn@example.org")[0])

    assert send(finns, onwards.location, code=code).location == path
    assert finns.get(path).status_code == 200


def test_stale_session_changes_no_password_by_posting_at_once(finns, services, finn):
    token = read_token(finns.get("/account/password"))
    with services.db.transaction() as session:
        session.execute(update(MemberSession).values(proved_at=clock.now() - timedelta(minutes=16)))

    finns.post("/account/password", data={"csrf_token": token, "password": "violet kettle under seven maps"})

    assert get_member(services, finn).password_hash is None


def test_password_is_set_and_the_other_browsers_are_signed_out(app, finns, services, finn):
    other = sign_in(make_client(app), services, finn)

    reply = send(finns, "/account/password", password="violet kettle under seven maps")

    assert reply.location == "/account/profile?done=password"
    assert passwords.is_password(get_member(services, finn).password_hash, "violet kettle under seven maps")
    assert other.get("/account").status_code == 303
    assert finns.get("/account").status_code == 200
    assert "has just been set or removed" in read_letters(services, "finn@example.org")[0].text


def test_guessable_password_is_refused_and_not_shown_again(finns, services, finn):
    reply = send(finns, "/account/password", password="finn@example.org")

    assert reply.status_code == 422
    assert "first passwords that others would try" in reply.text
    assert get_member(services, finn).password_hash is None


def test_password_can_be_removed(finns, services, finn):
    send(finns, "/account/password", password="violet kettle under seven maps")

    send(finns, "/account/password/remove", page="/account/password")

    assert get_member(services, finn).password_hash is None


def test_browsers_are_listed_and_signed_out_one_by_one(app, finns, services, finn):
    other = sign_in(make_client(app), services, finn)
    page = finns.get("/account/profile").text
    (path,) = re.findall(r'action="(/account/sessions/[0-9a-f]{16}/end)"', page)

    send(finns, path, page="/account/profile")

    assert other.get("/account").status_code == 303
    assert finns.get("/account").status_code == 200


def test_session_of_another_cannot_be_ended(app, finns, services):
    eve = make_member(services, "eve@example.org")
    eves = sign_in(make_client(app), services, eve)
    (path,) = re.findall(
        r'action="(/account/sessions/[0-9a-f]{16}/end)"',
        sign_in(make_client(app), services, eve).get("/account/profile").text,
    )

    assert send(finns, path, page="/account/profile").status_code == 404
    assert eves.get("/account").status_code == 200


def test_signing_out_everywhere_ends_this_browser_too(app, finns, services, finn):
    other = sign_in(make_client(app), services, finn)

    send(finns, "/account/sessions/end", page="/account/profile")

    assert finns.get("/account").status_code == 303
    assert other.get("/account").status_code == 303


def test_page_of_a_spanish_address_is_spanish(finns):
    page = finns.get("/es/account").text

    assert '<html lang="es">' in page
    assert 'action="/es/sign-out"' in page


def test_link_that_cannot_be_shown_says_so(finns, services, finn):
    with services.db.transaction() as session:
        session.execute(update(FeedLink).values(salt=None, key_id=None))

    for path in ("/account", "/account/feeds"):
        assert "cannot be shown again" in finns.get(path).text
    assert finns.get("/welcome").location == "/account"


def test_host_is_greeted_like_anybody(client, services, ada):
    assert "Hello, Ada" in sign_in(client, services, ada).get("/account").text
