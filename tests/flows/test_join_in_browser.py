"""The member's way in a browser with the test card: join, pay, listen, leave, stay after all; and how many clicks it takes."""

import io
import itertools
import re
from urllib.parse import quote

import feedparser
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from podcastsvc.kit.language import gettext
from tests.flows.browsing import Hand, watched
from tests.flows.conftest import SHOW, put_episode
from tests.site import Site, wait_for

# One server serves all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("join")]

PUBLIC = "---\ntitle: For all\ndate: 2026-01-01 06:00\n---\nFor everybody.\n"
MEMBERS = "---\ntitle: For members\ndate: 2026-01-02 06:00\naccess: members\n---\nFor members.\n"
_numbers, _networks = itertools.count(1), itertools.count(2)

LANGUAGES = [("", "en"), ("/es", "es")]


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    """A served show with one public episode and one for members."""
    site = Site(tmp_path_factory.mktemp("show"), trusted_proxies=1)
    (site.episodes / "show.yaml").write_text(SHOW)
    put_episode(site, "2026-01-01-for-all", PUBLIC, audio=30)
    put_episode(site, "2026-01-02-for-members", MEMBERS, members=40)
    site.run("init", "--host-email", "ada@example.org")
    site.run("scan")
    yield site.start()
    site.kill()


@pytest.fixture
def email():
    """An address that nobody has joined with."""
    return f"ben{next(_numbers)}@example.org"


@pytest.fixture
def open_device(browser, show):
    """Opens a visitor's device; each has a network of its own, since one may only pay so often in an
    hour, on this machine, since the stand-in answers to no other."""
    contexts = []

    def open_one(width, height):
        network = {"X-Forwarded-For": f"127.0.0.{next(_networks)}"}
        contexts.append(
            browser.new_context(
                base_url=show.base_url,
                viewport={"width": width, "height": height},
                locale="en-GB",
                extra_http_headers=network,
            )
        )
        return contexts[-1].new_page()

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def phone(open_device):
    """A visitor's phone."""
    return open_device(390, 844)


@pytest.fixture(params=LANGUAGES, ids=["en", "es"])
def tongue(request):
    """The prefix of a language's addresses, and the words of its pages."""
    prefix, code = request.param
    return prefix, gettext(code).gettext


def join(page, email, hand, prefix="", say=str):
    """From home to the welcome page."""
    page.goto(f"{prefix}/")
    hand.click(page.locator("header a.action"))
    page.get_by_label(say("E-mail address")).fill(email)
    hand.click(page.get_by_role("button", name=say("Continue to payment")))
    page.locator("[name=number]").fill("4242 4242 4242 4242")
    page.locator("[name=expiry]").fill("12 / 34")
    page.locator("[name=cvc]").fill("123")
    hand.click(page.locator("form button.primary"))
    page.wait_for_url(f"**{prefix}/welcome")


def read_titles(page, address):
    answer = page.request.get(address)
    assert answer.status == 200
    feed = feedparser.parse(answer.body())
    assert not feed.bozo
    return [entry.title for entry in feed.entries]


def test_a_visitor_joins_and_the_member_link_plays_in_five_clicks(show, phone, email, tongue):
    prefix, say = tongue
    hand = Hand()

    with watched(phone, show.base_url) as watch:
        join(phone, email, hand, prefix, say)
        expect(phone.get_by_role("heading", level=1)).to_have_text(say("You are in. Where do you listen?"))
        address = phone.locator("#private-link").input_value()
        app = phone.get_by_role("link", name="Overcast")
        opens = app.get_attribute("href")
    hand.click(app)

    feed = feedparser.parse(phone.request.get(address).body())
    audio = phone.request.get(feed.entries[0].enclosures[0].href, headers={"Range": "bytes=0-99"})

    # The last one happens in the app.
    hand.clicks += 1
    assert hand.clicks == 5
    assert re.fullmatch(rf"{re.escape(show.base_url)}/private/[a-z2-7]{{32}}/feed\.xml", address)
    assert opens.startswith("overcast://x-callback-url/add?url=")
    assert [entry.title for entry in feed.entries] == ["For members", "For all"]
    assert (audio.status, len(audio.body())) == (206, 100)
    assert watch.foreign == []
    assert watch.complaints == []


def test_on_a_computer_the_code_on_the_screen_leads_the_phone_to_its_app_in_six_clicks(
    show, open_device, phone, email, tongue
):
    prefix, say = tongue
    computer, hand = open_device(1280, 900), Hand()

    with watched(computer, show.base_url) as watch:
        join(computer, email, hand, prefix, say)
        address = computer.locator("#private-link").input_value()
        drawn = computer.get_by_role("img", name=say("QR code that opens this list of apps on another device"))
        (seen,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(drawn.screenshot())))
    hand.clicks += 1  # the camera
    phone.goto(seen.text)
    app = phone.get_by_role("link", name="Overcast")
    opens = app.get_attribute("href")
    hand.click(app)
    hand.clicks += 1  # the one in the app

    assert seen.text.startswith(f"{show.base_url}{prefix}/add/")
    assert opens == f"overcast://x-callback-url/add?url={quote(address, safe='')}"
    assert phone.context.cookies() == []
    assert hand.clicks == 6
    assert watch.foreign == []
    assert watch.complaints == []


def test_a_member_leaves_in_two_clicks_and_stays_after_all_in_one(show, phone, email, tongue):
    prefix, say = tongue
    join(phone, email, Hand(), prefix, say)
    address = phone.locator("#private-link").input_value()
    leaving, staying = Hand(), Hand()

    phone.goto(f"{prefix}/account")
    leaving.click(phone.get_by_role("link", name=say("Cancel membership")))
    leaving.click(phone.get_by_role("button", name=say("Cancel membership")))
    phone.wait_for_url(re.compile(r"/account(\?.*)?$"))
    said = phone.get_by_role("status").first.inner_text()
    left = read_titles(phone, address)
    left_as = show.ask("members", "show", email)["standing"]

    staying.click(phone.get_by_role("button", name=say("Keep my membership")))
    expect(phone.get_by_role("button", name=say("Keep my membership"))).to_have_count(0)

    assert (leaving.clicks, staying.clicks) == (2, 1)
    assert "!" not in said
    assert left == ["For members", "For all"]
    assert left_as == "ending"
    wait_for(lambda: show.ask("members", "show", email)["standing"] == "active", "the membership to go on")
    assert read_titles(phone, address) == ["For members", "For all"]


def test_copying_the_member_link_puts_it_on_the_clipboard(show, phone, email, tongue):
    prefix, say = tongue
    join(phone, email, Hand(), prefix, say)
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"])

    phone.get_by_role("button", name=say("Copy")).click()

    expect(phone.get_by_role("button", name=say("Copied"))).to_be_visible()
    assert phone.evaluate("navigator.clipboard.readText()") == phone.locator("#private-link").input_value()


def test_a_member_changes_the_app_in_one_click_and_the_link_in_two(show, phone, email):
    join(phone, email, Hand())
    old = phone.locator("#private-link").input_value()
    hand, tapping = Hand(), Hand()

    phone.goto("/account")
    other = phone.get_by_role("link", name="AntennaPod")
    opens = other.get_attribute("href")
    tapping.click(other)
    # The browser asks over that page whether the app may open; nothing on it can be pressed until then.
    phone = phone.context.new_page()
    phone.goto("/account")
    hand.click(phone.get_by_role("link", name="make a new one"))
    hand.click(phone.get_by_role("button", name="Make a new link"))
    expect(phone.get_by_role("status").first).to_contain_text("Your new link is ready")
    new = phone.locator("#private-link").input_value()

    assert (tapping.clicks, hand.clicks) == (1, 2)
    assert opens == f"pcast:{old}"
    assert new != old
    assert read_titles(phone, new) == ["For members", "For all"]
    assert read_titles(phone, old) != ["For members", "For all"]


def test_coming_back_without_paying_finds_everything_still_filled_in(show, phone, email):
    phone.goto("/join")
    phone.get_by_label("Monthly").check()
    phone.get_by_label("E-mail address").fill(email)
    phone.get_by_role("button", name="Continue to payment").click()

    phone.get_by_role("link", name="Back").click()

    expect(phone.get_by_role("status")).to_contain_text("Nothing was charged")
    expect(phone.get_by_label("Monthly")).to_be_checked()
    expect(phone.get_by_label("E-mail address")).to_have_value(email)
