"""The member's walk, by the real server and the stand-in: join, pay, listen, cancel, lapse, come back."""

import feedparser
import pytest

from tests.flows.conftest import enter_studio, join, put_episode
from tests.flows.visitor import Visitor
from tests.site import read_body, wait_for

PUBLIC = "---\ntitle: For all\ndate: 2026-01-01 06:00\n---\nFor everybody.\n"
MEMBERS = "---\ntitle: For members\ndate: 2026-01-02 06:00\naccess: members\n---\nFor members.\n"


@pytest.fixture
def show(live_server):
    """A served show with one public episode and one for members."""
    put_episode(live_server, "2026-01-01-for-all", PUBLIC, audio=30)
    put_episode(live_server, "2026-01-02-for-members", MEMBERS, members=40)
    live_server.run("scan")
    return live_server


def read_feed(site, address):
    reply = site.fetch(address)
    assert reply.status == 200, reply.text
    feed = feedparser.parse(reply.body)
    assert not feed.bozo
    return feed


def list_titles(site, address):
    return [entry.title for entry in read_feed(site, address).entries]


def find_feed(site, email):
    return site.ask("members", "link", email)["feed"]


def test_a_visitor_joins_pays_and_hears_the_members_episode(show):
    ben = join(show, "ben@example.org")

    welcome = ben.get("/welcome")
    feed = read_feed(show, find_feed(show, "ben@example.org"))
    enclosure = feed.entries[0].enclosures[0]
    audio = show.fetch(enclosure.href, headers={"Range": "bytes=0-99"})

    assert "You are in" in welcome.words
    assert [entry.title for entry in feed.entries] == ["For members", "For all"]
    assert audio.status == 206
    assert audio.headers["content-range"] == f"bytes 0-99/{enclosure.length}"


def test_the_welcome_letter_holds_the_feed_that_the_page_shows(show):
    join(show, "ben@example.org")

    letter = show.wait_for_letter("ben@example.org")

    assert find_feed(show, "ben@example.org") in read_body(letter)
    assert letter["From"].startswith("The Long Way")


def test_eve_with_the_enclosure_of_another_token_hears_nothing(show):
    join(show, "ben@example.org")
    feed_token = find_feed(show, "ben@example.org").split("/")[4]
    enclosure = read_feed(show, find_feed(show, "ben@example.org")).entries[0].enclosures[0].href
    listen_token = enclosure.split("/")[4]

    assert show.fetch(f"/private/{listen_token}/feed.xml").status == 404
    assert show.fetch(enclosure.replace(listen_token, feed_token)).status == 404
    assert show.fetch(enclosure.replace(f"/private/{listen_token}", "")).status in {403, 404}


def test_a_declined_card_leaves_no_member_with_access(show):
    visitor = Visitor(show.base_url)
    checkout = visitor.send(visitor.get("/join"), "Continue to payment", email="finn@example.org")

    declined = visitor.send(checkout, "Pay €60", number="4000 0000 0000 0002", expiry="12/34", cvc="123")

    assert "declined" in declined.words
    assert [row["standing"] for row in show.ask("members", "list") if row["email"] == "finn@example.org"] in (
        [],
        ["none"],
    )


def test_cancelling_keeps_the_feed_until_the_period_ends_and_undo_is_one_click(show):
    ben = join(show, "ben@example.org")
    page = ben.get("/account/cancel")
    done = ben.send(page, "Cancel membership")

    assert "We will not charge you again" in done.words
    assert list_titles(show, find_feed(show, "ben@example.org")) == ["For members", "For all"]

    undone = ben.send(ben.get("/account"), "Keep my membership")
    assert undone.status == 200
    assert show.ask("members", "show", "ben@example.org")["standing"] == "active"


def test_a_lapsed_member_keeps_the_address_and_joining_again_fills_it(show):
    ben = join(show, "ben@example.org")
    feed = find_feed(show, "ben@example.org")
    members_audio = read_feed(show, feed).entries[0].enclosures[0].href
    ben.send(ben.get("/account/cancel"), "Cancel membership")

    show.run("payments", "advance", "--days", "366")
    lapsed = read_feed(show, feed)
    refused = show.fetch(members_audio)

    assert len(lapsed.entries) == 2
    assert lapsed.entries[0].id.startswith("notice-")
    assert lapsed.entries[1].title == "For all"
    notice = lapsed.entries[0].enclosures[0]
    heard = show.fetch(notice.href)
    assert len(heard.body) == int(notice.length) >= 160_000
    assert refused.status == 403
    assert "WWW-Authenticate".lower() not in refused.headers

    again = ben.send(ben.get("/join"), "Continue to payment")
    ben.send(again, "Pay €60", number="4242 4242 4242 4242", expiry="12/34", cvc="123")
    wait_for(
        lambda: len(read_feed(show, feed).entries) == 2 and list_titles(show, feed)[0] == "For members", "the feed"
    )


def test_a_failed_renewal_keeps_access_writes_a_letter_and_then_lapses(show):
    join(show, "cleo@example.org", card="4000 0000 0000 0341")
    feed = find_feed(show, "cleo@example.org")

    show.run("payments", "advance", "--days", "366")

    assert show.ask("members", "show", "cleo@example.org")["standing"] == "past_due"
    assert list_titles(show, feed) == ["Your last payment did not go through", "For members", "For all"]
    letters = [letter["Subject"] for letter in show.letters_to("cleo@example.org")]
    assert any("did not go through" in subject for subject in letters)

    show.run("payments", "advance", "--days", "20")

    assert show.ask("members", "show", "cleo@example.org")["standing"] == "ended"
    assert list_titles(show, feed)[1:] == ["For all"]


def test_a_replaced_link_says_where_the_new_one_is_and_the_new_one_is_full(show):
    ben = join(show, "ben@example.org")
    old = find_feed(show, "ben@example.org")
    old_audio = read_feed(show, old).entries[0].enclosures[0].href
    page = next(
        link for link in ben.get("/account").list_links("replace") or ben.get("/account/feeds").list_links("replace")
    )

    ben.send(ben.get(page), "Make a new link")

    new = find_feed(show, "ben@example.org")
    assert new != old
    assert list_titles(show, new) == ["For members", "For all"]
    assert len(read_feed(show, old).entries) == 1
    assert show.fetch(old_audio).status == 410


def test_signing_up_without_paying_makes_a_link_with_the_public_episodes(show):
    finn = Visitor(show.base_url)
    page = finn.get("/join")
    free = next(link for link in page.list_links("free") or page.list_links("sign-up") or page.list_links("sign-in"))
    finn.send(finn.get(free), "Send", email="finn@example.org")
    letter = show.wait_for_letter("finn@example.org")
    code = letter["Subject"].split()[0]

    finn.send(finn.get("/sign-in/code"), "Sign in", code=code)

    titles = list_titles(show, find_feed(show, "finn@example.org"))
    assert titles[-1:] == ["For all"]
    assert "For members" not in titles


def test_the_spanish_way_speaks_spanish_from_the_form_to_the_letter(show):
    visitor = Visitor(show.base_url)
    page = visitor.get("/es/join")
    checkout = visitor.send(page, "Ir al pago", email="dev@example.org")
    visitor.send(checkout, "Pagar", number="4242 4242 4242 4242", expiry="12/34", cvc="123")

    letter = show.wait_for_letter("dev@example.org")

    assert 'lang="es"' in page.text
    assert "miembros" in letter["Subject"] or "miembro" in read_body(letter)


def test_the_host_sees_the_new_member_and_what_was_heard(show):
    join(show, "ben@example.org")
    enclosure = read_feed(show, find_feed(show, "ben@example.org")).entries[0].enclosures[0].href
    show.fetch(enclosure, headers={"User-Agent": "AntennaPod/3.5.0"})

    ada = enter_studio(show)

    assert "ben@example.org" in ada.get("/studio/members").words
    wait_for(lambda: "For members" in ada.get("/studio/numbers").words, "the download to be counted", show.read_log)
